"""What a config.json may ask for, so that a network which cannot run is refused before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch.nn import Module, ModuleList

from masklet.core import DataError
from masklet.models.foundation import weights

_MOST = 10**6
"""No number of a published configuration comes near this."""
_BOUNDS = {
    "num_maskmem": (2, 64),
    "max_object_pointers_in_encoder": (1, 256),
    "max_cond_frame_num": (-1, 256),
}
"""Memories, pointers and given frames that a network may look back at; published: 7, 16, 4."""
_SIDE = (32, 8192)
_TRACKER = {"detector_model.vision_encoder.backbone.": "vision_encoder.backbone."}
_PREFIXES = {
    "sam3-tracker": {
        **_TRACKER,
        "tracker_neck.": "vision_encoder.neck.",
        "tracker_model.tracker_model.": "",
        "tracker_model.": "",
        "detector_model.": None,
    },
    "sam3-concepts": {"detector_model.": "", "tracker_": None},
}
"""Kind -> how the tensors of its network begin in a file of both; None = of the other network."""


def check_tables(path: Path) -> None:
    """Refuse a config.json whose parts are no tables, and weights that were made smaller by rounding.

    Raises `DataError`.
    """
    told = weights.config_of(path)
    if told.get("quantization_config") is not None:
        raise DataError(
            f"the weights in {path} are quantized (quantization_config in {weights.CONFIG}), which is "
            "not supported; take them as published"
        )
    parts = {"": told}
    for key in ("vision_config", "detector_config", "tracker_config", "backbone_config"):
        for name, table in list(parts.items()):
            if key not in table:
                continue
            if table[key] is not None and not isinstance(table[key], dict):
                raise _wrong(path, f"{name}{key} is {table[key]!r}; expected a table")
            parts[f"{name}{key}."] = table[key] or {}


def check(config: Any, path: Path) -> None:
    """Refuse a configuration of transformers that is out of bounds or contradicts itself.

    Raises `DataError`.
    """
    told = config.to_dict()
    for faults in (_numbers(told), _heads(told), _grids(told)):
        for fault in faults:
            raise _wrong(path, fault)


def check_used(kind: str, network: Module, path: Path) -> None:
    """Refuse files with more layers than their config.json names, which would be left out silently.

    Raises `DataError`.
    """
    modules = dict(network.named_modules())
    left = sorted(one for one in weights.tensors_of(path) if _surplus(_own(kind, one), modules))
    if left:
        raise DataError(
            f"the weights in {path} do not fit its {weights.CONFIG}: {len(left)} tensors of layers that "
            f"it does not name, such as {left[0]}; fetch them again, or take the {weights.CONFIG} that "
            "belongs to them"
        )


def _own(kind: str, name: str) -> str:
    """What a tensor of a file is called in the network; empty where it is another network's."""
    for start, instead in _PREFIXES.get(kind, {}).items():
        if name.startswith(start):
            return "" if instead is None else instead + name.removeprefix(start)
    return name


def _surplus(name: str, modules: Mapping[str, Module]) -> bool:
    """Whether a tensor is of a layer with a number that the network's list of layers does not have."""
    parts = name.split(".")
    for i, part in enumerate(parts[1:], 1):
        if part.isdecimal() and isinstance(modules.get(".".join(parts[:i])), ModuleList):
            return ".".join(parts[: i + 1]) not in modules
    return False


def _wrong(path: Path, fault: str) -> DataError:
    return DataError(f"{path / weights.CONFIG} cannot be used: {fault}; fetch the weights again")


def _walk(told: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name with a full stop, table) of a configuration and of those in it."""
    yield name, told
    for key, value in told.items():
        if isinstance(value, dict):
            yield from _walk(value, f"{name}{key}.")


def _numbers(told: Mapping[str, Any]) -> Iterator[str]:
    for name, table in _walk(told):
        for key, value in table.items():
            low, high = _BOUNDS.get(key, (-_MOST, _MOST))
            if isinstance(value, int) and not low <= value <= high:
                yield f"{name}{key} is {value}; expected {low} to {high}"


def _heads(told: Mapping[str, Any]) -> Iterator[str]:
    """Channels that cannot be dealt out to the heads of attention."""
    pairs = (
        ("hidden_size", "num_attention_heads"),
        ("memory_attention_hidden_size", "memory_attention_num_attention_heads"),
        ("d_model", "encoder_attention_heads"),
        ("d_model", "decoder_attention_heads"),
        ("embed_dim_per_stage", "num_attention_heads_per_stage"),
    )
    for name, table in _walk(told):
        for wide, heads in pairs:
            if wide in table and heads in table:
                widths, counts = _list(table[wide]), _list(table[heads])
                if len(widths) != len(counts) or any(
                    not n or n < 0 or w < 1 or w % n for w, n in zip(widths, counts, strict=True)
                ):
                    yield f"{name}{heads} is {table[heads]}; expected a divisor of {wide} {table[wide]}"


def _grids(told: Mapping[str, Any]) -> Iterator[str]:
    """Sizes of the picture and of what the image network makes of it that do not belong together."""
    vision = told.get("vision_config") or {}
    prompts, backbone = told.get("prompt_encoder_config"), vision.get("backbone_config") or {}
    found: list[tuple[str, Any, int]] = []
    if prompts:
        found.append(("image_size", told.get("image_size"), prompts["patch_size"]))
        found.append(("prompt_encoder_config.image_size", prompts["image_size"], prompts["patch_size"]))
    if isinstance(backbone.get("patch_size"), int):
        patch = backbone["patch_size"]
        found.append(("vision_config.backbone_config.image_size", backbone.get("image_size"), patch))
    for name, side, patch in found:
        pixels = patch if patch == 14 else 2 * patch
        if not isinstance(side, int) or not _SIDE[0] <= side <= _SIDE[1] or patch < 1 or side % pixels:
            yield f"{name} is {side}; expected a multiple of {pixels} from {_SIDE[0]} to {_SIDE[1]}"
            return
        grid = side // patch
        sizes = [list(one) for one in vision.get("backbone_feature_sizes") or ()]
        expected = [[times * grid] * 2 for times in (4, 2, 1)]
        if sizes != expected:
            yield f"backbone_feature_sizes is {sizes}; expected {expected} for {name} {side}"
        rope = told.get("memory_attention_rope_feat_sizes", [grid] * 2)
        if list(rope) != [grid] * 2:
            yield f"memory_attention_rope_feat_sizes is {rope}; expected {[grid] * 2} for {name} {side}"


def _list(value: Any) -> list[int]:
    return list(value) if isinstance(value, list | tuple) else [value]
