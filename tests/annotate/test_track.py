"""Tracking with an engine that one can compute in one's head."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import SIZE, Blank, Shelf, Walker, lefts, square, table
from masklet.annotate.compete import compete
from masklet.annotate.ranges import parse_ranges
from masklet.annotate.stretches import CHUNK
from masklet.annotate.track import track
from masklet.core import DOUBTS, Flags, Label, Masks, Origin, Review, UsageError, Video
from masklet.ops.runs import area, intersection
from masklet.ops.table import areas


def run(shelf: Shelf, engine: Walker, n: int, **how):
    return track(Blank(n), shelf, shelf, engine, **how)


def test_one_frame_reaches_all(walker: Walker) -> None:
    shelf = Shelf(table(150, square(20, 10)))
    rows = run(shelf, walker, 150)
    assert lefts(rows) == {f: 10 + f for f in range(150)}
    assert rows.trusted.tolist() == [f == 10 for f in range(150)]
    assert {len(call) for call in walker.calls} <= {CHUNK, 10, 150 - 11 - 2 * CHUNK}


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("forward", range(10, 30)), ("backward", range(11)), ("both", range(30))],
)
def test_direction(walker: Walker, direction: str, expected: range) -> None:
    rows = run(Shelf(table(30, square(20, 10))), walker, 30, direction=direction)
    assert rows.frames.tolist() == list(expected)


def test_truth_is_never_touched(walker: Walker) -> None:
    seeds = table(40, square(20, 0), square(90, 20, review=Review.ACCEPTED), square(60, 39))
    rows = run(Shelf(seeds), walker, 40)
    assert rows.take(rows.trusted) == seeds.replace(steps=rows.steps)


def test_between_two_frames_both_runs_are_blended(walker: Walker) -> None:
    rows = run(Shelf(table(11, square(20, 0), square(32, 10))), walker, 11)
    left = lefts(rows)
    assert left[1] == 21  # next to the left truth: the forward run
    assert left[9] == 31  # next to the right truth: the backward run
    assert all(left[f] <= left[f + 1] for f in range(10))


def test_runs_that_disagree_are_chosen_and_flagged(walker: Walker) -> None:
    rows = run(Shelf(table(11, square(20, 0), square(150, 10))), walker, 11)
    left = lefts(rows)
    assert [left[f] for f in (1, 2, 3)] == [21, 22, 23]
    assert [left[f] for f in (7, 8, 9)] == [147, 148, 149]
    assert all(rows.flags[1:10] & Flags.DISAGREE)


def test_killed_run_equals_undisturbed(walker: Walker) -> None:
    seeds = table(300, square(5, 3), square(30, 150), square(50, 100, obj=2, y=25))
    whole = run(Shelf(seeds), Walker(), 300)

    class StoppedError(Exception):
        pass

    shelf = Shelf(seeds)
    for stop_after in (1, 2, 1, 3):
        puts = shelf.puts

        def stop(progress, puts=puts, stop_after=stop_after) -> None:
            if shelf.puts >= puts + stop_after:
                raise StoppedError

        with pytest.raises(StoppedError):
            run(shelf, Walker(), 300, progress=stop)
    rows = run(shelf, Walker(), 300)
    assert rows.replace(steps=(), step=-1) == whole.replace(steps=(), step=-1)


def test_correction_recomputes_only_its_neighbourhood() -> None:
    seeds = [square(5, 0), square(35, 100), square(60, 200), square(90, 300)]
    shelf = Shelf(table(400, *seeds))
    run(shelf, Walker(), 400)
    again = Walker()
    run(shelf, again, 400)
    assert again.calls == []
    shelf.rows = table(400, *seeds, square(50, 150))
    corrected = Walker()
    rows = run(shelf, corrected, 400)
    touched = {frame for call in corrected.calls for frame in call}
    assert touched == set(range(101, 200)) - {150}
    assert lefts(rows)[151] == 51


def test_only_chosen_frames_change(walker: Walker) -> None:
    shelf = Shelf(table(100, square(20, 0)))
    before = run(shelf, walker, 100)
    shelf.rows = track_with_new_truth(shelf, square(75, 50))
    rows = run(shelf, Walker(), 100, frames=parse_ranges("45-55", 100))
    left = lefts(rows)
    assert left[44] == lefts(before)[44]
    assert left[56] == lefts(before)[56]
    assert left[51] == 76


def track_with_new_truth(shelf: Shelf, row):
    from masklet.ops.table import upsert

    return upsert(shelf.rows, table(shelf.rows.video.n_frames, row), keep_trusted=False)


def test_objects_join_over_time() -> None:
    seeds = table(40, square(20, 0), square(60, 10, obj=2, y=25))
    rows = run(Shelf(seeds), Walker(), 40, direction="forward")
    assert lefts(rows, 1) == {f: 20 + f for f in range(40)}
    assert lefts(rows, 2) == {f: 50 + f for f in range(10, 40)}


def test_a_checked_frame_without_it_ends_an_object() -> None:
    seeds = table(30, square(20, 0), square(60, 10, obj=2, y=25), checked=[10])
    rows = run(Shelf(seeds), Walker(), 30, direction="forward")
    assert lefts(rows, 1) == {f: 20 + f for f in range(10)}


def test_an_outside_row_ends_an_object() -> None:
    gone = square(20, 10)._replace(flags=int(Flags.OUTSIDE), runs=np.array([8000], np.uint32))
    rows = run(Shelf(table(30, square(20, 0), gone)), Walker(), 30, direction="forward")
    assert max(rows.frames) == 10


def test_objects_do_not_share_pixels() -> None:
    seeds = table(30, square(20, 0), square(50, 20, obj=2))
    rows = run(Shelf(seeds), Walker(), 30)
    for _, here in rows.each_frame():
        total = sum(np.add.reduce(here.row_runs(i)[1::2]) for i in range(len(here)))
        joint = np.zeros(8000, bool)
        for i in range(len(here)):
            values = np.arange(len(here.row_runs(i))) % 2 == 1
            joint |= np.repeat(values, here.row_runs(i))
        assert total == joint.sum()


def test_falling_scores_and_vanishing_are_flagged() -> None:
    class Fading(Walker):
        def _rows(self, frame, start):
            for row in super()._rows(frame, start):
                if frame < 25:
                    yield row._replace(score=1.0 if frame < 20 else 0.7)

    rows = run(Shelf(table(40, square(20, 0))), Fading(name="fading"), 40)
    falling = rows.frame[(rows.flags & Flags.SCORE_FALLING) != 0]
    gone = rows.frame[(rows.flags & Flags.VANISHES) != 0]
    assert falling.tolist() == [20, 21, 22, 23, 24]
    assert gone.tolist() == [24]
    assert not np.any(rows.flags[:20] & DOUBTS)


def test_doubts_do_not_look_behind_truth() -> None:
    class Uneven(Walker):
        def _rows(self, frame, start):
            for row in super()._rows(frame, start):
                yield row._replace(score=0.95 if frame < 30 else 0.75)

    def falling(*seeds) -> list[int]:
        rows = run(Shelf(table(60, *seeds)), Uneven(name="uneven"), 60, direction="forward")
        mine = rows.of(1)
        return mine.frame[(mine.flags & Flags.SCORE_FALLING) != 0].tolist()

    assert falling(square(20, 0)) == [*range(30, 38)]  # until half of the last 15 are as low
    assert falling(square(20, 0), square(50, 29)) == []
    other = square(90, 0, obj=2, y=25)  # lacks truth on 29, so that 29 is tracked as well
    assert falling(square(20, 0), square(50, 29), other) == [30]  # against the truth alone


def test_rejected_rows_are_no_truth(walker: Walker) -> None:
    seeds = table(20, square(20, 0), square(90, 10, review=Review.REJECTED))
    rows = run(Shelf(seeds), walker, 20)
    assert lefts(rows)[10] == 30


def test_nothing_to_go_by(walker: Walker) -> None:
    with pytest.raises(UsageError, match="nothing to track"):
        run(Shelf(table(20, square(20, 0, origin=Origin.PREDICTED))), walker, 20)
    with pytest.raises(UsageError, match="direction"):
        run(Shelf(table(20, square(20, 0))), walker, 20, direction="sideways")


def test_progress_ends_at_its_total(walker: Walker) -> None:
    seen = []
    run(Shelf(table(100, square(20, 50))), walker, 100, progress=lambda p: seen.append(p))
    assert seen[-1].done == seen[-1].total
    assert [p.done for p in seen] == sorted(p.done for p in seen)


def test_one_direction_leaves_alone_what_it_does_not_reach(walker: Walker) -> None:
    shelf = Shelf(table(30, square(20, 10)))
    both = run(shelf, walker, 30)
    rows = run(shelf, Walker(), 30, direction="forward")
    assert rows == both


def test_other_pixels_on_the_same_frame_are_another_seed(walker: Walker) -> None:
    shelf = Shelf(table(20, square(20, 0)))
    run(shelf, walker, 20)
    shelf.rows = track_with_new_truth(shelf, square(30, 0))
    assert lefts(run(shelf, Walker(), 20))[5] == 35


def test_another_engine_does_not_take_this_ones_chunks(walker: Walker) -> None:
    shelf = Shelf(table(20, square(20, 0)))
    run(shelf, walker, 20)
    for other in (Walker(version=2), Walker(name="stroller")):
        run(shelf, other, 20)
        assert other.calls


def test_another_video_does_not_take_this_ones_chunks(walker: Walker) -> None:
    class Other(Blank):
        def __init__(self, n_frames: int) -> None:
            super().__init__(n_frames)
            self.video = Video("blank", *SIZE, n_frames, content_hash="other")

    shelf = Shelf(table(20, square(20, 0)))
    run(shelf, walker, 20)
    again = Walker()
    shelf.rows = shelf.rows.replace(video=Other(20).video)
    track(Other(20), shelf, shelf, again)
    assert again.calls


@pytest.mark.parametrize(("first", "second"), [(0.9, 0.3), (0.3, 0.9)])
def test_the_surer_of_two_keeps_shared_pixels(first: float, second: float) -> None:
    rows = table(
        5,
        square(20, 1, obj=1, score=first, origin=Origin.PROPAGATED),
        square(25, 1, obj=2, score=second, origin=Origin.PROPAGATED),
    )
    sizes = dict(zip([1, 2], areas(compete(rows, set())).tolist(), strict=True))
    assert sizes == ({1: 100, 2: 50} if first > second else {1: 50, 2: 100})


def test_truth_never_yields_pixels() -> None:
    rows = table(
        5,
        square(20, 1, obj=1, score=1.0, origin=Origin.PROPAGATED),
        square(25, 1, obj=2, score=0.1),
    )
    assert areas(compete(rows, set())).tolist() == [50, 100]
    assert areas(compete(rows, {(1, 2)})).tolist() == [100, 100]


def test_overlap_in_truth_is_allowed_up_to_the_next_truth() -> None:
    def shared(*seeds) -> list[int]:
        rows = run(Shelf(table(40, *seeds)), Walker(), 40)
        joint = [f for f, here in rows.each_frame() if len(here) == 2 and _shares(here)]
        return [f for f in joint if not rows.on(f).trusted.all()]

    near = [square(20, 0), square(32, 0, obj=2), square(40, 20), square(45, 20, obj=2)]
    assert shared(*near) == [*range(11, 20), *range(21, 40)]  # they meet half-way to the right truth
    apart = [square(50, 30), square(70, 30, obj=2)]
    assert shared(*near, *apart)[:10] == [*range(11, 20), 21]
    assert max(shared(*near, *apart)) < 30


def _shares(rows: Masks) -> bool:
    return bool(area(intersection(rows.row_runs(0), rows.row_runs(1))))


def test_a_mask_that_one_side_does_not_see_must_be_sure() -> None:
    class HalfBlind(Walker):
        def _rows(self, frame, start):
            return super()._rows(frame, start) if self.calls[-1].step > 0 else iter(())

    rows = run(Shelf(table(21, square(20, 0), square(40, 20))), HalfBlind(), 21)
    seen = rows.frame[~rows.trusted].tolist()
    assert seen == list(range(1, 14))  # until (1 - t) * score < t * 0.5
    assert all(rows.flags[1:14] & Flags.DISAGREE)


def test_a_label_that_is_new_to_the_project_changes_nothing(walker: Walker) -> None:
    shelf = Shelf(table(100, square(20, 0)))
    before = run(shelf, walker, 100)
    shelf.rows = before.replace(labels=(*before.labels, Label("cup")))
    again = Walker()
    run(shelf, again, 100)
    assert again.calls == []
