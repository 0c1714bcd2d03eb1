"""The image network by other means: the same features and masks, kept files, and what is refused."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import foundation_kit as kit
from masklet.core import MissingExtraError, UsageError
from masklet.core.registry import load
from masklet.models.foundation import encoder, engines
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.network import Features
from masklet.models.foundation.precision import Precision, precision_of
from masklet.ops.overlap import iou
from masklet.testing import Scene

SAVED = {"sam2": kit.save_sam2, "edgetam": kit.save_edgetam, "sam3": kit.save_sam3}
with_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="needs the extra 'fast'"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.save_sam2(tmp_path_factory.mktemp("sam2"))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and nothing kept from another test."""
    monkeypatch.setenv("MASKLET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(encoder, "_kept", type(encoder._kept)())
    return tmp_path / "cache" / "encoders"


def seen(name: str, folder: Path, family: str = "sam2", precision: str = "float32") -> Features:
    where = precision_of("cpu", precision)
    eyes = Eyes.open(engines.KINDS[family], family, folder, where, name)
    image = np.random.default_rng(3).integers(0, 255, (90, 120, 3), np.uint8)
    with eyes.running("the image"):
        return eyes.see(image)


def maps(features: Features) -> tuple[torch.Tensor, ...]:
    return (features.coarse, features.position, *features.fine)


def check_same(one: Features, other: Features, part: float) -> None:
    """Within so many standard deviations everywhere, of the same shapes."""
    for a, b in zip(maps(one), maps(other), strict=True):
        assert a.shape == b.shape
        assert (a.float() - b.float()).abs().max() <= part * a.float().std()


@with_openvino
@pytest.mark.parametrize("family", SAVED)
def test_openvino_sees_what_torch_sees(family: str, tmp_path: Path) -> None:
    weights = SAVED[family](tmp_path / family)
    check_same(seen("", weights, family), seen("openvino", weights, family), 1e-4)


@with_openvino
def test_openvino_computes_in_float32_unless_told_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    usual = encoder.OpenVino.__init__

    def spied(self: Any, graph: Any, dtype: torch.dtype) -> None:
        usual(self, graph, dtype)
        asked.append(self._run.get_property("INFERENCE_PRECISION_HINT").to_string())

    monkeypatch.setattr(encoder.OpenVino, "__init__", spied)
    seen("openvino", folder)
    assert asked == ["f32"]


@with_openvino
def test_masks_are_those_of_torch(folder: Path) -> None:
    scene = Scene("arena", 2, (160, 120), n_frames=8, seed=11, noise=1.0)
    truth = scene.truth(frames=range(1))
    tables = []
    for name in ("torch", "openvino"):
        engine = load("propagators", "sam2")(str(folder), "cpu", encoder=name)
        tables.append([rows for _, rows in engine.propagate(scene, truth, range(8))])
    for one, other in zip(*tables, strict=True):
        assert one.object_id.tolist() == other.object_id.tolist()
        assert (iou(one, other).diagonal() > 0.98).all()


@with_openvino
def test_what_was_made_is_kept_and_damage_is_repaired(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    usual = encoder._converted

    def counted(model: Any, side: int) -> Any:
        made.append(side)
        return usual(model, side)

    def again() -> Features:
        encoder._kept.clear()
        return seen("openvino", folder)

    monkeypatch.setattr(encoder, "_converted", counted)
    first = seen("openvino", folder)
    check_same(first, again(), 1e-6)
    assert made == [kit.SIDE]
    (place,) = cache.iterdir()
    assert sorted(one.name for one in place.iterdir()) == ["network.bin", "network.xml", "sums.json"]
    for part, damage in (("network.bin", b"\0" * 64), ("network.xml", b""), ("sums.json", b"[")):
        (place / part).write_bytes(damage)
        check_same(first, again(), 1e-6)
    assert made == [kit.SIDE] * 4
    assert list(cache.iterdir()) == [place]


@with_openvino
def test_a_cache_that_cannot_be_written_is_done_without(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MASKLET_CACHE", str(tmp_path / "file"))
    check_same(seen("", folder), seen("openvino", folder), 1e-4)


@with_openvino
def test_openvino_does_not_report_home(folder: Path) -> None:
    seen("openvino", folder)
    assert "openvino" in sys.modules
    assert "openvino_telemetry" not in sys.modules


def test_compile_looks_through_a_compiled_network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def compiled(module: torch.nn.Module) -> torch.nn.Module:
        asked.append(module)
        return module

    monkeypatch.setattr(torch, "compile", compiled)
    check_same(seen("", folder), seen("compile", folder), 0.0)
    seen("compile", folder)
    assert len(asked) == 1


def test_a_machine_that_cannot_compile_is_told_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch._dynamo.exc import TorchDynamoException

    def broken(_: torch.nn.Module) -> Any:
        def run(_: torch.Tensor) -> None:
            raise TorchDynamoException("no working C++ compiler found")

        return run

    monkeypatch.setattr(torch, "compile", broken)
    with pytest.raises(UsageError, match=r"no working C\+\+ compiler.*apt install g\+\+.*--encoder"):
        seen("compile", folder)


def test_an_unknown_encoder_is_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(
        UsageError, match=r"'openvno'; did you mean 'openvino'.*torch, compile, openvino"
    ):
        load("propagators", "sam2")(str(folder), encoder="openvno")


def test_without_the_library_the_install_line_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("masklet.core.registry.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"encoder openvino.*pip install 'masklet\[fast\]'"):
        encoder.check_encoder("openvino")


@pytest.mark.parametrize(
    ("device", "dtype", "said"),
    [
        ("cuda", torch.float32, "runs on the CPU, and the device is cuda.*--device cpu"),
        ("cpu", torch.float16, "float32 or bfloat16; found precision float16"),
    ],
)
def test_openvino_says_what_it_cannot_do(device: str, dtype: torch.dtype, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        encoder._check_fits(Precision(torch.device(device), dtype))
