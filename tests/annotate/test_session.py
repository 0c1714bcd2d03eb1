"""One person at one video: every operation, every refusal, each one undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from masklet.annotate.objects import LockedError, ObjectInfo, UnknownObjectError
from masklet.annotate.session import Changed, Session
from masklet.core import PALETTE, DataError, Flags, Label, Masks, Origin, Review, UsageError, Video
from masklet.ops.runs import empty
from masklet.store import ConflictError, Project
from session_kit import SIZE, box, clip, machine, made, places

AREA = 16


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "rats.masklet") as opened:
        yield opened


@pytest.fixture
def ada(project: Project) -> Session:
    """Ada, with object 1, a rat without masks, and object 2, a tail."""
    session = Session(project, 1, "Ada")
    session.add_object("rat")
    session.add_object("tail", "line")
    return session


@pytest.fixture
def bo(project: Project, ada: Session) -> Session:
    return Session(project, 1, "Bo")


def row(project: Project, frame: int, number: int = 1) -> Masks:
    return project.masks().load([frame], [number])


def test_objects_without_masks_stay(tmp_path: Path) -> None:
    path = tmp_path / "p.masklet"
    with made(path) as project:
        session = Session(project, 1, "Ada")
        assert session.objects() == []
        first = session.add_object("rat")
        assert first == ObjectInfo(1, "rat", "area", PALETTE[0], False, False, 0)
        second = session.add_object("whisker", "line", "#AABBCC")
        assert second == ObjectInfo(2, "whisker", "line", "#aabbcc", False, False, 0)
        session.change_object(1, locked=True, hidden=True, order=3, colour="#010203")
    with Project.open(path) as project:
        changed = ObjectInfo(1, "rat", "area", "#010203", True, True, 3)
        assert Session(project, 1).objects() == [changed, second]
        assert [label.name for label in project.masks().labels] == ["rat", "tail", "whisker"]
        assert len(project.masks().load()) == 0


def test_objects_of_whom_nobody_said_anything(project: Project) -> None:
    project.masks().append(machine((3, 4), (4, 4), (4, 9)))
    session = Session(project, 1)
    assert [(info.id, info.label) for info in session.objects()] == [(4, "rat"), (9, "rat")]
    assert session.add_object("rat").id == 10


def test_an_id_is_never_given_twice(ada: Session) -> None:
    third = ada.add_object("rat").id
    ada.remove_object(third)
    assert ada.add_object("rat").id == third + 1
    ada.undo()
    assert ada.add_object("rat").id == third + 2


def test_put(project: Project, ada: Session) -> None:
    changed = ada.put(5, 1, box())
    assert changed == Changed(ada.revision, [range(5, 6)], [1])
    drawn = row(project, 5)
    assert drawn.row_runs(0).tolist() == box().tolist()
    assert (drawn.origin[0], drawn.review[0]) == (Origin.HUMAN, Review.TODO)
    assert drawn.flags[0] == Flags.KEYFRAME
    assert np.isnan(drawn.score[0])
    assert drawn.trusted.all()
    step = drawn.steps[drawn.step[0]]
    assert (step.verb, step.person) == ("draw", "Ada")
    assert ada.put(5, 1, box(), expected_revision=0) == Changed(ada.revision, [], [])


def test_an_answer_to_clicks(project: Project, ada: Session) -> None:
    ada.put(5, 1, box(), origin=Origin.PROMPTED, prompts={"points": [[3, 4, 1]]}, score=0.75)
    answered = row(project, 5)
    assert answered.origin[0] == Origin.PROMPTED
    assert answered.score[0] == 0.75
    assert answered.steps[answered.step[0]].arguments == '{"points": [[3, 4, 1]]}'


def test_an_empty_mask_says_outside(project: Project, ada: Session) -> None:
    ada.put(5, 1, empty(SIZE))
    assert row(project, 5).flags[0] == Flags.KEYFRAME | Flags.OUTSIDE
    ada.put(5, 1, box())
    assert row(project, 5).flags[0] == Flags.KEYFRAME


@pytest.mark.parametrize(
    ("columns", "review"),
    [
        ({}, Review.CORRECTED),
        ({"review": Review.REJECTED}, Review.CORRECTED),
        ({"origin": Origin.HUMAN}, Review.TODO),
        ({"origin": Origin.HUMAN, "review": Review.CORRECTED}, Review.CORRECTED),
    ],
)
def test_what_drawing_over_a_row_makes_of_it(
    project: Project, ada: Session, columns: dict[str, object], review: Review
) -> None:
    doubtful = Flags.OCCLUDED | Flags.LOW_SCORE | Flags.PROVISIONAL
    project.masks().append(machine((5, 1), flags=int(doubtful), **columns))
    ada.put(5, 1, box())
    assert row(project, 5).review[0] == review
    assert row(project, 5).flags[0] == Flags.KEYFRAME | Flags.OCCLUDED
    assert row(project, 5).trusted.all()


def test_put_rows(project: Project, ada: Session) -> None:
    ada.put(5, 1, box())
    ada.put(6, 1, box())
    asked = machine((6, 1), origin=Origin.PROMPTED, labels=(Label("anything"),), label_id=0)
    assert ada.put_rows(asked).frames == [range(6, 7)]
    assert row(project, 6).label_of(0).name == "rat"
    assert row(project, 6).flags[0] == Flags.KEYFRAME
    assert ada.put_rows(machine((5, 1), (7, 1))).frames == [range(7, 8)]
    assert row(project, 7).flags[0] == 0
    assert "anything" not in [label.name for label in project.masks().labels]
    with pytest.raises(DataError, match="rows without an object"):
        ada.put_rows(machine((5, -1)))


def test_delete(ada: Session) -> None:
    for frame in (3, 4, 9):
        ada.put(frame, 1, box())
    assert ada.delete([3, 4, 5], [1, 2]) == Changed(ada.revision, [range(3, 5)], [1])
    assert places(ada) == {(9, 1): AREA}
    ada.undo()
    assert len(places(ada)) == 3


def test_outside_and_back(project: Project, ada: Session) -> None:
    ada.put(5, 1, box())
    ada.mark(5, 1, outside=True)
    assert row(project, 5).flags[0] == Flags.KEYFRAME | Flags.OUTSIDE
    assert places(ada) == {(5, 1): 0}
    assert ada.mark(5, 1, outside=True).frames == []
    ada.mark(5, 1, outside=False)
    assert row(project, 5).row_runs(0).tolist() == box().tolist()
    assert ada.mark(5, 1, outside=False).frames == []
    ada.mark(6, 1, outside=True)
    ada.mark(6, 1, outside=False)
    assert places(ada) == {(5, 1): AREA}


def test_occluded_and_keyframe(project: Project, ada: Session) -> None:
    project.masks().append(machine((5, 1)))
    ada.mark(5, 1, occluded=True)
    assert row(project, 5).flags[0] == Flags.OCCLUDED
    assert row(project, 5).review[0] == Review.ACCEPTED
    ada.mark(5, 1, occluded=False, keyframe=True)
    assert row(project, 5).flags[0] == Flags.KEYFRAME
    ada.undo()
    assert row(project, 5).flags[0] == Flags.OCCLUDED
    with pytest.raises(UsageError, match="object 1 has no mask on frame 6"):
        ada.mark(6, 1, occluded=True)


def test_complete(project: Project, ada: Session) -> None:
    assert ada.complete([3, 4, 9]).frames == [range(3, 5), range(9, 10)]
    ada.complete([4], on=False)
    assert project.masks().checked == [3, 9]
    ada.undo()
    ada.undo()
    assert project.masks().checked == []


def test_a_label_goes_to_every_row(project: Project, ada: Session) -> None:
    ada.put(5, 1, box())
    project.masks().append(machine((6, 1)))
    info = ada.change_object(1, label="mouse")
    assert (info.label, info.kind) == ("mouse", "area")
    rows = project.masks().load()
    assert {rows.label_of(i).name for i in range(len(rows))} == {"mouse"}
    ada.put(7, 1, box())
    assert row(project, 7).label_of(0).name == "mouse"
    ada.undo()
    ada.change_object(1, hidden=True)
    ada.undo()
    assert {row(project, frame).label_of(0).name for frame in (5, 6)} == {"rat"}
    assert ada.objects()[0] == ObjectInfo(1, "rat", "area", PALETTE[0], False, True, 0)
    assert ada.redo() is not None
    assert ada.objects()[0].label == "mouse"


def test_looks_are_not_undone_and_do_not_end_redo(ada: Session) -> None:
    ada.put(5, 1, box())
    ada.undo()
    ada.change_object(1, locked=True, colour="#123456")
    assert ada.redo() is not None
    ada.undo()
    ada.undo()
    assert [info.id for info in ada.objects()] == [1]
    assert ada.objects()[0].colour == "#123456"


def test_remove_object(project: Project, ada: Session) -> None:
    ada.change_object(1, colour="#123456")
    ada.put(5, 1, box())
    ada.put(5, 2, box(8))
    before = ada.objects(), places(ada)
    assert ada.remove_object(1).frames == [range(5, 6)]
    assert ([info.id for info in ada.objects()], places(ada)) == ([2], {(5, 2): AREA})
    ada.undo()
    assert (ada.objects(), places(ada)) == before
    ada.redo()
    assert [info.id for info in ada.objects()] == [2]


def drawn(number: int) -> Masks:
    return machine((5, number), x=number * 4, origin=Origin.HUMAN)


def tracked(number: int) -> Masks:
    return machine((5, number), x=number * 4)


def outside(number: int, origin: Origin) -> Masks:
    return Masks(
        clip(),
        (Label("rat"),),
        [5],
        [number],
        0,
        empty(SIZE),
        [0, 1],
        origin=origin,
        flags=Flags.OUTSIDE,
    )


@pytest.mark.parametrize(
    ("keep", "gone", "winner"),
    [
        (tracked(1), tracked(3), 1),
        (drawn(1), drawn(3), 1),
        (drawn(1), tracked(3), 1),
        (tracked(1), drawn(3), 3),
        (outside(1, Origin.HUMAN), drawn(3), 3),
        (outside(1, Origin.HUMAN), tracked(3), 1),
        (outside(1, Origin.PROPAGATED), tracked(3), 3),
        (tracked(1), outside(3, Origin.PROPAGATED), 1),
        (tracked(1), outside(3, Origin.HUMAN), 3),
    ],
)
def test_merge_where_both_have_a_row(
    project: Project, ada: Session, keep: Masks, gone: Masks, winner: int
) -> None:
    third = ada.add_object("mouse").id
    store = project.masks()
    store.append(keep)
    store.append(gone)
    store.append(machine((6, third), (9, 1)))
    before = store.load(), ada.objects()
    expected = (keep if winner == 1 else gone).row_runs(0)
    assert ada.merge(1, third) == Changed(ada.revision, [range(5, 7)], [1, 3])
    assert row(project, 5).row_runs(0).tolist() == expected.tolist()
    assert list(places(ada)) == [(5, 1), (6, 1), (9, 1)]
    rows = store.load()
    assert {rows.label_of(i).name for i in range(3)} == {"rat"}
    assert [info.id for info in ada.objects()] == [1, 2]
    ada.undo()
    assert (store.load(), ada.objects()) == before


def test_split(project: Project, ada: Session) -> None:
    project.masks().append(machine((4, 1), (5, 1), (6, 1)))
    before = project.masks().load()
    number, changed = ada.split(1, 5)
    assert (number, changed.frames, changed.objects) == (3, [range(5, 7)], [1, 3])
    assert list(places(ada)) == [(4, 1), (5, 3), (6, 3)]
    assert ada.objects()[2].label == "rat"
    ada.merge(1, 3)
    assert project.masks().load() == before
    ada.undo()
    ada.undo()
    assert project.masks().load() == before
    for frame in (4, 7):
        with pytest.raises(UsageError, match=r"cannot be split at frame .*its frames: 4-6"):
            ada.split(1, frame)


UNKNOWN: list[Callable[[Session], object]] = [
    lambda s: s.put(5, 7, box()),
    lambda s: s.put_rows(machine((5, 7))),
    lambda s: s.delete([5], [7]),
    lambda s: s.mark(5, 7, outside=True),
    lambda s: s.mark(5, 7, outside=False),
    lambda s: s.mark(5, 7, keyframe=True),
    lambda s: s.merge(1, 7),
    lambda s: s.merge(7, 1),
    lambda s: s.split(7, 5),
    lambda s: s.remove_object(7),
    lambda s: s.change_object(7, hidden=True),
    lambda s: s.change_object(7, label="mouse"),
    lambda s: s.judge("accept", [(5, 7)]),
    lambda s: s.judge("skip", [(5, 7)]),
]


@pytest.mark.parametrize("call", UNKNOWN)
def test_unknown_objects_are_refused(ada: Session, call: Callable[[Session], object]) -> None:
    ada.put(5, 1, box())
    before, revision = places(ada), ada.revision
    with pytest.raises(UnknownObjectError, match="no object 7; the video has: 1, 2"):
        call(ada)
    assert (places(ada), ada.revision) == (before, revision)


LOCKED: list[Callable[[Session], object]] = [
    lambda s: s.put(5, 1, box(9)),
    lambda s: s.put_rows(machine((5, 1))),
    lambda s: s.delete([5], [2, 1]),
    lambda s: s.mark(5, 1, outside=True),
    lambda s: s.mark(5, 1, outside=False),
    lambda s: s.mark(5, 1, occluded=True),
    lambda s: s.merge(1, 3),
    lambda s: s.merge(3, 1),
    lambda s: s.split(1, 6),
    lambda s: s.remove_object(1),
    lambda s: s.change_object(1, label="mouse"),
    lambda s: s.change_object(1, label="mouse", locked=True),
]


@pytest.mark.parametrize("call", LOCKED)
def test_locked_objects_are_refused(ada: Session, call: Callable[[Session], object]) -> None:
    ada.add_object("rat")
    ada.put(5, 1, box())
    ada.put(6, 1, box())
    ada.change_object(1, locked=True)
    before, revision = places(ada), ada.revision
    with pytest.raises(LockedError, match="object 1 is locked; unlock it"):
        call(ada)
    assert (places(ada), ada.revision) == (before, revision)
    assert ada.change_object(1, label="mouse", locked=False).label == "mouse"
    assert ada.change_object(1, label="rat", locked=True).locked


def test_a_locked_object_can_be_judged(project: Project, ada: Session) -> None:
    project.masks().append(machine((5, 1)))
    ada.change_object(1, locked=True)
    ada.judge("accept", [(5, 1)])
    assert row(project, 5).review[0] == Review.ACCEPTED


BEYOND: list[Callable[[Session, int], object]] = [
    lambda s, frame: s.put(frame, 1, box()),
    lambda s, frame: s.delete([2, frame], [1]),
    lambda s, frame: s.mark(frame, 1, outside=True),
    lambda s, frame: s.mark(frame, 1, outside=False),
    lambda s, frame: s.mark(frame, 1, occluded=True),
    lambda s, frame: s.complete([2, frame]),
    lambda s, frame: s.judge("accept", [(frame, 1)]),
]


@pytest.mark.parametrize("call", BEYOND)
@pytest.mark.parametrize("frame", [-1, 30])
def test_frames_outside_are_refused(
    ada: Session, call: Callable[[Session, int], object], frame: int
) -> None:
    revision = ada.revision
    with pytest.raises(UsageError, match=rf"frame {frame} is not in the video; expected 0\.\.29"):
        call(ada, frame)
    assert ada.revision == revision


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda s: s.put(5, 1, empty((24, 17))), "covers 408 pixels; expected 24x16"),
        (lambda s: s.add_object("  "), "empty name"),
        (lambda s: s.add_object("rat", "point"), "kind 'point'; expected 'area' or 'line'"),
        (lambda s: s.add_object("rat", colour="red"), "colour is 'red'; expected #rrggbb"),
        (lambda s: s.change_object(1, colour="#12"), "colour is '#12'"),
        (lambda s: s.merge(1, 1), "merged with itself"),
        (lambda s: s.merge(1, 2), "object 1 is of kind area and object 2 of kind line"),
        (lambda s: s.split(1, 5), r"cannot be split at frame 5.*its frames: none"),
        (lambda s: s.judge("maybe", [(5, 1)]), "verdict is 'maybe'; expected one of: accept, reject"),
        (lambda s: s.judge("accept", [(5, 1)]), "object 1 has no mask on frame 5"),
        (lambda s: s.queue(kinds=["ugly"]), "no reason 'ugly'; expected some of: scene cut, low score"),
    ],
)
def test_refusals(ada: Session, call: Callable[[Session], object], why: str) -> None:
    revision, labels = ada.revision, ada.objects()
    with pytest.raises((DataError, UsageError), match=why):
        call(ada)
    assert (ada.revision, ada.objects()) == (revision, labels)


def test_rows_of_another_video(ada: Session) -> None:
    other = Video("other.mp4", *SIZE, 30, content_hash="cd")
    with pytest.raises(DataError, match="store them under their own video"):
        ada.put_rows(machine((5, 1)).replace(video=other))


def test_two_people_on_one_mask(ada: Session, bo: Session) -> None:
    seen = ada.put(5, 1, box()).revision
    bo.put(5, 1, box(9), expected_revision=seen)
    with pytest.raises(ConflictError, match="object 1 on frame 5 was changed by Bo"):
        ada.put(5, 1, box(3), expected_revision=seen)
    with pytest.raises(ConflictError, match="by Bo"):
        ada.delete([5], [1], expected_revision=seen)
    with pytest.raises(ConflictError, match="by Bo"):
        ada.put_rows(machine((5, 1), origin=Origin.PROMPTED), expected_revision=seen)
    ada.put(6, 1, box(3), expected_revision=seen)
    bo.delete([5], [1])
    with pytest.raises(ConflictError, match="by Bo"):
        ada.put(5, 1, box(3), expected_revision=seen)


def test_each_takes_back_their_own(ada: Session, bo: Session) -> None:
    ada.put(5, 1, box())
    bo.put(6, 1, box())
    changed = ada.undo()
    assert changed is not None
    assert changed.frames == [range(5, 6)]
    assert list(places(ada)) == [(6, 1)]
    bo.put(5, 1, box(8))
    with pytest.raises(ConflictError, match="cannot redo: object 1 on frame 5"):
        ada.redo()


def test_undo_of_a_label_that_somebody_changed_again(ada: Session, bo: Session) -> None:
    ada.change_object(1, label="mouse")
    bo.change_object(1, label="vole")
    with pytest.raises(ConflictError, match="object 1 was added, removed or given another label"):
        ada.undo()
    bo.undo()
    assert ada.undo() is not None
    assert ada.objects()[0].label == "rat"


def test_undo_goes_on_before_what_somebody_drew_over(ada: Session, bo: Session) -> None:
    ada.put(5, 1, box())
    ada.put(6, 1, box())
    bo.put(6, 1, box(8))
    with pytest.raises(ConflictError, match="object 1 on frame 6"):
        ada.undo()
    passed = ada.undo(pass_over=True)
    assert passed is not None
    assert (passed.frames, passed.objects, passed.revision) == ([], [], ada.revision)
    assert "object 1 on frame 6 was changed afterwards" in passed.passed
    assert sorted(places(ada)) == [(5, 1), (6, 1)]
    taken = ada.undo(pass_over=True)
    assert taken is not None
    assert (taken.frames, taken.passed) == ([range(5, 6)], "")
    bo.put(5, 1, box(8))
    again = ada.redo(pass_over=True)
    assert again is not None
    assert "object 1 on frame 5 was changed afterwards" in again.passed
    assert ada.redo(pass_over=True) is None


def test_a_label_that_somebody_changed_again_is_passed_over_whole(ada: Session, bo: Session) -> None:
    ada.change_object(1, label="mouse")
    bo.change_object(1, label="vole")
    before = ada.objects(), ada.revision
    passed = ada.undo(pass_over=True)
    assert passed is not None
    assert "given another label" in passed.passed
    assert (ada.objects(), ada.revision) == before


def test_nothing_to_undo(project: Project) -> None:
    nobody = Session(project, 1, "Nobody")
    assert nobody.undo() is None
    assert nobody.redo() is None


def test_blame(ada: Session, bo: Session) -> None:
    ada.put(5, 1, box())
    bo.put(5, 1, box(8))
    bo.put(6, 1, box(8))
    ada.change_object(1, label="mouse")
    found = [(change.author, change.verb) for change in ada.history(5, 1)]
    assert found == [("Ada", "draw"), ("Bo", "draw"), ("Ada", "relabel")]


def test_opening_reads_no_mask(project: Project, ada: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    project.masks().append(machine((5, 1), flags=int(Flags.SPLIT)))
    before = Session(project, 1).queue()

    def stop(*_: object) -> None:
        raise AssertionError("a mask was read")

    monkeypatch.setattr("masklet.store.rows.decode_runs", stop)
    session = Session(project, 1, "Ada")
    assert len(session.objects()) == 2
    assert session.queue() == before
    assert session.timeline().tracks[0].area.tolist() == [AREA]
    assert session.judge("accept", [(5, 1)]).frames == [range(5, 6)]


def test_several_threads_at_once(project: Project, ada: Session, bo: Session) -> None:
    third = ada.add_object("rat").id

    def draw(task: tuple[Session, int, int]) -> int:
        session, number, frame = task
        session.timeline()
        return session.put(frame, number, box()).revision

    tasks = [(s, n, f) for f in range(15) for s, n in ((ada, 1), (bo, third))]
    with ThreadPoolExecutor(4) as pool:
        revisions = list(pool.map(draw, tasks))
    assert len(set(revisions)) == len(tasks)
    assert len(places(ada)) == len(tasks)
    assert bo.undo() is not None
    assert sum(number == third for _, number in places(ada)) == 14
