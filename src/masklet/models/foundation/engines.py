"""Propagators on published video networks: `sam2`, `edgetam`, `sam3`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from masklet.core import DataError, Masks, MediaSource, UsageError
from masklet.core.registry import require
from masklet.models.foundation.catalogue import entry
from masklet.models.foundation.weights import digest, find
from masklet.models.walk import check_call

if TYPE_CHECKING:
    from masklet.models.foundation.eyes import Eyes

KINDS = {"sam2": "sam2-video", "edgetam": "edgetam-video", "sam3": "sam3-tracker"}
"""Family of weights to the network that is made of them."""


class Foundation:
    """What the engines and segmenters of this room have in common: weights, and a way to run them.

    Args:
        weights_dir: folder of the weights; empty = the Hugging Face cache.
        device: `cpu`, `cuda`, `cuda:1`, `mps`; empty = the best there is.
        precision: `float32`, `bfloat16` or `float16`; empty = bfloat16 on CUDA, else float32.

    Raises `MissingExtraError` where a library is missing, `UsageError` and `DataError` as
    `masklet.models.foundation.weights.find` for weights.
    """

    name = "sam2"
    version = 1
    encoder = ""
    """what runs the image network; empty = torch"""
    input_side = 1024
    """pixels of the square that the published network looks at"""

    def __init__(self, weights_dir: str = "", device: str = "", precision: str = "") -> None:
        for library in ("torch", "transformers", "safetensors"):
            require(library, "foundation", self.name)
        from masklet.models.foundation.precision import check_named

        check_named(device, precision)
        self.weights_dir, self.device, self.precision = weights_dir, device, precision
        self._folder = find(self.name, weights_dir)
        self._weights = digest(self._folder)
        self._open: Eyes | None = None

    @property
    def weights(self) -> str:
        """Content hash of the files, as they were when this was made."""
        return self._weights

    def _eyes(self) -> Eyes:
        """The network, loaded once: what happens to the files afterwards has no part in it."""
        if self._open is None:
            self._open = self._opened()
        return self._open

    def _opened(self) -> Eyes:
        from masklet.models.foundation.eyes import Eyes
        from masklet.models.foundation.precision import precision_of

        if digest(self._folder) != self._weights:
            raise DataError(f"the weights in {self._folder} were changed a moment ago; run again")
        family = entry(self.name).family
        where = precision_of(self.device, self.precision)
        return Eyes.open(KINDS[family], family, self._folder, where, self.encoder)


class Sam2(Foundation):
    """Propagator: SAM 2.1 follows what was annotated, by memories of it and of the last frames.

    What persons gave, on whatever frame, conditions every frame: all of it that `seeds` hold (a run of
    `masklet.track` hands on the eight frames nearest to where it is). Of what was found, the last six
    masks and fifteen pointers are remembered, and nothing else, so that memory does not grow with the
    video. A call that goes on from known rows tracks the last of them once more.

    Args:
        batch: objects in one pass of the network; fewer where memory is short.
        encoder: what runs the image network: `torch` (also where empty), `compile` (torch.compile, for
            long videos) or `openvino` (on a CPU, needs the extra `fast`).
        weights_dir, device, precision: as for `Foundation`.

    Raises `UsageError` for an unknown encoder and one that cannot run on the device.
    """

    chunk = 128
    """frames in a chunk of a run: longer than usual, since beginning one costs sixteen frames"""

    def __init__(
        self,
        weights_dir: str = "",
        device: str = "",
        precision: str = "",
        batch: int = 8,
        encoder: str = "",
    ) -> None:
        if batch < 1:
            raise UsageError(f"engine {self.name}: found batch={batch}; expected 1 or more")
        super().__init__(weights_dir, device, precision)
        from masklet.models.foundation.encoder import check_encoder
        from masklet.models.foundation.run import Lessons

        check_encoder(encoder)
        self.encoder, self._batch, self._lessons = encoder, batch, Lessons()

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`.

        An object that was not found on the frames just before is looked for by what was given of it.
        """
        from masklet.models.foundation.run import Run

        check_call(media, seeds, frames)
        return Run(self._eyes(), media, seeds, frames, self._batch, self._lessons).rows()


class Sam2Tiny(Sam2):
    """Propagator: SAM 2.1 tiny, 39 million parameters."""

    name = "sam2-tiny"


class Sam2Small(Sam2):
    """Propagator: SAM 2.1 small, 46 million parameters; `sam2` is the same."""

    name = "sam2-small"


class Sam2BasePlus(Sam2):
    """Propagator: SAM 2.1 base+, 81 million parameters."""

    name = "sam2-base-plus"


class Sam2Large(Sam2):
    """Propagator: SAM 2.1 large, 224 million parameters."""

    name = "sam2-large"


class EdgeTam(Sam2):
    """Propagator: EdgeTAM, SAM 2 made small for phones; needs timm and torchvision."""

    name = "edgetam"


class Sam3(Sam2):
    """Propagator: the tracker of SAM 3."""

    name = "sam3"
    input_side = 1008
