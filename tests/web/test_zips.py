"""Zips: what goes in comes out, and what would hurt does not come in."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from masklet.core import DataError
from masklet.web import zips


def made(folder: Path, files: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, kind)
    return path


def taken(path: Path, folder: Path, largest: int = zips.LARGEST) -> dict[str, bytes]:
    out = folder / "out"
    out.mkdir()
    zips.unpack(path, out, "mine.zip", largest)
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_a_folder_goes_in_and_comes_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.json").write_text("{}" * 1000)
    (folder / "deep" / "ä.png").write_bytes(bytes(100))
    zips.pack(folder, tmp_path / "a.zip")
    assert taken(tmp_path / "a.zip", tmp_path) == {"a.json": b"{}" * 1000, "deep/ä.png": bytes(100)}
    assert (tmp_path / "a.zip").stat().st_size < 1000


NAMES = [
    "../a",
    "a/../../b",
    "/etc/a",
    "..\\a",
    "C:\\a",
    "c:a",
    "\\\\host\\a",
    "a/../../../../etc/passwd",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, {"ok.txt": b"1", name: b"2"})
    with pytest.raises(DataError, match="which leads elsewhere; do not trust this file"):
        taken(path, tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip", "out"]


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="'link', which leads elsewhere"):
        taken(path, tmp_path)


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "PLAIN", 1 << 20)
    path = made(tmp_path, {"zeros": bytes(8 << 20)})
    with pytest.raises(DataError, match="400 times as much"):
        taken(path, tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_more_than_allowed_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, {"a": bytes(600), "b": bytes(600)})
    with pytest.raises(DataError, match="2 files of 1200"):
        taken(path, tmp_path, 1000)


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    """Its head says 10 bytes; 1000 are packed in it."""
    path = made(tmp_path, {"a": b"x" * 1000})
    data = bytearray(path.read_bytes())
    where = data.rfind(b"PK\x01\x02")
    data[where + 24 : where + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"mine.zip"):
        taken(path, tmp_path)


def test_a_name_that_comes_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a", "2")
    with pytest.raises(DataError, match="'a' twice"):
        taken(path, tmp_path)


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, {"a": b"hello" * 1000})
    whole = path.read_bytes()
    for k, spoilt in enumerate((whole[:-30], whole[:40] + bytes(20) + whole[60:], b"PK\x03\x04")):
        path.write_bytes(spoilt)
        home = tmp_path / str(k)
        home.mkdir()
        with pytest.raises(DataError, match="damaged zip"):
            taken(path, home)


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a", "secret")
    data = bytearray(stream.getvalue())
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(magic) + at] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(DataError, match="damaged zip"):
        taken(tmp_path / "a.zip", tmp_path)
