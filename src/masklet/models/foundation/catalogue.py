"""Which published weights the engines of this room know by name, and what each of them costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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

_SHAPES = {
    "sam2": {
        "sam2-tiny": ((1, 2, 7, 2), 96),
        "sam2-small": ((1, 2, 11, 2), 96),
        "sam2-base-plus": ((2, 3, 16, 3), 112),
        "sam2-large": ((2, 6, 36, 4), 144),
    },
    "swin": {"tiny": ((2, 2, 6, 2), 96), "base": ((2, 2, 18, 2), 128)},
}
"""Blocks of each stage of the image network, and channels of the first; the first size is the default of
transformers, which a config.json may leave out."""


def published_as(family: str, config: Mapping[str, Any]) -> str:
    """Which published size of a family a config.json describes; empty where none, or where unknown."""
    if family == "sam2":
        shapes, keys = _SHAPES["sam2"], ("blocks_per_stage", "embed_dim_per_stage")
        backbone = _table(_table(config, "vision_config"), "backbone_config")
    elif family in ("grounding-dino", "mm-grounding-dino"):
        shapes = {f"{family}-{size}": shape for size, shape in _SHAPES["swin"].items()}
        keys, backbone = ("depths", "embed_dim"), _table(config, "backbone_config")
    else:
        return ""
    if not backbone:
        return ""
    blocks, wide = next(iter(shapes.values()))
    found_blocks, found_wide = backbone.get(keys[0], blocks), backbone.get(keys[1], wide)
    first = found_wide[0] if isinstance(found_wide, list) and found_wide else found_wide
    said = (tuple(found_blocks) if isinstance(found_blocks, list) else found_blocks, first)
    return next((name for name, shape in shapes.items() if shape == said), "")


def _table(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = config.get(key)
    return found if isinstance(found, dict) else {}


def entry(name: str) -> Entry:
    """The weights that a name stands for. Raises `UsageError`, with the nearest name, for another."""
    known = ALIASES.get(name, name)
    if known in CATALOGUE:
        return CATALOGUE[known]
    raise UsageError(
        f"no weights are called {name!r}{did_you_mean(name, [*CATALOGUE, *ALIASES])}; "
        f"known: {', '.join(CATALOGUE)}"
    )
