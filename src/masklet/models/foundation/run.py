"""One call of `propagate`: which frames are looked at, what is known there, and what rows come out."""

from __future__ import annotations

import hashlib
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping

import torch
import torch.nn.functional as nn

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Image
from masklet.core.order import frames_in_order
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.network import Features
from masklet.models.foundation.tracker import Lesson, Seen, Tracker
from masklet.models.foundation.upsample import crop_of
from masklet.models.rows import Found, RowMaker
from masklet.models.walk import decode

KEPT = 128
"""Lessons that are kept between calls, half a megabyte each."""
RESUMED, REPEATED = 2, 14
"""Frames before the wanted ones that are remembered by their known rows, and then those that are tracked
once more: by the first wanted frame nearly all that is remembered is the network's own again."""


class Lessons:
    """What was learnt from trusted masks, kept between calls on one media source."""

    def __init__(self) -> None:
        self._media: weakref.ref[MediaSource] | None = None
        self._kept: OrderedDict[tuple[int, bytes], Lesson] = OrderedDict()

    def turn_to(self, media: MediaSource) -> None:
        """Forget what was learnt from any other source."""
        if self._media is None or self._media() is not media:
            self._media, self._kept = weakref.ref(media), OrderedDict()

    def get(self, key: tuple[int, bytes]) -> Lesson | None:
        """What was learnt from that mask on that frame, if it is still known."""
        return self._kept.get(key)

    def put(self, key: tuple[int, bytes], lesson: Lesson) -> None:
        """Keep it, and drop the oldest where there are too many."""
        self._kept[key] = lesson
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class Run:
    """What one call of `propagate` works with.

    Args:
        eyes: the network.
        media: the pixels; one without an end is looked at in order from the first trusted frame.
        seeds: as given to `propagate`.
        wanted: frames that were asked for.
        batch: objects in one pass.
        lessons: of earlier calls.
    """

    def __init__(
        self,
        eyes: Eyes,
        media: MediaSource,
        seeds: Masks,
        wanted: range,
        batch: int,
        lessons: Lessons,
    ) -> None:
        self._eyes, self._media, self._seeds, self._wanted = eyes, media, seeds, wanted
        self._sign = 1 if wanted.step > 0 else -1
        self._live = media.video.n_frames < 0
        self._tracker = Tracker(eyes.network, self._sign, media.video.n_frames, batch)
        self._lessons = lessons
        lessons.turn_to(media)
        self._truth, self._context = seeds.take(seeds.trusted), seeds.take(~seeds.trusted)
        self._told = _told(self._truth, self._sign)

    def rows(self) -> Iterator[tuple[int, Masks]]:
        """(frame, rows) for each wanted frame, in their order."""
        maker = RowMaker(self._seeds, self._media.video)
        walk = self._walk()
        if walk and not self._live:
            self._learn_all()
        for frame, image in frames_in_order(self._media, walk):
            with self._eyes.running(f"frame {frame}"):
                if not self._live and self._sign * (self._wanted[0] - frame) > REPEATED:
                    self._resume(frame, image)
                    continue
                found = self._look(frame, image)
            if frame in self._wanted:
                yield frame, maker.rows(frame, found)

    def _walk(self) -> range:
        """The wanted frames and those between them, after the last few whose rows are known."""
        if not self._wanted:
            return range(0)
        first = self._wanted[0]
        if self._live:
            begin = min(first, int(self._truth.frame.min()))
        else:
            ages = self._sign * (first - self._context.frame)
            near = ages[(ages >= 1) & (ages <= RESUMED + REPEATED)]
            begin = first - self._sign * int(near.max(initial=0))
        return range(begin, self._wanted[-1] + self._sign, self._sign)

    def _learn_all(self) -> None:
        """Every trusted mask, wherever it is: also what comes later says what an object is like."""
        visible = self._truth.take((self._truth.flags & Flags.OUTSIDE) == 0)
        for frame, rows in visible.each_frame():
            features: Features | None = None
            for row in range(len(rows)):
                lesson = self._lessons.get(_key(rows, row))
                if lesson is None:
                    with self._eyes.running(f"frame {frame}"):
                        features = features or self._eyes.see(self._media[frame])
                        lesson = self._learnt(rows, row, features)
                self._tracker.know(int(rows.object_id[row]), frame, lesson)

    def _learnt(self, rows: Masks, row: int, features: Features) -> Lesson:
        mask = self._eyes.square(decode(rows, row))
        lesson = Lesson.of_mask(self._eyes.network, features, mask)
        self._lessons.put(_key(rows, row), lesson)
        return lesson

    def _resume(self, frame: int, image: Image) -> None:
        """A frame whose rows an earlier call found: an object without one was not there."""
        features, side = self._eyes.see(image), self._eyes.network.side
        rows = self._context.on(frame)
        known = {int(obj): row for row, obj in enumerate(rows.object_id)}
        for obj in self._active(frame):
            mask = torch.zeros((side, side), device=self._eyes.network.device)
            if obj in known:
                mask = self._eyes.square(decode(rows, known[obj]))
            self._tracker.resume(obj, frame, features, mask)

    def _look(self, frame: int, image: Image) -> list[Found]:
        """The objects on a frame: those that a person showed there, and the others found again."""
        features, here = self._eyes.see(image), self._truth.on(frame)
        here = here.take((here.flags & Flags.OUTSIDE) == 0)
        found = []
        for row in range(len(here)):
            obj = int(here.object_id[row])
            if self._live:
                self._tracker.know(obj, frame, self._learnt(here, row, features))
            found.append(Found(obj, decode(here, row), (0, 0), 1.0, 1.0))
        shown = {one.object_id for one in found}
        others = [obj for obj in self._active(frame) if obj not in shown]
        return found + self._found(frame, self._tracker.follow(frame, features, others))

    def _found(self, frame: int, seen: Mapping[int, Seen]) -> list[Found]:
        size_wh = self._media.video.size_wh(frame)
        touched = _touching(seen)
        found = []
        for obj, one in sorted(seen.items()):
            mask, offset = crop_of(one.logits, size_wh)
            flags = int(Flags.OVERLAP) if obj in touched else 0
            found.append(Found(obj, mask, offset, one.quality, one.identity, flags))
        return found

    def _active(self, frame: int) -> list[int]:
        """Objects that a person showed on this frame or behind it and did not declare gone since."""
        active = []
        for obj, told in self._told.items():
            behind = [visible for at, visible in told if at <= self._sign * frame]
            if behind and behind[-1]:
                active.append(obj)
        return active


def _told(truth: Masks, sign: int) -> dict[int, list[tuple[int, bool]]]:
    """For each object what was said of it, in running order: signed frame, and whether it was there."""
    told: dict[int, list[tuple[int, bool]]] = {}
    for row in range(len(truth)):
        there = not truth.flags[row] & Flags.OUTSIDE
        told.setdefault(int(truth.object_id[row]), []).append((sign * int(truth.frame[row]), there))
    return {obj: sorted(said) for obj, said in told.items()}


def _key(rows: Masks, row: int) -> tuple[int, bytes]:
    """Names a mask on a frame."""
    return int(rows.frame[row]), hashlib.blake2b(rows.row_runs(row).tobytes(), digest_size=16).digest()


def _touching(seen: Mapping[int, Seen]) -> set[int]:
    """Objects whose masks come within a coarse place of another's."""
    if len(seen) < 2:
        return set()
    masks = torch.stack([one.logits > 0 for one in seen.values()]).float()
    grown = nn.max_pool2d(masks[:, None], 3, stride=1, padding=1)[:, 0].flatten(1)
    meet = (grown @ masks.flatten(1).T).fill_diagonal_(0)
    return {obj for obj, hits in zip(seen, meet.any(dim=1).tolist(), strict=True) if hits}
