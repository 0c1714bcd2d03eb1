"""From how an animal holds itself to where its parts are, in centimetres, for every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats
from masklet.testing.motion import Controls

LENGTH = 20.0
"""Nose to rump, cm."""
NODES = 18
ALONG = np.linspace(0, 1, NODES)
"""Place of each spine node: 0 = rump, 1 = tip of the nose."""
TAIL_NODES = 26
PELVIS, SHOULDER, SKULL = 4, 10, 13
_PROFILE = np.interp(
    ALONG,
    [0, 0.06, 0.22, 0.42, 0.6, 0.7, 0.79, 0.88, 0.95, 1.0],
    [1.9, 2.9, 3.9, 3.7, 3.0, 2.45, 2.25, 1.6, 1.0, 0.55],
)


@dataclass(frozen=True, eq=False)
class Build:
    """What makes one animal differ from the next.

    Args:
        size, ears, tail_width: relative to a plain rat.
        tail_length: cm.
    """

    size: float = 1.0
    ears: float = 1.0
    tail_length: float = 17.0
    tail_width: float = 1.0


@dataclass(frozen=True, eq=False)
class Body:
    """Places of all parts of one animal on all frames, cm.

    Args:
        spine: `(n, NODES, 3)`, rump to nose.
        radius: `(n, NODES)`.
        tail: `(n, TAIL_NODES, 3)`, base to tip.
        tail_radius: `(TAIL_NODES,)`.
        legs: `(n, 4, 4, 3)`: hind left, hind right, fore left, fore right; joint, knee, heel, toe.
        leg_radius: `(4, 4)`.
        ears, eyes: `(n, 2, 3)`, left and right.
        facing: `(n, 3)`, unit vector from the skull to the nose.
        ear_radius: cm.
    """

    spine: Floats
    radius: Floats
    tail: Floats
    tail_radius: Floats
    legs: Floats
    leg_radius: Floats
    ears: Floats
    eyes: Floats
    facing: Floats
    ear_radius: float


def embody(controls: Controls, build: Build, walls: tuple[float, float, float, float]) -> Body:
    """All parts on all frames; nothing reaches through `walls` (x0, y0, x1, y1), cm."""
    heading, pitch = _bearing(controls)
    spine, radius = _spine(controls, build, heading, pitch)
    spine = spine + _inside(spine, radius, walls)[:, None, :]
    tail = _tail(controls, build, spine[:, 0], walls)
    left = np.stack([-np.sin(heading), np.cos(heading), np.zeros_like(heading)], axis=-1)
    facing = spine[:, -1] - spine[:, SKULL]
    facing /= np.linalg.norm(facing, axis=1, keepdims=True)
    crown = np.cross(facing, left[:, SKULL])
    ears, eyes = _face(spine, left[:, SKULL], crown, facing, build)
    taper = np.linspace(1, 0, TAIL_NODES)
    tail_radius = build.size * build.tail_width * (0.14 + 0.5 * taper + 0.12 * taper**8)
    legs = _legs(controls, spine, left, build)
    leg_radius = build.size * np.array([[2.0, 1.5, 0.62, 0.45]] * 2 + [[1.3, 0.85, 0.5, 0.4]] * 2)
    ear_radius = 1.1 * build.size * build.ears
    return Body(spine, radius, tail, tail_radius, legs, leg_radius, ears, eyes, facing, ear_radius)


def _ramp(low: float, high: float) -> Floats:
    t = np.clip((ALONG - low) / (high - low), 0, 1)
    ramp: Floats = t * t * (3 - 2 * t)
    return ramp


def _bearing(c: Controls) -> tuple[Floats, Floats]:
    """`(n, NODES)` heading and pitch of the spine, radians."""
    bend = np.clip(0.5 * c.turn, -1.3, 1.3) + 1.5 * c.curl
    heading = c.heading[:, None] + bend[:, None] * _ramp(0.15, 0.85) + c.yaw[:, None] * _ramp(0.62, 0.85)
    still = np.interp(ALONG, [0, 0.25, 0.45, 0.62, 0.76, 1.0], [0.5, 0.15, -0.1, -0.25, 0.05, -0.45])
    sniff = 0.12 * np.sin(2 * np.pi * 1.7 * c.seconds) * (1 - c.groom)
    wash = 0.22 * np.sin(2 * np.pi * 3.1 * c.seconds)
    pitch = still + sniff[:, None] * _ramp(0.7, 0.85)
    pitch = pitch + c.rear[:, None] * (1.25 * _ramp(0.02, 0.35) - 0.45 * _ramp(0.62, 0.82))
    pitch = pitch + c.groom[:, None] * (0.95 * _ramp(0.0, 0.3) - 1.9 * _ramp(0.5, 0.78))
    return heading, pitch + (c.groom * wash)[:, None] * _ramp(0.5, 0.75)


def _spine(c: Controls, build: Build, heading: Floats, pitch: Floats) -> tuple[Floats, Floats]:
    reach = 1 + 0.06 * np.clip(c.speed / 25, 0, 1) - 0.12 * c.groom - 0.1 * c.curl + 0.05 * c.rear
    breath = 1 + 0.018 * np.sin(2 * np.pi * 1.9 * c.seconds)
    girth = (breath * (1 + 0.07 * c.groom + 0.08 * c.curl) / np.sqrt(reach))[:, None]
    radius = build.size * _PROFILE * np.where((ALONG < 0.7), girth, 1.0)
    flat = np.cos(pitch)
    step = np.stack([flat * np.cos(heading), flat * np.sin(heading), np.sin(pitch)], axis=-1)
    step = step * (build.size * LENGTH * reach / (NODES - 1))[:, None, None]
    nodes = np.cumsum(step, axis=1)
    root = np.stack([c.x, c.y, 0.98 * radius[:, PELVIS]], axis=-1)
    nodes = nodes - nodes[:, PELVIS, None] + root[:, None]
    nodes[..., 2] += 0.12 * np.sin(2 * c.phase)[:, None] * np.clip(c.speed / 15, 0, 1)[:, None]
    nodes[..., 2] = np.maximum(nodes[..., 2], 0.92 * radius)
    return nodes, radius


def _inside(spine: Floats, radius: Floats, walls: tuple[float, float, float, float]) -> Floats:
    """`(n, 3)` shift that brings every node back between the walls."""
    low = np.array(walls[:2]) - (spine[..., :2] - radius[..., None]).min(axis=1)
    high = np.array(walls[2:]) - (spine[..., :2] + radius[..., None]).max(axis=1)
    shift = np.maximum(low, 0) + np.minimum(high, 0)
    return np.concatenate([shift, np.zeros((len(shift), 1))], axis=1)


def _tail(c: Controls, build: Build, base: Floats, walls: tuple[float, float, float, float]) -> Floats:
    place = np.linspace(0, 1, TAIL_NODES)
    frames = np.arange(len(c.x))
    late = 0.9 * place * np.interp(1.0, c.seconds, frames) if len(frames) > 1 else place
    when = np.clip(frames[:, None] - late, 0, None)
    heading = np.interp(when.ravel(), frames, c.heading).reshape(when.shape) + np.pi
    wag = np.sin(2 * np.pi * 0.37 * c.seconds[:, None] - 2.5 * place) * (0.1 + 0.45 * place)
    wag = wag + 0.35 * np.sin(2 * np.pi * 0.11 * c.seconds[:, None] + 4 * place) * place
    angle = heading + wag
    step = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * (build.tail_length / TAIL_NODES)
    ground = base[:, None, :2] + np.cumsum(step, axis=1) - step[:, :1]
    ground = np.clip(ground, np.array(walls[:2]) + 0.5, np.array(walls[2:]) - 0.5)
    height = 0.55 + np.maximum(base[:, 2] - 1.2, 0.3)[:, None] * np.exp(-place * 9)
    return np.concatenate([ground, height[..., None]], axis=-1)


def _face(
    spine: Floats, left: Floats, crown: Floats, facing: Floats, build: Build
) -> tuple[Floats, Floats]:
    sides = np.array([1.0, -1.0])[None, :, None]
    skull, muzzle = spine[:, None, SKULL], spine[:, None, SKULL + 2]
    size = build.size
    ears = skull + size * (1.6 * sides * left[:, None] + 1.7 * crown[:, None] - 0.7 * facing[:, None])
    eyes = muzzle + size * (
        1.25 * sides * left[:, None] + 0.85 * crown[:, None] - 0.35 * facing[:, None]
    )
    return ears, eyes


def _legs(c: Controls, spine: Floats, left: Floats, build: Build) -> Floats:
    size, walk = build.size, np.clip(c.speed / 12, 0, 1)
    held = np.maximum(c.rear, c.groom)
    parts = []
    for leg, (node, side, offset) in enumerate(
        [(PELVIS, 1, 0.0), (PELVIS, -1, np.pi), (SHOULDER, 1, 0.8 * np.pi), (SHOULDER, -1, 1.8 * np.pi)]
    ):
        fore = leg >= 2
        out = left[:, node] * side
        ahead = np.cross(left[:, node], [0.0, 0.0, 1.0])
        joint = spine[:, node] + size * (1.9 if fore else 2.4) * out * [1, 1, 0]
        joint[:, 2] = 0.75 * spine[:, node, 2]
        swing = np.sin(c.phase + offset) * walk
        heel = joint + size * ((1.6 * swing + (0.6 if fore else 0.2))[:, None] * ahead + 0.5 * out)
        heel[:, 2] = size * (0.45 + 0.8 * np.clip(np.cos(c.phase + offset), 0, 1) * walk)
        if fore:
            hang = joint + size * (2.2 * ahead - [0, 0, 1.6] + 0.6 * (spine[:, SKULL] - spine[:, node]))
            heel = heel + held[:, None] * (hang - heel)
        toe = heel + size * (1.0 if fore else 2.4) * ahead
        parts.append(np.stack([joint, 0.5 * (joint + heel), heel, toe], axis=1))
    return np.stack(parts, axis=1)
