"""`masklet review`."""

from __future__ import annotations

import typer

from masklet.cli.serve import run

_PATH = "A project, or the folder of results that holds it."


def command(
    project: str = typer.Argument(..., help=_PATH),
    host: str = typer.Option(
        "127.0.0.1", help="Where to listen; others than this machine need a token."
    ),
    port: int = typer.Option(8800, help="Where to listen; 0 takes any that is free."),
    open_browser: bool = typer.Option(True, "--open/--no-open", help="Show the page in a browser."),
) -> None:
    """Look through what is doubtful, worst first, in the browser: accept, fix or skip."""
    run(project, "review", "", host, port, open_browser, [])


command.__name__ = "review"
