"""Boundary IoU beside its definition on whole frames: as many erosions by 3x3 as the band is wide."""

from __future__ import annotations

import cv2
import numpy as np

from masklet.core.arrays import Floats
from masklet.evaluation.boundary_iou import band_width, boundary_iou
from masklet.evaluation.case import Case
from masklet.evaluation.crops import pieces, sights
from metrics_parts import outlined
from metrics_parts.line import Line, side_by_side


def rows() -> list[Line]:
    """One line an input. The reference gets its frames ready decoded."""
    lines = []
    for name, case in outlined.inputs():
        frames = outlined.frames(case)
        expected = np.array([_definition(*pair) for pair in frames])
        difference = float(np.abs(_ours(case) - expected).max())
        times = side_by_side(
            lambda case=case: _ours(case),
            lambda frames=frames: [_definition(*pair) for pair in frames],
        )
        lines.append(Line(f"Boundary IoU, 1080p, {name}", "its definition", *times, difference, 4, 6))
    return lines


def _ours(case: Case) -> Floats:
    return np.array(
        [
            boundary_iou(sight.pred, sight.truth, band_width(0.02, sight.size_wh))
            for piece in pieces(case.pred, case.truth, case.pairs)
            for sight in sights(piece)
        ]
    )


def _definition(pred: np.ndarray, truth: np.ndarray) -> float:
    """Boundary IoU of two frames, `(h, w) bool`."""
    width = max(1, int(np.round(0.02 * np.sqrt(pred.shape[0] ** 2 + pred.shape[1] ** 2))))
    bands = []
    for mask in (pred, truth):
        framed = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        left = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=width)
        bands.append(mask.astype(np.uint8) - left[1:-1, 1:-1])
    union = ((bands[0] + bands[1]) > 0).sum()
    return float(((bands[0] * bands[1]) > 0).sum() / union) if union else 1.0
