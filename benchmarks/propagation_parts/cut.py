"""First masks from boxes and clicks: `benchmarks/cut.py`, run as it stands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from propagation_parts.bench import Bench
from propagation_parts.part import AbsentError, Figures, Job, Table
from propagation_parts.results import Results

SCRIPT = Path(__file__).resolve().parents[1] / "cut.py"
TITLE = "First masks from boxes and clicks"
NOTE = "Printed by `benchmarks/cut.py`."
COLUMNS: dict[str, str] = {}


def jobs(bench: Bench) -> Iterator[Job]:
    """None: the script prints its own tables, unless videos were chosen that are not `cut`."""
    if not bench.chosen("cut"):
        return
    if not SCRIPT.is_file():
        raise AbsentError(f"{SCRIPT.name} is not there: this masklet has no benchmark of `cut`")
    quick = ["--quick"] if bench.quick else []
    subprocess.run([sys.executable, str(SCRIPT), *quick], check=True)
    yield from ()


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None."""
    return []
