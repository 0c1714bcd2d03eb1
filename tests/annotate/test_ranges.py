"""Frame ranges as people write them."""

from __future__ import annotations

import pytest

from masklet.annotate.ranges import parse_ranges
from masklet.core import UsageError


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("7", [range(7, 8)]),
        ("10-20", [range(10, 21)]),
        (" 10 - 20 , 5", [range(5, 6), range(10, 21)]),
        ("90-", [range(90, 100)]),
        ("0-", [range(100)]),
        ("3,4,5", [range(3, 6)]),
        ("50-60,10-55,12", [range(10, 61)]),
        ("0-5,3-8,99", [range(9), range(99, 100)]),
        ("20-30,0-90,40", [range(91)]),
        ("0007", [range(7, 8)]),
    ],
)
def test_frames_and_ranges_are_read(text: str, ranges: list[range]) -> None:
    assert parse_ranges(text, 100) == ranges


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "-",
        "--3",
        "1--3",
        "1-2-3",
        "1,,2",
        "5,",
        "\u0663",
        "1-\u0665",
        "\uff11",
        "\xb2",
        "1\xa0",
        "+5",
        "1.5",
        "1e1",
        "0x1",
        "a",
        "1 2",
        "9" * 5000,
    ],
)
def test_other_signs_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot read frames .*; expected 7, 10-20 or 400-"):
        parse_ranges(text, 100)


@pytest.mark.parametrize(
    ("text", "found"), [("100", "past the end"), ("5-100", "past the end"), ("9-3", "run backward")]
)
def test_frames_that_are_not_there_are_refused(text: str, found: str) -> None:
    with pytest.raises(UsageError, match=found):
        parse_ranges(text, 100)


def test_many_long_ranges_cost_no_more_than_their_number() -> None:
    """A set of all frames of each part would take minutes, and memory."""
    assert parse_ranges(",".join(["0-"] * 20_000), 10**9) == [range(10**9)]
