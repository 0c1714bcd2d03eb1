"""`masklet batch`."""

from __future__ import annotations

import typer


def command(
    jobs: str = typer.Argument(
        ..., help="CSV table, a row a video: video, masks, out[, engine, label, frames, quality, bars]."
    ),
    processes: int = typer.Option(0, help="Videos at a time; 0 = one for every two processor cores."),
) -> None:
    """Track many videos, several at a time. Run again to go on, or to try again what failed."""
    from masklet.verbs.batch import Outcome, batch

    def ended(outcome: Outcome, done: int, total: int) -> None:
        said = outcome.error or f"{outcome.rows} masks, engine {outcome.engine.partition(':')[0]}"
        typer.echo(f"{done}/{total} {outcome.job.out}: {said}", err=outcome.error is not None)

    outcomes = batch(jobs, processes=processes or None, progress=ended)
    if any(outcome.error for outcome in outcomes):
        raise typer.Exit(1)


command.__name__ = "batch"
