"""How good a Propagator is: DAVIS, questions asked, several objects, cages, speed, memory, scores.

Run: python benchmarks/propagation.py [--engine adapt] [--quality fast] [--part davis,ask] [--out DIR]

Tables are printed row by row. With `--out` every row is also kept as a JSON file with machine, day
and commit; `--resume` takes rows from there instead of computing them, so that a table can be put
together from several runs; `--report` prints only what is there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path


def parsed() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    ask.add_argument("--engine", default="adapt", help="a registered propagator (adapt)")
    ask.add_argument("--quality", default="", help="for engines that have it: fast, normal, best")
    ask.add_argument("--part", default="", help="parts by name, with commas (all)")
    ask.add_argument("--only", default="", help="videos by name, with commas (all)")
    ask.add_argument("--frames", type=int, help="at most so many frames of every video")
    ask.add_argument("--quick", action="store_true", help="300 frames of the long real videos")
    ask.add_argument("--whole", action="store_true", help="one call of `propagate`, not in chunks")
    ask.add_argument("--threads", type=int, default=2, help="processor threads (2)")
    ask.add_argument("--out", type=Path, help="folder that keeps every row as JSON")
    ask.add_argument("--resume", action="store_true", help="take rows that --out has already")
    ask.add_argument("--report", action="store_true", help="print rows that --out has, run nothing")
    ask.add_argument("--sheets", type=Path, help="folder for a contact sheet of every video")
    given = ask.parse_args()
    if (given.resume or given.report) and given.out is None:
        ask.error("--resume and --report need --out")
    if given.frames is not None and given.frames < 2:
        ask.error(f"--frames {given.frames}: expected at least 2")
    return given


def main() -> None:
    """Run the parts that were asked for."""
    given = parsed()
    from propagation_parts.machine import circumstances, use_threads

    use_threads(given.threads)
    from propagation_parts.bench import Bench
    from propagation_parts.part import NAMES
    from propagation_parts.results import Results
    from propagation_parts.running import run

    names = [name for name in given.part.split(",") if name] or list(NAMES)
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        sys.exit(f"unknown part {', '.join(unknown)}; expected some of {', '.join(NAMES)}")
    bench = Bench(
        engine=given.engine,
        quality=given.quality,
        whole=given.whole,
        quick=given.quick,
        frames=given.frames,
        only=tuple(name for name in given.only.split(",") if name),
        sheets=given.sheets,
    )
    made = circumstances(given.threads)
    print(f"{bench.label}: {', '.join(f'{name} {value}' for name, value in made.items())}")
    with tempfile.TemporaryDirectory() as passing:
        results = Results(given.out or Path(passing), bench.label, given.threads)
        failed: list[str] = []
        for name in names:
            failed += run(name, bench, results, resume=given.resume, report=given.report)
    if failed:
        sys.exit("\nfailed:\n" + "\n".join(failed))


if __name__ == "__main__":
    main()
