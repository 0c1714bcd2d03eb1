"""`masklet evaluate`."""

from __future__ import annotations

from typing import Any

import typer


def command(
    pred: str = typer.Argument(..., help="Predicted masks: a file or folder in any format."),
    truth: str = typer.Argument(
        "", help="True masks, of the same videos. Without them: how steady the prediction is."
    ),
    metrics: str = typer.Option(
        "all",
        help="all, or some of region, surface, lines, detection, tracks, identity, panoptic, semantic, "
        "stability, calibration, thresholds.",
    ),
    out: str | None = typer.Option(
        None, help="Every number as JSON; evaluation.json where there is a truth; '' for none."
    ),
    html: str | None = typer.Option(
        None, help="A page with plots and failures; evaluation.html where there is a truth; '' for none."
    ),
    media: str = typer.Option(
        "", help="The video or pictures, or a folder with those of each video: for the failures."
    ),
    objects: str = typer.Option(
        "auto", help="Which objects answer each other: auto, id, overlap, joined, frame."
    ),
    complete: str = typer.Option(
        "auto", help="Where the truth tells all objects: auto, rows, drawn, all."
    ),
    labels: str = typer.Option("names", help="names: labels meet by name; ignore: all are one."),
    skip: str = typer.Option("", help="Frames not to judge, such as 0,100-200."),
    skip_ends: bool = typer.Option(
        False, "--skip-ends", help="Do not judge the first and last frame, as DAVIS does."
    ),
    keep_prompts: bool = typer.Option(
        False, "--keep-prompts", help="Judge also frames that the engine was given by a person."
    ),
    videos: str = typer.Option("", help="Names or patterns of the videos to judge, by commas."),
    worst: int = typer.Option(12, min=0, help="Failures to show."),
    tolerance: float = typer.Option(
        0.008, help="Contour F: share of the frame's diagonal, or pixels from 1 on."
    ),
    surface_tolerance: float = typer.Option(2.0, help="NSD: pixels."),
    match_iou: float = typer.Option(0.5, help="IoU from which an object counts as found."),
    void: bool = typer.Option(
        False, "--void", help="Panoptic: what the truth leaves blank is void, as in the papers."
    ),
    trained_on: str = typer.Option("", help="Manifest of the training run: its frames are refused."),
    allow_leaks: bool = typer.Option(False, "--allow-leaks", help="Judge frames of the training set."),
    pred_format: str = typer.Option("", help="Format of the prediction, where content leaves a doubt."),
    truth_format: str = typer.Option("", help="Format of the truth."),
    pred_option: list[str] = typer.Option([], help="NAME=VALUE for the format of the prediction."),
    truth_option: list[str] = typer.Option([], help="NAME=VALUE for the format of the truth."),
) -> None:
    """Every metric of the field: a table, JSON, and a page with plots and the worst frames."""
    from masklet.cli.options import pairs, terms, words
    from masklet.cli.progress import progress
    from masklet.evaluation.case import Settings
    from masklet.verbs.evaluate import evaluate
    from masklet.verbs.report_text import text_of

    if not truth:
        asked = _asked(html, metrics, skip, videos, trained_on, objects, complete, labels)
        _without_truth(pred, out, asked, (pred_format, pairs(pred_option), media))
        return
    out, html = "evaluation.json" if out is None else out, "evaluation.html" if html is None else html
    with progress("judging") as told:
        report = evaluate(
            pred,
            truth,
            metrics,
            out=out or None,
            html=html or None,
            media=media or None,
            terms=terms(objects, complete, labels, skip, skip_ends=skip_ends, keep_prompts=keep_prompts),
            settings=Settings(
                tolerance,
                surface_tolerance=surface_tolerance,
                match_iou=match_iou,
                unlabelled_is_void=void,
            ),
            videos=words(videos),
            worst=worst,
            trained_on=trained_on or None,
            allow_leaks=allow_leaks,
            pred_reading=pairs(pred_option),
            truth_reading=pairs(truth_option),
            pred_format=pred_format or None,
            truth_format=truth_format or None,
            progress=told,
        )
    typer.echo(text_of(report))
    for path in filter(None, (out, html)):
        typer.echo(path)


def _asked(html: str | None, metrics: str, *words: str) -> list[str]:
    """Options given that need a truth."""
    names = ("--skip", "--videos", "--trained-on", "--objects", "--complete", "--labels")
    usual = ("", "", "", "auto", "auto", "names")
    given = [name for name, word, own in zip(names, words, usual, strict=True) if word != own]
    return [*["--html"][: bool(html)], *["--metrics"][: metrics != "all"], *given]


def _without_truth(
    pred: str,
    out: str | None,
    asked: list[str],
    reading: tuple[str, dict[str, Any], str],
) -> None:
    """Say how steady the prediction is."""
    from masklet.core.errors import UsageError
    from masklet.verbs.steadiness import steady, steady_text

    if asked:
        raise UsageError(
            f"{', '.join(asked)} cannot be used without true masks; expected masklet evaluate PRED TRUTH"
        )
    found = steady(pred, out or None, reading[0] or None, reading[1], reading[2] or None)
    typer.echo(steady_text(found))
    if out:
        typer.echo(out)


command.__name__ = "evaluate"
