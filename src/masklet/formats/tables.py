"""Plain tables of numbers and text: CSV or Parquet, by suffix."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from masklet.core import DataError, UsageError
from masklet.core.atomic import writing

Columns = Mapping[str, npt.ArrayLike]


def write_table(columns: Columns, path: Path | str) -> None:
    """Write columns of equal length, in their order, whole or not at all.

    A NaN is an empty cell in CSV. Raises `UsageError` for a suffix other than .csv and .parquet,
    `DataError` where columns differ in length or the disk refuses.
    """
    target = Path(path)
    suffix = _suffix(target)
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise DataError(f"the columns of {target.name} differ in length: {lengths}; expected one length")
    table = pa.table({name: pa.array(a, from_pandas=suffix == ".csv") for name, a in arrays.items()})
    with writing(target) as beside:
        if suffix == ".csv":
            _write_csv(table, beside)
        else:
            pa.parquet.write_table(table, beside, compression="zstd")


def _write_csv(table: pa.Table, path: Path) -> None:
    with path.open("wb") as stream:
        header = io.StringIO()
        csv.writer(header, lineterminator="\n").writerow(table.column_names)
        stream.write(header.getvalue().encode())
        options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
        pa.csv.write_csv(table, stream, options)


def read_table(path: Path | str) -> dict[str, npt.NDArray[Any]]:
    """Columns by name; empty cells of a numeric column are NaN. Raises `DataError` for anything else."""
    source = Path(path)
    suffix = _suffix(source)
    try:
        table = pa.csv.read_csv(source) if suffix == ".csv" else pa.parquet.read_table(source)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"cannot read {source}: {' '.join(str(error).split())[:200]}") from error
    return {
        name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise UsageError(f"a table is written to .csv or .parquet; found {path.name!r}")
    return suffix
