"""How a broken rule is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from masklet.core.errors import MaskletError
from masklet.core.masks import Masks
from masklet.ops import table


def hold(kept: bool, rule: str) -> None:
    """`AssertionError` that names the rule, unless it is kept."""
    if not kept:
        raise AssertionError(rule)


def refuses(call: Callable[[], Any], rule: str) -> None:
    """The call must end in a `MaskletError`: not in another error, not in an answer."""
    try:
        call()
    except MaskletError:
        return
    except Exception as error:
        raise AssertionError(f"{rule}; it raised {type(error).__name__}: {error}") from error
    raise AssertionError(f"{rule}; it raised nothing")


def same_rows(a: Masks, b: Masks) -> bool:
    """The same objects with the same masks, labels, scores and origins; steps and video may differ."""
    if len(a) != len(b) or not np.array_equal(a.runs, b.runs):
        return False
    columns = ("frame", "object_id", "offset", "origin", "flags")
    if not all(np.array_equal(getattr(a, name), getattr(b, name)) for name in columns):
        return False
    scores = all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
        for name in ("score", "identity_score")
    )
    return scores and [a.label_of(i) for i in range(len(a))] == [b.label_of(i) for i in range(len(b))]


def made_by_program(rows: Masks, who: str) -> None:
    """Rows of an engine: not empty, scored 0..1, and not claimed to be a person's."""
    hold(
        bool(np.all(table.areas(rows) > 0)),
        f"{who}: an object that is not visible has no row; found an empty mask",
    )
    for name in ("score", "identity_score"):
        column = getattr(rows, name)
        found = column[~np.isnan(column)] if name == "identity_score" else column
        hold(
            bool(np.all((found >= 0) & (found <= 1))),
            f"{who}: {name} lies in 0..1 (score NaN = drawn by a person); found {column.tolist()}",
        )
