"""The samples that a decoder learns from: made pictures with their features and matches, kept ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from masklet.core.arrays import Float32s
from masklet.core.pausing import pause_point
from masklet.models.adapt.disturb import Rng, wrong_difference, wrong_prior
from masklet.models.adapt.matching import CELL, Entry, entry, keys_of, match
from masklet.models.adapt.render import Renderer, Shot
from masklet.models.features.backbone import Backbone, normalised

BATCH = 4
NO_PRIOR = 0.2
NO_MATCH = 0.2
NO_OTHERS = 0.3
NO_DIFFERENCE = 0.3

Batch = tuple[Tensor, list[Tensor], Tensor, Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class Seen:
    """What the networks need of a view.

    Args:
        rgb2: `(3, s/2, s/2)`, normalised picture at half size.
        stages: features of stages 1, 2, 3 and 5, `(c, h, w)` each.
        keys: `(c, s/8, s/8)`, for matching.
    """

    rgb2: Tensor
    stages: tuple[Tensor, ...]
    keys: Tensor


@dataclass(frozen=True, eq=False)
class Sample:
    """A view with its truth and what matching said of it.

    mask, others, unknown, difference: `(s, s) float32`; match: `(2, s/8, s/8) float32`.
    """

    seen: Seen
    mask: Float32s
    others: Float32s
    unknown: Float32s
    difference: Float32s
    match: Tensor


def look(pictures: Sequence[Float32s], backbone: Backbone) -> list[Seen]:
    """Features of views, `(s, s, 3) float32` 0..255 each; each holds memory of its own."""
    x = normalised(np.stack(pictures), backbone.device)
    stages = backbone(x, 5)
    keys = keys_of(stages)
    kept = [stages[i] for i in (0, 1, 2, 4)]
    half = functional.avg_pool2d(x, 2).to(kept[0].dtype)
    return [
        Seen(half[i].clone(), tuple(stage[i].clone() for stage in kept), keys[i].clone())
        for i in range(len(pictures))
    ]


def make_samples(
    renderer: Renderer,
    seeds: Sequence[int],
    backbone: Backbone,
    annotated: Sequence[Entry],
    foreign: Sequence[Entry],
    rng: Rng,
) -> list[Sample]:
    """One sample for each seed.

    Matches are made as tracking makes them: against the annotated views, against a moment earlier
    with a mask that may be wrong, and sometimes against further, older views.
    """
    shots = [renderer.shoot(seed) for seed in seeds]
    earlier = [renderer.shoot(seed, nudged=True) for seed in seeds]
    seen = _look_at(shots, backbone)
    before = _look_at(earlier, backbone)
    found = []
    for i, shot in enumerate(shots):
        pause_point()
        entries = _memory(i, shots, seen, earlier[i], before[i], annotated, rng)
        chosen = [*entries, *foreign] if rng.random() < 0.8 else entries
        found.append(
            Sample(
                seen[i],
                shot.mask,
                shot.others,
                np.zeros_like(shot.mask),
                shot.difference,
                match(seen[i].keys, chosen),
            )
        )
    return found


def _look_at(shots: Sequence[Shot], backbone: Backbone) -> list[Seen]:
    found: list[Seen] = []
    for at in range(0, len(shots), BATCH):
        found += look([shot.rgb for shot in shots[at : at + BATCH]], backbone)
    return found


def _memory(
    i: int,
    shots: Sequence[Shot],
    seen: Sequence[Seen],
    earlier: Shot,
    before: Seen,
    annotated: Sequence[Entry],
    rng: Rng,
) -> list[Entry]:
    entries = list(annotated)
    for j in rng.integers(0, len(shots), int(rng.integers(0, 3))):
        if j != i:
            entries.append(_remembered(seen[j], shots[j], wrong_prior(shots[j].mask, rng, 0.0), 1.5))
    if len(entries) > 1 and rng.random() < 0.15:
        entries = entries[1:]
    if rng.random() < 0.8:
        wrong = wrong_prior(earlier.mask, rng, 0.0) if rng.random() < 0.6 else earlier.mask
        entries.append(_remembered(before, earlier, wrong if wrong.any() else earlier.mask, 1.0))
    return entries


def _remembered(seen: Seen, shot: Shot, mask: Float32s, reach: float) -> Entry:
    device = seen.keys.device
    return entry(
        seen.keys, torch.from_numpy(mask).to(device), torch.from_numpy(shot.others).to(device), reach
    )


def batch_of(samples: Sequence[Sample], rng: Rng, device: torch.device) -> Batch:
    """(rgb2, stages, hints, truth, weight) of samples, the hints made wrong or dropped anew."""
    masks = torch.from_numpy(np.stack([s.mask for s in samples])[:, None]).to(device)
    weight = 1 - torch.from_numpy(np.stack([s.unknown for s in samples])[:, None]).to(device)
    hints = torch.stack([_disturbed_hints(s, rng, device) for s in samples])
    rgb2 = _stacked([s.seen.rgb2 for s in samples])
    stages = [_stacked([s.seen.stages[k] for s in samples]) for k in range(4)]
    return rgb2, stages, _stacked(list(hints)), masks, weight


def _stacked(parts: Sequence[Tensor]) -> Tensor:
    """`(n, c, h, w)`, channels last in memory: convolutions are a third faster so."""
    return torch.stack(list(parts)).contiguous(memory_format=torch.channels_last)


def _disturbed_hints(sample: Sample, rng: Rng, device: torch.device) -> Tensor:
    prior = wrong_prior(sample.mask, rng, NO_PRIOR)
    others = wrong_prior(sample.others, rng, NO_OTHERS)
    matched = sample.match if rng.random() > NO_MATCH else torch.zeros_like(sample.match)
    gap = wrong_difference(sample.difference, rng, NO_DIFFERENCE)
    maps = (torch.from_numpy(one).to(device) for one in (prior, others, gap))
    return stack_hints(matched, *maps)


def stack_hints(matched: Tensor, prior: Tensor, others: Tensor, difference: Tensor) -> Tensor:
    """`(HINTS, s, s)` from the match `(2, s/8, s/8)` and maps `(s, s)`."""
    large = functional.interpolate(
        matched[None], scale_factor=CELL, mode="bilinear", align_corners=False
    )[0]
    return torch.stack([prior, large[0], torch.maximum(others, large[1]), difference])
