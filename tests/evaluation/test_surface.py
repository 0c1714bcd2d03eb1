"""Distances between outlines beside brute force and beside the package surface-distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import evaluation_kit as kit
from evaluation_kit import H, W, block, masks, table
from masklet.core import Masks, Video
from masklet.core.arrays import Bools
from masklet.evaluation import surface
from masklet.evaluation.case import Settings
from masklet.evaluation.spread import Presence
from masklet.ops.runs import decode
from masklet.ops.table import renumbered

EMPTY = block(0, 0, 0, 0)
NAMES = ("hausdorff", "hd95_max", "hd95_pooled", "assd", "nsd")


def slow_surface(mask: Bools) -> list[tuple[int, int]]:
    """Pixels with a 4-neighbour that is background or beyond the frame."""
    h, w = mask.shape

    def inside(y: int, x: int) -> bool:
        return 0 <= y < h and 0 <= x < w and bool(mask[y, x])

    return [
        (y, x)
        for y in range(h)
        for x in range(w)
        if mask[y, x]
        and not all(inside(y + dy, x + dx) for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)))
    ]


def slow(pred: Bools, truth: Bools) -> tuple[float, float, float]:
    """Hausdorff, pooled HD95 and ASSD, every pixel with every pixel."""
    sides = slow_surface(pred), slow_surface(truth)
    ways = [
        np.array([min(np.hypot(y - v, x - u) for v, u in others) for y, x in some])
        for some, others in (sides, sides[::-1])
    ]
    return (
        max(way.max() for way in ways),
        float(np.percentile(np.hstack(ways), 95)),
        float(np.mean([way.mean() for way in ways])),
    )


def package(pred: Bools, truth: Bools, tolerance: float) -> tuple[float, float]:
    """HD95 and NSD of the package surface-distance."""
    import surface_distance

    found = surface_distance.compute_surface_distances(truth, pred, [1, 1])
    return (
        surface_distance.compute_robust_hausdorff(found, 95),
        surface_distance.compute_surface_dice_at_tolerance(found, tolerance),
    )


def part_of(pred: Bools, truth: Bools, tolerance: float = 2.0) -> surface.SurfacePart:
    case = kit.case(table({(0, 1): pred}), table({(0, 1): truth}), frames=())
    return surface.measure(case, Settings(surface_tolerance=tolerance))


@settings(max_examples=60, deadline=None)
@given(masks(), masks())
def test_on_pixels_as_defined(pred, truth):
    assume(pred.any() and truth.any())
    part = part_of(pred, truth)
    found = part.hausdorff[0], part.hd95_pooled[0], part.assd[0]
    assert found == pytest.approx(slow(pred, truth), abs=1e-12)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@settings(max_examples=100, deadline=None)
@given(masks(), masks(), st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0]))
def test_on_elements_as_the_package(pred, truth, tolerance):
    assume(pred.any() and truth.any())
    part = part_of(pred, truth, tolerance)
    hd95, nsd = package(pred, truth, tolerance)
    assert part.hd95_max[0] == hd95
    assert part.nsd[0] == pytest.approx(nsd, abs=1e-15)


@settings(max_examples=40, deadline=None)
@given(masks(), masks())
def test_swapped_sides_give_the_same(pred, truth):
    one, other = part_of(pred, truth), part_of(truth, pred)
    for name in NAMES:
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-12, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(masks())
def test_identity(mask):
    assume(mask.any())
    figures = surface.total([part_of(mask, mask)]).figures
    assert [getattr(figures, name) for name in NAMES] == [0, 0, 0, 0, 1]


@settings(max_examples=30, deadline=None)
@given(kit.videos(), kit.videos(), st.permutations([1, 2, 3]))
def test_ids_do_not_matter(pred, truth, ids):
    assume(len(truth))
    new = dict(zip([1, 2, 3], ids, strict=True))
    cases = (
        kit.case(pred, truth),
        kit.case(*(renumbered(masks, new) for masks in (pred, truth))),
    )
    one, other = (surface.total([surface.measure(case, Settings())]) for case in cases)
    assert one.counts == other.counts
    for name in NAMES:
        mine, theirs = (getattr(scores.figures, name) for scores in (one, other))
        assert mine == pytest.approx(theirs, nan_ok=True)


def test_grows_as_the_prediction_is_eroded():
    """A square shrunk by a pixel a frame: the corners are t * sqrt(2) away, the sides t."""
    rows = {(t, 1): block(3 + t, 3 + t, 21 - t, 21 - t) for t in range(6)}
    case = kit.case(table(rows), table({(t, 1): block(3, 3, 21, 21) for t in range(6)}))
    part = surface.measure(case, Settings())
    assert part.hausdorff == pytest.approx(np.arange(6) * 2**0.5)
    for values in (part.hd95_max, part.hd95_pooled, part.assd):
        assert np.all(np.diff(values) > 0)
    assert np.all(np.diff(part.nsd) <= 0)
    assert (part.nsd[0], part.nsd[-1]) == (1, 0)


@pytest.mark.parametrize(
    ("pred", "truth", "counts", "nsd"),
    [
        (EMPTY, EMPTY, (0, 0, 0, 1), np.nan),
        (None, EMPTY, (0, 0, 0, 1), np.nan),
        (EMPTY, block(0, 0, 4, 4), (0, 1, 0, 0), 0.0),
        (None, block(0, 0, 4, 4), (0, 1, 0, 0), 0.0),
        (block(0, 0, 4, 4), EMPTY, (0, 0, 1, 0), 0.0),
    ],
)
def test_no_distance_to_an_empty_mask(pred, truth, counts, nsd):
    rows = {} if pred is None else {(0, 1): pred}
    case = kit.case(table(rows), table({(0, 1): truth}), frames=())
    part = surface.measure(case, Settings())
    for name in NAMES[:-1]:
        assert np.isnan(getattr(part, name)).all()
    scores = surface.total([part])
    assert scores.counts == Presence(*counts)
    assert scores.figures.nsd == pytest.approx(nsd, nan_ok=True)
    assert np.isnan(scores.figures.hausdorff)


def test_frames_without_a_mask_are_counted_apart():
    """A rat found 5 px off on one frame and missed on another; a tail that is exact."""
    video = Video("v", W, H, 2)
    here, off = block(2, 2, 10, 10), block(7, 2, 15, 10)
    truth = table({(t, o): here for t in (0, 1) for o in (1, 2)}, video, {2: 1})
    pred = table({(0, 1): off, (0, 2): here, (1, 2): here}, video, {2: 1})
    part = surface.measure(kit.case(pred, truth), Settings())
    scores = surface.total([part, part])
    assert scores.counts == Presence(both=6, missed=2)
    assert [(one.label.name, one.objects, one.figures.hausdorff) for one in scores.per_label] == [
        ("rat", 2, 5.0),
        ("tail", 2, 0.0),
    ]
    assert scores.figures.hausdorff == 2.5
    assert scores.per_object[0].figures.nsd == part.nsd[0] / 2
    empty = surface.total([])
    assert empty.counts == Presence()
    assert np.isnan(empty.figures.nsd)


def _foreground(folder, video: Video) -> Masks:
    from PIL import Image

    rows = {}
    for i, path in enumerate(sorted(folder.glob("*.png"))[: video.n_frames]):
        with Image.open(path) as image:
            rows[i, 1] = np.array(image) > 0
    return table(rows, video)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("sequence", ["dog", "bmx-trees"])
def test_real_masks(shared_data, sequence):
    """OSVOS on DAVIS beside the package and beside scipy's distance transform on the whole frame."""
    from scipy import ndimage

    davis, video = shared_data / "davis2016_val", Video(sequence, 854, 480, 12)
    pred = _foreground(davis / "results/osvos" / sequence, video)
    truth = _foreground(davis / "Annotations/480p" / sequence, video)
    part = surface.measure(kit.case(pred, truth, frames=()), Settings())
    for i in range(0, 12, 3):
        pair = [decode(masks.row_runs(i), (854, 480)) for masks in (pred, truth)]
        edges = [mask & ~ndimage.binary_erosion(mask) for mask in pair]
        away = [ndimage.distance_transform_edt(~edge) for edge in edges]
        ways = away[1][edges[0]], away[0][edges[1]]
        assert part.hausdorff[i] == max(way.max() for way in ways)
        assert part.hd95_pooled[i] == np.percentile(np.hstack(ways), 95)
        assert part.assd[i] == pytest.approx(np.mean([way.mean() for way in ways]), abs=1e-12)
        hd95, nsd = package(*pair, 2.0)
        assert part.hd95_max[i] == hd95
        assert part.nsd[i] == pytest.approx(nsd, abs=1e-15)
