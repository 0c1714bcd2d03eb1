"""`cut`: from a click, a box or a scribble to a mask, with weights of our own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from masklet.core import DataError, Flags, Label, Masks, Origin, Prompt, Video
from masklet.core.arrays import Bools, Float32s, Image
from masklet.core.prompts import labels_of
from masklet.core.registry import require
from masklet.ops import runs
from masklet.ops.table import Row, build

if TYPE_CHECKING:
    from masklet.models.cut.session import Session

WEIGHTS = Path(__file__).parent / "weights" / "cut.safetensors"
_DOUBT = 0.5


class Cut:
    """Segmenter for points, boxes, scribbles and earlier masks.

    Raises `MissingExtraError` where torch or safetensors is not installed.
    """

    name = "cut"
    version = 1

    def __init__(self) -> None:
        require("torch", "adapt", "cut")
        require("safetensors", "adapt", "cut")
        self._decoder = _trained()

    @property
    def weights(self) -> str:
        """Content hash of the trained weights."""
        return _digest()

    def session(self, image: Image) -> Session:
        """A dialogue about one object of `image`, `(h, w, 3) uint8` RGB; later answers come faster."""
        from masklet.models.cut.session import Session

        return Session(image, self._decoder)

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """One row for each object that is prompted for; prompts of one `object_id` refine each other.

        Objects share no pixel: each pixel goes to the likeliest. An object of which nothing is found
        has no row. Without prompts there are no rows. `prompt.frame` is not looked at.

        Raises `DataError` for an image that is not `(h, w, 3) uint8` and for prompts that do not fit,
        and `UsageError` where prompts of one object differ in their label.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise DataError(f"image is {image.shape} {image.dtype}; expected (h, w, 3) uint8")
        by_object: dict[int, list[Prompt]] = {}
        for prompt in prompts or ():
            by_object.setdefault(prompt.object_id, []).append(prompt)
        named = labels_of(prompts or ())
        labels = list(dict.fromkeys(named.values()))
        answers = {one: self._answer(image, asked) for one, asked in by_object.items()}
        masks = _apart({one: answer.probability for one, answer in answers.items()})
        rows = [
            _row(one, labels.index(named[one]), mask, answers[one].score)
            for one, mask in masks.items()
            if mask.any()
        ]
        video = Video("image:", image.shape[1], image.shape[0], 1)
        return build(video, [Label(name) for name in labels], rows)

    def _answer(self, image: Image, prompts: Sequence[Prompt]) -> Any:
        session = self.session(image)
        for prompt in prompts:
            answer = session.add(prompt)
        return answer


def _row(object_id: int, label: int, mask: Bools, score: float) -> Row:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    high, wide = mask.shape
    cut = rows[0] == 0 or columns[0] == 0 or rows[-1] == high - 1 or columns[-1] == wide - 1
    flags = (Flags.TRUNCATED if cut else 0) | (Flags.LOW_SCORE if score < _DOUBT else 0)
    encoded = runs.encode(mask)
    return Row(0, object_id, label, encoded, score, 1.0, Origin.PROMPTED, flags=int(flags))


def _apart(soft: dict[int, Float32s]) -> dict[int, Bools]:
    """Hard masks by object; where several claim a pixel the likeliest has it."""
    masks: dict[int, Bools] = {}
    best: Float32s | None = None
    owner = np.zeros(0, np.int64)
    for one, probability in soft.items():
        if best is None:
            best, owner = probability.copy(), np.full(probability.shape, one, np.int64)
        else:
            wins = probability > best
            best[wins], owner[wins] = probability[wins], one
    for one, probability in soft.items():
        masks[one] = (probability > 0.5) & (owner == one)
    return masks


@cache
def _digest() -> str:
    return sha256(WEIGHTS.read_bytes()).hexdigest()[:16]


@cache
def _trained() -> Any:
    import torch

    from masklet.models.cut.network import Decoder
    from masklet.models.features.device import best_device
    from masklet.models.features.weights import fill, shipped

    weights = shipped(WEIGHTS)
    with torch.random.fork_rng(devices=[]):
        decoder = Decoder()
    fill(decoder, weights, WEIGHTS)
    return decoder.requires_grad_(False).eval().to(best_device(), memory_format=torch.channels_last)
