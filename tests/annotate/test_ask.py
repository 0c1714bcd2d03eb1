"""Which frames are asked for, on rows whose best frames one can name beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import Blank, Shelf, square, table
from masklet.annotate import ask
from masklet.annotate.ask import next_frames
from masklet.annotate.expected import expected_errors
from masklet.annotate.track import track
from masklet.core import Flags, Masks, Origin, Review, UsageError, Video
from masklet.core.arrays import Floats
from masklet.models.flow import Flow
from masklet.ops.overlap import iou_runs
from masklet.ops.table import upsert
from masklet.testing import Scene

FOUND = {"origin": Origin.PROPAGATED, "identity_score": 1.0}


def tracked(n: int, human: list[int], bad: dict[int, float] | None = None, **more) -> Masks:
    """An object with truth on `human`, found on all other frames with score 0.9, or as `bad` says."""
    scores = dict.fromkeys(range(n), 0.9) | (bad or {})
    rows = [
        square(20, f, **more) if f in human else square(20, f, score=scores[f], **FOUND, **more)
        for f in range(n)
    ]
    return table(n, *rows)


def asked(masks: Masks, n: int = 3, **how) -> list[int]:
    return [one.frame for one in next_frames(masks, n, **how)]


def test_alike_scores_are_asked_for_evenly() -> None:
    assert sorted(asked(tracked(121, [0, 120]), 3)) == pytest.approx([30, 60, 90], abs=2)
    after_one = sorted(asked(tracked(106, [0]), 3))  # the last reaches on to the end: gaps 2 : 2 : 2 : 1
    assert after_one == pytest.approx([30, 60, 90], abs=2)


def test_the_middle_of_what_is_doubtful_comes_first() -> None:
    masks = tracked(200, [0, 199], dict.fromkeys(range(60, 81), 0.3))
    assert asked(masks, 1)[0] == pytest.approx(70, abs=5)


def test_two_bad_stretches_get_a_frame_each() -> None:
    masks = tracked(300, [0, 299], dict.fromkeys([*range(40, 61), *range(200, 221)], 0.2))
    first, second = sorted(asked(masks, 2))
    assert 40 <= first <= 60
    assert 200 <= second <= 220


def test_neighbours_are_not_asked_for_together() -> None:
    masks = tracked(120, [0], dict.fromkeys(range(50, 56), 0.1))
    frames = sorted(asked(masks, 4))
    assert min(np.diff(frames)) > 6


def test_more_frames_than_there_are() -> None:
    assert sorted(asked(tracked(6, [0, 3]), 10)) == [1, 2, 4, 5]


def test_nothing_is_repaired_behind_truth() -> None:
    bad = dict.fromkeys(range(41, 60), 0.2)
    free = next_frames(tracked(100, [0, 99], bad), 1, frames=[range(61, 99)])
    cut = next_frames(tracked(100, [0, 60, 99], bad), 1, frames=[range(61, 99)])
    both = next_frames(tracked(100, [0, 60, 99], bad), 1)
    assert free[0].gain > cut[0].gain
    assert 41 <= both[0].frame < 60


def test_human_frames_are_not_asked_for_and_gains_fall() -> None:
    masks = tracked(90, [0, 30, 60], dict.fromkeys(range(31, 60), 0.4))
    found = next_frames(masks, 8)
    assert not {one.frame for one in found} & {0, 30, 60}
    gains = [one.gain for one in found]
    assert gains == pytest.approx(sorted(gains, reverse=True))
    assert 0 < sum(gains) < 1


def test_a_frame_that_one_object_lacks_is_still_open() -> None:
    masks = tracked(40, [0, 20])
    other = [
        square(90, f, obj=2, y=25, **({} if f == 0 else {"score": 0.3, **FOUND})) for f in range(40)
    ]
    assert asked(masks, frames=[range(20, 21)]) == []
    assert asked(upsert(masks, table(40, *other)), frames=[range(20, 21)]) == [20]


def test_a_lost_object_is_asked_for_where_it_is_lost() -> None:
    lost = tracked(100, [0]).take(slice(0, 50))
    assert asked(lost, 1)[0] > 50
    flags = lost.flags.copy()
    flags[49] = Flags.TRUNCATED
    left, gone = next_frames(lost.replace(flags=flags), 1)[0], next_frames(lost, 1)[0]
    assert left.gain < gone.gain


def test_declared_absence_is_not_doubted() -> None:
    lost = tracked(100, [0]).take(slice(0, 50))
    checked = lost.replace(checked=np.array([50], np.int32))
    assert asked(checked, 1)[0] < 50
    gone = square(20, 50)._replace(flags=int(Flags.OUTSIDE), runs=np.array([8000], np.uint32))
    assert asked(upsert(lost, table(100, gone)), 1)[0] < 50
    assert asked(table(3, square(20, 1)).replace(checked=np.array([0, 2], np.int32))) == []


@pytest.mark.parametrize("flag", [Flags.DISAGREE, Flags.UNSURE_IDENTITY, Flags.AREA_JUMP])
def test_flags_raise_doubt(flag: Flags) -> None:
    masks = tracked(200, [0, 199])
    flags = masks.flags.copy()
    flags[120:150] = flag
    marked = masks.replace(flags=flags)
    assert 110 <= asked(marked, 1)[0] <= 155
    assert flag.name is not None
    assert flag.name.lower().replace("_", " ") in next_frames(marked, 1)[0].why


def test_rejected_rows_are_wrong() -> None:
    masks = tracked(200, [0, 199])
    review = masks.review.copy()
    review[120:140] = Review.REJECTED
    assert 115 <= asked(masks.replace(review=review), 1)[0] <= 145


def test_one_direction_repairs_on_its_side() -> None:
    masks = tracked(100, [0])
    forward, backward = (asked(masks, 1, direction=way) for way in ("forward", "backward"))
    assert forward[0] < asked(masks, 1)[0]
    assert backward == [99]  # whatever lies before is reached from there
    assert asked(tracked(100, [99]), 1, direction="backward") == [99 - forward[0]]


def test_chosen_frames() -> None:
    masks = tracked(100, [0], dict.fromkeys(range(60, 100), 0.1))
    assert set(asked(masks, 3, frames=[range(5, 10), range(20, 30)])) <= {*range(5, 10), *range(20, 30)}


def test_a_long_video_is_judged_in_blocks() -> None:
    bad = dict.fromkeys(range(3000, 3101), 0.2)
    assert 3000 <= asked(tracked(7 * ask.BLOCKS // 2, [0], bad), 1)[0] <= 3100


def test_exchange_is_no_worse_than_any_other_pair() -> None:
    rng = np.random.default_rng(3)
    masks = tracked(24, [0, 11], {f: float(s) for f, s in enumerate(rng.uniform(0.1, 1, 24))})
    expected = expected_errors(masks, np.arange(24), "both")
    frames = sorted(asked(masks, 2))
    assert sum(one.gain for one in next_frames(masks, 2)) * 24 == pytest.approx(
        max(_repaired(expected.error[0], expected.near[0], [a, b]) for a in range(24) for b in range(a))
    )
    assert _repaired(expected.error[0], expected.near[0], frames) > 0


def _repaired(error: Floats, near: Floats, frames: list[int]) -> float:
    """What annotating `frames` repairs, written as the formula says."""
    total = 0.0
    for f in range(len(error)):
        h = min(abs(f - q) / (abs(f - q) + 30) for q in frames)
        if near[f] > 0:
            total += error[f] * (1 - min(1.0, h / near[f]))
    return total


def test_times_and_words() -> None:
    masks = tracked(100, [0], dict.fromkeys(range(40, 60), 0.25))
    assert np.isnan(next_frames(masks, 1)[0].time)
    video = Video("blank", 200, 40, 100, times=np.arange(100) / 25)
    one = next_frames(masks.replace(video=video), 1)[0]
    assert one.time == one.frame / 25
    assert "mean score 0." in one.why
    assert f"{one.frame} frames from truth" in one.why


def test_a_wrong_number() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        next_frames(tracked(10, [0]), 0)


def test_asked_frames_help_a_real_engine() -> None:
    scene = Scene("cage", 2, (160, 120), n_frames=60, seed=9)
    truth = scene.truth(tails="none")

    def mean_j(human: list[int]) -> tuple[float, Masks]:
        shelf = Shelf(truth.take(np.isin(truth.frame, human)).replace(checked=()))
        rows = track(scene, shelf, shelf, Flow(work_side=160))
        return _mean_j(rows, truth, human), rows

    before, rows = mean_j([0])
    frames = asked(rows, 3)
    assert len(set(frames)) == 3
    after, _ = mean_j([0, *frames])
    neighbours, _ = mean_j([0, 1, 2, 3])
    assert after > max(before, neighbours) + 0.05


def _mean_j(rows: Masks, truth: Masks, skip: list[int]) -> float:
    values = []
    for i in range(len(truth)):
        frame, obj = int(truth.frame[i]), int(truth.object_id[i])
        if frame not in skip:
            mine = rows.on(frame).of(obj)
            values.append(iou_runs(mine.row_runs(0), truth.row_runs(i)) if len(mine) else 0.0)
    return float(np.mean(values))


def test_blank_video_without_rows() -> None:
    assert next_frames(table(Blank(10).video.n_frames), 3) == ()
