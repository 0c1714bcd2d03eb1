"""Who has the device when."""

from __future__ import annotations

import threading
import time

from jobs_kit import LONG
from masklet.jobs.turns import Turns


class Tracker(threading.Thread):
    """Works frame by frame, as a job does."""

    def __init__(self, turns: Turns) -> None:
        super().__init__(daemon=True)
        self.turns, self.inside, self.frames, self.over = turns, False, 0, False

    def run(self) -> None:
        with self.turns.working():
            while not self.over:
                self.inside = True
                time.sleep(0.005)
                self.inside = False
                self.frames += 1
                self.turns.offer()


def test_a_click_goes_between_two_frames() -> None:
    turns = Turns()
    trackers = [Tracker(turns), Tracker(turns)]
    for one in trackers:
        one.start()
    for _ in range(20):
        with turns.urgent():
            assert not any(one.inside for one in trackers)
            before = [one.frames for one in trackers]
            time.sleep(0.01)
            assert [one.frames for one in trackers] == before
    done = [one.frames for one in trackers]
    end = time.monotonic() + LONG
    while any(one.frames <= was for one, was in zip(trackers, done, strict=True)):
        assert time.monotonic() < end
        time.sleep(0.001)
    for one in trackers:
        one.over = True
        one.join(LONG)


def test_a_click_need_not_wait_for_one_who_rests() -> None:
    turns, resting, done = Turns(), threading.Event(), threading.Event()

    def wait() -> None:
        with turns.working(), turns.resting():
            resting.set()
            done.wait(LONG)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    assert resting.wait(LONG)
    with turns.urgent():
        pass
    done.set()
    thread.join(LONG)
    assert not thread.is_alive()


def test_nobody_waits_alone() -> None:
    turns = Turns()
    with turns.urgent():
        pass
    with turns.working():
        turns.offer()
