"""SIGKILL while somebody draws: every acknowledged stroke is there, and undo still works."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from masklet.annotate.session import Session
from masklet.store import Project
from session_kit import box, made

TESTS = Path(__file__).resolve().parents[1]
ANNOTATOR = textwrap.dedent("""
    import sys
    from session_kit import box
    from masklet.annotate.session import Session
    from masklet.store import Project

    session = Session(Project.open(sys.argv[1]), 1, "Ada")
    revision = session.revision
    print("ready", flush=True)
    for n in range(int(sys.argv[2]), 10**6):
        revision = session.put(n % 30, 1, box(n % 19), expected_revision=revision).revision
        print(n, revision, flush=True)
""")


def draw_and_kill(path: Path, start: int, seconds: float) -> list[tuple[int, int]]:
    """(number, revision) of every stroke that was acknowledged before the kill."""
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", ANNOTATOR, str(path), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as drawer:
        assert drawer.stdout is not None
        assert drawer.stdout.readline() == "ready\n"
        try:
            drawer.wait(seconds)
        except subprocess.TimeoutExpired:
            drawer.send_signal(signal.SIGKILL)
        lines = drawer.stdout.read().splitlines(keepends=True)
    assert drawer.returncode == -signal.SIGKILL
    whole = (line.split() for line in lines if line.endswith("\n"))
    return [(int(number), int(revision)) for number, revision in whole]


def test_no_acknowledged_stroke_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "p.masklet"
    with made(path) as project:
        Session(project, 1, "Ada").add_object("rat")
    moments, start, total = random.Random(5), 0, 0
    for _ in range(4):
        acknowledged = draw_and_kill(path, start, moments.uniform(0.05, 0.5))
        total += len(acknowledged)
        with Project.open(path) as project:
            assert project.faults() == []
            check_strokes(Session(project, 1, "Ada"), acknowledged)
            check_undo(project)
        start += 1000
    assert total > 0


def check_strokes(session: Session, acknowledged: list[tuple[int, int]]) -> None:
    """Every stroke stands in the history under the revision that was told."""
    for number, revision in acknowledged:
        (change,) = [c for c in session.history(number % 30, 1) if c.revision == revision]
        assert change.after is not None
        assert change.after.runs.tolist() == box(number % 19).tolist()


def check_undo(project: Project) -> None:
    """Ada takes back her last stroke after the restart, and does it again."""
    session, store = Session(project, 1, "Ada"), project.masks()
    before = store.load()
    assert session.undo() is not None
    assert store.load() != before
    assert session.redo() is not None
    assert store.load() == before
