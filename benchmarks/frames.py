"""Frame exactness: `source[i]` against sequential decoding, on every video of the data folder.

Truth: plain PyAV, one thread, from the start, converted to RGB in the same way. For every video:
frames in order, every frame backwards or a random sample with far jumps, each compared bit for bit.
The peer is OpenCV's `CAP_PROP_POS_FRAMES`, asked for the same frames; its colours may be converted
otherwise, so its picture counts as right when no other frame within 60 is nearer to it.

    python benchmarks/frames.py [--all] [FILE ...]

`--all` asks for every frame backwards too (minutes instead of seconds).
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
import zlib
from pathlib import Path

import av
import cv2
import numpy as np

from masklet.core import MaskletError
from masklet.media import VideoFile

DATA = Path(os.environ.get("MASKLET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
SUFFIXES = {".mp4", ".avi", ".mov", ".wmv", ".mkv", ".webm", ".ts", ".dav"}
Thumb = np.ndarray


def truth(path: Path, turns: int) -> tuple[list[int], list[Thumb]]:
    """Checksum and small grey picture of every frame."""
    sums, thumbs = [], []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "NONE"
        for frame in container.decode(video=0):
            image = np.ascontiguousarray(np.rot90(frame.reformat(format="rgb24").to_ndarray(), turns))
            sums.append(zlib.crc32(image))
            thumbs.append(thumb(image))
    return sums, thumbs


def thumb(image: np.ndarray) -> Thumb:
    return image[::2, ::2].mean(axis=2, dtype=np.float32).astype(np.uint8)


def chosen(n: int, everything: bool) -> list[int]:
    """Random far jumps, the two ends, and the last frames backwards (or all of them)."""
    jumps = random.Random(n).sample(range(n), min(n, 30))
    backwards = range(n - 1, -1 if everything else max(n - 40, -1), -1)
    return [n - 1, 0, *jumps, *backwards]


def wrong_of_opencv(path: Path, frames: list[int], thumbs: list[Thumb]) -> int:
    """How many of `frames` OpenCV answers with another frame, or not at all."""
    capture, wrong = cv2.VideoCapture(str(path)), 0
    for index in frames:
        capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        found, image = capture.read()
        wrong += not found or not nearest(thumb(image), index, thumbs)
    capture.release()
    return wrong


def nearest(picture: Thumb, index: int, thumbs: list[Thumb]) -> bool:
    if picture.shape != thumbs[index].shape:
        return False
    near = thumbs[max(index - 60, 0) : index + 60]
    away = [float(np.abs(picture.astype(np.int16) - other).mean()) for other in near]
    return away[index - max(index - 60, 0)] <= min(away) + 1e-6


def measure(path: Path, everything: bool) -> list[object]:
    began = time.perf_counter()
    source = VideoFile(path)
    opened = time.perf_counter() - began
    sums, thumbs = truth(path, (-source.video.rotation // 90) % 4)
    in_order = [zlib.crc32(image) for _, image in source.frames()]
    wrong_order = sum(a != b for a, b in zip(in_order, sums, strict=False)) + abs(
        len(in_order) - len(sums)
    )
    asked = chosen(len(sums), everything)
    began = time.perf_counter()
    wrong = sum(zlib.crc32(source[index]) != sums[index] for index in asked)
    each = (time.perf_counter() - began) / len(asked)
    peer = asked[: 32 if not everything else None]
    wrong_peer = wrong_of_opencv(path, peer, thumbs)
    return [
        path.relative_to(DATA) if path.is_relative_to(DATA) else path.name,
        len(sums),
        wrong_order,
        f"{wrong} of {len(asked)}",
        f"{wrong_peer} of {len(peer)}",
        f"{opened * 1000:.0f}",
        f"{each * 1000:.1f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    videos = options.files or sorted(p for p in DATA.rglob("*") if p.suffix.lower() in SUFFIXES)
    print(
        "| video | frames | wrong in order | wrong by number | OpenCV wrong | open, ms | by number, ms |"
    )
    print("|---|---|---|---|---|---|---|")
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MASKLET_CACHE"] = folder
        for path in videos:
            try:
                row = measure(path, options.all)
            except MaskletError as error:
                print(f"| {path.name} | refused: {error} | | | | | |")
                continue
            total += int(str(row[2])) + int(str(row[3]).split()[0])
            print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
    print(f"\nwrong frames in all: {total}")


if __name__ == "__main__":
    main()
