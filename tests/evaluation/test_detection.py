"""The twelve numbers of COCO against pycocotools, and against cases counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coco_peer import official, twelve
from evaluation_kit import LABELS, VIDEO, W, block, case, table, videos
from masklet.core import Flags, Label, Masks, Shapes, Video
from masklet.evaluation import pieces
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.detection import measure, total
from masklet.evaluation.pairs import Pairs
from masklet.formats.coco import Coco
from masklet.formats.yolo import YoloSeg
from masklet.media import open_media
from masklet.ops.raster import shapes_to_masks
from masklet.ops.runs import decode_crop, encode_crop
from masklet.ops.table import Row, build

NO_PAIRS = Pairs(*(np.empty(0, kind) for kind in (np.int32, np.int32, np.int64, np.int64)))


def images(pred: Masks, truth: Masks, frames: np.ndarray | None = None) -> Case:
    """A case without pairs, complete on `frames` (all)."""
    known = np.arange(truth.video.n_frames, dtype=np.int32) if frames is None else frames
    return Case("v", pred, truth, known, known, NO_PAIRS)


def scores(*cases: Case):
    return total([measure(one, Settings()) for one in cases])


def random_tables(
    seed: int, n_frames: int, most: int, n_labels: int, sizes: bool = False
) -> tuple[Masks, Masks]:
    """Boxes with a bite: crowds, ties, labels of one side only, empty images and empty masks."""
    rng = np.random.default_rng(seed)
    sizes_wh = rng.integers(90, 200, (n_frames, 2)) if sizes else np.tile([200, 160], (n_frames, 1))
    video = Video(
        "v", *sizes_wh[0].tolist(), n_frames, frame_sizes=sizes_wh.astype(np.int32) if sizes else None
    )
    labels = tuple(Label(f"class {i}") for i in range(n_labels + 2))
    true, found = [], []
    for frame, size in enumerate(sizes_wh.tolist()):
        for i in range(rng.integers(0, most + 1)):
            label = int(rng.integers(n_labels))
            place = rng.uniform(0, 150, 2), rng.uniform(1, 110, 2)
            crowd = int(Flags.CROWD) if rng.random() < 0.2 else 0
            true.append(Row(frame, i, label, _bitten(*place, size, rng), flags=crowd))
            for _ in range(rng.integers(0, 4)):
                other = place[0] + rng.normal(0, 3, 2), place[1] * rng.normal(1, 0.1, 2)
                found.append(
                    Row(frame, -1, label, _bitten(*other, size, rng), score=rng.integers(1, 9) / 8)
                )
        for _ in range(rng.integers(0, most)):
            place = rng.uniform(0, 150, 2), rng.uniform(0, 60, 2)
            score = np.nan if rng.random() < 0.1 else rng.integers(1, 9) / 8
            found.append(
                Row(
                    frame,
                    -1,
                    int(rng.integers(1, n_labels + 1)),
                    _bitten(*place, size, rng),
                    score=score,
                )
            )
    return build(video, labels, found), build(video, labels, true)


def _bitten(corner, size, frame_wh, rng):
    w, h = np.maximum(size, 0).astype(int)
    crop = np.ones((h, w), bool)
    crop[: rng.integers(0, 8), : rng.integers(0, 8)] = False
    return encode_crop(crop, (int(corner[0]), int(corner[1])), tuple(frame_wh))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("n_frames", "most", "n_labels", "sizes"), [(12, 5, 3, True), (3, 45, 1, False), (20, 3, 9, False)]
)
def test_equal_to_pycocotools(seed, n_frames, most, n_labels, sizes):
    """Crowds, ties, more than 100 predictions a label, images without anything."""
    pred, truth = random_tables(seed, n_frames, most, n_labels, sizes)
    ours, peer = scores(images(pred, truth)), official(pred, truth, np.arange(n_frames))
    assert twelve(ours) == peer.stats.tolist()
    precision = np.where(peer.eval["precision"] < 0, np.nan, peer.eval["precision"])[..., 0, 2]
    for i, one in enumerate(ours.per_label):
        assert one.label == truth.labels[i]
        np.testing.assert_equal(
            [one.ap, one.ap50], [precision[..., i].mean(), precision[0, :, i].mean()]
        )
    there = ~np.isnan(precision[0, 0])
    np.testing.assert_array_equal(ours.curves, precision[..., there].mean(axis=2))


@settings(max_examples=40, deadline=None)
@given(videos(), videos(), st.integers(0, 3))
def test_equal_to_pycocotools_on_any_masks(pred, truth, last):
    frames = np.arange(last, dtype=np.int32)
    ours = scores(images(pred, truth, frames))
    if last:
        assert twelve(ours) == official(pred, truth, frames).stats.tolist()
    else:
        assert twelve(ours) == [-1.0] * 12


@settings(max_examples=40, deadline=None)
@given(videos())
def test_what_is_right_everywhere_has_one(truth):
    ours = scores(case(truth, truth)) if len(truth) else scores(images(truth, truth))
    seen = np.array([np.nan if value < 0 else value for value in twelve(ours)])
    full = truth.take(np.diff(truth.offset) > 1)
    if len(full) == len(truth) and len(truth):
        np.testing.assert_allclose(seen[[0, 1, 2, 8]], 1)


def test_parts_of_a_video_are_put_together(monkeypatch):
    pred, truth = random_tables(1, 12, 5, 3)
    one = scores(images(pred, truth))
    monkeypatch.setattr(pieces, "RUNS_AT_ONCE", 300)
    assert len(list(pieces.complete_pieces(images(pred, truth)))) > 5
    assert twelve(scores(images(pred, truth))) == twelve(one)
    frames = np.arange(12, dtype=np.int32)
    halves = [images(pred, truth, part) for part in (frames[:5], frames[5:])]
    assert twelve(scores(*halves)) == twelve(one)
    assert twelve(scores(*halves, *halves)) != twelve(scores(halves[0]))


def test_labels_of_several_videos_go_by_name():
    near, far = block(2, 2, 12, 12), block(20, 2, 30, 12)
    first = images(table({(0, 1): near}), table({(0, 1): near}))
    swapped = table({(0, 1): far}, label_of={1: 1}, labels=LABELS[::-1])
    both = scores(first, images(swapped, swapped))
    assert (both.per_label[0].label.name, both.per_label[0].objects) == ("rat", 2)
    assert both.per_label[0].ap == pytest.approx(1)
    assert np.isnan(both.per_label[1].ap)


MASK, HALF, ELSEWHERE = block(0, 0, 16, 20), block(0, 0, 8, 20), block(20, 0, 30, 20)
EMPTY = block(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("pred", "truth", "crowd", "ap", "ar"),
    [
        ({}, {(0, 1): MASK}, (), 0, 0),
        ({(0, 1): MASK}, {}, (), np.nan, np.nan),
        ({}, {}, (), np.nan, np.nan),
        ({(0, 1): MASK}, {(0, 1): MASK}, (), 1, 1),
        ({(0, 1): HALF}, {(0, 1): MASK}, (), 0.1, 0.1),
        ({(0, 1): EMPTY}, {(0, 1): EMPTY}, (), 0, 0),
        ({(0, 1): MASK}, {(0, 1): EMPTY}, (), 0, 0),
        ({(0, 1): MASK, (0, 2): ELSEWHERE}, {(0, 1): MASK}, (), 1, 1),
        ({(0, 1): ELSEWHERE, (0, 2): MASK}, {(0, 1): MASK}, (), 0.5, 1),
        ({(0, 1): MASK}, {(0, 1): MASK}, (1,), np.nan, np.nan),
        ({(0, 1): HALF, (0, 2): ELSEWHERE}, {(0, 1): MASK, (0, 2): ELSEWHERE}, (1,), 1, 1),
        ({(0, 1): HALF, (0, 2): HALF, (0, 3): ELSEWHERE}, {(0, 1): MASK, (0, 2): ELSEWHERE}, (1,), 1, 1),
    ],
)
def test_by_hand(pred, truth, crowd, ap, ar):
    """Scores are absent, so that the earlier row goes first; IoU 0.5 is right at the first threshold."""
    flags = [Flags.CROWD if object_id in crowd else 0 for _, object_id in truth]
    ours = scores(images(table(pred), table(truth, flags=np.array(flags, np.uint16))))
    np.testing.assert_allclose([ours.ap, ours.ar100], [ap, ar])


def test_what_is_beyond_the_complete_frames_is_not_looked_at():
    truth = table({(0, 1): MASK, (3, 1): MASK})
    pred = table({(0, 1): MASK, (1, 1): ELSEWHERE, (2, 2): MASK})
    ours = scores(images(pred, truth, np.array([0], np.int32)))
    assert (ours.objects, ours.predictions) == (1, 1)
    assert ours.ap == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(videos(), videos(), st.permutations([1, 2, 3]))
def test_ids_do_not_matter(pred, truth, order):
    """Where no two scores are equal."""
    apart = pred.replace(score=np.linspace(0.1, 0.9, len(pred), dtype=np.float32))
    ids = np.array([0, *order], np.int32)
    moved = apart.replace(object_id=ids[apart.object_id])
    assert twelve(scores(images(apart, truth))) == twelve(scores(images(moved, truth)))


def test_erosion_lowers_ap():
    truth = table({(frame, 1): block(2, 2, W - 2, 22) for frame in range(VIDEO.n_frames)})
    found = [
        scores(
            case(table({(f, 1): block(2 + cut, 2, W - 2, 22) for f in range(VIDEO.n_frames)}), truth)
        ).ap
        for cut in range(15)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1)
    assert found[-1] < 0.2


def disturbed(truth: Masks, seed: int = 0) -> Masks:
    """Every mask moved a few pixels, some left out, some twice, with scores, sometimes another label."""
    rng = np.random.default_rng(seed)
    rows = []
    for row in np.repeat(np.arange(len(truth)), rng.integers(0, 3, len(truth))).tolist():
        frame = int(truth.frame[row])
        size = truth.video.size_wh(frame)
        crop, (x, y) = decode_crop(truth.row_runs(row), size)
        dx, dy = rng.integers(-3, 4, 2).tolist()
        label = int(truth.label_id[row]) if rng.random() < 0.9 else int(rng.integers(len(truth.labels)))
        runs = encode_crop(crop, (x + dx, y + dy), size)
        rows.append(Row(frame, -1, label, runs, score=rng.integers(1, 100) / 100))
    return build(truth.video, truth.labels, rows)


@pytest.mark.filterwarnings("ignore::masklet.core.LossWarning")
def test_real_images(shared_data: Path):
    """COCO's images, crowds, a LabelMe set and rectangles of mice against disturbed copies."""
    folder = shared_data / "coco128_seg"
    (shapes,) = YoloSeg().read(folder, open_media(folder / "images").video)
    assert isinstance(shapes, Shapes)
    labelled = Coco().read(shared_data / "labelme_instances" / "annotations.json")[0]
    mice = Coco().read(shared_data / "mice_homecage_tide" / "Validate.json")[0]
    panoptic = shared_data / "coco_panoptic" / "panoptic_coco_detection_format.json"
    crowds = Coco(crowd=True).read(panoptic)[0]
    assert np.count_nonzero(crowds.flags & Flags.CROWD) == 3
    for truth in (shapes_to_masks(shapes), labelled, mice, crowds):
        pred = disturbed(truth)
        every = np.arange(truth.video.n_frames)
        assert twelve(scores(images(pred, truth))) == official(pred, truth, every).stats.tolist()
