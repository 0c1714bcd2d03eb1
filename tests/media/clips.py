"""Small clips of many containers and codecs; every frame carries its own number in its pixels."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

WIDTH, HEIGHT, BITS = 96, 64, 8


def numbered(number: int) -> np.ndarray[Any, Any]:
    """`(64, 96, 3) uint8`: the number as 8 black or white fields above, a moving texture below."""
    rng = np.random.default_rng(number)
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    image[32:] = (
        np.roll(np.add.outer(np.arange(32) * 5, np.arange(WIDTH) * 2), number * 3, 1)[..., None] % 200
    )
    image[32:] += rng.integers(0, 20, (32, WIDTH, 3), dtype=np.uint8)
    fields = [255 if number >> bit & 1 else 0 for bit in range(BITS)]
    image[:32] = np.repeat(fields, WIDTH // BITS)[None, :, None]
    return image


def number_of(image: np.ndarray[Any, Any]) -> int:
    """The number that `numbered` wrote, read back from a decoded picture."""
    fields = image[4:28].mean(axis=(0, 2)).reshape(BITS, -1)[:, 2:-2].mean(axis=1)
    return sum(1 << bit for bit, value in enumerate(fields) if value > 128)


def write_clip(
    path: Path,
    codec: str,
    n: int = 60,
    container: str | None = None,
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    rate: int = 25,
    pix_fmt: str = "yuv420p",
) -> Path:
    """Encode `n` numbered frames; `times` are presentation times in milliseconds."""
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
        stream.codec_context.thread_count = 1
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for number in range(n):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24").reformat(format=pix_fmt)
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def copy_streams(source: Path, path: Path, container: str | None = None, skip_until: int = 0) -> Path:
    """Copy packets into another container; those shown before `skip_until` (in the source's time
    base) get negative times, which an mp4 hides behind an edit list."""
    with av.open(str(source)) as inp, av.open(str(path), "w", format=container) as out:
        stream = inp.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in inp.demux(stream):
            if packet.size:
                packet.pts -= skip_until
                packet.dts -= skip_until
                packet.stream = copy
                out.mux(packet)
    return path


def join_cuts(source: Path, path: Path, *cuts: tuple[int, int], rate: int = 25) -> Path:
    """An mp4 whose edit list shows frames `first` to `last` of each cut, one cut after the other.

    ISO/IEC 14496-12, 8.6.6. The atom `moov` must lie behind the pictures, as it does where a file is
    written in one go.
    """
    data = source.read_bytes()
    with av.open(str(source)) as inp:
        stream = inp.streams.video[0]
        units = round(1 / (stream.time_base * rate))
    movie = data.index(b"mvhd") + 4
    (scale,) = struct.unpack(">I", data[movie + 12 : movie + 16])
    at = data.index(b"elst") - 4
    (old,) = struct.unpack(">I", data[at : at + 4])
    (start,) = struct.unpack(">i", data[at + 20 : at + 24])
    entries = b"".join(
        struct.pack(">IiI", (last - first + 1) * scale // rate, start + first * units, 1 << 16)
        for first, last in cuts
    )
    new = struct.pack(">I4sII", 16 + len(entries), b"elst", 0, len(cuts)) + entries
    changed = bytearray(data[:at] + new + data[at + old :])
    for atom in (b"moov", b"trak", b"edts"):
        place = changed.rindex(atom, 0, at + 4) - 4
        (size,) = struct.unpack(">I", changed[place : place + 4])
        changed[place : place + 4] = struct.pack(">I", size + len(new) - old)
    path.write_bytes(changed)
    return path


def write_dhav(path: Path, h264: Path, rate: int = 25) -> Path:
    """A minimal Dahua DHAV recording: one DHAV frame with its header, extensions and tail a packet."""
    with av.open(str(h264)) as inp, path.open("wb") as out:
        for number, packet in enumerate(p for p in inp.demux(video=0) if p.size):
            body = bytes(packet)
            key = packet.is_keyframe
            extension = bytes([0x80, 0, WIDTH // 8, HEIGHT // 8, 0x81, 0, 2, rate])
            length = 24 + len(extension) + len(body) + 8
            head = b"DHAV" + bytes([0xFD if key else 0xFC, 0, 0, 0]) + struct.pack("<II", number, length)
            date = (26 << 26) | (1 << 22) | (1 << 17) | (number // rate)
            head += struct.pack("<IHBB", date, number * 1000 // rate % 65536, len(extension), 0)
            out.write(head + extension + body + b"dhav" + struct.pack("<I", length))
    return path
