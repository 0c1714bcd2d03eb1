"""Masks on run lengths beside pycocotools, on crops of a 1080p frame. Values must be identical."""

from __future__ import annotations

import os
import statistics
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pycocotools import mask as coco

from masklet.core import Label, Masks, Shapes, Video
from masklet.ops import overlap, placing, runs, table
from masklet.ops.raster import shapes_to_masks

SIZE_WH = (1920, 1080)
ROUNDS = 9
ROWS = 2100


class Result(NamedTuple):
    """One line of the table; times in milliseconds."""

    what: str
    ours: float
    peer: float
    ratio: float
    same: bool


def real_masks() -> Masks | None:
    """The first polygons of the rat-cage track, or None where the data is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    path = Path(os.environ.get("MASKLET_SHARED_DATA", default)) / "rat_cage"
    path /= "annotations_cvat_video_1.1.xml"
    if not path.is_file():
        return None
    points = []
    for _, element in ET.iterparse(path):
        if element.tag == "polygon":
            points.append(np.array(element.get("points", "").replace(";", ",").split(","), float))
        if len(points) == ROWS:
            break
    offset = np.cumsum([0, *map(len, points)])
    video = Video("rat", *SIZE_WH, ROWS)
    columns = {"frame": np.arange(ROWS), "track_id": 0, "points": np.concatenate(points)}
    return shapes_to_masks(Shapes(video, (Label("rat"),), offset=offset, **columns))


def made_masks() -> Masks:
    """Wobbling blobs of about 220 x 120 pixels that drift over the frame."""
    rng = np.random.default_rng(1)
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    wobble = 1 + 0.15 * np.cumsum(rng.normal(size=(ROWS, 60)), axis=0) / np.sqrt(ROWS)
    x = 900 + 30 * np.sin(np.arange(ROWS) / 40)[:, None] + 110 * wobble * np.cos(angle)
    y = 500 + 60 * wobble * np.sin(angle)
    points = np.stack([x, y], axis=2).reshape(-1)
    video = Video("blobs", *SIZE_WH, ROWS)
    columns = {"frame": np.arange(ROWS), "track_id": 0, "points": points}
    return shapes_to_masks(Shapes(video, (Label("a"),), offset=np.arange(ROWS + 1) * 120, **columns))


def scattered(masks: Masks) -> Masks:
    """The same masks, moved to places all over the frame."""
    rng = np.random.default_rng(int(masks.frame[0]))
    boxes, rows = table.boxes(masks), []
    for i in range(len(masks)):
        w, h = (boxes[i, 2:] - boxes[i, :2]).tolist()
        x, y = rng.integers(0, SIZE_WH[0] - w), rng.integers(0, SIZE_WH[1] - h)
        move = int(x - boxes[i, 0]), int(y - boxes[i, 1])
        moved = placing.placed(masks.row_runs(i), SIZE_WH, move, SIZE_WH)
        rows.append(table.Row(int(masks.frame[i]), 0, 0, moved))
    return table.build(masks.video, masks.labels, rows)


def as_coco(masks: Masks) -> list[dict[str, Any]]:
    """The rows as pycocotools wants them."""
    return [{"size": list(SIZE_WH[::-1]), "counts": counts} for counts in table.to_coco(masks)]


def side_by_side(
    what: str, ours: Callable[[], Any], peer: Callable[[], Any], same: Callable[[Any, Any], bool]
) -> Result:
    """Alternate both; processor time, median of each and of the ratios round by round."""
    spent: list[tuple[float, float]] = []
    answers: list[Any] = [None, None]
    for _ in range(ROUNDS):
        pair = []
        for k, work in enumerate((ours, peer)):
            began = time.process_time()
            answers[k] = work()
            pair.append((time.process_time() - began) * 1e3)
        spent.append((pair[0], pair[1]))
    ratio = statistics.median(b / a for a, b in spent)
    mine, theirs = (statistics.median(pair[k] for pair in spent) for k in (0, 1))
    return Result(what, mine, theirs, ratio, same(*answers))


def encoding(masks: Masks) -> list[Result]:
    """A hundred masks from pixels to run lengths."""
    some = masks.take(slice(0, 2000, 20))
    crops = [runs.decode_crop(some.row_runs(i), SIZE_WH) for i in range(len(some))]
    frame = runs.decode(some.row_runs(0), SIZE_WH)
    fortran = np.asfortranarray(frame.astype(np.uint8))

    def from_crops() -> list[bytes]:
        found = [runs.encode_crop(crop, offset, SIZE_WH) for crop, offset in crops]
        return table.to_coco(table.build(some.video, some.labels, numbered(found)))

    def numbered(found: list[Any]) -> list[table.Row]:
        return [table.Row(i, 0, 0, one) for i, one in enumerate(found)]

    def peer_frames() -> list[bytes]:
        found = []
        for crop, (x, y) in crops:
            full = np.zeros(SIZE_WH[::-1], np.uint8, order="F")
            full[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
            found.append(coco.encode(full)["counts"])
        return found

    def ten(work: Callable[[], Any]) -> Callable[[], Any]:
        return lambda: [work() for _ in range(10)][-1]

    return [
        side_by_side("100 crops to COCO counts of the frame", from_crops, peer_frames, list.__eq__),
        side_by_side(
            "10 times a whole frame, row-major, to runs",
            ten(lambda: runs.encode(frame)),
            ten(lambda: coco.encode(np.asfortranarray(frame.astype(np.uint8)))["counts"]),
            lambda a, b: runs.to_coco(a, SIZE_WH) == b,
        ),
        side_by_side(
            "10 times a whole frame, already column-major for the peer",
            ten(lambda: runs.encode(frame)),
            ten(lambda: coco.encode(fortran)["counts"]),
            lambda a, b: runs.to_coco(a, SIZE_WH) == b,
        ),
        side_by_side(
            "100 crops to runs of the frame; peer: counts of the bare crop",
            lambda: [runs.encode_crop(crop, offset, SIZE_WH) for crop, offset in crops],
            lambda: [coco.encode(np.asfortranarray(crop)) for crop, _ in crops],
            lambda a, b: [runs.area(one) for one in a] == [int(coco.area(one)) for one in b],
        ),
    ]


def overlaps(masks: Masks) -> list[Result]:
    """Pairwise and row by row."""
    found = []
    near = [masks.take(slice(start, 2000 + start, 20)) for start in (0, 7)]
    for what, (one, two) in (
        ("in one place", near),
        ("all over the frame", [scattered(some) for some in near]),
    ):
        peers = as_coco(one), as_coco(two)
        found.append(
            side_by_side(
                f"IoU 100 x 100, masks {what}",
                lambda one=one, two=two: overlap.iou(one, two),
                lambda peers=peers: coco.iou(*peers, [0] * 100),
                np.array_equal,
            )
        )
    a, b = masks.take(slice(0, 2000)), masks.take(slice(100, 2100))
    peer_a, peer_b = as_coco(a), as_coco(b)
    found.append(
        side_by_side(
            "IoU of 2,000 rows with 2,000 rows, row by row",
            lambda: overlap.iou_pairs(a, b),
            lambda: np.array(
                [coco.iou([x], [y], [0])[0, 0] for x, y in zip(peer_a, peer_b, strict=True)]
            ),
            np.array_equal,
        )
    )
    return found


def main() -> int:
    """Print the table; 1 where a value differs."""
    masks = real_masks()
    print(f"masks: {'rat-cage polygons' if masks is not None else 'generated blobs'}, 1920x1080\n")
    masks = made_masks() if masks is None else masks
    results = [*encoding(masks), *overlaps(masks)]
    print("| what | masklet, cpu-ms | pycocotools, cpu-ms | times faster | values |")
    print("|---|---|---|---|---|")
    for one in results:
        values = "identical" if one.same else "DIFFER"
        print(f"| {one.what} | {one.ours:.2f} | {one.peer:.2f} | {one.ratio:.1f} | {values} |")
    return 0 if all(one.same for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())
