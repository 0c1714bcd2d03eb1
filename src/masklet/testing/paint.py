"""Every brush of the scene generator. The only file of this room that knows OpenCV."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from masklet.core.arrays import Float32s, Floats, Image

_SHIFT = 4


def _fixed(points: Floats) -> np.ndarray:
    return np.round((np.asarray(points) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def fill(canvas: np.ndarray, polygon: Floats, colour: Sequence[float]) -> None:
    """Fill a simple polygon `(k, 2)` (pixels, corner origin) with soft edges, in place."""
    cv2.fillPoly(canvas, [_fixed(polygon)], tuple(map(float, colour)), cv2.LINE_AA, _SHIFT)


def fill_many(canvas: np.ndarray, quads: Floats, colours: Floats) -> None:
    """Fill `(n, k, 2)` convex polygons, each in its own colour `(n, 3)`, in order, in place."""
    for quad, colour in zip(_fixed(quads), colours.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, quad, colour, cv2.LINE_AA, _SHIFT)


def tube(points: Floats, radii: Floats, origin: tuple[int, int], shape: tuple[int, int]) -> Image:
    """Coverage `(h, w) uint8` of a line with a radius at every point; `origin` = crop's corner."""
    canvas = np.zeros(shape, np.uint8)
    local = points - np.array(origin)
    along = np.gradient(local, axis=0) if len(local) > 1 else np.ones_like(local)
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    side = np.stack([-along[:, 1], along[:, 0]], axis=1) * radii[:, None]
    left, right = local + side, local - side
    quads = np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)
    for quad in _fixed(quads):
        cv2.fillConvexPoly(canvas, quad, 255, cv2.LINE_AA, _SHIFT)
    for (x, y), radius in zip(_fixed(local).tolist(), radii.tolist(), strict=True):
        if radius > 0.9:
            cv2.circle(canvas, (x, y), round(radius * (1 << _SHIFT)), 255, -1, cv2.LINE_AA, _SHIFT)
    return canvas


def ellipses(canvas: np.ndarray, centres: Floats, axes: Floats, value: float) -> None:
    """Fill axis-parallel ellipses `(n, 2)` centres and half axes with one value, in place."""
    sizes = np.maximum(_fixed(axes + 0.5), 1)
    for centre, size in zip(_fixed(centres).tolist(), sizes.tolist(), strict=True):
        cv2.ellipse(canvas, centre, size, 0, 0, 360, value, -1, cv2.LINE_8, _SHIFT)


def oval(centre: Floats, axes: tuple[float, float], angle: float, shape: tuple[int, int]) -> Image:
    """Coverage `(h, w) uint8` of one ellipse; `angle` in radians, clockwise on the screen."""
    canvas = np.zeros(shape, np.uint8)
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    ring = np.stack([axes[0] * np.cos(turn), axes[1] * np.sin(turn)], axis=1)
    cos, sin = np.cos(angle), np.sin(angle)
    cv2.fillConvexPoly(
        canvas, _fixed(ring @ np.array([[cos, sin], [-sin, cos]]) + centre), 255, cv2.LINE_AA, _SHIFT
    )
    return canvas


def line(canvas: np.ndarray, points: Floats, colour: Sequence[float], width: int = 1) -> None:
    """A thin soft line through `(k, 2)` points, in place."""
    cv2.polylines(canvas, [_fixed(points)], False, tuple(map(float, colour)), width, cv2.LINE_AA, _SHIFT)


def blur(picture: np.ndarray, sigma: float | tuple[float, float], wrap: bool = False) -> np.ndarray:
    """Gaussian blur, `sigma` pixels (or x, y); `wrap` joins opposite borders."""
    sx, sy = sigma if isinstance(sigma, tuple) else (sigma, sigma)
    if not wrap:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sx, sigmaY=sy))
    pad = int(4 * max(sx, sy)) + 1
    wide = np.pad(picture, ((pad, pad), (pad, pad)), mode="wrap")
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), sx, sigmaY=sy)[pad:-pad, pad:-pad])


def resize(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Bilinear, to `(h, w)`."""
    return np.asarray(cv2.resize(picture, shape[::-1], interpolation=cv2.INTER_LINEAR))


def sample(picture: np.ndarray, x: np.ndarray, y: np.ndarray, wrap: bool = False) -> np.ndarray:
    """Bilinear values of `picture` at pixel-index coordinates `x`, `y` of any equal shape."""
    border = cv2.BORDER_WRAP if wrap else cv2.BORDER_REPLICATE
    x, y = x.astype(np.float32), y.astype(np.float32)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=border))


def warp(picture: np.ndarray, matrix: Floats, size_wh: tuple[int, int]) -> np.ndarray:
    """`picture` moved by a 2x3 matrix (corner origin, picture to result), cut to `size_wh`."""
    centre = np.array([0.5, 0.5])
    moved = np.column_stack([matrix[:, :2], matrix[:, :2] @ centre + matrix[:, 2] - centre])
    return np.asarray(
        cv2.warpAffine(picture, moved, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def darken(picture: Image, keep: np.ndarray) -> None:
    """`picture` times `keep / 255`, in place; `keep` is `(h, w) uint8` or `(h, w, 3) uint8`."""
    if keep.ndim < picture.ndim:
        keep = cv2.merge([keep] * 3)
    cv2.multiply(picture, keep, dst=picture, scale=1 / 255)


def add(picture: Image, other: np.ndarray) -> Image:
    """Sum, clipped to 0..255; `other` may be signed."""
    return np.asarray(cv2.add(picture, other, dtype=cv2.CV_8U))


def gain(picture: Image, factor: float) -> Image:
    """`picture` times `factor`, clipped to 0..255."""
    return np.asarray(cv2.convertScaleAbs(picture, alpha=factor))


def blend(picture: Image, colour: Float32s, coverage: Image) -> None:
    """Paint `colour` `(h, w, 3)` or `(3,)`, 0..255, over `picture` where `coverage` says, in place."""
    alpha = coverage.astype(np.float32)[..., None] / np.float32(255)
    mixed = picture + (colour - picture) * alpha
    np.clip(mixed + np.float32(0.5), 0, 255, out=mixed)
    picture[...] = mixed.astype(np.uint8)


def compress(picture: Image, quality: int) -> Image:
    """What a lossy codec leaves: 8x8 transform blocks and half-size colour, `quality` 1..100."""
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))


def parts(mask: np.ndarray) -> list[tuple[tuple[int, int], np.ndarray]]:
    """Connected parts (8 neighbours) of `(h, w) bool`: (corner x, y), crop `bool`; top to bottom."""
    count, places, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for k in range(1, count):
        x, y, w, h = stats[k, :4].tolist()
        found.append(((x, y), places[y : y + h, x : x + w] == k))
    return found
