"""Share of a step at real size that is not the network: SAM 2.1 tiny, 1080p, on this processor.

What is not counted as network: reading the frame off the generator, making it ready, choosing memories,
enlarging logits, encoding masks, building rows. Must be under 5 %.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from engines_parts.scene import Walkers
from masklet.models.foundation import sizes
from masklet.models.foundation.engines import Sam2Tiny
from masklet.models.foundation.network import Network

SIZE_WH, FRAMES = (1920, 1080), 6
STEPS = ("encode", "given", "follow", "remember")


def lines() -> Iterator[str]:
    """A table by number of objects."""
    yield "| objects | a step, ms | network, ms | the rest |"
    yield "|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        sizes.save("sam2-tiny", Path(folder))
        for count in (1, 4):
            whole, network = _measured(folder, count)
            share = 100 * (1 - network / whole)
            yield f"| {count} | {1000 * whole:.0f} | {1000 * network:.0f} | {share:.1f} % |"


def _measured(folder: str, count: int) -> tuple[float, float]:
    """Seconds a frame: all of it, and inside the network."""
    scene, spent = Walkers(SIZE_WH, count, FRAMES), [0.0]

    def timed(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            begun = time.perf_counter()
            found = step(*args, **more)
            spent[0] += time.perf_counter() - begun
            return found

        return run

    parts = {name: timed(getattr(Network, name)) for name in STEPS}
    with patch.multiple(Network, **parts):
        running = Sam2Tiny(weights_dir=folder).propagate(scene, scene.seeds(), range(FRAMES))
        next(running)
        next(running)
        spent[0], begun = 0.0, time.perf_counter()
        steps = sum(1 for _ in running)
    return (time.perf_counter() - begun) / steps, spent[0] / steps
