"""Masks without crumbs: close gaps, fill holes, drop small parts, keep one part. Crops only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np

from masklet.core.arrays import Bools, Int32s, UInt32s
from masklet.core.errors import UsageError
from masklet.core.masks import Masks
from masklet.core.steps import Step
from masklet.ops import raster
from masklet.ops.runs import box, decode_crop, encode_crop
from masklet.ops.table import replaced_runs


@dataclass(frozen=True)
class CleanPolicy:
    """What is done to the masks of one label, in this order. By default nothing.

    Args:
        close_px: gaps up to about twice this many pixels wide are closed (a disc of this radius).
        fill_holes: background that the mask encloses becomes part of it.
        min_area: parts with fewer pixels are dropped; where all are, the mask is empty.
        largest_only: only the largest part stays ("one animal per id"). Closing comes first, so that
            an animal behind cage bars is one part again before the others are thrown away.
    """

    close_px: int = 0
    fill_holes: bool = False
    min_area: int = 0
    largest_only: bool = False

    def __post_init__(self) -> None:
        if self.close_px < 0 or self.min_area < 0:
            raise UsageError(
                f"close_px is {self.close_px} and min_area {self.min_area}; expected 0 or more pixels"
            )


def parts(runs: UInt32s, size_wh: tuple[int, int], connectivity: int = 8) -> list[UInt32s]:
    """Connected parts of a mask, each as runs on the whole frame, largest first.

    Args:
        runs: `(k,) uint32`.
        size_wh: the frame.
        connectivity: 8 = pixels that touch at a corner belong together; 4 = they do not.
    """
    if connectivity not in (4, 8):
        raise UsageError(f"connectivity is {connectivity}; expected 4 or 8")
    crop, (x0, y0) = decode_crop(runs, size_wh)
    numbers, facts = raster.components(crop, connectivity)
    if len(facts) == 1:
        return [runs]
    found = []
    for k in np.argsort(-facts[:, 4], kind="stable"):
        x, y, w, h = facts[k, :4].tolist()
        piece = numbers[y : y + h, x : x + w] == k + 1
        found.append(encode_crop(piece, (x0 + x, y0 + y), size_wh))
    return found


def close(runs: UInt32s, size_wh: tuple[int, int], radius: int) -> UInt32s:
    """Morphological closing by a disc of `radius` pixels; the frame's border closes nothing."""
    x0, y0, x1, y1 = box(runs, size_wh)
    if radius < 1 or x1 == 0:
        return runs
    margin = 2 * radius + 1
    around = x0 - margin, y0 - margin, x1 + margin, y1 + margin
    crop, offset = decode_crop(runs, size_wh, around)
    return encode_crop(raster.closed(crop, radius), offset, size_wh)


def opened(mask: Bools, radius: float) -> Bools:
    """Morphological opening of `(h, w) bool`: what a disc covers that is moved about within the mask.

    A disc of any radius, pixels; beyond the array nothing is taken for background.
    """
    kept = raster.depth(mask) > radius
    if not kept.any():
        return np.zeros_like(mask)
    covered: Bools = mask & (raster.depth(~kept) <= radius)
    return covered


def fill_holes(runs: UInt32s, size_wh: tuple[int, int], max_area: int | None = None) -> UInt32s:
    """Background that cannot reach the outside by its four neighbours becomes foreground.

    Args:
        runs: `(k,) uint32`.
        size_wh: the frame; what lies beyond its border is outside.
        max_area: only holes of at most so many pixels; None = all.
    """
    x0, y0, x1, y1 = box(runs, size_wh)
    if x1 == 0:
        return runs
    crop, offset = decode_crop(runs, size_wh, (x0 - 1, y0 - 1, x1 + 1, y1 + 1))
    numbers, facts = raster.components(~crop, 4)
    holes = np.ones(len(facts) + 1, np.bool_)
    holes[[0, numbers[0, 0]]] = False
    if max_area is not None:
        holes[1:] &= facts[:, 4] <= max_area
    return encode_crop(crop | holes[numbers], offset, size_wh) if holes.any() else runs


def drop_small(runs: UInt32s, size_wh: tuple[int, int], min_area: int) -> UInt32s:
    """Parts (8-connected) of fewer than `min_area` pixels removed."""
    return _selected(runs, size_wh, lambda areas: areas >= min_area)


def keep_largest(runs: UInt32s, size_wh: tuple[int, int]) -> UInt32s:
    """The largest part (8-connected); the first in reading order of equals."""
    return _selected(runs, size_wh, lambda areas: np.arange(len(areas)) == np.argmax(areas))


def _selected(runs: UInt32s, size_wh: tuple[int, int], rule: Callable[[Int32s], Bools]) -> UInt32s:
    crop, offset = decode_crop(runs, size_wh)
    numbers, facts = raster.components(crop)
    if not len(facts):
        return runs
    kept = rule(facts[:, 4])
    if kept.all():
        return runs
    return encode_crop(np.append(False, kept)[numbers], offset, size_wh)


def clean_runs(runs: UInt32s, size_wh: tuple[int, int], policy: CleanPolicy) -> UInt32s:
    """One mask cleaned: closed, filled, rid of small parts, cut down to the largest, in this order."""
    runs = close(runs, size_wh, policy.close_px)
    if policy.fill_holes:
        runs = fill_holes(runs, size_wh)
    if policy.min_area > 0:
        runs = drop_small(runs, size_wh, policy.min_area)
    if policy.largest_only:
        runs = keep_largest(runs, size_wh)
    return runs


def clean(masks: Masks, policies: Mapping[str, CleanPolicy], keep_trusted: bool = True) -> Masks:
    """Masks cleaned by the policy of their label; the rows that change carry a new `Step`.

    Args:
        masks: any rows.
        policies: by label name; labels without a policy stay as they are.
        keep_trusted: leave rows that stand for truth (`Masks.trusted`) alone.

    Rows stay, even where their mask becomes empty. Raises `UsageError` for an unknown label.
    """
    names = [label.name for label in masks.labels]
    unknown = sorted(set(policies) - set(names))
    if unknown:
        raise UsageError(
            f"there is no label {unknown[0]!r}; expected one of: {', '.join(names) or 'none'}"
        )
    changed: dict[int, UInt32s] = {}
    frozen = masks.trusted if keep_trusted else np.zeros(len(masks), np.bool_)
    for row in np.flatnonzero(~frozen).tolist():
        policy = policies.get(names[masks.label_id[row]])
        before = masks.row_runs(row)
        if policy is None or len(before) < 2:
            continue
        after = clean_runs(before, masks.video.size_wh(int(masks.frame[row])), policy)
        if not np.array_equal(before, after):
            changed[row] = after
    step = Step.of("clean", {name: asdict(policy) for name, policy in policies.items()})
    return replaced_runs(masks, changed, step) if changed else masks
