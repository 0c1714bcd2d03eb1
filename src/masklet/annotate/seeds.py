"""What an engine is told: the truth that bounds a stretch, more of it, and where it left off."""

from __future__ import annotations

import hashlib

import numpy as np

from masklet.core import Flags, Masks
from masklet.ops.table import concat, row_keys

TOLD = 8
"""Human frames that an engine learns an object from, those that bound the stretch among them."""


def human_frames(truth: Masks) -> list[int]:
    """Frames on which a person said something, sorted: rows, or "this frame is complete"."""
    return [int(f) for f in np.union1d(truth.frame, truth.checked)]


def active_objects(truth: Masks, edge: int, forward: bool) -> dict[int, int]:
    """Objects that a run starting next to frame `edge` carries on, and where each was last seen.

    Those with truth on `edge` or behind it (before it when running forward, after it when running
    backward), save those declared gone since: by an `outside` row, or by a checked frame where
    they have no row.
    """
    sign = 1 if forward else -1
    seen: dict[int, int] = {}
    order = range(len(truth)) if forward else range(len(truth) - 1, -1, -1)
    for i in order:
        obj, frame = int(truth.object_id[i]), int(truth.frame[i])
        if sign * frame > sign * edge:
            break
        if truth.flags[i] & Flags.OUTSIDE:
            seen.pop(obj, None)
        else:
            seen[obj] = frame
    checked = truth.checked[sign * truth.checked <= sign * edge]
    return {obj: at for obj, at in seen.items() if not np.any(sign * checked > sign * at)}


def bounding_truth(truth: Masks, objects: list[int], edge: int, forward: bool) -> Masks:
    """For each object its nearest truth on `edge` or behind it, and its nearest ahead."""
    chosen = np.zeros(len(truth), bool)
    visible = (truth.flags & Flags.OUTSIDE) == 0
    for obj in objects:
        rows = np.flatnonzero((truth.object_id == obj) & visible)
        low = truth.frame[rows] <= edge if forward else truth.frame[rows] < edge
        chosen[rows[low][-1:]] = True
        chosen[rows[~low][:1]] = True
    return truth.take(chosen)


def told_truth(truth: Masks, bounds: Masks) -> Masks:
    """What an engine learns from: `bounds`, and the nearest other truth of the same objects.

    At most `TOLD` frames of each object, so that neither time nor memory grow with the number of
    corrections. Nearness is to the middle of its bounds.
    """
    chosen = np.isin(row_keys(truth), row_keys(bounds))
    visible = (truth.flags & Flags.OUTSIDE) == 0
    for obj in bounds.objects.tolist():
        mine = (truth.object_id == obj) & visible
        middle = truth.frame[mine & chosen].mean()
        others = np.flatnonzero(mine & ~chosen)
        order = np.argsort(np.abs(truth.frame[others] - middle), kind="stable")
        chosen[others[order[: max(0, TOLD - int((mine & chosen).sum()))]]] = True
    return truth.take(chosen)


def without(rows: Masks, truth: Masks) -> Masks:
    """The rows that truth does not decide: neither a row of its own there nor a checked frame."""
    decided = np.isin(row_keys(rows), row_keys(truth)) | np.isin(rows.frame, truth.checked)
    return rows.take(~decided)


def since_truth(rows: Masks, truth: Masks, edge: int, forward: bool) -> Masks:
    """The rows that a run coming to frame `edge` made of an object after truth last decided on it.

    What lies behind a person's word on an object says nothing new about it, and must not: a
    correction there would change what comes after the next one.
    """
    sign = 1 if forward else -1
    kept = np.ones(len(rows), bool)
    for obj in rows.objects.tolist():
        decided = sign * np.union1d(truth.frame[truth.object_id == obj], truth.checked)
        behind = decided[decided <= sign * edge]
        if len(behind):
            kept &= (rows.object_id != obj) | (sign * rows.frame > behind.max())
    return rows.take(kept)


def with_context(truth: Masks, context: Masks) -> Masks:
    """Truth plus the engine's own last rows."""
    return concat([truth, context]) if len(context) else truth


def fingerprint(masks: Masks) -> str:
    """A hash of what an engine can see of rows: place, identity, label, mask, scores, origin."""
    digest = hashlib.blake2b(digest_size=16)
    for column in (
        masks.frame,
        masks.object_id,
        masks.offset,
        masks.runs,
        masks.score,
        masks.identity_score,
        masks.origin,
        masks.flags,
    ):
        digest.update(column.tobytes())
    names = [(masks.labels[i].name, masks.labels[i].kind) for i in masks.label_id.tolist()]
    digest.update(repr(names).encode())
    return digest.hexdigest()
