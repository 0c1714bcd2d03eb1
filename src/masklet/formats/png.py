"""Pictures whose numbers are ids: palette, grey and 16-bit PNG, 16-bit TIFF. The home of Pillow here."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from masklet.core import DataError
from masklet.core.arrays import Bools, UInt8s, UInt16s

Ids = npt.NDArray[np.integer]
"""`(h, w)` integers: one id a pixel."""
Kind = Literal["palette", "grey", "wide", "colour", "other"]

_PNG = b"\x89PNG\r\n\x1a\n"
_TIFF = (b"II*\x00", b"MM\x00*")
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
    Pillow.DecompressionBombError,
)
_KINDS: dict[str, Kind] = {
    "P": "palette",
    "1": "grey",
    "L": "grey",
    "I": "wide",
    "I;16": "wide",
    "I;16B": "wide",
    "I;16L": "wide",
}


class IdPicture(NamedTuple):
    """A picture of ids as read: `ids` is `(h, w)`, `kind` says how the file stored them."""

    ids: Ids
    kind: Kind


def kind_of(path: Path) -> Kind:
    """How the numbers of a picture are stored, from its first bytes alone; never raises."""
    try:
        with path.open("rb") as stream:
            head = stream.read(32)
    except OSError:
        return "other"
    if head[:4] in _TIFF:
        return "wide"
    if head[:8] != _PNG or head[12:16] != b"IHDR" or len(head) < 26:
        return "other"
    depth, colour = head[24], head[25]
    if colour == 3:
        return "palette"
    if colour == 0:
        return "wide" if depth == 16 else "grey"
    return "colour"


def read_ids(path: Path) -> IdPicture:
    """Read one PNG or TIFF as integers `(h, w)`: palette indices, grey values or 16-bit ids.

    Raises `DataError` for what is not such a picture, is cut short, or holds colours.
    """
    try:
        with path.open("rb") as stream:
            return _decode(stream, str(path))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from error


def decode_ids(data: bytes, where: str) -> IdPicture:
    """The same for a picture in memory; `where` names it in errors."""
    return _decode(io.BytesIO(data), where)


def _decode(stream: BinaryIO, where: str) -> IdPicture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(stream, formats=("PNG", "TIFF")) as picture:
                picture.load()
                mode, pages = picture.mode, getattr(picture, "n_frames", 1)
                ids = np.asarray(picture) if mode in _KINDS else None
    except _BROKEN as error:
        raise DataError(_why_broken(stream, where)) from error
    if ids is None or ids.ndim != 2:
        raise DataError(
            f"{where} holds colours (mode {mode}); expected a mask: a palette PNG, a grey PNG of 0 and "
            "255, or 16-bit ids; save it with one number a pixel"
        )
    if pages != 1:
        raise DataError(
            f"{where} holds {pages} pages; expected one; save every frame to a file of its own"
        )
    if ids.size and ids.min() < 0:
        raise DataError(f"{where} holds negative ids; expected 0 for background and ids from 1")
    return IdPicture(ids.astype(np.uint8) if ids.dtype == np.bool_ else ids, _KINDS[mode])


def _why_broken(stream: BinaryIO, where: str) -> str:
    stream.seek(0)
    head = stream.read(8)
    if not head:
        return f"{where} is empty (0 bytes); expected a PNG mask"
    if head != _PNG and head[:4] not in _TIFF:
        return f"{where} is not a PNG or TIFF (it begins with {head[:4]!r}); expected a PNG mask"
    return f"{where} is damaged or cut short: its pixels cannot be decoded; copy or export it again"


def davis_palette() -> UInt8s:
    """`(256, 3) uint8`: the colours of DAVIS and PASCAL VOC; bits of the id spread over the channels."""
    ids = np.arange(256, dtype=np.uint8)
    colours = np.zeros((256, 3), np.uint8)
    for step in range(8):
        for channel in range(3):
            bit = (ids >> (3 * step + channel)) & 1 if 3 * step + channel < 8 else np.zeros_like(ids)
            colours[:, channel] |= bit << (7 - step)
    return colours


def write_palette(ids: UInt8s, path: Path) -> None:
    """Write `(h, w) uint8` ids as a palette PNG (mode P) with the colours of DAVIS."""
    picture = Pillow.fromarray(np.ascontiguousarray(ids, np.uint8))
    picture.putpalette(davis_palette().tobytes())
    picture.save(path, format="PNG")


def write_grey(values: UInt8s | UInt16s, path: Path) -> None:
    """Write `(h, w)` values as they are: uint8 to an 8-bit grey PNG, uint16 to a 16-bit one."""
    Pillow.fromarray(np.ascontiguousarray(values)).save(path, format="PNG")


def encode_mask(mask: Bools) -> bytes:
    """A boolean mask `(h, w)` as the bytes of a 1-bit PNG."""
    buffer = io.BytesIO()
    Pillow.fromarray(np.ascontiguousarray(mask, np.bool_)).save(buffer, format="PNG")
    return buffer.getvalue()


def resize_nearest(ids: Ids, size_wh: tuple[int, int]) -> Ids:
    """`ids` at another size; each pixel takes the id under its centre."""
    (h, w), (new_w, new_h) = ids.shape, size_wh
    rows = ((np.arange(new_h) + 0.5) * h / new_h).astype(np.int64)
    columns = ((np.arange(new_w) + 0.5) * w / new_w).astype(np.int64)
    resized: Ids = ids[rows[:, None], columns[None, :]]
    return resized
