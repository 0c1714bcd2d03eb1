"""Many pictures out of one: an annotated object shown as a later frame might show it.

After Khoreva et al., "Lucid data dreaming for video object segmentation", IJCV 2019: the object is
cut out, the place behind it filled, and both put together again, moved, bent, recoloured, blurred
and partly covered, so that the truth of every new picture is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from masklet.core.arrays import Float32s
from masklet.models import vision
from masklet.models.adapt.disturb import Matrix, Rng, affine, blurred, elastic, recoloured, resampled
from masklet.models.adapt.study import Study
from masklet.models.adapt.view import Box, box_of, view_around

WHOLE = 0.4
"""Share of pictures in which object and place move together."""
COVERED = 0.2
"""Share of the others in which something of the place lies in front of the object."""
COMPANY = 0.4
"""Share in which another object comes near, where others are known."""


@dataclass(frozen=True, eq=False)
class Shot:
    """A made picture, all `(side, side) float32`.

    Args:
        rgb: `(side, side, 3)`, 0..255.
        difference: 0..1, from the empty place.
        mask: 0 or 1, the object where it is visible.
        others: 0 or 1, other objects where they are visible.
    """

    rgb: Float32s
    difference: Float32s
    mask: Float32s
    others: Float32s


@dataclass
class _Picture:
    """A picture in the making."""

    layers: Float32s
    mask: Float32s
    others: Float32s


@dataclass(frozen=True)
class _Pose:
    """Where things go: matrices from the picture's pixels to the study's, and how they bend."""

    object: Matrix
    place: Matrix
    object_bend: Float32s
    place_bend: Float32s
    whole: bool


@dataclass(eq=False)
class Renderer:
    """Makes shots of one study; the same seed makes the same shot.

    Args:
        study: the annotated object.
        side: pixels of a shot.
        reach: how far a tracker's view reaches beyond the object's box.
        company: studies of other objects that may come near.
    """

    study: Study
    side: int
    reach: float
    company: Sequence[Study] = ()
    _places: list[Float32s] = field(init=False, repr=False)
    _soft: Float32s = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._soft = vision.gaussian(self.study.mask, 0.8)
        self._places = empty_places(self.study)

    def shoot(self, seed: int, nudged: bool = False) -> Shot:
        """The shot of a seed. `nudged`: the same, the object a moment earlier."""
        rng = np.random.default_rng(seed)
        nudge = self._nudge(np.random.default_rng([seed, 1])) if nudged else None
        pose = self._pose(rng, nudge)
        picture = self._whole(pose, rng) if pose.whole else self._composed(pose, rng)
        rgb = blurred(picture.layers[..., :3], rng)
        gap = picture.layers[..., 3] / np.float32(255)
        return Shot(
            rgb,
            np.clip(gap * np.float32(np.exp(rng.normal(0, 0.15))), 0, 1),
            (picture.mask > 0.5).astype(np.float32),
            (picture.others > 0.5).astype(np.float32),
        )

    def _nudge(self, rng: Rng) -> tuple[Matrix, Float32s]:
        x0, y0, x1, y1 = self.study.box
        size = np.sqrt((x1 - x0) * (y1 - y0))
        scale = np.exp(rng.normal(0, 0.05, 2))
        shift = rng.normal(0, 0.04, 2) * size
        move = affine(
            ((x0 + x1) / 2, (y0 + y1) / 2),
            (scale[0], scale[1]),
            rng.normal(0, 0.06),
            (shift[0], shift[1]),
        )
        return move, elastic(self.side, 6, self.side * 0.012, rng)

    def _pose(self, rng: Rng, nudge: tuple[Matrix, Float32s] | None) -> _Pose:
        high, wide = self.study.mask.shape
        whole = rng.random() < WHOLE
        moved = self._object_motion(rng, whole)
        zoom = float(np.exp(rng.normal(0.05, 0.1)))
        place = affine(
            (wide / 2, high / 2),
            (zoom, zoom),
            rng.normal(0, 0.06),
            (rng.normal(0, 0.1) * wide, rng.normal(0, 0.06) * high),
        )
        if nudge is not None:
            moved = moved @ nudge[0]
        view = view_around(self._seen_box(moved, rng), (wide, high), self._reach(rng), self.side)
        bend = elastic(self.side, 5, self.side * 0.012, rng)
        place_bend = elastic(self.side, 4, self.side * 0.008, rng)
        if nudge is not None:
            bend = bend + nudge[1]
        place = moved if whole else place
        return _Pose(
            np.linalg.inv(moved) @ view.to_frame,
            np.linalg.inv(place) @ view.to_frame,
            bend,
            bend if whole else place_bend,
            whole,
        )

    def _object_motion(self, rng: Rng, whole: bool) -> Matrix:
        x0, y0, x1, y1 = self.study.box
        size, spread = np.sqrt((x1 - x0) * (y1 - y0)), (0.15, 0.05) if whole else (0.2, 0.08)
        scale = np.exp(rng.normal(0, spread[0])) * np.exp(rng.normal(0, spread[1], 2))
        turn = rng.normal(0, 0.12 if whole else 0.2)
        shift = (0.0, 0.0) if whole else (rng.normal(0, 0.3) * size, rng.normal(0, 0.2) * size)
        return affine(((x0 + x1) / 2, (y0 + y1) / 2), (scale[0], scale[1]), turn, shift)

    def _seen_box(self, moved: Matrix, rng: Rng) -> Box:
        """The moved object's box, a little wrong, as a tracker would expect it."""
        x0, y0, x1, y1 = self.study.box
        corners = moved @ np.array([[x0, x1, x1, x0], [y0, y0, y1, y1], [1, 1, 1, 1]])
        xs, ys = corners[0], corners[1]
        wide, high = np.ptp(xs), np.ptp(ys)
        wrong = rng.normal(0, 0.06, 4) * np.array([wide, high, wide, high])
        found = np.array([xs.min(), ys.min(), xs.max(), ys.max()]) + wrong
        return float(found[0]), float(found[1]), float(found[2]), float(found[3])

    def _reach(self, rng: Rng) -> float:
        reach = self.reach * float(np.exp(rng.normal(0, 0.12)))
        return reach * rng.uniform(1.2, 2.2) if rng.random() < 0.12 else reach

    def _take(self, values: Float32s, pose: _Pose, of_object: bool, border: str) -> Float32s:
        matrix, bend = (pose.object, pose.object_bend) if of_object else (pose.place, pose.place_bend)
        return resampled(values, matrix, self.side, bend, border)

    def _whole(self, pose: _Pose, rng: Rng) -> _Picture:
        study = self.study
        layers = self._take(study.layers, pose, True, "edge")
        layers = _tinted(layers, rng)
        mask, others = (self._take(one, pose, True, "zero") for one in (study.mask, study.others))
        picture = _Picture(layers, mask, others)
        self._accompany(picture, rng)
        return picture

    def _composed(self, pose: _Pose, rng: Rng) -> _Picture:
        study = self.study
        behind = self._places[int(rng.integers(len(self._places)))]
        place = _tinted(self._take(behind, pose, False, "mirror"), rng)
        others = self._take(study.others * (1 - study.mask), pose, False, "mirror")
        picture = _Picture(place, np.zeros_like(others), others)
        in_front = rng.random() < 0.5
        if not in_front:
            self._accompany(picture, rng)
        thing = _tinted(self._take(study.layers, pose, True, "edge"), rng)
        _put(picture, thing, self._take(self._soft, pose, True, "zero"), mine=True)
        if in_front:
            self._accompany(picture, rng)
        if rng.random() < COVERED:
            self._cover(picture, pose, rng)
        return picture

    def _accompany(self, picture: _Picture, rng: Rng) -> None:
        """Another object is put somewhere near, in front of what is there."""
        if not self.company or rng.random() > COMPANY:
            return
        other = self.company[int(rng.integers(len(self.company)))]
        x0, y0, x1, y1 = other.box
        size = self.side / self.reach * float(np.exp(rng.normal(-0.1, 0.3)))
        zoom = size / max(x1 - x0, y1 - y0, 1)
        goal = self.side / 2 + rng.normal(0, 0.28, 2) * self.side
        move = affine(((x0 + x1) / 2, (y0 + y1) / 2), (zoom, zoom), rng.normal(0, 0.4))
        move[:2, 2] += goal - np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        back, bend = np.linalg.inv(move), elastic(self.side, 5, self.side * 0.012, rng)
        layers = _tinted(resampled(other.layers, back, self.side, bend, "edge"), rng)
        soft = resampled(vision.gaussian(other.mask, 0.8), back, self.side, bend, "zero")
        _put(picture, layers, soft, mine=False)

    def _cover(self, picture: _Picture, pose: _Pose, rng: Rng) -> None:
        """A blob or a bar of the place's own texture in front of the object."""
        box = box_of(picture.mask > 0.5)
        if box is None:
            return
        shape = np.zeros((self.side, self.side), np.float32)
        x, y = int(rng.uniform(box[0], box[2])), int(rng.uniform(box[1], box[3]))
        size = np.sqrt((box[2] - box[0]) * (box[3] - box[1]))
        if rng.random() < 0.5:
            axes = int(size * rng.uniform(0.05, 0.3)), int(size * rng.uniform(0.05, 0.3))
            vision.draw_ellipse(shape, (x, y), axes, float(rng.uniform(0, 180)), 1.0)
        else:
            angle = rng.normal(np.pi / 2, 0.3)
            dx, dy = int(np.cos(angle) * self.side * 1.5), int(np.sin(angle) * self.side * 1.5)
            width = max(2, int(size * rng.uniform(0.04, 0.2)))
            vision.draw_line(shape, (x - dx, y - dy), (x + dx, y + dy), width, 1.0)
        shift = affine((0, 0), shift=(rng.normal(0, 0.3) * self.side, rng.normal(0, 0.1) * self.side))
        texture = resampled(self._places[0], pose.place @ shift, self.side, None, "mirror")
        soft = vision.gaussian(shape, 1.0)[..., None]
        picture.layers = soft * _tinted(texture, rng) + (1 - soft) * picture.layers
        picture.mask = picture.mask * (1 - shape)
        picture.others = picture.others * (1 - shape)


def _put(picture: _Picture, layers: Float32s, soft: Float32s, mine: bool) -> None:
    """A thing in front of all that is there."""
    alpha = soft[..., None]
    picture.layers = alpha * layers + (1 - alpha) * picture.layers
    hard = (soft > 0.5).astype(np.float32)
    if mine:
        picture.mask, picture.others = hard, picture.others * (1 - hard)
    else:
        picture.mask, picture.others = picture.mask * (1 - hard), np.maximum(picture.others, hard)


def _tinted(layers: Float32s, rng: Rng) -> Float32s:
    """Colours changed, the difference channel left as it is."""
    return np.dstack([recoloured(layers[..., :3], rng), layers[..., 3]]).astype(np.float32)


def empty_places(study: Study) -> list[Float32s]:
    """The study without its object: filled from the rim, and with texture from beside it."""
    high, wide = study.mask.shape
    hole = vision.dilate(study.mask > 0.3, 6)
    filled = study.layers.copy()
    filled[..., :3] = _filled(study.layers[..., :3], hole)
    fading = vision.gaussian(vision.dilate(study.mask > 0.3, 4).astype(np.float32), 3.0)
    filled[..., 3] *= 1 - fading
    places = [filled]
    x0, y0, x1, y1 = study.box
    for dx, dy in ((x1 - x0, 0), (x0 - x1, 0), (0, y1 - y0), (0, y0 - y1)):
        back = np.array([[1, 0, -1.15 * dx], [0, 1, -1.15 * dy]], np.float64)
        beside = vision.warp(filled, back, (wide, high), "mirror")
        inside = vision.warp(1 - fading, back, (wide, high))
        if (inside * study.mask).sum() < 0.6 * study.mask.sum():
            continue
        alpha = (fading * inside)[..., None]
        places.append((alpha * beside + (1 - alpha) * filled).astype(np.float32))
    return places


def _filled(rgb: Float32s, hole: np.ndarray) -> Float32s:
    """Inpainted at a third of the size: the texture does not matter, the colours do."""
    high, wide = hole.shape
    small = max(wide // 3, 4), max(high // 3, 4)
    shrunk = vision.resize(rgb, small).astype(np.uint8)
    gone = vision.resize(hole.astype(np.float32), small) > 0.05
    if gone.all():
        return np.full_like(rgb, rgb.mean(axis=(0, 1)))
    filled = vision.resize(vision.inpainted(shrunk, gone), (wide, high)).astype(np.float32)
    soft = vision.gaussian(hole.astype(np.float32), 2.0)[..., None]
    blended: Float32s = (soft * filled + (1 - soft) * rgb).astype(np.float32)
    return blended
