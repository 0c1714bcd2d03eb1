"""What tracking promises with any engine: corrections stay where they belong, truth stays as it is,
the same call gives the same masks, and a killed run ends like an undisturbed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import masklet
from annotate_kit import Shelf
from masklet.annotate import stretches
from masklet.annotate.track import track
from masklet.core import Masks, MediaSource, Origin, Propagator, UsageError
from masklet.core.registry import load
from masklet.media.writer import VideoWriter
from masklet.ops.table import Row, build, upsert
from masklet.store.project import Project
from masklet.testing import Scene

SCENE = Scene("arena", 1, (128, 96), n_frames=13, seed=7)
TRUTH = SCENE.truth(tails="none")


class Leaning:
    """A fake that leans on all it is given: repeats the last mask; its score tells of everything."""

    name = "leaning"
    version = 1

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        sign = frames.step
        behind = seeds.take(sign * seeds.frame < sign * frames[0])
        rows: dict[int, Row] = {}
        for obj in behind.objects.tolist():
            mine = behind.of(obj)
            last = int(np.argmax(sign * mine.frame))
            known = np.nan_to_num(mine.score, nan=1.0)
            rows[obj] = Row(
                int(mine.frame[last]),
                obj,
                int(mine.label_id[last]),
                mine.row_runs(last),
                score=float(0.9 * known[last] + 0.05 * known.mean()),
                origin=Origin.PROPAGATED,
            )
        for frame in frames:
            bright = float(media[frame].mean()) / 255
            rows = {
                o: r._replace(frame=frame, score=0.93 * r.score + 0.02 * bright) for o, r in rows.items()
            }
            yield frame, build(media.video, seeds.labels, rows.values())


def _flow() -> Propagator:
    return load("propagators", "flow")(work_side=128, preset="fast")


def _adapt() -> Propagator:
    try:
        return load("propagators", "adapt")(quality="fast")
    except UsageError as missing:
        pytest.skip(str(missing))


ENGINES = {"leaning": Leaning, "flow": _flow, "adapt": _adapt}
Maker = Callable[[], Propagator]


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Maker:
    """Makes a new engine of one kind; chunks are short, so that small videos have several."""
    monkeypatch.setattr(stretches, "CHUNK", 3)
    return ENGINES[request.param]


def human(*frames: int) -> Masks:
    return TRUTH.take(np.isin(TRUTH.frame, frames)).replace(checked=())


def plain(rows: Masks) -> Masks:
    return rows.replace(steps=(), step=-1)


def run(shelf: Shelf, engine: Propagator, **how) -> Masks:
    return track(SCENE, shelf, shelf, engine, **how)


def changed(before: Masks, after: Masks) -> set[int]:
    """Frames on which any column of any row differs."""
    return {f for f in range(SCENE.n_frames) if plain(before.on(f)) != plain(after.on(f))}


def test_a_correction_changes_the_span_up_to_the_neighbouring_human_frames(make: Maker) -> None:
    shelf, engine = Shelf(human(0, 3, 9, 12)), make()
    before = run(shelf, engine)
    shelf.rows = upsert(shelf.rows, human(6), keep_trusted=False)
    after = run(shelf, engine)
    touched = changed(before, after)
    assert touched <= set(range(4, 9))
    assert touched & {4, 5}
    assert touched & {7, 8}
    fresh = run(Shelf(human(0, 3, 6, 9, 12)), make())  # all that is known is learnt from there too
    assert not changed(after, fresh) & set(range(3, 10))


def test_human_rows_never_change(make: Maker) -> None:
    wrong = human(10).replace(frame=np.array([6]))  # a mistake of the person's
    given = upsert(human(2, 9), wrong)
    shelf, engine = Shelf(given), make()
    for way in ("both", "backward", "forward"):
        rows = run(shelf, engine, direction=way, frames=[range(4, 9)])
        assert plain(rows.take(rows.trusted)) == plain(given)
    assert rows.frames.tolist() == [2, *range(4, 10)]


def test_the_same_call_gives_the_same_masks(make: Maker) -> None:
    part, used = [range(3, 9)], make()
    first = run(Shelf(human(6)), used, frames=part)
    run(Shelf(human(11)), used, frames=[range(10, 13)])
    assert plain(run(Shelf(human(6)), used, frames=part)) == plain(first)
    assert plain(run(Shelf(human(6)), make(), frames=part)) == plain(first)
    assert len(first.frames) == 6


WORK = """
import sys
sys.path[:0] = {path!r}
from masklet.annotate import stretches
stretches.CHUNK = 3
from promises import ENGINES
import masklet
masklet.track({film!r}, {seeds!r}, out={out!r}, engine=ENGINES[{name!r}]())
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "scene.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    masklet.write(human(5), path.with_name("seeds.parquet"))
    path.with_name("promises.py").write_text(Path(__file__).read_text())
    return path


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["leaning", "adapt"])  # flow: tests/workflows/test_kill.py
def test_killed_in_mid_video(name: str, film: Path, tmp_path: Path) -> None:
    ENGINES[name]()  # skips where it is not installed
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run(_command(name, film, whole), check=True)
    for chunks in (1, 3):
        running = subprocess.Popen(_command(name, film, broken))
        while running.poll() is None and _chunks(broken) < chunks:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        assert chunks <= _chunks(broken) < _chunks(whole)
    subprocess.run(_command(name, film, broken), check=True)
    a, b = (masklet.read(folder / "masks.parquet") for folder in (whole, broken))
    assert len(a.frames) == SCENE.n_frames
    assert plain(a) == plain(b)


def _command(name: str, film: Path, out: Path) -> list[str]:
    path = [str(film.parent), os.fspath(Path(__file__).parents[1])]
    seeds = str(film.with_name("seeds.parquet"))
    code = WORK.format(path=path, film=str(film), seeds=seeds, out=str(out), name=name)
    return [sys.executable, "-c", code]


def _chunks(folder: Path) -> int:
    path = folder / "project.masklet"
    if not path.exists():
        return 0
    with Project.open(path, readonly=True) as project:
        return len(project.runs.keys())
