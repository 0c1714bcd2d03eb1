"""A pinhole camera that looks into a box, and the shake of the hand that holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Floats


@dataclass(frozen=True, eq=False)
class Camera:
    """World in centimetres (x right, y away from the viewer, z up) to pixels.

    Args:
        position: `(3,) float64`, cm.
        axes: `(3, 3) float64`, rows are the picture's right, down and forward in the world.
        focal: pixels.
        centre: principal point (x, y), pixels.
    """

    position: Floats
    axes: Floats
    focal: float
    centre: tuple[float, float]

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """`(..., 3)` cm to `(..., 2)` pixels and `(...)` pixels per cm at that depth."""
        seen = (points - self.position) @ self.axes.T
        scale = self.focal / np.maximum(seen[..., 2], 1.0)
        return seen[..., :2] * scale[..., None] + np.array(self.centre), scale

    def depth(self, points: Floats) -> Floats:
        """`(...)` distance along the view axis, cm."""
        away: Floats = (points - self.position) @ self.axes[2]
        return away

    def rays(self, size_wh: tuple[int, int], margin: int) -> Floats:
        """`(h + 2 margin, w + 2 margin, 3)` world directions of all pixel centres, not normalised."""
        w, h = size_wh
        x = (np.arange(-margin, w + margin) + 0.5 - self.centre[0]) / self.focal
        y = (np.arange(-margin, h + margin) + 0.5 - self.centre[1]) / self.focal
        seen = np.stack([*np.meshgrid(x, y), np.ones((len(y), len(x)))], axis=-1)
        directions: Floats = seen @ self.axes
        return directions


def above(size_wh: tuple[int, int], floor_wd: tuple[float, float]) -> Camera:
    """Looks straight down on a floor `floor_wd` cm wide and deep that nearly fills the picture."""
    w, h = size_wh
    height = 1.35 * floor_wd[0]
    focal = 0.9 * height * min(w / floor_wd[0], h / floor_wd[1])
    axes = np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, -1.0]])
    return Camera(np.array([0.0, 0.0, height]), axes, focal, (w / 2, h / 2))


def before(size_wh: tuple[int, int], box_wdh: tuple[float, float, float], tilt: float = 0.3) -> Camera:
    """Looks from the front and a little from above (`tilt`, radians) into a box `box_wdh` cm."""
    w, h = size_wh
    width, depth, height = box_wdh
    away = 1.5 * width
    target = np.array([0.0, -depth / 2, 0.42 * height])
    forward = np.array([0.0, np.cos(tilt), -np.sin(tilt)])
    down = np.array([0.0, -np.sin(tilt), -np.cos(tilt)])
    axes = np.stack([np.array([1.0, 0, 0]), down, forward])
    focal = 0.94 * away * min(w / width, h / (0.95 * height + depth * np.sin(tilt)))
    return Camera(target - away * forward, axes, focal, (w / 2, h / 2))


def shake(n_frames: int, fps: float, pixels: float, rng: np.random.Generator) -> Floats:
    """`(n_frames, 2, 3)` similarity transforms of the picture: a hand-held pan of about `pixels`.

    The identity where `pixels` is 0. Shifts stay within 1.5 times `pixels`, the turn within 0.3 degree.
    """
    matrices = np.zeros((n_frames, 2, 3))
    matrices[:, 0, 0] = matrices[:, 1, 1] = 1
    if pixels <= 0:
        return matrices
    seconds = np.arange(n_frames) / fps
    slow = np.array([0.23, 0.31, 0.17])
    fast = np.array([2.9, 3.7, 2.3])
    phases = rng.uniform(0, 2 * np.pi, (2, 3))
    waves = np.sin(2 * np.pi * seconds[:, None] * slow + phases[0])
    tremor = np.sin(2 * np.pi * seconds[:, None] * fast + phases[1])
    moves = waves + 0.12 * tremor
    angle = np.radians(0.25) * moves[:, 2]
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angle)
    matrices[:, 0, 1], matrices[:, 1, 0] = -np.sin(angle), np.sin(angle)
    matrices[:, :, 2] = pixels * moves[:, :2]
    return matrices
