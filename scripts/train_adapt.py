"""Train the weights from which `adapt`'s decoder starts, on open pictures and generated scenes.

    python scripts/train_adapt.py DATA --minutes 40 --out decoder.safetensors

DATA holds coco128_seg. New samples are made while the network learns from those made so far, so no
two passes see the same pictures; a checkpoint of the averaged weights is written every few minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from cut_training.objects import coco, scenes
from safetensors.torch import load_file, save_file

from masklet.core.atomic import writing
from masklet.models import vision
from masklet.models.adapt.decoder import Decoder, loss_of
from masklet.models.adapt.disturb import Rng
from masklet.models.adapt.matching import entry, strangers
from masklet.models.adapt.pool import Sample, batch_of, look, make_samples
from masklet.models.adapt.render import Renderer
from masklet.models.adapt.study import Study, study_of
from masklet.models.adapt.view import View, view_around
from masklet.models.features.backbone import backbone
from masklet.models.features.device import autocast

SIDE, REACH = 320, 1.6
LEAST_AREA = 600
BATCH = 8
CAPACITY = 1500
FIRST = 160
PER_STUDY = 4
CHECKPOINT_S = 240


def main() -> None:
    """Read the pictures, then make samples and learn until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--scenes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    studies = read_studies(given.data / "coco128_seg", given.scenes, rng)
    print(f"{len(studies)} objects", flush=True)
    train(studies, given, rng)


def read_studies(folder: Path, generated: int, rng: Rng) -> list[Study]:
    """A study of every object that is large enough."""
    found = []
    for picture in [*coco(folder), *scenes(generated, 1)]:
        everything = np.zeros(picture.image.shape[:2], bool)
        for mask in picture.masks:
            everything |= mask > 0
        for mask in [*picture.masks, *picture.pairs]:
            own = mask > 0
            if own.sum() < LEAST_AREA or own.mean() > 0.8:
                continue
            others = everything & ~own
            gap = _made_up_difference(own, others, rng)
            study = study_of(picture.image, own, others, gap, SIDE, REACH)
            found += [study] if study is not None else []
    return found


def _made_up_difference(own: np.ndarray, others: np.ndarray, rng: Rng) -> np.ndarray | None:
    """What the difference from an empty place might look like; None for a moving camera."""
    if rng.random() < 0.5:
        return None
    shown = (own | (others & (rng.random() < 0.7))).astype(np.float32)
    field = rng.random((6, 6, 1)).astype(np.float32)
    strength = vision.enlarged_smoothly(field, (own.shape[1], own.shape[0]))
    soft = vision.gaussian(shown, float(rng.uniform(0.5, 3))) * (0.4 + 0.6 * np.clip(strength, 0, 1))
    noise = np.abs(rng.standard_normal(own.shape)).astype(np.float32) * rng.uniform(0, 0.08)
    return np.clip(soft + noise, 0, 1).astype(np.float32)


def samples_of(studies: list[Study], rng: Rng) -> list[Sample]:
    """`PER_STUDY` samples of one object, others for company, all against its first view."""
    eyes = backbone()
    study = studies[int(rng.integers(len(studies)))]
    company = [studies[int(i)] for i in rng.integers(len(studies), size=2)]
    high, wide = study.mask.shape
    view = view_around(study.box, (wide, high), REACH, SIDE)
    first = look([view.picture(study.layers[..., :3])], eyes)[0]
    mask, others = (torch.from_numpy(view.values(one)) for one in (study.mask, study.others))
    known = entry(first.keys, mask.to(eyes.device), others.to(eyes.device), 1.5)
    foreign = [_stranger(one) for one in company]
    seeds = [int(s) for s in rng.integers(0, 2**31, PER_STUDY)]
    renderer = Renderer(study, SIDE, REACH, company)
    return make_samples(renderer, seeds, eyes, [known], [f for f in foreign if f is not None], rng)


def _stranger(study: Study) -> object:
    eyes = backbone()
    high, wide = study.mask.shape
    view: View = view_around(study.box, (wide, high), REACH, SIDE)
    keys = look([view.picture(study.layers[..., :3])], eyes)[0].keys
    return strangers(keys, torch.from_numpy(view.values(study.mask)).to(eyes.device))


def train(studies: list[Study], given: argparse.Namespace, rng: Rng) -> None:
    """Make and learn in turn; one step for every two new samples."""
    seconds, out, rate = given.minutes * 60, given.out, given.rate
    eyes = backbone()
    pool: list[Sample] = []
    while len(pool) < FIRST:
        pool += samples_of(studies, rng)
    net = Decoder().to(eyes.device, memory_format=torch.channels_last)
    if given.start is None:
        net.set_scales([s.seen.stages for s in pool[:64]])
    else:
        net.load_state_dict({name: value.float() for name, value in load_file(given.start).items()})
    mean = {name: value.detach().clone() for name, value in net.state_dict().items()}
    learner = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=1e-4, betas=(0.9, 0.99))
    begun, kept, step, losses = time.time(), time.time(), 0, []
    while (done := (time.time() - begun) / seconds) < 1:
        if step % 2 == 0:
            _add(pool, samples_of(studies, rng), rng)
        for group in learner.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 100) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-5
        losses.append(_learn(net, learner, [pool[i] for i in rng.integers(len(pool), size=BATCH)], rng))
        _average(mean, net.state_dict(), min(0.998, (step + 1) / (step + 10)))
        step += 1
        if step % 50 == 0:
            print(f"{100 * done:5.1f} % step {step} loss {np.mean(losses[-50:]):.4f}", flush=True)
        if time.time() - kept > CHECKPOINT_S:
            export(mean, out)
            kept = time.time()
    export(mean, out)


def _add(pool: list[Sample], made: list[Sample], rng: Rng) -> None:
    for one in made:
        if len(pool) < CAPACITY:
            pool.append(one)
        else:
            pool[int(rng.integers(len(pool)))] = one


def _learn(net: Decoder, learner: torch.optim.Optimizer, samples: list[Sample], rng: Rng) -> float:
    device = backbone().device
    rgb2, stages, hints, truth, weight = batch_of(samples, rng, device)
    with autocast(device):
        logits, coarse = net(rgb2, stages, hints)
    loss = loss_of(logits, coarse, truth, weight)
    learner.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    learner.step()
    return loss.item()


def _average(mean: dict[str, torch.Tensor], now: dict[str, torch.Tensor], keep: float) -> None:
    for name, value in now.items():
        mean[name].lerp_(value.detach(), 1 - keep)


def export(weights: dict[str, torch.Tensor], path: Path) -> None:
    """Write the weights as float16."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as beside:
        save_file({name: value.half().contiguous() for name, value in weights.items()}, beside)


if __name__ == "__main__":
    main()
