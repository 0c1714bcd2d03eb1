"""Projects for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from masklet.store import Project
from store.samples import LABELS, video


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rats.masklet"


@pytest.fixture
def project(path: Path) -> Iterator[Project]:
    with Project.create(path, video(), LABELS) as opened:
        yield opened
