"""Words to masks: the detector of SAM 3, which finds every instance of a concept at once.

Carion et al., "SAM 3: Segment anything with concepts", 2025. The score of an instance is its own
probability times that of the concept being there at all. Masks are enlarged as logits and cut at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from masklet.core import UsageError
from masklet.core.arrays import Bools, Float32s, Image
from masklet.models.foundation import words
from masklet.models.foundation.images import SAM3, Recipe, pixels
from masklet.models.foundation.loading import load, quiet
from masklet.models.foundation.memory import remedy
from masklet.models.foundation.tokens import tokenizer
from masklet.models.foundation.upsample import crop_of

THRESHOLD = 0.5
"""An instance counts above this score."""
OVERLAP = 0.8
"""Of instances whose boxes have a greater IoU than this only the best stays."""

_LESS = ("take --device cpu", "--precision bfloat16", "--engine text, which is smaller")
"""What to do where memory is short."""


@dataclass(frozen=True, eq=False)
class Instance:
    """One thing that was found.

    Args:
        logits: `(k, l) float32` on the CPU, over the whole image; above 0 is the thing.
        box_xyxy: (x0, y0, x1, y1) half-open, pixels of the image, inside it.
        label: the phrase that it was found for.
        score: 0..1.
    """

    logits: Tensor
    box_xyxy: tuple[float, float, float, float]
    label: str
    score: float

    def crop(self, size_wh: tuple[int, int]) -> tuple[Bools, tuple[int, int]]:
        """The mask at the image's size: a `(h, w) bool` crop and its corner (x, y); may be empty."""
        return crop_of(self.logits, size_wh)

    def probability(self, size_wh: tuple[int, int]) -> Float32s:
        """`(h, w) float32`, 0..1, at the image's size."""
        high = torch.nn.functional.interpolate(
            self.logits[None, None], size_wh[::-1], mode="bilinear", align_corners=False
        )
        found: Float32s = high[0, 0].sigmoid().numpy()
        return found


@dataclass(frozen=True)
class Seen:
    """What was found, best first, and for each phrase the highest score of anything."""

    instances: tuple[Instance, ...]
    best: dict[str, float]


class Concepts:
    """SAM 3's detector of concepts.

    Args:
        path: folder of the weights of `sam3`.
        device: where it runs.
        dtype: float32, or what autocast computes in.
        threshold: an instance counts above this score.
        overlap: of instances whose boxes have a greater IoU than this only the best stays.

    Raises `DataError` where the weights are damaged or lack their tokenizer.
    """

    def __init__(
        self,
        path: Path,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
        threshold: float = THRESHOLD,
        overlap: float = OVERLAP,
    ) -> None:
        self._path, self._device, self._dtype = path, device, dtype
        self.threshold, self.overlap = threshold, overlap

    def find(self, image: Image, phrase: str) -> list[Instance]:
        """Every instance of `phrase` on `(h, w, 3) uint8` RGB, best first."""
        return list(self.look(image, [phrase]).instances)

    def look(self, image: Image, phrases: Sequence[str]) -> Seen:
        """Every instance of each phrase, best first; the image network runs once for all phrases.

        Raises `UsageError` for phrases without words, or with more than the network reads.
        """
        phrases = words.distinct(phrases)
        heard = [self._hear(one) for one in phrases]
        found: list[Instance] = []
        best: dict[str, float] = {}
        autocast = torch.autocast(self._device.type, self._dtype, self._dtype != torch.float32)
        told = remedy("words to masks", self._device, *_LESS)
        with told, torch.inference_mode(), autocast:
            seen = self._network.get_vision_features(pixels(image, self._recipe).to(self._device))
            for phrase, inputs in zip(phrases, heard, strict=True):
                out = self._network(vision_embeds=seen, **inputs)
                scores = _scores(out)
                best[phrase] = float(scores.max())
                found += self._instances(out, scores, phrase, image.shape[:2])
        return Seen(self._apart(found), best)

    def _instances(
        self, out: Any, scores: Tensor, phrase: str, size_hw: tuple[int, ...]
    ) -> list[Instance]:
        height, width = size_hw
        boxes = out.pred_boxes[0].float().cpu().numpy().astype(np.float64)
        boxes, visible = words.inside(boxes * [width, height, width, height], width, height)
        rows = np.flatnonzero(visible & (scores.numpy() > self.threshold))
        logits = out.pred_masks[0, torch.from_numpy(rows).to(out.pred_masks.device)].float().cpu()
        return [
            Instance(logits[k].clone(), (x0, y0, x1, y1), phrase, float(scores[row]))
            for k, row in enumerate(rows.tolist())
            for x0, y0, x1, y1 in [boxes[row].tolist()]
        ]

    def _apart(self, found: Sequence[Instance]) -> tuple[Instance, ...]:
        boxes = np.array([one.box_xyxy for one in found], np.float64).reshape(-1, 4)
        scores = np.array([one.score for one in found], np.float64)
        return tuple(found[row] for row in words.kept_apart(boxes, scores, self.overlap).tolist())

    def _hear(self, phrase: str) -> dict[str, Tensor]:
        limit = int(self._network.config.text_config.max_position_embeddings)
        with quiet():
            read = self._tokenizer(phrase, padding="max_length", max_length=limit, return_tensors="pt")
        count = int(read["attention_mask"].sum())
        if read["input_ids"].shape[1] > limit:
            raise UsageError(
                f"{phrase!r} has {count} tokens; sam3 reads {limit}: name it with fewer words"
            )
        return {key: read[key].to(self._device) for key in ("input_ids", "attention_mask")}

    @cached_property
    def _network(self) -> Any:
        return load("sam3-concepts", self._path, self._device, torch.float32)

    @cached_property
    def _tokenizer(self) -> Any:
        return tokenizer(self._path)

    @cached_property
    def _recipe(self) -> Recipe:
        side = int(self._network.config.vision_config.image_size)
        return Recipe.of(self._path, replace(SAM3, size=(side, side)))


def _scores(out: Any) -> Tensor:
    """`(n,) float32` on the CPU: each proposal's own score times that of the concept's presence."""
    scores = out.pred_logits[0].float().sigmoid()
    if out.presence_logits is not None:
        scores = scores * out.presence_logits[0].float().sigmoid()
    found: Tensor = scores.cpu()
    return found
