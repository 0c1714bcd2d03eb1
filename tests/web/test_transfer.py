"""Exports that read back as what was in the project, imports of every format, and hostile ones."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from masklet.core import Label, Masks, Origin, Review, Video
from masklet.core.registry import available
from masklet.formats import files
from masklet.ops.table import Row, build
from masklet.web import offers
from masklet.web.exports import identified
from masklet.web.workplace import Workplace
from web_kit import SCENE, asked

pytestmark = pytest.mark.anyio
ROOT = "/api/v1"
WRITES = sorted(one["name"] for one in offers.formats() if one["writes"])


@pytest.fixture
def drawn(place: Workplace) -> Masks:
    """The scene's truth on some frames, in the project."""
    truth = SCENE.truth(frames=range(4)).replace(video=place.video(1))
    rows = truth.replace(checked=np.arange(4))
    place.store(1).append(rows, "ann")
    return place.store(1).load()


async def exported(client: httpx.AsyncClient, name: str, **more: Any) -> tuple[dict[str, Any], bytes]:
    answer = await client.post(f"{ROOT}/videos/1/exports", json={"format": name, **more})
    assert answer.status_code == 201, answer.text
    file = await client.get(f"{ROOT}/exports/{answer.json()['id']}")
    assert len(file.content) == answer.json()["size"]
    assert answer.json()["name"] in file.headers["content-disposition"]
    return answer.json(), file.content


async def imported(client: httpx.AsyncClient, name: str, data: bytes, **more: Any) -> httpx.Response:
    begun = await client.post(f"{ROOT}/uploads", json={"name": name, "size": len(data)})
    number = begun.json()["id"]
    await client.put(f"{ROOT}/uploads/{number}?offset=0", content=data)
    return await client.post(f"{ROOT}/videos/1/imports", json={"upload": number, **more})


@pytest.mark.parametrize("name", WRITES)
async def test_every_format_goes_out_and_comes_in(place: Workplace, drawn: Masks, name: str) -> None:
    async with asked(place) as client:
        made, data = await exported(client, name)
        session = place.session(1, "ann")
        session.delete(range(12), session_objects(place))
        assert len(place.store(1).load()) == 0
        answer = await imported(client, made["name"], data)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == len(drawn)
    back = place.store(1).load()
    assert sorted(back.frame.tolist()) == sorted(drawn.frame.tolist())
    before, after = (sorted(zip(m.frame.tolist(), areas(m), strict=True)) for m in (drawn, back))
    for (frame, size), (frame_after, size_after) in zip(before, after, strict=True):
        assert frame == frame_after
        assert size_after == pytest.approx(size, rel=0.25, abs=8)


def session_objects(place: Workplace) -> list[int]:
    return [one.id for one in place.session(1, "ann").objects()]


def areas(masks: Masks) -> list[int]:
    return [int(masks.row_runs(i)[1::2].sum()) for i in range(len(masks))]


async def test_what_a_format_cannot_hold_is_told(place: Workplace, drawn: Masks) -> None:
    async with asked(place) as client:
        lossy, _ = await exported(client, "coco")
        lossless, _ = await exported(client, "parquet")
    assert any("cannot hold" in text for text in lossy["warnings"])
    assert lossless["warnings"] == []


async def test_coco_holds_what_the_screen_showed(place: Workplace, drawn: Masks, tmp_path: Path) -> None:
    async with asked(place) as client:
        _, data = await exported(client, "coco")
    found = json.loads(data)
    assert len(found["annotations"]) == len(drawn)
    (tmp_path / "a.json").write_bytes(data)
    rows = files.read(tmp_path / "a.json", place.video(1))
    np.testing.assert_array_equal(rows.runs, drawn.runs)


async def test_trust_only_leaves_out_what_nobody_stands_behind(place: Workplace, drawn: Masks) -> None:
    rows = drawn.take(drawn.frame == 0).replace(
        frame=np.full(2, 9), origin=Origin.PROPAGATED, review=Review.TODO
    )
    place.store(1).append(rows, "engine")
    async with asked(place) as client:
        every, trusted = [
            json.loads((await exported(client, "coco", trust_only=trust))[1]) for trust in (False, True)
        ]
    assert len(every["annotations"]) == len(drawn) + 2
    assert len(trusted["annotations"]) == len(drawn)


async def test_a_folder_comes_as_a_zip(place: Workplace, drawn: Masks) -> None:
    async with asked(place) as client:
        made, data = await exported(client, "yolo")
    assert made["name"].endswith("-yolo.zip")
    assert any(name.endswith(".txt") for name in zipfile.ZipFile(io.BytesIO(data)).namelist())


async def test_an_import_is_one_step_back(place: Workplace, drawn: Masks) -> None:
    async with asked(place) as client:
        _, data = await exported(client, "parquet")
        place.session(1, "ann").delete(range(12), session_objects(place))
        headers = {"X-Author": "bob"}
        begun = await client.post(f"{ROOT}/uploads", json={"name": "a.parquet", "size": len(data)})
        await client.put(f"{ROOT}/uploads/{begun.json()['id']}?offset=0", content=data)
        body = {"upload": begun.json()["id"]}
        await client.post(f"{ROOT}/videos/1/imports", json=body, headers=headers)
        assert len(place.store(1).load()) == len(drawn)
        await client.post(f"{ROOT}/videos/1/undo", json={}, headers=headers)
    assert len(place.store(1).load()) == 0


async def test_what_a_person_drew_is_not_imported_over(place: Workplace, drawn: Masks) -> None:
    async with asked(place) as client:
        made, data = await exported(client, "coco")
        all_there = await imported(client, made["name"], data)
        place.session(1, "ann").delete(range(1), session_objects(place))
        answer = await imported(client, made["name"], data)
    gone = int((drawn.frame == 0).sum())
    assert (all_there.status_code, all_there.json()["rows"]) == (200, 0)
    assert f"{len(drawn)} masks of the file were left out" in all_there.json()["warnings"][-1]
    assert answer.json()["rows"] == gone
    back = place.store(1).load()
    assert set(back.on(0).origin.tolist()) == {Origin.IMPORTED}
    assert (back.take(back.frame > 0).origin == Origin.HUMAN).all()
    assert len(back) == len(drawn)


async def test_a_locked_object_is_not_imported_over(place: Workplace, drawn: Masks) -> None:
    place.session(1, "ann").change_object(int(drawn.objects[0]), locked=True)
    async with asked(place) as client:
        _, data = await exported(client, "parquet")
        answer = await imported(client, "a.parquet", data)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_annotations")
    assert "locked" in answer.json()["error"]["text"]


def hostile_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../escape.json", "{}")
    return stream.getvalue()


ENTITY = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><annotations>&b;</annotations>"
BROKEN = {
    "nothing.json": b"{}",
    "deep.json": b"[" * 100_000,
    "shape.json": b'{"images": [], "annotations": 5}',
    "entity.xml": ENTITY,
    "cut.zip": b"PK\x03\x04" + bytes(50),
    "hostile.zip": hostile_zip(),
    "empty.parquet": b"PAR1" + bytes(50) + b"PAR1",
    "empty.masklet": b"SQLite format 3\0" + bytes(84),
    "noise.txt": b"\xff\xfe" * 50,
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_file_that_cannot_be_read_changes_nothing(
    place: Workplace, drawn: Masks, name: str
) -> None:
    revision = place.store(1).revision
    async with asked(place) as client:
        answer = await imported(client, name, BROKEN[name])
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "bad_annotations")
    assert error["remedy"]
    assert str(place.folder) not in answer.text
    assert place.store(1).revision == revision
    assert not list((place.folder / ".uploads").iterdir())
    assert not list(place.folder.rglob("escape*"))


async def test_masks_of_another_video_are_refused(place: Workplace, drawn: Masks) -> None:
    other = build(Video("other.mp4", 10, 10, 50), [Label("a")], [Row(40, 1, 0, np.array([0, 100]))])
    path = place.scratch / "other.parquet"
    files.write(other, path)
    async with asked(place) as client:
        answer = await imported(client, "other.parquet", path.read_bytes())
    assert answer.status_code == 400
    assert "frame" in answer.json()["error"]["text"]


async def test_unknown_formats_exports_and_uploads(place: Workplace) -> None:
    async with asked(place) as client:
        statuses = [
            (await client.post(f"{ROOT}/videos/1/exports", json={"format": "pdf"})).status_code,
            (await client.post(f"{ROOT}/videos/1/exports", json={})).status_code,
            (await client.post(f"{ROOT}/videos/9/exports", json={"format": "coco"})).status_code,
            (await client.get(f"{ROOT}/exports/0123456789abcdef")).status_code,
            (await client.get(f"{ROOT}/exports/..%2fa")).status_code,
            (await client.post(f"{ROOT}/videos/1/imports", json={"upload": "abc"})).status_code,
            (await client.post(f"{ROOT}/videos/1/imports", json={"upload": "../abc"})).status_code,
        ]
    assert statuses == [400, 400, 404, 404, 404, 404, 404]


def test_rows_without_an_object_get_one_by_their_place() -> None:
    runs = np.array([0, 100], np.uint32)
    places = [(0, -1, 0), (0, -1, 0), (0, -1, 1), (1, -1, 0), (1, 4, 0)]
    rows = [Row(frame, number, label, runs) for frame, number, label in places]
    found = identified(build(Video("v", 10, 10, 5), [Label("a"), Label("b")], rows), above=6)
    columns = (found.frame.tolist(), found.label_id.tolist(), found.object_id.tolist())
    assert list(zip(*columns, strict=True)) == [
        (0, 0, 7),
        (0, 0, 8),
        (0, 1, 9),
        (1, 0, 4),
        (1, 0, 7),
    ]


async def test_statistics_are_those_of_the_masks(place: Workplace, drawn: Masks) -> None:
    zones = [{"name": "all", "polygon": [[0, 0], [96, 0], [96, 64], [0, 64]]}]
    async with asked(place) as client:
        plain = (await client.post(f"{ROOT}/videos/1/statistics", json={"zones": zones})).json()
        scaled = (await client.post(f"{ROOT}/videos/1/statistics", json={"scale": 2})).json()
        table = await client.get(f"{ROOT}/videos/1/measures.csv")
    first = drawn.of(int(drawn.objects[0]))
    one = plain["objects"][0]
    assert (one["id"], one["label"]) == (int(drawn.objects[0]), first.label_of(0).name)
    assert one["area"] == areas(first)
    assert one["frame"] == first.frame.tolist()
    assert one["mean_area"] == pytest.approx(np.mean(areas(first)))
    assert one["zones"]["all"] == pytest.approx(4 / SCENE.fps, rel=0.01)
    assert one["score"] == [None] * 4
    heat = plain["heat"][str(one["id"])]
    assert (heat["w"], heat["h"], sum(heat["counts"])) == (64, 43, 4)
    place_of = int(one["y"][0] / 1.5) * 64 + int(one["x"][0] / 1.5)
    assert heat["counts"][place_of] >= 1
    assert scaled["objects"][0]["mean_area"] == pytest.approx(4 * one["mean_area"])
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [int(row["area_px"]) for row in rows] == areas(drawn)
    assert "attachment" in table.headers["content-disposition"]


async def test_statistics_follow_the_revision(place: Workplace, drawn: Masks) -> None:
    async with asked(place) as client:
        before = (await client.post(f"{ROOT}/videos/1/statistics", json={})).json()
        place.session(1, "ann").delete([0], session_objects(place))
        after = (await client.post(f"{ROOT}/videos/1/statistics", json={})).json()
    assert [len(one["frame"]) for one in before["objects"]] == [4, 4]
    assert [len(one["frame"]) for one in after["objects"]] == [3, 3]


async def test_a_video_without_masks_has_no_statistics(place: Workplace) -> None:
    async with asked(place) as client:
        answer = await client.post(f"{ROOT}/videos/1/statistics", json={})
        table = await client.get(f"{ROOT}/videos/1/measures.csv")
    assert answer.json() == {"objects": [], "heat": {}}
    assert table.text.startswith("frame,seconds,object_id")


@pytest.mark.parametrize(
    "body",
    [
        {"scale": -1},
        {"scale": "x"},
        {"scale": 1e300},
        {"zones": 5},
        {"zones": [5]},
        {"zones": [{"name": "a"}]},
        {"zones": [{"name": "a", "polygon": [[0, 0], [1, 1]]}]},
        {"zones": [{"name": "a", "polygon": [[0, 0], [1, 1], ["x", 2]]}]},
        {"zones": [{"name": " ", "polygon": [[0, 0], [1, 1], [1, 0]]}]},
        {"zones": [{"name": "a", "polygon": [[0, 0], [1, 1], [1, 0]]}] * 2},
        {"zones": [{"name": "a", "polygon": [[0, 0]] * 2000}]},
    ],
)
async def test_wrong_zones_and_scales_are_refused(place: Workplace, body: dict[str, Any]) -> None:
    async with asked(place) as client:
        answer = await client.post(f"{ROOT}/videos/1/statistics", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["remedy"]


def test_every_format_is_tried() -> None:
    assert set(WRITES) == set(available("formats")) - {"sav"}
