"""A project with a small film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from masklet.core import Label
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.web.workplace import Workplace
from web_kit import SCENE, asked

__all__ = ["asked"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "scene.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    return path


@pytest.fixture
def project_path(film: Path, tmp_path: Path) -> Path:
    """A project with one video, one label and no object."""
    path = tmp_path / "work" / "project.masklet"
    path.parent.mkdir()
    with open_media(film) as media:  # type: ignore[attr-defined]
        Project.create(path, media.video, [Label("rat")]).close()
    return path


@pytest.fixture
def place(project_path: Path) -> Iterator[Workplace]:
    workplace = Workplace(Project.open(project_path))
    yield workplace
    workplace.close()
