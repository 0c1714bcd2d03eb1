"""Planes: the same colours as RGB, kept through a file, on every kind of stream."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from masklet.core import UsageError
from masklet.media.planes import PlanarSource, Planes, from_rgb, planes_of
from masklet.media.video import VideoFile
from masklet.media.writer import VideoWriter

RGB = np.array(
    [[[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 140, 200]]], np.uint8
)


def patches(size: int = 16) -> np.ndarray:
    return np.repeat(np.repeat(RGB, size, axis=0), size, axis=1)


@pytest.mark.parametrize(
    ("matrix", "full", "white", "red"),
    [
        ("bt601", False, (235, 128, 128), (81, 90, 240)),
        ("bt709", False, (235, 128, 128), (63, 102, 240)),
        ("bt601", True, (255, 128, 128), (76, 85, 256)),
    ],
)
def test_known_colours(matrix, full, white, red):
    mix = from_rgb(matrix, full)
    assert mix @ [255, 255, 255, 1] == pytest.approx(white, abs=0.5)
    assert mix @ [255, 0, 0, 1] == pytest.approx(red, abs=0.6)


@pytest.mark.parametrize("size_wh", [(96, 16), (94, 18), (2, 2)])
def test_planes_are_views_of_the_data(size_wh):
    w, h = size_wh
    picture = Planes(np.zeros((h * 3 // 2, w), np.uint8))
    assert picture.shape == (h, w)
    for plane, value in zip(picture.planes, (1, 2, 3), strict=True):
        plane[...] = value
    assert np.bincount(picture.data.ravel()).tolist() == [0, w * h, w * h // 4, w * h // 4]


def encoded(path, pix_fmt: str, colorspace: int, color_range: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 96, 16, pix_fmt
        stream.codec_context.colorspace, stream.codec_context.color_range = colorspace, color_range
        frame = av.VideoFrame.from_ndarray(patches(), "rgb24").reformat(
            format=pix_fmt,
            dst_colorspace="ITU709" if colorspace == 1 else "ITU601",
            dst_color_range="JPEG" if color_range == 2 else "MPEG",
        )
        frame.pts = 0
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.mark.parametrize(
    ("pix_fmt", "colorspace", "color_range"),
    [
        ("yuv420p", 1, 1),
        ("yuv420p", 6, 1),
        ("yuv420p", 2, 1),
        ("yuv420p", 1, 2),
        ("yuv444p", 1, 1),
        ("yuv444p", 6, 1),
    ],
)
def test_colours_survive_the_way_through_a_file(tmp_path, pix_fmt, colorspace, color_range):
    """Read as planes, written as planes, read as RGB: the colours of the original."""
    encoded(tmp_path / "a.mp4", pix_fmt, colorspace, color_range)
    source = VideoFile(tmp_path / "a.mp4")
    assert isinstance(source, PlanarSource)
    assert source.planar
    ((index, picture),) = source.planes()
    assert index == 0
    with VideoWriter(tmp_path / "b.mp4", (96, 16), crf=1) as writer:
        writer.write(picture)
    for path in ("a.mp4", "b.mp4"):
        middles = VideoFile(tmp_path / path)[0][8, 8::16]
        assert np.abs(middles.astype(int) - RGB[0]).max() <= 8


def test_rgb_and_planes_in_one_file(tmp_path):
    """Colours of later frames are those that the stream began with."""
    encoded(tmp_path / "a.mp4", "yuv420p", 6, 1)
    ((_, picture),) = VideoFile(tmp_path / "a.mp4").planes()
    for order in ([picture, patches()], [patches(), picture]):
        with VideoWriter(tmp_path / "b.mp4", (96, 16), crf=1) as writer:
            for image in order:
                writer.write(image)
        for _, image in VideoFile(tmp_path / "b.mp4").frames():
            assert np.abs(image[8, 8::16].astype(int) - RGB[0]).max() <= 8


def test_planes_are_the_callers_own(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", (96, 16)) as writer:
        for _ in range(5):
            writer.write(patches())
    source = VideoFile(tmp_path / "a.mp4")
    kept = []
    for _, picture in source.planes():
        kept.append(picture.data.copy())
        picture.data[...] = 0
    again = [picture.data for _, picture in source.planes()]
    assert np.array_equal(kept, again)
    assert [index for index, _ in source.planes(1, 5, 2)] == [1, 3]


def test_odd_sizes_have_no_planes(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 33, 31, "yuv444p"
        frame = av.VideoFrame.from_ndarray(np.zeros((31, 33, 3), np.uint8), "rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    assert not VideoFile(tmp_path / "a.mp4").planar


def test_planes_of_another_size_are_refused(tmp_path):
    with (
        pytest.raises(UsageError, match="expected"),
        VideoWriter(tmp_path / "a.mp4", (64, 48)) as writer,
    ):
        writer.write(Planes(np.zeros((24, 96), np.uint8)))


def test_a_picture_of_another_size_is_scaled():
    frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), 90, np.uint8), "rgb24").reformat(
        format="yuv420p"
    )
    assert planes_of(frame, (96, 16)).shape == (16, 96)
