"""Damaged files: numbers never shift, ways never differ, nothing hangs, errors take one line."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from masklet.core import DataError, MaskletError
from masklet.media import VideoFile, open_media
from masklet.media.soundness import Soundness
from media.clips import write_clip

KINDS = {
    "h264.mp4": ("libx264", {"g": "15", "bf": "2", "movflags": "+faststart"}),
    "h264.ts": ("libx264", {"g": "15", "bf": "2"}),
    "h264.mkv": ("libx264", {"g": "15", "bf": "2"}),
    "b_frames.avi": ("libx264", {"g": "15", "bf": "2"}),
    "mpeg2.ts": ("mpeg2video", {"g": "15", "bf": "2"}),
}


def sound(folder: Path, name: str) -> bytes:
    path = folder / f"sound_{name}"
    if not path.exists():
        codec, options = KINDS[name]
        write_clip(path, codec, options=options)
    return path.read_bytes()


def both_ways_agree(path: Path) -> int:
    """Frames by number equal frames in order; how many there are. 0 where the file is refused."""
    refusal = ""
    try:
        video = VideoFile(path, cache_bytes=1)
    except DataError as error:
        refusal = str(error)
    if refusal:
        assert "\n" not in refusal
        return 0
    with video:
        sums = [zlib.crc32(image) for _, image in video.frames()]
        assert len(sums) == len(video)
        for index in random.Random(0).sample(range(len(sums)), min(len(sums), 20)):
            assert zlib.crc32(video[index]) == sums[index]
    return len(sums)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2, 3, 16, 27, 41])
def test_flipped_bytes(clip_folder: Path, tmp_path: Path, name: str, seed: int) -> None:
    data = bytearray(sound(clip_folder, name))
    rng = random.Random(seed)
    for _ in range(1 + 4 * seed):
        data[rng.randrange(len(data) // 5, len(data) * 4 // 5)] ^= rng.randrange(1, 256)
    path = tmp_path / name
    path.write_bytes(data)
    assert both_ways_agree(path) <= 60


@pytest.mark.parametrize("name", ["h264.ts", "h264.mkv", "b_frames.avi", "mpeg2.ts"])
def test_a_file_cut_short_gives_the_frames_that_are_there(
    clip_folder: Path, tmp_path: Path, name: str
) -> None:
    data = sound(clip_folder, name)
    path = tmp_path / name
    path.write_bytes(data[: len(data) * 4 // 5])
    assert 30 <= both_ways_agree(path) < 60


def test_a_cut_file_says_how_many_frames_are_there(clip_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    data = sound(clip_folder, "b_frames.avi")
    path.write_bytes(data[: len(data) * 4 // 5])
    video = VideoFile(path)
    assert any(f"announces 60 frames, {len(video)} are there" in note for note in video.notes)


def test_a_cut_matroska_file_says_how_long_it_should_be(clip_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mkv"
    data = sound(clip_folder, "h264.mkv")
    path.write_bytes(data[: len(data) * 2 // 5])
    assert any("announces 2.4 s" in note for note in VideoFile(path).notes)


def test_an_mp4_whose_end_is_missing_names_its_table_of_frames(
    clip_folder: Path, tmp_path: Path
) -> None:
    path = write_clip(tmp_path / "whole.mp4", "libx264")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="moov"):
        VideoFile(path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["h264.mp4", "h264.mkv", "b_frames.avi"]),
    edits=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=40)), max_size=4),
    keep=st.floats(0, 1),
)
def test_any_bytes_give_frames_or_one_line(
    clip_folder: Path, tmp_path: Path, name: str, edits: list[tuple[float, bytes]], keep: float
) -> None:
    data = bytearray(sound(clip_folder, name))
    for at, new in edits:
        start = int(at * (len(data) - len(new)))
        data[start : start + len(new)] = new
    path = tmp_path / "fuzzed"
    path.write_bytes(data[: int(len(data) * keep)])
    refusal = ""
    try:
        with open_media(path) as source:  # type: ignore[attr-defined]
            for index, image in source.frames(0, None, 20):
                assert image.shape == (*source.video.size_wh(index)[::-1], 3)
    except MaskletError as error:
        refusal = str(error)
    assert "\n" not in refusal


class TestSoundness:
    """I P B B, stored in the order 0 1 2 3 and shown in the order 0 2 3 1."""

    def test_a_picture_waits_for_the_packets_before_its_own(self) -> None:
        sound = Soundness(0, frozenset())
        given = [list(sound.add(at, False, at)) for at in (0, 2, 3, 1)]
        assert given == [[0], [], [], [2, 3, 1]]
        assert not sound.broken

    def test_what_may_lean_on_a_patched_picture_is_not_given(self) -> None:
        sound = Soundness(0, frozenset())
        given = [list(sound.add(at, at == 1, at)) for at in (0, 2, 3, 1)]
        assert given == [[0], [], [], []]
        assert sound.broken

    def test_a_packet_without_a_picture_is_not_waited_for(self) -> None:
        sound = Soundness(0, frozenset({1}))
        assert [list(sound.add(at, False, at)) for at in (0, 2)] == [[0], [2]]

    def test_the_end_gives_what_is_held(self) -> None:
        sound = Soundness(0, frozenset())
        assert list(sound.add(2, False, 2)) == []
        assert list(sound.rest()) == [2]
