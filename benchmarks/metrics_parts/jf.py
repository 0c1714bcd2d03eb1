"""J and contour F beside their definition on whole frames, as davis2017 goes about it."""

from __future__ import annotations

import cv2
import numpy as np

from masklet.evaluation.region import evaluate_jf
from metrics_parts import outlined
from metrics_parts.line import Line, side_by_side


def rows() -> list[Line]:
    """One line an input. The reference gets its frames ready decoded."""
    lines = []
    for name, case in outlined.inputs():
        frames = outlined.frames(case)
        found = evaluate_jf(case.pred, case.truth)
        expected = np.array([_definition(*pair) for pair in frames])
        difference = float(np.abs(np.stack([found.j, found.f], axis=1) - expected).max())
        times = side_by_side(
            lambda case=case: evaluate_jf(case.pred, case.truth),
            lambda frames=frames: [_definition(*pair) for pair in frames],
        )
        lines.append(Line(f"J&F, 1080p, {name}", "DAVIS's definition", *times, difference, 8, 12))
    return lines


def _definition(pred: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """J and F of two frames, `(h, w) bool`."""
    union = np.sum(pred | truth)
    j = np.sum(pred & truth) / union if union else 1.0
    radius = int(np.ceil(0.008 * np.linalg.norm(pred.shape)))
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    disc = (x * x + y * y <= radius * radius).astype(np.uint8)
    edges = [_boundary(mask) for mask in (pred, truth)]
    near = [cv2.dilate(edge.astype(np.uint8), disc) > 0 for edge in edges]
    n_pred, n_truth = (np.sum(edge) for edge in edges)
    if n_pred == 0 or n_truth == 0:
        return float(j), float(n_pred == n_truth)
    precision, recall = np.sum(edges[0] & near[1]) / n_pred, np.sum(edges[1] & near[0]) / n_truth
    both = precision + recall
    return float(j), float(2 * precision * recall / both if both else 0)


def _boundary(mask: np.ndarray) -> np.ndarray:
    """Where a pixel differs from the one to the right, below, or diagonally below right."""
    framed = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    edge = (mask ^ framed[:-1, 1:]) | (mask ^ framed[1:, :-1]) | (mask ^ framed[1:, 1:])
    edge[-1, -1] = False
    return edge
