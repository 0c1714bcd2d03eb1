"""Which engine a project was tracked with last, also where no row says so.

A run that is stopped on its first frame, killed at once, or that reaches nothing writes no row. What
runs is noted in the project before it begins. Once rows tell the same, the rows decide; where they are
undone and none is left that names an engine, the note is what remains.
"""

from __future__ import annotations

import time
from dataclasses import replace

from masklet.annotate.track import step_of
from masklet.core import Masks, Propagator, Step
from masklet.store.project import Project
from masklet.verbs.engines import RAN, run_before

_BEGUN, _TOLD = "run", "run told"
"""Notes of the run that began last: while no row tells of it, and since rows have."""


def remember(project: Project, engine: Propagator, direction: str, video: int | None = None) -> None:
    """Note that a run of this engine begins."""
    step = replace(step_of(engine, direction, 0), verb=RAN, time=time.time())
    with project.transaction():
        _put(project, _BEGUN, step, video)


def told(project: Project, rows: Masks, video: int | None = None) -> Masks:
    """`rows` of a project with what was noted as their last step, where `run_before` finds it."""
    step = noted(project, video)
    if step is None and not run_before(rows)[0]:
        step = _get(project, _TOLD, video)
    return rows if step is None else rows.replace(steps=(*rows.steps, step))


def noted(project: Project, video: int | None = None) -> Step | None:
    """The run that began last, where no row tells of it; None where rows do, or nothing ran."""
    return _get(project, _BEGUN, video)


def settle(project: Project, rows: Masks, video: int | None = None) -> None:
    """After a run: the rows decide where `rows`, all that stand there, say the same as the note."""
    step = noted(project, video)
    if step is not None and run_before(rows) == run_before(told(project, rows, video)):
        with project.transaction():
            project.runs.forget([_key(project, _BEGUN, video)])
            _put(project, _TOLD, step, video)


def _get(project: Project, kind: str, video: int | None = None) -> Step | None:
    note = project.runs.get(_key(project, kind, video))
    return None if note is None else note.steps[-1]


def _put(project: Project, kind: str, step: Step, video: int | None = None) -> None:
    store, key = project.masks(video), _key(project, kind, video)
    project.runs.forget([key])
    project.runs.put(key, Masks(store.video, steps=(step,)), store.video_id, durable="full")


def _key(project: Project, kind: str, video: int | None = None) -> str:
    return f"{kind} {project.masks(video).video_id}"
