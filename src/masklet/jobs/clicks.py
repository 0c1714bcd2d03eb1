"""Clicks of people, answered one after the other between the frames of whoever tracks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from masklet.core import MaskletError, Masks, Prompt, Segmenter
from masklet.jobs.desk import Desk
from masklet.jobs.events import Answer, Click
from masklet.jobs.running import light

Reply = Callable[[Answer | BaseException], None]


@dataclass(frozen=True)
class _Waiting:
    click: Click
    reply: Reply

    @property
    def key(self) -> tuple[str, str, int, int, int]:
        one = self.click
        return one.client, one.project, one.video, one.frame, one.object_id


class Clicks:
    """A thread that answers. A newer click of a client on the same mask supersedes a waiting one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: list[_Waiting] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="masklet-clicks", daemon=True)
        self._thread.start()

    def add(self, click: Click, reply: Reply) -> None:
        """Answer a click when its turn comes; `reply` gets the answer, or what went wrong."""
        new = _Waiting(click, reply)
        with self._changed:
            old = [one for one in self._waiting if one.key == new.key]
            self._waiting = [one for one in self._waiting if one.key != new.key]
            self._waiting.append(new)
            self._changed.notify()
        for one in old:
            one.reply(Answer(None, superseded=True))

    def _work(self) -> None:
        with suppress(MaskletError):  # whoever clicks is told what is missing
            warm_up(self._desk.segmenter(Click.segmenter))
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
            with self._desk.turns.urgent():
                with self._changed:
                    one = self._waiting.pop(0)
                try:
                    outcome: Answer | BaseException = answer(self._desk, one.click)
                except Exception as error:  # noqa: BLE001 - handed over to whoever clicked
                    outcome = error
            one.reply(outcome)


def warm_up(segmenter: Segmenter) -> None:
    """Let a segmenter load what it loads at its first call."""
    picture = np.zeros((64, 64, 3), np.uint8)
    segmenter.segment(picture, [Prompt(0, points=np.full((1, 2), 32.0), positive=np.ones(1, np.bool_))])


def answer(desk: Desk, click: Click) -> Answer:
    """The segmenter's answer to a click. Raises what it raises: `DataError` where nothing is there."""
    from masklet.verbs.prompting import answered

    store = desk.project(click.project).masks(click.video)
    media = desk.media(store.video, "click")
    segmenter = desk.segmenter(click.segmenter)
    known = store.load([click.frame])
    started = time.perf_counter()
    rows = answered(media, [_prompt(click)], segmenter, known if click.refine else _others(known, click))
    seconds = time.perf_counter() - started
    return Answer(rows.replace(video=light(rows.video, click.frame)), seconds)


def _others(known: Masks, click: Click) -> Masks:
    return known.take(known.object_id != click.object_id)


def _prompt(click: Click) -> Prompt:
    points = np.array([(x, y) for x, y, _ in click.points], np.float64).reshape(-1, 2)
    signs = np.array([sign for *_, sign in click.points], np.bool_)
    return Prompt(click.frame, click.object_id, click.label, points, signs, box=click.box)
