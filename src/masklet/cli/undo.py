"""`masklet undo`."""

from __future__ import annotations

import typer


def command(
    project: str = typer.Argument(..., help="A project, or the folder of results that holds it."),
    steps: int = typer.Option(1, help="How many things to take back."),
    video: int = typer.Option(0, help="Number of the video, where the project has several."),
) -> None:
    """Take back the last thing that was done to a project: a save, or a whole tracking run."""
    from masklet.verbs.history import undo

    done = undo(project, steps, video=video or None)
    typer.echo("; ".join(map(str, done)) or "nothing to take back")


command.__name__ = "undo"
