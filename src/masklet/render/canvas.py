"""Drawing on pixels, in place and inside small boxes only. The home of cv2 in this room."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from masklet.core.arrays import Bools, Floats, Image, UInt8s
from masklet.core.atomic import writing
from masklet.core.errors import DataError
from masklet.render.style import RGB

_HALO = (16, 16, 16)
_DASH_PX = 6
_LEVELS = 128
_FONT = cv2.FONT_HERSHEY_DUPLEX


def paint_mask(
    image: Image,
    crop: Bools,
    offset_xy: tuple[int, int],
    colour: RGB,
    *,
    fill: float = 0.35,
    outline_px: int = 2,
    dashed: bool = False,
) -> None:
    """Tint a mask and draw its outline: a line of its colour inside the edge, a dark halo outside.

    Line and halo together stand out from any background. With `dashed` the line alternates
    between the colour and white. `image` `(h, w, 3) uint8` RGB is changed in place; `crop`
    `(ch, cw) bool` has its top-left pixel at `offset_xy` and may reach over the border.
    """
    placed = _place(image, crop, offset_xy, outline_px + 1)
    if placed is None:
        return
    region, mask = placed
    level = _levels(mask, outline_px)
    if dashed and outline_px:
        level |= _stripes(*level.shape) & _line(level)
    keep, *add = (cv2.LUT(level, table) for table in _tables(colour, fill, outline_px > 0))
    _blend(region, cv2.merge([keep, keep, keep]), cv2.merge(add))


def paint_plate(
    image: Image,
    text: str,
    corner_xy: tuple[int, int],
    text_px: int,
    ink: RGB = (255, 255, 255),
    plate: RGB = (16, 16, 16),
) -> tuple[int, int, int, int]:
    """Write text on a plate whose lower left corner is at `corner_xy`, moved to lie in the image.

    Returns the box (x0, y0, x1, y1) that the plate covers.
    """
    keep, add = _plate(text, text_px, ink, plate)
    h, w = min(keep.shape[0], image.shape[0]), min(keep.shape[1], image.shape[1])
    x0 = min(max(corner_xy[0], 0), image.shape[1] - w)
    y0 = min(max(corner_xy[1] - h, 0), image.shape[0] - h)
    _blend(image[y0 : y0 + h, x0 : x0 + w], keep[:h, :w], add[:h, :w])
    return x0, y0, x0 + w, y0 + h


def plate_size(text: str, text_px: int) -> tuple[int, int]:
    """(width, height) in pixels of the plate that `paint_plate` would draw."""
    keep, _ = _plate(text, text_px, (255, 255, 255), (16, 16, 16))
    return keep.shape[1], keep.shape[0]


def ink_for(plate: RGB) -> RGB:
    """Black or white, whichever is more legible on a plate of this colour (WCAG luminance)."""
    share = [(c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4) for c in plate]
    luminance = 0.2126 * share[0] + 0.7152 * share[1] + 0.0722 * share[2]
    return (16, 16, 16) if luminance > 0.179 else (255, 255, 255)


def resized(image: Image, size_wh: tuple[int, int]) -> Image:
    """The image at another size: averaged when it shrinks, bilinear when it grows."""
    smaller = size_wh[0] < image.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    scaled: Image = cv2.resize(image, size_wh, interpolation=how)
    return scaled


def fitted(image: Image, size_wh: tuple[int, int]) -> Image:
    """The image in a frame of `size_wh`, as large as its shape allows, black around it."""
    (w, h), (height, width) = size_wh, image.shape[:2]
    if (w, h) == (width, height):
        return image
    scale = min(w / width, h / height)
    inner = min(max(round(width * scale), 1), w), min(max(round(height * scale), 1), h)
    frame = np.zeros((h, w, 3), np.uint8)
    x, y = (w - inner[0]) // 2, (h - inner[1]) // 2
    frame[y : y + inner[1], x : x + inner[0]] = resized(image, inner)
    return frame


def write_png(image: Image, path: Path) -> None:
    """Save an RGB image `(h, w, 3) uint8` as PNG, whole or not at all. Raises `DataError`."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise DataError(f"cannot write {path}: an image of shape {image.shape} does not fit into a PNG")
    with writing(path) as beside:
        beside.write_bytes(data.tobytes())


def _place(
    image: Image, crop: Bools, offset_xy: tuple[int, int], margin: int
) -> tuple[Image, UInt8s] | None:
    """The part of the image around a crop, and the mask on it as 0 or 255; None where they miss."""
    (x, y), (h, w) = offset_xy, crop.shape
    x0, y0 = max(x - margin, 0), max(y - margin, 0)
    x1, y1 = min(x + w + margin, image.shape[1]), min(y + h + margin, image.shape[0])
    if x1 <= x0 or y1 <= y0 or not crop.size:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    top, left = max(y0 - y, 0), max(x0 - x, 0)
    inside = crop[top : y1 - y, left : x1 - x]
    at_y, at_x = max(y - y0, 0), max(x - x0, 0)
    np.multiply(
        inside, np.uint8(255), out=mask[at_y : at_y + inside.shape[0], at_x : at_x + inside.shape[1]]
    )
    return image[y0:y1, x0:x1], mask


def _levels(mask: UInt8s, outline_px: int) -> UInt8s:
    """How deep each pixel lies, 0 (outside) .. 127 (well inside), with half of it at the edge.

    A box blur as wide as the outline turns the edge into a ramp, so lines come out smooth. Inside
    the mask the level never falls below that of the line, so thin parts keep their colour.
    """
    if outline_px == 0:
        return np.right_shift(mask, 1)
    side = 2 * outline_px + 1
    soft = cv2.blur(mask, (side, side), borderType=cv2.BORDER_REPLICATE)
    deep: UInt8s = cv2.max(soft, mask & np.uint8(160))
    return np.right_shift(deep, 1)


def _line(level: UInt8s) -> UInt8s:
    """128 where a level belongs to the coloured line, else 0."""
    on = (level >= 62) & (level < 124)
    return np.left_shift(on.view(np.uint8), 7)


@lru_cache(maxsize=8)
def _stripes(height: int, width: int) -> UInt8s:
    """Diagonal bands of 0 and 128."""
    y, x = np.ogrid[:height, :width]
    bands: UInt8s = ((((x + y) // _DASH_PX) % 2) * 128).astype(np.uint8)
    return bands


@lru_cache(maxsize=256)
def _tables(colour: RGB, fill: float, outlined: bool) -> tuple[UInt8s, ...]:
    """By level: the share of the picture that stays (0..255), and the red, green, blue added to it.

    Four tables of 256; levels from 128 on are those of the white part of a dashed line.
    """
    level = np.arange(_LEVELS)
    if outlined:
        halo = np.interp(level, [0, 12, 40, 56, 64], [0, 0.35, 0.7, 0.7, 0])
        line = np.interp(level, [50, 62, 104, 124, 127], [0, 1, 1, fill, fill])
    else:
        halo, line = np.zeros(_LEVELS), np.interp(level, [0, 127], [0, fill])
    halo = halo * (1 - line)
    keep = np.tile(255 * (1 - line - halo), 2)
    add = [np.outer(hue, line) + np.outer(_HALO, halo) for hue in (colour, (255, 255, 255))]
    return tuple(np.round(table).astype(np.uint8) for table in (keep, *np.hstack(add)))


def _blend(region: Image, keep: UInt8s, add: UInt8s) -> None:
    """region = region * keep / 255 + add, in place."""
    cv2.multiply(region, keep, dst=region, scale=1 / 255)
    cv2.add(region, add, dst=region)


@lru_cache(maxsize=2048)
def _plate(text: str, text_px: int, ink: RGB, plate: RGB) -> tuple[UInt8s, UInt8s]:
    """The share of the picture that stays under a plate, and what is added: text on rounded corners."""
    scale = cv2.getFontScaleFromHeight(_FONT, text_px, 1)
    (w, h), _ = cv2.getTextSize(text, _FONT, scale, 1)
    pad = max(3, text_px // 3)
    size = (h + 2 * pad, w + 2 * pad)
    cover = np.zeros(size, np.uint8)
    cv2.putText(cover, text, (pad, pad + h), _FONT, scale, 255, 1, cv2.LINE_AA)
    glyph = cover[..., None] / 255.0
    body = _rounded(size, pad)[..., None] * 0.88
    add = body * (glyph * np.array(ink) + (1 - glyph) * np.array(plate))
    keep = np.repeat((1 - body) * 255, 3, axis=2)
    return np.round(keep).astype(np.uint8), np.round(add).astype(np.uint8)


def _rounded(shape: tuple[int, int], radius: int) -> Floats:
    """`(h, w) float64`: 1 inside a rectangle with rounded corners, 0 outside, smooth between."""
    y, x = np.arange(shape[0]), np.arange(shape[1])
    dy = np.maximum(radius - 0.5 - np.minimum(y, shape[0] - 1 - y), 0)[:, None]
    dx = np.maximum(radius - 0.5 - np.minimum(x, shape[1] - 1 - x), 0)[None, :]
    inside: Floats = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)
    return inside
