"""Line labels in tracking: whatever engine runs, its lines are followed by the engine `lines`."""

from __future__ import annotations

from masklet.annotate.engine import engine_id
from masklet.core import Masks, MediaSource, Propagator
from masklet.verbs.around import NOTHING, Around
from masklet.verbs.engines import Options, resolve


def resolve_with_lines(
    engine: str | Propagator,
    media: MediaSource,
    rows: Masks,
    options: Options | None = None,
    around: Around = NOTHING,
) -> tuple[Propagator, str]:
    """What `resolve` says of the areas among `rows`, with lines added where some are annotated.

    An engine that was given as an object gets no lines. `around` is put around the engine of the areas.
    """
    kinds = {rows.labels[i].kind for i in set(rows.label_id[rows.trusted].tolist())}
    if not isinstance(engine, str) or "line" not in kinds:
        return around.put(resolve(engine, media, rows, options), rows)
    from masklet.models.lines.company import split
    from masklet.models.lines.engine import Lines, with_lines

    areas = split(rows)[0]
    if not areas.trusted.any() and engine == "auto":
        return Lines(), "lines: only lines are annotated"
    runner, reason = resolve(engine, media, areas if areas.trusted.any() else rows, options)
    if isinstance(runner, Lines):
        return runner, reason
    runner, reason = around.put((runner, reason), rows)
    return with_lines(runner, engine_id(runner)), f"{reason}; lines by the engine lines"
