"""LabelMe: all kinds of drawings, unknown keys, masks as outlines and bitmaps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formats_kit import GOLDEN, with_losses, without_loss
from masklet.core import DataError, Masks, ShapeKind, UsageError, Video
from masklet.formats import files
from masklet.formats.labelme import LabelMe

KINDS = GOLDEN / "labelme_kinds.json"


def test_every_kind_of_drawing() -> None:
    (shapes,) = LabelMe().read(KINDS)
    assert [ShapeKind(kind).name for kind in shapes.kind] == [
        *("POLYGON", "BOX", "ELLIPSE", "POLYLINE", "POLYLINE", "POINTS", "MASK")
    ]
    assert shapes.row_points(1).tolist() == [2, 3, 9, 7]
    assert shapes.row_points(2).tolist() == [5, 5, 7, 3]
    assert shapes.row_points(6).tolist() == [2, 1, 3, 3, 0, 1, 1, 1, 1, 1, 1, 3]
    assert shapes.group.tolist() == [3, 0, 0, 0, 0, 0, 0]
    assert shapes.foreign[0]["labelme"] == {"flags": {"occluded": False}, "description": "left one"}
    assert (shapes.video.files, shapes.video.width) == (("../images/a.jpg",), 10)


def test_a_file_comes_back_with_all_it_said(tmp_path: Path) -> None:
    LabelMe().write(LabelMe().read(KINDS), tmp_path / "a.json")
    before, after = json.loads(KINDS.read_text()), json.loads((tmp_path / "a.json").read_text())
    assert after["tool"] == {"name": "hand"}
    assert after["flags"] == {"good": True}
    assert after["version"] == "5.4.1"
    for old, new in zip(before["shapes"], after["shapes"], strict=True):
        for key in old.keys() - {"points", "mask"}:
            assert new[key] == old[key], key
    assert after["shapes"][0]["points"] == before["shapes"][0]["points"]
    assert after["shapes"][1]["points"] == [[2, 3], [9, 7]]
    assert (
        LabelMe().read(tmp_path / "a.json")[0].points.tolist()
        == LabelMe().read(KINDS)[0].points.tolist()
    )


def test_folders_follow_the_media(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.json").write_text(KINDS.read_text())
    video = Video("set", 10, 8, 3, files=("a.jpg", "x.jpg", "b.jpg"))
    (shapes,) = LabelMe().read(tmp_path, video)
    assert np.unique(shapes.frame).tolist() == [0, 2]
    with pytest.raises(DataError, match="is for 10x8 pixels but frame 0 of other is 12x8"):
        LabelMe().read(tmp_path, Video("other", 12, 8, 3, files=video.files))


@pytest.mark.parametrize("draw", ["auto", "mask"])
def test_masks_keep_every_pixel(draw: Any, rich: Masks, tmp_path: Path) -> None:
    without_loss(lambda: LabelMe(draw=draw).write([rich], tmp_path / "out"))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        f"{i:05d}.json" for i in (0, 1, 2, 3, 4)
    ]
    read = without_loss(lambda: files.read(tmp_path / "out", rich.video, "labelme"))
    kept = rich.take((rich.frame != 3) | (rich.object_id != 1))
    assert read.frame.tolist() == kept.frame.tolist()
    assert read.object_id.tolist() == kept.object_id.tolist()
    np.testing.assert_array_equal(read.runs, kept.runs)


def test_polygons_name_holes_and_parts(rich: Masks, tmp_path: Path) -> None:
    _, said = with_losses(lambda: LabelMe(draw="polygon").write([rich], tmp_path / "out"))
    assert "1 holes are filled" in said
    assert "1 masks of several parts" in said
    assert "1 left out" in said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"shape_type": "star"}, "shape_type 'star'"),
        ({"points": [[1, 2]]}, "has 1 points; expected 3"),
        ({"points": [[1, 2], [3]]}, "not pairs of numbers"),
        ({"points": [[1, 2], [3, float("nan")], [4, 5]]}, "finite"),
        ({"label": 7}, "'label'"),
        ({"group_id": "x"}, "'group_id'"),
        ({"shape_type": "mask", "mask": "??"}, "not base64"),
        ({"shape_type": "mask", "mask": "aGVsbG8="}, "not a PNG"),
    ],
)
def test_wrong_shapes_are_named(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    data = json.loads(KINDS.read_text())
    data["shapes"] = [data["shapes"][0] | change]
    (tmp_path / "bad.json").write_text(json.dumps(data))
    with pytest.raises(DataError, match=rf"shape 0.*{says}"):
        LabelMe().read(tmp_path / "bad.json")


def test_sizes_come_from_somewhere(tmp_path: Path) -> None:
    data = json.loads(KINDS.read_text()) | {"imageWidth": None}
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(DataError, match="no imageWidth"):
        LabelMe().read(tmp_path / "a.json")
    (shapes,) = LabelMe().read(tmp_path / "a.json", Video("a.jpg", 10, 8, 1, files=("a.jpg",)))
    assert len(shapes) == 7
    with pytest.raises(UsageError, match="auto, polygon or mask"):
        LabelMe(draw="art").write([shapes], tmp_path / "x")  # type: ignore[arg-type]


def test_real_files_against_the_instance_pictures(shared_data: Path) -> None:
    """Shapes of one group are one object: as many as the instance picture of the same people has."""
    from masklet.formats.davis import Davis
    from masklet.ops.overlap import iou

    root = shared_data / "labelme_instances"
    masks = without_loss(lambda: files.read(root / "data_annotated"))
    (truth,) = without_loss(lambda: Davis().read(root / "SegmentationObject"))
    assert len(masks.labels) > 2
    for frame in range(3):
        best = iou(masks.on(frame), truth.on(frame).replace(video=masks.video)).max(axis=0)
        assert np.median(best) > 0.9
