"""Markdown tables, printed row by row while the work goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def head(columns: Mapping[str, str]) -> str:
    """The two first lines."""
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def line(columns: Mapping[str, str], figures: Mapping[str, Any], strong: bool = False) -> str:
    """One row; a figure that is not there leaves its cell empty."""
    cells = [_cell(figures.get(name), form) for name, form in columns.items()]
    if strong:
        cells = [f"**{cell}**" if cell else "" for cell in cells]
    return f"| {' | '.join(cells)} |"


def _cell(value: Any, form: str) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return value if isinstance(value, str) else format(value, form)


def mean_of(rows: list[dict[str, Any]], name: str) -> float | None:
    """Mean of a column over the rows that have it."""
    values = [row[name] for row in rows if row.get(name) is not None]
    return sum(values) / len(values) if values else None


def slug(text: str) -> str:
    """A name that any file system takes: lower case, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "all"
