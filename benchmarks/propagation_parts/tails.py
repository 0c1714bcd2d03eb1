"""Tails as lines, in the generated home cage: how far the polyline found is from the true one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import lines
import numpy as np

from masklet.core import Masks
from masklet.models.lines.company import split
from masklet.models.lines.engine import WithLines
from masklet.testing import PRESETS, Scene
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import Clip, clip
from propagation_parts.part import Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import TIMES, follow

TITLE = "Tails as lines, generated home cage behind bars"
NOTE = (
    "First frame given: bodies, and tails as masks of `line` labels; the engine masks the bodies and "
    "`lines` follows the tails beside it. Distances between polylines, pixels, mean over the frames "
    f"that show {lines.LEAST} px of tail or more: from points of the one found to the true one, from "
    "visible points of the true one to the one found, and the mean of both. `found`: share of those "
    "frames that have a line; `false`: lines on other frames. Switches as in the pairs, among bodies "
    "and among tails. J is that of the bodies."
)
COLUMNS = {
    "scene": "",
    "distance, px": ".2f",
    "found to true": ".2f",
    "true to found": ".2f",
    "found": ".3f",
    "false": "g",
    "id switches": "g",
    "J of bodies": ".3f",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row a number of animals."""
    for animals in (1, 3):
        if bench.chosen(f"tails {animals}"):
            yield Job(f"tails {animals}", lambda a=animals: _record(bench, a))


def _record(bench: Bench, animals: int) -> Record:
    scene = PRESETS[f"cage-bars-{animals}"]
    name = f"tails of {animals} animal{'s' * (animals > 1)}"
    case = clip(name, "tuning", scene, scene.truth(tails="own")).shortened(bench.frames)
    outcome = follow(WithLines(bench.make(bars="striped")), case, bench.whole)
    if bench.sheets:
        sheet(bench.sheets, "tails", case, outcome.rows)
    bodies, tails = split(case.truth)
    figures = {
        "scene": f"{animals} animal{'s' * (animals > 1)}",
        **distances(case, scene, outcome.rows),
        "id switches": sum(measures.switches(outcome.rows, kind) for kind in (bodies, tails)),
        "J of bodies": measures.mean_j(outcome.rows, bodies, [case.first]),
        **outcome.times,
    }
    return Record(figures)


def distances(case: Clip, scene: Scene, rows: Masks) -> Figures:
    """How far the tails found are from the true ones, all but the first frame."""
    here = range(case.first + 1, case.last + 1)
    shapes, shown = scene.polylines(here), lines.lengths(scene, scene.truth(tails="own"))
    found: list[tuple[float, float]] = []
    due = false = 0
    for i in range(len(shapes)):
        frame, obj = int(shapes.frame[i]), int(shapes.track_id[i])
        mine = rows.on(frame).of(obj)
        if shown[frame, obj] < lines.LEAST:
            false += len(mine)
            continue
        due += 1
        true = shapes.row_points(i).reshape(-1, 2)
        one = lines.apart(mine, case.truth.on(frame).of(obj), true)
        found += [one] if one is not None else []
    forth, back = np.nanmean(np.array(found), axis=0) if found else (np.nan, np.nan)
    return {
        "distance, px": float(forth + back) / 2,
        "found to true": float(forth),
        "true to found": float(back),
        "found": len(found) / max(due, 1),
        "false": false,
    }


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None: the issue asks for each row."""
    return []
