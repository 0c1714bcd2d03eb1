"""Zones: parts of the picture that a person drew to ask what happens in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core.arrays import Bools, Floats, frozen
from masklet.core.errors import DataError

_EXPECTED = 'expected {"zones": [{"name": "nest", "polygon": [[x, y], [x, y], [x, y]]}]}'


@dataclass(frozen=True, eq=False)
class Zone:
    """A named polygon on the picture.

    Args:
        name: shown to people and used in column names; not empty.
        polygon: `(k, 2) float64`, k >= 3, x and y in pixels, origin at the corner of the top-left
            pixel; closed by itself. A polygon that crosses itself follows the even-odd rule.
    """

    name: str
    polygon: Floats

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise DataError("a zone has an empty name; give every zone a name")
        polygon = frozen(self.polygon, np.float64)
        if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
            raise DataError(
                f"zone {self.name!r} has a polygon of shape {polygon.shape}; expected three or more "
                "points (x, y)"
            )
        if not np.isfinite(polygon).all():
            raise DataError(f"zone {self.name!r} has a coordinate that is not a finite number")
        object.__setattr__(self, "polygon", polygon)

    def contains(self, points: Floats) -> Bools:
        """Which of `points` `(n, 2)` lie inside: `(n,) bool`; NaN lies nowhere.

        Even-odd rule: a ray to the right crosses the outline an odd number of times. A point on
        the outline belongs to the zone below or to the right of that edge, so zones that share an
        edge share no point.
        """
        x, y = np.asarray(points, np.float64).reshape(-1, 2).T
        inside = np.zeros(len(x), np.bool_)
        ends = np.roll(self.polygon, -1, axis=0)
        for (x0, y0), (x1, y1) in zip(self.polygon, ends, strict=True):
            if y0 == y1:
                continue
            spans = (y0 <= y) != (y1 <= y)
            inside ^= spans & (x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)))
        return inside


def read_zones(path: Path | str) -> tuple[Zone, ...]:
    """Zones from a JSON file: `{"zones": [{"name": ..., "polygon": [[x, y], ...]}]}`.

    Raises `DataError` where the file is not that, or where two zones have one name.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read zones from {path}: {error}; {_EXPECTED}") from error
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error}); {_EXPECTED}") from error
    entries = found.get("zones") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not entries:
        raise DataError(f"{path} holds no list of zones; {_EXPECTED}")
    zones = tuple(_zone(entry, i, path) for i, entry in enumerate(entries))
    check_zones(zones)
    return zones


def check_zones(zones: Sequence[Zone]) -> None:
    """Raise `DataError` where two zones have one name."""
    names = [zone.name for zone in zones]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"two zones are called {twice[0]!r}; give every zone its own name")


def _zone(entry: Any, index: int, path: Path | str) -> Zone:
    where = f"{path}, zone {index}"
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise DataError(f"{where} has no name; {_EXPECTED}")
    try:
        polygon = np.asarray(entry.get("polygon"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where} ({entry['name']!r}) has no polygon of numbers; {_EXPECTED}") from error
    return Zone(entry["name"], polygon)
