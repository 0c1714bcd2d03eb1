from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from formats.cvat_compare import assert_same, assert_same_xml
from masklet.core import DataError, Flags, Label, LossWarning, ShapeKind, Shapes, Video
from masklet.core.protocols import Format
from masklet.formats.cvat_images import CvatImages
from masklet.formats.cvat_video import CvatVideo

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
TASK = GOLDEN / "cvat_images_task.xml"


def read(tmp_path: Path, images: str, video: Video | None = None) -> list[Shapes]:
    path = tmp_path / "in.xml"
    path.write_text(f"<annotations>\n<version>1.1</version>\n<meta/>\n{images}\n</annotations>")
    return CvatImages().read(path, video)


def image(
    number: int = 0, name: str = "a.jpg", inside: str = "", size: str = 'width="9" height="9"'
) -> str:
    return f'<image id="{number}" name="{name}" {size}>{inside}</image>'


def test_is_a_format():
    assert isinstance(CvatImages(), Format)


@pytest.mark.parametrize("name", ["task", "project"])
def test_golden_files_come_back_byte_for_byte(name, tmp_path):
    source, written = GOLDEN / f"cvat_images_{name}.xml", tmp_path / "out.xml"
    items = CvatImages().read(source)
    CvatImages().write(items, written)
    assert_same(CvatImages().read(written), items)
    assert_same_xml(written, source)
    assert written.read_bytes() == source.read_bytes()


def test_frames_are_the_ids_of_images():
    (item,) = CvatImages().read(TASK)
    assert item.video.files == ("day 1/a.jpg", "day 1/b.jpg", "", "c.png", "", "")
    assert item.video.size_wh(0) == (64, 48)
    assert item.video.size_wh(3) == (30, 20)
    assert item.frame.tolist() == [0] * 4 + [3] * 6
    assert set(item.track_id.tolist()) == {-1}


def test_rows_of_a_task():
    (item,) = CvatImages().read(TASK)
    kinds = ["POLYGON", "MASK", "TAG", "TAG", "BOX", "ELLIPSE", "POLYLINE", "POINTS", "CUBOID", "POINTS"]
    assert [ShapeKind(k).name for k in item.kind] == kinds
    assert item.group.tolist() == [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert item.z_order[0] == 2
    assert item.flags[1] == Flags.KEYFRAME | Flags.OCCLUDED
    assert item.row_points(1).tolist() == [61, 46, 3, 2, 0, 3, 1, 2]
    assert item.attributes[:3] == ({"track_id": "4"}, {"track_id": "2"}, {"by": "me"})
    assert item.foreign[1]["cvat"]["source"] == "semi-auto"


def test_tasks_of_a_project():
    a, b = CvatImages().read(GOLDEN / "cvat_images_project.xml")
    assert (len(a), len(b)) == (2, 0)
    assert (a.video.files, b.video.files) == (("a0.jpg", "a1.jpg"), ("b0.jpg",))
    assert (b.video.width, b.video.height) == (32, 24)


def test_images_given_are_matched_by_name(tmp_path):
    text = image(0, "in/b.png", '<tag label="x"></tag>') + image(1, "a.png", '<tag label="y"></tag>')
    video = Video("folder", 9, 9, 2, files=("a.png", "b.png"))
    (item,) = read(tmp_path, text, video)
    assert item.video == video
    assert item.frame.tolist() == [1, 0]
    CvatImages().write([item], tmp_path / "out.xml")
    assert_same(CvatImages().read(tmp_path / "out.xml", video), [item])


def test_tracks_keep_their_identity_in_an_attribute(tmp_path):
    items = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    with pytest.warns(
        LossWarning, match="cannot hold tracks: identity goes into the attribute track_id"
    ):
        CvatImages().write(items, tmp_path / "out.xml")
    (item,) = CvatImages().read(tmp_path / "out.xml")
    assert [i for i, name in enumerate(item.video.files) if name] == list(range(2, 41, 2))
    visible = items[0].flags & Flags.OUTSIDE == 0
    assert item.frame.tolist() == sorted(items[0].frame[visible].tolist())
    assert {a["track_id"] for a in item.attributes} == {"0", "1", "2", "3", "4", "5"}
    assert "<name>track_id</name>" in (tmp_path / "out.xml").read_text()


def test_every_frame_of_an_image_set_is_written(tmp_path):
    sizes = np.array([[9, 9], [8, 7], [9, 9]])
    video = Video("set", 9, 9, 3, files=("a.jpg", "b.jpg", "c.jpg"), frame_sizes=sizes)
    CvatImages().write([Shapes(video, (Label("rat"),))], tmp_path / "out.xml")
    (item,) = CvatImages().read(tmp_path / "out.xml")
    assert item.video == video
    assert item.labels == (Label("rat"),)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ("", "found no <image>"),
        (image() + image(), "found a second image 0"),
        (image(size=""), "has no width and height"),
        (image(size='width="0" height="3"'), 'found width="0"'),
        (image(-1), 'found id="-1"'),
        (image(2**31), f'found id="{2**31}"'),
        (image(inside="<tag/>"), "<tag>: found no attribute 'label'"),
        (image(inside='<points label="" points="1,1"/>'), "empty label"),
        ('<track id="0" label="a"/>', "read it as cvat-video"),
        (
            image(inside='<mask label="a" rle="0, 4" left="8" top="8" width="2" height="2"/>'),
            "line 4: <mask>: found a mask that reaches to .10, 10.; expected it inside 9x9",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(images, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read(tmp_path, images)


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (Video("set", 9, 9, 1, files=("z.jpg",)), "'a.jpg', which is not among the images given"),
        (Video("clip.mp4", 9, 9, 0), "found <image> 0, but 'clip.mp4' has 0 frames"),
        (Video("clip.mp4", 9, 8, 1), "9x9 pixels, but in 'clip.mp4' it has 9x8"),
    ],
)
def test_other_images_are_refused(video, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read(tmp_path, image(), video)
