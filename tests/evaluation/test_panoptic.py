"""PQ, VPQ and STQ beside the definitions written out on pixels, and on real data."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masklet
import panoptic_oracle as oracle
from evaluation_kit import LABELS, block, masks, table
from evaluation_kit import unpaired as case
from masklet.core import Flags, Label, Masks, Video
from masklet.core.arrays import Bools
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.panoptic import LENGTHS, PanopticScores, measure, total
from masklet.evaluation.shared import shared
from masklet.ops.table import areas, concat, renumbered

BACKGROUND = Settings()
VOID = Settings(unlabelled_is_void=True)
SMALL = (12, 9)


@st.composite
def tables(draw: st.DrawFn, crowds: bool = False, length: int = 3) -> Masks:
    """Small frames with up to four objects that overlap, some untracked, some of them crowds."""
    video = Video("v", *SMALL, length)
    rows = {
        (frame, one): draw(masks(SMALL))
        for frame in range(length)
        for one in (-1, 1, 2, 3)
        if draw(st.integers(0, 2))
    }
    if crowds:
        rows = {key: mask for key, mask in rows.items() if key[1] >= 0}
    scores = np.array([draw(st.integers(1, 20)) / 20 for _ in rows], np.float32)
    made = table(rows, video, {1: 0, 2: 1, 3: draw(st.integers(0, 1))}, score=scores)
    if crowds and draw(st.booleans()):
        made = made.replace(flags=np.where(made.object_id == 3, int(Flags.CROWD), 0))
    return made


def check_oracle(one: Case, how: Settings) -> PanopticScores:
    """Every number of one video against the oracle."""
    mine, maps = total([measure(one, how)]), oracle.maps(one)
    void, n = how.unlabelled_is_void, len(one.labels)
    found = [oracle.pq(oracle.quality(maps, n, length, void)) for length in LENGTHS]
    close = {"abs": 1e-12, "nan_ok": True}
    assert (mine.pq, mine.sq, mine.rq) == pytest.approx(found[0], **close)
    by_length = [value for value, _, _ in found]
    assert mine.vpq_by_length == pytest.approx(by_length, **close)
    known = [value for value in by_length if not np.isnan(value)]
    assert mine.vpq == pytest.approx(np.mean(known) if known else np.nan, **close)
    confusion = oracle.confusion(maps, n, void)
    ious = [
        confusion[c, c] / joint
        for c in range(1, n + 1)
        if (joint := confusion[c].sum() + confusion[:, c].sum() - confusion[c, c])
    ]
    semantic = np.mean(ious) if ious else np.nan
    assert mine.semantic_quality == pytest.approx(semantic, **close)
    aq = oracle.association(maps, void)
    assert mine.aq == pytest.approx(aq, **close)
    assert mine.stq == pytest.approx(np.sqrt(aq * semantic), **close)
    return mine


@settings(max_examples=60, deadline=None)
@given(tables(), tables(crowds=True), st.sampled_from([BACKGROUND, VOID]))
def test_equals_the_definition(pred: Masks, truth: Masks, how: Settings) -> None:
    check_oracle(case(pred, truth), how)


@settings(max_examples=20, deadline=None)
@given(tables(length=8), tables(crowds=True, length=8), st.integers(1, 6))
def test_pieces_and_windows_fit_together(pred: Masks, truth: Masks, rows: int) -> None:
    whole = measure(case(pred, truth), BACKGROUND)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("masklet.evaluation.panoptic.frame_pieces", lambda one: in_steps(one, rows))
        parts = measure(case(pred, truth), BACKGROUND)
    for name in ("tp", "fp", "fn", "iou", "confusion", "windows"):
        assert getattr(whole, name) == pytest.approx(getattr(parts, name)), name
    assert whole.association.quality == pytest.approx(parts.association.quality)
    assert whole.pred_overlap == parts.pred_overlap


def in_steps(one: Case, step: int) -> list[tuple[int, int]]:
    """Pieces of at most `step` frames."""
    return list(pairwise([*range(0, len(one.complete), step), len(one.complete)]))


@settings(max_examples=40, deadline=None)
@given(tables())
def test_identity_gives_1(truth: Masks) -> None:
    truth = truth.take(truth.object_id >= 0)
    scores = total([measure(case(truth, truth), BACKGROUND)])
    if areas(truth).any():
        assert (scores.pq, scores.vpq, scores.stq) == pytest.approx((1, 1, 1))
    else:
        assert np.isnan([scores.pq, scores.vpq, scores.stq]).all()


@settings(max_examples=40, deadline=None)
@given(tables(crowds=True), tables(crowds=True))
def test_both_sides_are_worth_the_same(a: Masks, b: Masks) -> None:
    a, b = (one.replace(flags=np.uint16(0)) for one in (a, b))
    here, there = (total([measure(case(*sides), BACKGROUND)]) for sides in ((a, b), (b, a)))
    assert here.pq == pytest.approx(there.pq, nan_ok=True)
    assert here.vpq == pytest.approx(there.vpq, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(tables(), tables(crowds=True))
def test_names_of_objects_do_not_matter(pred: Masks, truth: Masks) -> None:
    one = total([measure(case(pred, truth), BACKGROUND)])
    ids = {1: 11, 2: 12, 3: 13}
    other = total([measure(case(renumbered(pred, ids), truth), BACKGROUND)])
    assert (one.pq, one.vpq, one.stq) == pytest.approx((other.pq, other.vpq, other.stq), nan_ok=True)


def test_smaller_masks_score_less() -> None:
    truth = table({(f, 1): block(4, 4, 20, 20) for f in range(6)})
    scores = [
        total([measure(case(table({(f, 1): block(4, 4, 20 - d, 20) for f in range(6)}), truth), VOID)])
        for d in range(0, 14, 2)
    ]
    for name in ("pq", "vpq", "stq"):
        values = [getattr(one, name) for one in scores]
        assert values == sorted(values, reverse=True)
        assert values[0] == 1 > values[-1]


def test_unlabelled_pixels() -> None:
    """A false alarm on background is one; in the void it is not."""
    truth = table({(0, 1): block(0, 0, 6, 6)})
    pred = table({(0, 1): block(0, 0, 6, 6), (0, 2): block(20, 10, 26, 16)})
    here, void = (measure(case(pred, truth, frames=[0]), how) for how in (BACKGROUND, VOID))
    assert (here.fp[0].sum(), void.fp[0].sum()) == (1, 0)
    assert total([here]).pq == pytest.approx(1 / 1.5)
    assert total([void]).pq == 1


@pytest.mark.parametrize(("label", "false_alarms"), [(0, 0), (1, 1)])
def test_a_crowd_excuses_its_own_label(label: int, false_alarms: int) -> None:
    truth = table({(0, 1): block(0, 0, 6, 6), (0, 2): block(10, 0, 30, 20)})
    truth = truth.replace(flags=np.array([0, Flags.CROWD], np.uint16))
    pred = table({(0, 1): block(0, 0, 6, 6), (0, 5): block(12, 3, 18, 9)}, label_of={5: label})
    part = measure(case(pred, truth, frames=[0]), BACKGROUND)
    assert part.fp[0].sum() == false_alarms
    assert part.fn[0].sum() == 0


def test_overlaps_are_resolved_by_score_and_counted() -> None:
    rows = {(0, 1): block(0, 0, 10, 10), (0, 2): block(5, 0, 15, 10), (0, 3): block(5, 0, 10, 4)}
    pred = table(rows, score=np.array([0.5, 0.9, 0.7], np.float32))
    found = shared(case(pred, table({})), 0, 1)
    owned = {int(p): int(n) for p, n in zip(found.pred, found.pixels, strict=True) if p >= 0}
    assert owned == {0: 50, 1: 100}
    assert (found.pred_overlap, found.true_overlap) == (70, 0)


def test_a_switch_costs_tubes_and_not_frames() -> None:
    truth = table({(f, 1): block(2, 2, 8, 8) for f in range(6)})
    pred = table({(f, 1 if f < 3 else 2): block(2, 2, 8, 8) for f in range(6)})
    scores = check_oracle(case(pred, truth), BACKGROUND)
    assert scores.pq == 1
    # windows of two: 4 right, 1 halved (a miss and two alarms); of six: all wrong
    assert scores.vpq_by_length[1] == pytest.approx(4 / 5.5 + 0 / 1)
    assert scores.vpq_by_length[3] == 0
    assert scores.aq == pytest.approx(0.5)


def test_short_videos_leave_long_windows_out() -> None:
    truth = table({(f, 1): block(2, 2, 8, 8) for f in range(3)})
    scores = total([measure(case(truth, truth, frames=[0, 1, 2]), BACKGROUND)])
    assert scores.vpq_by_length == pytest.approx((1, 1, np.nan, np.nan), nan_ok=True)
    assert scores.vpq == 1


def test_labels_of_videos_are_one_by_name() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6)})
    other = truth.replace(labels=(Label("tail"), Label("rat")))
    scores = total([measure(case(m, m, frames=[0]), BACKGROUND) for m in (truth, other)])
    assert [(one.label, one.tp) for one in scores.per_label] == [(LABELS[0], 1), (LABELS[1], 1)]


def test_pasted_davis_equals_the_definition(shared_data: Path) -> None:
    """Two real objects, one pasted over the other: the truth; a real prediction of either."""
    folder = shared_data / "davis2016_val"
    sides = []
    for kind in ("Annotations/480p", "results/osvos"):
        dog, cow = (masklet.read(folder / kind / name).take(slice(None)) for name in ("dog", "camel"))
        dog, cow = (
            one.take((one.object_id == one.object_id.min()) & (one.frame < 3)) for one in (dog, cow)
        )
        cow = cow.replace(
            video=dog.video, object_id=np.int32(2), labels=dog.labels, label_id=np.int16(0)
        )
        dog = dog.replace(object_id=np.int32(1), label_id=np.int16(0))
        # the second object lies on top: it has the higher score
        sides.append(concat([dog.replace(score=np.float32(0.5)), cow.replace(score=np.float32(1))]))
    truth, pred = sides
    one = case(pred.replace(video=truth.video, labels=truth.labels), truth, frames=[0, 2])
    scores = check_oracle(one, BACKGROUND)
    assert scores.true_overlap > 0
    assert 0.5 < scores.pq < 1


def test_no_complete_frame_gives_no_number() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6)})
    for parts in ([], [measure(case(truth, truth, frames=[]), BACKGROUND)]):
        scores = total(parts)
        found = [scores.pq, scores.vpq, scores.stq, scores.aq, scores.semantic_quality]
        assert np.isnan(found).all()


@pytest.mark.parametrize(
    ("pred", "truth", "pq", "aq", "stq"),
    [
        ({}, {}, np.nan, np.nan, np.nan),
        ({1: block(0, 0, 6, 6)}, {}, 0, np.nan, np.nan),
        ({}, {1: block(0, 0, 6, 6)}, 0, 0, 0),
        ({1: block(0, 0, 0, 0)}, {1: block(0, 0, 6, 6)}, 0, 0, 0),
        ({1: block(0, 0, 6, 6)}, {1: block(0, 0, 6, 6)}, 1, 1, 1),
        (
            {1: block(0, 0, 6, 3)},
            {1: block(0, 0, 6, 6)},
            0,
            0.25,
            np.sqrt(0.25 * 0.5),
        ),  # IoU 0.5 is no match
    ],
)
def test_absent_and_empty_masks(
    pred: dict[int, Bools], truth: dict[int, Bools], pq: float, aq: float, stq: float
) -> None:
    sides = (table({(0, one): mask for one, mask in side.items()}) for side in (pred, truth))
    scores = total([measure(case(*sides, frames=[0]), BACKGROUND)])
    assert (scores.pq, scores.aq, scores.stq) == pytest.approx((pq, aq, stq), nan_ok=True)
