"""Video, Label, Prompt, Step and the errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

import masklet
from masklet.core import (
    DOUBTS,
    PALETTE,
    DataError,
    Flags,
    Label,
    MaskletError,
    MissingExtraError,
    Prompt,
    Step,
    UsageError,
    Video,
    palette_colour,
)


def test_a_video_knows_sizes_times_and_rate():
    video = Video("v.mp4", 4, 3, 5, times=np.arange(5) / 25)
    assert video.size_wh(2) == (4, 3)
    assert video.sizes_wh(np.array([0, 1])).tolist() == [[4, 3], [4, 3]]
    assert video.fps == pytest.approx(25)
    assert video.seconds(2) == pytest.approx(0.08)
    still = Video("set", 4, 3, 2, files=("a.png", "b.png"), frame_sizes=[[4, 3], [9, 8]])
    assert still.size_wh(1) == (9, 8)
    assert still.fps == 0.0
    assert np.isnan(still.seconds(0))


def test_videos_are_equal_by_value():
    a, b = (Video("v", 4, 3, 2, times=[0, 0.5], frame_sizes=[[4, 3], [2, 2]]) for _ in range(2))
    assert a == b
    assert hash(a) == hash(b)
    assert a != Video("v", 4, 3, 2, times=[0, 0.6], frame_sizes=[[4, 3], [2, 2]])
    assert a != "v"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("v", 0, 3, 5), "0x3 pixels"),
        (("v", 4, 3, -2), "-2 frames"),
        (("v", 4, 3, 5, [0.0, 1.0]), "2 presentation times for 5 frames"),
        (("v", 4, 3, 5, [], "", 0, ("a", "b")), "2 file names for 5 frames"),
        (("v", 4, 3, 5, [], "", 0, (), [[4, 3]]), r"expected \(5, 2\)"),
    ],
)
def test_a_video_that_cannot_be_is_refused(arguments, says):
    with pytest.raises(DataError, match=says):
        Video(*arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((" ",), "empty name"),
        (("rat", "blob"), "expected 'area' or 'line'"),
        (("rat", "area", "#FFF"), "expected #rrggbb"),
    ],
)
def test_a_label_that_cannot_be_is_refused(arguments, says):
    with pytest.raises(DataError, match=says):
        Label(*arguments)


def test_the_palette_is_of_label_colours_and_wraps():
    assert all(Label("a", colour=colour) for colour in PALETTE)
    assert len(set(PALETTE)) == len(PALETTE) == 8
    assert palette_colour(9) == PALETTE[1]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "give points, a box, scribbles, a mask or words"),
        ({"points": [[1, 2]], "positive": []}, "1 points but 0 signs"),
        ({"box": (5, 5, 5, 9)}, "expected x0 < x1"),
    ],
)
def test_a_prompt_that_asks_nothing_is_refused(given, says):
    with pytest.raises(DataError, match=says):
        Prompt(3, **given)


def test_a_prompt_keeps_points_as_pairs():
    prompt = Prompt(0, points=[[1, 2], [3, 4]], positive=[True, False])
    assert prompt.points.shape == (2, 2)
    assert prompt.positive.tolist() == [True, False]
    assert Prompt(0, text="rat").points.shape == (0, 2)


def test_a_step_signs_with_sorted_arguments_and_the_version():
    step = Step.of("track", {"b": 2, "a": "ä"}, model="flow")
    assert step.arguments == '{"a": "ä", "b": 2}'
    assert json.loads(step.arguments) == {"a": "ä", "b": 2}
    assert step.version == masklet.__version__
    assert step.model == "flow"


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("x"), 1), (UsageError("x"), 2), (MissingExtraError("torch", "sam", "this"), 2)],
)
def test_errors_know_their_exit_code(error, code):
    assert isinstance(error, MaskletError)
    assert error.exit_code == code


def test_a_missing_library_names_the_line_that_installs_it():
    error = MissingExtraError("torch", "sam2", "the engine sam2")
    assert str(error) == (
        "the engine sam2 needs torch, which is not installed; run: pip install 'masklet[sam2]'"
    )


def test_doubts_are_the_high_byte():
    assert int(DOUBTS) == 0xFF00
    assert not DOUBTS & (Flags.KEYFRAME | Flags.OCCLUDED | Flags.TRUNCATED | Flags.OUTSIDE)
