"""Every video engine at real size on CUDA, 1080p, 1, 4 and 16 objects, bfloat16; transformers beside."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch

from engines_parts.cost import ours, theirs
from masklet.models.foundation import sizes

ENGINES = ("sam2-tiny", "sam2-small", "sam2-base-plus", "sam2-large", "sam3")
COUNTS, FRAMES = (1, 4, 16), 24


def lines() -> Iterator[str]:
    """A table, or a sentence where there is no CUDA."""
    if not torch.cuda.is_available():
        yield "not run: this machine has no CUDA device"
        return
    yield f"{torch.cuda.get_device_name()}\n"
    yield "| engine | objects | ours, ms a frame | peak, GB | transformers, ms | peak, GB | ours is |"
    yield "|---|---|---|---|---|---|---|"
    for engine in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            path = sizes.save(engine, Path(folder))
            for count in COUNTS:
                a, b = (way(engine, path, count, FRAMES, "cuda", "bfloat16") for way in (ours, theirs))
                yield (
                    f"| {engine} | {count} | {1000 * a.seconds:.0f} | {a.gigabytes:.2f} | "
                    f"{1000 * b.seconds:.0f} | {b.gigabytes:.2f} | {b.seconds / a.seconds:.2f}x |"
                )
