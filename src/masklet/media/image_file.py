"""One still picture: from a file or bytes to upright 8-bit RGB, strictly."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Pil
from PIL import UnidentifiedImageError

from masklet.core import DataError
from masklet.core.arrays import Image

MAX_PIXELS = 178_000_000
"""Pictures with more pixels than this are taken for decompression bombs."""

_WIDTH, _HEIGHT, _ORIENTATION = 256, 257, 274
_TURN = {
    2: Pil.Transpose.FLIP_LEFT_RIGHT,
    3: Pil.Transpose.ROTATE_180,
    4: Pil.Transpose.FLIP_TOP_BOTTOM,
    5: Pil.Transpose.TRANSPOSE,
    6: Pil.Transpose.ROTATE_270,
    7: Pil.Transpose.TRANSVERSE,
    8: Pil.Transpose.ROTATE_90,
}
"""What makes each EXIF orientation upright (EXIF 2.3, tag 274)."""

_REFUSALS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
    Pil.DecompressionBombError,
)
"""What Pillow raises on files that are broken in one way or another."""


@dataclass(frozen=True)
class ImageInfo:
    """What a picture's file says of it.

    Args:
        size_wh: upright (width, height) in pixels.
        stored_size_wh: (width, height) as stored, before EXIF orientation.
        orientation: EXIF orientation 1..8; 1 where the file names none or a wrong one.
        mode: Pillow's name for the stored pixels (`RGB`, `L`, `P`, `CMYK`, `I;16`, ...).
        format: `JPEG`, `PNG`, `TIFF`, ...
        n_pictures: pictures in the file (pages, animation); the first is the one that is read.
    """

    size_wh: tuple[int, int]
    stored_size_wh: tuple[int, int]
    orientation: int
    mode: str
    format: str
    n_pictures: int = 1


def read_image(source: Path | str | bytes, max_pixels: int = MAX_PIXELS) -> tuple[Image, ImageInfo]:
    """(`(h, w, 3) uint8` RGB upright, what the file says) of the first picture in `source`.

    Grey is repeated three times; palettes are looked up; CMYK is converted without its colour
    profile; transparent pixels are laid over black. 16 bits in PNG are scaled by their range
    (65535 becomes 255). Deeper pixels elsewhere (microscopy TIFF: 16 or 32 bits, float) are scaled
    from the picture's own least and greatest value to 0..255, since they seldom fill their range.

    Raises `DataError` where the file is cut short, damaged, no picture, or beyond `max_pixels`.
    """
    with _opened(source, max_pixels) as (picture, info):
        picture.load()
        left = _orientation(picture)  # Pillow itself turns TIFF while loading
        if left in _TURN:
            picture = picture.transpose(_TURN[left])
        return _to_rgb(picture, info), info


def image_info(source: Path | str | bytes, max_pixels: int = MAX_PIXELS) -> ImageInfo:
    """What the header says; pixels are not read. `DataError` where it is no picture."""
    with _opened(source, max_pixels) as (_, info):
        return info


def image_size(source: Path | str | bytes) -> tuple[int, int]:
    """Upright (width, height) in pixels, from the header alone."""
    return image_info(source).size_wh


def is_image(path: Path) -> bool:
    """Does Pillow know this file's first bytes? Never raises."""
    try:
        with Pil.open(path):
            return True
    except _REFUSALS:
        return False


@contextmanager
def _opened(source: Path | str | bytes, max_pixels: int) -> Iterator[tuple[Pil.Image, ImageInfo]]:
    name = f"{len(source)} bytes" if isinstance(source, bytes) else str(source)
    try:
        with Pil.open(io.BytesIO(source) if isinstance(source, bytes) else source) as picture:
            info = _info(picture)
            if picture.width * picture.height > max_pixels:
                raise DataError(
                    f"{name} has {picture.width}x{picture.height} pixels; "
                    f"expected at most {max_pixels}; make it smaller or raise the limit"
                )
            yield picture, info
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a picture that can be read; {_found(source)}") from None
    except FileNotFoundError:
        raise DataError(f"{name} does not exist; check the path") from None
    except Pil.DecompressionBombError:
        raise DataError(f"{name} has too many pixels; expected at most {max_pixels}") from None
    except _REFUSALS as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{name} is damaged or cut short ({why}); replace or remove it") from error


def _found(source: Path | str | bytes) -> str:
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if not size:
        return "it is empty; replace or remove it"
    return "expected JPEG, PNG, TIFF, BMP, GIF or WebP; replace or remove it"


def _info(picture: Pil.Image) -> ImageInfo:
    orientation = _orientation(picture)
    stored = picture.size
    if picture.format == "TIFF":
        tags = picture.tag_v2  # type: ignore[attr-defined]
        stored = int(tags[_WIDTH]), int(tags[_HEIGHT])
    upright = stored[::-1] if orientation >= 5 else stored
    kind, count = picture.format or "", int(getattr(picture, "n_frames", 1))
    return ImageInfo(upright, stored, orientation, picture.mode, kind, count)


def _orientation(picture: Pil.Image) -> int:
    try:
        orientation = int(picture.getexif().get(_ORIENTATION, 1))
    except _REFUSALS:
        return 1
    return orientation if orientation in _TURN else 1


def _to_rgb(picture: Pil.Image, info: ImageInfo) -> Image:
    if picture.mode.startswith(("I", "F")):
        return _deep_to_rgb(picture, info)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        black = Pil.new("RGBA", picture.size, (0, 0, 0, 255))
        picture = Pil.alpha_composite(black, picture)
    return np.array(picture.convert("RGB"))


def _deep_to_rgb(picture: Pil.Image, info: ImageInfo) -> Image:
    values = np.asarray(picture, dtype=np.float64)
    if info.format == "PNG":
        low, high = 0.0, 65535.0
    else:
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        low, high = float(values.min()), float(values.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    grey = np.rint(np.clip((values - low) * scale, 0, 255)).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
