"""Images are made ready as the published processors define it."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from masklet.core import DataError
from masklet.models.foundation.images import GROUNDING, SAM2, SAM3, Recipe, pixels

SIZES = ((1, 1), (3, 2000), (2000, 3), (1080, 1920), (37, 53), (64, 64), (800, 1000))


def _image(height: int, width: int) -> Any:
    return np.random.default_rng(height * 7 + width).integers(0, 256, (height, width, 3), np.uint8)


def _weights(old: int, new: int) -> Any:
    """`(new, old)`: the antialiased triangle filter, row by row; a pixel centre lies at k + 1/2."""
    widened = max(old / new, 1.0)
    table = np.zeros((new, old))
    for row in range(new):
        centre = (row + 0.5) * old / new
        away = np.abs(np.arange(old) + 0.5 - centre) / widened
        table[row] = np.maximum(0.0, 1.0 - away)
        table[row] /= table[row].sum()
    return table


def _by_definition(image: Any, size: tuple[int, int]) -> Any:
    """`(3, h, w)` whole grey values: filtered along the rows, then the columns, halves rounded up."""
    across, down = _weights(image.shape[1], size[1]), _weights(image.shape[0], size[0])
    rows = np.floor(np.einsum("wj,ijc->iwc", across, image.astype(np.float64)) + 0.5 + 1e-9)
    return np.floor(np.einsum("hi,iwc->chw", down, rows) + 0.5 + 1e-9)


@pytest.mark.parametrize("recipe", [SAM2, SAM3], ids=["sam2", "sam3"])
@pytest.mark.parametrize("size", SIZES)
def test_square_recipes_follow_the_definition(size: tuple[int, int], recipe: Recipe) -> None:
    small = replace(recipe, size=(96, 128))
    image = _image(*size)
    expected = _by_definition(image, small.size)
    mean, std = (np.array(one)[:, None, None] for one in (small.mean, small.std))
    found = pixels(image, small)[0].numpy().astype(np.float64) * (std * 255) + mean * 255
    assert np.abs(found - np.round(found)).max() < 1e-3
    away = np.abs(np.round(found) - expected)
    # Filters are kept in 16-bit whole numbers, so a value near one half may fall to the other side.
    assert away.max() <= 1
    assert (away > 0).mean() < 0.1


@pytest.mark.parametrize("recipe", [SAM2, SAM3], ids=["sam2", "sam3"])
def test_published_squares_equal_pillow(recipe: Recipe) -> None:
    pillow = pytest.importorskip("PIL.Image")
    for size in SIZES:
        image = _image(*size)
        high, wide = recipe.size
        rows = pillow.fromarray(image).resize((wide, size[0]), pillow.Resampling.BILINEAR)
        grey = np.asarray(rows.resize((wide, high), pillow.Resampling.BILINEAR))
        expected = (grey / 255.0 - np.array(recipe.mean)) / np.array(recipe.std)
        away = np.abs(pixels(image, recipe)[0].permute(1, 2, 0).numpy() - expected) * recipe.std * 255
        # Pillow keeps its filters in 22 bits, torch in 16: some roundings fall to the other side.
        assert away.max() < 2.01
        assert (away > 0.5).mean() < 0.05


def test_published_numbers() -> None:
    transformers = pytest.importorskip("transformers.image_utils")
    assert (SAM2.size, list(SAM2.mean), list(SAM2.std)) == (
        (1024, 1024),
        transformers.IMAGENET_DEFAULT_MEAN,
        transformers.IMAGENET_DEFAULT_STD,
    )
    assert (SAM3.size, list(SAM3.mean), list(SAM3.std)) == (
        (1008, 1008),
        transformers.IMAGENET_STANDARD_MEAN,
        transformers.IMAGENET_STANDARD_STD,
    )


def _published(image: Any, **kwargs: Any) -> Any:
    from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
        GroundingDinoImageProcessorPil,
    )

    return GroundingDinoImageProcessorPil(**kwargs)(
        images=image, return_tensors="pt", input_data_format="channels_last"
    )


@pytest.mark.parametrize("size", SIZES)
def test_grounding_equals_the_published_processor(size: tuple[int, int]) -> None:
    image = _image(*size)
    theirs, ours = _published(image), pixels(image, GROUNDING)
    assert theirs.pixel_values.shape == ours.shape
    assert bool(theirs.pixel_mask.all())  # so that a network without the mask sees the same
    grey = torch.tensor(GROUNDING.std)[:, None, None] * 255
    away = (theirs.pixel_values - ours).abs() * grey
    assert away.max() < 2.01
    # Pillow takes the columns of a very tall picture first, which rounds other values.
    assert (away > 0.5).float().mean() < (0.3 if size[0] > 100 * size[1] else 0.05)


@pytest.mark.parametrize("size", [(800, 1000), (1000, 800), (800, 800)])
def test_grounding_equals_the_published_processor_where_nothing_is_resized(size: Any) -> None:
    image = _image(*size)
    torch.testing.assert_close(
        pixels(image, GROUNDING), _published(image).pixel_values, rtol=0, atol=1e-5
    )


def test_sizes_are_the_published_ones() -> None:
    from transformers.image_transforms import get_size_with_aspect_ratio

    random = np.random.default_rng(3)
    for height, width in random.integers(2, 2500, (400, 2)).tolist():
        theirs = get_size_with_aspect_ratio((height, width), 800, 1333)
        assert GROUNDING.size_for(height, width) == tuple(max(one, 1) for one in theirs)


def test_an_image_that_may_not_be_written_to_stays_as_it_is() -> None:
    image = _image(20, 30)
    before = image.copy()
    image.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels(image, replace(SAM2, size=(20, 30)))
        pixels(image[::-1], replace(SAM2, size=(8, 8)))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_image_is_refused(image: Any) -> None:
    with pytest.raises(DataError, match="expected"):
        pixels(image, SAM2)


def _folder(path: Path, name: str, content: Any) -> Path:
    path.mkdir(exist_ok=True)
    (path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_folder_of_weights_decides(tmp_path: Path) -> None:
    asked = {
        "size": {"shortest_edge": 64, "longest_edge": 96},
        "image_mean": [0.1, 0.2, 0.3],
        "image_std": [0.5, 0.6, 0.7],
        "resample": 3,
        "rescale_factor": 1 / 255,
    }
    for number, (name, content) in enumerate(
        [("preprocessor_config.json", asked), ("processor_config.json", {"image_processor": asked})]
    ):
        found = Recipe.of(_folder(tmp_path / str(number), name, content), GROUNDING)
        assert (found.size, found.keeps_shape, found.resampling) == ((64, 96), True, "bicubic")
        assert (found.mean, found.std, found.scale) == ((0.1, 0.2, 0.3), (0.5, 0.6, 0.7), 255.0)
    nothing = _folder(tmp_path / "none", "processor_config.json", {"processor_class": "X"})
    assert Recipe.of(nothing, GROUNDING) == GROUNDING


def test_what_the_published_processor_writes_is_read(tmp_path: Path) -> None:
    from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
        GroundingDinoImageProcessorPil,
    )

    size = {"shortest_edge": 64, "longest_edge": 96}
    GroundingDinoImageProcessorPil(size=size).save_pretrained(tmp_path)
    recipe = Recipe.of(tmp_path, GROUNDING)
    assert recipe == replace(GROUNDING, size=(64, 96))
    image = _image(50, 90)
    assert pixels(image, recipe).shape == _published(image, size=size).pixel_values.shape


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "cannot be read"),
        ("[]", "expected an object"),
        ({"size": {"height": 9}}, "expected height and width"),
        ({"size": {"height": 512, "width": 512}}, "do not belong together"),
        ({"size": None, "image_mean": [1, 2]}, "expected three numbers"),
        ({"size": None, "image_std": [0.1, 0.0, 0.1]}, "expected three numbers"),
        ({"size": None, "resample": 0}, "expected 2"),
        ({"size": None, "do_resize": False}, "do_resize"),
        ({"size": None, "do_center_crop": True}, "do_center_crop"),
    ],
)
def test_a_folder_that_asks_for_something_else_is_refused(
    tmp_path: Path, content: Any, says: str
) -> None:
    with pytest.raises(DataError, match=says):
        Recipe.of(_folder(tmp_path, "preprocessor_config.json", content), SAM2)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("rescale_factor", "x"),
        ("rescale_factor", -1),
        ("rescale_factor", float("nan")),
        ("resample", [2]),
        ("image_std", [float("nan")] * 3),
    ],
)
def test_values_that_are_none_are_refused(tmp_path: Path, key: str, value: Any) -> None:
    content = {"size": {"height": 1024, "width": 1024}, key: value}
    with pytest.raises(DataError, match=f"has {key} = "):
        Recipe.of(_folder(tmp_path, "preprocessor_config.json", content), SAM2)
