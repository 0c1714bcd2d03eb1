"""The picture of one failure: truth and prediction outlined over the part of the frame they cover."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Bools, Image
from masklet.core.errors import DataError, UsageError
from masklet.core.labels import PALETTE
from masklet.core.masks import Masks
from masklet.ops.runs import decode_crop
from masklet.ops.table import boxes
from masklet.render.canvas import jpeg, paint_edge, paint_frame, paint_tint, resized, shrunk_mask
from masklet.render.style import rgb

TRUTH = rgb(PALETTE[1])
"""Sky blue, drawn solid."""
PREDICTION = rgb(PALETTE[0])
"""Orange, drawn dashed over it."""
LEGEND = "Truth: solid blue line. Prediction: dashed orange line."
"""What a page says once for all such pictures."""

Box = tuple[int, int, int, int]

_GROUND = 232
_MARGIN = 0.2
_LARGEST_ZOOM = 5.0
_SHAPE = 4 / 3
_INSET = 0.28
_INSET_BELOW = 0.3
_LEAST_WIDTH = 32


def failure_picture(image: Image | None, truth: Masks, pred: Masks, width: int = 420) -> bytes:
    """A JPEG, `width` pixels wide, of what `truth` and `pred` hold on one frame.

    It shows the box around all masks with a margin, enlarged at most five times, as four by three
    where the frame allows; the whole frame where no mask has a pixel. Where that is a small part of
    the frame, an inset shows the frame with the part framed in white. Truth has solid outlines,
    prediction dashed ones on top, so where both agree the colours alternate.

    Args:
        image: `(h, w, 3) uint8` RGB; None draws the masks lightly filled on a plain ground.
        truth, pred: the rows of one and the same frame, several objects or none on either side.
        width: at least 32.

    Raises `UsageError` where rows are of several frames or `width` is too small, `DataError` where
    masks and image differ in size.
    """
    if width < _LEAST_WIDTH:
        raise UsageError(f"a picture {width} pixels wide; expected at least {_LEAST_WIDTH}")
    size_wh = _size(image, truth, pred)
    part = _part(_joint(truth, pred), size_wh, width)
    view = _view(image, truth, pred, size_wh, part, width)
    if (part[2] - part[0]) * (part[3] - part[1]) < _INSET_BELOW * size_wh[0] * size_wh[1]:
        _put_inset(view, image, truth, pred, size_wh, part)
    return jpeg(view)


def _size(image: Image | None, truth: Masks, pred: Masks) -> tuple[int, int]:
    """(width, height) of the frame, the same for all three."""
    frames = np.union1d(truth.frame, pred.frame)
    if len(frames) > 1:
        raise UsageError(
            f"rows of frames {frames.tolist()[:4]} for one picture; expected those of one frame"
        )
    frame = int(frames[0]) if len(frames) else 0
    sizes = {masks.video.size_wh(frame) for masks in (truth, pred) if len(masks)}
    sizes |= {(image.shape[1], image.shape[0])} if image is not None else set()
    if len(sizes) > 1:
        raise DataError(
            f"frame {frame}: masks and image have the sizes {sorted(sizes)}; expected one size"
        )
    return sizes.pop() if sizes else (truth.video.width, truth.video.height)


def _joint(truth: Masks, pred: Masks) -> Box | None:
    """The box around every mask; None where none has a pixel."""
    every = np.vstack([boxes(truth), boxes(pred)])
    every = every[every[:, 2] > every[:, 0]]
    if not len(every):
        return None
    (x0, y0), (x1, y1) = every[:, :2].min(axis=0), every[:, 2:].max(axis=0)
    return int(x0), int(y0), int(x1), int(y1)


def _part(box: Box | None, size_wh: tuple[int, int], width: int) -> Box:
    """The part of the frame to show."""
    if box is None:
        return 0, 0, *size_wh
    margin = _MARGIN * max(box[2] - box[0], box[3] - box[1])
    wide = max(box[2] - box[0] + 2 * margin, width / _LARGEST_ZOOM)
    high = max(box[3] - box[1] + 2 * margin, wide / _SHAPE)
    wide = max(wide, high * _SHAPE)
    x0, x1 = _within((box[0] + box[2]) / 2, wide, size_wh[0])
    y0, y1 = _within((box[1] + box[3]) / 2, high, size_wh[1])
    return x0, y0, x1, y1


def _within(middle: float, length: float, limit: int) -> tuple[int, int]:
    """A stretch of about that length around the middle, moved to lie in 0..limit, cut where longer."""
    whole = min(max(round(length), 1), limit)
    start = min(max(round(middle - whole / 2), 0), limit - whole)
    return start, start + whole


def _view(
    image: Image | None, truth: Masks, pred: Masks, size_wh: tuple[int, int], part: Box, width: int
) -> Image:
    """The part, scaled to the width, with everything drawn."""
    x0, y0, x1, y1 = part
    shown_wh = width, max(round(width * (y1 - y0) / (x1 - x0)), 1)
    if image is None:
        view = np.full((shown_wh[1], shown_wh[0], 3), _GROUND, np.uint8)
    else:
        view = np.ascontiguousarray(resized(np.ascontiguousarray(image[y0:y1, x0:x1]), shown_wh))
    line = max(1, round(width / 240))
    seen = [_masks(masks, size_wh, part, shown_wh) for masks in (truth, pred)]
    for masks, colour in zip(seen, (TRUTH, PREDICTION), strict=True):
        for mask in masks if image is None else []:
            paint_tint(view, mask, colour, 0.35)
    for mask in seen[0]:
        paint_edge(view, mask, TRUTH, line)
    for mask in seen[1]:
        paint_edge(view, mask, PREDICTION, line, dash_px=3 * line + 1)
    return view


def _masks(masks: Masks, size_wh: tuple[int, int], part: Box, shown_wh: tuple[int, int]) -> list[Bools]:
    crops = (decode_crop(masks.row_runs(row), size_wh, part)[0] for row in range(len(masks)))
    return [shrunk_mask(crop, shown_wh) for crop in crops]


def _put_inset(
    view: Image, image: Image | None, truth: Masks, pred: Masks, size_wh: tuple[int, int], part: Box
) -> None:
    """Draw the whole frame, small, into the corner that is farthest from the masks, in place."""
    scale = min(_INSET * view.shape[1] / size_wh[0], _INSET * view.shape[0] / size_wh[1] * 1.3)
    w, h = max(round(size_wh[0] * scale), 8), max(round(size_wh[1] * scale), 8)
    if w + 4 > view.shape[1] or h + 4 > view.shape[0]:
        return
    inset = np.full((h, w, 3), _GROUND, np.uint8) if image is None else resized(image, (w, h)).copy()
    for masks, colour in ((truth, TRUTH), (pred, PREDICTION)):
        for mask in _masks(masks, size_wh, (0, 0, *size_wh), (w, h)):
            paint_tint(inset, mask, colour, 0.6)
    x0, y0 = int(part[0] * scale), int(part[1] * scale)
    x1, y1 = min(max(round(part[2] * scale), x0 + 3), w), min(max(round(part[3] * scale), y0 + 3), h)
    paint_frame(inset, (x0, y0, x1, y1), (16, 16, 16), 2)
    paint_frame(inset, (x0, y0, x1, y1), (255, 255, 255))
    x, y = _corner(
        view,
        (w + 2, h + 2),
        _masks(truth, size_wh, part, view.shape[1::-1]),
        _masks(pred, size_wh, part, view.shape[1::-1]),
    )
    view[y : y + h + 2, x : x + w + 2] = 255
    view[y + 1 : y + 1 + h, x + 1 : x + 1 + w] = inset


def _corner(
    view: Image, inset_wh: tuple[int, int], truth: list[Bools], pred: list[Bools]
) -> tuple[int, int]:
    """Upper left corner of the inset where it covers the fewest pixels of masks."""
    w, h = inset_wh
    covered = np.zeros(view.shape[:2], np.int64)
    for mask in (*truth, *pred):
        covered += mask
    places = [(x, y) for y in (view.shape[0] - h, 0) for x in (view.shape[1] - w, 0)]
    return min(
        places, key=lambda place: int(covered[place[1] : place[1] + h, place[0] : place[0] + w].sum())
    )
