"""Words to masks: a detector finds boxes for words, a segmenter finds masks for boxes.

Ren et al., "Grounded SAM: Assembling open-world models for diverse visual tasks", 2024. And SAM 3, which
finds masks for words by itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from masklet.core import Masks, Prompt, Segmenter, UsageError
from masklet.core.arrays import Bools, Image
from masklet.core.registry import load, require
from masklet.models.foundation import weights, words
from masklet.models.foundation.catalogue import MODEL_TYPES, entry
from masklet.models.foundation.pointing import Points
from masklet.models.prompted import prompted_rows
from masklet.ops.runs import decode
from masklet.ops.table import concat

if TYPE_CHECKING:
    from masklet.models.foundation.concepts import Concepts
    from masklet.models.foundation.grounding import Grounding

Answer = tuple[Masks, Mapping[str, float]]
"""Rows, and for each phrase the highest score of anything on the image."""


class Text:
    """Segmenter for words, points and boxes: a detector of words, and a segmenter for its boxes.

    Args:
        detector: name of the detector's weights: `grounding-dino-tiny`, `mm-grounding-dino-base`, ...;
            empty = the one that this name stands for.
        masks: name of the Segmenter that makes masks of boxes, and answers prompts without words.
        weights_dir: folder with the weights of both in folders of these names, or with those of one;
            what is not there, and all where it is empty, comes from the Hugging Face cache.
        detector_dir: folder of the detector's weights, where it lies elsewhere.
        device: `cpu`, `cuda` or `mps`; empty = the best one.
        precision: of the masks' network; the detector computes in float32.
        threshold: something counts from this score on.
        text_threshold: and where one word of its phrase scores more than this.
        overlap: of boxes with a greater IoU than this only the best stays.
        most: at most so many things, the best; 0 = all.

    Raises `UsageError` for names and numbers that do not fit, and `DataError` where weights are missing.
    """

    name = "text"
    version = 1
    reads_words = True
    finds = "grounding-dino-tiny"

    def __init__(
        self,
        detector: str = "",
        masks: str = "sam2-small",
        weights_dir: str = "",
        detector_dir: str = "",
        device: str = "",
        precision: str = "",
        threshold: float = 0.35,
        text_threshold: float = 0.25,
        overlap: float = 0.8,
        most: int = 0,
    ) -> None:
        for library in ("torch", "transformers", "safetensors"):
            require(library, "foundation", self.name)
        from masklet.models.foundation.grounding import Grounding

        self.threshold = threshold
        detector = entry(detector or self.finds).name
        self.settings: dict[str, Any] = {"detector": detector, "masks": masks, "threshold": threshold}
        self.settings |= {"text_threshold": text_threshold, "overlap": overlap, "most": most}
        place = _places((detector, masks), weights_dir)
        self._detector: Grounding = Grounding(
            detector,
            detector_dir or place[detector],
            device,
            box_threshold=threshold,
            text_threshold=text_threshold,
            overlap=overlap,
            most=most,
        )
        given = {"weights_dir": place[masks], "device": device, "precision": precision}
        self._masks = _segmenter(masks, given)

    @property
    def weights(self) -> str:
        """Content hashes of the detector's weights and of the masks'."""
        return f"{self._detector.weights}+{getattr(self._masks, 'weights', '')}"

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """Rows for everything that the words of prompts name, and for what the others point at.

        What was found for a prompt with words has its label, or the phrase where it has none or several
        phrases, the detector's score, and numbers from its `object_id` on, the best first; numbers that
        are taken are left out. A phrase of which nothing is there has no row. Phrases of one call
        compete for the boxes. No pixel is shared. `prompt.frame` is not looked at.
        """
        return self.find(image, prompts or ())[0]

    def find(self, image: Image, prompts: Sequence[Prompt]) -> Answer:
        """As `segment`, with the highest score of anything for each phrase."""
        wanted, others = _split(prompts)
        if not wanted:
            return self._masks.segment(image, others), {}
        found = self._detector.look(image, list(wanted))
        taken = [one.object_id for one in others]
        ids = words.numbered([wanted[one.label][0] for one in found.detections], taken)
        boxed = [
            Prompt(0, who, wanted[one.label][1], box=one.box_xyxy)
            for who, one in zip(ids, found.detections, strict=True)
        ]
        rows = self._masks.segment(image, [*others, *boxed])
        score = rows.score.copy()
        for who, one in zip(ids, found.detections, strict=True):
            score[rows.object_id == who] = one.score
        return rows.replace(score=score), found.best


class GroundingDino(Text):
    """Segmenter: Grounding DINO tiny and SAM 2."""

    name = "grounding-dino"


class GroundingDinoBase(Text):
    """Segmenter: Grounding DINO base and SAM 2."""

    name = finds = "grounding-dino-base"


class MMGroundingDino(Text):
    """Segmenter: MM Grounding DINO tiny and SAM 2."""

    name = "mm-grounding-dino"
    finds = "mm-grounding-dino-tiny"


class MMGroundingDinoBase(Text):
    """Segmenter: MM Grounding DINO base and SAM 2."""

    name = finds = "mm-grounding-dino-base"


class Sam3(Points):
    """Segmenter: SAM 3, its detector of concepts for words, its tracker's decoder for points and boxes.

    Args:
        weights_dir, device, precision: as for `Foundation`.
        threshold: something counts above this score.
        overlap: of things whose boxes have a greater IoU than this only the best stays.
    """

    name = "sam3"
    reads_words = True

    def __init__(
        self,
        weights_dir: str = "",
        device: str = "",
        precision: str = "",
        threshold: float = 0.5,
        overlap: float = 0.8,
    ) -> None:
        super().__init__(weights_dir, device, precision)
        from masklet.models.foundation.grounding import check_shares

        check_shares(threshold=threshold, overlap=overlap)
        self.threshold, self._overlap = threshold, overlap
        self.settings = {"threshold": threshold, "overlap": overlap}

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """As `Text.segment`; phrases do not compete. What is pointed at keeps its pixels."""
        return self.find(image, prompts or ())[0]

    def find(self, image: Image, prompts: Sequence[Prompt]) -> Answer:
        """As `segment`, with the highest score of anything for each phrase."""
        wanted, others = _split(prompts)
        pointed = super().segment(image, others)
        if not wanted:
            return pointed, {}
        seen = self._concepts.look(image, list(wanted))
        taken = [one.object_id for one in others]
        ids = words.numbered([wanted[one.label][0] for one in seen.instances], taken)
        size_wh = image.shape[1], image.shape[0]
        named = {who: wanted[one.label][1] for who, one in zip(ids, seen.instances, strict=True)}
        free = ~_covered(pointed, size_wh)
        answers = {
            who: (one.probability(size_wh) * free, one.score)
            for who, one in zip(ids, seen.instances, strict=True)
        }
        return concat([pointed, prompted_rows(size_wh, named, answers)]), seen.best

    @cached_property
    def _concepts(self) -> Concepts:
        from masklet.models.foundation.concepts import Concepts
        from masklet.models.foundation.precision import precision_of

        where = precision_of(self.device, self.precision)
        return Concepts(self._folder, where.device, where.dtype, self.threshold, self._overlap)


def _split(prompts: Sequence[Prompt]) -> tuple[dict[str, tuple[int, str]], list[Prompt]]:
    """What is asked for in words, and the prompts without. `UsageError` for one that has both."""
    for one in prompts:
        if one.text and (len(one.points) or one.box or one.scribbles or one.mask is not None):
            raise UsageError(
                f"a prompt has words ({one.text!r}) and points at something too; give two prompts"
            )
    return words.asked_for(prompts), [one for one in prompts if not one.text]


def _covered(rows: Masks, size_wh: tuple[int, int]) -> Bools:
    """`(h, w) bool`: pixels that some row has."""
    covered: Bools = np.zeros(size_wh[::-1], np.bool_)
    for row in range(len(rows)):
        covered |= decode(rows.row_runs(row), size_wh)
    return covered


def _segmenter(name: str, given: Mapping[str, Any]) -> Segmenter:
    """The Segmenter that makes masks of boxes."""
    kind = load("segmenters", name)
    if isinstance(kind, type) and issubclass(kind, Text):
        raise UsageError(f"{name} needs a segmenter for masks itself; take sam2-small, or cut")
    known = inspect.signature(kind).parameters
    made: Segmenter = kind(**{key: value for key, value in given.items() if value and key in known})
    return made


def _places(names: Sequence[str], folder: str) -> dict[str, str]:
    """For each of several weights `folder`, where it holds them, else empty: the cache.

    Raises `UsageError` where it holds none of them.
    """
    if not folder:
        return dict.fromkeys(names, "")
    path = weights.home(folder)
    place = {name: folder if _holds(path, name) else "" for name in names}
    if not any(place.values()):
        raise UsageError(
            f"{path} holds none of {', '.join(names)}; expected folders of these names in it, or the "
            "weights of one of them"
        )
    return place


def _holds(path: Path, name: str) -> bool:
    try:
        family = entry(name).family
    except UsageError:
        return False
    found = weights.inside(path, name)
    if found != path:
        return True
    if not (path / weights.CONFIG).is_file():
        return False
    return str(weights.config_of(path).get("model_type")) in MODEL_TYPES[family]
