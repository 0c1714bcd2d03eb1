"""Folders of pictures that hold ids: finding, placing on frames, reading into rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Video
from masklet.core.arrays import UInt32s
from masklet.formats import png
from masklet.formats.frame_names import Placed, place
from masklet.formats.idmaps import split
from masklet.formats.png import Ids, Kind

SUFFIXES = (".png", ".tif", ".tiff")


class Found(NamedTuple):
    """One id on one frame, as the picture says it."""

    frame: int
    value: int
    runs: UInt32s
    kind: Kind


class Pictures(NamedTuple):
    """What a folder of pictures holds, before anybody says what the numbers mean."""

    video: Video
    found: list[Found]
    frames: tuple[int, ...]


def pictures_in(folder: Path) -> list[Path]:
    """The mask pictures directly in a folder, by name, or the file itself."""
    if not folder.is_dir():
        return [folder]
    names = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    return sorted(names)


def folders_in(folder: Path) -> list[Path]:
    """Subfolders that hold mask pictures, by name."""
    if not folder.is_dir():
        return []
    inner = (p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    return sorted(p for p in inner if first_picture(p) is not None)


def first_picture(folder: Path) -> Path | None:
    """The first picture by name, for a look at its kind; cheap also in large folders."""
    try:
        names = (p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
        return min((p for p in names if not p.name.startswith(".")), default=None)
    except OSError:
        return None


def sample_kind(path: Path) -> Kind | None:
    """Kind of the first picture in a file, a folder, or a folder of folders; None without pictures.

    A folder where a JSON or text file stands beside the picture holds images with annotations
    of another format, not masks.
    """
    try:
        if path.is_file():
            return png.kind_of(path)
        first = first_picture(path)
        if first is None:
            inner = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith("."))[:8]
            first = next((p for folder in inner if (p := first_picture(folder))), None)
        if first is None or any(first.with_suffix(s).exists() for s in (".json", ".txt")):
            return None
        return png.kind_of(first)
    except OSError:
        return None


def choose_video(folders: Sequence[Path], video: Video | None) -> list[tuple[Path, Video | None]]:
    """Every folder without a video; with one, the folder that carries its name."""
    if video is None:
        return [(folder, None) for folder in folders]
    wanted = {Path(video.uri).name, Path(video.uri).stem}
    chosen = [folder for folder in folders if folder.name in wanted]
    if len(chosen) != 1:
        names = ", ".join(folder.name for folder in folders[:8])
        raise DataError(
            f"{folders[0].parent} holds masks of {len(folders)} videos ({names}) and none is called "
            f"{Path(video.uri).stem!r}; give the folder of one video"
        )
    return [(chosen[0], video)]


def read_pictures(paths: Sequence[Path], video: Video | None, where: Path, fit: bool) -> Pictures:
    """Read mask pictures of one video.

    Args:
        paths: files, one a frame.
        video: what they belong to; None takes length and size from the files.
        where: names the whole in errors, and the video where there is none.
        fit: bring pictures of another size to the size of the frame (nearest neighbour).

    Raises `DataError` for a damaged picture, one of the wrong size, or one that fits no frame.
    """
    if not paths:
        raise DataError(f"{where} holds no PNG or TIFF picture; expected one mask a frame")
    placed = place([path.name for path in paths], video, str(where))
    sizes: dict[int, tuple[int, int]] = {}
    found: list[Found] = []
    for path, frame, picture in _decoded(paths, placed):
        size = picture.ids.shape[1], picture.ids.shape[0]
        expected, other = _expected_size(frame, video, sizes, placed, paths)
        ids: Ids = picture.ids
        if expected is not None and size != expected:
            if not fit:
                raise DataError(_wrong_size(path, size, other, expected))
            ids, size = png.resize_nearest(ids, expected), expected
        sizes[frame] = size
        found += [Found(frame, value, runs, picture.kind) for value, runs in split(ids, str(path))]
    return Pictures(video or _video_of(where, placed, sizes), found, placed.frames)


def _decoded(paths: Iterable[Path], placed: Placed) -> Iterator[tuple[Path, int, png.IdPicture]]:
    for path, frame in zip(paths, placed.frames, strict=True):
        yield path, frame, png.read_ids(path)


def _expected_size(
    frame: int,
    video: Video | None,
    sizes: dict[int, tuple[int, int]],
    placed: Placed,
    paths: Sequence[Path],
) -> tuple[tuple[int, int] | None, str]:
    if video is not None:
        return video.size_wh(frame), f"frame {frame} of {video.uri}"
    if placed.names or not sizes:
        return None, ""
    return next(iter(sizes.values())), paths[0].name


def _wrong_size(path: Path, size: tuple[int, int], other: str, expected: tuple[int, int]) -> str:
    return (
        f"mask {path} is {size[0]}x{size[1]} but {other} is {expected[0]}x{expected[1]}; export it at "
        "that size, or read with the option fit, which resizes it by nearest neighbour"
    )


def _video_of(where: Path, placed: Placed, sizes: dict[int, tuple[int, int]]) -> Video:
    width, height = next(iter(sizes.values()))
    same = len(set(sizes.values())) == 1
    return Video(
        str(where),
        width,
        height,
        placed.n_frames,
        files=placed.names,
        frame_sizes=None if same else np.array([sizes[f] for f in range(placed.n_frames)], np.int32),
    )
