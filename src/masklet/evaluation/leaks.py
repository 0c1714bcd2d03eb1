"""Evaluation that does not look at what was learnt: frames of the training set are refused.

Neighbouring frames of a video are near copies, so a frame counts as learnt where any frame of its
temporal block was. A training run writes which blocks of which videos it used into its manifest:

    {"format": "masklet-training", "version": 1,
     "videos": [{"name": "cage4", "content_hash": "...", "blocks": [[0, 500], [1500, 2000]]}]}

`blocks` are half-open ranges of frames; `content_hash` may be empty, and then the name decides.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from masklet.core.arrays import Int32s
from masklet.core.errors import DataError
from masklet.core.video import Video, plain_name
from masklet.evaluation.case import Case

_SHAPE = 'expected {"format": "masklet-training", "version": 1, "videos": [...]}'


@dataclass(frozen=True)
class Learnt:
    """What a model saw of one video: half-open ranges of frames."""

    name: str
    content_hash: str
    blocks: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Training:
    """The training set of a run.

    Args:
        source: the manifest's path, for messages.
        videos: what was learnt from.
    """

    source: str
    videos: tuple[Learnt, ...]

    def frames(self, videos: Sequence[Video], name: str, frames: Int32s) -> Int32s:
        """Those of `frames` that lie in a block that was learnt from; `videos` are what both sides call
        the video, `name` what the evaluation does."""
        seen = np.zeros(len(frames), np.bool_)
        for one in self.videos:
            if any(_same(one, video, name) for video in videos):
                for start, stop in one.blocks:
                    seen |= (frames >= start) & (frames < stop)
        return frames[seen]

    def check(self, case: Case, allow: bool) -> str:
        """Raise `DataError` where judged frames were learnt from; with `allow` a sentence instead."""
        learnt = self.frames((case.truth.video, case.pred.video), case.name, case.frames)
        if not len(learnt):
            return ""
        found = f"{len(learnt)} of {len(case.frames)} judged frames were in the training set"
        if allow:
            return f"{found}: numbers on them say nothing about new video"
        raise DataError(
            f"{case.name}: {found} ({self.source}; frames {learnt[0]} to {learnt[-1]}); numbers on them "
            "say nothing about new video: judge other frames, or allow it (--allow-leaks)"
        )


def read_training(path: str | Path) -> Training:
    """Read a manifest. `DataError` for what is not one."""
    place = Path(path)
    try:
        data = json.loads(place.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"cannot read {place}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{place} is not JSON ({error}); {_SHAPE}") from error
    known = isinstance(data, dict) and data.get("format") == "masklet-training"
    if not known or data.get("version") != 1 or not isinstance(data.get("videos"), list):
        raise DataError(f"{place} is not the manifest of a training run; {_SHAPE}")
    return Training(str(place), tuple(_learnt(place, i, one) for i, one in enumerate(data["videos"])))


def _learnt(place: Path, i: int, entry: Any) -> Learnt:
    try:
        blocks = tuple((int(start), int(stop)) for start, stop in entry["blocks"])
        if any(start < 0 or stop <= start for start, stop in blocks):
            raise ValueError("a block ends before it begins")
        return Learnt(str(entry["name"]), str(entry.get("content_hash") or ""), blocks)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{place}, video {i} is not understood ({error!r}); expected a name and blocks of frames"
        ) from error


def _same(learnt: Learnt, video: Video, name: str) -> bool:
    if learnt.content_hash and video.content_hash:
        return learnt.content_hash == video.content_hash
    return plain_name(learnt.name) in (plain_name(name), video.name)
