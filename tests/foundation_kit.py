"""Networks of the published classes in miniature, with random weights, saved as published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

SIDE = 128
"""Pixels of the square that every miniature looks at."""


def _seeded(make: Any, config: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = make(config)
        for name, parameter in network.named_parameters():
            # Published initial values are so small that masks would hardly depend on anything.
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter.data, 0.0, parameter[0].numel() ** -0.5)
            else:
                parameter.data += torch.randn_like(parameter) * 0.1
            if name.endswith("pred_obj_score_head.proj_out.bias"):
                parameter.data += 2.0  # most objects are there on most frames
    return network.eval()


def _hiera() -> dict[str, Any]:
    return {
        "model_type": "sam2_vision_model",
        "backbone_config": {
            "model_type": "sam2_hiera_det_model",
            "hidden_size": 8,
            "image_size": [SIDE, SIDE],
            "blocks_per_stage": [1, 1, 2, 1],
            "embed_dim_per_stage": [8, 16, 32, 64],
            "num_attention_heads_per_stage": [1, 1, 2, 2],
            "window_size_per_stage": [8, 4, 14, 7],
            "global_attention_blocks": [3],
        },
        "backbone_channel_list": [64, 32, 16, 8],
        "backbone_feature_sizes": [[SIDE // 4, SIDE // 4], [SIDE // 8, SIDE // 8], [SIDE // 16] * 2],
        "fpn_hidden_size": 128,
    }


def _tracking(prefix: str, stride: int = 16) -> dict[str, Any]:
    """What the video networks have in common; memories have 64 channels, as published."""
    grid = SIDE // stride
    return {
        "image_size": SIDE,
        "prompt_encoder_config": {
            "model_type": f"{prefix}_prompt_encoder",
            "hidden_size": 128,
            "image_size": SIDE,
            "patch_size": stride,
        },
        "mask_decoder_config": {
            "model_type": f"{prefix}_mask_decoder",
            "hidden_size": 128,
            "mlp_dim": 64,
            "num_attention_heads": 2,
            "iou_head_hidden_dim": 32,
        },
        "memory_attention_hidden_size": 128,
        "memory_attention_num_layers": 2,
        "memory_attention_rope_feat_sizes": [grid, grid],
        "memory_encoder_hidden_size": 128,
        "memory_encoder_output_channels": 64,
        "mask_downsampler_embed_dim": 128,
        "mask_downsampler_total_stride": 16,
        "memory_fuser_embed_dim": 128,
        "memory_fuser_intermediate_dim": 64,
        "memory_fuser_num_layers": 1,
    }


def sam2_config() -> Any:
    """SAM 2 video, about half a million parameters."""
    from transformers import Sam2VideoConfig

    return Sam2VideoConfig(
        vision_config=_hiera(),
        memory_attention_feed_forward_hidden_size=64,
        **_tracking("sam2_video"),
    )


def edgetam_config() -> Any:
    """EdgeTAM's memory on the vision network of SAM 2: its own needs timm and torchvision."""
    from transformers import EdgeTamVideoConfig

    return EdgeTamVideoConfig(
        vision_config=_hiera(),
        memory_attention_mlp_hidden_size=64,
        memory_attention_rope_k_sizes=[4, 4],
        perceiver_resampler_num_latents=8,
        perceiver_resampler_num_latents_2d=16,
        perceiver_resampler_mlp_intermediate_size=64,
        perceiver_resampler_num_layers=1,
        **_tracking("edgetam_video"),
    )


def save_sam2(path: Path) -> Path:
    """A folder as of `facebook/sam2.1-hiera-tiny`."""
    from transformers import Sam2VideoModel

    _seeded(Sam2VideoModel, sam2_config()).save_pretrained(path)
    return path


def save_edgetam(path: Path) -> Path:
    """A folder as of the published EdgeTAM but for its vision network."""
    from transformers import EdgeTamVideoModel

    _seeded(EdgeTamVideoModel, edgetam_config()).save_pretrained(path)
    return path
