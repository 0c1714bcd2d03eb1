"""Frames in the browser: exactness by barcode, steps, jumps, masks. Beside them a `<video>` element."""

from __future__ import annotations

import random

import numpy as np
from playwright.sync_api import Browser

from masklet.media.opening import open_media
from web_parts.bar import Bar, spread
from web_parts.browser import chromium, opened, told
from web_parts.films import MAKERS, film, first_number
from web_parts.plan import Plan
from web_parts.projects import animals, coco_texts, project
from web_parts.serving import served

PAUSE = 120
"""Milliseconds between two steps of a person who holds a key at eight frames a second."""


def exactness(plan: Plan) -> list[Bar]:
    """Wrong frames of the seven films on the canvas: jumps anywhere, steps both ways, playing."""
    wrong = seen = 0
    notes = []
    with chromium() as browser:
        for name in MAKERS:
            bad, looked = _one(plan, browser, name)
            wrong, seen = wrong + bad, seen + looked
            if bad:
                notes.append(f"{name}: {bad}")
    note = f"of {seen} that were drawn, {len(MAKERS)} films" + ("; " if notes else "") + ", ".join(notes)
    return [Bar("wrong frames", wrong, 0, "", note)]


def _one(plan: Plan, browser: Browser, name: str) -> tuple[int, int]:
    """(wrong, drawn) of one film."""
    path = film(plan.films, name, plan.frames)
    count, first = len(open_media(path).video.times), first_number(name)
    home = project(plan.home(), path)
    with served(home, home, "--no-worker") as server, opened(browser, server.url) as page:
        frames = random.Random(name).sample(range(count), plan.tries)
        jumped = told(page, "jumps", frames, 100, first)
        told(page, "goto", count - plan.tries - 5)
        ahead = told(page, "steps", "f", plan.tries, 30, first)
        back = told(page, "steps", "d", plan.tries, 30, first)
        told(page, "goto", 0)
        played = told(page, "play", 2, first)
    wrong = jumped["wrong"] + ahead["wrong"] + back["wrong"] + played["wrong"]
    return wrong, 3 * plan.tries + played["shown"]


def steps(plan: Plan) -> list[Bar]:
    """Steps at a person's pace, from the key until the pixels can be read; then beside a peer."""
    found = []
    with chromium() as browser:
        for name in ("gop30.mp4", "gop250.mp4"):
            path = film(plan.films, name, plan.long)
            home = project(plan.home(), path)
            with served(home, home, "--no-worker") as server, opened(browser, server.url) as page:
                told(page, "goto", 20)
                page.wait_for_timeout(1500)
                n = min(plan.tries * 3, plan.long - 40)
                ahead = told(page, "steps", "f", n, PAUSE, 0)
                back = told(page, "steps", "d", n, PAUSE, 0)
            times = ahead["times"] + back["times"]
            note = f"{name}, {len(times)} steps, {ahead['wrong'] + back['wrong']} wrong"
            found += [
                Bar("warm step, p50", spread(times), 16, "ms", note),
                Bar("warm step, p95", spread(times, 95), 50, "ms", note),
            ]
    return found


def jumps(plan: Plan) -> list[Bar]:
    """Jumps anywhere: until something is drawn, until the very frame is."""
    found = []
    with chromium() as browser:
        for name, p50, p95 in (("gop30.mp4", None, 400), ("gop250.mp4", 450, None)):
            home = project(plan.home(), film(plan.films, name, plan.long))
            with served(home, home, "--no-worker") as server, opened(browser, server.url) as page:
                frames = random.Random(2).sample(range(30, plan.long), plan.tries)
                page.wait_for_timeout(1000)
                times = told(page, "jumps", frames, 300, 0)
            note = f"{name}, {len(frames)} jumps, {times['wrong']} wrong"
            exact, near = times["exact"], times["near"]
            found += [
                Bar("jump, p50", spread(exact), p50, "ms", note),
                Bar("jump, p95", spread(exact, 95), p95, "ms", note),
                Bar("stand-in picture, p50", spread(near), 100, "ms", note),
                Bar("stand-in picture, p95", spread(near, 95), None, "ms", note),
            ]
    return found


def masks(plan: Plan) -> list[Bar]:
    """Packets of three animals in Full HD decoded and drawn; the same as COCO's run lengths in JSON."""
    found = []
    with chromium() as browser:
        for bars, most, size in ((False, 2, 4000), (True, None, 15_000)):
            home = animals(plan.films, plan.home(), bars)
            with served(home, home, "--no-worker") as server, opened(browser, server.url) as page:
                page.wait_for_timeout(1000)
                texts = coco_texts(home, range(30))
                ours = told(page, "masks", 0, 30, plan.tries * 5)
                peer = told(page, "coco", texts, plan.tries * 5)
            note = "3 objects, 1080p" + (", behind bars" if bars else "")
            bytes_ = float(np.median(ours["bytes"]))
            found += [
                Bar("masks: decode + draw, p50", spread(ours["fills"]), most, "ms", note),
                Bar("the same with outlines and names", spread(ours["all"]), None, "ms", note),
                Bar("peer: COCO counts in JSON", spread(peer), None, "ms", note),
                Bar("masks: bytes a frame", bytes_, size, "bytes", note),
                Bar("peer: bytes a frame", float(np.median([*map(len, texts)])), None, "bytes", note),
            ]
    return found
