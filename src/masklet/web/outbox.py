"""Outbox: what one tab is still to be told. It never grows: news is merged, live masks are dropped."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from masklet.store.changed import as_ranges

MOST_WORDS = 400
"""Answers and errors that may wait; a tab that leaves more unread is cut off."""
MOST_LIVE = 48
"""Frames of live masks that may wait."""
_MOST_LIVE_BYTES = 4 << 20


@dataclass
class _News:
    """What changed in one video and was not told yet."""

    revision: int = 0
    author: str = ""
    tab: str = ""
    frames: list[range] = field(default_factory=list)
    objects: set[int] = field(default_factory=set)

    def merge(self, revision: int, author: str, tab: str, frames: Iterable[range]) -> None:
        """Take in a further change. One of somebody else makes it nobody's: each must read it."""
        if self.revision:
            self.author = author if author == self.author else ""
            self.tab = tab if tab == self.tab else ""
        else:
            self.author, self.tab = author, tab
        self.revision = max(self.revision, revision)
        self.frames = merged([*self.frames, *frames])


class Outbox:
    """Messages for one tab, taken out one at a time by `next`. Used from one event loop only.

    First what was asked for (answers, errors), then `changed`, then the latest of each thing (jobs,
    worker, people), last the live masks. Live masks that wait too long are dropped, oldest first:
    `changed` follows for them when they are saved.
    """

    def __init__(self) -> None:
        self._words: deque[str | bytes] = deque()
        self._news: dict[int, _News] = {}
        self._latest: dict[Hashable, dict[str, Any]] = {}
        self._live: deque[bytes] = deque()
        self._live_bytes = 0
        self._filled = asyncio.Event()
        self.overrun = False
        """Did more answers wait than may?"""
        self.dropped = 0
        """Frames of live masks that were not sent."""

    def say(self, message: Mapping[str, Any] | bytes) -> None:
        """Something that must arrive, in order."""
        self.overrun |= len(self._words) >= MOST_WORDS
        if not self.overrun:
            self._words.append(message if isinstance(message, bytes) else json.dumps(message))
        self._filled.set()

    def changed(
        self,
        video: int,
        revision: int,
        author: str,
        tab: str,
        frames: Iterable[range],
        objects: Iterable[int],
    ) -> None:
        """Rows of a video changed; merged with what was not told yet."""
        news = self._news.setdefault(video, _News())
        news.merge(revision, author, tab, frames)
        news.objects.update(objects)
        self._filled.set()

    def latest(self, key: Hashable, message: dict[str, Any]) -> None:
        """Something of which only the last state matters, such as how far a job is."""
        self._latest.pop(key, None)
        self._latest[key] = message
        self._filled.set()

    def live(self, payload: bytes) -> None:
        """A frame of live masks; the first to be dropped."""
        self._live.append(payload)
        self._live_bytes += len(payload)
        while len(self._live) > MOST_LIVE or self._live_bytes > _MOST_LIVE_BYTES:
            self._live_bytes -= len(self._live.popleft())
            self.dropped += 1
        self._filled.set()

    async def next(self) -> str | bytes:
        """The next message; waits for one."""
        while True:
            if self._words:
                return self._words.popleft()
            if self._news:
                video, news = self._news.popitem()
                return json.dumps(_told(video, news))
            if self._latest:
                return json.dumps(self._latest.pop(next(iter(self._latest))))
            if self._live:
                payload = self._live.popleft()
                self._live_bytes -= len(payload)
                return payload
            self._filled.clear()
            await self._filled.wait()


def _told(video: int, news: _News) -> dict[str, Any]:
    return {
        "t": "changed",
        "video": video,
        "revision": news.revision,
        "author": news.author,
        "tab": news.tab,
        "frames": pairs(news.frames),
        "objects": sorted(news.objects),
    }


def pairs(frames: Iterable[range]) -> list[list[int]]:
    """Ranges as `[[first, after_last], ...]`."""
    return [[part.start, part.stop] for part in frames]


def merged(frames: Iterable[range]) -> list[range]:
    """Rising ranges that do not touch, over the same frames."""
    found: list[range] = []
    for part in sorted(frames, key=lambda one: one.start):
        if found and part.start <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, part.stop))
        elif part:
            found.append(part)
    return found


def spans(frames: Iterable[int]) -> list[list[int]]:
    """Frame numbers in any order as `[[first, after_last], ...]`."""
    return pairs(as_ranges(frames))
