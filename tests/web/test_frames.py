"""Frames over HTTP: the very one, from every kind of file; refusals that say what to do."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from masklet.core import Label
from masklet.media import read_image
from masklet.media.jpeg import to_jpeg
from masklet.media.opening import open_media
from masklet.store.project import Project
from masklet.web.workplace import Workplace
from media.clips import copy_streams, number_of, numbered, write_clip
from web_kit import asked

pytestmark = pytest.mark.anyio

B_FRAMES = {"g": "15", "bf": "2"}
UNEVEN = [i * 40 + (i % 7) * 5 + (i // 20) * 300 for i in range(60)]


def trimmed(path: Path) -> Path:
    """Its first frames are hidden behind an edit list."""
    whole = write_clip(path.with_name("whole.mp4"), "libx264", options=B_FRAMES)
    return copy_streams(whole, path, skip_until=512 * 20)


def folder(path: Path) -> Path:
    """Pictures of different sizes."""
    path.mkdir()
    for i in range(5):
        image = numbered(i) if i != 3 else np.pad(numbered(i), ((0, 33), (0, 11), (0, 0)))
        (path / f"{i}.jpg").write_bytes(to_jpeg(image, quality=95))
    return path


FILMS: dict[str, Callable[[Path], Path]] = {
    "gop.mp4": lambda p: write_clip(p, "libx264", options={"g": "250", "bf": "3"}),
    "vfr.mp4": lambda p: write_clip(p, "libx264", options=B_FRAMES, times=UNEVEN),
    "trimmed.mp4": trimmed,
    "mjpeg.avi": lambda p: write_clip(p, "mjpeg", pix_fmt="yuvj420p"),
    "mpeg4.avi": lambda p: write_clip(p, "mpeg4", options=B_FRAMES),
    "ten_bit.mkv": lambda p: write_clip(p, "libx264", pix_fmt="yuv420p10le"),
    "full.mkv": lambda p: write_clip(p, "libx264", pix_fmt="yuvj444p"),
    "pictures": folder,
}


def opened(path: Path, home: Path) -> Workplace:
    home.mkdir(exist_ok=True)
    with open_media(path) as media, Project.create(home / "p.masklet", media.video, [Label("rat")]):  # type: ignore[attr-defined]
        pass
    return Workplace(Project.open(home / "p.masklet"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", "libx264", 60, options=B_FRAMES)


@pytest.fixture
def clip_place(clip: Path, tmp_path: Path) -> Iterator[Workplace]:
    place = opened(clip, tmp_path / "home")
    yield place
    place.close()


@pytest.mark.parametrize("name", FILMS)
async def test_every_frame_is_the_very_one(tmp_path: Path, name: str) -> None:
    place = opened(FILMS[name](tmp_path / name), tmp_path / "home")
    first = 0 if name != "trimmed.mp4" else 20
    async with asked(place) as client:
        n = place.video(1).n_frames
        order = np.random.default_rng(3).permutation(n).tolist()
        for frame in [*order, *range(n - 1, -1, -1)]:
            answer = await client.get(
                f"/api/v1/videos/1/frames/{frame}", headers={"X-Tab": "t", "X-Cursor": str(frame)}
            )
            assert (answer.status_code, answer.headers["x-frame"]) == (200, str(frame))
            image, info = read_image(answer.content)
            assert info.size_wh == place.video(1).size_wh(frame)
            assert number_of(image[:64, :96]) == frame + first
    place.close()
    assert n == {"trimmed.mp4": 40, "pictures": 5}.get(name, 60)


async def test_many_at_once_are_each_their_own(clip_place: Workplace) -> None:
    async with asked(clip_place) as client:
        frames = [frame % 60 for frame in range(0, 37 * 40, 37)] + [5] * 10
        answers = await asyncio.gather(
            *(client.get(f"/api/v1/videos/1/frames/{n}?w=96") for n in frames)
        )
    assert [number_of(read_image(one.content)[0]) for one in answers] == frames


async def test_a_width_is_kept_to_and_never_grows(clip_place: Workplace) -> None:
    async with asked(clip_place) as client:
        sizes = []
        for width in ("?w=48", "?w=5000", ""):
            answer = await client.get(f"/api/v1/videos/1/frames/7{width}")
            sizes.append(read_image(answer.content)[1].size_wh)
    assert sizes == [(48, 32), (96, 64), (96, 64)]


async def test_what_a_browser_may_keep(clip_place: Workplace) -> None:
    """For ever only where the address names the contents: the next project has a video 1 too."""
    known = clip_place.video(1).content_hash
    async with asked(clip_place) as client:
        plain = await client.get("/api/v1/videos/1/frames/3")
        named = await client.get(f"/api/v1/videos/1/frames/3?h={known}")
        again = await client.get(
            "/api/v1/videos/1/frames/3", headers={"If-None-Match": plain.headers["etag"]}
        )
        other = await client.get("/api/v1/videos/1/frames/3?h=0123456789")
    assert plain.headers["cache-control"] == "private, no-cache"
    assert "immutable" in named.headers["cache-control"]
    assert plain.headers["etag"] == named.headers["etag"]
    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.json()["error"]["code"]) == (409, "video_changed")


async def test_a_frame_near_by_says_which_it_is(clip_place: Workplace) -> None:
    async with asked(clip_place) as client:
        first = await client.get("/api/v1/videos/1/frames/29?approx=1")
        await client.get("/api/v1/videos/1/frames/26")
        second = await client.get("/api/v1/videos/1/frames/26?approx=1")
    for answer in (first, second):
        shown = int(answer.headers["x-frame"])
        assert number_of(read_image(answer.content)[0]) == shown
        assert answer.headers["cache-control"] == "no-store"
    assert (first.headers["x-frame"], second.headers["x-frame"]) == ("30", "26")


@pytest.mark.parametrize("path", ["60", "4294967296", "-1", "x", "1.5", "%2e%2e"])
async def test_a_frame_that_is_not_there(clip_place: Workplace, path: str) -> None:
    async with asked(clip_place) as client:
        answer = await client.get(f"/api/v1/videos/1/frames/{path}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_frames_of_earlier_servers_are_found_on_the_disk(clip: Path, tmp_path: Path) -> None:
    place = opened(clip, tmp_path / "home")
    async with asked(place) as client:
        before = (await client.get("/api/v1/videos/1/frames/11")).content
    place.close()
    stored = next((tmp_path / "home" / "cache").glob("*/*/11.jpg"))
    assert stored.read_bytes()[:-4] == before


async def test_times_are_those_of_the_file(clip_place: Workplace) -> None:
    async with asked(clip_place) as client:
        answer = await client.get("/api/v1/videos/1/times")
    np.testing.assert_array_equal(np.frombuffer(answer.content, "<f8"), clip_place.video(1).times)


async def test_a_video_that_goes_comes_back_and_is_replaced(
    clip_place: Workplace, clip: Path, tmp_path: Path
) -> None:
    address = "/api/v1/videos/1/frames/4"
    async with asked(clip_place) as client:
        assert (await client.get(address)).status_code == 200
        aside = clip.rename(tmp_path / "aside.mp4")
        gone = await client.get(address)
        write_clip(clip, "libx264", 60, options={"g": "5"})
        changed = await client.get(address)
        info = (await client.get("/api/v1/videos/1")).json()
        shutil.copy2(aside, clip)
        back = await client.get(address)
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "video_missing")
    assert "put it back" in gone.json()["error"]["remedy"]
    assert (changed.status_code, changed.json()["error"]["code"]) == (409, "video_changed")
    assert "hash" in changed.json()["error"]["text"]
    assert info["state"] == "changed"
    assert number_of(read_image(back.content)[0]) == 4


async def test_a_picture_of_a_folder_that_is_replaced(tmp_path: Path) -> None:
    place = opened(folder(tmp_path / "pictures"), tmp_path / "home")
    async with asked(place) as client:
        assert (await client.get("/api/v1/videos/1/frames/2")).status_code == 200
        (tmp_path / "pictures" / "2.jpg").write_bytes(to_jpeg(numbered(99), quality=80))
        answer = await client.get("/api/v1/videos/1/frames/2")
    place.close()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "video_changed")
