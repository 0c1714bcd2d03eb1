"""Every metric beside its reference, in one process: do the numbers agree, and how much faster is ours.

python benchmarks/metrics.py                 # all
python benchmarks/metrics.py jf boundary     # some
python benchmarks/metrics.py memory          # 100,000 frames; takes some ten minutes
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

os.environ.setdefault("OMP_NUM_THREADS", "1")

from metrics_parts.line import Line

PARTS = ("jf", "boundary", "surface", "coco", "ytvis", "hota", "panoptic")
SLOW = ("memory",)
AGREE = 1e-9
"""Numbers of the same definition that differ by less are the same."""


def main(names: list[str]) -> int:
    """Print a table of the parts that are named; 1 where a number differs or a bar is missed."""
    unknown = sorted(set(names) - {*PARTS, *SLOW})
    if unknown:
        print(f"unknown: {', '.join(unknown)}; expected {', '.join((*PARTS, *SLOW))}")
        return 2
    print("| metric | beside | ours, ms | reference, ms | speed-up | must / aim | largest difference |")
    print("|---|---|---|---|---|---|---|", flush=True)
    good = True
    for name in names or PARTS:
        part = import_module(f"metrics_parts.{name}")
        if name in SLOW:
            print(part.text(), flush=True)
            continue
        for line in part.rows():
            print(told(line), flush=True)
            good &= line.difference <= AGREE and line.speed_up >= line.must
    return 0 if good else 1


def told(line: Line) -> str:
    """One row of the table."""
    bars = f"{line.must:g}x / {line.aim:g}x" if line.must else "-"
    return (
        f"| {line.metric} | {line.reference} | {line.ours_ms:.1f} | {line.reference_ms:.1f} | "
        f"{line.speed_up:.1f}x | {bars} | {line.difference:.2g} |"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
