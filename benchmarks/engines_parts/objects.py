"""How the cost of a frame grows with objects: SAM 2.1 tiny, 1080p, this processor, float32.

The third to fifth frame after the prompt, both ways in turn on the same weights.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from engines_parts.cost import ours, theirs
from masklet.models.foundation import sizes

COUNTS, FRAMES = (1, 4, 16), 5


def lines() -> Iterator[str]:
    """A table."""
    yield "| objects | ours, s a frame | each more | transformers, s a frame | each more | ours is |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        path = sizes.save("sam2-tiny", Path(folder))
        one: tuple[float, float] | None = None
        for count in COUNTS:
            pair = tuple(
                way("sam2-tiny", path, count, FRAMES, "cpu", "float32").seconds for way in (ours, theirs)
            )
            one = one or (pair[0], pair[1])
            more = [
                f"{(now - first) / (count - 1):.2f}" if count > 1 else "-"
                for now, first in zip(pair, one, strict=True)
            ]
            yield (
                f"| {count} | {pair[0]:.2f} | {more[0]} | {pair[1]:.2f} | {more[1]} | "
                f"{pair[1] / pair[0]:.2f}x |"
            )
