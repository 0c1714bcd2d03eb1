"""The foundation engines beside transformers' own loop: memory, bookkeeping, equality, cost of objects.

Weights are random: they cost what real ones cost, and their masks mean nothing.

python benchmarks/engines.py                    # equality, memory, bookkeeping, objects
python benchmarks/engines.py memory             # some of them
python benchmarks/engines.py gpu                # every engine at real size, where there is CUDA
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

PARTS = ("equality", "memory", "bookkeeping", "objects", "gpu")


def main(names: list[str]) -> int:
    """Print what each part measured."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"unknown: {', '.join(unknown)}; expected {', '.join(PARTS)}")
        return 2
    for name in names or PARTS:
        begun = time.perf_counter()
        part = import_module(f"engines_parts.{name}")
        print(f"\n## {name}\n\n{part.__doc__.strip()}\n", flush=True)
        for line in part.lines():
            print(line, flush=True)
        print(f"\n({time.perf_counter() - begun:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
