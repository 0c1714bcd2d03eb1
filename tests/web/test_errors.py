"""What a browser is told of an error: names of files, never where on the server they lie."""

from __future__ import annotations

import sqlite3

import pytest

from masklet.store.errors import explain
from masklet.web.errors import refusal_of, without_folders


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("project /srv/lab/p/project.masklet cannot grow", "project project.masklet cannot grow"),
        ("cannot write /home/My Rats/x y/out.xml: full", "cannot write out.xml: full"),
        ("'/a/b.mp4' is not /c/d.mp4; see /e/f", "'b.mp4' is not d.mp4; see f"),
        ("/a/b.mp4:/c/d.mp4", "b.mp4:d.mp4"),
        ("C:\\Users\\A B\\film.mp4 is gone", "film.mp4 is gone"),
        ("C:/Users/film.mp4 is gone", "film.mp4 is gone"),
        ("\\\\server\\share\\film.mp4 is gone", "film.mp4 is gone"),
        (
            "http://127.0.0.1:8800/api/v1 and/or 3/4, 5 / 3",
            "http://127.0.0.1:8800/api/v1 and/or 3/4, 5 / 3",
        ),
        ("frames 3/4 of deep/two.avi", "frames 3/4 of deep/two.avi"),
    ],
)
def test_folders_are_left_out(message: str, shown: str) -> None:
    assert without_folders(message) == shown


def test_a_full_disk_is_told_without_the_path_of_the_project() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    found = explain("/srv/lab/p/project.masklet", full)
    found.__cause__ = full
    told = refusal_of(found)
    assert (told.status, told.code) == (507, "disk_full")
    assert told.text == "project project.masklet cannot grow: the disk is full"
    assert told.remedy.startswith("free some space")
