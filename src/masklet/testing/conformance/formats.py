"""The rules of `Format`."""

from __future__ import annotations

import warnings
from functools import partial
from pathlib import Path

import numpy as np

from masklet.core.arrays import Bools
from masklet.core.errors import LossWarning, MaskletError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.core.protocols import Annotation, Format
from masklet.core.shapes import Shapes
from masklet.core.video import Video
from masklet.ops import table
from masklet.ops.runs import decode, encode
from masklet.testing.conformance.rules import hold, refuses, same_rows


def check_format(fmt: Format, tmp_path: Path, name: str = "annotations", lossless: bool = False) -> None:
    """Check a format in an empty folder.

    Args:
        fmt: the format.
        tmp_path: an empty folder to write in.
        name: of the file or folder that it writes, with the suffix that it needs.
        lossless: every mask, object id and label name must come back, not only the area covered.
    """
    hold(isinstance(fmt, Format), "a Format has sniff(path), read(path, video) and write(items, path)")
    _foreign(fmt, tmp_path)
    given = example()
    path = tmp_path / "one" / name
    first, warned = _round(fmt, given, path, given.video)
    _covers(first, given, warned)
    if lossless:
        _equal(first, given)
    _settles(fmt, first, tmp_path / "two" / name, given.video)
    _written_whole(fmt, given, path)


def example() -> Masks:
    """Two labels, two objects, three frames; one mask has a hole, one two parts; frame 1 is empty."""
    video = Video("example.mp4", 48, 33, 4, np.arange(4) / 10)
    labels = (Label("rat"), Label("mouse"))
    y, x = np.mgrid[:33, :48]
    disc = (x - 15) ** 2 + (y - 14) ** 2 < 120
    ring = disc & ((x - 15) ** 2 + (y - 14) ** 2 > 20)
    bar = (abs(x - 36) < 6) & (abs(y - 20) < 9)
    halves = bar & (abs(y - 20) > 2)
    masks = [(0, 1, 0, ring), (0, 2, 1, bar), (2, 1, 0, disc), (3, 2, 1, halves)]
    rows = [table.Row(frame, k, label, encode(mask)) for frame, k, label, mask in masks]
    return table.build(video, labels, rows)


def _foreign(fmt: Format, folder: Path) -> None:
    """Files that are no annotations: not recognised, and refused with an error of masklet's own."""
    folder = folder / "foreign"
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0).integers(0, 256, 700, np.uint8).tobytes()
    for name, content in {
        "empty": b"",
        "noise.bin": noise,
        "text.txt": b"hello\n",
        "cut.json": b'{"a',
    }.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()
    for path in [*sorted(folder.iterdir()), folder / "absent"]:
        try:
            known = fmt.sniff(path)
        except Exception as error:
            raise AssertionError(f"sniff never raises; on {path.name} it raised {error!r}") from error
        hold(known is False, f"sniff says False for a foreign file; on {path.name} it said {known!r}")
        refuses(partial(fmt.read, path), f"read of {path.name} raises a MaskletError")


def _write(fmt: Format, items: list[Annotation], path: Path) -> bool:
    """Did it warn of a loss?"""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LossWarning)
        fmt.write(items, path)
    return any(issubclass(warning.category, LossWarning) for warning in caught)


def _read(fmt: Format, path: Path, video: Video) -> list[Annotation]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LossWarning)
        return list(fmt.read(path, video))


def _round(fmt: Format, item: Annotation, path: Path, video: Video) -> tuple[Annotation, bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    warned = _write(fmt, [item], path)
    hold(path.exists(), f"write makes {path.name}")
    left = sorted(other.name for other in path.parent.iterdir() if other.name != path.name)
    hold(not left, f"write leaves nothing beside {path.name}; found {left}")
    hold(fmt.sniff(path) is True, "sniff recognises what write has written")
    items = _read(fmt, path, video)
    hold(len(items) == 1, f"read gives one item a video; found {len(items)}")
    hold(
        isinstance(items[0], Masks | Shapes),
        f"an item is Masks or Shapes; found {type(items[0]).__name__}",
    )
    mine = items[0].video
    hold((mine.width, mine.height) == (video.width, video.height), "an item has the size of its video")
    return items[0], warned


def _as_masks(item: Annotation) -> Masks:
    if isinstance(item, Masks):
        return item
    from masklet.ops.raster import shapes_to_masks

    return shapes_to_masks(item)


def _cover(masks: Masks, frame: int) -> Bools:
    w, h = masks.video.width, masks.video.height
    covered = np.zeros((h, w), bool)
    rows = masks.on(frame)
    for row in range(len(rows)):
        covered |= decode(rows.row_runs(row), (w, h))
    return covered


def _covers(item: Annotation, given: Masks, warned: bool) -> None:
    """The same area on every frame; a loss of a hole or a part is allowed when it was named."""
    least, unless = (0.4, "") if warned else (0.95, " unless a LossWarning says what is lost")
    back = _as_masks(item)
    for frame in range(given.video.n_frames):
        mine, theirs = _cover(back, frame), _cover(given, frame)
        union = np.count_nonzero(mine | theirs)
        share = np.count_nonzero(mine & theirs) / union if union else 1.0
        hold(
            share >= least,
            f"frame {frame}: what is read covers what was written{unless}; IoU is {share:.3f}",
        )


def _equal(item: Annotation, given: Masks) -> None:
    back = _as_masks(item)
    names = [(back.label_of(i).name) for i in range(len(back))]
    wanted = [(given.label_of(i).name) for i in range(len(given))]
    hold(names == wanted, f"label names come back: {wanted}; found {names}")
    hold(
        np.array_equal(back.frame, given.frame) and np.array_equal(back.object_id, given.object_id),
        f"frames and object ids come back: {given.object_id.tolist()}; found {back.object_id.tolist()}",
    )
    hold(np.array_equal(back.runs, given.runs), "every mask comes back pixel by pixel")


def _settles(fmt: Format, first: Annotation, path: Path, video: Video) -> None:
    """Writing what was read loses nothing more."""
    second, _ = _round(fmt, first, path, video)
    hold(type(second) is type(first), "what was read comes back as the same type")
    if isinstance(first, Masks) and isinstance(second, Masks):
        hold(same_rows(first, second), "a second round trip changes nothing")
    elif isinstance(first, Shapes) and isinstance(second, Shapes):
        equal = all(
            np.array_equal(getattr(first, name), getattr(second, name))
            for name in ("frame", "label_id", "kind", "points", "offset", "flags")
        )
        hold(equal, "a second round trip changes nothing")


def _written_whole(fmt: Format, given: Masks, path: Path) -> None:
    """What exists is replaced whole, or left as it was; a place that cannot be is refused."""
    part = given.take(given.frame == 0)
    try:
        warned, held = _write(fmt, [part], path), part
    except MaskletError:
        warned, held = True, given
    _covers(_read(fmt, path, given.video)[0], held, warned)
    blocked = path.parent / "blocked"
    blocked.write_bytes(b"a file")
    refuses(
        lambda: _write(fmt, [given], blocked / path.name),
        "write below a file raises a MaskletError",
    )
    hold(blocked.read_bytes() == b"a file", "a refused write changes nothing")
    blocked.unlink()
