"""The annotated frames as the engine takes them in: studies, views and permanent memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.adapt.matching import Entry, entry, strangers
from masklet.models.adapt.motion import field_size
from masklet.models.adapt.pool import look
from masklet.models.adapt.scenery import Scenery
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.stirring import stirring_between
from masklet.models.adapt.study import Study, study_of
from masklet.models.adapt.view import box_of, view_around
from masklet.models.features.backbone import Backbone
from masklet.models.vision import components
from masklet.models.walk import decode


@dataclass(frozen=True, eq=False)
class Lesson:
    """One object on one annotated frame."""

    frame: int
    study: Study
    area: int
    known: Entry
    foreign: Entry | None
    """what the other objects' fits take from it: its places as counter-examples"""
    scattered: bool
    """does the mask consist of several parts?"""


def lessons_of(
    media: MediaSource,
    truth: Masks,
    settings: Settings,
    eyes: Backbone,
    scenery: Scenery,
) -> dict[int, list[Lesson]]:
    """By object, a lesson for every trusted row with a visible mask, in the order of frames."""
    visible = truth.take((truth.flags & Flags.OUTSIDE) == 0)
    found: dict[int, list[Lesson]] = {}
    for frame, rows in visible.each_frame():
        image = media[frame]
        gap, image = scenery.difference(image), scenery.shown(image)
        masks = [scenery.whole(decode(rows, row)) for row in range(len(rows))]
        if gap is None and settings.has("stirring"):
            gap = _stirring(media, frame, image, masks)
        for row, mask in enumerate(masks):
            others = rest_of([m for i, m in enumerate(masks) if i != row], mask)
            lesson = _lesson(frame, image, mask, others, gap, settings, eyes)
            if lesson is not None:
                found.setdefault(int(rows.object_id[row]), []).append(lesson)
    return found


def _stirring(media: MediaSource, frame: int, image: Image, masks: list[Bools]) -> Float32s | None:
    """What moves on its own between this frame and the next, or the one before the last."""
    last = media.video.n_frames - 1
    if last < 1:
        return None
    union = np.any(masks, axis=0)
    size = field_size((image.shape[1], image.shape[0]))
    return stirring_between(image, media[frame + 1 if frame < last else frame - 1], union, size)


def rest_of(masks: list[Bools], own: Bools) -> Bools:
    """What other masks cover and `own` does not, all `(h, w) bool`."""
    union = np.zeros_like(own)
    for mask in masks:
        union |= mask
    return union & ~own


def _lesson(
    frame: int,
    image: Image,
    mask: Bools,
    others: Bools,
    gap: Float32s | None,
    settings: Settings,
    eyes: Backbone,
) -> Lesson | None:
    study = study_of(image, mask, others, gap, settings.side, settings.reach)
    box = box_of(mask)
    if study is None or box is None:
        return None
    view = view_around(box, (mask.shape[1], mask.shape[0]), settings.reach, settings.side)
    seen = look([view.picture(image)], eyes)[0]
    small, small_others = view.values(mask.astype(np.float32)), view.values(others.astype(np.float32))
    on_device = torch.from_numpy(small).to(eyes.device)
    areas = np.sort(components(mask)[1][1:])[::-1]
    return Lesson(
        frame,
        study,
        int(mask.sum()),
        entry(seen.keys, on_device, torch.from_numpy(small_others).to(eyes.device), 1.5),
        strangers(seen.keys, on_device),
        bool(areas[0] < 0.93 * areas.sum()),
    )
