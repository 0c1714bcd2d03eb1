"""COCO: every way to write a mask, ids, results, and how the reference code reads what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from formats_kit import GOLDEN, with_losses, without_loss
from masklet.core import DataError, Flags, Masks, Origin, UsageError, Video
from masklet.formats.coco import Coco
from masklet.formats.outlines import outlines
from masklet.formats.segmentation import rings_to_runs
from masklet.ops import runs as rle
from masklet.ops import table

ALL_WAYS = GOLDEN / "coco_all_ways.json"


def test_every_way_to_write_a_mask() -> None:
    (masks,), said = with_losses(lambda: Coco().read(ALL_WAYS))
    for words in ("attributes", "license", "1 crowd regions", "1 boxes without mask"):
        assert words in said
    assert masks.video.files == ("a/000000000042.jpg", "a/000000000007.jpg")
    assert [masks.video.size_wh(i) for i in range(2)] == [(8, 6), (10, 5)]
    assert [(label.name, label.colour) for label in masks.labels] == [("dog", "#0072b2"), ("car", "")]
    assert masks.object_id.tolist() == [5, -1, 9]
    assert masks.label_id.tolist() == [0, 0, 1]
    assert masks.origin.tolist() == [Origin.IMPORTED, Origin.PREDICTED, Origin.IMPORTED]
    assert table.boxes(masks).tolist() == [[1, 1, 4, 3], [9, 4, 10, 5], [1, 2, 3, 5]]


def test_options_keep_boxes_and_crowds() -> None:
    masks = without_loss(lambda: Coco(boxes=True, crowd=True).read(ALL_WAYS)[0])
    assert table.areas(masks.on(0)).tolist() == [9, 48, 6]
    assert ((masks.flags & Flags.CROWD) != 0).sum() == 1
    assert table.areas(masks)[masks.flags == Flags.CROWD].tolist() == [48]


def test_crowds_are_written_and_come_back(plain: Masks, tmp_path: Path) -> None:
    crowd = plain.replace(flags=np.where(plain.object_id == 7, Flags.CROWD, 0))
    without_loss(lambda: Coco().write([crowd], tmp_path / "c.json"))
    entries = json.loads((tmp_path / "c.json").read_text())["annotations"]
    assert [entry["iscrowd"] for entry in entries] == [0, 0, 1, 0, 0]
    (read,) = without_loss(lambda: Coco(crowd=True).read(tmp_path / "c.json", plain.video))
    assert read == crowd
    (_, said) = with_losses(lambda: Coco(results=True).write([crowd], tmp_path / "r.json"))
    assert "cannot hold flags" in said


def test_results_need_the_list_of_images(tmp_path: Path) -> None:
    results = [
        {
            "image_id": 7,
            "category_id": 3,
            "score": 0.5,
            "segmentation": {"size": [5, 10], "counts": [0, 50]},
        }
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    assert Coco().sniff(path)
    with pytest.raises(UsageError, match="option like"):
        Coco().read(path)
    (by_file,) = Coco(like=ALL_WAYS).read(path)
    assert by_file.label_of(0).name == "car"
    assert by_file.frame.tolist() == [1]
    images = Video("set", 10, 5, 1, files=("000000000007.jpg",))
    (by_name,) = Coco().read(path, images)
    assert (by_name.label_of(0).name, by_name.score.tolist()) == ("class 3", [0.5])


def test_what_is_written_is_what_the_reference_code_reads(rich: Masks, tmp_path: Path) -> None:
    without_loss(lambda: Coco().write([rich], tmp_path / "c.json"))
    data = json.loads((tmp_path / "c.json").read_text())
    assert [image["id"] for image in data["images"]] == [1, 2, 3, 4, 5, 6]
    for row, entry in enumerate(data["annotations"]):
        found = entry["segmentation"]
        assert coco_mask.area(found) == entry["area"] == table.areas(rich)[row]
        box = coco_mask.toBbox(found).tolist()
        assert box == entry["bbox"] or entry["area"] == 0
    (read,) = Coco().read(tmp_path / "c.json", Video("cage.mp4", 48, 36, 6))
    np.testing.assert_array_equal(read.runs, rich.runs)
    np.testing.assert_array_equal(read.object_id, rich.object_id)
    np.testing.assert_array_equal(read.score, rich.score)


def test_ids_of_another_file(tmp_path: Path) -> None:
    masks = without_loss(lambda: Coco().read(ALL_WAYS)[0])
    without_loss(lambda: Coco(like=ALL_WAYS).write([masks], tmp_path / "c.json"))
    data = json.loads((tmp_path / "c.json").read_text())
    assert {(e["image_id"], e["category_id"]) for e in data["annotations"]} == {
        (42, 18),
        (7, 3),
        (7, 18),
    }
    without_loss(lambda: Coco(like=ALL_WAYS, results=True).write([masks], tmp_path / "r.json"))
    results = json.loads((tmp_path / "r.json").read_text())
    assert sorted(e["score"] for e in results) == [0.25, 1.0, 1.0]
    other = masks.replace(labels=(masks.labels[0], type(masks.labels[0])("lorry")))
    with pytest.raises(DataError, match="no category 'lorry'"):
        without_loss(lambda: Coco(like=ALL_WAYS).write([other], tmp_path / "d.json"))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1), st.sampled_from([0.2, 0.5, 0.9])
)
def test_outlines_fill_again_exactly_but_for_holes(w: int, h: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((h, w)) < share
    runs = rle.encode(mask)
    drawn = outlines(runs, (w, h))
    if not mask.any():
        assert drawn.rings == []
        return
    again = rle.decode(rings_to_runs([ring.ravel().tolist() for ring in drawn.rings], (w, h)), (w, h))
    assert np.all(again[mask])
    if not drawn.holes:
        np.testing.assert_array_equal(again, mask)


def test_polygons_name_their_holes(rich: Masks, tmp_path: Path) -> None:
    _, said = with_losses(lambda: Coco(polygons=True).write([rich], tmp_path / "p.json"))
    assert "1 holes are filled" in said
    read = without_loss(lambda: Coco().read(tmp_path / "p.json", Video("cage.mp4", 48, 36, 6))[0])
    parts = rich.take((rich.frame == 1) & (rich.object_id == 1))
    mine = read.take((read.frame == 1) & (read.object_id == 1))
    np.testing.assert_array_equal(mine.runs, parts.runs)


def broken(**changes: Any) -> dict[str, Any]:
    data = json.loads(ALL_WAYS.read_text())
    data["annotations"] = data["annotations"][:1]
    target = data["annotations"][0] if "image" not in changes else data["images"][0]
    target |= {k: v for k, v in changes.items() if k != "image"}
    return data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (broken(image_id=1), "is on image 1, which the file does not list"),
        (broken(category_id=1), "has category 1"),
        (broken(category_id="dog"), "expected a whole number"),
        (broken(segmentation=[[1, 1, 1e12, 1, 4, 3]]), "far outside"),
        (broken(segmentation=[[1, 1, 4]]), "expected x, y pairs"),
        (broken(segmentation=[["x", 1]]), "expected numbers"),
        (broken(segmentation="abc"), "expected a list"),
        (broken(segmentation={"size": [8, 6], "counts": [48]}), r"size \[8, 6\]"),
        (broken(segmentation={"size": [6, 8], "counts": [7]}), "annotation 0"),
        (broken(segmentation={"size": [6, 8], "counts": [-1, 49]}), "annotation 0"),
        (broken(segmentation={"size": [6, 8], "counts": None}), "'counts'"),
        (broken(score=3), "score 3"),
        (broken(image=1, width=0), "expected sides"),
        (broken(image=1, width=10**9), "expected sides"),
        (broken(image=1, id=7), "twice"),
        ({"images": [], "annotations": []}, "lists no images"),
        ({"images": 3, "annotations": []}, "'images'"),
        ({"images": [3], "annotations": []}, "image 0"),
    ],
)
def test_wrong_files_are_named(data: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(DataError, match=says):
        without_loss(lambda: Coco().read(path))


def test_images_of_another_size_than_the_media() -> None:
    files = ("000000000042.jpg", "000000000007.jpg")
    with pytest.raises(DataError, match="is 10x5 but frame 1"):
        without_loss(lambda: Coco().read(ALL_WAYS, Video("set", 8, 6, 2, files=files)))


def test_what_is_not_coco_is_not_claimed(shared_data: Path) -> None:
    claimed = {
        "coco_panoptic/panoptic_examples.json": False,
        "coco_panoptic/images_info_examples.json": False,
        "coco_panoptic/panoptic_coco_detection_format.json": True,
        "labelme_instances/annotations.json": True,
        "mice_homecage_tide/Validate.json": True,
        "ytvis_json/cocovid_vis_ann.json": False,
        "sav_json/sav_000001_manual.json": False,
        "rat_cage/annotations_cvat_video_1.1.xml": False,
    }
    assert {name: Coco().sniff(shared_data / name) for name in claimed} == claimed


def test_real_rectangles_of_the_home_cage(shared_data: Path) -> None:
    path = shared_data / "mice_homecage_tide" / "Validate.json"
    masks = without_loss(lambda: Coco().read(path)[0])
    entries = json.loads(path.read_text())["annotations"]
    assert (len(masks), masks.video.n_frames) == (2144, 570)
    assert sorted(table.areas(masks).tolist()) == sorted(entry["area"] for entry in entries)


def test_real_polygons_against_the_instance_pictures(shared_data: Path) -> None:
    """The same three pictures, annotated once, as COCO polygons and as palette PNG."""
    from masklet.formats.davis import Davis
    from masklet.ops.overlap import iou

    root = shared_data / "labelme_instances"
    masks = without_loss(lambda: Coco().read(root / "annotations.json")[0])
    (truth,) = without_loss(lambda: Davis().read(root / "SegmentationObject", masks.video))
    for frame in range(3):
        best = iou(masks.on(frame), truth.on(frame)).max(axis=0)
        assert np.median(best) > 0.9
