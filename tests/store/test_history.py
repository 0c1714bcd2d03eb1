from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import Flags, Masks, Origin, Review
from masklet.store import ConflictError, Project
from store.samples import LABELS, STEPS, human, table, video


def test_blame(project: Project) -> None:
    store = project.masks()
    drawn = table([(5, 0)], label_id=1, step=0, score=0.25, flags=Flags.SPLIT)
    store.append(drawn, batch="night run")
    corrected = human(5, seed=3, review=Review.CORRECTED, step=1)
    store.append(corrected, "Ada")
    store.append(table([(6, 0)]))
    store.delete([5], author="Bo")
    first, second, third = store.history(5)
    assert [c.action for c in (first, second, third)] == ["add", "replace", "remove"]
    assert [c.author for c in (first, second, third)] == ["", "Ada", "Bo"]
    assert [c.verb for c in (first, second, third)] == ["append", "append", "delete"]
    assert first.batch == "night run"
    assert first.revision < second.revision < third.revision
    assert first.time <= second.time <= third.time
    assert first.before is None
    assert first.after == second.before
    assert second.after == third.before
    assert third.after is None
    assert first.after is not None
    assert (first.after.label, first.after.step) == (LABELS[1], STEPS[0])
    assert (first.after.score, first.after.flags) == (0.25, Flags.SPLIT)
    assert second.after is not None
    assert (second.after.origin, second.after.review) == (Origin.HUMAN, Review.CORRECTED)
    assert (second.after.score, second.after.step) == (None, STEPS[1])
    np.testing.assert_array_equal(second.after.runs, corrected.row_runs(0))


def test_history_of_some(project: Project) -> None:
    store = project.masks()
    first = store.append(table([(1, 0), (1, 1), (2, 0)]))
    store.append(table([(1, 0)], seed=2))
    assert [(c.frame, c.object_id) for c in store.history(object_id=1)] == [(1, 1)]
    assert [c.action for c in store.history(1, 0)] == ["add", "replace"]
    (only,) = store.history(since=first)
    assert (only.action, only.frame) == ("replace", 1)
    assert only.before is not None
    assert store.history(since=store.revision) == []


def test_undo_and_redo_over_restarts(path: Path) -> None:
    states: list[Masks] = []
    with Project.create(path, video(), LABELS) as project:
        store = project.masks()
        states.append(store.load())
        store.append(table([(1, 0), (2, 0)], steps=STEPS))
        states.append(store.load())
        store.append(human(1, seed=1))
        states.append(store.load())
        store.delete([2])
        states.append(store.load())
        store.check([1])
        states.append(store.load())
        store.replace([1, 2], [0], table([(2, 0), (2, -1)], seed=4), keep_trusted=False)
        states.append(store.load())
    for state in reversed(states[:-1]):
        with Project.open(path) as project:
            assert project.masks().undo() is not None
            assert same_rows(project.masks().load(), state)
    with Project.open(path) as project:
        assert project.masks().undo() is None
    for state in states[1:]:
        with Project.open(path) as project:
            assert project.masks().redo() is not None
            assert same_rows(project.masks().load(), state)
    with Project.open(path) as project:
        assert project.masks().redo() is None
        assert project.faults() == []


def same_rows(a: Masks, b: Masks) -> bool:
    """Equal but for the list of steps, which never shrinks."""
    return a == b.replace(steps=a.steps)


def test_a_new_edit_ends_redo(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    store.undo("Ada")
    store.append(human(2), "Bo")
    assert store.redo() is None
    assert store.redo("Ada") is not None
    store.undo("Ada")
    store.append(human(3), "Ada")
    assert store.redo("Ada") is None
    assert store.load().frame.tolist() == [2, 3]


def test_each_author_undoes_their_own(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    store.append(human(2), "Bo")
    store.append(table([(3, 0)]))
    assert store.undo("Ada") is not None
    assert store.load().frame.tolist() == [2, 3]
    assert store.undo("Ada") is None
    assert store.undo() is not None
    assert store.load().frame.tolist() == [2]


def test_the_work_of_others_is_not_undone(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    store.append(human(1, seed=5), "Bo")
    before, revision = store.load(), store.revision
    with pytest.raises(ConflictError, match="cannot undo: object 0 on frame 1 was changed afterwards"):
        store.undo("Ada")
    assert store.load() == before
    assert store.revision == revision
    store.undo("Bo")
    store.undo("Ada")
    assert len(store.load()) == 0


def test_what_others_built_on_is_passed_over(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    store.append(human(2), "Ada")
    store.append(human(2, seed=5), "Bo")
    before, revision = store.load(), store.revision
    passed = store.undo_or_pass("Ada")
    assert passed is not None
    assert "object 0 on frame 2 was changed afterwards" in passed.passed
    assert (store.load(), store.revision, passed.revision) == (before, revision, revision)
    taken = store.undo_or_pass("Ada")
    assert taken is not None
    assert (taken.passed, store.load().frame.tolist()) == ("", [2])
    assert store.undo_or_pass("Ada") is None
    assert store.redo_or_pass("Ada") is not None
    assert store.load() == before
    assert store.history(since=revision)[-1].verb == "redo"


def test_undo_of_everybody_takes_back_also_what_its_author_passed_over(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    store.append(human(1, seed=5), "Bo")
    passed = store.undo_or_pass("Ada")
    assert passed is not None
    assert passed.passed
    assert store.undo() is not None
    assert store.undo() is not None
    assert len(store.load()) == 0
    assert store.undo() is None
    assert store.redo() is not None


def test_what_cannot_be_done_again_is_passed_over(project: Project) -> None:
    store = project.masks()
    for frame in (1, 2):
        store.append(human(frame), "Ada")
    store.undo("Ada")
    store.undo("Ada")
    store.append(human(1, seed=5), "Bo")
    passed = store.redo_or_pass("Ada")
    assert passed is not None
    assert "object 0 on frame 1 was changed afterwards" in passed.passed
    assert store.redo_or_pass("Ada") is not None
    assert store.load().frame.tolist() == [1, 2]
    assert store.redo_or_pass("Ada") is None


def test_a_batch_is_one_unit(project: Project) -> None:
    store = project.masks()
    store.append(human(1), "Ada")
    before = store.load()
    for frame in (2, 3, 2):
        store.append(table([(frame, 0)], seed=frame), batch="run 7")
    store.delete([3], batch="run 7")
    after = store.load()
    assert store.undo() is not None
    assert same_rows(store.load(), before)
    assert store.redo() is not None
    assert store.load() == after
    store.undo()
    store.undo()
    assert len(store.load()) == 0


def test_untracked_rows_are_undone_one_by_one(project: Project) -> None:
    store = project.masks()
    for seed in range(3):
        store.append(table([(1, -1)], seed=seed))
    store.undo()
    assert len(store.load()) == 2
    store.delete([1])
    store.undo()
    assert store.load().take([1]) == table([(1, -1)], seed=1)


EDIT = st.one_of(
    st.tuples(
        st.sampled_from(["append", "replace"]), st.integers(0, 3), st.integers(-1, 1), st.integers(0, 2)
    ),
    st.tuples(st.just("delete"), st.integers(0, 3), st.just(0), st.just(0)),
    st.tuples(st.just("check"), st.integers(0, 3), st.just(0), st.just(0)),
    st.tuples(st.just("uncheck"), st.integers(0, 3), st.just(0), st.just(0)),
    st.tuples(st.sampled_from(["undo", "redo"]), st.just(0), st.just(0), st.just(0)),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(EDIT, min_size=3, max_size=20))
def test_undo_is_a_stack(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[str, int, int, int]]
) -> None:
    """Against a model that keeps whole states in two lists."""
    with Project.create(tmp_path_factory.mktemp("p") / "p.masklet", video(), LABELS) as project:
        store = project.masks()
        store.append(table([], steps=STEPS))
        done, ahead, now = [], [], store.load()
        for verb, frame, object_id, seed in edits:
            if verb == "undo":
                assert (store.undo() is not None) == bool(done)
                if done:
                    ahead.append(now)
                    now = done.pop()
            elif verb == "redo":
                assert (store.redo() is not None) == bool(ahead)
                if ahead:
                    done.append(now)
                    now = ahead.pop()
            else:
                revision = store.revision
                if verb == "append":
                    store.append(table([(frame, object_id)], seed=seed))
                elif verb == "replace":
                    store.replace([frame, 2], [object_id], table([(frame, object_id)], seed=seed))
                else:
                    getattr(store, verb)([frame])
                if store.revision != revision:
                    done.append(now)
                    ahead, now = [], store.load()
            assert store.load() == now
        assert project.faults() == []


def test_undo_of_a_run_that_somebody_drew_into(project: Project) -> None:
    store, drawn = project.masks(), table([(1, 0), (2, 0)], seed=1)
    store.append(drawn, "Ada")
    store.append(table([(1, 0), (2, 0), (3, 0)], seed=2), batch="run")
    between = table([(1, 0)], seed=3)
    store.append(between, "Bo")
    store.append(table([(1, 0)], seed=4), batch="run")
    assert store.undo("") is not None
    assert store.load().frame.tolist() == [1, 2]
    assert store.load([1]) == between
    assert store.load([2]) == drawn.on(2)
    assert store.redo("") is not None
    assert store.load([1]) == table([(1, 0)], seed=4)
