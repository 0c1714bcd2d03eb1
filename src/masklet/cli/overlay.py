"""`masklet overlay`."""

from __future__ import annotations

import typer


def command(
    video: str = typer.Argument(..., help="Video file, folder of images or glob."),
    masks: str = typer.Argument(..., help="Masks in any format, or a project."),
    out: str = typer.Option("", help="The .mp4 to write."),
    sheet: str = typer.Option("", help="A contact sheet to write, .png."),
    frames: str = typer.Option("", help="Only these frames: 120-180,305,400-"),
    scores: bool = typer.Option(False, help="Write each object's score."),
    fill: float = typer.Option(0.3, help="Opacity inside the masks, 0 to 1."),
) -> None:
    """Masks drawn on their video (--out), and on one page (--sheet)."""
    from masklet.render.style import OverlayStyle

    style = OverlayStyle(fill=fill, scores=scores, frame_number=True)
    draw(video, masks, out, sheet, frames, style)


def draw(
    video: str, masks: str, out: str, sheet: str, frames: str = "", style: object | None = None
) -> None:
    """Draw with a progress bar, and say what was written."""
    from masklet.cli.progress import progress
    from masklet.verbs.overlay import overlay

    with progress("drawing") as report:
        written = overlay(
            video,
            masks,
            out or None,
            sheet=sheet or None,
            frames=frames or None,
            style=style,  # type: ignore[arg-type]
            progress=report,
        )
    for path in written:
        typer.echo(str(path))


command.__name__ = "overlay"
