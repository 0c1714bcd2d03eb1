"""Truth for tracking, from whatever a person has: masks, files, single pictures of one frame."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import DataError, Flags, LossWarning, Masks, Origin, UsageError, Video
from masklet.ops.table import upsert, with_video
from masklet.ops.videos import note_other_video


@dataclass(frozen=True)
class SeedFile:
    """A file of annotations.

    Args:
        path: file or folder, any format.
        frame: which frame a single picture belongs to; None where the file says it.
        options: for the reading format (`fit`, `ids`, ...).
    """

    path: Path
    frame: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def path_at(text: str) -> tuple[str, int | None]:
    """`mask.png@120` as `("mask.png", 120)`; the frame is None where none is given.

    A file whose own name ends so is taken as it is.
    """
    if Path(text).exists():
        return text, None
    path, at, frame = text.rpartition("@")
    if at and re.fullmatch(r"-?\d{1,9}", frame):
        return path, int(frame)
    return text, None


def read_seeds(
    masks: Masks | str | Path | Iterable[str | Path | SeedFile],
    video: Video,
    trust: bool,
    label: str | None = None,
) -> Masks | None:
    """All given annotations as one table of truth on `video`; None where none were given.

    `label` names objects that have the name `object`, which stands for none.

    Raises `DataError` where a source holds nothing to go by, or does not fit the video.
    """
    if isinstance(masks, Masks):
        return _named(_truth(masks, "the given masks", video, trust), label)
    sources = [masks] if isinstance(masks, str | Path | SeedFile) else list(masks)
    parts = [_from_file(_seed_file(source), video, trust) for source in sources]
    if not parts:
        return None
    table = parts[0]
    for part in parts[1:]:  # later sources win where two speak of one object on one frame
        table = upsert(table, part, keep_trusted=False)
    return _named(table, label)


def as_known(rows: Masks, before: Masks | None) -> Masks:
    """Objects called `object`, which stands for no name, keep the label that they have already."""
    if before is None:
        return rows
    known = {int(o): before.labels[i] for o, i in zip(before.object_id, before.label_id, strict=True)}
    labels, label_id = list(rows.labels), rows.label_id.copy()
    for row, obj in enumerate(rows.object_id.tolist()):
        if rows.labels[int(rows.label_id[row])].name == "object" and obj in known:
            if known[obj] not in labels:
                labels.append(known[obj])
            label_id[row] = labels.index(known[obj])
    return rows.replace(labels=tuple(labels), label_id=label_id)


def _named(rows: Masks, label: str | None) -> Masks:
    if label is None:
        return rows
    return rows.replace(
        labels=tuple(replace(one, name=label) if one.name == "object" else one for one in rows.labels)
    )


def _seed_file(source: str | Path | SeedFile) -> SeedFile:
    return source if isinstance(source, SeedFile) else SeedFile(Path(source))


def _from_file(seed: SeedFile, video: Video, trust: bool) -> Masks:
    from masklet.formats.files import read

    if seed.frame is None:
        return _truth(read(seed.path, video, **seed.options), str(seed.path), video, trust)
    if not 0 <= seed.frame < video.n_frames:
        raise UsageError(
            f"{seed.path}@{seed.frame}: frame {seed.frame} is not in the video; "
            f"{video.uri} has frames 0..{video.n_frames - 1}"
        )
    rows = _read_single(seed, video.size_wh(seed.frame))
    if len(rows.frames) > 1:
        raise UsageError(f"{seed.path} has masks on {len(rows.frames)} frames; leave out @{seed.frame}")
    moved = rows.replace(video=video, frame=np.full(len(rows), seed.frame), checked=())
    return _truth(moved, str(seed.path), video, trust)


def _read_single(seed: SeedFile, size_wh: tuple[int, int]) -> Masks:
    """The rows of a file whatever frame its name says: the person has said which it is."""
    from masklet.formats.files import read

    anywhere = Video(str(seed.path), *size_wh, n_frames=-1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*no frame number", category=LossWarning)
        return read(seed.path, anywhere, **seed.options)


def _truth(rows: Masks, name: str, video: Video, trust: bool) -> Masks:
    note_other_video(rows.video, video, name)
    rows = with_video(rows, video)
    if trust:
        rows = rows.replace(origin=np.full(len(rows), Origin.IMPORTED))
    kept = rows.take(rows.trusted)
    if not len(rows):
        raise DataError(f"{name} has no masks; expected at least one annotated object")
    if not len(kept):
        raise DataError(
            f"{name} has {len(rows)} masks, but none drawn or accepted by a person; "
            "use --trust to take them as truth"
        )
    kept = kept.replace(flags=kept.flags | Flags.KEYFRAME)
    return _identified(kept, name)


def _identified(rows: Masks, name: str) -> Masks:
    """Rows without an identity get ids 1, 2, ... where they lie on one frame."""
    nameless = rows.object_id < 0
    if not nameless.any():
        return rows
    frames = np.unique(rows.frame[nameless])
    if len(frames) > 1:
        raise DataError(
            f"{name} has masks without an object id on {len(frames)} frames, so it cannot be told which "
            "belong together; give each object an id, or give one frame"
        )
    ids = rows.object_id.copy()
    free = np.setdiff1d(np.arange(1, len(rows) + ids.max() + 2), ids)
    ids[nameless] = free[: nameless.sum()]
    return rows.replace(object_id=ids)
