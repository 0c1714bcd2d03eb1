"""Bars do not make an animal fall apart."""

from __future__ import annotations

import numpy as np

from masklet.core import Flags
from masklet.models.rows import Found, RowMaker
from masklet.testing import Scene


def test_a_striped_mask_is_not_called_split() -> None:
    scene = Scene("arena", size_wh=(96, 80), n_frames=2, seed=1)
    maker = RowMaker(scene.truth(frames=range(1)), scene.video)
    whole = np.ones((20, 30), bool)
    striped = whole.copy()
    striped[:, 10:13] = False
    told = maker.rows(1, [Found(1, striped, (10, 10), 0.9, 0.9, unbroken=whole)])
    untold = maker.rows(1, [Found(1, striped, (10, 10), 0.9, 0.9)])
    assert not int(told.flags[0]) & Flags.SPLIT
    assert int(untold.flags[0]) & Flags.SPLIT
