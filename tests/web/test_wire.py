"""Packets: what goes in comes out, to the bit; what is wrong with one is said; JavaScript reads them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from masklet.core import DataError, Masks, Video
from masklet.ops import runs
from masklet.ops.table import Row, build
from masklet.web import wire
from web.packets import LABELS, film, plain, told, write

SCRIPT = Path(wire.__file__).parent / "static" / "engine" / "packet.js"
SCORES = st.one_of(st.just(float("nan")), st.integers(0, 65534).map(lambda n: n / 65534))
ROWS = st.builds(
    lambda mask, score, origin, review, flags: (runs.encode(mask), score, origin, review, flags),
    arrays(np.bool_, (9, 12)),
    SCORES,
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(0, 65535),
)


def table(rows: dict[int, tuple[Any, ...]], frame: int = 1) -> Masks:
    made = [
        Row(frame, number, 0, mask, score, origin=origin, review=review, flags=flags)
        for number, (mask, score, origin, review, flags) in rows.items()
    ]
    return build(film(), LABELS, made)


@given(st.dictionaries(st.integers(-1, 2**31 - 1), ROWS, max_size=4), st.integers(0, 2**32 - 1))
def test_a_packet_holds_every_column(rows: dict[int, tuple[Any, ...]], revision: int) -> None:
    masks = table(rows)
    packet = wire.decode(wire.encode(masks, 1, revision), film())
    assert (packet.frame, packet.revision) == (1, revision)
    assert packet.rows == masks


@given(st.lists(ROWS, max_size=8), st.lists(st.integers(0, 3), max_size=6))
def test_packets_of_many_frames_are_those_of_each(
    rows: list[tuple[Any, ...]], frames: list[int]
) -> None:
    made = [
        Row(i % 3, i, 0, mask, score, origin=origin, review=review, flags=flags)
        for i, (mask, score, origin, review, flags) in enumerate(rows)
    ]
    masks = build(film(), LABELS, made)
    together = b"".join(wire.encode_frames(masks, frames, 5))
    assert together == b"".join(wire.encode(masks, frame, 5) for frame in frames)
    packets = list(wire.decode_all(together, film()))
    assert [packet.frame for packet in packets] == frames
    assert [packet.rows for packet in packets] == [masks.on(frame) for frame in frames]


@given(st.binary(max_size=90))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        found = list(wire.decode_all(b"VM\x02\x00" + data, film()))
    except DataError:
        return
    assert all(packet.rows.video == film() for packet in found)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_never_breaks_the_reader(place: int, value: int) -> None:
    data = bytearray(wire.encode(plain()[0][0], 1, 3))
    data[place % len(data)] = value
    try:
        packets = list(wire.decode_all(bytes(data), film()))
    except DataError:
        return
    assert all(packet.rows.video == film() for packet in packets)


def packet(
    box: tuple[int, int, int, int] = (0, 0, 2, 2),
    data: bytes = b"\x01\x03",
    *,
    frame: int = 0,
    n: int = 1,
    origin: int = 0,
    length: int | None = None,
    magic: bytes = b"VM\x02\x00",
) -> bytes:
    head = magic + struct.pack("<IIH", frame, 0, n)
    size = len(data) if length is None else length
    return head + struct.pack("<IHBBH5I", 1, 65535, origin, 0, 0, *box, size) + data


HOSTILE = {
    "nothing": b"",
    "cut short": packet()[:20],
    "no head": b"VM\x02",
    "another format": packet(magic=b"PK\x03\x04"),
    "an older version": packet(magic=b"VM\x01\x00"),
    "unknown flags": packet(magic=b"VM\x02\x01"),
    "a frame beyond the end": packet(frame=4),
    "rows that are not there": packet(n=2),
    "four thousand million bytes": packet(length=2**32 - 1),
    "fewer bytes than it says": packet(length=3),
    "bytes left over": packet() + b"\x00",
    "two packets": packet() + packet(),
    "beyond the right border": packet((11, 0, 2, 2)),
    "beyond the lower border": packet((0, 8, 2, 2)),
    "a box that wraps round": packet((2**32 - 1, 0, 2, 2)),
    "a huge box": packet((0, 0, 2**31, 2**31)),
    "a box without height": packet((0, 0, 2, 0), b""),
    "too few pixels": packet(data=b"\x01\x02"),
    "too many pixels": packet(data=b"\x01\x04"),
    "pixels in an empty box": packet((0, 0, 0, 0), b"\x01"),
    "no runs in a box": packet(data=b""),
    "a run of none": packet(data=b"\x01\x00\x03"),
    "an unfinished number": packet(data=b"\x01\x83"),
    "a number longer than need be": packet(data=b"\x01\x83\x00"),
    "a number of six bytes": packet(data=b"\x80\x80\x80\x80\x80\x01"),
    "a number of 2^32 and more": packet(data=b"\xff\xff\xff\xff\x7f"),
    "a sum that wraps round to the right one": packet(data=b"\xff\xff\xff\xff\x0f\x05"),
    "an unknown origin": packet(origin=6),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_wrong_packet_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(DataError, match=r"^[^\n]*; expected [^\n]*; reload the page$"):
        wire.decode(HOSTILE[name], film())


def test_the_packet_that_the_wrong_ones_are_made_from_is_right() -> None:
    rows = wire.decode(packet(), film()).rows
    expected = np.zeros((9, 12), np.bool_)
    expected[:2, :2] = [[False, True], [True, True]]
    np.testing.assert_array_equal(runs.decode(rows.row_runs(0), (12, 9)), expected)


def test_twice_the_same_object_is_refused() -> None:
    row = packet()[14:]
    with pytest.raises(DataError, match="object 1 has two masks on frame 0"):
        wire.decode(b"VM\x02\x00" + struct.pack("<IIH", 0, 0, 2) + row + row, film())


def test_scores_beyond_their_range_stay_numbers() -> None:
    masks = table({1: (runs.empty((12, 9)), 1.5, 0, 0, 0), 2: (runs.empty((12, 9)), -0.5, 0, 0, 0)})
    assert wire.decode(wire.encode(masks, 1), film()).rows.score.tolist() == [1.0, 0.0]


def test_pictures_of_different_sizes() -> None:
    sizes = np.array([[4, 3], [3, 5]], np.int32)
    video = Video("v", 4, 5, 2, frame_sizes=sizes)
    full = [np.ones((3, 4), np.bool_), np.ones((5, 3), np.bool_)]
    masks = build(video, LABELS, [Row(i, 1, 0, runs.encode(mask)) for i, mask in enumerate(full)])
    found = list(wire.decode_all(b"".join(wire.encode_frames(masks, [0, 1])), video))
    assert [one.rows for one in found] == [masks.on(0), masks.on(1)]
    with pytest.raises(DataError, match="expected one inside 4x3"):
        wire.decode(packet((0, 3, 2, 2)), video)


def test_three_animals_take_less_than_four_kilobytes() -> None:
    """Ellipses of a rat's size in Full HD; the bar of the notes."""
    y, x = np.mgrid[:1080, :1920]
    masks = [
        runs.encode(((x - 400 * i) / 160) ** 2 + ((y - 500 - 40 * i) / 90) ** 2 < 1) for i in (1, 2, 3)
    ]
    rows = [Row(0, i, 0, mask, score=0.9) for i, mask in enumerate(masks)]
    assert len(wire.encode(build(Video("v", 1920, 1080, 1), LABELS, rows), 0)) <= 4000


NODE = """
import { readFileSync } from "node:fs";
import { decodeAll, encode, maskOf } from "%s";
for (const one of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  const bytes = Uint8Array.from(Buffer.from(one.packet, "base64"));
  const [packet] = decodeAll(bytes.buffer);
  const rows = packet.rows.map((row) => ({
    id: row.id, score: Number.isNaN(row.score) ? null : row.score, origin: row.origin,
    review: row.review, flags: row.flags, x: row.x, y: row.y, w: row.w, h: row.h,
    pixels: Array.from(maskOf(row).data).join(""),
  }));
  const again = Buffer.from(encode(packet)).toString("base64") === one.packet;
  console.log(JSON.stringify({ frame: packet.frame, revision: packet.revision, rows, again }));
}
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here to run JavaScript with")
def test_javascript_reads_the_same_and_writes_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "packets.json")
    script = tmp_path / "read.mjs"
    script.write_text(NODE % SCRIPT.as_uri(), "utf-8")
    done = subprocess.run(
        ["node", str(script), str(tmp_path / "packets.json")], capture_output=True, text=True, check=True
    )
    for line, one in zip(done.stdout.splitlines(), plain(), strict=True):
        found, expected = json.loads(line), told(*one)
        assert found.pop("again")
        for mine, theirs in zip(found["rows"], expected["rows"], strict=True):
            assert mine.pop("score") == pytest.approx(theirs.pop("score"), abs=1e-5)
        del expected["packet"]
        assert found == expected
