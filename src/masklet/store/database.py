"""One SQLite connection: opening, snapshots for reading, transactions for writing, closing."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from masklet.core.errors import DataError, UsageError
from masklet.store import schema
from masklet.store.errors import explain, one_line

Durability = Literal["full", "normal"]
"""`full`: on the disk when the call returns, even if the power fails then. `normal`: safe against
the death of the process; a power failure may take the last moments. Both are whole or not there."""

TIMEOUT = 5.0
"""Seconds to wait for another process that is writing."""
_SYNCHRONOUS = {"full": "FULL", "normal": "NORMAL"}


class Database:
    """A project file, open. May be used from several threads; calls take turns.

    Args:
        path: an existing project file.
        readonly: never write, not even a lock file where the folder does not let us.
        timeout: seconds to wait for another process that is writing.
        name: what messages call the file, where that is not `path`.

    Raises `DataError` where the file is missing, damaged, foreign, locked or of a newer version.
    """

    def __init__(
        self, path: Path, readonly: bool = False, timeout: float = TIMEOUT, name: Path | None = None
    ) -> None:
        _check_exists(path)
        self._file = path.resolve()
        self.path = name or path
        self.readonly = readonly
        self._open = True
        self._lock = threading.RLock()
        self._depth = 0
        self._writing = False
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._was_at_rest = not _log(self._file).exists()
        with one_line(self.path):
            connect = self._connect_readonly if readonly else _connect_writable
            self._sql = connect(self._file, timeout)
            try:
                self._prepare()
            except BaseException:
                self._sql.close()
                self._forget_copy()
                raise

    def _connect_readonly(self, path: Path, timeout: float) -> sqlite3.Connection:
        """Read-only, also where no lock file can be made beside the project."""
        sql = _connect(path, "ro", timeout)
        try:
            sql.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return sql
        except sqlite3.OperationalError as error:
            sql.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
        log = _log(path)
        if not log.exists() or log.stat().st_size == 0:
            return _connect(path, "ro&immutable=1", timeout)
        self._copy = tempfile.TemporaryDirectory(prefix="masklet-")
        for part in (path, log):
            shutil.copy(part, self._copy.name)
        return _connect_writable(Path(self._copy.name) / path.name, timeout)

    def _prepare(self) -> None:
        try:
            version = schema.version_of(self._sql)
        except DataError as error:
            raise DataError(f"project {self.path} {error}") from error
        if self.readonly:
            if version < schema.VERSION:
                self._upgrade_copy()
            return
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA journal_size_limit = 67108864")
        self._sql.execute("PRAGMA cache_size = -65536")  # KiB; a whole track changes at once
        if version < schema.VERSION:
            with self.write() as sql:
                schema.migrate(sql)

    def _upgrade_copy(self) -> None:
        """Read an older layout from a copy brought up to date: the file itself stays as it is."""
        if self._copy is None:
            self._copy = tempfile.TemporaryDirectory(prefix="masklet-")
            beside = Path(self._copy.name) / self._file.name
            copy = sqlite3.connect(beside, isolation_level=None, check_same_thread=False)
            with contextlib.closing(self._sql) as original:
                self._sql = copy
                original.backup(copy)
        self._sql.execute("BEGIN IMMEDIATE")
        schema.migrate(self._sql)
        self._sql.execute("COMMIT")

    def compact(self) -> None:
        """Give space that deleted things took back to the disk. Needs room for a second copy."""
        with self._lock, one_line(self.path):
            self._check_open()
            self._sql.execute("VACUUM")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent snapshot for all queries of the block."""
        with self._lock, one_line(self.path):
            if self._depth:
                yield self._sql
                return
            self._check_open()
            self._depth = 1
            try:
                self._sql.execute("BEGIN")
                yield self._sql
            finally:
                self._depth = 0
                if self._sql.in_transaction:
                    self._sql.execute("COMMIT")

    @contextmanager
    def write(self, durable: Durability = "full") -> Iterator[sqlite3.Connection]:
        """One transaction: everything in the block happens, or nothing. A block inside joins it."""
        if durable not in _SYNCHRONOUS:
            raise UsageError(f"durable is {durable!r}; expected 'full' or 'normal'")
        with self._lock, one_line(self.path):
            if self.readonly:
                raise DataError(f"project {self.path} is open read-only; open it for writing")
            if self._writing:
                yield self._sql
                return
            self._check_open()
            sql = self._sql
            self._depth, self._writing = 1, True
            try:
                sql.execute(f"PRAGMA synchronous = {_SYNCHRONOUS[durable]}")
                sql.execute("BEGIN IMMEDIATE")
                yield sql
                sql.execute("COMMIT")
            except BaseException:
                if sql.in_transaction:
                    sql.execute("ROLLBACK")
                raise
            finally:
                self._depth, self._writing = 0, False

    @property
    def is_writing(self) -> bool:
        """Whether a `write` block is open (asked from inside one)."""
        return self._writing

    def _check_open(self) -> None:
        if not self._open:
            raise UsageError(f"project {self.path} was closed; open it again")

    def close(self) -> None:
        """Move the write-ahead log into the file, so that a project at rest is one file. Idempotent."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            if not self.readonly:
                # A full disk or a reader elsewhere may keep the log where it is: nothing is lost,
                # whoever opens the project next finds it there.
                with contextlib.suppress(sqlite3.Error):
                    self._sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._sql.close()
            self._forget_copy()
            if self.readonly and self._was_at_rest:
                self._remove_lock_files()

    def _remove_lock_files(self) -> None:
        """Leave one file where one was found: the last connection that can write tidies up."""
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(_connect_writable(self._file, 0)) as sql,
        ):
            sql.execute("SELECT count(*) FROM sqlite_master").fetchone()

    def _forget_copy(self) -> None:
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None


def _check_exists(path: Path) -> None:
    try:
        what = "" if path.is_file() else "is a folder" if path.is_dir() else "does not exist"
    except OSError as error:
        what = f"cannot be opened: {error.strerror}"
    if what:
        raise DataError(f"project {path} {what}; expected a .masklet file")


def _log(path: Path) -> Path:
    """The write-ahead log that lies beside a project in use."""
    return path.with_name(path.name + "-wal")


def _connect_writable(path: Path, timeout: float) -> sqlite3.Connection:
    return _connect(path, "rw", timeout)


def _connect(path: Path, mode: str, timeout: float) -> sqlite3.Connection:
    uri = f"{path.as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)


def create_file(path: Path, name: Path) -> None:
    """Make an empty project at `path`, which must not exist.

    Raises `OSError` where it cannot be made, `DataError`, which calls it by `name`, where it
    cannot be filled.
    """
    path.touch()  # the system says more clearly than SQLite why this cannot be
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as sql:
            sql.execute("PRAGMA journal_mode = WAL")
            sql.execute("BEGIN IMMEDIATE")
            schema.create_tables(sql)
            sql.execute("COMMIT")
    except sqlite3.Error as error:
        raise explain(name, error) from error
