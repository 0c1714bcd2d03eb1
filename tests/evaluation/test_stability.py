"""Time measures against their definitions written out on whole frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluation_kit import H, W, block, case, table, videos
from masklet.core import Flags, Label, Masks, Origin, Video
from masklet.evaluation.case import Settings
from masklet.evaluation.consistency import consistency
from masklet.evaluation.stability import measure, total
from masklet.evaluation.steadiness import flagged, motion, steadiness
from masklet.ops.runs import decode

SIZE = (W, H)


def walk(xs: list[int | None], y: int = 4, side: int = 8, video: Video | None = None) -> Masks:
    """One object at the places `xs`, absent where None."""
    rows = {(f, 1): block(x, y, x + side, y + side) for f, x in enumerate(xs) if x is not None}
    return table(rows, video or Video("v", W, H, len(xs)))


def scored(pred: Masks, truth: Masks):
    return total([measure(case(pred, truth), Settings())])


def pixels(masks: Masks, frame: int) -> np.ndarray:
    """Class map: the label + 1 of the row, later objects below earlier ones."""
    canvas = np.zeros((H, W), int)
    for row in reversed(range(len(masks))):
        if masks.frame[row] == frame:
            canvas[decode(masks.row_runs(row), SIZE)] = masks.label_id[row] + 1
    return canvas


def slow_vc(pred: Masks, truth: Masks, n: int, objects: bool) -> float:
    """VC of n frames, window by window."""
    length, found = truth.video.n_frames, []
    p, t = (np.array([pixels(one, f) for f in range(length)]) for one in (pred, truth))
    for start in range(length - n + 1):
        still = np.all(t[start : start + n] == t[start], axis=0)
        if objects:
            still &= t[start] > 0
        if still.any():
            right = np.all(p[start : start + n] == t[start : start + n], axis=0)
            found.append((right & still).sum() / still.sum())
    return float(np.mean(found)) if found else float("nan")


@settings(max_examples=12, deadline=None)
@given(videos(2, 10), videos(2, 10), st.sampled_from([8, 16]), st.booleans())
def test_vc_is_as_defined(pred: Masks, truth: Masks, n: int, objects: bool) -> None:
    assume(len(truth))
    nan = np.full(len(pred), np.nan, np.float32)
    pred = pred.replace(score=nan)
    truth = truth.replace(score=np.full(len(truth), np.nan, np.float32))
    found = consistency(case(pred, truth))
    name = f"vc{n}" + ("_objects" if objects else "")
    assert getattr(found, name) == pytest.approx(slow_vc(pred, truth, n, objects), nan_ok=True)


def test_vc_of_truth_itself_is_one() -> None:
    truth = walk([2] * 20)
    found = consistency(case(truth, truth))
    assert (found.vc8, found.vc16, found.vc8_objects, found.vc16_objects) == (1, 1, 1, 1)


def test_vc_starts_anew_after_a_gap_of_the_truth() -> None:
    truth = walk([2] * 20)
    frames = [*range(7), *range(9, 16)]
    on = np.isin(truth.frame, frames)
    found = consistency(case(truth.take(on), truth.take(on), frames=frames))
    assert np.isnan(found.vc8)


@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=4, max_size=12))
def test_motion_is_as_defined(xs: list[int | None]) -> None:
    masks = walk(xs)
    found = motion(masks, np.arange(len(xs), dtype=np.int32))
    for row, frame in enumerate(masks.frame.tolist()):
        back = [xs[frame - k] if frame >= k else None for k in range(4)]
        if back[1] is None:
            assert np.isnan(found.temporal_iou[row])
            assert np.isnan(found.area_change[row])
            continue
        shared = max(8 - abs(back[0] - back[1]), 0) * 8
        assert found.temporal_iou[row] == pytest.approx(shared / (128 - shared))
        assert found.area_change[row] == 0
        if None not in back:
            third = back[0] - 3 * back[1] + 3 * back[2] - back[3]
            assert found.jerk[row] == pytest.approx(abs(third))
        else:
            assert np.isnan(found.jerk[row])


def test_area_change_is_relative_to_the_mean_of_both() -> None:
    rows = {(0, 1): block(0, 0, 8, 8), (1, 1): block(0, 0, 8, 4)}
    found = motion(table(rows), np.arange(6, dtype=np.int32))
    assert found.area_change[1] == pytest.approx(32 / 48)


def test_an_animal_that_runs_is_not_blamed_on_the_engine() -> None:
    truth = walk([0, 2, 7, 8, 16, 20])
    scores = scored(truth, truth)
    assert scores.centroid_jerk > 0
    assert scores.centroid_jerk_excess == 0
    assert scores.temporal_iou_excess == 0
    assert scores.area_jitter_excess == 0


def test_flicker_is() -> None:
    truth = walk([4] * 10)
    rows = {(f, 1): block(4, 4, 12 + f % 2 * 4, 12) for f in range(10)}
    scores = scored(table(rows, truth.video), truth)
    assert scores.area_jitter_excess == pytest.approx(32 / 80)
    assert scores.temporal_iou_excess == pytest.approx(64 / 96 - 1)
    assert scores.centroid_jerk_excess > 0


@pytest.mark.parametrize(
    ("pred", "truth", "dropouts", "gap_rate"),
    [
        ([4, 4, 4, 4, 4, 4], [4] * 6, 0, 0),
        ([4, None, 4, 4, None, 4], [4] * 6, 2, 2 / 6),
        ([4, None, None, 4, 4, 4], [4] * 6, 0, 2 / 6),
        ([None, 4, 4, 4, 4, None], [4] * 6, 0, 0),  # late and early are misses, no gaps
        ([4, None, 4, 4, 4, 4], [4, None, 4, 4, 4, 4], 0, 0),  # rightly absent
        ([None] * 6, [4] * 6, 0, float("nan")),
    ],
)
def test_dropouts_and_gaps(pred, truth, dropouts: int, gap_rate: float) -> None:
    scores = scored(walk(pred), walk(truth))
    assert scores.dropouts == dropouts
    assert scores.gap_rate == pytest.approx(gap_rate, nan_ok=True)


def test_drift_is_the_slope_of_iou_per_hundred_frames() -> None:
    truth = walk([0] * 6)
    pred = walk([0, 1, 2, 3, 4, 5])
    iou = np.array([(8 - k) / (8 + k) for k in range(6)])
    slope = np.polyfit(np.arange(6), iou, 1)[0]
    assert scored(pred, truth).drift == pytest.approx(100 * slope)
    assert scored(truth, truth).drift == 0


def test_drift_starts_anew_at_a_prompt() -> None:
    made = case(walk([0, 1, 2, 0, 1, 2]), walk([0] * 6))
    part = measure(made, Settings())
    with_prompt = type(made)(**{**vars(made), "prompts": np.array([0, 3], np.int32)})
    other = measure(with_prompt, Settings())
    assert other.objects[0].drift < part.objects[0].drift


@settings(max_examples=20, deadline=None)
@given(videos(), videos(), st.permutations([1, 2, 3]))
def test_names_of_objects_do_not_matter(pred: Masks, truth: Masks, order: list[int]) -> None:
    assume(len(truth))
    names = {i + 1: one for i, one in enumerate(order)}
    renamed = [
        one.replace(object_id=np.array([names[i] for i in one.object_id.tolist()], np.int32))
        for one in (pred, truth)
    ]
    a, b = scored(pred, truth), scored(*renamed)
    plain = {k: v for k, v in vars(a).items() if not k.startswith("vc")}  # vc: who covers whom changes
    for name, value in plain.items():
        assert getattr(b, name) == pytest.approx(value, nan_ok=True)


def test_steadiness_needs_no_truth() -> None:
    masks = walk([0, 1, None, 3, 4, 5, None, None, 8])
    (one,) = steadiness(masks)
    assert (one.frames, one.dropouts) == (6, 1)
    assert one.gap_rate == pytest.approx(3 / 9)
    assert one.temporal_iou == pytest.approx(56 / 72)


def test_what_to_look_at() -> None:
    rows = {(f, 1): block(2, 4, 10, 12) for f in range(12)}
    rows[5, 1] = block(2, 4, 24, 12)
    rows[9, 1] = block(22, 14, 30, 22)
    del rows[7, 1]
    masks = table(rows, Video("v", W, H, 12), labels=(Label("rat"),), origin=Origin.PROPAGATED)
    again = flagged(masks)
    at = {f: int(flags) for f, flags in zip(again.frame.tolist(), again.flags.tolist(), strict=True)}
    assert at[5] & Flags.AREA_JUMP
    assert at[6] == Flags.AREA_JUMP | Flags.VANISHES
    assert at[9] & Flags.UNSURE_IDENTITY
    assert not at[2]
    human = flagged(masks.replace(origin=np.full(len(masks), Origin.HUMAN, np.uint8)))
    assert not human.flags.any()
