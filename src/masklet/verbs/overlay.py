"""Masks drawn on their video, and on one page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from masklet.annotate.ranges import parse_ranges
from masklet.core import Masks, MediaSource, UsageError
from masklet.ops.videos import note_other_video
from masklet.render.style import OverlayStyle
from masklet.verbs.outputs import check_outputs, check_suffix


def overlay(
    video: str | Path | MediaSource,
    masks: Masks | str | Path,
    out: str | Path | None = None,
    *,
    sheet: str | Path | None = None,
    frames: str | None = None,
    style: OverlayStyle | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Path]:
    """Write a video with its masks drawn on it, and a contact sheet.

    Args:
        video: path, folder, glob or an open `MediaSource`.
        masks: `Masks`, or a file or project in any known format.
        out: an `.mp4` to write; None = no video.
        sheet: a `.png` to write; None = no contact sheet.
        frames: comma list of frames and inclusive ranges; None = all.
        style: what is drawn; None = the usual.
        progress: told (done, total) frames.

    Returns the files written. Raises `UsageError` when neither is asked for, or an
    output is one of the inputs.
    """
    from masklet.formats.files import read
    from masklet.media.opening import open_media
    from masklet.render.contact_sheet import contact_sheet
    from masklet.render.video import write_overlay

    if out is None and sheet is None:
        raise UsageError("nothing to draw: give --out VIDEO.mp4, --sheet PAGE.png or both")
    if out is not None:
        check_suffix(out, ".mp4")
    if sheet is not None:
        check_suffix(sheet, ".png")
    media = open_media(video) if isinstance(video, str | Path) else video
    check_outputs([path for path in (out, sheet) if path is not None], [video, media, masks])
    rows = masks if isinstance(masks, Masks) else read(masks, media.video)
    note_other_video(
        rows.video, media.video, masks if isinstance(masks, str | Path) else "the table of masks"
    )
    ranges = parse_ranges(frames, media.video.n_frames) if frames else None
    wanted = [frame for part in ranges for frame in part] if ranges else None
    written = []
    if out is not None:
        write_overlay(media, rows, Path(out), wanted, style=style, progress=progress)
        written.append(Path(out))
    if sheet is not None:
        contact_sheet(media, rows, Path(sheet), wanted, style=style)
        written.append(Path(sheet))
    return written
