"""Masks for packets, and packets with what they hold in plain words, for readers in any language.

    python tests/web/packets.py FILE

writes the plain ones as JSON: `[{"packet": base64, "frame", "revision", "rows": [{"id", "score",
"origin", "review", "flags", "x", "y", "w", "h", "pixels": "0110..." row by row}]}]`.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core import Label, Masks, Video
from masklet.ops import runs
from masklet.ops.table import Row, boxes, build
from masklet.web import wire

LABELS = (Label("object"),)


def film(width: int = 12, height: int = 9, n_frames: int = 4) -> Video:
    return Video("film.mp4", width, height, n_frames)


def plain() -> list[tuple[Masks, int, int]]:
    """(rows, frame, revision): nothing, dots, holes, the whole frame, many numbers of two bytes."""
    rng = np.random.default_rng(7)
    wide = film(400, 300)
    disc = (np.mgrid[:300, :400][0] - 150) ** 2 + (np.mgrid[:300, :400][1] - 200) ** 2 < 130**2
    ring = disc & ~np.roll(disc, 60, 1)
    noise = rng.random((9, 12)) < 0.5
    corner = np.zeros((9, 12), np.bool_)
    corner[-1, -1] = True
    small = [
        Row(1, 3, 0, runs.encode(noise), score=0.25, origin=2, review=1, flags=1 | 256),
        Row(1, 7, 0, runs.encode(corner), score=1.0),
        Row(1, 70_000, 0, runs.empty((12, 9)), flags=8),
        Row(1, 70_001, 0, runs.encode(np.ones((9, 12), np.bool_)), score=0.0, flags=65535),
    ]
    large = [Row(2, 1, 0, runs.encode(disc), score=0.5), Row(2, 2, 0, runs.encode(ring))]
    return [
        (build(film(), LABELS, small), 1, 4_000_000_000),
        (build(film(), LABELS, small), 0, 0),
        (build(wide, LABELS, large), 2, 17),
    ]


def told(rows: Masks, frame: int, revision: int) -> dict[str, Any]:
    """One of `plain` in words."""
    here = rows.on(frame)
    found = []
    for i, (x0, y0, x1, y1) in enumerate(boxes(here).tolist()):
        crop, _ = runs.decode_crop(here.row_runs(i), here.video.size_wh(frame))
        score = float(here.score[i])
        found.append(
            {
                "id": int(here.object_id[i]),
                "score": None if np.isnan(score) else score,
                "origin": int(here.origin[i]),
                "review": int(here.review[i]),
                "flags": int(here.flags[i]),
                "x": x0,
                "y": y0,
                "w": x1 - x0,
                "h": y1 - y0,
                "pixels": "".join("01"[int(pixel)] for pixel in crop.reshape(-1)),
            }
        )
    packet = base64.b64encode(wire.encode(rows, frame, revision)).decode()
    return {"packet": packet, "frame": frame, "revision": revision, "rows": found}


def write(path: Path) -> None:
    path.write_text(json.dumps([told(*one) for one in plain()]), "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
