"""What the background engine knows before it starts: plate, judge, shaping, looks.

What comes from the video alone is made once for each video; this is what annotated frames add.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from masklet.core import DataError, Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.bars import BarMode, BarStyle, reach_of, style_for, styled
from masklet.models.colour import ColourModel
from masklet.models.fixed import FixedView, name_of
from masklet.models.judge import Judge, look
from masklet.models.looks import fit_around
from masklet.models.plate import Plate, settle
from masklet.models.shaping import Example, Shaping, calibrate
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
        bars: `(h, w) bool` on the work frame, and `reach`, half their width and more, pixels.
        style: what masks look like where bars cross them; None without bars.
        contrast: share of annotated pixels that differ from the plate, 0..1.
        fit: mean IoU of the engine's masks with the annotated ones.
    """

    size: WorkSize
    plate: Plate
    judge: Judge
    shaping: Shaping
    colours: Mapping[int, ColourModel]
    areas: Mapping[int, float]
    bars: Bools
    reach: int
    style: BarStyle | None
    contrast: float
    fit: float


def prepare(media: MediaSource, truth: Masks, view: FixedView, mode: BarMode) -> Stand:
    """Calibrate on trusted rows; `DataError` when all of them are empty."""
    truth = truth.take((truth.flags & Flags.OUTSIDE) == 0)
    size, bars = view.place.size, view.small_bars
    taught, objects = _lessons(media, truth, size)
    if not objects:
        raise DataError("every annotated mask is empty; expected pixels on at least one object")
    reach = reach_of(bars)
    style = (style_for(mode, [mask for _, _, mask in objects], bars) or "striped") if reach else None
    taught = [(picture, styled(mask, bars, style, reach)) for picture, mask in taught]
    objects = [(obj, picture, styled(mask, bars, style, reach)) for obj, picture, mask in objects]
    plate = settle(view.place, taught, bars)
    judge = Judge.fit(plate, taught, bars, reach)
    examples, contrast = _examples(taught, judge, style)
    colours, areas = _objects(objects, judge)
    singles = [styled(mask, bars, "bridged", reach) for _, _, mask in objects]
    shaping = calibrate(examples, singles, float(np.median(list(areas.values()))))
    fit = float(np.mean([shaping.agreement(*example) for example in examples]))
    return Stand(size, plate, judge, shaping, colours, areas, bars, reach, style, contrast, fit)


def _examples(
    taught: list[tuple[Image, Bools]], judge: Judge, style: BarStyle | None
) -> tuple[list[Example], float]:
    """Windows to calibrate on, and the share of visible annotated pixels that differ from the plate."""
    examples, contrast = [], []
    left_out = judge.bars if style == "striped" else np.zeros_like(judge.bars)
    for picture, mask in taught:
        sight = look(picture, judge.plate)
        differs = (sight.apart > 3 * judge.plate.noise)[mask & ~judge.bars]
        contrast.append(float(differs.mean()) if len(differs) else 0.0)
        window = window_around(mask, 0.0, 60)
        if window is not None:
            at = window.slices
            parts = np.ascontiguousarray(mask[at]), np.ascontiguousarray(left_out[at])
            examples.append((judge.odds(sight)[at], *parts))
    return examples, float(np.mean(contrast))


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
    objects: list[tuple[int, Image, Bools]], judge: Judge
) -> tuple[dict[int, ColourModel], dict[int, float]]:
    colours: dict[int, ColourModel] = {}
    areas: dict[int, list[float]] = {}
    for obj, picture, mask in objects:
        fitted = fit_around(look(picture, judge.plate).lab, mask & ~judge.bars)
        areas.setdefault(obj, []).append(float(mask.sum()))
        if fitted is not None:
            known = colours.get(obj)
            colours[obj] = fitted if known is None else known.mixed(fitted, 0.5)
    return colours, {obj: float(np.mean(sizes)) for obj, sizes in areas.items()}


def fingerprint(media: MediaSource, truth: Masks, *settings: object) -> str:
    """Names everything that a `Stand` depends on."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((name_of(media), *settings)).encode())
    for column in (truth.frame, truth.object_id, truth.offset, truth.runs, truth.flags):
        digest.update(column.tobytes())
    return digest.hexdigest()
