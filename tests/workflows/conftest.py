"""A browser for all of these tests, a small film, and a server on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from annotator_kit import Served, served
from browser_kit import Chromium
from jobs_kit import project_of, shoot


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shoot(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture
def small(film: Path, tmp_path: Path) -> Iterator[Served]:
    """A server on the small film, two animals annotated on its first frame."""
    project_of(film, tmp_path / "out", 0)
    with served(film, tmp_path / "out", "--engine", "flow") as server:
        yield server
