"""A table of numbers on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer


def show(table: Mapping[str, Any]) -> None:
    """Print the columns as rows of `name value` for each object: narrow enough for any terminal."""
    names = list(table)
    width = max((len(name) for name in names), default=0)
    for i in range(len(table[names[0]]) if names else 0):
        if i:
            typer.echo("")
        for name in names:
            typer.echo(f"  {name:<{width}}  {_text(table[name][i])}")


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
