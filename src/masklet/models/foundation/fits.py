"""What video size and how many objects fit a machine's memory: computed from measured peaks.

    bytes = base + fixed(engine) + objects * each(engine) + pixels * (FRAME + objects * MASK)

`base` is the process with its libraries, `fixed` the weights and what the network takes for a frame,
`each` what it takes for an object. They are fitted so that no measured peak lies above the estimate.
A run hands over up to eight given frames of an object. With so many, one object and four were measured
(sam2-tiny, 1080p: 1417 and 2547 MB); the other cases, and that of one object in the file, had four given
frames (1263 and 2130 MB), and the estimate holds 2547/2130 of the peak of sixteen.
Measured in float32; in bfloat16 less is needed. On a device that was not measured the figures of the CPU
are taken.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from masklet.models.foundation.catalogue import CATALOGUE, Entry, entry

COSTS = Path(__file__).with_name("costs.json")
"""Peaks measured by scripts/calibrate_fits.py: device -> base, and engine -> objects and video size."""
LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory a container has."""
WORDS = ("grounding-dino", "mm-grounding-dino")
"""Families that look at single pictures of one size, and take nothing for an object."""
FRAME = 12
"""Bytes for a pixel of the video: the frame, those that are read ahead, and it as numbers."""
MASK = 1
"""Bytes for a pixel of an object's mask, which at most covers the frame."""
USABLE = 0.85
"""Part of a machine's memory that one program can have."""
MOST_MEASURED = 16
"""Objects up to which peaks were measured; beyond it the line is drawn on."""
MANY = 1000
"""More objects than this are not counted."""
_HD = 1920 * 1080
_GRIDS = {"sam3": (72 / 64) ** 2}
"""Family -> places in its grid against those of SAM 2, which is what an object costs."""
_LIKE = {
    "sam2": "sam2-tiny",
    "edgetam": "sam2-tiny",
    "sam3": "sam2-tiny",
    "grounding-dino": "grounding-dino-tiny",
    "mm-grounding-dino": "grounding-dino-tiny",
}
"""Family -> the weights whose peaks, and the difference in weights, stand for what was not measured."""


@dataclass(frozen=True)
class Cost:
    """What an engine takes, in bytes.

    Attributes:
        base: the process and its libraries.
        fixed: weights, and the network at work on a frame.
        each: for every object.
    """

    base: int
    fixed: int
    each: int

    def needed(self, objects: int, size_wh: tuple[int, int]) -> int:
        """Bytes for a video of this size with so many objects."""
        pixels = size_wh[0] * size_wh[1]
        return self.base + self.fixed + objects * self.each + pixels * (FRAME + objects * MASK)

    def objects(self, size_wh: tuple[int, int], usable: float) -> int:
        """How many objects fit into so many bytes at this size; 0 where not even one does."""
        left = usable - self.needed(0, size_wh)
        return max(0, min(MANY, int(left // (self.each + MASK * size_wh[0] * size_wh[1]))))


@dataclass(frozen=True)
class Room:
    """The memory that networks have here.

    Attributes:
        device: `cpu`, `cuda` or `mps`.
        name: what the device is called.
        total: its memory in bytes; 0 = unknown.
    """

    device: str
    name: str
    total: int

    @property
    def usable(self) -> float:
        """Bytes that one program can have."""
        return self.total * USABLE


def cost(name: str, device: str = "cpu") -> Cost:
    """What the engine on these weights takes on a device."""
    wanted = entry(name)
    told = _costs()
    here = told.get(device, told["cpu"])
    peaks = {**told["cpu"]["peaks"], **here["peaks"]}
    points = _points(peaks, wanted)
    if wanted.family in WORDS:
        return Cost(here["base"], max(points.values()) - here["base"], 0)
    each = max(0, _slope(points) - MASK * _HD)
    fixed = max(peak - n * (each + MASK * _HD) for n, peak in points.items())
    return Cost(here["base"], max(0, round(fixed) - here["base"] - FRAME * _HD), round(each))


def room() -> Room:
    """The device that networks run on here, and its memory. Imports torch where it is installed."""
    if find_spec("torch") and not broken("torch"):
        import torch

        from masklet.models.features.device import best_device

        device = best_device()
        if device.type == "cuda":
            card = torch.cuda.get_device_properties(device)
            return Room("cuda", card.name, card.total_memory)
        return Room(device.type, device.type, memory())
    return Room("cpu", "cpu", memory())


@cache
def broken(library: str) -> str:
    """Why a library that is installed does not load, in one line; empty where it loads."""
    try:
        import_module(library)
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        return " ".join(str(error).split())[:200] or type(error).__name__
    return ""


def memory() -> int:
    """Bytes of main memory that this process may have, a container's limit counted; 0 = unknown."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0
    try:
        limit = int(LIMIT.read_text("utf-8"))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total
    return min(total, limit)


def _points(peaks: Mapping[str, Mapping[str, int]], wanted: Entry) -> dict[int, int]:
    """Objects -> peak of these weights, measured or by way of like ones.

    Where one object was measured, more of them cost what they do on like weights; where nothing was,
    the weights make the difference.
    """
    other = CATALOGUE[_LIKE[wanted.family]]
    like = _of_case(peaks[other.name])
    own = _of_case(peaks.get(wanted.name, {}))
    if len(own) > 1:
        return own
    one = own.get(1, like[1] + max(0, wanted.megabytes - other.megabytes) * 10**6)
    grid = _GRIDS.get(wanted.family, 1.0)
    return {objects: one + round((peak - like[1]) * grid) for objects, peak in like.items()}


def _of_case(peaks: Mapping[str, int]) -> dict[int, int]:
    """Objects -> peak, of the cases at 1080p."""
    return {int(case.split()[0]): peak for case, peak in peaks.items() if case.endswith("1080p")}


def _slope(points: Mapping[int, int]) -> float:
    """Bytes for one object more, between the fewest and the most that were measured; 0 for one case."""
    few, many = min(points), max(points)
    return (points[many] - points[few]) / (many - few) if many > few else 0.0


@cache
def _costs() -> dict[str, Any]:
    return json.loads(COSTS.read_text("utf-8"))  # type: ignore[no-any-return]
