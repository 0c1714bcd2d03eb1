"""File names made from image names: no two alike, none that a disk refuses."""

from __future__ import annotations

import pytest

from masklet.core import DataError
from masklet.formats.frame_names import stems


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "b.jpg"], ["a", "b"]),
        (["x/a.jpg", "y/a.jpg"], ["x_a", "y_a"]),
        (["A.jpg", "A.png"], ["A_jpg", "A_png"]),
        (["a/b/c.jpg", "a_b/c.jpg"], ["a_b_c_jpg_0", "a_b_c_jpg_1"]),
        (["a/b/c.jpg", "a_b/c.png"], ["a_b_c_jpg", "a_b_c_png"]),
        ([], []),
    ],
)
def test_no_two_alike(names: list[str], expected: list[str]) -> None:
    made = stems(names)
    assert len(set(made)) == len(names)
    assert made == expected


@pytest.mark.parametrize("name", ["a\0b.jpg", ".", "..", " ", ""])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(DataError, match="image name"):
        stems(["good.jpg", name])
