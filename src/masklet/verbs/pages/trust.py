"""How far scores can be trusted: reliability, and what remains when the doubtful rows are left out."""

from __future__ import annotations

import numpy as np

from masklet.evaluation.calibration import COVERAGE, CalibrationScores
from masklet.evaluation.report import Report
from masklet.render.page.nouns import Column, Curves, Number, Numbers, Section, Series, Table, Value


def calibration(report: Report) -> Section | None:
    """Score against IoU, and risk against coverage."""
    scores = report.scores.calibration
    if scores is None:
        return None
    filled = [one for one in scores.bins if one.rows]
    score, iou = (np.array([getattr(one, name) for one in filled]) for name in ("score", "iou"))
    reliable = Curves(
        (Series("rows by score", iou, score, "both"),),
        "Does a score of 0.8 mean an IoU of 0.8?",
        "mean score of the bin",
        "mean IoU",
        (0.0, 1.0),
        (0.0, 1.0),
        diagonal=True,
    )
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (f"{one.low:.1f}-{one.high:.1f}", one.rows, one.score, one.iou) for one in scores.bins
    )
    columns = (
        Column("Score"),
        Column("Rows", "count"),
        Column("Mean score", "score"),
        Column("Mean IoU", "score"),
    )
    return Section(
        "Calibration of scores", "", (_tiles(scores), reliable, _risk(scores), Table(columns, rows))
    )


def _tiles(scores: CalibrationScores) -> Numbers:
    return Numbers(
        (
            Number("Calibration error", scores.ece, "mean of |score - IoU| over bins"),
            Number("Mean score", scores.score, f"of {scores.rows} rows with a score"),
            Number("Mean IoU", scores.iou, "of the same rows"),
            Number(
                "AURC", scores.aurc, f"area under risk over coverage; at best {scores.aurc_best:.3f}"
            ),
        )
    )


def _risk(scores: CalibrationScores) -> Curves:
    return Curves(
        (
            Series("by falling score", scores.risk, COVERAGE),
            Series("at best", scores.risk_best, COVERAGE),
        ),
        "Risk over coverage",
        "share of rows kept, the surest first",
        "mean of 1 - IoU",
        (0.0, 1.0),
    )
