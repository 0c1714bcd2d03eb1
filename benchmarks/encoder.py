"""The image network of SAM 2.1 run by torch, torch.compile and OpenVINO: time, features, masks.

Weights are random, spread so that masks depend on the picture: time is that of real ones, and how far
masks move with the numbers is a hint only. All ways alternate in one process with the same threads.

python benchmarks/encoder.py                       # sam2-tiny, two threads
python benchmarks/encoder.py sam2-small 4          # another size, four threads
python benchmarks/encoder.py sam2-tiny 2 compile   # with torch.compile, which takes minutes to begin
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
import torch

from masklet.core import Masks
from masklet.core.registry import load
from masklet.models.foundation import sizes
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.images import pixels
from masklet.models.foundation.network import Features
from masklet.models.foundation.precision import precision_of
from masklet.models.walk import decode
from masklet.testing import Scene

WAYS = (("torch", "float32"), ("torch", "bfloat16"), ("openvino", "float32"), ("openvino", "bfloat16"))
COMPILED = (("compile", "float32"),)
ROUNDS, FRAMES = 7, 5
Way = tuple[str, str]


def main(name: str = "sam2-tiny", threads: int = 2, *more: str) -> int:
    """Print a table; the first row is what the others are compared with."""
    torch.set_num_threads(threads)
    ways = WAYS + (COMPILED if "compile" in more else ())
    scene = Scene("arena", 2, (640, 360), n_frames=FRAMES, seed=11, noise=1.0)
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["MASKLET_CACHE"] = str(Path(temporary) / "cache")
        folder = _saved(name, Path(temporary) / name)
        eyes, opening = _opened(ways, folder)
        seconds, features = _measured(eyes, scene)
        masks = {way: _masks(name, folder, scene, way) for way in ways}
        kept = sum(one.stat().st_size for one in Path(temporary).glob("cache/encoders/*/*"))
    print(f"{name}, {threads} threads, {ROUNDS} rounds; OpenVINO keeps {kept / 1e6:.0f} MB\n")
    columns = ("encoder", "numbers", "to begin, s", "an image, s", "against torch", "features")
    print(f"| {' | '.join(columns)} | IoU of masks: least, mean |")
    print("|---|---|---|---|---|---|---|")
    first = ways[0]
    for way in ways:
        ratio = median(a / b for a, b in zip(seconds[first], seconds[way], strict=True))
        same = _ious(masks[first], masks[way])
        print(
            f"| {way[0]} | {way[1]} | {opening[way]:.0f} | {median(seconds[way]):.2f} | {ratio:.2f}x "
            f"| {_apart(features[first], features[way]):.1e} | {min(same):.4f}, {np.mean(same):.4f} |"
        )
    return 0


def _saved(name: str, folder: Path) -> Path:
    """A folder with weights of the real size, drawn so that signals keep their spread."""
    network = sizes.network(name)
    torch.manual_seed(2)
    for at, weights in network.named_parameters():
        if weights.ndim > 1:
            torch.nn.init.normal_(weights.data, 0.0, weights[0].numel() ** -0.5)
        if at.endswith("pred_obj_score_head.proj_out.bias"):
            weights.data += 2.0  # objects are there on most frames
    network.save_pretrained(folder)  # type: ignore[operator]
    return folder


def _opened(ways: Sequence[Way], folder: Path) -> tuple[dict[Way, Eyes], dict[Way, float]]:
    """Each way, and the seconds until its first image was through."""
    opened, seconds = {}, {}
    for way in ways:
        begun = time.perf_counter()
        opened[way] = Eyes.open("sam2-video", "sam2", folder, precision_of("cpu", way[1]), way[0])
        with opened[way].running("the first image"):
            side = opened[way].network.side
            opened[way].network.encode(torch.zeros(1, 3, side, side))
        seconds[way] = time.perf_counter() - begun
    return opened, seconds


def _measured(eyes: dict[Way, Eyes], scene: Scene) -> tuple[dict[Way, list[float]], dict[Way, Features]]:
    seconds: dict[Way, list[float]] = {way: [] for way in eyes}
    features = {}
    for turn in range(ROUNDS):
        order = list(eyes) if turn % 2 else list(eyes)[::-1]
        for way in order:
            image = pixels(scene[0], eyes[way].recipe)
            begun = time.perf_counter()
            with eyes[way].running("an image"):
                features[way] = eyes[way].network.encode(image)
            seconds[way].append(time.perf_counter() - begun)
    return seconds, features


def _masks(name: str, folder: Path, scene: Scene, way: Way) -> list[Masks]:
    """What the engine follows from the first frame's true masks."""
    engine = load("propagators", name)(str(folder), "cpu", way[1], encoder=way[0])
    seeds = scene.truth(frames=range(1))
    return [rows for _, rows in engine.propagate(scene, seeds, range(1, FRAMES))]


def _apart(a: Features, b: Features) -> float:
    """Largest difference of a feature, in standard deviations of its map."""
    pairs = zip((a.coarse, *a.fine), (b.coarse, *b.fine), strict=True)
    return max(float((one.float() - two.float()).abs().max() / one.float().std()) for one, two in pairs)


def _ious(a: Sequence[Masks], b: Sequence[Masks]) -> list[float]:
    found = []
    for one, two in zip(a, b, strict=True):
        others = {int(who): row for row, who in enumerate(two.object_id)}
        for row, who in enumerate(one.object_id):
            mask = decode(one, row)
            other = decode(two, others[int(who)]) if int(who) in others else np.zeros_like(mask)
            union = int((mask | other).sum())
            found.append(int((mask & other).sum()) / union if union else 1.0)
    return found or [float("nan")]


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(*given[:1], *map(int, given[1:2]), *given[2:]))
