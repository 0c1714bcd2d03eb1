"""Newcomers: every so many frames somebody looks at a whole frame again, and what is new joins.

The video is tracked forward from look to look. What a look finds and nobody tracks starts a new
object there, or goes on with one that was away and looks the same. A newcomer is carried back to the
last look, where a row says that it was not there, and no farther. All that a look decides is in its
rows: they are truth (`Origin.PROMPTED`), signed with the look's frame, and count for what is tracked
after that look only. So the same call over the same project finds everything done and changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from masklet.annotate.compete import apart
from masklet.annotate.drift import DriftGuard
from masklet.annotate.engine import engine_id
from masklet.annotate.gone import close, outside_row
from masklet.annotate.lines import line_rows
from masklet.annotate.looks import (
    PLAIN,
    Looking,
    appearance,
    good,
    returned,
    unknown,
    visible,
)
from masklet.annotate.stretches import Direction
from masklet.annotate.sweep import ChunkLog
from masklet.annotate.track import Progress, TrackStore, track
from masklet.annotate.views import Known, Others
from masklet.core import (
    DataError,
    Flags,
    Label,
    Masks,
    MediaSource,
    Origin,
    Prompt,
    Propagator,
    Review,
    Segmenter,
    Step,
    Video,
)
from masklet.core.arrays import Floats, Image, Int64s
from masklet.ops.table import areas, concat, signed

STEP = "newcomers"
"""Verb of the step that signs what a look decided."""


def removed_key(video: Video) -> str:
    """Under which the log keeps rows of objects that a person removed: a find there is nothing new."""
    return f"removed {video.content_hash or video.uri}"


def track_newcomers(
    media: MediaSource,
    store: TrackStore,
    log: ChunkLog,
    engine: Propagator | Callable[[], Propagator],
    finder: Segmenter,
    looking: Looking,
    *,
    prompts: Sequence[Prompt] = (),
    frames: list[range] | None = None,
    guard: DriftGuard | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Masks:
    """Track forward and take in what a finder sees on every so manieth frame.

    Looks are taken on the first frame of each range and every `looking.every` frames from there. Where
    truth begins later, with an annotated frame, they begin there too, and what was annotated is carried
    back to the range's first frame without looks.

    Args:
        media: the video.
        store: holds the truth, if there is any; receives the result.
        log: keeps finished chunks, and what looks found.
        engine: a Propagator, or what makes one once there is something to track.
        finder: a Segmenter that finds objects on a whole frame.
        looking: how often, and what counts.
        prompts: words that the finder is asked with; without any it is asked for all it knows.
        frames: rising disjoint ranges to do; None = all.
        guard: ends the run where an object drifts.
        progress: called after each frame.
        say: receives a sentence for each newcomer.

    Returns all rows of the store afterwards. Raises `DataError` where no look finds anything and nothing
    was annotated.
    """
    wanted = frames if frames is not None else [range(media.video.n_frames)]
    total = sum(len(part) for part in wanted)
    rounds = _Rounds(media, store, log, engine, finder, looking, prompts, guard, progress, say, total)
    for part in wanted:
        if not rounds.do(part):
            break
    rounds.check_found()
    progress(Progress(total, total))
    return close(store, wanted, looking.gone, "forward")


@dataclass
class _Rounds:
    """One run from look to look."""

    media: MediaSource
    store: TrackStore
    log: ChunkLog
    engine: Propagator | Callable[[], Propagator]
    finder: Segmenter
    looking: Looking
    prompts: Sequence[Prompt]
    guard: DriftGuard | None
    progress: Callable[[Progress], None]
    say: Callable[[str], None]
    total: int
    done: int = 0
    _last: dict[int, int] = field(default_factory=dict)
    _truth: Masks = field(init=False)
    _look_of: Int64s = field(init=False)

    def __post_init__(self) -> None:
        self._read(self.store.load())
        self._removed = self.log.get(removed_key(self.media.video))

    def do(self, part: range) -> bool:
        """Track a range with its looks; False where an object drifted."""
        first = self._first(part)
        self._see(self.store.load(range(max(part.start - self.looking.gone, 0), first)))
        at, before = first, None
        for frame in [f for f in range(part.start, part.stop, self.looking.every) if f >= first]:
            if not self._carry([range(at, frame), range(frame, frame + 1)]):
                return False
            self._look(frame, before)
            self._back(frame, at)
            before, at = frame, frame + 1
        if not self._carry([range(at, part.stop)]):
            return False
        if first > part.start:
            self._run(self._truth, [range(part.start, first)], "backward")
        return True

    def check_found(self) -> None:
        """Raise `DataError` where there is nothing at all."""
        if not len(self._truth):
            words = f" of {', '.join(self._words())}" if self.prompts else ""
            raise DataError(
                f"nothing{words} is found on any look, one in {self.looking.every} frames, with a score "
                f"of {self.looking.score:g} or more; choose other words, look more often, lower the "
                "score, or annotate a frame"
            )

    def _first(self, part: range) -> int:
        """Where looks begin: with the part, or with the truth that a person gave first."""
        if not len(self._truth) or self._look_of[0] >= 0:
            return part.start
        return min(max(int(self._truth.frame[0]), part.start), part.stop)

    def _read(self, rows: Masks) -> None:
        """Truth, and for each row of it the look that made it, -1 where a person did."""
        self._truth = rows.take(rows.trusted & (rows.object_id >= 0))
        looks = [_told(step).get("look", -1) for step in self._truth.steps]
        self._look_of = np.array([*looks, -1], np.int64)[self._truth.step]

    def _see(self, rows: Masks) -> None:
        """Note where each object was last."""
        found = visible(rows)
        for frame, obj in zip(found.frame.tolist(), found.object_id.tolist(), strict=True):
            self._last[obj] = max(frame, self._last.get(obj, -1))

    def _carry(self, frames: list[range]) -> bool:
        """Track what is known before a look up to it; False where an object drifted."""
        frames = [part for part in frames if len(part)]
        if not frames:
            return True
        start, stop = frames[0].start, frames[-1].stop
        truth = self._truth.take(self._look_of < stop - 1)
        gone = [obj for obj in self._gone(start) if not np.any(truth.of(obj).frame >= start)]
        truth = truth.take(~np.isin(truth.object_id, gone))
        if len(truth) and truth.frame[0] < stop:
            self._run(truth, frames, "forward", self.guard)
        self.done += stop - start
        self._see(self.store.load(range(start, stop)))
        return self.guard is None or self.guard.found is None

    def _gone(self, frame: int) -> list[int]:
        """Objects that were not found for long before a frame."""
        after = self.looking.gone
        return [obj for obj, at in self._last.items() if after and frame - at > after]

    def _run(
        self,
        truth: Masks,
        frames: list[range],
        direction: Direction,
        guard: DriftGuard | None = None,
        beside: Callable[[range], Masks] | None = None,
    ) -> None:
        def report(one: Progress) -> None:
            if direction == "forward":
                self.progress(Progress(min(self.done + one.done, self.total), self.total))

        if not isinstance(self.engine, Propagator):
            self.engine = self.engine()
        track(
            self.media,
            Known(self.store, truth, direction == "forward"),
            self.log,
            self.engine,
            direction=direction,
            frames=frames,
            beside=beside,
            guard=guard,
            progress=report,
        )

    def _look(self, frame: int, before: int | None) -> None:
        """See what is on a frame, and put rows there of what joins the tracked objects."""
        if frame in self._truth.checked:
            return
        here = visible(self.store.load(range(frame, frame + 1)))
        finds = good(self._finds(frame), self.looking.score)
        if not len(finds):
            return
        image = self.media[frame]
        new = unknown(finds, here, image, self.looking, lambda obj: self._portraits(obj)[1])
        if self._removed is not None:
            away = unknown(finds, self._removed.on(frame), image, self.looking, lambda _: ())
            new = [i for i in new if i in away]
        if new:
            self._join(finds, new, here, image, frame, before)

    def _join(
        self, finds: Masks, new: list[int], here: Masks, image: Image, frame: int, before: int | None
    ) -> None:
        """Give each new find the id of an object that was away and looks like it, or one of its own."""
        away = {obj: self._portraits(obj) for obj in self._last if obj not in here.object_id}
        known = returned(
            finds, new, image, {o: p for o, p in away.items() if p[1]}, self.looking.likeness
        )
        standing = set(self._last) - set(self._gone(frame))
        next_id, parts = max([0, *self._truth.objects.tolist(), *self._last]) + 1, list[Masks]()
        for i in new:
            obj = known.get(i, next_id)
            if len(standing | {obj}) > self.looking.objects:
                self.say(f"frame {frame}: more is found than {self.looking.objects} objects; left out")
                break
            if rows := self._rows(finds.take([i]), obj, here, frame, before):
                standing.add(obj)
                next_id += obj == next_id
                parts += rows
                how = "is back" if i in known else "is new"
                self.say(f"{rows[-1].label_of(0).name} {obj} {how} on frame {frame}")
        if parts:
            rows_now = concat(parts)
            self.store.replace(range(frame, frame + 1), rows_now.objects.tolist(), rows_now)
            self._read(self.store.load())

    def _rows(self, find: Masks, obj: int, here: Masks, frame: int, before: int | None) -> list[Masks]:
        """The object's row on a frame, and where the last look missed it a row that says so."""
        label = self._label(find, obj)
        row = find.replace(origin=Origin.PREDICTED, object_id=obj, labels=(label,), label_id=0)
        row = apart(row, here)
        if not len(row):
            return []
        row = row.replace(origin=Origin.PROMPTED, flags=int(Flags.KEYFRAME), review=Review.TODO)
        seen = self._last.get(obj, -1)
        told = {"look": frame, "since": seen, "finder": self._asked(), "words": self._words()}
        step = Step.of(STEP, told, model=_name(self.finder), weights=getattr(self.finder, "weights", ""))
        self._last[obj] = frame
        parts = [signed(row, step)]
        if before is not None and seen < before:
            parts.insert(0, signed(outside_row(row, obj, before, label, Origin.PROMPTED), step))
        return parts

    def _back(self, frame: int, first: int) -> None:
        """Carry what joined on a frame back, each object to where it was last, not beyond `first`.

        What a person gave in between is carried forward already.
        """
        mine, seen = self._look_of == frame, (self._truth.flags & Flags.OUTSIDE) == 0
        groups: dict[int, list[int]] = {}
        for obj in self._truth.take(mine).objects.tolist():
            rows = self._truth.object_id == obj
            since = _told(self._truth.steps[self._truth.step[np.flatnonzero(mine & rows)[0]]])["since"]
            start = max(int(since) + 1, first)
            between = rows & (self._truth.frame >= start) & (self._truth.frame < frame)
            if not np.any(between & seen):
                start = max([start, *(self._truth.frame[between] + 1).tolist()])
                groups.setdefault(start, []).append(obj)
        for start, objects in groups.items():
            of_them = np.isin(self._truth.object_id, objects) & (self._look_of <= frame)
            if start < frame:
                others = Others(self.store, objects).rows
                self._run(self._truth.take(of_them), [range(start, frame)], "backward", beside=others)

    def _portraits(self, obj: int) -> tuple[str, list[Floats]]:
        """The label of an object, and what it looked like where it was last and first seen."""
        first = self._truth.take((self._truth.object_id == obj) & (self._look_of < self._last[obj] + 1))
        frames = {self._last[obj], *visible(first).frame[:1].tolist()}
        name, found = PLAIN, []
        for frame in sorted(frames):
            rows = visible(self.store.load(range(frame, frame + 1)).of(obj))
            if len(rows) and areas(rows)[0]:
                name = rows.label_of(0).name
                found.append(appearance(self.media[frame], rows.row_runs(0)))
        return name, found

    def _label(self, find: Masks, obj: int) -> Label:
        """What a find is called: as the finder says, else as the object, else as all others are."""
        label = find.label_of(0)
        mine = self._truth.of(obj) if obj in self._truth.objects else self._truth
        labels = {mine.labels[i] for i in mine.label_id.tolist() if mine.labels[i].kind == "area"}
        told = label.name != PLAIN and obj not in self._truth.objects
        return label if told or len(labels) != 1 else labels.pop()

    def _words(self) -> list[str]:
        return [prompt.text for prompt in self.prompts]

    def _asked(self) -> str:
        """Who is asked, set how."""
        told = dict(getattr(self.finder, "settings", {}))
        return " ".join([engine_id(self.finder), *(f"{key}={told[key]!r}" for key in sorted(told))])

    def _finds(self, frame: int) -> Masks:
        """What the finder sees on a frame; it is asked once."""
        video = self.media.video
        parts = (
            engine_id(self.finder),
            repr(self._words()),
            video.content_hash or video.uri,
            str(frame),
        )
        key = "look " + hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
        rows = self.log.get(key)
        if rows is None:
            rows = self.finder.segment(self.media[frame], self.prompts or None)
            place = np.full(len(rows), frame)
            rows = rows.replace(video=video, frame=place, checked=(), steps=(), step=-1)
            self.log.put(key, rows)
        return rows.take(~np.array(line_rows(rows), np.bool_))


def _told(step: Step) -> dict[str, Any]:
    """The arguments of a look's step; empty for another one's."""
    told: dict[str, Any] = json.loads(step.arguments) if step.verb == STEP else {}
    return told


def _name(finder: Segmenter) -> str:
    return engine_id(finder).split()[0]
