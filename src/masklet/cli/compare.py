"""`masklet compare`."""

from __future__ import annotations

import typer


def command(
    predictions: list[str] = typer.Argument(
        ...,
        help="Two predictions or more, the first is what others are compared with: PATH, or "
        "NAME=PATH,PATH,... with a path or pattern for each run (seed) of one method.",
    ),
    truth: str = typer.Option(..., help="True masks of the same videos."),
    metrics: str = typer.Option("all", help="As for masklet evaluate."),
    out: str = typer.Option("comparison.json", help="The table as JSON; '' for none."),
    html: str = typer.Option("comparison.html", help="One page with plots; '' for none."),
    media: str = typer.Option("", help="As for masklet evaluate."),
    objects: str = typer.Option("auto", help="As for masklet evaluate."),
    complete: str = typer.Option("auto", help="As for masklet evaluate."),
    labels: str = typer.Option("names", help="As for masklet evaluate."),
    skip: str = typer.Option("", help="Frames not to judge, such as 0,100-200."),
    skip_ends: bool = typer.Option(False, "--skip-ends", help="As for masklet evaluate."),
    keep_prompts: bool = typer.Option(False, "--keep-prompts", help="As for masklet evaluate."),
    videos: str = typer.Option("", help="Names or patterns of the videos to judge, by commas."),
    draws: int = typer.Option(1000, min=100, help="Draws of the bootstrap over videos."),
    seed: int = typer.Option(0, help="Of the bootstrap."),
) -> None:
    """Predictions side by side, with intervals: what lies within the noise is called so."""
    from masklet.cli.options import terms, words
    from masklet.cli.progress import stages
    from masklet.verbs.compare import compare
    from masklet.verbs.report_text import comparison_text

    agreed = terms(objects, complete, labels, skip, skip_ends=skip_ends, keep_prompts=keep_prompts)
    with stages() as told:
        comparison = compare(
            predictions,
            truth,
            metrics,
            out=out or None,
            html=html or None,
            draws=draws,
            seed=seed,
            progress=told,
            terms=agreed,
            videos=words(videos),
            media=media or None,
        )
    typer.echo(comparison_text(comparison))
    for path in (out, html):
        if path:
            typer.echo(path)


command.__name__ = "compare"
