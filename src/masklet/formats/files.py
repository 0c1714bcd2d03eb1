"""Any annotation file to masks, masks to any annotation file: the one door of this room."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from masklet.core import DataError, Format, Masks, Shapes, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.core.registry import available, load
from masklet.formats.nouns import as_masks

_BY_SUFFIX = {".parquet": "parquet", ".masklet": "masklet"}


def identify(path: Path | str) -> str:
    """The name of the format of a file or folder, judged by its content.

    Raises `DataError` when there is no such file or no format knows it, `UsageError` when several do.
    """
    place = Path(path)
    _must_exist(place)
    names = [name for name in available("formats") if _format(name).sniff(place)]
    if len(names) == 1:
        return names[0]
    if names:
        raise UsageError(
            f"{place} may be {' or '.join(sorted(names))}; say which "
            "(--from, --pred-format, --truth-format)"
        )
    known = ", ".join(sorted(available("formats")))
    raise DataError(
        f"{place} is {_what_it_is(place)}, not an annotation that is known here; expected one of "
        f"{known}; name the format (--from, --pred-format, --truth-format) if it is one of these"
    )


def read_all(
    path: Path | str,
    video: Video | None = None,
    format: str | None = None,  # noqa: A002 (the word of the command line)
    **options: Any,
) -> list[Annotation]:
    """Everything that a file or folder holds, one item a video, drawings as drawings.

    Args:
        path: file or folder.
        video: what the annotations lie on; tells what the file does not (size, length, file names).
        format: name of the format; None judges by content.
        options: options of the format.
    """
    place = Path(path)
    _must_exist(place)
    reader = _format(format or identify(place), **options)
    try:
        return list(reader.read(place, video))
    except OSError as error:
        raise DataError(f"cannot read {place}: {error.strerror or error}") from error


def read(
    path: Path | str,
    video: Video | None = None,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> Masks:
    """The masks of one video; drawings are interpolated between keyframes and rasterised.

    Arguments as for `read_all`. Raises `DataError` when the file holds several videos.
    """
    items = read_all(path, video, format, **options)
    if len(items) != 1:
        names = ", ".join(Path(item.video.uri).name for item in items[:8])
        more = ", ..." if len(items) > 8 else ""
        raise DataError(
            f"{path} holds {len(items)} videos ({names}{more}); expected one; use read_all, or give "
            "the media that belongs to one of them"
        )
    return as_masks(items[0])


def write(
    items: Annotation | Sequence[Annotation],
    path: Path | str,
    format: str | None = None,  # noqa: A002
    **options: Any,
) -> None:
    """Write masks or drawings of one video or several.

    Args:
        items: `Masks` or `Shapes`, or several of them.
        path: file or folder; it appears whole or not at all.
        format: name of the format; None takes it from the suffix where only one format has it.
        options: options of the format.

    Every loss is named by a `LossWarning`. Raises `UsageError` when the format is not clear and
    `DataError` when it cannot hold the items or the disk refuses.
    """
    place = Path(path)
    several = [items] if isinstance(items, Masks | Shapes) else list(items)
    if not several:
        raise UsageError(f"nothing to write to {place}: expected at least one Masks or Shapes")
    _format(format or _by_suffix(place), **options).write(several, place)


def _by_suffix(path: Path) -> str:
    name = _BY_SUFFIX.get(path.suffix.lower())
    if name is None:
        known = ", ".join(sorted(available("formats")))
        raise UsageError(f"the name {path.name!r} does not say a format; give one with --to: {known}")
    return name


def _format(name: str, **options: Any) -> Format:
    try:
        kind = load("formats", name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"format {name} cannot be loaded ({error}); install its plugin again or remove it"
        ) from error
    try:
        made = kind(**options)
    except TypeError as error:
        raise UsageError(f"format {name}: wrong option ({error})") from error
    if not isinstance(made, Format):
        raise UsageError(f"format {name} lacks sniff, read or write; its plugin is broken")
    return made


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise DataError(f"{path} does not exist; expected an annotation file or folder")
    if path.is_file() and path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes); expected an annotation file")


def _what_it_is(path: Path) -> str:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir())
        if not inside:
            return "an empty folder"
        return (
            f"a folder of {len(inside)} entries ({', '.join(inside[:3])}{', ...' if inside[3:] else ''})"
        )
    with path.open("rb") as stream:
        head = stream.read(12)
    if head[4:8] == b"ftyp" or head[:4] in (b"RIFF", b"\x1aE\xdf\xa3"):
        return "a video"
    if head[:3] == b"\xff\xd8\xff":
        return "a JPEG picture"
    return f"a file that begins with {head!r}"
