"""Drawing on pixels, in place and inside small boxes only. The home of cv2 in this room."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from masklet.core.arrays import Bools, Floats, Image, UInt8s
from masklet.core.atomic import writing
from masklet.core.errors import DataError
from masklet.media.planes import Planes
from masklet.render.style import RGB

_HALO = (16, 16, 16)
_DASH_PX = 6
_LEVELS = 128
_FONT = cv2.FONT_HERSHEY_DUPLEX
_AS_IT_IS = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))


class _Layer(NamedTuple):
    """Part of a picture: `(h, w)` or `(h, w, 3)` values, at full or half size, mixed from RGB."""

    values: UInt8s
    step: int
    mix: tuple[tuple[float, ...], ...]


def paint_mask(
    image: Image | Planes,
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
    between the colour and white. `image`, `(h, w, 3) uint8` RGB or `Planes`, is changed in place;
    `crop` `(ch, cw) bool` has its top-left pixel at `offset_xy` and may reach over the border.
    """
    placed = _place(image.shape[:2], crop, offset_xy, outline_px + 1)
    if placed is None:
        return
    (x0, y0), mask = placed
    level = _levels(mask, outline_px)
    if dashed and outline_px:
        level |= _stripes(*level.shape) & _line(level)
    for values, step, mix in _layers(image):
        part = _thinned(level, step)
        keep, *add = (cv2.LUT(part, table) for table in _tables(colour, fill, outline_px > 0, mix))
        top, left = y0 // step, x0 // step
        region = values[top : top + part.shape[0], left : left + part.shape[1]]
        _blend(region, cv2.merge([keep] * len(mix)), cv2.merge(add))


def paint_plate(
    image: Image | Planes,
    text: str,
    corner_xy: tuple[int, int],
    text_px: int,
    ink: RGB = (255, 255, 255),
    plate: RGB = (16, 16, 16),
) -> tuple[int, int, int, int]:
    """Write text on a plate whose lower left corner is at `corner_xy`, moved to lie in the image.

    Returns the box (x0, y0, x1, y1) that the plate covers.
    """
    (width, height), (w, h) = image.shape[1::-1], plate_size(text, text_px)
    w, h = min(w, width), min(h, height)
    x0 = min(max(corner_xy[0], 0), width - w) // 2 * 2
    y0 = min(max(corner_xy[1] - h, 0), height - h) // 2 * 2
    for values, step, mix in _layers(image):
        keep, add = _plate(text, text_px, ink, plate, step, mix)
        region = values[y0 // step : (y0 + h) // step, x0 // step : (x0 + w) // step]
        _blend(
            region, keep[: region.shape[0], : region.shape[1]], add[: region.shape[0], : region.shape[1]]
        )
    return x0, y0, x0 + w, y0 + h


def plate_size(text: str, text_px: int) -> tuple[int, int]:
    """(width, height) in pixels of the plate that `paint_plate` would draw."""
    shape = _letters(text, text_px).shape
    return shape[1], shape[0]


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


def shrunk_mask(mask: Bools, size_wh: tuple[int, int]) -> Bools:
    """A mask `(h, w) bool` at another size: a pixel belongs to it where any of the mask falls on it.

    So a thin part is never lost when the mask shrinks; when it grows its pixels become blocks.
    """
    smaller = size_wh[0] < mask.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    scaled: Bools = cv2.resize(mask.astype(np.uint8) * 255, size_wh, interpolation=how) > 0
    return scaled


def paint_tint(image: Image, mask: Bools, colour: RGB, share: float) -> None:
    """Mix a colour into the pixels of a mask `(h, w) bool` as large as the image, in place."""
    mixed = image[mask] * (1 - share) + np.array(colour) * share
    image[mask] = np.round(mixed).astype(np.uint8)


def paint_edge(image: Image, mask: Bools, colour: RGB, px: int, dash_px: int = 0) -> None:
    """Draw the outline of a mask `(h, w) bool` as large as the image, in place, with a dark halo.

    With `dash_px` it is dashed: strokes of that length, with gaps as long, that show what lies below.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    lines = [np.vstack([edge, edge[:1]]) for edge in found]
    if dash_px:
        lines = [edge[i : i + dash_px + 1] for edge in lines for i in range(0, len(edge), 2 * dash_px)]
    else:
        cv2.polylines(image, lines, False, _HALO, px + 2, cv2.LINE_AA)
    cv2.polylines(image, lines, False, colour, px, cv2.LINE_AA)


def paint_frame(image: Image, box_xyxy: tuple[int, int, int, int], colour: RGB, px: int = 1) -> None:
    """Draw the edge of a half-open box, in place, inside the box."""
    x0, y0, x1, y1 = box_xyxy
    for part in (image[y0:y1, x0 : x0 + px], image[y0:y1, max(x1 - px, 0) : x1]):
        part[...] = colour
    for part in (image[y0 : y0 + px, x0:x1], image[max(y1 - px, 0) : y1, x0:x1]):
        part[...] = colour


def jpeg(image: Image, quality: int = 85) -> bytes:
    """An RGB image `(h, w, 3) uint8` as the bytes of a JPEG file. Raises `DataError`."""
    given = [cv2.IMWRITE_JPEG_QUALITY, quality]
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), given)
    if not done:
        raise DataError(f"an image of shape {image.shape} does not fit into a JPEG file")
    return bytes(data.tobytes())


def write_png(image: Image, path: Path) -> None:
    """Save an RGB image `(h, w, 3) uint8` as PNG, whole or not at all. Raises `DataError`."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise DataError(f"cannot write {path}: an image of shape {image.shape} does not fit into a PNG")
    with writing(path) as beside:
        beside.write_bytes(data.tobytes())


def _layers(image: Image | Planes) -> list[_Layer]:
    if not isinstance(image, Planes):
        return [_Layer(image, 1, _AS_IT_IS)]
    y, cb, cr = (tuple(row) for row in image.from_rgb.tolist())
    planes = image.planes
    return [_Layer(planes[0], 1, (y,)), _Layer(planes[1], 2, (cb,)), _Layer(planes[2], 2, (cr,))]


def _place(
    shape: tuple[int, ...], crop: Bools, offset_xy: tuple[int, int], margin: int
) -> tuple[tuple[int, int], UInt8s] | None:
    """Where the surroundings of a crop begin, at even x and y, and the mask on them as 0 or 255.

    None where crop and picture miss each other.
    """
    (x, y), (h, w) = offset_xy, crop.shape
    x0, y0 = max(x - margin, 0) // 2 * 2, max(y - margin, 0) // 2 * 2
    x1, y1 = min(x + w + margin, shape[1]), min(y + h + margin, shape[0])
    if x1 <= x0 or y1 <= y0 or not crop.size:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    top, left = max(y0 - y, 0), max(x0 - x, 0)
    inside = crop[top : max(y1 - y, 0), left : max(x1 - x, 0)]
    at_y, at_x = max(y - y0, 0), max(x - x0, 0)
    target = mask[at_y : at_y + inside.shape[0], at_x : at_x + inside.shape[1]]
    np.multiply(inside, np.uint8(255), out=target)
    return (x0, y0), mask


def _thinned(level: UInt8s, step: int) -> UInt8s:
    """Every `step`-th level, beginning with the first."""
    return (
        level
        if step == 1
        else np.ascontiguousarray(level[: len(level) // 2 * 2 : 2, : level.shape[1] // 2 * 2 : 2])
    )


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
def _tables(
    colour: RGB, fill: float, outlined: bool, mix: tuple[tuple[float, ...], ...]
) -> tuple[UInt8s, ...]:
    """By level: the share of the picture that stays (0..255), and what is added to each channel.

    Tables of 256; levels from 128 on are those of the white part of a dashed line.
    """
    level = np.arange(_LEVELS)
    if outlined:
        halo = np.interp(level, [0, 12, 40, 56, 64], [0, 0.35, 0.7, 0.7, 0])
        line = np.interp(level, [50, 62, 104, 124, 127], [0, 1, 1, fill, fill])
    else:
        halo, line = np.zeros(_LEVELS), np.interp(level, [0, 127], [0, fill])
    halo = halo * (1 - line)
    keep = np.tile(255 * (1 - line - halo), 2)
    dark = np.outer(_mixed(_HALO, mix), halo)
    add = [np.outer(_mixed(hue, mix), line) + dark for hue in (colour, (255, 255, 255))]
    return tuple(np.round(table).astype(np.uint8) for table in (keep, *np.hstack(add)))


def _mixed(colour: RGB, mix: tuple[tuple[float, ...], ...]) -> Floats:
    """The colour in the channels of a layer."""
    mixed: Floats = np.array(mix) @ np.array([*colour, 1.0])
    return mixed


def _blend(region: UInt8s, keep: UInt8s, add: UInt8s) -> None:
    """region = region * keep / 255 + add, in place."""
    cv2.multiply(region, keep, dst=region, scale=1 / 255)
    cv2.add(region, add, dst=region)


@lru_cache(maxsize=2048)
def _plate(
    text: str, text_px: int, ink: RGB, plate: RGB, step: int, mix: tuple[tuple[float, ...], ...]
) -> tuple[UInt8s, UInt8s]:
    """The share of the picture that stays under a plate, and what is added: text on rounded corners."""
    glyph = _letters(text, text_px)[..., None] / 255.0
    body = _rounded(glyph.shape[:2], _padding(text_px))[..., None] * 0.88
    add = body * (glyph * _mixed(ink, mix) + (1 - glyph) * _mixed(plate, mix))
    keep = np.repeat((1 - body) * 255, len(mix), axis=2)
    if step == 2:
        keep, add = (
            cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for part in (keep, add)
        )
    shape = (*keep.shape[:2], 3) if len(mix) == 3 else keep.shape[:2]
    return np.round(keep).astype(np.uint8).reshape(shape), np.round(add).astype(np.uint8).reshape(shape)


@lru_cache(maxsize=2048)
def _letters(text: str, text_px: int) -> UInt8s:
    """How much of each pixel of a plate is covered by letters, 0..255; even sides."""
    scale, pad = cv2.getFontScaleFromHeight(_FONT, text_px, 1), _padding(text_px)
    (w, h), _ = cv2.getTextSize(text, _FONT, scale, 1)
    cover = np.zeros(((h + 2 * pad + 1) // 2 * 2, (w + 2 * pad + 1) // 2 * 2), np.uint8)
    cv2.putText(cover, text, (pad, pad + h), _FONT, scale, 255, 1, cv2.LINE_AA)
    return cover


def _padding(text_px: int) -> int:
    return max(3, text_px // 3)


def _rounded(shape: tuple[int, int], radius: int) -> Floats:
    """`(h, w) float64`: 1 inside a rectangle with rounded corners, 0 outside, smooth between."""
    y, x = np.arange(shape[0]), np.arange(shape[1])
    dy = np.maximum(radius - 0.5 - np.minimum(y, shape[0] - 1 - y), 0)[:, None]
    dx = np.maximum(radius - 0.5 - np.minimum(x, shape[1] - 1 - x), 0)[None, :]
    inside: Floats = np.clip(radius + 0.5 - np.hypot(dx, dy), 0, 1)
    return inside
