"""The engine `flow`: contract, quality on a generated scene, sizes, bad calls."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import DataError, Flags, Label, Masks, Origin, UsageError, Video
from masklet.models.flow import Flow, compete
from masklet.models.walk import decode
from masklet.ops import runs
from masklet.ops.overlap import iou_runs
from masklet.ops.table import Row, build, concat
from masklet.testing import ArraySource, Scene, check_propagator

SCENE = Scene("arena", 2, (240, 180), n_frames=16, seed=5, camera_motion=0)


def mean_iou(found: list[tuple[int, Masks]], truth: Masks) -> float:
    values = []
    for frame, rows in found:
        expected = truth.on(frame)
        for i, obj in enumerate(expected.object_id):
            mine = rows.of(int(obj))
            values.append(iou_runs(mine.row_runs(0), expected.row_runs(i)) if len(mine) else 0.0)
    return float(np.mean(values))


def square_video(n: int = 10, size_wh: tuple[int, int] = (160, 120), speed: int = 3) -> ArraySource:
    """A textured square that walks to the right over a textured floor."""
    rng = np.random.default_rng(0)
    w, h = size_wh
    floor = rng.integers(90, 130, (h, w, 3), dtype=np.uint8)
    patch = rng.integers(0, 60, (30, 30, 3), dtype=np.uint8)
    frames = []
    for i in range(n):
        frame = floor.copy()
        seen = frame[40:70, 20 + speed * i : 50 + speed * i]
        seen[:] = patch[:, : seen.shape[1]]
        frames.append(frame)
    return ArraySource(np.stack(frames))


def square_truth(media: ArraySource, frame: int, speed: int = 3) -> Masks:
    mask = np.zeros((media.video.height, media.video.width), bool)
    mask[40:70, 20 + speed * frame : 50 + speed * frame] = True
    return build(media.video, (Label("square"),), [Row(frame, 7, 0, runs.encode(mask))])


def test_it_is_a_propagator() -> None:
    check_propagator(Flow())


def test_it_follows_animals_in_a_scene() -> None:
    truth = SCENE.truth()
    found = list(Flow().propagate(SCENE, truth.on(0), range(1, 16)))
    assert mean_iou(found, truth) > 0.8


@pytest.mark.parametrize("frames", [range(1, 10), range(8, -1, -1)], ids=["forward", "backward"])
def test_it_follows_a_square_both_ways(frames: range) -> None:
    media = square_video()
    start = frames[0] - frames.step
    for frame, rows in Flow().propagate(media, square_truth(media, start), frames):
        assert rows.object_id.tolist() == [7]
        assert iou_runs(rows.row_runs(0), square_truth(media, frame).row_runs(0)) > 0.85
        assert rows.origin.tolist() == [Origin.PROPAGATED]
        assert 0 < rows.score[0] <= 1
        assert 0 < rows.identity_score[0] <= 1


def test_it_goes_on_from_its_own_rows_and_not_from_older_truth() -> None:
    media = square_video()
    truth = square_truth(media, 0)
    shifted = square_truth(media, 4).replace(origin=Origin.PROPAGATED, score=0.6, identity_score=0.7)
    (_, rows), *_ = Flow().propagate(media, concat([truth, shifted]), range(5, 6))
    assert iou_runs(rows.row_runs(0), square_truth(media, 5).row_runs(0)) > 0.85


def test_it_bridges_to_frames_far_from_the_truth() -> None:
    media = square_video()
    found = list(Flow().propagate(media, square_truth(media, 0), range(7, 9)))
    assert [frame for frame, _ in found] == [7, 8]
    assert iou_runs(found[0][1].row_runs(0), square_truth(media, 7).row_runs(0)) > 0.8


def test_large_frames_are_scaled_and_brought_back() -> None:
    media = square_video(4, (400, 300), 6)
    found = dict(Flow(work_side=200).propagate(media, square_truth(media, 0, 6), range(1, 4)))
    assert found[3].video == media.video
    assert iou_runs(found[3].row_runs(0), square_truth(media, 3, 6).row_runs(0)) > 0.8


def test_what_leaves_the_picture_is_flagged_and_then_gone() -> None:
    media = square_video(60)
    found = dict(Flow().propagate(media, square_truth(media, 30), range(31, 60)))
    cut = [f for f, rows in found.items() if len(rows) and rows.flags[0] & Flags.TRUNCATED]
    assert cut
    assert min(cut) >= 36
    assert len(found[59]) == 0


def test_objects_never_share_pixels() -> None:
    for _, rows in Flow().propagate(SCENE, SCENE.truth(frames=range(1)), range(1, 6)):
        assert np.sum([decode(rows, i) for i in range(len(rows))], axis=0).max() == 1


def test_competing_objects_leave_one_winner() -> None:
    soft = np.array([[[0.9, 0.4, 0.2]], [[0.7, 0.3, 0.8]]], np.float32)
    assert (compete(soft) > 0.5).tolist() == [[[True, False, False]], [[False, False, True]]]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"work_side": 8}, "work_side=8"),
        ({"preset": "slow"}, "'slow'"),
        ({"colour": -1.0}, "colour=-1.0"),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], part: str) -> None:
    with pytest.raises(UsageError, match=part):
        Flow(**options)  # type: ignore[arg-type]


def test_bad_calls_are_refused() -> None:
    media = square_video()
    truth = square_truth(media, 0)
    with pytest.raises(UsageError, match="annotate"):
        Flow().propagate(media, truth.take([]), range(1, 3))
    with pytest.raises(DataError, match=r"0\.\.9"):
        Flow().propagate(media, truth, range(5, 12))
    other = Video("other", 80, 60, 10)
    small = build(other, truth.labels, [Row(0, 1, 0, runs.encode(np.ones((60, 80), bool)))])
    with pytest.raises(DataError, match="80x60"):
        Flow().propagate(media, small, range(1, 3))
