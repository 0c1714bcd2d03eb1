"""Logits and masks frame by frame against transformers' session, float32, 30 frames, miniatures.

Two objects given by masks on the first frame. `logits`: greatest difference, beside the range that they
have. `pixels`: share of the video's pixels in which the masks differ.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

import foundation_kit as kit
from engines_parts.peer import masks_of, session
from engines_parts.scene import Walkers
from masklet.core.registry import load as named
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.precision import precision_of
from masklet.models.foundation.tracker import Lesson, Tracker
from masklet.models.foundation.upsample import crop_of
from masklet.ops import runs

SIZE_WH, FRAMES = (320, 180), 30
CASES = {
    "sam2": (kit.save_sam2, "sam2-video"),
    "edgetam": (kit.save_edgetam, "edgetam-video"),
    "sam3": (kit.save_sam3, "sam3-tracker"),
}


def lines() -> Iterator[str]:
    """A table."""
    yield "| engine | one object a pass: logits | pixels | two a pass: logits | pixels | range |"
    yield "|---|---|---|---|---|---|"
    for family, (save, kind) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            eyes = Eyes.open(kind, family, save(Path(folder)), precision_of("cpu", "float32"))
            named("propagators", family)(weights_dir=folder)  # the engine takes the same folder
            cells = [_compared(eyes, batch) for batch in (1, 8)]
        shown = " | ".join(f"{logits:.1e} | {pixels:.1e}" for logits, pixels, _ in cells)
        yield f"| {family} | {shown} | {cells[0][2]:.1f} |"


def _compared(eyes: Eyes, batch: int) -> tuple[float, float, float]:
    """Greatest difference of a logit, share of pixels that differ, and the range of the logits."""
    scene = Walkers(SIZE_WH, 2, FRAMES)
    tracker = Tracker(eyes.network, 1, FRAMES, batch)
    state, prompts = session(
        eyes.network.family,
        eyes.network.side,
        SIZE_WH,
        {k: _ready(eyes, scene, k) for k in range(FRAMES)},
    )
    worst, differ, total, span = 0.0, 0, 0, 0.0
    for frame, logits, masks in masks_of(eyes.network.model, state, prompts, scene.masks(), SIZE_WH):
        with torch.inference_mode():
            features = eyes.see(scene[frame])
            if frame == 0:
                for obj, mask in scene.masks().items():
                    lesson = Lesson.of_mask(eyes.network, features, eyes.square(mask))
                    tracker.know(obj, 0, lesson)
                continue
            seen = tracker.follow(frame, features, list(logits))
        for obj, other in logits.items():
            crop, offset = crop_of(seen[obj].logits, SIZE_WH)
            mine = runs.decode(runs.encode_crop(crop, offset, SIZE_WH), SIZE_WH)
            worst = max(worst, float((seen[obj].logits - other).abs().max()))
            span = max(span, float(other.max() - other.min()))
            differ, total = differ + int((mine != masks[obj].numpy()).sum()), total + mine.size
    return worst, differ / total, span


def _ready(eyes: Eyes, scene: Walkers, frame: int) -> torch.Tensor:
    from masklet.models.foundation.images import pixels

    return pixels(scene[frame], eyes.recipe)[0]
