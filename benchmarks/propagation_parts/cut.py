"""First masks from boxes and clicks: `benchmarks/cut.py`, run as it stands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from masklet.core.errors import MaskletError
from propagation_parts.bench import Bench
from propagation_parts.part import AbsentError, Figures, Job, Record, Table
from propagation_parts.results import Results

SCRIPT = Path(__file__).resolve().parents[1] / "cut.py"
TITLE = "First masks from boxes and clicks"
NOTE = "What `benchmarks/cut.py` prints."
COLUMNS: dict[str, str] = {}


def jobs(bench: Bench) -> Iterator[Job]:
    """One job: the script, whose output is kept as it is."""
    if not SCRIPT.is_file():
        raise AbsentError(f"{SCRIPT.name} is not there: this masklet has no benchmark of `cut`")
    if bench.chosen("cut"):
        yield Job("cut", lambda: _record(bench))


def _record(bench: Bench) -> Record:
    command = [sys.executable, str(SCRIPT), *(["--quick"] if bench.quick else [])]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode:
        raise MaskletError(f"benchmarks/{SCRIPT.name} stopped with an error, told above")
    return Record({"printed": ran.stdout.rstrip()})


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None."""
    return []
