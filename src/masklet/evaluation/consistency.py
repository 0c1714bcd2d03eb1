"""VC: video consistency, the share of still ground that a prediction keeps right for n frames.

Miao et al., "VSPW: A Large-scale Dataset for Video Scene Parsing in the Wild", CVPR 2021: over every
window of n frames, of the pixels whose true class is the same throughout, the share whose predicted
class is the true one throughout; then the mean over windows. Background is a class like any other
there. Where it fills most of the frame that number is near 1 whatever the prediction does, so
`vc8_objects` and `vc16_objects` count only pixels that hold an object.

Windows are of complete frames that follow one another at their usual distance; a gap starts anew.
Windows without a still pixel are left out. NaN where there is no window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Int16s, UInt8s
from masklet.evaluation.case import Case
from masklet.evaluation.painting import Painter

LENGTHS = (8, 16)


@dataclass(frozen=True)
class Consistency:
    """VC over 8 and 16 frames, of all pixels and of those that hold an object."""

    vc8: float
    vc16: float
    vc8_objects: float
    vc16_objects: float


def consistency(case: Case) -> Consistency:
    """VC of one video, in one pass: two counters a pixel are all that is kept."""
    frames = case.complete
    usual = int(np.median(np.diff(frames))) if len(frames) > 1 else 1
    painter = Painter(case)
    sums, windows = np.zeros((len(LENGTHS), 2)), np.zeros((len(LENGTHS), 2))
    walk: _Walk | None = None
    for i, frame in enumerate(frames.tolist()):
        truth, pred = painter.truth(frame), painter.pred(frame)
        fits = walk is not None and frame - int(frames[i - 1]) == usual and walk.fits(truth)
        if walk is None or not fits:
            walk = _Walk(truth.shape)
        walk.step(truth, pred)
        shares = np.array(walk.windows(truth, painter.outside(frame)))
        sums += np.nan_to_num(shares)
        windows += ~np.isnan(shares)
    (vc8, vc8_objects), (vc16, vc16_objects) = np.divide(
        sums, windows, where=windows > 0, out=np.full_like(sums, np.nan)
    ).tolist()
    return Consistency(vc8, vc16, vc8_objects, vc16_objects)


class _Walk:
    """For each pixel of the painted part: frames since its truth changed, and since it was wrong."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._still: UInt8s = np.zeros(shape, np.uint8)
        self._right: UInt8s = np.zeros(shape, np.uint8)
        self._last: Int16s | None = None
        self._seen = 0

    def fits(self, truth: Int16s) -> bool:
        """Whether a frame has the size of those before."""
        return truth.shape == self._still.shape

    def step(self, truth: Int16s, pred: Int16s) -> None:
        """Take one more frame."""
        same: Bools | bool = truth == self._last if self._last is not None else False
        self._still = _counted(self._still, np.asarray(same), 1)
        self._right = _counted(self._right, pred == truth, 0)
        self._last, self._seen = truth, self._seen + 1

    def windows(self, truth: Int16s, outside: int) -> list[tuple[float, float]]:
        """(share of all still pixels, of those with an object) for the windows that end here.

        `outside`: pixels of the frame that are not painted, background on both sides throughout.
        """
        found = []
        for n in LENGTHS:
            still = self._still >= n
            if self._seen < n:
                found.append((np.nan, np.nan))
                continue
            right = still & (self._right >= n)
            full = outside + np.count_nonzero(still)
            objects = np.count_nonzero(still & (truth > 0))
            held = np.count_nonzero(right & (truth > 0))
            share = (outside + np.count_nonzero(right)) / full if full else np.nan
            found.append((share, held / objects if objects else np.nan))
        return found


def _counted(count: UInt8s, goes_on: Bools, first: int) -> UInt8s:
    """Counters one higher where something goes on, else back at `first`; they stop at 255."""
    more = np.minimum(count, 254) + np.uint8(1)
    return np.where(goes_on, more, np.uint8(first)).astype(np.uint8)
