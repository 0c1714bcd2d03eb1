"""The lines of a video and the animals that they belong to, frame by frame."""

from __future__ import annotations

import numpy as np

from masklet.core import Flags, Masks, MediaSource
from masklet.core.arrays import Bools, Image
from masklet.models import vision
from masklet.models.lines.curves import curve_in
from masklet.models.lines.follower import LineFollower
from masklet.models.rows import Found
from masklet.models.walk import decode

NEAR = 15.0
"""Pixels from a line's end to the outline of the animal that it belongs to."""
LESSONS = 4
"""Annotated frames that one line learns from, the nearest ones."""


def is_line(rows: Masks) -> Bools:
    """`(n,) bool`: rows of `line` labels."""
    kinds = np.array([label.kind == "line" for label in rows.labels] or [False])
    found: Bools = kinds[rows.label_id] if len(rows) else np.zeros(0, bool)
    return found


def split(rows: Masks) -> tuple[Masks, Masks]:
    """Rows of areas, rows of lines."""
    line = is_line(rows)
    return rows.take(~line), rows.take(line)


def visible(rows: Masks) -> Masks:
    """Without what was declared absent."""
    return rows.take((rows.flags & Flags.OUTSIDE) == 0)


def owners(truth: Masks) -> dict[int, int]:
    """Line to the area object that it grows from: the one whose outline is nearest to either end.

    Judged on the frames where both are annotated; a line with no animal within `NEAR` has no owner.
    """
    best: dict[int, tuple[float, int]] = {}
    for _, rows in visible(truth).each_frame():
        areas, lines = split(rows)
        for i in range(len(lines)):
            found = curve_in(decode(lines, i))
            for j in range(len(areas) if found is not None else 0):
                assert found is not None
                gap = _gap(found[0][[0, -1]], decode(areas, j))
                line = int(lines.object_id[i])
                if gap <= min(NEAR, best.get(line, (NEAR, 0))[0]):
                    best[line] = gap, int(areas.object_id[j])
    return {line: owner for line, (_, owner) in best.items()}


def _gap(ends: np.ndarray, mask: Bools) -> float:
    """Distance of the nearer of two points to a mask, pixels."""
    if not mask.any():
        return np.inf
    far = vision.distance(~mask)
    places = np.clip(np.rint(ends).astype(int), 0, np.array(mask.shape[::-1]) - 1)
    return float(far[places[:, 1], places[:, 0]].min())


class Company:
    """The followers of all lines of one run, and whose they are.

    Args:
        media: the pixels.
        seeds: as given to the engine: truth, and the engine's own rows just before.
        begin: the frame before the first one that `step` is called for, or that one.
        sign: 1 forward, -1 backward.
    """

    def __init__(self, media: MediaSource, seeds: Masks, begin: int, sign: int) -> None:
        self._media, self._begin, self._sign = media, begin, sign
        self._known = visible(seeds)
        self._truth = self._known.take(self._known.trusted)
        self._owner = owners(self._truth)
        self._followers: dict[int, LineFollower] = {}
        self._places: dict[int, Found] = {}

    def step(self, frame: int, image: Image, given: Masks | None, areas: Masks | None) -> list[Found]:
        """All lines on the next frame.

        Args:
            frame, image: where; `(h, w, 3) uint8`.
            given: rows that stand for what was found here, of lines and of animals.
            areas: what else is known of the animals here.
        """
        if frame == self._begin:
            self._recall(frame)
        taken: dict[int, Found] = {}
        for row in range(len(given) if given is not None else 0):
            assert given is not None
            if given.label_of(row).kind == "line":
                taken[int(given.object_id[row])] = self._take_up(frame, image, given, row)
        found = []
        for line in sorted(self._followers):
            if line in taken:
                found.append(taken[line])
                continue
            body = self._body(line, given, areas)
            seen = self._followers[line].step(image, body)
            if seen is not None:
                found.append(Found(line, seen.mask, seen.offset_xy, seen.score, seen.agreement))
        return found

    def _recall(self, begin: int) -> None:
        """Lines that are lost where the run begins but were seen shortly before."""
        behind = self._known.take(
            is_line(self._known) & (self._sign * self._known.frame < self._sign * begin)
        )
        for line in behind.objects.tolist():
            rows = behind.of(line)
            last = int(rows.frame[-1] if self._sign > 0 else rows.frame[0])
            self._take_up(last, self._media[last], rows.on(last), 0)

    def _take_up(self, frame: int, image: Image, given: Masks, row: int) -> Found:
        line = int(given.object_id[row])
        mask = decode(given, row)
        if line not in self._followers:
            self._followers[line] = self._taught(line, frame)
        follower = self._followers[line]
        follower.place(image, mask, self._body(line, self._known.on(frame), None))
        score, identity = float(given.score[row]), float(given.identity_score[row])
        known = 1.0 if np.isnan(score) else score
        return Found(line, mask, (0, 0), known, 1.0 if np.isnan(identity) else identity)

    def _taught(self, line: int, frame: int) -> LineFollower:
        rows = self._truth.of(line)
        near = np.argsort(np.abs(rows.frame - frame), kind="stable")[:LESSONS]
        made = LineFollower()
        for i in sorted(near.tolist()):
            at = int(rows.frame[i])
            body = self._body(line, self._truth.on(at), None)
            made.teach(self._media[at], decode(rows, i), body)
        return made

    def _body(self, line: int, given: Masks | None, areas: Masks | None) -> Bools | None:
        """The mask of a line's animal, from the first of two tables that has it."""
        for rows in (given, areas):
            mine = rows.of(self._owner[line]) if rows is not None and line in self._owner else None
            if mine is not None and len(mine):
                return decode(mine, 0)
        return None
