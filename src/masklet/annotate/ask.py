"""Which frames to annotate next: those whose truth should repair the most of what is doubtful.

An annotation is felt around its frame, and less the farther away. With `h(d) = d / (d + REACH)` for
a distance of `d` frames, the expected error of an object on a frame is

    E = PRIOR * h(d to its nearest truth) + (1 - PRIOR) * (1 - score, more where it is flagged)

and once frame `q` is annotated it is `E * h(d to q) / h(d to its nearest truth)` where `q` is nearer
than that truth. So an annotation repairs nothing behind another one, and where all scores are alike
the best frames are spread evenly. What is chosen is a set of `n` frames with the least error left:
the best one after another, then each exchanged for a better one while there is one (facility
location: Cornuejols, Fisher and Nemhauser, Management Science 23, 1977).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.annotate.expected import Expected, closeness, expected_errors
from masklet.annotate.stretches import Direction
from masklet.core import DOUBTS, Flags, Masks, UsageError
from masklet.core.arrays import Floats, Int64s

BLOCKS = 1000
"""Longer videos are judged in this many blocks of frames."""


@dataclass(frozen=True)
class Asked:
    """A frame worth annotating.

    Args:
        frame: its number.
        time: its presentation time, seconds; NaN where unknown.
        gain: share of the doubt, mean over all objects and frames, that its annotation would take
            away after those asked before it, 0..1. It ranks frames: doubt counts what might be wrong
            far from truth too, so that IoU grows by much less.
        why: what is doubtful on the frames that it would repair.
    """

    frame: int
    time: float
    gain: float
    why: str


def next_frames(
    masks: Masks,
    n: int = 3,
    *,
    frames: list[range] | None = None,
    direction: Direction = "both",
) -> tuple[Asked, ...]:
    """The `n` frames whose annotation would help most, the most helpful first.

    Args:
        masks: all rows of a video after a tracking run, truth among them.
        n: how many; fewer come back where fewer are left.
        frames: only these count and are asked for, rising disjoint ranges; None = all.
        direction: of the run that is to follow; one direction repairs on one side only.

    Raises `UsageError` for `n` below 1.
    """
    if n < 1:
        raise UsageError(f"{n} frames were asked for; expected at least 1")
    wanted = frames if frames is not None else [range(_length(masks))]
    numbers = np.array([frame for part in wanted for frame in part], np.int64)
    expected = expected_errors(masks, numbers, direction)
    if not expected.error.any():
        return ()
    board = _Board.of(expected, direction)
    total = max(1, int(expected.counted.sum()))
    asked, before = [], board.near
    for at in board.in_order(board.choose(n)):
        repaired = (board.weight * np.maximum(before - board.reach[at], 0)).sum(axis=0)
        frame = int(board.frames[at])
        why = _why(masks, expected, board.span(repaired), frame)
        asked.append(Asked(frame, masks.video.seconds(frame), float(repaired.sum()) / total, why))
        before = np.minimum(before, board.reach[at])
    return tuple(asked)


def _length(masks: Masks) -> int:
    known = masks.video.n_frames
    return known if known >= 0 else int(masks.frame.max(initial=-1)) + 1


@dataclass(frozen=True)
class _Board:
    """The choice as numbers.

    Args:
        frames: `(b,)`, the frame that stands for each block.
        bounds: `(b, 2)`, first and last frame of each block.
        weight: `(g, b)`, expected error of all objects of a group over `near`: times what `near` falls
            to, it is the error left. A group is objects with truth on the same frames.
        near: `(g, b)`, closeness of truth.
        reach: `(b, b)`, what closeness becomes at each block (column) once another (row) is annotated.
        open: `(b,)`, whether anything is to be gained there at all.
    """

    frames: Int64s
    bounds: Int64s
    weight: Floats
    near: Floats
    reach: Floats
    open: Int64s

    @classmethod
    def of(cls, expected: Expected, direction: Direction) -> _Board:
        n = len(expected.frames)
        starts = np.arange(0, n, -(-n // BLOCKS))
        sizes = np.diff(np.append(starts, n))
        error = np.add.reduceat(expected.error, starts, axis=1)
        near = np.add.reduceat(expected.near, starts, axis=1) / sizes
        weight = np.divide(error, near, out=np.zeros_like(error), where=near > 0)
        near, group = np.unique(near, axis=0, return_inverse=True)
        summed = np.zeros_like(near)
        np.add.at(summed, group.reshape(-1), weight)
        frames = _middles(expected, starts, sizes)
        away = (frames[None, :] - frames[:, None]).astype(np.float64)
        wrong = {"forward": away < 0, "backward": away > 0, "both": np.zeros(away.shape, bool)}[
            direction
        ]
        reach = closeness(np.where(wrong, np.inf, np.abs(away)))
        bounds = np.stack([expected.frames[starts], expected.frames[starts + sizes - 1]], axis=1)
        return cls(frames, bounds, summed, near, reach, np.flatnonzero(error.sum(axis=0)))

    def choose(self, n: int) -> list[int]:
        """At most `n` blocks that leave the least error."""
        chosen: list[int] = []
        while len(chosen) < min(n, len(self.open)):
            chosen.append(self._best(chosen)[0])
        improved = True
        while improved:
            improved = False
            for place in range(len(chosen)):
                others = chosen[:place] + chosen[place + 1 :]
                best, gain = self._best(others)
                if gain > self._gains(others)[self.open.searchsorted(chosen[place])] + 1e-9:
                    chosen[place], improved = best, True
        return chosen

    def in_order(self, chosen: list[int]) -> list[int]:
        """The same blocks, the one that helps most first."""
        done: list[int] = []
        while len(done) < len(chosen):
            gains = dict(zip(self.open.tolist(), self._gains(done), strict=True))
            done.append(max((at for at in sorted(chosen) if at not in done), key=gains.__getitem__))
        return done

    def span(self, repaired: Floats) -> tuple[int, int]:
        """First and last frame where `(b,)` `repaired` is a fifth of its highest or more."""
        felt = np.flatnonzero(repaired >= 0.2 * repaired.max())
        return int(self.bounds[felt[0], 0]), int(self.bounds[felt[-1], 1])

    def _best(self, chosen: list[int]) -> tuple[int, float]:
        gains = self._gains(chosen)
        gains[np.isin(self.open, chosen)] = -1.0
        at = int(gains.argmax())
        return int(self.open[at]), float(gains[at])

    def _gains(self, chosen: list[int]) -> Floats:
        """What each open block would repair after `chosen`."""
        left = np.minimum(self.near, self.reach[chosen].min(axis=0, initial=1.0))
        gains = np.zeros(len(self.open))
        for weight, near in zip(self.weight, left, strict=True):
            gains += np.maximum(near - self.reach[self.open], 0) @ weight
        return gains


def _middles(expected: Expected, starts: Int64s, sizes: Int64s) -> Int64s:
    """For each block the middle one of its frames with anything to gain, else of all its frames."""
    open_frame = expected.error.sum(axis=0) > 0
    middles = []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        inside = start + np.flatnonzero(open_frame[start : start + size])
        middles.append(inside[len(inside) // 2] if len(inside) else start + size // 2)
    return expected.frames[np.array(middles, np.int64)]


def _why(masks: Masks, expected: Expected, span: tuple[int, int], frame: int) -> str:
    first, last = span
    rows = masks.take((masks.frame >= first) & (masks.frame <= last) & ~masks.trusted)
    here = (expected.frames >= first) & (expected.frames <= last)
    counts = {
        flag.name.lower().replace("_", " "): int(np.count_nonzero(rows.flags & flag))
        for flag in Flags
        if flag in DOUBTS and flag.name
    }
    counts["not found"] = int(expected.lost[:, here].sum())
    worst = sorted((item for item in counts.items() if item[1]), key=lambda item: -item[1])[:3]
    parts = [f"mean score {np.nanmean(rows.score):.2f}"] if np.isfinite(rows.score).any() else []
    parts += [f"{count} {name}" for name, count in worst]
    truth = masks.frame[masks.trusted]
    if len(truth):
        parts.append(f"{int(np.abs(truth - frame).min())} frames from truth")
    return f"frames {first}-{last}: {', '.join(parts)}"
