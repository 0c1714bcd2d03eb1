"""Cases to a report: each video measured, then all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from masklet.evaluation.case import Case, Settings
from masklet.evaluation.failures import failures
from masklet.evaluation.families import FAMILIES, JOINED, Family
from masklet.evaluation.identity import IdentityPart
from masklet.evaluation.report import Parts, Rows, Scores, VideoReport
from masklet.evaluation.spread import object_labels


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
        self._missing: dict[str, list[str]] = {}
        self._videos = 0

    @property
    def absent(self) -> tuple[tuple[str, str], ...]:
        """(family, reason) of families that said nothing about some videos, or any."""
        return tuple((name, self._why(reasons)) for name, reasons in self._missing.items())

    def _why(self, reasons: Sequence[str]) -> str:
        if len(reasons) == self._videos:
            return reasons[0]
        if JOINED in reasons:
            n = reasons.count(JOINED)
            return f"not over all videos, since on {n} of {self._videos} {JOINED}"
        return f"without {len(reasons)} of {self._videos} videos: {reasons[0]}"

    def overall(self, parts: Sequence[Parts]) -> Scores:
        """Scores over all videos.

        A family that cannot be measured on a video because its objects were joined has none: over the
        other videos alone it would be another number than that of a prediction with fewer objects.
        """
        partial = {name: None for name, reasons in self._missing.items() if JOINED in reasons}
        return replace(summed(parts), **partial)

    def video(self, case: Case) -> VideoReport:
        """All families on one video."""
        made = {}
        self._videos += 1
        for family in self._families:
            why = family.missing(case)
            if why:
                self._missing.setdefault(family.name, []).append(why)
                continue
            made[family.name] = family.measure(case, self._settings)
        parts, rows = Parts(**made), _rows(case)
        found = failures(case, parts, rows, self._worst)
        if parts.identity is not None:
            parts = replace(parts, identity=_own_ids(case, parts.identity))
        return VideoReport(
            case.name,
            case.frames,
            len(case.complete),
            summed([parts]),
            parts,
            rows,
            found,
            case.prompts,
            _media(case),
            max(case.truth.video.n_frames, case.pred.video.n_frames),
            case.truth.video.files,
            case.rule,
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


def _own_ids(case: Case, part: IdentityPart) -> IdentityPart:
    """Switches under the numbers that the prediction itself uses."""
    listed = tuple(
        replace(one, before=case.own_id(one.before), now=case.own_id(one.now)) for one in part.switches
    )
    return replace(part, switches=listed)


def _media(case: Case) -> str:
    """The address of the video itself, where a side knows its contents."""
    known = (one.video.uri for one in (case.pred, case.truth) if one.video.content_hash)
    return next(known, "")


def _rows(case: Case) -> Rows:
    pairs = case.pairs
    has, true = pairs.pred_row >= 0, pairs.truth_row >= 0
    score = np.append(case.pred.score, np.float32(np.nan))[pairs.pred_row]
    labels = object_labels(case).astype(np.int16)
    return Rows(pairs.frame, pairs.object_id, labels, has, true, score)
