"""The HTTP interface: what is saved is there, what is stale is refused, what is wrong is explained."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from masklet.core import Flags, Label, Masks, Origin, Review
from masklet.media.opening import open_media
from masklet.store.project import Project
from masklet.web import wire
from masklet.web.workplace import Workplace
from web_kit import FRAME, SCENE, asked, packet, run

API = "/api/v1"
V = f"{API}/videos/1"


async def with_object(client: httpx.AsyncClient, label: str = "rat") -> int:
    answer = await client.post(f"{V}/objects", json={"label": label})
    assert answer.status_code == 201
    return int(answer.json()["id"])


async def revision(client: httpx.AsyncClient) -> int:
    return int((await client.get(V)).json()["revision"])


async def save(client: httpx.AsyncClient, frame: int, chosen: int, **how: Any) -> httpx.Response:
    known = how.pop("known", None)
    known = await revision(client) if known is None else known
    headers = {"If-Match": f'"{known}"', "X-Author": how.pop("author", "ann")}
    data = packet(frame, chosen, **how)
    return await client.put(f"{V}/masks/{frame}/{chosen}", content=data, headers=headers)


def test_what_the_server_has_open(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            assert (await client.get(f"{API}/health")).json()["ok"] is True
            assert (await client.get(f"{API}/me")).json()["token_needed"] is False
            told = (await client.get(f"{API}/project")).json()
            assert told["name"] == "work"
            [video] = told["videos"]
            assert (video["width"], video["height"], video["frames"]) == (96, 64, 12)
            assert (video["state"], video["rows"], video["objects"]) == ("ok", 0, [])
            engines = {one["name"]: one for one in told["engines"]}
            assert engines["flow"]["available"] is True
            assert all(one["available"] or one["why"] for one in told["engines"])
            assert {one["name"] for one in told["formats"] if not one["writes"]} == {"sav"}
            assert (await client.get(V)).json()["labels"] == [
                {"name": "rat", "kind": "area", "colour": ""}
            ]

    run(check())


def test_a_saved_mask_comes_back_and_is_in_the_project(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            answer = await save(client, 3, chosen)
            assert answer.status_code == 200
            assert answer.json()["frames"] == [[3, 4]]
            found = await client.get(f"{V}/masks?from=2&to=5")
            assert int(found.headers["X-Revision"]) == answer.json()["revision"]
            packets = list(wire.decode_all(found.content, place.video(1)))
            assert [one.frame for one in packets] == [2, 3, 4]
            assert [len(one.rows) for one in packets] == [0, 1, 0]
            assert packets[1].rows.row_runs(0).tolist() == square().tolist()

    run(check())
    stored = place.store(1).load()
    assert stored.origin.tolist() == [Origin.HUMAN]
    assert stored.row_runs(0).tolist() == square().tolist()
    assert stored.steps[0].person == "ann"
    assert place.store(1).history(3)[-1].author == "ann"


def square() -> np.ndarray[Any, np.dtype[np.uint32]]:
    decoded = wire.decode(packet(3, 1), FRAME)
    return decoded.rows.row_runs(0)


def test_without_a_revision_and_with_a_stale_one_nothing_is_saved(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            known = await revision(client)
            bare = await client.put(f"{V}/masks/3/{chosen}", content=packet(3, chosen))
            assert (bare.status_code, bare.json()["error"]["code"]) == (428, "no_revision")
            assert (await save(client, 3, chosen, known=known)).status_code == 200
            now = await revision(client)
            late = await save(client, 3, chosen, known=known, x=20, author="bob")
            assert late.status_code == 412
            assert late.json()["revision"] == now
            assert "ann" in late.json()["error"]["text"]
            other = await save(client, 4, chosen, known=known, author="bob")
            assert other.status_code == 200
            gone = await client.delete(f"{V}/masks/3/{chosen}", headers={"If-Match": f'"{known}"'})
            assert gone.status_code == 412
            gone = await client.delete(f"{V}/masks/3/{chosen}", headers={"If-Match": f'"{now}"'})
            assert gone.json()["frames"] == [[3, 4]]

    run(check())
    assert place.store(1).load().frame.tolist() == [4]


def test_undo_goes_by_author_and_says_when_there_is_nothing(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            await save(client, 1, chosen, author="ann")
            await save(client, 2, chosen, author="bob")
            undone = await client.post(f"{V}/undo", headers={"X-Author": "ann"})
            assert undone.json()["frames"] == [[1, 2]]
            assert place.store(1).load().frame.tolist() == [2]
            again = await client.post(f"{V}/redo", headers={"X-Author": "ann"})
            assert again.json()["frames"] == [[1, 2]]
            nothing = await client.post(f"{V}/undo", headers={"X-Author": "cy"})
            assert nothing.json()["nothing"] is True

    run(check())


def test_undo_passes_over_what_somebody_drew_over(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            await save(client, 1, chosen, author="ann")
            await save(client, 2, chosen, author="ann")
            erased = await client.delete(
                f"{V}/masks/2/{chosen}",
                headers={"X-Author": "bob", "If-Match": f'"{place.store(1).revision}"'},
            )
            assert erased.status_code == 200
            passed = (await client.post(f"{V}/undo", headers={"X-Author": "ann"})).json()
            assert (passed["frames"], "nothing" in passed) == ([], False)
            assert f"object {chosen} on frame 2 was changed afterwards" in passed["passed"]
            undone = (await client.post(f"{V}/undo", headers={"X-Author": "ann"})).json()
            assert (undone["frames"], "passed" in undone) == ([[1, 2]], False)

    run(check())


def test_objects_are_added_changed_locked_and_removed(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            first = await with_object(client)
            tail = await client.post(f"{V}/objects", json={"label": "tail", "kind": "line"})
            assert tail.json()["kind"] == "line"
            path = f"{V}/objects/{first}"
            changed = await client.patch(path, json={"label": "mouse", "order": -2, "locked": True})
            assert changed.json() | {"colour": ""} == {
                "id": first,
                "label": "mouse",
                "kind": "area",
                "colour": "",
                "locked": True,
                "hidden": False,
                "order": -2,
            }
            locked = await save(client, 1, first)
            assert (locked.status_code, locked.json()["error"]["code"]) == (409, "locked")
            assert (await client.patch(path, json={"locked": False})).json()["locked"] is False
            assert (await save(client, 1, first)).status_code == 200
            assert (await client.delete(path)).json()["objects"] == [first]
            left = (await client.get(f"{V}/objects")).json()["objects"]
            assert [one["label"] for one in left] == ["tail"]

    run(check())


def test_actions_on_many_masks(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            for frame in range(6):
                await save(client, frame, chosen)

            async def act(**body: Any) -> dict[str, Any]:
                answer = await client.post(f"{V}/actions", json=body)
                assert answer.status_code == 200, answer.text
                return dict(answer.json())

            split = await act(do="split", object=chosen, frame=3)
            assert split["object"] != chosen
            assert split["frames"] == [[3, 6]]
            assert place.store(1).load().of(split["object"]).frame.tolist() == [3, 4, 5]
            await act(do="merge", keep=chosen, gone=split["object"])
            assert place.store(1).load().of(chosen).frame.tolist() == [0, 1, 2, 3, 4, 5]
            await act(do="complete", frames=[[0, 2], [4, 5]], on=True)
            assert (await client.get(V)).json()["checked"] == [0, 1, 4]
            await act(do="mark", frame=2, object=chosen, occluded=True)
            assert place.store(1).load().on(2).flags[0] & Flags.OCCLUDED
            await act(do="delete", frames=[[1, 3]], objects=[chosen])
            assert place.store(1).load().frame.tolist() == [0, 3, 4, 5]

    run(check())


def doubtful(place: Workplace) -> None:
    truth = SCENE.truth(tails="none").of(1)
    flags = np.where(np.isin(truth.frame, (4, 5, 9)), int(Flags.AREA_JUMP), 0)
    score = np.where(truth.frame == 9, 0.2, 0.9).astype(np.float32)
    columns = {"origin": Origin.PROPAGATED, "review": Review.TODO}
    whole = {name: np.full(len(truth), value) for name, value in columns.items()}
    rows = truth.replace(video=place.video(1), flags=flags, score=score, checked=[], **whole)
    place.store(1).append(rows)


def test_review_lists_the_worst_first_and_takes_verdicts(place: Workplace) -> None:
    doubtful(place)

    async def check() -> None:
        async with asked(place) as client:
            told = (await client.get(f"{V}/review")).json()
            assert told["total"] == 2
            worst, next_one = told["items"]
            assert (worst["frame"], worst["last"], worst["object"]) == (9, 9, 1)
            assert (next_one["frame"], next_one["last"]) == (4, 5)
            assert "area jump" in worst["reasons"]
            assert worst["score"] == pytest.approx(0.2)
            body = {"verdict": "accept", "items": [[9, 1]]}
            assert (await client.post(f"{V}/review", json=body)).json()["frames"] == [[9, 10]]
            assert (await client.get(f"{V}/review?limit=1")).json()["total"] == 1
            blame = (await client.get(f"{V}/history?frame=9&object=1")).json()["changes"]
            assert [one["verb"] for one in blame] == ["accept", "append"]
            assert blame[0]["author"] == "browser"
            assert blame[0]["review"] == "accepted"

    run(check())


def test_the_timeline_in_columns(place: Workplace) -> None:
    doubtful(place)

    async def check() -> None:
        async with asked(place) as client:
            data = (await client.get(f"{V}/timeline")).content
            part = (await client.get(f"{V}/timeline?from=4&to=6")).content
        head, columns = unpacked(data)
        assert head["objects"] == [{"id": 1, "n": len(columns["frame"])}]
        rows = place.store(1).load()
        for name in ("frame", "score", "flags", "origin", "review"):
            assert np.array_equal(columns[name], getattr(rows, name))
        assert columns["area"].tolist() == [int(rows.row_runs(i)[1::2].sum()) for i in range(len(rows))]
        assert unpacked(part)[1]["frame"].tolist() == [4, 5]

    run(check())


def unpacked(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    length = int.from_bytes(data[:4], "little")
    head, at = json.loads(data[4 : 4 + length]), 4 + length
    at += -at % 8
    columns = {}
    [one] = head["objects"]
    kinds = {
        "frame": "<i4",
        "score": "<f4",
        "area": "<u4",
        "flags": "<u2",
        "origin": "u1",
        "review": "u1",
    }
    for name, kind in kinds.items():
        columns[name] = np.frombuffer(data, kind, one["n"], at)
        size = columns[name].nbytes
        at += size + -size % 4
    assert at == len(data)
    return head, columns


def test_masks_of_an_earlier_revision(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            before = (await save(client, 3, chosen)).json()["revision"]
            await save(client, 3, chosen, x=30)

            async def at(revision: int) -> Masks:
                found = await client.get(f"{V}/masks?from=3&to=4&at={revision}")
                return wire.decode(found.content, place.video(1)).rows

            assert (await at(before)).row_runs(0).tolist() == square().tolist()
            assert len(await at(before - 1)) == 0
            assert (await at(before + 1)).row_runs(0).tolist() != square().tolist()

    run(check())


WRONG: dict[str, Callable[[httpx.AsyncClient], Any]] = {
    "404 unknown video": lambda c: c.get(f"{API}/videos/7"),
    "404 no number": lambda c: c.get(f"{API}/videos/one"),
    "404 huge number": lambda c: c.get(f"{API}/videos/{10**30}"),
    "404 negative": lambda c: c.get(f"{API}/videos/-1"),
    "404 unknown object": lambda c: c.patch(f"{V}/objects/5", json={"label": "x"}),
    "404 object of an action": lambda c: c.post(
        f"{V}/actions", json={"do": "merge", "keep": 8, "gone": 9}
    ),
    "404 frame beyond the end": lambda c: c.put(
        f"{V}/masks/12/1", content=b"", headers={"If-Match": '"0"'}
    ),
    "404 masks beyond the end": lambda c: c.get(f"{V}/masks?from=12&to=13"),
    "404 address": lambda c: c.get(f"{API}/nothing"),
    "404 job": lambda c: c.get("/nothing/at/all"),
    "405 method": lambda c: c.post(f"{API}/health"),
    "405 unknown method": lambda c: c.request("BREW", V),
    "400 no range": lambda c: c.get(f"{V}/masks"),
    "400 too many frames": lambda c: c.get(f"{V}/masks?from=0&to=600"),
    "400 empty range": lambda c: c.get(f"{V}/masks?from=3&to=3"),
    "400 broken packet": lambda c: c.put(
        f"{V}/masks/3/1", content=b"VM\x02\x00", headers={"If-Match": '"0"'}
    ),
    "400 packet of another frame": lambda c: c.put(
        f"{V}/masks/3/1", content=packet(4, 1), headers={"If-Match": '"0"'}
    ),
    "400 packet of another object": lambda c: c.put(
        f"{V}/masks/3/2", content=packet(3, 1), headers={"If-Match": '"0"'}
    ),
    "400 no revision in it": lambda c: c.put(
        f"{V}/masks/3/1", content=packet(3, 1), headers={"If-Match": "*"}
    ),
    "400 broken JSON": lambda c: raw(c, b"{"),
    "400 deep JSON": lambda c: raw(c, b'{"label":' + b"[" * 100_000),
    "400 NaN": lambda c: raw(c, b'{"label": NaN}'),
    "400 infinite": lambda c: raw(c, b'{"label": 1e999}'),
    "400 half a character": lambda c: raw(c, b'{"label": "\\ud800"}'),
    "400 not UTF-8": lambda c: raw(c, b'{"label": "\xff"}'),
    "400 NUL": lambda c: raw(c, b'{"label": "\\u0000"}'),
    "400 a list": lambda c: raw(c, b"[]"),
    "400 a wrong type": lambda c: raw(c, b'{"label": 3}'),
    "400 empty name": lambda c: raw(c, b'{"label": "  "}'),
    "400 wrong kind": lambda c: raw(c, b'{"label": "a", "kind": "cube"}'),
    "400 wrong colour": lambda c: raw(c, b'{"label": "a", "colour": "red"}'),
    "400 unknown action": lambda c: c.post(f"{V}/actions", json={"do": "explode"}),
    "400 truth for a number": lambda c: c.post(
        f"{V}/actions", json={"do": "split", "object": True, "frame": 1}
    ),
    "400 frames turned round": lambda c: c.post(
        f"{V}/actions", json={"do": "complete", "frames": [[5, 2]]}
    ),
    "400 verdict": lambda c: c.post(f"{V}/review", json={"verdict": "burn", "items": [[1, 1]]}),
    "400 items": lambda c: c.post(f"{V}/review", json={"verdict": "accept", "items": [[1]]}),
    "400 author": lambda c: c.post(f"{V}/undo", headers={"X-Author": "%ff"}),
    "400 long author": lambda c: c.post(f"{V}/undo", headers={"X-Author": "a" * 65}),
    "400 tab": lambda c: c.post(f"{V}/undo", headers={"X-Tab": "../x"}),
    "415 no JSON": lambda c: c.post(f"{V}/objects", content=b"label=rat"),
    "503 no jobs here": lambda c: c.get(f"{API}/jobs"),
}


def raw(client: httpx.AsyncClient, body: bytes) -> Any:
    headers = {"Content-Type": "application/json"}
    return client.post(f"{V}/objects", content=body, headers=headers)


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_with_a_remedy(place: Workplace, case: str) -> None:
    async def check() -> None:
        async with asked(place) as client:
            await with_object(client)
            before = await revision(client)
            answer = await WRONG[case](client)
            assert answer.status_code == int(case[:3]), answer.text
            error = answer.json()["error"]
            assert error["code"]
            assert error["text"]
            assert error["remedy"]
            assert "Traceback" not in answer.text
            assert await revision(client) == before

    run(check())


def test_a_film_that_is_gone_changed_or_back_is_told(place: Workplace, film: Path) -> None:
    copy = film.with_name("copy.mp4")
    shutil.copy(film, copy)
    with open_media(copy) as media:  # type: ignore[attr-defined]
        number = place.project.add_video(media.video)

    async def check() -> None:
        async with asked(place) as client:
            path = f"{API}/videos/{number}"
            assert (await client.get(path)).json()["state"] == "ok"
            copy.unlink()
            told = (await client.get(path)).json()
            assert told["state"] == "missing"
            assert str(film.parent) not in told["message"]
            copy.write_bytes(film.read_bytes() + b"more")
            assert (await client.get(path)).json()["state"] == "changed"
            copy.write_bytes(b"no film at all")
            assert (await client.get(path)).json()["state"] == "unreadable"
            copy.unlink()
            shutil.copy(film, copy)
            assert (await client.get(path)).json()["state"] == "ok"

    run(check())


def test_a_film_that_moved_beside_the_project_is_found(place: Workplace, film: Path) -> None:
    old = place.folder / "elsewhere" / "lost.mp4"
    old.parent.mkdir()
    shutil.copy(film, old)
    with open_media(old) as media:  # type: ignore[attr-defined]
        number = place.project.add_video(media.video)
    new = place.folder / "lost.mp4"
    old.rename(new)
    assert place.films.state(number) == ("ok", "")
    assert place.project.videos()[number].uri == str(new)


def test_a_full_disk_is_told_and_the_server_goes_on(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            sql = place.project._database._sql
            (pages,) = sql.execute("PRAGMA page_count").fetchone()
            (most,) = sql.execute("PRAGMA max_page_count").fetchone()
            sql.execute(f"PRAGMA max_page_count = {pages}")
            statuses = [(await save(client, n, chosen, noise=n)).status_code for n in range(12)]
            assert 507 in statuses
            at = statuses.index(507)
            refused = await save(client, at, chosen, noise=at)
            assert refused.json()["error"]["code"] == "disk_full"
            assert "free" in refused.json()["error"]["remedy"]
            sql.execute(f"PRAGMA max_page_count = {most}")
            assert (await save(client, at, chosen, noise=at)).status_code == 200

    run(check())


def test_a_project_that_was_moved_away_takes_no_saves(place: Workplace) -> None:
    away = place.project.path.with_name("away.masklet")

    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            place.project.path.rename(away)
            refused = await save(client, 1, chosen)
            assert (refused.status_code, refused.json()["error"]["code"]) == (409, "project_gone")
            named = await client.post(f"{V}/objects", json={"label": "x"})
            assert named.status_code == 409
            Project.create(place.project.path).close()
            assert (await save(client, 1, chosen)).status_code == 409
            place.project.path.unlink()
            away.rename(place.project.path)
            assert (await save(client, 1, chosen)).status_code == 200

    run(check())


def test_a_read_only_project_is_told(project_path: Path) -> None:
    place = Workplace(Project.open(project_path, readonly=True))

    async def check() -> None:
        async with asked(place) as client:
            refused = await client.post(f"{V}/objects", json={"label": "x"})
            assert refused.status_code in (400, 409)
            assert "read-only" in refused.json()["error"]["text"]
            assert (await client.get(V)).status_code == 200

    run(check())
    place.close()


def test_a_fault_of_ours_is_one_line_and_the_server_goes_on(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(place, "video_info", lambda _: 1 / 0)

    async def check() -> None:
        async with asked(place) as client:
            answer = await client.get(V)
            assert answer.status_code == 500
            assert answer.json()["error"]["code"] == "unexpected"
            assert "division" not in answer.text
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert (await client.get(f"{API}/health")).status_code == 200

    run(check())
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "ZeroDivisionError" in line


def test_saves_at_once_all_arrive(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            chosen = await with_object(client)
            known = await revision(client)
            saves = [save(client, n, chosen, known=known) for n in range(12)]
            assert {one.status_code for one in await asyncio.gather(*saves)} == {200}

    run(check())
    assert place.store(1).load().frame.tolist() == list(range(12))


def test_labels_of_new_objects_are_those_of_the_video(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            await with_object(client, "rat")
            await with_object(client, "pup")

    run(check())
    assert place.store(1).labels == (Label("rat"), Label("pup"))


def test_a_list_of_videos_opens_none_of_them(place: Workplace, film: Path) -> None:
    junk = film.with_name("junk.mp4")
    number = place.project.add_video(replace(place.video(1), uri=str(junk)))
    junk.write_bytes(b"no film at all")

    async def check() -> None:
        async with asked(place) as client:

            async def listed() -> str:
                videos = (await client.get(f"{API}/project")).json()["videos"]
                return str(next(one["state"] for one in videos if one["id"] == number))

            assert await listed() == "ok"  # it is there; whether it is sound is found when it is opened
            assert (await client.get(f"{API}/videos/{number}")).json()["state"] == "unreadable"
            assert await listed() == "unreadable"
            junk.unlink()
            assert await listed() == "missing"

    run(check())
