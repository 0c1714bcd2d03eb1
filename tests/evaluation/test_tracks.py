"""YouTube-VIS's numbers against its definition, written out slowly, and pycocotools' own matching."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from coco_peer import twelve
from evaluation_kit import LABELS, H, W, block, table, videos
from masklet.core import Flags, Label, Masks, Video
from masklet.evaluation import pieces
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import known_scores
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.tracks import AREAS, measure, total
from masklet.formats.sav import SaV
from masklet.formats.ytvis import YouTubeVis
from masklet.ops.overlap import iou
from masklet.ops.runs import decode, decode_crop, encode_crop
from masklet.ops.table import Row, build

NO_PAIRS = Pairs(*(np.empty(0, kind) for kind in (np.int32, np.int32, np.int64, np.int64)))


def whole(pred: Masks, truth: Masks, name: str = "v") -> Case:
    """A case without pairs, complete everywhere."""
    frames = np.arange(truth.video.n_frames, dtype=np.int32)
    return Case(name, pred, truth, frames, frames, NO_PAIRS)


def scores(*cases: Case):
    return total([measure(one, Settings()) for one in cases])


def entries(masks: Masks, video: int, first: int) -> list[dict]:
    """Annotations of tracks with their pixels; one label and one score a track."""
    found = []
    for object_id in masks.objects[masks.objects >= 0].tolist():
        mine = masks.of(object_id)
        size = mine.video.size_wh(0)
        seen = {int(frame): decode(mine.row_runs(i), size) for i, frame in enumerate(mine.frame)}
        sizes = [mask.sum() for mask in seen.values() if mask.any()]
        found.append(
            {
                "id": first + len(found),
                "image_id": video,
                "category_id": int(mine.label_id[0]) + 1,
                "masks": seen,
                "area": float(np.mean(sizes)) if sizes else 0.0,
                "iscrowd": int(bool(mine.flags[0] & Flags.CROWD)),
                "bbox": [0, 0, 1, 1],
                "score": float(np.float32(known_scores(mine).mean())),
            }
        )
    return found


def track_iou(a: dict, b: dict) -> float:
    """Sum of intersections by sum of unions, frame by frame."""
    shared = united = 0
    for frame in a.keys() | b.keys():
        if frame in a and frame in b:
            shared += np.count_nonzero(a[frame] & b[frame])
            united += np.count_nonzero(a[frame] | b[frame])
        else:
            united += np.count_nonzero(a[frame] if frame in a else b[frame])
    return shared / united if united else 0.0


class TrackEvaluation(COCOeval):
    """The matching and accumulation of pycocotools over IoU of tracks; an image is a video."""

    def computeIoU(self, imgId, catId):
        order = np.argsort([-d["score"] for d in self._dts[imgId, catId]], kind="mergesort")
        found = [self._dts[imgId, catId][i] for i in order[: self.params.maxDets[-1]]]
        true = self._gts[imgId, catId]
        if not found and not true:
            return []
        iou = [[track_iou(d["masks"], g["masks"]) for g in true] for d in found]
        return np.array(iou).reshape(len(found), len(true))


def official(cases: list[Case]) -> list[float]:
    """The twelve numbers through pycocotools."""
    datasets = []
    for side in ("pred", "truth"):
        annotations: list[dict] = []
        for video, one in enumerate(cases):
            annotations += entries(getattr(one, side), video, len(annotations) + 1)
        data = COCO()
        data.dataset = {
            "images": [{"id": i, "width": 1, "height": 1} for i in range(len(cases))],
            "categories": [{"id": i + 1, "name": label.name} for i, label in enumerate(cases[0].labels)],
            "annotations": annotations,
        }
        datasets.append(data)
    with contextlib.redirect_stdout(io.StringIO()):
        for data in datasets:
            data.createIndex()
        run = TrackEvaluation(datasets[1], datasets[0], "bbox")
        run.params.areaRng = [list(one) for one in AREAS]
        run.evaluate()
        run.accumulate()
        run.summarize()
    return run.stats.tolist()


def with_iou(case: Case) -> tuple[list, list, dict]:
    """Tracks of the truth, of the prediction, and the IoU of all pairs by their ids."""
    true, found = entries(case.truth, 0, 1), entries(case.pred, 0, 1)
    return (
        true,
        found,
        {(a["id"], b["id"]): track_iou(a["masks"], b["masks"]) for a in found for b in true},
    )


def slow_ap(cases: list, label: int, threshold: float, ranged: tuple) -> tuple[float, float]:
    """(AP, AR with 100 tracks) of one label, IoU and range, in the words of the definition."""
    found, positives = [], 0
    for every_true, every_found, overlap in cases:
        true = [e for e in every_true if e["category_id"] == label + 1]
        mine = [e for e in every_found if e["category_id"] == label + 1]
        counts = {t["id"]: not t["iscrowd"] and ranged[0] <= t["area"] <= ranged[1] for t in true}
        positives += sum(counts.values())
        taken = set()
        for track in sorted(mine, key=lambda e: -e["score"])[:100]:
            free = [
                (counts[t["id"]], overlap[track["id"], t["id"]], t["id"])
                for t in true
                if t["iscrowd"] or t["id"] not in taken
            ]
            best = max((one for one in free if one[1] >= min(threshold, 1 - 1e-10)), default=None)
            if best is not None:
                taken.add(best[2])
            if (best is None and ranged[0] <= track["area"] <= ranged[1]) or (best and best[0]):
                found.append((track["score"], best is not None))
    if not positives:
        return float("nan"), float("nan")
    points, right = [], 0
    for n, (_, good) in enumerate(sorted(found, key=lambda e: -e[0]), 1):
        right += good
        points.append((right / positives, right / n))
    at = [max((p for r, p in points if r >= recall), default=0.0) for recall in np.linspace(0, 1, 101)]
    return float(np.mean(at)), right / positives


def random_video(seed: int, found: int, true: int, n_frames: int = 6, size: int = 420) -> Case:
    """Boxes that drift; crowds, ties, gaps, labels of one side only, several tracks near one object."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[Row]] = {"truth": [], "pred": []}
    places = rng.uniform(0, size, (true, 2)), rng.uniform(20, 300, (true, 2))
    for i in range(true):
        crowd = int(Flags.CROWD) if rng.random() < 0.15 else 0
        _drift(rows["truth"], i, i % 3, places[0][i], places[1][i], crowd, np.nan, n_frames, size, rng)
    for i in range(found):
        near = int(rng.integers(true)) if true else 0
        place, wh = rng.uniform(0, size, 2), rng.uniform(9, 90, 2)
        if true and i % 3:
            place, wh = places[0][near], places[1][near] * rng.normal(1, 0.1, 2)
        label, score = near % 3 + (i % 7 == 0), rng.integers(1, 9) / 10
        _drift(rows["pred"], i, label, place, wh, 0, score, n_frames, size, rng)
    video = Video(f"v{seed}", size, size, n_frames)
    labels = tuple(Label(f"class {i}") for i in range(5))
    return whole(build(video, labels, rows["pred"]), build(video, labels, rows["truth"]), video.uri)


def _drift(rows, object_id, label, place, wh, flags, score, n_frames, size, rng):
    for frame in range(n_frames):
        place = place + rng.normal(0, 2, 2)
        if rng.random() < 0.8:
            w, h = np.maximum(wh, 0).astype(int).tolist()
            runs = encode_crop(np.ones((h, w), bool), tuple(int(v) for v in place), (size, size))
            rows.append(Row(frame, object_id, label, runs, score=float(score), flags=flags))


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_the_official_count(seed):
    numbers = [(12, 5), (0, 2), (6, 0), (9, 9)]
    cases = [random_video(10 * seed + i, found, true) for i, (found, true) in enumerate(numbers)]
    ours = scores(*cases)
    known = [with_iou(one) for one in cases]
    assert twelve(ours) == official(cases)
    for label in range(5):
        slow = np.mean([slow_ap(known, label, t, AREAS[0]) for t in np.linspace(0.5, 0.95, 10)], axis=0)
        np.testing.assert_allclose([ours.per_label[label].ap, ours.per_label[label].ar100], slow)


def test_more_tracks_than_are_looked_at():
    case = random_video(5, 240, 1, 2, 300)
    assert np.bincount(case.pred.label_id[case.pred.frame == 0]).max() > 100
    assert twelve(scores(case)) == official([case])


@settings(max_examples=40, deadline=None)
@given(videos(), videos())
def test_equal_to_the_official_count_on_any_masks(pred, truth):
    assert twelve(scores(whole(pred, truth))) == official([whole(pred, truth)])


def test_parts_of_a_video_are_put_together(monkeypatch):
    case = random_video(3, 12, 6)
    one = twelve(scores(case))
    monkeypatch.setattr(pieces, "RUNS_AT_ONCE", 50)
    assert len(list(pieces.complete_pieces(case))) > 4
    assert twelve(scores(case)) == one


@settings(max_examples=30, deadline=None)
@given(videos())
def test_what_is_right_everywhere_has_one(truth):
    seen = truth.take([row for row in range(len(truth)) if len(truth.row_runs(row)) > 1])
    ours = scores(whole(seen, seen))
    np.testing.assert_allclose([ours.ap, ours.ar100], 1 if len(seen) else np.nan)


@settings(max_examples=30, deadline=None)
@given(videos(), videos(), st.permutations([1, 2, 3]))
def test_ids_do_not_matter(pred, truth, order):
    """Where no two scores are equal."""
    apart = pred.replace(score=pred.object_id / 10)
    moved = apart.replace(object_id=np.array([0, *order])[apart.object_id])
    assert twelve(scores(whole(apart, truth))) == twelve(scores(whole(moved, truth)))


TALL, HALF, EMPTY = block(0, 0, 16, 20), block(0, 0, 8, 20), block(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("pred", "truth", "iou"),
    [
        ({(0, 1): TALL, (1, 1): TALL}, {(0, 1): TALL, (1, 1): TALL}, 1),
        ({(0, 1): TALL}, {(0, 1): TALL, (1, 1): TALL}, 0.5),
        ({(0, 1): TALL, (1, 1): EMPTY}, {(0, 1): TALL, (1, 1): TALL}, 0.5),
        ({(0, 1): TALL, (1, 1): HALF}, {(0, 1): TALL, (1, 1): TALL}, 0.75),
        ({(0, 1): TALL, (1, 1): TALL}, {(0, 1): TALL, (1, 1): EMPTY}, 0.5),
        ({(0, 1): TALL}, {(1, 1): TALL}, 0),
        ({(0, 1): EMPTY}, {(0, 1): EMPTY}, 0),
        ({(0, -1): TALL}, {(0, 1): TALL}, 0),
    ],
)
def test_track_iou_by_hand(pred, truth, iou):
    """The share of the ten thresholds that are reached is the AP of one track."""
    ours = scores(whole(table(pred), table(truth)))
    reached = np.count_nonzero(np.linspace(0.5, 0.95, 10) <= iou) / 10
    assert ours.ap == pytest.approx(reached)


def test_score_and_label_of_a_track():
    """Label of most rows; mean score of the rows that have one; the better score goes first."""
    truth = table({(frame, 1): TALL for frame in range(3)}, label_of={1: 1})
    rows = {(frame, one): TALL if one == 1 else HALF for frame in range(3) for one in (1, 2)}
    score = [0.9, 0.5, np.nan, 0.5, 0.3, 0.5]
    pred = table(rows, label_of={1: 1, 2: 1}, score=np.array(score, np.float32))
    mixed = pred.replace(label_id=np.array([0, 1, 1, 1, 1, 1]))
    assert scores(whole(mixed, truth)).ap == pytest.approx(1)
    behind = pred.replace(score=np.array([0.3, 0.5, np.nan, 0.5, 0.3, 0.5], np.float32))
    assert scores(whole(behind, truth)).ap == pytest.approx((1 + 9 * 0.5) / 10)
    assert scores(whole(table(rows, label_of={1: 0, 2: 1}), truth)).ap == pytest.approx(0.1)


def test_real_results_read_like_the_truth(shared_data: Path, tmp_path: Path):
    """A mask that mmtracking stores as found (it is the true one), as a list of results."""
    folder = shared_data / "ytvis_json"
    found = json.loads((folder / "cocovid_vis_results.json").read_text())
    results = [
        {"video_id": 1, "category_id": 1, "score": box[-1], "segmentations": [mask]}
        for box, mask in zip(found["track_bboxes"][0][0], found["track_masks"][0][0], strict=True)
    ]
    (tmp_path / "results.json").write_text(json.dumps(results))
    (truth,) = YouTubeVis().read(folder / "cocovid_vis_ann.json")
    (pred,) = YouTubeVis(like=folder / "cocovid_vis_ann.json").read(tmp_path / "results.json")
    ours = scores(whole(pred, truth))
    assert twelve(ours) == official([whole(pred, truth)])
    assert iou(pred, truth).tolist() == [[1.0]]
    assert ours.ap == pytest.approx(1)


def test_real_masklets(shared_data: Path):
    """SA-V: what people drew against itself moved further and further, and automatic masklets."""
    truth = SaV().read(shared_data / "sav_json" / "sav_000001_manual.json")[0]
    found = SaV().read(shared_data / "sav_json" / "sav_000001_auto.json")[0]
    size, rows = truth.video.size_wh(0), []
    for row, (frame, object_id) in enumerate(np.stack([truth.frame, truth.object_id], 1).tolist()):
        crop, (x, y) = decode_crop(truth.row_runs(row), size)
        runs = encode_crop(crop, (x + frame // 40, y + 2 * object_id), size)
        rows.append(Row(frame, 100 + object_id, 0, runs, score=0.5))
    for row, (frame, object_id) in enumerate(np.stack([found.frame, found.object_id], 1).tolist()):
        rows.append(Row(frame, object_id, 0, found.row_runs(row), score=object_id % 3 / 2))
    case = whole(build(truth.video, truth.labels, rows), truth)
    ours = scores(case)
    assert twelve(ours) == official([case])
    assert (ours.objects, ours.predictions) == (5, 14)
    assert 0 < ours.ap < 1


def test_only_complete_frames_count():
    truth = table({(0, 1): TALL, (1, 1): TALL})
    pred = table({(0, 1): TALL, (2, 1): TALL})
    part = whole(pred, truth)
    first = Case("v", pred, truth, part.frames, part.frames[:1], NO_PAIRS)
    assert scores(first).ap == pytest.approx(1)
    assert scores(part).ap == 0
    none = scores(Case("v", pred, truth, part.frames, part.frames[:0], NO_PAIRS))
    assert (none.objects, none.predictions, len(none.per_label)) == (0, 0, len(LABELS))
    assert np.isnan(none.ap)
    assert pred.video.size_wh(0) == (W, H)
