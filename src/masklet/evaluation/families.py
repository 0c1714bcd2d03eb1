"""The families of metrics, by name: what each needs of a video, and where its code lives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np

from masklet.core.errors import UsageError
from masklet.evaluation.case import Case, Settings

Need = Literal["complete", "objects", "tracked", "lines", "scores"]

JOINED = "the truth tells only foreground, and objects of the prediction were joined"
_WHY: dict[Need, str] = {
    "complete": "the truth is complete on no frame, so nothing can be called false (--complete drawn "
    "says that frames with a mask are complete)",
    "objects": JOINED,
    "tracked": "objects have no numbers, so nobody can be followed through time",
    "lines": "no label is a line",
    "scores": "no predicted mask that is judged has a score, or scores are not within 0..1",
}


@dataclass(frozen=True)
class Family:
    """A module with `measure(case, settings)` for a video and `total(parts)` over videos.

    Args:
        name: attribute of `Scores` and `Parts`, and the name on the command line.
        title: as reports print it.
        module: below `masklet.evaluation`.
        needs: what a video must offer.
        words: metrics by which a person may also ask for the family.
    """

    name: str
    title: str
    module: str
    needs: tuple[Need, ...] = ()
    words: tuple[str, ...] = ()

    def missing(self, case: Case) -> str:
        """Why the family says nothing about a video; `""` where it does."""
        return next((_WHY[need] for need in self.needs if not _has(case, need)), "")

    def caution(self, case: Case) -> str:
        """What a reader should know of the family's numbers on this video; `""` for nothing."""
        if self.name in ("detection", "tracks") and len(case.pred) and np.isnan(case.pred.score).all():
            return (
                "the prediction has no scores: AP takes all as equally sure, in the order of videos and "
                "files, and changes with it; J, HOTA and PQ do not"
            )
        if self.name == "panoptic" and not case.tracked:
            return "objects have no numbers, so VPQ and STQ have none; PQ does"
        return ""

    def measure(self, case: Case, settings: Settings) -> Any:
        """What one video gives."""
        return self._code().measure(case, settings)

    def total(self, parts: Sequence[Any]) -> Any:
        """Scores over videos."""
        return self._code().total(parts)

    def _code(self) -> Any:
        return import_module(f"masklet.evaluation.{self.module}")


FAMILIES = (
    Family("region", "Region and contour", "region", words=("j", "f", "jf", "dice", "iou", "biou")),
    Family("surface", "Surface distances", "surface", words=("hausdorff", "hd95", "assd", "nsd")),
    Family("lines", "Lines", "lines", ("lines",), ("tails",)),
    Family("detection", "Detection (COCO)", "detection", ("complete", "objects"), ("coco", "ap", "ar")),
    Family(
        "tracks", "Tracks (YouTube-VIS)", "tracks", ("complete", "objects", "tracked"), ("ytvis", "vis")
    ),
    Family(
        "identity",
        "Identity",
        "identity",
        ("complete", "objects", "tracked"),
        ("hota", "idf1", "clear", "mota", "switches"),
    ),
    Family("panoptic", "Panoptic", "panoptic", ("complete", "objects"), ("pq", "vpq", "stq")),
    Family("semantic", "Classes of pixels", "semantic", ("complete",), ("miou", "confusion")),
    Family("stability", "Stability over time", "stability", ("tracked",), ("time", "vc", "flicker")),
    Family("calibration", "Calibration of scores", "calibration", ("scores",), ("ece", "aurc")),
    Family("thresholds", "Score thresholds", "thresholds", ("complete", "objects", "scores"), ("pr",)),
)


def chosen(metrics: str | Iterable[str]) -> tuple[Family, ...]:
    """Families by names or by words of theirs; `all` for all. `UsageError` for a word nobody knows."""
    words = metrics.split(",") if isinstance(metrics, str) else list(metrics)
    wanted = {word.strip().lower() for word in words if word.strip()}
    if "all" in wanted:
        return FAMILIES
    known = {word for family in FAMILIES for word in (family.name, *family.words)}
    strange = sorted(wanted - known)
    if strange or not wanted:
        raise UsageError(
            f"unknown metrics: {', '.join(strange) or 'none given'}; expected all, or some of "
            f"{', '.join(family.name for family in FAMILIES)}"
        )
    return tuple(one for one in FAMILIES if wanted & {one.name, *one.words})


def _has(case: Case, need: Need) -> bool:
    if need == "complete":
        return len(case.complete) > 0
    if need == "tracked":
        return case.tracked
    if need == "objects":
        return case.rule != "joined"
    if need == "lines":
        used = np.unique(case.truth.label_id)
        return any(case.labels[i].kind == "line" for i in used)
    known = case.pred.score[np.isfinite(case.pred.score)]
    return len(known) > 0 and 0 <= known.min() <= known.max() <= 1
