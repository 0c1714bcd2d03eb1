"""Seven Full-HD films as laboratories have them; every frame carries its number as a barcode.

The number stands as 16 black or white fields of equal width across the upper eighth of the picture,
the lowest bit on the left. `number_of` reads it from pixels, `READ` is the same for a page.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

WIDTH, HEIGHT, BITS = 1920, 1080, 16
FRAMES = 600
Pixels = np.ndarray[Any, Any]

READ = """(canvas) => {
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d").getImageData(0, Math.round(height / 16), width, 1).data;
  let number = 0;
  for (let bit = 0; bit < 16; bit++) {
    if (pixels[4 * Math.round((bit + 0.5) * width / 16)] > 128) number += 2 ** bit;
  }
  return number;
}"""
"""JavaScript: the number on a canvas of any size that shows a whole frame."""


def number_of(image: Pixels) -> int:
    """The number on a decoded frame `(h, w, 3)` of any size."""
    height, width = image.shape[:2]
    row = image[height // 16, :, 0]
    return sum(1 << bit for bit in range(BITS) if row[int((bit + 0.5) * width / BITS)] > 128)


class Scenery:
    """A textured picture that moves, so that frames cost what filmed ones do."""

    def __init__(self, size_wh: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self._size_wh = size_wh
        width, height = size_wh
        noise = np.random.default_rng(5).integers(0, 256, (height + 200, width + 200, 3), np.uint8)
        soft = cv2.GaussianBlur(noise, (0, 0), 3)
        self._wide = cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX)

    def frame(self, number: int) -> Pixels:
        """Frame `number`, `(h, w, 3) uint8` RGB."""
        width, height = self._size_wh
        x, y = number * 2 % 200, number % 200
        image = self._wide[y : y + height, x : x + width].copy()
        fields = [255 if number >> bit & 1 else 0 for bit in range(BITS)]
        edges = [round(bit * width / BITS) for bit in range(BITS + 1)]
        for field, left, right in zip(fields, edges, edges[1:], strict=False):
            image[: height // 8, left:right] = field
        return image


def _x264(gop: int, bframes: int = 3) -> dict[str, str]:
    parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={bframes}:b-pyramid=normal"
    return {"preset": "superfast", "crf": "26", "x264-params": parameters}


def uneven(n: int) -> list[int]:
    """Milliseconds of frames that a camera in dim light gives: 33 to 60 apart, with pauses."""
    return [i * 33 + (i % 7) * 4 + (i // 50) * 200 for i in range(n)]


def write(
    path: Path,
    codec: str,
    n: int,
    options: dict[str, str],
    rate: Fraction = Fraction(30),
    times: list[int] | None = None,
    pix_fmt: str = "yuv420p",
    size_wh: tuple[int, int] = (WIDTH, HEIGHT),
) -> Path:
    """Encode `n` numbered frames; `times` are presentation times in milliseconds."""
    scenery = Scenery(size_wh)
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = size_wh
        stream.pix_fmt = pix_fmt
        clock = 1 / rate if times is None else Fraction(1, 1000)
        stream.codec_context.time_base = clock
        for number in range(n):
            frame = av.VideoFrame.from_ndarray(scenery.frame(number), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = number if times is None else times[number], clock
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


CUT = 40
"""Frames that `trimmed.mp4` hides at its beginning."""


def trim(source: Path, path: Path, frames: int = CUT) -> Path:
    """Copy packets so that the first `frames` get negative times, which mp4 hides by an edit list."""
    with av.open(str(source)) as inp, av.open(str(path), "w") as out:
        stream = inp.streams.video[0]
        copy = out.add_stream_from_template(stream)
        away = round(frames / stream.average_rate / stream.time_base)
        for packet in inp.demux(stream):
            if packet.size:
                packet.pts -= away
                packet.dts -= away
                packet.stream = copy
                out.mux(packet)
    return path


MAKERS: dict[str, Callable[[Path, int], Path]] = {
    "gop250.mp4": lambda p, n: write(p, "libx264", n, _x264(250)),
    "gop30.mp4": lambda p, n: write(p, "libx264", n, _x264(30)),
    "ntsc.mp4": lambda p, n: write(p, "libx264", n, _x264(30), Fraction(30_000, 1001)),
    "vfr.mp4": lambda p, n: write(p, "libx264", n, _x264(60), times=uneven(n)),
    "trimmed.mp4": lambda p, n: trim(write(p.with_suffix(".whole.mp4"), "libx264", n, _x264(60)), p),
    "mjpeg.avi": lambda p, n: write(p, "mjpeg", n, {"qscale": "4"}, pix_fmt="yuvj420p"),
    "mpeg4.avi": lambda p, n: write(p, "mpeg4", n, {"g": "24", "bf": "2", "qscale": "5"}),
}
"""CFR with GOP 250 and B-frames, GOP 30, 29.97 frames/s, VFR, an edit list, two lab cameras' AVI."""


def film(folder: Path, name: str, n: int = FRAMES) -> Path:
    """One of the films, made where it is not there yet."""
    path = folder / f"{n}-{name}"
    if not path.exists():
        beside = folder / f"making-{n}-{name}"
        MAKERS[name](beside, n)
        beside.replace(path)
    return path


def first_number(name: str) -> int:
    """The number on frame 0."""
    return CUT if name == "trimmed.mp4" else 0
