"""Panoptic and semantic metrics, and the calibration of scores."""

from __future__ import annotations

from masklet.evaluate.report import Report
from masklet.render.page.nouns import Section


def panoptic(report: Report) -> Section | None:
    return None


def semantic(report: Report) -> Section | None:
    return None


def calibration(report: Report) -> Section | None:
    return None
