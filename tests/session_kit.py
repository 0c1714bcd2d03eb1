"""Projects for the tests of sessions: a small video, squares as masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from masklet.annotate.session import Session
from masklet.core import Label, Masks, Origin, Video
from masklet.ops.runs import encode
from masklet.ops.table import Row, build
from masklet.store import Project

SIZE = (24, 16)
N_FRAMES = 30
LABELS = (Label("rat"), Label("tail", "line"))


def clip(uri: str = "cage.mp4") -> Video:
    return Video(uri, *SIZE, N_FRAMES, times=np.arange(N_FRAMES) / 30, content_hash="ab")


def made(path: Path) -> Project:
    return Project.create(path, clip(), LABELS)


def box(x: int = 2, side: int = 4) -> np.ndarray:
    """Runs of a square at `x`; empty for side 0."""
    mask = np.zeros((SIZE[1], SIZE[0]), bool)
    mask[3 : 3 + side, x : x + side] = True
    return encode(mask)


def machine(*pairs: tuple[int, int], x: int = 9, **columns: object) -> Masks:
    """Rows of a tracker, (frame, object) each."""
    rows = [
        Row(frame, number, 0, box(x), score=0.9, identity_score=0.9, origin=Origin.PROPAGATED)
        for frame, number in pairs
    ]
    return build(clip(), LABELS, rows).replace(**columns)


def places(session: Session) -> dict[tuple[int, int], int]:
    """(frame, object) -> area of every row."""
    return {
        (frame, track.object_id): area
        for track in session.timeline().tracks
        for frame, area in zip(track.frame.tolist(), track.area.tolist(), strict=True)
    }
