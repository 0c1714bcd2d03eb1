"""The main job on a generated scene with known truth, one correction included: offline, in minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from masklet.annotate.track import Progress
from masklet.core import Masks, UsageError
from masklet.core.atomic import writing
from masklet.testing import Scene
from masklet.verbs.engines import check_known
from masklet.verbs.evaluate import evaluate
from masklet.verbs.measure import measure
from masklet.verbs.overlay import overlay
from masklet.verbs.track import Tracked, track

FRAMES = 100
"""Of the scene that are shown; more only take longer."""
MARKER = "demo.txt"
"""Says that a folder is a demo's own."""


@dataclass(frozen=True)
class Demo:
    """What the demo found and wrote.

    Args:
        mean_j: region similarity against the known truth, 0..1, mean over objects and over the frames
            that were never annotated, after the corrections.
        mean_f: contour accuracy, likewise.
        before_j: `mean_j` of the same frames before the corrections.
        asked: the frames that masklet asked for and that were corrected from the truth.
        engine: the engine that ran, and why.
        files: name -> path of everything written.
    """

    mean_j: float
    mean_f: float
    before_j: float
    asked: tuple[int, ...]
    engine: str
    files: dict[str, Path]


def demo(
    out: str | Path = "demo-output",
    *,
    scene: str = "cage-bars-1",
    engine: str = "adapt",
    ask: int = 1,
    report: Callable[[str, int, int], None] = lambda _title, _done, _total: None,
    say: Callable[[str], None] = lambda _: None,
) -> Demo:
    """Generate a scene, annotate its first frame, track, correct what is asked for, draw, measure.

    The truth of the scene plays the person: it gives the first frame, then each frame that masklet
    asks for; after that the video is tracked again.

    Args:
        out: folder for what is written: a new one, an empty one, or that of an earlier demo.
        scene: name of a preset of `masklet.testing.scenes`.
        engine: as for `track`.
        ask: how many frames are corrected; 0 = none.
        report: told (what is going on, done, total).
        say: receives sentences worth showing.
    """
    from masklet.evaluation.region import evaluate_jf
    from masklet.ops.table import concat

    folder, made = Path(out), _scene(scene)
    check_known(engine)
    _prepare(folder)
    truth, film = _generate(folder, made, report)
    n_frames, animals = truth.video.n_frames, len(truth.objects)
    say(f"scene {scene}: {n_frames} frames, {animals} animals; frame 0 is annotated")

    tracked = _tracked("tracking", film, truth.on(0), folder, engine, ask, report, say)
    asked = [one.frame for one in tracked.asked]
    first = evaluate_jf(tracked.masks, truth, skip_frames=[0, *asked])
    last = first
    if asked:
        say(f"asked for frame {', '.join(map(str, asked))}: {tracked.asked[0].why}")
        corrected = concat([truth.on(frame) for frame in asked])
        tracked = _tracked("tracking again", film, corrected, folder, engine, 0, report, say)
        last = evaluate_jf(tracked.masks, truth, skip_frames=[0, *asked])
    files = {"scene": film, "masks": tracked.parquet, "project": tracked.project}
    files |= _outcome(tracked.masks, truth, film, folder, report, say)
    return Demo(last.mean_j, last.mean_f, first.mean_j, tuple(asked), tracked.engine, files)


def _tracked(
    title: str,
    film: Path,
    seeds: Masks,
    folder: Path,
    engine: str,
    ask: int,
    report: Callable[[str, int, int], None],
    say: Callable[[str], None],
) -> Tracked:
    def tracking(progress: Progress) -> None:
        report(title, progress.done, progress.total)

    return track(film, seeds, out=folder, engine=engine, ask=ask, progress=tracking, say=say)


def _scene(name: str) -> Scene:
    from masklet.testing.scenes import PRESETS

    if name not in PRESETS:
        raise UsageError(f"no scene is called {name!r}; expected one of {', '.join(PRESETS)}")
    return replace(PRESETS[name], n_frames=min(PRESETS[name].n_frames, FRAMES))


def _prepare(folder: Path) -> None:
    """An empty folder, or one that an earlier demo left, without that demo's project.

    Raises `UsageError` where the folder holds anything else.
    """
    marker = folder / MARKER
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder for the demo")
    if folder.is_dir() and any(folder.iterdir()) and not marker.exists():
        raise UsageError(f"{folder} holds other files; give the demo a folder of its own with --out")
    with writing(marker) as beside:
        beside.write_text(
            "This folder was made by `masklet demo`, which may replace everything in it.\n"
        )
    for name in ("project.masklet", "project.masklet-wal", "project.masklet-shm"):
        (folder / name).unlink(missing_ok=True)


def _generate(folder: Path, scene: Scene, report: Callable[[str, int, int], None]) -> tuple[Masks, Path]:
    """Write the scene as a video; its truth on the video's own frames."""
    from masklet.media.opening import open_media
    from masklet.media.writer import VideoWriter
    from masklet.ops.table import with_video

    film = folder / "scene.mp4"
    with VideoWriter(film, scene.video.size_wh(0), fps=scene.fps) as writer:
        for index, image in scene.frames():
            writer.write(image)
            report("generating the scene", index + 1, scene.video.n_frames)
    return with_video(scene.truth(tails="none"), open_media(film).video), film


def _outcome(
    masks: Masks,
    truth: Masks,
    film: Path,
    folder: Path,
    report: Callable[[str, int, int], None],
    say: Callable[[str], None],
) -> dict[str, Path]:
    """Draw, measure and judge; what was written, by name."""
    video, sheet = overlay(
        film,
        masks,
        folder / "overlay.mp4",
        sheet=folder / "contact_sheet.png",
        progress=lambda done, total: report("drawing", done, total),
    )
    table = folder / "measures.csv"
    files = {"overlay": video, "contact sheet": sheet, "measures": table}
    files |= _measured(masks, film, table, folder / "plots", say)
    files["evaluation"] = _judged(masks, truth, film, folder, report)
    return files


def _judged(
    masks: Masks, truth: Masks, film: Path, folder: Path, report: Callable[[str, int, int], None]
) -> Path:
    """Write the page of all metrics against the scene's truth."""
    page = folder / "evaluation.html"
    evaluate(
        masks,
        truth,
        out=folder / "evaluation.json",
        html=page,
        media=film,
        progress=lambda done, total: report("judging", done, total),
    )
    return page


def _measured(
    masks: Masks, film: Path, table: Path, plots: Path, say: Callable[[str], None]
) -> dict[str, Path]:
    """Write the measures; plots too where the library for them is there."""
    from masklet.core import MissingExtraError

    try:
        measure(masks, table, video=film, plots=plots)
    except MissingExtraError as missing:
        say(str(missing))
        measure(masks, table, video=film)
        return {}
    return {"plots": plots}
