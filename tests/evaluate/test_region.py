"""J and F against the definition written out slowly, and against figures known for real results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Label, Masks, Review, Video
from masklet.evaluate.region import contour_accuracy, contour_f, evaluate_jf, region_similarity
from masklet.ops.runs import encode

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
