"""Hub: who is connected, and what they are told."""

from __future__ import annotations


class Hub:
    """The open tabs."""
