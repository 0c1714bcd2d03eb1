"""Prompt: what a person points at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from masklet.core.arrays import Bools, Floats, frozen
from masklet.core.errors import DataError, UsageError


@dataclass(frozen=True, eq=False)
class Scribble:
    """A line drawn by hand over an object, or over what does not belong to it.

    Args:
        points: `(k, 2) float64`, x and y in pixels, at least one.
        positive: True = on the object.
    """

    points: Floats
    positive: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen(self.points, np.float64).reshape(-1, 2))
        if not len(self.points):
            raise DataError("a scribble has no points; expected at least one")


@dataclass(frozen=True, eq=False)
class Prompt:
    """A request for one object on one frame: points, a box, lines, words, or several of these.

    Args:
        frame: 0-based frame.
        object_id: which object the answer belongs to.
        label: name of its label.
        points: `(k, 2) float64`, x and y in pixels.
        positive: `(k,) bool`, True = on the object, False = not on it.
        box: (x0, y0, x1, y1) half-open, in pixels, or None.
        text: words that name the object, or empty.
        scribbles: lines drawn over the object or beside it.
        mask: `(h, w) bool` of the whole frame, an earlier mask of the object to start from, or None.
    """

    frame: int
    object_id: int = 1
    label: str = "object"
    points: Floats = field(default_factory=lambda: np.empty((0, 2)))
    positive: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    box: tuple[float, float, float, float] | None = None
    text: str = ""
    scribbles: tuple[Scribble, ...] = ()
    mask: Bools | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", frozen(self.points, np.float64).reshape(-1, 2))
        object.__setattr__(self, "positive", frozen(self.positive, np.bool_).reshape(-1))
        if len(self.points) != len(self.positive):
            raise DataError(f"{len(self.points)} points but {len(self.positive)} signs; expected equal")
        object.__setattr__(self, "scribbles", tuple(self.scribbles))
        if self.mask is not None:
            object.__setattr__(self, "mask", frozen(self.mask, np.bool_))
        given = len(self.points), self.box is not None, self.text, self.scribbles, self.mask is not None
        if not any(given):
            raise DataError(
                f"the prompt on frame {self.frame} is empty; "
                "give points, a box, scribbles, a mask or words"
            )
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise DataError(f"box {self.box} is empty; expected x0 < x1 and y0 < y1")


def strokes_of(prompt: Prompt) -> list[Scribble]:
    """Its points and lines, as lines; a point is a line of one."""
    clicks = zip(prompt.points, prompt.positive.tolist(), strict=True)
    return [*(Scribble(point, sign) for point, sign in clicks), *prompt.scribbles]


def fitted(prompt: Prompt, size_wh: tuple[int, int]) -> Prompt:
    """The prompt for a picture of `size_wh`, its box cut off at the edges.

    Raises `DataError` for a prompt that does not fit: a point or a box outside, a point that is both on
    the object and not, an earlier mask of another size or an empty one.
    """
    wide, high = size_wh
    picture = f"the picture is {wide} x {high} pixels"
    strokes = strokes_of(prompt)
    for stroke in strokes:
        outside = ~((stroke.points >= 0) & (stroke.points < [wide, high]))
        if outside.any():
            x, y = stroke.points[outside.any(axis=1)][0]
            raise DataError(f"point {x:g},{y:g} is not in the picture; {picture}")
    _check_agreeing(strokes)
    if prompt.mask is not None and prompt.mask.shape != (high, wide):
        raise DataError(
            f"the earlier mask is {prompt.mask.shape}; expected ({high}, {wide}), as {picture}"
        )
    if prompt.mask is not None and not prompt.mask.any():
        raise DataError("the earlier mask is empty; leave it out")
    return prompt if prompt.box is None else replace(prompt, box=_clipped(prompt.box, size_wh))


def _check_agreeing(strokes: Iterable[Scribble]) -> None:
    signs: dict[tuple[int, int], bool] = {}
    for stroke in strokes:
        for x, y in stroke.points.tolist():
            if signs.setdefault((int(x), int(y)), stroke.positive) != stroke.positive:
                raise DataError(
                    f"point {x:g},{y:g} is said to be on the object and not on it; leave one out"
                )


def _clipped(
    box_xyxy: tuple[float, float, float, float], size_wh: tuple[int, int]
) -> tuple[float, float, float, float]:
    (wide, high), (x0, y0, x1, y1) = size_wh, box_xyxy
    shown, picture = f"box {x0:g},{y0:g},{x1:g},{y1:g}", f"the picture is {wide} x {high} pixels"
    if not np.isfinite(box_xyxy).all():
        raise DataError(f"{shown} is not finite; give its corners in pixels; {picture}")
    if x1 <= 0 or y1 <= 0 or x0 >= wide or y0 >= high:
        raise DataError(f"{shown} lies outside of the picture; {picture}")
    return max(x0, 0.0), max(y0, 0.0), min(x1, float(wide)), min(y1, float(high))


def labels_of(prompts: Iterable[Prompt]) -> dict[int, str]:
    """Label of each object that is prompted for. `UsageError` where prompts of one object disagree."""
    found: dict[int, str] = {}
    for prompt in prompts:
        label = found.setdefault(prompt.object_id, prompt.label)
        if label != prompt.label:
            raise UsageError(
                f"prompts of object {prompt.object_id} name it {label!r} and {prompt.label!r}; give "
                "them one label, or another object_id"
            )
    return found
