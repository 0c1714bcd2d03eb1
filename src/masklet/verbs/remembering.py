"""Which engine a project was tracked with last, also where the run left no row that says so.

A run that is stopped on its first frame, killed at once, or that reaches nothing writes no row. What ran
is noted in the project before it begins, and forgotten once rows tell the same.
"""

from __future__ import annotations

import time
from dataclasses import replace

from masklet.annotate.track import step_of
from masklet.core import Masks, Propagator, Step
from masklet.store.project import Project
from masklet.verbs.engines import RAN, run_before


def remember(project: Project, engine: Propagator, direction: str) -> None:
    """Note that a run of this engine begins."""
    store = project.masks()
    step = replace(step_of(engine, direction, 0), verb=RAN, time=time.time())
    with project.transaction():
        project.runs.forget([_key(store.video_id)])
        note = Masks(store.video, steps=(step,))
        project.runs.put(_key(store.video_id), note, store.video_id, durable="full")


def told(project: Project, rows: Masks, video: int | None = None) -> Masks:
    """`rows` of a project with what was noted as their last step, where `run_before` finds it."""
    step = noted(project, video)
    return rows if step is None else rows.replace(steps=(*rows.steps, step))


def noted(project: Project, video: int | None = None) -> Step | None:
    """The run that began last, where no row tells of it; None where rows do, or nothing ran."""
    note = project.runs.get(_key(project.masks(video).video_id))
    return None if note is None else note.steps[-1]


def settle(project: Project, rows: Masks) -> None:
    """After a run: forget the note where `rows`, all that stand there, say the same."""
    if run_before(rows) == run_before(told(project, rows)):
        project.runs.forget([_key(project.masks().video_id)])


def _key(video: int) -> str:
    return f"run {video}"
