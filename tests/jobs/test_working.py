"""Jobs done by real workers, some of which are killed on the way."""

from __future__ import annotations

import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import masklet
from jobs_kit import FILM, annotate, ended, project_of, rows_of, shoot, until, worker
from masklet.annotate.session import Session
from masklet.core import Masks, UsageError
from masklet.jobs.board import Board
from masklet.jobs.spec import JobSpec
from masklet.store.project import Project

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def plain(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Masks:
    """What a plain run makes of truth on frames 0, 90 and 150."""
    path = project_of(film, tmp_path_factory.mktemp("plain"), 0, 90, 150)
    tracked = masklet.track(str(film), out=path.parent, engine="flow")
    return tracked.masks.replace(steps=(), step=-1)


def test_a_job_does_what_a_plain_run_does(
    film: Path, tmp_path: Path, board: Board, plain: Masks
) -> None:
    path = project_of(film, tmp_path, 0, 90, 150)
    name = board.submit(JobSpec(str(path), 1, engine="flow", author="Ada"))
    assert board.job(name).state == "queued"
    with worker(board.url):
        job = until(board, name, ended)
    assert (job.state, job.done, job.spec.author) == ("done", job.total, "Ada")
    assert any("engine flow" in line for line in job.log)
    assert rows_of(path) == plain


def test_a_killed_worker_goes_on_at_the_next_chunk(
    film: Path, tmp_path: Path, board: Board, plain: Masks
) -> None:
    path = project_of(film, tmp_path, 0, 90, 150)
    name = board.submit(JobSpec(str(path), 1, engine="flow"))
    for chunks in (1, 3):
        with worker(board.url) as process:
            until(board, name, lambda job, least=chunks: kept(path) >= least or job.ended)
            process.send_signal(signal.SIGKILL)
        assert not board.job(name).ended
    before = chunks_of(path)
    with worker(board.url):
        assert until(board, name, ended).state == "done"
    assert chunks_of(path)[: len(before)] == before
    assert rows_of(path) == plain


def test_another_worker_takes_over_from_one_that_died(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    name = board.submit(JobSpec(str(path), 1, engine="flow"))
    with worker(board.url, "first") as process:
        until(board, name, lambda job: job.done > 20)
        process.send_signal(signal.SIGKILL)
    until(board, name, lambda job: job.state == "interrupted")
    with worker(board.url, "second"):
        assert until(board, name, ended).state == "done"
    assert rows_of(path).frames.tolist() == list(range(FILM.n_frames))


def test_stretches_between_keyframes_go_to_several_workers(
    film: Path, tmp_path: Path, board: Board, plain: Masks
) -> None:
    path = project_of(film, tmp_path, 0, 90, 150)
    name = board.submit(JobSpec(str(path), 1, "between", engine="flow", workers=2))
    with worker(board.url, "one"), worker(board.url, "two"):
        job = until(board, name, ended)
    assert (job.state, job.engine) == ("done", "flow"), job
    assert any("3 stretches for 2 workers" in line for line in job.log)
    assert rows_of(path) == plain


def test_stop_keeps_what_was_found_and_resume_ends_like_an_undisturbed_run(
    film: Path, tmp_path: Path, board: Board, plain: Masks
) -> None:
    path = project_of(film, tmp_path, 0, 90, 150)
    name = board.submit(JobSpec(str(path), 1, engine="flow"))
    with worker(board.url):
        until(board, name, lambda job: job.done >= 30)
        board.stop(name)
        job = until(board, name, ended)
        assert job.state == "stopped"
        found = rows_of(path)
        assert len(found.take(~found.trusted).frames) >= 30
        board.resume(name)
        assert until(board, name, ended).state == "done"
    assert rows_of(path) == plain


def test_jobs_of_one_video_take_turns(film: Path, tmp_path: Path, board: Board) -> None:
    path, other = project_of(film, tmp_path, 0), project_of(film, tmp_path / "other", 0)
    slow = JobSpec(str(path), 1, engine="flow", frames="0-9", mode="frame_by_frame")
    first, second = board.submit(slow), board.submit(replace(slow, mode="automatic"))
    elsewhere = board.submit(replace(slow, project=str(other), mode="automatic"))
    assert [board.job(one).position for one in (first, second, elsewhere)] == [0, 1, 0]
    with worker(board.url, "one"), worker(board.url, "two"):
        until(board, first, lambda job: job.state == "waiting")
        assert until(board, elsewhere, ended).state == "done"
        assert board.job(second).state == "queued"
        board.stop(second)
        assert board.job(second).state == "stopped"
        board.step(first, 100)
        assert until(board, first, ended).state == "done"
    assert board.job(second).done == 0


def test_frame_by_frame_waits_and_begins_anew_after_a_correction(
    film: Path, tmp_path: Path, board: Board
) -> None:
    path = project_of(film, tmp_path, 0)
    spec = JobSpec(str(path), 1, engine="flow", mode="frame_by_frame", frames="0-20")
    name = board.submit(spec)
    with worker(board.url):
        assert until(board, name, lambda job: job.state == "waiting").frame == 1
        board.step(name, 4)
        assert until(board, name, lambda job: job.state == "waiting" and job.frame > 1).frame == 5
        with Project.open(path) as project:
            annotate(project, 5)
        board.step(name, 1)
        job = until(board, name, lambda job: job.state == "waiting" and job.frame > 5)
        assert job.frame == 6
        assert any("frame 5 was corrected" in line for line in job.log)
        board.step(name, 1000)
        assert until(board, name, ended).state == "done"
    rows = rows_of(path)
    assert rows.frames.tolist() == list(range(21))
    assert rows.take(rows.trusted).frames.tolist() == [0, 5]


def test_resegment_touches_the_named_frames_alone(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    with worker(board.url):
        until(board, board.submit(JobSpec(str(path), 1, engine="flow")), ended)
        before = rows_of(path)
        with Project.open(path) as project:
            annotate(project, 60)
        name = board.submit(JobSpec(str(path), 1, "resegment", frames="50-59,61,70-72", engine="flow"))
        assert until(board, name, ended).state == "done"
    after = rows_of(path)
    changed = {f for f in range(FILM.n_frames) if before.on(f) != after.on(f)}
    assert changed
    assert changed <= {*range(50, 62), 70, 71, 72}


def test_objects_that_were_not_asked_for_keep_their_masks(
    film: Path, tmp_path: Path, board: Board
) -> None:
    path = project_of(film, tmp_path, 0)
    with worker(board.url):
        name = board.submit(JobSpec(str(path), 1, engine="flow", objects=(1,), frames="0-40"))
        assert until(board, name, ended).state == "done"
        missing = board.submit(JobSpec(str(path), 1, engine="flow", objects=(9,)))
        job = until(board, missing, ended)
    assert job.state == "failed"
    assert "object 9 has no annotated frame" in job.message
    rows = rows_of(path)
    assert rows.of(2).frames.tolist() == [0]
    assert rows.of(1).frames.tolist() == list(range(41))


def test_only_a_job_that_may_reuse_takes_over_what_was_kept(
    film: Path, tmp_path: Path, board: Board
) -> None:
    path = project_of(film, tmp_path, 0)
    with worker(board.url):
        spec = JobSpec(str(path), 1, engine="flow", frames="0-60")
        until(board, board.submit(spec), ended)
        right = rows_of(path)
        forge(path)
        until(board, board.submit(spec), ended)
        assert rows_of(path).frames.tolist() == [0]
        until(board, board.submit(replace(spec, reuse=False)), ended)
        assert rows_of(path) == right
        until(board, board.submit(spec), ended)
    assert rows_of(path) == right


def test_locked_objects_stay_as_they_are(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    with Project.open(path) as project:
        Session(project, 1, "Ada").change_object(2, locked=True)
    spec = JobSpec(str(path), 1, engine="flow", frames="0-20")
    with worker(board.url):
        assert until(board, board.submit(spec), ended).state == "done"
        job = until(board, board.submit(replace(spec, objects=(2,))), ended)
    assert (job.state, "object 2 is locked" in job.message) == ("failed", True)
    rows = rows_of(path)
    assert rows.of(2).frames.tolist() == [0]
    assert rows.of(1).frames.tolist() == list(range(21))


ACTS = {
    "remove": lambda session: session.remove_object(2),
    "merge": lambda session: session.merge(1, 2),
    "split": lambda session: session.split(2, 30),
    "delete": lambda session: session.delete(range(FILM.n_frames), [2]),
    "lock": lambda session: session.change_object(2, locked=True),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("objects", [(2,), (1, 2)])
def test_a_job_does_not_bring_back_what_people_took_away(
    act: str, objects: tuple[int, ...], film: Path, tmp_path: Path, board: Board
) -> None:
    path = project_of(film, tmp_path, 0, 60)
    spec = JobSpec(str(path), 1, engine="flow", mode="frame_by_frame", frames="0-40", objects=objects)
    name = board.submit(spec)
    with worker(board.url):
        until(board, name, lambda job: job.state == "waiting")
        with Project.open(path) as project:
            ACTS[act](Session(project, 1, "Ada"))
            before = project.masks().load(objects=[2])
        board.step(name, 100)
        job = until(board, name, ended)
    assert job.state == ("stopped" if objects == (2,) else "done"), job
    assert any("object 2" in line and "by Ada" in line for line in job.log)
    after = rows_of(path)
    assert after.of(2).frames.tolist() == before.frames.tolist()
    if objects == (1, 2):
        assert after.of(1).frames.tolist()[:30] == list(range(30))


def test_rows_of_a_job_take_the_label_that_their_object_has_by_then(
    film: Path, tmp_path: Path, board: Board
) -> None:
    path = project_of(film, tmp_path, 0)
    spec = JobSpec(str(path), 1, engine="flow", mode="frame_by_frame", frames="0-20")
    name = board.submit(spec)
    with worker(board.url):
        until(board, name, lambda job: job.state == "waiting")
        with Project.open(path) as project:
            Session(project, 1, "Ada").change_object(2, label="weasel")
        board.step(name, 100)
        assert until(board, name, ended).state == "done"
    rows = rows_of(path).of(2)
    assert {rows.label_of(i).name for i in range(len(rows))} == {"weasel"}


def forge(path: Path) -> None:
    """Make every kept chunk an empty one."""
    with Project.open(path) as project:
        keys = chunks_of(path)
        project.runs.forget(keys)
        for key in keys:
            project.runs.put(key, Masks(project.masks().video), 1)


def test_a_job_that_cannot_be_done_says_why(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    with worker(board.url):
        for spec, said in (
            (JobSpec(str(tmp_path / "no.masklet"), 1), "does not exist"),
            (JobSpec(str(path), 7), "has no video 7"),
            (JobSpec(str(path), 1, frames="190-300"), "300"),
            (JobSpec(str(path), 1, engine="magic"), "magic"),
        ):
            job = until(board, board.submit(spec), ended)
            assert job.state == "failed"
            assert said in job.message
        film_gone = project_of(film, tmp_path / "other", 0)
        with Project.open(film_gone) as project:
            video = project.masks().video
            project.update_video(type(video)(**{**vars_of(video), "uri": str(tmp_path / "gone.mp4")}))
        job = until(board, board.submit(JobSpec(str(film_gone), 1, engine="flow")), ended)
        assert job.state == "failed"
        assert "gone.mp4" in job.message


@pytest.mark.parametrize("way", ["written over", "deleted"])
def test_a_file_that_becomes_another_one_while_it_is_tracked(
    film: Path, tmp_path: Path, board: Board, plain: Masks, way: str
) -> None:
    mine = Path(shutil.copy(film, tmp_path / "mine.mp4"))
    path = project_of(mine, tmp_path, 0, 90, 150)
    other = shoot(tmp_path / "other.mp4", replace(FILM, seed=8))
    name = board.submit(JobSpec(str(path), 1, engine="flow"))
    with worker(board.url):
        until(board, name, lambda job: job.done >= 40)
        if way == "deleted":
            mine.unlink()
        else:
            mine.write_bytes(other.read_bytes())
        job = until(board, name, ended)
        assert job.state == "failed"
        assert "mine.mp4 was changed, moved or deleted while it was tracked" in job.message
        shutil.copy(film, mine)
        again = board.submit(JobSpec(str(path), 1, engine="flow"))
        assert until(board, again, ended).state == "done"
    assert rows_of(path).replace(video=plain.video) == plain


def test_ends_at_the_first_flag(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    with worker(board.url):
        name = board.submit(JobSpec(str(path), 1, engine="flow", stop_at_flag=True))
        job = until(board, name, ended)
    assert job.state == "done"
    last = int(rows_of(path).frame.max())
    if job.message:
        assert "in doubt from frame" in job.message
        assert last < job.frame
    else:
        assert last == FILM.n_frames - 1


def test_what_makes_no_sense_is_refused(film: Path, tmp_path: Path, board: Board) -> None:
    path = project_of(film, tmp_path, 0)
    name = board.submit(JobSpec(str(path), 1))
    for wrong in (
        lambda: board.job("nothing"),
        lambda: board.step(name, 1),
        lambda: board.resume(name),
        lambda: board.retry(name),
    ):
        with pytest.raises(UsageError):
            wrong()


def kept(path: Path) -> int:
    return len(chunks_of(path))


def chunks_of(path: Path) -> list[str]:
    with Project.open(path, readonly=True) as project:
        return [key for key in project.runs.keys() if " " not in key]  # noqa: SIM118 - no mapping


def vars_of(video: object) -> dict[str, object]:
    return {name: getattr(video, name) for name in video.__dataclass_fields__}  # type: ignore[attr-defined]


def test_frames_are_counted(plain: Masks) -> None:
    assert np.array_equal(plain.frames, range(FILM.n_frames))
