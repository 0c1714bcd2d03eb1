"""A picture and what a person points at in, masks of it out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import Masks, MediaSource, Prompt, Segmenter, UsageError
from masklet.core.arrays import Image
from masklet.verbs.outputs import check_outputs, check_suffix
from masklet.verbs.prompting import answered
from masklet.verbs.prompts import Pointing, as_prompts


def segment(
    image: str | Path | Image | MediaSource,
    prompts: Iterable[Prompt | Pointing],
    *,
    out: str | Path | None = None,
    to: str | None = None,
    overlay: str | Path | None = None,
    segmenter: str | Segmenter = "cut",
    label: str | None = None,
    **options: Any,
) -> Masks:
    """Masks of what is pointed at.

    Args:
        image: a picture: path, `(h, w, 3) uint8` RGB, or a `MediaSource`; prompts name the frame of a
            video.
        prompts: boxes, points, scribbles, earlier masks; those of one object refine each other.
        out: where to write the masks; None = nowhere.
        to: format of `out`; None takes it from the name, `.png` being a plain mask picture.
        overlay: a `.png` of the picture with the masks drawn on it; None = none.
        segmenter: name of a registered Segmenter, or a Segmenter.
        label: name of objects that have none.
        options: of the writing format.

    Raises `UsageError` for calls that make no sense and `DataError` where nothing is found.
    """
    media = _media(image)
    if overlay is not None:
        check_suffix(overlay, ".png")
    check_outputs([path for path in (out, overlay) if path is not None], [image, media])
    asked = as_prompts(prompts, label=label)
    if not asked:
        raise UsageError("nothing is pointed at; give --box X0,Y0,X1,Y1 or --point X,Y")
    rows = answered(media, asked, segmenter)
    if out is not None:
        _write(rows, Path(out), to, options)
    if overlay is not None:
        _draw(media, rows, Path(overlay))
    return rows


def _media(image: str | Path | Image | MediaSource) -> MediaSource:
    if isinstance(image, str | Path):
        from masklet.media.opening import open_media

        return open_media(image)
    if isinstance(image, np.ndarray):
        from masklet.testing.fakes import ArraySource

        return ArraySource(image[None])
    return image


def _write(rows: Masks, path: Path, to: str | None, options: dict[str, Any]) -> None:
    from masklet.formats.files import write

    plain = to is None and path.suffix.lower() == ".png"
    write(rows, path, "png" if plain else to, **options)


def _draw(media: MediaSource, rows: Masks, path: Path) -> None:
    from masklet.render.canvas import write_png
    from masklet.render.drawing import draw

    frames = rows.frames
    if len(frames) != 1:
        raise UsageError(f"prompts are on {len(frames)} frames; an overlay shows one")
    image = np.array(media[int(frames[0])])
    draw(image, rows)
    write_png(image, path)
