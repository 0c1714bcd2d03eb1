"""The main job: truth on some frames of a video in, masks on every wanted frame out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from masklet.annotate.assemble import Assembled, Kept, assemble, leftovers
from masklet.annotate.compete import Overlaps, apart, compete
from masklet.annotate.doubt import with_doubts
from masklet.annotate.drift import DriftGuard
from masklet.annotate.engine import engine_id, settings
from masklet.annotate.preview import Preview, spans
from masklet.annotate.seeds import active_objects, without
from masklet.annotate.stretches import DIRECTIONS, Direction, Stretch, plan
from masklet.annotate.sweep import Begin, ChunkLog, Sweep
from masklet.annotate.watching import Watching
from masklet.core import Flags, Label, Masks, MediaSource, Propagator, Step, UsageError
from masklet.core.pausing import Stopped
from masklet.core.protocols import Preparing
from masklet.ops.table import signed, upsert


class TrackStore(Protocol):
    """What tracking needs of a place to keep masks."""

    def load(self, frames: range | None = None) -> Masks:
        """Current rows, of some frames or of all."""
        ...

    def replace(self, frames: range, objects: list[int], rows: Masks) -> None:
        """In one transaction, put `rows` in the place of all untrusted rows of `objects` there."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a run is: engine frames done of those planned."""

    done: int
    total: int


def track(
    media: MediaSource,
    store: TrackStore,
    log: ChunkLog,
    engine: Propagator,
    *,
    direction: Direction = "both",
    frames: list[range] | None = None,
    preview: bool = False,
    beside: Callable[[range], Masks] | None = None,
    guard: DriftGuard | None = None,
    cohort: int = 0,
    progress: Callable[[Progress], None] = lambda _: None,
    watch: Watching | None = None,
) -> Masks:
    """Carry the store's trusted rows through the video and write the result back to the store.

    Truth (`Masks.trusted`) is never overwritten. The video is cut at frames with truth; between
    two of them the run from the left and the run from the right are compared frame by frame,
    blended where they agree and chosen by confidence where they do not. Work is done in chunks,
    and each is kept in `log` under a key that names all it depends on: a run that was killed goes
    on where it was, and after a correction only what can change is computed again.

    Args:
        media: the video.
        store: holds the truth, receives the result.
        log: keeps finished chunks.
        engine: a Propagator.
        direction: `forward` from each frame of truth, `backward`, or `both`. One direction leaves
            alone what it does not reach.
        frames: rising disjoint ranges to do; None = all.
        preview: while an engine fits that says how (`Preparing`), write quick rows of the frames
            nearest to truth, flagged `PROVISIONAL`. What stands there in the end is the same.
        beside: rows on some frames of objects that this run does not carry; it leaves them their
            pixels.
        guard: ends the run where an object drifts; for runs forward.
        cohort: name of the objects that are tracked together (`cohorts`); stands in the step.
        progress: called after each frame that an engine answered.
        watch: somebody who watches.

    Returns:
        All rows of the store afterwards. Raises `UsageError` where there is no truth to go by, and
        `Stopped` where somebody stopped the run (`core.pausing`): what it had found is stored then.
    """
    _check_guard(direction, guard)
    truth = _truth(store.load())
    wanted = frames if frames is not None else [range(media.video.n_frames)]
    stretches = plan(truth, wanted, getattr(engine, "chunk", 0))
    step = step_of(engine, direction, cohort)
    begin: Begin = _no_preview
    if preview and isinstance(engine, Preparing):
        ahead = spans(stretches, truth, direction)
        begin = Preview(media, engine, ahead, truth, store.replace, step).begin
    count = _Counter(_work(truth, stretches, direction), progress)

    def stored(some: range) -> Masks:
        rows = store.load(some)
        return rows.take([not any(frame in part for part in wanted) for frame in rows.frame.tolist()])

    def sweep(forward: bool) -> Sweep:
        return Sweep(
            media=media,
            engine=engine,
            engine_id=engine_id(engine),
            truth=truth,
            log=log,
            stored=stored,
            forward=forward,
            advance=count.advance,
            begin=begin,
            watch=watch or Watching(),
        )

    objects = [int(o) for o in truth.objects]
    halt: list[Stopped] = []
    found = _found(stretches, truth, sweep, direction, log, halt)
    chunks = with_doubts(_apart(_rows(found, truth), beside))
    for chunk in chunks if guard is None else guard.watch(chunks, truth):
        whole = direction == "both" and not halt
        _write(store, chunk, objects if whole else list(chunk.reached), step)
    if halt:
        raise halt[0]
    count.finish()
    return store.load()


def _no_preview(_chunk: range, _truth: Masks) -> None:
    """Nothing is shown before its time."""


def _check_guard(direction: Direction, guard: DriftGuard | None) -> None:
    check_direction(direction)
    if guard is not None and direction != "forward":
        raise UsageError(f"a run {direction} cannot stop where an object drifts; only one forward can")


def check_direction(direction: str) -> None:
    """Raise `UsageError` for a direction that does not exist."""
    if direction not in DIRECTIONS:
        raise UsageError(f"unknown direction {direction!r}; expected one of {', '.join(DIRECTIONS)}")


def _truth(rows: Masks) -> Masks:
    truth = rows.take(rows.trusted & (rows.object_id >= 0)).replace(steps=(), step=np.int16(-1))
    if not len(truth):
        raise UsageError(
            "there is nothing to track: no frame has a mask that a person drew, imported or "
            "accepted; annotate an object on a frame, or give masks with --masks"
        )
    return truth


def _work(truth: Masks, stretches: list[Stretch], direction: Direction) -> int:
    """Frames that the engine will be asked for, all sweeps together."""
    ways = {"forward": (True,), "backward": (False,), "both": (True, False)}[direction]
    return sum(
        len(stretch.frames)
        for forward in ways
        for stretch in stretches
        if active_objects(truth, stretch.edge(forward), forward)
    )


def _rows(found: Iterator[Assembled], truth: Masks) -> Iterator[Assembled]:
    """Final rows, truth among them, of what the engine found chunk by chunk."""
    overlaps = Overlaps.of(truth)
    for chunk in found:
        inside = (truth.frame >= chunk.frames.start) & (truth.frame < chunk.frames.stop)
        human = truth.take(inside).replace(checked=())
        rows = upsert(chunk.rows, human) if len(human) else chunk.rows
        yield replace(chunk, rows=compete(rows, overlaps.around(chunk.frames)))


def _found(
    stretches: list[Stretch],
    truth: Masks,
    sweep: Callable[[bool], Sweep],
    direction: Direction,
    log: ChunkLog,
    halt: list[Stopped],
) -> Iterator[Assembled]:
    """What the engine found, both sweeps together, chunk by chunk; the backward sweep goes first.

    Where somebody stops the run that goes into `halt`, and the last chunks are what there is.
    """
    empty = truth.take([]).replace(checked=())

    def recall(key: str) -> Masks:
        rows = log.get(key)
        return empty if rows is None else without(rows, truth)

    kept: dict[int, Kept] = {}
    running, start = sweep(False), 0
    try:
        if direction != "forward":
            for piece in running.run(stretches):
                kept[piece.frames.start] = Kept(piece.frames, piece.key, piece.anchors)
        running = sweep(True)
        forward = running.run(stretches) if direction != "backward" else iter(())
        for chunk in assemble(stretches, forward, kept, recall, empty):
            start = chunk.frames.stop
            yield chunk
    except Stopped as stop:
        halt.append(stop)
        yield from leftovers(running.partial, kept, recall, start)


def _apart(chunks: Iterator[Assembled], beside: Callable[[range], Masks] | None) -> Iterator[Assembled]:
    """The chunks without pixels of other objects' rows."""
    for chunk in chunks:
        yield chunk if beside is None else replace(chunk, rows=apart(chunk.rows, beside(chunk.frames)))


def _write(store: TrackStore, chunk: Assembled, objects: list[int], step: Step) -> None:
    """Replace what programs had found of `objects` there, unless it is the same already.

    A run in one direction answers only for the objects that it reached: what an earlier run found
    coming from the other side stays. A program's word that an object is gone (`gone.closed`) is no
    row of a run: it is told anew afterwards.
    """
    found = signed(chunk.rows.take(~chunk.rows.trusted), step)
    before = store.load(chunk.frames)
    seen = (before.flags & Flags.OUTSIDE) == 0
    before = before.take(~before.trusted & seen & np.isin(before.object_id, objects))
    if not _same_content(before, found):
        store.replace(chunk.frames, objects, found)


def _same_content(a: Masks, b: Masks) -> bool:
    columns = ("frame", "object_id", "runs", "offset", "score", "identity_score", "flags", "origin")
    same = (np.array_equal(getattr(a, c), getattr(b, c), equal_nan=c.endswith("score")) for c in columns)
    names_a, names_b = (_names(m) for m in (a, b))
    return len(a) == len(b) and names_a == names_b and all(same)


def _names(masks: Masks) -> list[Label]:
    return [masks.labels[i] for i in masks.label_id]


def step_of(engine: Propagator, direction: str, cohort: int) -> Step:
    """Of a run; its settings are those of the engine within, where one engine wraps another."""
    name, inner = engine_id(engine), getattr(engine, "engine", engine)
    arguments: dict[str, object] = {"direction": direction, "engine": name}
    arguments |= {"settings": settings(inner)}
    arguments |= {"cohort": cohort} if cohort else {}
    return Step.of("track", arguments, model=name.split()[0], weights=getattr(engine, "weights", ""))


class _Counter:
    """Counts frames up and tells the listener."""

    def __init__(self, total: int, listener: Callable[[Progress], None]) -> None:
        self._done, self._total, self._listener = 0, total, listener

    def advance(self, frames: int) -> None:
        self._done += frames
        self._listener(Progress(min(self._done, self._total), self._total))

    def finish(self) -> None:
        self._listener(Progress(self._total, self._total))
