"""Two flies with identity: masks by threshold on the first frame, key points as judges on all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from masklet.core import Label, Masks, MediaSource
from masklet.core.arrays import Floats
from masklet.media import open_media
from masklet.ops import runs
from masklet.ops.raster import components
from masklet.ops.table import Row, build
from propagation_parts import measures
from propagation_parts.bench import Bench
from propagation_parts.footage import DATA, Clip, needed
from propagation_parts.part import AbsentError, Figures, Job, Record, Table
from propagation_parts.results import Results
from propagation_parts.sheets import sheet
from propagation_parts.tracking import TIMES, follow

QUICK = 300
BRIGHT = 50
"""Grey level above which a pixel of the first frame is fly."""
LASTING = 5
"""Frames for which key points must lie in the other id's mask before it counts as a switch."""
NAMES = ("female", "male")
TITLE = "Two flies, 25 frames a second"
NOTE = (
    "First frame: the parts brighter than the ground that most key points of each fly lie in. On "
    "every later frame the fly of key points `female` (`male`) belongs to the id whose mask holds "
    f"most of them. A switch: that id changes for {LASTING} frames or more. `in own mask`: share of "
    "key points; feet and wing tips lie outside of any mask."
)
COLUMNS = {
    "video": "",
    "frames": "g",
    "id switches": "g",
    "frames on the other": "g",
    "in own mask": ".3f",
    "in the other's": ".3f",
    "frames without a mask": "g",
    **TIMES,
}


def jobs(bench: Bench) -> Iterator[Job]:
    """One row."""
    if find_spec("h5py") is None:
        raise AbsentError("the key points of the flies are HDF5: pip install h5py")
    needed(DATA / "flies_pair")
    if bench.chosen("flies"):
        yield Job("flies", lambda: _record(bench))


def _record(bench: Bench) -> Record:
    folder = DATA / "flies_pair"
    media = open_media(str(folder / "clip.mp4"))
    points = key_points(folder / "clip.slp")
    n = min(bench.frames or (QUICK if bench.quick else len(points)), len(points))
    clip = Clip("two flies", "", media, first_masks(media, points[0]), n - 1)
    outcome = follow(bench.make(), clip, bench.whole)
    held = points_held(outcome.rows, points[:n])
    if bench.sheets:
        sheet(bench.sheets, "flies", clip, outcome.rows)
    return Record(_figures(held, points[:n], outcome.rows) | outcome.times)


def key_points(path: Path) -> Floats:
    """`(frames, 2, k, 2)` x, y of every fly's points, in the order of `NAMES`; NaN = not seen."""
    import h5py

    with h5py.File(path) as file:
        instances, points, frames = file["instances"][:], file["points"][:], file["frames"][:]
    k = int(instances["point_id_end"][0] - instances["point_id_start"][0])
    found = np.full((len(frames), len(NAMES), k, 2), np.nan)
    order = np.argsort(frames["frame_id"])
    index = frames["frame_idx"][order][instances["frame_id"]]
    for frame, one in zip(index, instances, strict=True):
        mine = points[one["point_id_start"] : one["point_id_end"]]
        found[int(frame), one["track"]] = np.stack([mine["x"], mine["y"]], axis=1)
    return found


def first_masks(media: MediaSource, points: Floats) -> Masks:
    """Each fly's bright part on frame 0, ids 1 and 2."""
    place, _ = components(media[0].mean(axis=2) > BRIGHT)
    rows = []
    for k, mine in enumerate(points):
        x, y = np.floor(mine[~np.isnan(mine).any(axis=1)]).astype(int).T
        hit = place[y, x]
        part = np.bincount(hit[hit > 0]).argmax()
        rows.append(Row(0, k + 1, 0, runs.encode(place == part)))
    return build(media.video, (Label("fly"),), rows, checked=[0])


def points_held(rows: Masks, points: Floats) -> np.ndarray:
    """`(frames, 2, 2) int`: how many key points of fly i lie in the mask of id j + 1."""
    held = np.zeros((len(points), 2, 2), int)
    for frame, both in enumerate(points):
        masks = rows.on(frame)
        for row, obj in enumerate(masks.object_id):
            mask = runs.decode(masks.row_runs(row), masks.video.size_wh(frame))
            for k, mine in enumerate(both):
                x, y = np.floor(mine[~np.isnan(mine).any(axis=1)]).astype(int).T
                inside = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
                held[frame, k, int(obj) - 1] = mask[y[inside], x[inside]].sum()
    return held


def _figures(held: np.ndarray, points: Floats, rows: Masks) -> Figures:
    owners = [[_owner(pair) for pair in held[1:, k]] for k in range(2)]
    seen = (~np.isnan(points[1:]).any(axis=3)).sum()
    own = held[1:, [0, 1], [0, 1]].sum()
    astray = sum(owner not in (None, k) for k in range(2) for owner in owners[k])
    later = rows.frame > 0
    return {
        "video": "two flies",
        "frames": len(held) - 1,
        "id switches": sum(
            measures.lasting_changes([k] * LASTING + owners[k], LASTING) for k in range(2)
        ),
        "frames on the other": astray,
        "in own mask": float(own / seen),
        "in the other's": float((held[1:].sum() - own) / seen),
        "frames without a mask": 2 * (len(held) - 1) - int(later.sum()),
    }


def _owner(pair: np.ndarray) -> int | None:
    return None if pair[0] == pair[1] else int(pair.argmax())


def summary(_: Sequence[Figures], __: Results) -> list[Table]:
    """None: one row."""
    return []
