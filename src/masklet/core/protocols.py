"""The five seams. Whatever fits one of these works with everything else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from masklet.core.arrays import Image
from masklet.core.masks import Masks
from masklet.core.prompts import Prompt
from masklet.core.shapes import Shapes
from masklet.core.video import Video

Annotation = Masks | Shapes
"""What a file holds for one video."""


@runtime_checkable
class MediaSource(Protocol):
    """Pixels of a video, an image set or a camera, upright, frame-exact."""

    @property
    def video(self) -> Video:
        """Size, length and times."""
        ...

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        """(index, `(h, w, 3) uint8` RGB) from `start` up to `stop`, `step` > 0 at a time.

        The image is the caller's own: it may be written to and kept.
        """
        ...

    def __getitem__(self, index: int) -> Image:
        """One frame, bit-identical to what `frames` yields for it. `DataError` past the end."""
        ...


@runtime_checkable
class Segmenter(Protocol):
    """Image in, rows out, no memory between calls."""

    def segment(self, image: Image, prompts: Sequence[Prompt] | None = None) -> Masks:
        """Rows for one image, as `Masks` on a one-frame video of its size (frame 0)."""
        ...


@runtime_checkable
class Finder(Segmenter, Protocol):
    """A Segmenter for words that says how near they came. Optional."""

    @property
    def threshold(self) -> float:
        """Something counts from this score on, 0..1."""
        ...

    def find(self, image: Image, prompts: Sequence[Prompt]) -> tuple[Masks, Mapping[str, float]]:
        """Rows as of `segment`, and for each phrase the highest score of anything on the image."""
        ...


@runtime_checkable
class Propagator(Protocol):
    """Masks on some frames in, masks on other frames out."""

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """(frame, rows of that frame) for each of `frames`, in their order; a falling range runs back.

        `seeds` holds trusted rows (`Masks.trusted`): truth, at least one, from before and after
        `frames`. An object is carried on from its nearest truth behind; its looks may be learnt from
        all. `seeds` may also hold propagated rows on up to 16 frames just before `frames` (after
        them, when they fall): the engine's own earlier output, from which it goes on. An object has
        none from before its last truth, and none on frames where it was not found. The answer is a
        function of the arguments alone, so that a run that was cut and continued equals one that
        was not. Where `frames` meets a seed's own frame the caller keeps the trusted row, whatever
        the engine answers. An object that is not visible has no row. Memory lives inside the
        iterator and is bounded by the engine, not by the video.
        """
        ...


@runtime_checkable
class Preparing(Propagator, Protocol):
    """A Propagator that takes long before its first answer, and has a quick relative. Optional."""

    def prepare(self, media: MediaSource, seeds: Masks) -> None:
        """Do now what `propagate` with the same trusted rows would do before its first answer.

        `propagate` then finds it done and answers exactly as it would have without. It is called in
        a thread of its own while the engine of `preview` works on the same media in another; nothing
        that one does may reach the other.
        """
        ...

    def preview(self) -> Propagator:
        """An engine of the same kind whose first answer comes at once; made anew, cheaply."""
        ...


@runtime_checkable
class Format(Protocol):
    """A file format for annotations."""

    def sniff(self, path: Path) -> bool:
        """Is this file or folder of this format? Judged by content, cheaply, never raising."""
        ...

    def read(self, path: Path, video: Video | None = None) -> Sequence[Annotation]:
        """What it holds, one item a video. `video` tells what the file does not (size, length)."""
        ...

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """Write a whole file or folder, beside first and then renamed. `LossWarning` per loss."""
        ...


@runtime_checkable
class Store(Protocol):
    """Masks on disk that grow."""

    def load(self) -> Masks:
        """All current rows."""
        ...

    def append(self, rows: Masks) -> int:
        """Add rows or replace those with the same (frame, object_id), atomically; the revision of it."""
        ...

    def history(self) -> Sequence[Any]:
        """Every change, oldest first."""
        ...
