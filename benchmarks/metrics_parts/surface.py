"""Distances between outlines beside the package surface-distance and beside medpy's definition."""

from __future__ import annotations

import warnings

import numpy as np

from masklet.evaluation.case import Settings
from masklet.evaluation.surface import measure
from metrics_parts import outlined
from metrics_parts.line import Line, side_by_side


def rows() -> list[Line]:
    """Two lines an input; ours takes all five measures each time, the references what they know.

    The package names parts of scipy that are deprecated; its warnings are left out. The references
    get their frames ready decoded. No speed was asked for: the bars are to be no slower than the
    package, and what a trial had shown against medpy.
    """
    lines = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name, case in outlined.inputs():
            frames = outlined.frames(case)
            part = measure(case, Settings())
            ours = {
                "surface-distance": np.stack([part.hd95_max, part.nsd], axis=1),
                "medpy's definition": np.stack([part.hausdorff, part.hd95_pooled, part.assd], axis=1),
            }
            for (reference, found), call in zip(ours.items(), (_package, _medpy), strict=True):
                expected = np.array([call(*pair) for pair in frames])
                difference = float(np.abs(found - expected).max())
                times = side_by_side(
                    lambda case=case: measure(case, Settings()),
                    lambda frames=frames, call=call: [call(*pair) for pair in frames],
                    rounds=3,
                )
                what, bars = (
                    ("HD95 and NSD", (1, 2)) if call is _package else ("Hausdorff, HD95, ASSD", (8, 14))
                )
                lines.append(Line(f"{what}, 1080p, {name}", reference, *times, difference, *bars))
    return lines


def _package(pred: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """HD95 (the larger percentile) and NSD at 2 px."""
    import surface_distance

    found = surface_distance.compute_surface_distances(truth, pred, [1, 1])
    return (
        surface_distance.compute_robust_hausdorff(found, 95),
        surface_distance.compute_surface_dice_at_tolerance(found, 2.0),
    )


def _medpy(pred: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Hausdorff, HD95 (pooled) and ASSD by scipy on the whole frame."""
    from scipy import ndimage

    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (pred, truth)]
    away = [ndimage.distance_transform_edt(~edge) for edge in edges]
    ways = away[1][edges[0]], away[0][edges[1]]
    both = np.hstack(ways)
    return both.max(), np.percentile(both, 95), np.mean([way.mean() for way in ways])
