"""One object in one picture, from the first click on: every further prompt refines the answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from masklet.core import DataError, Prompt, Scribble
from masklet.core.arrays import Bools, Float32s, Image
from masklet.core.prompts import fitted, strokes_of
from masklet.models.cut import prompts
from masklet.models.cut.network import Decoder
from masklet.models.cut.views import View, Window
from masklet.models.vision import components, dilate

ZOOM = 1.4
SETTLED = 3
"""Answers after which a click changes only what it touches."""
_BOX_SLACK = 0.04
_FIRST_LOOK = 0.35
_LEAST = 20
_APART = 0.25
_NEAR = 1.2


@dataclass(frozen=True, eq=False)
class Answer:
    """What a session thinks.

    Args:
        mask: `(h, w) bool`.
        probability: `(h, w) float32`, 0..1, before it was cut at one half.
        score: 0..1, the IoU that one would expect if the probabilities were right.
    """

    mask: Bools
    probability: Float32s
    score: float


class Session:
    """A dialogue about one object. It keeps the picture's features while the view stays.

    Args:
        image: `(h, w, 3) uint8` RGB.
        decoder: trained weights.
    """

    def __init__(self, image: Image, decoder: Decoder) -> None:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise DataError(f"image is {image.shape} {image.dtype}; expected (h, w, 3) uint8")
        if not image.size:
            raise DataError(f"image is {image.shape}; expected at least one pixel")
        self._image, self._decoder = image, decoder
        self._size_wh = image.shape[1], image.shape[0]
        self._strokes: list[Scribble] = []
        self._box: tuple[float, float, float, float] | None = None
        self._view: View | None = None
        self._raw: Float32s | None = None
        self._before: Float32s | None = None
        self._answer: Answer | None = None
        self._told, self._from_mask = 0, False

    def add(self, prompt: Prompt) -> Answer:
        """The answer to all that was pointed at so far and to `prompt`.

        A box or a mask replaces the one before. Raises `DataError` for what lies outside of the
        picture, for words, and where nothing yet says what is on the object.
        """
        prompt = checked(prompt, self._size_wh)
        new = strokes_of(prompt)
        self._check_positive(prompt, [*self._strokes, *new])
        self._strokes += new
        if prompt.box is not None:
            self._box = prompt.box
        if prompt.mask is not None:
            self._before, self._raw, self._from_mask = prompt.mask.astype(np.float32), None, True
        answer = self._look()
        if self._answer is not None and self._told >= SETTLED and new and prompt.box is None:
            answer = self._touching(answer, self._answer, new)
        self._answer, self._told = answer, self._told + 1
        return answer

    def _check_positive(self, prompt: Prompt, strokes: list[Scribble]) -> None:
        known = self._box is not None or self._before is not None or self._raw is not None
        known = known or prompt.box is not None or prompt.mask is not None
        if not known and not any(stroke.positive for stroke in strokes):
            raise DataError(
                "every point is marked as not on the object; give one that is on it, or a box"
            )

    def click(self, x: float, y: float, positive: bool = True) -> Answer:
        """One more point."""
        return self.add(Prompt(0, points=np.array([[x, y]]), positive=np.array([positive])))

    def _look(self) -> Answer:
        if self._box is None and self._before is None and self._raw is None:
            self._glance()
        view, window = self._view, self._window()
        if view is None or not window.close_to(view.window):
            view = self._turn_to(window)
        raw = self._seen(view)
        if self._box is not None and self._answer is None:
            raw = self._closer(view, raw, self._box)
        self._raw, self._before = raw, None
        soft = self._confined(view.put_back(view.sharpened(raw)))
        return _answer(soft, view)

    def _glance(self) -> None:
        """A first look at the whole picture, to know where to look closely."""
        view = View(self._image, Window.whole(self._size_wh), edges=False)
        found = self._seen(view)
        if np.count_nonzero(found > 0.5) >= _LEAST:
            self._view, self._raw = view, found

    def _seen(self, view: View) -> Float32s:
        """The network's answer; where points are all it has, only the parts that belong to one."""
        maps = self._drawn(view)
        raw = view.probability(self._decoder, maps)
        clicked = self._box is None and not self._from_mask
        return belonging(raw, maps[prompts.POSITIVE] > 0) if clicked else raw

    def _closer(
        self, view: View, raw: Float32s, box_xyxy: tuple[float, float, float, float]
    ) -> Float32s:
        """A second look at a box, from nearer by and knowing the first answer: the mean of both."""
        self._before = view.put_back(raw)
        near = View(self._image, Window.about(box_xyxy, _NEAR, self._size_wh), edges=False)
        again = view.taken(near.put_back(self._seen(near)))
        return (raw + again) * np.float32(0.5)

    def _turn_to(self, window: Window) -> View:
        """A new view; what was found so far is taken along."""
        if self._view is not None and self._raw is not None:
            self._before = self._confined(self._view.put_back(self._raw))
            self._raw = None
        self._view = View(self._image, window)
        return self._view

    def _window(self) -> Window:
        corners: list[tuple[float, ...]] = []
        found = self._found()
        if self._box is not None:
            corners.append(self._box)
        elif found is not None:
            corners.append(found)
        elif self._strokes:
            (x, y), reach = self._strokes[0].points[0].tolist(), _FIRST_LOOK / 2 * max(self._size_wh)
            corners.append((x - reach, y - reach, x + reach, y + reach))
        else:
            corners.append((0, 0, *self._size_wh))
        if self._strokes:
            spots = np.concatenate([stroke.points for stroke in self._strokes])
            corners.append((*spots.min(axis=0), *(spots.max(axis=0) + 1)))
        edges = np.array(corners)
        (x0, y0), (x1, y1) = edges[:, :2].min(axis=0).tolist(), edges[:, 2:].max(axis=0).tolist()
        return Window.about((x0, y0, x1, y1), ZOOM, self._size_wh)

    def _found(self) -> tuple[float, float, float, float] | None:
        """Where the object is by what is known so far."""
        if self._before is not None:
            return _extent(self._before > 0.5) if (self._before > 0.5).any() else None
        if self._view is None or self._raw is None or not (self._raw > 0.5).any():
            return None
        return self._view.extent(self._raw > 0.5)

    def _drawn(self, view: View) -> Float32s:
        maps = view.blank()
        for stroke in self._strokes:
            prompts.mark(maps, view.at(stroke.points), stroke.positive)
        if self._box is not None:
            corners = np.array(self._box).reshape(2, 2)
            first, last = view.at(corners[:1] + 0.5)[0], view.at(corners[1:] - 0.5)[0]
            prompts.mark_box(maps, (*first, *last))
        if self._before is not None:
            maps[prompts.BEFORE] = view.taken(self._before)
        elif self._raw is not None:
            maps[prompts.BEFORE] = self._raw
        return maps

    def _confined(self, values: Float32s) -> Float32s:
        """0 where the object cannot be: outside of the box and a little more. In place."""
        if self._box is not None:
            x0, y0, x1, y1 = self._box
            dx, dy = (x1 - x0) * _BOX_SLACK + 2, (y1 - y0) * _BOX_SLACK + 2
            values[: max(0, int(y0 - dy))] = 0
            values[max(0, int(y1 + dy) + 1) :] = 0
            values[:, : max(0, int(x0 - dx))] = 0
            values[:, max(0, int(x1 + dx) + 1) :] = 0
        return values

    def _touching(self, new: Answer, old: Answer, strokes: list[Scribble]) -> Answer:
        """The old answer, changed only in the parts of the difference that a new stroke touches.

        Where it touches none, the stroke itself is the change: no click is without effect.
        """
        differs = new.mask ^ old.mask
        x0, y0, x1, y1 = self._stretch(differs, strokes)
        part = slice(y0, y1), slice(x0, x1)
        near = prompts.blank((x1 - x0, y1 - y0))
        for stroke in strokes:
            prompts.mark(near, stroke.points - [x0, y0], stroke.positive)
        positive, negative = near[prompts.POSITIVE] > 0, near[prompts.NEGATIVE] > 0
        numbers, areas = components(differs[part])
        chosen = np.zeros(len(areas), np.bool_)
        chosen[numbers[positive | negative]] = True
        chosen[0] = False
        soft, here = old.probability.copy(), chosen[numbers]
        soft[part][here] = new.probability[part][here]
        if not chosen.any():
            soft[part][positive], soft[part][negative] = 1, 0
        self._before, self._raw = soft, None
        return Answer(soft > 0.5, soft, new.score)

    def _stretch(self, differs: Bools, strokes: list[Scribble]) -> tuple[int, int, int, int]:
        """A box in the picture that holds all differences and strokes."""
        spots = np.concatenate([stroke.points for stroke in strokes])
        reach = prompts.RADIUS + 1
        corners = [(*(spots.min(axis=0) - reach), *(spots.max(axis=0) + reach + 1))]
        if differs.any():
            corners.append(_extent(differs))
        edges = np.array(corners)
        low = np.maximum(np.floor(edges[:, :2].min(axis=0)), 0).astype(int)
        high = np.minimum(np.ceil(edges[:, 2:].max(axis=0)), self._size_wh).astype(int)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def checked(prompt: Prompt, size_wh: tuple[int, int]) -> Prompt:
    """As `fitted`; `DataError` for words too."""
    if prompt.text:
        raise DataError(f"cut does not know words ({prompt.text!r}); give points, a box or scribbles")
    return fitted(prompt, size_wh)


def belonging(probability: Float32s, marks: Bools) -> Float32s:
    """Without parts that no mark touches and that lie apart from those which one does.

    Apart is further than a quarter of the side of a square as large as the touched parts, so that
    what a thin bar cuts through stays whole.
    """
    mask = probability > 0.5
    numbers, areas = components(mask)
    chosen = np.unique(numbers[marks & mask])
    if not len(chosen) or len(chosen) == len(areas) - 1:
        return probability
    reach = round(_APART * float(areas[chosen].sum()) ** 0.5)
    near = dilate(np.isin(numbers, chosen), reach)
    kept = np.zeros(len(areas), np.bool_)
    kept[numbers[near]] = True
    dropped = dilate(mask & ~kept[numbers], 3) & ~near
    return np.where(dropped, np.float32(0), probability)


def _extent(mask: Bools) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def _answer(soft: Float32s, view: View) -> Answer:
    """The score is the expected IoU, to first order: expected intersection over expected union."""
    seen = soft[view.rows, view.columns]
    hard = seen > 0.5
    mask = np.zeros(soft.shape, np.bool_)
    mask[view.rows, view.columns] = hard
    inside, everywhere = float(seen[hard].sum()), float(seen.sum())
    union = np.count_nonzero(hard) + everywhere - inside
    return Answer(mask, soft, inside / union if union > 0 else 0.0)
