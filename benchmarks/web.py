"""What the annotator in the browser promises, measured: `masklet serve` and a headless Chromium.

Run: python benchmarks/web.py [--part exactness,steps] [--out FILE] [--films DIR] [--quick]

Every part starts the real server on generated videos and drives the page as a person would. Times end
when the pixels can be read from the canvas. The machine's load stands beside each part: on a busy
machine times say little, counts of wrong or lost things always count.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def parsed() -> argparse.Namespace:
    """The command line."""
    ask = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    ask.add_argument("--part", default="", help="parts by name, with commas (all)")
    ask.add_argument("--out", type=Path, help="file to which the tables are also written")
    ask.add_argument("--films", type=Path, help="folder that keeps the generated videos (a passing one)")
    ask.add_argument("--quick", action="store_true", help="few tries: does it run?")
    return ask.parse_args()


def main() -> None:
    """Run the parts that were asked for; ends with 1 where something is wrong, lost or broke."""
    given = parsed()
    from web_parts.parts import PARTS
    from web_parts.plan import Plan
    from web_parts.report import Report

    names = [name for name in given.part.split(",") if name] or list(PARTS)
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        sys.exit(f"unknown part {', '.join(unknown)}; expected some of {', '.join(PARTS)}")
    report = Report(given.out)
    with tempfile.TemporaryDirectory() as passing:
        films = given.films or Path(passing) / "films"
        films.mkdir(parents=True, exist_ok=True)
        few = {"tries": 4, "frames": 60, "long": 90, "many": 2000} if given.quick else {}
        plan = Plan(films, Path(passing), **few)
        for name in names:
            loads, began = os.getloadavg()[0], time.perf_counter()
            try:
                bars = PARTS[name](plan)
            except Exception as error:  # noqa: BLE001 - told in the table; the other parts are measured
                report.broke(name, error)
                continue
            report.part(name, bars, (loads, os.getloadavg()[0]), time.perf_counter() - began)
    sys.exit(report.end())


if __name__ == "__main__":
    main()
