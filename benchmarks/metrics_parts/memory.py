"""Memory of an evaluation over its length: what is needed beyond the two tables of masks."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

LENGTHS = (1_000, 10_000, 100_000)
SIZE_WH = (640, 360)
METRICS = "region,surface,identity,panoptic,semantic,stability,tracks,detection,calibration"


def text() -> str:
    """A table of peak memory by number of frames, each in a process of its own."""
    lines = ["", "| frames | tables, MB | beyond them, MB | of which the report, MB | ms a frame |"]
    lines.append("|---|---|---|---|---|")
    for length in LENGTHS:
        call = [sys.executable, str(Path(__file__).resolve()), str(length)]
        ran = subprocess.run(call, capture_output=True, text=True, check=True, env=dict(os.environ))
        lines.append(f"| {length} | {ran.stdout.strip()} |")
    return "\n".join(lines)


def measure(length: int) -> str:
    """Evaluate `length` frames with one object and its flickering copy."""
    import time

    from masklet.evaluation.case import Settings
    from masklet.evaluation.door import Door
    from masklet.evaluation.families import chosen
    from masklet.evaluation.judging import Judge, summed
    from masklet.evaluation.terms import Terms

    truth, pred = table(length, 0), table(length, 3)
    warm_up(length)
    before = now_mb()
    peak_so_far = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    door, judge = Door(Terms()), Judge(chosen(METRICS), Settings())
    report = judge.video(door.case("v", pred, truth))
    summed([report.parts])
    taken = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables = sum(one.runs.nbytes + one.offset.nbytes + 30 * len(one) for one in (truth, pred)) / 2**20
    beyond = max(peak, peak_so_far) - before
    return f"{tables:.0f} | {beyond:.0f} | {kept_mb(report):.1f} | {1000 * taken / length:.1f}"


def table(length: int, seed: int):
    """One ellipse that wanders; other seeds flicker around it."""
    import numpy as np

    from masklet.core import Label, Masks, Origin, Video

    w, h = SIZE_WH
    rng = np.random.default_rng(seed)
    runs, lengths = [], []
    place = np.arange(length)
    cx = w / 2 + 200 * np.sin(place / 90) + (rng.normal(size=length) if seed else 0)
    cy = h / 2 + 80 * np.cos(place / 140)
    for x, y in zip(cx.tolist(), cy.tolist(), strict=True):
        columns = np.arange(int(x) - 30, int(x) + 31)
        half = np.sqrt(np.maximum(1 - ((columns - x) / 31) ** 2, 0)) * 18
        top, bottom = np.rint(y - half).astype(int), np.rint(y + half).astype(int) + 1
        edges = np.stack([columns * h + top, columns * h + bottom], axis=1).ravel()
        own = np.diff(edges, prepend=0, append=w * h).astype(np.uint32)
        runs.append(own)
        lengths.append(len(own))
    return Masks(
        Video("v", w, h, length),
        (Label("rat"),),
        frame=place,
        object_id=1,
        label_id=0,
        runs=np.concatenate(runs),
        offset=np.cumsum([0, *lengths]),
        score=np.full(length, 0.9, np.float32) if seed else np.full(length, np.nan, np.float32),
        origin=int(Origin.PREDICTED) if seed else int(Origin.IMPORTED),
    )


def warm_up(length: int) -> None:
    """Import and allocate what any evaluation needs."""
    if length > LENGTHS[0] // 10:
        measure(LENGTHS[0] // 10)


def now_mb() -> float:
    """Resident memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def kept_mb(report) -> float:
    """Bytes of the arrays that a report keeps."""
    import pickle

    return len(pickle.dumps((report.parts, report.rows, report.scores))) / 2**20


if __name__ == "__main__":
    print(measure(int(sys.argv[1])))
