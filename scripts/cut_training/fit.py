"""The fit: rounds of prompts, a step at each, as the network will be used."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cut_training.composing import SIDE
from cut_training.person import first_prompt, next_click
from cut_training.pool import SHARD, Shard, gather, shards
from masklet.core.arrays import Bools, Float32s
from masklet.models.cut import prompts
from masklet.models.cut.network import STRIDES, Decoder, Logits
from masklet.models.features.device import autocast

ROUNDS = (0.30, 0.28, 0.20, 0.12, 0.10)


@dataclass(frozen=True)
class Plan:
    """How long and how fast.

    Args:
        seconds: computing time of the whole fit.
        batch: crops a step.
        rate: the highest learning rate; cosine down to 2 % of it.
        fine: from this share of the time on, logits at stride 2 instead of 4.
        seed: of everything.
    """

    seconds: float = 2700.0
    batch: int = 8
    rate: float = 2e-3
    fine: float = 0.6
    seed: int = 0


class Fit:
    """A fit that can be put down and taken up.

    Args:
        pool: folder of shards; new ones are read as they appear.
        checkpoint: written every few minutes, read at the start where it exists.
    """

    def __init__(self, plan: Plan, pool: Path, checkpoint: Path, device: torch.device) -> None:
        self.plan, self.device = plan, device
        self._folder, self._checkpoint = pool, checkpoint
        self._pool: list[Shard] = []
        self._order: list[tuple[int, int]] = []
        torch.manual_seed(plan.seed)
        self._rng = np.random.default_rng(plan.seed)
        self.net = Decoder().to(device, memory_format=torch.channels_last)
        self.spent, self.steps = 0.0, 0
        if not checkpoint.exists():
            self._measure_scale()
        self.mean = copy.deepcopy(self.net)
        self._adam = torch.optim.AdamW(self.net.parameters(), plan.rate, (0.9, 0.99), weight_decay=1e-3)
        if checkpoint.exists():
            self._take_up()

    def run(self, say: Callable[[str], None], every: float = 240.0) -> None:
        """Until the plan's time is spent; a checkpoint and a line every `every` seconds."""
        start, before, ious = time.monotonic(), self.spent, [[] for _ in ROUNDS]
        saved = self.spent
        while self.spent < self.plan.seconds:
            for number, iou in enumerate(self._crops()):
                ious[number].append(iou)
            self.spent = before + time.monotonic() - start
            if self.spent - saved > every:
                saved = self.spent
                self.save()
                shown = " ".join(f"{np.mean(v[-80:]):.3f}" for v in ious if v)
                say(f"{self.spent:6.0f} s, {self.steps} steps, {len(self._pool)} shards, IoU {shown}")
        self.save()

    def save(self) -> None:
        """Everything needed to go on, and the averaged weights by themselves beside it."""
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "adam": self._adam.state_dict(),
            "spent": self.spent,
            "steps": self.steps,
        }
        draft = self._checkpoint.with_suffix(".draft")
        torch.save(state, draft)
        draft.rename(self._checkpoint)

    def _take_up(self) -> None:
        state = torch.load(self._checkpoint, map_location=self.device, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self._adam.load_state_dict(state["adam"])
        self.spent, self.steps = state["spent"], state["steps"]
        self._rng = np.random.default_rng([self.plan.seed, self.steps])

    def _measure_scale(self) -> None:
        """Features are divided by their deviation over a few crops."""
        self._refill()
        for number, stride in enumerate(STRIDES):
            self.net.scale[number] = 1 / gather(self._pool, self._order[:32], f"f{stride}").float().std()

    def _refill(self) -> None:
        found = shards(self._folder)
        self._pool += [Shard(path) for path in found[len(self._pool) :]]
        every = [(s, i) for s in range(len(self._pool)) for i in range(SHARD)]
        pick = self._rng.permutation(len(every))[: 3 * SHARD]
        self._order = [every[i] for i in pick]

    def _crops(self) -> list[float]:
        """All rounds on one batch of crops; the mean IoU of each."""
        if len(self._order) < self.plan.batch:
            self._refill()
        at = [self._order.pop() for _ in range(self.plan.batch)]
        fine = self.spent >= self.plan.fine * self.plan.seconds
        colours, features = self._inputs(at, fine)
        targets = [self._target(*one) for one in at]
        truth = torch.from_numpy(np.stack(targets)).float()[:, None].to(self.device)
        maps = np.stack([first_prompt(target, self._rng) for target in targets])
        rounds, ious = 1 + int(self._rng.choice(len(ROUNDS), p=ROUNDS)), []
        for number in range(rounds):
            probability, iou = self._step(colours, features, maps, truth, fine)
            ious.append(iou)
            if number + 1 < rounds:
                correct(maps, probability, targets, self._rng)
        return ious

    def _inputs(self, at: Sequence[tuple[int, int]], fine: bool) -> tuple[Tensor, list[Tensor | None]]:
        rgb = gather(self._pool, at, "rgb").to(self.device).permute(0, 3, 1, 2).float()
        colours = functional.avg_pool2d((rgb - 127) / 128, 2).to(torch.bfloat16)
        features = [
            gather(self._pool, at, f"f{stride}").to(self.device) if fine or stride > 2 else None
            for stride in STRIDES
        ]
        return colours, features

    def _target(self, shard: int, index: int) -> Bools:
        count = int(self._pool[shard].get("count", index))
        bit = 0 if self._rng.random() < 0.6 else int(self._rng.integers(count))
        return (self._pool[shard].get("bits", index) >> bit) & 1 > 0

    def _step(
        self, colours: Tensor, features: list[Tensor | None], maps: Float32s, truth: Tensor, fine: bool
    ) -> tuple[Float32s, float]:
        share = min(self.spent / self.plan.seconds, 1.0)
        rate = self.plan.rate * (0.02 + 0.49 * (1 + math.cos(math.pi * share)))
        for group in self._adam.param_groups:
            group["lr"] = rate * min(1.0, (self.steps + 1) / 60)
        with autocast(self.device):
            prompt = torch.from_numpy(maps).to(self.device, torch.bfloat16)
            logits = self.net(colours, features, prompt, fine)
        loss, iou = loss_of(logits, truth)
        self._adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._adam.step()
        self.steps += 1
        keep = min(0.998, (self.steps + 1) / (self.steps + 40))
        with torch.no_grad():
            for slow, quick in zip(self.mean.parameters(), self.net.parameters(), strict=True):
                slow.lerp_(quick, 1 - keep)
            best = logits.middle if logits.fine is None else logits.fine
            half = functional.interpolate(best.float(), size=(SIDE // 2, SIDE // 2), mode="bilinear")
        return torch.sigmoid(half)[:, 0].cpu().numpy(), iou


def loss_of(logits: Logits, truth: Tensor) -> tuple[Tensor, float]:
    """Normalised focal loss, soft IoU and auxiliary heads; also the IoU.

    Sofiiuk et al., "Reviving iterative training with mask guidance for interactive segmentation",
    ICIP 2022 (the loss); Rahman & Wang, ISVC 2016 (soft IoU).
    """
    best = (logits.middle if logits.fine is None else logits.fine).float()
    y = functional.avg_pool2d(truth, SIDE // best.shape[-1])
    p = torch.sigmoid(best)
    right = p * y + (1 - p) * (1 - y)
    weight = 0.1 + (1 - right).detach()
    weight = weight / weight.mean((1, 2, 3), keepdim=True).clamp(min=0.15)
    cross = functional.binary_cross_entropy_with_logits
    focal = (cross(best, y, reduction="none") * weight).mean()
    both = (p * y).sum((1, 2, 3))
    soft = 1 - (both + 1) / (p.sum((1, 2, 3)) + y.sum((1, 2, 3)) - both + 1)
    aside = cross(logits.coarse.float(), functional.avg_pool2d(truth, 8))
    if logits.fine is not None:
        aside = aside + cross(logits.middle.float(), functional.avg_pool2d(truth, 4))
    found, wanted = best > 0, y > 0.5
    iou = (found & wanted).sum((1, 2, 3)) / ((found | wanted).sum((1, 2, 3)) + 1e-6)
    return 0.5 * focal + soft.mean() + 0.4 * aside, float(iou.mean())


def correct(
    maps: Float32s, probability: Float32s, targets: Sequence[Bools], rng: np.random.Generator
) -> None:
    """Add the clicks that a person would give next, and the answer as the earlier mask, in place."""
    for number, target in enumerate(targets):
        for _ in range(1 if rng.random() < 0.8 else 2):
            click = next_click(probability[number] > 0.5, target[::2, ::2], rng)
            if click is not None:
                x, y, positive = click
                prompts.mark(maps[number], (2 * x + 0.5, 2 * y + 0.5), positive)
        maps[number, prompts.BEFORE] = np.repeat(np.repeat(probability[number], 2, 0), 2, 1)
