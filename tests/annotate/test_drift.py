"""A run that ends where an object drifts: on which frame, why, and what is saved."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import Blank, Shelf, Walker, square, table
from masklet.annotate import stretches
from masklet.annotate.drift import DriftGuard
from masklet.annotate.track import track
from masklet.core import Flags, Masks, UsageError
from masklet.ops.runs import encode_crop

N = 120
SIZE = (200, 40)


class Failing(Walker):
    """Walks, and from a frame on fails in some way until another frame."""

    def __init__(self, way: str, start: int, stop: int = N) -> None:
        super().__init__(name=f"failing {way} {start} {stop}")
        self.way, self.frames = way, range(start, stop)

    def _rows(self, frame, start):
        for row in super()._rows(frame, start):
            if row.object_id != 1 or frame not in self.frames:
                yield row
            elif self.way == "score":
                yield row._replace(score=0.2)
            elif self.way == "area":
                yield row._replace(runs=encode_crop(encoded(30), (60, 5), SIZE))
            # lost: no row


def encoded(side: int) -> np.ndarray:
    return np.ones((side, side), bool)


def run(engine: Walker, *rows, frames: int = 3, **how) -> tuple[Masks, DriftGuard, Shelf]:
    shelf, guard = Shelf(table(N, *(rows or (square(20, 0),)))), DriftGuard(frames)
    found = track(Blank(N), shelf, shelf, engine, direction="forward", guard=guard, **how)
    return found, guard, shelf


@pytest.mark.parametrize(
    ("way", "reason"), [("score", "low score"), ("area", "area jump"), ("lost", "not found")]
)
@pytest.mark.parametrize("chunk", [7, 64])
def test_it_ends_before_the_first_frame_in_doubt(
    way: str, reason: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "CHUNK", chunk)
    engine = Failing(way, 34)
    rows, guard, _ = run(engine, square(20, 0), square(100, 0, obj=2, y=25))
    assert guard.found is not None
    assert (guard.found.frame, guard.found.object_id) == (34, 1)
    assert reason in guard.found.reasons
    assert rows.of(1).frame.tolist() == rows.of(2).frame.tolist() == list(range(34))
    asked = max(frame for call in engine.calls for frame in call)
    assert asked < 34 + 3 + 2 * chunk  # one chunk more than it takes to see it
    said = str(guard.found)
    assert "rat 1 is in doubt from frame 34 on" in said
    assert reason in said
    assert "--box X0,Y0,X1,Y1@34:1" in said


def test_a_doubt_that_passes_is_no_drift(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "CHUNK", 5)
    rows, guard, _ = run(Failing("lost", 34, 36))
    assert guard.found is None
    assert len(rows.frames) == N - 2
    _, guard, _ = run(Failing("lost", 34, 36), frames=2)
    assert guard.found is not None
    assert guard.found.frame == 34


def test_who_leaves_by_the_border_has_not_drifted() -> None:
    class Leaving(Walker):
        def _rows(self, frame, start):
            for row in super()._rows(frame, start):
                if frame < 50:
                    yield row

    rows, guard, _ = run(Leaving(name="leaving"), square(141, 0))  # reaches x = 200 on frame 49
    assert guard.found is None
    assert rows.frames.tolist() == list(range(50))


def test_truth_is_not_in_doubt_and_after_a_correction_it_goes_on() -> None:
    rows, guard, shelf = run(Failing("score", 34))
    assert guard.found is not None
    shelf.rows = table(N, square(20, 0), square(60, 34), square(70, 50))
    engine = Failing("score", 60)
    rows = track(Blank(N), shelf, shelf, engine, direction="forward", guard=guard)
    assert guard.found is not None
    assert guard.found.frame == 60
    assert rows.frames.tolist() == list(range(60))


def test_who_is_declared_gone_is_not_lost() -> None:
    gone = square(20, 40)._replace(flags=int(Flags.OUTSIDE), runs=encode_crop(encoded(0), (0, 0), SIZE))
    rows, guard, _ = run(Walker(), square(20, 0), gone, square(100, 0, obj=2, y=25))
    assert guard.found is None
    assert rows.of(2).frame[-1] == N - 1


def test_only_forward() -> None:
    shelf = Shelf(table(N, square(20, 0)))
    with pytest.raises(UsageError, match="a run both cannot stop"):
        track(Blank(N), shelf, shelf, Walker(), guard=DriftGuard())
    with pytest.raises(UsageError, match="drift of 0 frames"):
        DriftGuard(0)
