"""Labels of both sides under common names."""

from __future__ import annotations

import numpy as np

from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.formats.losses import PLAIN_LABEL
from masklet.ops.table import with_labels


class Names:
    """The labels seen so far, over all videos of an evaluation; a label keeps its place for good."""

    def __init__(self) -> None:
        self._labels: list[Label] = []

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels, in the order in which they came."""
        return tuple(self._labels)

    def common(self, pred: Masks, truth: Masks) -> tuple[Masks, Masks, str]:
        """Both sides under the labels of all videos so far, and a note where names were bridged.

        Labels meet by name; the truth says of which kind (area or line) one is. Where a side has one
        label only, and it is not that of the other side or says nothing (`object`), that label
        stands for whatever the other side calls the object: the classes are not compared.
        """
        note = ""
        mine, theirs = _used(pred), _used(truth)
        if mine and theirs and not set(mine) <= set(theirs):
            if len(theirs) == 1 and (len(mine) == 1 or theirs == [PLAIN_LABEL]):
                note = f"{_quoted(mine)} of the prediction counted as {_quoted(theirs)}"
                pred = _only(pred, _label(truth, theirs[0]))
            elif mine == [PLAIN_LABEL]:
                note = "the prediction names no classes: each object counts as what it answers"
        kinds = {label.name: label for label in (*self._labels, *truth.labels)}
        pred = pred.replace(labels=tuple(kinds.get(label.name, label) for label in pred.labels))
        for label in (*truth.labels, *pred.labels):
            if not any(label.name == known.name for known in self._labels):
                self._labels.append(label)
        return self._under(pred), self._under(truth), note

    def _under(self, masks: Masks) -> Masks:
        known = {label.name: label for label in self._labels}
        renamed = masks.replace(labels=tuple(known[label.name] for label in masks.labels))
        return with_labels(renamed, self._labels)


def named_by_answers(pred: Masks, truth: Masks) -> Masks:
    """Predicted objects that answer a true one get its label; `pred` named none (`object`)."""
    if _used(pred) != [PLAIN_LABEL] or _used(truth) == [PLAIN_LABEL]:
        return pred
    first = {int(one): int(label) for one, label in zip(truth.object_id, truth.label_id, strict=True)}
    ids = [
        first.get(one, int(own)) for one, own in zip(pred.object_id.tolist(), pred.label_id, strict=True)
    ]
    return pred.replace(label_id=np.array(ids, np.int16))


def _used(masks: Masks) -> list[str]:
    return [masks.labels[i].name for i in np.unique(masks.label_id)] if len(masks) else []


def _only(masks: Masks, label: Label) -> Masks:
    return masks.replace(labels=(label,), label_id=np.zeros(len(masks), np.int16))


def _label(masks: Masks, name: str) -> Label:
    return next(label for label in masks.labels if label.name == name)


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:4]) + (", ..." if len(names) > 4 else "")
