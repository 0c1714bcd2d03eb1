"""JPEGs on the disk: kept, dropped by age, never spoilt, never in the way."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from masklet.web import frame_cache
from masklet.web.frame_cache import FrameCache, FrameKey

HASH = "0123456789abcdef" * 2


def key(frame: int, width: int = 0) -> FrameKey:
    return FrameKey(HASH, frame, width, 85)


def jpeg(frame: int, size: int = 100) -> bytes:
    return b"\xff\xd8" + bytes([frame]) * size + b"\xff\xd9"


def filled(folder: Path, n: int, **options: int) -> FrameCache:
    cache = FrameCache(folder, spare=0, **options)
    for frame in range(n):
        cache.write(key(frame), jpeg(frame))
    return cache


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_written_is_found_by_the_next_server(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    later = FrameCache(tmp_path, spare=0)
    assert [later.get(key(frame)) for frame in range(4)] == [jpeg(0), jpeg(1), jpeg(2), None]
    assert later.get(key(1, 480)) is None
    assert later.get(FrameKey("f" * 32, 1, 0, 85)) is None


def test_the_disk_holds_no_more_than_the_limit_and_the_oldest_go(tmp_path: Path) -> None:
    cache = filled(tmp_path, 10, limit=400, memory=1)
    assert files(tmp_path) == ["7.jpg", "8.jpg", "9.jpg"]
    assert cache.get(key(7)) == jpeg(7)
    cache.write(key(10), jpeg(10))
    assert files(tmp_path) == ["10.jpg", "7.jpg", "9.jpg"]


def test_the_order_of_use_outlives_the_server(tmp_path: Path) -> None:
    filled(tmp_path, 3)
    for frame, time in ((0, 300), (1, 100), (2, 200)):
        path = tmp_path / HASH / "0-85" / f"{frame}.jpg"
        os.utime(path, (time, time))
    later = FrameCache(tmp_path, spare=0, limit=300)
    later.write(key(3), jpeg(3))
    assert files(tmp_path) == ["0.jpg", "3.jpg"]


def test_memory_is_bounded_and_comes_first(tmp_path: Path) -> None:
    cache = FrameCache(tmp_path, memory=250, spare=0)
    for frame in range(3):
        cache.remember(key(frame), jpeg(frame))
    assert [cache.get(key(frame)) for frame in range(3)] == [None, jpeg(1), jpeg(2)]
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "spoil", [lambda d: d[:50], lambda d: b"\0" * len(d), lambda d: b"", lambda d: d[:-5] + b"abcde"]
)
def test_a_spoilt_file_is_dropped_and_not_shown(tmp_path: Path, spoil: Any) -> None:
    filled(tmp_path, 1)
    path = tmp_path / HASH / "0-85" / "0.jpg"
    path.write_bytes(spoil(path.read_bytes()))
    cache = FrameCache(tmp_path, spare=0)
    assert cache.get(key(0)) is None
    assert files(tmp_path) == []
    cache.write(key(0), jpeg(0))
    assert FrameCache(tmp_path).get(key(0)) == jpeg(0)


def test_what_a_killed_server_left_half_written_goes(tmp_path: Path) -> None:
    folder = tmp_path / HASH / "0-85"
    folder.mkdir(parents=True)
    for name, age in ((".old", 10_000), (".new", 0)):
        (folder / name).write_bytes(b"half")
        at = folder.stat().st_mtime - age
        os.utime(folder / name, (at, at))
    filled(tmp_path, 1)
    assert files(tmp_path) == [".new", "0.jpg"]


def test_a_full_disk_is_left_alone_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, tries = [1000.0], []

    def full(self: Path, data: bytes) -> int:
        tries.append(self)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(frame_cache.time, "monotonic", lambda: now[0])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        cache = filled(tmp_path, 5)
    assert (len(tries), files(tmp_path)) == (1, [])
    cache.write(key(5), jpeg(5))
    assert files(tmp_path) == []
    now[0] += 61
    cache.write(key(6), jpeg(6))
    assert files(tmp_path) == ["6.jpg"]


def test_room_on_the_disk_is_left_to_others(tmp_path: Path) -> None:
    cache = FrameCache(tmp_path / "cache", spare=1 << 62)
    cache.write(key(0), jpeg(0))
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_made_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = FrameCache(tmp_path / "file", spare=0)
    cache.write(key(0), jpeg(0))
    assert cache.get(key(0)) is None


def test_a_folder_that_is_deleted_meanwhile(tmp_path: Path) -> None:
    cache = filled(tmp_path, 2, memory=1)
    for path in (tmp_path / HASH / "0-85").iterdir():
        path.unlink()
    assert cache.get(key(0)) is None
    assert not cache.holds(key(0))
    cache.write(key(0), jpeg(0))
    assert cache.get(key(0)) == jpeg(0)


def test_the_nearest_frame_at_hand(tmp_path: Path) -> None:
    cache = filled(tmp_path, 3)
    later = FrameCache(tmp_path, spare=0)
    later.remember(key(40, 480), jpeg(40))
    assert later.near(HASH, 5, 10) == key(2)
    assert later.near(HASH, 35, 10) == key(40, 480)
    assert later.near(HASH, 20, 10) is None
    assert cache.near("f" * 32, 0, 10) is None


def test_a_hash_that_is_no_hash_never_names_a_folder(tmp_path: Path) -> None:
    cache = FrameCache(tmp_path / "cache", spare=0)
    hostile = FrameKey("../../escape", 0, 0, 85)
    cache.write(hostile, jpeg(0))
    assert cache.get(hostile) is None
    assert files(tmp_path) == []
