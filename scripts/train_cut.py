"""Train `cut` from open data and write its weights: one command, which goes on where it stopped.

    python scripts/train_cut.py DATA --work /tmp/cut --minutes 45

`DATA` is a folder with `coco128_seg/images/*.jpg` and `coco128_seg/labels/*.txt`. A second process
fills a pool of crops and features in `--work` (2 MB a crop) while the first one fits on what is there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from pathlib import Path

import cv2
import torch
from cut_training.composing import Maker
from cut_training.fit import Fit, Plan
from cut_training.objects import coco, scenes
from cut_training.pool import SHARD, make_shard, shards
from safetensors.torch import save_file

from masklet.models.features.device import best_device

WEIGHTS = Path(__file__).resolve().parents[1] / "src/masklet/models/cut/weights/cut.safetensors"


def main() -> None:
    """Make the pool, fit, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds coco128_seg")
    parser.add_argument("--work", type=Path, required=True, help="scratch folder for the pool")
    parser.add_argument("--minutes", type=float, default=45.0, help="computing time of the fit")
    parser.add_argument("--crops", type=int, default=8000, help="size of the pool")
    parser.add_argument("--scenes", type=int, default=150, help="generated pictures")
    parser.add_argument("--batch", type=int, default=8, help="crops a step; fewer on a slow machine")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pool = args.work / "pool"
    filling = multiprocessing.get_context("spawn").Process(
        target=fill, args=(args.data, pool, args.crops, args.scenes, args.seed), daemon=True
    )
    filling.start()
    while len(shards(pool)) < min(2, -(-args.crops // SHARD)):
        if not filling.is_alive() and filling.exitcode:
            raise SystemExit("the pool could not be made; the error stands above")
        time.sleep(1)
    plan = Plan(seconds=60 * args.minutes, batch=args.batch, seed=args.seed)
    fit = Fit(plan, pool, args.work / "checkpoint.pt", best_device())
    fit.run(lambda line: print(line, flush=True))
    export(fit.mean, args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


def fill(data: Path, pool: Path, crops: int, generated: int, seed: int) -> None:
    """Make all shards of the pool that are not there."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    maker = Maker(list(coco(data / "coco128_seg")), list(scenes(generated, seed)))
    for number in range(-(-crops // SHARD)):
        start = time.monotonic()
        make_shard(pool, number, maker, seed)
        print(f"pool: shard {number}, {time.monotonic() - start:.0f} s", flush=True)


def export(net: torch.nn.Module, path: Path) -> None:
    """Weights in float16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.half().contiguous() for k, v in net.state_dict().items()}, path)


if __name__ == "__main__":
    main()
