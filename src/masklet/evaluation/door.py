"""The door of the room: two tables of masks in, one `Case` out, and notes on what was decided."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.enums import Flags, Origin, Review
from masklet.core.errors import DataError
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.case import Case
from masklet.evaluation.images import on_images
from masklet.evaluation.judged import Judged, judged
from masklet.evaluation.naming import Names, named_by_answers
from masklet.evaluation.objects import Aligned, align
from masklet.evaluation.pairs import check_sizes, keys, pairs_at
from masklet.evaluation.terms import Agreed, Objects, Terms
from masklet.ops.table import areas

_GIVEN = (Origin.HUMAN, Origin.PROMPTED, Origin.IMPORTED)
_FPS_SLACK = 0.01
_RULES = {
    "rows": "judged are the masks of the truth and its {n} checked frames; elsewhere it is not complete",
    "drawn": "judged are the {n} frames on which the truth has a mask or is checked",
    "all": "judged is every frame: where the truth has no mask, nothing is there",
}
_ANSWERS = {
    "id": "objects answer each other by number",
    "overlap": "objects answer each other by the overlap of their tracks",
    "joined": "the truth tells only foreground: all objects of the prediction are joined into one",
    "frame": "objects have no numbers: each frame is matched by itself, by overlap",
}


class Door:
    """Brings videos to common terms, one after the other.

    `notes` are sentences on what was decided and what a reader should know, with the names of the
    videos that each one is about.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._names = Names(terms.labels)
        self._tell: dict[str, list[str]] = {}

    @property
    def notes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(sentence, names of the videos it holds for), in the order in which they first came up."""
        return tuple((text, tuple(names)) for text, names in self._tell.items())

    @property
    def labels(self) -> tuple[Label, ...]:
        """The labels of all videos so far."""
        return self._names.labels

    def note(self, text: str, video: str) -> None:
        """Add a sentence; an empty one is none."""
        if text:
            self._tell.setdefault(text, []).append(video)

    def case(self, name: str, pred: Masks, truth: Masks, agreed: Agreed | None = None) -> Case:
        """One video as it is judged.

        Rejected rows count as not there. Truth that mixes a person's rows with a program's is cut to
        the person's. Raises `DataError` where frame sizes or frame rates differ, where ids are missing
        that the terms ask for, or where no frame is left to judge.
        """
        pred, by_name = on_images(pred, truth.video)
        check_same_frames(pred, truth)
        truth = self._believed(name, _standing(truth))
        about = judged(truth, _length(pred, truth), self._terms.complete)
        prompts = np.union1d(_prompts(pred), (agreed or Agreed()).prompts).astype(np.int32)
        pred, truth, bridged = self._names.common(_standing(pred), truth)
        frames = self._kept(name, about, prompts)
        rule = agreed.objects if agreed else self._terms.objects
        found = _aligned(pred, truth, frames, rule)
        self._note_lengths(name, pred, truth)
        self.note(by_name, name)
        self.note(_other_contents(pred, truth), name)
        self.note(bridged, name)
        self.note(_RULES[about.rule].format(n=len(np.intersect1d(about.complete, frames))), name)
        self.note(_ANSWERS[found.rule], name)
        self.note(found.note, name)
        case = _case(name, found, about, frames, prompts)
        self.note(_unanswered(case), name)
        return case

    def _believed(self, name: str, truth: Masks) -> Masks:
        trusted = truth.trusted
        if trusted.all() or not trusted.any():
            return truth
        self.note(
            f"{np.count_nonzero(~trusted)} rows of the truth that a program made and nobody accepted "
            "are left out",
            name,
        )
        return truth.take(trusted)

    def _kept(self, name: str, about: Judged, prompts: Int32s) -> Int32s:
        """The judged frames without those that are skipped."""
        gone = np.array(self._terms.skip, np.int32)
        if self._terms.skip_ends and len(about.frames):
            gone = np.append(gone, about.frames[[0, -1]])
        if not self._terms.keep_prompts:
            gone = np.union1d(gone, prompts)
            met = len(np.intersect1d(prompts, about.frames))
            if met:
                noun = "frames" if met > 1 else "frame"
                self.note(f"{met} {noun} on which a prediction was given masks: not judged", name)
        frames = np.setdiff1d(about.frames, gone).astype(np.int32)
        if not len(frames):
            raise DataError(
                f"{name}: nothing to compare: the truth lets {len(about.frames)} frames be judged, and "
                f"{len(np.intersect1d(about.frames, gone))} of them are skipped or were prompts; "
                "expected at least one more (--keep-prompts judges prompts too)"
            )
        return frames

    def _note_lengths(self, name: str, pred: Masks, truth: Masks) -> None:
        mine, theirs = pred.video.n_frames, truth.video.n_frames
        if mine != theirs and min(mine, theirs) >= 0:
            self.note(
                f"the prediction is of {mine} frames and the truth of {theirs}: frames that the "
                "prediction lacks count as without masks, those beyond the truth are not judged",
                name,
            )


def check_same_frames(pred: Masks, truth: Masks) -> None:
    """Raise `DataError` where frames of both sides cannot be the same: other sizes or other times."""
    check_sizes(pred, truth)
    rates = pred.video.fps, truth.video.fps
    alike = pred.video.n_frames == truth.video.n_frames
    if min(rates) > 0 and abs(rates[0] / rates[1] - 1) > _FPS_SLACK and not alike:
        raise DataError(
            f"the prediction has {rates[0]:.4g} frames a second and the truth {rates[1]:.4g}, and not "
            "as many frames; expected masks of the same frames of one video"
        )


def _standing(masks: Masks) -> Masks:
    rejected = masks.review == Review.REJECTED
    return masks.take(~rejected) if rejected.any() else masks


def _prompts(pred: Masks) -> Int32s:
    """Frames on which an engine was given masks, where one made the rest."""
    given = np.isin(pred.origin, _GIVEN)
    return np.empty(0, np.int32) if given.all() else np.unique(pred.frame[given])


def _aligned(pred: Masks, truth: Masks, frames: Int32s, rule: Objects) -> Aligned:
    """Objects brought together by what is on the judged frames."""
    crowd = (truth.flags & Flags.CROWD) != 0
    singles, pred = truth.take(~crowd), pred.take(np.isin(pred.frame, frames))
    singles = singles.take(np.isin(singles.frame, frames))
    found = align(pred, singles, rule, all_told=not crowd.any())
    return found._replace(
        pred=named_by_answers(found.pred, found.truth), truth=_with_crowd(found, truth, frames)
    )


def _with_crowd(found: Aligned, truth: Masks, frames: Int32s) -> Masks:
    from masklet.ops.table import concat

    crowd = truth.take(((truth.flags & Flags.CROWD) != 0) & np.isin(truth.frame, frames))
    if not len(crowd):
        return found.truth
    free = int(max(found.truth.object_id.max(initial=0), found.pred.object_id.max(initial=0))) + 1
    numbered = crowd.replace(object_id=free + np.arange(len(crowd), dtype=np.int32))
    return concat([found.truth, numbered])


def _case(name: str, found: Aligned, about: Judged, frames: Int32s, prompts: Int32s) -> Case:
    single = found.truth.take((found.truth.flags & Flags.CROWD) == 0)
    complete = np.intersect1d(about.complete, frames).astype(np.int32)
    objects = np.unique(single.object_id[areas(single) > 0])
    known = np.isin(single.object_id, objects)
    wanted = keys(single.frame[known], single.object_id[known])
    if found.rule != "frame":
        every = keys(np.repeat(complete, len(objects)), np.tile(objects, len(complete)))
        wanted = np.concatenate([wanted, every])
    pred, truth = _seen(found.pred), _seen(found.truth)
    pairs = pairs_at(pred, truth, wanted)
    return Case(name, pred, truth, frames, complete, pairs, prompts, found.rule, found.own)


def _other_contents(pred: Masks, truth: Masks) -> str:
    mine, theirs = pred.video.content_hash, truth.video.content_hash
    if not mine or not theirs or mine == theirs:
        return ""
    return (
        f"the prediction was made on {pred.video.uri}, the truth on {truth.video.uri}, and their "
        "contents differ: are these masks of the same video?"
    )


def _length(pred: Masks, truth: Masks) -> int:
    """Frames that the truth is about; where it does not know, those that either side has."""
    if truth.video.n_frames >= 0:
        return truth.video.n_frames
    return max(pred.video.n_frames, int(pred.frame.max(initial=-1)) + 1)


def _unanswered(case: Case) -> str:
    """A sentence on judged frames with true masks on which nothing at all is predicted."""
    silent = np.setdiff1d(case.truth.frames, case.pred.frames)
    if not len(silent):
        return ""
    where = f"{silent[0]} to {silent[-1]}" if len(silent) > 1 else str(silent[0])
    return (
        f"the prediction has no mask on {len(silent)} of {len(case.frames)} judged frames, though the "
        f"truth has ({where}): they count as missed; --skip leaves frames out"
    )


def _seen(masks: Masks) -> Masks:
    """Without empty masks, which say that the object is not there."""
    empty = areas(masks) == 0
    return masks.take(~empty) if empty.any() else masks
