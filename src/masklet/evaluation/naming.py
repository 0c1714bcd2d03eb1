"""Labels of both sides under common names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from masklet.core.arrays import Int16s, Int64s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.terms import Labels
from masklet.formats.losses import PLAIN_LABEL


class Names:
    """The labels seen so far, over all videos of an evaluation; a label keeps its place for good.

    Labels are one where name and kind (area or line) are.
    """

    def __init__(self, rule: Labels = "names") -> None:
        self._rule = rule
        self._labels: list[Label] = []

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels, in the order in which they came."""
        return tuple(self._labels)

    def common(self, pred: Masks, truth: Masks) -> tuple[Masks, Masks, str]:
        """Both sides under the labels of all videos so far, and a note on names that do not meet.

        Labels meet by name; the truth says of which kind one is. The label `object`, which names no
        class, stands for whatever the other side calls the object, where it is a side's only one.
        """
        mine, theirs = _used(pred), self._told(truth)
        note = ""
        if self._rule == "ignore":
            one = Label(PLAIN_LABEL)
            pred, truth, note = _only(pred, one), _only(truth, one), "labels are not looked at"
        elif theirs == [PLAIN_LABEL] and mine and mine != theirs:
            pred = _only(pred, _named(truth, PLAIN_LABEL))
            note = "the truth names no classes: all labels of the prediction count as one"
        elif mine == [PLAIN_LABEL] and len(theirs) == 1 and mine != theirs:
            pred = _only(pred, _named(truth, theirs[0]))
            note = f"the prediction names no classes: all it has counts as {theirs[0]!r}"
        elif mine == [PLAIN_LABEL] and theirs and mine != theirs:
            note = (
                "the prediction names no classes: each object counts as what it answers, and as the "
                "commonest class where it answers nothing"
            )
        elif mine and theirs and not set(mine) & {label.name for label in truth.labels}:
            note = (
                f"no label of the prediction ({_listed(mine)}) is one of the truth ({_listed(theirs)}), "
                "so all its classes are wrong; rename them, or use --labels ignore"
            )
        kinds = {label.name: label for label in (*self._labels, *truth.labels)}
        places = [
            np.array([self._place(kinds.get(one.name, one)) for one in side.labels], np.int16)
            for side in (truth, pred)
        ]
        return self._under(pred, places[1]), self._under(truth, places[0]), note

    def _told(self, truth: Masks) -> list[str]:
        """Names of the classes of the truth: those it uses, else those it or a video before declares."""
        declared = [label.name for label in truth.labels or self._labels]
        return _used(truth) or declared

    def _under(self, masks: Masks, places: Int16s) -> Masks:
        """The same rows with the labels of the evaluation, where the own ones have these places."""
        ids = places[masks.label_id] if len(masks) else masks.label_id
        return masks.replace(labels=tuple(self._labels), label_id=ids)

    def _place(self, label: Label) -> int:
        for place, known in enumerate(self._labels):
            if (known.name, known.kind) == (label.name, label.kind):
                return place
        self._labels.append(label)
        return len(self._labels) - 1


def named_by_answers(pred: Masks, truth: Masks) -> Masks:
    """Predicted objects that answer a true one get its label; `pred` named none (`object`).

    All others get the label of most rows of the truth, of its first label where it has no row.
    """
    names = [label.name for label in truth.labels if label.name != PLAIN_LABEL]
    if _used(pred) != [PLAIN_LABEL] or _used(truth) == [PLAIN_LABEL] or not names:
        return pred
    usual = int(np.bincount(truth.label_id).argmax()) if len(truth) else _index(truth, names[0])
    first = {int(one): int(label) for one, label in zip(truth.object_id, truth.label_id, strict=True)}
    ids = [first.get(one, usual) for one in pred.object_id.tolist()]
    return pred.replace(label_id=np.array(ids, np.int16))


def _index(masks: Masks, name: str) -> int:
    return next(i for i, label in enumerate(masks.labels) if label.name == name)


def merged_labels(each: Sequence[tuple[Label, ...]]) -> tuple[Label, ...]:
    """Labels of several videos, those of the same name and kind once, in the order of naming."""
    known: dict[tuple[str, str], Label] = {}
    for label in (label for labels in each for label in labels):
        known.setdefault((label.name, label.kind), label)
    return tuple(known.values())


def places(labels: tuple[Label, ...], among: tuple[Label, ...]) -> Int64s:
    """Where each label stands among others, by name and kind."""
    index = {(label.name, label.kind): place for place, label in enumerate(among)}
    return np.array([index[label.name, label.kind] for label in labels], np.int64)


def _used(masks: Masks) -> list[str]:
    return [masks.labels[i].name for i in np.unique(masks.label_id)] if len(masks) else []


def _only(masks: Masks, label: Label) -> Masks:
    return masks.replace(labels=(label,), label_id=np.zeros(len(masks), np.int16))


def _named(masks: Masks, name: str) -> Label:
    return next(label for label in masks.labels if label.name == name)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
