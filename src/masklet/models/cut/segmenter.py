"""`cut`: from a click, a box or a scribble to a mask, with weights of our own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from masklet.core import DataError, Masks, Prompt
from masklet.core.arrays import Image
from masklet.core.prompts import labels_of
from masklet.core.registry import require
from masklet.models.prompted import prompted_rows

if TYPE_CHECKING:
    from masklet.models.cut.session import Session

WEIGHTS = Path(__file__).parent / "weights" / "cut.safetensors"


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
        answers = {one: self._answer(image, asked) for one, asked in by_object.items()}
        return prompted_rows(
            (image.shape[1], image.shape[0]),
            labels_of(prompts or ()),
            {one: (answer.probability, answer.score) for one, answer in answers.items()},
        )

    def _answer(self, image: Image, prompts: Sequence[Prompt]) -> Any:
        session = self.session(image)
        for prompt in prompts:
            answer = session.add(prompt)
        return answer


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
