"""Networks of the published classes in miniature, with random weights, saved as published ones are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

SIDE = 128
"""Pixels of the square that the miniatures look at."""
SAM3_SIDE, SAM3_WIDTH = 112, 128
"""The same for SAM 3, and its channels."""


def _seeded(make: Any, config: Any, seed: int) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
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

    _seeded(Sam2VideoModel, sam2_config(), 2).save_pretrained(path)
    return path


def save_edgetam(path: Path) -> Path:
    """A folder as of the published EdgeTAM but for its vision network."""
    from transformers import EdgeTamVideoModel

    _seeded(EdgeTamVideoModel, edgetam_config(), 10).save_pretrained(path)
    return path


def _sam3_vision() -> dict[str, Any]:
    grid = SAM3_SIDE // 14
    return {
        "model_type": "sam3_vision_model",
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": SAM3_SIDE,
            "patch_size": 14,
            "window_size": 4,
            "global_attn_indexes": [1],
            "pretrain_image_size": 56,
        },
        "fpn_hidden_size": SAM3_WIDTH,
        "backbone_feature_sizes": [[4 * grid, 4 * grid], [2 * grid, 2 * grid], [grid, grid]],
    }


def sam3_config() -> Any:
    """SAM 3 as `facebook/sam3` holds it: the detector of concepts, and the tracker beside it."""
    from transformers import Sam3VideoConfig

    part = {"hidden_size": SAM3_WIDTH, "num_attention_heads": 2, "intermediate_size": 64}
    detector = {
        "model_type": "sam3",
        "vision_config": _sam3_vision(),
        "text_config": {
            "model_type": "clip_text_model",
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "projection_dim": 32,
            "vocab_size": 600,
            "max_position_embeddings": 32,
        },
        "geometry_encoder_config": {"num_layers": 1, "roi_size": 3, **part},
        "detr_encoder_config": {"num_layers": 1, **part},
        "detr_decoder_config": {"num_layers": 2, "num_queries": 12, **part},
        "mask_decoder_config": {"hidden_size": SAM3_WIDTH, "num_attention_heads": 2},
    }
    tracking = {**_tracking("sam3_tracker_video", 14), "image_size": SAM3_SIDE}
    tracking["memory_attention_rope_feat_sizes"] = [SAM3_SIDE // 14] * 2
    tracker = {
        "model_type": "sam3_tracker_video",
        "vision_config": _sam3_vision(),
        "memory_attention_feed_forward_hidden_size": 64,
        **tracking,
    }
    return Sam3VideoConfig(detector_config=detector, tracker_config=tracker, low_res_mask_size=32)


def save_sam3(path: Path) -> Path:
    """A folder as of `facebook/sam3`, without its tokenizer."""
    from transformers import Sam3VideoModel

    _seeded(Sam3VideoModel, sam3_config(), 2).save_pretrained(path)
    return path
