"""Where is it? Every place of a view asks known places that look alike what they were.

Non-parametric label propagation over frozen features: cosine similarity, the best few neighbours, a
soft vote; as in Jabri et al., "Space-time correspondence as a contrastive random walk", NeurIPS 2020,
with ImageNet features in place of learnt ones.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from masklet.models.features.device import fast_dtype

NEIGHBOURS = 8
TEMPERATURE = 0.05
RECENT = 3
"""Confident frames kept beside the annotated ones."""
CELL = 8
"""View pixels per place."""
NEAR = 0.25
"""Usual reach of a comparison, as a share of the view's side."""
STRANGERS = 256
"""Places of other objects kept as counter-examples."""
_FAR_AWAY = -9.0


@dataclass(frozen=True, eq=False)
class Entry:
    """Known places.

    Args:
        keys: `(c, m)`, unit length.
        labels: `(m, 2) float32`, share of the place that is the object, and that is other objects.
        reach: how far apart in the view two places may lie and be compared, in units of `NEAR`;
            0 = anywhere.
    """

    keys: Tensor
    labels: Tensor
    reach: float


def keys_of(stages: Sequence[Tensor]) -> Tensor:
    """`(n, 152, h, w)`: features of stages 3 and 5, each and both of unit length, at stride 8."""
    parts = [functional.normalize(stages[i].float(), dim=1) for i in (2, 4)]
    keys = functional.normalize(torch.cat(parts, dim=1), dim=1)
    return keys.to(fast_dtype(keys.device))


def places(maps: Tensor) -> Tensor:
    """`(k, s, s)` maps of a view to `(m, k)`, the mean of every place."""
    return functional.avg_pool2d(maps[None], CELL)[0].flatten(1).T.contiguous()


def entry(keys: Tensor, mask: Tensor, others: Tensor, reach: float) -> Entry:
    """Places of one view: keys `(c, h, w)`, `mask` and `others` `(s, s)` 0..1."""
    return Entry(keys.flatten(1), places(torch.stack([mask, others])), reach)


class Memory:
    """What is known of one object: annotated views for good, recent ones for a while, and strangers."""

    def __init__(self, recent: int = RECENT) -> None:
        self.annotated: list[Entry] = []
        self.recent: deque[Entry] = deque(maxlen=recent)
        self.strangers: list[Entry] = []

    def anywhere(self) -> list[Entry]:
        """What is surely known, to be compared with wherever it was."""
        return [Entry(e.keys, e.labels, 0.0) for e in (*self.annotated, *self.strangers)]

    def entries(self) -> list[Entry]:
        """All, the annotated ones reaching further once the object may have moved away from there."""
        full = len(self.recent) == self.recent.maxlen
        far = [Entry(e.keys, e.labels, 2.5 if full else 1.5) for e in self.annotated]
        return [*far, *self.recent, *self.strangers]


def strangers(keys: Tensor, mask: Tensor) -> Entry | None:
    """Places that another object covers, as counter-examples wherever they appear."""
    share = places(mask[None])[:, 0]
    chosen = torch.nonzero(share > 0.6)[:, 0]
    if not len(chosen):
        return None
    chosen = chosen[:: max(1, -(-len(chosen) // STRANGERS))]
    labels = torch.zeros((len(chosen), 2), device=keys.device)
    labels[:, 1] = 1.0
    return Entry(keys.flatten(1)[:, chosen], labels, 0.0)


def match(keys: Tensor, entries: Sequence[Entry]) -> Tensor:
    """`(2, h, w) float32` 0..1: how much each place of `keys` `(c, h, w)` is the object, and others.

    Nothing where nothing is known.
    """
    _, high, wide = keys.shape
    if not entries:
        return torch.zeros((2, high, wide), device=keys.device)
    query = keys.flatten(1).T
    known = torch.cat([e.keys for e in entries], dim=1)
    likeness = query @ known
    at = 0
    for one in entries:
        size = one.keys.shape[1]
        if one.reach:
            likeness[:, at : at + size] += _distance_limit(high, wide, one.reach, likeness)
        at += size
    best, index = likeness.topk(min(NEIGHBOURS, at), dim=1, sorted=False)
    weights = torch.softmax(best.float() / TEMPERATURE, dim=1)
    labels = torch.cat([e.labels for e in entries])[index]
    vote: Tensor = (weights[..., None] * labels).sum(dim=1)
    return vote.T.reshape(2, high, wide)


_limits: dict[tuple[int, int, float, torch.dtype, torch.device], Tensor] = {}


def _distance_limit(high: int, wide: int, reach: float, like: Tensor) -> Tensor:
    """`(m, m)`: 0 for places within reach of each other, much less than 0 for others."""
    key = (high, wide, round(reach, 2), like.dtype, like.device)
    if key not in _limits:
        y, x = torch.meshgrid(torch.arange(high), torch.arange(wide), indexing="ij")
        y, x = y.flatten().float(), x.flatten().float()
        far = reach * NEAR
        away = (y[:, None] - y).abs() > far * high
        away |= (x[:, None] - x).abs() > far * wide
        _limits[key] = torch.where(away, _FAR_AWAY, 0.0).to(like.device, like.dtype)
    return _limits[key]
