"""`Shapes` as rows of a table, and back, losslessly."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import astuple
from itertools import pairwise
from typing import Any

import numpy as np

from masklet.core.errors import DataError
from masklet.core.shapes import Shapes
from masklet.core.video import Video
from masklet.store.catalog import label_from

_COLUMNS = {
    "frame": np.int32,
    "track_id": np.int32,
    "label_id": np.int16,
    "kind": np.uint8,
    "flags": np.uint16,
    "z_order": np.int32,
    "group": np.int32,
    "rotation": np.float32,
}


def write_shapes(sql: sqlite3.Connection, video_id: int, shapes: Shapes) -> None:
    """Replace the drawings of a video. Inside a transaction."""
    sql.execute("DELETE FROM shapes WHERE video = ?", (video_id,))
    sql.execute("DELETE FROM shape_sets WHERE video = ?", (video_id,))
    labels = [astuple(label) for label in shapes.labels]
    tracks = [[int(track), values] for track, values in shapes.tracks.items()]
    sql.execute(
        "INSERT INTO shape_sets VALUES (?, ?, ?, ?)",
        (video_id, to_json(labels), to_json(tracks), to_json(shapes.extra)),
    )
    points = shapes.points.astype("<f8").tobytes()
    edges = (shapes.offset * 8).tolist()
    rows = zip(
        range(len(shapes)),
        *(getattr(shapes, name).tolist() for name in _COLUMNS),
        (points[a:b] for a, b in pairwise(edges)),
        map(to_json, shapes.attributes),
        map(to_json, shapes.foreign),
        strict=True,
    )
    sql.executemany(f"INSERT INTO shapes VALUES ({video_id}, {', '.join('?' * 12)})", rows)


def read_shapes(sql: sqlite3.Connection, video_id: int, video: Video) -> Shapes | None:
    """The drawings of a video as they were written; None where there are none."""
    head = sql.execute(
        "SELECT labels, tracks, extra FROM shape_sets WHERE video = ?", (video_id,)
    ).fetchone()
    if head is None:
        return None
    names = "frame, track_id, label_id, kind, flags, z_order, grouped, rotation, points"
    query = f"SELECT {names}, attributes, remaining FROM shapes WHERE video = ? ORDER BY position"
    rows = sql.execute(query, (video_id,)).fetchall()
    *numbers, points, attributes, foreign = list(zip(*rows, strict=True)) or [()] * 11
    columns: dict[str, Any] = {
        name: np.array(values, dtype)
        for (name, dtype), values in zip(_COLUMNS.items(), numbers, strict=True)
    }
    return Shapes(
        video,
        tuple(map(label_from, json.loads(head[0]))),
        points=np.frombuffer(b"".join(points), "<f8"),
        offset=np.cumsum([0, *(len(blob) // 8 for blob in points)]),
        attributes=tuple(map(json.loads, attributes)),
        foreign=tuple(map(json.loads, foreign)),
        tracks={int(track): values for track, values in json.loads(head[1])},
        extra=json.loads(head[2]),
        **columns,
    )


def to_json(value: Any) -> str:
    """`value` as JSON text. `DataError` where JSON cannot give it back as it is."""
    try:
        return json.dumps(value, default=_plain, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"a drawing carries something that a project cannot hold: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r}")
