"""What a person points at, as typed: `X0,Y0,X1,Y1@FRAME:NAME` for a box, `X,Y@FRAME:NAME` for a point.

`@FRAME` may be left out: the first frame. `:NAME` says which object is meant:

- `:rat` the object labelled rat, or a new one of that label;
- `:2` object 2; `:rat#2` object 2, which is a rat;
- nothing: the only object there is, or a new one.

Prompts that mean one object on one frame are answered together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from masklet.core import Masks, Prompt, UsageError
from masklet.core.prompts import labels_of

PLAIN = "object"
_TEXT = re.compile(r"(?P<numbers>[^@:]+)(?:@(?P<frame>\d{1,9}))?(?::(?P<name>.+))?")
_NAME = re.compile(r"(?P<label>[^#]*?)(?:#(?P<id>\d{1,9}))?")
_LATE_FRAME = re.compile(r"(?P<name>.*)@(?P<frame>\d+)\s*")


@dataclass(frozen=True)
class Pointing:
    """One box or one point of a person, before it is known which object it means.

    Args:
        frame: 0-based frame.
        box: (x0, y0, x1, y1) half-open, pixels; or None.
        point: (x, y), pixels; or None.
        positive: of a point: on the object?
        label: name of its label, empty where none was given.
        object_id: its id, None where none was given.
    """

    frame: int = 0
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    positive: bool = True
    label: str = ""
    object_id: int | None = None


def pointings(
    boxes: Iterable[str] = (), points: Iterable[str] = (), not_points: Iterable[str] = ()
) -> list[Pointing]:
    """Boxes, points on an object and points not on it, read. `UsageError` for what cannot be read."""
    found = []
    for text in boxes:
        (x0, y0, x1, y1), frame, label, one = _read(text, "X0,Y0,X1,Y1")
        if not (x0 < x1 and y0 < y1):
            raise UsageError(f"box {text!r} is empty; expected x0 < x1 and y0 < y1")
        found.append(Pointing(frame, box=(x0, y0, x1, y1), label=label, object_id=one))
    for texts, positive in ((points, True), (not_points, False)):
        for text in texts:
            (x, y), frame, label, one = _read(text, "X,Y")
            found.append(Pointing(frame, point=(x, y), positive=positive, label=label, object_id=one))
    return found


def as_prompts(
    asked: Iterable[Pointing | Prompt], known: Masks | None = None, label: str | None = None
) -> list[Prompt]:
    """One `Prompt` for each object and frame; a `Prompt` stays as it is.

    Args:
        asked: what was pointed at.
        known: rows that there are, by which names are understood.
        label: label of objects without a name.

    Raises `UsageError` where a name fits several objects, one object gets two names, or two boxes mean
    one object on one frame.
    """
    listed = list(asked)
    prompts = [one for one in listed if isinstance(one, Prompt)]
    labels_of(prompts)
    loose = [one for one in listed if isinstance(one, Pointing)]
    objects = _Objects(known, [*prompts, *loose], label)
    groups: dict[tuple[int, int], list[Pointing]] = {}
    for one in loose:
        groups.setdefault((one.frame, objects.meant(one)), []).append(one)
    made = [_joined(frame, who, objects.labels[who], parts) for (frame, who), parts in groups.items()]
    return prompts + made


@dataclass
class _Objects:
    """Which object is meant: ids and labels, of rows that there are and of those to come."""

    known: Masks | None
    asked: Sequence[Pointing | Prompt]
    plain: str | None
    labels: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.known
        for row in range(len(rows) if rows is not None else 0):
            assert rows is not None
            if rows.object_id[row] >= 0 and rows.label_of(row).kind == "area":
                self.labels[int(rows.object_id[row])] = rows.label_of(row).name
        taken = {one.object_id for one in self.asked if one.object_id is not None}
        self._taken = taken | set(self.labels)

    def meant(self, one: Pointing) -> int:
        """The object's id; a new one where nothing fits."""
        if one.object_id is not None:
            return self._numbered(one.object_id, one.label)
        name = one.label or self.plain or ""
        fits = [who for who, label in self.labels.items() if not name or label == name]
        if len(fits) > 1:
            shown = ", ".join(f"{who} ({self.labels[who]})" for who in fits)
            which = f"{name!r} fits" if name else "a prompt without a name fits"
            raise UsageError(f"{which} objects {shown}; say which, as :{fits[0]}")
        return fits[0] if fits else self._new(name or PLAIN)

    def _numbered(self, who: int, label: str) -> int:
        before = self.labels.get(who)
        if before is not None and label and label != before:
            raise UsageError(
                f"object {who} is labelled {before!r}, not {label!r}; choose another number"
            )
        self.labels.setdefault(who, label or self.plain or PLAIN)
        return who

    def _new(self, label: str) -> int:
        who = next(i for i in range(1, len(self._taken) + 2) if i not in self._taken)
        self._taken.add(who)
        self.labels[who] = label
        return who


def _joined(frame: int, object_id: int, label: str, parts: Sequence[Pointing]) -> Prompt:
    boxes = [part.box for part in parts if part.box is not None]
    if len(boxes) > 1:
        raise UsageError(
            f"{len(boxes)} boxes mean object {object_id} on frame {frame}; expected one. Name the "
            "objects apart, as :1 and :2, or :left and :right"
        )
    spots = [part for part in parts if part.point is not None]
    return Prompt(
        frame,
        object_id,
        label,
        points=np.array([part.point for part in spots], np.float64).reshape(-1, 2),
        positive=np.array([part.positive for part in spots], np.bool_),
        box=boxes[0] if boxes else None,
    )


def _read(text: str, form: str) -> tuple[list[float], int, str, int | None]:
    """Numbers, frame, label and id of a prompt as typed."""
    match = _TEXT.fullmatch(text.strip())
    wrong = f"cannot read {text!r}; expected {form}, {form}@FRAME or {form}@FRAME:NAME"
    if match is None:
        raise UsageError(wrong)
    try:
        numbers = [float(part) for part in match["numbers"].split(",")]
    except ValueError as error:
        raise UsageError(wrong) from error
    if len(numbers) != form.count(",") + 1 or not np.isfinite(numbers).all():
        raise UsageError(wrong)
    if late := _LATE_FRAME.fullmatch(match["name"] or ""):
        right = f"{match['numbers']}@{late['frame']}:{late['name']}"
        raise UsageError(f"cannot read {text!r}: the frame stands before the name, as {right!r}")
    name = _NAME.fullmatch((match["name"] or "").strip())
    if name is None:
        raise UsageError(f"cannot read the name in {text!r}; expected :LABEL, :NUMBER or :LABEL#NUMBER")
    label, number = name["label"].strip(), name["id"]
    if number is None and label.isdecimal():
        label, number = "", label
    return numbers, int(match["frame"] or 0), label, None if number is None else int(number)
