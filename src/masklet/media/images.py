"""ImageSet: pictures in files as a MediaSource; frame i is the i-th file by natural order."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from masklet.core import DataError, Video
from masklet.core.arrays import Image
from masklet.media.ahead import read_ahead
from masklet.media.image_file import ImageInfo, image_info, is_image, read_image
from masklet.media.video import check_index, frame_range

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif"}
"""Files of these names are taken for pictures unseen; others in a folder are looked into."""

_HASHED_ENDS = 4096


class ImageSet:
    """Pictures of a folder, a glob, a list or one file, upright RGB, in natural order of names.

    `frame2.png` comes before `frame10.png`. Sizes may differ (`Video.frame_sizes`); then width and
    height of the video are the greatest. `video.files` are names below the files' common folder.
    `video.content_hash` covers names, lengths and the first and last 4 KiB of every file, so that a
    large set opens quickly.

    Args:
        source: folder, glob pattern, file, or a sequence of files (whose order is kept).
        fps: pictures a second, which gives them times; 0: they have none.

    Raises `DataError` where there is no picture, or where a picture cannot be read.
    """

    def __init__(self, source: str | Path | Sequence[str | Path], fps: float = 0.0) -> None:
        self._uri, self._paths, notes = _find(source)
        infos = [image_info(path) for path in self._paths]
        self._notes = (*notes, *_several_notes(self._paths, infos))
        self._video = _video(self._uri, self._paths, infos, fps)

    @property
    def video(self) -> Video:
        """Greatest size, number of pictures, their names and sizes."""
        return self._video

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on files that were passed over."""
        return self._notes

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of every frame."""
        return tuple(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Image:
        """Picture `index`, `(h, w, 3) uint8` RGB. `DataError` outside 0..n-1 or where it is damaged."""
        check_index(index, len(self), self._uri)
        picture, _ = read_image(self._paths[index])
        return picture

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB) of every `step`-th picture, read ahead in a thread."""
        chosen = frame_range(start, stop, step, len(self))
        return read_ahead(lambda: ((index, self[index]) for index in chosen))

    def close(self) -> None:
        """Nothing stays open; here so that all sources can be closed alike."""

    def __enter__(self) -> ImageSet:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key by which numbers in names count as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return [(1, int(part), part) if part.isdecimal() else (0, 0, part.lower()) for part in parts]


def is_pattern(text: str) -> bool:
    """Is this a glob pattern that names no file itself?"""
    return glob.has_magic(text) and not Path(text).exists()


def _find(source: str | Path | Sequence[str | Path]) -> tuple[str, list[Path], list[str]]:
    if not isinstance(source, (str, Path)):
        paths = [Path(path) for path in source]
        if not paths:
            raise DataError("an empty list of pictures was given; give at least one file")
        return str(Path(os.path.commonpath([path.absolute().parent for path in paths]))), paths, []
    text = str(source)
    if is_pattern(text):
        return text, *_pictures(_matches(text), text)
    path = Path(source)
    if path.is_dir():
        return text, *_pictures(list(path.iterdir()), text)
    if not path.exists():
        raise DataError(f"{text} does not exist; check the path")
    return text, [path], []


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    base = Path(path.anchor or ".")
    return list(base.glob(str(path.relative_to(path.anchor))))


def _pictures(candidates: list[Path], where: str) -> tuple[list[Path], list[str]]:
    files = [path for path in candidates if path.is_file() and not path.name.startswith(".")]
    files.sort(key=lambda path: natural_key(str(path)))
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES or is_image(path)]
    if not pictures:
        found = f"{len(files)} other files" if files else "nothing"
        raise DataError(f"{where} holds no picture ({found}); expected files such as .jpg, .png or .tif")
    others = len(files) - len(pictures)
    return pictures, [f"{others} files in {where} are no pictures and are passed over"] if others else []


def _several_notes(paths: list[Path], infos: list[ImageInfo]) -> list[str]:
    several = [path.name for path, info in zip(paths, infos, strict=True) if info.n_pictures > 1]
    if not several:
        return []
    return [f"{several[0]} and {len(several) - 1} others hold several pictures; the first is used"]


def _video(uri: str, paths: list[Path], infos: list[ImageInfo], fps: float) -> Video:
    sizes = np.array([info.size_wh for info in infos], np.int32)
    width, height = (int(side) for side in sizes.max(axis=0))
    base = os.path.commonpath([path.absolute().parent for path in paths])
    names = tuple(path.absolute().relative_to(base).as_posix() for path in paths)
    return Video(
        uri=uri,
        width=width,
        height=height,
        n_frames=len(paths),
        times=np.arange(len(paths)) / fps if fps > 0 else np.empty(0),
        content_hash=_content_hash(names, paths),
        files=names,
        frame_sizes=sizes if np.any(sizes != sizes[0]) else None,
    )


def _content_hash(names: Sequence[str], paths: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, path in zip(names, paths, strict=True):
        size = path.stat().st_size
        with path.open("rb") as stream:
            ends = stream.read(_HASHED_ENDS)
            stream.seek(max(size - _HASHED_ENDS, len(ends)))
            ends += stream.read(_HASHED_ENDS)
        digest.update(f"{name}\0{size}\0".encode())
        digest.update(ends)
    return digest.hexdigest()
