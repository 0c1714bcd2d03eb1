from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs_kit import shoot
from masklet.jobs.board import Board, url_of

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[::-1]


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shoot(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return url_of(tmp_path / "jobs.sqlite")


@pytest.fixture
def board(url: str) -> Iterator[Board]:
    made = Board(url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own on loopback; its address without a database."""
    path = os.pathsep.join([*map(str, _PLACES), os.environ["PATH"]])
    if shutil.which("initdb", path=path) is None:
        pytest.skip("PostgreSQL is not installed; apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="masklet-pg-") as folder:
        yield from _serving(Path(folder), path)


def _serving(folder: Path, path: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    run = _as_nobody_important(folder, path)
    run("initdb", "-D", "data", "-A", "trust", "-U", "masklet")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")
    yield f"postgresql://masklet@127.0.0.1:{port}"
    run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")


def _as_nobody_important(folder: Path, path: str):
    """Runs PostgreSQL's programs in `folder`; it refuses to be run by root."""
    before: list[str] = []
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, "postgres")
        before = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        where = shutil.which(program, path=path)
        assert where is not None
        with (folder.parent / f"{program}.log").open("ab") as log:
            subprocess.run([*before, where, *arguments], cwd=folder, check=True, stdout=log, stderr=log)

    return run
