"""Jobs in PostgreSQL, as several machines share them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from jobs_kit import FILM, ended, project_of, rows_of, until, worker
from masklet.core import DataError
from masklet.jobs.board import Board
from masklet.jobs.spec import JobSpec

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def shared(postgres: str) -> Iterator[Board]:
    with psycopg.connect(f"{postgres}/postgres", autocommit=True) as sql:
        sql.execute("DROP DATABASE IF EXISTS jobs")
        sql.execute("CREATE DATABASE jobs")
    made = Board(f"{postgres}/jobs")
    yield made
    made.close()


def test_two_workers_share_jobs_and_one_dies(film: Path, tmp_path: Path, shared: Board) -> None:
    paths = [project_of(film, tmp_path / str(k), 0, 100) for k in range(3)]
    with worker(shared.url, "here") as doomed, worker(shared.url, "there"):
        names = [shared.submit(JobSpec(str(path), 1, engine="flow")) for path in paths]
        until(shared, names[0], lambda job: job.done > 0 or job.ended)
        doomed.send_signal(signal.SIGKILL)
        jobs = [until(shared, name, ended) for name in names]
    assert [job.state for job in jobs] == ["done"] * 3
    masks = [rows_of(path) for path in paths]
    assert masks[0].frames.tolist() == list(range(FILM.n_frames))
    assert masks[0] == masks[1] == masks[2]


def test_a_database_that_is_not_there_is_said_without_its_password(postgres: str) -> None:
    url = postgres.replace("masklet@", "masklet:secret@") + "/nothing"
    with pytest.raises(DataError, match="cannot keep jobs in") as found:
        Board(url)
    assert "secret" not in str(found.value)
