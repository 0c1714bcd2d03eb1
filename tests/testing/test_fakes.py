"""The published fakes do exactly what they say."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import masklet.testing
from masklet.core import DataError, Label, Masks, Origin, Prompt, UsageError, Video
from masklet.ops import table
from masklet.ops.runs import decode, encode
from masklet.testing import (
    ArraySource,
    DriftPropagator,
    EchoPropagator,
    MemoryStore,
    ThresholdSegmenter,
)

W, H = 20, 12


def block(x, y, side=4):
    mask = np.zeros((H, W), bool)
    mask[max(0, y) : y + side, max(0, x) : x + side] = True
    return mask


def seeds(*rows, n_frames=10):
    """rows of (frame, object_id, mask)."""
    made = [table.Row(frame, k, k - 1, encode(mask)) for frame, k, mask in rows]
    return table.build(Video("array:", W, H, n_frames), [Label("rat"), Label("mouse")], made)


@pytest.fixture
def media():
    return ArraySource(np.zeros((10, H, W, 3), np.uint8))


def test_echo_repeats_the_nearest_seed(media):
    truth = seeds((1, 1, block(2, 2)), (8, 1, block(9, 3)))
    answer = dict(EchoPropagator().propagate(media, truth, range(0, 10)))
    for frame, rows in answer.items():
        wanted = block(2, 2) if frame <= 4 else block(9, 3)
        assert np.array_equal(decode(rows.row_runs(0), (W, H)), wanted)
        assert rows.origin.tolist() == [Origin.PROPAGATED]
    assert answer[0].label_of(0).name == "rat"


@pytest.mark.parametrize(
    ("shift", "frame", "where", "score"),
    [
        ((1, 0), 7, (7, 2), 0.8),
        ((1, 0), 3, (3, 2), 0.8),
        ((2, -1), 6, (7, 1), 0.9),
        ((0, 0), 9, (5, 2), 0.6),
    ],
)
def test_drift_slides_and_loses_score(media, shift, frame, where, score):
    engine = DriftPropagator(shift, fall=0.1)
    answer = dict(engine.propagate(media, seeds((5, 2, block(5, 2))), range(frame, frame + 1)))
    rows = answer[frame]
    assert np.array_equal(decode(rows.row_runs(0), (W, H)), block(*where))
    assert rows.score[0] == pytest.approx(score)
    assert rows.label_of(0).name == "mouse"


def test_drift_out_of_the_picture_gives_no_row(media):
    answer = dict(DriftPropagator((5, 0)).propagate(media, seeds((0, 1, block(10, 2))), range(0, 4)))
    assert [len(answer[i]) for i in range(4)] == [1, 1, 0, 0]
    assert table.areas(answer[1]).tolist() == [16]
    half = dict(DriftPropagator((8, 0)).propagate(media, seeds((0, 1, block(10, 2))), range(1, 2)))
    assert table.areas(half[1]).tolist() == [8]


@pytest.mark.parametrize("engine", [EchoPropagator(), DriftPropagator()])
def test_engines_need_a_trusted_row(media, engine):
    propagated = seeds((0, 1, block(2, 2))).replace(origin=np.array(Origin.PROPAGATED, np.uint8))
    with pytest.raises(DataError, match="trusted"):
        list(engine.propagate(media, propagated, range(0, 3)))


def two_spots():
    image = np.zeros((H, W, 3), np.uint8)
    image[block(1, 1)] = 200
    image[block(10, 5, 3)] = 255
    return image


def test_threshold_finds_connected_bright_parts():
    rows = ThresholdSegmenter(150).segment(two_spots())
    assert rows.object_id.tolist() == [-1, -1]
    assert sorted(table.areas(rows).tolist()) == [9, 16]
    assert table.areas(ThresholdSegmenter(150, min_area=10).segment(two_spots())).tolist() == [16]
    assert len(ThresholdSegmenter(255).segment(two_spots())) == 0


def test_threshold_answers_prompts():
    prompts = [
        Prompt(0, 5, "rat", np.array([[11.5, 6.5]]), np.array([True])),
        Prompt(0, 6, "mouse", box=(0, 0, 6, 6)),
        Prompt(0, 7, "rat", np.array([[18.0, 1.0]]), np.array([True])),
        Prompt(0, 8, "rat", text="a rat"),
    ]
    rows = ThresholdSegmenter().segment(two_spots(), prompts)
    assert rows.object_id.tolist() == [5, 6]
    assert table.areas(rows).tolist() == [9, 16]
    assert [rows.label_of(i).name for i in range(2)] == ["rat", "mouse"]
    assert set(rows.origin.tolist()) == {Origin.PROMPTED}


@pytest.mark.parametrize("bad", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), float)])
def test_threshold_refuses_what_is_no_image(bad):
    with pytest.raises(DataError, match="expected"):
        ThresholdSegmenter().segment(bad)


def test_memory_store_replaces_and_remembers():
    store = MemoryStore(Video("array:", W, H, 10))
    store.append(seeds((0, 1, block(1, 1)), (3, 2, block(2, 2))))
    store.append(seeds((0, 1, block(5, 5))))
    assert store.load().frame.tolist() == [0, 3]
    assert np.array_equal(decode(store.load().row_runs(0), (W, H)), block(5, 5))
    assert [len(change) for change in store.history()] == [2, 1]
    with pytest.raises(DataError):
        store.append(Masks(Video("other", W, H, 10)))


def test_array_source_copies_in_and_out():
    frames = np.arange(3 * 2 * 2 * 3, dtype=np.uint8).reshape(3, 2, 2, 3)
    source = ArraySource(frames, fps=10)
    frames[:] = 0
    source[1][:] = 0
    assert source[1].sum() == sum(range(12, 24))
    assert source.video.times.tolist() == pytest.approx([0.0, 0.1, 0.2])
    assert [i for i, _ in source.frames(0, 99, 2)] == [0, 2]
    with pytest.raises(DataError):
        source[3]
    with pytest.raises(UsageError):
        list(source.frames(-1))


@pytest.mark.parametrize("bad", [np.zeros((2, 2, 3), np.uint8), np.zeros((1, 2, 2, 3), np.float32)])
def test_array_source_refuses_other_arrays(bad):
    with pytest.raises(DataError, match=r"\(n, h, w, 3\) uint8"):
        ArraySource(bad)


def test_the_room_opens_without_its_furniture():
    code = "import sys, masklet.testing; sys.exit('cv2' in sys.modules or 'masklet.ops' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_published_name_exists():
    for name in masklet.testing.__all__:
        assert getattr(masklet.testing, name) is not None
    with pytest.raises(AttributeError):
        _ = masklet.testing.nonsense
