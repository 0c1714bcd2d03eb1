"""Segmenters on published networks: points, boxes and masks on one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from masklet.core import DataError, Masks, Prompt, UsageError
from masklet.core.arrays import Float32s, Floats, Image
from masklet.core.prompts import fitted, labels_of, strokes_of
from masklet.models.foundation.engines import Foundation
from masklet.models.prompted import prompted_rows

if TYPE_CHECKING:
    from masklet.models.foundation.eyes import Eyes
    from masklet.models.foundation.network import Features

_SPOTS = 8
"""Points that a scribble is taken as, at most, evenly along it."""
_ON, _OFF, _CORNERS = 1, 0, (2, 3)


class Points(Foundation):
    """Segmenter: SAM 2.1 on one image, from points, boxes, scribbles and earlier masks."""

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """One row for each object that is prompted for; prompts of one `object_id` count together.

        The image network runs once for all objects. Objects share no pixel; one of which nothing is
        found has no row. Without prompts there are no rows. `prompt.frame` is not looked at. A scribble
        is taken as points along it.

        Raises `DataError` for an image that is not `(h, w, 3) uint8` and for prompts that do not fit it
        (see `fitted`), `UsageError` for words and where prompts of one object differ in their label.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise DataError(f"image is {image.shape} {image.dtype}; expected (h, w, 3) uint8")
        size_wh = image.shape[1], image.shape[0]
        by_object: dict[int, list[Prompt]] = {}
        for prompt in prompts or ():
            if prompt.text:
                raise UsageError(
                    f"{self.name} does not know words ({prompt.text!r}); point at it, or take --engine "
                    "text or sam3"
                )
            by_object.setdefault(prompt.object_id, []).append(fitted(prompt, size_wh))
        answers: dict[int, tuple[Float32s, float]] = {}
        if by_object:
            eyes = self._eyes()
            with eyes.running("the image"):
                features = eyes.see(image)
                answers = {one: _answer(eyes, features, p, size_wh) for one, p in by_object.items()}
        return prompted_rows(size_wh, labels_of(prompts or ()), answers)


def _answer(
    eyes: Eyes, features: Features, prompts: Sequence[Prompt], size_wh: tuple[int, int]
) -> tuple[Float32s, float]:
    """`(h, w)` probabilities, 0..1, and the IoU to expect of what `prompts` mean together."""
    import torch

    from masklet.models.foundation.tracker import check_number

    points, labels = _as_points(prompts)
    scale = eyes.network.side / np.array(size_wh, np.float64)
    device = eyes.network.device
    masks = [prompt.mask for prompt in prompts if prompt.mask is not None]
    answer = eyes.network.pointed(
        features,
        torch.tensor(points * scale, dtype=torch.float32, device=device),
        torch.tensor(labels, dtype=torch.int32, device=device),
        eyes.square(masks[-1]) if masks else None,
    )
    high = torch.nn.functional.interpolate(answer.logits, size_wh[::-1], mode="bilinear")
    probability: Float32s = torch.sigmoid(high[0, 0]).cpu().numpy()
    check_number(score := float(answer.quality[0].clamp(0, 1)))
    return probability, score


def _as_points(prompts: Sequence[Prompt]) -> tuple[Floats, list[int]]:
    """`(k, 2)` points and what each of them says, box corners first, as the network reads them."""
    boxes = [prompt.box for prompt in prompts if prompt.box is not None]
    spots: list[Floats] = []
    labels: list[int] = []
    if boxes:
        spots.append(np.array(boxes[-1], np.float64).reshape(2, 2))
        labels += _CORNERS
    for stroke in (stroke for prompt in prompts for stroke in strokes_of(prompt)):
        chosen = np.linspace(0, len(stroke.points) - 1, min(len(stroke.points), _SPOTS)).round()
        spots.append(stroke.points[chosen.astype(int)])
        labels += [_ON if stroke.positive else _OFF] * len(chosen)
    return np.concatenate(spots) if spots else np.empty((0, 2)), labels


class PointsTiny(Points):
    """Segmenter: SAM 2.1 tiny."""

    name = "sam2-tiny"


class PointsSmall(Points):
    """Segmenter: SAM 2.1 small; `sam2` is the same."""

    name = "sam2-small"


class PointsBasePlus(Points):
    """Segmenter: SAM 2.1 base+."""

    name = "sam2-base-plus"


class PointsLarge(Points):
    """Segmenter: SAM 2.1 large."""

    name = "sam2-large"


class PointsEdgeTam(Points):
    """Segmenter: EdgeTAM; needs timm and torchvision."""

    name = "edgetam"
