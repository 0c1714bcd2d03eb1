"""OpenCV as the engines of this room use it: one thin typed function for each operation.

The only file of `masklet.models` that imports cv2. Coordinates are (x, y) in pixels, the origin at
the centre of the top-left pixel, as in OpenCV; sizes are (width, height).
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np

from masklet.core.arrays import Bools, Float32s, Image, Int32s, UInt8s

_DIS_PRESETS = {
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
}


def grey(image: Image) -> UInt8s:
    """`(h, w, 3) uint8` RGB to `(h, w) uint8`."""
    return cast(UInt8s, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def lab(image: Image) -> UInt8s:
    """`(h, w, 3) uint8` RGB to CIE L*a*b*, `(h, w, 3) uint8`, L scaled to 0..255, a and b + 128."""
    return cast(UInt8s, cv2.cvtColor(image, cv2.COLOR_RGB2LAB))


def resize(image: Any, size_wh: tuple[int, int]) -> Any:
    """To `size_wh`: by area when it shrinks, bilinear when it grows; the same dtype."""
    if (image.shape[1], image.shape[0]) == size_wh:
        return image
    shrinks = size_wh[0] < image.shape[1]
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def box_filter(values: Float32s, radius: int) -> Float32s:
    """Mean over a window of (2 radius + 1)^2 pixels, channel by channel; edges are mirrored."""
    side = 2 * radius + 1
    return cast(Float32s, cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT))


def gaussian(values: Any, sigma: float) -> Any:
    """Gaussian blur; the same dtype; `sigma` 0 returns the input."""
    return values if sigma <= 0 else cv2.GaussianBlur(values, (0, 0), sigma)


def median(values: UInt8s, radius: int) -> UInt8s:
    """Median over a square window of (2 radius + 1)^2 pixels, `uint8`, channel by channel."""
    return cast(UInt8s, cv2.medianBlur(values, 2 * radius + 1))


_DIS_SIDE = 32
"""Smaller images are padded: the coarsest scale of the search needs a patch."""


class DenseFlow:
    """Dense inverse search optical flow (Kroeger et al., ECCV 2016)."""

    def __init__(self, preset: str = "medium") -> None:
        self._dis = cv2.DISOpticalFlow.create(_DIS_PRESETS[preset])

    def __call__(self, here: UInt8s, there: UInt8s) -> Float32s:
        """`(h, w, 2) float32`: pixel (x, y) of `here` lies at (x, y) + flow in `there`. Grey images."""
        high, wide = here.shape
        down, right = max(_DIS_SIDE - high, 0), max(_DIS_SIDE - wide, 0)
        if down or right:
            here, there = (
                cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE)
                for image in (here, there)
            )
        flow = self._dis.calc(here, there, None)
        return cast(Float32s, np.ascontiguousarray(flow[:high, :wide]))


_BORDERS = {
    "zero": cv2.BORDER_CONSTANT,
    "edge": cv2.BORDER_REPLICATE,
    "mirror": cv2.BORDER_REFLECT,
}


def sample(values: Any, x: Float32s, y: Float32s, border: str = "zero") -> Any:
    """`values` at real positions, bilinear; the shape is that of `x`, `border` as in `warp`."""
    return cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=_BORDERS[border])


def disk(radius: int) -> UInt8s:
    """A filled disk as a structuring element."""
    side = 2 * radius + 1
    return cast(UInt8s, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def dilate(mask: Bools, radius: int) -> Bools:
    """Grown by a disk of `radius` pixels."""
    return mask if radius <= 0 else cast(Bools, cv2.dilate(mask.astype(np.uint8), disk(radius)) > 0)


def erode(mask: Bools, radius: int) -> Bools:
    """Shrunk by a disk of `radius` pixels; the picture's border does not shrink it."""
    return mask if radius <= 0 else cast(Bools, cv2.erode(mask.astype(np.uint8), disk(radius)) > 0)


def closed(mask: Bools, radius: int) -> Bools:
    """Gaps narrower than 2 `radius` filled, as if the picture went on beyond its border."""
    if radius <= 0:
        return mask
    padded = np.pad(mask, radius, mode="edge")
    grown = erode(dilate(padded, radius), radius)
    return grown[radius:-radius, radius:-radius]


def opened(mask: Bools, radius: int) -> Bools:
    """What a disk of `radius` fits into."""
    return dilate(erode(mask, radius), radius) & mask


def dilated_map(values: Any, radius: int) -> Any:
    """The highest value within a disk of `radius` pixels, `(h, w)`."""
    return cv2.dilate(values, disk(radius))


def grey_closed(values: Any, radius: int) -> Any:
    """Valleys of a `(h, w)` map narrower than 2 `radius` filled up to the lower of their sides."""
    if radius <= 0:
        return values
    return cv2.morphologyEx(values, cv2.MORPH_CLOSE, disk(radius), borderType=cv2.BORDER_REPLICATE)


def top_hat(values: Any, radius: int) -> Any:
    """What of a `(h, w)` map rises above its surroundings and is narrower than 2 `radius`."""
    return cv2.morphologyEx(values, cv2.MORPH_TOPHAT, disk(radius))


def opened_along(values: Any, length: int, radians: float) -> Any:
    """What of a `(h, w)` map a straight stroke of that length (odd) and direction fits under."""
    stroke = np.zeros((length, length), np.uint8)
    middle = length // 2
    dx, dy = round(middle * np.cos(radians)), round(middle * np.sin(radians))
    cv2.line(stroke, (middle - dx, middle - dy), (middle + dx, middle + dy), 1, 1)
    return cv2.morphologyEx(values, cv2.MORPH_OPEN, stroke)


def components(mask: Bools) -> tuple[Int32s, Int32s]:
    """8-connected parts: `(h, w) int32` numbers (0 = none) and `(k + 1,) int32` areas by number."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return cast(Int32s, numbers), cast(Int32s, stats[:, cv2.CC_STAT_AREA])


def filled(mask: Bools, max_area: float = np.inf) -> Bools:
    """Holes of at most `max_area` pixels filled; what touches the border is no hole."""
    _, numbers, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    h, w = mask.shape
    x, y, width, height, area = stats[:, :5].T
    hole = (x > 0) & (y > 0) & (x + width < w) & (y + height < h) & (area <= max_area)
    hole[0] = False
    return cast(Bools, mask | hole[numbers])


def distance(mask: Bools) -> Float32s:
    """`(h, w) float32`: distance of every True pixel to the nearest False one; 0 on False."""
    return cast(Float32s, cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5))


def nearest_number(numbers: Int32s) -> Int32s:
    """For every pixel the non-zero entry of `numbers` nearest to it; all 0 where there is none."""
    if not numbers.any():
        return numbers
    empty = (numbers == 0).astype(np.uint8)
    _, zones = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    names = np.zeros(int(zones.max()) + 1, np.int32)
    at = numbers > 0
    names[zones[at]] = numbers[at]
    return names[zones]


def track_corners(here: UInt8s, there: UInt8s, count: int = 400) -> tuple[Float32s, Float32s]:
    """Corners of `here` found again in `there`: two `(k, 2) float32` lists of x, y.

    Shi-Tomasi corners, pyramidal Lucas-Kanade, and only those that come back within 0.5 px when
    tracked in reverse.
    """
    none = np.zeros((0, 2), np.float32)
    corners = cv2.goodFeaturesToTrack(here, count, 0.005, 7)
    if corners is None:
        return none, none
    start = corners.reshape(-1, 1, 2).astype(np.float32)
    window: dict[str, Any] = {"winSize": (21, 21), "maxLevel": 4}
    end, ok, _ = cv2.calcOpticalFlowPyrLK(here, there, start, None, **window)
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(there, here, end, None, **window)
    stays = np.linalg.norm((back - start).reshape(-1, 2), axis=1) < 0.5
    good = (ok.ravel() == 1) & (ok_back.ravel() == 1) & stays
    return start.reshape(-1, 2)[good], end.reshape(-1, 2)[good]


def apply_table(image: Image, table: UInt8s) -> Image:
    """Each channel's levels replaced by `table`, `(256, 3) uint8`."""
    return cast(Image, cv2.LUT(image, table.reshape(1, 256, 3)))


def absolute_difference(a: UInt8s, b: UInt8s) -> UInt8s:
    """|a - b|, `uint8`."""
    return cast(UInt8s, cv2.absdiff(a, b))


def warp(values: Any, inverse: Any, size_wh: tuple[int, int], border: str = "zero") -> Any:
    """`values` under an affine map, bilinear.

    `inverse` (2 or 3 rows of 3) takes (x, y, 1) of the result to (x, y) of `values`; beyond their
    border is `zero`, the `edge`, or the picture's `mirror` image.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    matrix = np.asarray(inverse, np.float64)[:2]
    return cv2.warpAffine(values, matrix, size_wh, flags=flags, borderMode=_BORDERS[border])


def inpainted(image: Image, hole: Bools, radius: float = 5.0) -> Image:
    """`hole` filled from its rim (Telea, "An image inpainting technique", 2004)."""
    return cast(Image, cv2.inpaint(image, hole.astype(np.uint8), radius, cv2.INPAINT_TELEA))


def convolve(values: Any, kernel: Float32s) -> Any:
    """Correlation with a small kernel; the same dtype."""
    return cv2.filter2D(values, -1, kernel)


def draw_ellipse(
    canvas: Float32s, centre: tuple[int, int], axes: tuple[int, int], degrees: float, value: float
) -> None:
    """Fill an ellipse, in place."""
    cv2.ellipse(canvas, centre, axes, degrees, 0, 360, value, -1)


def draw_line(
    canvas: Float32s, start: tuple[int, int], end: tuple[int, int], width: int, value: float
) -> None:
    """Draw a straight stroke, in place."""
    cv2.line(canvas, start, end, value, width)


def enlarged_smoothly(values: Float32s, size_wh: tuple[int, int]) -> Float32s:
    """Bicubic enlargement, `(h, w, c) float32`."""
    return cast(Float32s, cv2.resize(values, size_wh, interpolation=cv2.INTER_CUBIC))
