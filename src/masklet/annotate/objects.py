"""Objects of a video as a person sees them: name, looks, and what may not be touched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from masklet.core import DataError, Label, UsageError, palette_colour
from masklet.core.labels import LabelKind
from masklet.store import Attributes, Draft

_COLOUR = re.compile(r"#[0-9a-f]{6}")


class UnknownObjectError(UsageError):
    """An object id that the video does not have."""


class LockedError(DataError):
    """An object that somebody locked is not edited."""


@dataclass(frozen=True)
class ObjectInfo:
    """One object.

    Args:
        id: its number, at least 0; the same on all frames.
        label: name of its label.
        kind: `area` or `line`.
        colour: `#rrggbb`, its own or one of the palette.
        locked: not to be edited.
        hidden: not to be drawn.
        order: of two objects that overlap, the higher one is on top.
    """

    id: int
    label: str
    kind: LabelKind
    colour: str
    locked: bool
    hidden: bool
    order: int


def listed(objects: Mapping[int, Attributes], labels: Sequence[Label]) -> list[ObjectInfo]:
    """Objects as the store knows them, by id."""
    return [_info(number, attributes, labels) for number, attributes in objects.items()]


def _info(number: int, attributes: Attributes, labels: Sequence[Label]) -> ObjectInfo:
    label = labels[attributes.label_id]
    colour = attributes.colour or palette_colour(number - 1)
    looks = attributes.locked, attributes.hidden, attributes.order
    return ObjectInfo(number, label.name, label.kind, colour, *looks)


def add(draft: Draft, label: str, kind: LabelKind, colour: str) -> int:
    """A new object without rows; its id."""
    number = draft.next_object()
    draft.note(number, Attributes(draft.label_id(Label(label, kind)), checked_colour(colour)))
    return number


def change_looks(
    draft: Draft,
    object_id: int,
    colour: str | None = None,
    locked: bool | None = None,
    hidden: bool | None = None,
    order: int | None = None,
) -> None:
    """Change how an object is shown; None leaves things as they are."""
    now = known(draft, object_id)
    wanted = now._replace(
        colour=now.colour if colour is None else checked_colour(colour),
        locked=now.locked if locked is None else locked,
        hidden=now.hidden if hidden is None else hidden,
        order=now.order if order is None else order,
    )
    if wanted != now:
        draft.note(object_id, wanted)


def relabel(draft: Draft, object_id: int, label: str) -> None:
    """Give an object, and every row of it, another label of the same kind."""
    now = editable(draft, object_id)
    number = draft.label_id(Label(label, draft.labels[now.label_id].kind))
    if number != now.label_id:
        draft.note(object_id, now._replace(label_id=number))
    draft.set(row._replace(label_id=number) for row in draft.rows_of(object_id))


def remove(draft: Draft, object_id: int) -> None:
    """Take away an object and all its rows."""
    editable(draft, object_id)
    draft.remove(draft.rows_of(object_id))
    draft.note(object_id, None)


def known(draft: Draft, object_id: int) -> Attributes:
    """What is known of an object. Raises `UnknownObjectError`."""
    return known_all(draft, [object_id])[0]


def known_all(draft: Draft, object_ids: Iterable[int]) -> list[Attributes]:
    """What is known of objects. Raises `UnknownObjectError` where there is none of an id."""
    objects = draft.objects()
    found = []
    for number in object_ids:
        if number not in objects:
            there = ", ".join(map(str, objects)) or "none yet"
            raise UnknownObjectError(
                f"there is no object {number}; the video has: {there}; add an object first"
            )
        found.append(objects[number])
    return found


def editable(draft: Draft, object_id: int) -> Attributes:
    """What is known of an object that is to be edited. Raises `UnknownObjectError`, `LockedError`."""
    return editable_all(draft, [object_id])[0]


def editable_all(draft: Draft, object_ids: Iterable[int]) -> list[Attributes]:
    """As `editable`, of several objects."""
    numbers = list(object_ids)
    found = known_all(draft, numbers)
    for number, attributes in zip(numbers, found, strict=True):
        if attributes.locked:
            raise LockedError(f"object {number} is locked; unlock it to edit it")
    return found


def checked_colour(colour: str) -> str:
    """`colour` in lower case. Raises `UsageError` for anything but `#rrggbb` or empty."""
    lower = colour.lower()
    if lower and not _COLOUR.fullmatch(lower):
        raise UsageError(f"colour is {colour!r}; expected #rrggbb")
    return lower
