"""The rules of `Segmenter`."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Image
from masklet.core.masks import Masks
from masklet.core.protocols import Segmenter
from masklet.testing.conformance.rules import hold, made_by_program, refuses, same_rows


def check_segmenter(segmenter: Segmenter, image: Image | None = None) -> None:
    """Check a segmenter on `image` `(h, w, 3) uint8` RGB, or on a frame of a generated scene."""
    hold(isinstance(segmenter, Segmenter), "a Segmenter has segment(image, prompts=None)")
    image = _frame() if image is None else image
    first = _ask(segmenter, image)
    odd = _ask(
        segmenter, np.ascontiguousarray(image[: image.shape[0] - 1 | 1, : image.shape[1] // 2 | 1])
    )
    _ask(segmenter, np.zeros_like(image))
    hold(
        same_rows(first, _ask(segmenter, image)),
        "a Segmenter has no memory: the same image gives the same rows, whatever was asked between",
    )
    hold(
        same_rows(first, segmenter.segment(image.copy(), [])),
        "an empty list of prompts means the same as None",
    )
    hold(odd.video.n_frames == 1, "the answer lies on a video of one frame")
    refuses(
        lambda: segmenter.segment(image[..., 0]),
        "an image that is not (h, w, 3) uint8 raises a MaskletError",
    )


def _frame() -> Image:
    from masklet.testing.scenes import Scene

    return Scene("arena", 2, (160, 120), n_frames=4, seed=11)[1]


def _ask(segmenter: Segmenter, image: Image) -> Masks:
    before = image.copy()
    rows = segmenter.segment(image)
    hold(isinstance(rows, Masks), f"segment returns Masks; found {type(rows).__name__}")
    hold(np.array_equal(before, image), "segment leaves the image as it was")
    h, w = image.shape[:2]
    video = rows.video
    hold(
        (video.width, video.height, video.n_frames) == (w, h, 1),
        f"rows lie on a one-frame video of the image's size, {w}x{h}; "
        f"found {video.width}x{video.height}, {video.n_frames} frames",
    )
    made_by_program(rows, "segment")
    return rows
