"""The desk decodes what is needed most, once, and leaves what nobody waits for any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masklet.core import DataError, Video
from masklet.media import read_image
from masklet.media.reader import Picture, Seen
from masklet.web.cursors import Cursors
from masklet.web.desk import Desk
from masklet.web.errors import Refusal
from masklet.web.frame_cache import FrameCache

HASH = "0123456789abcdef" * 2


class Film:
    """A film of 500 frames whose readers tell what they do and stop where they are told to."""

    def __init__(self, key_every: int = 100) -> None:
        self.video = Video("film.mp4", 32, 24, 500, content_hash=HASH)
        self.key_every = key_every
        self.read: list[int] = []
        self.on_the_way: list[int] = []
        self.gate = threading.Event()
        self.gate.set()
        self.halt_at, self.halt = -1, threading.Event()
        self.broken: set[int] = set()

    def __getitem__(self, index: int) -> Any:
        raise AssertionError("the desk reads through readers")

    def frames(self, start: int = 0, stop: int | None = None, step: int = 1) -> Iterator[Any]:
        raise AssertionError("the desk reads through readers")

    def reader(self) -> Reader:
        return Reader(self)


class Reader:
    def __init__(self, film: Film) -> None:
        self.film, self.at = film, -1

    def cost(self, frame: int) -> int:
        way = frame - self.at
        return way if 0 < way <= self.film.key_every else frame % self.film.key_every + 4

    def key_near(self, frame: int) -> int:
        return round(frame / self.film.key_every) * self.film.key_every

    def read(self, frame: int, seen: Seen | None = None) -> Picture:
        self.film.read.append(frame)
        assert self.film.gate.wait(20)
        if frame in self.film.broken:
            raise DataError(f"frame {frame} is damaged; replace the file")
        first = self.at + 1 if 0 < frame - self.at <= self.film.key_every else frame
        for at in range(first, frame + 1):
            self.film.on_the_way.append(at)
            assert at != self.film.halt_at or self.film.halt.wait(20)
            if seen is not None:
                seen(at, picture(at))
        self.at = frame
        return picture(frame)

    def close(self) -> None:
        pass


def picture(number: int) -> Picture:
    return Picture(lambda: np.full((24, 32, 3), number % 25 * 10, np.uint8), 32 * 24)


def shows(data: bytes, frame: int) -> bool:
    """Is this JPEG the picture of the frame, as far as its 25 shades tell?"""
    return round(int(read_image(data)[0][12, 16, 0]) / 10) == frame % 25


@pytest.fixture
def film() -> Film:
    return Film()


@pytest.fixture
def cache(tmp_path: Path) -> FrameCache:
    return FrameCache(tmp_path / "cache", spare=0)


@pytest.fixture
def desk(film: Film, cache: FrameCache) -> Iterator[Desk]:
    made = Desk(film, cache)
    yield made
    film.gate.set()
    made.close()


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_many_who_ask_for_one_frame_share_its_decoding(desk: Desk, film: Film) -> None:
    film.gate.clear()
    answers = [desk.ask(desk.key(42)) for _ in range(20)]
    film.gate.set()
    assert all(shows(answer.result(10), 42) for answer in answers)
    assert desk.ask(desk.key(42)).done()
    assert film.read == [42]


def test_two_widths_of_one_frame_are_decoded_once(desk: Desk, film: Film) -> None:
    sizes = [read_image(desk.ask(desk.key(42, w)).result(10))[1].size_wh for w in (0, 16, 32, 99)]
    assert sizes == [(32, 24), (16, 12), (32, 24), (32, 24)]
    assert film.read == [42]


def busy(desk: Desk, film: Film) -> list[Any]:
    """Both readers are held up, each on its way to a frame."""
    film.gate.clear()
    before = len(film.read)
    waiting = [desk.ask(desk.key(frame), f"at {frame}", frame) for frame in (200, 400)]
    until(lambda: len(film.read) >= before + 2)
    return waiting


def test_what_the_cursor_left_is_dropped_before_it_is_decoded(desk: Desk, film: Film) -> None:
    held = busy(desk, film)
    left = [desk.ask(desk.key(frame), "mine", frame) for frame in (10, 60, 110, 160)]
    last = desk.ask(desk.key(300), "mine", 300)
    film.gate.set()
    assert shows(last.result(10), 300)
    for answer in left:
        with pytest.raises(Refusal, match="not looked at any more"):
            answer.result(10)
    assert not {10, 60, 110, 160} & set(film.read)
    assert held[1].result(10)


def test_what_another_one_wants_too_is_not_dropped(desk: Desk, film: Film) -> None:
    busy(desk, film)
    first = desk.ask(desk.key(60), "mine", 60)
    second = desk.ask(desk.key(60), "yours", 60)
    silent = desk.ask(desk.key(110), "mine")
    unnamed = desk.ask(desk.key(160))
    desk.ask(desk.key(300), "mine", 300)
    film.gate.set()
    assert all(shows(one.result(10), 60) for one in (first, second))
    assert shows(unnamed.result(10), 160)
    with pytest.raises(Refusal):
        silent.result(10)


def test_a_long_way_is_broken_off_when_the_cursor_leaves(desk: Desk, film: Film) -> None:
    desk.ask(desk.key(0)).result(10)
    film.halt_at = 40
    far = desk.ask(desk.key(99), "mine", 99)
    until(lambda: 40 in film.on_the_way)
    near = desk.ask(desk.key(490), "mine", 490)
    film.halt.set()
    assert shows(near.result(10), 490)
    with pytest.raises(Refusal):
        far.result(10)
    assert 99 not in film.on_the_way


def test_the_frame_at_the_cursor_comes_first(desk: Desk, film: Film) -> None:
    busy(desk, film)
    answers = [desk.ask(desk.key(frame), "mine", 50) for frame in (80, 65, 50, 57)]
    film.gate.set()
    for answer in answers:
        assert answer.result(10)
    ours = [frame for frame in film.read if frame in (80, 65, 50, 57)]
    assert 50 in ours[:2]


def test_frames_ahead_are_made_in_the_direction_of_travel(desk: Desk, cache: FrameCache) -> None:
    for frame in (50, 51):
        desk.ask(desk.key(frame), "mine", frame).result(10)
    wanted = [*range(47, 68), 41, 61]
    until(lambda: all(cache.holds(desk.key(frame)) for frame in wanted))
    for frame in (50, 49):
        desk.ask(desk.key(frame), "mine", frame).result(10)
    until(lambda: all(cache.holds(desk.key(frame)) for frame in range(33, 49)))


def test_frames_ahead_stop_at_the_ends(desk: Desk, film: Film, cache: FrameCache) -> None:
    desk.ask(desk.key(499), "mine", 499).result(10)
    until(lambda: cache.holds(desk.key(489)))
    desk.ask(desk.key(0), "mine", 0).result(10)
    until(lambda: cache.holds(desk.key(10)))
    assert {frame for frame in film.on_the_way if not 0 <= frame < 500} == set()


def test_a_frame_that_fails_is_told_and_not_tried_for_ever(desk: Desk, film: Film) -> None:
    film.broken = set(range(30))
    with pytest.raises(DataError, match="frame 7 is damaged"):
        desk.ask(desk.key(7), "mine", 7).result(10)
    until(lambda: {7, 8, 17, 3} <= set(film.read))
    time.sleep(0.1)
    assert max(film.read.count(frame) for frame in range(30)) <= 2
    assert shows(desk.ask(desk.key(40), "mine", 40).result(10), 40)


def test_a_picture_at_hand(desk: Desk, film: Film) -> None:
    """Decoded by itself; then, as soon as it is there, a nearer one; the frame itself at last."""
    at, data = desk.near(130)
    assert at == 100
    assert shows(data, 100)
    desk.ask(desk.key(125)).result(10)
    assert desk.near(130)[0] == 125
    assert desk.near(125)[0] == 125
    assert desk.near(190)[0] == 200


def test_a_picture_at_hand_comes_while_both_readers_are_busy(desk: Desk, film: Film) -> None:
    desk.near(200)
    busy(desk, film)
    at, data = desk.near(210)
    assert at == 200
    assert shows(data, 200)


def test_who_waits_when_the_desk_closes_is_refused(desk: Desk, film: Film) -> None:
    busy(desk, film)
    answer = desk.ask(desk.key(60))
    closing = threading.Thread(target=desk.close)
    closing.start()
    with pytest.raises(Refusal):
        answer.result(10)
    film.gate.set()
    closing.join(10)
    assert not closing.is_alive()
    with pytest.raises(Refusal):
        desk.ask(desk.key(61))


def test_people_at_two_places_do_not_disturb_each_other(desk: Desk, film: Film) -> None:
    """Each goes on with a reader of its own: nobody's step costs a way from a key frame."""
    for k in range(30):
        for tab, start in (("mine", 5), ("yours", 305)):
            frame = start + k
            assert shows(desk.ask(desk.key(frame), tab, frame).result(10), frame)
    leaps = sum(1 for a in film.read if a % 100 > 4 and film.on_the_way.count(a) > 1)
    assert leaps < 10


def test_cursors_know_who_is_where() -> None:
    cursors = Cursors(100)
    cursors.move("a", 10)
    cursors.move("b", 80)
    assert cursors.left({"a"}, 80)
    assert not cursors.left({"a"}, 42)
    assert not cursors.left({"a", "b"}, 80)
    assert not cursors.left({"a", ""}, 80)
    assert not cursors.left(set(), 80)
    assert (cursors.away({"a"}, 15), cursors.away({"a", "b"}, 75), cursors.away({""}, 75)) == (5, 5, 0)


def test_leaps_of_ten_are_expected_to_go_on() -> None:
    cursors = Cursors(100)
    cursors.move("a", 50, 480)
    cursors.move("a", 40, 480)
    ahead = list(cursors.ahead())
    assert ahead[:3] == [(40, 480), (30, 480), (20, 480)]
    assert (39, 480) in ahead
    assert len(set(ahead)) == len(ahead)
