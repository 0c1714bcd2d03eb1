"""Camera motion, and the choice that follows from it."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import UsageError
from masklet.core.registry import load
from masklet.models.auto import Auto, choose
from masklet.models.motion import camera_motion
from masklet.testing import ArraySource, Scene, check_propagator

STILL = Scene("arena", 1, (240, 180), n_frames=24, seed=3)
CLEAR = Scene("arena", 1, (320, 240), n_frames=40, seed=1)
SHAKEN = Scene("arena", 1, (240, 180), n_frames=24, seed=3, camera_motion=12.0)


def test_a_fixed_camera() -> None:
    assert camera_motion(STILL).fixed


def test_a_moving_camera_and_by_how_much() -> None:
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 255, (30, 60, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    media = ArraySource(np.stack([wide[:, 3 * i : 3 * i + 320] for i in range(12)]))
    motion = camera_motion(media)
    assert not motion.fixed
    assert motion.median_px == pytest.approx(3.0, abs=0.2)
    assert "moves 3" in str(motion)


def test_a_bare_picture_proves_nothing() -> None:
    motion = camera_motion(ArraySource(np.full((6, 90, 120, 3), 90, np.uint8)))
    assert not motion.fixed
    assert "cannot be measured" in str(motion)


@pytest.mark.parametrize(("scene", "name"), [(CLEAR, "background"), (SHAKEN, "adapt")])
def test_the_choice_and_its_reason(scene: Scene, name: str) -> None:
    choice = choose(scene, scene.truth(frames=range(1)))
    assert choice.name == name
    assert choice.reason.startswith("the camera moves ")
    assert choice.reason.endswith(f"-> {name}")
    assert [c.fitness for c in choice.candidates] == sorted(
        (c.fitness for c in choice.candidates), reverse=True
    )


def test_auto_is_a_propagator_and_installed() -> None:
    assert load("propagators", "auto") is Auto
    check_propagator(Auto({"adapt": {"quality": "fast"}}))


def test_auto_hands_over_to_the_chosen_engine() -> None:
    seeds = CLEAR.truth(frames=range(1))
    mine = list(Auto().propagate(CLEAR, seeds, range(1, 5)))
    theirs = list(load("propagators", "background")().propagate(CLEAR, seeds, range(1, 5)))
    assert [rows for _, rows in mine] == [rows for _, rows in theirs]


def test_nothing_annotated_is_refused() -> None:
    with pytest.raises(UsageError, match="annotate"):
        choose(STILL, STILL.truth(frames=range(1)).take([]))
