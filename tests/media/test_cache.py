"""What is remembered between runs can be lost or spoilt, and never gives wrong frames."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from masklet.media import VideoFile, cache
from masklet.media.indexing import build_index
from media.clips import number_of, write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = write_clip(tmp_path / "clip.mp4", "libx264", 20)
    old = time.time() - 100
    os.utime(path, (old, old))
    return path


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_second_opening_reads_what_the_first_wrote(
    clip: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = VideoFile(clip).video
    assert len(entries(cache)) == 2
    monkeypatch.setattr("masklet.media.cache.build_index", lambda path: pytest.fail("built again"))
    monkeypatch.setattr("masklet.core.content._hash_bytes", lambda path: pytest.fail("hashed again"))
    assert VideoFile(clip).video == first


def test_everything_of_an_index_is_kept(clip: Path) -> None:
    built = build_index(clip)
    cache.indexed(clip)
    _, loaded = cache.indexed(clip)
    for name in ("pts", "dts", "pos", "order", "times", "starts"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(built, name))
    for name in ("codec", "size_wh", "turns", "mirrored", "time_base", "identity", "notes"):
        assert getattr(loaded, name) == getattr(built, name)


@pytest.mark.parametrize("spoil", [b"", b"garbage", b"PK\x03\x04" + bytes(40), b"{}", b"[1, 2]"])
def test_a_spoilt_entry_is_built_again(clip: Path, cache: Path, spoil: bytes) -> None:
    VideoFile(clip)
    for path in entries(cache):
        path.write_bytes(spoil)
    assert number_of(VideoFile(clip)[7]) == 7


def test_an_entry_cut_short_is_built_again(clip: Path, cache: Path) -> None:
    VideoFile(clip)
    for path in entries(cache):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert number_of(VideoFile(clip)[7]) == 7


def test_a_cache_that_cannot_be_written_is_no_error(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("MASKLET_CACHE", str(tmp_path / "file"))
    assert number_of(VideoFile(clip)[7]) == 7


def test_a_changed_file_is_another_file(clip: Path) -> None:
    before = VideoFile(clip).video
    write_clip(clip, "libx264", 12)
    after = VideoFile(clip).video
    assert after.n_frames == 12
    assert after.content_hash != before.content_hash


def test_a_copy_shares_the_index_of_its_bytes(clip: Path, cache: Path) -> None:
    VideoFile(clip)
    copy = clip.with_name("copy.mp4")
    copy.write_bytes(clip.read_bytes())
    assert VideoFile(copy).video.content_hash == VideoFile(clip).video.content_hash
    assert len(list((cache / "frames").iterdir())) == 1


def test_a_file_changed_a_moment_ago_is_not_remembered_by_its_time(clip: Path, cache: Path) -> None:
    os.utime(clip)
    VideoFile(clip)
    assert not (cache / "hashes").exists()
