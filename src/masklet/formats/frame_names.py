"""Which file belongs to which frame."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from masklet.core import DataError, Video
from masklet.formats.losses import warn_loss

_NUMBER = re.compile(r"(\D*)(\d{1,18})")
_LARGEST = np.iinfo(np.int32).max - 1


class Placed(NamedTuple):
    """`frames[i]` is the frame of name `i`; `names` are the files of an image set, or empty."""

    frames: tuple[int, ...]
    n_frames: int
    names: tuple[str, ...]


def stems(files: Sequence[str]) -> list[str]:
    """A short name for every file of an image set, no two alike.

    The stem; where stems repeat, the whole path joined by `_`; where these repeat, the suffix too,
    and at last a number. Raises `DataError` for a name that cannot be that of a file.
    """
    paths = [_checked_path(name) for name in files]
    for shorten in (_stem, _joined, _joined_with_suffix):
        names = [shorten(path) for path in paths]
        if max(Counter(names).values(), default=0) <= 1:
            return names
    width = len(str(len(names)))
    return [f"{name}_{place:0{width}d}" for place, name in enumerate(names)]


def _checked_path(name: str) -> PurePosixPath:
    path = PurePosixPath(name.replace("\\", "/"))
    if "\0" in name or path.stem.strip() in ("", ".", ".."):
        raise DataError(f"the image name {name!r} cannot be that of a file; rename it in the source")
    return path


def _stem(path: PurePosixPath) -> str:
    return path.stem


def _joined(path: PurePosixPath) -> str:
    return "_".join([*(part for part in path.parts[:-1] if part != "/"), path.stem])


def _joined_with_suffix(path: PurePosixPath) -> str:
    return f"{_joined(path)}_{path.suffix.lstrip('.')}"


def frame_stems(video: Video, n_frames: int) -> list[str]:
    """A file stem for every frame that is written: that of the image, else 00000, 00001, ..."""
    return stems(video.files) if video.files else [f"{frame:05d}" for frame in range(n_frames)]


def image_names(video: Video, n_frames: int) -> list[str]:
    """The file name of every frame's image, made up as `<video>/00000.jpg` where there is none."""
    if video.files:
        return [name.replace("\\", "/") for name in video.files]
    folder = Path(video.uri).stem or "video"
    return [f"{folder}/{frame:05d}.jpg" for frame in range(n_frames)]


def written_length(video: Video, frames: Sequence[int] | np.ndarray) -> int:
    """How many frames a writer goes through: those of the video, or up to the last row."""
    if video.n_frames >= 0:
        return video.n_frames
    return int(max(frames, default=-1)) + 1


def place(names: Sequence[str], video: Video | None, where: str) -> Placed:
    """The frame of every file name (without folder, with suffix).

    With `video.files` the stem of the image decides. Else the number that ends the stem is the
    frame (00005.png is frame 5). Else, without a video, the files are an image set in this order.
    Raises `DataError` for a name that fits no frame.
    """
    if video is not None and video.files:
        return Placed(_by_stem(names, video, where), video.n_frames, ())
    numbers = numbered(names)
    if numbers is not None:
        return Placed(numbers, _length(names, numbers, video, where), ())
    if video is None:
        return Placed(tuple(range(len(names))), len(names), tuple(names))
    if len(names) > video.n_frames >= 0:
        raise DataError(
            f"{where} holds {len(names)} files for {video.n_frames} frames of {video.uri}, and their "
            "names hold no frame number; name them 00000, 00001, ..."
        )
    warn_loss(where, "the file names hold no frame number; taken as frames 0, 1, 2, ... in sorted order")
    return Placed(tuple(range(len(names))), video.n_frames, ())


def numbered(names: Sequence[str]) -> tuple[int, ...] | None:
    """The number at the end of every stem, when all have one after the same words and none repeats."""
    found = [_NUMBER.fullmatch(PurePosixPath(name).stem) for name in names]
    if not all(found) or len({match[1] for match in found if match}) > 1:
        return None
    numbers = tuple(int(match[2]) for match in found if match)
    return numbers if len(set(numbers)) == len(numbers) and max(numbers, default=0) < _LARGEST else None


def stem_index(video: Video) -> Mapping[str, int]:
    """Frame by stem of its image."""
    return {stem: frame for frame, stem in enumerate(stems(video.files))}


def _by_stem(names: Sequence[str], video: Video, where: str) -> tuple[int, ...]:
    index = stem_index(video)
    mine = stems(names)
    for name, stem in zip(names, mine, strict=True):
        if stem not in index:
            raise DataError(
                f"{where}: {name} belongs to no frame of {video.uri} (its {video.n_frames} images are "
                f"{video.files[0]} to {video.files[-1]}); give every mask the name of its image, "
                "or say which frame a single picture belongs to (--masks FILE@FRAME)"
            )
    return tuple(index[stem] for stem in mine)


def _length(names: Sequence[str], numbers: Sequence[int], video: Video | None, where: str) -> int:
    last = max(range(len(numbers)), key=numbers.__getitem__)
    if video is None:
        return numbers[last] + 1
    if numbers[last] >= video.n_frames >= 0:
        raise DataError(
            f"{where}: {names[last]} is frame {numbers[last]}, past the end of {video.uri}; "
            f"expected 0..{video.n_frames - 1}"
        )
    return video.n_frames
