"""A cut to another scene is noticed and said."""

from __future__ import annotations

import numpy as np

from masklet.core import Flags, Label
from masklet.models.adapt.engine import Adapt
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.testing import ArraySource
from masklet.verbs.track import cuts


def test_a_scene_cut_is_flagged_where_the_object_is_found_again() -> None:
    rng = np.random.default_rng(0)
    thing = rng.integers(150, 255, (48, 48, 3), dtype=np.uint8)
    dark = rng.integers(0, 60, (160, 200, 3), dtype=np.uint8)
    frames = np.stack([dark] * 6)
    frames[3:] = 255 - dark // 2
    for i in range(6):
        x = 40 + 3 * i if i < 3 else 110
        frames[i, 50:98, x : x + 48] = thing
    media = ArraySource(frames)
    mask = np.zeros((160, 200), bool)
    mask[50:98, 40:88] = True
    seeds = build(media.video, (Label("thing"),), [Row(0, 1, 0, runs.encode(mask))])
    rows = [found for _, found in Adapt("fast").propagate(media, seeds, range(1, 6))]
    flagged = [bool((r.flags & Flags.SCENE_CUT).any()) for r in rows]
    assert flagged == [False, False, True, False, False]
    assert cuts(rows[2]) == [3]
