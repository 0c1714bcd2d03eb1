"""Files are whole or not there."""

from __future__ import annotations

import errno

import pytest

from masklet.core import DataError
from masklet.core.atomic import cannot_write, writing


def test_a_file_appears_whole(tmp_path):
    target = tmp_path / "new" / "masks.txt"
    with writing(target) as beside:
        assert beside.parent == target.parent
        assert beside.suffix == ".txt"
        beside.write_text("all")
        assert not target.exists()
    assert target.read_text() == "all"
    assert [one.name for one in target.parent.iterdir()] == ["masks.txt"]


def test_what_stood_there_survives_an_error(tmp_path):
    target = tmp_path / "masks.txt"
    target.write_text("old")

    def fail():
        with writing(target) as beside:
            beside.write_text("half")
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        fail()
    assert target.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["masks.txt"]


def test_a_folder_takes_the_place_of_a_folder(tmp_path):
    target = tmp_path / "pngs"
    target.mkdir()
    (target / "old.png").write_text("old")
    with writing(target) as beside:
        beside.mkdir()
        (beside / "new.png").write_text("new")
    assert [one.name for one in target.iterdir()] == ["new.png"]
    assert [one.name for one in tmp_path.iterdir()] == ["pngs"]


def test_a_parent_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot write"), writing(tmp_path / "file" / "a.txt"):
        pass


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EROFS, "read-only; choose another place"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_the_reason_is_in_one_line(number, says):
    import os

    error = cannot_write("masks.db", OSError(number, os.strerror(number)))
    assert str(error).startswith("cannot write masks.db: ")
    assert says in str(error)
    assert "\n" not in str(error)


def test_a_full_disk_is_an_error_of_ours(tmp_path):
    def fill():
        with writing(tmp_path / "a.txt"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DataError, match="the disk is full"):
        fill()
    assert list(tmp_path.iterdir()) == []
