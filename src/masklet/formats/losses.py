"""Naming what a format cannot hold. Every writer says what it keeps; the rest is named here."""

from __future__ import annotations

import warnings
from collections.abc import Collection

import numpy as np

from masklet.core import Flags, LossWarning, Masks, Origin, Shapes
from masklet.ops import table

PLAIN_LABEL = "object"
"""The label of masks from a format that has no labels."""


def warn_loss(format_name: str, what: str) -> None:
    """Name one loss."""
    warnings.warn(LossWarning(f"{format_name}: {what}"), stacklevel=3)


def present(masks: Masks) -> tuple[str, ...]:
    """What these masks hold besides pixels and frame numbers, by aspect, in a fixed order."""
    used = [masks.labels[i] for i in np.unique(masks.label_id)] if len(masks) else []
    video = masks.video
    found = {
        "labels": any(label.name != PLAIN_LABEL for label in used),
        "label kinds": any(label.kind != "area" for label in used),
        "label colours": any(label.colour for label in masks.labels),
        "object ids": bool(np.any(masks.object_id >= 0)),
        "scores": bool(np.any(np.isfinite(masks.score))),
        "identity scores": bool(np.any(np.isfinite(masks.identity_score))),
        "origins": bool(np.any(masks.origin != Origin.IMPORTED)),
        "review marks": bool(np.any(masks.review)),
        "flags": bool(np.any(masks.flags)),
        "steps": bool(masks.steps),
        "checked frames": bool(len(masks.checked)),
        "empty masks": bool(len(masks)) and bool(np.any(table.areas(masks) == 0)),
        "frame times": bool(len(video.times)),
        "content hash": bool(video.content_hash),
        "rotation": bool(video.rotation),
    }
    return tuple(aspect for aspect, there in found.items() if there)


def kept_flags(masks: Masks, kept: Flags) -> set[str]:
    """`{"flags"}` where these masks have no other flags than `kept`, for `warn_dropped`."""
    others = np.uint16(~int(kept) & 0xFFFF)
    return set() if np.any(masks.flags & others) else {"flags"}


def warn_dropped(masks: Masks, format_name: str, keeps: Collection[str]) -> None:
    """One `LossWarning` that lists the aspects of `masks` which are not among `keeps`."""
    lost = [aspect for aspect in present(masks) if aspect not in keeps]
    if lost:
        warn_loss(format_name, f"cannot hold {', '.join(lost)}; not written")


def present_in_shapes(shapes: Shapes, own: str) -> tuple[str, ...]:
    """What these shapes hold besides geometry, frames, labels and what the format `own` itself said."""
    found = {
        "label kinds": any(label.kind != "area" for label in shapes.labels),
        "label colours": any(label.colour for label in shapes.labels),
        "tracks": bool(np.any(shapes.track_id >= 0)),
        "object ids": bool(np.any((shapes.track_id >= 0) | (shapes.group > 0))),
        "flags": bool(np.any(shapes.flags)),
        "z order": bool(np.any(shapes.z_order)),
        "groups": bool(np.any(shapes.group)),
        "rotation of shapes": bool(np.any(shapes.rotation)),
        "attributes": any(len(row) for row in shapes.attributes),
        "keys of another format": any(row.keys() - {own} for row in shapes.foreign),
        "frame times": bool(len(shapes.video.times)),
        "content hash": bool(shapes.video.content_hash),
    }
    return tuple(aspect for aspect, there in found.items() if there)


def warn_dropped_shapes(shapes: Shapes, format_name: str, keeps: Collection[str]) -> None:
    """One `LossWarning` that lists the aspects of `shapes` which are not among `keeps`."""
    lost = [aspect for aspect in present_in_shapes(shapes, format_name) if aspect not in keeps]
    if lost:
        warn_loss(format_name, f"cannot hold {', '.join(lost)}; not written")
