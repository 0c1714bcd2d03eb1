"""Files on their way from a browser: in pieces, counted, out of sight until they are whole."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from masklet.core.atomic import cannot_write, writing
from masklet.media.images import SUFFIXES as PICTURES
from masklet.web.errors import Refusal, missing

LARGEST = 256 << 30
SPARE = 1 << 30
"""Bytes of the disk that uploads leave free."""
MOST = 32
"""Uploads at once."""
MOST_EACH = 16
"""Of these, one person's."""
_LASTS = 7 * 86_400
"""Seconds after which an upload that nobody continued is removed."""
_STALLS = 3600
"""Seconds without a byte after which it makes way for another."""
_LOOK_EVERY = 64 << 20
_CAMERAS = "mp4 m4v mov avi mkv webm wmv mpg mpeg ts m2ts mts flv dav asf 3gp ogv h264"
VIDEOS = frozenset(f".{word}" for word in _CAMERAS.split(" "))
ANNOTATIONS = frozenset((".json", ".xml", ".zip", ".txt", ".parquet", ".masklet", ".png"))


@dataclass(frozen=True)
class Upload:
    """A file that a browser sends.

    Args:
        id: made by the server.
        name: the file's own, without folders.
        size: bytes that were announced.
        author: who sends it.
    """

    id: str
    name: str
    size: int
    author: str = ""


class Uploads:
    """Uploads in a folder of their own. They outlive the server, so that they can be continued.

    Args:
        folder: where; on the disk of the project, so that a whole file only changes its name.
        largest: bytes of one file.
        spare: bytes of the disk that are left free.
    """

    def __init__(self, folder: Path, largest: int = LARGEST, spare: int = SPARE) -> None:
        self._folder, self._largest, self._spare = folder, largest, spare
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, name: str, size: int, author: str = "") -> Upload:
        """A new upload. Raises `Refusal`: 400 for a name, 413 for a size, 429 for too many, 507 for the
        disk.

        Those that have stalled can be continued for a week, unless their place is needed.
        """
        name = plain(name)
        self._check_size(name, size)
        with self._lock:
            self._remove_old(_LASTS)
            try:
                self._check_turn(size, author)
            except Refusal:
                if not self._remove_old(_STALLS):
                    raise
                self._check_turn(size, author)
            upload = Upload(secrets.token_hex(12), name, size, author)
            with writing(self._facts(upload.id)) as beside:
                beside.write_text(json.dumps(asdict(upload)), "utf-8")
            self._part(upload.id).touch()
        return upload

    def get(self, upload_id: str) -> Upload:
        """An upload by its id. 404 where there is none."""
        try:
            upload = Upload(**json.loads(self._facts(upload_id).read_text("utf-8")))
            self._part(upload_id).stat()
        except (OSError, ValueError, TypeError):
            raise missing("such upload", "it was used or given up; send the file again") from None
        return upload

    def received(self, upload_id: str) -> int:
        """Bytes that are there."""
        try:
            return self._part(upload_id).stat().st_size
        except OSError:
            return 0

    @contextmanager
    def adding(self, upload_id: str, offset: int) -> Iterator[Piece]:
        """A piece that begins at byte `offset`, to be written by one only. 409 where it does not fit."""
        upload = self.get(upload_id)
        with self._lock:
            if upload_id in self._busy:
                raise Refusal(409, "busy", "another piece of this upload is coming in", "wait for it")
            self._busy.add(upload_id)
        try:
            there = self.received(upload_id)
            if offset != there:
                raise Refusal(
                    409,
                    "wrong_offset",
                    f"the piece begins at byte {offset}; expected {there}",
                    "go on from there",
                    {"received": there},
                )
            with self._part(upload_id).open("ab") as stream:
                yield Piece(stream.write, there, upload.size, self._check_room)
        finally:
            with self._lock:
                self._busy.discard(upload_id)

    def whole(self, upload_id: str) -> tuple[Upload, Path]:
        """An upload whose bytes are all there, and where they lie. 409 where some are not."""
        upload, there = self.get(upload_id), self.received(upload_id)
        if there != upload.size:
            raise Refusal(
                409,
                "not_whole",
                f"{there} of {upload.size} bytes of {upload.name!r} have come",
                "send the rest of it",
                {"received": there},
            )
        return upload, self._part(upload_id)

    def keep(self, upload_id: str, folder: Path) -> Path:
        """Move a whole upload to its name in `folder`, or a name like it that is free; where it is."""
        upload, part = self.whole(upload_id)
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        stem, ending = Path(upload.name).stem, Path(upload.name).suffix
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for k in range(1, 10_000):
                target = folder / (f"{stem}{ending}" if k == 1 else f"{stem}-{k}{ending}")
                if _appears(part, target):
                    break
        except OSError as error:
            raise cannot_write(folder / upload.name, error) from error
        self.remove(upload_id)
        return target

    def remove(self, upload_id: str) -> None:
        """Give an upload up; nothing of it stays."""
        for path in (self._part(upload_id), self._facts(upload_id)):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _check_turn(self, size: int, author: str) -> None:
        """Is there a place for one more, and room on the disk for it and what others announced?"""
        known = self._known()
        own = sum(one.author == author for one in known)
        if len(known) >= MOST or own >= MOST_EACH:
            whose = f"{own} of your uploads" if own >= MOST_EACH else f"{len(known)} uploads"
            raise Refusal(429, "too_many", f"{whose} are under way", "wait for one, or stop it")
        promised = sum(one.size - self.received(one.id) for one in known)
        self._check_room(size + promised)

    def _check_size(self, name: str, size: int) -> None:
        if size < 1:
            raise Refusal(400, "empty", f"{name!r} is empty (0 bytes)", "choose a file with contents")
        if size > self._largest:
            raise Refusal(
                413,
                "too_large",
                f"{name!r} has {size} bytes; at most {self._largest} are taken",
                "copy it into one of the server's folders instead",
            )

    def _check_room(self, more: int) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self._folder).free
        if free < more + self._spare:
            raise Refusal(
                507,
                "disk_full",
                f"{free} bytes are free on the server's disk; this needs {more + self._spare}",
                "free some space on it",
            )

    def _known(self) -> list[Upload]:
        found = []
        for path in self._folder.glob("*.json"):
            with suppress(Refusal):
                found.append(self.get(path.stem))
        return found

    def _remove_old(self, age: float) -> int:
        """Remove those that did not grow for `age` seconds; how many files that were."""
        grown: dict[str, float] = {}
        paths = list(self._folder.glob("*"))
        for path in paths:
            with suppress(OSError):
                grown[path.stem] = max(path.stat().st_mtime, grown.get(path.stem, 0.0))
        old = {stem for stem, at in grown.items() if at < time.time() - age} - self._busy
        gone = [path for path in paths if path.stem in old]
        for path in gone:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return len(gone)

    def _part(self, upload_id: str) -> Path:
        return self._folder / f"{_checked(upload_id)}.part"

    def _facts(self, upload_id: str) -> Path:
        return self._folder / f"{_checked(upload_id)}.json"


class Piece:
    """Bytes that are added to an upload, no more than were announced."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        there: int,
        size: int,
        check_room: Callable[[int], None],
    ) -> None:
        self._write, self._check_room = write, check_room
        self.received, self._size = there, size
        self._looked = there

    def add(self, data: bytes) -> None:
        """Write `data`. 413 beyond the announced size, 507 where the disk is full."""
        if self.received + len(data) > self._size:
            raise Refusal(
                413,
                "too_large",
                f"more bytes come than the {self._size} that were announced",
                "send the file again",
            )
        if self.received - self._looked >= _LOOK_EVERY:
            self._looked = self.received
            self._check_room(self._size - self.received)
        self._write(data)
        self.received += len(data)


def plain(name: str) -> str:
    """The last part of a file's name, fit for a disk. 400 where nothing is left, or of no known kind."""
    last = name.replace("\\", "/").rpartition("/")[2]
    last = unicodedata.normalize("NFC", "".join(sign for sign in last if sign.isprintable()))
    last = "".join("_" if sign in '<>:"|?*' else sign for sign in last).strip(" .")
    ending = Path(last).suffix.lower()
    if ending not in VIDEOS | PICTURES | ANNOTATIONS:
        raise Refusal(
            400,
            "unknown_kind",
            f"{last[:80]!r} is of a kind that is not taken",
            "send a video (mp4, avi, mkv, mov, ...), a picture, or annotations (json, xml, zip)",
        )
    stem = Path(last).stem
    while len(stem.encode()) > 180:
        stem = stem[:-1]
    return stem + Path(last).suffix


def _appears(part: Path, target: Path) -> bool:
    """Give `part` a second name unless somebody has it."""
    try:
        os.link(part, target)
    except FileExistsError:
        return False
    except OSError:
        if target.exists():
            return False
        part.replace(target)
    return True


def _checked(upload_id: str) -> str:
    if not (upload_id.isascii() and upload_id.isalnum()):
        raise missing("such upload")
    return upload_id
