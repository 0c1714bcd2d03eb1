"""HOTA, IDF1 and CLEAR beside trackeval, on random overlaps, on drawn masks and on real data."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import masklet
from evaluation_kit import block, table, videos
from evaluation_kit import unpaired as case
from masklet.core import Flags, Masks, Video
from masklet.core.arrays import Floats, Int64s
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.clear import Switch, measure_clear, total_clear
from masklet.evaluation.hota import measure_hota, total_hota
from masklet.evaluation.identity import IdentityScores, TrackScores, measure, total
from masklet.evaluation.idf1 import measure_idf1, total_idf1
from masklet.evaluation.similarity import from_frames
from masklet.ops.runs import decode
from masklet.ops.table import concat, renumbered

SETTINGS = Settings()
HOTA_FIELDS = {
    "HOTA": "hota",
    "DetA": "det_a",
    "AssA": "ass_a",
    "LocA": "loc_a",
    "DetRe": "det_re",
    "DetPr": "det_pr",
    "AssRe": "ass_re",
    "AssPr": "ass_pr",
}
CLEAR_FIELDS = {
    "MOTA": "mota",
    "MOTP": "motp",
    "sMOTA": "s_mota",
    "CLR_TP": "tp",
    "CLR_FN": "fn",
    "CLR_FP": "fp",
    "IDSW": "switches",
    "Frag": "fragments",
    "MT": "mostly_tracked",
    "PT": "partly_tracked",
    "ML": "mostly_lost",
}
ID_FIELDS = {
    "IDF1": "idf1",
    "IDP": "precision",
    "IDR": "recall",
    "IDTP": "tp",
    "IDFN": "fn",
    "IDFP": "fp",
}
Data = dict[str, Any]


def reference(parts: list[Data]) -> dict[str, Any]:
    """All fields of trackeval, over sequences."""
    from trackeval.metrics import CLEAR, HOTA, Identity

    found: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for metric in (HOTA(), CLEAR(), Identity()):
            each = {str(n): metric.eval_sequence(data) for n, data in enumerate(parts)}
            found |= metric.combine_sequences(each)
    return found


def as_data(true_ids: list[Int64s], pred_ids: list[Int64s], scores: list[Floats]) -> Data:
    """What trackeval reads: ids counted from 0."""
    known = [np.unique(np.concatenate([np.empty(0, int), *ids])) for ids in (true_ids, pred_ids)]
    return {
        "num_timesteps": len(scores),
        "gt_ids": [np.searchsorted(known[0], ids) for ids in true_ids],
        "tracker_ids": [np.searchsorted(known[1], ids) for ids in pred_ids],
        "similarity_scores": scores,
        "num_gt_ids": len(known[0]),
        "num_tracker_ids": len(known[1]),
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, pred_ids)),
    }


def dense_data(one: Case) -> Data:
    """The same from pixels, frame by frame; untracked masks get ids of their own."""
    fresh = 1_000_000
    true_ids, pred_ids, scores = [], [], []
    for frame in one.complete.tolist():
        sides = []
        for masks in (one.truth, one.pred):
            rows = [r for r in np.flatnonzero(masks.frame == frame) if masks.row_runs(r)[1::2].sum()]
            size = masks.video.size_wh(frame)
            pixels = [decode(masks.row_runs(r), size) for r in rows]
            ids = [int(masks.object_id[r]) for r in rows]
            fresh += len(ids)
            ids = [fresh + n if i < 0 else i for n, i in enumerate(ids)]
            sides.append((np.array(ids, int), pixels))
        (g, true), (p, pred) = sides
        block_ = np.array([[(a & b).sum() / (a | b).sum() for b in pred] for a in true])
        true_ids.append(g)
        pred_ids.append(p)
        scores.append(block_.reshape(len(g), len(p)).astype(float))
    return as_data(true_ids, pred_ids, scores)


def check_equal(mine: TrackScores | IdentityScores, theirs: dict[str, Any]) -> None:
    for name, field in HOTA_FIELDS.items():
        assert getattr(mine.hota, field) == pytest.approx(np.mean(theirs[name]), abs=1e-12), name
    for name, field in CLEAR_FIELDS.items():
        assert getattr(mine.clear, field) == pytest.approx(theirs[name], abs=1e-12), name
    for name, field in ID_FIELDS.items():
        assert getattr(mine.idf1, field) == pytest.approx(theirs[name], abs=1e-12), name


@st.composite
def overlaps(draw: st.DrawFn) -> tuple[list[Int64s], list[Int64s], list[Floats]]:
    """Random matrices; coarse ones are full of ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m, length = (draw(st.integers(1, top)) for top in (10, 10, 12))
    kind = draw(st.sampled_from(["fine", "ties", "sparse", "tracks"]))
    true_ids, pred_ids, scores = [], [], []
    for _ in range(length):
        g = np.flatnonzero(rng.random(n) < 0.8)
        p = np.flatnonzero(rng.random(m) < 0.8)
        values = rng.random((n, m))
        if kind == "ties":
            values = rng.integers(0, 5, (n, m)) / 4
        if kind == "sparse":
            values *= rng.random((n, m)) < 0.2
        if kind == "tracks":
            values = np.eye(n, m) * 0.6 + 0.3 * values * (rng.random((n, m)) < 0.4)
        true_ids.append(g)
        pred_ids.append(p)
        scores.append(values[np.ix_(g, p)])
    return true_ids, pred_ids, scores


@settings(max_examples=150, deadline=None)
@given(st.lists(overlaps(), min_size=1, max_size=3))
def test_equals_trackeval_on_random_overlaps(
    sequences: list[tuple[list[Int64s], list[Int64s], list[Floats]]],
) -> None:
    theirs = reference([as_data(*one) for one in sequences])
    if not theirs["HOTA_TP"][0] + theirs["HOTA_FN"][0] + theirs["HOTA_FP"][0]:
        return
    listed = [from_frames(*one) for one in sequences]
    mine = TrackScores(
        None,
        total_hota(measure_hota(one) for one in listed),
        total_idf1([measure_idf1(one) for one in listed]),
        total_clear([measure_clear(one)[0] for one in listed]),
    )
    check_equal(mine, theirs)


@settings(max_examples=60, deadline=None)
@given(videos(), videos())
def test_equals_trackeval_on_masks(pred: Masks, truth: Masks) -> None:
    one = case(pred, truth)
    data = dense_data(one)
    scores = total([measure(one, SETTINGS)])
    if data["num_gt_dets"] + data["num_tracker_dets"]:
        check_equal(scores, reference([data]))
    else:
        assert np.isnan(scores.hota.hota)
        assert np.isnan(scores.clear.mota)


@settings(max_examples=40, deadline=None)
@given(videos())
def test_identity_gives_1(truth: Masks) -> None:
    scores = total([measure(case(truth, truth), SETTINGS)])
    if scores.clear.tp:
        apart = (scores.hota.det_a, scores.idf1.idf1, scores.clear.mota, scores.clear.motp)
        assert apart == pytest.approx((1, 1, 1, 1))
        assert scores.clear.switches == scores.clear.fn == 0


@settings(max_examples=40, deadline=None)
@given(videos(), videos(), st.permutations([1, 2, 3]))
def test_names_of_objects_do_not_matter(pred: Masks, truth: Masks, order: list[int]) -> None:
    """HOTA and CLEAR may break ties either way; IDF1 has none."""
    ids = dict(zip([1, 2, 3], [10 + o for o in order], strict=True))
    mine = total([measure(case(pred, truth), SETTINGS)]).idf1
    other = total([measure(case(renumbered(pred, ids), truth), SETTINGS)]).idf1
    assert mine == other or np.isnan(mine.idf1)


def test_names_do_not_matter_to_hota_and_clear() -> None:
    pred, truth = tracks(3), tracks(99)
    mine = total([measure(case(pred, truth), SETTINGS)])
    other = total([measure(case(renumbered(pred, {1: 7, 2: 4}), truth), SETTINGS)])
    assert (mine.hota, mine.clear) == (other.hota, other.clear)
    assert mine.hota.hota < 1
    assert mine.clear.switches == 2


def test_smaller_masks_score_less() -> None:
    truth = table({(f, 1): block(4, 4, 20, 20) for f in range(6)})
    scores = [
        total(
            [measure(case(table({(f, 1): block(4, 4, 20 - d, 20) for f in range(6)}), truth), SETTINGS)]
        )
        for d in range(0, 14, 2)
    ]
    for read in (lambda one: one.hota.hota, lambda one: one.idf1.idf1, lambda one: one.clear.mota):
        values = [read(one) for one in scores]
        assert values == sorted(values, reverse=True)
        assert values[0] == 1 > values[-1]


def tracks(swap_from: int, length: int = 6) -> Masks:
    """Two objects apart; from a frame on their ids are exchanged."""
    rows = {}
    for frame in range(length):
        ids = (1, 2) if frame < swap_from else (2, 1)
        rows[frame, ids[0]] = block(2, 2, 8, 8)
        rows[frame, ids[1]] = block(20, 10, 28, 20)
    return table(rows)


def test_every_switch_is_listed() -> None:
    pred = tracks(3)
    pred = pred.take(~((pred.frame == 2) & (pred.object_id == 1)))
    found = measure(case(pred, tracks(99), "cage"), SETTINGS).switches
    assert found == (Switch("cage", 3, 1, 1, 2, 1), Switch("cage", 3, 2, 2, 1, 2))


def test_a_switch_to_an_untracked_mask() -> None:
    truth = table({(f, 1): block(2, 2, 8, 8) for f in range(4)})
    pred = table({(f, 5 if f < 2 else -1): block(2, 2, 8, 8) for f in range(4)})
    scores = total([measure(case(pred, truth), SETTINGS)])
    assert scores.switches == (Switch("v", 2, 1, 5, -1, 1), Switch("v", 3, 1, -1, -1, 2))
    assert scores.idf1.tp == 2
    assert scores.hota.det_a == 1
    check_equal(scores, reference([dense_data(case(pred, truth))]))


def test_crowds_excuse_what_lies_in_them() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6), (0, 2): block(10, 0, 30, 20)})
    truth = truth.replace(flags=np.array([0, Flags.CROWD], np.uint16))
    rows = {
        (0, 1): block(0, 0, 6, 6),
        (0, 3): block(12, 2, 18, 8),  # in the crowd
        (0, 4): block(9, 16, 11, 22),  # 2 x 4 of 12 pixels outside, and 4 of 12 inside
    }
    clear = total([measure(case(table(rows), truth), SETTINGS)]).clear
    assert (clear.tp, clear.fp, clear.fn) == (1, 1, 0)
    other = table(rows, label_of={3: 1, 4: 1})
    scores = total([measure(case(other, truth), SETTINGS)])
    assert [one.clear.fp for one in (scores, *scores.per_label)] == [1, 0, 2]


def test_a_mask_that_finds_its_object_counts_even_in_a_crowd() -> None:
    truth = table({(0, 1): block(12, 2, 18, 8), (0, 2): block(10, 0, 30, 20)})
    truth = truth.replace(flags=np.array([0, Flags.CROWD], np.uint16))
    pred = table({(0, 9): block(12, 2, 18, 7)})
    assert total([measure(case(pred, truth), SETTINGS)]).clear.tp == 1


@pytest.mark.parametrize(
    ("pred_ids", "truth_ids", "hota", "mota", "idf1", "loc_a"),
    [
        ([], [], np.nan, np.nan, np.nan, np.nan),
        ([1], [], 0, -1, 0, 1),
        ([], [1], 0, 0, 0, 1),
        ([1], [1], 1, 1, 1, 1),
    ],
)
def test_absent_sides(
    pred_ids: list[int], truth_ids: list[int], hota: float, mota: float, idf1: float, loc_a: float
) -> None:
    video = Video("v", 32, 24, 3)
    pred = table({(1, i): block(1, 1, 5, 5) for i in pred_ids}, video)
    truth = table({(1, i): block(1, 1, 5, 5) for i in truth_ids}, video)
    if not truth_ids:  # an empty mask is an absent object
        truth = table({(1, 1): block(0, 0, 0, 0)}, video)
    scores = total([measure(case(pred, truth), SETTINGS)])
    found = (scores.hota.hota, scores.clear.mota, scores.idf1.idf1, scores.hota.loc_a)
    assert found == pytest.approx((hota, mota, idf1, loc_a), nan_ok=True)


def test_labels_by_themselves_and_over_videos() -> None:
    truth = tracks(99)
    truth = truth.replace(label_id=(truth.object_id == 2).astype(np.int16))
    pred = truth.take(truth.object_id == 1)
    part = measure(case(pred, truth), SETTINGS)
    scores = total([part, part])
    assert [one.label and one.label.name for one in scores.per_label] == ["rat", "tail"]
    assert [one.clear.tp for one in scores.per_label] == [12, 0]
    assert [one.hota.hota for one in scores.per_label] == [1, 0]
    assert scores.hota.det_re == 0.5


def test_only_complete_frames_are_judged() -> None:
    truth = tracks(99)
    pred = table({(1, 1): block(2, 2, 8, 8), (1, 2): block(20, 10, 28, 20)})
    assert total([measure(case(pred, truth, frames=[1]), SETTINGS)]).hota.hota == 1


def test_sav_masklets_equal_trackeval(shared_data: Path) -> None:
    folder = shared_data / "sav_json"
    manual, auto = (masklet.read(next(folder.rglob(f"*{kind}.json"))) for kind in ("manual", "auto"))
    frames = manual.frames[:24]
    auto = auto.replace(video=manual.video, labels=manual.labels, label_id=np.int16(0))
    one = case(*(m.take(np.isin(m.frame, frames)) for m in (auto, manual)), frames=frames.tolist())
    check_equal(total([measure(one, SETTINGS)]), reference([dense_data(one)]))


def test_no_complete_frame_gives_no_number() -> None:
    truth = table({(0, 1): block(0, 0, 6, 6)})
    for parts in ([], [measure(case(truth, truth, frames=[]), SETTINGS)]):
        scores = total(parts)
        assert np.isnan([scores.hota.hota, scores.idf1.idf1, scores.clear.mota]).all()
        assert scores.switches == ()


def test_two_davis_objects_whose_ids_are_exchanged(shared_data: Path) -> None:
    """Two real objects in one video, real predictions of both, and a tracker that confuses them."""
    folder = shared_data / "davis2016_val"
    sides = []
    for kind in ("Annotations/480p", "results/osvos"):
        dog, camel = (masklet.read(folder / kind / name) for name in ("dog", "camel"))
        video, labels = dog.video, dog.labels
        one, other = (
            part.take((part.object_id == part.object_id.min()) & (part.frame < 12)).replace(
                video=video, labels=labels, label_id=np.int16(0), object_id=np.int32(number)
            )
            for number, part in ((1, dog), (2, camel))
        )
        sides.append(concat([one, other]))
    truth, pred = sides
    exchanged = np.where(pred.frame >= 7, 3 - pred.object_id, pred.object_id)
    pred = pred.replace(object_id=exchanged, video=truth.video, labels=truth.labels)
    judged = case(pred, truth, "pasted", frames=range(12))
    scores = total([measure(judged, SETTINGS)])
    check_equal(scores, reference([dense_data(judged)]))
    assert {(s.frame, s.object_id, s.before, s.now, s.last_right) for s in scores.switches} == {
        (7, 1, 1, 2, 6),
        (7, 2, 2, 1, 6),
    }
