"""The editor against the real server: what is drawn is in the store, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.sync_api import Page

from browser_kit import Chromium
from masklet.core import Label
from masklet.core.enums import Flags
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.ops import runs
from masklet.store.project import Project
from masklet.testing.scenes import Scene
from masklet.web.app import create_app
from masklet.web.workplace import Workplace

SCENE = Scene("arena", 2, size_wh=(320, 240), n_frames=30, seed=7)
SEEN = {"viewport": {"width": 640, "height": 480}}
OPEN = """async (author) => {
  document.body.innerHTML = "<div id=stage></div><div id=strip></div>";
  document.body.style.margin = "0";
  Object.assign(document.getElementById("stage").style, { width: "640px", height: "380px" });
  Object.assign(document.getElementById("strip").style, { width: "640px", height: "100px" });
  const { Api } = await import("/static/net/api.js");
  const { Socket } = await import("/static/net/socket.js");
  const { Editor } = await import("/static/engine/editor.js");
  const { Timeline } = await import("/static/engine/timeline.js");
  const api = new Api({ author });
  const socket = new Socket({ tab: api.tab, author: () => api.author });
  socket.open();
  const editor = new Editor({ api, socket, project: "test" });
  const timeline = new Timeline(editor);
  editor.mount(document.getElementById("stage"));
  timeline.mount(document.getElementById("strip"));
  const toasts = [];
  editor.addEventListener("toast", ({ detail }) => toasts.push(detail.text));
  Object.assign(window, { api, socket, editor, timeline, toasts });
  const info = (await api.project()).videos[0];
  await editor.open(info, 4);
  if (!editor.objects.length) editor.setObjects([await api.addObject(info.id, { label: "rat" })]);
  editor.select(editor.objects[0].id);
}"""
READY = "() => editor.exact && editor.shown === editor.wanted && editor.film.rows(editor.shown)"
SAVED = "() => editor.saving === 'saved' && socket.connected"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "scene.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    return path


@pytest.fixture
def place(film: Path, tmp_path: Path) -> Iterator[Workplace]:
    path = tmp_path / "project.masklet"
    with open_media(film) as media, Project.create(path, media.video, [Label("rat")]):  # type: ignore[attr-defined]
        pass
    workplace = Workplace(Project.open(path))
    yield workplace
    workplace.close()


@pytest.fixture
def address(place: Workplace) -> Iterator[str]:
    config = uvicorn.Config(create_app(place), host="127.0.0.1", port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield "http://127.0.0.1:%d" % server.servers[0].sockets[0].getsockname()[1]  # noqa: UP031
    server.should_exit = True
    thread.join()


def opened(page: Page, address: str, author: str = "Eva") -> None:
    page.goto(address + "/health-of-nothing")
    page.evaluate(OPEN, author)
    page.wait_for_function(READY)
    page.wait_for_function("() => socket.connected")


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the frame lies on the page."""
    at = page.evaluate("([x, y]) => editor.view.toHost({ x, y })", [x, y])
    return at["x"], at["y"]


def stroke(page: Page, *points: tuple[float, float]) -> None:
    page.mouse.move(*spot(page, *points[0]))
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*spot(page, *point), steps=8)
    page.mouse.up()


def stored(place: Workplace, frame: int) -> np.ndarray:
    """Pixels of the only object on a frame."""
    rows = place.store(1).load([frame])
    return runs.decode(rows.row_runs(0), SCENE.size_wh) if len(rows) else np.zeros(SCENE.size_wh[::-1])


def shown(page: Page) -> int:
    return int(page.evaluate("() => editor.areaOf(editor.selected)"))


def test_a_stroke_is_in_the_store_and_is_undone_and_redone(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def person(page: Page) -> list[int]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 20 }")
        stroke(page, (60, 60), (200, 60))
        areas = [shown(page)]
        page.wait_for_function(SAVED)
        for verb in ("undo", "redo"):
            page.evaluate(f"() => editor.{verb}()")
            page.wait_for_function("(last) => editor.areaOf(editor.selected) !== last", arg=areas[-1])
            areas.append(shown(page))
        return areas

    areas = chromium.use(person, **SEEN)
    mask = stored(place, 4)
    assert areas == [mask.sum(), 0, mask.sum()]
    assert mask[60, 52:208].all()
    assert not mask[45].any()
    assert mask.sum() > 20 * 140


def test_offline_strokes_survive_a_reload_and_are_saved_when_the_server_is_back(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def person(page: Page) -> tuple[str, int]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush' }")
        page.route("**/masks/**", lambda route: route.abort())
        stroke(page, (60, 100), (200, 100))
        page.wait_for_function("() => editor.saving === 'offline' && editor.unsent === 1")
        stroke(page, (60, 140), (200, 140))
        badge = str(page.evaluate("() => `${editor.saving} ${editor.unsent}`"))
        assert stored(place, 4).sum() == 0
        page.reload()
        page.unroute("**/masks/**")
        page.evaluate(OPEN, "Eva")
        page.wait_for_function("() => editor.unsent === 0 && editor.saving === 'saved'")
        page.wait_for_function(READY)
        return badge, shown(page)

    badge, area = chromium.use(person, **SEEN)
    mask = stored(place, 4)
    assert badge == "offline 2"
    assert mask[100, 60:200].all()
    assert mask[140, 60:200].all()
    assert area == mask.sum()


def test_two_people_on_one_mask_keep_both_strokes(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def people(page: Page) -> tuple[list[str], list[int]]:
        other = page.context.new_page()
        for one, author in ((page, "Eva"), (other, "Ada")):
            opened(one, address, author)
            one.evaluate("() => { editor.tool = 'brush' }")
        # Ada does not hear of Eva's stroke before she draws hers.
        other.evaluate("() => { socket.close(); editor.film.saver.setReachable(true) }")
        stroke(page, (60, 60), (200, 60))
        page.wait_for_function(SAVED)
        stroke(other, (60, 160), (200, 160))
        other.wait_for_function("() => toasts.length > 0 && editor.unsent === 0")
        said = other.evaluate("() => toasts")
        other.evaluate("() => socket.open()")
        both = "() => editor.areaOf(editor.selected) > 4500"
        for one in (page, other):
            one.wait_for_function(both)
        return said, [shown(page), shown(other)]

    said, areas = chromium.use(people, **SEEN)
    mask = stored(place, 4)
    assert "Somebody changed object" in said[0]
    assert mask[60, 60:200].all()
    assert mask[160, 60:200].all()
    assert areas == [mask.sum(), mask.sum()]


def test_shapes_and_keys_of_the_timeline(chromium: Chromium, address: str, place: Workplace) -> None:
    def person(page: Page) -> dict[str, Any]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'polygon' }")
        for corner in ((100, 50), (200, 50), (200, 150), (100, 150)):
            page.mouse.click(*spot(page, *corner))
        page.evaluate("() => editor.finish()")
        page.evaluate("() => { editor.tool = 'polyline'; editor.lineWidth = 7 }")
        for corner in ((200, 100), (300, 100)):
            page.mouse.click(*spot(page, *corner))
        page.evaluate("() => editor.finish()")
        page.wait_for_function(SAVED)
        page.wait_for_function("() => editor.timeline.tracks.size === 1")
        page.locator("#strip canvas").last.focus()
        for key in ("End", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_function(READY)
        frames = [page.evaluate("() => editor.shown")]
        found = page.evaluate("() => editor.gotoKeyframe(-1)")
        page.wait_for_function(READY)
        return {"frames": [*frames, page.evaluate("() => editor.shown")], "found": found}

    told = chromium.use(person, **SEEN)
    assert told == {"frames": [26, 4], "found": True}
    mask = stored(place, 4)
    assert mask[51:150, 101:200].all()
    assert mask[97:103, 200:300].all()
    assert not mask[90, 210:].any()


def test_masks_that_arrive_during_a_stroke_leave_it_whole(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    """The tracker paints the frame anew while somebody draws on it."""

    def person(page: Page) -> list[int]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 20 }")
        page.mouse.move(*spot(page, 60, 60))
        page.mouse.down()
        page.mouse.move(*spot(page, 200, 60), steps=8)
        page.evaluate("() => editor.film.tell('rows', { from: 0, to: 30 })")
        page.mouse.move(*spot(page, 200, 120), steps=8)
        painted = page.evaluate(
            """() => {
              const { canvas } = editor.layers.fillLayer;
              const seen = editor.layers.fillLayer.getImageData(0, 0, canvas.width, canvas.height).data;
              return seen.filter((value, i) => i % 4 === 3 && value > 0).length;
            }"""
        )
        page.mouse.up()
        page.wait_for_function(SAVED)
        return [painted, shown(page)]

    assert chromium.use(person, **SEEN) == [int(stored(place, 4).sum())] * 2


def test_what_is_in_the_way_is_said(chromium: Chromium, address: str, place: Workplace) -> None:
    def person(page: Page) -> list[str]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush'; editor.select(null) }")
        stroke(page, (60, 60), (200, 60))
        page.evaluate("() => editor.select(editor.objects[0].id)")
        page.evaluate("() => editor.setObjects([{ ...editor.objects[0], locked: true }])")
        stroke(page, (60, 60), (200, 60))
        return list(page.evaluate("() => toasts"))

    said = chromium.use(person, **SEEN)
    assert said == ["No object is selected.", "Object 1 is locked."]
    assert stored(place, 4).sum() == 0


@pytest.mark.parametrize(
    ("tool", "kept", "gone"), [("brush", (100, 130), None), ("eraser", None, (100, 60))]
)
def test_what_is_saved_while_a_stroke_is_held_stays(
    chromium: Chromium,
    address: str,
    place: Workplace,
    tool: str,
    kept: tuple[int, int] | None,
    gone: tuple[int, int] | None,
) -> None:
    """Eva holds the button, Ada's mask is saved and shown, Eva lifts: all pixels are there."""

    def person(page: Page) -> list[int]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush' }")
        stroke(page, (60, 60), (200, 60))
        page.wait_for_function(SAVED)
        page.evaluate("(tool) => { editor.tool = tool }", tool)
        y = 130 if tool == "brush" else 60
        page.mouse.move(*spot(page, 60, y))
        page.mouse.down()
        page.mouse.move(*spot(page, 100, y), steps=8)
        mask = stored(place, 4)
        mask[190:210, 60:200] = True
        place.session(1, "Ada").put(4, 1, runs.encode(mask))
        page.wait_for_function("(area) => editor.areaOf(1) > area", arg=shown(page))
        page.mouse.move(*spot(page, 140, y), steps=8)
        page.mouse.up()
        page.wait_for_function(SAVED)
        return [shown(page)]

    areas = chromium.use(person, **SEEN)
    mask = stored(place, 4)
    assert mask[190:210, 60:200].all(), "Ada's"
    assert mask[60, 180], "Eva's first"
    assert kept is None or mask[kept[1], kept[0]]
    assert gone is None or not mask[gone[1], gone[0]]
    assert areas == [mask.sum()]


def test_three_people_draw_on_one_mask_as_fast_as_they_can(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    ways = [(x, y) for x in (40, 140, 240) for y in (40, 120, 200)]

    def people(page: Page) -> None:
        browser = page.context.browser
        assert browser is not None
        # Windows of their own: a tab behind another one draws no frames.
        pages = [page, *(browser.new_page(viewport={"width": 640, "height": 480}) for _ in range(2))]
        for one, author in zip(pages, ("Eva", "Ada", "Ida"), strict=True):
            opened(one, address, author)
            one.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 10 }")
        for i, (x, y) in enumerate(ways):
            stroke(pages[i % 3], (x, y), (x + 40, y))
        for one in pages:
            one.wait_for_function(SAVED)
        for one in pages[1:]:
            one.close()

    chromium.use(people, **SEEN)
    mask = stored(place, 4)
    assert [(x, y) for x, y in ways if not mask[y, x : x + 40].all()] == []


LEFT = {"uu": "##..", "uur": "###.", "uurr": "####", "uuur": "##..", "uuuurrr": "###."}


def slow(page: Page) -> None:
    """Every request takes long, as through a tunnel."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    told = {"offline": False, "latency": 250, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", told)


@pytest.mark.parametrize("keys", LEFT)
def test_undo_and_redo_keep_their_order_while_strokes_are_on_their_way(
    chromium: Chromium, address: str, place: Workplace, keys: str
) -> None:
    ways = (30, 80, 130, 180)

    def person(page: Page) -> list[str]:
        opened(page, address)
        slow(page)
        page.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 10 }")
        for y in ways:
            stroke(page, (60, y), (120, y))
        page.evaluate(
            "(keys) => Promise.all([...keys].map((k) => k === 'u' ? editor.undo() : editor.redo()))",
            keys,
        )
        page.wait_for_function(SAVED)
        return page.evaluate("() => toasts")

    toasts = chromium.use(person, **SEEN)
    mask = stored(place, 4)
    assert "".join("#" if mask[y, 90] else "." for y in ways) == LEFT[keys]
    assert toasts == []


def test_nothing_overtakes_a_stroke_that_is_on_its_way(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def person(page: Page) -> list[str]:
        opened(page, address)
        slow(page)
        page.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 10 }")
        for y in (30, 80, 130):
            stroke(page, (60, y), (120, y))
        page.evaluate("() => editor.afterStrokes(() => api.deleteRows(1, [[4, 5]], [editor.selected]))")
        page.wait_for_function(SAVED)
        assert not stored(place, 4).any()
        stroke(page, (60, 180), (120, 180))
        page.evaluate("() => editor.mark('occluded')")
        page.wait_for_function(SAVED)
        return page.evaluate("() => toasts")

    assert chromium.use(person, **SEEN) == []
    rows = place.store(1).load([4])
    assert stored(place, 4)[180, 90]
    assert rows.flags[0] & Flags.OCCLUDED


def test_news_of_an_own_stroke_fetches_nothing_and_of_another_ones_does(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def people(page: Page) -> tuple[list[str], list[str]]:
        browser = page.context.browser
        assert browser is not None
        other = browser.new_page(viewport={"width": 640, "height": 480})
        opened(page, address, "Eva")
        opened(other, address, "Ada")
        fetched: list[str] = []
        page.on("request", lambda one: fetched.append(one.url) if "/masks?" in one.url else None)
        page.evaluate("() => { window.news = 0; socket.addEventListener('changed', () => news++) }")
        heard = []
        for drawer, way in ((page, ((60, 60), (120, 60))), (other, ((60, 150), (120, 150)))):
            drawer.evaluate("() => { editor.tool = 'brush'; editor.brushSize = 10 }")
            stroke(drawer, *way)
            drawer.wait_for_function(SAVED)
            page.wait_for_function("(n) => news > n", arg=len(heard))
            page.wait_for_timeout(300)
            heard.append(list(fetched))
        page.wait_for_function(f"() => editor.areaOf(editor.selected) === {stored(place, 4).sum()}")
        other.close()
        return heard[0], heard[1]

    own, others = chromium.use(people, **SEEN)
    assert own == []
    assert len(others) == 1


OFFERED = """(label) => offered.at(-1).offers.find((one) => one.label === label).run()"""


@pytest.mark.parametrize("decision", ["Draw it as a new object", "Try again", "Discard"])
def test_strokes_on_an_object_that_is_gone_wait_for_a_decision(
    chromium: Chromium, address: str, place: Workplace, decision: str
) -> None:
    def person(page: Page) -> list[str]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush' }")
        stroke(page, (60, 60), (200, 60))
        page.wait_for_function(SAVED)
        page.route("**/masks/**", lambda route: route.abort())
        stroke(page, (60, 140), (200, 140))
        page.wait_for_function("() => editor.saving === 'offline' && editor.unsent === 1")
        place.session(1, "Ada").remove_object(1)
        page.unroute("**/masks/**")
        page.wait_for_function("() => { editor.save(); return editor.saving === 'refused' }")
        page.reload()
        page.evaluate(OPEN, "Eva")
        page.evaluate(
            """() => {
              window.offered = [];
              editor.addEventListener("toast", ({ detail }) => detail.offers && offered.push(detail));
            }"""
        )
        page.wait_for_function("() => editor.saving === 'refused' && editor.refused === 1")
        page.evaluate("() => editor.decide()")
        page.wait_for_function("() => offered.length > 0")
        if decision == "Try again":
            place.session(1, "Ada").undo()
        page.evaluate(OFFERED, decision)
        page.wait_for_function(SAVED)
        return [one["text"] for one in page.evaluate("() => offered.map(({ text }) => ({ text }))")]

    said = chromium.use(person, **SEEN)
    assert said[0].startswith("A stroke was not saved: there is no object 1")
    found = [info.id for info in place.session(1, "Eva").objects()]
    # The page that is opened anew adds object 2, since the video has none.
    assert found == {"Draw it as a new object": [2, 3], "Try again": [1, 2], "Discard": [2]}[decision]
    if decision == "Discard":
        assert len(place.store(1).load([4])) == 0
        return
    mask = stored(place, 4)
    assert mask[140, 60:200].all()
    assert mask[60].any() == (decision == "Try again")


def test_undo_goes_on_before_a_stroke_that_somebody_drew_over(
    chromium: Chromium, address: str, place: Workplace
) -> None:
    def person(page: Page) -> list[str]:
        opened(page, address)
        page.evaluate("() => { editor.tool = 'brush' }")
        for frame in (3, 4):
            page.evaluate("(frame) => editor.goto(frame)", frame)
            page.wait_for_function(READY)
            stroke(page, (60, 60), (200, 60))
            page.wait_for_function(SAVED)
        place.session(1, "Ada").put(4, 1, runs.encode(np.ones(SCENE.size_wh[::-1], np.bool_)))
        page.evaluate("() => editor.undo()")
        said = page.evaluate("() => toasts")
        page.evaluate("() => editor.undo()")
        return list(said)

    said = chromium.use(person, **SEEN)
    assert said[-1] == "Your last edit stays: object 1 on frame 4 was changed afterwards."
    assert stored(place, 4).all()
    assert len(place.store(1).load([3])) == 0
