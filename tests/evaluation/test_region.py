"""J and F against the definition written out slowly, and against figures known for real results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evaluation_kit as kit
from masklet.core import DataError, Label, Masks, Review, Video
from masklet.evaluation import region
from masklet.evaluation.boundary_iou import band_width
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.pairs import Pairs
from masklet.evaluation.region import contour_accuracy, contour_f, evaluate_jf, region_similarity
from masklet.ops.runs import decode, encode
from masklet.ops.table import renumbered

H, W = 24, 32
VIDEO = Video("v", W, H, 6)


def table(rows: dict[tuple[int, int], np.ndarray], video: Video = VIDEO, **columns) -> Masks:
    """Masks from {(frame, object): (h, w) bool}."""
    runs = [encode(mask) for mask in rows.values()]
    return Masks(
        video,
        (Label("thing"),),
        frame=[frame for frame, _ in rows],
        object_id=[object_id for _, object_id in rows],
        label_id=np.zeros(len(rows)),
        runs=np.concatenate([*runs, np.empty(0, np.uint32)]),
        offset=np.cumsum([0, *(len(r) for r in runs)]),
        **columns,
    )


def block(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((H, W), bool)
    mask[y0:y1, x0:x1] = True
    return mask


EMPTY = block(0, 0, 0, 0)


def slow_edge(mask: np.ndarray) -> set[tuple[int, int]]:
    """The boundary map, pixel by pixel, from its definition."""
    h, w = mask.shape
    edge = set()
    for y in range(h):
        for x in range(w):
            others = []
            if x + 1 < w:
                others.append((y, x + 1))
            if y + 1 < h:
                others.append((y + 1, x))
            if x + 1 < w and y + 1 < h:
                others.append((y + 1, x + 1))
            if any(mask[y, x] != mask[other] for other in others):
                edge.add((y, x))
    return edge


def slow_f(pred: np.ndarray, truth: np.ndarray, reach: int) -> float:
    p, t = slow_edge(pred), slow_edge(truth)
    if not p or not t:
        return float(len(p) == len(t))

    def share(some, others):
        near = [any((y - v) ** 2 + (x - u) ** 2 <= reach**2 for v, u in others) for y, x in some]
        return sum(near) / len(near)

    precision, recall = share(p, t), share(t, p)
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


@st.composite
def blobs(draw) -> np.ndarray:
    """Unions of boxes; they touch the border and may be empty."""
    mask = EMPTY.copy()
    for _ in range(draw(st.integers(0, 3))):
        x0, y0 = draw(st.integers(0, W - 1)), draw(st.integers(0, H - 1))
        mask[y0 : y0 + draw(st.integers(1, H)), x0 : x0 + draw(st.integers(1, W))] ^= True
    return mask


@settings(max_examples=60, deadline=None)
@given(blobs(), blobs(), st.integers(1, 7))
def test_as_defined(pred, truth, reach):
    p, t = table({(0, 1): pred}), table({(0, 1): truth})
    union = (pred | truth).sum()
    expected = (pred & truth).sum() / union if union else 1.0
    assert region_similarity(p, t)[2] == pytest.approx([expected])
    f = slow_f(pred, truth, reach)
    assert contour_f(pred, truth, reach) == pytest.approx(f)
    assert contour_accuracy(p, t, tolerance=reach)[2] == pytest.approx([f])


def test_tolerance_is_a_share_of_the_diagonal():
    # diagonal 40: 0.008 of it is 0.32, rounded up to 1 pixel
    truth = table({(0, 1): block(5, 5, 15, 15)})
    one_off = table({(0, 1): block(6, 5, 16, 15)})
    four_off = table({(0, 1): block(9, 5, 19, 15)})
    assert contour_accuracy(one_off, truth)[2] == pytest.approx([1.0])
    assert contour_accuracy(four_off, truth)[2][0] < 0.9
    assert contour_accuracy(four_off, truth, tolerance=0.1)[2] == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("pred", "truth", "checked", "expected"),
    [
        ({(0, 1): block(2, 2, 8, 8)}, {(0, 1): block(2, 2, 8, 8)}, [], {(0, 1): 1.0}),
        ({}, {(0, 1): block(2, 2, 8, 8)}, [], {(0, 1): 0.0}),
        ({(1, 1): EMPTY}, {(1, 1): EMPTY}, [], {(1, 1): 1.0}),
        ({(1, 1): block(0, 0, 4, 4)}, {(1, 1): EMPTY}, [], {(1, 1): 0.0}),
        # a checked frame without a row says "absent", an unchecked one says nothing
        ({(3, 1): EMPTY}, {(0, 1): block(0, 0, 4, 4)}, [3], {(0, 1): 0.0, (3, 1): 1.0}),
        ({(3, 1): block(0, 0, 4, 4)}, {(0, 1): EMPTY}, [3], {(0, 1): 1.0, (3, 1): 0.0}),
        ({(3, 1): block(0, 0, 4, 4)}, {(0, 1): EMPTY}, [], {(0, 1): 1.0}),
        # an object that the truth does not know is not compared
        ({(0, 1): block(0, 0, 4, 4), (0, 9): EMPTY}, {(0, 1): block(0, 0, 4, 4)}, [0], {(0, 1): 1.0}),
    ],
)
def test_what_is_compared(pred, truth, checked, expected):
    result = evaluate_jf(table(pred), table(truth, checked=checked))
    found = dict(
        zip(zip(result.frame.tolist(), result.object_id.tolist(), strict=True), result.j, strict=True)
    )
    assert found == pytest.approx(expected)
    assert result.f == pytest.approx(list(expected.values()))


def test_means_are_over_objects_of_means_over_frames():
    good, bad = block(2, 2, 10, 10), block(20, 12, 30, 20)
    truth = table({(0, 1): good, (1, 1): good, (2, 1): good, (0, 2): good})
    pred = table({(0, 1): good, (1, 1): good, (2, 1): good, (0, 2): bad})
    result = evaluate_jf(pred, truth)
    assert [(s.object_id, s.frames, s.mean_j) for s in result.per_object] == [(1, 3, 1.0), (2, 1, 0.0)]
    assert (result.mean_j, result.mean_f, result.mean_jf) == (0.5, 0.5, 0.5)
    assert evaluate_jf(pred, truth, skip_frames=[0]).mean_j == 1.0


def test_rejected_rows_count_as_absent():
    good = {(0, 1): block(2, 2, 10, 10)}
    rejected = table(good, review=Review.REJECTED)
    assert evaluate_jf(rejected, table(good)).mean_j == 0.0
    with pytest.raises(DataError, match="nothing to compare"):
        evaluate_jf(table(good), rejected)


@pytest.mark.parametrize(
    ("pred", "truth", "skip", "message"),
    [
        (table({}), table({}), (), "nothing to compare"),
        (table({}), table({(0, 1): EMPTY}), (0,), "nothing to compare"),
        (table({}, Video("w", W, H + 1, 6)), table({(0, 1): EMPTY}), (), "frame 0 is 32x25"),
        (table({(0, -1): EMPTY}), table({(0, 1): EMPTY}), (), "no predicted mask has an object id"),
        (table({(0, 1): EMPTY}), table({(0, -1): EMPTY}), (), "truth has masks without an object id"),
    ],
)
def test_refusals(pred, truth, skip, message):
    with pytest.raises(DataError, match=message):
        evaluate_jf(pred, truth, skip)


def test_image_sets_of_mixed_sizes():
    sizes = [(W, H), (W + 2, H)]
    mixed = Video("m", W, H, 2, frame_sizes=np.array(sizes))
    wide = np.ones((H, W + 2), bool)
    truth = table({(0, 1): block(2, 2, 8, 8), (1, 1): wide}, mixed)
    assert evaluate_jf(truth, truth).mean_jf == 1
    with pytest.raises(DataError, match="frame 1 is 32x24 in the prediction and 34x24"):
        evaluate_jf(table({(1, 1): EMPTY}), truth)


def foreground(folder: Path, video: Video) -> Masks:
    """Any label above 0 as one object."""
    from PIL import Image

    rows = {}
    for i, path in enumerate(sorted(folder.glob("*.png"))):
        with Image.open(path) as image:
            rows[i, 1] = np.array(image) > 0
    return table(rows, video)


@pytest.mark.parametrize(("sequence", "mean_j"), [("dog", 0.719), ("cows", 0.952)])
def test_real_results(shared_data, sequence, mean_j):
    """OSVOS on DAVIS: the mean J that the data's manifest states for all frames."""
    davis = shared_data / "davis2016_val"
    video = Video(sequence, 854, 480, len(list((davis / "Annotations/480p" / sequence).glob("*.png"))))
    truth = foreground(davis / "Annotations/480p" / sequence, video)
    pred = foreground(davis / "results/osvos" / sequence, video)
    result = evaluate_jf(pred, truth)
    assert result.mean_j == pytest.approx(mean_j, abs=5e-4)
    assert 0.5 < result.mean_f < 1


def slow_band(mask: np.ndarray, width: int) -> np.ndarray:
    """What `width` erosions by 3x3 take away, the frame set in zeros."""
    left = np.pad(mask, 1)
    for _ in range(width):
        inner = np.ones_like(mask)
        for dy in range(3):
            for dx in range(3):
                inner &= left[dy : dy + mask.shape[0], dx : dx + mask.shape[1]]
        left = np.pad(inner, 1)
    return mask & ~left[1:-1, 1:-1]


def slow_overlaps(pred: np.ndarray, truth: np.ndarray, width: int) -> tuple[float, float, float]:
    """J, Dice and Boundary IoU on whole frames."""
    shared, added = int((pred & truth).sum()), int(pred.sum() + truth.sum())
    bands = slow_band(pred, width), slow_band(truth, width)
    union = int((bands[0] | bands[1]).sum())
    return (
        shared / (added - shared) if added else 1.0,
        2 * shared / added if added else 1.0,
        int((bands[0] & bands[1]).sum()) / union if union else 1.0,
    )


def whole(masks: Masks, frame: int, object_id: int) -> np.ndarray:
    rows = np.flatnonzero((masks.frame == frame) & (masks.object_id == object_id))
    return decode(masks.row_runs(int(rows[0])), (W, H)) if len(rows) else np.zeros((H, W), bool)


# tolerances 1..3 px, bands 1..8 px on a diagonal of 40
tightness = st.builds(
    Settings,
    contour_tolerance=st.sampled_from([0.008, 0.05, 3.0]),
    boundary_width=st.sampled_from([0.02, 0.1, 0.2]),
)


@settings(max_examples=60, deadline=None)
@given(kit.videos(), kit.videos(), tightness)
def test_measures_as_defined(pred, truth, chosen):
    case = kit.case(pred, truth) if len(truth) else kit.case(pred, table({(0, 1): EMPTY}))
    part = region.measure(case, chosen)
    width = max(1, round(chosen.boundary_width * 40))
    reach = max(1, int(np.ceil(chosen.contour_tolerance * 40)))
    reach = 3 if chosen.contour_tolerance == 3 else reach
    assert band_width(chosen.boundary_width, (W, H)) == width
    assert len(part.j) == len(case.pairs)
    for i, (frame, object_id) in enumerate(zip(part.frame, part.object_id, strict=True)):
        mine, theirs = whole(case.pred, frame, object_id), whole(case.truth, frame, object_id)
        assert (part.j[i], part.dice[i], part.biou[i]) == slow_overlaps(mine, theirs, width)
        assert part.f[i] == slow_f(mine, theirs, reach)


@settings(max_examples=60, deadline=None)
@given(kit.masks(), kit.masks())
def test_swapped_sides_give_the_same(pred, truth):
    one, other = (
        region.measure(kit.case(table({(0, 1): a}), table({(0, 1): b}), frames=()), Settings())
        for a, b in ((pred, truth), (truth, pred))
    )
    for name in ("j", "dice", "f", "biou"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(kit.videos())
def test_identity_gives_one(truth):
    if not len(truth):
        return
    scores = region.total([region.measure(kit.case(truth, truth), Settings())])
    for name in ("j", "dice", "f", "biou"):
        spread = getattr(scores.figures, name)
        assert (spread.mean, spread.recall, spread.decay) == (1.0, 1.0, 0.0)


@settings(max_examples=30, deadline=None)
@given(kit.videos(), kit.videos(), st.permutations([1, 2, 3]))
def test_ids_do_not_matter(pred, truth, ids):
    if not len(truth):
        return
    new = dict(zip([1, 2, 3], ids, strict=True))
    sides = [renumbered(masks, new) for masks in (pred, truth)]
    one = region.total([region.measure(kit.case(pred, truth), Settings())])
    other = region.total([region.measure(kit.case(*sides), Settings())])
    for name in ("j", "dice", "f", "biou"):
        mine, theirs = getattr(one.figures, name), getattr(other.figures, name)
        assert mine.mean == pytest.approx(theirs.mean)
        assert (mine.recall, mine.decay) == pytest.approx((theirs.recall, theirs.decay))


def test_falls_as_the_prediction_is_eroded():
    """A square shrunk step by step inside the true one: J, Dice and Boundary IoU fall, F too."""
    truth = block(3, 3, 21, 21)
    rows = {(t, 1): block(3 + t, 3 + t, 21 - t, 21 - t) for t in range(6)}
    case = kit.case(table(rows), table({(t, 1): truth for t in range(6)}))
    part = region.measure(case, Settings())
    assert np.all(np.diff(part.j) < 0)
    assert np.all(np.diff(part.dice) < 0)
    for values in (part.biou, part.f):
        assert np.all(np.diff(values) <= 0)
        assert (values[0], values[-1]) == (1, 0)


def test_figures_per_label_video_and_object():
    """A rat right on 2 of 4 frames, a tail right on all, and in a second video a rat that is wrong."""
    good, bad = block(2, 2, 10, 10), block(20, 12, 30, 20)
    video = Video("v", W, H, 4)
    truth = kit.table({(t, o): good for t in range(4) for o in (1, 2)}, video, {2: 1})
    pred = kit.table(
        {(t, o): good if o == 2 or t < 2 else bad for t in range(4) for o in (1, 2)}, video, {2: 1}
    )
    lone = {(0, 7): good}
    other = kit.case(kit.table({(0, 7): bad}), kit.table(lone), "w", frames=[0])
    parts = [region.measure(one, Settings()) for one in (kit.case(pred, truth), other)]
    scores = region.total(parts)
    assert [(o.video, o.object_id, o.label.name, o.frames) for o in scores.per_object] == [
        ("v", 1, "rat", 4),
        ("v", 2, "tail", 4),
        ("w", 7, "rat", 1),
    ]
    # quarters of four frames: 1..2 (1.75 is rounded) and 3..4
    first = scores.per_object[0].figures.j
    assert (first.mean, first.recall, first.decay) == (0.5, 0.5, 1.0)
    assert [(one.video, one.objects, one.figures.j.mean) for one in scores.per_video] == [
        ("v", 2, 0.75),
        ("w", 1, 0.0),
    ]
    assert [(one.label.name, one.objects, one.figures.j.mean) for one in scores.per_label] == [
        ("rat", 2, 0.25),
        ("tail", 1, 1.0),
    ]
    assert scores.figures.j.mean == 0.5
    assert scores.figures.jf == 0.5
    assert scores.figures.j.decay == pytest.approx(1 / 3)
    twice = region.total([parts[0], parts[0], parts[1]])
    assert twice.figures.j.mean == pytest.approx((0.75 * 4) / 5)
    nothing = kit.case(table({}), table({(0, 1): EMPTY}), frames=()).truth.take(slice(0, 0))
    pairs = Pairs(*np.empty((2, 0), np.int32), *np.empty((2, 0), np.int64))
    none = Case("none", nothing, nothing, np.empty(0, np.int32), np.empty(0, np.int32), pairs)
    part = region.measure(none, Settings())
    assert (len(part.j), part.objects) == (0, ())
    assert np.isnan(region.total([part]).figures.jf)
    empty = region.total([])
    assert np.isnan(empty.figures.jf)
    assert empty.per_object == ()


@pytest.mark.parametrize(
    ("pred", "truth", "expected"),
    [
        (EMPTY, EMPTY, 1.0),
        (None, EMPTY, 1.0),
        (EMPTY, block(0, 0, 4, 4), 0.0),
        (None, block(0, 0, 4, 4), 0.0),
        (block(0, 0, 4, 4), EMPTY, 0.0),
        (block(0, 0, 4, 4), block(20, 20, 24, 24), 0.0),
        (block(0, 0, W, H), block(0, 0, W, H), 1.0),
    ],
)
def test_empty_and_full_masks(pred, truth, expected):
    case = kit.case(table({} if pred is None else {(0, 1): pred}), table({(0, 1): truth}), frames=())
    part = region.measure(case, Settings())
    assert [float(v[0]) for v in (part.j, part.dice, part.f, part.biou)] == [expected] * 4


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 10, 51, 69, 104, 400])
def test_quarters_of_davis(n):
    """The ends as the paper's code writes them, without its eight bits."""
    from masklet.evaluation.spread import spread

    values = np.random.default_rng(n).random(n)
    ends = (np.round(np.linspace(1, n, 5) + 1e-10) - 1).astype(int)
    bins = [values[ends[i] : ends[i + 1] + 1] for i in range(4)]
    found = spread(values)
    assert found.decay == pytest.approx(bins[0].mean() - bins[3].mean(), abs=1e-15)
    assert (found.mean, found.recall) == (values.mean(), (values > 0.5).mean())


def test_an_object_without_a_true_row_takes_the_predicted_label():
    from masklet.evaluation.spread import object_labels

    case = kit.case(
        kit.table({(0, 1): block(0, 0, 4, 4)}, label_of={1: 1}),
        kit.table({(0, 1): block(0, 0, 4, 4)}, label_of={1: 1}),
    )
    assert object_labels(case).tolist() == [1] * len(case.pairs)


@pytest.mark.parametrize("sequence", ["dog", "bmx-trees"])
def test_real_masks_on_whole_frames(shared_data, sequence):
    """Some frames of OSVOS on DAVIS, all four written out on the whole frame with OpenCV's filters."""
    import cv2

    from masklet.ops.boundary import boundary

    davis = shared_data / "davis2016_val"
    video = Video(sequence, 854, 480, len(list((davis / "Annotations/480p" / sequence).glob("*.png"))))
    pred = foreground(davis / "results/osvos" / sequence, video)
    truth = foreground(davis / "Annotations/480p" / sequence, video)
    part = region.measure(kit.case(pred, truth, frames=()), Settings())
    y, x = np.ogrid[-8:9, -8:9]
    disc = (x * x + y * y <= 64).astype(np.uint8)  # 0.008 * 979.7 px, rounded up
    for i in range(0, len(part.frame), 7):
        mine, theirs = (decode(masks.row_runs(i), (854, 480)) for masks in (pred, truth))
        bands, edges = [], []
        for mask in (mine, theirs):
            framed = np.pad(mask, 1).view(np.uint8)
            left = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=20)  # 0.02 * 979.7 px
            bands.append(mask & ~left[1:-1, 1:-1].view(bool))
            edges.append(boundary(mask))
        near = [cv2.dilate(edge.view(np.uint8), disc).view(bool) for edge in edges]
        precision = (edges[0] & near[1]).sum() / edges[0].sum()
        recall = (edges[1] & near[0]).sum() / edges[1].sum()
        assert part.j[i] == (mine & theirs).sum() / (mine | theirs).sum()
        assert part.biou[i] == (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
        assert part.f[i] == 2 * precision * recall / (precision + recall)
