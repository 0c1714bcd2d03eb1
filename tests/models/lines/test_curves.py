"""Curves: spacing, distances, the band around one and the curve back from it."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.models.lines.curves import away, band, curve_in, even, heading, length_of, normals_of

ARC = np.stack(
    [60 + 40 * np.cos(np.linspace(0, 2.5, 80)), 50 + 40 * np.sin(np.linspace(0, 2.5, 80))], axis=1
)


def full(crop: np.ndarray, offset: tuple[int, int], size_wh: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(size_wh[::-1], bool)
    mask[offset[1] : offset[1] + crop.shape[0], offset[0] : offset[0] + crop.shape[1]] = crop
    return mask


def test_even_spacing_keeps_both_ends_and_the_length() -> None:
    curve = even(ARC, 3.0)
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    assert np.allclose(curve[[0, -1]], ARC[[0, -1]])
    assert np.ptp(steps) < 0.05
    assert length_of(curve) == pytest.approx(100, abs=0.5)


def test_a_point_is_a_curve_too() -> None:
    dot = even(np.array([[5.0, 6.0]]))
    assert dot.tolist() == [[5, 6], [5, 6]]
    assert length_of(dot) == 0
    assert away(np.array([[5.0, 9.0]]), dot).tolist() == [3]
    assert np.isfinite(normals_of(dot)).all()


def test_normals_stand_at_right_angles_and_headings_look_ahead() -> None:
    line = np.stack([np.arange(10.0), np.zeros(10)], axis=1)
    assert np.allclose(normals_of(line), [0, -1])
    assert heading(line) == pytest.approx(0)
    assert heading(line[::-1]) == pytest.approx(np.pi)


@pytest.mark.parametrize("half", [0.5, 1.5, 4.0])
def test_a_band_gives_its_curve_and_width_back(half: float) -> None:
    mask = full(*band(ARC, np.full(8, half), (120, 100)), (120, 100))
    found = curve_in(mask)
    assert found is not None
    curve, profile = found
    assert away(curve, ARC).mean() < 0.6
    assert away(ARC, curve).mean() < 0.8
    assert profile.mean() == pytest.approx(half, abs=0.6)


def test_a_band_cut_by_bars_is_one_curve() -> None:
    whole = full(*band(ARC, np.full(8, 2.0), (120, 100)), (120, 100))
    cut = whole.copy()
    cut[:, 30:36] = cut[:, 70:76] = False
    found = curve_in(cut)
    assert found is not None
    assert away(ARC, found[0]).mean() < 1.5
    assert length_of(found[0]) == pytest.approx(length_of(ARC), rel=0.15)


def test_nothing_holds_no_curve_and_a_line_off_the_frame_gives_no_pixel() -> None:
    assert curve_in(np.zeros((20, 30), bool)) is None
    assert not band(ARC + 500, np.full(2, 1.0), (120, 100))[0].any()


def test_a_line_half_off_the_frame_is_cut_at_the_border() -> None:
    crop, (x, y) = band(np.array([[-20.0, 10.0], [20.0, 10.0]]), np.full(2, 1.0), (120, 100))
    assert (x, y) == (0, 9)
    assert crop.shape == (3, 22)
