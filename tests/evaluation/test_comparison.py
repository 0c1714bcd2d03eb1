"""Which of two is better, and what lies within the noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluation_kit import H, W, block, table
from masklet.core import DataError, Label, Origin, Video
from masklet.evaluation.case import Settings
from masklet.evaluation.comparison import Comparison, Contestant, compare
from masklet.evaluation.door import Door
from masklet.evaluation.families import chosen
from masklet.evaluation.judging import Judge, summed
from masklet.evaluation.report import Report
from masklet.evaluation.terms import Terms


def report(shifts: list[int], metrics: str = "region", holes: bool = False) -> Report:
    """Videos of two frames whose prediction is a block shifted to the right."""
    door, judge, videos = Door(Terms()), Judge(chosen(metrics), Settings()), []
    for i, shift in enumerate(shifts):
        video = Video(f"v{i}", W, H, 2)
        truth = {(frame, 1): block(4, 4, 20, 20) for frame in range(2)}
        mask = block(4 + shift, 4, 20 + shift, 20)
        if holes:
            mask[8:16:2, 8:16:2] = False
        pred = {(frame, 1): mask for frame in range(2)}
        sides = [
            table(rows, video, labels=(Label("rat"),), origin=Origin.IMPORTED) for rows in (pred, truth)
        ]
        videos.append(judge.video(door.case(video.uri, *sides)))
    return Report("p", "t", summed([one.parts for one in videos]), tuple(videos), door.labels)


def against(a: list[Report], b: list[Report], **options: int) -> Comparison:
    return compare([Contestant("a", tuple(a)), Contestant("b", tuple(b))], **options)


def of(comparison: Comparison, key: str):
    row = next(row for row in comparison.rows if row.headline.key == key)
    return row.values, row.differences[0]


def test_a_prediction_against_itself_differs_by_nothing() -> None:
    one = report([0, 1, 2, 3, 4])
    _, difference = of(against([one], [one], draws=50), "region.j.mean")
    assert (difference.value, difference.low, difference.high, difference.better) == (0, 0, 0, 0)


def test_a_clear_difference_is_beyond_noise_and_the_other_way_round() -> None:
    good, bad = report([0, 1, 0, 1, 0]), report([4, 5, 4, 5, 4])
    _, difference = of(against([bad], [good], draws=200), "region.j.mean")
    assert difference.better == 1
    assert difference.low > 0
    _, difference = of(against([good], [bad], draws=200), "region.j.mean")
    assert difference.better == -1


def test_a_difference_that_one_video_makes_is_noise() -> None:
    comparison = against([report([2, 2, 2, 2, 2])], [report([2, 2, 2, 2, 0])], draws=400)
    _, difference = of(comparison, "region.j.mean")
    assert difference.value > 0
    assert difference.low == 0
    assert difference.better == 0
    assert "within the noise" in comparison.verdicts[0]


def test_intervals_pair_the_videos() -> None:
    """Videos differ a lot, the contestants by one pixel on each: unpaired, that would be noise."""
    shifts = [0, 3, 6, 9, 11]
    comparison = against([report([s + 1 for s in shifts])], [report(shifts)], draws=300)
    assert of(comparison, "region.j.mean")[1].better == 1


def test_the_interval_is_the_quantiles_of_the_definition() -> None:
    a, b = report([0, 2, 5, 1, 7, 3]), report([1, 0, 4, 4, 2, 3])
    _, difference = of(against([a], [b], draws=500, seed=4), "region.j.mean")
    j = [np.array([v.scores.region.figures.j.mean for v in one.videos]) for one in (a, b)]
    rng, drawn = np.random.default_rng(4), []
    for _ in range(500):
        chosen_videos = rng.integers(0, 6, 6)
        rng.integers(0, 1, 1), rng.integers(0, 1, 1)  # one run each
        drawn.append((j[1] - j[0])[chosen_videos].mean())
    assert [difference.low, difference.high] == pytest.approx(np.quantile(drawn, [0.025, 0.975]))


def test_seeds_give_mean_and_deviation() -> None:
    runs = [report([0, 0]), report([2, 2]), report([4, 4])]
    values, _ = of(against(runs, [report([1, 1])], draws=20), "region.j.mean")
    own = [run.scores.region.figures.j.mean for run in runs]
    assert values[0].mean == pytest.approx(np.mean(own))
    assert values[0].deviation == pytest.approx(np.std(own, ddof=1))
    assert np.isnan(values[1].deviation)


def test_one_video_says_nothing_about_noise() -> None:
    comparison = against([report([0])], [report([4])], draws=20)
    _, difference = of(comparison, "region.j.mean")
    assert np.isnan(difference.low)
    assert difference.better == 0
    assert "one video" in comparison.verdicts[0]


def test_few_videos_are_called_few() -> None:
    assert "only 2 videos" in against([report([0, 0])], [report([4, 4])], draws=20).verdicts[0]


def test_where_iou_ties_the_referee_decides() -> None:
    """J is drawn by chance over videos, the outlines of `b` have holes on all of them."""
    a, b = report([1, 2, 3, 1, 2, 3]), report([2, 1, 1, 1, 2, 1], holes=True)
    comparison = against([a], [b], draws=300)
    assert of(comparison, "region.j.mean")[1].better == 0
    assert "the referee, Boundary IoU" in comparison.verdicts[0]


def test_other_videos_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="judged on different videos"):
        against([report([0, 1])], [report([0])])
    with pytest.raises(DataError, match="found 1 predictions to compare; expected two or more"):
        compare([Contestant("a", (report([0]),))])


def test_nearer_to_nothing_is_better_where_nothing_is_best() -> None:
    """Masks frozen in place are steadier than the truth moves: that is no virtue."""

    def videos(frozen: bool) -> Report:
        door, judge, found = Door(Terms()), Judge(chosen("stability,region"), Settings()), []
        for i in range(6):
            video = Video(f"v{i}", W, H, 5)
            truth = {(f, 1): block(2 + 3 * f, 4, 10 + 3 * f, 14) for f in range(5)}
            pred = dict.fromkeys(truth, truth[0, 1]) if frozen else truth
            sides = [
                table(rows, video, labels=(Label("rat"),), origin=Origin.IMPORTED)
                for rows in (pred, truth)
            ]
            found.append(judge.video(door.case(video.uri, *sides)))
        return Report("p", "t", summed([one.parts for one in found]), tuple(found), door.labels)

    comparison = against([videos(False)], [videos(True)], draws=100)
    assert of(comparison, "stability.temporal_iou_excess")[1].better == -1


def test_other_frames_or_rules_cannot_be_compared() -> None:
    one, other = report([0, 0]), report([0, 0])
    fewer = tuple(replace(video, judged=video.judged[1:]) for video in other.videos)
    with pytest.raises(DataError, match="judged on different frames or by different rules"):
        against([one], [replace(other, videos=fewer)])


def test_a_family_that_some_lack_is_left_out() -> None:
    comparison = against([report([0, 1], "region,identity")], [report([0, 1])], draws=20)
    assert not any(row.headline.key.startswith("identity") for row in comparison.rows)


def test_families_measured_on_other_videos_are_not_compared() -> None:
    """One contestant has scores on one of its videos only."""

    def scored(on: set[int]) -> Report:
        door, judge, found = Door(Terms()), Judge(chosen("region,calibration"), Settings()), []
        for i in range(5):
            truth = table({(f, 1): block(4, 4, 20, 20) for f in range(2)}, Video(f"v{i}", W, H, 2))
            score = np.full(2, 0.8 if i in on else np.nan, np.float32)
            pred = truth.replace(score=score, origin=np.full(2, Origin.PREDICTED, np.uint8))
            truth = truth.replace(origin=np.full(2, Origin.IMPORTED, np.uint8))
            found.append(judge.video(door.case(f"v{i}", pred, truth)))
        return Report("p", "t", summed([one.parts for one in found]), tuple(found), door.labels)

    keys = {row.headline.key for row in against([scored({0})], [scored({0, 1, 2})], draws=20).rows}
    assert "region.j.mean" in keys
    assert "calibration.aurc" not in keys
    _, difference = of(against([scored({0})], [scored({0})], draws=20), "calibration.aurc")
    assert np.isnan(difference.low)
