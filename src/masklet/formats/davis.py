"""DAVIS: one palette PNG a frame, the palette index is the object id.

Source: the annotations of DAVIS 2017 (Pont-Tuset et al., arXiv 1704.00675), as its evaluation reads
them: index 0 is background, 255 is void (not judged), everything between is an object of the video.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masklet.core import DataError, Label, Masks, Origin, Video
from masklet.core.arrays import Int32s
from masklet.core.protocols import Annotation
from masklet.formats import png
from masklet.formats.folders import writing_folder
from masklet.formats.frame_names import frame_stems, written_length
from masklet.formats.idmaps import paint
from masklet.formats.losses import PLAIN_LABEL, warn_dropped, warn_loss
from masklet.formats.mask_folder import (
    Pictures,
    choose_video,
    folders_in,
    pictures_in,
    read_pictures,
    sample_kind,
)
from masklet.formats.nouns import as_masks
from masklet.ops.table import Row, build

VOID = 255
KEEPS = ("object ids",)


@dataclass(frozen=True)
class Davis:
    """Palette PNG folders; also one PNG, and a folder of such folders (several videos).

    Args:
        fit: when reading, bring pictures of another size to the frame's size (nearest neighbour)
            instead of refusing them.
    """

    fit: bool = False

    def sniff(self, path: Path) -> bool:
        """A palette PNG, or a folder whose first picture is one."""
        return sample_kind(path) == "palette"

    def read(self, path: Path, video: Video | None = None) -> list[Masks]:
        """Masks of one video, or of every subfolder. Ids are kept; void pixels belong to nobody.

        Frames: see `masklet.formats.frame_names.place`. Every row gets the label `object`.
        """
        inner = [] if pictures_in(path) else folders_in(path)
        if not inner:
            return [self._read_one(path, video)]
        return [self._read_one(folder, known) for folder, known in choose_video(inner, video)]

    def _read_one(self, folder: Path, video: Video | None) -> Masks:
        pictures = read_pictures(pictures_in(folder), video, folder, self.fit)
        void = sum(found.value == VOID for found in pictures.found)
        if void:
            warn_loss(
                "davis", f"{void} pictures of {folder} have void pixels (index 255); taken as background"
            )
        return rows_of(pictures, skip=VOID)

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """One PNG for every frame of the video, empty ones too, named like the images or 00000.png.

        Several videos make a folder each; a path that ends in .png takes a one-frame video.
        Where objects overlap the higher id covers the lower one (`LossWarning`). Raises `DataError`
        for more than 254 objects.
        """
        masks = [as_masks(item, "davis") for item in items]
        with writing_folder(path, self.sniff) as beside:
            if path.suffix.lower() == ".png":
                _write_single(masks, beside)
                return
            for item, folder in zip(masks, video_folders(masks, beside), strict=True):
                folder.mkdir(parents=True)
                _write_folder(item, folder)


def rows_of(pictures: Pictures, skip: int | None = None) -> Masks:
    """Every id of every picture as a row with the plain label, origin imported."""
    rows = [
        Row(found.frame, found.value, 0, found.runs, origin=Origin.IMPORTED)
        for found in pictures.found
        if found.value != skip
    ]
    return build(pictures.video, (Label(PLAIN_LABEL),), rows)


def video_folders(items: Sequence[Annotation], root: Path) -> list[Path]:
    """The root for one video; a subfolder named after each for several."""
    if len(items) == 1:
        return [root]
    names = [Path(item.video.uri).stem or "video" for item in items]
    if len(set(names)) != len(names):
        raise DataError(f"two videos are called {max(names, key=names.count)!r}; write them one by one")
    return [root / name for name in names]


def stable_ids(masks: Masks, largest: int, format_name: str) -> Int32s:
    """Ids for pictures, 1..`largest`: the object's own where it can be, else the lowest free one.

    Object 0 would be background and rows without an object need one: both are named as losses.
    """
    ids = masks.object_id.copy()
    taken = set(ids[ids > 0].tolist())
    if taken and max(taken) > largest:
        raise DataError(
            f"{format_name} holds ids 1..{largest}; found object {max(taken)}; "
            "renumber the objects or write 16-bit ids with png"
        )
    free = (i for i in range(1, largest + 1) if i not in taken)
    if np.any(ids == 0):
        new = _next_free(free, format_name, largest)
        ids[ids == 0] = new
        warn_loss(format_name, f"object 0 is written as {new}, since 0 is background")
    loose = np.flatnonzero(ids < 0)
    if len(loose):
        pool: list[int] = []
        rank = _rank_on_frame(masks.frame[loose])
        while len(pool) <= rank.max():
            pool.append(_next_free(free, format_name, largest))
        ids[loose] = np.array(pool, np.int32)[rank]
        warn_loss(format_name, f"{len(loose)} masks without object id are numbered on each frame anew")
    return ids


def _next_free(free: Iterator[int], format_name: str, largest: int) -> int:
    found = next(free, None)
    if found is None:
        raise DataError(f"{format_name} holds {largest} objects; found more; write 16-bit ids with png")
    return int(found)


def _rank_on_frame(frames: Int32s) -> Int32s:
    first = np.concatenate([[True], frames[1:] != frames[:-1]])
    start = np.maximum.accumulate(np.where(first, np.arange(len(frames)), 0))
    return (np.arange(len(frames)) - start).astype(np.int32)


def _write_single(masks: Sequence[Masks], path: Path) -> None:
    if len(masks) != 1 or written_length(masks[0].video, masks[0].frame) != 1:
        raise DataError(
            f"one PNG holds one frame; give the name of a folder for a whole video, not {path.suffix}"
        )
    _write_frames(masks[0], [path])


def _write_folder(masks: Masks, folder: Path) -> None:
    n_frames = written_length(masks.video, masks.frame)
    names = frame_stems(masks.video, n_frames)
    _write_frames(masks, [folder / f"{name}.png" for name in names])


def _write_frames(masks: Masks, targets: Sequence[Path]) -> None:
    warn_dropped(masks, "davis", KEEPS)
    ids = stable_ids(masks, VOID - 1, "davis")
    bounds = np.searchsorted(masks.frame, np.arange(len(targets) + 1))
    overlap = 0
    for frame, target in enumerate(targets):
        rows = slice(int(bounds[frame]), int(bounds[frame + 1]))
        painted = paint(masks.take(rows), ids[rows], masks.video.size_wh(frame))
        overlap += painted.overlap
        png.write_palette(painted.ids.astype(np.uint8), target)
    if overlap:
        warn_loss("davis", f"masks overlap on {overlap} pixels; the higher object id is kept there")
