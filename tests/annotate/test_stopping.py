"""A run that somebody stops keeps what it has found, in whichever sweep it was."""

from __future__ import annotations

import numpy as np
import pytest

from annotate_kit import SIZE, Blank, Shelf, Walker
from masklet.annotate.track import track
from masklet.annotate.watching import Watching
from masklet.core import Label, Masks
from masklet.core.pausing import Stopped, pause_point, pausing
from masklet.ops.runs import encode_crop
from masklet.ops.table import Row, build

MEDIA = Blank(200)


def truth(*frames: int) -> Masks:
    runs = encode_crop(np.ones((5, 5), bool), (10, 10), SIZE)
    return build(MEDIA.video, (Label("ball"),), [Row(frame, 1, 0, runs) for frame in frames])


class AtFrame:
    """Stops a run at the n-th frame that an engine answers."""

    def __init__(self, count: int) -> None:
        self.count, self.seen = count, list[int]()

    def live(self, frame: int, _rows: Masks) -> None:
        self.seen.append(frame)

    def hook(self, *_: object) -> None:
        if len(self.seen) >= self.count:
            raise Stopped


@pytest.mark.parametrize("count", [1, 30, 64, 65, 100, 150, 199, 230, 330])
@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_what_was_shown_stays(count: int, direction: str) -> None:
    shelf, stop = Shelf(truth(100)), AtFrame(count)
    watch, worked = Watching(stop.live, lambda frames: chunks.append(frames)), None
    chunks: list[range] = []
    try:
        with pausing(stop.hook):
            track(MEDIA, shelf, shelf, Walker(), direction=direction, watch=watch)
    except Stopped as stopped:
        worked = stopped
    total = {"forward": 99, "backward": 100, "both": 199}[direction]
    assert (worked is None) == (count > total)
    assert set(stop.seen) == set(shelf.rows.take(~shelf.rows.trusted).frames.tolist())
    assert all(set(frames) <= set(stop.seen) for frames in chunks)
    fresh = Shelf(truth(100))
    assert track(MEDIA, shelf, shelf, Walker(), direction=direction) == track(
        MEDIA, fresh, fresh, Walker(), direction=direction
    )


def test_pausing_holds_for_its_block_only() -> None:
    seen: list[int] = []
    pause_point()
    with pausing(lambda *_: seen.append(1)):
        pause_point()
        with pausing(lambda _what, done, of: seen.append(of - done)):
            pause_point("fits", 5, 7)
        pause_point()
    pause_point()
    assert seen == [1, 2, 1]


def test_stopped_is_no_error_that_one_may_catch() -> None:
    assert not issubclass(Stopped, Exception)
