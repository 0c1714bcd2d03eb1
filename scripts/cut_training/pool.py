"""Crops and their frozen features on disk: computed once, read many times.

A pool is a folder of shards; a shard is made under another name and renamed when it is whole, so that
what was interrupted goes on where it stopped, and training may start on the first shards.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cut_training.composing import SIDE, Crop, Maker
from masklet.models.cut.network import C2, C4, C8, C16, C32, STRIDES, pyramid
from masklet.models.features.backbone import backbone, normalised

SHARD = 400
_BATCH = 8
_CHANNELS = dict(zip(STRIDES, (C2, C4, C8, C16, C32), strict=True))


def make_shard(folder: Path, number: int, maker: Maker, seed: int) -> None:
    """Write shard `number` unless it is there."""
    final = folder / f"{number:04d}"
    if final.exists():
        return
    draft = folder / f"{number:04d}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    arrays = {"rgb": _new(draft, "rgb", np.uint8, (SIDE, SIDE, 3))}
    arrays["bits"] = _new(draft, "bits", np.uint8, (SIDE, SIDE))
    arrays["count"] = _new(draft, "count", np.uint8, ())
    for stride, channels in _CHANNELS.items():
        side = SIDE // stride
        arrays[f"f{stride}"] = _new(draft, f"f{stride}", np.int16, (side, side, channels))
    rng = np.random.default_rng([seed, number])
    for start in range(0, SHARD, _BATCH):
        crops = [maker(rng) for _ in range(_BATCH)]
        _store(arrays, start, crops)
    for array in arrays.values():
        array.flush()
    draft.rename(final)


class Shard:
    """One shard of a pool, read-only: `rgb`, `bits`, `count` and `f2`..`f32`."""

    def __init__(self, folder: Path) -> None:
        names = ["rgb", "bits", "count", *(f"f{stride}" for stride in STRIDES)]
        self._arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in names}

    def get(self, name: str, index: int) -> np.ndarray:
        """Entry `index` of one array."""
        return self._arrays[name][index]


def shards(folder: Path) -> list[Path]:
    """Whole shards, in order."""
    return sorted(path for path in folder.glob("[0-9]*") if path.suffix == "")


def gather(pool: Sequence[Shard], at: Sequence[tuple[int, int]], name: str) -> torch.Tensor:
    """Entries (shard, index) of one array as a batch; features as `(n, c, h, w) bfloat16`."""
    batch = torch.from_numpy(np.stack([pool[shard].get(name, index) for shard, index in at]))
    if name.startswith("f"):
        return batch.view(torch.bfloat16).permute(0, 3, 1, 2)
    return batch


def _new(folder: Path, name: str, dtype: type, shape: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, (SHARD, *shape))


def _store(arrays: dict[str, np.memmap], start: int, crops: Sequence[Crop]) -> None:
    features = backbone(dense=False)
    pictures = normalised(np.stack([crop.image for crop in crops]), features.device)
    span = slice(start, start + len(crops))
    for stride, found in zip(STRIDES, pyramid(features(pictures, 7)), strict=True):
        packed = found.to(torch.bfloat16).permute(0, 2, 3, 1).contiguous().view(torch.int16)
        arrays[f"f{stride}"][span] = packed.cpu().numpy()
    for number, crop in enumerate(crops, start):
        arrays["rgb"][number] = crop.image
        arrays["count"][number] = len(crop.targets)
        arrays["bits"][number] = sum(t.astype(np.uint8) << b for b, t in enumerate(crop.targets))
