"""What a watcher, a strip over time and a list of objects ask of a video."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.ops.table import areas
from masklet.store import Attributes, Project, Touched
from masklet.store.changed import as_ranges
from store.samples import LABELS, every_kind, human, table, video


@pytest.mark.parametrize(
    ("frames", "ranges"),
    [
        ([], ()),
        ([3], (range(3, 4),)),
        ([5, 3, 4, 4, 9], (range(3, 6), range(9, 10))),
        (range(2, 7), (range(2, 7),)),
    ],
)
def test_frames_as_ranges(frames: list[int], ranges: tuple[range, ...]) -> None:
    assert as_ranges(frames) == ranges


@given(st.sets(st.integers(0, 40)))
def test_ranges_hold_the_same_frames(frames: set[int]) -> None:
    ranges = as_ranges(frames)
    assert {frame for part in ranges for frame in part} == frames
    assert all(a.stop < b.start for a, b in pairwise(ranges))


def test_changes_since(project: Project) -> None:
    store = project.masks()
    assert store.changes_since(0) == []
    first = store.append(table([(3, 0), (4, 0), (9, 2)]), "Ada", batch="run")
    second = store.append(human(4), "Bo")
    third = store.check([7], "Ada")
    fourth = store.delete([9], author="Bo")
    fifth = store.undo("Bo")
    expected = [
        Touched(first, "append", "Ada", "run", (range(3, 5), range(9, 10)), (0, 2), ()),
        Touched(second, "append", "Bo", "", (range(4, 5),), (0,), ()),
        Touched(third, "check", "Ada", "", (range(7, 8),), (), ()),
        Touched(fourth, "delete", "Bo", "", (range(9, 10),), (2,), ()),
        Touched(fifth, "undo", "Bo", "", (range(9, 10),), (2,), ()),
    ]
    for seen, revision in enumerate([0, first, second, third, fourth, fifth]):
        assert store.changes_since(revision) == expected[seen:]


def test_changes_of_objects_and_of_other_videos(project: Project) -> None:
    other = project.masks(project.add_video(video(uri="other.mp4"), LABELS))
    other.append(table([(1, 5)], video(uri="other.mp4")))
    store = project.masks(1)
    with store.edit("add object", "Ada") as draft:
        draft.note(4, Attributes(1, "#000000", locked=True))
    (touched,) = store.changes_since(0)
    assert (touched.frames, touched.objects, touched.attributes) == ((), (), (4,))
    assert store.objects() == {4: Attributes(1, "#000000", locked=True)}
    assert [one.verb for one in other.changes_since(0)] == ["append"]
    assert list(other.objects()) == [5]


def test_what_every_change_touched_is_what_history_says(project: Project) -> None:
    store = project.masks()
    rng = np.random.default_rng(3)
    for seed in range(12):
        frames = sorted(set(rng.integers(0, 20, 4).tolist()))
        store.append(table([(frame, seed % 3) for frame in frames], seed=seed))
        store.delete([int(rng.integers(0, 20))])
        store.undo()
    expected: dict[int, set[tuple[int, int]]] = {}
    for change in store.history():
        expected.setdefault(change.revision, set()).add((change.frame, change.object_id))
    for touched in store.changes_since(0):
        pairs = expected[touched.revision]
        assert touched.frames == as_ranges(frame for frame, _ in pairs)
        assert touched.objects == tuple(sorted({number for _, number in pairs}))


def assert_timeline(project: Project, frames: range | None = None) -> None:
    """The timeline holds what `load` holds."""
    store = project.masks()
    rows, timeline = store.load(frames), store.timeline(frames)
    assert timeline.revision == store.revision
    assert timeline.checked.tolist() == rows.checked.tolist()
    assert [track.object_id for track in timeline.tracks] == list(store.objects())
    for track in timeline.tracks:
        mine = rows.of(track.object_id)
        for name in ("frame", "score", "identity_score", "flags", "origin", "review", "trusted"):
            np.testing.assert_array_equal(getattr(track, name), getattr(mine, name))
        np.testing.assert_array_equal(track.area, areas(mine))


@pytest.mark.parametrize("frames", [None, range(3, 8), range(40, 50), range(0)])
def test_timeline(project: Project, frames: range | None) -> None:
    project.masks().append(every_kind())
    with project.masks().edit("add object") as draft:
        draft.note(8, Attributes(0))
    assert_timeline(project, frames)


CHANGE = st.tuples(
    st.sampled_from(["append", "delete", "replace", "check", "undo", "redo", "object", "elsewhere"]),
    st.integers(0, 9),
    st.integers(1, 9),
    st.integers(0, 2),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(CHANGE, min_size=2, max_size=15))
def test_a_timeline_follows_every_change(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, int, int]]
) -> None:
    path = tmp_path_factory.mktemp("p") / "p.masklet"
    with Project.create(path, video(), LABELS) as project, Project.open(path) as second:
        store = project.masks()
        for seed, (verb, first, n, number) in enumerate(changes):
            frames = range(first, first + n)
            rows = table([(frame, number) for frame in frames], seed=seed)
            if verb == "append":
                store.append(rows)
            elif verb == "elsewhere":
                second.masks().append(rows)
            elif verb == "replace":
                store.replace(range(20), [number], rows)
            elif verb == "object":
                with store.edit("add object") as draft:
                    draft.note(number, None if draft.objects().get(number) else Attributes(0))
            elif verb in ("delete", "check"):
                getattr(store, verb)(frames)
            else:
                getattr(store, verb)()
            assert_timeline(project)
            assert_timeline(project, frames)


def test_a_timeline_after_many_changes(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masklet.store.timeline._MANY", 2)
    store = project.masks()
    store.append(table([(frame, 0) for frame in range(20)]))
    assert_timeline(project)
    store.append(table([(frame, 0) for frame in range(10)], seed=1))
    assert_timeline(project)


def test_a_timeline_of_what_is_taken_back_is_not_kept(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0)]))
    assert_timeline(project)
    with pytest.raises(KeyError):
        append_and_fail(project)
    assert_timeline(project)
    store.append(table([(3, 0)]))
    assert_timeline(project)


def append_and_fail(project: Project) -> None:
    with project.transaction():
        project.masks().append(table([(2, 0)]))
        assert_timeline(project)
        raise KeyError
