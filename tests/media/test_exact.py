"""Frame i is the i-th picture shown, whatever the container, the codec and the way there."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from masklet.media import VideoFile
from masklet.media.cache import indexed
from media.clips import copy_streams, join_cuts, number_of, write_clip, write_dhav

B_FRAMES = {"g": "15", "bf": "2"}
OPEN_GOP = {"x264-params": "open-gop=1:keyint=15:bframes=3:scenecut=0"}
ALT_REF = {
    "auto-alt-ref": "1",
    "lag-in-frames": "16",
    "g": "20",
    "deadline": "realtime",
    "cpu-used": "8",
}
X265 = {"x265-params": "keyint=15:bframes=3:open-gop=1:log-level=none"}
UNEVEN = [i * 40 + (i % 7) * 5 + (i // 20) * 300 for i in range(60)]

CLIPS: dict[str, Callable[[Path], Path]] = {
    "vfr.mp4": lambda p: write_clip(p, "libx264", options=B_FRAMES, times=UNEVEN),
    "pyramid.mp4": lambda p: write_clip(p, "libx264", options={"x264-params": "ref=6:b-pyramid=normal"}),
    "intra_refresh.mp4": lambda p: write_clip(
        p, "libx264", options={"x264-params": "intra-refresh=1:keyint=15:bframes=0"}
    ),
    "b_frames.avi": lambda p: write_clip(p, "libx264", options=B_FRAMES),
    "mpeg4.avi": lambda p: write_clip(p, "mpeg4", options={"g": "12"}),
    "mpeg4_b_frames.avi": lambda p: write_clip(p, "mpeg4", options=B_FRAMES),
    "h264.ts": lambda p: write_clip(p, "libx264", options=B_FRAMES),
    "open_gop.ts": lambda p: write_clip(p, "libx264", options=OPEN_GOP),
    "mpeg2.ts": lambda p: write_clip(p, "mpeg2video", options=B_FRAMES),
    "mpeg2.mpg": lambda p: write_clip(p, "mpeg2video", options=B_FRAMES),
    "open_gop.mkv": lambda p: write_clip(p, "libx264", options=OPEN_GOP),
    "ffv1.mkv": lambda p: write_clip(p, "ffv1"),
    "hevc.mp4": lambda p: write_clip(p, "libx265", options=X265),
    "vp8.webm": lambda p: write_clip(p, "libvpx", 80, options={**ALT_REF, "deadline": "good"}),
    "vp9.webm": lambda p: write_clip(p, "libvpx-vp9", options=ALT_REF),
    "h264.mov": lambda p: write_clip(p, "libx264", options=B_FRAMES),
    "mjpeg.mov": lambda p: write_clip(p, "mjpeg", pix_fmt="yuvj420p"),
    "wmv2.wmv": lambda p: write_clip(p, "wmv2", options={"g": "12"}),
    "no_times.h264": lambda p: write_clip(p, "libx264", options=B_FRAMES),
    "dahua.dav": lambda p: write_dhav(
        p, write_clip(p.with_suffix(".h264"), "libx264", options={"g": "15", "bf": "0"})
    ),
    "interlaced.ts": lambda p: write_clip(
        p, "libx264", options={"x264-params": "tff=1:keyint=15", "flags": "+ildct"}
    ),
    "animated.gif": lambda p: write_clip(p, "gif", 30, pix_fmt="rgb8"),
}


def make(folder: Path, name: str) -> Path:
    path = folder / name
    return path if path.exists() else CLIPS[name](path)


def wanted(n: int) -> list[int]:
    """Every frame once in a random order, then every frame backwards."""
    order = list(range(n))
    random.Random(n).shuffle(order)
    return order + list(range(n - 1, -1, -1))


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_the_one_that_was_written(clip_folder: Path, name: str) -> None:
    with VideoFile(make(clip_folder, name), cache_bytes=1) as video:
        sums = {}
        for index, image in video.frames():
            assert number_of(image) == index
            sums[index] = zlib.crc32(image)
        assert list(sums) == list(range(len(video)))
        assert len(video) in (30, 60, 80)
        assert np.all(np.diff(video.video.times) > 0)
        wrong = [i for i in wanted(len(video)) if zlib.crc32(video[i]) != sums[i]]
        assert wrong == []


@pytest.mark.parametrize("name", ["vfr.mp4", "open_gop.mkv", "b_frames.avi", "mpeg2.mpg"])
def test_a_range_of_frames_begins_and_steps_exactly(clip_folder: Path, name: str) -> None:
    video = VideoFile(make(clip_folder, name))
    for start, stop, step in [
        (0, None, 1),
        (17, 40, 1),
        (31, 60, 7),
        (58, 90, 1),
        (3, 60, 25),
        (60, 70, 1),
    ]:
        found = [(index, number_of(image)) for index, image in video.frames(start, stop, step)]
        assert found == [(i, i) for i in range(60)[start:stop:step]]


@pytest.mark.parametrize("name", ["vfr.mp4", "open_gop.mkv", "b_frames.avi"])
@pytest.mark.parametrize("chunk", [1, 7, 16])
def test_chunks_that_go_on_from_each_other_are_the_whole(
    clip_folder: Path, name: str, chunk: int
) -> None:
    """Each begins with the last frame of the one before; some stop early, some go elsewhere first."""
    film = make(clip_folder, name)
    whole = dict(VideoFile(film).frames())
    with VideoFile(film) as source:
        for start in range(0, len(source), chunk):
            stop = min(start + chunk, len(source))
            for index, image in source.frames(max(start - 1, 0), stop):
                assert np.array_equal(image, whole[index])
            if start % 3 == 0:
                next(source.frames(start // 2))


def test_frames_cut_away_by_an_edit_list_are_not_counted(clip_folder: Path) -> None:
    whole = make(clip_folder, "h264.mov")
    cut = copy_streams(whole, clip_folder / "cut.mp4", skip_until=round(7 / 25 * 12800))
    video = VideoFile(cut)
    assert [number_of(image) for _, image in video.frames()] == list(range(7, 60))
    assert [number_of(video[i]) for i in (52, 0, 30, 7, 8)] == [59, 7, 37, 14, 15]
    assert video.video.times[0] == 0


@pytest.mark.parametrize("cuts", [((0, 20), (33, 55)), ((3, 17), (35, 50)), ((20, 39), (5, 12))])
def test_cuts_that_an_edit_list_joins(clip_folder: Path, cuts: tuple[tuple[int, int], ...]) -> None:
    joined = join_cuts(make(clip_folder, "h264.mov"), clip_folder / f"joined-{cuts[1][0]}.mp4", *cuts)
    with av.open(str(joined)) as container:
        decoded = [number_of(one.to_ndarray(format="rgb24")) for one in container.decode(video=0)]
    video = VideoFile(joined)
    assert [number_of(image) for _, image in video.frames()] == decoded
    assert [number_of(video[i]) for i in range(len(decoded))] == decoded
    if cuts[0][1] < cuts[1][0]:
        assert decoded == [n for first, last in cuts for n in range(first, last + 1)]


def test_times_are_those_that_were_written(clip_folder: Path) -> None:
    video = VideoFile(make(clip_folder, "vfr.mp4")).video
    np.testing.assert_allclose(video.times, np.array(UNEVEN) / 1000, atol=1e-4)


def test_a_stream_without_times_is_counted_at_its_rate(clip_folder: Path) -> None:
    video = VideoFile(make(clip_folder, "no_times.h264")).video
    np.testing.assert_allclose(video.times, np.arange(60) / 25)


@pytest.mark.parametrize("name", ["open_gop.mkv", "open_gop.ts", "h264.ts", "hevc.mp4", "b_frames.avi"])
def test_decoding_may_begin_in_the_middle(clip_folder: Path, name: str) -> None:
    _, index = indexed(make(clip_folder, name))
    assert len(index.starts) == 4
    assert index.first_exact().tolist() == [0, 15, 30, 45]


REAL = [
    "mouse_openfield/m3v1mp4.mp4",
    "mouse_overlay/reachingvideoS.avi",
    "mouse_overlay/dlc_vid1.mov",
    "mouse_openfield/empty_chamber_Freezing_calibration.wmv",
    "bad_input/test_non_zero_start.mp4",
    "bad_input/cvat_video_without_valid_keyframes.mp4",
    "bad_input/h264_10bits.mp4",
    "bad_input/testsrc2_odd_height_and_width_444.mp4",
]


@pytest.mark.parametrize("name", REAL)
def test_real_videos_against_plain_decoding_in_one_thread(shared_data: Path, name: str) -> None:
    video = VideoFile(shared_data / name)
    chosen = sorted(random.Random(4).sample(range(len(video)), min(len(video), 12)))
    truth = {}
    with av.open(str(shared_data / name)) as container:
        container.streams.video[0].thread_type = "NONE"
        for index, frame in enumerate(container.decode(video=0)):
            if index in chosen:
                truth[index] = frame.reformat(format="rgb24").to_ndarray()
    random.Random(5).shuffle(chosen)
    for index in chosen:
        np.testing.assert_array_equal(video[index], truth[index])
    last = max(chosen)
    (found,) = list(video.frames(last, last + 1))
    np.testing.assert_array_equal(found[1], truth[last])
