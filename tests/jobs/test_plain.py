"""A database of jobs from elsewhere runs nothing."""

from __future__ import annotations

import base64
import pickle
import sqlite3
import time
from pathlib import Path

import pytest

from jobs_kit import project_of, until, worker
from masklet.jobs.board import Board
from masklet.jobs.spec import JobSpec

pytestmark = pytest.mark.timeout(400)


class Bomb:
    """What a pickle may do when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def planted(database: Path, bomb: Path) -> int:
    """Put the bomb wherever a workflow keeps something, whatever the column; how many rows."""
    text = base64.b64encode(pickle.dumps({"args": (Bomb(bomb),), "kwargs": {}})).decode()
    changed = 0
    with sqlite3.connect(database) as sql:
        tables = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in sql.execute(f'PRAGMA table_info("{table}")')]
            for column in {"inputs", "output", "error", "serialized_inputs"}.intersection(columns):
                changed += sql.execute(f'UPDATE "{table}" SET "{column}" = ?', (text,)).rowcount
            if "serialization" in columns:
                sql.execute(f"UPDATE \"{table}\" SET serialization = 'py_pickle'")
    sql.close()
    return changed


def test_a_planted_pickle_is_not_read(film: Path, tmp_path: Path, board: Board) -> None:
    path, bomb = project_of(film, tmp_path, 0), tmp_path / "exploded"
    name = board.submit(JobSpec(str(path), 1, engine="flow", frames="0-5"))
    assert planted(tmp_path / "jobs.sqlite", bomb) > 0
    with worker(board.url):
        time.sleep(4)
        after = board.submit(JobSpec(str(path), 1, engine="flow", frames="0-5"))
        board.stop(name)
        assert until(board, after, lambda job: job.ended).state == "done"
    assert not bomb.exists()


def test_the_bomb_would_explode(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Bomb(tmp_path / "exploded")))
    assert (tmp_path / "exploded").exists()
