"""The image network run by other means than torch's plain mode: compiled, or by OpenVINO on a CPU.

What OpenVINO runs is made once from the weights and kept in masklet's cache, beside checksums: files
that do not fit them are made anew.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from masklet.core import DataError, UsageError
from masklet.core.atomic import writing
from masklet.core.content import cache_folder, content_hash, short
from masklet.core.registry import did_you_mean, require
from masklet.models.foundation.loading import quiet
from masklet.models.foundation.precision import Precision
from masklet.models.foundation.weights import digest

Look = Callable[[Tensor], tuple[Tensor, ...]]
"""`(1, 3, side, side)` to the maps of the image network, finest first, each `(s, 1, c)`, and the
positional encoding of the last."""
ENCODERS = ("torch", "compile", "openvino")
VERSION = 1
_GRAPH, _SUMS = "network.xml", "sums.json"
_FILES = (_GRAPH, "network.bin")
_HINTS = {torch.float32: "f32", torch.bfloat16: "bf16"}
_MAKERS = ("torch", "transformers", "openvino")
_KEEP = 1
_kept: OrderedDict[tuple[str, ...], Look] = OrderedDict()
_lock = Lock()


class ImageNetwork(Module):
    """The image network of a video network, as a function of the pixels alone."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """As `Look`."""
        found = self.model.get_image_features(pixels, return_dict=True)
        return (*found.fpn_hidden_states, found.fpn_position_encoding[-1])


def check_encoder(name: str) -> None:
    """Raise `UsageError` for an unknown name, `MissingExtraError` where its library is not installed."""
    if name and name not in ENCODERS:
        near = did_you_mean(name, ENCODERS)
        raise UsageError(f"unknown encoder {name!r}{near}; expected one of {', '.join(ENCODERS)}")
    if name == "openvino":
        with _silent():
            require("openvino", "fast", "encoder openvino")


def look_with(name: str, model: Any, side: int, folder: Path, precision: Precision) -> Look:
    """The image network of `model`, whose weights lie in `folder`, run as `name` says.

    Raises `UsageError` for a device or numbers that it cannot take.
    """
    if name in ("", "torch"):
        return ImageNetwork(model)
    check_encoder(name)
    if name == "openvino":
        _check_fits(precision)
    key = (name, digest(folder), type(model).__name__, str(precision), str(torch.get_num_threads()))
    with _lock:
        if key not in _kept:
            made = _opened(model, side, folder, precision) if name == "openvino" else Compiled(model)
            _kept[key] = made
        _kept.move_to_end(key)
        while len(_kept) > _KEEP:
            _kept.popitem(last=False)
        return _kept[key]


class Compiled:
    """The image network through `torch.compile`, which takes a minute or so at the first image."""

    def __init__(self, model: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of torch about itself
            self._run = torch.compile(ImageNetwork(model))

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """As `Look`. Raises `UsageError` where this machine cannot compile."""
        from torch._dynamo.exc import TorchDynamoException

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found: tuple[Tensor, ...] = self._run(pixels)
        except TorchDynamoException as error:
            said = " ".join(str(error).partition("Set TORCHDYNAMO")[0].split())[:200]
            raise UsageError(
                f"the network cannot be compiled here ({said}); on a CPU this needs a C++ compiler: "
                "install one (Debian, Ubuntu: apt install g++), or leave out --encoder compile"
            ) from error
        return found


class OpenVino:
    """The image network in OpenVINO, in as many threads as torch takes."""

    def __init__(self, graph: Any, dtype: torch.dtype) -> None:
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "INFERENCE_PRECISION_HINT": _HINTS[dtype],
        }
        self._run = _openvino().Core().compile_model(graph, "CPU", settings)

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """As `Look`."""
        found = self._run([pixels.numpy()])
        return tuple(torch.from_numpy(found[at].copy()) for at in range(len(self._run.outputs)))


def _check_fits(precision: Precision) -> None:
    if precision.device.type != "cpu":
        raise UsageError(
            f"encoder openvino runs on the CPU, and the device is {precision.device}; "
            "take --device cpu, or leave out --encoder"
        )
    if precision.dtype not in _HINTS:
        raise UsageError("encoder openvino computes in float32 or bfloat16; found precision float16")


def _opened(model: Any, side: int, folder: Path, precision: Precision) -> OpenVino:
    """From the cache, or made now. A cache that cannot be written is done without."""
    versions = json.dumps([VERSION, type(model).__name__, side, *map(_version, _MAKERS)])
    place = cache_folder() / "encoders" / f"{digest(folder)}-{short(versions)}"
    graph = _stored(place)
    if graph is None:
        graph = _converted(model, side)
        _store(graph, place)
    return OpenVino(graph, precision.dtype)


def _version(library: str) -> str:
    return str(import_module(library).__version__)


def _converted(model: Any, side: int) -> Any:
    """The image network as a graph of OpenVINO's, in float32, by way of a trace on one image."""
    openvino, size = _openvino(), (1, 3, side, side)
    with torch.no_grad(), quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a trace: that sizes are taken as fixed, as they are
        traced = torch.jit.trace(ImageNetwork(model).eval(), torch.zeros(size), check_trace=False)
        return openvino.convert_model(traced, example_input=torch.zeros(size), input=[list(size)])


def _store(graph: Any, place: Path) -> None:
    try:
        with writing(place) as beside:
            beside.mkdir()
            _openvino().save_model(graph, beside / _GRAPH, compress_to_fp16=False)
            sums = {one: content_hash(beside / one) for one in _FILES}
            (beside / _SUMS).write_text(json.dumps(sums), "utf-8")
    except (DataError, RuntimeError):
        return  # a full disk: the graph in memory serves


def _stored(place: Path) -> Any | None:
    """The graph that was kept there; None where there is none or its files are damaged."""
    try:
        sums = json.loads((place / _SUMS).read_text("utf-8"))
        if any(content_hash(place / one) != sums[one] for one in _FILES):
            return None
        return _openvino().Core().read_model(place / _GRAPH)
    except (DataError, OSError, ValueError, KeyError, TypeError, RuntimeError):
        return None


def _openvino() -> Any:
    with _silent():
        return import_module("openvino")


@contextmanager
def _silent() -> Iterator[None]:
    """OpenVINO reports its use to its makers when it is imported; without this package it does not."""
    reporter = "openvino_telemetry"
    if "openvino" in sys.modules or reporter in sys.modules:
        yield
        return
    sys.modules[reporter] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
            if "openvino" in sys.modules:
                import_module("openvino.tools.ovc")
    finally:
        del sys.modules[reporter]
