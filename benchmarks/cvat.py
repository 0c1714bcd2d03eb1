"""The rat-cage CVAT file read, written and read again, beside a plain XML parse of the same bytes."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from masklet.core import Flags, Shapes
from masklet.formats.cvat_video import CvatVideo

ROUNDS = 7
COLUMNS = ("frame", "track_id", "label_id", "kind", "points", "flags", "z_order", "group", "rotation")


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """(seconds, answer) of one call."""
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def peer(path: Path) -> list[list[float]]:
    """The least that any reader must do: a tree of the file, and its points as numbers."""
    root = ElementTree.parse(path).getroot()
    texts = [element.get("points", "") for element in root.iter("polygon")]
    return [[float(word) for pair in text.split(";") for word in pair.split(",")] for text in texts]


def same(a: Shapes, b: Shapes) -> bool:
    """Do all columns, attributes and kept extras agree?"""
    columns = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in COLUMNS)
    return columns and (a.labels, a.video, a.attributes, a.tracks, a.extra) == (
        b.labels, b.video, b.attributes, b.tracks, b.extra
    )  # fmt: skip


def main() -> None:
    folder = Path(
        os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared/data")
    )
    source = folder / "rat_cage/annotations_cvat_video_1.1.xml"
    if not source.is_file():
        sys.exit(f"no real data: {source} is absent; set MASKLET_SHARED_DATA")
    cvat = CvatVideo()
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(temporary) / "out.xml"
        work: dict[str, Callable[[], object]] = {
            "ElementTree parse": lambda: ElementTree.parse(source),
            "ElementTree parse, points to float": lambda: peer(source),
            "masklet read": lambda: cvat.read(source),
            "masklet write": lambda: cvat.write(items, out),
            "masklet read, write, read": lambda: (cvat.write(cvat.read(source), out), cvat.read(out)),
        }
        items = cvat.read(source)
        seconds: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(ROUNDS):
            for name, call in work.items():
                seconds[name].append(timed(call)[0])
        again = cvat.read(out)
        identical = out.read_bytes() == source.read_bytes()
    (item,) = items
    base = statistics.median(seconds["ElementTree parse, points to float"])
    print("| work | median s | min s | times the peer |")
    print("|---|---|---|---|")
    for name, values in seconds.items():
        middle = statistics.median(values)
        print(f"| {name} | {middle:.3f} | {min(values):.3f} | {middle / base:.2f} |")
    keyframes = int(np.count_nonzero(item.flags & Flags.KEYFRAME))
    print(
        f"\n{len(item)} polygons, {keyframes} keyframes; round trip identical: {same(item, again[0])};"
    )
    print(f"written file identical byte for byte: {identical}.")


if __name__ == "__main__":
    main()
