"""The judge of the background engine finds the optimum whatever it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.models.background import Background
from masklet.models.judge import _logistic, _loss


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_the_fit_is_the_optimum(seed: int, scale: float) -> None:
    chance = np.random.default_rng(seed)
    signs = chance.normal(size=(600, 14)) * scale
    signs[:, 0] = 1
    drawn = signs @ chance.normal(size=14)
    truth = drawn > np.quantile(drawn, 0.7)
    beta = _logistic(signs, truth, np.ones(600))
    weight = np.where(truth, 0.5 / 0.3, 0.5 / 0.7)  # both classes weigh alike, 600 in all
    pull = np.full(14, 2.0)
    pull[0] = 1e-3
    best = _loss(signs, truth, weight, pull, beta)
    for _ in range(50):
        other = beta + chance.normal(size=14) * chance.choice([1e-3, 0.1, 1.0])
        assert _loss(signs, truth, weight, pull, other) >= best - 1e-4 * abs(best)


def test_two_annotated_frames_are_as_good_as_one(shared_data: Path) -> None:
    media = masklet.open_media(shared_data / "mouse_openfield/m3v1mp4.mp4")
    references = shared_data / "mouse_openfield/reference_body_masks"
    truth = masklet.read(references, media.video)
    for frames in ([0], [0, 510]):
        assert Background().stand(media, truth.take(np.isin(truth.frame, frames))).fit > 0.9
