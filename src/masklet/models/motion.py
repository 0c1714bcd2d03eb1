"""Does the camera move, and by how much? Measured on the parts of the picture that agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import MediaSource
from masklet.core.arrays import UInt8s
from masklet.core.pausing import pause_point
from masklet.models import vision
from masklet.models.worksize import WorkSize

USUAL, DRIFT, JERK = 0.75, 2.0, 4.0
"""What a fixed camera may seem to move, in pixels of the work picture: noise, compression, animals."""
WORK_SIDE = 640
CELLS = 10
LEAST_CELLS = 5


@dataclass(frozen=True)
class CameraMotion:
    """Shift of the picture between sampled frames, in pixels of the video.

    Args:
        median_px: between neighbouring frames, the usual one.
        p95_px: between neighbouring frames, 95 of 100 stay below it.
        drift_px: between frames far apart, the usual one.
        measured: pairs in which enough of the picture was found again; 0 = nothing to hold on to.
        unit_px: pixels of the video in one pixel of the picture that was measured.
    """

    median_px: float
    p95_px: float
    drift_px: float
    measured: int
    unit_px: float = 1.0

    @property
    def fixed(self) -> bool:
        """May the camera be taken for fixed? An empty measurement is no proof, so: no."""
        seen = (self.median_px / USUAL, self.drift_px / DRIFT, self.p95_px / JERK)
        return self.measured > 0 and max(seen) <= self.unit_px

    def __str__(self) -> str:
        if not self.measured:
            return "the camera's motion cannot be measured (no part of the picture stays the same)"
        word = "fixed" if self.fixed else "moving"
        return (
            f"the camera moves {self.median_px:.2f} px between frames (95 % below {self.p95_px:.2f}) "
            f"and {self.drift_px:.1f} px over the video: {word}"
        )


def camera_motion(media: MediaSource, n: int = 12) -> CameraMotion:
    """From `n` pairs of neighbouring frames and the drift between those pairs.

    Corners are tracked (Shi-Tomasi, Lucas-Kanade, forth and back); the median over cells of the
    picture does not see animals, which cover fewer cells than the place. At most 640 px wide.
    """
    video = media.video
    size = WorkSize.of((video.width, video.height), WORK_SIDE)
    scale = size.size_wh[0] / size.work_wh[0]
    starts = np.unique(np.linspace(0, max(video.n_frames - 2, 0), n).round().astype(int)).tolist()
    steps: list[float] = []
    drifts: list[float] = []
    first = None
    for start in starts:
        pause_point()
        pair = [vision.grey(size.picture(image)) for _, image in media.frames(start, start + 2)]
        if not pair:
            continue
        first = pair[0] if first is None else first
        if len(pair) == 2:
            steps += _shift(pair[0], pair[1])
        if pair[0] is not first:
            drifts += _shift(first, pair[0], lost=0.05 * WORK_SIDE)
    if not steps:
        return CameraMotion(0.0, 0.0, 0.0, 1 if video.n_frames == 1 else 0)
    usual, high = np.median(steps) * scale, np.quantile(steps, 0.95) * scale
    drift = float(np.median(drifts) * scale) if drifts else 0.0
    return CameraMotion(float(usual), float(high), drift, len(steps), scale)


def _shift(here: UInt8s, there: UInt8s, lost: float | None = None) -> list[float]:
    """Usual shift of the picture's parts in pixels; empty or [lost] where too little is found again.

    The picture is cut into cells that count alike, however many corners each has: fur is full of
    corners and a bare floor has none, but an animal covers few cells.
    """
    source, target = vision.track_corners(here, there)
    h, w = here.shape
    cells = np.floor(source / np.array([w, h]) * CELLS).astype(int) @ np.array([1, CELLS])
    shifts = [np.median((target - source)[cells == cell], axis=0) for cell in np.unique(cells)]
    if len(shifts) < LEAST_CELLS:
        return [] if lost is None else [lost]
    return [float(np.median(np.linalg.norm(np.array(shifts), axis=1)))]
