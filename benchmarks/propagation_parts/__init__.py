"""Parts of `benchmarks/propagation.py`: one module for each table, and what they share.

A part is a module with `TITLE`, `NOTE`, `COLUMNS`, `jobs(bench)` and `summary(rows)`; see `part.py`.
"""
