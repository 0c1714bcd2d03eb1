"""Parts of `benchmarks/web.py`: what the annotator in the browser promises, measured."""
