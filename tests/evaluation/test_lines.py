"""Centre lines of drawn bands, whose true course is known, and distances beside brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import evaluation_kit as kit
from evaluation_kit import masks, table
from masklet.core import Label, Masks, Video
from masklet.core.arrays import Bools, Floats
from masklet.evaluation import lines
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.crops import Crop
from masklet.evaluation.spread import Presence
from masklet.ops.outlines import widen
from masklet.ops.table import renumbered
from masklet.testing import PRESETS

SIZE = 120
VIDEO = Video("v", SIZE, SIZE, 6)
LABELS = (Label("rat"), Label("tail", "line"))
NAMES = ("to_truth", "to_found", "largest", "length_found", "length_true", "found")


def band(*points: tuple[float, float], radius: float = 2.0) -> Bools:
    """A polyline drawn `2 radius` wide."""
    mask = np.zeros((SIZE, SIZE), bool)
    widen(mask, np.array(points, float), radius)
    return mask


def tails(rows: dict[tuple[int, int], Bools], video: Video = VIDEO) -> Masks:
    """Object 1 is a rat, all others are tails."""
    return table(rows, video, {object_id: int(object_id != 1) for _, object_id in rows}, LABELS)


def case_of(pred: dict, truth: dict, video: Video = VIDEO) -> Case:
    return kit.case(tails(pred, video), tails(truth, video), frames=())


def one(pred: Bools, truth: Bools) -> lines.LinesPart:
    return lines.measure(case_of({(0, 2): pred}, {(0, 2): truth}), Settings())


def line_of(points: Floats) -> lines.Line:
    ways = np.diff(points, axis=0)
    return lines.Line(points, points[:-1], ways, float(np.hypot(*ways.T).sum()))


@pytest.mark.parametrize("degrees", [0, 10, 22.5, 30, 45, 70, 90])
@pytest.mark.parametrize("radius", [1.5, 3.0])
def test_a_straight_band(degrees, radius):
    """Its length is that of the band, between pixel centres, in any direction; it runs in the middle."""
    way = 80 * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    ends = np.array([[20, 20], 20 + way])
    found = lines.centre_lines(Crop(band(*ends, radius=radius), 0, 0))
    assert found.length == pytest.approx(80 + 2 * radius - 1, abs=1.5)
    beside = lines.away(found.points, line_of(ends))
    assert beside.mean() < 0.8
    assert np.hypot(*np.diff(found.points, axis=0).T) == pytest.approx(1, abs=0.1)


def test_a_bow():
    angle = np.linspace(0, 1.2 * np.pi, 60)
    course = 60 + 40 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found = lines.centre_lines(Crop(band(*course), 0, 0))
    assert found.length == pytest.approx(40 * 1.2 * np.pi + 4 - 1, abs=1.5)
    assert lines.away(found.points, line_of(course)).mean() < 0.8


def test_a_cut_band_has_a_stroke_for_each_part():
    """The gap behind a bar is neither bridged nor part of the length; a lone pixel has no length."""
    whole = band((20, 60), (100, 60))
    cut = whole.copy()
    cut[:, 50:60] = False
    parts, full = (lines.centre_lines(Crop(mask, 0, 0)) for mask in (cut, whole))
    assert full.length - parts.length == pytest.approx(11, abs=1.5)
    assert not ((parts.points[:, 0] > 51) & (parts.points[:, 0] < 60)).any()
    cut[5, 5] = True
    dotted = lines.centre_lines(Crop(cut, 0, 0))
    assert dotted.length == pytest.approx(parts.length)
    assert lines.away(np.array([[8.5, 9.5]]), dotted) == pytest.approx([5.0])


coordinate = st.integers(-20, 20)
some_points = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6)


@given(some_points, some_points)
def test_distance_to_a_line(points, course):
    """Beside the nearest of many points on each segment."""
    places, course = np.array(points, float), np.array(course, float)
    dense = np.concatenate([np.linspace(a, b, 2001) for a, b in pairwise(course)])
    slow = np.sqrt(((places[:, None] - dense) ** 2).sum(axis=-1)).min(axis=1)
    found = lines.away(places, line_of(course))
    assert np.all(found <= slow + 1e-9)
    assert found == pytest.approx(slow, abs=0.02)


def test_distance_in_pieces(monkeypatch):
    rng = np.random.default_rng(0)
    places, line = rng.random((40, 2)), line_of(rng.random((9, 2)))
    whole = lines.away(places, line)
    monkeypatch.setattr(lines, "_PIECE", 30)
    assert np.array_equal(lines.away(places, line), whole)


@settings(max_examples=30, deadline=None)
@given(masks((40, 40)))
def test_identity(mask):
    assume(mask.any())
    mask = np.pad(mask, (0, SIZE - 40))
    figures = lines.total([one(mask, mask)]).figures
    apart = figures.to_truth, figures.to_found, figures.distance, figures.largest
    assert apart == pytest.approx((0, 0, 0, 0), abs=1e-12)
    assert figures.length_bias == figures.length_error == 0
    assert figures.found == 1


@settings(max_examples=20, deadline=None)
@given(masks((40, 40)), masks((40, 40)))
def test_swapped_sides(pred, truth):
    """What is measured one way is measured the other way; the largest distance is the same."""
    assume(pred.any() and truth.any())
    pred, truth = (np.pad(mask, (0, SIZE - 40)) for mask in (pred, truth))
    there, back = one(pred, truth), one(truth, pred)
    assert there.to_truth[0] == back.to_found[0]
    assert there.to_found[0] == back.to_truth[0]
    assert there.largest[0] == back.largest[0]
    assert there.length_found[0] == back.length_true[0]


@pytest.mark.parametrize("aside", [1, 2, 3, 7])
def test_a_line_beside(aside):
    part = one(band((20, 40 + aside), (90, 40 + aside)), band((20, 40), (90, 40)))
    for values in (part.to_truth, part.to_found, part.largest):
        assert values == pytest.approx([aside], abs=0.01)
    assert part.length_found == pytest.approx(part.length_true)
    assert part.found[0] == (aside <= 2)


def test_less_is_found_as_a_tail_is_cut_short():
    """Ten pixels less a frame: what was drawn is right, the true line is found less and less."""
    rows = {(t, 2): band((20, 60), (100 - 10 * t, 60)) for t in range(6)}
    case = case_of(rows, {(t, 2): rows[0, 2] for t in range(6)})
    part = lines.measure(case, Settings())
    assert part.found[0] == 1
    assert np.diff(part.found) == pytest.approx([-8 / 83, *[-10 / 83] * 4], abs=0.02)
    assert np.all(np.diff(part.to_found) > 0)
    assert np.all(np.diff(part.largest) > 0)
    assert part.largest == pytest.approx(10 * np.arange(6), abs=1)
    assert part.to_truth == pytest.approx(np.zeros(6), abs=0.3)
    assert part.length_found - part.length_true == pytest.approx(-10 * np.arange(6), abs=1)
    figures = lines.total([part]).figures
    assert figures.length_bias == pytest.approx(-25, abs=1)
    assert figures.length_error == pytest.approx(25, abs=1)


@pytest.mark.parametrize(
    ("pred", "truth", "counts", "found"),
    [
        (False, False, (0, 0, 0, 1), np.nan),
        (False, True, (0, 1, 0, 0), 0.0),
        (None, True, (0, 1, 0, 0), 0.0),
        (True, False, (0, 0, 1, 0), np.nan),
        (True, True, (1, 0, 0, 0), 1.0),
    ],
)
def test_where_one_side_is_empty(pred, truth, counts, found):
    tail, none = band((20, 60), (90, 60)), np.zeros((SIZE, SIZE), bool)
    rows = {} if pred is None else {(0, 2): tail if pred else none}
    part = lines.measure(case_of(rows, {(0, 2): tail if truth else none}), Settings())
    assert part.found == pytest.approx([found], nan_ok=True)
    assert np.isnan(part.length_found[0]) == (not pred)
    assert np.isnan(part.length_true[0]) == (not truth)
    assert np.isnan(part.largest[0]) == (not (pred and truth))
    scores = lines.total([part])
    assert scores.counts == Presence(*counts)
    assert scores.figures.found == pytest.approx(found, nan_ok=True)


def test_a_single_pixel_is_there():
    dot = np.zeros((SIZE, SIZE), bool)
    dot[50, 50] = True
    part = one(dot, np.zeros((SIZE, SIZE), bool))
    assert part.length_found[0] == 0
    assert lines.total([part]).counts == Presence(invented=1)


def test_areas_are_left_out_and_objects_count_once():
    """A rat, a tail 3 px aside on its one frame, and another that is right on two of three."""
    here, aside = band((20, 60), (90, 60)), band((20, 63), (90, 63))
    truth = {(0, 1): here, (0, 2): here, (0, 3): here, (1, 3): here, (2, 3): here}
    pred = {(0, 1): aside, (0, 2): aside, (0, 3): here, (1, 3): here}
    part = lines.measure(case_of(pred, truth), Settings())
    assert part.object_id.tolist() == [2, 3, 3, 3]
    scores = lines.total([part])
    assert [(o.object_id, o.label.name, o.counts) for o in scores.per_object] == [
        (2, "tail", Presence(both=1)),
        (3, "tail", Presence(both=2, missed=1)),
    ]
    assert scores.counts == Presence(both=3, missed=1)
    assert scores.figures.distance == pytest.approx(1.5, abs=0.01)
    assert scores.figures.found == pytest.approx((0 + 2 / 3) / 2)
    assert [(o.label.name, o.objects) for o in scores.per_label] == [("tail", 2)]
    assert lines.total([part, part]).figures == scores.figures
    nothing = lines.total([lines.measure(case_of({(0, 1): here}, {(0, 1): here}), Settings())])
    assert nothing.per_object == nothing.per_label == ()
    assert np.isnan(nothing.figures.distance)


@given(st.permutations([2, 3, 4]))
@settings(max_examples=6, deadline=None)
def test_ids_do_not_matter(ids):
    truth = {(0, k): band((20, 20 * k), (60, 20 * k)) for k in (2, 3, 4)}
    pred = {(0, k): band((20, 21 * k), (60 - 3 * k, 20 * k)) for k in (2, 3, 4)}
    case = case_of(pred, truth)
    new = dict(zip([2, 3, 4], ids, strict=True))
    other = kit.case(*(renumbered(side, new) for side in (case.pred, case.truth)), frames=())
    mine, theirs = (lines.total([lines.measure(c, Settings())]).figures for c in (case, other))
    assert mine.distance == pytest.approx(theirs.distance)
    assert mine.found == pytest.approx(theirs.found)


def test_generated_tails():
    """The centre lines of the masks of a generated arena lie on the polylines that drew them."""
    scene = PRESETS["arena-1"]
    truth, shapes = scene.truth(tails="own", frames=range(4)), scene.polylines(range(4))
    from masklet.ops.runs import decode

    for i in range(len(shapes)):
        rows = truth.on(int(shapes.frame[i])).of(int(shapes.track_id[i]))
        found = lines.centre_lines(Crop(decode(rows.row_runs(0), scene.size_wh), 0, 0))
        beside = lines.away(found.points, line_of(shapes.row_points(i).reshape(-1, 2)))
        assert beside.mean() < 1
        assert beside.max() < 4
