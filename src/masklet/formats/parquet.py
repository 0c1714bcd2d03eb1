"""masklet's own file: the columns of `Masks` or `Shapes` as a Parquet table, lossless both ways.

One row group structure, one schema, readable by anything that reads Parquet. Columns carry the names
and types of the noun (`runs` is `list<uint32>`, background first, column by column). Everything that
belongs to the whole - video, labels, steps, checked frames - is one JSON text under the key
`masklet` of the file's metadata, with a schema number. Numbers in it are exact (shortest text that
reads back to the same float64).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from masklet._version import __version__
from masklet.core import DataError, Label, MaskletError, Masks, Shapes, Step, UsageError, Video
from masklet.core.protocols import Annotation
from masklet.formats.folders import writing_folder
from masklet.formats.jsontext import from_plain, to_plain
from masklet.ops.table import with_video
from masklet.ops.videos import note_other_video

SCHEMA = 1
"""Raised when a reader of the number before could no longer read the file."""
KEY = b"masklet"
_MAGIC = b"PAR1"
_MASKS = (
    "frame", "object_id", "label_id", "score", "identity_score", "origin", "review", "flags", "step",
)  # fmt: skip
_SHAPES = ("frame", "track_id", "label_id", "kind", "flags", "z_order", "group", "rotation")


class Parquet:
    """`masks.parquet`: one video a file; several videos make a folder of files."""

    def sniff(self, path: Path) -> bool:
        """A Parquet file with masklet's key (or too damaged to say), or a folder that holds some."""
        try:
            if path.is_dir():
                return any(_is_ours(p) for p in sorted(path.glob("*.parquet"))[:1])
            return _is_ours(path)
        except OSError:
            return False

    def read(self, path: Path, video: Video | None = None) -> list[Annotation]:
        """`Masks` or `Shapes` exactly as written; a `video` given replaces the one in the file.

        Raises `DataError` for a damaged file, one without masklet's key, or one of a later schema.
        """
        files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not files:
            raise DataError(f"{path} holds no .parquet file; expected files written by masklet")
        if video is not None and len(files) > 1:
            raise UsageError(f"{path} holds {len(files)} files but one video was given; give one file")
        return [_read_one(file, video) for file in files]

    def write(self, items: Sequence[Annotation], path: Path) -> None:
        """One item to a file; several to a folder, each named after its video."""
        tables = [_table(item) for item in items]
        with writing_folder(path, self.sniff) as beside:
            if len(items) == 1:
                _write_one(tables[0], beside)
                return
            beside.mkdir()
            for name, table in zip(_names(items), tables, strict=True):
                _write_one(table, beside / f"{name}.parquet")


def _is_ours(path: Path) -> bool:
    with path.open("rb") as stream:
        if stream.read(4) != _MAGIC:
            return False
    try:
        return KEY in (pq.read_metadata(path).metadata or {})
    except (pa.ArrowException, OSError, ValueError):
        return True


def _names(items: Sequence[Annotation]) -> list[str]:
    names = [Path(item.video.uri).stem or "video" for item in items]
    return (
        names if len(set(names)) == len(names) else [f"{i:03d}_{name}" for i, name in enumerate(names)]
    )


def _write_one(table: pa.Table, path: Path) -> None:
    about = table.schema.metadata
    bare = table.replace_schema_metadata(None)
    texts = [name for name in ("attributes", "foreign") if name in table.column_names]
    options = {"compression": "zstd", "store_schema": False, "use_dictionary": texts}
    options["write_page_checksum"] = True
    with pq.ParquetWriter(path, bare.schema, **options) as writer:
        writer.write_table(bare)
        writer.add_key_value_metadata(about)


def _table(item: Annotation) -> pa.Table:
    about: dict[str, Any] = {
        "schema": SCHEMA,
        "masklet": __version__,
        "video": _video_to_plain(item.video),
        "labels": [asdict(label) for label in item.labels],
    }
    if isinstance(item, Masks):
        about |= {
            "noun": "masks",
            "steps": [asdict(s) for s in item.steps],
            "checked": item.checked.tolist(),
        }
        columns = {name: pa.array(getattr(item, name)) for name in _MASKS}
        columns["runs"] = _lists(item.offset, item.runs)
    else:
        tracks = [[int(track), to_plain(said)] for track, said in item.tracks.items()]
        about |= {"noun": "shapes", "tracks": tracks, "extra": to_plain(item.extra)}
        columns = {name: pa.array(getattr(item, name)) for name in _SHAPES}
        columns["points"] = _lists(item.offset, item.points)
        columns["attributes"] = pa.array([_text(row) for row in item.attributes], pa.string())
        columns["foreign"] = pa.array([_text(row) for row in item.foreign], pa.string())
    return pa.table(columns, metadata={KEY: json.dumps(about, ensure_ascii=False).encode()})


def _lists(offset: npt.NDArray[np.int64], values: npt.NDArray[Any]) -> pa.Array:
    return pa.LargeListArray.from_arrays(pa.array(offset), pa.array(values))


def _text(row: Mapping[str, Any]) -> str | None:
    return json.dumps(to_plain(row), ensure_ascii=False) if row else None


def _video_to_plain(video: Video) -> dict[str, Any]:
    sizes = None if video.frame_sizes is None else video.frame_sizes.tolist()
    return {
        "uri": video.uri,
        "width": video.width,
        "height": video.height,
        "n_frames": video.n_frames,
        "times": video.times.tolist(),
        "content_hash": video.content_hash,
        "rotation": video.rotation,
        "files": list(video.files),
        "frame_sizes": sizes,
    }


def _read_one(path: Path, video: Video | None) -> Annotation:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        about = _about(file.metadata.metadata or {}, path)
        item = _item(file.read(), about)
        if video is None:
            return item
        note_other_video(item.video, video, path)
        return with_video(item, video) if isinstance(item, Masks) else item.replace(video=video)
    except MaskletError as error:
        raise DataError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    except (pa.ArrowException, OSError) as error:
        why = " ".join(str(error).split())[:160]
        raise DataError(
            f"{path} is damaged or cut short and cannot be read as Parquet ({why})"
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(
            f"{path} does not hold what masklet writes ({error!r}); write it again"
        ) from error


def _about(metadata: Mapping[bytes, bytes], path: Path) -> dict[str, Any]:
    if KEY not in metadata:
        raise DataError(f"{path} is a Parquet table but not masks: it has no {KEY.decode()!r} metadata")
    about = json.loads(metadata[KEY])
    if not isinstance(about, dict) or not isinstance(about.get("schema"), int):
        raise DataError(
            f"{path}: the {KEY.decode()!r} metadata has no schema number; write the file again"
        )
    if about["schema"] > SCHEMA:
        raise DataError(
            f"{path} has schema {about['schema']}, written by masklet {about.get('masklet')}; this "
            f"masklet {__version__} reads up to {SCHEMA}; upgrade masklet"
        )
    return about


def _item(table: pa.Table, about: dict[str, Any]) -> Annotation:
    times = np.array(about["video"]["times"], np.float64)
    lies_on = Video(**{**about["video"], "times": times})
    labels = tuple(Label(**label) for label in about["labels"])
    if about["noun"] == "masks":
        columns = {name: _column(table, name) for name in _MASKS}
        offset, runs = _flat(table, "runs")
        steps = tuple(Step(**step) for step in about["steps"])
        checked = np.array(about["checked"], np.int32)
        return Masks(lies_on, labels, runs=runs, offset=offset, steps=steps, checked=checked, **columns)
    if about["noun"] != "shapes":
        raise DataError(f"holds {about['noun']!r}; expected masks or shapes")
    columns = {name: _column(table, name) for name in _SHAPES}
    offset, points = _flat(table, "points")
    return Shapes(
        lies_on,
        labels,
        points=points,
        offset=offset,
        attributes=_mappings(table, "attributes"),
        foreign=_mappings(table, "foreign"),
        tracks={int(track): from_plain(said) for track, said in about["tracks"]},
        extra=from_plain(about["extra"]),
        **columns,
    )


def _column(table: pa.Table, name: str) -> npt.NDArray[Any]:
    column = table.column(name)
    if column.null_count:
        raise DataError(f"column {name} has {column.null_count} empty cells; expected none")
    return np.asarray(column.to_numpy())


def _flat(table: pa.Table, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    column = table.column(name)
    if column.null_count:
        raise DataError(f"column {name} has {column.null_count} empty cells; expected none")
    counts = [chunk.value_lengths().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    values = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    ends = np.cumsum(np.concatenate(counts)) if counts else np.empty(0)
    flat = np.concatenate(values) if values else np.empty(0)
    return np.concatenate([[0], ends]).astype(np.int64), flat


def _mappings(table: pa.Table, name: str) -> tuple[Mapping[str, Any], ...]:
    """Equal texts are parsed once and share one mapping."""
    known: dict[str | None, Mapping[str, Any]] = {None: {}}
    texts = table.column(name).to_pylist()
    for text in set(texts) - {None}:
        known[text] = from_plain(json.loads(text))
    return tuple(known[text] for text in texts)
