"""`masklet measure`."""

from __future__ import annotations

import typer


def command(
    masks: str = typer.Argument(..., help="Masks in any format, or a project."),
    out: str = typer.Option("measures.csv", help="Table to write: .csv or .parquet."),
    video: str = typer.Option("", help="The video: times, and the background of plots."),
    scale: float = typer.Option(0.0, help="Millimetres per pixel; 0 = pixels only."),
    fps: float = typer.Option(0.0, help="Frames per second, where no times are known."),
    zones: str = typer.Option("", help='JSON: {"zones": [{"name": "nest", "polygon": [[x, y], ...]}]}'),
    plots: str = typer.Option("", help="Folder for plots (needs the extra: plots)."),
) -> None:
    """Area, position, speed, body length, distance, zones: a table, and plots."""
    from masklet.cli.progress import busy
    from masklet.cli.tables import show
    from masklet.core.errors import UsageError
    from masklet.verbs.measure import measure, totals

    if scale < 0 or fps < 0:
        raise UsageError(f"found scale {scale} and fps {fps}; expected positive numbers")
    with busy("measuring"):
        table = measure(
            masks,
            out,
            video=video or None,
            scale=scale or None,
            fps=fps or None,
            zones=zones or None,
            plots=plots or None,
        )
    show(totals(table))
    typer.echo(out)
    if plots:
        typer.echo(plots)


command.__name__ = "measure"
