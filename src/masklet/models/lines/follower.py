"""One line followed from frame to frame: a tail, a whisker, a cable.

The line is carried along the motion and settled on the ridge; its ends are cut where the evidence
ends and grown on where it goes on. Where it is lost it is sought again from the animal's outline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, UInt8s
from masklet.models import vision
from masklet.models.lines.curves import (
    SPACING,
    away,
    band,
    binned,
    curve_in,
    even,
    heading,
    length_of,
    smooth,
    turns_of,
    unbent,
    widths_along,
)
from masklet.models.lines.evidence import Lesson, Look, Sight, learn
from masklet.models.lines.trace import MISSING, STEP, STRICT, Settled, grow, polished, settle
from masklet.models.warp import Window, window_around

REACH = 11.0
"""Pixels to either side of where the motion puts it that a line is sought."""
SHORTEST = 6.0
"""A shorter line is not believed."""
MARGIN = 48
"""Pixels around line and animal that are looked at."""
PATIENCE = 12.0
"""Pixels that a line may be hidden for: a cage bar, a leg."""
TOO_LONG = 1.3
"""Log-odds that are taken off where a line is much longer than it was annotated."""
SHARPER = np.deg2rad(40.0)
"""Over one and a half times the sharpest bend that was annotated: no line turns more at its ends."""
FAMILIAR = 0.1
"""Share of the annotated length that a line needs to be taken for found again."""


@dataclass(frozen=True, eq=False)
class LineFound:
    """A line on a frame.

    Args:
        points: `(k, 2) float64` from the root to the tip, pixels, origin at the corner of the
            top-left pixel, as in `Shapes`.
        mask: `(ch, cw) bool`, the band, as thick as the annotated one.
        offset_xy: place of the band's crop.
        score: 0..1, how clearly it is seen.
        agreement: 0..1, how near it is to where the motion put it.
    """

    points: Floats
    mask: Bools
    offset_xy: tuple[int, int]
    score: float
    agreement: float


class LineFollower:
    """Follows one line. What it knows are the annotated lines and the line on the frame before.

    `LineFollower.start(image, line_mask, animal_mask)` learns and stands on that frame; `step` goes
    on to the next one. After a cut, `start` again with the annotated frame and `place` on the frame
    before with its row.
    """

    def __init__(self) -> None:
        self._lessons: list[Lesson] = []
        self._look: Look | None = None
        self._drawn: Floats = np.full(2, 0.5)
        self._half: Floats = np.full(2, 1.0)
        self._usual = 0.0
        self._sharpest = 0.0
        self._curve: Floats | None = None
        self._root: Floats | None = None
        self._home: Floats | None = None
        self._before: UInt8s | None = None
        self._flow = vision.DenseFlow("fast")

    @classmethod
    def start(cls, image: Image, line_mask: Bools, animal_mask: Bools | None = None) -> LineFollower:
        """On an annotated frame: `(h, w, 3) uint8`, `(h, w) bool`, the animal's `(h, w) bool`."""
        made = cls()
        made.teach(image, line_mask, animal_mask)
        made.place(image, line_mask, animal_mask)
        return made

    def teach(self, image: Image, line_mask: Bools, animal_mask: Bools | None = None) -> None:
        """Learn from one more annotated frame without going there."""
        found = curve_in(line_mask)
        if found is None or length_of(found[0]) < SHORTEST:
            return
        curve, profile = rooted(*found, animal_mask)
        self._lessons = [*self._lessons[-7:], Lesson.of(image, even(curve), profile, animal_mask)]
        self._drawn = np.mean([lesson.profile for lesson in self._lessons], axis=0)
        self._usual = max(self._usual, length_of(curve))
        bends = turns_of(smooth(even(curve), 4))
        self._sharpest = max(self._sharpest, SHARPER + 1.5 * float(bends.max(initial=0.0)))
        self._look = None

    def _known(self) -> Look:
        """What the lessons teach, worked out when first needed."""
        if self._look is None:
            self._look = learn(self._lessons)
            self._half = self._look.scale * self._drawn
        return self._look

    def place(
        self, image: Image, line_mask: Bools | None = None, animal_mask: Bools | None = None
    ) -> None:
        """Stand on a frame where the line is known, or known not to be seen (None)."""
        self._before = vision.grey(image)
        found = curve_in(line_mask) if line_mask is not None else None
        if found is None:
            self._curve = None
            return
        self._stand_on(smooth(even(rooted(*found, animal_mask)[0]), 1), animal_mask)
        if self._lessons:
            look = self._known()
            self._half = look.scale * self._drawn
            sight = look.sight(image, self._window(self._before, None), None)
            for _ in range(3):
                self._measure(sight, 0.7)

    def step(
        self, image: Image, animal_mask: Bools | None = None, flow: Float32s | None = None
    ) -> LineFound | None:
        """The line on the next frame; None where it is not seen.

        Args:
            image: `(h, w, 3) uint8`.
            animal_mask: `(h, w) bool` on this frame; None = unknown.
            flow: `(h, w, 2) float32` from the frame before to this one; None = worked out here.
        """
        now = vision.grey(image)
        body = animal_mask if animal_mask is not None and animal_mask.any() else None
        before, self._before = self._before, now
        if not self._lessons:
            return self._carried_only(before, now, flow)
        sight = self._known().sight(image, self._window(now, body), body)
        carried = self._carried(before, now, flow)
        best = self._followed(sight, carried)
        if best is None or _clear(best) < 0.6 or best.worth < 0.5 * SPACING * len(best.curve):
            rival = self._sought(sight, body, carried)
            if rival is not None and (best is None or rival.worth > 1.5 * max(best.worth, 0) + 20):
                best = rival
        if best is None or length_of(best.curve) < max(SHORTEST, FAMILIAR * self._usual):
            self._curve = None
            return None
        self._stand_on(best.curve, body)
        self._measure(sight, 0.4)
        return self._found(best, carried, (image.shape[1], image.shape[0]))

    def _stand_on(self, curve: Floats, body: Bools | None) -> None:
        self._curve, self._root = curve, curve[0]
        centre = _centre(body)
        self._home = curve[0] - centre if centre is not None else None

    def _measure(self, sight: Sight, share: float) -> None:
        """Let a share of what the picture says of the half widths into those that are expected."""
        assert self._curve is not None
        curve = even(self._curve, 1.0)
        usual = self._known().scale * self._drawn
        half = widths_along(np.linspace(0, 1, len(curve)), self._half)
        seen = sight.half_widths(curve, half) / self._known().measured
        fresh = binned(np.nan_to_num(seen), np.isfinite(seen), 0.5, len(self._half))
        fresh = np.clip(
            np.where(np.isfinite(fresh), fresh, self._half), 0.3 * usual.min(), 4 * usual.max()
        )
        self._half = (1 - share) * self._half + share * fresh

    def _thickness(self) -> Floats:
        """Half widths to draw: as annotated where that is one pen's width, else as wide as it looks."""
        inner = self._drawn[1:-1]
        if not self._lessons or inner.max() < 1.35 * inner.min():
            return self._drawn
        return np.maximum(self._half / self._known().scale, 0.5)

    def _window(self, now: UInt8s, body: Bools | None) -> Window:
        seen = np.zeros(now.shape, bool) if body is None else body.copy()
        curve = (
            self._curve
            if self._curve is not None
            else self._root[None]
            if self._root is not None
            else None
        )
        if curve is not None:
            places = np.clip(np.rint(curve).astype(int), 0, np.array(now.shape[::-1]) - 1)
            seen[places[:, 1], places[:, 0]] = True
        margin = MARGIN if self._curve is not None else MARGIN + int(1.2 * self._usual)
        return window_around(seen, 0.0, margin) or Window(0, 0, *now.shape[::-1])

    def _carried(self, before: UInt8s | None, now: UInt8s, flow: Float32s | None) -> Floats | None:
        """The curve of the frame before, moved by the flow, which is smoothed along it."""
        if self._curve is None or before is None:
            return self._curve
        move = self._motion(self._curve, before, now, flow)
        return even(self._curve + smooth(_median(move), 4))

    def _motion(self, curve: Floats, before: UInt8s, now: UInt8s, flow: Float32s | None) -> Floats:
        corner = np.zeros(2)
        if flow is None:
            seen = np.zeros(now.shape, bool)
            places = np.clip(np.rint(curve).astype(int), 0, np.array(now.shape[::-1]) - 1)
            seen[places[:, 1], places[:, 0]] = True
            window = window_around(seen, 0.0, 32)
            assert window is not None
            at = window.slices
            flow = self._flow(np.ascontiguousarray(before[at]), np.ascontiguousarray(now[at]))
            corner = np.array([window.x0, window.y0], float)
        h, w = flow.shape[:2]
        x, y = np.clip(curve - corner, 0, (w - 1, h - 1)).astype(np.float32).T.copy()
        moved: Floats = vision.sample(flow, x[:, None], y[:, None])[:, 0].astype(np.float64)
        return moved

    def _followed(self, sight: Sight, carried: Floats | None) -> Settled | None:
        """The carried curve settled, its ends cut and grown; the best of a few guesses at the motion."""
        if carried is None or self._curve is None:
            return None
        still = even(self._curve)
        drift = even(
            self._curve + np.median(_resampled(carried, len(self._curve)) - self._curve, axis=0)
        )
        priors = [carried, still, drift]
        rough = max((settle(sight, p, self._half, REACH, 1.0) for p in priors), key=lambda s: s.worth)
        fine = polished(sight, rough.curve, self._half)
        ends = _supported(fine, self._strict(SPACING * _counted(len(fine.odds))))
        if ends is None:
            return None
        limit = 1.12 * length_of(self._curve) + 8
        curve = self._grown_on(sight, fine.curve[ends], limit)
        curve = self._grown_on(sight, curve[::-1], limit, root=True)[::-1]
        fine = polished(sight, curve, self._half)
        fair = unbent(fine.curve, self._sharpest)
        return fine if len(fair) == len(fine.curve) else polished(sight, fair, self._half)

    def _grown_on(self, sight: Sight, curve: Floats, limit: float, root: bool = False) -> Floats:
        """The curve with its last points sought anew and as many more as the evidence allows."""
        keep = max(len(curve) - 4, 2)
        stem = curve[:keep]
        room = limit - length_of(stem)
        if room < STEP:
            return curve
        steps = int(room / STEP)
        strict = self._strict(length_of(stem) + STEP * _counted(steps))
        half = widths_along(
            length_of(stem) / max(limit, 1.0) + STEP * _counted(steps) / limit, self._half
        )
        half = half if not root else np.full(steps, self._half[0])
        grown = grow(sight, stem[-1:], np.array([heading(stem)]), np.zeros(1), half, strict, PATIENCE)
        if len(grown.curve) < 2:
            return curve if len(curve) == keep else stem
        return even(np.concatenate([stem, grown.curve[1:]]))

    def _strict(self, lengths: Floats) -> Floats:
        """What is taken off the log-odds at distances from the root: more beyond the known length."""
        beyond = (lengths - 1.1 * self._usual) / (0.3 * max(self._usual, 1.0))
        return STRICT + TOO_LONG * np.clip(beyond, 0, 1)

    def _sought(self, sight: Sight, body: Bools | None, carried: Floats | None) -> Settled | None:
        """The best line that leaves the animal's outline, or any, where no animal is known."""
        root = carried[0] if carried is not None else self._root
        if carried is None and body is not None and self._home is not None:
            centre = _centre(body)
            root = centre + self._home if centre is not None else root
        outline = list(_leaving(body, sight.window)) if body is not None else []
        starts, headings = outline if outline else _anywhere(sight)
        if not len(starts):
            return None
        far = np.zeros(len(starts)) if root is None else np.linalg.norm(starts - root, axis=1)
        bonus = -np.minimum(0.1 * far, 6.0)
        longest = 1.6 * max(self._usual, 40.0) * (2.0 if body is not None else 1.0)
        half = widths_along(np.linspace(0, 1, int(longest / STEP)), self._half)
        grown = grow(
            sight, starts, headings, bonus, half, self._strict(STEP * _counted(len(half))), PATIENCE
        )
        if len(grown.curve) < 3:
            return None
        curve = even(grown.curve)
        if not outline:
            curve = self._grown_on(sight, curve[::-1], longest)[::-1]
        fine = polished(sight, curve, self._half)
        ends = _supported(fine, self._strict(SPACING * _counted(len(fine.odds))))
        return None if ends is None else polished(sight, fine.curve[ends], self._half)

    def _found(
        self, best: Settled, carried: Floats | None, size_wh: tuple[int, int]
    ) -> LineFound | None:
        mask, offset = band(best.curve, self._thickness(), size_wh)
        if not mask.any():
            return None
        apart = float(away(best.curve, carried).mean()) if carried is not None else 2 * REACH
        agreement = float(np.exp(-((apart / REACH) ** 2)))
        score = _clear(best) * (0.6 + 0.4 * agreement)
        return LineFound(best.curve + 0.5, mask, offset, score, 0.5 + 0.5 * agreement)

    def _carried_only(
        self, before: UInt8s | None, now: UInt8s, flow: Float32s | None
    ) -> LineFound | None:
        """A line too short to learn from goes where the motion takes it, in doubt."""
        carried = self._carried(before, now, flow)
        if carried is None:
            return None
        self._curve = carried
        mask, offset = band(carried, self._drawn, (now.shape[1], now.shape[0]))
        return LineFound(carried + 0.5, mask, offset, 0.3, 0.5) if mask.any() else None


def rooted(curve: Floats, profile: Floats, body: Bools | None) -> tuple[Floats, Floats]:
    """Turned so that it begins at the animal, or at the thicker end where no animal is known."""
    if body is not None and body.any():
        depth = vision.distance(~body)
        ends = np.clip(np.rint(curve[[0, -1]]).astype(int), 0, np.array(body.shape[::-1]) - 1)
        turn = depth[ends[0, 1], ends[0, 0]] > depth[ends[1, 1], ends[1, 0]]
    else:
        third = max(len(profile) // 3, 1)
        turn = profile[:third].mean() < profile[-third:].mean()
    return (curve[::-1], profile[::-1]) if turn else (curve, profile)


def _supported(line: Settled, strict: Floats) -> slice | None:
    """The stretch with the largest sum of evidence (Bentley, 1984); None where there is none."""
    gains = np.maximum(line.odds, MISSING) - strict
    sums = np.concatenate([[0.0], np.cumsum(gains)])
    lowest = np.minimum.accumulate(sums)
    end = int((sums - lowest).argmax())
    start = int(sums[: end + 1].argmin())
    return slice(start, end) if end - start >= 2 else None


def _counted(n: int) -> Floats:
    """0, 1, ... n - 1."""
    return np.arange(n, dtype=np.float64)


def _clear(line: Settled) -> float:
    """0..1: mean probability along the line, hidden stretches counted half."""
    return float((1 / (1 + np.exp(-np.maximum(line.odds, -1.5)))).mean())


def _median(values: Floats) -> Floats:
    """Running median over five points, `(k, 2)`."""
    padded = np.pad(values, [(2, 2), (0, 0)], mode="edge")
    middle: Floats = np.median([padded[i : i + len(values)] for i in range(5)], axis=0)
    return middle


def _resampled(curve: Floats, count: int) -> Floats:
    at, way = np.linspace(0, 1, count), np.linspace(0, 1, len(curve))
    return np.stack([np.interp(at, way, curve[:, k]) for k in (0, 1)], axis=1)


def _centre(body: Bools | None) -> Floats | None:
    if body is None or not body.any():
        return None
    ys, xs = np.nonzero(body)
    return np.array([xs.mean(), ys.mean()])


def _leaving(body: Bools, window: Window) -> Iterator[Floats]:
    """Places around the animal's outline, and directions that lead away from it."""
    inside = vision.closed(body[window.slices], 5)
    depth = vision.gaussian(vision.distance(~inside) - vision.distance(inside), 2.0)
    down, right = np.gradient(depth)
    starts, headings = [], []
    for ring in (1.5, 9.0):
        ys, xs = np.nonzero(np.abs(depth - ring) < 0.75)
        ys, xs = ys[::3], xs[::3]
        out = np.arctan2(down[ys, xs], right[ys, xs])
        for turn in np.deg2rad([-75.0, -40.0, 0.0, 40.0, 75.0]):
            starts.append(np.stack([xs + window.x0, ys + window.y0], axis=1).astype(float))
            headings.append(out + turn)
    if sum(map(len, starts)):
        yield np.concatenate(starts)
        yield np.concatenate(headings)


def _anywhere(sight: Sight) -> tuple[Floats, Floats]:
    """The places of a window that look most like the line, in twelve directions each."""
    odds = vision.gaussian(sight.odds, 2.0)
    coarse = odds[::6, ::6]
    order = np.argsort(-coarse.ravel(), kind="stable")[:60]
    order = order[coarse.ravel()[order] > 0]
    ys, xs = np.unravel_index(order, coarse.shape)
    places = np.stack([6 * xs + sight.window.x0, 6 * ys + sight.window.y0], axis=1).astype(float)
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    return np.repeat(places, len(turns), axis=0), np.tile(turns, len(places))
