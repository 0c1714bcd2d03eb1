"""`masklet segment`."""

from __future__ import annotations

import typer


def command(
    image: str = typer.Argument(..., help="A picture; or a video, with the frame in the prompts."),
    box: list[str] = typer.Option(
        [], help="A box around an object: X0,Y0,X1,Y1, or X0,Y0,X1,Y1:NAME for several objects."
    ),
    point: list[str] = typer.Option([], help="A point on an object: X,Y or X,Y:NAME. Repeat for more."),
    not_point: list[str] = typer.Option([], help="A point that is not on it: X,Y or X,Y:NAME."),
    text: list[str] = typer.Option(
        [], help="Everything that words name: 'rat. tail.', or 'rat. tail.@FRAME' in a video."
    ),
    out: str = typer.Option("", help="Masks to write; a .png is a plain mask picture."),
    to: str = typer.Option(
        "", help="Format of --out: coco, labelme, cvat-images, yolo, davis, png, ..."
    ),
    overlay: str = typer.Option("", help="A .png to write: the picture with the masks drawn on it."),
    label: str = typer.Option("", help="Name of what is pointed at, where it has none: rat"),
    engine: str = typer.Option(
        "",
        help="Name of the segmenter: cut, sam2-small, sam3, ...; default: cut, and text for words.",
    ),
    threshold: float | None = typer.Option(
        None, help="For --text: what scores less does not count; default: 0.35, of sam3 0.5."
    ),
    weights: str = typer.Option(
        "", help="Folder with weights, or with folders of them; default: the Hugging Face cache."
    ),
    device: str = typer.Option("", help="cpu, cuda or mps, for foundation engines; default: the best."),
    precision: str = typer.Option("", help="float32, bfloat16 or float16, for foundation engines."),
    option: list[str] = typer.Option([], "--option", "-o", help="NAME=VALUE for the format of --out."),
) -> None:
    """Boxes, points and words on a picture -> masks."""
    from masklet.cli.options import pairs
    from masklet.core.errors import UsageError
    from masklet.ops.table import areas, boxes
    from masklet.verbs.prompts import pointings
    from masklet.verbs.segment import segment
    from masklet.verbs.wording import settings_of, wordings

    if not out and not overlay:
        raise UsageError("nothing to write: give --out FILE, --overlay PICTURE.png or both")
    rows = segment(
        image,
        [*pointings(box, point, not_point), *wordings(text)],
        out=out or None,
        to=to or None,
        overlay=overlay or None,
        segmenter=engine,
        label=label or None,
        settings=settings_of(weights, device, precision, threshold),
        say=lambda line: typer.echo(line, err=True),
        **pairs(option),
    )
    for row, (area, edges) in enumerate(zip(areas(rows), boxes(rows).tolist(), strict=True)):
        named = f"{rows.label_of(row).name} {rows.object_id[row]}"
        typer.echo(f"{named}: {area} pixels in {','.join(map(str, edges))}, score {rows.score[row]:.2f}")
    for path in filter(None, (out, overlay)):
        typer.echo(path)


command.__name__ = "segment"
