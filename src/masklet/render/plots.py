"""Plots of a table of measures: trajectory, time series, occupancy, time in zones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from masklet.core.arrays import Bools, Floats, Image
from masklet.core.atomic import writing
from masklet.core.errors import DataError
from masklet.core.labels import PALETTE, palette_colour
from masklet.core.registry import require
from masklet.ops.zones import Zone

Table = Mapping[str, npt.NDArray[Any]]

_DPI = 110
_INK = "#3c3c3c"
_LOOK = {
    "font.size": 9.5,
    "axes.edgecolor": "#8a8a8a",
    "axes.labelcolor": _INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.color": "#6a6a6a",
    "ytick.color": "#6a6a6a",
    "text.color": _INK,
    "legend.frameon": False,
}
_SERIES = (
    ("area_mm2", "area_px", "area", ("mm²", "px")),
    ("body_length_mm", "body_length_px", "body length", ("mm", "px")),
    ("speed_mm_s", "speed_px_s", "speed", ("mm/s", "px/s")),
    ("score", "score", "score", ("0 to 1", "0 to 1")),
)


@dataclass(frozen=True)
class Scene:
    """What the plots are drawn over.

    Args:
        size_wh: (width, height) of the frames, pixels.
        background: a frame `(h, w, 3) uint8` RGB, or None for white.
        zones: drawn and named on the picture.
        title: written above each plot, the name of the video say.
    """

    size_wh: tuple[int, int]
    background: Image | None = None
    zones: Sequence[Zone] = ()
    title: str = ""


def write_plots(table: Table, folder: Path | str, scene: Scene) -> list[Path]:
    """Draw what a table of `masklet.ops.measures.measure` tells; returns the PNG files written.

    `trajectory.png` (paths of the centroids over the background), `time_series.png` (area, body
    length, speed and score over time), `occupancy.png` (where each object spent its time) and, with
    zones, `zones.png` (time in each). Millimetres where the table has them. Raises
    `MissingExtraError` without matplotlib, `DataError` for a table without a tracked object or a
    folder that cannot be written to.
    """
    matplotlib = require("matplotlib", "plots", "drawing plots")
    ids = [int(i) for i in np.unique(table["object_id"][np.asarray(table["area_px"]) > 0]) if i >= 0]
    if not ids:
        raise DataError("the table has no tracked object with a mask; there is nothing to plot")
    plots: dict[str, Callable[[Table, list[int], Scene], Any]] = {
        "trajectory": trajectory,
        "time_series": time_series,
        "occupancy": occupancy,
    }
    if any(name.startswith("in_") for name in table):
        plots["zones"] = time_in_zones
    paths = []
    for name, plot in plots.items():
        path = Path(folder) / f"{name}.png"
        with matplotlib.rc_context(_LOOK), writing(path) as beside:
            plot(table, ids, scene).savefig(
                beside, dpi=_DPI, facecolor="white", bbox_inches="tight", pad_inches=0.12
            )
        paths.append(path)
    return paths


def trajectory(table: Table, ids: list[int], scene: Scene) -> Any:
    """Paths of the centroids in pixels of the frame; a ring marks the start, a dot the end."""
    with _axes(_picture_size(scene)) as (figure, axes):
        _backdrop(axes, scene)
        for object_id in ids:
            rows = _rows(table, object_id)
            x, y = (_broken(table, rows, name)[1] for name in ("centroid_x", "centroid_y"))
            colour = _colour(object_id)
            axes.plot(x, y, color="black", linewidth=2.4, alpha=0.35)
            axes.plot(x, y, color=colour, linewidth=1.3, label=_name(table, object_id))
            axes.plot(x[0], y[0], "o", color="white", markeredgecolor=colour, markeredgewidth=2)
            axes.plot(x[-1], y[-1], "o", color=colour, markeredgecolor="white", markersize=8)
        axes.set_title(_title(scene, "trajectory"))
        _legend(axes, len(ids))
    return figure


def time_series(table: Table, ids: list[int], scene: Scene) -> Any:
    """Area, body length, speed and score over time, a line an object; a running median in front."""
    panels = [panel for panel in _SERIES if _known(table, panel)]
    with _axes((9, 1.2 + 1.7 * len(panels)), len(panels)) as (figure, all_axes):
        for axes, (metric, plain, name, units) in zip(np.atleast_1d(all_axes), panels, strict=True):
            column, unit = (metric, units[0]) if metric in table else (plain, units[1])
            for object_id in ids:
                time, values = _broken(table, _rows(table, object_id), column)
                colour = _colour(object_id)
                axes.plot(time, values, color=colour, linewidth=0.7, alpha=0.4)
                style = {"color": colour, "linewidth": 1.6, "linestyle": _dash(object_id)}
                axes.plot(time, _smooth(values), label=_name(table, object_id), **style)
            axes.set_ylabel(f"{name} [{unit}]")
            axes.set_ylim(bottom=0, top=1.02 if name == "score" else None)
            axes.margins(x=0.01)
        first = np.atleast_1d(all_axes)[0]
        first.set_title(_title(scene, "over time"))
        _legend(first, len(ids))
        np.atleast_1d(all_axes)[-1].set_xlabel(_time_name(table))
    return figure


def occupancy(table: Table, ids: list[int], scene: Scene) -> Any:
    """Where the centroids spent their time, a panel an object; the colour bar gives its unit."""
    shown = ids[:6]
    columns = min(len(shown), 3)
    lines = -(-len(shown) // columns)
    wide, high = _picture_size(scene, width=9 if columns == 1 else 12 / columns)
    with _axes((wide * columns, high * lines), lines, columns) as (figure, all_axes):
        for axes in np.ravel(all_axes)[len(shown) :]:
            axes.set_visible(False)
        for axes, object_id in zip(np.ravel(all_axes), shown, strict=False):
            heat, unit = _heat(table, object_id, scene.size_wh)
            _backdrop(axes, scene)
            seen = np.clip(heat / heat.max() * 12, 0, 0.85)
            image = axes.imshow(heat, "viridis", alpha=seen, extent=_extent(heat, scene.size_wh))
            bar = figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02)
            bar.solids.set_alpha(1)
            cell = _cell(scene.size_wh)
            bar.set_label(f"time [{unit} per {cell} x {cell} px]")
            bar.outline.set_visible(False)
            axes.set_title(_title(scene, f"occupancy, {_name(table, object_id)}"))
    return figure


def time_in_zones(table: Table, ids: list[int], scene: Scene) -> Any:
    """Time in each zone, a bar an object."""
    zones = [name.removeprefix("in_") for name in table if name.startswith("in_")]
    thick = 0.8 / len(ids)
    with _axes((8, 1.3 + 0.3 * len(zones) * max(len(ids), 1.4))) as (figure, axes):
        for i, object_id in enumerate(ids):
            rows = _rows(table, object_id)
            weight, unit = _weights(table, rows)
            spent = [float(weight[table[f"in_{zone}"][rows].astype(bool)].sum()) for zone in zones]
            at = np.arange(len(zones)) + (i - (len(ids) - 1) / 2) * thick
            bars = axes.barh(at, spent, thick * 0.8, color=_colour(object_id), hatch=_hatch(object_id))
            share = [f" {s:.1f} {unit} ({s / max(weight.sum(), 1e-9):.0%})" for s in spent]
            axes.bar_label(bars, share, fontsize=8.5, color=_INK)
            bars.set_label(_name(table, object_id))
        axes.set_yticks(np.arange(len(zones)), zones)
        axes.invert_yaxis()
        axes.margins(x=0.2)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"time in zone [{unit}]")
        axes.set_title(_title(scene, "time in zones"))
        _legend(axes, len(ids))
    return figure


@contextmanager
def _axes(size: tuple[float, float], lines: int = 1, columns: int = 1) -> Iterator[tuple[Any, Any]]:
    """A figure of its own, known to no global state, so nothing needs closing."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    yield figure, figure.subplots(lines, columns, sharex=columns == 1)


def _backdrop(axes: Any, scene: Scene) -> None:
    width, height = scene.size_wh
    if scene.background is not None:
        grey = scene.background.mean(axis=2)
        axes.imshow(110 + grey * 0.57, extent=(0, width, height, 0), cmap="gray", vmin=0, vmax=255)
    for zone in scene.zones:
        x, y = np.vstack([zone.polygon, zone.polygon[:1]]).T
        axes.plot(x, y, color="black", linewidth=1.2, linestyle=(0, (5, 3)))
        axes.annotate(
            zone.name, (x.min() + 4, y.min() + 4), va="top", fontsize=9, color="black", weight="bold"
        )
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal", xlabel="x [px]", ylabel="y [px]")
    axes.grid(visible=False)


def _picture_size(scene: Scene, width: float = 8.0) -> tuple[float, float]:
    w, h = scene.size_wh
    return width, float(np.clip(width * h / w, 2, 12)) + 0.5


def _rows(table: Table, object_id: int) -> npt.NDArray[np.int64]:
    return np.flatnonzero((table["object_id"] == object_id) & (np.asarray(table["area_px"]) > 0))


def _time(table: Table) -> Floats:
    seconds = np.asarray(table["seconds"], np.float64)
    return np.asarray(table["frame"], np.float64) if np.isnan(seconds).any() else seconds


def _time_name(table: Table) -> str:
    return "frame" if np.isnan(np.asarray(table["seconds"], np.float64)).any() else "time [s]"


def _broken(table: Table, rows: npt.NDArray[np.int64], column: str) -> tuple[Floats, Floats]:
    """Time and values of one object, with a NaN between where its rows have a gap."""
    step = np.diff(np.asarray(table["frame"])[rows])
    gaps = np.flatnonzero(step > np.median(step)) + 1 if len(step) else np.empty(0, np.int64)
    time, values = _time(table)[rows], np.asarray(table[column], np.float64)[rows]
    return np.insert(time, gaps, np.nan), np.insert(values, gaps, np.nan)


def _smooth(values: Floats) -> Floats:
    """Running median over a hundredth of the values (5 to 61 of them); NaN where the value is NaN."""
    half = int(np.clip(len(values) // 200, 2, 30))
    padded = np.pad(values, half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    known: Bools = ~np.isnan(values)
    smooth = values.copy()
    smooth[known] = np.nanmedian(windows[known], axis=1)
    return smooth


def _heat(table: Table, object_id: int, size_wh: tuple[int, int]) -> tuple[Floats, str]:
    """`(rows, columns)`: time per cell of `_cell` pixels, a little smoothed, and its unit."""
    rows = _rows(table, object_id)
    weight, unit = _weights(table, rows)
    cell = _cell(size_wh)
    bins = [-(-size_wh[1] // cell), -(-size_wh[0] // cell)]
    extent = [(0, bins[0] * cell), (0, bins[1] * cell)]
    y, x = (np.asarray(table[name], np.float64)[rows] for name in ("centroid_y", "centroid_x"))
    heat = np.histogram2d(y, x, bins=bins, range=extent, weights=weight)[0]
    kernel = np.exp(-np.square(np.arange(-6, 7) / 2.5) / 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        heat = np.apply_along_axis(lambda line: np.convolve(line, kernel, "same"), axis, heat)
    return heat[: bins[0], : bins[1]], unit


def _extent(heat: Floats, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, right, bottom, top of the map: whole cells, so it may reach over the frame."""
    cell = _cell(size_wh)
    return 0, heat.shape[1] * cell, heat.shape[0] * cell, 0


def _cell(size_wh: tuple[int, int]) -> int:
    """Side of a cell of the occupancy map, pixels: an eightieth of the longer side."""
    return max(round(max(size_wh) / 80), 1)


def _weights(table: Table, rows: npt.NDArray[np.int64]) -> tuple[Floats, str]:
    """What each row counts: its seconds, or one frame where times are unknown."""
    duration = np.asarray(table["duration_s"], np.float64)[rows]
    return (np.ones(len(rows)), "frames") if np.isnan(duration).any() else (duration, "s")


def _known(table: Table, panel: tuple[str, str, str, tuple[str, str]]) -> bool:
    return not bool(np.isnan(np.asarray(table[panel[1]], np.float64)).all())


def _name(table: Table, object_id: int) -> str:
    return f"{object_id} {table['label'][_rows(table, object_id)[0]]}"


def _colour(object_id: int) -> str:
    return palette_colour(max(object_id - 1, 0))


def _dash(object_id: int) -> str:
    return ("-", "--", ":", "-.")[(max(object_id - 1, 0) // len(PALETTE)) % 4]


def _hatch(object_id: int) -> str:
    return ("", "//", "..", "xx")[(max(object_id - 1, 0) // len(PALETTE)) % 4]


def _title(scene: Scene, what: str) -> str:
    return f"{scene.title}: {what}" if scene.title else what[:1].upper() + what[1:]


def _legend(axes: Any, objects: int) -> None:
    if objects > 1:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=min(objects, 6), borderaxespad=0.2)
