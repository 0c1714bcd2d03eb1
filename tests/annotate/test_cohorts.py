"""Which objects are tracked together, and what those that come later leave alone."""

from __future__ import annotations

import numpy as np

from annotate_kit import SIZE, Blank, Shelf, Walker, lefts, square, table
from masklet.annotate.cohorts import Cohort, cohorts
from masklet.annotate.track import track
from masklet.core import Flags, Label, Masks
from masklet.ops.runs import encode_crop
from masklet.ops.table import areas, concat, upsert

N = 30


def tracked(*rows, **more) -> Shelf:
    shelf = Shelf(table(N, *rows))
    track(Blank(N), shelf, shelf, Walker(), **more)
    return shelf


def added(shelf: Shelf, *rows) -> Masks:
    return upsert(shelf.rows, table(N, *rows), keep_trusted=False)


def test_all_that_is_new_is_one_cohort() -> None:
    assert cohorts(table(N, square(20, 0), square(60, 9, obj=4))) == {0: [1, 4]}
    assert cohorts(table(N)) == {}


def test_who_comes_later_is_alone_unless_it_was_drawn_with_others() -> None:
    shelf = tracked(square(20, 0), square(60, 0, obj=2, y=25))
    assert cohorts(added(shelf, square(90, 9, obj=3), square(120, 9, obj=5))) == {0: [1, 2], 3: [3, 5]}
    assert cohorts(added(shelf, square(90, 9, obj=3), square(29, 9))) == {0: [1, 2, 3]}
    gone = square(29, 9)._replace(flags=int(Flags.OUTSIDE), runs=np.array([8000], np.uint32))
    assert cohorts(added(shelf, square(90, 9, obj=3), gone)) == {0: [1, 2], 3: [3]}


def test_it_stays_so_whatever_is_corrected() -> None:
    shelf = tracked(square(20, 0))
    shelf.rows = added(shelf, square(90, 9, obj=3))
    later = Cohort(shelf, [3], [1])
    track(Blank(N), later, shelf, Walker(), beside=later.beside, cohort=3)
    assert cohorts(shelf.rows) == {0: [1], 3: [3]}
    assert cohorts(added(shelf, square(32, 12), square(93, 12, obj=3))) == {0: [1], 3: [3]}
    assert cohorts(added(shelf, square(93, 12, obj=3), square(5, 12, obj=7, y=25))) == {
        0: [1],
        3: [3, 7],
    }


def test_lines_stay_with_the_first() -> None:
    shelf = tracked(square(20, 0))
    tail = table(N, square(90, 9, obj=3)).replace(labels=(Label("tail", "line"),))
    assert cohorts(concat([shelf.rows, tail])) == {0: [1, 3]}


def test_others_keep_their_pixels_and_drawings_go_over_all() -> None:
    shelf = tracked(square(20, 0))
    before = shelf.rows
    shelf.rows = added(shelf, square(25, 5, obj=2))  # 1 is at 25 on frame 5, and 2 walks with it
    first, later = Cohort(shelf, [1], []), Cohort(shelf, [2], [1])
    track(Blank(N), first, shelf, Walker(), beside=first.beside)
    track(Blank(N), later, shelf, Walker(), beside=later.beside, cohort=2)
    assert lefts(shelf.rows, 1) == {f: 20 + f for f in range(N) if f != 5}
    assert lefts(shelf.rows, 2) == {5: 25}
    mine = shelf.rows.of(1)
    others = before.of(1).take(before.of(1).frame != 5)
    assert np.array_equal(mine.runs, others.runs)


def test_a_part_is_left_where_masks_overlap_in_part() -> None:
    shelf = tracked(square(20, 0))
    shelf.rows = added(shelf, square(31, 5, obj=2))  # 1 reaches from 25 to 35 there
    first, later = Cohort(shelf, [1], []), Cohort(shelf, [2], [1])
    track(Blank(N), first, shelf, Walker(), beside=first.beside)
    track(Blank(N), later, shelf, Walker(), beside=later.beside, cohort=2)
    assert areas(shelf.rows.on(5)).tolist() == [60, 100]
    assert areas(shelf.rows.on(6)).tolist() == [100, 60]
    whole = encode_crop(np.ones((10, 10), bool), (26, 10), SIZE)
    assert np.array_equal(shelf.rows.on(6).of(1).runs, whole)
