"""DAVIS palettes and plain mask pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from formats_kit import with_losses, without_loss
from masklet.core import DataError, Label, LossWarning, Masks, UsageError, Video
from masklet.formats import png
from masklet.formats.davis import Davis
from masklet.formats.idmaps import split
from masklet.formats.png_masks import PngMasks
from masklet.ops import runs as rle


def same_pixels(a: Masks, b: Masks) -> None:
    np.testing.assert_array_equal(a.frame, b.frame)
    np.testing.assert_array_equal(a.object_id, b.object_id)
    np.testing.assert_array_equal(a.runs, b.runs)


def save(path: Path, array: object, mode: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.asarray(array))
    (picture.convert(mode) if mode else picture).save(path)
    return path


def test_split_agrees_with_one_id_at_a_time() -> None:
    ids = np.random.default_rng(3).integers(0, 5, (9, 7)).astype(np.uint8)
    ids[-1, -1] = ids[0, 0] = 4
    found = dict(split(ids, "x"))
    assert list(found) == [1, 2, 3, 4]
    for value, runs in found.items():
        np.testing.assert_array_equal(runs, rle.encode(ids == value))


def test_davis_keeps_ids_and_writes_every_frame(plain: Masks, tmp_path: Path) -> None:
    Davis().write([plain], tmp_path / "out")
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == [f"{i:05d}.png" for i in range(6)]
    with Image.open(tmp_path / "out" / "00001.png") as picture:
        assert picture.mode == "P"
        assert set(np.unique(np.asarray(picture))) == {0, 1, 7}
        assert picture.getpalette()[:12] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0]
    assert Davis().sniff(tmp_path / "out")
    assert not PngMasks().sniff(tmp_path / "out")
    (read,) = Davis().read(tmp_path / "out", plain.video)
    assert read == plain
    (alone,) = Davis().read(tmp_path / "out")
    same_pixels(alone, plain)
    assert alone.video.n_frames == 6


def test_davis_names_masks_like_the_images(plain: Masks, tmp_path: Path) -> None:
    images = Video("set", 48, 36, 6, files=tuple(f"shot-{c}.jpg" for c in "abcdef"))
    masks = plain.replace(video=images)
    Davis().write([masks], tmp_path / "out")
    assert (tmp_path / "out" / "shot-c.png").exists()
    (read,) = Davis().read(tmp_path / "out", images)
    assert read == masks
    (tmp_path / "out" / "shot-a.png").rename(tmp_path / "out" / "stray.png")
    with pytest.raises(DataError, match=r"stray\.png belongs to no frame"):
        Davis().read(tmp_path / "out", images)


def test_davis_overlap_void_and_untracked_are_named(rich: Masks, tmp_path: Path) -> None:
    _, said = with_losses(lambda: Davis().write([rich], tmp_path / "out"))
    for word in (
        "labels",
        "scores",
        "origins",
        "steps",
        "overlap on",
        "without object id",
        "frame times",
    ):
        assert word in said
    save(tmp_path / "v" / "00000.png", np.zeros((4, 4), np.uint8))
    png.write_palette(np.array([[0, 255], [1, 1]], np.uint8), tmp_path / "v" / "00000.png")
    with pytest.warns(LossWarning, match="void"):
        (read,) = Davis().read(tmp_path / "v")
    assert read.objects.tolist() == [1]


def test_davis_ids_that_do_not_fit(plain: Masks, tmp_path: Path) -> None:
    first = plain.take([0])
    with pytest.raises(DataError, match="found object 300"):
        Davis().write([first.replace(object_id=np.array([300], np.int32))], tmp_path / "o")
    zero = plain.take(plain.object_id == 1)
    with pytest.warns(LossWarning, match="object 0 is written as 1"):
        Davis().write([zero.replace(object_id=np.zeros(len(zero), np.int32))], tmp_path / "o")
    assert Davis().read(tmp_path / "o", plain.video) == [zero]


def test_several_videos_are_folders(plain: Masks, tmp_path: Path) -> None:
    other = plain.replace(video=Video("dog.mp4", 48, 36, 6))
    Davis().write([plain, other], tmp_path / "out")
    assert Davis().sniff(tmp_path / "out")
    assert [len(m) for m in Davis().read(tmp_path / "out")] == [5, 5]
    assert Davis().read(tmp_path / "out", other.video) == [other]
    with pytest.raises(DataError, match="none is called 'bear'"):
        Davis().read(tmp_path / "out", Video("bear.mp4", 48, 36, 6))


def test_a_mask_of_the_wrong_size(tmp_path: Path) -> None:
    video = Video("v.mp4", 8, 6, 9)
    png.write_palette(np.ones((6, 7), np.uint8), tmp_path / "00005.png")
    with pytest.raises(DataError, match=r"is 7x6 but frame 5 of v\.mp4 is 8x6"):
        Davis().read(tmp_path, video)
    (fitted,) = Davis(fit=True).read(tmp_path, video)
    assert fitted.runs.tolist() == [0, 48]
    png.write_palette(np.ones((6, 8), np.uint8), tmp_path / "00000.png")
    with pytest.raises(DataError, match=r"is 7x6 but 00000\.png is 8x6"):
        Davis().read(tmp_path)


def test_frame_numbers_past_the_end(tmp_path: Path) -> None:
    png.write_palette(np.ones((6, 8), np.uint8), tmp_path / "00012.png")
    with pytest.raises(DataError, match=r"00012\.png is frame 12, past the end"):
        Davis().read(tmp_path, Video("v.mp4", 8, 6, 9))


@pytest.mark.parametrize(
    ("values", "ids", "objects"),
    [
        ((0, 255), None, [1]),
        ((0, 1), None, [1]),
        ((0, 1, 2, 9), None, [1, 2, 9]),
        ((0, 3, 255), None, [3]),
        ((0, 77), True, [77]),
        ((0, 0), None, []),
    ],
)
def test_grey_values_that_are_clear(
    values: tuple[int, ...], ids: bool | None, objects: list[int], tmp_path: Path
) -> None:
    picture = np.zeros((5, 8), np.uint8)
    picture[0, : len(values)] = values
    save(tmp_path / "00000.png", picture)
    assert PngMasks().sniff(tmp_path / "00000.png")
    (read,) = PngMasks(ids=ids).read(tmp_path / "00000.png")
    assert read.objects.tolist() == objects


@pytest.mark.parametrize(
    ("values", "ids"),
    [((0, 100, 255), None), ((0, 128), None), (tuple(range(0, 256, 7)), None), ((0, 1, 2), False)],
)
def test_a_grey_level_mask_is_refused(values: tuple[int, ...], ids: bool | None, tmp_path: Path) -> None:
    picture = np.zeros((50, 40), np.uint8)
    picture[0, : len(values)] = values
    save(tmp_path / "soft.png", picture)
    with pytest.raises(DataError, match=r"grey-level mask: found .* expected only 0 and 255"):
        PngMasks(ids=ids).read(tmp_path / "soft.png")


def test_pictures_that_are_no_masks(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    save(tmp_path / "rgb.png", rng.integers(0, 9, (6, 6, 3)).astype(np.uint8))
    with pytest.raises(DataError, match="holds colours"):
        PngMasks().read(tmp_path / "rgb.png")
    save(tmp_path / "photo.png", rng.integers(0, 60000, (60, 60)).astype(np.uint16))
    with pytest.raises(DataError, match="a picture, not a mask"):
        PngMasks().read(tmp_path / "photo.png")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(DataError, match="not a PNG"):
        PngMasks().read(tmp_path / "text.png")
    (tmp_path / "none.png").write_bytes(b"")
    with pytest.raises(DataError, match="empty"):
        PngMasks().read(tmp_path / "none.png")
    whole = save(tmp_path / "whole.png", rng.integers(0, 2, (64, 64)).astype(np.uint8)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged or cut short"):
        PngMasks().read(tmp_path / "cut.png")


def test_one_object_is_a_flat_binary_folder(plain: Masks, tmp_path: Path) -> None:
    one = plain.of(1)
    PngMasks().write([one], tmp_path / "out")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {f"{i:05d}.png" for i in range(6)}
    assert PngMasks().sniff(tmp_path / "out")
    assert not Davis().sniff(tmp_path / "out")
    assert PngMasks().read(tmp_path / "out", one.video) == [one]


def test_several_objects_are_folders_and_keep_overlap_and_labels(rich: Masks, tmp_path: Path) -> None:
    without_loss(lambda: PngMasks().write([rich], tmp_path / "out"))
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["rat_1", "rat_2", "tail_3", "tail_4"]
    (read,) = PngMasks().read(tmp_path / "out", rich.video)
    kept = rich.take((rich.frame != 3) | (rich.object_id != 1))
    np.testing.assert_array_equal(read.runs, kept.runs)
    assert [label.name for label in read.labels] == ["rat", "tail"]


def test_sixteen_bit_ids(plain: Masks, tmp_path: Path) -> None:
    many = plain.replace(object_id=plain.object_id * 9000)
    PngMasks(layout="ids").write([many], tmp_path / "out")
    assert png.kind_of(tmp_path / "out" / "00001.png") == "wide"
    assert PngMasks().read(tmp_path / "out", many.video) == [many]


def test_single_files(plain: Masks, tmp_path: Path) -> None:
    frame = plain.on(1).replace(video=Video("one.png", 48, 36, 1), frame=np.zeros(2, np.int32))
    for writer in (Davis(), PngMasks(layout="ids")):
        writer.write([frame], tmp_path / "one.png")
        same_pixels(writer.read(tmp_path / "one.png")[0], frame)
    with pytest.raises(DataError, match="one PNG holds one frame"):
        Davis().write([plain], tmp_path / "many.png")
    with pytest.raises((DataError, UsageError), match="layout"):
        PngMasks(layout="rgb").write([plain], tmp_path / "x")  # type: ignore[arg-type]


def test_nothing_is_left_when_writing_fails(plain: Masks, tmp_path: Path) -> None:
    wrong = plain.take([0]).replace(object_id=np.array([999], np.int32))
    with pytest.raises(DataError):
        Davis().write([wrong], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_real_davis_annotations_and_results(shared_data: Path) -> None:
    root = shared_data / "davis2016_val"
    images = sorted((root / "JPEGImages" / "480p" / "dog").glob("*.jpg"))
    video = Video("dog", 854, 480, len(images), files=tuple(p.name for p in images))
    (truth,) = PngMasks().read(root / "Annotations" / "480p" / "dog", video)
    assert len(truth) == 60
    assert truth.objects.tolist() == [1]
    with Image.open(root / "Annotations" / "480p" / "dog" / "00030.png") as picture:
        np.testing.assert_array_equal(
            rle.decode(truth.row_runs(30), (854, 480)), np.asarray(picture) > 0
        )
    (result,) = Davis().read(root / "results" / "rvos" / "dog", video)
    with Image.open(root / "results" / "rvos" / "dog" / "00007.png") as picture:
        ids = np.asarray(picture)
    assert result.on(7).objects.tolist() == np.unique(ids[ids > 0]).tolist()


def test_real_palette_masks_one_of_them_too_narrow(shared_data: Path) -> None:
    folder = shared_data / "cutie_judo" / "masks"
    video = Video("judo", 854, 480, 16, files=tuple(f"{i:05d}.jpg" for i in range(16)))
    with pytest.raises(DataError, match=r"00005\.png is 853x480 but frame 5 of judo is 854x480"):
        Davis().read(folder, video)
    (fitted,) = Davis(fit=True).read(folder, video)
    assert list(zip(fitted.frame, fitted.object_id, strict=True)) == [(0, 1), (5, 2), (8, 3), (13, 4)]


def test_real_sixteen_bit_nuclei_and_photographs(shared_data: Path) -> None:
    (nuclei,) = PngMasks().read(shared_data / "nuclei_stardist" / "mask2d.tif")
    assert len(nuclei) == 125
    with pytest.raises(DataError, match="a picture, not a mask"):
        PngMasks().read(shared_data / "nuclei_stardist" / "img2d.tif")
    for name in ("grayscale.png", "rgba.png", "gradient_16bit.png"):
        with pytest.raises(DataError):
            PngMasks().read(shared_data / "bad_input" / name)


def test_labels_make_safe_folder_names(plain: Masks, tmp_path: Path) -> None:
    named = plain.replace(labels=(Label("../a b"),))
    with pytest.warns(LossWarning, match="serve as a folder name"):
        PngMasks().write([named], tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["-a-b_1", "-a-b_7"]
