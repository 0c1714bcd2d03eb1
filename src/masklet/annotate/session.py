"""Session: one video of a project as one person edits it. No screen, no network."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, get_args

from masklet.annotate import edits, identities, judging, objects
from masklet.annotate.judging import Doubt, Item, Verdict
from masklet.annotate.objects import ObjectInfo
from masklet.core import Flags, Masks, Origin, Step, UsageError
from masklet.core.arrays import UInt32s
from masklet.core.labels import LabelKind
from masklet.ops.runs import area
from masklet.store import Change, Draft, Moved, Project, Timeline


@dataclass(frozen=True)
class Changed:
    """What an operation did.

    Args:
        revision: of the video afterwards.
        frames: frames that it touched, as rising ranges; none where nothing changed.
        objects: ids that it touched.
        passed: why an edit could be neither taken back nor done again and was passed over.
    """

    revision: int
    frames: list[range]
    objects: list[int]
    passed: str = ""


class Session:
    """The edits of one person on one video of an open project.

    Every method that changes something is one revision and one `undo`; it is on the disk when the
    method returns. It may be used from several threads. Objects that are locked are not edited
    (`LockedError`), frames and objects that are not there are refused (`UsageError`), and rows that
    somebody else changed after `expected_revision` are left alone (`ConflictError`).

    Args:
        project: open for writing.
        video_id: number of the video in it.
        author: who edits; undo goes by it.
    """

    def __init__(self, project: Project, video_id: int, author: str = "") -> None:
        self.author = author
        self._store = project.masks(video_id)
        self._began = time.time()

    @property
    def revision(self) -> int:
        """Number of the last change of the video."""
        return self._store.revision

    def objects(self) -> list[ObjectInfo]:
        """Every object that was added or has masks, by id."""
        return objects.listed(self._store.objects(), self._store.labels)

    def add_object(self, label: str, kind: LabelKind = "area", colour: str = "") -> ObjectInfo:
        """A new object without masks. Its label is added where the video has none of that name."""
        with self._edit("add object") as draft:
            number = objects.add(draft, label, kind, colour)
        return self._info(number)

    def change_object(
        self,
        object_id: int,
        *,
        label: str | None = None,
        colour: str | None = None,
        locked: bool | None = None,
        hidden: bool | None = None,
        order: int | None = None,
    ) -> ObjectInfo:
        """Change what is given. A label goes to all rows and is undone by `undo`; looks are not."""
        with self._edit("look" if label is None else "relabel") as draft:
            if locked is False:
                objects.change_looks(draft, object_id, locked=False)
            if label is not None:
                objects.relabel(draft, object_id, label)
            objects.change_looks(draft, object_id, colour, locked, hidden, order)
        return self._info(object_id)

    def remove_object(self, object_id: int) -> Changed:
        """Take away an object and all its masks."""
        with self._edit("remove object") as draft:
            objects.remove(draft, object_id)
        return _changed(draft)

    def put(
        self,
        frame: int,
        object_id: int,
        runs: UInt32s,
        *,
        expected_revision: int | None = None,
        origin: Origin = Origin.HUMAN,
        prompts: Mapping[str, Any] | None = None,
        score: float = float("nan"),
    ) -> Changed:
        """Draw the mask of one object on one frame. It becomes a keyframe that a person stands behind.

        Args:
            frame: 0-based.
            object_id: an object of the video.
            runs: `(k,) uint32`, of the whole frame as in `Masks`; without foreground it says that
                the object is not there.
            expected_revision: `revision` when the caller last loaded this mask.
            origin: `PROMPTED` for a model's answer to clicks.
            prompts: what was clicked, noted in the row's `Step`.
            score: 0..1, of a model's answer.
        """
        step = self._step("draw" if origin == Origin.HUMAN else "prompt", prompts)
        with self._edit("draw", expected_revision) as draft:
            edits.put(draft, frame, object_id, runs, step, origin, score)
        return _changed(draft)

    def put_rows(self, rows: Masks, expected_revision: int | None = None) -> Changed:
        """Put a program's answer; what a person stands behind gives way only to prompted rows."""
        with self._edit("answer", expected_revision) as draft:
            edits.put_rows(draft, rows)
        return _changed(draft)

    def delete(
        self, frames: Iterable[int], objects: Sequence[int], expected_revision: int | None = None
    ) -> Changed:
        """Remove the masks of objects on frames."""
        with self._edit("delete", expected_revision) as draft:
            edits.delete(draft, frames, objects)
        return _changed(draft)

    def mark(
        self,
        frame: int,
        object_id: int,
        *,
        outside: bool | None = None,
        occluded: bool | None = None,
        keyframe: bool | None = None,
    ) -> Changed:
        """Say what is given of one object on one frame.

        `outside` True: not in the picture, the mask becomes empty; False: the mask that stood there
        before comes back, and where there was none nothing is known of the object again.
        """
        step, before = self._step("mark"), None
        if outside is False:
            before = last_mask(self.history(frame, object_id))
        with self._edit("mark") as draft:
            if outside:
                edits.mark_outside(draft, frame, object_id, step)
            elif outside is False:
                edits.mark_inside(draft, frame, object_id, step, before)
            if occluded is not None:
                edits.mark_flag(draft, frame, object_id, Flags.OCCLUDED, occluded)
            if keyframe is not None:
                edits.mark_flag(draft, frame, object_id, Flags.KEYFRAME, keyframe)
        return _changed(draft)

    def complete(self, frames: Iterable[int], on: bool = True) -> Changed:
        """Declare frames complete: an object without a mask there is absent. Or take that back."""
        with self._edit("check" if on else "uncheck") as draft:
            edits.complete(draft, frames, on)
        return _changed(draft)

    def merge(self, keep: int, gone: int) -> Changed:
        """Make two objects one, `keep`. See `identities.merge` for frames on which both have masks."""
        with self._edit("merge") as draft:
            identities.merge(draft, keep, gone)
        return _changed(draft)

    def split(self, object_id: int, frame: int) -> tuple[int, Changed]:
        """Give the masks of an object from `frame` on to a new one; the new one's id."""
        with self._edit("split") as draft:
            number = identities.split(draft, object_id, frame)
        return number, _changed(draft)

    def queue(self, limit: int | None = 200, kinds: Collection[str] | None = None) -> list[Doubt]:
        """What a person should look at, the most doubtful first; see `judging.doubts`."""
        names = {info.id: info.label for info in self.objects()}
        skipped = self._store.skipped(self.author)
        return judging.doubts(self._store.timeline(), names, skipped, kinds)[:limit]

    def judge(self, verdict: Verdict, items: Sequence[Item]) -> Changed:
        """Accept masks, reject them (they wait to be drawn anew), or skip them (they come last).

        An item is (frame, object), or (frame, object, last) for all masks up to frame `last`.
        What was skipped is remembered for this author until the mask changes; that is no revision.
        """
        if verdict not in get_args(Verdict):
            raise UsageError(f"verdict is {verdict!r}; expected one of: {', '.join(get_args(Verdict))}")
        with self._edit(verdict) as draft:
            if verdict == "skip":
                draft.skip(self.author, judging.judged_rows(draft, items))
            else:
                judging.judge(draft, verdict, items)
        return _changed(draft)

    def undo(self, *, pass_over: bool = False) -> Changed | None:
        """Take back this author's last operation, also one from before a restart; None without one.

        Where somebody else built on it, `ConflictError` is raised; with `pass_over` the operation stays
        as it is, `passed` of the answer says why, and the next `undo` takes back the one before.
        """
        if pass_over:
            return self._passing(self._store.undo_or_pass(self.author))
        return self._moved(self._store.undo(self.author))

    def redo(self, *, pass_over: bool = False) -> Changed | None:
        """Do again what this author's last `undo` took back; None where there is nothing.

        Conflicts and `pass_over` as in `undo`.
        """
        if pass_over:
            return self._passing(self._store.redo_or_pass(self.author))
        return self._moved(self._store.redo(self.author))

    def timeline(self, frames: range | None = None) -> Timeline:
        """Scores, areas, flags, origins and reviews over time, object by object."""
        return self._store.timeline(frames)

    def history(self, frame: int | None = None, object_id: int | None = None) -> Sequence[Change]:
        """Who changed these masks, when, from what to what; oldest first."""
        return self._store.history(frame, object_id)

    @contextmanager
    def _edit(self, verb: str, expected_revision: int | None = None) -> Iterator[Draft]:
        with self._store.edit(verb, self.author, expected_revision=expected_revision) as draft:
            yield draft

    def _step(self, verb: str, arguments: Mapping[str, Any] | None = None) -> Step:
        """One step for all edits of a kind in this session; each revision has its own time."""
        return Step.of(verb, arguments or {}, person=self.author, time=self._began)

    def _info(self, object_id: int) -> ObjectInfo:
        return next(info for info in self.objects() if info.id == object_id)

    def _passing(self, moved: Moved | None) -> Changed | None:
        if moved is not None and moved.passed:
            return Changed(moved.revision, [], [], moved.passed)
        return self._moved(None if moved is None else moved.revision)

    def _moved(self, revision: int | None) -> Changed | None:
        if revision is None:
            return None
        touched = self._store.changes_since(revision - 1)[0]
        ids = sorted({*touched.objects, *touched.attributes})
        return Changed(revision, list(touched.frames), ids)


def last_mask(changes: Sequence[Change]) -> UInt32s | None:
    """The last mask that was not empty among the changes of one row, None where there was none."""
    for change in reversed(changes):
        for version in (change.after, change.before):
            if version is not None and area(version.runs):
                return version.runs
    return None


def _changed(draft: Draft) -> Changed:
    return Changed(draft.revision, list(draft.frames), list(draft.touched))
