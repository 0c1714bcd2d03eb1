"""`masklet track`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from masklet.annotate.ask import Asked
    from masklet.core import Masks
    from masklet.verbs.track import Tracked


def command(
    video: str = typer.Argument(..., help="Video file, folder of images, glob or camera."),
    masks: list[str] = typer.Option(
        [],
        "--masks",
        "-m",
        help="Annotated frames, any format; FILE@FRAME for a single picture. Repeat for more.",
    ),
    box: list[str] = typer.Option(
        [], help="A box around an object: X0,Y0,X1,Y1@FRAME:NAME. @FRAME and :NAME may be left out."
    ),
    point: list[str] = typer.Option([], help="A point on an object: X,Y@FRAME:NAME. Repeat for more."),
    not_point: list[str] = typer.Option([], help="A point that is not on it: X,Y@FRAME:NAME."),
    text: list[str] = typer.Option(
        [], help="Everything that words name, each an object: 'rat. tail.', or 'rat. tail.@FRAME'."
    ),
    threshold: float | None = typer.Option(
        None, help="For --text: what scores less does not count; default: 0.35, of sam3 0.5."
    ),
    newcomers: int = typer.Option(
        0, help="Look again for what --text names on every so manieth frame: new ones are tracked too."
    ),
    look: list[str] = typer.Option(
        [], help="NAME=VALUE of --newcomers: score, iou, likeness, objects (at most), gone (frames)."
    ),
    out: str = typer.Option(..., help="Folder for the project and the result."),
    engine: str = typer.Option(
        "auto",
        help="auto: measure and choose; adapt, background, flow, sam2-small, ...: see masklet doctor.",
    ),
    direction: str = typer.Option("both", help="forward, backward or both."),
    frames: str = typer.Option("", help="Only these frames: 120-180,305,400-"),
    label: str = typer.Option("", help="Name of what is annotated, where a mask picture has none: rat"),
    trust: bool = typer.Option(False, help="Take every given mask as truth, also a program's."),
    read_option: list[str] = typer.Option(
        [], "--read-option", "-r", help="NAME=VALUE for the format of --masks, such as fit=true."
    ),
    ask: int = typer.Option(0, help="Name so many frames whose annotation would help most."),
    preview: bool = typer.Option(
        False, help="While the engine fits, write quick rows to the project, for who watches it."
    ),
    gone: list[str] = typer.Option(
        [], help="An object is not there from a frame on: NAME@FRAME, as rat#2@120."
    ),
    remove: list[str] = typer.Option([], help="All masks of an object go: NAME, as rat#2. Undoable."),
    gone_after: int = typer.Option(
        0, help="An object that is not found on so many frames is gone, and a row says so."
    ),
    stop_on_drift: bool = typer.Option(
        False, help="Forward, and end where an object stays in doubt; all before it is saved."
    ),
    drift_frames: int = typer.Option(3, help="Frames in doubt, one after the other, that end it."),
    bars: str = typer.Option(
        "", help="Masks of animals behind cage bars: as-annotated, striped or bridged."
    ),
    quality: str = typer.Option("", help="fast, normal or best, for engines that know it: adapt."),
    crop: str = typer.Option(
        "", help="Small objects: work in a window around each, of so many pixels, or auto; or off."
    ),
    weights: str = typer.Option(
        "", help="Folder with weights, or with folders of them; default: the Hugging Face cache."
    ),
    device: str = typer.Option("", help="cpu, cuda or mps, for foundation engines; default: the best."),
    precision: str = typer.Option("", help="float32, bfloat16 or float16, for foundation engines."),
    encoder: str = typer.Option(
        "", help="What runs a foundation engine's image network: torch, compile or openvino (CPU)."
    ),
    refine_edges: bool | None = typer.Option(
        None,
        "--refine-edges/--no-refine-edges",
        help="Move outlines onto edges of the picture: where masks are coarse.",
    ),
    overlay: bool = typer.Option(False, help="Also write overlay.mp4 and contact_sheet.png."),
) -> None:
    """Masks on some frames of a video -> masks on every frame. Run again to go on or to correct."""
    from pathlib import Path

    from masklet.cli.options import pairs
    from masklet.cli.progress import progress
    from masklet.verbs.prompts import pointings
    from masklet.verbs.running import drift_of, looking_of
    from masklet.verbs.seeds import SeedFile, path_at
    from masklet.verbs.track import track
    from masklet.verbs.wording import settings_of, wordings

    reading, given = pairs(read_option), settings_of(weights, device, precision, encoder=encoder)
    options = {"bars": bars, "quality": quality, **given}
    seeds = [SeedFile(Path(path), frame, reading) for path, frame in map(path_at, masks)]
    with progress("tracking") as report:
        tracked = track(
            video,
            seeds,
            out=out,
            prompts=[*pointings(box, point, not_point), *wordings(text)],
            engine=engine,
            direction=direction,  # type: ignore[arg-type]
            frames=frames or None,
            label=label or None,
            trust=trust,
            ask=ask,
            preview=preview,
            options={key: value for key, value in options.items() if value} or None,
            settings=settings_of(threshold=threshold),
            crop=crop,
            refine_edges=refine_edges,
            newcomers=looking_of(newcomers, pairs(look)),
            gone_after=gone_after,
            stop_on_drift=drift_of(stop_on_drift, drift_frames),
            gone=gone,
            remove=remove,
            progress=lambda p: report(p.done, p.total),
            say=lambda line: typer.echo(line, err=True),
        )
    _show(tracked, ask)
    _draw(video, out if overlay else "", tracked, frames)


def _show(tracked: Tracked, ask: int) -> None:
    """What a run found, where it ended, what to annotate next, and where all that lies."""
    _show_found(tracked.masks)
    if tracked.drift is not None:
        typer.echo(str(tracked.drift))
    if ask:
        _show_asked(tracked.asked)
    typer.echo(f"{tracked.project}\n{tracked.parquet}")


def _draw(video: str, out: str, tracked: Tracked, frames: str) -> None:
    """Pictures of the result in the folder `out`; none where it is empty."""
    if not out:
        return
    from pathlib import Path

    from masklet.cli.overlay import draw

    picture, page = str(Path(out) / "overlay.mp4"), str(Path(out) / "contact_sheet.png")
    draw(video, str(tracked.parquet), picture, page, frames)


def _show_found(found: Masks) -> None:
    """How many masks, and on which frames they are in doubt and why."""
    from masklet.annotate.ranges import shortened
    from masklet.core import Flags
    from masklet.verbs.track import cuts, doubts

    gone = (found.flags & Flags.OUTSIDE) != 0
    seen = found.take(~gone)
    typer.echo(
        f"{counted(len(seen), 'mask')} of {counted(len(seen.objects), 'object')} on "
        f"{len(seen.frames)} of {counted(found.video.n_frames, 'frame')}"
    )
    for row in gone.nonzero()[0].tolist():
        name = f"{found.label_of(row).name} {found.object_id[row]}"
        typer.echo(f"  {name} is not there on frame {found.frame[row]}")
    if frames := cuts(found):
        typer.echo(f"  the scene changes on frame {', '.join(map(str, frames))}")
    for reason, frames in doubts(found).items():
        typer.echo(f"  look again: {reason} on {counted(len(frames), 'frame')}: {shortened(frames)}")


def counted(number: int, what: str) -> str:
    """`1 mask`, `2 masks`."""
    return f"{number} {what}{'s' * (number != 1)}"


def _show_asked(asked: Sequence[Asked]) -> None:
    """A line for each frame: number, time, share of the doubt that it takes away, why."""
    typer.echo("annotate next:" if asked else "annotate next: nothing is in doubt")
    if asked:
        typer.echo(f"  {'frame':>6}  {'time':>9}  {'doubt':>6}  why")
    for one in asked:
        time = f"{one.time:.2f} s" if one.time == one.time else "-"
        typer.echo(f"  {one.frame:>6}  {time:>9}  {-one.gain:>+6.1%}  {one.why}")


command.__name__ = "track"
