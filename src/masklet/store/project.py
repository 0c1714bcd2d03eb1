"""Project: videos, their masks and everything that ever happened to them, in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from masklet.core.atomic import making
from masklet.core.errors import UsageError
from masklet.core.labels import Label
from masklet.core.shapes import Shapes
from masklet.core.video import Video
from masklet.store import catalog, shape_rows
from masklet.store.database import TIMEOUT, Database, Durability, create_file
from masklet.store.errors import reading
from masklet.store.runlog import RunLog
from masklet.store.video_store import VideoStore

SUFFIX = ".masklet"


class Project:
    """A `.masklet` file, open. Close it, or use it in a `with` block.

    Several processes may have the same project open; writers take turns. Within a process it may
    be used from several threads.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stores: dict[int, VideoStore] = {}

    @classmethod
    def create(
        cls, path: Path | str, video: Video | None = None, labels: Sequence[Label] = ()
    ) -> Project:
        """Make a new project and open it.

        Args:
            path: must not exist; the suffix is `.masklet` by custom.
            video: the first video; more can be added.
            labels: its classes, in the order that `label_id` will count.

        Raises `DataError` where `path` exists or cannot be written.
        """
        with cls.filling(path) as project:
            if video is not None:
                project.add_video(video, labels)
        return cls.open(path)

    @classmethod
    @contextmanager
    def filling(cls, path: Path | str) -> Iterator[Project]:
        """An empty project to be filled in the block; it stands at `path` when the block is done.

        If the block fails, nothing stands there. Raises `DataError` where `path` exists, also where
        somebody else made it meanwhile: theirs stays.
        """
        path = Path(path)
        with making(path, ("-wal", "-shm")) as beside:
            create_file(beside, path)
            with cls(Database(beside, name=path)) as project:
                yield project

    @classmethod
    def open(cls, path: Path | str, readonly: bool = False, timeout: float = TIMEOUT) -> Project:
        """Open a project; one of an older layout is brought up to date.

        Args:
            path: the file.
            readonly: change nothing; works in a folder without write permission too.
            timeout: seconds to wait for another process that is writing.

        Raises `DataError` where it is missing, damaged, in use, no project or of a newer version.
        """
        return cls(Database(Path(path), readonly, timeout))

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._database.path

    def close(self) -> None:
        """Leave a single file behind. Closing twice does no harm."""
        self._database.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def transaction(self, durable: Durability = "full") -> AbstractContextManager[Any]:
        """A block in which everything done to this project happens together or not at all."""
        return self._database.write(durable)

    def videos(self) -> Mapping[int, Video]:
        """Every video by its number, in the order in which they were added."""
        with self._database.read() as sql, reading(self.path):
            return catalog.read_videos(sql)

    def add_video(self, video: Video, labels: Sequence[Label] = ()) -> int:
        """Add a video with its classes; its number."""
        with self._database.write() as sql:
            video_id = catalog.insert_video(sql, video)
            catalog.merge_labels(sql, video_id, labels)
            return video_id

    def update_video(self, video: Video, video_id: int | None = None) -> None:
        """Replace what is known of a video (it moved, its times are known now); its rows stay.

        Raises `DataError` where size, length or contents are not those of the video.
        """
        with self._database.write() as sql:
            number = self._number(video_id)
            catalog.check_fits(self.videos()[number], video)
            catalog.update_video(sql, number, video)

    def masks(self, video_id: int | None = None) -> VideoStore:
        """The masks of one video; `video_id` may be left out where the project has only one."""
        number = self._number(video_id)
        return self._stores.setdefault(number, VideoStore(self._database, number))

    @property
    def runs(self) -> RunLog:
        """Finished chunks of long work."""
        return RunLog(self._database)

    def shapes(self, video_id: int | None = None) -> Shapes | None:
        """The vector drawings of one video, as they were put; None where there are none."""
        number = self._number(video_id)
        with self._database.read() as sql, reading(self.path):
            return shape_rows.read_shapes(sql, number, catalog.read_video(sql, number))

    def put_shapes(self, shapes: Shapes, video_id: int | None = None) -> None:
        """Replace the vector drawings of one video, losslessly.

        Raises `DataError` for drawings of another video or with contents that JSON cannot hold.
        """
        number = self._number(video_id)
        with self._database.write() as sql:
            catalog.check_fits(self.videos()[number], shapes.video)
            shape_rows.write_shapes(sql, number, shapes)

    def compact(self) -> None:
        """Give the space of dropped chunks and drawings back to the disk; nothing else changes."""
        self._database.compact()

    def faults(self) -> list[str]:
        """What SQLite finds wrong with the whole file; empty where it is sound. Reads all of it."""
        with self._database.read() as sql:
            found = [str(line) for (line,) in sql.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def _number(self, video_id: int | None) -> int:
        videos = self.videos()
        if video_id is None and len(videos) == 1:
            return next(iter(videos))
        known = ", ".join(f"{number} ({video.uri})" for number, video in videos.items()) or "none"
        if video_id is None:
            raise UsageError(f"project {self.path} has {len(videos)} videos; say which: {known}")
        if video_id not in videos:
            raise UsageError(f"project {self.path} has no video {video_id}; expected one of: {known}")
        return video_id
