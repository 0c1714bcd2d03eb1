"""From a folder of weights to a network of transformers, with nothing left to chance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import torch
from torch.nn import Module

from masklet.core import DataError, UsageError
from masklet.core.errors import MaskletError
from masklet.models.foundation import configs, weights

_TRACKER = ("sam3_video", "sam3_tracker_video")
_CLASSES: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "sam2-video": ("Sam2VideoModel", ("sam2_video",)),
        "edgetam-video": ("EdgeTamVideoModel", ("edgetam_video",)),
        "sam3-tracker": ("Sam3TrackerVideoModel", _TRACKER),
        "sam3-concepts": ("Sam3Model", ("sam3_video", "sam3")),
        "grounding-dino": ("GroundingDinoForObjectDetection", ("grounding-dino",)),
        "mm-grounding-dino": ("MMGroundingDinoForObjectDetection", ("mm-grounding-dino",)),
    }
)
"""Kind -> the class of transformers, and the `model_type` of the folders that it is read from."""
_PARTNERS = {"sam3-tracker": "sam3-concepts", "sam3-concepts": "sam3-tracker"}
_KEEP = 2
_kept: OrderedDict[tuple[str, ...], Module] = OrderedDict()
_lock = Lock()


def load(kind: str, path: Path, device: torch.device, dtype: torch.dtype) -> Module:
    """A network ready to run: on `device`, in `dtype`, in eval mode, without gradients.

    The last two are kept, so that a segmenter and a propagator of one run share theirs.

    Raises `UsageError` for a folder of another kind and for libraries that its network needs and that
    are not there, `DataError` for weights that are damaged, do not fit or are not finite.
    """
    class_name, types = _CLASSES[kind]
    lacking = weights.missing(path)
    if lacking:
        raise DataError(f"{path}: {lacking}")
    weights.expect(path, types, kind)
    key = (kind, str(path.resolve()), weights.digest(path), str(device), str(dtype))
    with _lock:
        if key not in _kept:
            configs.check_tables(path)
            _check_backbone(path)
            network = _read(class_name, path, dtype)
            configs.check_used(kind, network, path)
            _kept[key] = _shared(key, network.to(device))
        _kept.move_to_end(key)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
        return _kept[key]


def forget() -> None:
    """Let go of the networks that are kept; those in use live on with their users."""
    with _lock:
        _kept.clear()


def _read(class_name: str, path: Path, dtype: torch.dtype) -> Module:
    with quiet():
        made = getattr(import_module("transformers"), class_name)
        try:
            configs.check(made.config_class.from_pretrained(path, local_files_only=True), path)
            network, told = made.from_pretrained(
                path,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # reported below, with the missing ones
            )
        except MaskletError:
            raise
        except Exception as error:  # its checks raise many kinds, of several libraries
            raise DataError(f"{path} cannot be loaded as {class_name}: {_short(error)}") from error
    _check_filled(network, told, path)
    _check_finite(network, dtype, path)
    ready: Module = network.eval().requires_grad_(False)
    return ready


def _shared(key: tuple[str, ...], network: Any) -> Module:
    """SAM 3's tracker and detector of one folder use one image network; it is their largest part."""
    other: Any = _kept.get((_PARTNERS.get(key[0], ""), *key[1:]))
    if other is not None:
        mine, theirs = (one.vision_encoder.backbone.state_dict() for one in (network, other))
        if mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine):
            network.vision_encoder.backbone = other.vision_encoder.backbone
    made: Module = network
    return made


def _check_filled(network: Module, told: Mapping[str, Any], path: Path) -> None:
    """Refuse a network of which some tensors did not come from the files: they are random numbers."""
    lacking = sorted(told["missing_keys"])
    wrong = sorted(str(one[0]) for one in told["mismatched_keys"])
    if not lacking and not wrong and not told.get("error_msgs"):
        return
    total = len(network.state_dict())
    faults = []
    if lacking:
        faults.append(f"{len(lacking)} of {total} tensors missing, such as {lacking[0]}")
    if wrong:
        faults.append(f"{len(wrong)} of another shape, such as {wrong[0]}")
    said = "; ".join(faults) or str(told["error_msgs"][0])
    raise DataError(
        f"the weights in {path} do not fit its {weights.CONFIG}: {said}; fetch them again, or take the "
        f"{weights.CONFIG} that belongs to them"
    )


def _check_finite(network: Module, dtype: torch.dtype, path: Path) -> None:
    bad = [name for name, value in network.state_dict().items() if not value.isfinite().all()]
    if not bad:
        return
    advice = "fetch them again"
    if dtype == torch.float16:
        advice += ", or use another precision than fp16, which cannot hold large numbers"
    raise DataError(
        f"the weights in {path} hold numbers that are not finite ({len(bad)} tensors, such as "
        f"{bad[0]}); {advice}"
    )


def _check_backbone(path: Path) -> None:
    """Refuse a vision network of timm where timm, or the torchvision that it needs, does not load."""
    vision = weights.config_of(path).get("vision_config") or {}
    backbone = vision.get("backbone_config") or {}
    if "timm_wrapper" not in (backbone.get("model_type"), vision.get("model_type")):
        return
    name = str(backbone.get("architecture", "a network"))
    for library in ("torchvision", "timm"):
        try:
            import_module(library)
        except (ImportError, RuntimeError) as error:
            raise UsageError(
                f"the vision network of the weights in {path} is timm's {name}, which needs timm and "
                f"torchvision, and {library} does not load here ({error}); run: pip install timm "
                "torchvision; or take --engine sam2-tiny, which needs neither"
            ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """transformers says nothing and draws no bars; its settings are put back."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
