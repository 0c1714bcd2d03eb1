"""Which masks a person should look at first, and what the person said of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from masklet.annotate.doubt import LOW
from masklet.annotate.edits import check_frames
from masklet.annotate.expected import KEPT
from masklet.annotate.objects import known_all
from masklet.core import DOUBTS, Flags, Review, UsageError
from masklet.core.arrays import Bools, Floats, Int32s
from masklet.store import Draft, StoredRow, Timeline, Track

Verdict = Literal["accept", "reject", "skip"]
Item = tuple[int, int] | tuple[int, int, int]
"""(frame, object), or (frame, object, last): all rows of the object from `frame` to `last`."""

REJECTED = "rejected"
"""The reason of rows that a person rejected: they wait for somebody to draw them anew."""
_REASONS = DOUBTS | Flags.SCENE_CUT
_SURE = {**KEPT, Flags.SCENE_CUT: 0.7}
"""What is left of a row's score where it is flagged."""


@dataclass(frozen=True)
class Doubt:
    """Consecutive frames on which one object should be looked at.

    Args:
        frame: the first one.
        last: the last one, included.
        worst: the one with the greatest weight.
        object_id: whose masks.
        label: name of its label.
        reasons: why, in words (`low score`, `area jump`, ...), the most frequent first.
        weight: 0..1, how doubtful the worst of them is.
        score: the lowest score among them, None where no program scored them.
        skipped: this person put it off; it comes after all others.
    """

    frame: int
    last: int
    worst: int
    object_id: int
    label: str
    reasons: tuple[str, ...]
    weight: float
    score: float | None
    skipped: bool = False


def words(flag: Flags) -> str:
    """A reason as people read it: `Flags.LOW_SCORE` is `low score`."""
    return (flag.name or "").lower().replace("_", " ")


KINDS = (*(words(flag) for flag in Flags if flag & _REASONS), REJECTED)
"""Every reason that an entry of the queue can have."""


def doubts(
    timeline: Timeline,
    names: Mapping[int, str],
    skipped: Collection[tuple[int, int]],
    kinds: Collection[str] | None = None,
) -> list[Doubt]:
    """What waits for a person, the most doubtful first.

    Rows that a person stands behind and rows on frames declared complete do not wait, and rejected
    rows are listed only where `kinds` asks for them.

    Args:
        timeline: of a video.
        names: label of each object.
        skipped: (frame, object) that this person put off; an entry counts by its first frame.
        kinds: reasons that count, of `KINDS`; None = all doubts. Raises `UsageError` for others.
    """
    unknown = sorted(set(kinds or ()) - set(KINDS))
    if unknown:
        raise UsageError(f"there is no reason {unknown[0]!r}; expected some of: {', '.join(KINDS)}")
    found = [
        replace(doubt, skipped=(doubt.frame, doubt.object_id) in skipped)
        for track in timeline.tracks
        for doubt in _of_track(track, names[track.object_id], timeline.checked, kinds)
    ]
    return sorted(found, key=lambda d: (d.skipped, -d.weight, d.frame, d.object_id))


def judge(draft: Draft, verdict: Verdict, items: Sequence[Item]) -> None:
    """Accept rows, or reject them so that they wait to be drawn anew."""
    review = {"accept": Review.ACCEPTED, "reject": Review.REJECTED}[verdict]
    gone = ~int(Flags.PROVISIONAL) if verdict == "accept" else -1
    rows = judged_rows(draft, items)
    draft.set(row._replace(review=int(review), flags=row.flags & gone) for row in rows)


def judged_rows(draft: Draft, items: Sequence[Item]) -> list[StoredRow]:
    """The rows that `items` name. Raises `UsageError` where one names none."""
    known_all(draft, {item[1] for item in items})
    check_frames(draft, [item[0] for item in items])
    spans = [(item[0], item[-1] if len(item) == 3 else item[0], item[1]) for item in items]
    rows = {row.place[:2]: row for row in draft.rows(_frames(spans))}
    chosen: list[StoredRow] = []
    for first, last, number in spans:
        some = [rows[frame, number] for frame in range(first, last + 1) if (frame, number) in rows]
        if not some:
            raise UsageError(
                f"object {number} has no mask on frame {first}; expected one that is there: "
                "load the queue again"
            )
        chosen += some
    return chosen


def _frames(spans: Iterable[tuple[int, int, int]]) -> set[int]:
    return {frame for first, last, _ in spans for frame in range(first, last + 1)}


def _of_track(
    track: Track, name: str, checked: Int32s, kinds: Collection[str] | None
) -> Iterator[Doubt]:
    reasons = _reasons(track, checked, kinds)
    waits = np.flatnonzero(np.any(list(reasons.values()), axis=0)) if reasons else np.empty(0, int)
    if not len(waits):
        return
    weight = _weights(track)
    cuts = np.flatnonzero(np.diff(track.frame[waits]) > 1) + 1
    for rows in np.split(waits, cuts):
        counts = {word: int(np.count_nonzero(here[rows])) for word, here in reasons.items()}
        scores = track.score[rows][~np.isnan(track.score[rows])]
        yield Doubt(
            frame=int(track.frame[rows[0]]),
            last=int(track.frame[rows[-1]]),
            worst=int(track.frame[rows[weight[rows].argmax()]]),
            object_id=track.object_id,
            label=name,
            reasons=tuple(sorted((w for w, n in counts.items() if n), key=lambda w: -counts[w])),
            weight=float(weight[rows].max()),
            score=float(scores.min()) if len(scores) else None,
        )


def _reasons(track: Track, checked: Int32s, kinds: Collection[str] | None) -> dict[str, Bools]:
    """Rows `(n,) bool` to which each reason applies."""
    rejected: Bools = track.review == Review.REJECTED
    waits: Bools = ~track.trusted & ~rejected & ~np.isin(track.frame, checked)
    found = {words(flag): waits & (track.flags & flag != 0) for flag in Flags if flag & _REASONS}
    with np.errstate(invalid="ignore"):
        found[words(Flags.LOW_SCORE)] |= waits & (track.score < LOW)
    if kinds is None:
        return found
    return {word: here for word, here in (found | {REJECTED: rejected}).items() if word in set(kinds)}


def _weights(track: Track) -> Floats:
    """`(n,)`, 0..1: how doubtful each row is; a rejected one entirely."""
    sure = np.where(np.isnan(track.score), 1.0, track.score).astype(np.float64)
    sure = np.fmin(sure, track.identity_score)
    for flag, kept in _SURE.items():
        sure = np.where(track.flags & flag, kept * sure, sure)
    weights: Floats = np.where(track.review == Review.REJECTED, 1.0, 1 - np.clip(sure, 0, 1))
    return weights
