"""A stretch of a picture at the network's size, with all that needs to be computed of it only once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masklet.core.arrays import Bools, Float32s, Floats, Image
from masklet.models import vision
from masklet.models.cut import prompts
from masklet.models.cut.network import Decoder, pyramid
from masklet.models.features.backbone import backbone, normalised
from masklet.models.features.device import autocast
from masklet.models.guided import GuidedFilter

SIDE = 320
_WHOLE = 480
_LARGEST = 1.15
_MULTIPLE = 32
_GREY = 127
_RADIUS, _EPS = 5, 1e-3
_FINEST = 2
"""Edges are looked for on at most so many times the work size."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the picture, which may reach beyond it, and the size at which it is looked at.

    Args:
        x0, y0, x1, y1: half-open, pixels.
        work_wh: size of the work picture, multiples of 32.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    work_wh: tuple[int, int]

    @classmethod
    def about(
        cls, box_xyxy: tuple[float, float, float, float], zoom: float, size_wh: tuple[int, int]
    ) -> Window:
        """A square about a box, `zoom` times its longer side, little larger than the picture."""
        x0, y0, x1, y1 = box_xyxy
        longest = max(x1 - x0, y1 - y0, 24)
        side = max(round(min(longest * zoom, max(_LARGEST * max(size_wh), longest))), 1)
        left, top = round((x0 + x1 - side) / 2), round((y0 + y1 - side) / 2)
        return cls(left, top, left + side, top + side, (SIDE, SIDE))

    @classmethod
    def whole(cls, size_wh: tuple[int, int]) -> Window:
        """The whole picture, its longer side about 480 pixels."""
        scale = _WHOLE / max(size_wh)
        wide, high = (-(-round(length * scale) // _MULTIPLE) * _MULTIPLE for length in size_wh)
        return cls(0, 0, round(wide / scale), round(high / scale), (wide, high))

    @property
    def scale_xy(self) -> Floats:
        """Work pixels a picture pixel, along x and y."""
        return np.array([self.work_wh[0] / (self.x1 - self.x0), self.work_wh[1] / (self.y1 - self.y0)])

    def inside(self, size_wh: tuple[int, int]) -> tuple[slice, slice, slice, slice]:
        """Rows and columns of the picture, and the same of the window, where the two overlap."""
        left, top = max(self.x0, 0), max(self.y0, 0)
        right, bottom = min(self.x1, size_wh[0]), min(self.y1, size_wh[1])
        rows, columns = slice(top, max(bottom, top)), slice(left, max(right, left))
        mine_rows = slice(rows.start - self.y0, rows.stop - self.y0)
        return rows, columns, mine_rows, slice(columns.start - self.x0, columns.stop - self.x0)

    def close_to(self, other: Window) -> bool:
        """Would the network see nearly the same in both?"""
        if self.work_wh != other.work_wh:
            return False
        mine, theirs = self.x1 - self.x0, other.x1 - other.x0
        shift = max(
            abs(self.x0 + self.x1 - other.x0 - other.x1), abs(self.y0 + self.y1 - other.y0 - other.y1)
        )
        return 0.8 < mine / theirs < 1.25 and shift / 2 < 0.12 * mine


class View:
    """A window of a picture: colours, features and the guide of the edge filter.

    Args:
        image: `(h, w, 3) uint8` RGB.
        window: what of it.
        edges: prepare the edge filter.
    """

    def __init__(self, image: Image, window: Window, edges: bool = True) -> None:
        self.window = window
        self._size_wh = image.shape[1], image.shape[0]
        self.rows, self.columns, self._mine_rows, self._mine_columns = window.inside(self._size_wh)
        own = _stretch(image, window)
        self.picture: Image = vision.resize(own, window.work_wh)
        net = backbone(dense=False)
        pixels = normalised(self.picture[None], net.device)
        self.features = pyramid(net(pixels, 7))
        self.colours = functional.avg_pool2d(pixels, 2)
        self.device = net.device
        if edges:
            self._filter = GuidedFilter(_guide(self.picture), _RADIUS, _EPS)
            finest = min(window.x1 - window.x0, _FINEST * SIDE)
            larger = finest > window.work_wh[0]
            self._finer = _guide(vision.resize(own, (finest, finest))) if larger else None

    def probability(self, decoder: Decoder, maps: Float32s) -> Float32s:
        """What the network says of every work pixel, `(h, w) float32` 0..1."""
        with torch.no_grad(), autocast(self.device):
            drawn = torch.from_numpy(maps)[None].to(self.device)
            logits = decoder(self.colours, self.features, drawn).fine
            assert logits is not None
        return _soft(logits, self.window.work_wh)

    def sharpened(self, probability: Float32s) -> Float32s:
        """The same with edges where the colours change, up to twice as fine where the picture is."""
        if self._finer is not None:
            return self._filter.enlarged(probability, self._finer)
        return self._filter(probability)

    def at(self, points: Floats) -> Floats:
        """`(k, 2)` points of the picture on the work picture, origin at its first pixel's centre."""
        placed: Floats = (points - [self.window.x0, self.window.y0]) * self.window.scale_xy - 0.5
        return placed

    def extent(self, mask: Bools) -> tuple[float, float, float, float]:
        """Box in the picture, half-open, of a mask on the work picture that is not empty."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        sx, sy = self.window.scale_xy.tolist()
        x0, x1 = columns[0] / sx + self.window.x0, (columns[-1] + 1) / sx + self.window.x0
        y0, y1 = rows[0] / sy + self.window.y0, (rows[-1] + 1) / sy + self.window.y0
        return float(x0), float(y0), float(x1), float(y1)

    def taken(self, values: Float32s) -> Float32s:
        """A map of the whole picture, `(h, w)`, at work size; 0 beyond the picture."""
        window = self.window
        canvas = np.zeros((window.y1 - window.y0, window.x1 - window.x0), np.float32)
        canvas[self._mine_rows, self._mine_columns] = values[self.rows, self.columns]
        small: Float32s = vision.resize(canvas, window.work_wh)
        return small

    def put_back(self, values: Float32s) -> Float32s:
        """A map of the window at any size as one of the whole picture; 0 elsewhere."""
        window = self.window
        wide, high = window.x1 - window.x0, window.y1 - window.y0
        canvas = np.zeros((self._size_wh[1], self._size_wh[0]), np.float32)
        if values.shape[1] >= wide:
            own = vision.resize(values, (wide, high))[self._mine_rows, self._mine_columns]
        else:
            sx, sy = values.shape[1] / wide, values.shape[0] / high
            left, top = self._mine_columns.start, self._mine_rows.start
            inverse = [[sx, 0, (left + 0.5) * sx - 0.5], [0, sy, (top + 0.5) * sy - 0.5]]
            size_wh = self.columns.stop - self.columns.start, self.rows.stop - self.rows.start
            own = vision.warp(values, inverse, size_wh, "edge")
        canvas[self.rows, self.columns] = own
        return canvas

    def blank(self) -> Float32s:
        """Prompt maps of the work picture, empty."""
        return prompts.blank(self.window.work_wh)


def _guide(picture: Image) -> Float32s:
    return picture.astype(np.float32) * np.float32(1 / 255)


def _stretch(image: Image, window: Window) -> Image:
    """The window's pixels, grey beyond the picture."""
    rows, columns, mine_rows, mine_columns = window.inside((image.shape[1], image.shape[0]))
    if (rows.stop - rows.start, columns.stop - columns.start) == (
        window.y1 - window.y0,
        window.x1 - window.x0,
    ):
        return image[rows, columns]
    canvas = np.full((window.y1 - window.y0, window.x1 - window.x0, 3), _GREY, np.uint8)
    canvas[mine_rows, mine_columns] = image[rows, columns]
    return canvas


def _soft(logits: Tensor, size_wh: tuple[int, int]) -> Float32s:
    full = functional.interpolate(logits.float(), (size_wh[1], size_wh[0]), mode="bilinear")
    found: Float32s = torch.sigmoid(full)[0, 0].cpu().numpy()
    return found
