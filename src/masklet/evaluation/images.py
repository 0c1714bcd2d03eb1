"""Image sets meet by the names of their files, whatever order they are listed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.core.video import Video


def on_images(pred: Masks, video: Video) -> tuple[Masks, str]:
    """The prediction on the frames of the truth's `video`, and what a reader should know.

    Where both are image sets, a row moves to the frame whose file has the same name: the whole path
    where all are told alike, else the name without folder and suffix. Rows on images that the truth
    does not have are left out. Everything else stays as it is.

    Raises `DataError` where the names have nothing in common or stand for several images.
    """
    mine, theirs = pred.video.files, video.files
    if not mine or not theirs or mine == theirs:
        return pred, ""
    frames = _frames(mine, theirs)
    known = frames >= 0
    if not known.any():
        raise DataError(
            f"the images of the prediction ({mine[0]}, ...) and of the truth ({theirs[0]}, ...) have no "
            "name in common; expected masks of the same images"
        )
    moved = pred.take(np.flatnonzero(known[pred.frame]))
    placed = moved.replace(
        video=_ordered(pred.video, video, frames),
        frame=frames[moved.frame],
        checked=frames[pred.checked][known[pred.checked]],
    )
    return placed, _told(known, len(theirs))


def _ordered(mine: Video, theirs: Video, frames: Int32s) -> Video:
    """The prediction's own video with its images in the order of the truth's."""
    every = np.arange(theirs.n_frames, dtype=np.int32)
    sizes = theirs.sizes_wh(every).copy()
    known = np.flatnonzero(frames >= 0).astype(np.int32)
    sizes[frames[known]] = mine.sizes_wh(known)
    uniform = bool(np.all(sizes == sizes[0]))
    return replace(
        mine,
        width=int(sizes[:, 0].max()),
        height=int(sizes[:, 1].max()),
        n_frames=theirs.n_frames,
        times=np.empty(0),
        files=theirs.files,
        frame_sizes=None if uniform else sizes,
    )


def _frames(mine: Sequence[str], theirs: Sequence[str]) -> Int32s:
    """The frame of the truth for each image of the prediction, -1 = none.

    By whole paths, or by names without folder and suffix where more images meet so.
    """
    exact = _places(mine, theirs)
    stems = [[PurePosixPath(name).stem for name in names] for names in (mine, theirs)]
    if np.all(exact >= 0) or len(set(stems[0]) & set(stems[1])) <= np.count_nonzero(exact >= 0):
        return exact
    for side, names in zip(("prediction", "truth"), stems, strict=True):
        name, times = Counter(names).most_common(1)[0]
        if times > 1:
            raise DataError(
                f"{times} images of the {side} are called {name!r}, so images cannot meet by name; "
                "expected each name once"
            )
    return _places(*stems)


def _places(mine: Sequence[str], theirs: Sequence[str]) -> Int32s:
    place = {name: frame for frame, name in enumerate(theirs)}
    return np.array([place.get(name, -1) for name in mine], np.int32)


def _told(known: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], n_truth: int) -> str:
    extra, lacking = int(np.count_nonzero(~known)), n_truth - int(np.count_nonzero(known))
    said = "images meet by name"
    if extra:
        said += f"; {extra} of the prediction are not in the truth and left out"
    if lacking:
        said += f"; {lacking} of the truth are not in the prediction and count as without masks"
    return said
