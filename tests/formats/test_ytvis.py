"""YouTube-VIS: several videos a file, tracks, results, and the flat flavour."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from formats_kit import GOLDEN, with_losses, without_loss
from masklet.core import DataError, Flags, Label, Masks, UsageError, Video
from masklet.formats.ytvis import YouTubeVis
from masklet.ops import table

TWO = GOLDEN / "ytvis_two_videos.json"


def test_every_video_is_its_own() -> None:
    bear, dog = YouTubeVis().read(TWO)
    assert (bear.video.uri, bear.video.n_frames, bear.video.files[1]) == ("bear", 3, "bear/00005.jpg")
    assert list(zip(bear.frame, bear.object_id, strict=True)) == [(0, 11), (1, 12), (2, 11)]
    assert [bear.label_of(i).name for i in range(3)] == ["bear", "person", "bear"]
    assert table.areas(bear).tolist() == [2, 4, 24]
    assert table.areas(dog).tolist() == [9]


def test_media_chooses_its_video() -> None:
    files = ("00000.jpg", "00005.jpg")
    (dog,) = YouTubeVis().read(TWO, Video("clips/dog", 5, 5, 2, files=files))
    assert (dog.video.uri, len(dog)) == ("clips/dog", 1)
    with pytest.raises(DataError, match="none is called 'cat'"):
        YouTubeVis().read(TWO, Video("cat", 5, 5, 2))
    with pytest.raises(DataError, match="5x5 pixels but dog is 6x5"):
        YouTubeVis().read(TWO, Video("dog", 6, 5, 2))


def test_what_is_written_comes_back(plain: Masks, tmp_path: Path) -> None:
    other = plain.replace(video=Video("dog.mp4", 48, 36, 6))
    YouTubeVis().write([plain, other], tmp_path / "y.json")
    assert YouTubeVis().sniff(tmp_path / "y.json")
    data = json.loads((tmp_path / "y.json").read_text())
    assert {len(a["segmentations"]) for a in data["annotations"]} == {6}
    assert len({a["id"] for a in data["annotations"]}) == 4
    assert data["annotations"][0]["bboxes"][0] == [2, 3, 10, 10]
    for item in (plain, other):
        (read,) = [
            m for m in YouTubeVis().read(tmp_path / "y.json") if m.video.uri == Path(item.video.uri).stem
        ]
        assert read.replace(video=item.video) == item


def test_losses_of_tracks_are_named(rich: Masks, tmp_path: Path) -> None:
    _, said = with_losses(lambda: YouTubeVis().write([rich], tmp_path / "y.json"))
    for words in ("scores", "1 masks without object id", "label kinds", "steps"):
        assert words in said
    read = without_loss(lambda: YouTubeVis().read(tmp_path / "y.json", rich.video))
    np.testing.assert_array_equal(read[0].runs, rich.runs)


def test_results(rich: Masks, tmp_path: Path) -> None:
    scored = rich.take(np.isfinite(rich.score) & (rich.object_id == 2))
    _, said = with_losses(lambda: YouTubeVis(results=True).write([scored], tmp_path / "r.json"))
    assert "mean over its frames" in said
    assert YouTubeVis().sniff(tmp_path / "r.json")
    with pytest.raises(UsageError, match="with the option like, or the media"):
        YouTubeVis().read(tmp_path / "r.json")
    (read,) = YouTubeVis().read(tmp_path / "r.json", rich.video)
    np.testing.assert_array_equal(read.runs, scored.runs)
    np.testing.assert_allclose(read.score, (0.875 + 0.5) / 2)
    entries = json.loads((tmp_path / "r.json").read_text())
    (tmp_path / "r2.json").write_text(json.dumps([*entries, entries[0] | {"video_id": 2}]))
    with pytest.raises(DataError, match="results of 2 videos"):
        YouTubeVis().read(tmp_path / "r2.json", rich.video)


def test_results_of_many_videos_are_read_as_the_videos_of_another_file(tmp_path: Path) -> None:
    full = {"size": [4, 6], "counts": [0, 24]}
    dog = {"size": [5, 5], "counts": [3, 22]}
    results = [
        {"video_id": 9, "category_id": 1, "score": 0.5, "segmentations": [None, dog]},
        {"video_id": 9, "category_id": 2, "score": 0.25, "segmentations": [dog, dog]},
        {"video_id": 3, "category_id": 2, "score": 1.0, "segmentations": [full, None, None]},
    ]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(results))
    bears, dogs = without_loss(lambda: YouTubeVis(like=TWO).read(path))
    assert (bears.video.uri, dogs.video.uri) == ("bear", "dog")
    assert bears.video == YouTubeVis().read(TWO)[0].video
    assert [(bears.label_of(0).name, bears.object_id[0], len(bears))] == [("bear", 3, 1)]
    assert list(zip(dogs.frame, dogs.object_id, strict=True)) == [(0, 2), (1, 1), (1, 2)]
    assert [dogs.label_of(row).name for row in range(3)] == ["bear", "person", "bear"]
    np.testing.assert_array_equal(dogs.score, np.float32([0.25, 0.5, 0.25]))
    path.write_text(json.dumps(results[:2]))
    assert [len(masks) for masks in YouTubeVis(like=TWO).read(path)] == [0, 3]
    (alone,) = YouTubeVis(like=TWO).read(path, Video("dog", 5, 5, 2))
    assert len(alone) == 3
    path.write_text(json.dumps([results[0] | {"video_id": 4}]))
    with pytest.raises(DataError, match=r"on video 4, which .*two_videos.json does not list"):
        YouTubeVis(like=TWO).read(path)
    with pytest.raises(DataError, match="expected an object"):
        YouTubeVis(like=path).read(path)


def test_crowds_are_kept_where_asked_for(plain: Masks, tmp_path: Path) -> None:
    crowd = plain.replace(flags=np.where(plain.object_id == 1, Flags.CROWD, 0))
    without_loss(lambda: YouTubeVis().write([crowd], tmp_path / "y.json"))
    entries = json.loads((tmp_path / "y.json").read_text())["annotations"]
    assert [entry["iscrowd"] for entry in entries] == [1, 0]
    (read,) = without_loss(lambda: YouTubeVis(crowd=True).read(tmp_path / "y.json", plain.video))
    assert read == crowd
    ((few,), said) = with_losses(lambda: YouTubeVis().read(tmp_path / "y.json", plain.video))
    assert "1 crowd tracks left out; the option crowd" in said
    assert few.objects.tolist() == [7]
    some = plain.replace(flags=np.where(plain.frame < 3, Flags.CROWD, 0))
    _, said = with_losses(lambda: YouTubeVis().write([some], tmp_path / "y.json"))
    assert "object 1 is a crowd on some frames only" in said
    doubt = plain.replace(flags=np.full(len(plain), Flags.CROWD | Flags.SPLIT))
    _, said = with_losses(lambda: YouTubeVis().write([doubt], tmp_path / "y.json"))
    assert "cannot hold flags" in said


def test_frames_of_several_sizes_do_not_fit(tmp_path: Path) -> None:
    video = Video("set", 4, 3, 2, files=("a.png", "b.png"), frame_sizes=np.array([[4, 3], [2, 9]]))
    with pytest.raises(DataError, match="several sizes"):
        YouTubeVis().write([Masks(video, (Label("x"),))], tmp_path / "y.json")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("videos", 0, "length"), 4, "length 4 and 3 file names"),
        (("videos", 0, "id"), 9, "repeats id 9"),
        (("annotations", 0, "video_id"), 4, "on video 4"),
        (("annotations", 0, "segmentations"), [None], "has 1 masks; expected 3"),
        (("annotations", 0, "category_id"), 8, "has category 8"),
        (("annotations", 1, "id"), -4, "'id': found -4"),
        (("categories",), {}, "'categories'"),
        (("videos",), [], "lists no videos"),
    ],
)
def test_wrong_files_are_named(
    path: tuple[str | int, ...], value: object, says: str, tmp_path: Path
) -> None:
    data = json.loads(TWO.read_text())
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (tmp_path / "bad.json").write_text(json.dumps(data))
    with pytest.raises(DataError, match=says):
        YouTubeVis().read(tmp_path / "bad.json")


def test_the_flat_flavour_of_tracking_tools(shared_data: Path) -> None:
    path = shared_data / "ytvis_json" / "cocovid_vis_ann.json"
    assert YouTubeVis().sniff(path)
    (masks,) = without_loss(lambda: YouTubeVis().read(path))
    entry = json.loads(path.read_text())["annotations"][0]
    assert masks.object_id.tolist() == [entry["instance_id"]]
    assert table.areas(masks).tolist() == [sum(entry["segmentation"]["counts"][1::2])]
    assert masks.label_of(0).name == "sedan"
    assert not YouTubeVis().sniff(shared_data / "ytvis_json" / "cocovid_vis_results.json")
