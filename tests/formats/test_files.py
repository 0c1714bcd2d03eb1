"""The one door: which format, which noun, how many videos."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from drawings_matrix import drawings
from formats_kit import GOLDEN, with_losses, without_loss
from masklet.core import DataError, Masks, Shapes, UsageError, Video
from masklet.formats import files
from masklet.formats.files import identify, read, read_all, write

REAL = {
    "davis2016_val/Annotations/480p/dog": "png",
    "davis2016_val/Annotations/480p/dog/00000.png": "png",
    "davis2016_val/Annotations/480p": "png",
    "davis2016_val/results/osvos": "davis",
    "cutie_judo/masks": "davis",
    "labelme_instances/SegmentationObject": "davis",
    "labelme_instances/data_annotated": "labelme",
    "labelme_instances/annotations.json": "coco",
    "nuclei_stardist/mask2d.tif": "png",
    "mice_homecage_tide/Validate.json": "coco",
    "coco128_seg": "yolo",
    "coco128_seg/labels": "yolo",
    "ytvis_json/cocovid_vis_ann.json": "ytvis",
    "rat_cage/annotations_cvat_video_1.1.xml": "cvat-video",
}


@pytest.mark.parametrize(("path", "name"), REAL.items())
def test_real_files_are_known_by_their_content(path: str, name: str, shared_data: Path) -> None:
    assert identify(shared_data / path) == name


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("mouse_openfield/m3v1mp4.mp4", "is a video"),
        ("bad_input/cmyk.jpg", "is a JPEG picture"),
        ("bad_input/empty.mp4", "0 bytes|is a video"),
        ("coco_panoptic/panoptic_examples.json", "not an annotation that is known here"),
        ("ytvis_json/cocovid_vis_results.json", "not an annotation that is known here"),
        ("coco128_seg/images", "a folder of 128 entries"),
        ("absent", "does not exist"),
    ],
)
def test_what_is_no_annotation_is_named(path: str, says: str, shared_data: Path) -> None:
    with pytest.raises(DataError, match=says):
        identify(shared_data / path)


def test_every_bad_input_is_refused_in_one_line(shared_data: Path) -> None:
    for path in sorted((shared_data / "bad_input").iterdir()):
        with pytest.raises(DataError) as caught:
            read(path)
        assert "\n" not in str(caught.value), path
        assert path.name in str(caught.value)


def test_an_empty_folder_and_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="an empty folder"):
        identify(tmp_path)
    (tmp_path / "x.json").write_text("")
    with pytest.raises(DataError, match="is empty"):
        read(tmp_path / "x.json")
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(DataError, match="not an annotation"):
        read(tmp_path / "a.json")


def test_two_formats_that_both_claim_it(tmp_path: Path) -> None:
    keys = '{"images": [], "annotations": [], "shapes": [], "imagePath": "x"}'
    (tmp_path / "both.json").write_text(keys)
    with pytest.raises(UsageError, match="coco or labelme; say which"):
        identify(tmp_path / "both.json")


def test_several_videos(plain: Masks, tmp_path: Path) -> None:
    two = GOLDEN / "ytvis_two_videos.json"
    assert len(read_all(two)) == 2
    with pytest.raises(DataError, match=r"holds 2 videos \(bear, dog\).*read_all"):
        read(two)
    assert len(read(two, Video("dog", 5, 5, 2))) == 1
    other = plain.replace(video=Video("b.mp4", 48, 36, 6))
    write([plain, other], tmp_path / "many", "davis")
    assert len(read_all(tmp_path / "many")) == 2
    with pytest.raises(UsageError, match="found 2 videos"):
        write([plain, other], tmp_path / "many.json", "coco")


def test_drawings_become_masks_when_masks_are_asked_for(tmp_path: Path) -> None:
    write(drawings(), tmp_path / "d.parquet")
    (item,) = read_all(tmp_path / "d.parquet")
    assert isinstance(item, Shapes)
    masks, said = with_losses(lambda: read(tmp_path / "d.parquet"))
    assert "attributes" in said
    assert masks.of(0).frame.tolist() == [0, 1, 2, 3, 4, 5]


def test_shapes_of_one_group_are_one_mask(tmp_path: Path) -> None:
    two = drawings().take([3, 3, 3]).replace(group=np.array([2, 2, 5], np.int32))
    moved = two.points.copy()
    moved[6:12] += 3
    masks = without_loss(lambda: _written(two.replace(points=moved), tmp_path))
    assert len(masks) == 2
    sizes = [int(masks.row_runs(i)[1::2].sum()) for i in range(2)]
    assert sizes[0] != sizes[1]


def _written(item: Shapes, folder: Path) -> Masks:
    write(item, folder / "g.parquet")
    return read(folder / "g.parquet")


def test_the_name_says_the_format_only_where_it_is_clear(plain: Masks, tmp_path: Path) -> None:
    write(plain, tmp_path / "m.parquet")
    assert read(tmp_path / "m.parquet") == plain
    for name in ("m.json", "m.xml", "folder"):
        with pytest.raises(UsageError, match="does not say a format; give one with --to: coco, "):
            write(plain, tmp_path / name)
    with pytest.raises(UsageError, match="nothing to write"):
        write([], tmp_path / "m.parquet")


@pytest.mark.parametrize(
    "call",
    [
        lambda m, p: write(m, p / "x", "davis", colour="red"),
        lambda m, p: write(m, p / "x", "nonsense"),
        lambda m, p: read(GOLDEN / "coco_all_ways.json", format="coco", box=True),
    ],
)
def test_a_wrong_option_is_a_usage_error(
    call: Callable[[Masks, Path], None], plain: Masks, tmp_path: Path
) -> None:
    with pytest.raises(UsageError):
        call(plain, tmp_path)


@pytest.mark.parametrize(
    ("value", "says"),
    [("masklet.absent:Format", "cannot be loaded"), ("pathlib:Path", "lacks sniff, read or write")],
)
def test_a_broken_plugin_names_itself(
    value: str, says: str, plain: Masks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("mine", value, "masklet.formats")
    monkeypatch.setattr(files, "load", lambda group, name: point.load())
    with pytest.raises(UsageError, match=f"format mine {says}"):
        write(plain, tmp_path / "x", "mine")


def test_a_folder_where_nothing_can_be_written(plain: Masks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for name in ("parquet", "davis", "coco", "ytvis", "labelme", "yolo", "png"):
        with pytest.raises(DataError, match="cannot write"):
            without_loss(lambda name=name: write(plain, tmp_path / "file" / "out", name))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["davis", "png", "labelme", "yolo"])
def test_other_files_are_never_replaced(name: str, plain: Masks, tmp_path: Path) -> None:
    out = tmp_path / "out"
    without_loss(lambda: write(plain, out, name))
    without_loss(lambda: write(plain, out, name))
    before = sorted(out.rglob("*"))
    (out / "thesis.txt").write_text("all my work")
    with pytest.raises(DataError, match=r"already holds other files \(thesis\.txt\)"):
        without_loss(lambda: write(plain, out, name))
    assert sorted(out.rglob("*")) == sorted([*before, out / "thesis.txt"])


def test_frames_are_never_replaced_by_masks_of_the_same_name(plain: Masks, tmp_path: Path) -> None:
    from PIL import Image

    for frame in range(6):
        Image.fromarray(np.zeros((36, 48, 3), np.uint8)).save(tmp_path / f"{frame:05d}.png")
    with pytest.raises(DataError, match="already holds other files"):
        write(plain, tmp_path, "davis")
    with Image.open(tmp_path / "00000.png") as kept:
        assert kept.mode == "RGB"


@pytest.mark.parametrize("name", ["coco", "ytvis", "parquet", "cvat-video"])
def test_a_folder_is_never_replaced_by_a_file(name: str, plain: Masks, tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("x")
    with pytest.raises(DataError, match="this is a folder; give the name of a file"):
        without_loss(lambda: write(plain, tmp_path, name))
    assert (tmp_path / "keep").read_text() == "x"
