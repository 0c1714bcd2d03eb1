from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs_kit import shoot
from masklet.jobs.board import Board, url_of


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
