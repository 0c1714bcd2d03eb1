"""Which rows are the same animal: two objects made one, one object made two."""

from __future__ import annotations

from masklet.annotate.objects import editable, editable_all
from masklet.core import UsageError
from masklet.store import Attributes, Draft, StoredRow


def merge(draft: Draft, keep: int, gone: int) -> None:
    """Give all rows of the object `gone` to `keep`, and forget `gone`.

    On a frame where both have a row one of them stays as it is, never their union, because two
    tracks that are one animal are two drawings of it: the one that a person stands behind, before
    one that a program made; then a mask before an empty one; then the row of `keep`. `keep`'s label
    goes for all rows.
    """
    if keep == gone:
        raise UsageError(f"object {keep} was to be merged with itself; give two objects")
    label_id, other = (attributes.label_id for attributes in editable_all(draft, [keep, gone]))
    kinds = draft.labels[label_id].kind, draft.labels[other].kind
    if kinds[0] != kinds[1]:
        raise UsageError(
            f"object {keep} is of kind {kinds[0]} and object {gone} of kind {kinds[1]}; "
            "expected two of one kind"
        )
    mine, theirs = {row.frame: row for row in draft.rows_of(keep)}, draft.rows_of(gone)
    moving = [row for row in theirs if row.frame not in mine or _beats(row, mine[row.frame])]
    draft.remove(theirs)
    draft.set(row._replace(object_id=keep, label_id=label_id) for row in moving)
    draft.note(gone, None)


def split(draft: Draft, object_id: int, frame: int) -> int:
    """Give the rows of an object from `frame` on to a new object of its label; the new one's id."""
    now = editable(draft, object_id)
    rows = draft.rows_of(object_id)
    later = [row for row in rows if row.frame >= frame]
    if not later or len(later) == len(rows):
        where = f"{rows[0].frame}-{rows[-1].frame}" if rows else "none"
        raise UsageError(
            f"object {object_id} cannot be split at frame {frame}; expected masks before it and from "
            f"it on (its frames: {where})"
        )
    number = draft.next_object()
    draft.note(number, Attributes(now.label_id, order=now.order))
    draft.remove(later)
    draft.set(row._replace(object_id=number) for row in later)
    return number


def _beats(theirs: StoredRow, mine: StoredRow) -> bool:
    return (theirs.trusted, theirs.area > 0) > (mine.trusted, mine.area > 0)
