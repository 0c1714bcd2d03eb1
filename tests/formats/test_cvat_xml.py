"""What arrives is not trusted: broken XML, entity bombs, odd encodings, bad zips."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from formats.cvat_compare import assert_same
from masklet.core import DataError, Shapes, Video
from masklet.formats.cvat_images import CvatImages
from masklet.formats.cvat_nodes import escaped, quoted
from masklet.formats.cvat_video import CvatVideo

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
VIDEO = (GOLDEN / "cvat_video_job.xml").read_bytes()
IMAGES = (GOLDEN / "cvat_images_task.xml").read_bytes()
EMPTY = b"<annotations><version>1.1</version><meta><task><mode>%s</mode></task></meta></annotations>"


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "in.xml"
    path.write_bytes(data)
    return path


def zipped(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (VIDEO, "video"),
        (IMAGES, "images"),
        (VIDEO[: len(VIDEO) // 2], "video"),
        (b"\xef\xbb\xbf" + VIDEO, "video"),
        (EMPTY % b"interpolation", "video"),
        (EMPTY % b"annotation", "images"),
        (b"<annotations><version>2.0</version><track/></annotations>", None),
        (b"<annotations><track/></annotations>", None),
        (b"<annotation><filename>voc.jpg</filename></annotation>", None),
        (b"<html><body></body></html>", None),
        (b"{}", None),
        (b"", None),
        (b"PK\x03\x04 not a zip", None),
        (b"\x00\xff" * 100, None),
    ],
)
def test_formats_are_told_apart_by_content(data, kind, tmp_path):
    path = written(tmp_path, data)
    assert (CvatVideo().sniff(path), CvatImages().sniff(path)) == (kind == "video", kind == "images")


def test_sniffing_a_folder_or_nothing_is_false(tmp_path):
    assert not CvatVideo().sniff(tmp_path)
    assert not CvatImages().sniff(tmp_path / "absent.xml")


BOMB = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]>'


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BOMB + VIDEO.partition(b"?>")[2], "line 1: found a document type"),
        (VIDEO.replace(b"rears", b"r&boom;s"), "undefined entity"),
        (VIDEO.replace(b"utf-8", b"latin-1"), "line 1: found encoding 'latin-1'; expected UTF-8"),
        (VIDEO.replace(b"rears", b"r\xe9ars"), "not well-formed"),
        (VIDEO.replace(b"rears", b"r\x00ars"), "not well-formed"),
        (VIDEO[:3000], "line .*: found broken XML"),
        (b"", "found broken XML .no element found."),
        (b"<a/>", "line 1: <a>: found this as the outermost element; expected <annotations>"),
        (b"<annotations/>", "found no <version>"),
        (b"<annotations>" + b"<a>" * 99 + b"</a>" * 99 + b"</annotations>", "nested deeper than 40"),
        (VIDEO.replace(b"<version>1.1", b"<version>2.0"), "found version '2.0'; expected 1.x"),
    ],
)
def test_hostile_and_broken_files_are_refused(data, message, tmp_path):
    with pytest.raises(DataError, match=message) as caught:
        CvatVideo().read(written(tmp_path, data))
    assert "in.xml: " in str(caught.value)


def test_utf_16_says_so_itself(tmp_path):
    items = CvatVideo().read(written(tmp_path, VIDEO.decode().encode("utf-16")))
    assert_same(items, CvatVideo().read(written(tmp_path, VIDEO)))


def test_folders_and_absent_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        CvatVideo().read(tmp_path)
    with pytest.raises(DataError, match="cannot be read: No such file"):
        CvatVideo().read(tmp_path / "absent.xml")


def test_the_one_annotations_file_of_a_zip_is_read(tmp_path):
    path = zipped(tmp_path, **{"images/a.jpg": b"", "export/annotations.xml": VIDEO})
    assert len(CvatVideo().read(path)[0]) == 11


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.txt": b""}, "a zip with 0 files annotations.xml"),
        ({"a/annotations.xml": VIDEO, "b/annotations.xml": VIDEO}, "a zip with 2 files annotations.xml"),
        ({"annotations.xml": VIDEO, "/etc/x": b""}, "'/etc/x', which leaves its folder"),
        ({"annotations.xml": VIDEO, "../x": b""}, "'../x', which leaves its folder"),
        ({"annotations.xml": VIDEO, "C:/x": b""}, "'C:/x', which leaves its folder"),
        ({"annotations.xml": b" " * (1 << 27)}, "unpacks from .* do not trust this file"),
    ],
)
def test_odd_zips_are_refused(members, message, tmp_path):
    path = zipped(tmp_path, **members)
    assert not CvatVideo().sniff(path)
    with pytest.raises(DataError, match=message):
        CvatVideo().read(path)


def test_damaged_zips_are_refused(tmp_path):
    path = zipped(tmp_path, **{"annotations.xml": VIDEO})
    data = bytearray(path.read_bytes())
    data[120:160] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(DataError, match="found a damaged zip"):
        CvatVideo().read(path)


@pytest.mark.parametrize(
    "text", ["plain", 'a "b" <c> & d', "tab\tline\nreturn\r", "µ 鼠 \U0001f400", ""]
)
def test_text_survives_xml(text):
    from xml.etree import ElementTree

    element = ElementTree.fromstring(f'<a b="{quoted(text)}">{escaped(text)}</a>')
    assert element.get("b") == text
    assert (element.text or "") == text


@pytest.mark.parametrize("text", ["nul\x00", "bell\x07", "half \ud800 pair", "\uffff"])
def test_text_that_xml_cannot_hold_is_refused(text, tmp_path):
    item = Shapes(Video("a.mp4", 4, 4, 1), extra={"cvat": {"root": {"note": text}}})
    with pytest.raises(DataError, match="which XML cannot hold"):
        CvatVideo().write([item], tmp_path / "out.xml")
    assert not (tmp_path / "out.xml").exists()
