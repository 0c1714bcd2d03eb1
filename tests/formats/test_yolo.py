"""YOLO segmentation labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formats_kit import GOLDEN, with_losses, without_loss
from masklet.core import DataError, Masks, ShapeKind, UsageError, Video
from masklet.formats.yolo import YoloSeg
from masklet.formats.yolo_names import data_yaml, read_names

IMAGES = Video("images", 100, 50, 3, files=("a.jpg", "b.jpg", "c.jpg"))


def dataset(root: Path, **labels: str) -> Path:
    (root / "labels" / "train").mkdir(parents=True)
    for name, text in labels.items():
        (root / "labels" / "train" / f"{name}.txt").write_text(text)
    (root / "data.yaml").write_text((GOLDEN / "yolo_data.yaml").read_text())
    return root


def test_polygons_boxes_and_confidences(tmp_path: Path) -> None:
    root = dataset(
        tmp_path,
        a="1 0.1 0.2 0.5 0.2 0.5 0.8\n\n0 0.5 0.5 0.2 0.4\n",
        c="3 0 0 1 0 1 1 0.75\n",
        b="",
    )
    assert YoloSeg().sniff(root)
    (shapes,), said = with_losses(lambda: YoloSeg().read(root, IMAGES))
    assert "confidences" in said
    assert [label.name for label in shapes.labels] == ["white rat", "tail", "class 2", "cage"]
    assert shapes.frame.tolist() == [0, 0, 2]
    assert shapes.kind.tolist() == [ShapeKind.POLYGON, ShapeKind.BOX, ShapeKind.POLYGON]
    np.testing.assert_allclose(shapes.row_points(0), [10, 10, 50, 10, 50, 40])
    np.testing.assert_allclose(shapes.row_points(1), [40, 15, 60, 35])
    assert shapes.foreign[2] == {"yolo": {"confidence": 0.75}}


def test_sizes_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--media"):
        YoloSeg().read(dataset(tmp_path, a="0 0 0 1 0 1 1\n"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("dog 0.1 0.1 0.2 0.2 0.3 0.3", "no number"),
        ("0 0.1 0.2", "holds 3 numbers"),
        ("-1 0.1 0.1 0.2 0.2", "has class -1"),
        ("0.5 0.1 0.1 0.2 0.2", "has class 0.5"),
        ("0 10 12 40 12 40 30", "not pixels"),
        ("0 nan 0.1 0.2 0.2", "numbers"),
    ],
)
def test_wrong_lines_are_named(line: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"a\.txt, line 2.*{says}"):
        YoloSeg().read(dataset(tmp_path, a=f"0 0 0 1 0 1 1\n{line}\n"), IMAGES)


def test_a_label_file_without_picture(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"z\.txt belongs to no frame"):
        YoloSeg().read(dataset(tmp_path, z="0 0 0 1 0 1 1\n"), IMAGES)


def test_shapes_come_back(tmp_path: Path) -> None:
    root = dataset(tmp_path / "in", a="1 0.1 0.2 0.5 0.2 0.5 0.8\n0 0.5 0.5 0.2 0.4 0.625\n")
    shapes = without_loss(lambda: YoloSeg().read(root, IMAGES))
    without_loss(lambda: YoloSeg().write(shapes, tmp_path / "out"))
    (read,) = without_loss(lambda: YoloSeg().read(tmp_path / "out", IMAGES))
    np.testing.assert_allclose(read.points, shapes[0].points, atol=1e-6)
    assert read.labels == shapes[0].labels
    assert read.foreign == shapes[0].foreign


def test_masks_lose_holes_and_parts_by_name(rich: Masks, tmp_path: Path) -> None:
    _, said = with_losses(lambda: YoloSeg().write([rich], tmp_path / "out"))
    for words in ("1 holes", "1 smaller parts", "1 empty masks", "object ids", "scores", "steps"):
        assert words in said
    assert sorted(p.stem for p in (tmp_path / "out" / "labels").iterdir()) == [
        f"{i:05d}" for i in range(5)
    ]
    (read,) = YoloSeg().read(tmp_path / "out", rich.video)
    assert len(read) == len(rich) - 1
    assert [label.name for label in read.labels] == ["rat", "tail"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("names: [rat, 'a, b', \"c\"]\n", ["rat", "a, b", "c"]),
        ("nc: 2\nnames: ['rat',\n  'dog']\n", ["rat", "dog"]),
        ("names:\n- rat\n- dog # two\nnc: 2\n", ["rat", "dog"]),
        ("names:\n    2: x\n", ["class 0", "class 1", "x"]),
        ("nc: 1\n", []),
    ],
)
def test_names_from_the_dataset_file(text: str, names: list[str], tmp_path: Path) -> None:
    (tmp_path / "dataset.yaml").write_text(text)
    assert read_names(tmp_path) == names


def test_names_that_are_written_are_read(tmp_path: Path) -> None:
    names = ["a: b", "#x", "", "ä'\""]
    (tmp_path / "data.yaml").write_text(data_yaml(names))
    assert read_names(tmp_path) == ["a: b", "#x", "class 2", "ä'\""]
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "classes.txt").write_text("rat\ntail\n")
    assert read_names(tmp_path) == ["rat", "tail"]


def test_real_labels(shared_data: Path) -> None:
    from PIL import Image

    root = shared_data / "coco128_seg"
    images = sorted((root / "images").glob("*.jpg"))
    sizes = []
    for path in images:
        with Image.open(path) as picture:
            sizes.append(picture.size)
    names = tuple(path.name for path in images)
    video = Video("images", *sizes[0], len(names), files=names, frame_sizes=np.array(sizes, np.int32))
    (shapes,) = YoloSeg().read(root, video)
    assert (len(shapes), video.n_frames, len(np.unique(shapes.frame))) == (929, 128, 126)
    assert not YoloSeg().sniff(root / "images")
