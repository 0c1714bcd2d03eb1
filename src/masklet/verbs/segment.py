"""A picture and what a person points at in, masks of it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import Masks, MediaSource, Prompt, Segmenter, UsageError
from masklet.core.arrays import Image
from masklet.verbs.engines import Options
from masklet.verbs.outputs import check_outputs, check_suffix
from masklet.verbs.prompting import answered, segmenter_of
from masklet.verbs.prompts import Pointing, as_prompts
from masklet.verbs.wording import Wording, finder_for, split, with_words


def segment(
    image: str | Path | Image | MediaSource,
    prompts: Iterable[Prompt | Pointing | Wording],
    *,
    out: str | Path | None = None,
    to: str | None = None,
    overlay: str | Path | None = None,
    segmenter: str | Segmenter = "",
    label: str | None = None,
    settings: Options | None = None,
    say: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Masks:
    """Masks of what is pointed at, and of everything that words name.

    Args:
        image: a picture: path, `(h, w, 3) uint8` RGB, or a `MediaSource`; prompts name the frame of a
            video.
        prompts: boxes, points, scribbles, earlier masks; those of one object refine each other. And
            words: each thing that they name is an object; phrases of one frame compete.
        out: where to write the masks; None = nowhere.
        to: format of `out`; None takes it from the name, `.png` being a plain mask picture.
        overlay: a `.png` of the picture with the masks drawn on it; None = none.
        segmenter: name of a registered Segmenter, or a Segmenter; empty: `cut`, and `text` for words.
            One that does not read words makes the masks of what `text` finds.
        label: name of objects that have none.
        settings: of the segmenter, such as `{"threshold": 0.3, "weights_dir": "weights"}`; what it does
            not know is left out.
        say: receives a sentence for each word of which nothing was found, beside others.
        options: of the writing format.

    Raises `UsageError` for calls that make no sense and `DataError` where nothing is found.
    """
    media = _media(image)
    if overlay is not None:
        check_suffix(overlay, ".png")
    check_outputs([path for path in (out, overlay) if path is not None], [image, media])
    words, others = split(prompts)
    if not words and not others:
        raise UsageError("nothing is asked for; give --box X0,Y0,X1,Y1, --point X,Y or --text WORDS")
    rows = None
    if others:
        pointing = segmenter_of(segmenter or "cut", settings)
        rows = answered(media, as_prompts(others, label=label), pointing)
    if words:
        finder = finder_for("", segmenter, settings) if isinstance(segmenter, str) else segmenter
        rows = with_words(media, words, rows, None, finder, say)
    assert rows is not None
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
