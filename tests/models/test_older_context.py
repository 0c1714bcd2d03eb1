"""`flow` and `background` go on from the frame before: older rows of their own change nothing."""

from __future__ import annotations

import pytest

from masklet.core import Masks, Propagator
from masklet.models.background import Background
from masklet.models.flow import Flow
from masklet.ops.table import concat
from masklet.testing import Scene

SCENE = Scene("arena", 2, (240, 180), n_frames=24, seed=5)


@pytest.mark.parametrize("engine", [Flow(), Background()], ids=["flow", "background"])
@pytest.mark.parametrize("frames", [range(18, 22), range(9, 5, -1)], ids=["forward", "backward"])
def test_only_the_edge_counts(engine: Propagator, frames: range) -> None:
    truth = SCENE.truth(frames=range(13, 14))
    towards = range(14, 18) if frames.step > 0 else range(12, 9, -1)
    context = concat([rows for _, rows in engine.propagate(SCENE, truth, towards)])
    assert len(context.frames) == len(towards)
    edge = context.on(towards[-1])

    def answer(more: Masks) -> list[tuple[int, Masks]]:
        return list(engine.propagate(SCENE, concat([truth, more]), frames))

    assert answer(context) == answer(edge)
    assert any(len(rows) for _, rows in answer(edge))
