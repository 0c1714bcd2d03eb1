"""Line labels in tracking: whatever engine runs, its lines are followed by the engine `lines`."""

from __future__ import annotations

from collections.abc import Callable

from masklet.annotate.engine import engine_id
from masklet.core import Masks, Propagator

Resolve = Callable[[Masks], tuple[Propagator, str]]
"""From rows to the engine, and a sentence on why it."""


def resolve_with_lines(
    engine: str | Propagator, rows: Masks, resolve: Resolve
) -> tuple[Propagator, str]:
    """What `resolve` says of the areas among `rows`, with lines added where some are annotated.

    An engine that was given as an object is left as it is.
    """
    kinds = {rows.labels[i].kind for i in set(rows.label_id[rows.trusted].tolist())}
    if not isinstance(engine, str) or "line" not in kinds:
        return resolve(rows)
    from masklet.models.lines.company import split
    from masklet.models.lines.engine import Lines, with_lines

    areas = split(rows)[0]
    if not areas.trusted.any() and engine == "auto":
        return Lines(), "lines: only lines are annotated"
    runner, reason = resolve(areas if areas.trusted.any() else rows)
    if isinstance(runner, Lines):
        return runner, reason
    return with_lines(runner, engine_id(runner)), f"{reason}; lines by the engine lines"
