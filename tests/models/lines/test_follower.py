"""Following one line: both polarities, bars, ends, absence, things too small to follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from masklet.models.lines.curves import away, band, even, length_of
from masklet.models.lines.follower import LineFollower, LineFound

SIZE = (160, 120)
BODY = (50, 60, 18)


def tail(t: float, length: float = 70.0) -> np.ndarray:
    """A curve that swings to and fro, from the body's right side on; drifts right with time."""
    s = np.linspace(0, length, 60)
    turn = 0.5 * np.sin(0.25 * t) * (s / 70)
    x = BODY[0] + BODY[2] + t + np.cumsum(np.cos(turn)) * (length / 60)
    y = BODY[1] + np.cumsum(np.sin(turn)) * (length / 60)
    return np.stack([x, y], axis=1)


def whole(crop: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[offset[1] : offset[1] + crop.shape[0], offset[0] : offset[0] + crop.shape[1]] = crop
    return mask


def line_mask(curve: np.ndarray, half: float = 1.5) -> np.ndarray:
    return whole(*band(curve, np.full(2, half), SIZE))


def body_mask(t: float) -> np.ndarray:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    inside: np.ndarray = (x - BODY[0] - t) ** 2 + (y - BODY[1]) ** 2 <= BODY[2] ** 2
    return inside


def picture(t: float, curve: np.ndarray | None, level: int = 50, bars: bool = False) -> np.ndarray:
    rng = np.random.default_rng(3)
    image = rng.normal(140, 4, (*SIZE[::-1], 3))
    image[body_mask(t)] = (200, 190, 180) if level < 140 else (60, 60, 60)
    if curve is not None:
        image[line_mask(curve)] = level
    if bars:
        image[:, 8::24] = image[:, 9::24] = image[:, 10::24] = (170, 170, 190)
    image += np.random.default_rng(int(t) + 9).normal(0, 2, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def distance(found: LineFound | None, true: np.ndarray) -> float:
    assert found is not None
    line = found.points - 0.5
    return float((away(even(line, 1.0), true).mean() + away(even(true, 1.0), line).mean()) / 2)


def follow(
    n: int, image: Callable[[int], np.ndarray], known: bool = True
) -> tuple[LineFollower, list[LineFound | None]]:
    follower = LineFollower.start(image(0), line_mask(tail(0)), body_mask(0))
    return follower, [follower.step(image(t), body_mask(t) if known else None) for t in range(1, n)]


@pytest.mark.parametrize("level", [50, 230], ids=["dark", "bright"])
@pytest.mark.parametrize("known", [True, False], ids=["animal known", "animal unknown"])
def test_a_swinging_line_is_followed(level: int, known: bool) -> None:
    _, found = follow(9, lambda t: picture(t, tail(t), level), known)
    for t, one in enumerate(found, 1):
        assert distance(one, tail(t)) < 1.5
        assert one is not None
        assert 0.5 < one.score <= 1
        assert one.mask.shape[0] <= SIZE[1]


def test_the_root_comes_first() -> None:
    _, found = follow(4, lambda t: picture(t, tail(t)))
    for t, one in enumerate(found, 1):
        assert one is not None
        assert np.linalg.norm(one.points[0] - tail(t)[0]) < 8
        assert np.linalg.norm(one.points[-1] - tail(t)[-1]) < 8


def test_bars_are_bridged() -> None:
    _, found = follow(6, lambda t: picture(t, tail(t), bars=True))
    for t, one in enumerate(found, 1):
        assert distance(one, tail(t)) < 2.0


def test_the_mask_is_as_thick_as_the_annotation() -> None:
    _, found = follow(3, lambda t: picture(t, tail(t)))
    drawn = line_mask(tail(0)).sum() / length_of(tail(0))
    for one in found:
        assert one is not None
        assert one.mask.sum() / length_of(one.points) == pytest.approx(drawn, rel=0.25)


def test_a_line_that_grows_shorter_and_longer() -> None:
    lengths = [70, 60, 50, 40, 40, 50, 60, 70]
    _, found = follow(8, lambda t: picture(t, tail(t, lengths[t])))
    for t, one in enumerate(found, 1):
        assert one is not None
        assert length_of(one.points) == pytest.approx(lengths[t], abs=9)


def test_no_line_is_no_answer_and_it_is_found_again() -> None:
    _, found = follow(8, lambda t: picture(t, tail(t) if t < 3 or t > 5 else None))
    assert [one is None for one in found] == [False, False, True, True, True, False, False]
    assert distance(found[-1], tail(7)) < 2.0


def test_a_line_that_leaves_the_picture() -> None:
    gone = tail(0) + np.array([300, 0])
    follower = LineFollower.start(picture(0, tail(0)), line_mask(tail(0)), body_mask(0))
    assert follower.step(picture(1, gone), np.zeros(SIZE[::-1], bool)) is None
    assert follower.step(picture(2, gone), None) is None


def test_a_body_over_the_whole_line_hides_it() -> None:
    _, found = follow(3, lambda t: np.full((*SIZE[::-1], 3), 200, np.uint8))
    assert found == [None, None]


def test_a_run_taken_up_from_the_mask_before_goes_the_same_way() -> None:
    follower, found = follow(6, lambda t: picture(t, tail(t)))
    before = found[-1]
    assert before is not None
    again = LineFollower()
    again.teach(picture(0, tail(0)), line_mask(tail(0)), body_mask(0))
    again.place(picture(5, tail(5)), whole(before.mask, before.offset_xy), body_mask(5))
    ahead = [one.step(picture(6, tail(6)), body_mask(6)) for one in (follower, again)]
    for one in ahead:
        assert distance(one, tail(6)) < 1.5


def test_given_flow_is_used() -> None:
    follower = LineFollower.start(picture(0, tail(0)), line_mask(tail(0)), body_mask(0))
    flow = np.zeros((*SIZE[::-1], 2), np.float32)
    flow[..., 0] = 1.0
    assert distance(follower.step(picture(1, tail(1)), body_mask(1), flow), tail(1)) < 1.5


@pytest.mark.parametrize("curve", [np.array([[80.0, 60.0]]), np.array([[80.0, 60.0], [82.0, 60.0]])])
def test_a_line_of_a_pixel_or_three_is_carried_in_doubt(curve: np.ndarray) -> None:
    mask = line_mask(even(curve), 0.5)
    follower = LineFollower.start(picture(0, None), mask, None)
    found = follower.step(picture(0, None), None)
    assert found is not None
    assert found.score < 0.5
    assert 1 <= found.mask.sum() <= 6


def test_an_empty_annotation_gives_nothing() -> None:
    follower = LineFollower.start(picture(0, tail(0)), np.zeros(SIZE[::-1], bool), body_mask(0))
    assert follower.step(picture(1, tail(1)), body_mask(1)) is None
