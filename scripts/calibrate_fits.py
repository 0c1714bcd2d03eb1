"""Measure what memory the engines on published weights take, and write it where `doctor` reads it.

Run: python scripts/calibrate_fits.py [--engines sam2-tiny,sam2-large] [--objects 1,4,16] [--device cpu]

Networks have their real size and random weights: what memory they take does not depend on them. Every
case is a process of its own: eight trusted frames, six that are known, one that is tracked, so that the
memory of the network is full. On CPU the peak is of the memory that cannot be given back (anonymous
pages, sampled every 5 ms; Linux only), on CUDA it is what torch reserved. Needs disk for one set of
weights at a time, and as much memory as it measures.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from masklet.core import Label, Masks, Origin, Video
from masklet.core.arrays import Image
from masklet.models.foundation.fits import COSTS
from masklet.ops import runs
from masklet.ops.table import Row, build

STATUS = Path("/proc/self/status")
TRUSTED, KNOWN = 8, 6
HD, UHD = (1920, 1080), (3840, 2160)
WORDS = ("grounding-dino", "mm-grounding-dino")


class Noise:
    """Frames of noise, made when they are asked for."""

    def __init__(self, size_wh: tuple[int, int]) -> None:
        self.video = Video("noise:", *size_wh, TRUSTED + KNOWN + 1)

    def __getitem__(self, frame: int) -> Image:
        wide, high = self.video.width, self.video.height
        return np.random.default_rng(frame).integers(0, 256, (high, wide, 3), np.uint8)

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Image]]:
        for frame in range(start, self.video.n_frames if stop is None else stop, step):
            yield frame, self[frame]


class Peak(threading.Thread):
    """The most anonymous memory that this process had since `begin`, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0

    def run(self) -> None:
        while True:
            self.most = max(self.most, anonymous())
            time.sleep(0.005)


def anonymous() -> int:
    """Bytes of anonymous memory of this process now."""
    found = re.search(r"RssAnon:\s+(\d+) kB", STATUS.read_text())
    if not found:
        raise SystemExit(f"{STATUS} names no RssAnon; memory on CPU is measured on Linux only")
    return int(found[1]) * 1024


def seeds(media: Noise, objects: int) -> Masks:
    """Boxes side by side: trusted on the first frames, propagated on the following ones."""
    wide, high = media.video.width, media.video.height
    columns = int(np.ceil(np.sqrt(objects)))
    rows = []
    for obj in range(objects):
        mask = np.zeros((high, wide), bool)
        y, x = divmod(obj, columns)
        mask[
            y * high // columns : (y + 1) * high // columns - 8,
            x * wide // columns : (x + 1) * wide // columns - 8,
        ] = True
        encoded = runs.encode(mask)
        for frame in range(TRUSTED + KNOWN):
            made = (Origin.HUMAN,) if frame < TRUSTED else (Origin.PROPAGATED,)
            score = float("nan") if frame < TRUSTED else 1.0
            rows.append(Row(frame, obj + 1, 0, encoded, score, score, *made))
    return build(media.video, [Label("object")], rows)


def case(name: str, objects: int, size_wh: tuple[int, int], folder: Path, device: str) -> dict[str, int]:
    """Peak memory of one run, in this process, which does nothing else."""
    import torch

    peak = Peak()
    if device == "cpu":
        peak.start()
    if name.startswith(WORDS):
        _words(name, folder, device)
    elif objects:
        _track(name, objects, size_wh, folder, device)
    else:
        import masklet.models.foundation.loading
        import masklet.models.foundation.run  # noqa: F401
    if device != "cpu":
        return {"peak": torch.cuda.max_memory_reserved()}
    return {"peak": max(peak.most, anonymous())}


def _track(name: str, objects: int, size_wh: tuple[int, int], folder: Path, device: str) -> None:
    from masklet.models.foundation import engines

    media = Noise(size_wh)
    classes = {one.name: one for one in vars(engines).values() if hasattr(one, "propagate")}
    engine = classes[name](weights_dir=str(folder), device=device)
    last = TRUSTED + KNOWN
    for _, rows in engine.propagate(media, seeds(media, objects), range(last, last + 1)):
        assert rows.video is media.video


def _words(name: str, folder: Path, device: str) -> None:
    """One look of a detector at a picture of the largest size that it works on."""
    import torch

    from masklet.models.foundation.loading import load

    kind = next(one for one in reversed(WORDS) if name.startswith(one))
    network = load(kind, folder, torch.device(device), torch.float32)
    side = (750, 1333)
    words = torch.tensor([[101, *range(2000, 2012), 1012, 102]])
    with torch.inference_mode():
        network(
            pixel_values=torch.zeros(1, 3, *side, device=device),
            input_ids=words.to(device),
            attention_mask=torch.ones_like(words).to(device),
            token_type_ids=torch.zeros_like(words).to(device),
        )


def measure(name: str, objects: int, size_wh: tuple[int, int], folder: Path, device: str) -> int:
    """Peak bytes of one case, in a process of its own."""
    size = "x".join(map(str, size_wh))
    command = [
        sys.executable,
        __file__,
        "--case",
        f"{name},{objects},{size},{folder}",
        "--device",
        device,
    ]
    began = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{name} with {objects} objects failed: {ran.stderr[-2000:]}")
    peak = int(json.loads(ran.stdout.splitlines()[-1])["peak"])
    spent = time.monotonic() - began
    print(f"{name:24} {objects:3} objects {size:10} {peak / 1e6:8.0f} MB {spent:6.0f} s", flush=True)
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--engines",
        default="sam2-tiny,sam2-small,sam2-base-plus,sam2-large,sam3,"
        "grounding-dino-tiny,grounding-dino-base",
    )
    parser.add_argument("--objects", default="1,4,16")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        name, objects, size, folder = asked.case.split(",")
        wide, high = map(int, size.split("x"))
        print(json.dumps(case(name, int(objects), (wide, high), Path(folder), asked.device)))
        return
    told = json.loads(COSTS.read_text()) if COSTS.exists() else {}
    here = told.setdefault(asked.device, {})
    counts = [int(one) for one in asked.objects.split(",")]
    here["machine"] = platform.processor() or platform.machine()
    here["base"] = measure("nothing", 0, HD, Path(), asked.device)
    write(told)
    for name in asked.engines.split(","):
        engine(name, counts, here, asked.device)
        write(told)


def engine(name: str, counts: list[int], here: dict[str, object], device: str) -> None:
    """All cases of one engine, into `here`."""
    import torch

    from masklet.models.foundation import sizes

    known = here.setdefault("peaks", {})
    assert isinstance(known, dict)
    with tempfile.TemporaryDirectory() as folder:
        sizes.save(name, Path(folder), torch.bfloat16)
        peaks = known.setdefault(name, {})
        for objects in counts if not name.startswith(WORDS) else [1]:
            peaks[f"{objects} 1080p"] = measure(name, objects, HD, Path(folder), device)
        if name == "sam2-tiny":
            for objects in sorted({1, 4} & set(counts)):
                peaks[f"{objects} 2160p"] = measure(name, objects, UHD, Path(folder), device)


def write(told: dict[str, object]) -> None:
    COSTS.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
