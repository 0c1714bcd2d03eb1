"""The main job: a video and a few annotated frames in, masks on every frame out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masklet.annotate.ask import Asked, next_frames
from masklet.annotate.drift import Drift
from masklet.annotate.looks import Looking
from masklet.annotate.ranges import parse_ranges
from masklet.annotate.stretches import Direction
from masklet.annotate.target import ProjectTarget
from masklet.annotate.track import Progress
from masklet.core import (
    DOUBTS,
    Flags,
    Masks,
    MediaSource,
    Origin,
    Prompt,
    Propagator,
    Segmenter,
    UsageError,
)
from masklet.ops.table import areas
from masklet.store.project import Project
from masklet.verbs.around import Around
from masklet.verbs.choice import Choice
from masklet.verbs.engines import Options, check_known
from masklet.verbs.objects import remove_objects, say_gone
from masklet.verbs.projects import PROJECT, open_project, rows_at
from masklet.verbs.prompts import Pointing
from masklet.verbs.remembering import told
from masklet.verbs.running import Hunt, Run, hunting
from masklet.verbs.seeds import SeedFile, as_known, read_seeds
from masklet.verbs.wording import Answering, Wording, answers, of_engine

MASKS = "masks.parquet"


@dataclass(frozen=True)
class Tracked:
    """What a run left behind.

    Args:
        masks: all rows of the video afterwards.
        engine: name of the engine that ran, and why it was chosen.
        project: the project file: history, undo, the place to go on from.
        parquet: the same rows as a table.
        asked: the frames whose annotation would help most, where they were asked for.
        drift: where the run ended early because an object was lost; None where it did not.
    """

    masks: Masks
    engine: str
    project: Path
    parquet: Path
    asked: tuple[Asked, ...] = ()
    drift: Drift | None = None


def track(
    video: str | Path | MediaSource,
    masks: Masks | str | Path | Iterable[str | Path | SeedFile] = (),
    *,
    out: str | Path,
    prompts: Iterable[Prompt | Pointing | Wording] = (),
    segmenter: str | Segmenter = "",
    engine: str | Propagator = "auto",
    direction: Direction = "both",
    frames: str | None = None,
    label: str | None = None,
    trust: bool = False,
    ask: int = 0,
    preview: bool = False,
    options: Options | None = None,
    settings: Options | None = None,
    crop: str | int = "",
    refine_edges: bool | None = None,
    newcomers: int | Looking = 0,
    finder: Segmenter | None = None,
    gone_after: int = 0,
    stop_on_drift: bool | int = False,
    gone: Iterable[str] = (),
    remove: Iterable[str] = (),
    progress: Callable[[Progress], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Tracked:
    """Carry masks from annotated frames to every frame of a video.

    Args:
        video: path, glob, folder of images or an open `MediaSource`.
        masks: annotations of one or more frames: `Masks`, or files in any known format; a
            `SeedFile` names the frame of a single image. May be empty when `out` holds a project
            that has some already.
        out: folder for the project and the result. Run again with a corrected frame and only what
            can change is computed anew.
        prompts: boxes, points and words on frames of the video; the segmenter makes masks of them, which
            stand for truth as those of a file do. Each thing that words name becomes an object.
        segmenter: name of a registered Segmenter, or a Segmenter; empty takes the one of the engine's
            name, else `cut`, and for words `text`.
        engine: name of a registered Propagator, `auto`, or a Propagator.
        direction: `forward`, `backward` or `both`.
        frames: comma list of frames and inclusive ranges (`120-180,305`); None = all.
        label: name of the annotated objects, for masks that have none of their own.
        trust: take every mask of the given files as truth, also those that a program made.
        ask: name so many frames whose annotation would help most; 0 = none.
        preview: while the engine fits, write quick rows to the project, flagged `PROVISIONAL`; for
            somebody who watches it. What stands there in the end is the same.
        options: settings of the engine, such as `{"bars": "bridged"}`.
        settings: settings of the segmenter alone, such as `{"threshold": 0.3}` for words.
        crop: run the engine at native resolution in a window of so many pixels around each object;
            `auto` = as large as the engine looks at, `off`; empty = as in the run before.
        refine_edges: move outlines onto edges of the picture; None = as in the run before, else not.
        newcomers: look for new objects on every so manieth frame, or as a `Looking` says; 0 = never.
            Tracking goes forward then.
        finder: the Segmenter that looks, with the words among `prompts` or, without any, for all that it
            knows; None takes one that reads words.
        gone_after: an object that is not found on so many frames is gone: the first one gets a row
            flagged `OUTSIDE`, which is no truth; 0 = never. Newcomers have their own (`Looking.gone`).
        stop_on_drift: end where an object stays in doubt for so many frames, True = 3; all before is
            saved. Tracking goes forward then.
        gone: objects that a person declares absent from a frame on, `NAME@FRAME` each.
        remove: names of objects of which all rows go; `undo` brings them back.
        progress: called after each frame.
        say: receives sentences worth showing: which engine was chosen and why, notes on the media.

    Raises `UsageError` for calls that make no sense and `DataError` for files that cannot be used.
    """
    from masklet.formats.files import write
    from masklet.media.opening import open_media

    if not str(out).strip():
        raise UsageError("no folder for the result; name one with --out")
    asked_for, asking = list(prompts), {**(options or {}), **(settings or {})}
    options = of_engine(engine, options, asked_for)
    check_known(engine, options)
    around = Around(crop, refine_edges)
    around.check(engine)
    hunt, listed = hunting(newcomers, finder, asked_for, segmenter, engine, asking)
    run = Run.checked(direction, preview, stop_on_drift, hunt, gone_after)
    if ask < 0:
        raise UsageError(f"{ask} frames are to be asked for; expected 0 or more")
    media = open_media(video) if isinstance(video, str | Path) else video
    _check_end(media)
    for note in getattr(media, "notes", ()):
        say(note)
    wanted = parse_ranges(frames, media.video.n_frames) if frames else None
    seeds, folder = read_seeds(masks, media.video, trust, label), Path(out)
    if listed:
        who = Answering.in_run(segmenter, engine, asking, _before(folder / PROJECT, media))
        seeds = answers(media, listed, seeds, folder / PROJECT, who, label, say)
        _say_answers(seeds, say)
    choice = Choice(engine, media, options, around, say)
    with open_project(folder / PROJECT, media.video, _start(seeds, hunt, media)) as project:
        target = ProjectTarget(project)
        if seeds is not None:
            project.masks().append(as_known(seeds, target.load()))
        remove_objects(project, unwanted := list(remove), say, target.batch)
        say_gone(project, gone, say, target.batch)
        if unwanted and hunt is None and not target.load().trusted.any():
            say("no object is left")
            result = target.load()
        else:
            result = choice.track(run, project, target, wanted, progress)
        write(result, folder / MASKS, "parquet")
    asked = next_frames(result, ask, frames=wanted, direction=run.direction) if ask else ()
    drift = run.guard.found if run.guard is not None else None
    return Tracked(result, choice.reason, folder / PROJECT, folder / MASKS, asked, drift)


def _before(path: Path, media: MediaSource) -> Masks | None:
    """Rows of a project and which engine ran last; None where there is none."""
    rows = rows_at(path, media.video)
    if rows is None:
        return None
    with Project.open(path, readonly=True) as project:
        return told(project, rows)


def _start(seeds: Masks | None, hunt: Hunt | None, media: MediaSource) -> Masks | None:
    """What a new project begins with: a finder needs nothing."""
    return Masks(media.video) if seeds is None and hunt is not None else seeds


def cuts(masks: Masks) -> list[int]:
    """Frames on which the picture changes to another scene, as far as an engine noticed."""
    frames = sorted({int(f) for f in masks.frame[(masks.flags & Flags.SCENE_CUT) != 0]})
    return [frame for frame in frames if frame + 1 not in frames]


def _check_end(media: MediaSource) -> None:
    if media.video.n_frames < 0:
        raise UsageError(
            f"{media.video.uri} is a live source without an end; record it to a file and track that"
        )


def _say_answers(seeds: Masks | None, say: Callable[[str], None]) -> None:
    """What boxes, points and words were answered with: all that follows hangs on it."""
    if seeds is None:
        return
    prompted = seeds.take(seeds.origin == Origin.PROMPTED)
    for row, area in enumerate(areas(prompted).tolist()):
        name, frame = f"{prompted.label_of(row).name} {prompted.object_id[row]}", prompted.frame[row]
        say(
            f"{name} on frame {frame}: {area} pixels, score {prompted.score[row]:.2f}; where it is "
            "wrong, add points"
        )


def doubts(masks: Masks) -> dict[str, list[int]]:
    """The frames with flagged rows, by reason, most first."""
    frames = {
        flag.name.lower().replace("_", " "): np.unique(masks.frame[(masks.flags & flag) != 0]).tolist()
        for flag in Flags
        if flag in DOUBTS and flag.name
    }
    return {name: at for name, at in sorted(frames.items(), key=lambda item: -len(item[1])) if at}
