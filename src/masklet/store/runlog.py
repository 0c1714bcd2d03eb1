"""RunLog: finished chunks of long work, kept by the hash of what they were computed from.

Whoever runs long work names each chunk by a hash of everything that its result depends on. After a
crash, or after a correction that changes only some of the inputs, the chunks whose name is already
here need not be computed again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from masklet.core.errors import DataError
from masklet.core.masks import Masks
from masklet.store import catalog
from masklet.store.database import Database, Durability
from masklet.store.errors import reading
from masklet.store.pack import pack, unpack
from masklet.store.video_store import VideoStore


class RunLog:
    """Results by key. Made by `Project.runs`. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def done(self, key: str) -> bool:
        """Is there a result under this key?"""
        with self._database.read() as sql:
            return sql.execute("SELECT 1 FROM chunks WHERE key = ?", (key,)).fetchone() is not None

    def keys(self) -> list[str]:
        """Every key, oldest first."""
        with self._database.read() as sql:
            return [key for (key,) in sql.execute("SELECT key FROM chunks ORDER BY rowid")]

    def get(self, key: str) -> Masks | None:
        """The result, equal in every column to what was put; None where there is none."""
        with self._database.read() as sql, reading(self._database.path):
            found = sql.execute("SELECT video, contents FROM chunks WHERE key = ?", (key,)).fetchone()
            return None if found is None else unpack(found[1], catalog.read_video(sql, found[0]))

    def put(self, key: str, rows: Masks, video_id: int, durable: Durability = "normal") -> None:
        """Keep `rows` under `key`. A key that is there already keeps its result.

        Args:
            key: hash of everything that the result depends on.
            rows: the result, on the video `video_id` of the project.
            video_id: as in `Project.videos`.
            durable: see `VideoStore.append`.
        """
        contents = pack(rows)
        with self._database.write(durable) as sql:
            with reading(self._database.path):
                video = catalog.read_videos(sql).get(video_id)
            if video is None:
                raise DataError(f"project {self._database.path} has no video {video_id}")
            catalog.check_fits(video, rows.video)
            sql.execute(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?)",
                (key, video_id, time.time(), contents),
            )

    def put_and_append(self, key: str, rows: Masks, video_id: int, **how: Any) -> int:
        """`put`, and `VideoStore.append` of the same rows, in one transaction; the revision.

        `how` goes to `append`; `durable` is `normal` unless given.
        """
        how.setdefault("durable", "normal")
        store = VideoStore(self._database, video_id)
        with self._database.write(how["durable"]):
            self.put(key, rows, video_id, how["durable"])
            return store.append(rows, **how)

    def forget(self, keys: Iterable[str]) -> None:
        """Drop the results under these keys; unknown keys do no harm."""
        with self._database.write("normal") as sql:
            sql.executemany("DELETE FROM chunks WHERE key = ?", [(key,) for key in keys])

    def keep(self, keys: Iterable[str]) -> int:
        """Drop every result except those under these keys; how many were dropped."""
        wanted = set(keys)
        with self._database.write("normal"):
            dropped = [key for key in self.keys() if key not in wanted]
            self.forget(dropped)
        return len(dropped)
