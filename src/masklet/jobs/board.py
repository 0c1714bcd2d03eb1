"""The board: where jobs are put up, looked at, stopped and taken up again. No worker need be there."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING

from masklet.core import MissingExtraError, UsageError
from masklet.jobs.spec import Job, JobSpec, State

if TYPE_CHECKING:
    from dbos import DBOSClient

_GOING: tuple[State, ...] = ("queued", "running", "waiting", "interrupted")


def new_name() -> str:
    """For a job. Names sort as the jobs were made: the queue goes by them within a second."""
    now = time.time()
    day = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    return f"{day}-{int(now % 1 * 1e6):06d}-{secrets.token_hex(3)}"


def url_of(path: object) -> str:
    """The address of a database of jobs in a file."""
    return f"sqlite:///{path}"


class Board:
    """Every job of a database. May be used from several threads.

    Args:
        url: `sqlite:///FILE`, or `postgresql://USER@HOST/NAME` for workers on several machines. The
            tables are made where they are missing.

    Raises `DataError` where the database cannot be used, `MissingExtraError` without DBOS.
    """

    def __init__(self, url: str) -> None:
        try:
            from masklet.jobs.ledger import Ledger
            from masklet.jobs.pulse import Pulse
            from masklet.jobs.queue import client_of, prepare

            self._ledger = Ledger(url)
            prepare(url)
        except ImportError as error:
            raise MissingExtraError("dbos", "serve", "the queue of jobs") from error
        self.url = url
        self._client: DBOSClient = client_of(url)
        self._pulse = Pulse()

    def close(self) -> None:
        """Let go of the database. What runs goes on."""
        self._client.destroy()
        self._ledger.close()

    def submit(self, spec: JobSpec) -> str:
        """Put up a job; its id. It waits until a worker is free and no other job has its video."""
        name = new_name()
        self._ledger.add(name, spec)
        self._enqueue(name, spec, 1)
        return name

    def jobs(self) -> list[Job]:
        """Every job, oldest first."""
        from masklet.jobs.ledger import job_of

        beats, ahead, found = self._ledger.beats(), Counter[str](), []
        for row in self._ledger.rows():
            state: State = row.state
            if state in ("running", "waiting") and self._pulse.dead(beats, row.executor):
                state = "interrupted"
            found.append(job_of(row, state, ahead[row.place] if state == "queued" else 0))
            ahead[row.place] += state in _GOING
        return found

    def job(self, name: str) -> Job:
        """One job. `UsageError` for an unknown one."""
        self._ledger.row(name)
        return next(one for one in self.jobs() if one.id == name)

    def version(self) -> tuple[int, int]:
        """Changes whenever any job does; cheap enough to be asked ten times a second."""
        return self._ledger.version()

    def stop(self, name: str) -> Job:
        """End a job at its next frame; what it has found stays. One that has ended stays as it is."""
        job = self.job(name)
        if job.ended:
            return job
        self._ledger.set(name, wish="stop")
        self._ledger.say(name, "asked to stop")
        if job.state in ("queued", "interrupted"):
            self._client.cancel_workflow(self._workflow(name))
            before: tuple[State, ...] = ("queued",) if job.state == "queued" else ("running", "waiting")
            self._ledger.move(name, before, state="stopped", message="stopped before it began")
        return self.job(name)

    def resume(self, name: str) -> Job:
        """Take up a job that was stopped or failed, where it was: finished chunks are not done again.

        One that was interrupted goes on by itself as soon as a worker is there. Raises `UsageError` for
        a job that has come to its end, or has not ended.
        """
        job = self.job(name)
        if job.state == "interrupted":
            return job
        if job.state not in ("stopped", "failed"):
            raise UsageError(f"job {name} is {job.state}; only one that was stopped or failed goes on")
        return self._again(name, job.spec)

    def retry(self, name: str) -> Job:
        """Do a job that has ended once more; chunks that nothing has changed for are found again."""
        job = self.job(name)
        if not job.ended:
            raise UsageError(f"job {name} is {job.state}; stop it first, or wait for its end")
        return self._again(name, job.spec)

    def step(self, name: str, frames: int = 1) -> Job:
        """Let a job that goes frame by frame go on for so many frames."""
        job = self.job(name)
        if job.spec.mode != "frame_by_frame":
            raise UsageError(f"job {name} runs by itself; only one that goes frame by frame waits")
        if frames < 1:
            raise UsageError(f"{frames} frames to go on; expected 1 or more")
        self._ledger.allow(name, frames)
        return self.job(name)

    def workers(self) -> int:
        """How many workers are alive, here or elsewhere, as far as is known."""
        beats = self._ledger.beats()
        return sum(not self._pulse.dead(beats, executor) for executor in beats)

    def _again(self, name: str, spec: JobSpec) -> Job:
        attempt = int(self._ledger.row(name).attempt) + 1
        if not self._ledger.move(
            name,
            ("stopped", "failed", "done"),
            state="queued",
            wish="",
            allowed=0,
            attempt=attempt,
            message="",
            eta=None,
            fps=0.0,
            created=time.time(),
        ):
            return self.job(name)
        self._enqueue(name, spec, attempt)
        return self.job(name)

    def _enqueue(self, name: str, spec: JobSpec, attempt: int) -> None:
        from masklet.jobs.ledger import place_of
        from masklet.jobs.queue import QUEUE, TRACK, enqueue

        workflow = f"{name}.{attempt}"
        enqueue(self._client, QUEUE, TRACK, workflow, name, spec.as_dict(), place=place_of(spec))

    def _workflow(self, name: str) -> str:
        return f"{name}.{int(self._ledger.row(name).attempt)}"
