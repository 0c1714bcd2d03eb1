"""Numbers: masks judged by other masks, in every measure of the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from masklet.core import DataError, Masks, MediaSource, UsageError, Video
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.door import Door
from masklet.evaluation.families import Family, chosen
from masklet.evaluation.judging import Judge
from masklet.evaluation.leaks import read_training
from masklet.evaluation.report import Report
from masklet.evaluation.terms import Agreed, Terms
from masklet.verbs.outputs import check_reports
from masklet.verbs.sides import Reading, Side, Tables, matched, sides

Progress = Callable[[int, int], None]


def evaluate(
    pred: Tables,
    truth: Tables,
    metrics: str | Iterable[str] = "all",
    *,
    out: str | Path | None = None,
    html: str | Path | None = None,
    media: str | Path | None = None,
    terms: Terms | None = None,
    settings: Settings | None = None,
    videos: Sequence[str] = (),
    worst: int = 12,
    trained_on: str | Path | None = None,
    allow_leaks: bool = False,
    pred_reading: Mapping[str, Any] | None = None,
    truth_reading: Mapping[str, Any] | None = None,
    pred_format: str | None = None,
    truth_format: str | None = None,
    agreed: Mapping[str, Agreed] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Judge masks by true ones.

    Args:
        pred, truth: `Masks`, several of them, or a file or folder in any known format, with one
            video or many; videos of both sides meet by name.
        metrics: names of families (see `masklet.evaluation.families`), or `all`.
        out: `.json` to write: every number, every video, every frame.
        html: `.html` to write: one self-contained page with plots and the worst frames.
        media: video or pictures, or a folder with one of these for each video: for pictures of
            failures, and for formats that do not tell sizes or which frame is which. Without it, the
            media that the masks name are used where they are there.
        terms: how objects and frames of both sides meet; see `Terms`.
        settings: tolerances of the metrics; see `Settings`.
        videos: names or patterns of the videos to judge; none for all of the truth.
        worst: failures to show.
        trained_on: the manifest of the run that made the prediction's model; frames of its training
            set are refused, see `masklet.evaluation.leaks`.
        allow_leaks: judge them all the same, and say so.
        pred_reading, truth_reading: options of the formats read.
        pred_format, truth_format: their names, where content leaves a doubt.
        agreed: by video, what holds beside the terms, so that several predictions are judged alike.
        progress: told (videos done, videos).

    Raises `DataError` for what cannot be compared and `UsageError` for an unknown metric.
    """
    families = chosen(metrics)
    if worst < 0:
        raise UsageError(f"{worst} failures to show; expected 0 or more")
    check_reports(out, html, (pred, truth, media))
    settings, terms = settings or Settings(), terms or Terms()
    door, judge = Door(terms), Judge(families, settings, worst)
    like = truth if isinstance(truth, str | Path) else None
    mine = sides(pred, Reading(pred_format, pred_reading, like))
    pairs = list(matched(mine, sides(truth, Reading(truth_format, truth_reading)), videos))
    training = read_training(trained_on) if trained_on is not None else None
    reports = []
    for done, pair in enumerate(pairs):
        _tell(progress, done, len(pairs))
        video = _video_of(media, pair[1].name, len(pairs))
        case = _case(door, pair, video, agreed or {}, families)
        if training is not None:
            door.note(training.check(case, allow_leaks), case.name)
        reports.append(judge.video(case))
    _tell(progress, len(pairs), len(pairs))
    overall = judge.overall([one.parts for one in reports])
    report = Report(
        _name(pred),
        _name(truth),
        overall,
        tuple(reports),
        labels=door.labels,
        absent=judge.absent,
        notes=door.notes,
        settings=settings,
        terms=terms,
    )
    _write(report, out, html, media, worst)
    return report


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _case(
    door: Door,
    pair: tuple[Side, Side],
    video: Video | None,
    agreed: Mapping[str, Agreed],
    families: Sequence[Family],
) -> Case:
    """One video read and brought through the door, with what a reader should know of it."""
    one, other = pair
    pred, truth = (_read(side, video) for side in pair)
    case = door.case(other.name, pred, truth, agreed.get(other.name))
    door.note(_other_name(one.name, other.name), case.name)
    for family in families:
        door.note(family.caution(case), case.name)
    return case


def _read(side: Side, video: Video | None) -> Masks:
    """Masks as their file tells them; on the media only where it does not tell enough."""
    try:
        return side.load(None)
    except (DataError, UsageError):
        if video is None:
            raise
    return side.load(video)


def _other_name(pred: str, truth: str) -> str:
    if pred == truth:
        return ""
    return f"{pred!r} of the prediction is compared with {truth!r} of the truth: each side has one video"


def _write(
    report: Report,
    out: str | Path | None,
    html: str | Path | None,
    media: str | Path | None,
    worst: int,
) -> None:
    if out is not None:
        from masklet.verbs.report_json import write_json

        write_json(report, Path(out))
    if html is not None:
        from masklet.render.page.writing import write_page
        from masklet.verbs.pages.evaluation import page_of

        write_page(page_of(report, lambda name: _open(media, name, report), worst), Path(html))


def _name(given: Tables) -> str:
    return str(given) if isinstance(given, str | Path) else "masks"


def media_of(media: str | Path | None, name: str, n_videos: int) -> Path | None:
    """The media of one video: the path itself, or what stands below it under the video's name.

    Raises `UsageError` where a folder of several has nothing of that name.
    """
    if media is None:
        return None
    path = Path(media)
    if not path.is_dir():
        if n_videos > 1:
            raise UsageError(f"{path} is one video, and {n_videos} are judged; give the folder of all")
        return path
    if (path / name).is_dir():
        return path / name
    files = sorted(one for one in path.glob(f"{_escaped(name)}.*") if one.is_file())
    if files:
        return files[0]
    if n_videos > 1:
        raise UsageError(f"{path} has no media called {name!r}; expected a file or folder of that name")
    return path


def _escaped(name: str) -> str:
    from glob import escape

    return escape(name)


def _video_of(media: str | Path | None, name: str, n_videos: int) -> Video | None:
    from masklet.media.opening import open_media

    path = media_of(media, name, n_videos)
    return open_media(path).video if path is not None else None


def _open(media: str | Path | None, name: str, report: Report) -> MediaSource | None:
    """The media of a video of the report, None where they are not at hand."""
    from masklet.core import DataError
    from masklet.media.opening import open_media

    path = media_of(media, name, len(report.videos))
    if path is not None:
        return open_media(path)
    own = next(one.media for one in report.videos if one.name == name)
    if not own or not Path(own).exists():
        return None
    try:
        return open_media(own)
    except DataError:
        return None  # masks name what they were read from; that need not be media
