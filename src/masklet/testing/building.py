"""From a scene's arguments to everything that stays the same on all of its frames."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from masklet.testing import sets
from masklet.testing.anatomy import Build, embody
from masklet.testing.camera import Camera, above, before, shake
from masklet.testing.coats import COATS
from masklet.testing.motion import Habits, choreograph
from masklet.testing.sets import Box
from masklet.testing.stage import Actor, Stage

if TYPE_CHECKING:
    from masklet.testing.scenes import Scene

_CAGE_WDH = (62.0, 44.0, 36.0)


def build(scene: Scene) -> Stage:
    """Draw the set, place the camera and play all movements."""
    chance = {
        name: np.random.default_rng([scene.seed, k]) for k, name in enumerate(["set", "cast", "shake"])
    }
    margin = ceil(1.6 * scene.camera_motion) + 8 if scene.camera_motion else 0
    box, camera, walls = _place(scene)
    actors = _cast(scene, walls, chance["cast"])
    view = sets.look(box, camera, scene.size_wh, margin)
    detail = float(camera.project(np.array([0.0, 0.0, 0.0]))[1])
    bar_colour = bar_coverage = None
    if scene.kind == "arena":
        empty = sets.arena(view, scene.floor, detail, chance["set"])
        light = np.array([-0.3, 0.28, 0.91])
    else:
        empty = sets.cage(view, box, camera, detail, chance["set"], margin)
        light = np.array([-0.35, -0.3, 0.89])
        if scene.bars:
            bar_colour, bar_coverage = sets.bars(box, camera, scene.size_wh, margin)
    shakes = shake(scene.n_frames, scene.fps, scene.camera_motion, chance["shake"])
    return Stage(
        scene.size_wh,
        margin,
        box,
        camera,
        actors,
        empty,
        view.face,
        bar_colour,
        bar_coverage,
        shakes,
        light / np.linalg.norm(light),
        scene.shadows,
        scene.reflections,
    )


def _place(scene: Scene) -> tuple[Box, Camera, tuple[float, float, float, float]]:
    """The box, the camera, and the walls that the animals keep within (x0, y0, x1, y1), cm."""
    w, h = scene.size_wh
    if scene.kind == "arena":
        wide = max(1.0, w / h) * 75.0
        deep = wide * h / w
        box = Box(-wide / 2, -deep / 2, wide / 2, deep / 2, 30.0, sets.TOP)
        return box, above(scene.size_wh, (wide, deep)), (box.x0, box.y0, box.x1, box.y1)
    wide, deep, high = _CAGE_WDH
    box = Box(-wide / 2, -deep, wide / 2, 0.0, high, sets.NEAR)
    camera = before(scene.size_wh, _CAGE_WDH)
    return box, camera, (box.x0 + 1, box.y0 + 1, box.x1 - 1, box.y1 - 13)


def _cast(
    scene: Scene, walls: tuple[float, float, float, float], rng: np.random.Generator
) -> tuple[Actor, ...]:
    zone = _zone(walls, 9.0)
    habits = Habits(scene.crossing, scene.activity)
    moves = choreograph(scene.n_animals, scene.n_frames, scene.fps, zone, habits, rng)
    actors = []
    for k, controls in enumerate(moves):
        body = embody(controls, _grow(scene.animal, rng), walls)
        coat = COATS[scene.coats[k % len(scene.coats)]]
        actors.append(Actor(body, coat, float(rng.uniform(0, 256))))
    return tuple(actors)


def _zone(walls: tuple[float, float, float, float], gap: float) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = walls
    across, along = min(gap, 0.3 * (x1 - x0)), min(gap, 0.3 * (y1 - y0))
    return x0 + across, y0 + along, x1 - across, y1 - along


def _grow(animal: str, rng: np.random.Generator) -> Build:
    size = float(rng.uniform(0.94, 1.04))
    if animal == "mouse":
        return Build(size, ears=1.3, tail_length=18.0 * size, tail_width=0.72)
    return Build(size, tail_length=17.0 * size)
