"""Whole tables: built, joined, edited, measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from masklet.core import DataError, Label, Masks, Origin, Review, Step, UsageError, Video
from masklet.ops import runs as R
from masklet.ops import table as T
from ops.strategies import masks as some_masks

VIDEO = Video("cage.mp4", 4, 3, 10)
CAT, DOG = Label("cat"), Label("dog", colour="#0072b2")


def row(frame, object_id, x=0, label_id=0, **rest):
    array = np.zeros((3, 4), bool)
    array[1, x] = True
    return T.Row(frame, object_id, label_id, R.encode(array), **rest)


def table(*rows, labels=(CAT,), video=VIDEO, **rest):
    return T.build(video, labels, rows, **rest)


def keys(masks):
    return list(zip(masks.frame.tolist(), masks.object_id.tolist(), strict=True))


def places(masks):
    return T.boxes(masks)[:, 0].tolist()


def test_build_sorts_rows_and_fills_columns():
    made = table(row(3, 1, x=2), row(0, 2, x=1, score=0.5, origin=Origin.PREDICTED), checked=[4, 0])
    assert keys(made) == [(0, 2), (3, 1)]
    assert places(made) == [1, 2]
    assert made.origin.tolist() == [Origin.PREDICTED, Origin.HUMAN]
    assert made.score[0] == 0.5
    assert np.isnan(made.score[1])
    assert made.checked.tolist() == [0, 4]
    assert len(table()) == 0


@settings(max_examples=80, deadline=None)
@given(some_masks(5))
def test_areas_boxes_and_counts_equal_those_of_single_rows(arrays):
    size_wh = arrays[0].shape[1], arrays[0].shape[0]
    made = T.build(
        Video("v", *size_wh, 5), [CAT], [T.Row(i, 1, 0, R.encode(a)) for i, a in enumerate(arrays)]
    )
    assert T.areas(made).tolist() == [int(a.sum()) for a in arrays]
    assert T.boxes(made).tolist() == [list(R.box(made.row_runs(i), size_wh)) for i in range(5)]
    counts = T.to_coco(made)
    assert counts == [R.to_coco(made.row_runs(i), size_wh) for i in range(5)]
    runs, offset = T.from_coco(counts, made.video.sizes_wh(made.frame))
    np.testing.assert_array_equal(runs, made.runs)
    np.testing.assert_array_equal(offset, made.offset)


def test_frames_of_different_sizes_are_measured_each_by_its_own():
    video = Video("set", 4, 3, 2, frame_sizes=np.array([[4, 3], [2, 6]]))
    small = np.zeros((6, 2), bool)
    small[4:, 1] = True
    made = T.build(video, [CAT], [row(0, 1, x=3), T.Row(1, 1, 0, R.encode(small))])
    assert T.boxes(made).tolist() == [[3, 1, 4, 2], [1, 4, 2, 6]]
    assert T.areas(made).tolist() == [1, 2]


def test_concat_merges_labels_and_steps():
    one, two = Step("draw"), Step("track")
    a = table(row(0, 1, step=0), steps=[one], checked=[1])
    b = table(row(1, 1, label_id=1, step=1), row(2, 1), labels=(DOG, CAT), steps=[one, two], checked=[5])
    both = T.concat([a, b])
    assert both.labels == (CAT, DOG)
    assert [both.label_of(i).name for i in range(3)] == ["cat", "cat", "dog"]
    assert both.steps == (one, two)
    assert both.step.tolist() == [0, 1, -1]
    assert both.checked.tolist() == [1, 5]


def test_concat_keeps_a_colour_that_one_side_knows():
    a = table(row(0, 1), labels=(Label("dog"),))
    b = table(row(1, 1), labels=(DOG,))
    assert T.concat([a, b]).labels == (DOG,)


@pytest.mark.parametrize(
    ("parts", "error", "says"),
    [
        ([], UsageError, "nothing to join"),
        ([table(row(0, 1)), table(row(0, 1))], DataError, "two masks on frame 0"),
        ([table(row(0, 1)), table(video=Video("b.mp4", 4, 3, 10))], DataError, "cannot be joined"),
    ],
)
def test_concat_refuses(parts, error, says):
    with pytest.raises(error, match=says):
        T.concat(parts)


@pytest.mark.parametrize(
    ("origin", "review", "keep_trusted", "expected"),
    [
        (Origin.HUMAN, Review.TODO, True, 0),
        (Origin.IMPORTED, Review.TODO, True, 0),
        (Origin.PROPAGATED, Review.ACCEPTED, True, 0),
        (Origin.PROPAGATED, Review.TODO, True, 3),
        (Origin.HUMAN, Review.REJECTED, True, 3),
        (Origin.HUMAN, Review.TODO, False, 3),
    ],
)
def test_upsert_replaces_all_but_truth(origin, review, keep_trusted, expected):
    base = table(row(0, 1, x=0, origin=origin, review=review), row(1, 1, x=1))
    new = table(row(0, 1, x=3, origin=Origin.PROPAGATED), row(2, 1, x=2, origin=Origin.PROPAGATED))
    joined = T.upsert(base, new, keep_trusted)
    assert keys(joined) == [(0, 1), (1, 1), (2, 1)]
    assert places(joined) == [expected, 1, 2]


def test_upsert_only_adds_untracked_rows():
    joined = T.upsert(table(row(0, -1, x=0)), table(row(0, -1, x=1)))
    assert places(joined) == [0, 1]


def test_with_labels_matches_by_name():
    made = T.with_labels(table(row(0, 1)), (DOG, CAT))
    assert made.label_of(0) == CAT
    with pytest.raises(DataError, match="'cat'; the new labels are: dog"):
        T.with_labels(table(row(0, 1)), (DOG,))


def test_renumbered():
    made = T.renumbered(table(row(0, 1, x=1), row(0, 2, x=2)), {1: 2, 2: 1})
    assert keys(made) == [(0, 1), (0, 2)]
    assert places(made) == [2, 1]
    with pytest.raises(DataError, match="two masks"):
        T.renumbered(table(row(0, 1), row(0, 2)), {1: 2})


@pytest.mark.parametrize(
    ("video", "says"),
    [
        (Video("other.mp4", 4, 3, 2), "masks reach to frame 5; .* has 2 frames"),
        (Video("other.mp4", 3, 4, 10), "4x3 pixels; .* has 3x4"),
    ],
)
def test_with_video_refuses_what_does_not_fit(video, says):
    with pytest.raises(DataError, match=says):
        T.with_video(table(row(5, 1)), video)


def test_with_video_takes_a_better_description():
    better = Video("cage.mp4", 4, 3, 6, times=np.arange(6) / 25)
    made = T.with_video(table(row(5, 1), checked=[2, 9]), better)
    assert made.video == better
    assert made.checked.tolist() == [2]


def test_signed_and_replaced_runs_tell_who_did_it():
    draw, clean = Step("draw"), Step("clean")
    made = T.signed(table(row(0, 1), row(1, 1)), draw)
    assert made.steps == (draw,)
    assert made.step.tolist() == [0, 0]
    edited = T.replaced_runs(made, {1: R.empty((4, 3))}, clean)
    assert T.areas(edited).tolist() == [1, 0]
    assert edited.step.tolist() == [0, 1]
    assert edited.steps == (draw, clean)
    assert isinstance(edited, Masks)
    assert T.replaced_runs(made, {}, clean) is made
