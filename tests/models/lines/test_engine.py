"""Lines as a Propagator: the contract, alone and beside another engine, and odd calls."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from masklet.core import Flags, Label, LossWarning, Masks, MediaSource, Origin, ShapeKind, UsageError
from masklet.core.protocols import Preparing
from masklet.models.flow import Flow
from masklet.models.lines.company import owners
from masklet.models.lines.curves import away, even
from masklet.models.lines.engine import Lines, WithLines, with_lines
from masklet.ops.raster import masks_to_shapes, skeleton_line
from masklet.ops.runs import encode
from masklet.ops.table import Row, build, concat
from masklet.testing import ArraySource, Scene, check_propagator

SCENE = Scene("arena", 2, (240, 180), n_frames=10, seed=11, noise=1.0)
TRUTH = SCENE.truth(tails="own")


def seeds(frame: int = 0) -> Masks:
    return TRUTH.on(frame).replace(checked=())


def tail_distance(rows: Masks) -> float:
    """Mean distance of the found tails to the true midlines, pixels."""
    lines, gaps = SCENE.polylines(), []
    for row in range(len(rows)):
        frame, obj = int(rows.frame[row]), int(rows.object_id[row])
        true = lines.take((lines.frame == frame) & (lines.track_id == obj)).row_points(0).reshape(-1, 2)
        found = skeleton_line(rows.row_runs(row), SCENE.size_wh)
        gaps.append(float(away(even(found, 1.0), true).mean()))
    return float(np.mean(gaps))


@pytest.mark.parametrize("engine", [Lines(), WithLines(Flow())], ids=["alone", "beside flow"])
def test_it_is_a_propagator(engine: Lines | WithLines) -> None:
    scene = Scene("arena", 1, (200, 150), n_frames=8, seed=11, noise=1.0)
    check_propagator(engine, scene, scene.truth(tails="own", frames=range(4, 5)))


@pytest.mark.parametrize("frames", [range(1, 6), range(8, 3, -1)], ids=["forward", "backward"])
def test_tails_are_followed_beside_the_animals(frames: range) -> None:
    start = frames[0] - frames.step
    answers = list(WithLines(Flow()).propagate(SCENE, seeds(start), frames))
    rows = concat([rows for _, rows in answers])
    assert rows.objects.tolist() == [1, 2, 101, 102]
    tails = rows.take(rows.object_id > 100)
    assert len(tails) == 2 * len(frames)
    assert tail_distance(tails) < 1.5
    assert set(tails.origin.tolist()) == {Origin.PROPAGATED}


def test_alone_it_follows_lines_only() -> None:
    answers = list(Lines().propagate(SCENE, seeds(), range(1, 5)))
    rows = concat([rows for _, rows in answers])
    assert rows.objects.tolist() == [101, 102]
    assert tail_distance(rows) < 1.5


def test_the_other_engine_never_sees_a_line() -> None:
    class Watched(Flow):
        def propagate(self, media, given, frames):  # type: ignore[no-untyped-def]
            assert given.objects.tolist() == [1, 2]
            return super().propagate(media, given, frames)

    assert len(list(WithLines(Watched()).propagate(SCENE, seeds(), range(1, 4)))) == 3


def test_without_lines_the_other_engine_answers_alone() -> None:
    plain = SCENE.truth(frames=range(1))
    both = [list(engine.propagate(SCENE, plain, range(1, 4))) for engine in (Flow(), WithLines(Flow()))]
    assert [rows for _, rows in both[0]] == [rows for _, rows in both[1]]


def test_lines_without_any_animal() -> None:
    only = seeds().take(seeds().object_id > 100)
    answers = list(WithLines(Flow()).propagate(SCENE, only, range(1, 4)))
    assert tail_distance(concat([rows for _, rows in answers])) < 2.0


def test_a_line_belongs_to_the_animal_that_it_grows_from() -> None:
    assert owners(TRUTH) == {101: 1, 102: 2}


def test_a_line_far_from_every_animal_belongs_to_none() -> None:
    w, h = SCENE.size_wh
    lonely, thing = np.zeros((h, w), bool), np.zeros((h, w), bool)
    lonely[5, 5:40] = True
    thing[100:130, 100:140] = True
    labels = (Label("rat"), Label("tail", "line"))
    rows = build(SCENE.video, labels, [Row(0, 1, 0, encode(thing)), Row(0, 9, 1, encode(lonely))])
    assert owners(rows) == {}


def test_areas_alone_are_refused_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="label of kind line"):
        list(Lines().propagate(SCENE, SCENE.truth(frames=range(1)), range(1, 3)))


def test_a_lost_line_is_remembered_from_the_rows_before() -> None:
    made = dict(Lines().propagate(SCENE, seeds(), range(1, 5)))
    early = made[2].of(101)
    context = concat([seeds(), early, *(made[f].of(102) for f in (2, 3, 4))])
    (_, rows), *_ = Lines().propagate(SCENE, context, range(5, 6))
    assert 101 in rows.objects.tolist()


def test_declared_outside_is_not_followed() -> None:
    rows = seeds()
    gone = (rows.object_id == 101) * int(Flags.OUTSIDE)
    answers = list(Lines().propagate(SCENE, rows.replace(flags=rows.flags | gone), range(1, 3)))
    assert concat([found for _, found in answers]).objects.tolist() == [102]


def test_three_frames_are_enough() -> None:
    scene = Scene("arena", 1, (240, 180), n_frames=3, seed=11, noise=1.0)
    middle = scene.truth(tails="own", frames=range(1, 2))
    for frames in (range(0, -1, -1), range(2, 3)):
        ((_, rows),) = Lines().propagate(scene, middle, frames)
        assert rows.objects.tolist() == [101]


def test_a_black_video_has_no_line() -> None:
    frames = np.stack([SCENE[0], *([np.zeros_like(SCENE[0])] * 3)])
    media = ArraySource(frames)
    rows = [
        rows for _, rows in Lines().propagate(media, seeds().replace(video=media.video), range(1, 4))
    ]
    assert [len(one) for one in rows] == [0, 0, 0]


def test_it_leaves_as_polylines() -> None:
    ((_, rows),) = Lines().propagate(SCENE, seeds(), range(1, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        shapes = masks_to_shapes(rows)
    assert shapes.kind.tolist() == [ShapeKind.POLYLINE] * 2 + [ShapeKind.POLYLINE] * 2


def test_two_engines_with_other_settings_have_other_names() -> None:
    assert WithLines(Flow()).about != WithLines(Flow(colour=1.0)).about
    assert WithLines(Flow()).about == WithLines(Flow()).about
    assert (WithLines(Flow()).name, WithLines(Flow()).version) == ("flow", "1+lines.1")


class Slow(Flow):
    """An engine that says how it prepares."""

    def __init__(self) -> None:
        super().__init__()
        self.prepared: list[int] = []

    def prepare(self, media: MediaSource, given: Masks) -> None:
        self.prepared += given.objects.tolist()

    def preview(self) -> Flow:
        return Flow(320)


def test_an_engine_that_prepares_still_does() -> None:
    slow = Slow()
    engine = with_lines(slow)
    assert isinstance(engine, Preparing)
    engine.prepare(SCENE, seeds())
    assert slow.prepared == [1, 2]
    assert isinstance(engine.preview(), WithLines)
    assert not isinstance(with_lines(Flow()), Preparing)


def test_far_from_truth_a_line_is_sought() -> None:
    media = ArraySource(np.stack([SCENE[0]] * 80))
    (_, rows), *_ = Lines().propagate(media, seeds().replace(video=media.video), range(79, 80))
    assert rows.objects.tolist() == [101, 102]
