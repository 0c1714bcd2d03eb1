"""A project with a small film, and a server around it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from masklet.core import Label
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.serve.app import create_app
from masklet.serve.gate import Gate
from masklet.serve.workplace import Workplace
from masklet.store.project import Project
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 2, size_wh=(96, 64), n_frames=12, seed=7)


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
    """A project with one video and no object."""
    path = tmp_path / "work" / "project.masklet"
    path.parent.mkdir()
    with open_media(film) as media, Project.create(path, media.video, [Label("rat")]):  # type: ignore[attr-defined]
        pass
    return path


@pytest.fixture
def place(project_path: Path) -> Iterator[Workplace]:
    workplace = Workplace(Project.open(project_path))
    yield workplace
    workplace.close()


@asynccontextmanager
async def asked(place: Workplace, gate: Gate | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client that speaks to the app without a network; the address is one on loopback."""
    transport = httpx.ASGITransport(create_app(place, gate), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8800") as client:
        yield client
