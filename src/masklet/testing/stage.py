"""One frame of a scene: layers from far to near, painted on the picture or on the map of truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, UInt8s
from masklet.testing import paint, sets
from masklet.testing.anatomy import NODES, PELVIS, SKULL, TAIL_NODES, Body
from masklet.testing.camera import Camera
from masklet.testing.coats import Coat, Pelt
from masklet.testing.sets import Box
from masklet.testing.solid import chain, crop_box

_SOFT = 4
"""Shadows and reflections are worked out at a quarter of the picture's size."""


@dataclass(frozen=True, eq=False)
class Actor:
    """One animal: its parts on all frames, and its looks."""

    body: Body
    coat: Coat
    shift: float


@dataclass(frozen=True, eq=False)
class Stage:
    """All that does not change from frame to frame. Canvases are wider than the picture by `margin`.

    Args:
        empty: `(h + 2 margin, w + 2 margin, 3) uint8`, the set without animals and bars.
        faces: `(h + 2 margin, w + 2 margin) uint8`, which face of the box each pixel shows.
        bar_colour, bar_coverage: uint8 canvases; None without bars.
        shakes: `(n_frames, 2, 3)` picture transforms.
        light: unit vector towards the lamp, world.
    """

    size_wh: tuple[int, int]
    margin: int
    box: Box
    camera: Camera
    actors: tuple[Actor, ...]
    empty: Image
    faces: UInt8s
    bar_colour: Image | None
    bar_coverage: Image | None
    shakes: Floats
    light: Floats
    shadows: bool
    reflections: bool


@dataclass(frozen=True, eq=False)
class Layer:
    """Something to paint: `coverage (h, w) uint8` at `corner`, its colour when asked for."""

    actor: int
    is_tail: bool
    corner: tuple[int, int]
    coverage: Image
    colour: Callable[[], Float32s]


def seen(stage: Stage, frame: int, points: Floats) -> tuple[Floats, Floats]:
    """`(..., 2)` pixels of world points on a frame, camera shake included, and pixels per cm."""
    pixels, scale = stage.camera.project(points)
    matrix = stage.shakes[frame]
    return pixels @ matrix[:, :2].T + matrix[:, 2], scale


def canvas(stage: Stage, frame: int, picture: Image) -> Image:
    """The part of a wide canvas that the camera shows on a frame; the caller's own copy."""
    w, h = stage.size_wh
    if not stage.margin:
        return picture.copy()
    matrix = stage.shakes[frame].copy()
    matrix[:, 2] -= matrix[:, :2] @ np.full(2, float(stage.margin))
    return np.asarray(paint.warp(picture, matrix, (w, h)), np.uint8)


def layers(stage: Stage, frame: int) -> Iterator[Layer]:
    """Everything that belongs to an animal on a frame, far things first."""
    for is_tail, k in _far_first(stage, frame):
        yield from _tail(stage, frame, k) if is_tail else _animal(stage, frame, k)


def _far_first(stage: Stage, frame: int) -> list[tuple[bool, int]]:
    """(is it the tail?, animal), in the order of painting.

    From above all tails lie on the floor, below all bodies, and who climbs on whom is settled by
    number; from the front distance decides.
    """
    cast = range(len(stage.actors))
    if stage.box.open_side == sets.TOP:
        return [(True, k) for k in cast] + [(False, k) for k in cast]
    things = []
    for k in cast:
        body = stage.actors[k].body
        pelvis = float(stage.camera.depth(body.spine[frame, PELVIS]))
        tail = float(stage.camera.depth(body.tail[frame, TAIL_NODES // 2]))
        things.append((-tail - 1.0, (True, k)))
        things.append((-pelvis, (False, k)))
    return [thing for _, thing in sorted(things)]


def _tail(stage: Stage, frame: int, k: int) -> Iterator[Layer]:
    body, coat = stage.actors[k].body, stage.actors[k].coat
    return _tube(stage, frame, k, body.tail[frame], body.tail_radius, coat.tail, True)


def _animal(stage: Stage, frame: int, k: int) -> Iterator[Layer]:
    """All but the tail."""
    actor = stage.actors[k]
    body = actor.body
    depth = stage.camera.depth
    for leg in np.argsort(-depth(body.legs[frame, :, 0])):
        points, radius = body.legs[frame, leg], body.leg_radius[leg]
        hood = actor.coat.hood if actor.coat.hood is not None and leg >= 2 else actor.coat.fur
        yield from _tube(stage, frame, k, points[:3], radius[:3], tuple(0.72 * np.array(hood)), False)
        yield from _tube(stage, frame, k, points[2:], radius[2:], actor.coat.skin, False)
    skull = depth(body.spine[frame, SKULL])
    ears = depth(body.ears[frame])
    for side in np.flatnonzero(ears >= skull):
        yield from _ear(stage, frame, k, int(side), 0.72)
    yield from _fur(stage, frame, k)
    for side in np.flatnonzero(ears < skull):
        yield from _ear(stage, frame, k, int(side), 1.0)
    yield from _features(stage, frame, k)


def _tube(
    stage: Stage,
    frame: int,
    k: int,
    points: Floats,
    radius: Floats,
    tint: tuple[float, ...],
    is_tail: bool,
) -> Iterator[Layer]:
    pixels, scale = seen(stage, frame, points)
    width = np.maximum(radius * scale, 0.55)
    x0, y0, x1, y1 = crop_box(pixels, width, stage.size_wh)
    if x1 <= x0 or y1 <= y0:
        return
    shape = (y1 - y0, x1 - x0)
    coverage = paint.tube(pixels, width, (x0, y0), shape)

    def colour() -> Float32s:
        lamp = -0.32 * width[:, None] * np.array([0.5, 0.85])
        shine = paint.tube(pixels + lamp, np.maximum(0.4 * width, 0.4), (x0, y0), shape)
        soft = paint.blur(shine, max(0.5, 0.3 * float(width.max()))).astype(np.float32)[..., None] / 255
        return np.asarray(np.array(tint, np.float32) * (0.7 + 0.42 * soft), np.float32)

    yield Layer(k, is_tail, (x0, y0), coverage, colour)


def _fur(stage: Stage, frame: int, k: int) -> Iterator[Layer]:
    actor = stage.actors[k]
    spine, radius = actor.body.spine[frame], actor.body.radius[frame]
    pixels, scale = seen(stage, frame, spine)
    mean = float(scale.mean())
    solid = chain(pixels, radius * scale, stage.camera.depth(spine) * mean, stage.size_wh)
    if solid is None:
        return
    length = 20.0 * mean
    pelt = Pelt.grow(solid, length, actor.shift)
    axes = stage.camera.axes * np.array([[1], [1], [-1]])
    light, up = axes @ stage.light, axes[:, 2]
    yield Layer(k, False, solid.corner, pelt.coverage, lambda: pelt.colour(actor.coat, light, up))


def _ear(stage: Stage, frame: int, k: int, side: int, tone: float) -> Iterator[Layer]:
    body, coat = stage.actors[k].body, stage.actors[k].coat
    pixels, scale = seen(stage, frame, body.ears[frame, side])
    radius = body.ear_radius * float(scale)
    middle = seen(stage, frame, body.spine[frame, SKULL])[0]
    out = pixels - middle
    angle = float(np.arctan2(out[1], out[0]))
    for size, tint in ((1.0, 0.82 * tone), (0.66, 1.1 * tone)):
        axes = (radius * size, radius * size * 0.78)
        yield from _disc(stage, k, pixels, axes, angle, tint * np.array(coat.ear))


def _features(stage: Stage, frame: int, k: int) -> Iterator[Layer]:
    """Eyes with a spark of light, and the nose, where they face the viewer."""
    body, coat = stage.actors[k].body, stage.actors[k].coat
    view = stage.camera.axes[2]
    size = body.ear_radius / 1.1
    for side in (0, 1):
        eye = body.eyes[frame, side]
        if (eye - body.spine[frame, SKULL + 2]) @ view > 0.35 * size:
            continue
        pixels, scale = seen(stage, frame, eye)
        radius = 0.36 * size * float(scale)
        yield from _disc(stage, k, pixels, (radius, 0.85 * radius), 0.0, np.array(coat.eye))
        if radius < 2.5:
            continue
        spark = pixels - 0.3 * radius
        yield from _disc(stage, k, spark, (0.3 * radius, 0.3 * radius), 0.0, np.array([190, 190, 190]))
    if body.facing[frame] @ view < 0.75:
        pixels, scale = seen(stage, frame, body.spine[frame, NODES - 1])
        radius = 0.42 * size * float(scale)
        yield from _disc(stage, k, pixels, (radius, 0.9 * radius), 0.0, 0.9 * np.array(coat.skin))


def _disc(
    stage: Stage, k: int, centre: Floats, axes: tuple[float, float], angle: float, tint: Floats
) -> Iterator[Layer]:
    x0, y0, x1, y1 = crop_box(centre[None], np.array([max(axes)]), stage.size_wh)
    if x1 <= x0 or y1 <= y0:
        return
    coverage = paint.oval(centre - np.array([x0, y0]), axes, angle, (y1 - y0, x1 - x0))
    yield Layer(k, False, (x0, y0), coverage, lambda: tint.astype(np.float32))


def picture(stage: Stage, frame: int) -> Image:
    """`(h, w, 3) uint8`: the frame as an ideal camera sees it."""
    image = canvas(stage, frame, stage.empty)
    if stage.shadows:
        _cast_shadows(stage, frame, image)
    if stage.reflections:
        _reflect(stage, frame, image)
    for layer in layers(stage, frame):
        (x, y), (h, w) = layer.corner, layer.coverage.shape
        paint.blend(image[y : y + h, x : x + w], layer.colour(), layer.coverage)
    if stage.bar_colour is not None and stage.bar_coverage is not None:
        coverage = canvas(stage, frame, stage.bar_coverage)
        paint.darken(image, 255 - coverage)
        colour = canvas(stage, frame, stage.bar_colour)
        image = paint.add(image, colour)
    return image


def bars_on(stage: Stage, frame: int) -> Bools | None:
    """`(h, w) bool`: pixels that show a bar; None without bars."""
    if stage.bar_coverage is None:
        return None
    hidden: Bools = canvas(stage, frame, stage.bar_coverage) >= 128
    return hidden


def _blobs(
    stage: Stage, frame: int, points: Floats, radius: Floats, flat: float
) -> tuple[tuple[int, int, int, int], Image] | None:
    """Soft discs at quarter size: (crop box in quarter pixels, coverage)."""
    pixels, scale = seen(stage, frame, points)
    size = np.maximum(radius * scale / _SOFT, 0.6)
    w, h = (-(-side // _SOFT) for side in stage.size_wh)
    spread = float(size.max())
    x0, y0, x1, y1 = crop_box(pixels / _SOFT, size + 2 * spread, (w, h))
    if x1 <= x0 or y1 <= y0:
        return None
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    paint.ellipses(mask, pixels / _SOFT - np.array([x0, y0]), np.stack([size, size * flat], axis=1), 255)
    return (x0, y0, x1, y1), np.asarray(paint.blur(mask, max(0.6, 0.3 * spread)), np.uint8)


def _full(stage: Stage, box: tuple[int, int, int, int], soft: Image) -> tuple[slice, slice, Image]:
    w, h = stage.size_wh
    x0, y0, x1, y1 = (side * _SOFT for side in box)
    big = np.asarray(paint.resize(soft, (y1 - y0, x1 - x0)), np.uint8)
    x1, y1 = min(x1, w), min(y1, h)
    return slice(y0, y1), slice(x0, x1), big[: y1 - y0, : x1 - x0]


def _cast_shadows(stage: Stage, frame: int, image: Image) -> None:
    slant = -stage.light[:2] / stage.light[2]
    flat = 0.45 if stage.box.open_side == sets.NEAR else 1.0
    for actor in stage.actors:
        spine, radius = actor.body.spine[frame], actor.body.radius[frame]
        for lean, wide, weight in ((slant, 1.0, 0.3), (slant * 0.15, 0.9, 0.3)):
            ground = spine.copy()
            ground[:, :2] += lean * spine[:, 2:]
            ground[:, 2] = 0
            size = radius * wide
            if wide < 1:
                size = size * np.clip(1.5 - 0.06 * spine[:, 2], 0.3, 1.15)
                ground = np.concatenate([ground, actor.body.tail[frame] * [1, 1, 0]])
                size = np.concatenate([size, 1.3 * actor.body.tail_radius])
            found = _blobs(stage, frame, ground, size, flat)
            if found is not None:
                rows, columns, soft = _full(stage, *found)
                paint.darken(image[rows, columns], 255 - (soft * np.float32(weight)).astype(np.uint8))


def _reflect(stage: Stage, frame: int, image: Image) -> None:
    """Dim mirror images in the smooth walls."""
    faces = None
    strength = 0.28 if stage.box.open_side == sets.TOP else 0.14
    for name in (sets.LEFT, sets.RIGHT, sets.FAR):
        axis, at, _ = stage.box.planes()[name]
        for actor in stage.actors:
            mirrored = actor.body.spine[frame].copy()
            mirrored[:, axis] = 2 * at - mirrored[:, axis]
            found = _blobs(stage, frame, mirrored, 0.85 * actor.body.radius[frame], 1.0)
            if found is None:
                continue
            rows, columns, soft = _full(stage, *found)
            faces = canvas(stage, frame, stage.faces) if faces is None else faces
            glass = np.where(faces[rows, columns] == name, soft * np.float32(strength), 0).astype(
                np.uint8
            )
            tint = 0.8 * np.array(actor.coat.fur, np.float32)
            paint.blend(image[rows, columns], tint, glass)
