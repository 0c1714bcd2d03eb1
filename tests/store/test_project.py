from __future__ import annotations

import errno
import os
import sqlite3
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Label, Masks, Origin, Review, Step, Store, UsageError, Video
from masklet.store import ConflictError, Project
from store.samples import LABELS, STEPS, every_kind, human, table, video

IMAGES = Video(
    "frames/*.png",
    40,
    30,
    2,
    files=("a.png", "ü b.png"),
    frame_sizes=np.array([[40, 30], [20, 10]]),
    rotation=90,
)


def test_same_rows_in_same_masks_out(project: Project) -> None:
    masks = every_kind()
    project.masks().append(masks)
    assert project.masks().load() == masks


@settings(max_examples=25, deadline=None)
@given(
    pairs=st.sets(st.tuples(st.integers(0, 49), st.integers(0, 5)), max_size=30),
    cuts=st.lists(st.integers(0, 30), max_size=3),
    seed=st.integers(0, 99),
)
def test_the_order_of_writing_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, pairs: set[tuple[int, int]], cuts: list[int], seed: int
) -> None:
    masks = table(sorted(pairs), seed=seed)
    shuffled = np.random.default_rng(seed).permutation(len(masks))
    with Project.create(tmp_path_factory.mktemp("p") / "p.masklet", video(), LABELS) as project:
        store = project.masks()
        store.append(masks.take(slice(0, 0)))
        for part in np.split(shuffled, sorted(min(c, len(masks)) for c in cuts)):
            store.append(masks.take(part), durable="normal")
        assert store.load() == masks


@pytest.mark.parametrize("on", [video(), IMAGES, Video("rtsp://cage", 4, 3, -1), Video("x", 1, 1, 0)])
def test_videos_come_back(path: Path, on: Video) -> None:
    with Project.create(path, on) as project:
        assert dict(project.videos()) == {1: on}
        assert project.masks().video == on
    with Project.open(path) as project:
        assert project.masks().load() == Masks(on)


def test_frames_of_their_own_size(path: Path) -> None:
    masks = Masks(IMAGES, LABELS, frame=[0, 1], runs=[1200, 150, 50], offset=[0, 1, 3])
    with Project.create(path, IMAGES) as project:
        project.masks().append(masks)
        assert project.masks().load() == masks


@pytest.mark.parametrize("frames", [range(3, 7), range(6, 2, -1), [3, 4, 5, 6], np.array([6, 3, 4, 5])])
def test_part_of_the_frames(project: Project, frames: object) -> None:
    masks = every_kind()
    store = project.masks()
    store.append(masks)
    wanted = masks.take((masks.frame >= 3) & (masks.frame <= 6)).replace(checked=[])
    assert store.load(frames) == wanted
    assert store.load(frames, [3]) == wanted.of(3)
    assert store.load([0, 40, 7]).checked.tolist() == [0, 7]
    assert len(store.load(range(0))) == 0


def test_a_row_replaces_its_predecessor(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0), (1, 1), (2, 0)]))
    newer = table([(1, 1), (3, 0)], seed=5)
    store.append(newer)
    loaded = store.load()
    assert list(zip(loaded.frame, loaded.object_id, strict=True)) == [(1, 0), (1, 1), (2, 0), (3, 0)]
    assert loaded.take([1, 3]) == newer


@pytest.mark.parametrize(
    ("old", "new", "keep", "wins"),
    [
        (Origin.HUMAN, Origin.PROPAGATED, True, "old"),
        (Origin.HUMAN, Origin.PROPAGATED, False, "new"),
        (Origin.HUMAN, Origin.HUMAN, True, "new"),
        (Origin.PROPAGATED, Origin.HUMAN, True, "new"),
        (Origin.PROPAGATED, Origin.PREDICTED, True, "new"),
        (Origin.IMPORTED, Origin.INTERPOLATED, True, "old"),
    ],
)
def test_who_may_overwrite_whom(
    project: Project, old: Origin, new: Origin, keep: bool, wins: str
) -> None:
    store = project.masks()
    rows = {"old": table([(1, 0)], origin=old), "new": table([(1, 0)], seed=9, origin=new)}
    store.append(rows["old"])
    store.append(rows["new"], keep_trusted=keep)
    assert store.load() == rows[wins]


def test_a_rejected_row_gives_way_and_an_accepted_one_stays(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0), (2, 0)], review=[Review.REJECTED, Review.ACCEPTED]))
    store.append(table([(1, 0), (2, 0)], seed=3))
    assert store.load().review.tolist() == [Review.TODO, Review.ACCEPTED]


def test_untracked_rows_are_added(project: Project) -> None:
    store = project.masks()
    first, second = table([(1, -1), (1, -1)]), table([(1, -1)], seed=4)
    store.append(first)
    store.append(second)
    loaded = store.load()
    assert loaded.take([0, 1]) == first
    assert loaded.take([2]) == second


def test_replace_takes_away_what_does_not_come_again(project: Project) -> None:
    store = project.masks()
    store.append(table([(f, o) for f in range(5) for o in (0, 1)]))
    store.append(human(2, 0, seed=7))
    coming = table([(1, 0), (2, 0)], seed=8)
    revision = store.replace(range(1, 4), [0], coming)
    loaded = store.load()
    assert loaded.of(0).frame.tolist() == [0, 1, 2, 4]
    assert loaded.of(1).frame.tolist() == [0, 1, 2, 3, 4]
    assert loaded.of(0).on(1) == coming.on(1)
    assert loaded.of(0).on(2) == human(2, 0, seed=7)
    assert {change.revision for change in store.history(since=revision - 1)} == {revision}
    assert store.replace(range(1, 4), [0], coming) == revision


def test_replace_of_untracked_rows(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, -1), (1, -1), (2, -1)]))
    newer = table([(1, -1)], seed=6)
    for _ in range(2):
        store.replace([1], [-1], newer)
        assert store.load([1]) == newer
        assert len(store.load()) == 2
    store.replace([1], [-1], table([]))
    store.undo()
    assert store.load([1]) == newer


def test_delete(project: Project) -> None:
    store = project.masks()
    masks = table([(f, o) for f in range(4) for o in (0, 1)])
    store.append(masks)
    store.append(human(1, 0))
    store.delete([0, 1], [0], keep_trusted=True)
    assert store.load().of(0).frame.tolist() == [1, 2, 3]
    store.delete([1])
    assert store.load().frame.tolist() == [0, 2, 2, 3, 3]
    before = store.revision
    assert store.delete([1, 17]) == before == store.revision


def test_checked_frames(project: Project) -> None:
    store = project.masks()
    store.check([3, 5], "Ada")
    store.append(table([(1, 0)], checked=[8]))
    assert store.checked == [3, 5, 8]
    store.uncheck([5, 6])
    assert store.load().checked.tolist() == [3, 8]
    with pytest.raises(DataError, match=r"frame 50 is not in the video; expected 0\.\.49"):
        store.check([50])


def test_labels_and_steps_are_matched_by_what_they_say(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0)], label_id=0, step=1))
    bird, step = Label("bird"), Step("segment")
    other = table([(2, 0), (3, 0)], label_id=[0, 1], step=[0, 1])
    store.append(other.replace(labels=(bird, LABELS[0]), steps=(step, STEPS[1])))
    loaded = store.load()
    assert loaded.labels == (*LABELS, bird)
    assert loaded.steps == (*STEPS, step)
    assert loaded.label_id.tolist() == [0, 2, 0]
    assert loaded.step.tolist() == [1, 2, 1]


def test_labels_may_change_their_looks(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0)], label_id=1))
    store.set_labels([Label("mouse"), Label("tail", "line", "#000000"), Label("new")])
    assert store.load().label_of(0) == Label("tail", "line", "#000000")
    assert len(store.labels) == 3
    with pytest.raises(DataError, match="found 1 labels for a video that has 3"):
        store.set_labels([Label("mouse")])
    assert len(store.labels) == 3


def test_more_steps_than_a_table_can_number(project: Project) -> None:
    store = project.masks()
    half = [tuple(Step("edit", time=float(i)) for i in range(a, a + 20_000)) for a in (0, 20_000)]
    store.append(table([(1, 0)], step=7, steps=half[0]))
    store.append(table([(2, 0), (3, 0)], step=[19_999, -1], steps=half[1]))
    loaded = store.load()
    assert loaded.steps == (half[0][7], half[1][19_999])
    assert loaded.step.tolist() == [0, 1, -1]


def test_the_same_rows_again_change_nothing(project: Project) -> None:
    store = project.masks()
    masks = every_kind().take(every_kind().object_id >= 0)
    revision = store.append(masks)
    assert store.append(masks) == revision == store.revision
    assert len(store.history()) == len(masks)


def test_revisions_grow_for_each_video_alone(project: Project) -> None:
    other = project.add_video(video(uri="other.mp4"))
    first, second = project.masks(1), project.masks(other)
    assert first.revision == second.revision == 0
    a = first.append(table([(1, 0)]))
    b = second.append(table([(1, 0)]))
    c = first.append(table([(2, 0)]))
    assert 0 < a < b < c
    assert (first.revision, second.revision) == (c, b)


def test_stale_rows_are_refused(project: Project) -> None:
    store = project.masks()
    seen = store.append(table([(1, 0), (2, 0)]))
    store.append(human(2), "Bo")
    store.append(human(1, seed=1), "Ada", expected_revision=seen)
    before = store.load()
    with pytest.raises(ConflictError, match="object 0 on frame 2 was changed by Bo in revision"):
        store.append(human(2, seed=2), "Ada", expected_revision=seen)
    store.delete([2])
    with pytest.raises(ConflictError, match="frame 2"):
        store.append(human(2, seed=2), "Ada", expected_revision=store.revision - 1)
    assert store.load() == before.on(1)
    store.append(human(2, seed=2), "Ada", expected_revision=store.revision)


def test_a_stale_delete_is_refused(project: Project) -> None:
    store = project.masks()
    seen = store.append(table([(1, 0), (2, 0)]))
    store.append(human(2), "Bo")
    with pytest.raises(ConflictError, match="frame 2 was changed by Bo"):
        store.delete([1, 2], expected_revision=seen)
    store.delete([1], expected_revision=seen)
    assert store.load().frame.tolist() == [2]


def test_untracked_rows_never_conflict(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, -1)]))
    store.append(table([(1, -1)], seed=2), expected_revision=0)
    assert len(store.load()) == 2


def test_several_videos_and_one_not_named(project: Project) -> None:
    project.add_video(video(uri="other.mp4"))
    with pytest.raises(UsageError, match=r"has 2 videos; say which: 1 \(cage.mp4\), 2 \(other.mp4\)"):
        project.masks()
    with pytest.raises(UsageError, match="no video 9"):
        project.masks(9)


@pytest.mark.parametrize(
    "other",
    [
        video(width=41),
        video(n_frames=51),
        Video("x", 40, 30, 50, content_hash="other"),
        Video("x", 40, 30, 50, frame_sizes=np.full((50, 2), 30)),
    ],
)
def test_rows_of_another_video(project: Project, other: Video) -> None:
    with pytest.raises(DataError, match=r"store them under their own|other sizes"):
        project.masks().append(Masks(other, LABELS))
    assert project.masks().labels == LABELS


def test_a_video_may_move(project: Project) -> None:
    project.masks().append(table([(1, 0)]))
    moved = Video("/new/place.mp4", 40, 30, 50)
    project.update_video(moved)
    assert project.masks().load() == table([(1, 0)], on=moved)
    with pytest.raises(DataError, match="width 41"):
        project.update_video(video(width=41))


def append_and_check(project: Project, frame: int) -> None:
    with project.transaction():
        project.masks().append(table([(2, 0)]).replace(labels=(Label("new"), Label("b"))))
        project.masks().check([frame])


def test_a_failed_transaction_leaves_nothing(project: Project) -> None:
    store = project.masks()
    store.append(table([(1, 0)]))
    before = store.load()
    with pytest.raises(DataError, match="frame 50"):
        append_and_check(project, 50)
    assert store.load() == before
    with project.transaction("normal"):
        store.append(table([(2, 0)]))
        store.check([4])
    assert store.load().checked.tolist() == [4]


def test_a_project_at_rest_is_one_file(project: Project, path: Path) -> None:
    project.masks().append(every_kind())
    project.close()
    project.close()
    assert list(path.parent.iterdir()) == [path]
    with Project.open(path, readonly=True) as again:
        assert again.masks().load() == every_kind()
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(UsageError, match="was closed"):
        project.masks()


def test_reading_only(project: Project, path: Path) -> None:
    project.masks().append(every_kind())
    with Project.open(path, readonly=True) as reader:
        assert reader.masks().load() == every_kind()
        project.masks().append(human(40))
        assert 40 in reader.masks().load().frame
        with pytest.raises(DataError, match="open read-only"):
            reader.masks().check([1])


@pytest.mark.parametrize("name", ["a b?#%41&=ü.masklet", "no suffix", "x" * 200, os.fsdecode(b"\xff")])
def test_any_name(tmp_path: Path, name: str) -> None:
    with Project.create(tmp_path / name, video()) as project:
        project.masks().append(every_kind())
    with Project.open(tmp_path / name, readonly=True) as project:
        assert project.masks().load() == every_kind()
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_a_link_and_a_change_of_folder(
    project: Project, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "sub" / "link.masklet"
    link.parent.mkdir()
    link.symlink_to(path)
    project.masks().append(every_kind())
    project.close()
    monkeypatch.chdir(link.parent)
    with Project.open("link.masklet", readonly=True) as linked:
        monkeypatch.chdir(tmp_path)
        assert linked.masks().load() == every_kind()
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["link.masklet", path.name, "sub"]


def test_space_is_given_back(project: Project, path: Path) -> None:
    rng = np.random.default_rng(0)
    for key in range(20):
        project.runs.put(f"{key}", table([(f, o) for f in range(50) for o in range(9)], seed=key), 1)
    project.masks().append(human(int(rng.integers(50))))
    project.runs.keep([])
    before = project.masks().load()
    project.compact()
    assert project.masks().load() == before
    project.close()
    assert path.stat().st_size < 200_000


def test_an_interrupted_block_does_not_block_the_next(project: Project) -> None:
    """Ctrl-C may come at any line; what is saved afterwards must still be saved."""
    store = project.masks()
    database = project._database
    for block in (database.read, database.write):
        with pytest.raises(KeyboardInterrupt), block():
            raise KeyboardInterrupt
        store.append(human(1, seed=store.revision + 1))
    assert len(store.load()) == 1


def test_no_project_is_made_over_another(project: Project, path: Path) -> None:
    with pytest.raises(DataError, match="exists already"):
        Project.create(path)
    assert project.faults() == []


def names(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())


def test_of_two_that_fill_the_same_project_the_first_stays(path: Path) -> None:
    filling = Project.filling(path)
    filling.__enter__().add_video(video())
    first = Project.create(path, video(), LABELS)
    first.masks().append(human(1))
    with pytest.raises(DataError, match="exists already"):
        filling.__exit__(None, None, None)
    assert len(first.masks().load()) == 1  # its log is where it was
    first.close()
    with Project.open(path) as project:
        assert len(project.masks().load()) == 1
        assert project.faults() == []
    assert names(path.parent) == [path.name]


def test_a_project_whose_log_could_not_be_written_back_is_not_shown(path: Path) -> None:
    filling = Project.filling(path)
    project = filling.__enter__()
    project.add_video(video())
    project.close = lambda: None
    assert any(name.endswith("-wal") for name in names(path.parent))
    with pytest.raises(DataError, match="full"):
        filling.__exit__(None, None, None)
    assert names(path.parent) == []


def test_a_project_appears_where_files_have_one_name_only(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    Project.create(path, video()).close()
    with Project.open(path) as project:
        assert project.videos() == {1: video()}
    with pytest.raises(DataError, match="exists already"):
        Project.create(path, video())


def test_the_log_of_a_vanished_project_is_not_played_into_a_new_one(path: Path) -> None:
    project = Project.create(path, video(), LABELS)
    project.masks().append(human(1))
    log = path.with_name(path.name + "-wal")
    stale = log.read_bytes()
    project.close()
    path.unlink()
    log.write_bytes(stale)
    with Project.create(path, video()) as project:
        assert project.masks().load() == Masks(video())
        assert project.faults() == []


def test_threads_take_turns(project: Project) -> None:
    store = project.masks()

    def work(object_id: int) -> None:
        for frame in range(20):
            store.append(table([(frame, object_id)], seed=object_id), durable="normal")
            assert object_id in store.load([frame]).object_id

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.load()) == 80


def test_it_is_a_store(project: Project) -> None:
    assert isinstance(project.masks(), Store)


def test_anybody_can_read_it_with_sqlite(project: Project, path: Path) -> None:
    project.masks().append(table([(4, 2)], score=0.5), "Ada")
    with sqlite3.connect(path) as sql:
        query = (
            "SELECT frame, object_id, score, author FROM masks "
            "JOIN revisions ON revisions.id = masks.revision"
        )
        assert sql.execute(query).fetchall() == [(4, 2, 0.5, "Ada")]
    sql.close()
