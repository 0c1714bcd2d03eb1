"""What evaluation does with sides that do not fit: a clear error, or a convention that is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import pytest

from evaluation_kit import H, W, block, table
from masklet.core import DataError, Flags, Label, Masks, Origin, Review, UsageError, Video
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.door import Door
from masklet.evaluation.families import chosen
from masklet.evaluation.judging import Judge
from masklet.evaluation.report import Scores
from masklet.evaluation.terms import Terms

PLAIN = (Label("object"),)
SHORT = Video("v", W, H, 4)
A, B = block(2, 2, 10, 10), block(14, 4, 24, 16)


def put(rows, video: Video = SHORT, **columns) -> Masks:
    """A table of imported rows, label `object`."""
    return table(rows, video, labels=PLAIN, **({"origin": Origin.IMPORTED} | columns))


def through(pred: Masks, truth: Masks, **terms) -> tuple[Case, str]:
    """The case, and all notes as one text."""
    door = Door(Terms(**terms))
    made = door.case("v", pred, truth)
    return made, "\n".join(text for text, _ in door.notes)


def judged(case: Case, metrics: str = "all") -> Scores:
    return Judge(chosen(metrics), Settings()).video(case).scores


ALL = {(frame, 1): A for frame in range(4)}
TWO = ALL | {(frame, 2): B for frame in range(4)}

ERRORS: list[tuple[str, Callable[[], tuple[Case, str]], str]] = [
    (
        "other sizes",
        lambda: through(put({(0, 1): block(0, 0, 4, 4, (40, 24))}, Video("v", 40, 24, 4)), put(ALL)),
        "frame 0 is 40x24 in the prediction and 32x24 in the truth; expected equal sizes",
    ),
    (
        "other frame rates and lengths",
        lambda: through(
            put(ALL, Video("v", W, H, 4, np.arange(4) / 25)),
            put(ALL, Video("v", W, H, 6, np.arange(6) / 30)),
        ),
        "25 frames a second and the truth 30",
    ),
    ("nothing true", lambda: through(put(ALL), put({}, Video("v", W, H, 0))), "nothing to compare"),
    (
        "all skipped",
        lambda: through(put(ALL), put(ALL), skip=(0, 1, 2, 3)),
        "lets 4 frames be judged, and 4 of them are skipped",
    ),
    (
        "ids asked for, none there",
        lambda: through(put({(0, -1): A}), put(ALL), objects="id"),
        "no mask of the prediction has an object id",
    ),
    (
        "overlap asked for, truth without ids",
        lambda: through(put(ALL), put({(0, -1): A}), objects="overlap"),
        "no mask of the truth has an object id",
    ),
    (
        "only prompts",
        lambda: through(
            put(ALL, origin=[Origin.HUMAN, Origin.HUMAN, Origin.HUMAN, Origin.PROPAGATED]),
            put({(frame, 1): A for frame in range(3)}),
            complete="drawn",
        ),
        "--keep-prompts judges prompts too",
    ),
]


@pytest.mark.parametrize(("call", "said"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_errors(call: Callable[[], object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        call()


@pytest.mark.parametrize(("name", "value"), [("objects", "ids"), ("complete", "some")])
def test_terms_that_nobody_knows(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{name} is '{value}'; expected one of auto"):
        Terms(**{name: value})


def test_a_shorter_prediction_has_missed_the_rest() -> None:
    made, notes = through(put({(0, 1): A, (1, 1): A}, Video("v", W, H, 2)), put(ALL))
    assert "the prediction is of 2 frames and the truth of 4" in notes
    assert made.pairs.pred_row.tolist() == [0, 1, -1, -1]
    assert judged(made, "region").region.figures.j.mean == 0.5


def test_missing_frames_of_the_prediction_count() -> None:
    made, _ = through(put({(0, 1): A, (3, 1): A}), put(ALL))
    assert judged(made, "region").region.figures.j.mean == 0.5
    assert judged(made, "identity").identity.clear.fn == 2


def test_an_empty_prediction_is_all_wrong_and_no_crash() -> None:
    made, _ = through(put({}), put(ALL))
    scores = judged(made)
    assert scores.region.figures.j.mean == 0
    assert scores.identity.hota.hota == 0
    assert scores.detection.ap == 0
    assert scores.tracks.ap == 0
    assert scores.panoptic.pq == 0


def test_empty_masks_say_that_nothing_is_there() -> None:
    made, _ = through(put(ALL | {(2, 1): block(0, 0, 0, 0)}), put(ALL | {(2, 1): block(0, 0, 0, 0)}))
    assert len(made.truth) == 3
    assert judged(made, "region").region.figures.j.mean == 1


def test_an_object_that_is_invented_where_nothing_is() -> None:
    truth = put({(0, 1): A, (1, 1): A, (2, 1): A})
    made, _ = through(put(ALL), truth)
    assert made.pairs.truth_row.tolist()[-1] == -1
    assert judged(made, "region").region.figures.j.mean == 0.75


def test_frames_that_nobody_looked_at_are_not_judged() -> None:
    truth = put({(0, 1): A, (2, 1): A}, origin=Origin.HUMAN)
    made, notes = through(put(ALL), truth)
    assert made.frames.tolist() == [0, 2]
    assert not len(made.complete)
    assert "0 checked frames" in notes
    assert judged(made).identity is None


@pytest.mark.parametrize(
    ("rule", "frames", "complete"),
    [
        ("rows", [0, 2], []),
        ("drawn", [0, 2], [0, 2]),
        ("all", [0, 1, 2, 3], [0, 1, 2, 3]),
    ],
)
def test_completeness_as_told(rule: str, frames: list[int], complete: list[int]) -> None:
    made, _ = through(put(ALL), put({(0, 1): A, (2, 1): A}, origin=Origin.HUMAN), complete=rule)
    assert made.frames.tolist() == frames
    assert made.complete.tolist() == complete


def test_checked_frames_of_the_truth_are_complete() -> None:
    truth = put({(0, 1): A}, origin=Origin.HUMAN).replace(checked=np.array([0, 3], np.int32))
    made, _ = through(put(ALL), truth)
    assert made.complete.tolist() == [0, 3]
    assert made.pairs.truth_row.tolist() == [0, -1]


def test_every_fourth_frame_of_a_data_set() -> None:
    long = Video("v", W, H, 16)
    truth = put({(frame, 1): A for frame in range(0, 16, 4)}, long)
    made, _ = through(put({(frame, 1): A for frame in range(16)}, long), truth)
    assert made.complete.tolist() == [0, 4, 8, 12]


def test_a_program_is_no_truth_where_a_person_spoke() -> None:
    origin = [Origin.HUMAN, Origin.PROPAGATED, Origin.PROPAGATED, Origin.PROPAGATED]
    made, notes = through(put(ALL), put(ALL, origin=origin))
    assert made.frames.tolist() == [0]
    assert "3 rows of the truth that a program made" in notes


def test_prompts_are_not_judged_unless_told() -> None:
    pred = put(ALL, origin=[Origin.HUMAN, *[Origin.PROPAGATED] * 3])
    made, notes = through(pred, put(ALL))
    assert made.frames.tolist() == [1, 2, 3]
    assert made.prompts.tolist() == [0]
    assert "1 frame on which a prediction was given masks: not judged" in notes
    assert through(pred, put(ALL), keep_prompts=True)[0].frames.tolist() == [0, 1, 2, 3]


def test_a_persons_masks_against_a_persons_are_all_judged() -> None:
    made, _ = through(put(ALL, origin=Origin.HUMAN), put(ALL))
    assert len(made.frames) == 4


def test_first_and_last_frame_of_davis() -> None:
    assert through(put(ALL), put(ALL), skip_ends=True)[0].frames.tolist() == [1, 2]


def test_rejected_rows_are_not_there() -> None:
    review = [Review.REJECTED, Review.TODO, Review.TODO, Review.TODO]
    made, _ = through(put(ALL, review=review), put(ALL))
    assert made.pairs.pred_row.tolist() == [-1, 0, 1, 2]


def test_foreground_alone_joins_what_is_predicted() -> None:
    whole = {(frame, 1): A | B for frame in range(4)}
    made, notes = through(put(TWO), put(whole))
    assert "joined" in notes
    assert judged(made, "region").region.figures.j.mean == 1


def test_numbers_that_mean_nothing_are_told() -> None:
    swapped = {(frame, 3 - one): mask for (frame, one), mask in TWO.items()}
    made, notes = through(put(swapped), put(TWO))
    assert "by overlap it would be 1.00" in notes
    assert judged(made, "region").region.figures.j.mean == 0
    made, _ = through(put(swapped), put(TWO), objects="overlap")
    assert judged(made, "region").region.figures.j.mean == 1


def test_other_numbers_meet_by_overlap() -> None:
    moved = {(frame, one + 10): mask for (frame, one), mask in TWO.items()}
    made, notes = through(put(moved), put(TWO))
    assert "overlap" in notes
    assert np.unique(made.pred.object_id).tolist() == [1, 2]


def test_objects_beyond_those_of_the_truth_keep_clear_of_its_numbers() -> None:
    third = {(frame, 12): block(26, 18, 31, 23) for frame in range(4)}
    moved = {(frame, one + 10 if one == 1 else 1): mask for (frame, one), mask in TWO.items()}
    made, _ = through(put(third | moved), put(TWO), objects="overlap")
    assert set(made.pred.objects.tolist()) - set(made.truth.objects.tolist()) == {13}


def test_without_numbers_each_frame_is_matched_by_itself() -> None:
    loose = {(0, -1): A, (1, -1): B}
    made, notes = through(put(loose), put(loose))
    assert "each frame is matched by itself" in notes
    scores = judged(made)
    assert scores.region.figures.j.mean == 1
    assert scores.detection.ap == 1
    assert scores.identity is None
    assert scores.tracks is None


def test_duplicate_ids_cannot_be_made() -> None:
    rows = put({(0, 1): A, (0, 2): B})
    with pytest.raises(DataError, match="object 1 has two masks on frame 0"):
        rows.replace(object_id=np.array([1, 1], np.int32))


def test_overlapping_masks_share_their_pixels_by_score() -> None:
    both = {(0, 1): A, (0, 2): A}
    made, _ = through(put(both, Video("v", W, H, 1), score=[0.4, 0.9]), put(both, Video("v", W, H, 1)))
    assert judged(made, "panoptic").panoptic.pred_overlap == np.count_nonzero(A)


@pytest.mark.parametrize(
    ("mine", "theirs", "note"),
    [
        ("rat", "object", "the truth names no classes"),
        ("object", "rat", "the prediction names no classes: all it has counts as 'rat'"),
        ("rat", "rat", ""),
    ],
)
def test_no_class_stands_for_any(mine: str, theirs: str, note: str) -> None:
    sides = [table(ALL, SHORT, labels=(Label(name),), origin=Origin.IMPORTED) for name in (mine, theirs)]
    made, notes = through(*sides)
    assert note in notes
    assert {made.pred.label_of(0).name, made.truth.label_of(0).name} == {theirs}
    assert judged(made, "detection").detection.ap == 1


def test_objects_of_no_class_take_that_of_what_they_answer() -> None:
    truth = table(TWO, SHORT, {1: 0, 2: 1}, (Label("rat"), Label("tail")), origin=Origin.IMPORTED)
    made, notes = through(put(TWO), truth)
    assert "names no classes" in notes
    assert judged(made, "semantic").semantic.miou == 1


def test_labels_that_differ_are_wrong_classes() -> None:
    labels = (Label("rat"), Label("tail"))
    truth = table(TWO, SHORT, {1: 0, 2: 1}, labels, origin=Origin.IMPORTED)
    pred = table(TWO, SHORT, {1: 1, 2: 0}, labels, origin=Origin.IMPORTED)
    made, _ = through(pred, truth)
    assert judged(made, "region").region.figures.j.mean == 1
    assert judged(made, "detection").detection.ap == 0


def test_labels_keep_their_place_over_videos() -> None:
    door = Door(Terms())
    for name in ("rat", "mouse"):
        one = table(ALL, Video(name, W, H, 4), labels=(Label(name),), origin=Origin.IMPORTED)
        made = door.case(name, one, one)
    assert [label.name for label in made.labels] == ["rat", "mouse"]
    assert made.truth.label_of(0).name == "mouse"


def test_crowds_are_not_compared_one_by_one() -> None:
    truth = put(TWO, flags=[*[0] * 4, *[int(Flags.CROWD)] * 4])
    made, _ = through(put(TWO), truth)
    assert np.unique(made.pairs.object_id).tolist() == [1]
    assert judged(made, "detection").detection.ap == 1


def images(names: tuple[str, ...], shift: int = 0) -> Masks:
    """An image set with a block on each image that stands where the number of its name says."""
    at = [2 * int(PurePosixPath(name).stem[0]) + shift for name in names]
    rows = {(frame, -1): block(x, 2, x + 8, 12) for frame, x in enumerate(at)}
    return put(rows, Video("set", W, H, len(names), files=names))


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (("3.jpg", "1.jpg", "2.jpg"), ("1.jpg", "2.jpg", "3.jpg")),
        (("pred/3.png", "pred/1.png", "pred/2.png"), ("1.jpg", "2.jpg", "3.jpg")),
    ],
)
def test_images_meet_by_name(mine: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    made, notes = through(images(mine), images(theirs))
    assert "images meet by name" in notes
    assert judged(made, "region").region.figures.j.mean == 1


def test_images_that_one_side_lacks() -> None:
    made, notes = through(images(("9.jpg", "2.jpg")), images(("1.jpg", "2.jpg", "3.jpg")))
    assert "1 of the prediction are not in the truth" in notes
    assert "2 of the truth are not in the prediction" in notes
    assert judged(made, "detection").detection.ar100 == pytest.approx(1 / 3)


def test_images_of_other_names_are_not_compared() -> None:
    with pytest.raises(DataError, match="have no name in common"):
        through(images(("1.jpg", "2.jpg")), images(("3.jpg", "4.jpg")))
    with pytest.raises(DataError, match="2 images of the prediction are called '1'"):
        through(images(("1a/1.jpg", "1b/1.jpg")), images(("1.jpg", "2.jpg")))


def test_wrong_classes_are_wrong_whatever_each_video_holds() -> None:
    """Three videos with one class each, and every prediction of another class that both sides know."""
    labels = tuple(Label(name) for name in ("cat", "dog", "cow"))
    door, judge, found = Door(Terms()), Judge(chosen("detection"), Settings()), []
    for i in range(3):
        video = Video(f"v{i}", W, H, 4)
        sides = [table(ALL, video, {1: own}, labels, origin=Origin.IMPORTED) for own in ((i + 1) % 3, i)]
        found.append(judge.video(door.case(video.uri, *sides)).scores.detection.ap)
    assert found == [0, 0, 0]


def test_classes_can_be_ignored() -> None:
    mine, theirs = (table(ALL, SHORT, labels=(Label(name),), origin=Origin.IMPORTED) for name in "ab")
    made, notes = through(mine, theirs)
    assert "no label of the prediction (a) is one of the truth (b)" in notes
    assert judged(made, "detection").detection.ap == 0
    made, _ = through(mine, theirs, labels="ignore")
    assert judged(made, "detection").detection.ap == 1


def test_one_mask_without_number_does_not_undo_the_numbers() -> None:
    swapped = {(f, one if f < 2 else 3 - one): mask for (f, one), mask in TWO.items()}
    dot = block(30, 22, 31, 23)
    made, _ = through(put(swapped | {(0, -1): dot}), put(TWO))
    assert made.rule == "id"
    assert judged(made, "region").region.figures.j.mean == 0.5


def test_a_truth_with_numbers_on_some_masks_is_refused() -> None:
    with pytest.raises(DataError, match="1 of 5 masks of the truth have no object id"):
        through(put(ALL), put(ALL | {(0, -1): B}))


def test_joined_objects_tell_nothing_of_objects() -> None:
    halves = {(f, 2 * f + k): block(2 + 4 * k, 2, 6 + 4 * k, 10) for f in range(4) for k in range(2)}
    scores = judged(through(put(halves), put(ALL))[0])
    assert scores.region.figures.j.mean == 1
    assert (scores.identity, scores.tracks, scores.detection, scores.panoptic) == (None,) * 4


def test_false_alarms_beyond_the_last_true_frame_of_a_video_of_unknown_length() -> None:
    live = Video("v", W, H, -1)
    long = {(frame, 1): A for frame in range(10)}
    made, _ = through(put(long, live), put({(f, 1): A for f in range(3)}, live), complete="all")
    assert judged(made, "identity").identity.clear.fp == 7


def test_an_object_without_any_pixel_is_none() -> None:
    nothing = {(frame, 2): block(0, 0, 0, 0) for frame in range(4)}
    made, _ = through(put(ALL), put(ALL | nothing))
    assert np.unique(made.pairs.object_id).tolist() == [1]


def test_frames_without_any_prediction_are_told() -> None:
    _, notes = through(put({(0, 1): A}), put(ALL))
    assert "the prediction has no mask on 3 of 4 judged frames, though the truth has (1 to 3)" in notes


def test_other_contents_are_told() -> None:
    mine, theirs = (put(ALL, Video(name, W, H, 4, content_hash=name)) for name in ("mon", "tue"))
    assert "their contents differ" in through(mine, theirs)[1]


def test_a_kind_of_a_label_holds_for_its_video() -> None:
    door = Door(Terms())
    made = []
    for kind in ("area", "line"):
        one = table(ALL, Video(kind, W, H, 4), labels=(Label("tail", kind),), origin=Origin.IMPORTED)
        made.append(door.case(kind, one, one))
    assert [one.truth.label_of(0).kind for one in made] == ["area", "line"]


def test_ap_without_scores_is_told_to_depend_on_the_order() -> None:
    made, _ = through(put(ALL), put(ALL))
    assert "the prediction has no scores" in chosen("detection")[0].caution(made)
    scored, _ = through(put(ALL, score=np.full(4, 0.5, np.float32)), put(ALL))
    assert chosen("detection")[0].caution(scored) == ""


def test_scores_beyond_one_calibrate_nothing() -> None:
    made, _ = through(put(ALL, score=np.array([0.5, 3, 1, 1], np.float32)), put(ALL))
    assert judged(made, "calibration").calibration is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contour_tolerance", -1),
        ("contour_tolerance", float("nan")),
        ("boundary_width", 2),
        ("surface_tolerance", -0.1),
        ("match_iou", 7),
    ],
)
def test_settings_without_sense(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"{name} is {value}; expected a number from 0"):
        Settings(**{name: value})


def test_image_sets_of_mixed_sizes_with_numbers() -> None:
    sizes = np.array([[W, H], [40, 30]], np.int32)
    video = Video("set", 40, 30, 2, files=("a", "b"), frame_sizes=sizes)
    rows = {(0, 1): A, (1, 1): block(2, 2, 9, 9, (40, 30))}
    scores = judged(through(put(rows, video), put(rows, video))[0])
    assert scores.region.figures.j.mean == 1
    assert np.isnan(scores.stability.temporal_iou)


def test_panoptic_quality_needs_no_tracks() -> None:
    scores = judged(through(put({(0, -1): A}), put({(0, -1): A}))[0], "panoptic").panoptic
    assert scores.pq == 1
    assert np.isnan(scores.vpq)
    assert np.isnan(scores.stq)


def test_failures_of_every_kind() -> None:
    labels = (Label("rat"), Label("tail"))
    truth = table(TWO, SHORT, {1: 0, 2: 0}, labels, origin=Origin.IMPORTED)
    rows = {(f, 1): A for f in range(4)} | {(f, 2): block(14, 4, 20, 16) for f in range(4)}
    rows[2, 7] = block(26, 18, 31, 23)
    pred = table(rows, SHORT, {1: 1, 2: 0, 7: 0}, labels, origin=Origin.IMPORTED)
    found = Judge(chosen("all"), Settings()).video(through(pred, truth)[0]).failures
    kinds = {one.kind: one for one in found}
    assert (kinds["masks"].object_id, kinds["masks"].around) == (2, (0, 3))
    assert (kinds["false"].frame, kinds["false"].what) == (2, "rat that answers no true object")
    assert (kinds["label"].object_id, kinds["label"].what) == (1, "rat taken for tail")


def test_a_family_that_joined_objects_hide_on_one_video_has_no_number_over_all() -> None:
    door, judge = Door(Terms()), Judge(chosen("region,identity"), Settings())
    whole = put({(frame, 1): A | B for frame in range(4)})
    videos = [
        judge.video(door.case(name, pred, whole)) for name, pred in (("a", whole), ("b", put(TWO)))
    ]
    scores = judge.overall([one.parts for one in videos])
    assert videos[0].scores.identity.hota.hota == 1
    assert scores.identity is None
    assert scores.region.figures.j.mean == 1
    assert "on 1 of 2 the truth tells only foreground" in dict(judge.absent)["identity"]


def test_images_keep_their_own_sizes_and_contents() -> None:
    """Moved onto the truth's images, the prediction is still that of its own video."""
    mine = images(("2.jpg", "1.jpg"))
    other = Video("set", 40, 30, 2, files=("1.jpg", "2.jpg"))
    truth = put({(0, -1): block(0, 0, 9, 9, (40, 30))}, other)
    with pytest.raises(DataError, match="is 32x24 in the prediction and 40x30 in the truth"):
        through(mine, truth)
    hashed = mine.replace(video=replace(mine.video, uri="cage4", content_hash="h1"))
    made, _ = through(hashed, images(("1.jpg", "2.jpg")))
    assert (made.pred.video.uri, made.pred.video.content_hash) == ("cage4", "h1")


def test_images_whose_paths_hardly_meet_go_by_name() -> None:
    made, notes = through(images(("1.png", "2.jpg")), images(("1.png", "2.png")))
    assert notes.count("are not in") == 0
    assert judged(made, "region").region.figures.j.mean == 1


def test_false_alarms_without_a_class_are_not_free() -> None:
    labels = (Label("cat"), Label("dog"))
    truth = table(TWO, SHORT, {1: 0, 2: 1}, labels, origin=Origin.IMPORTED)
    alarms = {(f, k): block(2 * k, 18, 2 * k + 2, 23) for f in range(4) for k in range(5, 9)}
    score = np.where(np.arange(24) < 8, 0.5, 0.9).astype(np.float32)
    pred = put(dict(sorted((TWO | alarms).items())), score=1 - 0.5 * score)
    surer = pred.replace(score=np.where(pred.object_id > 2, 0.9, 0.5).astype(np.float32))
    made, notes = through(surer, truth)
    assert "as the commonest class where it answers nothing" in notes
    assert judged(made, "detection").detection.ap < 0.8


def test_false_alarms_on_a_video_without_any_true_mask_are_not_free() -> None:
    door, judge, parts = Door(Terms(complete="all")), Judge(chosen("detection"), Settings()), []
    for name, true in (("v0", ALL), ("v1", {})):
        video = Video(name, W, H, 4)
        truth = table(true, video, labels=(Label("rat"),), origin=Origin.IMPORTED)
        score = np.full(4, 0.5 if true else 0.9, np.float32)
        pred = table(ALL, video, labels=PLAIN, origin=Origin.IMPORTED, score=score)
        parts.append(judge.video(door.case(name, pred, truth)).parts)
    assert judge.overall(parts).detection.ap == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("length", [6, 9])
def test_the_length_of_the_truth_decides(length: int) -> None:
    rows = {(f, 1): A for f in range(6)}
    truth = put({(f, 1): A for f in range(4)}, Video("v", W, H, 6))
    made, _ = through(put(rows, Video("v", W, H, length)), truth)
    assert made.frames.tolist() == list(range(6))


def test_switches_and_failures_have_the_numbers_of_the_file() -> None:
    rows = {(f, 101 if f < 2 else 205): A for f in range(4)}
    truth = put({(f, 7): A for f in range(4)})
    made, _ = through(put(rows), truth, objects="overlap")
    video = Judge(chosen("identity"), Settings()).video(made)
    (switch,) = video.parts.identity.switches
    assert (switch.before, switch.now) == (101, 205)
    assert [one.what for one in video.failures if one.kind == "switch"] == ["id 101", "id 205"]


def test_what_a_crowd_excuses_is_no_false_alarm() -> None:
    truth = put(TWO, flags=[*[0] * 4, *[int(Flags.CROWD)] * 4])
    found = Judge(chosen("all"), Settings()).video(through(put(TWO), truth)[0]).failures
    assert not [one for one in found if one.kind == "false"]
