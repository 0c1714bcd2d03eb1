"""The engine `background`: contract, quality, absence, identity, moving cameras."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, Label, Masks, MediaSource, Origin
from masklet.media import read_image
from masklet.models.background import Background, MovingCameraWarning
from masklet.models.light import in_light_of
from masklet.models.place import observe
from masklet.models.plate import settle
from masklet.ops import runs
from masklet.ops.overlap import iou_runs
from masklet.ops.table import Row, build
from masklet.testing import PRESETS, ArraySource, Scene, check_propagator

SMALL = Scene("arena", 2, (240, 180), n_frames=40, seed=5, coats=("black", "brown"))


def mean_iou(engine: Background, media: MediaSource, truth: Masks, frames: range) -> float:
    values = []
    for frame, rows in engine.propagate(media, truth.on(0), frames):
        expected = truth.on(frame)
        for i, obj in enumerate(expected.object_id):
            mine = rows.of(int(obj))
            values.append(iou_runs(mine.row_runs(0), expected.row_runs(i)) if len(mine) else 0.0)
    return float(np.mean(values))


def blob_video(n: int = 30, gone: range = range(0), speed: int = 4, flicker: float = 0.0) -> ArraySource:
    """A dark disk that walks over a textured floor; absent on the frames `gone`."""
    rng = np.random.default_rng(1)
    floor = rng.integers(120, 200, (12, 16, 3)).astype(np.float32).repeat(10, 0).repeat(10, 1)
    frames = []
    for i in range(n):
        frame = floor + rng.normal(0, 2, floor.shape)
        if i not in gone:
            frame[disk(i, speed)] = (40, 30, 20)
        frames.append(np.clip(frame * (1 + flicker * np.sin(i)), 0, 255).astype(np.uint8))
    return ArraySource(np.stack(frames))


def disk(i: int, speed: int = 4) -> np.ndarray:
    y, x = np.mgrid[:120, :160]
    return np.asarray((x - 20 - speed * i) ** 2 + (y - 60) ** 2 <= 14**2)


def disk_truth(media: ArraySource, frame: int, speed: int = 4) -> Masks:
    return build(media.video, (Label("disk"),), [Row(frame, 3, 0, runs.encode(disk(frame, speed)))])


def mask_of(path: Path) -> np.ndarray:
    return np.asarray(read_image(path)[0])[..., 0] > 127


def pixels(media: ArraySource) -> np.ndarray:
    return np.stack([image for _, image in media.frames()])


def test_it_is_a_propagator() -> None:
    check_propagator(Background())


def test_two_animals_in_an_arena() -> None:
    assert mean_iou(Background(), SMALL, SMALL.truth(), range(1, 40)) > 0.8


def test_an_animal_behind_bars() -> None:
    scene = replace(PRESETS["cage-bars-1"], size_wh=(320, 240), n_frames=200)
    assert mean_iou(Background(), scene, scene.truth(), range(1, 120, 7)) > 0.7


def test_flicker_is_not_foreground() -> None:
    media = blob_video(flicker=0.08)
    for frame, rows in Background().propagate(media, disk_truth(media, 5), range(6, 28)):
        assert iou_runs(rows.row_runs(0), disk_truth(media, frame).row_runs(0)) > 0.9
        assert rows.origin.tolist() == [Origin.PROPAGATED]
        assert rows.score[0] > 0.5


def test_absent_has_no_row_and_is_found_again() -> None:
    media = blob_video(gone=range(10, 14))
    found = dict(Background().propagate(media, disk_truth(media, 5), range(6, 28)))
    assert [f for f, rows in found.items() if not len(rows)] == [10, 11, 12, 13]
    assert iou_runs(found[20].row_runs(0), disk_truth(media, 20).row_runs(0)) > 0.9


def test_backward() -> None:
    media = blob_video()
    found = dict(Background().propagate(media, disk_truth(media, 25), range(24, 0, -1)))
    assert iou_runs(found[1].row_runs(0), disk_truth(media, 1).row_runs(0)) > 0.9


def test_an_animal_that_sits_still_for_most_of_the_video_is_not_background() -> None:
    frames = np.concatenate([pixels(blob_video(26, speed=0)), pixels(blob_video(10))])
    media = ArraySource(frames)
    place, _ = observe(media, 960)
    plate = settle(place, [(media[0], disk(0))], np.zeros((120, 160), bool))
    assert plate.rgb[disk(0)].mean() > 100


def test_a_moving_camera_is_said_with_its_motion() -> None:
    scene = Scene("arena", 1, (240, 180), n_frames=30, seed=2, camera_motion=12.0)
    engine = Background()
    with pytest.warns(MovingCameraWarning, match=r"the camera moves \d"):
        found = list(engine.propagate(scene, scene.truth().on(0), range(1, 4)))
    assert all(rows.score.max(initial=0) < 0.5 for _, rows in found)


def test_empty_annotations_are_refused() -> None:
    media = blob_video()
    nothing = build(
        media.video, (Label("disk"),), [Row(0, 1, 0, runs.encode(np.zeros((120, 160), bool)))]
    )
    with pytest.raises(DataError, match="empty"):
        list(Background().propagate(media, nothing, range(1, 3)))


def test_light_is_matched_in_spite_of_an_object() -> None:
    rng = np.random.default_rng(0)
    plate = rng.integers(40, 200, (60, 80, 3), dtype=np.uint8)
    dimmed = np.rint(plate * 0.9 + 4).astype(np.uint8)
    dimmed[10:40, 10:40] = 255
    restored = in_light_of(dimmed, plate).astype(int)
    assert np.abs(restored - plate)[41:].max() <= 2


def test_mouse_in_an_open_field(shared_data: Path) -> None:
    from masklet.media import open_media

    media = open_media(str(shared_data / "mouse_openfield" / "m3v1mp4.mp4"))
    masks = {
        int(path.stem): mask_of(path)
        for path in sorted((shared_data / "mouse_openfield" / "reference_body_masks").glob("*.png"))[:12]
    }
    first = min(masks)
    rows = [Row(first, 1, 0, runs.encode(masks[first]))]
    seeds = build(media.video, (Label("mouse"),), rows)
    values = [
        iou_runs(found.row_runs(0), runs.encode(masks[frame])) if len(found) else 0.0
        for frame, found in Background().propagate(media, seeds, range(first + 1, max(masks) + 1))
        if frame in masks
    ]
    assert float(np.mean(values)) > 0.92
