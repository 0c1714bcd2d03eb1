"""Generated scenes: the same pixels every time, and truth that agrees with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Flags, MediaSource, ShapeKind, UsageError
from masklet.ops import table
from masklet.ops.overlap import intersections
from masklet.ops.runs import decode
from masklet.testing import PRESETS, Scene, check_media
from masklet.testing import stage as stages
from masklet.testing.truth import map_of

SMALL = {name: replace(scene, size_wh=(176, 133), n_frames=24) for name, scene in PRESETS.items()}


def mask_of(scene, frame, object_id=1, **choice):
    rows = scene.truth(frames=range(frame, frame + 1), **choice).of(object_id)
    assert len(rows) == 1
    return decode(rows.row_runs(0), scene.size_wh)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_is_a_media_source_whose_random_access_equals_its_sequence(name):
    scene = SMALL[name]
    assert isinstance(scene, MediaSource)
    check_media(scene, limit=8)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_looks_the_same_when_made_again(name):
    scene = SMALL[name]
    first, rows = scene[7], scene.truth(frames=range(7, 8))
    from masklet.testing import scenes

    scenes._stage.cache_clear()
    assert np.array_equal(first, scene[7])
    assert rows == scene.truth(frames=range(7, 8))


def test_seed_changes_the_picture():
    scene = SMALL["arena-1"]
    assert not np.array_equal(scene[3], replace(scene, seed=77)[3])


@pytest.mark.parametrize("name", PRESETS)
def test_truth_has_every_animal_on_every_frame_of_a_preset(name):
    scene = replace(PRESETS[name], n_frames=40)
    masks = scene.truth()
    assert masks.trusted.all()
    assert masks.checked.tolist() == list(range(40))
    assert masks.video == scene.video
    for k in range(1, scene.n_animals + 1):
        assert masks.of(k).frame.tolist() == list(range(40))
    # an animal is between a thousandth and a tenth of the picture
    share = table.areas(masks) / (scene.size_wh[0] * scene.size_wh[1])
    assert share.min() > 0.001
    assert share.max() < 0.1


def test_truth_is_where_the_picture_differs_from_the_empty_set():
    plain = {"shadows": False, "reflections": False, "noise": 0, "flicker": 0, "compression": 0}
    scene = replace(PRESETS["arena-2"], coats=("black", "black"), **plain)
    seen = stages.picture(scene.stage(), 30).astype(int)
    differs = np.abs(seen - scene.background().astype(int)).max(axis=2)
    both = mask_of(scene, 30, 1) | mask_of(scene, 30, 2)
    assert not differs[~both].max() > 140, "outside of the truth only soft edges may differ"
    assert np.mean(differs[both] > 10) > 0.98


@pytest.mark.parametrize("name", ["arena-2", "cage-bars-2", "crossing-3", "moving-camera"])
def test_pixels_belong_to_one_object_only(name):
    scene = SMALL[name]
    for _, rows in scene.truth(tails="own", frames=range(0, 24, 6)).each_frame():
        shared = intersections(rows, rows)
        assert np.array_equal(shared, np.diag(np.diag(shared)))


def test_tails_are_part_of_the_animal_or_rows_of_their_own_or_left_out():
    scene = SMALL["arena-2"]
    part, own = scene.truth(frames=range(5, 6)), scene.truth(tails="own", frames=range(5, 6))
    none = scene.truth(tails="none", frames=range(5, 6))
    assert part.object_id.tolist() == none.object_id.tolist() == [1, 2]
    assert own.object_id.tolist() == [1, 2, 101, 102]
    assert [own.label_of(i).kind for i in range(4)] == ["area", "area", "line", "line"]
    areas = table.areas(own)
    assert (areas[:2] + areas[2:]).tolist() == table.areas(part).tolist()
    assert areas[:2].tolist() == table.areas(none).tolist()
    assert areas[2:].min() > 0


def test_bars_cut_stripes_that_bridged_truth_closes():
    scene = PRESETS["cage-bars-1"]
    striped, bridged = mask_of(scene, 20), mask_of(scene, 20, bars="bridged")
    bars = stages.bars_on(scene.stage(), 20)
    assert np.array_equal(striped, bridged & ~bars)
    lost = 1 - striped.sum() / bridged.sum()
    assert 0.05 < lost < 0.4
    assert scene.truth(frames=range(20, 21)).flags[0] & Flags.OCCLUDED
    open_cage = replace(scene, bars=False)
    assert np.array_equal(mask_of(open_cage, 20), bridged)


def test_the_upper_animal_hides_the_lower_one():
    scene = PRESETS["crossing-3"]
    hidden = {i: map_of(scene.stage(), i)[1] for i in range(0, scene.n_frames, 4)}
    frame = max(hidden, key=lambda i: hidden[i].sum())
    assert hidden[frame].sum() > 200, "the animals of this preset climb over each other"
    rows = scene.truth(frames=range(frame, frame + 1))
    assert (rows.flags & Flags.OCCLUDED).any()
    top = 2 * scene.n_animals - 1
    assert hidden[frame][top] == 0, "nothing lies on the last animal's body"


def test_animals_move_rear_and_cross_the_floor():
    scene = PRESETS["arena-2"]
    path = np.abs(np.diff(scene.pelvis(), axis=1)).sum(axis=(1, 2))
    assert path.min() > 300
    spines = [actor.body.spine for actor in scene.stage().actors]
    assert max(float(spine[:, -1, 2].max()) for spine in spines) > 10, "somebody rears: nose above 10 cm"


def test_movement_is_smooth():
    scene = replace(PRESETS["crossing-3"], n_frames=300)
    for actor in scene.stage().actors:
        steps = np.linalg.norm(np.diff(actor.body.spine, axis=0), axis=2)
        assert steps.max() * scene.fps < 200, "no part is faster than 2 m/s"


def test_nothing_leaves_the_box():
    scene = replace(PRESETS["crossing-3"], n_frames=300)
    box = scene.stage().box
    for actor in scene.stage().actors:
        for part in (actor.body.spine, actor.body.tail):
            assert part[..., 0].min() >= box.x0 - 1e-9
            assert part[..., 0].max() <= box.x1 + 1e-9
            assert part[..., 1].min() >= box.y0 - 1e-9
            assert part[..., 1].max() <= box.y1 + 1e-9


def test_a_fixed_camera_shows_a_still_background_and_a_moving_one_does_not():
    still, moving = SMALL["arena-1"], replace(SMALL["arena-1"], camera_motion=6.0)

    def change(scene):
        pictures = [stages.canvas(scene.stage(), i, scene.stage().empty).astype(int) for i in (0, 12)]
        return np.abs(pictures[0] - pictures[1]).max()

    assert change(still) == 0
    assert change(moving) > 20


@pytest.mark.parametrize(
    ("switch", "off"),
    [("noise", 0.0), ("flicker", 0.0), ("compression", 0), ("shadows", False), ("reflections", False)],
)
def test_switches_change_the_picture_and_not_the_truth(switch, off):
    scene = SMALL["cage-bars-1"]
    without = replace(scene, **{switch: off})
    frames = range(0, 24, 4)
    assert any(not np.array_equal(scene[i], without[i]) for i in frames)
    assert np.array_equal(scene.truth(frames=frames).runs, without.truth(frames=frames).runs)


def test_midlines_lie_on_the_tails():
    scene = PRESETS["arena-2"]
    shapes = scene.polylines(frames=range(10, 12))
    assert shapes.track_id.tolist() == [101, 102, 101, 102]
    assert set(shapes.kind.tolist()) == {ShapeKind.POLYLINE}
    for row in range(len(shapes)):
        animal = int(shapes.track_id[row]) - 100
        points = shapes.row_points(row).reshape(-1, 2)
        mask = mask_of(scene, int(shapes.frame[row]), animal)
        columns, rows = np.floor(points).astype(int).T
        assert mask[rows, columns].mean() > 0.8


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_animals": 0},
        {"n_animals": 4},
        {"n_frames": 0},
        {"kind": "zoo"},
        {"size_wh": (20, 20)},
        {"coats": ("tartan",)},
        {"coats": ()},
        {"compression": 101},
        {"camera_motion": -1.0},
    ],
)
def test_what_cannot_be_staged_is_refused_in_one_line(wrong):
    with pytest.raises(UsageError, match=r"expected") as caught:
        Scene(**wrong)
    assert "\n" not in str(caught.value)


def test_frames_past_the_end_are_refused():
    scene = SMALL["arena-1"]
    for call in (lambda: scene[24], lambda: scene[-1], lambda: scene.truth(frames=range(20, 25))):
        with pytest.raises(DataError, match=r"expected 0\.\.23"):
            call()
    with pytest.raises(UsageError):
        scene.truth(tails="both")
    with pytest.raises(UsageError):
        next(scene.frames(step=0))


@settings(max_examples=12, deadline=None)
@given(
    kind=st.sampled_from(["arena", "cage"]),
    n=st.integers(1, 3),
    w=st.integers(64, 260),
    h=st.integers(64, 260),
    seed=st.integers(0, 10_000),
    motion=st.sampled_from([0.0, 5.0]),
    fps=st.sampled_from([5.0, 29.97, 120.0]),
)
def test_any_scene_can_be_painted(kind, n, w, h, seed, motion, fps):
    scene = Scene(kind, n, (w, h), n_frames=6, fps=fps, seed=seed, camera_motion=motion)
    for index, image in scene.frames(0, None, 5):
        assert image.shape == (h, w, 3)
        assert np.array_equal(image, scene[index])
    masks = scene.truth(frames=range(5, 6))
    assert set(masks.object_id.tolist()) <= set(range(1, n + 1))
