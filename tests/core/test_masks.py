"""The rules of the one noun."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import DataError, Label, Masks, Origin, Review, Step, Video

VIDEO = Video("cage.mp4", 4, 3, 10)
CAT = Label("cat")


def masks(frame=(0, 0, 1), object_id=(1, 2, 1), **columns):
    n = len(frame)
    given = {
        "labels": (CAT,),
        "runs": [v for i in range(n) for v in (i, 1, 11 - i)],
        "offset": range(0, 3 * n + 1, 3),
    } | columns
    return Masks(VIDEO, frame=frame, object_id=object_id, **given)


def test_scalars_spread_and_types_hold():
    made = masks(score=0.5, origin=Origin.PREDICTED)
    assert len(made) == 3
    assert made.score.tolist() == [0.5] * 3
    assert np.isnan(made.identity_score).all()
    types = {
        name: getattr(made, name).dtype for name in ("frame", "label_id", "runs", "offset", "flags")
    }
    assert types == {
        "frame": np.int32,
        "label_id": np.int16,
        "runs": np.uint32,
        "offset": np.int64,
        "flags": np.uint16,
    }


def test_columns_are_frozen():
    made = masks()
    with pytest.raises(ValueError, match="read-only"):
        made.frame[0] = 5
    with pytest.raises(AttributeError):
        made.frame = np.zeros(3)


def test_rows_are_sorted_with_their_runs():
    made = masks(frame=(1, 0, 0), object_id=(1, 2, 1), score=[0.1, 0.2, 0.3])
    assert made.frame.tolist() == [0, 0, 1]
    assert made.object_id.tolist() == [1, 2, 1]
    np.testing.assert_allclose(made.score, [0.3, 0.2, 0.1])
    assert [made.row_runs(i)[0] for i in range(3)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"frame": (0, 0), "object_id": (1, 1)}, "object 1 has two masks on frame 0"),
        ({"frame": (0, 10), "object_id": (1, 1)}, "frame 10 is not in the video; expected 0..9"),
        ({"frame": (-1, 0), "object_id": (1, 1)}, "frame -1 is not in the video"),
        ({"label_id": 1}, r"label_id runs 1..1; expected 0..0 \(1 labels\)"),
        ({"label_id": -1}, "label_id runs -1"),
        ({"labels": ()}, "0 labels"),
        ({"step": 0}, "step 0 is not among the 0 steps"),
        ({"runs": [12] * 9}, "covers 36 pixels; expected 4x3 = 12"),
        ({"offset": [0, 3, 6]}, r"expected \(4,\)"),
        ({"offset": [0, 6, 3, 9]}, "must rise"),
        ({"offset": [0, 3, 6, 8]}, "must rise"),
        ({"score": [0.5, 0.5]}, r"score has shape \(2,\); expected \(3,\)"),
    ],
)
def test_broken_rules_are_named(columns, says):
    with pytest.raises(DataError, match=says):
        masks(**columns)


def test_untracked_rows_may_repeat():
    assert len(masks(frame=(0, 0, 0), object_id=(-1, -1, 1))) == 3


def test_a_live_video_has_no_last_frame():
    live = Video("camera:0", 4, 3, -1)
    assert Masks(live, (CAT,), frame=[10**6], runs=[12], offset=[0, 1]).frame[0] == 10**6


@pytest.mark.parametrize(
    ("rows", "frames"),
    [
        ([True, False, True], [0, 1]),
        ([2, 0], [0, 1]),
        (slice(1, None), [0, 1]),
        (slice(0, 0), []),
        ([], []),
        (1, [0]),
    ],
)
def test_take(rows, frames):
    taken = masks().take(np.array(rows, int) if rows == [] else rows)
    assert taken.frame.tolist() == frames
    assert taken.video is VIDEO


def test_on_of_and_each_frame():
    made = masks()
    assert made.on(0).object_id.tolist() == [1, 2]
    assert len(made.on(7)) == 0
    assert made.of(1).frame.tolist() == [0, 1]
    assert [(frame, len(rows)) for frame, rows in made.each_frame()] == [(0, 2), (1, 1)]
    assert made.frames.tolist() == [0, 1]
    assert made.objects.tolist() == [1, 2]
    assert made.label_of(2) == CAT
    assert "3 rows, 2 objects on 2 of 10 frames" in repr(made)


@pytest.mark.parametrize(
    ("origin", "review", "trusted"),
    [
        (Origin.HUMAN, Review.TODO, True),
        (Origin.PROMPTED, Review.TODO, True),
        (Origin.IMPORTED, Review.TODO, True),
        (Origin.PROPAGATED, Review.TODO, False),
        (Origin.PREDICTED, Review.TODO, False),
        (Origin.INTERPOLATED, Review.TODO, False),
        (Origin.PROPAGATED, Review.ACCEPTED, True),
        (Origin.PREDICTED, Review.CORRECTED, True),
        (Origin.HUMAN, Review.REJECTED, False),
    ],
)
def test_what_counts_as_truth(origin, review, trusted):
    assert masks(origin=origin, review=review).trusted.tolist() == [trusted] * 3


def test_equality_is_by_value_and_nan_equals_nan():
    step = Step("draw")
    assert masks() == masks()
    assert masks() != masks(score=0.5)
    assert masks(steps=(step,)) != masks()
    assert masks(checked=[3, 1, 3]).checked.tolist() == [1, 3]
    assert masks() != "masks"
    with pytest.raises(TypeError):
        hash(masks())


def test_mixed_sizes_are_checked_frame_by_frame():
    mixed = Video("set", 4, 3, 2, frame_sizes=[[4, 3], [2, 2]])
    assert len(Masks(mixed, (CAT,), frame=[0, 1], runs=[12, 4], offset=[0, 1, 2])) == 2
    with pytest.raises(DataError, match="expected 2x2 = 4"):
        Masks(mixed, (CAT,), frame=[0, 1], runs=[12, 12], offset=[0, 1, 2])
