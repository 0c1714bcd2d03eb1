"""The socket: every tab hears of every change, once it matters, whoever made it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect

from masklet.core import DataError, Masks, Origin, Video
from masklet.jobs.events import Answer, Live, Moved, WorkerState
from masklet.jobs.spec import Job, JobSpec
from masklet.store.project import Project
from masklet.web import wire
from masklet.web.outbox import MOST_LIVE, MOST_WORDS, Outbox, merged
from masklet.web.workplace import Workplace
from web_kit import SCENE, FakeWorker, Tab, answered, opened, packet, run, serving

V = "/api/v1/videos/1"


async def save(
    client: httpx.AsyncClient, frame: int, chosen: int, tab: str, **how: Any
) -> httpx.Response:
    known = how.pop("known", place_revision(await client.get(V)))
    headers = {"If-Match": f'"{known}"', "X-Author": tab, "X-Tab": tab}
    url = f"{V}/masks/{frame}/{chosen}"
    return await client.put(url, content=packet(frame, chosen, **how), headers=headers)


def place_revision(answer: httpx.Response) -> int:
    return int(answer.json()["revision"])


def client_of(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}")


def reaches(revision: int) -> Any:
    return lambda message: message["revision"] >= revision


def test_two_tabs_converge(place: Workplace) -> None:
    """Both tabs edit at once; each ends with the masks that the project has."""
    chosen = place.session(1, "ann").add_object("rat").id

    async def follow(client: httpx.AsyncClient, tab: Tab, last: int) -> dict[int, bytes]:
        """The masks of a tab that reads exactly what it hears of."""
        masks: dict[int, bytes] = {}
        revision = 0
        while revision < last:
            heard = await tab.hear("changed")
            revision = heard["revision"]
            for a, b in heard["frames"]:
                found = await client.get(f"{V}/masks?from={a}&to={b}")
                for one in wire.decode_all(found.content, place.video(1)):
                    masks[one.frame] = one.rows.runs.tobytes()
        return masks

    async def check(port: int) -> None:
        async with client_of(port) as client, opened(port, "ann") as one, opened(port, "bob") as two:
            known = place.store(1).revision
            saves = [
                save(client, frame, chosen, ("ann", "bob")[frame % 2], x=5 + frame, known=known)
                for frame in range(12)
            ]
            assert {answer.status_code for answer in await asyncio.gather(*saves)} == {200}
            last = place.store(1).revision
            ann, bob = await asyncio.gather(follow(client, one, last), follow(client, two, last))
            rows = place.store(1).load()
            assert ann == bob == {int(f): rows.on(int(f)).runs.tobytes() for f in rows.frames}
            assert sorted(ann) == list(range(12))

    with serving(place) as port:
        run(check(port))


def test_on_one_mask_the_second_is_refused_and_told_what_is_there(place: Workplace) -> None:
    chosen = place.session(1, "ann").add_object("rat").id

    async def check(port: int) -> None:
        async with client_of(port) as client, opened(port, "bob") as bob:
            known = place.store(1).revision
            first = await save(client, 3, chosen, "ann", known=known)
            late = await save(client, 3, chosen, "bob", x=30, known=known)
            assert (first.status_code, late.status_code) == (200, 412)
            heard = await bob.hear("changed", reaches(place_revision(first)))
            assert (heard["author"], heard["tab"]) == ("ann", "ann")
            assert heard["frames"] == [[3, 4]]
            again = await save(client, 3, chosen, "bob", x=30, known=place_revision(late))
            assert again.status_code == 200

    with serving(place) as port:
        run(check(port))


def test_what_another_process_changes_is_told_too(place: Workplace) -> None:
    async def check(port: int) -> None:
        async with opened(port, "ann") as tab:
            with Project.open(place.project.path) as other:
                rows = SCENE.truth(tails="none").replace(video=place.video(1))
                revision = other.masks(1).append(rows, author="worker")
            heard = await tab.hear("changed", reaches(revision))
            assert (heard["author"], heard["tab"]) == ("worker", "")
            assert heard["frames"] == [[0, 12]]
            assert heard["objects"] == [1, 2]

    with serving(place) as port:
        run(check(port))


def test_who_comes_back_hears_what_was_missed(place: Workplace) -> None:
    session = place.session(1, "ann")
    chosen = session.add_object("rat").id
    rows = SCENE.truth(tails="none").of(1)
    session.put(2, chosen, rows.row_runs(2))
    since = session.revision
    session.put(5, chosen, rows.row_runs(5))
    session.put(7, chosen, rows.row_runs(7))

    async def check(port: int) -> None:
        async with opened(port, "bob", since=since) as tab:
            heard = await tab.hear("changed")
            assert heard["frames"] == [[5, 6], [7, 8]]
            assert heard["revision"] == session.revision
        async with opened(port, "bob", since=0) as tab:
            assert (await tab.hear("changed"))["frames"] == [[0, 12]]
        async with opened(port, "bob", since=session.revision) as tab:
            await tab.say(t="ping")
            kinds = set()
            while "pong" not in kinds:
                kinds.add(json.loads(await tab.ws.recv())["t"])
            assert "changed" not in kinds

    with serving(place) as port:
        run(check(port))


def test_objects_and_people(place: Workplace) -> None:
    async def check(port: int) -> None:
        async with client_of(port) as client, opened(port, "ann") as ann:
            await client.post(f"{V}/objects", json={"label": "rat"})
            assert (await ann.hear("objects"))["video"] == 1
            async with opened(port, "bob") as bob:
                await bob.say(t="presence", video=1, frame=7, object=None)
                people = await ann.hear("presence", lambda m: any(p["frame"] == 7 for p in m["people"]))
                assert {one["author"] for one in people["people"]} == {"ann", "bob"}
            await ann.hear("presence", lambda m: len(m["people"]) == 1)

    with serving(place) as port:
        run(check(port))


def test_a_click_is_answered_saved_and_can_be_undone(place: Workplace) -> None:
    worker = FakeWorker()
    place.link = worker  # type: ignore[assignment]
    chosen = place.session(1, "ann").add_object("rat").id

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann, opened(port, "bob") as bob:
            await ann.say(**click(1, chosen, points=[[4.5, 6, 1], [9, 9, 0]]))
            [(asked, future)] = await arrived(worker, 1)
            assert asked.points == ((4.5, 6.0, True), (9.0, 9.0, False))
            assert (asked.label, asked.client) == ("rat", "ann")
            future.set_result(answered(asked))
            answer = await ann.hear("answer")
            assert (answer["req"], answer["frame"], answer["object"]) == (1, 3, chosen)
            found = wire.decode(answer["packet"], place.video(1))
            assert found.revision == answer["revision"] == place.store(1).revision
            heard = await bob.hear("changed", reaches(answer["revision"]))
            assert heard["tab"] == "ann"

    with serving(place) as port:
        run(check(port))
    stored = place.store(1).load()
    assert stored.origin.tolist() == [Origin.PROMPTED]
    assert place.session(1, "ann").undo() is not None
    assert len(place.store(1).load()) == 0


def click(req: int, chosen: int, **how: Any) -> dict[str, Any]:
    return {"t": "click", "req": req, "video": 1, "frame": 3, "object": chosen, "box": None, **how}


async def arrived(worker: FakeWorker, count: int) -> list[Any]:
    async with asyncio.timeout(20):
        while len(worker.asked) < count:
            await asyncio.sleep(0.01)
    return worker.asked


def test_a_newer_click_takes_the_place_of_one_that_waits(place: Workplace) -> None:
    worker = FakeWorker()
    place.link = worker  # type: ignore[assignment]
    chosen = place.session(1, "ann").add_object("rat").id

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann:
            await ann.say(**click(1, chosen, points=[[4, 6, 1]]))
            await ann.say(**click(2, chosen, points=[[4, 6, 1], [5, 7, 1]]))
            first, second = await arrived(worker, 2)
            first[1].set_result(answered(first[0], 40))
            second[1].set_result(answered(second[0], 50))
            assert (await ann.hear("answer"))["req"] == 2

    with serving(place) as port:
        run(check(port))
    assert len(place.store(1).history(3)) == 1


def test_clicks_that_cannot_be_asked_are_refused(place: Workplace) -> None:
    worker = FakeWorker()
    session = place.session(1, "ann")
    chosen, locked = session.add_object("rat").id, session.add_object("pup").id
    session.change_object(locked, locked=True)
    wrong = {
        "locked": click(1, locked, points=[[1, 1, 1]]),
        "not_found": click(2, 99, points=[[1, 1, 1]]),
        "bad_request": click(3, chosen, points=[[1, 1, 2]]),
    }
    outside = [
        click(4, chosen, points=[[-1, 1, 1]]),
        click(5, chosen, points=[[1, 65, 1]]),
        click(6, chosen, points=[[1, "1", 1]]),
        click(7, chosen, points=[[1, 1, 1]] * 201),
        click(8, chosen, box=[5, 5, 5, 9]),
        click(9, chosen, box=[1, 2, 3]),
    ]

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann:
            await ann.say(**click(0, chosen, points=[[1, 1, 1]]))
            assert (await ann.hear("error"))["code"] == "no_worker"
            place.link = worker  # type: ignore[assignment]
            for code, message in wrong.items():
                await ann.say(**message)
                refused = await ann.hear("error")
                assert (refused["code"], refused["req"]) == (code, message["req"])
                assert refused["remedy"]
            for message in outside:
                await ann.say(**message)
                assert (await ann.hear("error"))["code"] == "bad_request"
            await ann.say(**click(10, chosen, points=[[1, 1, 1]]))
            [(_, future)] = await arrived(worker, 1)
            future.set_exception(DataError("the worker is gone; click again in a moment"))
            refused = await ann.hear("error")
            assert (refused["req"], refused["remedy"]) == (10, "click again in a moment")

    with serving(place) as port:
        run(check(port))


def test_whatever_a_tab_sends_it_is_answered_and_stays(place: Workplace) -> None:
    nonsense: list[str | bytes] = [
        "{",
        "[]",
        "null",
        b"\x00\x01",
        '{"t": "fly"}',
        '{"t": 3}',
        '{"t": "hello", "author": 5}',
        '{"t": "hello", "author": "a", "tab": "../..", "video": 1}',
        '{"t": "hello", "author": "a", "tab": "a", "video": 77}',
        '{"t": "hello", "author": "a", "tab": "a", "video": 1e999}',
        '{"t": "watch", "video": 2, "from": 0, "to": 5}',
        '{"t": "watch", "video": 1, "from": -1, "to": 5}',
        '{"t": "presence", "video": 1, "frame": NaN}',
        '{"t": "click"}',
        '{"t":' + "[" * 50_000,
    ]

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann:
            for message in nonsense:
                await ann.ws.send(message)
                refused = await ann.hear("error")
                assert refused["text"]
                assert refused["remedy"]
            await ann.say(t="ping")
            await ann.hear("pong")

    with serving(place) as port:
        run(check(port))


def test_worker_jobs_and_live_masks_reach_those_who_look(place: Workplace) -> None:
    size = Video("", 96, 64, 12)
    rows = SCENE.truth(tails="none").replace(video=size)
    spec = JobSpec(str(place.project.path), 1)

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann, opened(port, "bob", video=None) as bob:
            place.heard(WorkerState(True, "ready"))
            assert (await bob.hear("worker", lambda m: m["alive"]))["what"] == "ready"
            place.heard(Moved(Job("j1", spec, "running", 3, 12)))
            job = (await bob.hear("job"))["job"]
            assert (job["id"], job["state"], job["done"]) == ("j1", "running", 3)
            assert "project" not in job["spec"]
            await ann.say(t="watch", video=1, **{"from": 4, "to": 6})
            await ann.say(t="ping")
            await ann.hear("pong")
            for frame in (3, 5):
                place.heard(Live("j1", 1, frame, rows.on(frame)))
            live = await ann.hear("live")
            assert (live["frame"], live["job"]) == (5, "j1")
            assert wire.decode(live["packet"], size).rows.object_id.tolist() == [1, 2]

    with serving(place) as port:
        run(check(port))


def test_a_tab_that_closes_in_the_middle_of_a_click_harms_nobody(place: Workplace) -> None:
    worker = FakeWorker()
    place.link = worker  # type: ignore[assignment]
    chosen = place.session(1, "ann").add_object("rat").id

    async def check(port: int) -> None:
        async with opened(port, "bob") as bob:
            async with opened(port, "ann") as ann:
                await ann.say(**click(1, chosen, points=[[4, 6, 1]]))
                [(asked, future)] = await arrived(worker, 1)
            await bob.hear("presence", lambda m: len(m["people"]) == 1)
            future.set_result(answered(asked))
            await bob.say(t="ping")
            await bob.hear("pong")

    with serving(place) as port:
        run(check(port))
    assert len(place.store(1).load()) == 0


def test_a_socket_without_hello_only_hears_that(place: Workplace) -> None:
    async def check(port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}/api/v1/socket") as ws:
            await ws.send('{"t": "presence", "video": 1, "frame": 0, "object": null}')
            assert json.loads(await ws.recv())["t"] == "error"

    with serving(place) as port:
        run(check(port))


def drained(box: Outbox) -> list[Any]:
    async def take() -> list[Any]:
        found = []
        while True:
            try:
                async with asyncio.timeout(0.05):
                    found.append(await box.next())
            except TimeoutError:
                return found

    return asyncio.run(take())


def test_a_full_outbox_drops_live_masks_and_merges_changes() -> None:
    box = Outbox()
    for n in range(1000):
        box.live(n.to_bytes(4, "little"))
        box.changed(1, n + 1, "ann", "t1", [range(n, n + 1)], [n % 3])
        box.latest("job", {"t": "job", "n": n})
    found = drained(box)
    changed = json.loads(found[0])
    assert changed["frames"] == [[0, 1000]]
    assert (changed["revision"], changed["objects"]) == (1000, [0, 1, 2])
    assert (changed["author"], changed["tab"]) == ("ann", "t1")
    assert json.loads(found[1]) == {"t": "job", "n": 999}
    assert [int.from_bytes(one, "little") for one in found[2:]] == list(range(1000 - MOST_LIVE, 1000))
    assert box.dropped == 1000 - MOST_LIVE
    assert not box.overrun


def test_changes_of_two_tabs_in_one_are_nobodys() -> None:
    box = Outbox()
    box.changed(1, 1, "ann", "t1", [range(1)], [1])
    box.changed(1, 2, "bob", "t2", [range(1)], [1])
    changed = json.loads(drained(box)[0])
    assert (changed["author"], changed["tab"]) == ("", "")


def test_who_leaves_answers_unread_is_cut_off() -> None:
    box = Outbox()
    for n in range(MOST_WORDS + 1):
        box.say({"n": n})
    assert box.overrun


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([range(3, 5), range(0, 3)], [range(0, 5)]),
        ([range(0, 9), range(2, 3)], [range(0, 9)]),
        ([range(5, 6), range(0, 1), range(2, 2)], [range(0, 1), range(5, 6)]),
        ([], []),
    ],
)
def test_ranges_are_merged(parts: list[range], whole: list[range]) -> None:
    assert merged(parts) == whole


def test_an_answer_without_rows_is_none(place: Workplace) -> None:
    """A click that was superseded in the worker is not answered; nothing is saved."""
    worker = FakeWorker()
    place.link = worker  # type: ignore[assignment]
    chosen = place.session(1, "ann").add_object("rat").id

    async def check(port: int) -> None:
        async with opened(port, "ann") as ann:
            await ann.say(**click(1, chosen, points=[[4, 6, 1]]))
            [(_, future)] = await arrived(worker, 1)
            future.set_result(Answer(None, superseded=True))
            await ann.say(t="ping")
            kinds = set()
            while "pong" not in kinds:
                kinds.add(json.loads(await ann.ws.recv())["t"])
            assert not kinds & {"answer", "error"}

    with serving(place) as port:
        run(check(port))
    assert np.array_equal(place.store(1).load().frame, Masks(place.video(1)).frame)


def test_the_watcher_outlives_a_fault(
    place: Workplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = place.session(1, "ann").add_object("rat").id
    faults = [RuntimeError("out of the blue")]
    look = place.watcher._others

    def once() -> Any:
        if faults:
            raise faults.pop()
        return look()

    monkeypatch.setattr(place.watcher, "_others", once)

    async def check(port: int) -> None:
        async with client_of(port) as client, opened(port, "bob") as tab:
            while faults:
                await asyncio.sleep(0.02)
            saved = await save(client, 3, chosen, "ann")
            await tab.hear("changed", reaches(place_revision(saved)))

    with serving(place) as port:
        run(check(port))
    assert "out of the blue" in capsys.readouterr().err
