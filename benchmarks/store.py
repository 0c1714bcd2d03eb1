"""The project file against plain sqlite3 with COCO strings, in one run.

Run `python benchmarks/store.py [rows]`. Masks are generated: one animal-sized blob with a rough
outline in 1080p (about 17,600 pixels), two objects a frame. The peer is what one writes by hand:
one table with the same columns, `executemany` in one transaction, masks encoded by pycocotools. It
checks nothing, renumbers nothing and keeps no history, which is where single rows cost us more.
Sides alternate, three rounds, the best of each counts. Sizes on real masks are added where the data
folder (`MASKLET_SHARED_DATA`) is there.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

from masklet.core import Label, Masks, Origin, Step, Video
from masklet.store import Project
from masklet.store.codec import encode_runs

WIDTH, HEIGHT = 1920, 1080
ROUNDS = 3
SAVES = 300
DATA = Path(os.environ.get("MASKLET_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    masks = blobs(n)
    with tempfile.TemporaryDirectory() as folder:
        ours, peer = Ours(Path(folder), masks), Peer(Path(folder), masks)
        tasks = [
            ("encode and write all rows, one transaction", "write", n),
            ("read all rows back to runs", "read", n),
            ("read one frame", "read_frame", 200),
            ("one row saved by a person, synced to disk", "save", SAVES),
        ]
        print("| | masklet, per s | sqlite3 + pycocotools, per s | ratio |\n|---|---|---|---|")
        for text, name, count in tasks:
            a, b = race(getattr(ours, name), getattr(peer, name))
            print(f"| {text} | {count / a:,.0f} | {count / b:,.0f} | {b / a:.2f} |")
        a, b = ours.size / n, peer.size / n
        print(f"| file, bytes a mask | {a:.0f} | {b:.0f} | {b / a:.2f} |")
    for name, table in {"generated": masks, **real_masks()}.items():
        mine = sum(map(len, encode_runs(table.runs, table.offset))) / len(table)
        theirs = sum(map(len, coco_strings(table))) / len(table)
        print(f"| {name}: bytes of the mask alone | {mine:.0f} | {theirs:.0f} | {theirs / mine:.2f} |")


def race(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """Best of `ROUNDS`, in seconds, of each side by turns."""
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for side, task in enumerate((ours, peer)):
            start = time.perf_counter()
            task()
            best[side] = min(best[side], time.perf_counter() - start)
    return best[0], best[1]


class Ours:
    """The project file."""

    def __init__(self, folder: Path, masks: Masks) -> None:
        self.folder, self.masks, self.round = folder, masks, 0

    def write(self) -> None:
        self.round += 1
        self.path = self.folder / f"ours{self.round}.masklet"
        with Project.create(self.path, self.masks.video, self.masks.labels) as project:
            project.masks().append(self.masks, durable="normal")
        self.size = self.path.stat().st_size

    def read(self) -> None:
        with Project.open(self.path) as project:
            if project.masks().load() != self.masks:
                raise AssertionError("what was read is not what was written")

    def read_frame(self) -> None:
        with Project.open(self.path) as project:
            store = project.masks()
            for i in range(200):
                store.load(range(i * 7, i * 7 + 1))

    def save(self) -> None:
        row = self.masks.take([0]).replace(origin=np.array([Origin.HUMAN], np.uint8))
        with Project.open(self.path) as project:
            store = project.masks()
            for i in range(SAVES):
                changed = row.replace(score=np.array([i / SAVES + self.round], np.float32) % 1)
                store.append(changed, "someone", durable="full")
        self.round += 1


class Peer:
    """One table, written by hand."""

    NAMES = (
        "frame",
        "object_id",
        "label_id",
        "score",
        "identity_score",
        "origin",
        "review",
        "flags",
        "step",
    )

    def __init__(self, folder: Path, masks: Masks) -> None:
        self.folder, self.masks, self.round = folder, masks, 0

    def connect(self) -> sqlite3.Connection:
        sql = sqlite3.connect(self.path)
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("PRAGMA synchronous = FULL")
        return sql

    def write(self) -> None:
        self.round += 1
        self.path = self.folder / f"peer{self.round}.sqlite"
        with self.connect() as sql:
            names = ", ".join(self.NAMES)
            sql.execute(f"CREATE TABLE masks ({names}, runs BLOB, PRIMARY KEY (frame, object_id))")
            columns = [getattr(self.masks, name).tolist() for name in self.NAMES]
            rows = zip(*columns, coco_strings(self.masks), strict=True)
            sql.executemany(f"INSERT INTO masks VALUES ({', '.join('?' * 10)})", rows)
        sql.close()
        self.size = self.path.stat().st_size

    def read(self) -> None:
        sql = self.connect()
        for row in sql.execute("SELECT * FROM masks ORDER BY frame, object_id"):
            runs_of(row[-1])
        sql.close()

    def read_frame(self) -> None:
        sql = self.connect()
        for i in range(200):
            for row in sql.execute("SELECT * FROM masks WHERE frame = ?", (i * 7,)):
                runs_of(row[-1])
        sql.close()

    def save(self) -> None:
        sql = self.connect()
        text = coco_strings(self.masks.take([0]))[0]
        for i in range(SAVES):
            with sql:
                sql.execute(
                    "INSERT OR REPLACE INTO masks VALUES (0, 0, 0, ?, 0, 0, 0, 0, 0, ?)", (i, text)
                )
        sql.close()


def coco_strings(masks: Masks) -> list[bytes]:
    """Every mask in COCO's compressed form, by pycocotools."""
    strings = []
    for i in range(len(masks)):
        w, h = masks.video.size_wh(int(masks.frame[i]))
        entry = {"size": [h, w], "counts": masks.row_runs(i).tolist()}
        strings.append(coco.frPyObjects(entry, h, w)["counts"])
    return strings


def runs_of(text: bytes) -> np.ndarray:
    """Run lengths from COCO's compressed form. pycocotools has no such function, only one to pixels."""
    data = np.frombuffer(text, np.uint8).astype(np.int64) - 48
    stop = np.flatnonzero(data < 32)
    start = np.concatenate([[0], stop[:-1] + 1])
    shift = 5 * (np.arange(len(data)) - np.repeat(start, stop - start + 1))
    values = np.add.reduceat((data & 31) << shift, start)
    values -= np.where(data[stop] & 16, 1 << (5 * (stop - start + 1)), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def blobs(n: int) -> Masks:
    """`n` rough ellipses, two objects a frame, walking over a 1080p frame."""
    rng = np.random.default_rng(0)
    video = Video("generated", WIDTH, HEIGHT, (n + 1) // 2)
    k = 150
    profile = 75 * np.sqrt(1 - ((np.arange(k) + 0.5) / (k / 2) - 1) ** 2)
    x0 = rng.integers(0, WIDTH - k, (n, 1))
    y0 = rng.integers(200, HEIGHT - 200, (n, 1))
    rough = np.cumsum(rng.integers(-1, 2, (n, k)), axis=1) // 2
    top = y0 - profile.astype(int) + rough
    bottom = np.maximum(y0 + profile.astype(int) + rough, top + 1)
    starts = (x0 + np.arange(k)) * HEIGHT + top
    edges = np.stack([starts, starts + bottom - top], axis=2).reshape(n, 2 * k)
    whole = np.concatenate([np.zeros((n, 1)), edges, np.full((n, 1), WIDTH * HEIGHT)], axis=1)
    return Masks(
        video,
        (Label("rat"),),
        frame=np.arange(n) // 2,
        object_id=np.arange(n) % 2,
        label_id=np.zeros(n),
        runs=np.diff(whole).ravel(),
        offset=np.arange(n + 1) * (2 * k + 1),
        score=rng.random(n),
        identity_score=rng.random(n),
        origin=np.full(n, Origin.PROPAGATED),
        step=np.zeros(n),
        steps=(Step("track"),),
    )


def real_masks() -> dict[str, Masks]:
    """Masks of two DAVIS 2016 sequences, 480p."""
    from masklet.formats.png_masks import PngMasks

    folders = {
        name: DATA / "davis2016_val" / "Annotations" / "480p" / name
        for name in ("dog", "horsejump-high")
    }
    found = {}
    for name, folder in folders.items():
        if folder.is_dir():
            (item,) = PngMasks().read(folder)
            if isinstance(item, Masks):
                found[f"DAVIS {name}"] = item
    return found


if __name__ == "__main__":
    main()
