"""What a person says of a whole object: it is gone from a frame on, or it should never have been."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable

import numpy as np

from masklet.annotate.gone import STEP, outside_row
from masklet.annotate.newcomers import removed_key
from masklet.core import Flags, Masks, Origin, Step, UsageError
from masklet.ops.table import concat, signed
from masklet.store.project import Project
from masklet.verbs.prompts import PLAIN

_GONE = re.compile(r"(?P<name>.+)@(?P<frame>\d{1,9})\s*")


def object_called(name: str, rows: Masks) -> int:
    """The object that a name means: `:2`, `:rat#2`, or `:rat` where one object is called so.

    The colon may be left out. Raises `UsageError` for a name that fits none, or several.
    """
    known = {int(o): rows.labels[i].name for o, i in zip(rows.object_id, rows.label_id, strict=True)}
    known.pop(-1, None)
    text = name.strip().removeprefix(":")
    label, _, number = text.rpartition("#") if "#" in text or text.isdecimal() else (text, "", "")
    if number and not number.isdecimal():
        raise UsageError(f"cannot read the name {name!r}; expected LABEL, NUMBER or LABEL#NUMBER")
    fits = [
        who
        for who, called in known.items()
        if (not number or who == int(number)) and (not label or label == called)
    ]
    if len(fits) == 1:
        return fits[0]
    shown = ", ".join(f"{who} ({called})" for who, called in sorted(known.items())) or "none"
    if fits:
        raise UsageError(f"{name!r} fits several objects; say which, as {fits[0]}. There are: {shown}")
    raise UsageError(f"no object is called {name!r}; there are: {shown}")


def say_gone(
    project: Project, texts: Iterable[str], say: Callable[[str], None], batch: str = ""
) -> None:
    """Declare that objects are not there from some frames on, `NAME@FRAME` each.

    A row that says so is put there, by a person, and what programs found of the object from there up to
    its next annotated frame goes. Said twice it changes nothing. `batch` names the unit of undo.
    Raises `UsageError`, also where a person drew the object on that very frame.
    """
    store = project.masks()
    for text in texts:
        match = _GONE.fullmatch(text.strip())
        if match is None:
            raise UsageError(f"cannot read {text!r}; expected NAME@FRAME, as rat#2@120")
        rows, frame = store.load(), int(match["frame"])
        who, n_frames = object_called(match["name"], rows), rows.video.n_frames
        if frame >= n_frames:
            raise UsageError(f"{text}: the video has frames 0..{n_frames - 1}")
        mine = rows.of(who)
        if np.any((mine.frame == frame) & ((mine.flags & Flags.OUTSIDE) != 0) & mine.trusted):
            continue
        if np.any((mine.frame == frame) & mine.trusted):
            raise UsageError(
                f"{text}: a mask of {_shown(mine)} was drawn or accepted on frame {frame}, and what a "
                f"person says is not overwritten; say --gone {who}@{frame + 1}, or --remove {who} where "
                "all of it is wrong"
            )
        later = mine.frame[mine.trusted & (mine.frame > frame)]
        until = int(later[0]) if len(later) else n_frames
        row = outside_row(rows, who, frame, mine.label_of(0), Origin.HUMAN)
        row = signed(row, Step.of(STEP, {"object": who, "frame": frame}))
        unit = batch or f"gone-{secrets.token_hex(4)}"
        with project.transaction():
            store.delete(range(frame, until), [who], keep_trusted=True, batch=unit)
            store.append(row, batch=unit)
        say(f"{_shown(mine)} is gone from frame {frame} on")


def remove_objects(
    project: Project, names: Iterable[str], say: Callable[[str], None], batch: str = ""
) -> None:
    """Take all rows of objects away; `undo` brings them back. Raises `UsageError`.

    Their places are kept, so that a finder that sees them again finds nothing new. `batch` names the
    unit of undo.
    """
    store = project.masks()
    for name in names:
        rows = store.load()
        who = object_called(name, rows)
        mine = rows.of(who)
        seen = mine.take((mine.flags & Flags.OUTSIDE) == 0).replace(object_id=-1, checked=())
        key = removed_key(rows.video)
        before = project.runs.get(key)
        with project.transaction():
            project.runs.forget([key])
            project.runs.put(key, seen if before is None else concat([before, seen]), store.video_id)
            store.delete(mine.frame.tolist(), [who], batch=batch)
        say(f"{_shown(mine)} is removed: {len(mine)} rows; masklet undo brings them back")


def _shown(rows: Masks) -> str:
    name = rows.label_of(0).name
    return f"{name if name != PLAIN else 'object'} {rows.object_id[0]}"
