"""Small objects in large frames: any engine in a window that goes with the object, pixel for pixel.

Engines that look at a picture of a fixed size scale a Full HD frame down, and a mouse of forty pixels
becomes one of twenty. In a window it keeps its forty. Each object has a window of its own, so several
objects cost several runs; they do not compete for pixels within one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from masklet.core import DataError, Flags, Masks, MediaSource, Origin, Propagator, UsageError
from masklet.core.arrays import Bools, Int32s
from masklet.core.settings import plain_settings
from masklet.infer.framing import Following, Size, around, outgrown, window_size
from masklet.infer.view import Tape, WindowView, fixed_corners
from masklet.models.walk import check_call
from masklet.ops.placing import placed
from masklet.ops.table import boxes, build, concat, row_at

SIDE = 1024
"""Pixels of a window's side unless told otherwise: what the large video networks look at."""
LEAST_SIDE = 64
CONTEXT = 16
"""Rows of the engine's own that it goes on from when the window changes its size."""
PATIENCE = 8
"""Frames without the object after which the window doubles, and with it after which it shrinks."""
AGAIN = 128
"""Frames from truth to where an object was lost over which its way is followed anew."""


class Windowed:
    """Propagator: another one at native resolution in a window around each object.

    Args:
        engine: the engine within. Its public settings are those of this one, too.
        crop: side of the window, pixels; 0 = what the engine says it looks at (`input_side`), else
            `SIDE`. It grows where an object's box with half as much again around it does not fit.

    An object that outgrows its window, or is not found for `PATIENCE` frames, gets a larger one, in
    the end the whole frame; once it is found again, its old one.
    """

    def __init__(self, engine: Propagator, crop: int = 0) -> None:
        if crop:
            check_side(crop)
        self.__dict__.update(plain_settings(engine))
        self.name = str(getattr(engine, "name", type(engine).__name__))
        self.version = f"{getattr(engine, 'version', 0)}+crop.1"
        self.crop = int(crop or getattr(engine, "input_side", SIDE))
        self._engine = engine

    @property
    def within(self) -> Propagator:
        """The engine that is run in the window."""
        return self._engine

    @property
    def weights(self) -> str:
        """The weights of the engine within, by their hash; empty where it has none."""
        return str(getattr(self._engine, "weights", ""))

    def propagate(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        """As `Propagator`. `UsageError` for an engine that looks at the whole video in advance."""
        _check(media, seeds, frames)
        return self._run(media, seeds, frames)

    def _run(self, media: MediaSource, seeds: Masks, frames: range) -> Iterator[tuple[int, Masks]]:
        if not frames:
            return
        wanted = set(frames) if abs(frames.step) > 1 else frames
        runs = [_Run(self._engine, self.crop, media, seeds, obj, frames) for obj in _known(seeds)]
        runs = [run for run in runs if run.walk]
        sign = 1 if frames.step > 0 else -1
        begin = min([sign * frames[0], *(sign * run.walk[0] for run in runs)]) * sign
        walk = range(begin, frames[-1] + sign, sign)
        before = min(max(begin - sign * CONTEXT, 0), media.video.n_frames - 1)
        tape = Tape(media, range(before, walk.stop, sign))
        nothing = seeds.take([]).replace(video=media.video, steps=(), checked=())
        going: list[Iterator[tuple[int, Masks]]] = []
        for frame in walk:
            going += [run.rows(tape) for run in runs if run.walk[0] == frame]
            found = [next(one)[1] for one in going]
            tape.pass_by(frame)
            if frame in wanted:
                yield frame, concat([nothing, *found])


class _Run:
    """One object on its way through the video.

    Args:
        engine, side: what runs in a window of what size.
        media: the video.
        seeds: as given.
        obj: the object.
        frames: asked for.
    """

    def __init__(
        self, engine: Propagator, side: int, media: MediaSource, seeds: Masks, obj: int, frames: range
    ) -> None:
        self._engine, self._side, self._media = engine, side, media
        self._sign = 1 if frames.step > 0 else -1
        self._mine = seeds.of(obj).replace(steps=(), step=np.int16(-1), checked=(), video=media.video)
        self._frame_wh = media.video.width, media.video.height
        begin, self._context = _begin(self._mine, frames[0], self._sign)
        if begin is None:
            begin = _first_given(self._mine, frames, self._sign)
        self.walk = range(0)
        if begin is not None:
            self.walk = range(begin, frames[-1] + self._sign, self._sign)

    def rows(self, tape: Tape) -> Iterator[tuple[int, Masks]]:
        """(frame, rows of the object) for each frame of the walk."""
        truth = self._mine.take(self._mine.trusted)
        recent, done, size = [self._context], 0, self._size(truth, self._context)
        while done < len(self.walk):
            leg = _Leg(self._engine, self._media, truth, concat(recent), self.walk[done:], size)
            state = _State(size, self._frame_wh, self._side)
            for frame, rows in leg.rows(tape):
                done += 1
                recent = [*recent[-CONTEXT:], rows]
                yield frame, rows
                if done < len(self.walk) and (other := state.wants(rows, truth)):
                    size = other
                    recent = [_since_truth(concat(recent), truth, self.walk[done], self._sign)]
                    break

    def _size(self, truth: Masks, context: Masks) -> Size:
        """The whole frame where nobody knows where the object is."""
        before = self.walk[0] - self._sign
        if not len(context) and not np.isin(self.walk[0], truth.frame) and before not in truth.frame:
            return self._frame_wh
        return window_size(self._side, boxes(concat([truth, context])), self._frame_wh)


@dataclass
class _State:
    """Does the window still fit? Told every answer."""

    size: Size
    frame_wh: Size
    side: int
    _lost: int = 0
    _found: int = 0

    def wants(self, rows: Masks, truth: Masks) -> Size | None:
        """Another size of window, or None where this one does."""
        box = boxes(rows)
        if not len(box) or not box[0].any():
            self._lost, self._found = self._lost + 1, 0
            if self._lost < PATIENCE or self.size == self.frame_wh:
                return None
            wide, high = self.frame_wh
            return min(2 * self.size[0], wide), min(2 * self.size[1], high)
        self._lost, self._found = 0, self._found + 1
        usual = window_size(self.side, np.concatenate([boxes(truth), box]), self.frame_wh)
        if outgrown(box[0], self.size, self.frame_wh):
            return usual if usual != self.size else None
        smaller = 2 * usual[0] * usual[1] <= self.size[0] * self.size[1]
        return usual if self._found >= PATIENCE and smaller else None


class _Leg:
    """One run of the engine within, in a window of one size.

    Args:
        engine: the engine.
        media: the video.
        truth: trusted rows of the object.
        context: its own rows just before.
        walk: frames to answer for.
        size: of the window.
    """

    def __init__(
        self,
        engine: Propagator,
        media: MediaSource,
        truth: Masks,
        context: Masks,
        walk: range,
        size: Size,
    ) -> None:
        self._engine, self._media, self._walk, self._size = engine, media, walk, size
        sign = walk.step
        first = min([sign * walk[0], *(sign * context.frame).tolist()]) * sign
        way = range(first, walk[-1] + sign, sign)
        aside = [frame for frame in np.unique(truth.frame).tolist() if frame not in way]
        nearest_last = sorted(aside, key=lambda f: (sign * f <= sign * first, -abs(f - first)))
        self._frames = [*nearest_last, *way]
        self._ask = range(self._frames.index(walk[0]), len(self._frames))
        self._rows = concat([truth, context])
        self._truth_frames = set(truth.frame.tolist())

    def rows(self, tape: Tape) -> Iterator[tuple[int, Masks]]:
        """(frame, rows on the whole frame) for each frame of the walk."""
        view, seeds = self._view(tape)
        told = self._engine.propagate(view, seeds, self._ask)
        for expected in self._ask:
            index, found = next(told, (-1, seeds))
            if index != expected:
                raise DataError(
                    f"the engine in the window gave no answer for frame {self._frames[expected]}; "
                    "if the video is damaged there, track only frames before it (--frames)"
                )
            rows = self._back(found, index, view.corner(index))
            box = boxes(rows)
            view.answered(index, box[0] if len(box) and box[0].any() else None)
            yield self._frames[index], rows

    def _view(self, tape: Tape) -> tuple[WindowView, Masks]:
        frame_wh = self._media.video.width, self._media.video.height
        where = dict(zip(self._rows.frame.tolist(), boxes(self._rows), strict=True))
        index_of = {frame: index for index, frame in enumerate(self._frames)}
        centre = np.array([0, 0, *frame_wh], np.int32)
        known = {
            index_of[frame]: around(box if box.any() else centre, self._size, frame_wh)
            for frame, box in where.items()
        }
        near = [index for index in sorted(known) if 0 <= self._before(index) <= CONTEXT + 1]
        follow = Following(self._size, frame_wh, known[near[0] if near else max(known)])
        for index in near:
            if index < self._ask.start and (box := where[self._frames[index]]).any():
                if self._frames[index] not in self._truth_frames:
                    known[index] = follow.ahead(0)
                follow.moved(known[index])
                follow.saw(box)
        fixed = fixed_corners(len(self._frames), known)
        name = self._name()
        view = WindowView(
            tape, self._frames, self._media.video, name, follow, fixed, self._ask.start - 1
        )
        return view, self._seeds(view, index_of)

    def _before(self, index: int) -> int:
        """Frames from one of the view to the first of the walk."""
        return int((self._walk[0] - self._frames[index]) * self._walk.step)

    def _seeds(self, view: WindowView, index_of: dict[int, int]) -> Masks:
        rows, frame_wh = self._rows, (self._media.video.width, self._media.video.height)
        moved = []
        for row in range(len(rows)):
            index = index_of[int(rows.frame[row])]
            x, y = view.corner(index)
            runs = placed(rows.row_runs(row), frame_wh, (-x, -y), self._size)
            moved.append(row_at(rows, row)._replace(frame=index, runs=runs))
        return build(view.video, rows.labels, moved)

    def _back(self, found: Masks, index: int, corner: Size) -> Masks:
        """Rows of the view on the whole frame; cut is what the frame's border cuts."""
        video, made = self._media.video, []
        for row in range(len(found)):
            runs = placed(found.row_runs(row), self._size, corner, (video.width, video.height))
            made.append(row_at(found, row)._replace(frame=self._frames[index], runs=runs))
        rows = build(video, found.labels, made)
        box = boxes(rows)
        cut = (box[:, :2] <= 0).any(axis=1) | (box[:, 2:] >= (video.width, video.height)).any(axis=1)
        flags = np.where(
            cut & box.any(axis=1), rows.flags | Flags.TRUNCATED, rows.flags & ~np.uint16(Flags.TRUNCATED)
        )
        return rows.replace(flags=flags.astype(np.uint16))

    def _name(self) -> str:
        """Names the pixels of the view: the video, the frames, the window, all that it goes by."""
        video, rows = self._media.video, self._rows
        told = hashlib.blake2b(repr((self._size, self._frames, rows.labels)).encode(), digest_size=8)
        for column in (rows.frame, rows.runs, rows.origin, rows.review, rows.flags, rows.score):
            told.update(column.tobytes())
        return f"{video.content_hash or video.uri}#window-{told.hexdigest()}"


def check_side(side: int) -> None:
    """Raise `UsageError` for a window of too few pixels."""
    if side < LEAST_SIDE:
        raise UsageError(f"the window is {side} pixels wide; expected at least {LEAST_SIDE}")


def _known(seeds: Masks) -> list[int]:
    """Objects that a person showed somewhere."""
    return [int(obj) for obj in np.unique(seeds.object_id[seeds.trusted & _visible(seeds)])]


def _visible(rows: Masks) -> Bools:
    seen: Bools = (rows.flags & Flags.OUTSIDE) == 0
    return seen


def _begin(mine: Masks, first: int, sign: int) -> tuple[int | None, Masks]:
    """The first frame to answer for and the object's own rows before it; None where none is behind."""
    edge, seen = first - sign, mine.take(_visible(mine))
    own = seen.take(~seen.trusted & (sign * seen.frame <= sign * edge))
    if np.any(seen.frame == edge):
        return first, own
    behind = seen.frame[seen.trusted & (sign * seen.frame <= sign * edge)]
    if not len(behind):
        return None, own
    nearest = int(behind.max() if sign > 0 else behind.min())
    if abs(first - nearest) <= AGAIN:
        return nearest + sign, own.take([])
    return first, own


def _first_given(mine: Masks, frames: range, sign: int) -> int | None:
    """The first frame on the way on which the object is shown; None where there is none."""
    given: Int32s = mine.frame[mine.trusted & _visible(mine)]
    on_way = [f for f in given.tolist() if sign * frames[0] <= sign * f <= sign * frames[-1]]
    return int(min(on_way) if sign > 0 else max(on_way)) if on_way else None


def _since_truth(rows: Masks, truth: Masks, before: int, sign: int) -> Masks:
    """The engine's own rows on the last frames before one, none from before its last truth."""
    far = sign * rows.frame >= sign * before - CONTEXT
    behind = sign * truth.frame[sign * truth.frame < sign * before]
    since = sign * rows.frame > (behind.max() if len(behind) else -np.inf)
    return rows.take(far & since & (rows.origin == Origin.PROPAGATED))


def _check(media: MediaSource, seeds: Masks, frames: range) -> None:
    video = media.video
    if video.n_frames < 0:
        raise UsageError(f"{video.uri} has no end; a window needs a video, so record it or leave --crop")
    check_call(media, seeds, frames)
