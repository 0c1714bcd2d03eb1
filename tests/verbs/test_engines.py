"""Options on their way to an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

import masklet
from masklet import UsageError
from masklet.core import Masks
from masklet.models.background import Background
from masklet.models.flow import Flow
from masklet.testing import Scene
from masklet.verbs.engines import check_known, resolve

SCENE = Scene("cage", 1, size_wh=(160, 120), n_frames=24, seed=19, coats=("hooded",))


def seeds() -> Masks:
    return SCENE.truth().on(0)


def test_an_option_reaches_the_engine() -> None:
    engine, reason = resolve("background", SCENE, seeds(), {"bars": "bridged"})
    assert isinstance(engine, Background)
    assert engine.bars == "bridged"
    assert "as asked, with" in reason


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


@pytest.mark.parametrize("tails", ["none", "own"])
def test_settings_last_until_others_are_given(tmp_path: Path, tails: str) -> None:
    truth = SCENE.truth(tails=tails)
    preset = {"preset": "fast", "work_side": 160}
    first = masklet.track(
        SCENE, truth.on(0), out=tmp_path, engine="flow", options=preset, frames="0-3"
    ).masks

    again = masklet.track(SCENE, out=tmp_path, frames="0-3")
    assert again.engine.startswith("flow preset=fast work_side=160: as in the run before")
    assert again.masks == first

    engine, reason = resolve("auto", SCENE, first, {"preset": "medium"})
    assert isinstance(engine, Flow)
    assert (engine.preset, engine.work_side) == ("medium", 160)
    assert reason == "flow work_side=160: as in the run before, with preset=medium"

    engine, reason = resolve("flow", SCENE, first)
    assert isinstance(engine, Flow)
    assert (engine.preset, engine.work_side) == ("fast", 160)
    assert reason == "flow preset=fast work_side=160: as asked, set as in the run before"

    engine, reason = resolve("background", SCENE, first)
    assert isinstance(engine, Background)
    assert (engine.work_side, reason) == (Background().work_side, "background: as asked")
