"""Where it plays: the empty arena and the empty cage, painted once per scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, UInt8s
from masklet.testing import paint
from masklet.testing.camera import Camera

FLOOR, LEFT, RIGHT, FAR, NEAR, TOP, OUTSIDE = range(7)


@dataclass(frozen=True)
class Box:
    """A box open on one side, cm. `open_side` is `TOP` (arena) or `NEAR` (cage)."""

    x0: float
    y0: float
    x1: float
    y1: float
    height: float
    open_side: int

    def planes(self) -> dict[int, tuple[int, float, int]]:
        """Face: (axis, place, direction outward)."""
        return {
            FLOOR: (2, 0.0, -1),
            LEFT: (0, self.x0, -1),
            RIGHT: (0, self.x1, 1),
            FAR: (1, self.y1, 1),
            NEAR: (1, self.y0, -1),
            TOP: (2, self.height, 1),
        }


@dataclass(frozen=True, eq=False)
class View:
    """What each canvas pixel meets: `face (h, w)`, `place (h, w, 3)` cm, `corner (h, w)` 0..1."""

    face: UInt8s
    place: Floats
    corner: Floats


def look(box: Box, camera: Camera, size_wh: tuple[int, int], margin: int) -> View:
    """Cast one ray a pixel into the box."""
    rays = camera.rays(size_wh, margin)
    nearest = np.full(rays.shape[:2], np.inf)
    face = np.full(rays.shape[:2], OUTSIDE, np.uint8)
    planes = box.planes()
    for name, (axis, at, out) in planes.items():
        ahead = rays[..., axis] * out > 1e-9
        distance = np.where(
            ahead, (at - camera.position[axis]) / np.where(ahead, rays[..., axis], 1), np.inf
        )
        closer = (distance < nearest) & (name != box.open_side)
        nearest = np.where(closer, distance, nearest)
        face[closer] = name
    place = camera.position + rays * nearest[..., None]
    axis, at, _ = planes[box.open_side]
    door = camera.position + rays * ((at - camera.position[axis]) / rays[..., axis])[..., None]
    outside = np.zeros(face.shape, bool)
    corner = np.ones(face.shape)
    for name, (across, edge, out) in planes.items():
        if across != axis:
            outside |= (door[..., across] - edge) * out > 0
        if name != box.open_side:
            gap = np.abs(place[..., across] - edge)
            corner *= np.where(face == name, 1.0, 1 - 0.42 * np.exp(-gap / 3.5))
    face[outside] = OUTSIDE
    return View(face, place, corner)


def cloud(rng: np.random.Generator, size: int = 512) -> Float32s:
    """`(size, size) float32` wrapping noise of several scales, unit deviation."""
    total = np.zeros((size, size), np.float32)
    for sigma, weight in ((24, 1.0), (9, 0.6), (3, 0.35), (1, 0.3)):
        layer = paint.blur(rng.standard_normal((size, size)).astype(np.float32), sigma, wrap=True)
        total += weight * layer / layer.std()
    return np.asarray(total / total.std(), np.float32)


def arena(view: View, floor: tuple[int, int, int], detail: float, rng: np.random.Generator) -> Image:
    """The empty open field: matt floor with smears, scratches and a lamp's pool of light; grey walls."""
    x, y, z = np.moveaxis(view.place, -1, 0)
    noise = cloud(rng)
    picture = np.empty((*view.face.shape, 3), np.float32)
    picture[:] = np.array(floor, np.float32)
    smears = paint.sample(noise, x * 5, y * 5, wrap=True)
    grain = paint.sample(noise, x * 31, y * 31, wrap=True)
    lamp = np.exp(-(((x + 14) / 55) ** 2) - ((y - 8) / 42) ** 2)
    on_floor = (0.84 + 0.2 * lamp + 0.016 * smears + 0.008 * grain)[..., None]
    rise = np.clip(z / 30, 0, 1)
    tone = np.select([view.face == FAR, view.face == LEFT, view.face == RIGHT], [0.7, 0.58, 0.5], 0.62)
    streaks = paint.sample(noise, (x + y) * 9, z * 1.5, wrap=True)
    on_wall = (tone * (0.86 + 0.2 * rise) + 0.015 * streaks)[..., None]
    picture *= np.where((view.face == FLOOR)[..., None], on_floor, on_wall)
    picture *= view.corner[..., None]
    picture[view.face == OUTSIDE] = 58
    canvas = np.clip(picture, 0, 255).astype(np.uint8)
    _scratch(canvas, view.face == FLOOR, rng, detail)
    return vignette(canvas, 0.16)


def _scratch(canvas: Image, floor: Bools, rng: np.random.Generator, detail: float) -> None:
    h, w = canvas.shape[:2]
    marks = np.zeros((h, w), np.uint8)
    for _ in range(26):
        start = rng.uniform([0.08 * w, 0.1 * h], [0.92 * w, 0.9 * h])
        sway = np.cumsum(rng.normal(0, 0.0016 * w, (24, 2)), axis=0)
        bend = np.cumsum(rng.normal(0, 0.006 * w, 2) + 0.25 * sway, axis=0)
        paint.line(marks, start + bend, (int(rng.integers(30, 90)),), max(1, round(detail / 6)))
    for _ in range(14):
        spot = rng.uniform([0.08 * w, 0.1 * h], [0.92 * w, 0.9 * h])
        size = rng.uniform(0.15, 0.35) * detail
        paint.ellipses(marks, spot[None], np.array([[size, 0.6 * size]]), 190)
    soft = paint.blur(np.where(floor, marks, 0).astype(np.uint8), max(0.6, detail / 12))
    paint.darken(canvas, 255 - (soft // 5))


def vignette(canvas: Image, strength: float) -> Image:
    """Darker towards the corners."""
    h, w = canvas.shape[:2]
    y, x = np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)[None, :]
    keep = 255 * (1 - strength * np.clip((x**2 + y**2) / 2, 0, 1))
    paint.darken(canvas, keep.astype(np.uint8))
    return canvas


def cage(
    view: View, box: Box, camera: Camera, detail: float, rng: np.random.Generator, margin: int
) -> Image:
    """The empty home cage: wood shavings, plastic walls, a shelter and a water bottle."""
    x, y, z = np.moveaxis(view.place, -1, 0)
    noise = cloud(rng)
    dense = min(1.25 * detail, 26.0)
    litter = _shavings(box, dense, rng)
    column = np.clip((x - box.x0) * dense, 0, litter.shape[1] - 1)
    row = np.clip((y - box.y0) * dense, 0, litter.shape[0] - 1)
    floor = paint.sample(litter, column, row).astype(np.float32)
    tone = np.select([view.face == FAR, view.face == LEFT, view.face == RIGHT], [1.0, 0.82, 0.74], 0.55)
    haze = 0.06 * paint.sample(noise, (x + y) * 4, z * 4, wrap=True)
    glare = 0.2 * np.exp(-(((x - 9 - 0.25 * z) / 3.2) ** 2)) * (view.face == FAR)
    wall = (tone * (0.72 + 0.36 * np.clip(z / box.height, 0, 1)) + haze + glare)[..., None]
    wall = wall * np.array([118, 124, 126], np.float32)
    picture = np.where((view.face == FLOOR)[..., None], floor, wall) * view.corner[..., None]
    away = np.clip((y - box.y0) / (box.y1 - box.y0), 0, 1)
    picture *= np.where(view.face == FLOOR, 1.05 - 0.28 * away, 1.0)[..., None]
    rows = np.linspace(0, 1, picture.shape[0])[:, None, None]
    around = (52 + 26 * rows) * np.array([1.0, 0.97, 0.93])
    picture = np.where((view.face == OUTSIDE)[..., None], around, picture)
    canvas = np.clip(picture, 0, 255).astype(np.uint8)
    _bank(canvas, box, camera, margin, rng)
    _shelter(canvas, box, camera, margin)
    _bottle(canvas, box, camera, margin)
    return vignette(canvas, 0.3)


def _shavings(box: Box, dense: float, rng: np.random.Generator) -> Image:
    """The floor from above: `(depth, width, 3) uint8` at `dense` pixels per cm, thousands of curls."""
    w, h = round((box.x1 - box.x0) * dense), round((box.y1 - box.y0) * dense)
    canvas = np.full((h, w, 3), (128, 104, 74), np.uint8)
    n = int((box.x1 - box.x0) * (box.y1 - box.y0) * 4.5)
    quads, shade = flakes(rng.uniform([0, 0], [w, h], (n, 2)), dense, rng)
    paint.fill_many(canvas, quads + 0.10 * dense, shade * 0.5)
    order = np.argsort(rng.random(n))
    for part in np.array_split(order, 4):
        paint.fill_many(canvas, quads[part] + 0.08 * dense, shade[part] * 0.55)
        paint.fill_many(canvas, quads[part], shade[part])
    return canvas


def flakes(centres: Floats, dense: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """`(n, 4, 2)` outlines and `(n, 3)` colours of wood shavings around `(n, 2)` centres."""
    n = len(centres)
    angle = rng.uniform(0, np.pi, n)
    long, short = rng.gamma(5, 0.14, n) * dense, rng.uniform(0.12, 0.3, n) * dense
    axis = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    half, thin = axis * long[:, None] / 2, across * short[:, None] / 2
    bow = across * (rng.normal(0, 0.1, n) * long)[:, None]
    quads = np.stack(
        [centres - half + bow, centres - thin, centres + half + bow, centres + thin], axis=1
    )
    tone = rng.normal(1, 0.14, n)[:, None] * np.array([198, 166, 120])
    return quads, np.clip(tone + rng.normal(0, 6, (n, 3)), 30, 250)


def _place(camera: Camera, margin: int, points: Floats) -> Floats:
    pixels: Floats = camera.project(points)[0] + margin
    return pixels


def _bank(canvas: Image, box: Box, camera: Camera, margin: int, rng: np.random.Generator) -> None:
    """Litter heaped a little against the far and side walls."""
    n = 700
    x = rng.uniform(box.x0, box.x1, n)
    height = np.abs(rng.normal(0, 0.7, n)) + 0.25 * (1 + np.sin(x / 4))
    points = np.stack([x, np.full(n, box.y1 - 0.3), height], axis=1)
    pixels, scale = camera.project(points)
    quads, shade = flakes(pixels + margin, float(scale.mean()), rng)
    paint.fill_many(canvas, quads, shade * 0.72)


def _shelter(canvas: Image, box: Box, camera: Camera, margin: int) -> None:
    x0, x1, y0, y1, top = box.x0 + 3, box.x0 + 17, box.y1 - 11, box.y1 - 1, 9.5
    front = np.array([[x0, y0, 0], [x1, y0, 0], [x1, y0, top], [x0, y0, top]])
    side = np.array([[x1, y0, 0], [x1, y1, 0], [x1, y1, top], [x1, y0, top]])
    roof = np.array([[x0 - 0.6, y0 - 0.6, top], [x1 + 0.6, y0 - 0.6, top], [x1, y1, top], [x0, y1, top]])
    turn = np.linspace(0, np.pi, 15)
    door = np.stack([x0 + 7 + 3.4 * np.cos(turn), 0 * turn + y0, 3.2 + 3.4 * np.sin(turn)], axis=1)
    door = np.concatenate([[[x0 + 10.4, y0, 0]], door, [[x0 + 3.6, y0, 0]]])
    shadow = np.array([[x0 - 1, y0 - 1.6, 0], [x1 + 2, y0 - 1.6, 0], [x1 + 2.5, y1, 0], [x0 - 1, y1, 0]])
    keep = np.zeros(canvas.shape[:2], np.uint8)
    paint.fill(keep, _place(camera, margin, shadow), (90,))
    paint.darken(canvas, 255 - paint.blur(keep, max(1.0, canvas.shape[1] / 160)))
    for shape, colour in (
        (side, (96, 46, 40)),
        (front, (142, 66, 54)),
        (roof, (168, 84, 68)),
        (door, (30, 20, 18)),
    ):
        paint.fill(canvas, _place(camera, margin, shape), colour)
    rim = np.array([[x0 - 0.6, y0 - 0.6, top], [x1 + 0.6, y0 - 0.6, top]])
    paint.line(canvas, _place(camera, margin, rim), (196, 122, 104), max(1, canvas.shape[1] // 500))


def _bottle(canvas: Image, box: Box, camera: Camera, margin: int) -> None:
    cx, y, low, high, r = box.x1 - 15.0, box.y1 - 3.0, 15.0, 29.0, 3.2

    def rect(x0: float, x1: float, z0: float, z1: float) -> Floats:
        return np.array([[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]])

    glass = np.zeros(canvas.shape[:2], np.uint8)
    paint.fill(glass, _place(camera, margin, rect(cx - r, cx + r, low, high)), (120,))
    paint.blend(canvas, np.array([176, 200, 214], np.float32), glass)
    level = low + 0.62 * (high - low)
    for shape, colour in (
        (rect(cx - r, cx + r, low, level), (128, 158, 178)),
        (rect(cx - r, cx - 0.72 * r, low, high), (106, 126, 138)),
        (rect(cx + 0.78 * r, cx + r, low, high), (96, 114, 126)),
        (rect(cx - 0.5 * r, cx - 0.3 * r, low + 1, high - 1), (226, 236, 242)),
        (rect(cx - 1.15 * r, cx + 1.15 * r, low - 2.2, low), (70, 74, 80)),
        (rect(cx - 0.45, cx + 0.45, low - 6.5, low - 2.2), (150, 154, 158)),
        (rect(cx - 0.2, cx + 0.05, low - 6.3, low - 2.2), (222, 224, 226)),
    ):
        paint.fill(canvas, _place(camera, margin, shape), colour)


def bars(box: Box, camera: Camera, size_wh: tuple[int, int], margin: int) -> tuple[Image, Image]:
    """Steel bars before the open side: colour `(h, w, 3)` and coverage `(h, w)`, both uint8."""
    w, h = size_wh[0] + 2 * margin, size_wh[1] + 2 * margin
    colour, coverage = np.zeros((h, w, 3), np.uint8), np.zeros((h, w), np.uint8)
    y = box.y0 - 0.4
    stops = ((-1.0, 1.0, 74), (-0.75, 0.8, 118), (-0.5, 0.45, 164), (-0.3, 0.12, 206))

    def rod(start: tuple[float, float], end: tuple[float, float], half: float) -> None:
        flat = np.array([start[0] == end[0], start[1] == end[1]], float)
        for low, high, tone in stops:
            a, b = flat * half * low, flat * half * high
            corners = np.array([start + a, end + a, end + b, start + b])
            shape = _place(camera, margin, np.insert(corners, 1, y, axis=1))
            paint.fill(colour, shape, (tone, tone, tone * 1.02))
            if low == -1.0:
                paint.fill(coverage, shape, (255,))

    for x in np.arange(box.x0 + 1.3, box.x1, 2.6):
        rod((x, 2.5), (x, box.height), 0.2)
    for z, half in ((box.height * 0.52, 0.22), (box.height, 0.7), (2.0, 0.8)):
        rod((box.x0, z), (box.x1, z), half)
    for x in (box.x0, box.x1):
        rod((x, 0.0), (x, box.height), 0.8)
    return colour, coverage
