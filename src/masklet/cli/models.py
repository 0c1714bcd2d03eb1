"""`masklet models`."""

from __future__ import annotations

from enum import StrEnum

import typer


class Action(StrEnum):
    """What is done."""

    LIST = "list"
    PULL = "pull"
    PATH = "path"


def command(
    action: Action = typer.Argument(Action.LIST, help="list: what there is; pull: fetch; path: where."),
    name: str = typer.Argument("", help="Which weights, such as sam2-small (pull and path)."),
) -> None:
    """Published weights of the engines: list them, fetch them, say where they lie."""
    from masklet.core.errors import UsageError
    from masklet.verbs import models

    if action is Action.LIST:
        if name:
            raise UsageError(
                f"list takes no name, found {name!r}; did you mean: masklet models path {name}"
            )
        _list()
        return
    if not name:
        known = ", ".join(one.entry.name for one in models.models())
        raise UsageError(f"{action} needs a name: masklet models {action} NAME; known: {known}")
    if action is Action.PATH:
        typer.echo(models.path(name))
        return
    from masklet.cli.progress import stages

    with stages() as report:
        typer.echo(models.pull(name, lambda title, *done: report(f"{title}, MB", *done)))


def _list() -> None:
    """One line for each set of weights, with where it lies where it is here; then the other names."""
    from masklet.verbs.models import ALIASES, models

    rows = models()
    heads = ("name", "family", "MB", "licence", "here")
    table = [
        (
            one.entry.name,
            one.entry.family,
            f"{one.size / 1e6:.0f}" if one.path else str(one.entry.megabytes),
            one.entry.licence + (" (on request)" if one.entry.gated else ""),
            str(one.path) if one.path else one.note,
        )
        for one in rows
    ]
    widths = [max(len(row[i]) for row in [heads, *table]) for i in range(4)]
    for row in [heads, *table]:
        cells = [f"{row[i]:>{w}}" if i == 2 else f"{row[i]:<{w}}" for i, w in enumerate(widths)]
        typer.echo("  ".join([*cells, row[4]]))
    typer.echo("; ".join(f"{short} stands for {name}" for short, name in ALIASES.items()))
    typer.echo("fetch one with: masklet models pull NAME")


command.__name__ = "models"
