"""Identity through time: HOTA, IDF1 and CLEAR, and the list of every id switch.

Judged on `Case.complete` frames, over all labels together and for each label by itself.

- A predicted mask without an object id counts as an object of its own that lives on one frame.
- Masks flagged CROWD are no objects. A predicted mask with more than half of its area in them is not
  counted, unless its IoU with a true object is 0.5 or more. For one label its own crowds count.
- A label that neither side has in a video adds nothing. Empty masks count as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from masklet.core.labels import Label
from masklet.evaluation.case import Case, Settings
from masklet.evaluation.clear import Clear, ClearPart, Switch, measure_clear, total_clear
from masklet.evaluation.hota import Hota, HotaPart, measure_hota, total_hota
from masklet.evaluation.idf1 import Idf1, Idf1Part, measure_idf1, total_idf1
from masklet.evaluation.similarity import Similarity, similarity


@dataclass(frozen=True)
class TracksPart:
    """Counts of one video for masks that are judged together; `label` None = all of them."""

    label: Label | None
    hota: HotaPart
    idf1: Idf1Part
    clear: ClearPart


@dataclass(frozen=True)
class IdentityPart:
    """What one video gives: all labels together, each of `named` by itself, and the switches of all."""

    name: str
    all: TracksPart
    named: tuple[Label, ...]
    labels: tuple[TracksPart, ...]
    switches: tuple[Switch, ...]


@dataclass(frozen=True)
class TrackScores:
    """HOTA, IDF1 and CLEAR of masks that are judged together; `label` None = all of them."""

    label: Label | None
    hota: Hota
    idf1: Idf1
    clear: Clear


@dataclass(frozen=True)
class IdentityScores:
    """Over all videos.

    Args:
        hota, idf1, clear: all labels together; labels are not looked at.
        per_label: each label by itself, in the order in which videos name them; an object of another
            label is no match.
        switches: every id switch counted in `clear`, video by video.
    """

    hota: Hota
    idf1: Idf1
    clear: Clear
    per_label: tuple[TrackScores, ...]
    switches: tuple[Switch, ...]


def measure(case: Case, settings: Settings) -> IdentityPart:
    """Compare the identities of one video; IoU from `settings.match_iou` counts as found."""
    pairs = similarity(case)
    threshold = settings.match_iou
    clear, switches = measure_clear(pairs.of(None), case.name, threshold)
    everything = _tracks(None, pairs.of(None), clear, threshold)
    labels = []
    for number, label in enumerate(case.labels):
        own = pairs.of(number)
        clear, _ = measure_clear(own, case.name, threshold)
        labels.append(_tracks(label, own, clear, threshold))
    return IdentityPart(case.name, everything, case.labels, tuple(labels), switches)


def total(parts: Sequence[IdentityPart]) -> IdentityScores:
    """Over videos, as `trackeval` combines sequences: counts are summed, association is weighted."""
    by_label: dict[tuple[str, str], list[TracksPart]] = {}
    for part in parts:
        for label, own in zip(part.named, part.labels, strict=True):
            by_label.setdefault((label.name, label.kind), []).append(own)
    everything = _scores([part.all for part in parts])
    return IdentityScores(
        everything.hota,
        everything.idf1,
        everything.clear,
        tuple(_scores(own) for own in by_label.values()),
        tuple(switch for part in parts for switch in part.switches),
    )


def _tracks(label: Label | None, pairs: Similarity, clear: ClearPart, threshold: float) -> TracksPart:
    return TracksPart(label, measure_hota(pairs), measure_idf1(pairs, threshold), clear)


def _scores(parts: Iterable[TracksPart]) -> TrackScores:
    listed = list(parts)
    return TrackScores(
        listed[0].label if listed else None,
        total_hota(part.hota for part in listed),
        total_idf1([part.idf1 for part in listed]),
        total_clear([part.clear for part in listed]),
    )
