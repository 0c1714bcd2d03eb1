"""The human loop as a person runs it: what a word about an object changes, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.annotate import stretches
from masklet.core import Flags, Masks, Origin, Prompt, Video
from masklet.media.writer import VideoWriter
from masklet.models.flow import Flow
from masklet.ops.overlap import iou_pairs
from masklet.ops.table import upsert
from masklet.testing import DriftPropagator, Scene

SCENE = Scene("arena", 2, (128, 96), n_frames=40, seed=7)
TRUTH = SCENE.truth(tails="none")


def human(obj: int, *frames: int) -> Masks:
    mine = (TRUTH.object_id == obj) & np.isin(TRUTH.frame, frames)
    return TRUTH.take(mine).replace(checked=())


def run(out: Path, given: Masks | tuple = (), engine=None, **how) -> Masks:
    return masklet.track(SCENE, given, out=out, engine=engine or "flow", **how).masks


def plain(rows: Masks) -> Masks:
    return rows.replace(steps=(), step=-1)


def changed(before: Masks, after: Masks, obj: int) -> list[int]:
    """Frames on which a column of the object's row differs."""
    a, b = plain(before.of(obj)), plain(after.of(obj))
    return [f for f in range(SCENE.n_frames) if a.on(f) != b.on(f)]


@pytest.mark.parametrize("shift", [(1, 0), (2, -1)])
def test_a_correction_changes_exactly_its_span(tmp_path: Path, shift: tuple[int, int]) -> None:
    engine = DriftPropagator(shift)
    given = upsert(human(1, 0, 12, 30, 39), human(2, 0, 39))
    before = run(tmp_path, given, engine)
    after = run(tmp_path, human(1, 21), engine)
    assert changed(before, after, 1) == [*range(13, 30)]
    assert changed(before, after, 2) == []


def test_a_correction_in_one_direction_stays_within_its_span(tmp_path: Path) -> None:
    before = run(tmp_path, human(1, 0, 30), DriftPropagator(), direction="forward")
    after = run(tmp_path, human(1, 12), DriftPropagator(), direction="forward")
    assert changed(before, after, 1) == [*range(7, 22)]  # where frame 12 is the nearest truth


def test_an_object_that_is_added_later_changes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "CHUNK", 8)
    before = run(tmp_path, human(1, 0))
    after = run(tmp_path, human(2, 20))
    only = set(changed(before, after, 1))
    assert only <= {20}  # there the person's drawing of 2 takes what it covers
    assert after.of(2).frames.tolist() == list(range(40))
    again = run(tmp_path)
    assert again == after
    corrected = run(tmp_path, human(1, 30))  # 1 has its correction, 2 stays as it is
    assert set(changed(after, corrected, 1)) <= set(range(1, 40))
    assert not set(changed(after, corrected, 2)) & set(range(29))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "scene.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    masklet.write(upsert(human(1, 0), human(2, 0)), path.with_name("seeds.parquet"))
    return path


def typed(film: Path, out: Path, *arguments: str) -> str:
    """What `masklet track` prints; it must end well."""
    from typer.testing import CliRunner

    from masklet.cli.main import app

    words = ["track", str(film), "--out", str(out), "--engine", "flow", *arguments]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.output


def stored(out: Path) -> Masks:
    return masklet.read(out / "masks.parquet")


def test_gone_and_removed_as_typed(film: Path, tmp_path: Path) -> None:
    typed(film, tmp_path, "--masks", str(film.with_name("seeds.parquet")))
    whole = stored(tmp_path)
    assert "rat 2 is gone from frame 15 on" in typed(film, tmp_path, "--gone", "rat#2@15")
    rows = stored(tmp_path)
    assert rows.of(2).frame.tolist() == list(range(16))
    assert [int(f) for f in rows.of(2).flags & Flags.OUTSIDE] == [0] * 15 + [Flags.OUTSIDE]
    assert changed(whole, rows, 1) == [] or min(changed(whole, rows, 1)) >= 15
    assert "rat 2 is removed: 16 rows" in typed(film, tmp_path, "--remove", ":2")
    assert stored(tmp_path).objects.tolist() == [1]


def test_drift_as_typed(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain_run = Flow._run

    def doubtful(self, media, seeds, walk):
        for frame, rows in plain_run(self, media, seeds, walk):
            yield frame, rows.replace(score=np.where(rows.object_id == 2, 0.9 * (frame < 22), 0.9))

    monkeypatch.setattr(Flow, "_run", doubtful)
    seeds = ("--masks", str(film.with_name("seeds.parquet")))
    said = typed(film, tmp_path, *seeds, "--stop-on-drift", "--drift-frames", "2")
    assert "stopped: rat 2 is in doubt from frame 22 on (low score)" in said
    assert stored(tmp_path).frames.tolist() == list(range(22))
    masklet.write(human(2, 22), tmp_path / "better.parquet")
    monkeypatch.setattr(Flow, "_run", plain_run)
    better = ("--masks", str(tmp_path / "better.parquet"))
    said = typed(film, tmp_path, *better, "--stop-on-drift", "--drift-frames", "30")
    assert "stopped" not in said
    assert stored(tmp_path).frames.tolist() == list(range(SCENE.n_frames))


class Words:
    """A Segmenter that knows what a `rat` is: the scene's truth, from frame 20 on for the second one."""

    name, version, reads_words = "truthful", 1, True

    def segment(self, image: np.ndarray, prompts: list[Prompt] | None = None) -> Masks:
        frame = min(range(SCENE.n_frames), key=lambda f: np.abs(image - SCENE[f].astype(float)).sum())
        assert prompts is not None
        assert [prompt.text for prompt in prompts] == ["rat"]
        rows = TRUTH.on(frame)
        rows = rows.take((rows.object_id == 1) | (frame >= 20))
        rows = rows.replace(checked=(), frame=np.zeros(len(rows)))
        ids = prompts[0].object_id + np.arange(len(rows))
        one = Video("image:", *SCENE.size_wh, 1)
        return rows.replace(video=one, object_id=ids, origin=Origin.PROMPTED, score=0.8)


def test_newcomers_as_typed(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("masklet.verbs.running.finder_for", lambda *_: Words())
    said = typed(film, tmp_path, "--text", "rat.", "--newcomers", "10", "--look", "gone=0")
    assert "rat 1 is new on frame 0" in said
    assert "rat 2 is new on frame 20" in said
    rows = stored(tmp_path)
    assert rows.objects.tolist() == [1, 2]
    assert rows.of(1).frame.tolist() == list(range(SCENE.n_frames))
    assert rows.of(2).frame.tolist() == list(range(10, SCENE.n_frames))
    assert rows.on(10).of(2).flags[0] & Flags.OUTSIDE
    assert np.mean(iou_pairs(rows.of(1), human(1, *range(SCENE.n_frames)))) > 0.6
    typed(film, tmp_path, "--text", "rat.", "--newcomers", "10", "--look", "gone=0")
    assert stored(tmp_path) == rows
