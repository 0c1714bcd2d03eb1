"""Damaged files give a result or an error of masklet's own, nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from formats.cvat_compare import assert_same
from masklet.core import MaskletError
from masklet.formats.cvat_images import CvatImages
from masklet.formats.cvat_video import CvatVideo

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("cvat_*.xml"))
BITS = [
    b'"',
    b"<",
    b">",
    b"&",
    b"\x00",
    b"\xff",
    b"-",
    b"0",
    b"9" * 30,
    b"nan",
    b"e9999",
    b",",
    b";",
    b"</",
]
BITS += [
    b"<mask ",
    b"<track>",
    b"<image>",
    b"<!DOCTYPE x>",
    b"<![CDATA[",
    b"<!--",
    b"<attribute/>",
    b"\xc3",
]

edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(BITS) | st.binary(max_size=4)),
    min_size=1,
    max_size=6,
)
ODD = [
    "",
    "0",
    "-1",
    "1",
    "2.5",
    "9999999999",
    "nan",
    "1e400",
    "x",
    "0, 1",
    "1,1",
    "1,1;2,2",
    "٣",
    " 7 ",
    "&lt;",
]
swaps = st.lists(st.tuples(st.floats(0, 1), st.sampled_from(ODD)), min_size=1, max_size=4)
quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def damaged(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """`data` with pieces cut out and others put in, at places from 0 (begin) to 1 (end)."""
    for place, cut, insert in changes:
        at = int(place * len(data))
        data = data[:at] + insert + data[at + cut :]
    return data


def swapped(text: str, changes: list[tuple[float, str]]) -> str:
    """`text` with some of its attribute values and short texts replaced by odd ones."""
    for place, value in changes:
        spots = list(re.finditer(r'(?<==")[^"<]*(?=")|(?<=>)[^<>\n]+(?=<)', text))
        spot = spots[min(int(place * len(spots)), len(spots) - 1)]
        text = text[: spot.start()] + value + text[spot.end() :]
    return text


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for reader in (CvatVideo(), CvatImages()):
        reader.sniff(path)
        try:
            items = reader.read(path)
        except MaskletError as error:
            said = str(error)
        else:
            said = ""
            reader.write(items, path.with_name("out.xml"))
            assert_same(reader.read(path.with_name("out.xml")), items)
        assert "\n" not in said


@pytest.mark.parametrize("source", GOLDEN, ids=lambda path: path.stem)
@quick
@given(changes=edits)
def test_damaged_golden_files(source, changes, tmp_path):
    check(tmp_path / "in.xml", damaged(source.read_bytes(), changes))


@pytest.mark.parametrize("source", GOLDEN, ids=lambda path: path.stem)
@quick
@given(changes=swaps)
def test_odd_values_in_golden_files(source, changes, tmp_path):
    check(tmp_path / "in.xml", swapped(source.read_text(), changes).encode())


@quick
@given(changes=edits, cut=st.floats(0, 1))
def test_damaged_rat_file(changes, cut, shared_data, tmp_path):
    data = (shared_data / "rat_cage/annotations_cvat_video_1.1.xml").read_bytes()
    piece = data[:9000] + b'"></polygon></track></annotations>'
    piece = piece if cut > 0.2 else piece[: int(len(piece) * cut * 5)]
    check(tmp_path / "in.xml", damaged(piece, changes))
