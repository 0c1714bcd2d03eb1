"""Masks into CVAT's XML and back: exact and identified, or as polygon tracks with every loss named."""

from __future__ import annotations

import warnings
from xml.etree import ElementTree

import numpy as np
import pytest

from masklet.core import Flags, Label, LossWarning, Masks, Origin, Review, Video
from masklet.formats.cvat_images import CvatImages
from masklet.formats.cvat_video import CvatVideo
from masklet.ops import runs
from masklet.ops.raster import shapes_to_masks
from masklet.ops.table import Row, build

SIZE = 40, 30
CVAT_LABELS = (Label("rat", colour="#92b592"), Label("tail", "line"))


def blob(x: int, y: int, hole: bool = False, second: bool = False) -> np.ndarray:
    """Runs of a slanted blob, perhaps with a hole and a second part."""
    mask = np.zeros(SIZE[::-1], np.bool_)
    for i in range(9):
        mask[y + i, x + i // 2 : x + i // 2 + 7] = True
    if hole:
        mask[y + 3 : y + 5, x + 3 : x + 5] = False
    if second:
        mask[0:2, 36:40] = True
    return runs.encode(mask)


def masks(hole: bool = True, **said: object) -> Masks:
    """Two objects on some of ten frames; object 5 leaves and returns."""
    rows = [Row(f, 5, 0, blob(f, 4, hole=hole, second=hole), **said) for f in (0, 1, 2, 5, 9)]
    rows += [Row(f, 2, 0, blob(20, f, hole=False), **said) for f in (1, 2)]
    return build(Video("run.mp4", *SIZE, 10), CVAT_LABELS, rows)


def assert_same_masks(found: Masks, expected: Masks) -> None:
    for name in ("frame", "object_id", "label_id", "runs", "offset"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
    assert found.labels == expected.labels


@pytest.mark.parametrize("form", [CvatVideo(), CvatImages()], ids=["video", "images"])
def test_masks_come_back_exact_and_identified(form, tmp_path):
    source = masks()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        form.write([source], tmp_path / "out.xml")
    (item,) = form.read(tmp_path / "out.xml")
    assert item.video.n_frames == 10
    assert_same_masks(shapes_to_masks(item), source)


@pytest.mark.parametrize("form", [CvatVideo(), CvatImages()], ids=["video", "images"])
def test_xml_is_what_cvat_imports(form, tmp_path):
    form.write([masks()], tmp_path / "out.xml")
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    task = root.find("meta/task")
    assert task.findtext("size") == "10"
    assert (task.findtext("start_frame"), task.findtext("stop_frame")) == ("0", "9")
    label = task.find("labels/label")
    assert (label.findtext("name"), label.findtext("type"), label.findtext("color")) == (
        "rat",
        "mask",
        "#92b592",
    )
    assert label.findtext("attributes/attribute/name") == "track_id"
    assert label.findtext("attributes/attribute/mutable") == "False"
    first = next(root.iter("mask"))
    width, height = int(first.get("width")), int(first.get("height"))
    lengths = [int(word) for word in first.get("rle").split(",")]
    assert (int(first.get("left")), int(first.get("top")), width, height) == (0, 0, 40, 13)
    assert sum(lengths) == width * height
    pixels = np.repeat(np.arange(len(lengths)) % 2, lengths).reshape(height, width)
    whole = np.zeros(SIZE[::-1], np.int64)
    whole[:height, :width] = pixels
    np.testing.assert_array_equal(whole, runs.decode(blob(0, 4, True, True), SIZE))


def test_every_mask_of_a_video_is_a_track_of_one_frame(tmp_path):
    CvatVideo().write([masks()], tmp_path / "out.xml")
    root = ElementTree.parse(tmp_path / "out.xml").getroot()
    tracks = root.findall("track")
    assert [track.get("id") for track in tracks] == [str(i) for i in range(7)]
    assert {track.get("group_id") for track in tracks} == {"2", "5"}
    ends = {m.get("frame"): [n.get("frame") for n in t[1:]] for t in tracks for m in t[:1]}
    assert ends == {"0": ["1"], "1": ["2"], "2": ["3"], "5": ["6"], "9": []}
    assert all(mark.get("outside") == "1" for track in tracks for mark in track[1:])


def test_polygon_tracks(tmp_path):
    source = masks(hole=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        CvatVideo(tracks="polygon").write([source], tmp_path / "out.xml")
    (item,) = CvatVideo().read(tmp_path / "out.xml")
    five = item.take(item.track_id == 5)
    assert five.frame.tolist() == [0, 1, 2, 3, 5, 6, 9]
    outside = (five.flags & Flags.OUTSIDE) != 0
    assert five.frame[outside].tolist() == [3, 6]
    assert np.all(five.flags & Flags.KEYFRAME)
    assert_same_masks(shapes_to_masks(item), source)


def test_polygon_tracks_name_holes_and_parts(tmp_path):
    with pytest.warns(LossWarning) as caught:
        CvatVideo(tracks="polygon").write([masks(hole=True)], tmp_path / "out.xml")
    said = " ".join(str(warning.message) for warning in caught)
    assert "5 masks have holes" in said
    assert "5 masks have several parts" in said


def test_one_warning_names_all_that_cvat_cannot_hold(tmp_path):
    source = masks(score=0.5, identity_score=0.25, origin=Origin.PROPAGATED, review=Review.ACCEPTED)
    source = source.replace(checked=np.array([3]))
    with pytest.warns(LossWarning) as caught:
        CvatVideo().write([source], tmp_path / "out.xml")
    (warning,) = caught
    for aspect in ("scores", "identity scores", "review marks", "checked frames"):
        assert aspect in str(warning.message)


def test_who_drew_it(tmp_path):
    rows = [
        Row(0, 1, 0, blob(1, 1), origin=Origin.HUMAN),
        Row(1, 1, 0, blob(1, 1), origin=Origin.PREDICTED),
    ]
    source = build(Video("a.mp4", *SIZE, 3), CVAT_LABELS, rows)
    for form, tag in ((CvatVideo(), "track"), (CvatImages(), "mask")):
        with pytest.warns(LossWarning):
            form.write([source], tmp_path / "out.xml")
        found = ElementTree.parse(tmp_path / "out.xml").getroot().iter(tag)
        assert [element.get("source") for element in found] == ["manual", "auto"]


def test_no_rows_at_all(tmp_path):
    source = Masks(Video("a.mp4", *SIZE, 3), CVAT_LABELS)
    for form in (CvatVideo(), CvatVideo("polygon"), CvatImages()):
        form.write([source], tmp_path / "out.xml")
        (item,) = form.read(tmp_path / "out.xml")
        assert (len(item), item.labels, item.video.n_frames) == (0, CVAT_LABELS, 3)
