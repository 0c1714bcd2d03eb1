"""Published weights: which there are, fetching them, where they lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from masklet.core.errors import MaskletError
from masklet.models.foundation import weights
from masklet.models.foundation.catalogue import ALIASES, CATALOGUE, Entry, entry

__all__ = ["ALIASES", "Weights", "models", "path", "pull", "state"]


@dataclass(frozen=True)
class Weights:
    """One set of published weights on this machine.

    Attributes:
        entry: what is published.
        path: the folder in which they lie whole; None where they do not.
        note: why they do not; empty where they do.
        size: their bytes on the disk; 0 where they are not here.
    """

    entry: Entry
    path: Path | None
    note: str = ""
    size: int = 0


def models() -> list[Weights]:
    """All weights that masklet knows by name, and whether they are here."""
    return [state(one) for one in CATALOGUE.values()]


def state(wanted: Entry) -> Weights:
    """Whether one set of weights is in the cache and can be used. Reads headers, asks no network."""
    try:
        path = weights.cached(wanted)
        lacking = weights.missing(path) if path else ""
        part = weights.half_downloaded(wanted)
        if path and not lacking:
            return Weights(wanted, weights.find(wanted.name), "", weights.size_of(path))
    except (MaskletError, OSError) as error:
        return Weights(wanted, None, f"cannot be used: {' '.join(str(error).split())}")
    if part or lacking:
        return Weights(wanted, None, f"not whole, {part / 1e6:.0f} MB there: {lacking or 'broken off'}")
    return Weights(wanted, None, "not here")


def pull(name: str, report: Callable[[str, int, int], None] | None = None) -> Path:
    """Fetch weights from the Hugging Face hub into its cache; a broken download goes on where it was.

    Args:
        name: one of the catalogue, such as `sam2-small`.
        report: told (name, megabytes done, megabytes in all).

    Raises `UsageError` for an unknown name; `DataError` without network, access, or room on the disk.
    """
    from masklet.models.foundation.fetching import fetch

    return fetch(entry(name), report)


def path(name: str) -> Path:
    """The folder in which the weights lie. Raises as `weights.find` where they are not here."""
    return weights.find(name)
