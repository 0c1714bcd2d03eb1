"""Raw video to instance masks, masks to datasets, datasets to models, and back.

Importing this module imports nothing else; each name below is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module

from masklet._version import __version__

TYPE_CHECKING = False  # type checkers take this name for true; importing `typing` would take 5 ms
if TYPE_CHECKING:
    from typing import Any

    from masklet.core import (
        DataError,
        Flags,
        Label,
        LossWarning,
        MaskletError,
        Masks,
        Origin,
        Prompt,
        Review,
        Scribble,
        ShapeKind,
        Shapes,
        Step,
        UsageError,
        Video,
    )
    from masklet.core.registry import available
    from masklet.formats.files import identify, read, read_all, write
    from masklet.media.opening import open_media
    from masklet.store.project import Project
    from masklet.verbs.ask import next_frames
    from masklet.verbs.batch import batch
    from masklet.verbs.compare import compare
    from masklet.verbs.convert import convert
    from masklet.verbs.demo import demo
    from masklet.verbs.doctor import doctor
    from masklet.verbs.evaluate import evaluate
    from masklet.verbs.history import history, redo, undo
    from masklet.verbs.measure import measure
    from masklet.verbs.overlay import overlay
    from masklet.verbs.segment import segment
    from masklet.verbs.smooth import smooth
    from masklet.verbs.steadiness import steady
    from masklet.verbs.track import track
    from masklet.web.server import serve

_HOMES = {
    "masklet.core": (
        "DataError",
        "Flags",
        "Label",
        "LossWarning",
        "Masks",
        "MaskletError",
        "Origin",
        "Prompt",
        "Review",
        "Scribble",
        "ShapeKind",
        "Shapes",
        "Step",
        "UsageError",
        "Video",
    ),
    "masklet.core.registry": ("available",),
    "masklet.formats.files": ("identify", "read", "read_all", "write"),
    "masklet.media.opening": ("open_media",),
    "masklet.store.project": ("Project",),
    "masklet.verbs.ask": ("next_frames",),
    "masklet.verbs.batch": ("batch",),
    "masklet.verbs.compare": ("compare",),
    "masklet.verbs.convert": ("convert",),
    "masklet.verbs.demo": ("demo",),
    "masklet.verbs.doctor": ("doctor",),
    "masklet.verbs.evaluate": ("evaluate",),
    "masklet.verbs.history": ("history", "redo", "undo"),
    "masklet.verbs.measure": ("measure",),
    "masklet.verbs.overlay": ("overlay",),
    "masklet.verbs.segment": ("segment",),
    "masklet.verbs.smooth": ("smooth",),
    "masklet.verbs.steadiness": ("steady",),
    "masklet.verbs.track": ("track",),
    "masklet.web.server": ("serve",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DataError",
    "Flags",
    "Label",
    "LossWarning",
    "MaskletError",
    "Masks",
    "Origin",
    "Project",
    "Prompt",
    "Review",
    "Scribble",
    "ShapeKind",
    "Shapes",
    "Step",
    "UsageError",
    "Video",
    "__version__",
    "available",
    "batch",
    "compare",
    "convert",
    "demo",
    "doctor",
    "evaluate",
    "history",
    "identify",
    "measure",
    "next_frames",
    "open_media",
    "overlay",
    "read",
    "read_all",
    "redo",
    "segment",
    "serve",
    "smooth",
    "steady",
    "track",
    "undo",
    "write",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'masklet' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
