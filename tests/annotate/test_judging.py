"""The queue of doubts, worst first, and what a person says of its entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from masklet.annotate.judging import KINDS
from masklet.annotate.session import Session
from masklet.core import DOUBTS, Flags, Masks, Origin, Review
from masklet.store import Project
from session_kit import box, machine, made


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with made(tmp_path / "rats.masklet") as opened:
        yield opened


@pytest.fixture
def ada(project: Project) -> Session:
    return Session(project, 1, "Ada")


def flagged(frames: list[int], flags: Flags | list[Flags], number: int = 1, **columns: object) -> Masks:
    wide = [int(flag) for flag in flags] if isinstance(flags, list) else int(flags)
    return machine(*((frame, number) for frame in frames), flags=wide, **columns)


def runs(session: Session, **how: object) -> list[tuple[int, int, int]]:
    return [(doubt.object_id, doubt.frame, doubt.last) for doubt in session.queue(**how)]


def test_consecutive_frames_are_one_entry(project: Project, ada: Session) -> None:
    flags = [Flags.SPLIT, Flags.SPLIT, Flags.OVERLAP, Flags.KEYFRAME, Flags.SPLIT]
    scores = [0.9, 0.8, 0.7, 0.1, 0.95]
    project.masks().append(flagged([3, 4, 5, 6, 9], flags, score=scores, identity_score=np.nan))
    first, second = ada.queue()
    assert (first.frame, first.last, first.worst) == (3, 6, 6)
    assert first.reasons == ("split", "low score", "overlap")
    assert first.score == pytest.approx(0.1)
    assert first.weight == pytest.approx(0.9)
    assert (second.frame, second.last, second.reasons) == (9, 9, ("split",))
    assert first.label == "rat"


@pytest.mark.parametrize("flag", [flag for flag in Flags if flag & (DOUBTS | Flags.SCENE_CUT)])
def test_every_doubt_has_a_word(project: Project, ada: Session, flag: Flags) -> None:
    project.masks().append(flagged([3], flag))
    (doubt,) = ada.queue()
    assert doubt.reasons == ((flag.name or "").lower().replace("_", " "),)
    assert doubt.reasons[0] in KINDS
    assert ada.queue(kinds=doubt.reasons) == [doubt]
    assert ada.queue(kinds=[word for word in KINDS if word not in doubt.reasons]) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"origin": Origin.HUMAN},
        {"origin": Origin.PROMPTED},
        {"review": Review.ACCEPTED},
        {"review": Review.CORRECTED},
        {"review": Review.REJECTED},
    ],
)
def test_what_was_judged_does_not_wait(
    project: Project, ada: Session, columns: dict[str, object]
) -> None:
    project.masks().append(flagged([3], Flags.SPLIT, **columns))
    assert ada.queue() == []


def test_rows_without_doubt_do_not_wait(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3], Flags.OCCLUDED | Flags.TRUNCATED | Flags.PROVISIONAL))
    assert ada.queue() == []


def test_complete_frames_do_not_wait(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3, 4, 5], Flags.SPLIT))
    ada.complete([4])
    assert runs(ada) == [(1, 3, 3), (1, 5, 5)]


def test_worst_first(project: Project, ada: Session) -> None:
    project.masks().append(flagged([2], Flags.SPLIT, score=0.95))
    project.masks().append(flagged([5], Flags.SPLIT, score=0.6))
    project.masks().append(flagged([7], Flags.SPLIT, score=0.9, identity_score=0.2))
    project.masks().append(flagged([9], Flags.SPLIT | Flags.DISAGREE, score=0.9))
    project.masks().append(flagged([11], Flags.SPLIT, number=2, score=np.nan, identity_score=np.nan))
    order = [doubt.frame for doubt in ada.queue()]
    assert order == [7, 5, 9, 2, 11]
    weights = [doubt.weight for doubt in ada.queue()]
    assert weights == sorted(weights, reverse=True)
    assert all(0 <= weight <= 1 for weight in weights)
    assert ada.queue()[-1].score is None
    assert runs(ada, limit=2) == [(1, 7, 7), (1, 5, 5)]
    assert len(ada.queue(limit=None)) == 5


def test_accept(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3, 4, 5], Flags.SPLIT | Flags.PROVISIONAL))
    changed = ada.judge("accept", [(3, 1)])
    assert (changed.frames, changed.objects) == ([range(3, 4)], [1])
    assert runs(ada) == [(1, 4, 5)]
    ada.judge("accept", [(4, 1, 5)])
    assert ada.queue() == []
    rows = project.masks().load()
    assert set(rows.review.tolist()) == {Review.ACCEPTED}
    assert set(rows.flags.tolist()) == {int(Flags.SPLIT)}
    assert rows.trusted.all()
    ada.undo()
    assert runs(ada) == [(1, 4, 5)]


def test_reject_waits_for_a_new_mask(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3, 4], Flags.SPLIT))
    ada.judge("reject", [(3, 1, 4)])
    assert ada.queue() == []
    (doubt,) = ada.queue(kinds=["rejected"])
    assert (doubt.frame, doubt.last, doubt.reasons, doubt.weight) == (3, 4, ("rejected",), 1.0)
    assert not project.masks().load().trusted.any()
    ada.put(3, 1, box())
    assert runs(ada, kinds=["rejected"]) == [(1, 4, 4)]
    ada.put_rows(machine((4, 1)))
    assert ada.queue(kinds=["rejected"]) == []


def test_skipped_entries_come_last_until_they_change(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3, 9], Flags.SPLIT, score=[0.5, 0.9]))
    revision = ada.revision
    changed = ada.judge("skip", [(3, 1)])
    assert (changed.revision, changed.frames) == (revision, [])
    assert [(doubt.frame, doubt.skipped) for doubt in ada.queue()] == [(9, False), (3, True)]
    again = Session(project, 1, "Ada")
    assert again.queue() == ada.queue()
    bo = Session(project, 1, "Bo")
    assert [(doubt.frame, doubt.skipped) for doubt in bo.queue()] == [(3, False), (9, False)]
    project.masks().append(flagged([3], Flags.SPLIT, score=0.4))
    assert [(doubt.frame, doubt.skipped) for doubt in ada.queue()] == [(3, False), (9, False)]


def test_a_run_may_have_gaps_when_it_is_judged(project: Project, ada: Session) -> None:
    project.masks().append(flagged([3, 5], Flags.SPLIT))
    assert ada.judge("accept", [(3, 1, 6)]).frames == [range(3, 4), range(5, 6)]
