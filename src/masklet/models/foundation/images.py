"""From an image to the numbers that a published network was trained on, without torchvision.

As the published processors of transformers define it: resized with an antialiased filter in whole grey
values, first along the rows, then along the columns, then `(value - 255 mean) / (255 std)` per channel.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from masklet.core import DataError
from masklet.core.arrays import Image

Three = tuple[float, float, float]
_FILES = ("preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json")
_SECTIONS = ("image_processor", "video_processor")
_RESAMPLING = {2: "bilinear", 3: "bicubic"}
"""Pillow's numbers for filters, which the published files use."""


@dataclass(frozen=True)
class Recipe:
    """How an image is made ready.

    Args:
        size: (height, width) in pixels; where `keeps_shape`, (shortest edge, limit of the longest).
        mean, std: of each channel, on the scale 0..1.
        resampling: `bilinear` or `bicubic`, both antialiased.
        keeps_shape: the image keeps its proportions.
        scale: grey values per unit.
    """

    size: tuple[int, int]
    mean: Three
    std: Three
    resampling: str = "bilinear"
    keeps_shape: bool = False
    scale: float = 255.0

    @staticmethod
    def of(path: Path, default: Recipe) -> Recipe:
        """What the folder of weights asks for, or `default` where it says nothing.

        Raises `DataError` for a file that cannot be read or asks for something else than resizing and
        normalising, and for another size than `default` has where that size is fixed by the network.
        """
        for name in _FILES:
            if (path / name).is_file():
                asked = _section(path / name)
                if asked:
                    return _agreed(_parsed(asked, default, path / name), default, path / name)
        return default

    def size_for(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) in pixels that an image of this size is resized to, at least 1 x 1."""
        if not self.keeps_shape:
            return self.size
        shortest, longest = self.size
        low, high = min(height, width), max(height, width)
        exact = float(shortest)
        if high / low * shortest > longest:
            exact = longest * low / high
        short = round(exact)
        if short == low:
            return height, width
        long = int(exact * high / low)
        found = (short, long) if height <= width else (long, short)
        return max(found[0], 1), max(found[1], 1)


_IMAGENET: Three = (0.485, 0.456, 0.406)
_IMAGENET_STD: Three = (0.229, 0.224, 0.225)
_HALF: Three = (0.5, 0.5, 0.5)
SAM2 = Recipe((1024, 1024), _IMAGENET, _IMAGENET_STD)
"""SAM 2 and EdgeTAM as published."""
SAM3 = Recipe((1008, 1008), _HALF, _HALF)
"""SAM 3 as published, its tracker and its detector alike."""
GROUNDING = Recipe((800, 1333), _IMAGENET, _IMAGENET_STD, keeps_shape=True)
"""Grounding DINO and MM Grounding DINO as published."""


def pixels(image: Image, recipe: Recipe) -> Tensor:
    """`(1, 3, h, w) float32` on the CPU, of the size and scale that `recipe` says.

    `image` `(height, width, 3) uint8`, RGB; `DataError` for anything else.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise DataError(
            f"image is {image.shape} {image.dtype}; expected (h, w, 3) uint8, at least 1 x 1"
        )
    own = image if image.flags.writeable and image.flags.c_contiguous else image.copy()
    grey = torch.from_numpy(own).permute(2, 0, 1)[None]
    size = recipe.size_for(image.shape[0], image.shape[1])
    if size != image.shape[:2]:
        grey = interpolate(grey, size, mode=recipe.resampling, align_corners=False, antialias=True)
    values = grey.to(torch.float32).contiguous()
    mean = torch.tensor(recipe.mean) * recipe.scale
    std = torch.tensor(recipe.std) * recipe.scale
    return values.sub_(mean[:, None, None]).div_(std[:, None, None])


def _section(path: Path) -> Mapping[str, Any]:
    """The part of the file that is about images; empty where there is none."""
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}); download the weights again") from error
    if not isinstance(read, dict):
        raise DataError(f"{path} holds a {type(read).__name__}; expected an object; download it again")
    inner = (read[key] for key in _SECTIONS if isinstance(read.get(key), dict))
    found: Mapping[str, Any] = next(inner, read)
    return found if "size" in found or "image_mean" in found else {}


def _parsed(asked: Mapping[str, Any], default: Recipe, path: Path) -> Recipe:
    for key, expected in (("do_resize", True), ("do_rescale", True), ("do_normalize", True)):
        if asked.get(key) not in (None, expected):
            raise DataError(f"{path} has {key} = {asked[key]}; expected {expected}: not supported here")
    if asked.get("do_center_crop"):
        raise DataError(f"{path} has do_center_crop = true; expected false: not supported here")
    number = asked.get("resample")
    if number is not None and (not isinstance(number, int) or number not in _RESAMPLING):
        raise DataError(f"{path} has resample = {number}; expected 2 (bilinear) or 3 (bicubic)")
    size, keeps_shape = _size(asked.get("size"), default, path)
    return Recipe(
        size,
        _three(asked.get("image_mean"), default.mean, "image_mean", path),
        _three(asked.get("image_std"), default.std, "image_std", path),
        default.resampling if number is None else _RESAMPLING[number],
        keeps_shape,
        _scale(asked.get("rescale_factor"), path),
    )


def _scale(factor: Any, path: Path) -> float:
    if not factor:
        return 255.0
    if not isinstance(factor, int | float) or not 0 < factor <= 1:
        raise DataError(f"{path} has rescale_factor = {factor}; expected 1/255 or so, at most 1")
    return 1.0 / factor


def _size(asked: Any, default: Recipe, path: Path) -> tuple[tuple[int, int], bool]:
    if asked is None:
        return default.size, default.keeps_shape
    sizes = {key: value for key, value in asked.items() if value} if isinstance(asked, dict) else {}
    for first, second, keeps in (("height", "width", False), ("shortest_edge", "longest_edge", True)):
        if set(sizes) == {first, second} and all(isinstance(v, int) and v > 0 for v in sizes.values()):
            return (sizes[first], sizes[second]), keeps
    raise DataError(
        f"{path} has size = {asked}; expected height and width, or shortest_edge and longest_edge, "
        "in whole pixels"
    )


def _three(asked: Any, default: Three, key: str, path: Path) -> Three:
    if asked is None:
        return default
    fits = (
        isinstance(asked, list)
        and len(asked) == 3
        and all(isinstance(v, int | float) and math.isfinite(v) for v in asked)
    )
    if not fits or (key == "image_std" and min(asked) <= 0):
        raise DataError(
            f"{path} has {key} = {asked}; expected three numbers, of the channels R, G and B"
        )
    return float(asked[0]), float(asked[1]), float(asked[2])


def _agreed(found: Recipe, default: Recipe, path: Path) -> Recipe:
    if not default.keeps_shape and (found.keeps_shape or found.size != default.size):
        raise DataError(
            f"{path} resizes images to {found.size[0]} x {found.size[1]} pixels, but the network beside "
            f"it takes {default.size[0]} x {default.size[1]}: these files do not belong together; "
            "download them again"
        )
    return found
