"""Numbers and curves of a video's objects, as plots in a browser want them."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Int64s
from masklet.ops.measures import Table, measure, summary
from masklet.ops.zones import Zone, check_zones
from masklet.store import VideoStore

MOST_POINTS = 6000
"""Points of a curve; of longer ones every second, third, ... row is told."""
CELLS = 64
"""Cells of a heat map along the picture's longer side."""
_TABLES = 3


class Measured:
    """Tables of measures, kept while nothing changes: they take seconds for long videos."""

    def __init__(self) -> None:
        self._tables: OrderedDict[tuple[int, int, float], Table] = OrderedDict()
        self._lock = threading.Lock()

    def table(self, store: VideoStore, scale: float = 0.0, zones: Sequence[Zone] = ()) -> Table:
        """`ops.measures.measure` of all rows of a video, in `scale` millimetres a pixel, 0 = pixels."""
        check_zones(zones)
        key = (store.video_id, store.revision, scale)
        with self._lock:
            found = self._tables.pop(key, None)
            if found is None:
                found = measure(store.load(), scale or None)
            self._tables[key] = found
            while len(self._tables) > _TABLES:
                self._tables.popitem(last=False)
        centre = np.stack([found["centroid_x"], found["centroid_y"]], axis=1).astype(np.float64)
        return {**found, **{f"in_{zone.name}": zone.contains(centre) for zone in zones}}


def statistics(table: Table, size_wh: tuple[int, int], zones: Sequence[Zone] = ()) -> dict[str, Any]:
    """`{"objects": [...], "heat": {object: {"w", "h", "counts"}}}`: what a page of plots needs.

    Args:
        table: of `Measured.table`.
        size_wh: the picture.
        zones: those whose columns the table has.

    Lengths are in millimetres where the table has them. What is unknown is None. `counts` are frames
    with the object's centre in each cell, row by row.
    """
    totals = summary(table)
    objects, heat = [], {}
    for at, number in enumerate(totals["object_id"].tolist()):
        rows = np.flatnonzero(table["object_id"] == number)
        row = {name: column[at] for name, column in totals.items()}
        objects.append({**_totals(row, zones), **_curves(table, rows)})
        heat[str(number)] = _heat(table, rows, size_wh)
    return {"objects": objects, "heat": heat}


def _totals(row: Mapping[str, Any], zones: Sequence[Zone]) -> dict[str, Any]:
    unit = "mm" if "distance_mm" in row else "px"
    area = "mean_area_mm2" if unit == "mm" else "mean_area_px"
    return {
        "id": int(row["object_id"]),
        "label": str(row["label"]),
        "frames": int(row["frames"]),
        "mean_area": _number(row[area]),
        "distance": _number(row[f"distance_{unit}"]),
        "mean_speed": _number(row[f"mean_speed_{unit}_s"]),
        "zones": {zone.name: _number(row[f"seconds_in_{zone.name}"]) or 0.0 for zone in zones},
    }


def _curves(table: Table, rows: Int64s) -> dict[str, Any]:
    score = np.asarray(table["score"], np.float64)[rows]
    known = score[~np.isnan(score)]
    some = rows[:: max(math.ceil(len(rows) / MOST_POINTS), 1)]
    area = table.get("area_mm2", table["area_px"])
    return {
        "mean_score": float(known.mean()) if len(known) else None,
        "frame": table["frame"][some].tolist(),
        "area": _numbers(area[some]),
        "score": _numbers(table["score"][some]),
        "x": _numbers(table["centroid_x"][some]),
        "y": _numbers(table["centroid_y"][some]),
    }


def _heat(table: Table, rows: Int64s, size_wh: tuple[int, int]) -> dict[str, Any]:
    side = max(size_wh) / CELLS
    w, h = (max(math.ceil(length / side), 1) for length in size_wh)
    x, y = (np.asarray(table[f"centroid_{axis}"], np.float64)[rows] / side for axis in "xy")
    known = ~np.isnan(x)
    cell = np.minimum(y[known].astype(np.int64), h - 1) * w + np.minimum(
        x[known].astype(np.int64), w - 1
    )
    return {"w": w, "h": h, "counts": np.bincount(cell, minlength=w * h).tolist()}


def _numbers(values: npt.NDArray[Any]) -> list[float | None]:
    listed = np.asarray(values, np.float64).tolist()
    return [None if math.isnan(value) else round(value, 3) for value in listed]


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(float(value)) else None
