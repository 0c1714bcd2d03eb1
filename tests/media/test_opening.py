"""open_media: every kind of source by its content, every bad one by one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil

from masklet.core import DataError, MaskletError, MediaSource, UsageError
from masklet.media import ImageSet, VideoFile, open_media
from media.clips import number_of, write_clip

GIVES = {
    "bad_huffman.jpg": (ImageSet, (1024, 768), 1),
    "bt601_full_range.mp4": (VideoFile, (320, 240), 60),
    "cmyk.jpg": (ImageSet, (1280, 720), 1),
    "cvat_different_resolutions_image_1.jpg": (ImageSet, (800, 800), 1),
    "cvat_different_resolutions_image_2.jpg": (ImageSet, (200, 200), 1),
    "cvat_video_without_valid_keyframes.mp4": (VideoFile, (1920, 1080), 25),
    "frame_exceeds_screen.gif": (ImageSet, (8, 8), 1),
    "gradient_16bit.png": (ImageSet, (64, 48), 1),
    "grayscale.png": (ImageSet, (1280, 720), 1),
    "h264_10bits.mp4": (VideoFile, (200, 200), 30),
    "nasa_13013_rotated.mp4": (VideoFile, (270, 480), 17),
    "rgba.png": (ImageSet, (1280, 720), 1),
    "test_non_zero_start.mp4": (VideoFile, (200, 112), 12),
    "testsrc2_mpeg4.mp4": (VideoFile, (64, 64), 1),
    "testsrc2_odd_height_and_width_444.mp4": (VideoFile, (321, 241), 25),
}
REFUSED = {
    "empty.mp4": "the file is empty",
    "truncated_m3v1_1200000B.mp4": "moov",
    "truncated_dog_00010.jpg": "cut short",
}


@pytest.mark.parametrize("name", GIVES)
def test_odd_but_usable_files(shared_data: Path, name: str) -> None:
    kind, size_wh, n_frames = GIVES[name]
    source = open_media(shared_data / "bad_input" / name)
    assert isinstance(source, kind)
    assert isinstance(source, MediaSource)
    assert source.video.size_wh(0) == size_wh
    assert source.video.n_frames == n_frames
    images = list(source.frames())
    assert [index for index, _ in images] == list(range(n_frames))
    for index, image in images:
        assert image.shape == (size_wh[1], size_wh[0], 3)
        assert image.dtype == np.uint8
        assert image.flags.writeable
        np.testing.assert_array_equal(source[index], image)


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_files_are_refused_in_one_line(shared_data: Path, name: str) -> None:
    with pytest.raises(DataError, match=REFUSED[name]) as caught:
        open_media(shared_data / "bad_input" / name)[0]
    assert "\n" not in str(caught.value)


def test_every_file_of_the_folder_is_in_one_table(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "bad_input").iterdir()} == {*GIVES, *REFUSED}


def test_a_rotated_video_is_upright(shared_data: Path) -> None:
    source = open_media(shared_data / "bad_input/nasa_13013_rotated.mp4")
    assert source.video.rotation == 270
    top, bottom = source[16][:160].mean(), source[16][-160:].mean()
    assert bottom != pytest.approx(top, abs=0.5)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.mp4", b"only words here\n" * 50, "FFmpeg knows no such format|holds no video"),
        ("page.mp4", b"<html><body>gone</body></html>", "FFmpeg knows no such format|holds no video"),
        ("empty.mp4", b"", "is empty"),
        ("nulls.avi", bytes(5000), "FFmpeg knows no such format|holds no video"),
        ("list.mp4", b"ffconcat version 1.0\nfile other.mp4\n", "holds no video|knows no such"),
        ("play.mp4", b"#EXTM3U\n#EXTINF:5,\nother.ts\n#EXT-X-ENDLIST\n", "holds no video|knows no such"),
        ("half.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "no picture|holds no video"),
    ],
)
def test_files_that_are_not_what_their_name_says(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        open_media(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gone.mp4", "gone/", "*.png"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"does not exist|holds no picture"):
        open_media(str(tmp_path / name))


def test_a_video_is_a_video_under_any_name(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", "libx264", 5).rename(tmp_path / "photo.jpg")
    assert number_of(open_media(path)[4]) == 4


def test_a_picture_is_a_picture_under_any_name(tmp_path: Path) -> None:
    Pil.new("RGB", (4, 4)).save(tmp_path / "x.png")
    assert isinstance(open_media((tmp_path / "x.png").rename(tmp_path / "x.mp4")), ImageSet)


def test_lists_and_folders_are_image_sets(tmp_path: Path) -> None:
    Pil.new("RGB", (4, 4)).save(tmp_path / "x.png")
    for uri in (tmp_path, [tmp_path / "x.png"], str(tmp_path / "*.png")):
        assert isinstance(open_media(uri), ImageSet)


def test_options_reach_the_source_and_wrong_ones_are_named(tmp_path: Path) -> None:
    Pil.new("RGB", (4, 4)).save(tmp_path / "x.png")
    assert open_media(tmp_path, fps=2).video.times.tolist() == [0]
    with pytest.raises(UsageError, match="its options are: fps"):
        open_media(tmp_path, speed=2)


@pytest.mark.parametrize("arguments", [(-1, None, 1), (0, None, 0), (0, -3, 1)])
def test_ranges_that_make_no_sense(tmp_path: Path, arguments: tuple[int, int | None, int]) -> None:
    source = open_media(write_clip(tmp_path / "clip.mp4", "libx264", 3))
    with pytest.raises(UsageError):
        source.frames(*arguments)
    with pytest.raises(MaskletError, match=r"no frame 3; expected 0\.\.2"):
        source[3]


def test_leaving_a_loop_early_ends_its_thread(tmp_path: Path) -> None:
    source = open_media(write_clip(tmp_path / "clip.mp4", "libx264", 40))
    for index, _ in source.frames():
        if index == 2:
            break
    assert number_of(source[39]) == 39
