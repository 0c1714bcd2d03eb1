"""Numbers per frame and object, as a table and as plots."""

from __future__ import annotations

from pathlib import Path

from masklet.core import Masks, MediaSource
from masklet.ops.measures import Table, summary
from masklet.ops.measures import measure as measure_masks
from masklet.ops.videos import note_other_video
from masklet.ops.zones import read_zones
from masklet.verbs.outputs import check_outputs


def measure(
    masks: Masks | str | Path,
    out: str | Path | None = None,
    *,
    video: str | Path | MediaSource | None = None,
    scale: float | None = None,
    fps: float | None = None,
    zones: str | Path | None = None,
    plots: str | Path | None = None,
) -> Table:
    """Area, position, axes, speed, body length, distance and zones for each frame and object.

    Args:
        masks: `Masks`, or a file or project in any known format.
        out: `.csv` or `.parquet` to write; None = only return the table.
        video: the media, for presentation times where the masks have none, and as the background
            of plots.
        scale: millimetres per pixel; adds columns in millimetres.
        fps: frames per second where no times are known.
        zones: a JSON file of named polygons, see `masklet.ops.zones.read_zones`.
        plots: folder for pictures; needs the extra `plots`.

    Returns the columns of the table, described in `masklet.ops.measures.measure`.
    """
    from masklet.formats.files import read
    from masklet.formats.tables import write_table
    from masklet.media.opening import open_media

    if out is not None:
        check_outputs([out], [masks, video, zones])
    media = open_media(video) if isinstance(video, str | Path) else video
    rows = masks if isinstance(masks, Masks) else read(masks, media.video if media else None)
    if media is not None:
        note_other_video(
            rows.video, media.video, masks if isinstance(masks, str | Path) else "the table"
        )
    places = read_zones(zones) if zones is not None else ()
    table = measure_masks(rows, scale, places, fps)
    if out is not None:
        write_table(table, Path(out))
    if plots is not None:
        from masklet.render.plots import Scene, write_plots

        background = media[0] if media is not None else None
        title = Path(rows.video.uri).name
        write_plots(table, Path(plots), Scene(rows.video.size_wh(0), background, places, title))
    return table


def totals(table: Table) -> Table:
    """One row per object: distance, mean speed, time in each zone. See `ops.measures.summary`."""
    return summary(table)
