"""Videos with truth: real ones, pasted ones, generated ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from masklet.core import Label, Masks, MediaSource, Video
from masklet.core.arrays import Bools, Image
from masklet.media import open_media, read_image
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.testing import PRESETS
from propagation_parts.part import AbsentError

DATA = Path(
    os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")
)
TUNING = ("dog", "camel", "bmx-trees", "drift-straight", "cows")
"""DAVIS sequences that the engine's parameters were set on; the others are the check."""
CHECK = ("blackswan", "car-shadow", "horsejump-high", "kite-surf", "parkour")
PAIRS = (
    ("dog", "drift-straight"),
    ("camel", "bmx-trees"),
    ("parkour", "blackswan"),
    ("kite-surf", "horsejump-high"),
    ("horsejump-high", "car-shadow"),
)
"""(A, B): the object of B is pasted over A. The first two are for tuning, the others the check."""


@dataclass(frozen=True)
class Clip:
    """A video and its truth.

    Args:
        name: of the row in the table.
        group: `tuning`, `check`, or empty.
        media: the pixels.
        truth: trusted rows; the first frame that has some is given to the engine.
        last: the last frame that is tracked.
    """

    name: str
    group: str
    media: MediaSource
    truth: Masks
    last: int

    @property
    def first(self) -> int:
        """The annotated frame."""
        return int(self.truth.frames[0])

    def shortened(self, frames: int | None) -> Clip:
        """The same clip, cut off after so many frames."""
        if frames is None or self.last - self.first < frames:
            return self
        last = self.first + frames - 1
        kept = self.truth.take(self.truth.frame <= last)
        kept = kept.replace(checked=kept.checked[kept.checked <= last])
        return Clip(self.name, self.group, self.media, kept, last)


def clip(name: str, group: str, media: MediaSource, truth: Masks) -> Clip:
    """A clip that is tracked as far as its truth reaches."""
    return Clip(name, group, media, truth, int(max(truth.frame[-1], *truth.checked, 0)))


def group_of(sequence: str) -> str:
    """`tuning` or `check`."""
    return "tuning" if sequence in TUNING else "check"


def needed(path: Path) -> Path:
    """The path, or `AbsentError` where it does not exist."""
    if not path.exists():
        raise AbsentError(f"{path} is absent; set MASKLET_SHARED_DATA to the folder with the real data")
    return path


def davis(name: str) -> Clip:
    """A sequence of DAVIS 2016 with its truth, one object."""
    root = needed(DATA / "davis2016_val")
    media = open_media(str(root / "JPEGImages/480p" / name))
    truth = pictures(media.video, root / "Annotations/480p" / name)
    return clip(name, group_of(name), media, truth)


def published(name: str, video: Video) -> Masks:
    """The masks that OSVOS published for a sequence of DAVIS."""
    return pictures(video, needed(DATA / "davis2016_val/results/osvos") / name)


def pictures(video: Video, folder: Path, frame_of: Callable[[str], int] = int) -> Masks:
    """Masks from pictures named by frame: whatever is not black is object 1; all frames checked."""
    paths = {frame_of(path.stem): path for path in sorted(needed(folder).glob("*.png"))}
    masks = {frame: np.asarray(read_image(path)[0]).any(axis=2) for frame, path in paths.items()}
    rows = [Row(frame, 1, 0, runs.encode(mask)) for frame, mask in masks.items() if mask.any()]
    return build(video, (Label("object"),), rows, checked=masks)


def pair(a: str, b: str) -> Clip:
    """The object of sequence B pasted over sequence A: object 1 is A's, object 2 is B's."""
    below, above = davis(a), davis(b)
    pasted = Pasted(below.media, above.media, above.truth)
    n = pasted.video.n_frames
    rows = []
    for frame in range(n):
        over = above.truth.on(frame).row_runs(0)
        under = runs.difference(below.truth.on(frame).row_runs(0), over)
        rows += [Row(frame, 1, 0, under)] if runs.area(under) else []
        rows.append(Row(frame, 2, 0, over))
    truth = build(pasted.video, (Label("object"),), rows, checked=range(n))
    return clip(f"{b} over {a}", below.group, pasted, truth)


def by_number(
    media: MediaSource, start: int, stop: int | None, step: int
) -> Iterator[tuple[int, Image]]:
    """`frames` of a MediaSource that makes each frame by its number."""
    end = media.video.n_frames if stop is None else min(stop, media.video.n_frames)
    for index in range(start, end, step):
        yield index, media[index]


class Pasted:
    """A MediaSource: one video with the object of another one on it, as long as the shorter.

    Args:
        below: gives everything but the object.
        above: gives the object; of the same size.
        masks: where the object is in `above`, one row a frame.
    """

    def __init__(self, below: MediaSource, above: MediaSource, masks: Masks) -> None:
        self._below, self._above, self._masks = below, above, masks
        video, other = below.video, above.video
        names = f"pasted:{other.content_hash or other.uri}+{video.content_hash or video.uri}"
        self.video = Video(names, video.width, video.height, min(video.n_frames, other.n_frames))

    def __getitem__(self, index: int) -> Image:
        image = self._below[index]
        mask: Bools = runs.decode(self._masks.on(index).row_runs(0), self.video.size_wh(index))
        image[mask] = self._above[index][mask]
        return image

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB)."""
        return by_number(self, start, stop, step)


def cage(animals: int, bars: str) -> Clip:
    """The generated home cage behind bars; `bars` is `striped` or `bridged`, as the truth is."""
    scene = PRESETS[f"cage-bars-{animals}"]
    truth = scene.truth(tails="part", bars="bridged" if bars == "bridged" else "striped")
    return clip(f"{animals} animal{'s' * (animals > 1)}, {bars}", "tuning", scene, truth)
