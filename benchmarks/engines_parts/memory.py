"""Resident memory over 3,000 frames with two objects, miniatures; transformers' session beside it.

Must be flat within 20 MB from frame 300 on. The session is run over 600 frames that are made as it asks
for them; what grows is what it keeps.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

import foundation_kit as kit
from engines_parts.peer import Frames, masks_of, session
from engines_parts.scene import Walkers
from masklet.models.foundation.engines import Sam2
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.images import pixels
from masklet.models.foundation.precision import precision_of

SIZE_WH, FRAMES, THEIRS = (320, 180), 3000, 600
LOOKS = (300, 600, 1000, 1500, 2000, 2500, 2999)


def lines() -> Iterator[str]:
    """Resident megabytes on some frames."""
    with tempfile.TemporaryDirectory() as folder:
        kit.save_sam2(Path(folder))
        found = dict(_ours(folder))
        yield "| frame | ours, MB |"
        yield "|---|---|"
        for frame, megabytes in found.items():
            yield f"| {frame} | {megabytes:.1f} |"
        spread = max(found.values()) - min(found.values())
        yield f"\nspread from frame {LOOKS[0]} on: {spread:.1f} MB (must be within 20)"
        gc.collect()
        before, after = _theirs(folder)
        grown = (after - before) / (THEIRS - 100)
        yield f"transformers: {before:.0f} MB on frame 100, {after:.0f} MB on frame {THEIRS - 1}: "
        yield f"{1000 * grown:.0f} kB a frame for two objects of a network of 128 px"


def _ours(folder: str) -> Iterator[tuple[int, float]]:
    scene = Walkers(SIZE_WH, 2, FRAMES)
    for frame, _ in Sam2(weights_dir=folder).propagate(scene, scene.seeds(), range(FRAMES)):
        if frame in LOOKS:
            yield frame, resident_mb()


def _theirs(folder: str) -> tuple[float, float]:
    eyes = Eyes.open("sam2-video", "sam2", Path(folder), precision_of("cpu", "float32"))
    scene = Walkers(SIZE_WH, 2, THEIRS)
    frames = Frames(THEIRS, lambda index: pixels(scene[index], eyes.recipe)[0])
    state, prompts = session("sam2", eyes.network.side, SIZE_WH, frames)
    before = 0.0
    for frame, _, _ in masks_of(eyes.network.model, state, prompts, scene.masks(), SIZE_WH):
        if frame == 100:
            before = resident_mb()
    return before, resident_mb()


def resident_mb() -> float:
    """What this process holds in memory."""
    with Path("/proc/self/status").open() as told:
        return next(int(line.split()[1]) for line in told if line.startswith("VmRSS")) / 1024
