"""`masklet convert`."""

from __future__ import annotations

import typer


def command(
    source: str = typer.Argument(
        ..., help="File or folder of annotations; its format is found by content."
    ),
    target: str = typer.Argument(..., help="File or folder to write."),
    to: str = typer.Option(
        "",
        help="Format to write: masklet, parquet, cvat-video, cvat-images, coco, ytvis, davis, png, "
        "labelme, yolo. Not needed for .masklet and .parquet.",
    ),
    source_format: str = typer.Option(
        "", "--from", help="Format to read, where content leaves a doubt."
    ),
    media: str = typer.Option(
        "", help="The video or images, for formats that do not state frame sizes."
    ),
    read_option: list[str] = typer.Option(
        [], "--read-option", "-r", help="NAME=VALUE for the reading format, such as fit=true."
    ),
    option: list[str] = typer.Option(
        [], "--option", "-o", help="NAME=VALUE for the writing format, such as tracks=polygon."
    ),
) -> None:
    """Any annotation format to any other; every loss is named."""
    from masklet.cli.options import pairs
    from masklet.cli.progress import busy
    from masklet.verbs.convert import convert, counts

    reading, options = pairs(read_option), pairs(option)
    with busy("converting"):
        items = convert(
            source,
            target,
            to=to or None,
            source_format=source_format or None,
            media=media or None,
            reading=reading,
            **options,
        )
    typer.echo(f"{counts(items)} -> {target}")


command.__name__ = "convert"
