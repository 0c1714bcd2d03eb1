"""Pictures: upright, strict, 8 bits; sets of them in natural order."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil

from masklet.core import DataError
from masklet.media import ImageSet, image_size, read_image

UPRIGHT = np.zeros((4, 6, 3), np.uint8)
UPRIGHT[0, 0] = 255, 0, 0
UPRIGHT[0, 5] = 0, 255, 0
UPRIGHT[3, 0] = 0, 0, 255

STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}


def save(path: Path, pixels: np.ndarray, orientation: int | None = None, **options: object) -> Path:
    exif = Pil.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Pil.fromarray(np.ascontiguousarray(pixels)).save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_is_made_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    options = {"lossless": True} if suffix == ".webp" else {}
    path = save(tmp_path / f"x{suffix}", STORED[orientation], orientation, **options)
    picture, info = read_image(path)
    np.testing.assert_array_equal(picture, UPRIGHT)
    assert info.size_wh == image_size(path) == (6, 4)
    assert info.stored_size_wh == STORED[orientation].shape[1::-1]
    assert info.orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, None])
def test_wrong_orientations_are_left_alone(tmp_path: Path, orientation: int | None) -> None:
    picture, info = read_image(save(tmp_path / "x.png", UPRIGHT, orientation))
    np.testing.assert_array_equal(picture, UPRIGHT)
    assert info.orientation == 1


def test_the_eight_photographs_display_alike(shared_data: Path) -> None:
    pictures = [read_image(shared_data / f"exif/Landscape_{i}.jpg")[0].astype(int) for i in range(1, 9)]
    assert {picture.shape for picture in pictures} == {(1200, 1800, 3)}
    assert max(np.abs(picture - pictures[0]).mean() for picture in pictures) < 5


def encoded(mode: str, pixels: np.ndarray, kind: str) -> bytes:
    buffer = io.BytesIO()
    image = Pil.fromarray(pixels)
    (image if image.mode == mode else image.convert(mode)).save(buffer, kind)
    return buffer.getvalue()


RAMP16 = np.array([[0, 257, 32896, 65535]], np.uint16)
GREY = np.array([[0, 7, 200, 255]], np.uint8)
COUNTS = np.array([[1000, 1500, 2000, 3040]], np.uint16)


@pytest.mark.parametrize(
    ("data", "grey"),
    [
        (encoded("I;16", RAMP16, "PNG"), [0, 1, 128, 255]),
        (encoded("L", GREY, "PNG"), [0, 7, 200, 255]),
        (encoded("I;16", COUNTS, "TIFF"), [0, 62, 125, 255]),
        (encoded("F", COUNTS.astype(np.float32), "TIFF"), [0, 62, 125, 255]),
        (encoded("I", COUNTS.astype(np.int32), "TIFF"), [0, 62, 125, 255]),
        (encoded("F", np.full((1, 4), 3.5, np.float32), "TIFF"), [0, 0, 0, 0]),
        (encoded("P", GREY, "PNG"), [0, 7, 200, 255]),
    ],
)
def test_depths_come_to_8_bits(data: bytes, grey: list[int]) -> None:
    picture, _ = read_image(data)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture[0], np.repeat(np.array(grey)[:, None], 3, 1))


def test_transparent_pixels_are_laid_over_black() -> None:
    rgba = np.array([[[200, 100, 50, 255], [200, 100, 50, 0], [200, 100, 50, 128]]], np.uint8)
    picture, _ = read_image(encoded("RGBA", rgba, "PNG"))
    np.testing.assert_allclose(picture[0], [[200, 100, 50], [0, 0, 0], [100, 50, 25]], atol=1)


def test_the_picture_is_the_callers_own() -> None:
    picture, _ = read_image(encoded("L", GREY, "PNG"))
    picture[:] = 1
    assert picture.flags.owndata or picture.base is not None


BROKEN = {
    "empty": b"",
    "text": b"this is no picture at all, whatever its name says",
    "html": b"<html><body>404 not found</body></html>",
    "cut header": b"\x89PNG\r\n\x1a\n\x00\x00",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(BROKEN[name])
    for source in (path, BROKEN[name]):
        with pytest.raises(DataError) as caught:
            read_image(source)
        assert "\n" not in str(caught.value)


def test_a_cut_picture_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    data = encoded("RGB", noise, "JPEG")
    with pytest.raises(DataError, match="cut short"):
        read_image(data[: len(data) // 2])


def test_too_many_pixels_are_refused() -> None:
    with pytest.raises(DataError, match="expected at most 10"):
        read_image(encoded("L", np.zeros((4, 4), np.uint8), "PNG"), max_pixels=10)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.png does not exist"):
        read_image(tmp_path / "gone.png")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in (10, 2, 1):
        save(tmp_path / f"frame{number}.png", np.full((8, 12, 3), number, np.uint8))
    return tmp_path


def test_names_are_in_natural_order(folder: Path) -> None:
    images = ImageSet(folder)
    assert images.video.files == ("frame1.png", "frame2.png", "frame10.png")
    assert [(i, int(image[0, 0, 0])) for i, image in images.frames()] == [(0, 1), (1, 2), (2, 10)]
    assert int(images[2][0, 0, 0]) == 10
    assert images.video.size_wh(0) == (12, 8)
    assert images.video.frame_sizes is None
    assert len(images.video.times) == 0


def test_a_rate_gives_times(folder: Path) -> None:
    np.testing.assert_allclose(ImageSet(folder, fps=5).video.times, [0, 0.2, 0.4])


def test_globs_lists_and_single_files(folder: Path) -> None:
    assert len(ImageSet(str(folder / "frame1*.png"))) == 2
    assert ImageSet([folder / "frame2.png", folder / "frame1.png"]).video.files[0] == "frame2.png"
    assert ImageSet(folder / "frame2.png").video.n_frames == 1


def test_files_of_other_kinds_are_passed_over_with_a_note(folder: Path) -> None:
    (folder / "notes.txt").write_text("nothing")
    (folder / ".hidden.png").write_bytes(b"x")
    save(folder / "frame3.png", UPRIGHT).rename(folder / "frame3")
    images = ImageSet(folder)
    assert images.video.files == ("frame1.png", "frame2.png", "frame3", "frame10.png")
    assert images.notes == (f"1 files in {folder} are no pictures and are passed over",)


def test_mixed_sizes_are_kept(folder: Path) -> None:
    save(folder / "frame5.png", np.zeros((20, 5, 3), np.uint8))
    video = ImageSet(folder).video
    assert (video.width, video.height) == (12, 20)
    assert video.size_wh(2) == (5, 20)
    assert video.size_wh(0) == (12, 8)


def test_the_hash_follows_names_and_bytes(folder: Path) -> None:
    before = ImageSet(folder).video.content_hash
    assert ImageSet(folder).video.content_hash == before
    save(folder / "frame2.png", np.full((8, 12, 3), 3, np.uint8))
    assert ImageSet(folder).video.content_hash != before


@pytest.mark.parametrize("index", [-1, 3, 1000])
def test_there_is_no_frame_outside(folder: Path, index: int) -> None:
    with pytest.raises(DataError, match=rf"no frame {index}; expected 0\.\.2"):
        ImageSet(folder)[index]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no picture"):
        ImageSet(tmp_path)


def test_a_damaged_picture_in_a_set_names_itself(folder: Path) -> None:
    path = folder / "frame2.png"
    save(path, np.random.default_rng(0).integers(0, 255, (8, 12, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:-60])
    with pytest.raises(DataError, match=r"frame2\.png"):
        list(ImageSet(folder).frames())


def test_a_multi_page_tiff_says_that_its_first_page_is_used(tmp_path: Path) -> None:
    pages = [Pil.fromarray(np.full((4, 4), value, np.uint8)) for value in (9, 8)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    images = ImageSet(tmp_path)
    assert int(images[0][0, 0, 0]) == 9
    assert "first is used" in images.notes[0]
