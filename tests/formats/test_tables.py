"""Tables of measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, UsageError
from masklet.formats.tables import read_table, write_table


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_numbers_and_text_come_back(name: str, tmp_path: Path) -> None:
    columns = {"frame": [0, 1, 2], "area": [1.5, float("nan"), 1 / 3], "label": ['a "rat"', "b,c", ""]}
    write_table(columns, tmp_path / name)
    read = read_table(tmp_path / name)
    assert list(read) == ["frame", "area", "label"]
    np.testing.assert_array_equal(read["frame"], columns["frame"])
    np.testing.assert_array_equal(read["area"], columns["area"])
    assert read["label"].tolist()[:2] == columns["label"][:2]


def test_a_missing_number_is_an_empty_cell(tmp_path: Path) -> None:
    write_table({"a": [1.0, float("nan")], "b": [1, 2]}, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == ["a,b", "1,1", ",2"]


def test_what_is_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.csv or \.parquet"):
        write_table({"a": [1]}, tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="differ in length"):
        write_table({"a": [1], "b": [1, 2]}, tmp_path / "t.csv")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="cannot read"):
        read_table(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="cannot read"):
        read_table(tmp_path / "absent.csv")
