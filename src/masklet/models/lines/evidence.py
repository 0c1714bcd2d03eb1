"""What a line looks like: learnt on the annotated frame, read off as log-odds on every other.

Two regressions, one upon the other. The first judges single pixels by colour. The second judges a
place and a direction by what the first says of the middle and of both sides, and by how bright the
middle is against its sides: so that it finds out by itself whether the line is dark or bright,
coloured, or nothing of the kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image
from masklet.models import vision
from masklet.models.lines.curves import away, even, normals_of, widths_along
from masklet.models.warp import Window, window_around

CEILING = 4.0
"""Log-odds of one pixel are cut here."""
SURE = 3.0
"""Log-odds of a place are cut here, above and below."""
GAP = 2.0
"""Pixels from the line's border to where its sides are looked at."""
BODY = 1.5
"""What the animal's mask takes off the log-odds: a line upon it must be seen clearly."""
REACH = 40
"""Pixels around the annotated line from which counter-examples are taken."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """One annotated line: the picture around it, its curve in that crop and its half widths."""

    crop: Image
    curve: Floats
    profile: Floats
    body: Bools

    @classmethod
    def of(cls, image: Image, curve: Floats, profile: Floats, body: Bools | None) -> Lesson:
        """Cut out of a frame; `body` `(h, w) bool` is what the line is attached to."""
        h, w = image.shape[:2]
        seen = np.zeros((h, w), bool)
        places = np.rint(curve).astype(int)
        inside = ((places >= 0) & (places < (w, h))).all(axis=1)
        seen[places[inside, 1], places[inside, 0]] = True
        window = window_around(seen, 0.0, REACH) or Window(0, 0, w, h)
        at = window.slices
        here = np.zeros(seen[at].shape, bool) if body is None else body[at]
        return cls(image[at], curve - (window.x0, window.y0), profile, here)


@dataclass(frozen=True, eq=False)
class Look:
    """Colours and cross-section of one line.

    Args:
        pixel: weights of the terms of `_terms`, and the bias.
        place: weights of the features of `Sight.features`, and the bias.
        scale: what annotated half widths are multiplied with to be those of the thing seen.
        measured: half widths as `Sight.half_widths` measures them, in units of those of the thing.
    """

    pixel: Floats
    place: Floats
    scale: float
    measured: float = 1.0

    def sight(self, image: Image, window: Window, body: Bools | None = None) -> Sight:
        """The evidence in a window of a frame; `body` `(h, w) bool` of the frame speaks against."""
        here = None if body is None else body[window.slices]
        return Sight.of(image[window.slices], self, window, here)


def learn(lessons: list[Lesson]) -> Look:
    """Fit both regressions to the annotated lines; the scale that separates best is taken."""
    pixel = _learn_pixels(lessons)
    tried = []
    for scale in (0.7, 1.0, 1.5, 2.2, 3.2):
        look = Look(pixel, np.zeros(FEATURES + 1), scale)
        place, loss = _learn_places(lessons, look)
        tried.append((loss + 0.01 * abs(np.log(scale)), Look(pixel, place, scale)))
    look = min(tried, key=lambda one: one[0])[1]
    return replace(look, measured=_measured(lessons, look))


def _measured(lessons: list[Lesson], look: Look) -> float:
    ratios = []
    for lesson in lessons:
        h, w = lesson.crop.shape[:2]
        curve = even(lesson.curve, 1.0)
        half = look.scale * widths_along(np.linspace(0, 1, len(curve)), lesson.profile)
        ratios.append(Sight.of(lesson.crop, look, Window(0, 0, w, h)).half_widths(curve, half) / half)
    known = np.concatenate(ratios)
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else 1.0


def _learn_pixels(lessons: list[Lesson]) -> Floats:
    """Colours of the line's core against everything around; what hides the line is left out."""
    terms, on, weight = [], [], []
    for lesson in lessons:
        h, w = lesson.crop.shape[:2]
        gap = _gap_map(lesson, (w, h)).ravel()
        half = float(np.median(lesson.profile))
        core = (gap <= max(0.6 * half, 0.6)) & ~lesson.body.ravel()
        rest = gap > max(half, 2.0) + 4.0
        if not core.any():
            core = gap <= max(half, 0.6)
        every = _terms(vision.lab(lesson.crop)).reshape(h * w, -1).astype(np.float64)
        chosen = core | rest
        terms.append(every[chosen])
        on.append(core[chosen])
        near = np.exp(-gap[chosen] / REACH)
        weight.append(
            np.where(core[chosen], 1 / core.sum(), near / max(near[~core[chosen]].sum(), 1e-9))
        )
    terms_all, on_all, weight_all = np.concatenate(terms), np.concatenate(on), np.concatenate(weight)
    fitted = logistic(terms_all, on_all, weight_all)
    odds = terms_all @ fitted[:-1] + fitted[-1]
    kept = ~on_all | (odds > -0.5)
    return (
        logistic(terms_all[kept], on_all[kept], weight_all[kept]) if on_all[kept].sum() > 8 else fitted
    )


def _gap_map(lesson: Lesson, size_wh: tuple[int, int]) -> Floats:
    """`(h, w)`: distance of each pixel to the curve."""
    w, h = size_wh
    empty = np.ones((h, w), bool)
    places = np.rint(even(lesson.curve, 0.5)).astype(int)
    places = places[((places >= 0) & (places < size_wh)).all(axis=1)]
    empty[places[:, 1], places[:, 0]] = False
    return vision.distance(empty).astype(np.float64)


def _learn_places(lessons: list[Lesson], look: Look) -> tuple[Floats, float]:
    features, on = [], []
    for lesson in lessons:
        h, w = lesson.crop.shape[:2]
        sight = Sight.of(lesson.crop, look, Window(0, 0, w, h))
        for points, normals, half, is_line in _examples(lesson, look.scale):
            features.append(sight.features(points, normals, half))
            on.append(np.full(len(points), is_line))
    seen, line = np.concatenate(features), np.concatenate(on)
    weight = np.where(line, 1 / max(line.sum(), 1), 1 / max((~line).sum(), 1))
    fitted = logistic(seen, line, weight)
    hidden = line & (seen @ fitted[:-1] + fitted[-1] < -1.0)
    fitted = logistic(seen[~hidden], line[~hidden], weight[~hidden])
    odds = np.where(line, 1, -1) * (seen @ fitted[:-1] + fitted[-1])
    return fitted, float((weight * np.log1p(np.exp(-odds))).sum())


Examples = tuple[Floats, Floats, Floats, bool]


def _examples(lesson: Lesson, scale: float) -> list[Examples]:
    """Places, normals and half widths on the line; beside it, across it, and anywhere near."""
    curve = even(lesson.curve, 1.0)
    half = scale * widths_along(np.linspace(0, 1, len(curve)), lesson.profile)
    normals = normals_of(curve)
    places = np.clip(np.rint(curve).astype(int), 0, np.array(lesson.crop.shape[1::-1]) - 1)
    free = ~lesson.body[places[:, 1], places[:, 0]]
    free = free if free.sum() > 4 else np.ones(len(curve), bool)
    curve, half, normals = curve[free], half[free], normals[free]
    out: list[Examples] = [(curve, normals, half, True)]
    for side in (-1.0, 1.0):
        for beyond in (2.0, 4.0, 7.0, 12.0, 20.0):
            shifted = curve + side * (half + beyond)[:, None] * normals
            out.append((shifted, normals, half, False))
    turned = np.stack([normals[:, 1], -normals[:, 0]], axis=1)
    out.append((curve, turned, half, False))
    rng = np.random.default_rng(0)
    out += [(p, n, rng.choice(half, len(p)), False) for p, n in _around_ends(curve, half, rng)]
    out += [(p, n, rng.choice(half, len(p)), False) for p, n in _outline(lesson.body, curve, half)]
    h, w = lesson.crop.shape[:2]
    points = rng.uniform([0, 0], [w - 1, h - 1], (400, 2))
    angle = rng.uniform(0, 2 * np.pi, 400)
    far = away(points, curve) > half.max() + 3
    anyhow = np.stack([np.cos(angle), np.sin(angle)], axis=1)[far]
    out.append((points[far], anyhow, rng.choice(half, far.sum()), False))
    return [(p, n, r, line) for p, n, r, line in out if len(p)]


def _around_ends(curve: Floats, half: Floats, rng: np.random.Generator) -> list[tuple[Floats, Floats]]:
    """Places around and beyond both ends, in any direction: the line does not go on there."""
    found = []
    for end in (curve[0], curve[-1]):
        angle, far = rng.uniform(0, 2 * np.pi, 150), rng.uniform(3.0, 25.0, 150)
        points = end + far[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points = points[away(points, curve) > half.max() + 2]
        turn = rng.uniform(0, 2 * np.pi, len(points))
        found.append((points, np.stack([np.cos(turn), np.sin(turn)], axis=1)))
    return found


def _outline(body: Bools, curve: Floats, half: Floats) -> list[tuple[Floats, Floats]]:
    """The animal's outline and lines beside it: an edge is no line."""
    if not body.any():
        return []
    depth = vision.gaussian(vision.distance(~body) - vision.distance(body), 1.0)
    down, right = np.gradient(depth)
    found = []
    for ring in (-2.0, 0.0, 2.0):
        ys, xs = np.nonzero(np.abs(depth - ring) < 0.6)
        points = np.stack([xs, ys], axis=1).astype(float)
        normals = np.stack([right[ys, xs], down[ys, xs]], axis=1)
        size = np.linalg.norm(normals, axis=1)
        kept = (size > 0.2) & (away(points, curve) > half.max() + 3)
        found.append((points[kept][::2], (normals / np.maximum(size, 1e-6)[:, None])[kept][::2]))
    return found


FEATURES = 7


@dataclass(frozen=True, eq=False)
class Sight:
    """The maps of one window: `odds` and `grey`, `(h, w) float32`, and where the window lies."""

    odds: Float32s
    grey: Float32s
    against: Float32s | None
    look: Look
    window: Window

    @classmethod
    def of(cls, crop: Image, look: Look, window: Window, body: Bools | None = None) -> Sight:
        """Judge all pixels of a crop."""
        lab = vision.lab(crop)
        odds = _terms(lab) @ look.pixel[:-1].astype(np.float32) + np.float32(look.pixel[-1])
        odds = vision.gaussian(np.clip(odds, -CEILING, CEILING).astype(np.float32), 0.7)
        grey = vision.gaussian(lab[..., 0].astype(np.float32) / np.float32(25), 0.7)
        against = None
        if body is not None and body.any():
            against = BODY * vision.gaussian(vision.dilate(body, 1).astype(np.float32), 1.0)
        return cls(odds, grey, against, look, window)

    def features(self, points: Floats, normals: Floats, half: Floats) -> Floats:
        """`(n, FEATURES)` of `(n, 2)` places in the window with unit normals and half widths."""
        offsets = np.stack(
            [
                -half - GAP,
                -0.5 * half,
                0 * half,
                0.5 * half,
                half + GAP,
                0.8 * (-half - GAP) - 2,
                0.8 * (half + GAP) + 2,
            ]
        )
        at = points + offsets[..., None] * normals
        x, y = at[..., 0].astype(np.float32), at[..., 1].astype(np.float32)
        odds, grey = vision.sample(self.odds, x, y), vision.sample(self.grey, x, y)
        middle, light = odds[1:4].mean(axis=0), grey[1:4].mean(axis=0)
        sides = np.stack([odds[[0, 5]].mean(axis=0), odds[[4, 6]].mean(axis=0)])
        lights = light - grey[[0, 4]]
        steady = np.where(np.sign(lights[0]) == np.sign(lights[1]), np.abs(lights).min(axis=0), 0)
        return np.stack(
            [
                middle,
                odds[1:4].min(axis=0),
                middle - sides.max(axis=0),
                middle - sides.min(axis=0),
                lights.mean(axis=0),
                steady * np.sign(lights[0]),
                np.abs(lights).mean(axis=0),
            ],
            axis=1,
        ).astype(np.float64)

    def half_widths(self, curve: Floats, half: Floats) -> Floats:
        """`(k,)`: how far the line's colours reach to either side of its points; NaN where hidden.

        Args:
            curve: `(k, 2)`, pixels of the frame. half: `(k,)`, expected; three times it is looked at.
        """
        normals = normals_of(curve)
        out = np.arange(0.0, 3 * float(half.max()) + 2, 0.5)
        flat = curve - (self.window.x0, self.window.y0)
        reaches = []
        for side in (-1.0, 1.0):
            at = flat[:, None] + side * out[:, None] * normals[:, None]
            odds = vision.sample(self.odds, *at.astype(np.float32).transpose(2, 0, 1).copy())
            ends = odds <= 0
            reaches.append(np.where(ends.any(axis=1), out[ends.argmax(axis=1)], np.nan))
        both: Floats = np.mean(reaches, axis=0)
        return np.where(both > 0.4, both, np.nan)

    def at(self, points: Floats, normals: Floats, half: Floats) -> Floats:
        """Log-odds that the line passes through places of the frame in a direction, cut at `SURE`.

        Args:
            points, normals: `(..., 2)`, pixels of the frame.
            half: `(...)`, half widths of the thing there.
        """
        shape = points.shape[:-1]
        flat = points.reshape(-1, 2) - (self.window.x0, self.window.y0)
        wide = np.broadcast_to(half, shape).ravel()
        features = self.features(flat, normals.reshape(-1, 2), wide)
        odds = features @ self.look.place[:-1] + self.look.place[-1]
        if self.against is not None:
            x, y = flat.astype(np.float32).T.copy()
            odds = odds - vision.sample(self.against, x[:, None], y[:, None])[:, 0]
        h, w = self.odds.shape
        inside = ((flat >= 0) & (flat <= (w - 1, h - 1))).all(axis=1)
        cut: Floats = np.where(inside, np.clip(odds, -SURE, SURE), -SURE).reshape(shape)
        return cut


def _terms(lab: Image) -> Float32s:
    """`(..., 3) uint8` L*a*b* to `(..., 9) float32`: the values, their squares and products."""
    soft = vision.gaussian(lab.astype(np.float32), 0.6)
    v = (soft - np.array([128, 128, 128], np.float32)) / np.array([50, 12, 12], np.float32)
    pairs = [v[..., i] * v[..., j] for i in range(3) for j in range(i, 3)]
    return np.concatenate([v, np.stack(pairs, axis=-1)], axis=-1)


def logistic(x: Floats, on: Bools, weight: Floats, ridge: float = 2e-3, rounds: int = 12) -> Floats:
    """Weights and bias of a logistic regression, Newton's method with a ridge on scaled features.

    Args:
        x: `(n, k)`. on: `(n,) bool`. weight: `(n,)`, of each example. ridge: strength.
    """
    x = np.asarray(x, np.float64)
    scale = np.maximum(x.std(axis=0), 1e-6)
    mean = x.mean(axis=0)
    z = np.concatenate([(x - mean) / scale, np.ones((len(x), 1))], axis=1)
    calm = np.diag([ridge] * x.shape[1] + [1e-9])
    beta = np.zeros(z.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        slope = z.T @ (weight * (p - on)) + calm @ beta
        curve = (z * (weight * np.maximum(p * (1 - p), 1e-5))[:, None]).T @ z + calm
        beta = beta - np.linalg.solve(curve, slope)
    plain = beta[:-1] / scale
    return np.concatenate([plain, [beta[-1] - plain @ mean]])
