from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, Flags, ShapeKind, Shapes
from masklet.store import Project
from store.samples import LABELS, every_kind, video

COLUMNS = [field.name for field in fields(Shapes)]


def drawings() -> Shapes:
    return Shapes(
        video(),
        LABELS,
        frame=[3, 0, 3],
        track_id=[7, 7, -1],
        label_id=[0, 0, 1],
        kind=[ShapeKind.POLYGON, ShapeKind.TAG, ShapeKind.POLYLINE],
        points=[1.25, 2, 3, 4, 0.1 + 0.2, 6, -1e-300, 8],
        offset=[0, 6, 6, 8],
        flags=[Flags.KEYFRAME, Flags.OUTSIDE, 0],
        z_order=[0, -3, 9],
        group=[0, 0, 4],
        rotation=[0, 12.5, 359.99],
        attributes=({"sex": "f", "ear tag": "ü"}, {}, {"x": ""}),
        foreign=({"source": "manual", "list": [1, None, 2.5]}, {}, {"deep": {"a": {"b": True}}}),
        tracks={7: {"name": "anna"}, -2: {}},
        extra={"cvat-video": {"meta": ["<job/>"]}},
    )


def same(a: Shapes | None, b: Shapes) -> bool:
    assert a is not None
    for name in COLUMNS:
        mine, theirs = getattr(a, name), getattr(b, name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine, theirs)
        else:
            assert mine == theirs
    return True


def test_drawings_come_back(project: Project, path: Path) -> None:
    assert project.shapes() is None
    project.masks().append(every_kind())
    project.put_shapes(drawings())
    project.close()
    with Project.open(path, readonly=True) as again:
        assert same(again.shapes(), drawings())
        assert again.masks().load() == every_kind()


def test_new_drawings_take_the_place_of_the_old(project: Project) -> None:
    project.put_shapes(drawings())
    project.put_shapes(drawings().take([2]))
    assert same(project.shapes(), drawings().take([2]))
    project.put_shapes(Shapes(video()))
    assert same(project.shapes(), Shapes(video()))


def test_what_json_cannot_hold_is_refused(project: Project) -> None:
    project.put_shapes(drawings())
    with pytest.raises(DataError, match=r"cannot hold: bytes b'x'"):
        project.put_shapes(drawings().replace(extra={"raw": b"x"}))
    with pytest.raises(DataError, match="width 41"):
        project.put_shapes(Shapes(video(width=41)))
    assert same(project.shapes(), drawings())
