"""Words about whole objects: gone from a frame on, removed, split; newcomers and drift in `track`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import masklet
from masklet import Masks, UsageError
from masklet.annotate.looks import Looking
from masklet.cli.main import app
from masklet.cli.track import counted
from masklet.core import Flags, Origin
from masklet.ops.table import concat
from masklet.testing import ThresholdSegmenter
from masklet.verbs.objects import object_called
from masklet.verbs.running import drift_of, looking_of
from newcomer_kit import Sticky, film, square

N = 40
RED = {f: (10 + f, 4) for f in range(N)}
BLUE = {f: (120 - f, 30) for f in range(N)}
SOURCE = film(N, {"red": RED, "blue": BLUE})


def drawn(frame: int, *objects: int) -> Masks:
    places = {1: RED, 2: BLUE}
    return concat([square(SOURCE, frame, places[obj][frame], obj) for obj in objects])


def run(out: Path, given: Masks | tuple = (), source=SOURCE, **how):
    how = {"engine": Sticky()} | how
    return masklet.track(source, given, out=out, **how)


def seen(rows: Masks, obj: int) -> list[int]:
    mine = rows.of(obj)
    return mine.frame[(mine.flags & Flags.OUTSIDE) == 0].tolist()


def test_gone_from_a_frame_on(tmp_path: Path) -> None:
    run(tmp_path, drawn(0, 1, 2))
    said: list[str] = []
    rows = run(tmp_path, gone=["rat#2@15"], say=said.append).masks
    assert "rat 2 is gone from frame 15 on" in said
    assert seen(rows, 2) == list(range(15))
    assert seen(rows, 1) == list(range(N))
    (row,) = np.flatnonzero((rows.object_id == 2) & (rows.frame == 15))
    assert rows.origin[row] == Origin.HUMAN
    assert rows.flags[row] & Flags.OUTSIDE
    assert np.isnan(rows.score[row])
    again = run(tmp_path, gone=["2@15"])
    assert again.masks == rows
    back = run(tmp_path, drawn(25, 2)).masks
    assert seen(back, 2) == [*range(15), *range(16, N)]
    assert seen(run(tmp_path, gone=[":2@30"], direction="forward").masks, 2)[-1] == 29


def test_gone_where_somebody_drew_it_is_refused(tmp_path: Path) -> None:
    before = run(tmp_path, concat([drawn(0, 1, 2), drawn(12, 2)])).masks
    with pytest.raises(UsageError, match="say --gone 2@13, or --remove 2"):
        run(tmp_path, gone=["2@12"])
    assert masklet.read(tmp_path / "project.masklet") == before
    rows = run(tmp_path, gone=["2@13"]).masks
    assert seen(rows, 2) == list(range(13))
    assert run(tmp_path, gone=["2@13"]).masks == rows


def test_drift_of_no_frames_is_refused() -> None:
    assert (drift_of(True, 2), drift_of(False, 2)) == (2, 0)
    for frames in (0, -3):
        with pytest.raises(UsageError, match=f"drift of {frames} frames; expected 1 or more"):
            drift_of(True, frames)
    typed = CliRunner().invoke(app, ["track", "none.mp4", "--out", "o", "--drift-frames", "0"])
    assert isinstance(typed.exception, UsageError)


def test_one_and_many() -> None:
    assert [counted(n, "mask") for n in (0, 1, 2)] == ["0 masks", "1 mask", "2 masks"]


def plain(rows: Masks) -> Masks:
    return rows.replace(steps=(), step=-1)


@pytest.mark.parametrize("how", [{"gone": ["2@15"]}, {"remove": ["2"]}])
def test_what_was_said_can_be_undone(tmp_path: Path, how: dict) -> None:
    before = plain(run(tmp_path, drawn(0, 1, 2)).masks)
    assert plain(run(tmp_path, **how).masks) != before
    masklet.undo(tmp_path)
    assert plain(masklet.read(tmp_path / "project.masklet")) == before
    assert plain(masklet.read(tmp_path / "masks.parquet")) == before
    assert plain(run(tmp_path).masks) == before


def test_the_last_object_goes(tmp_path: Path) -> None:
    run(tmp_path, drawn(0, 1))
    rows = run(tmp_path, remove=["rat"]).masks
    assert len(rows) == 0
    assert len(masklet.read(tmp_path / "masks.parquet")) == 0


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"gone": ["rat@5"]}, "'rat' fits several objects"),
        ({"gone": ["cat@5"]}, r"no object is called 'cat'; there are: 1 \(rat\), 2 \(rat\)"),
        ({"gone": ["1"]}, "expected NAME@FRAME"),
        ({"gone": ["1@40"]}, "the video has frames 0..39"),
        ({"remove": ["cat#1"]}, "no object is called 'cat#1'"),
        ({"remove": ["rat#x"]}, "expected LABEL, NUMBER or LABEL#NUMBER"),
        ({"gone_after": -1}, "expected 1 or more, 0 = never"),
        ({"stop_on_drift": True, "direction": "backward"}, "a run with stop_on_drift goes forward"),
        ({"newcomers": 5}, "newcomers need somebody who finds them"),
        ({"newcomers": 5, "finder": ThresholdSegmenter(), "preview": True}, "leave out preview"),
        ({"newcomers": -5, "finder": ThresholdSegmenter()}, "newcomers: every is -5"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(tmp_path: Path, how: dict, said: str) -> None:
    before = run(tmp_path, drawn(0, 1, 2)).masks
    with pytest.raises(UsageError, match=said):
        run(tmp_path, **how)
    assert masklet.read(tmp_path / "project.masklet") == before


def test_names() -> None:
    rows = drawn(0, 1, 2)
    assert [object_called(name, rows) for name in (":2", "2", "rat#1", ":rat#2")] == [2, 2, 1, 2]
    assert object_called("rat", rows.of(2)) == 2


def test_one_mask_over_two_animals_is_split(tmp_path: Path) -> None:
    near = {f: (RED[f][0], 4 + 12) for f in range(12, 26)}  # blue touches red from below on 12..25
    blue = {f: near.get(f, (120, 30)) for f in range(N)}
    source = film(N, {"red": RED, "blue": blue})
    seeds = [square(source, f, RED[f], 1) for f in (0, 30)]
    given = _joined(seeds)
    before = run(tmp_path, given, source).masks
    assert _area(before, 1, 18) == 2 * 144  # the engine takes both for one
    old, new = square(source, 18, RED[18], 1), square(source, 18, blue[18], 3)
    after = run(tmp_path, _joined([old, new]), source).masks
    assert _area(after, 1, 18) == _area(after, 3, 18) == 144
    assert seen(after, 3) == sorted(set(seen(after, 3)))
    plain_before, plain_after = (rows.replace(steps=(), step=-1) for rows in (before, after))
    outside = [f for f in range(N) if f not in range(1, 30)]
    for frame in outside:
        assert plain_after.of(1).on(frame) == plain_before.of(1).on(frame)


def _joined(parts: list[Masks]) -> Masks:
    from masklet.ops.table import concat

    return concat(parts)


def _area(rows: Masks, obj: int, frame: int) -> int:
    from masklet.ops.table import areas

    return int(areas(rows.on(frame).of(obj))[0])


def test_newcomers_and_who_is_removed_stays_away(tmp_path: Path) -> None:
    late = {f: (120 - f, 30) for f in range(13, N)}
    source = film(N, {"red": RED, "blue": late})
    how = {"newcomers": 10, "finder": ThresholdSegmenter(threshold=20)}
    first = run(tmp_path, source=source, **how)
    assert first.masks.objects.tolist() == [1, 2]
    assert seen(first.masks, 2) == list(range(13, N))
    assert run(tmp_path, source=source, **how).masks == first.masks
    rows = run(tmp_path, source=source, remove=["2"], **how).masks
    assert rows.objects.tolist() == [1]
    assert run(tmp_path, source=source, **how).masks.objects.tolist() == [1]
    assert seen(rows, 1) == list(range(N))


def test_a_run_stops_on_drift_and_goes_on_after_a_correction(tmp_path: Path) -> None:
    class Doubting(Sticky):
        def propagate(self, media, seeds, frames):
            for frame, rows in super().propagate(media, seeds, frames):
                low = 12 <= frame < 20
                yield frame, rows.replace(score=np.where(low, 0.2, rows.score))

    tracked = run(tmp_path, drawn(0, 1), engine=Doubting(), stop_on_drift=True)
    assert tracked.drift is not None
    assert tracked.drift.frame == 12
    assert tracked.masks.frames.tolist() == list(range(12))
    again = run(tmp_path, drawn(20, 1), engine=Doubting(), stop_on_drift=8)
    assert again.drift is not None
    assert again.drift.frame == 12
    done = run(tmp_path, engine=Doubting(), stop_on_drift=9)
    assert done.drift is None
    assert done.masks.frames.tolist() == list(range(N))


class Blind:
    """Finds nothing."""

    name = "blind"

    def propagate(self, media, seeds, frames):
        for frame in frames:
            yield frame, seeds.take([])


def test_it_is_said_where_older_masks_follow_the_end(tmp_path: Path) -> None:
    run(tmp_path, drawn(0, 1))
    said: list[str] = []
    ended = run(tmp_path, engine=Blind(), stop_on_drift=True, say=said.append)
    assert ended.drift is not None
    assert ended.drift.frame == 1
    assert f"the masks on frames 1-{N - 1} are of a run before; this one ended before frame 1" in said
    assert seen(ended.masks, 1) == list(range(N))
    said.clear()
    run(tmp_path / "new", drawn(0, 1), engine=Blind(), stop_on_drift=True, say=said.append)
    assert not any("run before" in line for line in said)


@pytest.mark.parametrize(
    ("direction", "frames", "says"),
    [
        ("backward", "10-20", "there is none after or among these frames; annotate one, or go forward"),
        ("forward", "0-3", "there is none before or among these frames; annotate one, or go backward"),
        ("backward", "0-3", ""),
        ("both", "10-20", ""),
    ],
)
def test_it_is_said_where_nothing_was_reached(
    tmp_path: Path, direction: str, frames: str, says: str
) -> None:
    said: list[str] = []
    rows = run(tmp_path, drawn(6, 1), direction=direction, frames=frames, say=said.append).masks
    assert (len(rows) == 1) == bool(says)
    assert [line.partition(", and ")[2] for line in said if "no frame was reached" in line] == (
        [says] if says else []
    )


def test_who_was_not_found_for_long_is_gone(tmp_path: Path) -> None:
    source = film(N, {"red": {f: RED[f] for f in range(20)}})
    rows = run(tmp_path, square(source, 0, RED[0], 1), source, gone_after=10).masks
    assert seen(rows, 1) == list(range(20))
    assert rows.frame[(rows.flags & Flags.OUTSIDE) != 0].tolist() == [20]


def test_looking_is_exposed(tmp_path: Path) -> None:
    how = {"newcomers": Looking(every=10, objects=1), "finder": ThresholdSegmenter(threshold=20)}
    assert run(tmp_path, **how).masks.objects.tolist() == [1]


def test_looks_as_typed() -> None:
    assert looking_of(0, {}) == 0
    assert looking_of(20, {"score": 0.5, "gone": 0}) == Looking(every=20, score=0.5, gone=0)
    for every, given, said in (
        (20, {"every": 3}, "looks cannot be told every=3"),
        (20, {"score": "high"}, "expected numbers for score, iou, likeness, objects, gone"),
        (0, {"score": 0.5}, "add --newcomers FRAMES"),
    ):
        with pytest.raises(UsageError, match=said):
            looking_of(every, given)


def test_only_an_added_object_is_computed(tmp_path: Path) -> None:
    run(tmp_path, drawn(0, 1))
    engine = Sticky()
    rows = run(tmp_path, drawn(20, 2), engine=engine).masks
    assert {objects for _, objects in engine.asked} == {(2,)}
    assert sorted(frame for frame, _ in engine.asked) == [f for f in range(N) if f != 20]
    assert seen(rows, 1) == seen(rows, 2) == list(range(N))
    idle = Sticky()
    assert run(tmp_path, engine=idle).masks == rows
    assert idle.asked == []
    removed = Sticky()
    run(tmp_path, engine=removed, remove=["2"])
    assert removed.asked == []  # it was tracked by itself: nothing hangs on it
