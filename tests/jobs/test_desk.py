"""What the threads of a worker share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from masklet.core import MediaSource
from masklet.jobs import desk as module
from masklet.jobs.desk import Desk
from masklet.jobs.ledger import Ledger
from masklet.media.opening import open_media


def test_clicks_on_many_videos_leave_what_a_job_reads_open(
    film: Path, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []

    def opened(video: str) -> MediaSource:
        media = open_media(video)
        monkeypatch.setattr(media, "close", lambda: closed.append(Path(video).name), raising=False)
        return media

    monkeypatch.setattr(module, "open_media", opened)
    desk = Desk(Ledger(url), "test", lambda event: None)
    desk.media(open_media(film).video, "track")
    for number in range(5):
        copy = Path(shutil.copy(film, tmp_path / f"{number}.mp4"))
        desk.media(open_media(copy).video, "click")
    assert closed == ["0.mp4", "1.mp4"]
    desk.ledger.close()
