"""What the numbers of grey mask pictures mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from masklet.core import DataError
from masklet.formats.mask_folder import Found

LARGEST_PLAIN_ID = 63
"""Ids up to here are believed in an 8-bit grey picture; see `meanings`."""


def meanings(found: Sequence[Found], where: Path, ids: bool | None) -> dict[int, int]:
    """Object id by grey value, for all pictures of one object or one video together.

    The rule, with all values but 0 of all 8-bit grey pictures taken together:

    - only 255, or only 1: a binary mask, object 1;
    - all in 1..63, and perhaps 255: ids, with 255 as void (belongs to nobody);
    - anything else is a grey-level mask (soft edges, a JPEG's noise, a probability map): refused,
      since every threshold would be a guess.

    16-bit pictures and palette pictures always hold ids. `ids=True` takes every value as an id,
    `ids=False` takes anything but 0 and 255 (or 0 and 1) for an error.
    """
    if ids is True or any(one.kind != "grey" for one in found):
        return {one.value: one.value for one in found}
    values = {one.value for one in found}
    if values <= {255} or values <= {1}:
        return dict.fromkeys(values, 1)
    inner = values - {255}
    if ids is None and max(inner, default=0) <= LARGEST_PLAIN_ID:
        return {value: value for value in inner}
    raise DataError(_grey_level(sorted(values), where))


def _grey_level(values: Sequence[int], where: Path) -> str:
    shown = ", ".join(map(str, values[:4])) + (f", ..., {values[-1]}" if len(values) > 4 else "")
    return (
        f"{where} is a grey-level mask: found {len(values)} values besides 0 ({shown}); expected only 0 "
        f"and 255, or ids up to {LARGEST_PLAIN_ID}; threshold it first, or read with the option ids if "
        "every value is an object"
    )
