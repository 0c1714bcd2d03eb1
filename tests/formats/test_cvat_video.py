from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from formats.cvat_compare import assert_same, assert_same_xml
from masklet.core import DataError, Flags, Label, LossWarning, ShapeKind, Shapes, UsageError, Video
from masklet.core.protocols import Format
from masklet.formats.cvat_images import CvatImages
from masklet.formats.cvat_video import CvatVideo

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
RAT = "rat_cage/annotations_cvat_video_1.1.xml"


def document(tracks: str, task: str = "<size>10</size><start_frame>0</start_frame>") -> str:
    size = "<original_size><width>64</width><height>48</height></original_size>"
    return (
        f"<annotations>\n<version>1.1</version>\n<meta><task>{task}{size}</task></meta>\n"
        f"{tracks}\n</annotations>"
    )


def read(tmp_path: Path, text: str, video: Video | None = None) -> list[Shapes]:
    path = tmp_path / "in.xml"
    path.write_text(text, encoding="utf-8")
    return CvatVideo().read(path, video)


def track(shape: str, head: str = 'id="0" label="rat"') -> str:
    return f"<track {head}>\n{shape}\n</track>"


def shape(tag: str = "polygon", **said: str) -> str:
    usual = {"frame": "0", "keyframe": "1", "outside": "0", "occluded": "0", "z_order": "0"}
    usual |= {"points": "1,1;2,2;3,1"} if tag == "polygon" else {}
    inside = " ".join(f'{k}="{v}"' for k, v in (usual | said).items() if v != "-")
    return f"<{tag} {inside}></{tag}>"


def mask(rle: str, left: str = "0") -> str:
    return shape("mask", rle=rle, left=left, top="0", width="2", height="2")


def test_is_a_format():
    assert isinstance(CvatVideo(), Format)
    with pytest.raises(UsageError, match="expected 'mask' or 'polygon'"):
        CvatVideo(tracks="box")


@pytest.mark.parametrize("name", ["job", "task", "project"])
def test_golden_files_come_back(name, tmp_path):
    source, written = GOLDEN / f"cvat_video_{name}.xml", tmp_path / "out.xml"
    items = CvatVideo().read(source)
    CvatVideo().write(items, written)
    assert_same(CvatVideo().read(written), items)
    assert_same_xml(written, source)


@pytest.mark.parametrize("name", ["job", "project"])
def test_what_cvat_wrote_comes_back_byte_for_byte(name, tmp_path):
    source, written = GOLDEN / f"cvat_video_{name}.xml", tmp_path / "out.xml"
    CvatVideo().write(CvatVideo().read(source), written)
    assert written.read_bytes() == source.read_bytes()


def test_rat_file(shared_data, tmp_path):
    source, written = shared_data / RAT, tmp_path / "out.xml"
    items = CvatVideo().read(source)
    (rat,) = items
    assert len(rat) == 6075
    assert set(rat.kind.tolist()) == {ShapeKind.POLYGON}
    assert np.count_nonzero(rat.flags & Flags.KEYFRAME) == 1092
    assert np.count_nonzero(rat.flags & (Flags.OUTSIDE | Flags.OCCLUDED)) == 0
    assert {z: int(np.count_nonzero(rat.z_order == z)) for z in (-1, 0)} == {-1: 2478, 0: 3597}
    assert rat.frame.tolist() == list(range(6075))
    assert set(rat.track_id.tolist()) == {0}
    assert (rat.video.width, rat.video.height, rat.video.n_frames) == (1920, 1080, 6075)
    assert rat.labels == (Label("rat", colour="#92b592"), Label("object", colour="#40e020"))
    assert len(rat.points) == 2 * 194362
    CvatVideo().write(items, written)
    assert_same(CvatVideo().read(written), items)
    assert written.read_bytes() == source.read_bytes()


def test_rat_frame_0_covers_its_mask(shared_data):
    rat = CvatVideo().read(shared_data / RAT)[0]
    canvas = Image.new("1", (1920, 1080))
    ImageDraw.Draw(canvas).polygon(rat.row_points(0).tolist(), fill=1)
    drawn = np.asarray(canvas)
    truth = (
        np.asarray(Image.open(shared_data / "rat_cage/frame_000000_1920x1080_mask.png").convert("L")) > 0
    )
    assert (drawn & truth).sum() / (drawn | truth).sum() >= 0.98


def test_job_with_a_step():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    assert item.video.n_frames == 41
    assert item.extra["cvat"]["step"] == 2
    assert item.frame[:4].tolist() == [2, 4, 18, 26]
    flags = [Flags.KEYFRAME, Flags.OCCLUDED, Flags.KEYFRAME, Flags.KEYFRAME | Flags.OUTSIDE]
    assert item.flags[:4].tolist() == flags
    assert item.z_order[:5].tolist() == [0, 0, -1, -1, 2]
    assert item.group[:4].tolist() == [3] * 4
    assert item.labels == (Label("rat", colour="#92b592"), Label("tail", "line", "#33ddff"))
    assert item.attributes[0] == {"sex": "female", "action": "rears & sniffs"}
    assert item.attributes[2] == {"sex": "female", "action": ""}
    assert item.tracks[1]["cvat"]["attributes"] == {"source": "semi-auto"}


def test_every_kind_of_shape():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    rows = {ShapeKind(k): item.row_points(i).tolist() for i, k in reversed([*enumerate(item.kind)])}
    assert rows[ShapeKind.POLYLINE] == [30, 28, 40.12, 30, 50, 31.99]
    assert rows[ShapeKind.BOX] == [1, 2, 20.5, 30.25]
    assert rows[ShapeKind.ELLIPSE] == pytest.approx([30.1, 20.3, 34.8, 10.4])
    assert rows[ShapeKind.POINTS] == [30.1, 20.3, 1, 2]
    assert rows[ShapeKind.CUBOID][:4] == [1, 2, 1, 12]
    assert len(rows[ShapeKind.CUBOID]) == 16
    assert rows[ShapeKind.MASK] == [60, 46, 4, 2, 1, 2, 1, 1, 2, 1]
    assert item.rotation[5] == np.float32(35.2)


def test_tracks_of_one_mask_are_single_shapes():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    masks = np.flatnonzero(item.kind == ShapeKind.MASK)
    assert item.frame[masks].tolist() == [38, 40]
    assert item.track_id[masks].tolist() == [-1, -1]
    assert item.group[masks].tolist() == [1, 1]
    assert [item.attributes[i] for i in masks] == [{"track_id": "1"}] * 2
    assert sorted(item.tracks) == [0, 1, 2, 3, 4, 5]


def test_tracks_of_several_masks_stay_tracks(tmp_path):
    masks = shape("mask", rle="0, 4", left="0", top="0", width="2", height="2")
    (item,) = read(tmp_path, document(track(masks + masks.replace('frame="0"', 'frame="5"'))))
    assert item.track_id.tolist() == [0, 0]


def test_project_is_one_item_a_task(tmp_path):
    a, b, c = CvatVideo().read(GOLDEN / "cvat_video_project.xml")
    assert [len(a), len(b), len(c)] == [2, 2, 0]
    assert [item.video.uri for item in (a, b, c)] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [item.video.n_frames for item in (a, b, c)] == [4, 20, 1]
    assert (b.video.width, b.video.height) == (32, 24)
    assert b.extra["cvat"]["step"] == 4
    assert a.track_id.tolist() == [0, 2]
    CvatVideo().write([b], tmp_path / "b.xml")
    (alone,) = CvatVideo().read(tmp_path / "b.xml")
    assert alone.video == b.video
    np.testing.assert_array_equal(alone.points, b.points)


def test_skeletons_are_points_with_joints():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_task.xml")
    assert item.kind[:2].tolist() == [ShapeKind.POINTS] * 2
    assert item.row_points(0).tolist() == [100.5, 80.25, 110, 90]
    assert item.attributes[0] == {"side": "left"}
    assert item.flags[:2].tolist() == [Flags.KEYFRAME, Flags.KEYFRAME | Flags.OUTSIDE]
    assert [label.name for label in item.labels] == ["mouse", "stranger"]


def test_moved_joints_are_written(tmp_path):
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_task.xml")
    points = item.points.copy()
    points[:2] = 3, 4.5
    CvatVideo().write([item.replace(points=points)], tmp_path / "out.xml")
    (again,) = CvatVideo().read(tmp_path / "out.xml")
    assert again.row_points(0).tolist() == [3, 4.5, 110, 90]


def test_unknown_elements_are_kept():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_task.xml")
    assert item.tracks[1]["cvat"]["elements"][0][0] == 1
    assert item.tracks[1]["cvat"]["elements"][0][1]["tag"] == "spline"
    assert item.foreign[2]["cvat"]["confidence"] == "0.25"
    assert item.foreign[3]["cvat"]["#children"][1]["text"] == "odd"
    assert item.extra["cvat"]["asides"][0]["tag"] == "history"
    assert item.tracks[2]["cvat"] == {
        "label": "mouse",
        "attributes": {"source": "manual"},
        "group": 4,
        "at": 2,
    }


def test_the_mark_that_ends_a_track_after_the_video_is_kept_but_no_row():
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_task.xml")
    assert item.video.n_frames == 10
    assert item.frame.tolist() == [0, 5, 0, 3]
    assert item.tracks[1]["cvat"]["elements"][1][1]["attributes"]["frame"] == "10"


def test_new_labels_and_frames_are_written_into_the_meta(tmp_path):
    (item,) = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    video = Video(item.video.uri, 64, 48, 100)
    more = item.replace(
        labels=(*item.labels, Label("ball", colour="#000000")),
        video=video,
        label_id=item.label_id * 0 + 2,
    )
    CvatVideo().write([more], tmp_path / "out.xml")
    (again,) = CvatVideo().read(tmp_path / "out.xml")
    assert again.labels == more.labels
    assert again.video == video
    assert set(again.label_id.tolist()) == {2}


def test_zip_export(tmp_path):
    items = CvatVideo().read(GOLDEN / "cvat_video_job.xml")
    CvatVideo().write(items, tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_bytes()[:2] == b"PK"
    assert CvatVideo().sniff(tmp_path / "out.zip")
    assert_same(CvatVideo().read(tmp_path / "out.zip"), items)


def test_shapes_from_elsewhere(tmp_path):
    video = Video("clips/run.mp4", 64, 48, 10)
    labels = (Label("rat", colour="#92b592"), Label("tail", "line"))
    item = Shapes(
        video, labels,
        frame=np.array([0, 4, 9]), track_id=np.array([7, 7, -1]), label_id=np.array([0, 0, 1]),
        kind=np.array([ShapeKind.POLYGON, ShapeKind.POLYGON, ShapeKind.POLYLINE]),
        points=np.array([1, 1, 2, 2, 3, 1, 1, 1.125, 2, 2, 3, 1, 1 / 3, 0, 5, 5]),
        offset=np.array([0, 6, 12, 16]), attributes=({"mood": 'so "so" <&>\n'}, {}, {}),
    )  # fmt: skip
    with pytest.warns(LossWarning, match="1 single shapes become tracks of one frame"):
        CvatVideo().write([item], tmp_path / "out.xml")
    (again,) = CvatVideo().read(tmp_path / "out.xml")
    assert again.labels == labels
    assert (again.video.uri, again.video.n_frames) == ("run.mp4", 10)
    assert again.track_id.tolist() == [7, 7, 8]
    assert set(again.flags.tolist()) == {Flags.KEYFRAME}, "CVAT imports nothing but keyframes"
    assert again.attributes[0] == item.attributes[0]
    np.testing.assert_array_equal(again.points, item.points)


def test_single_shapes_end_on_the_next_frame(tmp_path):
    item = Shapes(
        Video("a.mp4", 64, 48, 10), (Label("rat"),),
        frame=np.array([3]), points=np.array([1.0, 1, 2, 2, 3, 1]), offset=np.array([0, 6]),
    )  # fmt: skip
    with pytest.warns(LossWarning):
        CvatVideo().write([item], tmp_path / "out.xml")
    (again,) = CvatVideo().read(tmp_path / "out.xml")
    assert again.frame.tolist() == [3, 4]
    assert again.flags.tolist() == [Flags.KEYFRAME, Flags.KEYFRAME | Flags.OUTSIDE]


def test_several_videos_become_a_project(tmp_path):
    one = Shapes(
        Video("a.mp4", 64, 48, 10), (Label("rat"),), track_id=np.array([0]),
        frame=np.array([3]), points=np.array([1.0, 1, 2, 2, 3, 1]), offset=np.array([0, 6]),
    )  # fmt: skip
    two = one.replace(video=Video("b.mp4", 32, 24, 7), frame=np.array([6]), labels=(Label("mouse"),))
    CvatVideo().write([one, two], tmp_path / "out.xml")
    first, second = CvatVideo().read(tmp_path / "out.xml")
    assert (first.video, second.video) == (one.video, two.video)
    assert (first.frame.tolist(), second.frame.tolist()) == ([3], [6])
    assert [second.labels[i].name for i in second.label_id] == ["mouse"]


def test_the_video_tells_the_size_that_the_file_does_not(tmp_path):
    bare = f"<annotations><version>1.1</version><meta/>{track(shape())}</annotations>"
    with pytest.raises(DataError, match=r"found no <original_size>.*give the video"):
        read(tmp_path, bare)
    video = Video("a.mp4", 64, 48, 3)
    assert read(tmp_path, bare, video)[0].video == video


@pytest.mark.parametrize(
    ("video", "message"),
    [
        (Video("a.mp4", 32, 48, 41), "64x48 pixels, but the video 'a.mp4' has 32x48"),
        (Video("a.mp4", 64, 48, 9), "shape on frame 40, but the video 'a.mp4' has 9 frames"),
    ],
)
def test_another_video_is_refused(video, message):
    with pytest.raises(DataError, match=message):
        CvatVideo().read(GOLDEN / "cvat_video_job.xml", video)


WRONG = [
    (track(shape(points="1,1;2")), 'found points="1,1;2"; expected "x,y;x,y'),
    (track(shape(points="1,1;2,2,3")), "two numbers a point"),
    (track(shape(points="")), "two numbers a point"),
    (track(shape(points="1,1;nan,2")), 'found points="1,1;nan,2"'),
    (track(shape(points="1,1;inf,2")), 'found points="1,1;inf,2"'),
    (track(shape(points="1,1;1e999,2")), "beyond 10000000 pixels"),
    (track(shape(points="1,1;1.2.3,2")), "expected numbers"),
    (track(shape(points="-")), "line 5: <polygon>: found no attribute 'points'"),
    (track(shape(frame="-")), "found no attribute 'frame'"),
    (track(shape(frame="-1")), 'line 5: <polygon>: found frame="-1"; expected a whole number in 0'),
    (track(shape(frame="1.5")), 'found frame="1.5"'),
    (track(shape(frame="1&#10;x")), 'found frame="1 x"'),
    (track(shape(frame="99999999999999999999999")), "expected a whole number"),
    (track(shape(frame="10")), "line 5: found a shape on frame 10; expected frames up to 9"),
    (track(shape(keyframe="yes")), 'found keyframe="yes"; expected 0 or 1'),
    (track(shape(z_order="4294967296")), 'found z_order="4294967296"'),
    (track(shape(rotation="north")), 'found rotation="north"'),
    (track(shape("box", xtl="1", ytl="1", xbr="2")), "found no attribute 'ybr'"),
    (track(shape("box", xtl="1", ytl="1", xbr="2", ybr="1_0")), 'found ybr="1_0"'),
    (track(mask("1, 2")), "add up to 3; expected 2x2 = 4"),
    (track(mask("1, -2")), "whole numbers with commas"),
    (track(mask("")), "whole numbers with commas"),
    (track(mask("0, 4", left="63")), "reaches to .65, 2.*64x48"),
    (track(mask("0, 4", left="-1")), 'found left="-1"'),
    (track(shape(), 'id="0"'), "line 4: <track>: found no attribute 'label'"),
    (track(shape(), 'id="0" label=" "'), "found an empty label"),
    (track(shape(), 'id="x" label="rat"'), 'found id="x"'),
    (track(shape()) + track(shape()), "found a second track with the id 0"),
    (track("loose words"), "found the text 'loose words' between elements"),
    ('<image id="0" name="a"/>', "<image> in a file of <track>s; read it as cvat-images"),
    ('<track id="0" label="rat">', "line 5: found broken XML .mismatched tag."),
]


@pytest.mark.parametrize(("tracks", "message"), WRONG)
def test_what_is_wrong_is_named(tracks, message, tmp_path):
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, document(tracks))
    assert "in.xml: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("<size>ten</size>", "found size 'ten'"),
        ("<stop_frame>99999999999</stop_frame>", "found stop_frame"),
        ("<stop_frame>4999999999</stop_frame>", "found a last frame 4999999999"),
        (
            "<original_size><width>0</width><height>5</height></original_size>",
            "found the size '0' x '5'",
        ),
    ],
)
def test_what_is_wrong_in_the_meta_is_named(task, message, tmp_path):
    with pytest.raises(DataError, match=message):
        read(tmp_path, document(track(shape()), task))


def test_labels_that_the_meta_lacks_are_added(tmp_path):
    (item,) = read(tmp_path, document(track(shape(), 'id="0" label="ghost"')))
    assert item.labels == (Label("ghost"),)


def test_what_a_track_does_not_say_is_not_made_up(tmp_path):
    (item,) = read(tmp_path, document(track(shape(z_order="-", occluded="-"))))
    CvatVideo().write([item], tmp_path / "out.xml")
    assert_same(CvatVideo().read(tmp_path / "out.xml"), [item])
    assert_same_xml(tmp_path / "out.xml", tmp_path / "in.xml")


def test_images_become_tracks_and_every_loss_is_named(tmp_path):
    (item,) = CvatImages().read(GOLDEN / "cvat_images_task.xml")
    with pytest.warns(LossWarning) as caught:
        CvatVideo().write([item], tmp_path / "out.xml")
    said = " ".join(str(warning.message) for warning in caught)
    assert "cannot hold tags of frames; 2 are not written" in said
    assert "cannot hold names and sizes of single images" in said
    assert "7 single shapes become tracks" in said
    (again,) = CvatVideo().read(tmp_path / "out.xml")
    visible = again.take((again.flags & Flags.OUTSIDE) == 0)
    drawn = item.take(item.kind != ShapeKind.TAG)
    np.testing.assert_array_equal(visible.frame, drawn.frame)
    np.testing.assert_array_equal(visible.points, drawn.points)
    assert (again.video.width, again.video.height, again.video.n_frames) == (64, 48, 6)
