"""Published fakes: generated scenes with exact truth, simple engines, a conformance check per Protocol.

Nothing here is imported until its name is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from masklet.testing.conformance import (
        check_format,
        check_media,
        check_propagator,
        check_segmenter,
        check_store,
    )
    from masklet.testing.fakes import (
        ArraySource,
        DriftPropagator,
        EchoPropagator,
        MemoryStore,
        ThresholdSegmenter,
    )
    from masklet.testing.scenes import PRESETS, Scene

_HOMES = {
    "ArraySource": "fakes",
    "DriftPropagator": "fakes",
    "EchoPropagator": "fakes",
    "MemoryStore": "fakes",
    "PRESETS": "scenes",
    "Scene": "scenes",
    "ThresholdSegmenter": "fakes",
    "check_format": "conformance",
    "check_media": "conformance",
    "check_propagator": "conformance",
    "check_segmenter": "conformance",
    "check_store": "conformance",
}

__all__ = [
    "PRESETS",
    "ArraySource",
    "DriftPropagator",
    "EchoPropagator",
    "MemoryStore",
    "Scene",
    "ThresholdSegmenter",
    "check_format",
    "check_media",
    "check_propagator",
    "check_segmenter",
    "check_store",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
