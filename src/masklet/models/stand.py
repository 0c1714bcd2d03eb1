"""What the background engine knows before it starts: plate, judge, shaping, looks. Made once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from masklet.core import DataError, Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.colour import ColourModel
from masklet.models.judge import Judge, look
from masklet.models.looks import fit_around
from masklet.models.plate import Plate, build_plate
from masklet.models.shaping import Shaping, calibrate
from masklet.models.warp import window_around
from masklet.models.worksize import WorkSize


@dataclass(frozen=True, eq=False)
class Stand:
    """Everything that is fixed for a video and its annotated frames.

    Args:
        size: video and work frame.
        plate, judge, shaping: as their classes say.
        colours: by object id, its colours against its surroundings, in the plate's light.
        areas: by object id, usual area in pixels of the work frame.
        contrast: share of annotated pixels that differ from the plate, 0..1.
        fit: mean IoU of the engine's masks with the annotated ones.
    """

    size: WorkSize
    plate: Plate
    judge: Judge
    shaping: Shaping
    colours: Mapping[int, ColourModel]
    areas: Mapping[int, float]
    contrast: float
    fit: float


def prepare(media: MediaSource, truth: Masks, work_side: int) -> Stand:
    """Build the plate and calibrate on trusted rows; `DataError` when all of them are empty."""
    truth = truth.take((truth.flags & Flags.OUTSIDE) == 0)
    size = WorkSize.of((media.video.width, media.video.height), work_side)
    taught, objects = _lessons(media, truth, size)
    if not objects:
        raise DataError("every annotated mask is empty; expected pixels on at least one object")
    plate = build_plate(media, truth, size)
    judge = Judge.fit(plate, taught)
    examples, contrast = [], []
    for picture, mask in taught:
        sight = look(picture, plate)
        contrast.append(float((sight.apart > 3 * plate.noise)[mask].mean()))
        window = window_around(mask, 0.0, 60)
        assert window is not None
        examples.append((judge.odds(sight)[window.slices], np.ascontiguousarray(mask[window.slices])))
    colours, areas = _objects(objects, plate)
    singles = [mask for _, _, mask in objects]
    shaping = calibrate(examples, singles, float(np.median(list(areas.values()))))
    fit = float(np.mean([shaping.agreement(odds, mask) for odds, mask in examples]))
    return Stand(size, plate, judge, shaping, colours, areas, float(np.mean(contrast)), fit)


def _lessons(
    media: MediaSource, truth: Masks, size: WorkSize
) -> tuple[list[tuple[Image, Bools]], list[tuple[int, Image, Bools]]]:
    """(picture, union of masks) for each annotated frame, and (object, picture, mask) for each row."""
    taught, objects = [], []
    for frame, rows in truth.each_frame():
        picture = size.picture(media[frame])
        masks: list[Float32s] = [size.coverage(rows, row) for row in range(len(rows))]
        hard = [mask > 0.5 if (mask > 0.5).any() else mask > 0 for mask in masks]
        if any(mask.any() for mask in hard):
            taught.append((picture, np.logical_or.reduce(hard)))
        objects += [
            (int(rows.object_id[row]), picture, mask) for row, mask in enumerate(hard) if mask.any()
        ]
    return taught, objects


def _objects(
    objects: list[tuple[int, Image, Bools]], plate: Plate
) -> tuple[dict[int, ColourModel], dict[int, float]]:
    colours: dict[int, ColourModel] = {}
    areas: dict[int, list[float]] = {}
    for obj, picture, mask in objects:
        fitted = fit_around(look(picture, plate).lab, mask)
        areas.setdefault(obj, []).append(float(mask.sum()))
        if fitted is not None:
            known = colours.get(obj)
            colours[obj] = fitted if known is None else known.mixed(fitted, 0.5)
    return colours, {obj: float(np.mean(sizes)) for obj, sizes in areas.items()}


def fingerprint(media: MediaSource, truth: Masks, work_side: int) -> str:
    """Names everything that a `Stand` depends on."""
    digest = hashlib.blake2b(digest_size=16)
    video = media.video
    name = (video.content_hash or video.uri, video.width, video.height, video.n_frames, work_side)
    digest.update(repr(name).encode())
    for column in (truth.frame, truth.object_id, truth.offset, truth.runs, truth.flags):
        digest.update(column.tobytes())
    return digest.hexdigest()
