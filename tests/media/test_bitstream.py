"""What packets say of themselves, bit by bit."""

from __future__ import annotations

import pytest

from masklet.media.bitstream import CleanStarts, hidden


@pytest.mark.parametrize(
    ("codec", "data", "expected"),
    [
        ("vp8", b"\x10\x00\x00", False),
        ("vp8", b"\x01\x00\x00", True),
        ("vp9", bytes([0b10000010, 0, 0]), False),  # profile 0, key, shown
        ("vp9", bytes([0b10000100, 0, 0]), True),  # profile 0, inter, not shown
        ("vp9", bytes([0b10001000, 0, 0]), False),  # shows an existing frame
        ("vp9", bytes([0b10110000, 0, 0]), True),  # profile 3, one reserved bit
        ("vp9", bytes([0b10000100, 0, 0b11000001]), False),  # a superframe
        ("h264", b"\x00\x00\x00\x01\x65", False),
        ("vp8", b"", True),
    ],
)
def test_hidden(codec: str, data: bytes, expected: bool) -> None:
    assert hidden(codec, memoryview(data)) is expected


def unit(kind: int, *body: int) -> bytes:
    return bytes([0, 0, 0, 1, kind, *body])


SPS, PPS, IDR, SLICE = unit(0x67, 1, 2, 3), unit(0x68, 1, 2), unit(0x65, 1, 2), unit(0x41, 1, 2)
RECOVERY, INEXACT, SLOW = unit(6, 6, 1, 0xC4), unit(6, 6, 1, 0x84), unit(6, 6, 1, 0x4C)
OTHER_MESSAGE_FIRST = unit(6, 5, 2, 9, 9, 6, 1, 0xC4)


@pytest.mark.parametrize(
    ("packets", "starts"),
    [
        ([(True, IDR), (False, SLICE), (True, IDR)], [0, 2]),
        ([(True, IDR), (True, SLICE)], [0]),
        ([(True, IDR), (True, RECOVERY + SLICE)], [0, 1]),
        ([(True, IDR), (True, OTHER_MESSAGE_FIRST + SLICE)], [0, 1]),
        ([(True, IDR), (True, INEXACT + SLICE)], [0]),
        ([(True, IDR), (True, SLOW + SLICE)], [0]),
        ([(True, SPS + PPS + IDR), (True, SPS + PPS + IDR), (True, IDR)], [0, 1]),
        ([(True, SPS + PPS + IDR), (False, PPS + SLICE), (True, IDR)], [0]),
    ],
)
def test_clean_starts_of_h264(packets: list[tuple[bool, bytes]], starts: list[int]) -> None:
    clean = CleanStarts("h264", None)
    for ordinal, (is_key, data) in enumerate(packets):
        clean.see(ordinal, is_key, memoryview(data))
    assert clean.ordinals() == starts


def test_units_with_lengths() -> None:
    clean = CleanStarts("h264", bytes([1, 0x64, 0, 30, 0xFF]))
    for ordinal, kind in enumerate([0x65, 0x41, 0x65]):
        clean.see(ordinal, True, memoryview(bytes([0, 0, 0, 3, kind, 1, 2])))
    assert clean.ordinals() == [0, 2]


def test_other_codecs_begin_at_every_key_packet() -> None:
    clean = CleanStarts("mpeg4", None)
    for ordinal, is_key in enumerate([True, False, True]):
        clean.see(ordinal, is_key, memoryview(b"x"))
    assert clean.ordinals() == [0, 2]
