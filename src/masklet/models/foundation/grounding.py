"""Words to boxes: Grounding DINO and MM Grounding DINO.

Liu et al., "Grounding DINO: Marrying DINO with grounded pre-training for open-set object detection",
2023; Zhao et al., "An open and comprehensive pipeline for unified object grounding and detection", 2024.
A box belongs to the phrase of which one word scores highest: the published post-processing joins all
words above a threshold instead, across phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from masklet.core import UsageError
from masklet.core.arrays import Floats, Image, Int64s
from masklet.core.registry import require
from masklet.models.foundation import words
from masklet.models.foundation.catalogue import entry
from masklet.models.foundation.images import GROUNDING, Recipe, pixels
from masklet.models.foundation.loading import load, quiet
from masklet.models.foundation.memory import remedy
from masklet.models.foundation.precision import Precision, check_named, precision_of
from masklet.models.foundation.tokens import tokenizer
from masklet.models.foundation.weights import digest, find
from masklet.models.foundation.words import Detection, Found

_LESS = ("take --device cpu", "detector grounding-dino-tiny", "point at it: --point X,Y")
"""What to do where memory is short."""


@dataclass(frozen=True, eq=False)
class Heard:
    """Phrases as the network takes them.

    Args:
        inputs: arguments of the network, each `(1, k)`, `k` tokens.
        tokens: for each phrase the places of its tokens.
    """

    inputs: dict[str, torch.Tensor]
    tokens: tuple[tuple[int, ...], ...]


class Grounding:
    """Detector: image and phrases in, boxes out.

    Args:
        model: name of the weights, as in the catalogue.
        weights_dir: folder with them; empty = the cache of the Hugging Face hub.
        device: `cpu`, `cuda` or `mps`; empty = the best one.
        precision: `float32`, `bfloat16` or `float16`; empty = float32.
        box_threshold: a box counts from this score on (published: 0.35).
        text_threshold: and where one word of its phrase scores more than this (published: 0.25).
        overlap: of boxes with a greater IoU than this only the best stays.
        most: at most so many boxes, the best; 0 = all.

    Raises `UsageError` for thresholds outside 0..1 and names that do not exist, and `DataError` where
    the weights are missing or damaged.
    """

    version = 1

    def __init__(
        self,
        model: str = "grounding-dino-tiny",
        weights_dir: str = "",
        device: str = "",
        precision: str = "",
        *,
        box_threshold: float = 0.35,
        text_threshold: float = 0.25,
        overlap: float = 0.8,
        most: int = 0,
    ) -> None:
        require("transformers", "foundation", model)
        check_shares(box_threshold=box_threshold, text_threshold=text_threshold, overlap=overlap)
        check_named(device, precision)
        self.name, self.family = entry(model).name, entry(model).family
        if self.family not in ("grounding-dino", "mm-grounding-dino"):
            raise UsageError(f"{model} finds no boxes for words; take grounding-dino-tiny")
        self.threshold, self.text_threshold = box_threshold, text_threshold
        self.overlap, self.most = overlap, most
        self._path = find(self.name, weights_dir)
        self._where: Precision = precision_of(device, precision or "float32")

    @property
    def weights(self) -> str:
        """Content hash of the weights."""
        return digest(self._path)

    def detect(self, image: Image, phrases: Sequence[str]) -> tuple[Detection, ...]:
        """What is there of each phrase, best first."""
        return self.look(image, phrases).detections

    def look(self, image: Image, phrases: Sequence[str]) -> Found:
        """What is there of each phrase, best first, and how near each phrase came.

        Args:
            image: `(h, w, 3) uint8` RGB.
            phrases: what is looked for, each with a word at least; they compete for the boxes.

        Raises `UsageError` for phrases without words, or more of them than the network reads at once.
        """
        phrases = words.distinct(phrases)
        heard = self.hear(phrases)
        probabilities, boxes = self.scores(image, heard)
        height, width = image.shape[:2]
        boxes, visible = words.inside(corners(boxes) * [width, height, width, height], width, height)
        own = np.stack([probabilities[:, list(at)].max(axis=1) for at in heard.tokens], axis=1)
        scores, named = probabilities.max(axis=1), _best_phrase(probabilities, own, heard)
        keep = visible & (scores > self.threshold) & (own.max(axis=1) > self.text_threshold)
        rows = np.flatnonzero(keep)
        rows = rows[words.kept_apart(boxes[rows], scores[rows], self.overlap)]
        found = [
            Detection((x0, y0, x1, y1), phrases[named[row]], float(scores[row]))
            for row in rows[: self.most or None].tolist()
            for x0, y0, x1, y1 in [boxes[row].tolist()]
        ]
        best = {one: float(own[:, k].max()) for k, one in enumerate(phrases)}
        return Found(tuple(found), best)

    def hear(self, phrases: Sequence[str]) -> Heard:
        """Phrases as tokens."""
        text, spans = words.caption(phrases)
        with quiet():
            read = self._tokenizer(text, return_offsets_mapping=True, return_tensors="pt")
        offsets = read.pop("offset_mapping")[0].tolist()
        limit = int(self._network.config.max_text_len)
        if len(offsets) > limit:
            raise UsageError(
                f"{len(phrases)} phrases have {len(offsets)} tokens; {self.name} reads {limit} at once: "
                "ask for some of them at a time"
            )
        tokens = tuple(
            tuple(k for k, (a, b) in enumerate(offsets) if a < b and start <= a and b <= stop)
            for start, stop in spans
        )
        unknown = self._tokenizer.unk_token_id
        for phrase, at in zip(phrases, tokens, strict=True):
            if all(int(read["input_ids"][0, k]) == unknown for k in at):
                raise UsageError(f"{self.name} does not know the word {phrase!r}; take another word")
        wanted = ("input_ids", "token_type_ids", "attention_mask")
        return Heard({key: read[key] for key in wanted if key in read}, tokens)

    def scores(self, image: Image, heard: Heard) -> tuple[Floats, Floats]:
        """`(n, k)` probability of each token for each box; `(n, 4)` boxes: cx, cy, w, h in 0..1."""
        device = self._where.device
        given = {key: value.to(device) for key, value in heard.inputs.items()}
        told = remedy("words to boxes", device, *_LESS)
        with told, torch.inference_mode(), self._where.running():
            out = self._network(pixel_values=pixels(image, self._recipe).to(device), **given)
        probabilities = out.logits[0].float().sigmoid().cpu().numpy().astype(np.float64)
        return probabilities, out.pred_boxes[0].float().cpu().numpy().astype(np.float64)

    @cached_property
    def _network(self) -> Any:
        return load(self.family, self._path, self._where.device, torch.float32)

    @cached_property
    def _tokenizer(self) -> Any:
        return tokenizer(self._path)

    @cached_property
    def _recipe(self) -> Recipe:
        return Recipe.of(self._path, GROUNDING)


def corners(boxes: Floats) -> Floats:
    """`(n, 4)` centre, width, height to x0, y0, x1, y1."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def check_shares(**shares: float) -> None:
    """Raise `UsageError` for a share outside 0..1."""
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} is {value}; expected 0 to 1")


def _best_phrase(probabilities: Floats, own: Floats, heard: Heard) -> Int64s:
    """For each box the phrase with the likeliest word; of equal ones that with the likelier words."""
    means = np.stack([probabilities[:, list(at)].mean(axis=1) for at in heard.tokens], axis=1)
    best: Int64s = np.where(own == own.max(axis=1, keepdims=True), means, -1.0).argmax(axis=1)
    return best
