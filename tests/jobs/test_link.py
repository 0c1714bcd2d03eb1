"""The worker as its server sees it: clicks wait for it, and fail only with it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest

from jobs_kit import LONG, project_of
from masklet.core import DataError
from masklet.jobs.events import Answer, Click
from masklet.jobs.link import Link
from masklet.jobs.pending import Pending


@pytest.fixture
def link(url: str) -> Iterator[Link]:
    made = Link(url, lambda event: None)
    yield made
    made.close()


@pytest.fixture
def click(film: Path, tmp_path: Path) -> Click:
    return Click(str(project_of(film, tmp_path, 0)), 1, 5, 1, "rat", points=((40.0, 40.0, True),))


def test_a_click_before_the_worker_is_up_waits_for_it(link: Link, click: Click) -> None:
    early = link.click(click)
    link.start()
    assert early.result(LONG).rows is not None


def test_a_click_while_a_worker_is_started_again_waits_for_it(link: Link, click: Click) -> None:
    link.start()
    link.click(click).result(LONG)
    first = link.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    while link.alive and link.pid == first:
        time.sleep(0.01)
    assert link.click(click).result(LONG).rows is not None


def test_after_the_end_a_click_is_refused_and_who_waits_is_told(link: Link, click: Click) -> None:
    waits = link.click(click)
    link.close()
    for one in (waits, link.click(click)):
        with pytest.raises(DataError, match="there is no worker"):
            one.result(0)


def test_what_a_dying_worker_had_fails_and_what_came_later_is_sent_to_the_next(click: Click) -> None:
    pending = Pending()
    mine, theirs = Pipe()
    pending.connect(mine)
    had = pending.add(click)
    assert theirs.recv()[:2] == ("click", 0)
    pending.disconnect()
    waits = pending.add(click)
    with pytest.raises(DataError, match="died over this click"):
        had.result(0)
    assert not waits.done()
    pending.connect(mine)
    kind, number, sent = theirs.recv()
    assert (kind, number, sent) == ("click", 1, click)
    pending.settle(number, Answer(None))
    assert waits.result(0) == Answer(None)
    pending.settle(number, Answer(None))  # an answer twice changes nothing
