"""Is this pixel an annotated object? A small logistic regression on how it differs from the plate.

Fitted to the annotated frames, so that shadows, reflections and tails that a person left out are
told from the body by the very signs that set them apart there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Float32s, Floats, Image, UInt8s
from masklet.models import bars as behind
from masklet.models import vision
from masklet.models.colour import ColourModel, bins_of
from masklet.models.light import in_light_of
from masklet.models.place import distance_to
from masklet.models.plate import Plate

ALIVE = 2.5
"""Times the usual noise by which a pixel must differ from the plate to be looked at."""
NEVER = -6.0
"""Log-odds of a pixel that equals the plate."""


@dataclass(frozen=True, eq=False)
class Sight:
    """A frame next to the plate: its L*a*b* picture in the plate's light, and the distance map."""

    lab: UInt8s
    apart: Float32s


@dataclass(frozen=True, eq=False)
class Judge:
    """`weights` `(k,) float64` on the signs of `_signs`; `colours` log-odds by colour bin.

    Bars before the objects (`(h, w) bool`, at most 2 `reach` wide) tell nothing: they are left out of
    the fit, and get the odds of what is on both sides of them.
    """

    plate: Plate
    bars: Bools
    reach: int
    colours: Float32s
    weights: Floats

    @classmethod
    def fit(cls, plate: Plate, taught: Sequence[tuple[Image, Bools]], bars: Bools, reach: int) -> Judge:
        """From annotated frames: pictures on the work frame and the union of their masks."""
        sights = [look(picture, plate) for picture, _ in taught]
        masks = [mask & ~bars for _, mask in taught]
        colours = _colours(sights, masks)
        rows, truth, weight = [], [], []
        for sight, mask in zip(sights, masks, strict=True):
            near = vision.distance(~mask) < 60
            sure = vision.erode(mask, 1) | ~vision.dilate(mask, 1)
            use = sure & (sight.apart > ALIVE * plate.noise) & plate.known & ~bars
            rows.append(_signs(sight, use, plate, colours))
            truth.append(mask[use])
            weight.append(np.where(mask | near, 1.0, 0.5)[use])
        fitted = _logistic(np.concatenate(rows), np.concatenate(truth), np.concatenate(weight))
        return cls(plate, bars, reach, colours, fitted)

    def odds(self, sight: Sight) -> Float32s:
        """`(h, w) float32` log-odds within -6..6."""
        out = np.full(sight.apart.shape, NEVER, np.float32)
        use = (sight.apart > ALIVE * self.plate.noise) & self.plate.known & ~self.bars
        out[use] = np.clip(_signs(sight, use, self.plate, self.colours) @ self.weights, NEVER, -NEVER)
        blind = ~self.plate.known & ~self.bars
        out[blind] = 2 * self.colours[bins_of(sight.lab[blind][None])[0]]
        return behind.bridge(out, self.bars, self.reach)


def look(picture: Image, plate: Plate) -> Sight:
    """A work frame in the plate's light, and how far each pixel is from the plate."""
    lab = vision.lab(in_light_of(picture, plate.rgb, plate.known))
    return Sight(lab, distance_to(lab, plate.lab))


def _colours(sights: Sequence[Sight], masks: Sequence[Bools]) -> Float32s:
    """Log-odds of "object" by colour bin, against everything else on the annotated frames."""
    models = []
    for sight, mask in zip(sights, masks, strict=True):
        core = vision.erode(mask, 1)
        inside = core if core.sum() > 50 else mask
        models.append(ColourModel.fit(sight.lab, inside.astype(np.float32), (~mask).astype(np.float32)))
    mean = models[0]
    for k, other in enumerate(models[1:], start=2):
        mean = mean.mixed(other, 1 / k)
    return mean.evidence * np.float32(mean.contrast)


def _signs(sight: Sight, use: Bools, plate: Plate, colours: Float32s) -> Floats:
    """`(n, 14)`: signs of the chosen pixels, all of the order of 1."""
    lab, empty = sight.lab[use].astype(np.float64), plate.lab[use].astype(np.float64)
    apart = sight.apart[use].astype(np.float64)
    gap = lab - empty
    chroma = np.hypot(gap[:, 1], gap[:, 2])
    ratio = np.log((lab[:, 0] + 4) / (empty[:, 0] + 4))
    signs = [
        np.ones(len(apart)),
        np.tanh(apart / (6 * plate.noise[use])),
        np.tanh(apart / 15),
        np.tanh(apart / 45),
        np.tanh(gap[:, 0] / 30),
        gap[:, 0] / 60,
        apart / 60,
        lab[:, 0] / 64 - 2,
        (lab[:, 0] / 64 - 2) ** 2 / 2,
        (lab[:, 1] - 128) / 20,
        (lab[:, 2] - 128) / 20,
        np.tanh(chroma / 10),
        np.tanh(2 * ratio),
        colours[bins_of(sight.lab[use][None])[0]].astype(np.float64) / 2,
    ]
    return np.stack(signs, axis=1)


def _logistic(signs: Floats, truth: Bools, weight: Floats, ridge: float = 2.0) -> Floats:
    """Weighted ridge logistic regression by Newton's method with halved steps; classes weigh alike."""
    beta = np.zeros(signs.shape[1])
    beta[0], beta[2] = -2.0, 4.0
    share = float(weight[truth].sum() / max(weight.sum(), 1e-9))
    if not 0.0 < share < 1.0:
        return beta
    weight = weight * np.where(truth, 0.5 / share, 0.5 / (1 - share))
    weight *= min(len(weight), 4000) / weight.sum()
    pull = np.full(len(beta), ridge)
    pull[0] = 1e-3
    loss = _loss(signs, truth, weight, pull, beta)
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(signs @ beta, -30, 30)))
        slope = signs.T @ (weight * (truth - chance)) - pull * beta
        curve = (signs * (weight * chance * (1 - chance))[:, None]).T @ signs + np.diag(pull)
        step = np.linalg.solve(curve, slope)
        better, size = np.inf, 2.0
        while better > loss and size > 1e-6:
            size /= 2
            better = _loss(signs, truth, weight, pull, beta + size * step)
        if better > loss - 1e-9 * abs(loss):
            break
        beta, loss = beta + size * step, better
    return beta


def _loss(signs: Floats, truth: Bools, weight: Floats, pull: Floats, beta: Floats) -> float:
    """Negative penalised log-likelihood: convex, so that a step that lowers it is a step ahead."""
    score = signs @ beta
    wrong = np.logaddexp(0.0, np.where(truth, -score, score))
    return float(weight @ wrong + 0.5 * (pull @ beta**2))
