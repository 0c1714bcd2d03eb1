"""Options on their way to an engine."""

from __future__ import annotations

import pytest

from masklet import UsageError
from masklet.core import Masks
from masklet.models.background import Background
from masklet.testing import Scene
from masklet.verbs.engines import check_known, resolve

SCENE = Scene("cage", 1, size_wh=(160, 120), n_frames=24, seed=19, coats=("hooded",))


def seeds() -> Masks:
    return SCENE.truth().on(0)


def test_an_option_reaches_the_engine() -> None:
    engine, reason = resolve("background", SCENE, seeds(), {"bars": "bridged"})
    assert isinstance(engine, Background)
    assert engine.bars == "bridged"
    assert "as asked" in reason


def test_an_engine_that_does_not_know_it_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match=r"flow has no option 'bars'; these do: .*background"):
        check_known("flow", {"bars": "bridged"})
    with pytest.raises(UsageError, match="no option 'stripes'; no installed engine does"):
        check_known("background", {"stripes": 1})


def test_a_made_engine_takes_no_options() -> None:
    with pytest.raises(UsageError, match="constructor"):
        check_known(Background(), {"bars": "bridged"})


def test_a_wrong_value_is_named_with_the_right_ones() -> None:
    with pytest.raises(UsageError, match="as-annotated, striped, bridged"):
        resolve("background", SCENE, seeds(), {"bars": "dotted"})
