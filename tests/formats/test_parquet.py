"""masklet's own file: lossless, and plain about what it cannot read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Label, Masks, ShapeKind, Shapes, UsageError, Video
from masklet.formats.parquet import KEY, SCHEMA, Parquet


def round_trip(item: Masks | Shapes, path: Path) -> Masks | Shapes:
    Parquet().write([item], path)
    (read,) = Parquet().read(path)
    return read


def test_masks_come_back_equal(rich: Masks, tmp_path: Path) -> None:
    assert round_trip(rich, tmp_path / "m.parquet") == rich


def test_no_rows_and_mixed_sizes_come_back(tmp_path: Path) -> None:
    empty = Masks(Video("a", 4, 3, -1), checked=[5, 1])
    assert round_trip(empty, tmp_path / "e.parquet") == empty
    sizes = Video("set", 4, 3, 2, files=("a.png", "b.png"), frame_sizes=np.array([[4, 3], [2, 9]]))
    mixed = Masks(sizes, (Label("ä"),), frame=[0, 1], runs=[12, 0, 18], offset=[0, 1, 3])
    assert round_trip(mixed, tmp_path / "mixed.parquet") == mixed


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=5))
def test_times_are_exact(tmp_path_factory: pytest.TempPathFactory, times: list[float]) -> None:
    masks = Masks(Video("v", 2, 2, len(times), times=np.array(times)))
    assert round_trip(masks, tmp_path_factory.mktemp("t") / "t.parquet") == masks


def shapes() -> Shapes:
    return Shapes(
        Video("cage.mp4", 40, 30, 9),
        (Label("rat"), Label("tail", "line")),
        frame=[3, 0],
        track_id=[2, -1],
        label_id=[1, 0],
        kind=[ShapeKind.POLYLINE, ShapeKind.POLYGON],
        points=[0.1, 1 / 3, 2, 3, 1, 1, 5, 1, 5.25, 5],
        offset=[0, 4, 10],
        flags=[9, 1],
        z_order=[-1, 4],
        group=[0, 7],
        rotation=[0, 12.5],
        attributes=({"pose": "rearing <&>"}, {}),
        foreign=({}, {"source": "manual", "deep": [("a", "b"), {"n": None}]}),
        tracks={2: {"source": "auto"}},
        extra={"cvat": {"meta": [("job", [("id", "7")])], "version": 1.1}},
    )


def test_shapes_come_back_whole(tmp_path: Path) -> None:
    item = shapes()
    read = round_trip(item, tmp_path / "s.parquet")
    assert isinstance(read, Shapes)
    for name in (
        "frame",
        "track_id",
        "label_id",
        "kind",
        "points",
        "offset",
        "flags",
        "z_order",
        "group",
    ):
        np.testing.assert_array_equal(getattr(read, name), getattr(item, name), err_msg=name)
    np.testing.assert_array_equal(read.rotation, item.rotation)
    for name in ("video", "labels", "attributes", "foreign", "tracks", "extra"):
        assert getattr(read, name) == getattr(item, name), name


def test_several_videos_make_a_folder(plain: Masks, tmp_path: Path) -> None:
    other = plain.replace(video=Video("other.mp4", 48, 36, 9))
    Parquet().write([plain, other], tmp_path / "both")
    assert Parquet().sniff(tmp_path / "both")
    assert Parquet().read(tmp_path / "both") == [plain, other]
    with pytest.raises(UsageError, match="one video was given"):
        Parquet().read(tmp_path / "both", plain.video)


def test_the_columns_are_plain_parquet(rich: Masks, tmp_path: Path) -> None:
    Parquet().write([rich], tmp_path / "m.parquet")
    table = pq.read_table(tmp_path / "m.parquet")
    assert table.column("runs").to_pylist()[0] == rich.row_runs(0).tolist()
    assert str(table.schema.field("flags").type) == "uint16"


def with_about(path: Path, target: Path, **changes: object) -> Path:
    """A copy of a file whose metadata says something else; None removes an entry."""
    file = pq.ParquetFile(path)
    about = json.loads(file.metadata.metadata[KEY]) | changes
    kept = {key: value for key, value in about.items() if value is not None}
    with pq.ParquetWriter(target, file.schema_arrow, store_schema=False) as writer:
        writer.write_table(file.read())
        writer.add_key_value_metadata({KEY: json.dumps(kept).encode()})
    return target


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": SCHEMA + 1}, "upgrade masklet"),
        ({"schema": None}, "no schema number"),
        ({"noun": "tracks"}, "expected masks or shapes"),
        ({"video": None}, "does not hold what masklet writes"),
        ({"video": {"uri": "x"}}, "does not hold what masklet writes"),
        ({"labels": []}, "label_id"),
        ({"checked": "all"}, "does not hold what masklet writes"),
    ],
)
def test_wrong_metadata_is_named(
    changes: dict[str, object], says: str, rich: Masks, tmp_path: Path
) -> None:
    Parquet().write([rich], tmp_path / "m.parquet")
    changed = with_about(tmp_path / "m.parquet", tmp_path / "c.parquet", **changes)
    with pytest.raises(DataError, match=says) as caught:
        Parquet().read(changed)
    assert "c.parquet" in str(caught.value)


def test_a_table_of_something_else_is_not_ours(tmp_path: Path) -> None:
    from masklet.formats.tables import write_table

    write_table({"area": [1.0, 2.0]}, tmp_path / "measures.parquet")
    assert not Parquet().sniff(tmp_path / "measures.parquet")
    with pytest.raises(DataError, match="not masks"):
        Parquet().read(tmp_path / "measures.parquet")


def test_a_file_cut_short_is_named(rich: Masks, tmp_path: Path) -> None:
    Parquet().write([rich], tmp_path / "m.parquet")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes((tmp_path / "m.parquet").read_bytes()[:-30])
    assert Parquet().sniff(cut)
    with pytest.raises(DataError, match="damaged or cut short"):
        Parquet().read(cut)
