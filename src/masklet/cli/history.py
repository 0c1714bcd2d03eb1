"""`masklet history`."""

from __future__ import annotations

import typer


def command(
    project: str = typer.Argument(..., help="A project, or the folder of results that holds it."),
    video: int = typer.Option(0, help="Number of the video, where the project has several."),
) -> None:
    """What was done to a project, oldest first, a line for each thing that `undo` takes back."""
    from datetime import datetime

    from masklet.verbs.history import history

    entries = history(project, video=video or None)
    for entry in entries:
        when = datetime.fromtimestamp(entry.time).isoformat(" ", "seconds")
        numbers = f"{entry.first}" if entry.first == entry.last else f"{entry.first}-{entry.last}"
        who = f", by {entry.author}" if entry.author else ""
        typer.echo(f"{numbers:>9}  {when}  {entry}{who}")
    if not entries:
        typer.echo("nothing was done yet")


command.__name__ = "history"
