"""What every pair of formats loses, measured on masks that hold everything.

Each aspect lives on a frame or row of its own, so that one loss does not hide another.
`MASKLET_REGENERATE=1 pytest tests/formats/test_matrix.py` writes docs/format-matrix.md anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from formats_kit import with_losses
from masklet.core import Flags, Label, Masks, Origin, Review, Step, Video
from masklet.formats.files import read_all, write
from masklet.formats.nouns import as_masks
from masklet.ops import runs as rle
from masklet.ops.table import Row, areas, build

SIZE = (48, 36)
FORMATS = (
    "masklet",
    "parquet",
    "cvat-video",
    "cvat-images",
    "coco",
    "ytvis",
    "labelme",
    "png",
    "davis",
    "yolo",
)
SUFFIX = {
    "masklet": ".masklet",
    "parquet": ".parquet",
    "cvat-video": ".xml",
    "cvat-images": ".xml",
    "coco": ".json",
    "ytvis": ".json",
}
PLAIN, HOLE, PARTS, OVERLAP, LINE, LOOSE, ABSENT, EMPTY = range(8)
"""Frames, by what lies on them."""


def example() -> Masks:
    """Masks with everything that a format may lose; see the module."""
    blob, box = _disc(16, 14, 11), _box(20, 6, 40, 30)
    rows = [
        Row(PLAIN, 3, 0, blob, 0.875, 0.25, Origin.PROPAGATED, Review.ACCEPTED, int(Flags.TRUNCATED), 0),
        Row(PLAIN, 200, 1, _box(34, 20, 44, 34), origin=Origin.HUMAN),
        Row(HOLE, 3, 0, rle.difference(blob, _disc(16, 14, 4))),
        Row(PARTS, 3, 0, rle.union(blob, _disc(40, 28, 5))),
        Row(OVERLAP, 3, 0, blob),
        Row(OVERLAP, 200, 1, box),
        Row(LINE, 5, 2, _box(4, 20, 44, 23)),
        Row(LOOSE, -1, 0, blob),
        Row(ABSENT, 3, 0, _box(0, 0, 0, 0), flags=int(Flags.OUTSIDE)),
    ]
    times = np.array([0, 0.04, 0.09, 0.12, 0.16, 0.2, 0.24, 1 / 3])
    video = Video("cage.mp4", *SIZE, 8, times=times, content_hash="ab12")
    labels = (Label("rat", colour="#e69f00"), Label("mouse"), Label("tail", kind="line"))
    masks = build(video, labels, rows, steps=(Step.of("track", {"engine": "flow"}, time=1.7e9),))
    return masks.replace(checked=np.array([EMPTY], np.int32))


def _box(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((SIZE[1], SIZE[0]), bool)
    mask[y0:y1, x0:x1] = True
    return rle.encode(mask)


def _disc(x: int, y: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    return rle.encode(np.hypot(columns - x, rows - y) < radius)


def _same(a: Masks, b: Masks) -> bool:
    """The same masks on a frame, whoever they belong to."""
    mine = sorted(a.row_runs(i).tolist() for i in range(len(a)))
    return mine == sorted(b.row_runs(i).tolist() for i in range(len(b)))


def _pixels(frame: int) -> Callable[[Masks, Masks], bool]:
    return lambda before, after: _same(before.on(frame), after.on(frame))


def _column(name: str) -> Callable[[Masks, Masks], bool]:
    """Does a column of the plain frame come back, row by row in order of area?"""

    def kept(before: Masks, after: Masks) -> bool:
        a, b = before.on(PLAIN), after.on(PLAIN)
        if len(a) != len(b):
            return False
        first, second = np.argsort(areas(a)), np.argsort(areas(b))
        return np.array_equal(
            np.asarray(getattr(a, name)[first], float),
            np.asarray(getattr(b, name)[second], float),
            equal_nan=True,
        )

    return kept


def _ids(before: Masks, after: Masks) -> bool:
    tracked = [f for f in range(EMPTY) if f not in (LOOSE, ABSENT)]
    return all(np.array_equal(before.on(f).objects, after.on(f).objects) for f in tracked)


def _names(before: Masks, after: Masks) -> bool:
    def names(masks: Masks, frame: int) -> list[str]:
        rows = masks.on(frame)
        return [rows.label_of(int(i)).name for i in np.argsort(areas(rows))]

    return all(names(before, frame) == names(after, frame) for frame in (PLAIN, LINE))


def _labels(name: str) -> Callable[[Masks, Masks], bool]:
    def said(masks: Masks) -> dict[str, str]:
        return {label.name: getattr(label, name) for label in masks.labels}

    return lambda before, after: said(before) == said(after)


class Aspect(NamedTuple):
    """One thing that may be lost: its letter, how to see it, and words that its warning must hold."""

    letter: str
    kept: Callable[[Masks, Masks], bool]
    words: tuple[str, ...]


def _loose(_: Masks, after: Masks) -> bool:
    return after.on(LOOSE).object_id.tolist() == [-1]


def _absent(_: Masks, after: Masks) -> bool:
    return areas(after.on(ABSENT)).tolist() == [0]


ASPECTS: Mapping[str, Aspect] = {
    "pixels": Aspect("P", _pixels(PLAIN), ("outline", "pixels")),
    "holes": Aspect("H", _pixels(HOLE), ("hole",)),
    "several parts": Aspect("M", _pixels(PARTS), ("parts",)),
    "overlap": Aspect("V", _pixels(OVERLAP), ("overlap",)),
    "pixels of lines": Aspect("L", _pixels(LINE), ("line",)),
    "object ids": Aspect("I", _ids, ("object ids", "single shapes become tracks")),
    "masks without object": Aspect(
        "U", _loose, ("without object id", "object ids", "single shapes become tracks")
    ),
    "empty masks": Aspect("E", _absent, ("empty masks",)),
    "labels": Aspect("N", _names, ("labels",)),
    "label kinds": Aspect("K", _labels("kind"), ("label kinds", "labels")),
    "label colours": Aspect("C", _labels("colour"), ("label colours", "labels")),
    "scores": Aspect("S", _column("score"), ("scores",)),
    "identity scores": Aspect("D", _column("identity_score"), ("identity scores",)),
    "origins": Aspect("O", _column("origin"), ("origins",)),
    "review marks": Aspect("R", _column("review"), ("review marks",)),
    "flags": Aspect("F", _column("flags"), ("flags",)),
    "steps": Aspect("T", lambda a, b: a.steps == b.steps, ("steps",)),
    "checked frames": Aspect(
        "X", lambda a, b: a.checked.tolist() == b.checked.tolist(), ("checked frames",)
    ),
}


class Outcome(NamedTuple):
    """What a way through one or two formats lost, and what was said about it."""

    lost: tuple[str, ...]
    said: str


def through(names: tuple[str, ...], folder: Path) -> Outcome:
    """Write the example to the first format, read it with its media at hand, write that to the next."""
    start = example()
    item, told = start, []
    for i, name in enumerate(names):
        target = folder / f"{'-'.join(names)}-{i}{SUFFIX.get(name, '')}"
        _, said = with_losses(lambda item=item, target=target, name=name: write(item, target, name))
        told.append(said)
        (item,), said = with_losses(lambda target=target, name=name: read_all(target, start.video, name))
        told.append(said)
    masks, said = with_losses(lambda: as_masks(item))
    lost = tuple(name for name, aspect in ASPECTS.items() if not aspect.kept(start, masks))
    return Outcome(lost, "\n".join([*told, said]))


def unnamed(outcome: Outcome) -> list[str]:
    """Losses that no warning named."""
    return [name for name in outcome.lost if not any(w in outcome.said for w in ASPECTS[name].words)]
