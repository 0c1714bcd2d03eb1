"""The rules of `Store`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from masklet.core.enums import Origin
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.protocols import Store
from masklet.core.video import Video
from masklet.ops import table
from masklet.ops.runs import encode_crop
from masklet.testing.conformance.rules import hold, refuses, same_rows


def check_store(factory: Callable[[], Store]) -> None:
    """Check a store. Every call of `factory` opens the same place, which is empty at first.

    Its video must have at least 3 frames of at least 8 x 8 pixels.
    """
    store = factory()
    hold(isinstance(store, Store), "a Store has load(), append(rows) and history()")
    video = store.load().video
    hold(len(store.load()) == 0, f"a new store has no rows; found {len(store.load())}")
    hold(len(store.history()) == 0, f"a new store has no history; found {len(store.history())}")
    first = _rows(video, [(0, 1, 2), (0, 2, 3), (2, 1, 4)])
    store.append(first)
    hold(same_rows(store.load(), first), "load gives back what append took")
    hold(same_rows(factory().load(), first), "what was appended is there when the store is opened again")
    told = len(store.history())
    hold(told > 0, "history tells of every change; it is empty after the first append")
    _replaces(factory, video)
    grown = len(factory().history())
    hold(grown > told, f"history tells of every change; {grown} entries after the second, {told} before")
    _keeps_out(factory, video)
    hold(len(factory().history()) == grown, "a refused append leaves no trace in the history")


def _replaces(factory: Callable[[], Store], video: Video) -> None:
    store = factory()
    store.append(_rows(video, [(2, 1, 5), (1, 7, 6)]))
    wanted = _rows(video, [(0, 1, 2), (0, 2, 3), (1, 7, 6), (2, 1, 5)])
    for place, found in (("the store", store), ("the store opened again", factory())):
        hold(
            same_rows(found.load(), wanted),
            f"append replaces the row of the same (frame, object_id) and keeps all others; in {place}",
        )


def _keeps_out(factory: Callable[[], Store], video: Video) -> None:
    other = Video("another video", video.width + 1, video.height, max(3, video.n_frames))
    before = factory().load()
    refuses(
        lambda: factory().append(_rows(other, [(0, 1, 2)])),
        "rows of another video are refused with a MaskletError",
    )
    hold(same_rows(before, factory().load()), "a refused append changes nothing")


def _rows(video: Video, rows: list[tuple[int, int, int]]) -> Masks:
    """Squares: (frame, object_id, side)."""
    made = []
    for frame, object_id, side in rows:
        runs = encode_crop(np.ones((side, side), bool), (1, 1), video.size_wh(frame))
        made.append(table.Row(frame, object_id, 0, runs, 0.5, 0.25, Origin.PREDICTED))
    return table.build(video, [Label("animal")], made)
