"""Random work of two people against a plain model: dictionaries, and lists of what each one did."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from masklet.annotate.session import Session
from masklet.core import Flags, MaskletError, Origin, Review
from masklet.ops.runs import empty
from masklet.store import Project
from session_kit import SIZE, box, machine, made

FRAMES = st.integers(0, 2)
OBJECTS = st.integers(1, 3)
PEOPLE = st.sampled_from(["Ada", "Bo"])
X = st.sampled_from([None, 1, 7])
Place = tuple[int, int]


@dataclass(frozen=True)
class Row:
    """A row as the model knows it; `x` is None where the mask is empty."""

    x: int | None
    label: str
    origin: int
    review: int
    flags: int
    by: str

    @property
    def trusted(self) -> bool:
        return self.review != Review.REJECTED and (
            self.origin in (Origin.HUMAN, Origin.PROMPTED)
            or self.review in (Review.ACCEPTED, Review.CORRECTED)
        )

    @property
    def rank(self) -> tuple[bool, bool]:
        return self.trusted, self.x is not None


@dataclass
class State:
    """Everything that undo brings back."""

    rows: dict[Place, Row] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    checked: set[int] = field(default_factory=set)

    def copy(self) -> State:
        return State(dict(self.rows), dict(self.labels), set(self.checked))

    def flat(self) -> dict[object, object]:
        return self.rows | self.labels | dict.fromkeys((f"frame {f}" for f in self.checked), True)


Change = dict[object, tuple[object, object]]


class Work(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.project = made(self.folder / "p.masklet")
        self.now, self.locked, self.last_id = State(), set(), 0
        self.done: dict[str, list[Change]] = {"Ada": [], "Bo": []}
        self.undone: dict[str, list[Change]] = {"Ada": [], "Bo": []}
        for label in ("rat", "rat", "mouse"):
            self.add("Ada", label)

    def teardown(self) -> None:
        if hasattr(self, "project"):
            assert self.project.faults() == []
            self.project.close()
            shutil.rmtree(self.folder)

    def session(self, who: str) -> Session:
        return Session(self.project, 1, who)

    def label(self, number: int) -> str | None:
        """Of an object; None where there is no such object."""
        rows = sorted((p, row) for p, row in self.now.rows.items() if p[1] == number)
        return self.now.labels.get(number) or (rows[0][1].label if rows else None)

    def editable(self, *numbers: int) -> bool:
        return all(self.label(n) and n not in self.locked for n in numbers)

    def act(self, who: str, call: Callable[[Session], object], wanted: State | None) -> None:
        """Do something; `wanted` is the state after it, None where it must be refused."""
        if wanted is None:
            try:
                call(self.session(who))
            except MaskletError:
                return
            raise AssertionError("was not refused")
        call(self.session(who))
        before, after = self.now.flat(), wanted.flat()
        keys = before.keys() | after.keys()
        change = {k: (before.get(k), after.get(k)) for k in keys if before.get(k) != after.get(k)}
        if change:
            self.done[who].append(change)
            self.undone[who].clear()
        self.now = wanted

    @rule(who=PEOPLE, label=st.sampled_from(["rat", "mouse"]))
    def add(self, who: str, label: str) -> None:
        if self.last_id >= 5:
            return
        self.last_id += 1
        wanted = self.now.copy()
        wanted.labels[self.last_id] = label
        self.act(who, lambda s: s.add_object(label), wanted)

    @rule(who=PEOPLE, frame=FRAMES, number=OBJECTS, x=X)
    def draw(self, who: str, frame: int, number: int, x: int | None) -> None:
        wanted, runs = None, empty(SIZE) if x is None else box(x)
        if self.editable(number):
            wanted, old = self.now.copy(), self.now.rows.get((frame, number))
            review = Review.TODO
            if old is not None and (not old.trusted or old.review == Review.CORRECTED):
                review = Review.CORRECTED
            flags = Flags.KEYFRAME | (Flags.OUTSIDE if x is None else 0)
            flags |= (old.flags if old else 0) & Flags.OCCLUDED
            label = self.label(number)
            new = Row(x, label, Origin.HUMAN, review, flags, who)
            if old is None or new != replace(old, by=who):
                wanted.rows[frame, number] = new
        self.act(who, lambda s: s.put(frame, number, runs), wanted)

    @rule(who=PEOPLE, first=FRAMES, n=st.integers(1, 3), number=OBJECTS, x=st.sampled_from([1, 7, 13]))
    def track(self, who: str, first: int, n: int, number: int, x: int) -> None:
        wanted, places = None, [(frame, number) for frame in range(first, first + n)]
        if self.editable(number):
            wanted = self.now.copy()
            new = Row(x, self.label(number), Origin.PROPAGATED, Review.TODO, Flags.SPLIT, "")
            for place in places:
                if place not in wanted.rows or not wanted.rows[place].trusted:
                    wanted.rows[place] = new
        rows = machine(*places, x=x, flags=int(Flags.SPLIT))
        self.act(who, lambda s: s.put_rows(rows), wanted)

    @rule(who=PEOPLE, frame=FRAMES, number=OBJECTS, on=st.booleans())
    def occlude(self, who: str, frame: int, number: int, on: bool) -> None:
        wanted, old = None, self.now.rows.get((frame, number))
        if old is not None and self.editable(number):
            wanted = self.now.copy()
            flags = old.flags | Flags.OCCLUDED if on else old.flags & ~Flags.OCCLUDED
            if flags != old.flags:
                review = old.review if old.trusted else Review.ACCEPTED
                wanted.rows[frame, number] = replace(old, flags=flags, review=review)
        self.act(who, lambda s: s.mark(frame, number, occluded=on), wanted)

    @rule(who=PEOPLE, frames=st.sets(FRAMES), numbers=st.sets(OBJECTS, max_size=2))
    def delete(self, who: str, frames: set[int], numbers: set[int]) -> None:
        wanted = None
        if self.editable(*numbers):
            wanted = self.now.copy()
            for place in [p for p in wanted.rows if p[0] in frames and p[1] in numbers]:
                del wanted.rows[place]
        self.act(who, lambda s: s.delete(frames, list(numbers)), wanted)

    @rule(who=PEOPLE, number=OBJECTS, label=st.sampled_from(["rat", "mouse"]))
    def relabel(self, who: str, number: int, label: str) -> None:
        wanted = None
        if self.editable(number):
            wanted = self.now.copy()
            if label != self.label(number):
                wanted.labels[number] = label
            for place in [p for p in wanted.rows if p[1] == number]:
                wanted.rows[place] = replace(wanted.rows[place], label=label)
        self.act(who, lambda s: s.change_object(number, label=label), wanted)

    @rule(who=PEOPLE, number=OBJECTS, on=st.booleans())
    def lock(self, who: str, number: int, on: bool) -> None:
        if self.label(number) and (number in self.now.labels):
            self.session(who).change_object(number, locked=on)
            (self.locked.add if on else self.locked.discard)(number)

    @rule(who=PEOPLE, number=OBJECTS)
    def remove(self, who: str, number: int) -> None:
        wanted = self.without(number) if self.editable(number) else None
        self.act(who, lambda s: s.remove_object(number), wanted)

    def without(self, number: int) -> State:
        rows = {place: row for place, row in self.now.rows.items() if place[1] != number}
        labels = {n: label for n, label in self.now.labels.items() if n != number}
        return State(rows, labels, set(self.now.checked))

    @rule(who=PEOPLE, keep=OBJECTS, gone=OBJECTS)
    def merge(self, who: str, keep: int, gone: int) -> None:
        wanted = None
        if keep != gone and self.editable(keep, gone):
            wanted = self.without(gone)
            for (frame, number), row in self.now.rows.items():
                mine = wanted.rows.get((frame, keep))
                if number == gone and (mine is None or row.rank > mine.rank):
                    wanted.rows[frame, keep] = replace(row, label=self.label(keep))
        self.act(who, lambda s: s.merge(keep, gone), wanted)

    @rule(who=PEOPLE, number=OBJECTS, frame=FRAMES)
    def split(self, who: str, number: int, frame: int) -> None:
        mine = [f for f, n in self.now.rows if n == number]
        wanted = None
        if self.editable(number) and mine and min(mine) < frame <= max(mine):
            if self.last_id >= 5:
                return
            self.last_id += 1
            wanted = self.now.copy()
            wanted.labels[self.last_id] = self.label(number)
            for place in [p for p in self.now.rows if p[1] == number and p[0] >= frame]:
                wanted.rows[place[0], self.last_id] = wanted.rows.pop(place)
        self.act(who, lambda s: s.split(number, frame), wanted)

    @rule(who=PEOPLE, verdict=st.sampled_from(["accept", "reject"]), frame=FRAMES, number=OBJECTS)
    def judge(self, who: str, verdict: str, frame: int, number: int) -> None:
        wanted, old = None, self.now.rows.get((frame, number))
        if old is not None:
            wanted = self.now.copy()
            review = Review.ACCEPTED if verdict == "accept" else Review.REJECTED
            wanted.rows[frame, number] = replace(old, review=review)
        self.act(who, lambda s: s.judge(verdict, [(frame, number)]), wanted)

    @rule(who=PEOPLE, frames=st.sets(FRAMES), on=st.booleans())
    def complete(self, who: str, frames: set[int], on: bool) -> None:
        wanted = self.now.copy()
        wanted.checked = wanted.checked | frames if on else wanted.checked - frames
        self.act(who, lambda s: s.complete(frames, on), wanted)

    @rule(who=PEOPLE)
    def undo(self, who: str) -> None:
        self.move(who, Session.undo, self.done[who], self.undone[who], 0)

    @rule(who=PEOPLE)
    def redo(self, who: str) -> None:
        self.move(who, Session.redo, self.undone[who], self.done[who], 1)

    def move(
        self, who: str, call: Callable[[Session], object], here: list, there: list, to: int
    ) -> None:
        if not here:
            assert call(self.session(who)) is None
            return
        change, flat = here[-1], self.now.flat()
        hard = {key: pair for key, pair in change.items() if not isinstance(key, str)}
        if any(flat.get(key) != pair[1 - to] for key, pair in hard.items()):
            self.act(who, call, None)
            return
        assert call(self.session(who)) is not None
        there.append(here.pop())
        for key, pair in change.items():
            if isinstance(key, str):
                frame = int(key.split()[1])
                (self.now.checked.add if pair[to] else self.now.checked.discard)(frame)
                continue
            home = self.now.rows if isinstance(key, tuple) else self.now.labels
            if pair[to] is None:
                home.pop(key, None)
                self.locked.discard(key)
            else:
                home[key] = pair[to]

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.folder / "p.masklet")

    @invariant()
    def is_as_the_model_says(self) -> None:
        if not hasattr(self, "project"):
            return
        rows = self.project.masks().load()
        found = {
            (int(rows.frame[i]), int(rows.object_id[i])): Row(
                left_edge(rows.row_runs(i)),
                rows.label_of(i).name,
                int(rows.origin[i]),
                int(rows.review[i]),
                int(rows.flags[i]),
                rows.steps[rows.step[i]].person if rows.step[i] >= 0 else "",
            )
            for i in range(len(rows))
        }
        assert found == self.now.rows
        assert rows.checked.tolist() == sorted(self.now.checked)
        infos = self.session("Ada").objects()
        numbers = [n for n in range(1, self.last_id + 1) if self.label(n)]
        assert [(info.id, info.label) for info in infos] == [(n, self.label(n)) for n in numbers]
        self.locked = {info.id for info in infos if info.locked}
        tracks = self.session("Bo").timeline().tracks
        assert [track.object_id for track in tracks] == numbers
        assert sum(len(track.frame) for track in tracks) == len(rows)


def left_edge(runs: np.ndarray) -> int | None:
    return int(runs[0]) // SIZE[1] if len(runs) > 1 else None


Work.TestCase.settings = settings(max_examples=50, stateful_step_count=50, deadline=None)
TestWork = Work.TestCase
