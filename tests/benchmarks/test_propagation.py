"""The benchmark of propagators: its own measures, and a run from command line to tables and JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from masklet.core import Label, Video
from masklet.ops.runs import encode_crop
from masklet.ops.table import Row, build

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
VIDEO = Video("blank", 100, 20, 12)


@pytest.fixture
def measures(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from propagation_parts import measures

    return measures


def squares(places, **more):
    """Object -> left edge on each frame (None = no row), as 10 x 10 squares."""
    rows = [
        Row(frame, obj, 0, encode_crop(np.ones((10, 10), bool), (x, 5), (100, 20)), **more)
        for obj, lefts in places.items()
        for frame, x in enumerate(lefts)
        if x is not None
    ]
    return build(VIDEO, (Label("rat"),), rows)


@pytest.mark.parametrize(
    ("first", "second", "switches"),
    [
        ([0] * 12, [50] * 12, 0),
        ([0] * 6 + [50] * 6, [50] * 6 + [0] * 6, 2),
        ([0] * 6 + [50] * 6, [50] * 12, 1),
        ([0] * 6 + [50] * 2 + [0] * 4, [50] * 12, 0),
        ([0] * 3 + [50] * 3 + [0] * 3 + [50] * 3, [50] * 12, 2),
        ([0] * 6 + [25] * 6, [50] * 6 + [None] * 6, 0),
        ([0] * 6 + [44] * 6, [50] * 12, 1),
    ],
    ids=["none", "swapped", "one moves over", "too short", "twice", "lost", "partly"],
)
def test_a_switch_is_a_mask_that_stays_on_another_object(measures, first, second, switches):
    truth = squares({1: [0] * 12, 2: [50] * 12})
    assert measures.switches(squares({1: first, 2: second}), truth) == switches


def test_a_change_of_owner_counts_where_it_lasts(measures):
    owners = [0] * 5 + [1] * 4 + [0] * 2 + [None] * 9 + [1] * 3 + [None] + [1] * 2 + [0] * 5
    assert measures.lasting_changes(owners, 5) == 2
    assert measures.lasting_changes([0] * 9, 5) == 0


def test_a_perfect_score_has_no_calibration_error_and_the_least_risk(measures):
    iou = np.array([0.05, 0.15, 0.55, 0.95, 1.0])
    assert measures.calibration_error(iou, iou) == pytest.approx(0)
    assert measures.calibration_error(np.full(5, 0.8), iou) == pytest.approx(0.8 - iou.mean())
    best = measures.risk_coverage(iou, iou)
    assert best == pytest.approx(np.mean([0, 0.025, 0.5 / 3, 1.35 / 4, 2.3 / 5]))
    assert measures.risk_coverage(1 - iou, iou) > best


def test_rows_are_scored_against_the_object_of_their_id_and_absence(measures):
    truth = squares({1: [0] * 3, 2: [50, None, 50]}).replace(checked=np.arange(3))
    found = squares({1: [0, 5, None], 2: [50, 50, 50]}, score=0.5)
    samples = measures.samples(found, truth, [0])
    assert samples.score == [0.5] * 3
    assert samples.iou == pytest.approx([1 / 3, 0, 1], abs=1e-3)


def bench(*arguments):
    command = [sys.executable, str(BENCHMARKS / "propagation.py"), "--engine", "flow", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_run_prints_tables_keeps_rows_and_goes_on_from_them(tmp_path):
    out, sheets = tmp_path / "out", tmp_path / "sheets"
    asked = ["--part", "cages,memory,calibration", "--only", "1 striped,memory", "--frames", "4"]
    ran = bench(*asked, "--out", str(out), "--sheets", str(sheets))
    assert ran.returncode == 0, ran.stderr
    kept = json.loads((out / "cages/flow-4-frames/1-striped.json").read_text())
    assert kept["figures"]["J"] > 0.5
    assert len(kept["samples"]["score"]) == len(kept["samples"]["iou"]) == 3
    assert {"date", "processor", "threads", "commit"} <= set(kept["made"])
    assert f"| 1 animal, striped | {kept['figures']['J']:.3f} |" in ran.stdout
    assert "| all | 3 |" in ran.stdout
    assert (sheets / "cages-1-animal-striped.png").is_file()

    kept["figures"]["J"] = 0.123
    (out / "cages/flow-4-frames/1-striped.json").write_text(json.dumps(kept))
    again = bench(*asked, "--out", str(out), "--resume")
    told = bench("--frames", "4", "--out", str(out), "--report", "--part", "cages")
    assert "| 1 animal, striped | 0.123 |" in again.stdout
    assert "| 1 animal, striped | 0.123 |" in told.stdout
    assert "bridged |" not in told.stdout


def test_a_row_that_masklet_refuses_is_told_and_leaves_the_others_be(measures, tmp_path, capsys):
    from propagation_parts import memory, running
    from propagation_parts.bench import Bench
    from propagation_parts.part import Job, Record
    from propagation_parts.results import Results

    from masklet.core import DataError

    def refuse():
        raise DataError("no such frame")

    jobs = [Job("bad", refuse), Job("good", lambda: Record({"frames": 7, "resident": {}}))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "jobs", lambda _: iter(jobs))
        failed = running.run("memory", Bench(), Results(tmp_path, "x", 1), resume=False, report=False)
    assert failed == ["memory, bad: no such frame"]
    assert "| 7 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--part", "dance"], "unknown part dance"), (["--resume"], "need --out")],
)
def test_a_command_that_cannot_be_run_is_refused(arguments, said):
    ran = bench(*arguments)
    assert ran.returncode != 0
    assert said in ran.stderr
