"""Readers go anywhere, may be stopped on the way, and know what the way costs."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from masklet.media import ImageSet, VideoFile, read_image
from masklet.media.jpeg import to_jpeg
from masklet.media.reader import Picture, reader_of
from masklet.testing import ArraySource
from media.clips import number_of, numbered, write_clip

LONG = {"x264-params": "keyint=250:bframes=3:b-pyramid=normal:scenecut=0"}
SHORT = {"x264-params": "keyint=20:bframes=3:scenecut=0"}

CLIPS: dict[str, Callable[[Path], Path]] = {
    "long.mp4": lambda p: write_clip(p, "libx264", 200, options=LONG),
    "short.mkv": lambda p: write_clip(p, "libx264", 100, options=SHORT),
    "fields.ts": lambda p: write_clip(
        p, "libx264", 100, options={"x264-params": "tff=1:keyint=40:bframes=3", "flags": "+ildct"}
    ),
    "short.h264": lambda p: write_clip(p, "libx264", 100, options=SHORT),
    "mpeg4.avi": lambda p: write_clip(p, "mpeg4", 100, options={"g": "30"}),
}


class _StoppedError(Exception):
    pass


def film(folder: Path, name: str) -> Path:
    path = folder / f"reader_{name}"
    return path if path.exists() else CLIPS[name](path)


@pytest.mark.parametrize("name", CLIPS)
def test_every_jump_ends_on_the_very_frame(clip_folder: Path, name: str) -> None:
    with VideoFile(film(clip_folder, name)) as video:
        sums = [zlib.crc32(image) for _, image in video.frames()]
        reader = video.reader()
        for frame in random.Random(3).sample(range(len(sums)), 60):
            image = reader.read(frame).image()
            assert (zlib.crc32(image), number_of(image)) == (sums[frame], frame)
        reader.close()


@pytest.mark.parametrize("name", CLIPS)
def test_a_reading_that_is_stopped_leaves_the_reader_right(clip_folder: Path, name: str) -> None:
    chance = random.Random(11)
    with VideoFile(film(clip_folder, name)) as video:
        sums = [zlib.crc32(image) for _, image in video.frames()]
        reader = video.reader()

        def stop(at: int, picture: Picture) -> None:
            assert zlib.crc32(picture.image()) == sums[at]
            if chance.random() < 0.2:
                raise _StoppedError

        stopped = 0
        for _ in range(40):
            try:
                reader.read(chance.randrange(len(sums)), stop)
            except _StoppedError:
                stopped += 1
            frame = chance.randrange(len(sums))
            assert zlib.crc32(reader.read(frame).image()) == sums[frame]
        assert stopped > 5
        reader.close()


def test_a_jump_leaves_out_what_no_other_picture_needs(clip_folder: Path) -> None:
    video = VideoFile(film(clip_folder, "long.mp4"))
    seen: list[int] = []
    video.reader().read(150, lambda at, _: seen.append(at))
    assert seen[-1] == 150
    assert seen[-17:] == list(range(134, 151))
    assert 20 < len(seen) < 120


def test_what_a_frame_costs(clip_folder: Path) -> None:
    reader = VideoFile(film(clip_folder, "short.mkv")).reader()
    assert reader.cost(19) > reader.cost(3)
    reader.read(45)
    assert reader.cost(46) == 1
    assert reader.cost(50) == 5
    assert reader.cost(44) > reader.cost(50)
    assert reader.cost(61) < reader.cost(79) < 30


def test_the_nearest_frame_that_decodes_by_itself(clip_folder: Path) -> None:
    reader = VideoFile(film(clip_folder, "short.mkv")).reader()
    assert [reader.key_near(frame) for frame in (0, 9, 11, 20, 99)] == [0, 0, 20, 20, 80]


def test_pictures_in_memory_and_in_files(tmp_path: Path) -> None:
    frames = np.stack([numbered(i) for i in range(3)])
    reader = reader_of(ArraySource(frames))
    assert [reader.cost(2), reader.key_near(2)] == [1, 2]
    np.testing.assert_array_equal(reader.read(2).image(), frames[2])
    (tmp_path / "a.jpg").write_bytes(to_jpeg(numbered(5)))
    told: list[int] = []
    picture = reader_of(ImageSet(tmp_path)).read(0, lambda at, _: told.append(at))
    assert (number_of(picture.image()), told) == (5, [0])


@pytest.mark.parametrize(
    ("width", "size"), [(None, (96, 64)), (48, (48, 32)), (500, (96, 64)), (1, (1, 1))]
)
def test_a_jpeg_shows_the_picture(width: int | None, size: tuple[int, int]) -> None:
    image, info = read_image(to_jpeg(numbered(77), width, 95))
    assert info.size_wh == size
    if size == (96, 64):
        assert number_of(image) == 77


def test_colours_of_a_jpeg_are_those_of_the_picture() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128], [10, 200, 90]])
    image = np.repeat(np.repeat(colours.astype(np.uint8)[None], 32, 1), 32, 0)
    found, _ = read_image(to_jpeg(image, quality=95))
    off = np.abs(found.astype(int) - image)[:, 8:24]
    assert off.max() <= 6


def test_a_picture_longer_than_jpeg_allows_is_made_smaller() -> None:
    image = np.full((4, 70_000, 3), 60, np.uint8)
    _, info = read_image(to_jpeg(image))
    assert info.size_wh == (65_500, 4)
