"""What a fixed camera tells without any annotation: the empty place, bars."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from masklet.models.background import Background
from masklet.models.fixed import FixedViews, fixed_view
from masklet.ops import runs
from masklet.testing import PRESETS, ArraySource, Scene
from masklet.testing.stage import bars_on

CAGE = replace(PRESETS["cage-bars-1"], size_wh=(320, 240), n_frames=160)
ARENA = replace(PRESETS["arena-1"], size_wh=(240, 180), n_frames=60)


def resting(share: float, n: int = 40) -> ArraySource:
    """A dark disk that lies in one place for a share of the video and is away for the rest."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:120, :160]
    floor = np.stack([150 + 0.2 * x + 0.1 * y] * 3, axis=-1) + rng.normal(0, 4, (120, 160, 3))
    frames = []
    for i in range(n):
        frame = floor + rng.normal(0, 2, floor.shape)
        if i < share * n:
            frame[disk()] = (50, 40, 30)
        frames.append(np.clip(frame, 0, 255).astype(np.uint8))
    return ArraySource(np.stack(frames))


def disk() -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    return np.asarray((x - 80) ** 2 + (y - 60) ** 2 <= 18**2)


def truth_of(scene: Scene, frame: int, bars: str = "striped") -> np.ndarray:
    rows = scene.truth(bars=bars, frames=range(frame, frame + 1))  # type: ignore[arg-type]
    return np.asarray(runs.decode(rows.row_runs(0), scene.size_wh))


def test_bars_are_found_where_animals_pass_and_elsewhere() -> None:
    view = fixed_view(CAGE)
    expected = bars_on(CAGE.stage(), 0)
    assert view is not None
    assert expected is not None
    hit = (view.bars & expected).sum()
    assert hit / view.bars.sum() > 0.85
    assert hit / expected.sum() > 0.6
    inner = np.zeros_like(expected)
    inner[60:200] = True
    assert (view.bars & expected & inner).sum() / (expected & inner).sum() > 0.75


@pytest.mark.parametrize("scene", [ARENA, replace(CAGE, bars=False)], ids=["arena", "cage, no bars"])
def test_no_bars_are_seen_where_there_are_none(scene: Scene) -> None:
    view = fixed_view(scene)
    assert view is not None
    assert not view.bars.any()


def test_the_difference_is_high_on_the_animal_and_low_elsewhere() -> None:
    view = fixed_view(CAGE)
    assert view is not None
    apart, mask = view.difference(CAGE[70]), truth_of(CAGE, 70)
    assert apart.shape == (240, 320)
    assert apart.dtype == np.float32
    assert apart.min() >= 0
    assert apart.max() <= 1
    assert np.median(apart[mask]) > 0.6
    assert np.median(apart[~mask]) < 0.1


@pytest.mark.parametrize("share", [0.3, 0.6, 0.8])
def test_what_rests_for_most_of_the_video_is_not_the_place(share: float) -> None:
    media = resting(share)
    view = fixed_view(media)
    assert view is not None
    assert view.place.first[disk()].mean() > 120
    assert view.difference(media[0])[disk()].mean() > 0.8
    assert view.difference(media[39])[disk()].mean() < 0.2


def test_a_moving_camera_has_no_view() -> None:
    moving = replace(PRESETS["moving-camera"], size_wh=(240, 180), n_frames=30)
    assert fixed_view(moving) is None


def test_a_view_is_made_once_for_each_video_and_never_taken_for_another() -> None:
    views = FixedViews()
    one, other = resting(0.3), resting(0.6)
    first = views.any(one)
    assert views.any(one) is first
    assert views.any(other) is not first


def test_a_single_frame_has_a_view() -> None:
    view = fixed_view(ArraySource(ARENA[0][None]))
    assert view is not None
    assert not view.bars.any()
    assert view.difference(ARENA[0]).max() < 0.2


def test_the_lattice_of_a_real_cage_is_seen_on_one_frame(shared_data: Path) -> None:
    from masklet.media import read_image

    image = np.asarray(read_image(shared_data / "rat_cage" / "frame_000000_1920x1080.jpg")[0])
    view = fixed_view(ArraySource(image[None]))
    assert view is not None
    assert 0.05 < view.bars.mean() < 0.3
    assert view.bars[:, :100].mean() < 0.02


@pytest.mark.parametrize("drawn", ["striped", "bridged"])
@pytest.mark.parametrize("bars", ["as-annotated", "striped", "bridged"])
def test_masks_are_striped_or_bridged_as_asked(drawn: str, bars: str) -> None:
    engine = Background(bars=bars)  # type: ignore[arg-type]
    seeds = CAGE.truth(bars=drawn, frames=range(1))  # type: ignore[arg-type]
    [(frame, rows)] = list(engine.propagate(CAGE, seeds, range(12, 13)))
    wanted = drawn if bars == "as-annotated" else bars
    found = runs.decode(rows.row_runs(0), CAGE.size_wh)
    view = fixed_view(CAGE)
    assert view is not None
    if wanted == "striped":
        assert not (found & view.bars).any()
    expected, other = (truth_of(CAGE, frame, way) for way in (wanted, _other(wanted)))
    assert iou(found, expected) > 0.7
    assert iou(found, expected) > iou(found, other)


def _other(way: str) -> str:
    return "bridged" if way == "striped" else "striped"


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())
