"""`masklet worker`."""

from __future__ import annotations

import typer


def command(
    db: str = typer.Option(
        ..., help="Database of jobs: postgresql://USER@HOST/NAME, or sqlite:///FILE on this machine."
    ),
    name: str = typer.Option(
        "", help="Of this worker; the same name goes on with what it left. Else host and process."
    ),
) -> None:
    """Take tracking jobs from a database, until Ctrl-C. The projects must be reachable from here."""
    from masklet.jobs.outpost import work_here

    work_here(db, name, typer.echo)


command.__name__ = "worker"
