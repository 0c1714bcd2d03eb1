"""The benchmark of the annotator in the browser: its bars, its films, and a small run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _parts(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_a_bar_says_whether_it_is_kept():
    from web_parts.bar import Bar

    assert "| 15 ms | <= 16 ms | kept | on this |" in Bar("step", 15.0, 16, "ms", "on this").row()
    assert "MISSED" in Bar("wrong frames", 1, 0, "").row()
    assert "MISSED" in Bar("nothing measured", float("nan"), 16, "ms").row()
    assert "| 3 ms |  |  |" in Bar("peer", 3.0, None, "ms").row()


@pytest.mark.parametrize(("limit", "code"), [(2, 0), (0, 1)], ids=["slow", "wrong"])
def test_only_what_is_wrong_or_lost_is_a_failure(tmp_path: Path, limit, code):
    from web_parts.bar import Bar
    from web_parts.report import Report

    report = Report(tmp_path / "out.txt")
    report.part("steps", [Bar("kept", 1, 2, "ms"), Bar("missed", 3, limit, "")], (1.0, 2.0), 5.0)
    assert report.end() == code
    text = (tmp_path / "out.txt").read_text()
    assert "steps (load 1.0 to 2.0, 5 s)" in text
    assert text.endswith("1 of 2 kept, 1 missed\n")


def test_masks_of_the_films_animals_fit_the_frame():
    from web_parts.films import HEIGHT, WIDTH
    from web_parts.projects import _walk

    rows = list(_walk(2, bars=True))
    assert [(row.frame, row.object_id) for row in rows] == [(f, o) for f in range(2) for o in (1, 2, 3)]
    assert all(int(row.runs.sum()) == WIDTH * HEIGHT for row in rows)


def test_a_small_run_from_the_server_to_the_table(tmp_path: Path):
    from browser_kit import chromium_path

    chromium_path()
    out = tmp_path / "table.txt"
    command = [
        sys.executable,
        str(BENCHMARKS / "web.py"),
        "--quick",
        "--part",
        "tabs",
        "--out",
        str(out),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "| two tabs that do not converge | 0  | <= 0  | kept |" in out.read_text()


def test_an_unknown_part_is_refused():
    command = [sys.executable, str(BENCHMARKS / "web.py"), "--part", "nothing"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "unknown part nothing; expected some of exactness, " in ran.stderr
