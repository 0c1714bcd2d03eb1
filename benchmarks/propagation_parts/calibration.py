"""Scores against true IoU, over all rows of the parts that have exact truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.part import Figures, Job, Table
from propagation_parts.results import Results

SOURCES = ("davis", "pairs", "cages")
TITLE = "Score against true IoU"
NOTE = (
    f"All scored rows of {', '.join(SOURCES)}, as far as they were run. A row where the object is "
    "absent has IoU 0. A frame on which an object was lost has no row and no score. "
    "The calibration error weighs ten bins by their rows; the risk is 1 - IoU, rows kept from the "
    "highest score down."
)
COLUMNS = {"scores": "", "rows": "g", "mean score": ".3f", "mean IoU": ".3f"}
SINGLE = {
    "rows of": "",
    "rows": "g",
    "calibration error": ".3f",
    "area under risk-coverage": ".3f",
    "the same in true order": ".3f",
}


def jobs(_: Bench) -> Iterator[Job]:
    """None: everything is read from what other parts left."""
    yield from ()


def summary(_: Sequence[Figures], results: Results) -> list[Table]:
    """Reliability by bin of scores; then single numbers, of all rows and of each part's."""
    parts = {name: results.samples(name) for name in SOURCES}
    parts = {name: kept for name, kept in parts.items() if kept.score}
    columns = {name: (np.array(kept.score), np.array(kept.iou)) for name, kept in parts.items()}
    if not columns:
        return []
    score, iou = (np.concatenate(both) for both in zip(*columns.values(), strict=True))
    bins = [
        {"scores": f"{low:.1f}-{high:.1f}", "rows": n, "mean score": said, "mean IoU": true}
        for low, high, n, said, true in measures.reliability(score, iou)
    ]
    single = [_single(name, *both) for name, both in {"all": (score, iou), **columns}.items()]
    return [Table(COLUMNS, bins), Table(SINGLE, single)]


def _single(rows: str, score: np.ndarray, iou: np.ndarray) -> Figures:
    return {
        "rows of": rows,
        "rows": len(score),
        "calibration error": measures.calibration_error(score, iou),
        "area under risk-coverage": measures.risk_coverage(score, iou),
        "the same in true order": measures.risk_coverage(iou, iou),
    }
