"""Time and memory of a few frames at real size, ours and transformers' own loop on the same weights."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engines_parts.peer import Frames, masks_of, session
from engines_parts.scene import Walkers
from masklet.core.registry import load as named
from masklet.models.foundation.catalogue import entry
from masklet.models.foundation.engines import KINDS
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.images import pixels
from masklet.models.foundation.precision import precision_of

SIZE_WH = (1920, 1080)
FIRST = 2
"""Frames that are not counted: the prompt's and one to warm up."""


@dataclass(frozen=True)
class Cost:
    """Of one way.

    Args:
        seconds: median of a frame, all objects.
        gigabytes: peak of the device's memory; 0 where there is no such device.
    """

    seconds: float
    gigabytes: float


def ours(engine: str, folder: Path, count: int, frames: int, device: str, precision: str) -> Cost:
    """The engine of that name."""
    scene = Walkers(SIZE_WH, count, frames)
    made = named("propagators", engine)(weights_dir=str(folder), device=device, precision=precision)
    _start(device)
    seconds = _seconds(made.propagate(scene, scene.seeds(), range(frames)), device)
    return Cost(seconds, _peak(device))


def theirs(engine: str, folder: Path, count: int, frames: int, device: str, precision: str) -> Cost:
    """transformers' session, frames made ready when it asks for them, masks at the video's size."""
    family = entry(engine).family
    eyes = Eyes.open(KINDS[family], family, folder, precision_of(device, precision))
    scene = Walkers(SIZE_WH, count, frames)
    ready = Frames(frames, lambda index: pixels(scene[index], eyes.recipe)[0].to(device))
    _start(device)
    state, prompts = session(family, eyes.network.side, SIZE_WH, ready, device)
    with eyes.precision.running():
        running = masks_of(eyes.network.model, state, prompts, scene.masks(), SIZE_WH)
        seconds = _seconds(running, device)
    return Cost(seconds, _peak(device))


def _seconds(running: Iterator[Any], device: str) -> float:
    """Median of a frame, the first ones left out."""
    times, begun = [], time.perf_counter()
    for _ in running:
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begun)
        begun = time.perf_counter()
    counted = sorted(times[FIRST:])
    return counted[len(counted) // 2]


def _start(device: str) -> None:
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _peak(device: str) -> float:
    return torch.cuda.max_memory_allocated() / 1e9 if device == "cuda" else 0.0
