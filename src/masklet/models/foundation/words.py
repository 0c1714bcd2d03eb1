"""Words that name what is looked for, and the boxes that were found for them. No torch here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from masklet.core import Prompt, UsageError
from masklet.core.arrays import Bools, Floats, Int64s

_BETWEEN = re.compile(r"(?:[,;?!\n]|(?<!\d)\.|\.(?!\d))+")
"""Between phrases; a point within a number is none: "1.5 mm rat" is one phrase."""
_PLAIN = Prompt.label


@dataclass(frozen=True)
class Detection:
    """Something that was found for words.

    Args:
        box_xyxy: (x0, y0, x1, y1) half-open, in pixels of the image, inside it.
        label: the phrase that it was found for, as it was given.
        score: 0..1, how sure the detector is.
    """

    box_xyxy: tuple[float, float, float, float]
    label: str
    score: float


@dataclass(frozen=True)
class Found:
    """What a detector answers: what it found, and how near each phrase came.

    Args:
        detections: best first.
        best: for each phrase the highest score of anything on the image, found or not.
    """

    detections: tuple[Detection, ...]
    best: Mapping[str, float] = field(default_factory=dict)


def phrases(text: str) -> tuple[str, ...]:
    """`"rat. tail."` -> `("rat", "tail")`: cut at full stops, commas, semicolons; each phrase once.

    Raises `UsageError` where no word is left.
    """
    parts = [" ".join(part.split()) for part in _BETWEEN.split(text)]
    return distinct([part for part in parts if any(map(str.isalnum, part))] or [text])


def distinct(given: Iterable[str]) -> tuple[str, ...]:
    """Phrases without repetition, as first written; upper and lower case are the same.

    Raises `UsageError` for a phrase without a letter or a digit, and for a text in place of phrases.
    """
    if isinstance(given, str):
        raise UsageError(f"{given!r} is one text; expected phrases: take phrases({given!r})")
    found: dict[str, str] = {}
    for one in given:
        if not any(map(str.isalnum, one)):
            raise UsageError(f"{one!r} holds no word; name what is looked for, as in 'rat. tail.'")
        found.setdefault(one.lower(), one)
    if not found:
        raise UsageError("no words were given; name what is looked for, as in 'rat. tail.'")
    return tuple(found.values())


def caption(given: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text that Grounding DINO reads, `"rat. tail."`, and where in it each phrase stands."""
    text, spans = "", []
    for one in given:
        start = len(text)
        text += one.lower()
        spans.append((start, len(text)))
        text += ". "
    return text.rstrip(), tuple(spans)


def kept_apart(boxes_xyxy: Floats, scores: Floats, overlap: float) -> Int64s:
    """Rows to keep, best first, so that no two kept boxes have a greater IoU than `overlap`.

    Non-maximum suppression of `(n, 4)` boxes with `(n,)` scores; of equal scores the earlier row stays.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    for row in order.tolist():
        if not kept or iou(boxes_xyxy[row], boxes_xyxy[kept]).max() <= overlap:
            kept.append(row)
    return np.array(kept, np.int64)


def iou(box: Floats, others: Floats) -> Floats:
    """IoU of one box `(4,)` with `(n, 4)`; 0 where both are empty."""
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    both = np.clip(width, 0, None) * np.clip(height, 0, None)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    union = (box[2] - box[0]) * (box[3] - box[1]) + areas - both
    shares: Floats = np.divide(both, union, out=np.zeros_like(both), where=union > 0)
    return shares


def inside(boxes_xyxy: Floats, width: int, height: int) -> tuple[Floats, Bools]:
    """Boxes cut at the edges of the image, and which of them have something left."""
    cut = np.clip(boxes_xyxy, 0.0, np.array([width, height, width, height], np.float64))
    return cut, (cut[:, 0] < cut[:, 2]) & (cut[:, 1] < cut[:, 3])


def asked_for(prompts: Iterable[Prompt]) -> dict[str, tuple[int, str]]:
    """Phrase -> (first object id, label) of the prompts with words, in their order.

    A prompt of one phrase names its answers by its label where it has one; several phrases name them
    by themselves. A phrase that several prompts ask for counts once.
    """
    found: dict[str, tuple[int, str]] = {}
    seen: set[str] = set()
    for prompt in prompts:
        if not prompt.text:
            continue
        several = phrases(prompt.text)
        for one in several:
            if one.lower() not in seen:
                seen.add(one.lower())
                own = len(several) == 1 and prompt.label != _PLAIN
                found[one] = prompt.object_id, prompt.label if own else one
    return found


def numbered(wanted: Sequence[int], taken: Iterable[int]) -> list[int]:
    """An object id for each row: the first free one from the number that it wants on.

    An object asks for its own number only once; `taken` are numbers that nothing may get.
    """
    used, ids = set(taken), []
    for first in wanted:
        while first in used:
            first += 1
        used.add(first)
        ids.append(first)
    return ids
