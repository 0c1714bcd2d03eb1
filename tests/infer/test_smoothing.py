"""Masks that flicker made steady."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.core import Flags, Masks, Origin, Review, UsageError
from masklet.core.labels import Label
from masklet.core.video import Video
from masklet.evaluation.steadiness import steadiness
from masklet.infer import smoothing
from masklet.infer.smoothing import smoothed, smoothed_parts
from masklet.ops import runs as run_lengths
from masklet.ops.overlap import iou_pairs
from masklet.ops.raster import signed_distance
from masklet.ops.table import Row, build
from masklet.store.project import Project
from masklet.testing import PRESETS, Scene
from masklet.verbs.smooth import smooth, smooth_text

SIZE = 160, 120
SCENE = Scene("arena", 2, (320, 240), n_frames=40, seed=5)


def found(masks: Masks) -> Masks:
    """As if an engine had found them."""
    return masks.replace(origin=int(Origin.PROPAGATED), review=int(Review.TODO))


def trembling(truth: Masks, strength: float = 1.5) -> Masks:
    """Outlines moved in and out by smooth noise, another one on each frame."""
    rng, rows = np.random.default_rng(3), []
    for row in range(len(truth)):
        size_wh = truth.video.size_wh(int(truth.frame[row]))
        mask = run_lengths.decode(truth.row_runs(row), size_wh)
        coarse = rng.normal(size=(size_wh[1] // 8, size_wh[0] // 8))
        noise = np.kron(coarse, np.ones((8, 8)))
        runs = run_lengths.encode(signed_distance(mask) + strength * noise > 0)
        rows.append(
            Row(int(truth.frame[row]), int(truth.object_id[row]), int(truth.label_id[row]), runs)
        )
    return found(build(truth.video, truth.labels, rows))


def disks(
    radii: list[float],
    frames: list[int] | None = None,
    flags: dict[int, int] | None = None,
    human: int = -1,
    kind: str = "area",
) -> Masks:
    """A disk a frame, found by an engine but for one row."""
    rows = []
    for k, radius in enumerate(radii):
        ys, xs = np.mgrid[: SIZE[1], : SIZE[0]]
        runs = run_lengths.encode((ys - 60) ** 2 + (xs - 80) ** 2 <= radius**2)
        origin = Origin.HUMAN if k == human else Origin.PROPAGATED
        flag = (flags or {}).get(k, 0)
        rows.append(Row(frames[k] if frames else k, 1, 0, runs, origin=int(origin), flags=flag))
    return build(Video("disks", *SIZE, 400), [Label("disk", kind)], rows)


def areas(masks: Masks) -> list[int]:
    return [run_lengths.area(masks.row_runs(row)) for row in range(len(masks))]


def same(a: Masks, b: Masks) -> list[bool]:
    return [np.array_equal(a.row_runs(row), b.row_runs(row)) for row in range(len(a))]


def test_what_trembles_becomes_steady_and_truer() -> None:
    truth = SCENE.truth(tails="none")
    shaken = trembling(truth)
    calm = smoothed(shaken)
    assert iou_pairs(calm, truth).mean() > iou_pairs(shaken, truth).mean() + 0.02
    for was, now in zip(steadiness(shaken), steadiness(calm), strict=True):
        assert now.area_change < 0.7 * was.area_change
        assert now.jerk < 0.8 * was.jerk
        assert now.temporal_iou > was.temporal_iou


def test_what_is_steady_stays_where_it_is() -> None:
    truth = found(SCENE.truth(tails="none"))
    assert iou_pairs(smoothed(truth), truth).mean() > 0.97


def test_rows_say_what_changed_them() -> None:
    masks = disks([20, 24, 20, 24, 20])
    calm = smoothed(masks, 1)
    assert [step.verb for step in calm.steps] == ["smooth"]
    assert calm.steps[0].arguments == '{"frames": 1}'
    assert (calm.step >= 0).tolist() == [not one for one in same(masks, calm)]
    assert (calm.step >= 0).any()


def test_rows_of_persons_never_change_and_pull_their_neighbours() -> None:
    radii = [20, 20, 23, 20, 20]
    drawn, guessed = disks(radii, human=2), disks(radii)
    calm = smoothed(drawn, 1)
    assert same(drawn, calm)[2]
    assert areas(calm)[1] > areas(smoothed(guessed, 1))[1] >= areas(guessed)[1]


@pytest.mark.parametrize(
    "masks",
    [
        disks([20, 20, 20, 23, 23, 23], flags={3: int(Flags.SCENE_CUT)}),
        disks([20, 20, 20, 23, 23, 23], frames=[0, 1, 2, 4, 5, 6]),
        disks([20, 20, 20, 0, 23, 23, 23]).replace(flags=np.array([0, 0, 0, Flags.OUTSIDE, 0, 0, 0])),
    ],
    ids=["scene cut", "gap", "outside"],
)
def test_a_window_ends_there(masks: Masks) -> None:
    assert all(same(masks, smoothed(masks)))
    assert not all(same(disks([20, 20, 20, 23, 23, 23]), smoothed(disks([20, 20, 20, 23, 23, 23]))))


def test_lines_and_rows_without_a_number_stay() -> None:
    line = disks([20, 24, 20, 24], kind="line")
    assert all(same(line, smoothed(line)))
    loose = disks([20, 24, 20, 24]).replace(object_id=-1)
    assert all(same(loose, smoothed(loose)))


def test_what_the_border_cuts_stays() -> None:
    masks = disks([80, 84, 80, 84])
    assert all(same(masks, smoothed(masks)))


@pytest.mark.parametrize(("name", "least"), [("arena-1", 0.99), ("cage-bars-1", 0.95)])
def test_tails_do_not_vanish(name: str, least: float) -> None:
    masks, tails = with_tail(name)
    assert _share(tails, smoothed(masks)) > least


def test_without_care_for_what_is_thin_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    masks, tails = with_tail("arena-1")
    monkeypatch.setattr(smoothing, "_far", lambda rest, away, radius: np.zeros_like(rest))
    assert _share(tails, smoothed(masks)) < 0.8


def with_tail(name: str) -> tuple[Masks, Masks]:
    """An animal with its tail as if found by an engine, and the tail alone."""
    scene = replace(PRESETS[name], n_frames=30)
    own = scene.truth(tails="own")
    return found(scene.truth()), own.take(own.object_id > 100)


def _share(tails: Masks, masks: Masks) -> float:
    """Share of the tails' pixels that the masks hold."""
    held = [
        run_lengths.area(run_lengths.intersection(tails.row_runs(k), masks.on(int(f)).row_runs(0)))
        for k, f in enumerate(tails.frame.tolist())
    ]
    return sum(held) / sum(areas(tails))


def test_in_parts_it_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    shaken = trembling(SCENE.truth(tails="none"))
    asked: list[int] = []

    def load(frames: range) -> Masks:
        asked.append(len(frames))
        return shaken.take((shaken.frame >= frames.start) & (shaken.frame < frames.stop))

    monkeypatch.setattr(smoothing, "AT_ONCE", 7)
    parts = [after for _, after in smoothed_parts(load, 40, 3)]
    whole = smoothed(shaken, 3)
    assert sum(map(len, parts)) == len(whole)
    for part in parts:
        frames = (whole.frame >= part.frame[0]) & (whole.frame <= part.frame[-1])
        assert np.array_equal(whole.take(frames).runs, part.runs)
    assert max(asked) <= 7 + 2 * 3


def test_from_project_to_project(tmp_path: Path) -> None:
    shaken = trembling(SCENE.truth(tails="none")).replace(checked=(3, 39))
    with Project.create(tmp_path / "in.masklet", SCENE.video, shaken.labels) as project:
        project.masks().append(shaken)
    done = smooth(tmp_path / "in.masklet", tmp_path / "out.masklet")
    assert done.masks is None
    with Project.open(tmp_path / "out.masklet") as project:
        rows = project.masks().load()
    assert np.array_equal(rows.runs, smoothed(shaken).runs)
    assert rows.checked.tolist() == [3, 39]
    table = smooth(shaken, tmp_path / "out.parquet")
    assert table.masks is not None
    assert np.array_equal(masklet.read(tmp_path / "out.parquet").runs, rows.runs)
    assert (table.before, table.after, table.changed) == (done.before, done.after, done.changed)


def test_the_figures_are_those_of_steady() -> None:
    shaken = trembling(SCENE.truth(tails="none"))
    done = masklet.smooth(shaken)
    for one in masklet.steady(shaken)[0].objects:
        assert done.before[one.object_id].jerk == pytest.approx(one.jerk)
        assert done.before[one.object_id].area_change == pytest.approx(one.area_change)
        assert done.before[one.object_id].temporal_iou == pytest.approx(one.temporal_iou)
    text = smooth_text(done)
    assert "area change" in text
    assert f"of {len(shaken)} masks changed" in text


def test_bad_calls(tmp_path: Path) -> None:
    masks = disks([20, 24])
    with pytest.raises(UsageError, match="over 0 frames on either side; expected at least 1"):
        smooth(masks, frames=0)
    for wrong in (2.5, True, "2"):
        with pytest.raises(UsageError, match=f"over {wrong} frames .* a whole number"):
            smooth(masks, frames=wrong)  # type: ignore[arg-type]
    assert smooth(masks, frames=np.int64(2)).masks == smooth(masks, frames=2).masks  # type: ignore[arg-type]
    masklet.write(masks, tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="is read and cannot be written as well"):
        smooth(tmp_path / "a.parquet", tmp_path / "a.parquet")
    assert len(smooth(masks.take([])).masks or ()) == 0
