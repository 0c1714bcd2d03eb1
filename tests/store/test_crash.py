"""SIGKILL at random moments: what was acknowledged is there, and the file is sound."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from masklet.store import Project
from store.samples import LABELS, table, video

TESTS = Path(__file__).resolve().parents[1]
WRITER = textwrap.dedent("""
    import sys
    from pathlib import Path
    from store.samples import table
    from masklet.store import Project

    path, start, durable = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    project = Project.open(path)
    store = project.masks()
    print("ready", flush=True)
    for n in range(start, start + 100_000):
        rows = table([(n % 50, o) for o in range(4)], seed=n)
        if n % 5 == 0:
            store.append(rows, f"n{n}", durable=durable)
        elif n % 5 == 1:
            project.runs.put_and_append(f"key{n}", rows, 1, author=f"n{n}", durable=durable)
        elif n % 5 == 2:
            store.replace(range(n % 50, n % 50 + 2), range(4), rows, f"n{n}", durable=durable)
        elif n % 5 == 3:
            store.append(rows, f"n{n}", durable=durable)
            store.undo(f"n{n}")
            store.redo(f"n{n}")
        else:
            store.check([n % 50], f"n{n}")
            store.append(rows, f"n{n}", durable=durable)
        print(n, flush=True)
""")


def run_and_kill(path: Path, start: int, durable: str, seconds: float) -> list[int]:
    """Numbers of the transactions that the writer acknowledged before it was killed."""
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", WRITER, str(path), str(start), durable]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        try:
            writer.wait(seconds)
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().splitlines(keepends=True)
    assert writer.returncode == -signal.SIGKILL
    return [int(line) for line in lines if line.endswith("\n")]


@pytest.mark.parametrize("durable", ["normal", "full"])
def test_nothing_acknowledged_is_lost(path: Path, durable: str) -> None:
    Project.create(path, video(), LABELS).close()
    moments, start = random.Random(7), 0
    for _ in range(4):
        acknowledged = run_and_kill(path, start, durable, moments.uniform(0.02, 0.4))
        with Project.open(path) as project:
            assert project.faults() == []
            check_all_there(project, range(start, start + len(acknowledged)), acknowledged)
        start += 1000


def check_all_there(project: Project, expected: range, acknowledged: list[int]) -> None:
    assert acknowledged == list(expected)
    store = project.masks()
    now = store.load()
    last: dict[int, int] = {n % 50: n for n in acknowledged}
    unsure = (acknowledged[-1] + 1 if acknowledged else expected.start) % 50
    for frame, n in last.items():
        if frame in (unsure, (unsure + 1) % 50) or swept(n, last):
            continue
        rows = table([(frame, o) for o in range(4)], seed=n)
        assert now.on(frame).replace(steps=rows.steps, checked=[]) == rows
    for n in acknowledged:
        assert project.runs.done(f"key{n}") == (n % 5 == 1)
    authors = {change.author for change in store.history()}
    assert {f"n{n}" for n in acknowledged} <= authors
    check_history(project)


def swept(n: int, last: dict[int, int]) -> bool:
    """Did a later `replace` on the frame before empty this frame?"""
    sweeper = last.get((n - 1) % 50, -1)
    return sweeper > n and sweeper % 5 == 2


def check_history(project: Project) -> None:
    """Every version follows the one before it without a gap, up to the current row."""
    state: dict[tuple[int, int], object] = {}
    for change in project.masks().history():
        place = (change.frame, change.object_id)
        assert state.get(place) == change.before
        state[place] = change.after
    now = project.masks().load()
    there = {place for place, version in state.items() if version is not None}
    assert there == set(zip(now.frame.tolist(), now.object_id.tolist(), strict=True))


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.03])
def test_killed_while_a_project_is_made(path: Path, seconds: float) -> None:
    code = (
        "import sys; from store.samples import *; from masklet.store import Project; "
        "masks = every_kind(); print('ready', flush=True); "
        "[Project.create(sys.argv[1] + str(i), video(), LABELS).close() for i in range(9999)]"
    )
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as maker:
        assert maker.stdout is not None
        maker.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            maker.wait(seconds)
        maker.kill()
    for made in path.parent.glob("rats.masklet*[0-9]"):
        with Project.open(made) as project:
            assert project.masks().labels == LABELS
