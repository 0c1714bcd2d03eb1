"""Files of weights: read as they were written, and damage is said in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from masklet.core import DataError
from masklet.models.adapt import fit
from masklet.models.cut import segmenter
from masklet.models.features.weights import fill, shipped


def test_weights_come_back_as_float32(tmp_path: Path) -> None:
    save_file({"a": torch.tensor([1.5, -2.0], dtype=torch.float16)}, tmp_path / "w.safetensors")
    weights = shipped(tmp_path / "w.safetensors")
    assert list(weights) == ["a"]
    assert torch.equal(weights["a"], torch.tensor([1.5, -2.0]))


@pytest.mark.parametrize("share", [0.0, 1e-5, 0.2, 0.99])
@pytest.mark.parametrize(
    ("home", "read"),
    [(segmenter, segmenter._trained.__wrapped__), (fit, fit._shipped.__wrapped__)],
    ids=["cut", "adapt"],
)
def test_a_file_cut_short_is_named_in_one_line(
    home: Any, read: Callable[[], Any], share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, short = home.WEIGHTS.read_bytes(), tmp_path / home.WEIGHTS.name
    short.write_bytes(whole[: round(len(whole) * share)])
    monkeypatch.setattr(home, "WEIGHTS", short)
    with pytest.raises(DataError) as caught:
        read()
    said = str(caught.value)
    assert said.startswith(f"{short} is damaged")
    assert said.endswith("; install masklet again")
    assert "\n" not in said


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"w\.safetensors is missing; install masklet again"):
        shipped(tmp_path / "w.safetensors")


def test_numbers_that_are_none_are_noticed(tmp_path: Path) -> None:
    save_file({"a": torch.tensor([1.0, float("nan")])}, tmp_path / "w.safetensors")
    with pytest.raises(DataError, match=r"damaged .*not finite.*; install masklet again"):
        shipped(tmp_path / "w.safetensors")


def test_weights_of_another_network_are_noticed() -> None:
    net = torch.nn.Linear(2, 3)
    fill(net, {"weight": torch.ones(3, 2), "bias": torch.zeros(3)}, Path("w"))
    assert float(net.weight.detach().sum()) == 6
    for weights in ({"weight": torch.ones(3, 2)}, {"weight": torch.ones(2, 2), "bias": torch.zeros(3)}):
        with pytest.raises(DataError, match=r"w holds other weights than expected .1 of 2"):
            fill(net, weights, Path("w"))
