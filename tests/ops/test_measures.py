"""Measures against brute force on pixels, and motion against paths worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Flags, Label, Masks, UsageError, Video
from masklet.ops.measures import measure, summary
from masklet.ops.moments import moments
from masklet.ops.runs import encode
from masklet.ops.zones import Zone

H, W = 20, 28


def table(rows, times=(), n_frames=50, **columns) -> Masks:
    """Masks from a list of (frame, object, (h, w) bool)."""
    runs = [encode(mask) for _, _, mask in rows]
    return Masks(
        Video("v", W, H, len(times) or n_frames, times=np.asarray(times, float)),
        (Label("rat"), Label("tail", "line")),
        frame=[frame for frame, _, _ in rows],
        object_id=[object_id for _, object_id, _ in rows],
        label_id=np.zeros(len(rows)),
        runs=np.concatenate([*runs, np.empty(0, np.uint32)]),
        offset=np.cumsum([0, *(len(r) for r in runs)]),
        **columns,
    )


def block(x0, y0, w=4, h=4) -> np.ndarray:
    mask = np.zeros((H, W), bool)
    mask[y0 : y0 + h, x0 : x0 + w] = True
    return mask


EMPTY = block(0, 0, 0, 0)


@st.composite
def masks_of_a_frame(draw) -> np.ndarray:
    """Noise, boxes, the full frame or nothing."""
    kind = draw(st.sampled_from(["noise", "boxes", "full", "empty", "columns"]))
    if kind == "noise":
        return np.random.default_rng(draw(st.integers(0, 999))).random((H, W)) < draw(st.floats(0.01, 1))
    if kind == "columns":  # runs that span several columns
        mask = np.zeros((H, W), bool)
        start, stop = sorted((draw(st.integers(0, H * W)), draw(st.integers(0, H * W))))
        mask.T.reshape(-1)[start:stop] = True
        flat = np.zeros(H * W, bool)
        flat[start:stop] = True
        return flat.reshape(W, H).T.copy()
    boxes = [block(draw(st.integers(0, W - 1)), draw(st.integers(0, H - 1)), 5, 3) for _ in range(2)]
    return {"boxes": boxes[0] | boxes[1], "full": ~EMPTY, "empty": EMPTY}[kind]


def corner_distance(mask: np.ndarray) -> float:
    """Largest distance between two corners of its pixels."""
    y, x = np.nonzero(mask)
    points = np.concatenate([np.stack([x + i, y + j], 1) for i in (0, 1) for j in (0, 1)]).astype(float)
    return float(np.hypot(*(points[:, None] - points[None]).T).max())


def fine_moments(mask: np.ndarray, parts: int = 16) -> tuple[float, float, float]:
    """Second central moments with every pixel cut into many."""
    y, x = np.nonzero(np.kron(mask, np.ones((parts, parts), bool)))
    x, y = (x + 0.5) / parts, (y + 0.5) / parts
    return float(x.var()), float(y.var()), float(((x - x.mean()) * (y - y.mean())).mean())


@settings(max_examples=50, deadline=None)
@given(st.lists(masks_of_a_frame(), min_size=1, max_size=4))
def test_moments_equal_brute_force(frames):
    found = moments(table([(i, 1, mask) for i, mask in enumerate(frames)]))
    for i, mask in enumerate(frames):
        assert found.area[i] == mask.sum()
        if not mask.any():
            assert np.isnan([*found.centroid_xy[i], found.xx[i], found.feret[i]]).all()
            continue
        y, x = np.nonzero(mask)
        assert found.centroid_xy[i] == pytest.approx([x.mean() + 0.5, y.mean() + 0.5])
        assert (found.xx[i], found.yy[i], found.xy[i]) == pytest.approx(
            fine_moments(mask), rel=2e-2, abs=1e-3
        )
        assert found.xx[i] == pytest.approx(x.var() + 1 / 12)
        longest = corner_distance(mask)
        assert longest * 0.99984 <= found.feret[i] <= longest + 1e-9


def test_more_rows_than_one_block():
    rows = [(i, 1, block(i % 20, i % 15)) for i in range(2500)]
    found = moments(table(rows, n_frames=2500))
    assert found.centroid_xy[:, 0] == pytest.approx([i % 20 + 2 for i in range(2500)])
    assert len(moments(table([])).area) == 0


@pytest.mark.parametrize("degrees", [-80, -45, -30, 0, 20, 45, 70, 90])
def test_axes_and_orientation_of_an_ellipse(degrees):
    """Clockwise on screen: y points down."""
    size, a, b = 401, 150, 60
    y, x = np.mgrid[:size, :size] - size // 2
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    mask = ((x * c + y * s) / a) ** 2 + ((y * c - x * s) / b) ** 2 <= 1
    runs = encode(mask)
    masks = Masks(Video("v", size, size, 1), (Label("e"),), [0], [1], 0, runs, [0, len(runs)])
    row = {name: column[0] for name, column in measure(masks).items()}
    assert row["major_axis_px"] == pytest.approx(2 * a, rel=3e-3)
    assert row["minor_axis_px"] == pytest.approx(2 * b, rel=5e-3)
    assert row["orientation_deg"] == pytest.approx(degrees, abs=0.2)
    assert row["body_length_px"] == pytest.approx(2 * a, rel=0.01)


def test_motion_follows_presentation_times():
    times = [0.0, 0.1, 0.3, 0.4]  # not evenly spaced
    masks = table(
        [(0, 1, block(0, 0)), (1, 1, block(3, 4)), (2, 1, block(3, 4)), (3, 1, block(9, 12))], times
    )
    found = measure(masks)
    assert found["seconds"].tolist() == times
    assert found["speed_px_s"] == pytest.approx([np.nan, 50, 0, 100], nan_ok=True)
    assert found["distance_px"] == pytest.approx([0, 5, 5, 15])
    assert found["duration_s"] == pytest.approx([0.1, 0.2, 0.1, 0.1])


def test_a_gap_has_no_speed_and_adds_no_distance():
    rows = [
        (0, 1, block(0, 0)),
        (1, 1, block(1, 0)),
        (2, 1, EMPTY),
        (5, 1, block(9, 0)),
        (6, 1, block(11, 0)),
    ]
    found = measure(table(rows, np.arange(8) / 10))
    assert found["speed_px_s"] == pytest.approx([np.nan, 10, np.nan, np.nan, 20], nan_ok=True)
    assert found["distance_px"] == pytest.approx([0, 1, np.nan, 1, 3], nan_ok=True)
    assert found["duration_s"] == pytest.approx([0.1, 0.1, np.nan, 0.1, 0.1], nan_ok=True)
    assert found["area_px"].tolist() == [16, 16, 0, 16, 16]


def test_every_tenth_frame_is_no_gap():
    rows = [(f, 1, block(f // 10, 0)) for f in (0, 10, 20, 30)]
    found = measure(table(rows, np.arange(40) / 10))
    assert found["speed_px_s"] == pytest.approx([np.nan, 1, 1, 1], nan_ok=True)
    assert found["duration_s"] == pytest.approx([1, 1, 1, 1])


def test_fps_stands_in_for_missing_times():
    masks = table([(0, 1, block(0, 0)), (1, 1, block(2, 0))])
    assert np.isnan(measure(masks)["speed_px_s"]).all()
    found = measure(masks, fps=5)
    assert found["seconds"] == pytest.approx([0, 0.2])
    assert found["speed_px_s"][1] == pytest.approx(10)


def test_millimetres():
    masks = table([(0, 1, block(0, 0)), (1, 1, block(2, 0))], [0, 0.5])
    found = measure(masks, scale_mm_per_px=0.5)
    assert found["area_mm2"] == pytest.approx([4, 4])
    assert found["speed_mm_s"][1] == pytest.approx(2)
    assert found["distance_mm"] == pytest.approx([0, 1])
    assert found["body_length_mm"] == pytest.approx(found["body_length_px"] / 2)
    assert summary(found)["mean_area_mm2"] == pytest.approx([4])


def test_objects_are_kept_apart():
    rows = [(0, 1, block(0, 0)), (0, 2, block(20, 0)), (1, 1, block(3, 4)), (1, 2, block(20, 2))]
    found = measure(table(rows, [0, 1]))
    assert found["distance_px"] == pytest.approx([0, 0, 5, 2])
    assert summary(found)["distance_px"] == pytest.approx([5, 2])


def test_untracked_rows_have_form_but_no_motion():
    found = measure(table([(0, -1, block(0, 0)), (0, -1, block(9, 9)), (1, -1, block(2, 2))], [0, 1]))
    assert found["area_px"].tolist() == [16, 16, 16]
    for name in ("speed_px_s", "distance_px", "duration_s", "visible_fraction"):
        assert np.isnan(found[name]).all()


def test_visible_fraction_is_against_the_usual_full_size():
    rows = [(f, 1, block(0, 0, 8, 10)) for f in range(20)]
    rows[7] = (7, 1, block(0, 0, 4, 10))
    found = measure(table(rows))
    assert found["visible_fraction"][7] == pytest.approx(0.5)
    assert np.delete(found["visible_fraction"], 7) == pytest.approx(1)


def test_flags_are_named():
    flags = [0, Flags.KEYFRAME | Flags.LOW_SCORE]
    found = measure(table([(0, 1, block(0, 0)), (1, 1, block(0, 0))], flags=flags))
    assert found["flags"].tolist() == ["", "keyframe low_score"]


ZONES = (
    Zone("left", [[0, 0], [14, 0], [14, 20], [0, 20]]),
    Zone("right", [[14, 0], [28, 0], [28, 20], [14, 20]]),
)


def test_time_and_way_in_zones():
    xs = [2, 6, 16, 20, 6]  # centroids 4, 8, 18, 22, 8
    masks = table([(f, 1, block(x, 0)) for f, x in enumerate(xs)], np.arange(5) / 2)
    found = measure(masks, zones=ZONES)
    assert found["in_left"].tolist() == [True, True, False, False, True]
    totals = {name: column[0] for name, column in summary(found).items()}
    assert (totals["seconds_in_left"], totals["seconds_in_right"]) == (1.5, 1.0)
    assert (totals["entries_left"], totals["entries_right"]) == (1, 1)
    assert totals["distance_in_left_px"] + totals["distance_in_right_px"] == totals["distance_px"] == 32
    assert totals["seconds"] == 2.5
    assert totals["mean_speed_px_s"] == pytest.approx(32 / 2)
    assert totals["max_speed_px_s"] == pytest.approx(28)


def test_summary_of_objects_that_are_never_seen():
    totals = summary(measure(table([(0, 1, EMPTY), (0, 2, block(0, 0))], [0, 1]), zones=()))
    assert totals["frames"].tolist() == [0, 1]
    assert np.isnan(totals["mean_area_px"][0])
    assert len(summary(measure(table([])))["object_id"]) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"scale_mm_per_px": 0}, UsageError, "scale is 0"),
        ({"scale_mm_per_px": float("nan")}, UsageError, "scale is nan"),
        ({"fps": -1}, UsageError, "fps is -1"),
        ({"zones": [ZONES[0], ZONES[0]]}, DataError, "two zones are called 'left'"),
        (
            {"zones": [Zone("far", [[900, 0], [950, 0], [950, 9]])]},
            DataError,
            "meet the picture of 28x20",
        ),
    ],
)
def test_refusals(arguments, error, message):
    with pytest.raises(error, match=message):
        measure(table([(0, 1, block(0, 0))]), **arguments)
