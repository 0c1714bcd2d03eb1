"""What is to be compared: the videos behind two paths, read one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from masklet.core import DataError, Masks, UsageError, Video
from masklet.core.protocols import Annotation

Tables = Masks | str | Path | Sequence[Masks]

_KNOWN_NAMES = ("masks.parquet", "project.masklet")
"""What a folder of results holds, a folder for each video (`masklet batch`, `masklet track`)."""


@dataclass(frozen=True)
class Side:
    """One video of one side.

    Args:
        name: by which it is met on the other side.
        load: `load(video)` reads its masks, on `video` where that is known.
        error: why its file could not be read yet; without media perhaps, which `load` has.
    """

    name: str
    load: Callable[[Video | None], Masks]
    error: DataError | UsageError | None = None


@dataclass(frozen=True)
class Reading:
    """How the files of a side are read.

    Args:
        format: name of the format; None judges by content.
        options: of the format.
        like: the other side's file, for bare lists of results that name nothing.
    """

    format: str | None = None
    options: Mapping[str, Any] | None = None
    like: str | Path | None = None


def sides(given: Tables, reading: Reading) -> list[Side]:
    """The videos of one side by name, nothing read yet where they lie in files of their own.

    A path is a file of any format, a folder of one, a folder with a folder of pictures for each
    video, or a folder with an annotation file, or a folder of results, for each video.
    """
    if isinstance(given, Masks):
        return [Side(video_name(given), lambda _: given)]
    if not isinstance(given, str | Path):
        return [Side(video_name(one), _constant(one)) for one in given]
    return _of_path(Path(given), reading)


def matched(
    pred: Sequence[Side], truth: Sequence[Side], chosen: Iterable[str] = ()
) -> Iterator[tuple[Side, Side]]:
    """Videos of both sides by name, in the order of the truth; two single videos meet whatever they
    are called.

    Args:
        pred, truth: from `sides`.
        chosen: names or patterns of the videos to compare; none for all of the truth.

    Raises `DataError` where a side repeats a name, where the prediction lacks a video of the truth, or
    where no video is chosen.
    """
    patterns = tuple(chosen)
    if len(pred) == len(truth) == 1 and not patterns:
        yield pred[0], truth[0]
        return
    mine = _by_name(pred, "prediction")
    wanted = [one for one in _by_name(truth, "truth").values() if _fits(one.name, patterns)]
    if not wanted:
        raise DataError(
            f"no video of the truth is called {' or '.join(patterns)}; expected some of "
            f"{_listed([one.name for one in truth])}"
        )
    lacking = [one.name for one in wanted if one.name not in mine]
    unread = next((one.error for one in pred if one.error is not None), None)
    if lacking and unread is not None:
        raise unread
    if lacking:
        raise DataError(
            f"the prediction lacks {len(lacking)} of {len(wanted)} videos of the truth "
            f"({_listed(lacking)}); it has {_listed(list(mine))}; expected a prediction for each, or "
            "name the videos to judge (--videos)"
        )
    for one in wanted:
        yield mine[one.name], one


def count(pred: Sequence[Side], truth: Sequence[Side], chosen: Iterable[str] = ()) -> int:
    """How many videos `matched` gives."""
    return sum(1 for _ in matched(pred, truth, chosen))


def video_name(masks: Annotation) -> str:
    """The name by which a video is met on the other side: its file's, without folder and suffix."""
    return masks.video.name or masks.video.uri or "video"


def _constant(masks: Masks) -> Callable[[Video | None], Masks]:
    return lambda _: masks


def _of_path(path: Path, reading: Reading) -> list[Side]:
    from masklet.formats.mask_folder import folders_in, pictures_in

    if path.is_dir() and reading.format is None:
        found = _results_in(path)
        if found:
            return [Side(name, _reader(file, reading)) for name, file in found]
    if path.is_dir() and pictures_in(path) and folders_in(path):
        raise DataError(
            f"{path} holds mask pictures ({pictures_in(path)[0].name}, ...) and folders of them "
            f"({folders_in(path)[0].name}, ...); expected the pictures of one video, or a folder for "
            "each video"
        )
    if path.is_dir() and not pictures_in(path) and _one_video_each(folders_in(path)):
        return [Side(folder.name, _reader(folder, reading)) for folder in folders_in(path)]
    return _all_of(path, reading)


def _one_video_each(folders: Sequence[Path]) -> bool:
    """Whether folders of pictures are videos, not the objects of one video (`mouse_1`, `mouse_2`)."""
    from masklet.formats.png_masks import is_object_folder

    return bool(folders) and not all(is_object_folder(folder) for folder in folders)


def _results_in(folder: Path) -> list[tuple[str, Path]]:
    """(name, file) of each video of a folder of masklet's own results."""
    for known in _KNOWN_NAMES:
        inner = sorted(one for one in folder.glob(f"*/{known}"))
        if inner:
            return [(file.parent.name, file) for file in inner]
    if any((folder / known).exists() for known in _KNOWN_NAMES):
        return [(folder.name, next(folder / k for k in _KNOWN_NAMES if (folder / k).exists()))]
    for suffix in (".parquet", ".masklet"):
        files = sorted(folder.glob(f"*{suffix}"))
        if files:
            return [(file.stem, file) for file in files]
    return []


def _reader(path: Path, reading: Reading) -> Callable[[Video | None], Masks]:
    def load(video: Video | None) -> Masks:
        from masklet.formats.files import read

        return read(path, video, reading.format, **_options(path, reading))

    return load


def _all_of(path: Path, reading: Reading) -> list[Side]:
    """A file that may hold several videos is read as a whole, when the first of them is asked for."""
    from masklet.formats.files import read_all
    from masklet.formats.nouns import as_masks

    reading = _for_nothing(path, reading)
    options = _options(path, reading)
    try:
        items = read_all(path, None, reading.format, **options)
    except (DataError, UsageError) as error:
        return [Side(path.stem, _reader(path, reading), error)]
    if len(items) == 1:
        return [Side(video_name(items[0]), _on_media(path, items[0], reading))]
    return [Side(video_name(item), _constant(as_masks(item))) for item in items]


def _for_nothing(path: Path, reading: Reading) -> Reading:
    """An empty list of results says nothing of its format: it is that of the truth."""
    from masklet.formats.files import identify

    empty = (
        _is_list(path) and path.stat().st_size < 64 and path.read_text().split() in (["[]"], ["[", "]"])
    )
    if not empty or reading.format is not None or reading.like is None:
        return reading
    return replace(reading, format=identify(reading.like))


def _on_media(path: Path, item: Annotation, reading: Reading) -> Callable[[Video | None], Masks]:
    def load(video: Video | None) -> Masks:
        from masklet.formats.nouns import as_masks

        return as_masks(item) if video is None else _reader(path, reading)(video)

    return load


def _options(path: Path, reading: Reading) -> dict[str, Any]:
    """The options given, crowds kept where the format knows them, and what lists of results are like."""
    from masklet.core.registry import load
    from masklet.formats.files import identify

    options = dict(reading.options or {})
    kind = load("formats", reading.format or identify(path))
    known = {one.name for one in fields(kind)} if is_dataclass(kind) else set()
    if "crowd" in known:
        options.setdefault("crowd", True)
    if "like" in known and reading.like is not None and _is_list(path):
        options.setdefault("like", str(reading.like))
    return options


def _is_list(path: Path) -> bool:
    """Whether a JSON file is a bare list."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(64).lstrip()[:1] == b"["


def _by_name(listed: Sequence[Side], which: str) -> dict[str, Side]:
    names = [one.name for one in listed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            f"the {which} has {len(twice)} names that stand for several videos ({_listed(twice)}); "
            "expected each name once; compare these videos one by one"
        )
    return dict(zip(names, listed, strict=True))


def _fits(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatch(name, pattern) for pattern in patterns)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f", ... ({len(names)})" if len(names) > 6 else "")
