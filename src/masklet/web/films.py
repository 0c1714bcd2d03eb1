"""The videos of a project as files: found, opened once, checked to be what the masks lie on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from masklet.core import DataError, MaskletError, MediaSource, Video
from masklet.media.images import is_pattern
from masklet.media.opening import open_media
from masklet.web.errors import Refusal, halves

State = Literal["ok", "missing", "changed", "unreadable"]
Stamp = tuple[int, int, int]
"""(bytes, time of the last change in ns, inode): another stamp, perhaps another file."""

_REMEDY = {
    "missing": "put it back where it was, or into one of the folders that the server was started with",
    "changed": "put the file back that the masks were made on; masks on another film would be wrong",
    "unreadable": "play it with another program to see whether it is whole, or copy it again",
}


@dataclass
class _Film:
    """What is known of one video's file."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    path: str = ""
    stamp: Stamp | None = None
    source: MediaSource | None = None
    state: State = "missing"
    message: str = ""


class Films:
    """The sources of a project's videos.

    Args:
        video: gives a video by its number, and raises a 404 where there is none.
        folders: where a file may have moved to: it is looked for there by its name.
        moved: told (number, video) where a film was found at another place than the project says.
    """

    def __init__(
        self,
        video: Callable[[int], Video],
        folders: Sequence[Path] = (),
        moved: Callable[[int, Video], None] | None = None,
    ) -> None:
        self._video = video
        self._moved = moved
        self._folders = tuple(folders)
        self._films: dict[int, _Film] = {}
        self._lock = threading.Lock()

    def state(self, video_id: int) -> tuple[State, str]:
        """(state, sentence on it) of the file behind a video, as it is now. 404 for no video."""
        film = self._checked(video_id)
        return film.state, film.message

    def glance(self, video_id: int) -> tuple[State, str]:
        """As `state` for what was opened before; else only whether there is a file. 404 for no video."""
        places = self._places(self._video(video_id))
        if video_id in self._films:
            return self.state(video_id)
        if any(is_pattern(place) or Path(place).exists() for place in places):
            return "ok", ""
        return self.state(video_id)

    def source(self, video_id: int) -> MediaSource:
        """The open frames of a video. 404 for no such video, 409 where its file cannot be used."""
        film = self._checked(video_id)
        if film.source is None or film.state != "ok":
            raise Refusal(409, f"video_{film.state}", film.message, _REMEDY[film.state])
        return film.source

    def path(self, video_id: int) -> str:
        """Where the file of a video was found; empty where it was not."""
        return self._checked(video_id).path

    def forget(self, video_id: int) -> None:
        """Close what is open of a video; it is looked for again when it is next asked for."""
        with self._lock:
            film = self._films.pop(video_id, None)
        if film is not None:
            with film.lock:
                _close(film)

    def close(self) -> None:
        """Close every source."""
        for video_id in list(self._films):
            self.forget(video_id)

    def _checked(self, video_id: int) -> _Film:
        video = self._video(video_id)
        with self._lock:
            film = self._films.setdefault(video_id, _Film())
        with film.lock:
            if film.source is None or _stamp(film.path) != film.stamp:
                self._look(film, video)
                if film.source is not None and film.path != video.uri and self._moved:
                    self._moved(video_id, film.source.video)
        return film

    def _look(self, film: _Film, video: Video) -> None:
        """Find and open the file; where nothing changed since it was refused, leave it refused."""
        found = [place for place in self._places(video) if is_pattern(place) or Path(place).exists()]
        if not found:
            _close(film)
            film.state, film.path, film.stamp = "missing", "", None
            film.message = f"the file of {video.name!r} is not where it was"
            return
        for place in found:
            if film.source is None and film.path == place and film.stamp == _stamp(place):
                return
            _open(film, place, video)
            if film.state == "ok":
                return

    def _places(self, video: Video) -> list[str]:
        """Where the file may lie: where it was, then under its name in the known folders.

        Without a hash it is looked for where it was only: another film may have its name and size.
        """
        if not video.content_hash:
            return [str(Path(video.uri).absolute())]
        name = Path(video.uri).name
        there = [Path(video.uri).absolute(), *(folder / video.uri for folder in self._folders)]
        return list(dict.fromkeys(map(str, [*there, *(folder / name for folder in self._folders)])))


def _open(film: _Film, place: str, video: Video) -> None:
    _close(film)
    film.path, film.stamp = place, _stamp(place)
    try:
        source = open_media(place)
    except (MaskletError, OSError) as error:
        film.state, film.message = "unreadable", halves(_without_folders(str(error), place))[0]
        return
    if other := differs(video, source.video):
        film.state, film.message = "changed", f"the file of {video.name!r} is another one now: {other}"
        _shut(source)
        return
    film.source, film.state, film.message = source, "ok", ""


def differs(known: Video, found: Video) -> str:
    """In what a file differs from the video that masks were made on; empty where it does not."""
    other = known.unlike(found)
    if other is None:
        return ""
    name, before, now = other
    if name == "content_hash":
        return "its contents differ (other hash)"
    if name == "n_frames":
        return f"it had {before} frames, found {now} frames"
    return f"it had {known.width}x{known.height} pixels, found {found.width}x{found.height}"


def _stamp(path: str) -> Stamp | None:
    """None where there is no file, for patterns too: those are looked at when they are opened."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _without_folders(message: str, path: str) -> str:
    """A message as a browser may see it: the names of files, not where they lie."""
    folder = str(Path(path).parent)
    return message.replace(f"{folder}{os.sep}", "") if folder != "." else message


def _close(film: _Film) -> None:
    if film.source is not None:
        _shut(film.source)
        film.source = None


def _shut(source: MediaSource) -> None:
    close = getattr(source, "close", None)
    if callable(close):
        with suppress(DataError, OSError):
            close()
