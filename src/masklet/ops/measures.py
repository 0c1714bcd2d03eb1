"""Numbers per frame and object: where it is, how large, how fast, in which zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Bools, Floats, Int32s, Int64s
from masklet.core.enums import Flags
from masklet.core.errors import DataError, UsageError
from masklet.core.masks import Masks
from masklet.ops.moments import Moments, moments
from masklet.ops.table import boxes
from masklet.ops.zones import Zone, check_zones

Table = dict[str, npt.NDArray[np.generic]]
"""Columns of equal length by name; one row = one (frame, object)."""

_FULL_SIZE = 95


def measure(
    masks: Masks,
    scale_mm_per_px: float | None = None,
    zones: Sequence[Zone] = (),
    fps: float | None = None,
) -> Table:
    """A tidy table, one row for each row of `masks`, in the same order.

    Columns. `frame`, `seconds` (presentation time; NaN where unknown), `object_id`, `label`;
    `area_px`; `centroid_x`, `centroid_y`; `box_x0`, `box_y0`, `box_x1`, `box_y1` (half-open);
    `major_axis_px`, `minor_axis_px` (of the ellipse with the same second moments, full length);
    `orientation_deg` (angle of the major axis, -90 < a <= 90, 0 = along x, clockwise on screen;
    head and tail are not told apart);
    `body_length_px` (largest distance between two points of the mask, Feret's diameter: a curled
    animal is shorter); `visible_fraction` (area as a share of the object's full size, taken as the
    95th percentile of its areas in this table, at most 1: an estimate, since what is hidden is not
    known); `speed_px_s`, `distance_px`, `duration_s`, `in_<zone>` (its centroid lies in the zone),
    `score`, `flags` (names, lower case, joined by blanks).

    Coordinates are pixels from the corner of the top-left pixel, x right, y down; a centroid on the
    middle of the first pixel is (0.5, 0.5). Times are those of the video; `fps` stands in where it
    has none. An empty mask counts as absent: area 0, NaN elsewhere.

    A *gap* is where an object's rows lie further apart than they usually do (the median step of
    that object, so a table of every tenth frame has no gaps). `speed_px_s` is the way of the
    centroid since the object's row before, over the time between; NaN on the first row and after a
    gap. `distance_px` adds up those ways from the object's first row; a gap adds nothing.
    `duration_s` is the time until the object's next row, and the usual time before a gap and at the
    end; summed over rows in a zone it is the time spent there. Untracked rows (object -1) have no
    speed, distance or duration.

    With `scale_mm_per_px` follow `area_mm2`, `major_axis_mm`, `minor_axis_mm`, `body_length_mm`,
    `speed_mm_s` and `distance_mm`.

    Raises `UsageError` for a scale or a frame rate that is not positive, `DataError` for two zones
    of one name or a zone that lies outside the picture.
    """
    _check_positive("scale", scale_mm_per_px, "millimetres per pixel")
    _check_positive("fps", fps, "frames per second")
    _check_zones(masks, zones)
    found = moments(masks)
    seconds = _seconds(masks, fps)
    table: Table = {
        "frame": masks.frame.copy(),
        "seconds": seconds,
        "object_id": masks.object_id.copy(),
        "label": np.array([label.name for label in masks.labels], dtype=np.str_)[masks.label_id],
        **_form(masks, found),
        **_motion(masks, found, seconds),
    }
    for zone in zones:
        table[f"in_{zone.name}"] = zone.contains(found.centroid_xy)
    table["score"] = masks.score.copy()
    table["flags"] = _flag_names(masks)
    return table if scale_mm_per_px is None else _scaled(table, scale_mm_per_px)


def summary(table: Mapping[str, npt.NDArray[np.generic]]) -> Table:
    """One row per object of a table that `measure` made.

    Columns: `object_id`, `label`; `frames` (rows with a mask); `seconds` (their durations together);
    `mean_area_px`, `mean_body_length_px`, `mean_visible_fraction`; `distance_px`, `mean_speed_px_s`
    and `max_speed_px_s` (mean = distance over the time that it took, gaps left out); the same in
    millimetres where the table has them; and per zone `seconds_in_<zone>`, `distance_in_<zone>_px`
    and `entries_<zone>` (how often it was found inside after it was seen outside).
    """
    ids = np.unique(table["object_id"])
    rows = [np.flatnonzero(table["object_id"] == object_id) for object_id in ids]
    columns: dict[str, list[object]] = {}
    for at in rows:
        for name, value in _summary_row(table, at).items():
            columns.setdefault(name, []).append(value)
    return {"object_id": ids, **{name: np.array(values) for name, values in columns.items()}}


def _form(masks: Masks, found: Moments) -> Table:
    box = boxes(masks)
    axes = found.axes
    return {
        "area_px": found.area,
        "centroid_x": found.centroid_xy[:, 0],
        "centroid_y": found.centroid_xy[:, 1],
        **{f"box_{name}": box[:, i] for i, name in enumerate(("x0", "y0", "x1", "y1"))},
        "major_axis_px": axes[:, 0],
        "minor_axis_px": axes[:, 1],
        "orientation_deg": found.orientation,
        "body_length_px": found.feret,
        "visible_fraction": _visible(masks, found.area),
    }


def _visible(masks: Masks, area: Int64s) -> Floats:
    fraction = np.full(len(masks), np.nan)
    for object_id in masks.objects[masks.objects >= 0]:
        rows = (masks.object_id == object_id) & (area > 0)
        if rows.any():
            fraction[rows] = np.minimum(area[rows] / np.percentile(area[rows], _FULL_SIZE), 1)
    return fraction


def _seconds(masks: Masks, fps: float | None) -> Floats:
    if len(masks.video.times):
        seconds: Floats = masks.video.times[masks.frame]
        return seconds
    return masks.frame / fps if fps else np.full(len(masks), np.nan)


def _motion(masks: Masks, found: Moments, seconds: Floats) -> Table:
    speed, distance, duration = (np.full(len(masks), np.nan) for _ in range(3))
    for object_id in masks.objects[masks.objects >= 0]:
        rows = np.flatnonzero((masks.object_id == object_id) & (found.area > 0))
        if not len(rows):
            continue
        near = _near(masks.frame[rows])
        way = np.hypot(*np.diff(found.centroid_xy[rows], axis=0).T)
        elapsed = np.diff(seconds[rows])
        with np.errstate(invalid="ignore", divide="ignore"):
            speed[rows[1:]] = np.where(near & (elapsed > 0), way / elapsed, np.nan)
        distance[rows] = np.concatenate([[0], np.cumsum(np.where(near, way, 0))])
        duration[rows] = np.append(np.where(near, elapsed, np.nan), np.nan)
        missing = rows[np.isnan(duration[rows])]
        duration[missing] = _usual(elapsed[near], masks, seconds)
    return {"speed_px_s": speed, "distance_px": distance, "duration_s": duration}


def _near(frame: Int32s) -> Bools:
    """`(n - 1,)`: whether a row follows the one before without a gap."""
    step = np.diff(frame)
    near: Bools = step <= np.median(step) if len(step) else np.empty(0, np.bool_)
    return near


def _usual(elapsed: Floats, masks: Masks, seconds: Floats) -> float:
    """Usual time between an object's rows; one frame's where it has a single row."""
    if len(elapsed):
        return float(np.median(elapsed))
    if len(masks.video.times) > 1:
        return float(np.median(np.diff(masks.video.times)))
    apart = np.diff(np.unique(seconds))
    return float(np.min(apart)) if len(apart) else float("nan")


def _flag_names(masks: Masks) -> npt.NDArray[np.generic]:
    values, place = np.unique(masks.flags, return_inverse=True)
    names = [" ".join(flag.name.lower() for flag in Flags(int(v)) if flag.name) for v in values]
    return np.array(names, dtype=np.str_)[place]


def _scaled(table: Table, scale: float) -> Table:
    """The table with each length in pixels followed by the same in millimetres."""
    wider: Table = {}
    for name, column in table.items():
        wider[name] = column
        if name == "area_px":
            wider["area_mm2"] = np.asarray(column, np.float64) * scale**2
        elif name.endswith(("_px", "_px_s")):
            wider[name.replace("_px", "_mm")] = np.asarray(column, np.float64) * scale
    return wider


def _summary_row(table: Mapping[str, npt.NDArray[np.generic]], at: Int64s) -> dict[str, object]:
    seen = at[np.asarray(table["area_px"])[at] > 0]
    present = {name: column[seen] for name, column in table.items()}
    row: dict[str, object] = {
        "label": _commonest(table["label"][at]),
        "frames": len(seen),
        "seconds": _total(_floats(present, "duration_s")),
        "mean_visible_fraction": _mean(_floats(present, "visible_fraction")),
    }
    for unit in [unit for unit in ("px", "mm") if f"distance_{unit}" in table]:
        area = "area_px" if unit == "px" else "area_mm2"
        row[f"mean_{area}"] = _mean(_floats(present, area))
        row[f"mean_body_length_{unit}"] = _mean(_floats(present, f"body_length_{unit}"))
        row |= _travel(present, unit)
    return row | _visits(present)


def _travel(present: Mapping[str, npt.NDArray[np.generic]], unit: str) -> dict[str, object]:
    way, speed = _ways(present, unit), _floats(present, f"speed_{unit}_s")
    moved = np.flatnonzero(~np.isnan(speed))
    time = float(_floats(present, "duration_s")[moved - 1].sum())
    return {
        f"distance_{unit}": float(way.sum()),
        f"mean_speed_{unit}_s": float(way[moved].sum() / time) if time > 0 else float("nan"),
        f"max_speed_{unit}_s": float(speed[moved].max()) if len(moved) else float("nan"),
    }


def _visits(present: Mapping[str, npt.NDArray[np.generic]]) -> dict[str, object]:
    visits: dict[str, object] = {}
    for column in [name for name in present if name.startswith("in_")]:
        name, inside = column.removeprefix("in_"), np.asarray(present[column], np.bool_)
        visits[f"seconds_in_{name}"] = _total(_floats(present, "duration_s")[inside])
        for unit in [unit for unit in ("px", "mm") if f"distance_{unit}" in present]:
            visits[f"distance_in_{name}_{unit}"] = float(_ways(present, unit)[inside].sum())
        visits[f"entries_{name}"] = int((inside & ~np.append(True, inside[:-1])).sum())
    return visits


def _floats(table: Mapping[str, npt.NDArray[np.generic]], name: str) -> Floats:
    return np.asarray(table[name], np.float64)


def _ways(present: Mapping[str, npt.NDArray[np.generic]], unit: str) -> Floats:
    """How far the object came since its row before; 0 on the first, NaN read as 0."""
    distance = np.nan_to_num(_floats(present, f"distance_{unit}"))
    return np.diff(distance, prepend=distance[:1])


def _total(values: Floats) -> float:
    """Their sum; NaN where nothing is known."""
    return float(np.nansum(values)) if len(values) == 0 or not np.isnan(values).all() else float("nan")


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _commonest(values: npt.NDArray[np.generic]) -> str:
    names, counts = np.unique(values, return_counts=True)
    return str(names[counts.argmax()]) if len(names) else ""


def _check_positive(name: str, value: float | None, unit: str) -> None:
    if value is not None and not (np.isfinite(value) and value > 0):
        raise UsageError(f"{name} is {value}; expected a positive number of {unit}")


def _check_zones(masks: Masks, zones: Sequence[Zone]) -> None:
    check_zones(zones)
    width, height = masks.video.width, masks.video.height
    for zone in zones:
        low, high = zone.polygon.min(axis=0), zone.polygon.max(axis=0)
        if high[0] <= 0 or high[1] <= 0 or low[0] >= width or low[1] >= height:
            raise DataError(
                f"zone {zone.name!r} spans x {low[0]:g}..{high[0]:g}, y {low[1]:g}..{high[1]:g}; "
                f"expected it to meet the picture of {width}x{height} pixels"
            )
