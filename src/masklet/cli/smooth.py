"""`masklet smooth`."""

from __future__ import annotations

import typer


def command(
    masks: str = typer.Argument(..., help="Masks in any format, or a project."),
    out: str = typer.Option(..., help="File or folder to write: .masklet, .parquet, ..."),
    frames: int = typer.Option(2, help="Frames on either side that take part."),
    source_format: str = typer.Option(
        "", "--from", help="Format to read, where content leaves a doubt."
    ),
    media: str = typer.Option("", help="The video or images, for formats without frame sizes."),
    read_option: list[str] = typer.Option(
        [], "--read-option", "-r", help="NAME=VALUE for the reading format, such as fit=true."
    ),
) -> None:
    """Steady masks: outlines averaged over neighbouring frames. What a person drew never changes."""
    from masklet.cli.options import pairs
    from masklet.cli.progress import progress
    from masklet.verbs.smooth import smooth, smooth_text

    with progress("smoothing") as report:
        done = smooth(
            masks,
            out,
            frames=frames,
            format=source_format or None,
            reading=pairs(read_option),
            media=media or None,
            progress=report,
        )
    typer.echo(smooth_text(done))
    typer.echo(out)


command.__name__ = "smooth"
