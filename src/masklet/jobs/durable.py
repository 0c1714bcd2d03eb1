"""Jobs as durable workflows of DBOS: what runs, and how it goes on after a worker was killed.

A chunk of frames is a step. Its rows are in the project before the step returns, under a name that
tells what they depend on (`annotate.sweep`), so that a workflow which is run again after a crash finds
them and begins with the first chunk that is missing.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from masklet.core import MaskletError
from masklet.core.pausing import Stopped
from masklet.jobs.between import as_text, independent
from masklet.jobs.desk import Desk
from masklet.jobs.fresh import FreshTarget
from masklet.jobs.plain import plain
from masklet.jobs.queue import (
    APPLICATION,
    QUEUE,
    STRETCH,
    STRETCHES,
    TRACK,
    VERSION,
    client_of,
    enqueue,
)
from masklet.jobs.running import LOOK, NothingLeft, Running, check_wish
from masklet.jobs.spec import JobSpec, State

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient

DEATHS = 5
"""A job on which so many workers died is given up."""
POLL = 0.1
"""Seconds between two looks for work."""
_ALIVE = ("PENDING", "ENQUEUED", "DELAYED")


def launch(url: str, desk: Desk) -> type[DBOS]:
    """Begin to work: take jobs from the queue, first those that this worker left unfinished."""
    from dbos import DBOS

    DBOS(
        config={
            "name": APPLICATION,
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": desk.executor,
            "log_level": "ERROR",
            "serializer": plain(),
        }
    )

    @DBOS.workflow(name=TRACK, max_recovery_attempts=DEATHS)
    def track(name: str, told: dict[str, Any]) -> str:
        return _guarded(desk, name, lambda: _track(DBOS, desk, url, name, JobSpec.of(told)))

    @DBOS.workflow(name=STRETCH, max_recovery_attempts=DEATHS)
    def stretch(name: str, told: dict[str, Any]) -> str:
        return _stretch(DBOS, desk, name, JobSpec.of(told))

    DBOS.listen_queues([QUEUE, STRETCHES])
    DBOS.launch()
    for queue, partitions in ((QUEUE, 1), (STRETCHES, None)):
        DBOS.register_queue(
            queue,
            worker_concurrency=1,
            partition_concurrency=partitions,
            polling_interval_sec=POLL,
        )
    return DBOS


def _guarded(desk: Desk, name: str, work: Callable[[], None]) -> str:
    """Do a job's work and note in which state it ends."""
    from dbos import error as dbos_errors

    ledger = desk.ledger
    before: tuple[State, ...] = ("queued", "running", "waiting")
    if not ledger.move(name, before, state="running", executor=desk.executor, message=""):
        return str(ledger.row(name).state)
    desk.moved(name)
    try:
        work()
    except NothingLeft as gone:
        state, message = "stopped", f"stopped: {gone}"
    except (Stopped, dbos_errors.DBOSWorkflowCancelledError):  # cancelled: stopped as it began
        state, message = "stopped", "stopped; what it had found is saved"
    except MaskletError as error:
        state, message = "failed", str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, the person who waits must be told
        lines = traceback.format_exception(error)[-4:]
        ledger.say(name, "".join(lines).strip())
        state, message = "failed", f"{type(error).__name__}: {error}"
    else:
        state, message = "done", str(ledger.row(name).message)
    ledger.say(name, message or state)
    ledger.move(name, ("running", "waiting"), state=state, message=message, eta=None)
    desk.moved(name)
    return state


def _track(dbos: type[DBOS], desk: Desk, url: str, name: str, spec: JobSpec) -> None:
    """A whole job."""
    desk.ledger.set(name, done=0, total=0)
    if spec.kind == "between" and spec.workers > 1:
        _in_parts(desk, url, name, spec)
    Running(name, spec, desk, _checkpoint(dbos)).go()
    if spec.fresh:
        FreshTarget(desk.project(spec.project), spec.video, name).forget_marks()


def _stretch(dbos: type[DBOS], desk: Desk, name: str, spec: JobSpec) -> str:
    """One part of a job."""
    try:
        Running(name, spec, desk, _checkpoint(dbos), part=True).go()
    except Stopped:
        return "stopped"
    except MaskletError as error:
        return f"failed: {error}"
    return "done"


def _checkpoint(dbos: type[DBOS]) -> Callable[[range], None]:
    """Notes a chunk, whose rows are kept, as a step that is done."""

    def done(frames: range) -> None:
        dbos.run_step({"name": "chunk"}, lambda: [frames.start, frames.stop])

    return done


def _in_parts(desk: Desk, url: str, name: str, spec: JobSpec) -> None:
    """Have the stretches tracked by whoever is free, at most `spec.workers` at once.

    What they compute is kept, so that the run over everything that follows finds it and only joins it.
    They are workflows of their own, named by what they do: after a crash the same ones are met again.
    """
    store = desk.project(spec.project).masks(spec.video)
    parts = independent(store.load(), spec.ranges(store.video.n_frames))
    desk.ledger.set(name, total=(2 if spec.way == "both" else 1) * sum(map(len, parts)))
    desk.ledger.say(name, f"{len(parts)} stretches for {spec.workers} workers")
    attempt = int(desk.ledger.row(name).attempt)
    waiting, running = list(parts), set[str]()
    with _client(url) as client:
        while waiting or running:
            while waiting and len(running) < spec.workers:
                part = replace(spec, kind="initial", frames=as_text([waiting.pop(0)]), workers=1)
                workflow = f"{name}.{attempt}.{part.frames}"
                enqueue(client, STRETCHES, STRETCH, workflow, name, part.as_dict())
                running.add(workflow)
            time.sleep(LOOK)
            check_wish(desk, name)
            running -= _ended(client, running, lambda line: desk.ledger.say(name, line))


def _ended(client: DBOSClient, workflows: set[str], say: Callable[[str], None]) -> set[str]:
    """Those that have come to an end; says of those that failed why."""
    found = client.list_workflows(workflow_ids=sorted(workflows), load_input=False)
    ended = [one for one in found if one.status not in _ALIVE]
    for one in ended:
        if one.output not in ("done", "stopped"):
            say(f"stretch {one.workflow_id.rpartition('.')[2]} {one.output or one.status}")
    return {one.workflow_id for one in ended}


@contextmanager
def _client(url: str) -> Iterator[DBOSClient]:
    client = client_of(url)
    try:
        yield client
    finally:
        client.destroy()


def take_over(url: str, executor: str) -> int:
    """Put back into the queue what a worker that died had begun; how many workflows."""
    with _client(url) as client:
        found = client.list_workflows(
            status="PENDING", executor_id=executor, load_input=False, load_output=False
        )
        for one in found:
            client.resume_workflow(one.workflow_id, queue_name=one.queue_name)
        return len(found)
