"""Which published weights the engines of this room know by name, and what each of them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from masklet.core import UsageError
from masklet.core.registry import did_you_mean


@dataclass(frozen=True)
class Entry:
    """One set of published weights.

    Attributes:
        name: what it is called here and on the command line.
        family: which engine reads it: a key of `MODEL_TYPES`.
        repo: `owner/name` on the Hugging Face hub.
        megabytes: 10^6 bytes of the tensors in float32, as published.
        summary: what it is and what it is for.
        licence: short name of the licence of the weights.
        gated: whether its owner hands it out only on request.
        needs: libraries beyond those of the extra `foundation`.
    """

    name: str
    family: str
    repo: str
    megabytes: int
    summary: str
    licence: str = "Apache-2.0"
    gated: bool = False
    needs: tuple[str, ...] = ()


MODEL_TYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "sam2": ("sam2_video",),
        "edgetam": ("edgetam_video",),
        "sam3": ("sam3_video", "sam3_tracker_video", "sam3"),
        "grounding-dino": ("grounding-dino",),
        "mm-grounding-dino": ("mm-grounding-dino",),
    }
)
"""Family -> the `model_type` that the config.json of its weights may name."""

_ENTRIES = (
    Entry(
        "sam2-tiny",
        "sam2",
        "facebook/sam2.1-hiera-tiny",
        156,
        "SAM 2.1, the smallest: points, boxes and masks, through video",
    ),
    Entry(
        "sam2-small",
        "sam2",
        "facebook/sam2.1-hiera-small",
        184,
        "SAM 2.1, small: points, boxes and masks, through video",
    ),
    Entry(
        "sam2-base-plus",
        "sam2",
        "facebook/sam2.1-hiera-base-plus",
        323,
        "SAM 2.1, middle: points, boxes and masks, through video",
    ),
    Entry(
        "sam2-large",
        "sam2",
        "facebook/sam2.1-hiera-large",
        898,
        "SAM 2.1, the largest: points, boxes and masks, through video",
    ),
    Entry(
        "edgetam",
        "edgetam",
        "yonigozlan/EdgeTAM-hf",
        56,
        "EdgeTAM, SAM 2 made small for phones: points, boxes and masks, through video",
        needs=("timm", "torchvision"),
    ),
    Entry(
        "sam3",
        "sam3",
        "facebook/sam3",
        3440,
        "SAM 3: points, boxes, masks and words, through video",
        licence="SAM License",
        gated=True,
    ),
    Entry(
        "grounding-dino-tiny",
        "grounding-dino",
        "IDEA-Research/grounding-dino-tiny",
        689,
        "Grounding DINO, small: words to boxes",
    ),
    Entry(
        "grounding-dino-base",
        "grounding-dino",
        "IDEA-Research/grounding-dino-base",
        933,
        "Grounding DINO, large: words to boxes",
    ),
    Entry(
        "mm-grounding-dino-tiny",
        "mm-grounding-dino",
        "openmmlab-community/mm_grounding_dino_tiny_o365v1_goldg_v3det",
        692,
        "MM Grounding DINO, small, trained on more data: words to boxes",
    ),
    Entry(
        "mm-grounding-dino-base",
        "mm-grounding-dino",
        "openmmlab-community/mm_grounding_dino_base_all",
        936,
        "MM Grounding DINO, large, trained on more data: words to boxes",
    ),
)
CATALOGUE: Mapping[str, Entry] = MappingProxyType({one.name: one for one in _ENTRIES})
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "sam2": "sam2-small",
        "grounding-dino": "grounding-dino-tiny",
        "mm-grounding-dino": "mm-grounding-dino-tiny",
    }
)
"""The name of a family -> the weights that it stands for."""


def entry(name: str) -> Entry:
    """The weights that a name stands for. Raises `UsageError`, with the nearest name, for another."""
    known = ALIASES.get(name, name)
    if known in CATALOGUE:
        return CATALOGUE[known]
    raise UsageError(
        f"no weights are called {name!r}{did_you_mean(name, [*CATALOGUE, *ALIASES])}; "
        f"known: {', '.join(CATALOGUE)}"
    )
