"""Cases to a report: each video measured, then all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from masklet.core.arrays import Int16s
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.failures import failures
from masklet.evaluation.families import FAMILIES, Family
from masklet.evaluation.report import Parts, Rows, Scores, VideoReport


class Judge:
    """Measures one video after the other; what it keeps of each is small.

    Args:
        families: what to measure.
        settings: of the metrics.
        worst: how many failures to keep a video.
    """

    def __init__(self, families: Sequence[Family], settings: Settings, worst: int = 12) -> None:
        self._families = families
        self._settings = settings
        self._worst = worst
        self._missing: dict[str, str] = {}
        self._said: set[str] = set()

    @property
    def absent(self) -> tuple[tuple[str, str], ...]:
        """(family, reason) of families that said nothing about any video."""
        return tuple((name, why) for name, why in self._missing.items() if name not in self._said)

    def video(self, case: Case) -> VideoReport:
        """All families on one video."""
        made = {}
        for family in self._families:
            why = family.missing(case)
            if why:
                self._missing.setdefault(family.name, why)
                continue
            made[family.name] = family.measure(case, self._settings)
            self._said.add(family.name)
        parts = Parts(**made)
        rows = _rows(case)
        return VideoReport(
            case.name,
            len(case.frames),
            len(case.complete),
            summed([parts]),
            parts,
            rows,
            failures(case, parts, rows, self._worst),
            case.prompts,
            _media(case),
            max(case.truth.video.n_frames, case.pred.video.n_frames),
        )


def summed(parts: Sequence[Parts]) -> Scores:
    """Scores over videos; a family counts the videos about which it says something."""
    totals = {family.name: family for family in FAMILIES}
    found = {}
    for one in fields(Parts):
        known = [getattr(part, one.name) for part in parts if getattr(part, one.name) is not None]
        if known:
            found[one.name] = totals[one.name].total(known)
    return Scores(**found)


def _media(case: Case) -> str:
    """The address of the video itself, where a side knows its contents."""
    known = (one.video.uri for one in (case.pred, case.truth) if one.video.content_hash)
    return next(known, "")


def _rows(case: Case) -> Rows:
    pairs = case.pairs
    has, true = pairs.pred_row >= 0, pairs.truth_row >= 0
    score = np.append(case.pred.score, np.float32(np.nan))[pairs.pred_row]
    return Rows(pairs.frame, pairs.object_id, _labels(case), has, true, score)


def _labels(case: Case) -> Int16s:
    """The label of each pair's true object."""
    objects, first = np.unique(case.truth.object_id, return_index=True)
    if not len(objects):
        return np.zeros(len(case.pairs), np.int16)
    place = np.minimum(np.searchsorted(objects, case.pairs.object_id), len(objects) - 1)
    labels: Int16s = case.truth.label_id[first[place]]
    return labels
