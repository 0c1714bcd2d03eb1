"""`masklet redo`."""

from __future__ import annotations

import typer


def command(
    project: str = typer.Argument(..., help="A project, or the folder of results that holds it."),
    steps: int = typer.Option(1, help="How many things to do again."),
    video: int = typer.Option(0, help="Number of the video, where the project has several."),
) -> None:
    """Do again what the last undo took back."""
    from masklet.verbs.history import redo

    done = redo(project, steps, video=video or None)
    typer.echo("; ".join(map(str, done)) or "nothing to do again")


command.__name__ = "redo"
