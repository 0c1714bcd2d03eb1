"""What every test may ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Indices of videos go into a folder of this run, also those of the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKLET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real videos, frames and ground truth, kept outside the repository for their licences."""
    folder = Path(os.environ.get("MASKLET_SHARED_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is absent; set MASKLET_SHARED_DATA to where it lies")
    return folder
