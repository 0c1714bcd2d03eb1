"""Any engine in a window that goes with the object."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.annotate.engine import engine_id
from masklet.core import DataError, Flags, Masks, MediaSource, Origin, Prompt, UsageError, Video
from masklet.core.labels import Label
from masklet.infer.framing import Following, around, window_size
from masklet.infer.window import Windowed
from masklet.models.flow import Flow
from masklet.ops.overlap import iou_pairs
from masklet.ops.runs import encode_crop
from masklet.ops.table import Row, boxes, build, concat
from masklet.testing import Scene, check_propagator
from masklet.testing.fakes import ArraySource

WIDE, HIGH = 400, 300


class Bright:
    """Propagator: whatever is brighter than 128 is the object; notes what it was shown."""

    def __init__(self) -> None:
        self._shown: list[tuple[int, int, int]] = []
        self.name, self.version, self.limit = "bright", 3, 128

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        size, label = (media.video.width, media.video.height), seeds.labels
        for index, image in media.frames(frames.start, frames.stop):
            self._shown.append((index, *size))
            runs = encode_crop(image[..., 0] > self.limit, (0, 0), size)
            made = [Row(index, int(seeds.object_id[0]), 0, runs, 1.0, 1.0, int(Origin.PROPAGATED))]
            yield index, build(media.video, label, made if (image[..., 0] > self.limit).any() else [])


def film(boxes_xyxy: list[tuple[int, int, int, int]]) -> tuple[ArraySource, Masks]:
    """A white box on black, a frame each, and its masks."""
    frames = np.zeros((len(boxes_xyxy), HIGH, WIDE, 3), np.uint8)
    rows = []
    for at, (x0, y0, x1, y1) in enumerate(boxes_xyxy):
        frames[at, max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 255
        crop = np.ones((max(y1 - y0, 0), max(x1 - x0, 0)), bool)
        rows.append(Row(at, 4, 0, encode_crop(crop, (x0, y0), (WIDE, HIGH))))
    media = ArraySource(frames)
    return media, build(media.video, [Label("box")], rows)


def run(engine: Windowed, media: MediaSource, truth: Masks, frames: range) -> dict[int, Masks]:
    first = frames[0] - (1 if frames.step > 0 else -1)
    return dict(engine.propagate(media, truth.on(first), frames))


@pytest.mark.parametrize("side", [64, 96, 0])
def test_it_fits_the_seam(side: int) -> None:
    check_propagator(Windowed(Flow(), side))


@pytest.mark.parametrize("back", [False, True])
def test_it_follows_over_the_whole_frame_and_back(back: bool) -> None:
    places = [(6 * k, 3 * k, 6 * k + 20, 3 * k + 20) for k in range(60)]
    media, truth = film(places)
    frames = range(58, -1, -1) if back else range(1, 60)
    found = run(Windowed(Bright(), 64), media, truth, frames)
    assert list(found) == list(frames)
    for frame, rows in found.items():
        np.testing.assert_array_equal(rows.runs, truth.on(frame).runs)
        assert (rows.flags[0] & Flags.TRUNCATED != 0) == (frame == 0)


def test_what_outgrows_its_window_gets_a_larger_one() -> None:
    media, truth = film([(200 - 4 * k, 150 - 3 * k, 210 + 4 * k, 160 + 3 * k) for k in range(40)])
    engine = Bright()
    found = run(Windowed(engine, 64), media, truth, range(1, 40))
    assert all(np.array_equal(rows.runs, truth.on(at).runs) for at, rows in found.items())
    sizes = [shown[1] for shown in engine._shown]
    assert sizes[0] == 64
    assert sizes[-1] > 300


def test_what_is_lost_is_sought_in_a_larger_window_and_then_followed_in_the_old_one() -> None:
    gone, there = (0, 0, 0, 0), (40, 40, 60, 60)
    media, truth = film([there] * 3 + [gone] * 40 + [(330, 250, 350, 270)] * 20)
    engine = Bright()
    found = run(Windowed(engine, 64), media, truth, range(1, 63))
    assert [at for at, rows in found.items() if len(rows)] == [1, 2, *range(43, 63)]
    sizes = [shown[1:] for shown in engine._shown]
    assert sizes[0] == sizes[-1] == (64, 64)
    assert (WIDE, HIGH) in sizes


def test_it_goes_on_from_its_own_rows() -> None:
    media, truth = film([(6 * k, 10, 6 * k + 20, 30) for k in range(60)])
    engine = Windowed(Bright(), 64)
    once = run(engine, media, truth, range(1, 60))
    context = concat([truth.on(0), *(once[at] for at in range(14, 30))])
    again = dict(engine.propagate(media, context, range(30, 60)))
    assert all(np.array_equal(again[at].runs, truth.on(at).runs) for at in range(30, 60))


def test_an_object_shown_later_is_followed_from_there() -> None:
    media, truth = film([(6 * k, 10, 6 * k + 20, 30) for k in range(30)])
    found = dict(Windowed(Bright(), 64).propagate(media, truth.on(10), range(0, 30)))
    assert [at for at, rows in found.items() if len(rows)] == list(range(10, 30))
    stepped = dict(Windowed(Bright(), 64).propagate(media, truth.on(10), range(12, 30, 5)))
    assert list(stepped) == [12, 17, 22, 27]
    assert all(np.array_equal(rows.runs, truth.on(at).runs) for at, rows in stepped.items())


def test_an_engine_that_looks_far_ahead_is_refused() -> None:
    class Peeping(Bright):
        def propagate(
            self, media: MediaSource, seeds: Masks, frames: range
        ) -> Iterator[tuple[int, Masks]]:
            assert media[frames[3]].shape == (64, 64, 3)  # a little way ahead is allowed
            _ = media[frames[-1]]
            return super().propagate(media, seeds, frames)

    media, truth = film([(10, 10, 30, 30)] * 40)
    with pytest.raises(UsageError, match="cannot work in a moving window; take --crop off"):
        run(Windowed(Peeping(), 64), media, truth, range(1, 40))


def test_one_frame_at_a_time_is_read() -> None:
    read: list[int] = []

    class Noted(ArraySource):
        def __getitem__(self, index: int) -> np.ndarray:
            read.append(index)
            return super().__getitem__(index)

    media, truth = film([(10, 10, 30, 30)] * 40)
    noted = Noted(np.stack([media[k] for k in range(40)]))
    going = Windowed(Bright(), 64).propagate(noted, truth.on(0), range(1, 40))
    for frame, _ in going:
        assert read == list(range(1, frame + 1))


def test_context_is_read_in_one_go_with_what_follows() -> None:
    class Remembering(Bright):
        def propagate(
            self, media: MediaSource, seeds: Masks, frames: range
        ) -> Iterator[tuple[int, Masks]]:
            before = range(frames.start - 3, frames.start)
            assert [index for index, _ in media.frames(before.start, before.stop)] == list(before)
            return super().propagate(media, seeds, frames)

    class Once(ArraySource):
        def __getitem__(self, index: int) -> np.ndarray:
            self.read = [*getattr(self, "read", []), index]
            return super().__getitem__(index)

    media, truth = film([(10, 10, 30, 30)] * 40)
    once = Once(np.stack([media[k] for k in range(40)]))
    context = [truth.on(k).replace(origin=int(Origin.PROPAGATED)) for k in range(4, 20)]
    seeds = concat([truth.on(0), *context])
    assert len(list(Windowed(Remembering(), 64).propagate(once, seeds, range(20, 30)))) == 10
    assert once.read == list(range(17, 30))


def test_bad_calls() -> None:
    media, truth = film([(10, 10, 30, 30)] * 10)
    with pytest.raises(UsageError, match="at least 64"):
        Windowed(Bright(), 20)
    small = Scene("arena", 1, (160, 120), n_frames=8)
    with pytest.raises(DataError, match="expected equal sizes"):
        Windowed(Bright()).propagate(media, small.truth(), range(3))
    with pytest.raises(DataError, match=r"frames 5\.\.11 were asked for"):
        Windowed(Bright()).propagate(media, truth, range(5, 12))


def test_pictures_of_several_sizes_are_named() -> None:
    sizes = np.array([[160, 120], [160, 120], [80, 60]])
    video_of_several = Video("frames/*.png", 160, 120, 3, frame_sizes=sizes)
    truth = Scene("arena", 1, (160, 120), n_frames=3).truth().on(0).replace(video=video_of_several)

    class Mixed(ArraySource):
        video = video_of_several  # type: ignore[assignment]

    media = Mixed(np.zeros((3, 120, 160, 3), np.uint8))
    with pytest.raises(DataError, match=r"frame 2 is 80 x 60; .* put pictures of one size"):
        Windowed(Flow()).propagate(media, truth, range(1, 3))


@pytest.mark.parametrize(("engine", "crop"), [("flow", 10), ("flow", "0"), ("adapt", "auto")])
def test_what_cannot_be_is_refused_before_anybody_is_asked(
    tmp_path: Path, engine: str, crop: str | int
) -> None:
    class Asked:
        def segment(self, *_: object) -> Masks:
            raise AssertionError("asked")

    scene = Scene("arena", 1, (160, 120), n_frames=8)
    point = Prompt(0, 1, points=np.array([[80.0, 60.0]]), positive=np.array([True]))
    says = "at least 64" if engine == "flow" else "adapt looks at the whole video in advance"
    with pytest.raises(UsageError, match=says):
        masklet.track(scene, out=tmp_path, prompts=[point], segmenter=Asked(), engine=engine, crop=crop)
    assert not list(tmp_path.iterdir())


def test_it_is_named_after_the_engine_within() -> None:
    engine = Windowed(Bright(), 64)
    assert engine_id(engine) == "bright/3+crop.1 crop=64 limit=128"
    assert engine_id(Windowed(Bright())) != engine_id(engine)


def test_windows_lie_within_the_frame() -> None:
    box = np.array([[380, 5, 396, 25]], np.int32)
    assert window_size(64, box, (400, 300)) == (64, 64)
    assert window_size(64, box * 4, (400, 300)) == (128, 128)
    assert window_size(1024, box, (400, 300)) == (400, 300)
    assert around(box[0], (64, 64), (400, 300)) == (336, 0)


def test_a_window_moves_no_further_than_it_must() -> None:
    following = Following((100, 100), (1000, 1000), (450, 450))
    following.saw(np.array([490, 490, 510, 510], np.int32))
    assert following.ahead(1) == (450, 450)
    following.saw(np.array([530, 490, 550, 510], np.int32))
    assert following.ahead(0) == (470, 450)
    assert following.ahead(1) == (490, 450)


def test_a_run_after_it_keeps_engine_and_window(tmp_path: Path) -> None:
    scene = Scene("arena", 1, (320, 240), n_frames=10, seed=3)
    first = masklet.track(scene, scene.truth(frames=range(1)), out=tmp_path, engine="flow", crop=128)
    assert "in a window of 128 pixels" in first.engine
    again = masklet.track(scene, out=tmp_path)
    assert again.engine.startswith("flow")
    assert "in a window of 128 pixels" in again.engine
    assert again.masks == first.masks
    assert "window" not in masklet.track(scene, out=tmp_path, crop="off").engine
    real = scene.truth()
    found = first.masks
    assert iou_pairs(found.on(9), real.on(9).replace(video=found.video))[0] > 0.8
    assert boxes(found).shape == (10, 4)
    with pytest.raises(UsageError, match="'big'; expected a side in pixels, auto or off"):
        masklet.track(scene, out=tmp_path, crop="big")
