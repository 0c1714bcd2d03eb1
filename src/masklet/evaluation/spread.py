"""What becomes of one object's values over its frames: mean, recall, decay; and their means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from masklet.core.arrays import Bools, Floats, Int32s, Int64s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.case import Case

NAN = float("nan")


@dataclass(frozen=True)
class Spread:
    """A measure over frames, as DAVIS sums it up (Perazzi et al., CVPR 2016).

    Args:
        mean: over the frames.
        recall: share of the frames whose value is above 0.5.
        decay: mean over the first quarter of the frames minus that over the last.
    """

    mean: float = NAN
    recall: float = NAN
    decay: float = NAN


@dataclass(frozen=True)
class Presence:
    """Frames by which side has a mask of an object.

    Args:
        both: each side has one.
        missed: only the truth has one.
        invented: only the prediction has one.
        neither: both say that it is absent.
    """

    both: int = 0
    missed: int = 0
    invented: int = 0
    neither: int = 0


class Counted(Protocol):
    """An object with its label, its frames, and figures over these."""

    @property
    def label(self) -> Label: ...
    @property
    def counts(self) -> Presence: ...
    @property
    def figures(self) -> object: ...


T = TypeVar("T", bound=Counted)


def presence(there: Bools) -> Presence:
    """From `(n, 2) bool`: the prediction has a mask, the truth has one."""
    pred, truth = there.T
    kinds = (pred & truth, truth & ~pred, pred & ~truth, ~pred & ~truth)
    return Presence(*(int(np.count_nonzero(kind)) for kind in kinds))


def all_present(counts: Sequence[Presence]) -> Presence:
    """Added up."""
    table = np.array([(c.both, c.missed, c.invented, c.neither) for c in counts], int)
    return Presence(*table.reshape(-1, 4).sum(axis=0).tolist())


def known_mean(values: Floats) -> float:
    """Mean of those that are not NaN, in C order; NaN without any."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else NAN


def mean_figures(objects: Sequence[Counted], names: Sequence[str]) -> list[float]:
    """Of each named figure, the mean over the objects that have it."""
    table = np.array([[getattr(one.figures, name) for name in names] for one in objects])
    return [known_mean(column) for column in table.reshape(-1, len(names)).T]


def by_label_counted(objects: Sequence[T]) -> list[tuple[Label, list[T], Presence]]:
    """Each label with its objects and their frames added up, sorted as `by_label` does."""
    listed = []
    for label, at in by_label([one.label for one in objects]):
        some = [objects[i] for i in at]
        listed.append((label, some, all_present([one.counts for one in some])))
    return listed


def spread(values: Floats) -> Spread:
    """One object's values `(n,)`, in the order of frames; all NaN without a frame.

    The quarters are those of DAVIS's own code: of n frames the first one is from 1 to
    1 + (n - 1) / 4 and the last one from 1 + 3 (n - 1) / 4 to n, ends included and rounded half up,
    so neighbouring quarters share a frame. That code keeps the ends in eight bits and so wraps around
    beyond 256 frames; here they do not.
    """
    n = len(values)
    if not n:
        return Spread()
    first_end, last_start = np.floor(np.linspace(1, n, 5)[[1, 3]] + 0.5 + 1e-10).astype(int) - 1
    decay = values[: first_end + 1].mean() - values[last_start:].mean()
    return Spread(float(values.mean()), float((values > 0.5).mean()), float(decay))


def mean_spread(spreads: Sequence[Spread]) -> Spread:
    """Means over objects; NaN without any."""
    if not spreads:
        return Spread()
    mean, recall, decay = np.array([(s.mean, s.recall, s.decay) for s in spreads]).mean(axis=0)
    return Spread(float(mean), float(recall), float(decay))


def object_labels(case: Case) -> Int32s:
    """Label of each pair, `(k,) int32`: that of its object's first row in the truth.

    So an object counts under one label throughout. A pair whose object has no row in the truth takes
    the label of the prediction's first row of it. Pairs without either do not occur in a case.
    """
    found = np.zeros(len(case.pairs), np.int32)
    for masks in (case.pred, case.truth):
        ids, label = _first_labels(masks)
        if not len(ids):
            continue
        at = np.minimum(np.searchsorted(ids, case.pairs.object_id), len(ids) - 1)
        known: Bools = ids[at] == case.pairs.object_id
        found[known] = label[at[known]]
    return found


def _first_labels(masks: Masks) -> tuple[Int32s, Int32s]:
    ids, first = np.unique(masks.object_id, return_index=True)
    return ids, masks.label_id[first].astype(np.int32)


def by_object(object_id: Int32s) -> list[tuple[int, Int64s]]:
    """(object id, its entries in order) of every object, by rising id."""
    ids, first = np.unique(np.sort(object_id), return_index=True)
    if not len(ids):
        return []
    order = np.argsort(object_id, kind="stable")
    return list(zip(ids.tolist(), np.split(order, first[1:]), strict=True))


def by_label(labels: Sequence[Label]) -> list[tuple[Label, list[int]]]:
    """(label, places where it stands), sorted by name as people count, and by kind.

    One name and kind is one label.
    """
    places: dict[tuple[str, str], list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault((label.name, label.kind), []).append(place)
    return [(labels[at[0]], at) for _, at in sorted(places.items(), key=_counted)]


def _counted(item: tuple[tuple[str, str], list[int]]) -> tuple[list[tuple[int, str]], str]:
    """`class 9` before `class 10`."""
    name, kind = item[0]
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], kind
