"""The published networks by their configuration: for measuring what they cost, without weights.

Configurations of SAM 2.1 after the tables of the SAM 2 paper (Ravi et al., 2024, appendix on the Hiera
encoders), of Grounding DINO after the Swin-T and Swin-B of Liu et al. (2023), of MM Grounding DINO
after Zhao et al. (2024); SAM 3 is the default of its class. Counts of parameters are in the tests.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch.nn import Module

from masklet.core import UsageError

_HIERA: dict[str, dict[str, Any]] = {
    "sam2-tiny": {"embed": 96, "heads": 1, "blocks": [1, 2, 7, 2], "whole": [5, 7, 9]},
    "sam2-small": {"embed": 96, "heads": 1, "blocks": [1, 2, 11, 2], "whole": [7, 10, 13]},
    "sam2-base-plus": {
        "embed": 112,
        "heads": 2,
        "blocks": [2, 3, 16, 3],
        "whole": [12, 16, 20],
        "ground": [14, 14],
    },
    "sam2-large": {
        "embed": 144,
        "heads": 2,
        "blocks": [2, 6, 36, 4],
        "whole": [23, 33, 43],
        "windows": [8, 4, 16, 8],
    },
}
_SWIN: dict[str, dict[str, Any]] = {
    "tiny": {},
    "base": {
        "embed_dim": 128,
        "depths": [2, 2, 18, 2],
        "num_heads": [4, 8, 16, 32],
        "window_size": 12,
        "image_size": 384,
    },
}
_CLASSES = {
    "sam2": "Sam2VideoModel",
    "sam3": "Sam3VideoModel",
    "grounding-dino": "GroundingDinoForObjectDetection",
    "mm-grounding-dino": "MMGroundingDinoForObjectDetection",
}
SIZES = (*_HIERA, "sam3", *(f"{kind}-{size}" for kind in tuple(_CLASSES)[2:] for size in _SWIN))
"""Names whose networks can be made; EdgeTAM's needs timm and torchvision."""


def config(name: str) -> Any:
    """The configuration of published weights. Raises `UsageError` for a name that is not in `SIZES`."""
    if name in _HIERA:
        return _sam2(**_HIERA[name])
    if name == "sam3":
        return _class("Sam3VideoConfig")()
    kind, _, size = name.rpartition("-")
    if name not in SIZES:
        raise UsageError(f"no network of real size for {name!r}; expected one of {', '.join(SIZES)}")
    made = _class("GroundingDinoConfig" if kind == "grounding-dino" else "MMGroundingDinoConfig")
    shared = {"decoder_bbox_embed_share": False} if kind == "mm-grounding-dino" else {}
    swin = {"model_type": "swin", "out_indices": [2, 3, 4], **_SWIN[size]}
    return made(backbone_config=swin, **shared)


def network(name: str, device: str = "cpu", dtype: torch.dtype = torch.float32) -> Module:
    """The network with random weights; on the device `meta` it takes no memory."""
    kind = "sam2" if name in _HIERA else name if name == "sam3" else name.rpartition("-")[0]
    with torch.device(device), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made: Module = _class(_CLASSES[kind])(config(name)).to(dtype).eval()
    return made


def save(name: str, path: Path, dtype: torch.dtype = torch.float32) -> Path:
    """A folder as published, with random weights in `dtype`: for measuring, not for masks."""
    made: Any = network(name, dtype=dtype)
    made.save_pretrained(path)
    return path


def parameters(network: Module) -> int:
    """Numbers that a network holds, those that several layers share counted once."""
    return sum(one.numel() for one in network.parameters())


def _sam2(
    embed: int,
    heads: int,
    blocks: list[int],
    whole: list[int],
    ground: list[int] | None = None,
    windows: list[int] | None = None,
) -> Any:
    dims = [embed << i for i in range(4)]
    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": embed,
        "num_attention_heads": heads,
        "blocks_per_stage": blocks,
        "embed_dim_per_stage": dims,
        "num_attention_heads_per_stage": [heads << i for i in range(4)],
        "window_size_per_stage": windows or [8, 4, 14, 7],
        "global_attention_blocks": whole,
        "window_positional_embedding_background_size": ground or [7, 7],
    }
    vision = {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": dims[::-1],
    }
    return _class("Sam2VideoConfig")(vision_config=vision)


def _class(name: str) -> Any:
    return getattr(import_module("transformers"), name)
