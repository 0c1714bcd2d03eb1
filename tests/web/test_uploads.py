"""Uploads and the server's folders: pieces, limits, broken files, nothing outside, nothing half."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import namedtuple
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.requests import ClientDisconnect, Request

from masklet.core import DataError
from masklet.media.jpeg import to_jpeg
from masklet.store.project import Project
from masklet.web import probe, uploads
from masklet.web.errors import Refusal
from masklet.web.library import Library
from masklet.web.routes.uploads import stream_into
from masklet.web.uploads import Uploads
from masklet.web.workplace import Workplace
from media.clips import numbered, write_clip
from web_kit import asked

pytestmark = pytest.mark.anyio
ROOT = "/api/v1"
Disk = namedtuple("Disk", "total used free")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, "libx264", 20, options={"g": "5"}).read_bytes()


async def begun(client: httpx.AsyncClient, data: bytes, name: str = "rat 1.mp4") -> str:
    answer = await client.post(f"{ROOT}/uploads", json={"name": name, "size": len(data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sent(client: httpx.AsyncClient, data: bytes, name: str = "rat 1.mp4") -> str:
    number = await begun(client, data, name)
    answer = await client.put(f"{ROOT}/uploads/{number}?offset=0", content=data)
    assert answer.json() == {"received": len(data)}
    return number


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


async def test_a_video_in_pieces_becomes_part_of_the_project(place: Workplace, clip: bytes) -> None:
    async with asked(place) as client:
        number = await begun(client, clip)
        third = len(clip) // 3
        for at in (0, third, 2 * third):
            piece = clip[at : at + third] if at < 2 * third else clip[at:]
            answer = await client.put(f"{ROOT}/uploads/{number}?offset={at}", content=piece)
            assert answer.json() == {"received": at + len(piece)}
            assert not (place.folder / "media").exists()
        told = (await client.get(f"{ROOT}/uploads/{number}")).json()
        assert told == {"id": number, "name": "rat 1.mp4", "size": len(clip), "received": len(clip)}
        info = (await client.post(f"{ROOT}/videos", json={"upload": number})).json()
        again = await client.get(f"{ROOT}/uploads/{number}")
        frame = await client.get(f"{ROOT}/videos/{info['id']}/frames/7")
    assert (info["name"], info["frames"], info["state"]) == ("rat 1", 20, "ok")
    assert (place.folder / "media" / "rat 1.mp4").read_bytes() == clip
    assert (again.status_code, frame.status_code) == (404, 200)
    assert files(place.folder / ".uploads") == []


async def test_a_lost_piece_is_sent_again_from_where_the_server_stands(
    place: Workplace, clip: bytes
) -> None:
    async with asked(place) as client:
        number = await begun(client, clip)
        await client.put(f"{ROOT}/uploads/{number}?offset=0", content=clip[:100])
        for offset in (0, 99, 101, 5000):
            answer = await client.put(f"{ROOT}/uploads/{number}?offset={offset}", content=b"x")
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_offset")
            assert answer.json()["received"] == 100
        half = await client.post(f"{ROOT}/videos", json={"upload": number})
        assert (half.status_code, half.json()["error"]["code"]) == (409, "not_whole")
        await client.put(f"{ROOT}/uploads/{number}?offset=100", content=clip[100:])
        done = await client.post(f"{ROOT}/videos", json={"upload": number})
    assert done.status_code == 201


async def test_an_upload_goes_on_with_the_next_server(place: Workplace, clip: bytes) -> None:
    async with asked(place) as client:
        number = await begun(client, clip)
        await client.put(f"{ROOT}/uploads/{number}?offset=0", content=clip[:64])
    later = Uploads(place.folder / ".uploads")
    assert (later.get(number).size, later.received(number)) == (len(clip), 64)


async def test_what_came_before_the_connection_broke_stays(place: Workplace, clip: bytes) -> None:
    coming = [
        {"type": "http.request", "body": clip[:500], "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, object]:
        return coming.pop(0)

    upload = place.uploads.begin("a.mp4", len(clip))
    with place.uploads.adding(upload.id, 0) as piece, pytest.raises(ClientDisconnect):
        await stream_into(Request({"type": "http", "headers": []}, receive), piece)
    assert place.uploads.received(upload.id) == 500
    async with asked(place) as client:
        rest = await client.put(f"{ROOT}/uploads/{upload.id}?offset=500", content=clip[500:])
    assert rest.json() == {"received": len(clip)}


async def test_more_bytes_than_announced_are_refused_while_they_come(place: Workplace) -> None:
    told = []

    async def endless() -> AsyncIterator[bytes]:
        for k in range(1000):
            told.append(k)
            yield bytes(1 << 20)

    async with asked(place) as client:
        number = await begun(client, bytes(3 << 20))
        answer = await client.put(f"{ROOT}/uploads/{number}?offset=0", content=endless())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert place.uploads.received(number) <= 3 << 20


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "a.mp4", "size": 0}, 400),
        ({"name": "a.mp4", "size": -1}, 400),
        ({"name": "a.mp4", "size": True}, 400),
        ({"name": "a.mp4", "size": 1.5}, 400),
        ({"name": "a.mp4"}, 400),
        ({"size": 5}, 400),
        ({"name": 5, "size": 5}, 400),
        ({"name": "a.mp4", "size": 1 << 60}, 413),
        ({"name": "a.exe", "size": 5}, 400),
        ({"name": "mp4", "size": 5}, 400),
        ({"name": "../../.mp4", "size": 5}, 400),
        ({"name": "", "size": 5}, 400),
        ({"name": "a.mp4/", "size": 5}, 400),
    ],
)
async def test_what_cannot_be_sent_is_told_before_it_is(
    place: Workplace, body: dict[str, object], status: int
) -> None:
    async with asked(place) as client:
        answer = await client.post(f"{ROOT}/uploads", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["remedy"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/a.mp4", "a.mp4"),
        ("..\\..\\a.mp4", "a.mp4"),
        ("C:\\film\\a.mp4", "a.mp4"),
        ("/a.mp4", "a.mp4"),
        ("a\0b\n.mp4", "ab.mp4"),
        (".hidden.mp4", "hidden.mp4"),
        ("a<b>:c?.mp4", "a_b__c_.mp4"),
        ("ratte-ä.MP4", "ratte-ä.MP4"),
        ("x" * 500 + ".mp4", "x" * 180 + ".mp4"),
    ],
)
def test_a_name_never_leads_out_of_its_folder(name: str, kept: str) -> None:
    assert uploads.plain(name) == kept


async def test_a_disk_without_room_is_told_before_and_while_it_comes(
    place: Workplace, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked(place) as client:
        number = await begun(client, bytes(1 << 20))
        monkeypatch.setattr(uploads, "_LOOK_EVERY", 0)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(100, 100, 1 << 20))
        before = await client.post(f"{ROOT}/uploads", json={"name": "a.mp4", "size": 10})
        during = await client.put(f"{ROOT}/uploads/{number}?offset=0", content=bytes(1000))
    for answer in (before, during):
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "disk_full")


async def test_a_broken_video_is_refused_and_removed(place: Workplace, clip: bytes) -> None:
    async with asked(place) as client:
        for name, data in {
            "cut.mp4": clip[:200],
            "text.mp4": b"hello " * 100,
            "page.jpg": b"<html></html>",
            "noise.avi": bytes(range(256)) * 20,
        }.items():
            number = await sent(client, data, name)
            answer = await client.post(f"{ROOT}/videos", json={"upload": number})
            error = answer.json()["error"]
            assert (answer.status_code, error["code"]) == (400, "bad_video")
            assert name in error["text"]
            assert str(place.folder) not in answer.text
            assert (await client.get(f"{ROOT}/uploads/{number}")).status_code == 404
        videos = (await client.get(f"{ROOT}/project")).json()["videos"]
    assert [one["id"] for one in videos] == [1]
    assert not (place.folder / "media").exists()


async def test_the_same_contents_come_in_once(place: Workplace, clip: bytes) -> None:
    async with asked(place) as client:
        first, second = [
            (await client.post(f"{ROOT}/videos", json={"upload": await sent(client, clip, name)})).json()
            for name in ("a.mp4", "b.mp4")
        ]
    assert first == second
    assert files(place.folder / "media") == ["a.mp4"]


async def test_two_files_of_one_name_stay_two(place: Workplace, clip: bytes, tmp_path: Path) -> None:
    other = write_clip(tmp_path / "o.mp4", "libx264", 5).read_bytes()
    async with asked(place) as client:
        for data in (clip, other):
            number = await sent(client, data, "a.mp4")
            assert (await client.post(f"{ROOT}/videos", json={"upload": number})).status_code == 201
    assert files(place.folder / "media") == ["a-2.mp4", "a.mp4"]


async def test_an_upload_can_be_given_up(place: Workplace, clip: bytes) -> None:
    async with asked(place) as client:
        number = await begun(client, clip)
        assert (await client.delete(f"{ROOT}/uploads/{number}")).status_code == 204
        assert (await client.get(f"{ROOT}/uploads/{number}")).status_code == 404
        for wrong in ("../x", "%2e%2e", "a-b", "ä", "x" * 30):
            assert (await client.get(f"{ROOT}/uploads/{wrong}")).status_code == 404
    assert files(place.folder / ".uploads") == []


async def test_one_piece_at_a_time(place: Workplace, clip: bytes) -> None:
    number = place.uploads.begin("a.mp4", len(clip)).id
    async with asked(place) as client:
        with place.uploads.adding(number, 0):
            answer = await client.put(f"{ROOT}/uploads/{number}?offset=0", content=clip)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "busy")
        both = await asyncio.gather(
            *(client.put(f"{ROOT}/uploads/{number}?offset=0", content=clip) for _ in range(2))
        )
    assert sorted(one.status_code for one in both) == [200, 409]
    assert place.uploads.received(number) == len(clip)


def test_uploads_that_nobody_continues_are_removed(tmp_path: Path) -> None:
    found = Uploads(tmp_path, spare=0)
    old, new = found.begin("a.mp4", 10).id, found.begin("b.mp4", 10).id
    for path in tmp_path.glob(f"{old}.*"):
        os.utime(path, (1, 1))
    found.begin("c.mp4", 10)
    assert {path.stem for path in tmp_path.iterdir()} >= {new}
    assert old not in {path.stem for path in tmp_path.iterdir()}


def test_stalled_uploads_make_way_for_others(tmp_path: Path) -> None:
    """They can be continued for a week, but not in the place of one that comes."""
    found, hour = Uploads(tmp_path, spare=0), time.time() - 3700
    begun_ones = [found.begin("a.mp4", 10, f"author {k % 4}").id for k in range(uploads.MOST)]
    with pytest.raises(Refusal, match="32 uploads are under way"):
        found.begin("b.mp4", 10, "somebody")
    for number in begun_ones[1:]:
        os.utime(tmp_path / f"{number}.json", (hour, hour))
    os.utime(tmp_path / f"{begun_ones[1]}.part", (hour, hour))
    new = found.begin("b.mp4", 10, "somebody").id
    left = {path.stem for path in tmp_path.iterdir()}
    assert left == {*begun_ones, new} - {begun_ones[1]}


def test_stalled_uploads_keep_no_room_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, hour = Uploads(tmp_path, spare=0), time.time() - 3700
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(100, 0, 100))
    number = found.begin("a.mp4", 90).id
    with pytest.raises(Refusal, match="100 bytes are free"):
        found.begin("b.mp4", 20)
    for path in tmp_path.glob(f"{number}.*"):
        os.utime(path, (hour, hour))
    assert found.begin("b.mp4", 20).size == 20
    assert not list(tmp_path.glob(f"{number}.*"))


async def test_one_person_does_not_take_every_place(place: Workplace) -> None:
    told = {"name": "a.mp4", "size": 1}
    async with asked(place) as client:
        headers = {"X-Author": "Ada"}
        for _ in range(uploads.MOST_EACH):
            assert (await client.post(f"{ROOT}/uploads", json=told, headers=headers)).status_code == 201
        full = await client.post(f"{ROOT}/uploads", json=told, headers=headers)
        other = await client.post(f"{ROOT}/uploads", json=told, headers={"X-Author": "Bob"})
    assert (full.status_code, full.json()["error"]["code"]) == (429, "too_many")
    assert "16 of your uploads" in full.json()["error"]["text"]
    assert other.status_code == 201


def test_a_file_that_takes_for_ever_is_stopped(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", "libx264", 5)
    with pytest.raises(DataError, match="was not read in 0 s"):
        probe.check(path, "a.mp4", patience=0.001)


@pytest.fixture
def shelf(tmp_path: Path, clip: bytes) -> Path:
    """A folder of the server with a video, pictures, other things, and links to all sides."""
    folder = tmp_path / "shelf"
    (folder / "deep" / "pictures").mkdir(parents=True)
    (folder / "deep" / "two.avi").write_bytes(clip)
    (folder / "one.mp4").write_bytes(clip)
    (folder / "notes.txt").write_text("x")
    (folder / ".hidden.mp4").write_bytes(clip)
    for i in range(3):
        (folder / "deep" / "pictures" / f"{i}.jpg").write_bytes(to_jpeg(numbered(i)))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.mp4").write_bytes(clip)
    (folder / "leak.mp4").symlink_to(outside / "secret.mp4")
    (folder / "leaks").symlink_to(outside)
    (folder / "near.mp4").symlink_to(folder / "one.mp4")
    (folder / "loop").symlink_to(folder)
    return folder


async def test_the_library_lists_what_can_be_added_and_nothing_outside(
    project_path: Path, shelf: Path, clip: bytes
) -> None:
    place = Workplace(Project.open(project_path), [shelf])
    async with asked(place) as client:
        (folder,) = (await client.get(f"{ROOT}/library")).json()["folders"]
        ids = {item["name"]: item["id"] for item in folder["items"]}
        added = await client.post(f"{ROOT}/videos", json={"library": ids["deep/pictures/"]})
        twice = await client.post(f"{ROOT}/videos", json={"library": ids["deep/pictures/"]})
        film = await client.post(f"{ROOT}/videos", json={"library": ids["one.mp4"]})
    place.close()
    assert folder["name"] == "shelf"
    assert sorted(ids) == ["deep/pictures/", "deep/two.avi", "near.mp4", "one.mp4"]
    assert {item["name"]: item["size"] for item in folder["items"]}["one.mp4"] == len(clip)
    assert str(shelf) not in str(folder)
    assert (added.json()["frames"], film.json()["frames"]) == (3, 20)
    assert added.json() == twice.json()


async def test_a_link_that_appears_after_the_listing_is_not_followed(
    project_path: Path, shelf: Path, tmp_path: Path
) -> None:
    place = Workplace(Project.open(project_path), [shelf])
    async with asked(place) as client:
        (folder,) = (await client.get(f"{ROOT}/library")).json()["folders"]
        item = next(item["id"] for item in folder["items"] if item["name"] == "one.mp4")
        (shelf / "one.mp4").unlink()
        (shelf / "one.mp4").symlink_to(tmp_path / "outside" / "secret.mp4")
        leaked = await client.post(f"{ROOT}/videos", json={"library": item})
        (shelf / "one.mp4").unlink()
        gone = await client.post(f"{ROOT}/videos", json={"library": item})
    place.close()
    assert (leaked.status_code, gone.status_code) == (404, 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"library": "../one.mp4"},
        {"library": "0" * 24},
        {"library": 5},
        {"upload": "x", "library": "y"},
    ],
)
async def test_clients_name_ids_never_paths(project_path: Path, shelf: Path, body: object) -> None:
    place = Workplace(Project.open(project_path), [shelf])
    async with asked(place) as client:
        answer = await client.post(f"{ROOT}/videos", json=body)
    place.close()
    assert answer.status_code in (400, 404)


def test_a_folder_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert [items for _, items in Library([tmp_path / "gone"]).folders()] == [[]]


async def test_a_film_that_was_renamed_is_found_by_its_contents(
    project_path: Path, shelf: Path, film: Path, tmp_path: Path
) -> None:
    """The project's own film moves into the server's folder under another name, and is added there."""
    own = tmp_path / "own.mp4"
    shutil.copy2(film, own)
    with Project.open(project_path) as project:
        project.update_video(replace(project.videos()[1], uri=str(own)))
    place = Workplace(Project.open(project_path), [shelf])
    async with asked(place) as client:
        assert (await client.get(f"{ROOT}/videos/1/frames/3")).status_code == 200
        own.rename(shelf / "renamed.mp4")
        gone = await client.get(f"{ROOT}/videos/1/frames/3")
        (folder,) = (await client.get(f"{ROOT}/library")).json()["folders"]
        item = next(item["id"] for item in folder["items"] if item["name"] == "renamed.mp4")
        info = (await client.post(f"{ROOT}/videos", json={"library": item})).json()
        back = await client.get(f"{ROOT}/videos/1/frames/3")
        videos = (await client.get(f"{ROOT}/project")).json()["videos"]
    place.close()
    assert gone.json()["error"]["code"] == "video_missing"
    assert (info["id"], info["state"], len(videos)) == (1, "ok", 1)
    assert back.status_code == 200


def test_what_a_folder_offers(tmp_path: Path) -> None:
    root = tmp_path / "videos"
    (root / "pictures").mkdir(parents=True)
    for name in ("a.mp4", "moves.gif", "still.png", "pictures/1.png", "notes.txt"):
        (root / name).write_bytes(b"12")
    [(name, items)] = Library([root]).folders()
    assert name == "videos"
    assert {one.name: one.size for one in items} == {
        "a.mp4": 2,
        "moves.gif": 2,
        "videos/": 2,
        "pictures/": 2,
    }
    assert len({one.id for one in items}) == 4
