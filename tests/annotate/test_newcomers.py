"""Newcomers: who joins, under which id, how far back, at what cost; a second run does nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from masklet.annotate.looks import Looking, appearance, good, likeness, returned, unknown
from masklet.annotate.newcomers import track_newcomers
from masklet.annotate.target import ProjectTarget
from masklet.core import DataError, Flags, Label, Masks, Origin, UsageError
from masklet.ops.runs import encode
from masklet.ops.table import Row, build
from masklet.store.project import Project
from masklet.testing import ArraySource, Scene, ThresholdSegmenter
from newcomer_kit import COLOURS, SIDE, SIZE, Sticky, film, square

N = 60
RED = {f: (10 + f, 4) for f in range(N) if not 33 <= f <= 37}
BLUE = {f: (120 - f, 30) for f in range(23, 46)}
GREEN = dict.fromkeys(range(50, 58), (140, 18))
LOOKING = Looking(every=10, gone=6)


class Killed(Exception):
    """What a test stops a run with."""


def media(**places) -> ArraySource:
    return film(N, places or {"red": RED, "blue": BLUE, "green": GREEN})


def go(folder: Path, source: ArraySource, given: Masks | None, looking: Looking = LOOKING, **how):
    """Rows and engine after a run over the project in `folder`."""
    path, engine = folder / "p.masklet", how.pop("engine", None) or Sticky()
    new = not path.exists()
    with Project.create(path, source.video) if new else Project.open(path) as project:
        if given is not None:
            project.masks().append(given)
        target = ProjectTarget(project)
        finder = how.pop("finder", None) or ThresholdSegmenter(threshold=20)
        rows = track_newcomers(source, target, target, engine, finder, looking, **how)
        return rows, engine, project.masks().revision


def seen(rows: Masks, obj: int) -> list[int]:
    mine = rows.of(obj)
    return mine.frame[(mine.flags & Flags.OUTSIDE) == 0].tolist()


def outside(rows: Masks, obj: int) -> dict[int, bool]:
    """frame -> is it truth?, of the rows that say that an object is not there."""
    mine = rows.of(obj)
    at = (mine.flags & Flags.OUTSIDE) != 0
    return dict(zip(mine.frame[at].tolist(), mine.trusted[at].tolist(), strict=True))


def test_newcomers_join_leave_and_come_back(tmp_path: Path) -> None:
    said: list[str] = []
    source = media()
    rows, _, _ = go(tmp_path, source, square(source, 0, (10, 4), 1), say=said.append)
    assert rows.objects.tolist() == [1, 2, 3]
    assert seen(rows, 1) == sorted(RED)  # away on 33..37, the same id from 38 on, found on 40
    assert seen(rows, 2) == sorted(BLUE)  # found on 30, carried back to 23, not to the look on 20
    assert seen(rows, 3) == sorted(GREEN)
    assert outside(rows, 2) == {20: True, 46: False}  # missed by a look; gone for long
    assert outside(rows, 3) == {40: True}  # away on 58 and 59 only
    assert said == [
        "rat 2 is new on frame 30",
        "rat 1 is back on frame 40",
        "rat 3 is new on frame 50",
    ]
    joined = rows.on(30).of(2)
    assert joined.origin.tolist() == [Origin.PROMPTED]
    assert rows.steps[joined.step[0]].verb == "newcomers"


def test_no_frame_is_computed_twice_and_a_second_run_changes_nothing(tmp_path: Path) -> None:
    source = media()
    rows, engine, revision = go(tmp_path, source, square(source, 0, (10, 4), 1))
    assert engine.forward == list(range(1, N))
    assert engine.back == [*range(29, 20, -1), *range(39, 32, -1), *range(49, 40, -1)]
    again, idle, later = go(tmp_path, source, None)
    assert idle.asked == []
    assert later == revision
    assert again == rows


def test_who_is_gone_is_not_carried_on(tmp_path: Path) -> None:
    source = media(red=RED, blue=BLUE)
    _, engine, _ = go(tmp_path, source, square(source, 0, (10, 4), 1), Looking(every=5, gone=6))
    late = {obj for frame, objects in engine.asked if frame > 56 for obj in objects}
    assert late == {1}


@pytest.mark.parametrize("calls", [1, 2, 4, 7])
def test_a_killed_run_goes_on_to_the_same_end(tmp_path: Path, calls: int) -> None:
    source = media()
    given = square(source, 0, (10, 4), 1)
    whole, _, _ = go(_made(tmp_path / "whole"), source, given)

    class Dying(Sticky):
        _left = calls

        def propagate(self, *call):
            if not self._left:
                raise Killed
            self._left -= 1
            return super().propagate(*call)

    _made(tmp_path / "broken")
    with pytest.raises(Killed):
        go(tmp_path / "broken", source, given, engine=Dying())
    rows, _, _ = go(tmp_path / "broken", source, None)
    assert rows == whole


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_without_any_truth_the_first_look_begins(tmp_path: Path) -> None:
    source = media()
    rows, _, _ = go(tmp_path, source, None)
    assert seen(rows, 1) == sorted(RED)
    assert [len(seen(rows, obj)) for obj in (2, 3)] == [len(BLUE), len(GREEN)]
    with pytest.raises(DataError, match="nothing is found on any look, one in 10 frames"):
        go(_made(tmp_path / "dark"), film(N, {}), None)


def test_truth_that_begins_late_is_carried_back_without_looks(tmp_path: Path) -> None:
    source = media(red={f: (10 + f, 4) for f in range(N)}, blue=dict.fromkeys(range(5, 15), (130, 30)))
    rows, _, _ = go(tmp_path, source, square(source, 25, (35, 4), 1))
    assert seen(rows, 1) == list(range(N))
    assert rows.objects.tolist() == [1]


def test_a_person_has_the_last_word(tmp_path: Path) -> None:
    source = media()
    go(tmp_path, source, square(source, 0, (10, 4), 1))
    wrong = square(source, 50, (60, 4), 3)  # object 3 is what was found as 1
    rows, engine, _ = go(tmp_path, source, wrong)
    drawn = rows.on(50).of(3)
    assert drawn.origin.tolist() == [Origin.HUMAN]
    assert min(frame for frame, _ in engine.asked) > 40
    back = square(source, 46, (90, 30), 2)  # where a program had said that 2 is gone
    rows, _, _ = go(tmp_path, source, back)
    assert rows.on(46).of(2).flags.tolist() == [0]
    assert outside(rows, 2)[20]


def test_the_cap_holds(tmp_path: Path) -> None:
    said: list[str] = []
    source = media()
    looking = Looking(every=10, gone=0, objects=2)
    rows, _, _ = go(tmp_path, source, square(source, 0, (10, 4), 1), looking, say=said.append)
    assert rows.objects.tolist() == [1, 2]
    assert "frame 50: more is found than 2 objects; left out" in said


def test_finds_that_are_not_sure_do_not_count(tmp_path: Path) -> None:
    class Unsure(ThresholdSegmenter):
        def segment(self, image, prompts=None):
            found = super().segment(image, prompts)
            return found.replace(score=0.3)

    source = media()
    given = square(source, 0, (10, 4), 1)
    strict = Looking(every=10, gone=6, score=0.4)
    rows, _, _ = go(tmp_path, source, given, strict, finder=Unsure(threshold=20))
    assert rows.objects.tolist() == [1]


def test_nothing_joins_a_frame_that_a_person_called_complete(tmp_path: Path) -> None:
    source = media()
    given = square(source, 0, (10, 4), 1).replace(checked=np.array([30]))
    rows, _, _ = go(tmp_path, source, given, Looking(every=30, gone=0))
    assert rows.objects.tolist() == [1]


def test_wrong_settings_are_said() -> None:
    for how in ({"every": 0}, {"iou": 1.5}, {"objects": 0}, {"gone": -1}, {"score": float("nan")}):
        with pytest.raises(UsageError, match=f"newcomers: {next(iter(how))} is"):
            Looking(**how)


def rows_at(*places: tuple[int, int, int], side: int = SIDE, label: str = "rat") -> Masks:
    """Squares (object, x, y) on frame 0."""
    source, made = film(1, {}), []
    for obj, x, y in places:
        mask = np.zeros((SIZE[1], SIZE[0]), np.bool_)
        mask[y : y + side, x : x + side] = True
        made.append(Row(0, obj, 0, encode(mask), 0.9 - 0.01 * obj))
    return build(source.video, (Label(label),), made)


def test_what_is_known_by_place_and_by_looks() -> None:
    image = film(1, {"red": {0: (50, 10)}, "blue": {0: (90, 10)}})[0]
    finds = rows_at((1, 50, 10), (2, 90, 10))
    red, blue = (appearance(image, finds.row_runs(i)) for i in range(2))

    def new(finds: Masks, here: Masks, *looks) -> list[int]:
        return unknown(finds, here, image, Looking(iou=0.3), lambda _: looks)

    assert new(finds, rows_at((1, 44, 10))) == [1]  # half of it
    assert new(finds, rows_at((1, 42, 10)), blue) == [0, 1]  # a third of it, and another colour
    assert new(finds, rows_at((1, 42, 10)), blue, red) == [1]  # has slid off, looks the same
    assert new(finds, rows_at((1, 37, 10)), red) == [0, 1]  # does not touch it
    assert new(finds, rows_at((1, 50, 10), label="tail")) == [0, 1]  # another label, another thing
    assert new(rows_at((1, 40, 5), side=30), rows_at((1, 50, 10))) == []  # covers it


def test_the_surest_of_two_finds_of_one_thing() -> None:
    finds = rows_at((1, 50, 10), (2, 52, 10), (3, 90, 10))
    assert good(finds, 0.4).object_id.tolist() == [1, 3]
    assert good(finds, 0.88).object_id.tolist() == [1]


def test_who_comes_back_is_known_by_appearance() -> None:
    image = film(1, {colour: {0: (20 + 30 * i, 10)} for i, colour in enumerate(COLOURS)})[0]
    finds = rows_at((1, 20, 10), (2, 50, 10), (3, 80, 10))
    red, blue, _ = (appearance(image, finds.row_runs(i)) for i in range(3))
    away = {7: ("rat", [blue]), 8: ("mouse", [red])}
    assert returned(finds, [0, 1, 2], image, away, 0.9) == {1: 7}
    assert likeness(red, red) == pytest.approx(1)
    assert likeness(red, blue) < 0.6


def test_coats_are_told_apart_and_known_again() -> None:
    scene = Scene("arena", 3, (160, 120), n_frames=40, seed=4, coats=("black", "brown", "grey"))
    truth = scene.truth(tails="none")
    looks = {
        (obj, frame): appearance(scene[frame], truth.on(frame).of(obj).row_runs(0))
        for obj in (1, 2, 3)
        for frame in (0, 20, 39)
    }
    same = [likeness(a, b) for (i, _), a in looks.items() for (j, _), b in looks.items() if i == j]
    other = [likeness(a, b) for (i, _), a in looks.items() for (j, _), b in looks.items() if i != j]
    assert min(same) > 0.9 > max(other)
