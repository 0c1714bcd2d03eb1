"""Desk: the frames of one video as JPEGs, for all who look at it, decoded in the order of their need."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from masklet.core import MediaSource
from masklet.media.jpeg import QUALITY, to_jpeg
from masklet.media.reader import FrameReader, Picture, reader_of
from masklet.web.cursors import Cursors
from masklet.web.errors import Refusal
from masklet.web.frame_cache import FrameCache, FrameKey

READERS = 2
KEPT = 160 << 20
"""Bytes of decoded pictures around the cursors that are not yet JPEGs."""
SMALL, ROUGH = 480, 70
"""Width in pixels and quality of the pictures that are shown while one waits."""
_AROUND = 24
_SLACK = 8
"""So many pictures more may a free reader decode than a busy one would, rather than wait for it."""


class _StopError(Exception):
    """Nobody waits for this frame any more, or somebody waits for another one."""


@dataclass(eq=False)
class _Order:
    """One JPEG to be made, for whoever asked for it."""

    key: FrameKey
    answer: Future[bytes] = field(default_factory=Future)
    asked: bool = False
    """by somebody; else it is made ahead"""
    tabs: set[str] = field(default_factory=set)
    """who asked; "" for one that does not say"""
    doing: bool = False


@dataclass(eq=False)
class _Seat:
    """A reader, its thread, and where it is going."""

    reader: FrameReader
    goal: int | None = None


class Desk:
    """Gives frames of an open source; several threads may ask.

    Two readers with a position each work through what is asked for; a frame goes to the one that
    comes to it sooner. What a tab's cursor has left behind is dropped, also on the way to it. While
    nothing is asked for, frames around the cursors are made ahead.

    Args:
        source: what is looked at; who opened it closes it, after this desk.
        cache: where JPEGs are kept.
    """

    def __init__(self, source: MediaSource, cache: FrameCache) -> None:
        self.source = source
        self._cache = cache
        self._hash = source.video.content_hash or f"unnamed-{secrets.token_hex(8)}"
        self._cursors = Cursors(source.video.n_frames)
        self._orders: dict[FrameKey, _Order] = {}
        self._tried: set[FrameKey] = set()
        self._kept = _Shelf(KEPT)
        self._change = threading.Condition()
        self._seats = [_Seat(reader_of(source)) for _ in range(READERS)]
        self._threads: list[threading.Thread] = []
        self._key_reader, self._key_lock = reader_of(source), threading.Lock()
        self._closed = False
        self._stamps = [_stamp(path) for path in getattr(source, "paths", ())]

    def altered(self, frame: int) -> bool:
        """Is the picture's own file another one than when the folder was opened?"""
        return bool(self._stamps) and _stamp(self._file(frame)) != self._stamps[frame]

    def key(self, frame: int, width: int = 0, quality: int = QUALITY) -> FrameKey:
        """The name of a JPEG; a width that the frame does not reach is none."""
        own = self.source.video.size_wh(frame)[0]
        return FrameKey(self._hash, frame, width if 0 < width < own else 0, quality)

    def ask(self, key: FrameKey, tab: str = "", cursor: int | None = None) -> Future[bytes]:
        """The JPEG of `key`, as soon as it is made.

        Args:
            key: of `Desk.key`.
            tab: who asks; empty for one that does not say.
            cursor: the frame that this tab wants to see now. A request that waits is refused (409)
                when a later one of the same tab says that the tab is elsewhere.
        """
        if tab and cursor is not None:
            self._cursors.move(tab, cursor, key.width)
        data = self._cache.get(key)
        with self._change:
            self._tried.clear()
            self._change.notify_all()
            if data is not None:
                return _done(data)
            if self._closed:
                raise _elsewhere()
            order = self._orders.setdefault(key, _Order(key))
            order.asked = True
            order.tabs.add(tab)
            self._start()
            return order.answer

    def near(self, frame: int, tab: str = "", cursor: int | None = None) -> tuple[int, bytes]:
        """(number, JPEG) of a frame near `frame` that is at hand: kept, or decoded by itself, small."""
        if tab and cursor is not None:
            self._cursors.move(tab, cursor)
        key = self._key_reader.key_near(frame)
        reach = abs(key - frame) if key >= 0 else self.source.video.n_frames
        kept = self._cache.near(self._hash, frame, min(reach, 1000))
        data = self._cache.get(kept) if kept else None
        if kept is not None and data is not None:
            return kept.frame, data
        at, picture = self._kept.near(frame, reach)
        if picture is None:
            if key < 0:
                raise _not_at_hand(frame)
            with self._key_lock:
                if self._cursors.left({tab}, frame):
                    raise _elsewhere()
                at, picture = key, self._key_reader.read(key)
        data = to_jpeg(picture.image(), SMALL, ROUGH)
        self._cache.remember(self.key(at, SMALL, ROUGH), data)
        return at, data

    def close(self) -> None:
        """Let go of the file; whoever waits is refused."""
        with self._change:
            self._closed = True
            left = list(self._orders.values())
            self._orders.clear()
            self._change.notify_all()
        for order in left:
            _refuse(order, _elsewhere())
        for thread in self._threads:
            thread.join()
        with self._key_lock:
            self._key_reader.close()
        self._kept.clear()

    def _file(self, frame: int) -> Path:
        paths: tuple[Path, ...] = self.source.paths  # type: ignore[attr-defined]
        return paths[frame]

    def _start(self) -> None:
        if not self._threads:
            self._threads = [
                threading.Thread(target=self._work, args=(seat,), name="masklet-frames", daemon=True)
                for seat in self._seats
            ]
            for thread in self._threads:
                thread.start()

    def _work(self, seat: _Seat) -> None:
        """What each reader's thread does."""
        while (order := self._take(seat)) is not None:
            try:
                data = self._make(seat.reader, order)
            except _StopError:
                self._give_up(seat, order)
            except BaseException as error:  # noqa: BLE001 - handed over to who waits, whatever it is
                self._finish(seat, order)
                _refuse(order, error)
            else:
                self._cache.remember(order.key, data)
                self._finish(seat, order)
                if not order.answer.done():
                    order.answer.set_result(data)
                self._cache.write(order.key, data)
        seat.reader.close()

    def _take(self, seat: _Seat) -> _Order | None:
        """The next order for this seat; None when the desk closes."""
        with self._change:
            while not self._closed:
                order = self._asked_for(seat) or self._ahead(seat)
                if order is not None:
                    order.doing, seat.goal = True, order.key.frame
                    return order
                self._change.wait()
        return None

    def _asked_for(self, seat: _Seat) -> _Order | None:
        waiting = [order for order in self._orders.values() if order.asked and not order.doing]
        for order in [one for one in waiting if self._cursors.left(one.tabs, one.key.frame)]:
            waiting.remove(order)
            del self._orders[order.key]
            _refuse(order, _elsewhere())
        waiting.sort(key=lambda order: self._cursors.away(order.tabs, order.key.frame))
        return next((order for order in waiting if self._suits(seat, order.key.frame)), None)

    def _ahead(self, seat: _Seat) -> _Order | None:
        """A frame that may soon be asked for; one at a time, and only while nobody waits."""
        if self._orders:
            return None
        for frame, width in self._cursors.ahead():
            key = self.key(frame, width)
            if key not in self._tried and not self._cache.holds(key):
                if not self._suits(seat, frame):
                    return None
                self._tried.add(key)
                return self._orders.setdefault(key, _Order(key))
        return None

    def _suits(self, seat: _Seat, frame: int) -> bool:
        """Would no other reader come to this frame much sooner?"""
        if frame in self._kept:
            return True
        mine = seat.reader.cost(frame)
        for other in self._seats:
            slack = 0 if other.goal is None else _SLACK
            if other is not seat and _cost(other, frame, mine) < mine - slack:
                return False
        return True

    def _make(self, reader: FrameReader, order: _Order) -> bytes:
        frame = order.key.frame
        picture = self._kept.get(frame)
        if picture is None:
            picture = reader.read(frame, self._keeper(order))
        return to_jpeg(picture.image(), order.key.width or None, order.key.quality)

    def _keeper(self, order: _Order) -> Callable[[int, Picture], None]:
        """Keeps what comes on the way, and stops where it has become pointless to go on."""

        def seen(at: int, picture: Picture) -> None:
            if order.key.frame - at <= _AROUND:
                self._kept.add(at, picture)
            if at != order.key.frame and self._pointless(order):
                raise _StopError

        return seen

    def _pointless(self, order: _Order) -> bool:
        with self._change:
            if self._closed:
                return True
            if order.asked:
                return self._cursors.left(order.tabs, order.key.frame)
            return any(one.asked and not one.doing for one in self._orders.values())

    def _give_up(self, seat: _Seat, order: _Order) -> None:
        """Leave an order: it may have been asked for in the meantime, then it waits again."""
        with self._change:
            order.doing, seat.goal = False, None
            again = order.asked and not self._cursors.left(order.tabs, order.key.frame)
            if not again:
                self._orders.pop(order.key, None)
            self._change.notify_all()
        if not again:
            _refuse(order, _elsewhere())

    def _finish(self, seat: _Seat, order: _Order) -> None:
        with self._change:
            seat.goal = None
            self._orders.pop(order.key, None)
            self._change.notify_all()


class _Shelf:
    """Decoded pictures by frame, the oldest dropped first, within a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._pictures: OrderedDict[int, Picture] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, frame: int) -> bool:
        return frame in self._pictures

    def get(self, frame: int) -> Picture | None:
        with self._lock:
            return self._pictures.get(frame)

    def near(self, frame: int, reach: int) -> tuple[int, Picture | None]:
        """(number, picture) of the nearest one that is less than `reach` away."""
        with self._lock:
            at = min(self._pictures, key=lambda one: abs(one - frame), default=frame)
            found = self._pictures.get(at) if abs(at - frame) < reach else None
        return at, found

    def add(self, frame: int, picture: Picture) -> None:
        with self._lock:
            if frame in self._pictures:
                self._pictures.move_to_end(frame)
                return
            self._pictures[frame] = picture
            self._used += picture.n_bytes
            while self._used > self._limit and len(self._pictures) > 1:
                self._used -= self._pictures.popitem(last=False)[1].n_bytes

    def clear(self) -> None:
        with self._lock:
            self._pictures.clear()
            self._used = 0


def _cost(seat: _Seat, frame: int, otherwise: int) -> int:
    """Pictures until a seat comes to `frame`; for a busy one, about, after what it is doing."""
    goal = seat.goal
    if goal is None:
        return seat.reader.cost(frame)
    left = max(seat.reader.cost(goal), 0)
    return left + (frame - goal if 0 <= frame - goal <= _AROUND else otherwise)


def _done(data: bytes) -> Future[bytes]:
    answer: Future[bytes] = Future()
    answer.set_result(data)
    return answer


def _refuse(order: _Order, error: BaseException) -> None:
    if not order.answer.done():
        order.answer.set_exception(error)


def _elsewhere() -> Refusal:
    return Refusal(
        409, "superseded", "this frame is not looked at any more", "ask for the frame that is shown now"
    )


def _not_at_hand(frame: int) -> Refusal:
    return Refusal(
        409, "not_at_hand", f"nothing near frame {frame} is at hand", "wait for the frame itself"
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
