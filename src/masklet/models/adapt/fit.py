"""Fitting a decoder to one object of one video."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from masklet.core.pausing import pause_point
from masklet.models.adapt.coat import Coat, coat_of
from masklet.models.adapt.decoder import Decoder, loss_of
from masklet.models.adapt.disturb import Rng
from masklet.models.adapt.matching import Entry
from masklet.models.adapt.pool import BATCH, Batch, Sample, batch_of, make_samples
from masklet.models.adapt.render import Renderer
from masklet.models.adapt.settings import Settings
from masklet.models.adapt.truth import Lesson
from masklet.models.features.backbone import Backbone
from masklet.models.features.device import autocast
from masklet.models.features.weights import fill, shipped

WEIGHTS = Path(__file__).parent / "weights" / "decoder.safetensors"
HELD_BACK = 8
"""Samples that the fit does not see."""
KEPT = 12
"""Samples that go along for online steps."""
UNFITTED = 0.65
"""IoU expected of the shipped weights on such samples."""
MORE_SAMPLES, MORE_STEPS = 8, 15
"""What every annotated frame but the first adds to the samples and to the steps."""
RANDOM_STEPS = 240
"""Least steps where the decoder starts from random weights."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was learnt of one object.

    Args:
        net: the decoder; copy it before it is trained on.
        samples: some of those it learnt from.
        annotated: permanent memory.
        foreign: places of other objects.
        expected: mean IoU on samples that it did not learn from.
        area: of the annotated masks, frame pixels, mean.
        scattered: do annotated masks consist of several parts?
        coat: colours of its annotated pixels.
    """

    net: Decoder
    samples: Sequence[Sample]
    annotated: list[Entry]
    foreign: list[Entry]
    expected: float
    area: float
    scattered: bool
    coat: Coat


def fit(
    lessons: Sequence[Lesson], company: Sequence[Lesson], settings: Settings, eyes: Backbone
) -> Fitted:
    """Learn one object from its lessons; `company` holds those of the other objects."""
    annotated = [lesson.known for lesson in lessons]
    foreign = [lesson.foreign for lesson in company if lesson.foreign is not None]
    if not settings.has("matching"):
        annotated, foreign = [], []
    trained = settings.has("trained start") and (eyes.pretrained or not settings.steps)
    net = start(eyes, trained)
    samples: list[Sample] = []
    expected = UNFITTED
    if settings.steps:
        settings = _with_more(settings, len(lessons) - 1)
        rng = np.random.default_rng([lessons[0].frame, lessons[0].area])
        samples = _samples(lessons, company, annotated, foreign, settings, eyes, rng)
        held, samples = samples[:HELD_BACK], samples[HELD_BACK:]
        if not trained:
            net.set_scales([sample.seen.stages for sample in samples])
        steps = settings.steps if trained else max(settings.steps, RANDOM_STEPS)
        _learn(net, samples, settings, steps, eyes, rng)
        expected = float(np.mean(ious(net, held, eyes)))
    coat = coat_of([(one.study.layers[..., :3], one.study.mask > 0.5) for one in lessons])
    assert coat is not None  # a study has pixels of its object
    return Fitted(
        net,
        samples[:: max(1, len(samples) // KEPT)],
        annotated,
        foreign,
        expected,
        float(np.mean([lesson.area for lesson in lessons])),
        any(lesson.scattered for lesson in lessons),
        coat,
    )


def _with_more(settings: Settings, more: int) -> Settings:
    """The settings where so many frames more than one are annotated."""
    samples, steps = settings.samples + more * MORE_SAMPLES, settings.steps + more * MORE_STEPS
    return replace(settings, samples=samples, steps=steps)


def start(eyes: Backbone, trained: bool = True) -> Decoder:
    """A decoder with the weights that masklet ships, or with random ones."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = Decoder()
    if trained:
        fill(net, _shipped(), WEIGHTS)
    placed: Decoder = net.to(eyes.device, memory_format=torch.channels_last)
    return placed


@cache
def shipped_hash() -> str:
    """Hash of the shipped weights' file; empty where it is not there."""
    if not WEIGHTS.is_file():
        return ""
    return hashlib.blake2b(WEIGHTS.read_bytes(), digest_size=8).hexdigest()


@cache
def _shipped() -> dict[str, torch.Tensor]:
    return shipped(WEIGHTS)


def _samples(
    lessons: Sequence[Lesson],
    company: Sequence[Lesson],
    annotated: Sequence[Entry],
    foreign: Sequence[Entry],
    settings: Settings,
    eyes: Backbone,
    rng: Rng,
) -> list[Sample]:
    """Shuffled samples of all lessons in equal shares."""
    found: list[Sample] = []
    each = -(-(settings.samples + HELD_BACK) // len(lessons))
    for lesson in lessons:
        others = [other.study for other in company if other.frame == lesson.frame]
        renderer = Renderer(lesson.study, settings.side, settings.reach, others)
        for at in range(0, each, 8):
            pause_point()
            seeds = [int(s) for s in rng.integers(0, 2**31, min(8, each - at))]
            found += make_samples(renderer, seeds, eyes, annotated, foreign, rng)
    if not settings.has("matching"):
        found = [replace(one, match=torch.zeros_like(one.match)) for one in found]
    return [found[int(i)] for i in rng.permutation(len(found))]


def _learn(
    net: Decoder,
    samples: Sequence[Sample],
    settings: Settings,
    steps: int,
    eyes: Backbone,
    rng: Rng,
) -> None:
    learner = torch.optim.AdamW(net.parameters(), lr=settings.rate, weight_decay=1e-4, betas=(0.9, 0.99))
    order: list[int] = []
    for step in range(steps):
        pause_point("fits itself to the annotated frames", step, steps)
        share = min(1.0, (step + 1) / 15) * (0.03 + 0.97 * (0.5 + 0.5 * np.cos(np.pi * step / steps)))
        for group in learner.param_groups:
            group["lr"] = settings.rate * share
        if len(order) < BATCH:
            order = [int(i) for i in rng.permutation(len(samples))]
        chosen = [samples[order.pop()] for _ in range(min(BATCH, len(samples)))]
        learn_step(net, learner, batch_of(chosen, rng, eyes.device), eyes, 1.0)


def learn_step(
    net: Decoder, learner: torch.optim.Optimizer, batch: Batch, eyes: Backbone, clip: float
) -> float:
    """One step on a batch as `batch_of` gives it; its loss."""
    rgb2, stages, hints, truth, weight = batch
    with autocast(eyes.device):
        logits, coarse = net(rgb2, stages, hints)
    loss = loss_of(logits, coarse, truth, weight)
    learner.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
    learner.step()
    return float(loss.detach())


def ious(net: Decoder, samples: Sequence[Sample], eyes: Backbone) -> list[float]:
    """IoU with the truth of each sample, hints as good as tracking has them."""
    rng, found = np.random.default_rng(0), []
    for sample in samples:
        rgb2, stages, hints, truth, weight = batch_of([sample], rng, eyes.device)
        with torch.no_grad(), autocast(eyes.device):
            logits, _ = net(rgb2, stages, hints)
        wanted = torch.nn.functional.avg_pool2d(truth, 2) > 0.5
        mask = (logits > 0) & (torch.nn.functional.avg_pool2d(weight, 2) > 0.5)
        union = (mask | wanted).sum()
        found.append(1.0 if union == 0 else float((mask & wanted).sum() / union))
    return found


def copied(net: Decoder) -> Decoder:
    """A decoder of its own, to be trained on."""
    return copy.deepcopy(net)
