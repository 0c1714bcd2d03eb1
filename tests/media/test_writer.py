"""VideoWriter: what is written is what is read, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from masklet.core import DataError, UsageError
from masklet.media import VideoFile, VideoWriter
from media.clips import number_of, numbered


def write(path: Path, n: int = 30, **options: float) -> Path:
    with VideoWriter(path, (96, 64), **options) as writer:  # type: ignore[arg-type]
        for number in range(n):
            writer.write(numbered(number))
    return path


def test_frames_come_back_in_their_order_and_colours(tmp_path: Path) -> None:
    source = VideoFile(write(tmp_path / "x.mp4", fps=30, crf=10))
    assert source.video.fps == pytest.approx(30)
    assert [number_of(image) for _, image in source.frames()] == list(range(30))
    assert np.abs(source[20].astype(int) - numbered(20)).mean() < 4


@pytest.mark.parametrize(
    "colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (10, 20, 30)]
)
def test_colours_survive(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    with VideoWriter(tmp_path / "x.mp4", (32, 32)) as writer:
        writer.write(np.full((32, 32, 3), colour, np.uint8))
    np.testing.assert_allclose(VideoFile(tmp_path / "x.mp4")[0][16, 16], colour, atol=4)


def test_the_stream_says_what_it_is(tmp_path: Path) -> None:
    with av.open(str(write(tmp_path / "x.mp4"))) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_range) == (6, 1)
    data = (tmp_path / "x.mp4").read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_seconds_are_kept(tmp_path: Path) -> None:
    times = [0.5, 0.54, 0.61, 1.0, 3.25]
    with VideoWriter(tmp_path / "x.mp4", (96, 64)) as writer:
        for number, time in enumerate(times):
            writer.write(numbered(number), time=time)
    np.testing.assert_allclose(VideoFile(tmp_path / "x.mp4").video.times, times, atol=1e-4)


@pytest.mark.parametrize(("width", "height"), [(33, 21), (32, 21), (33, 22), (1, 1)])
def test_odd_sizes_grow_by_their_last_line(tmp_path: Path, width: int, height: int) -> None:
    with VideoWriter(tmp_path / "x.mp4", (width, height), crf=0) as writer:
        writer.write(np.full((height, width, 3), 200, np.uint8))
    source = VideoFile(tmp_path / "x.mp4")
    assert (source.video.width, source.video.height) == (width + width % 2, height + height % 2)
    np.testing.assert_allclose(source[0], 200, atol=3)


def test_an_error_leaves_nothing_and_what_stood_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"precious")

    def fail_midway() -> None:
        with VideoWriter(path, (96, 64)) as writer:
            writer.write(numbered(0))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    assert [p.name for p in tmp_path.iterdir()] == ["x.mp4"]
    assert path.read_bytes() == b"precious"


def test_no_frames_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no frame was written"), VideoWriter(tmp_path / "x.mp4", (8, 8)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot write"):
        write(tmp_path / "file" / "x.mp4")


def test_a_full_disk_is_told_in_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    from masklet.media.writer import _as_os_error

    error: OSError | None = None
    try:
        with av.open("/dev/full", "w", format="mpegts") as out:
            stream = out.add_stream("libx264", rate=25)
            stream.width, stream.height = 96, 64
            for number in range(30):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), format="rgb24")))
            out.mux(stream.encode(None))
    except av.FFmpegError as problem:
        error = _as_os_error(problem)
    assert error is not None
    assert error.errno == 28


@pytest.mark.parametrize(
    "frame", [np.zeros((64, 95, 3), np.uint8), np.zeros((64, 96), np.uint8), np.zeros((64, 96, 3))]
)
def test_frames_of_another_shape_are_refused(tmp_path: Path, frame: np.ndarray) -> None:
    with (
        pytest.raises(UsageError, match="expected"),
        VideoWriter(tmp_path / "x.mp4", (96, 64)) as writer,
    ):
        writer.write(frame)


@pytest.mark.parametrize("options", [{"fps": 0}, {"crf": 99}, {"size_wh": (0, 4)}, {"preset": "warp"}])
def test_options_out_of_range(tmp_path: Path, options: dict[str, object]) -> None:
    with (
        pytest.raises(UsageError),
        VideoWriter(tmp_path / "x.mp4", **{"size_wh": (96, 64), **options}) as writer,  # type: ignore[arg-type]
    ):
        writer.write(numbered(0))


@pytest.mark.parametrize("times", [[0.0, None], [None, 1.0], [1.0, 1.0], [1.0, 0.5]])
def test_times_rise_and_are_given_for_all_or_none(tmp_path: Path, times: list[float | None]) -> None:
    first, second = times
    with VideoWriter(tmp_path / "x.mp4", (96, 64)) as writer:
        writer.write(numbered(0), time=first)
        with pytest.raises(UsageError):
            writer.write(numbered(1), time=second)
