"""What everybody may know of every job, in two tables beside those of DBOS.

DBOS keeps what makes a job durable: which function runs with which arguments, and which steps are done.
The ledger keeps what people look at several times a second, and what they wish: one row a job, read and
written in one statement.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from masklet.core import DataError, UsageError
from masklet.jobs.spec import Job, JobSpec, State

LOG_LINES = 200
"""Lines of a job's log that are kept."""
_meta = sa.MetaData()
JOBS = sa.Table(
    "masklet_jobs",
    _meta,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(64), unique=True, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("wish", sa.String(16), nullable=False, default=""),
    sa.Column("allowed", sa.Integer, nullable=False, default=0),
    sa.Column("attempt", sa.Integer, nullable=False, default=1),
    sa.Column("executor", sa.String(128), nullable=False, default=""),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("total", sa.Integer, nullable=False, default=0),
    sa.Column("fps", sa.Float, nullable=False, default=0.0),
    sa.Column("eta", sa.Float),
    sa.Column("frame", sa.Integer, nullable=False, default=-1),
    sa.Column("engine", sa.String(128), nullable=False, default=""),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("log", sa.Text, nullable=False, default="[]"),
    sa.Column("changed", sa.Integer, nullable=False, default=0),
)
WORKERS = sa.Table(
    "masklet_workers",
    _meta,
    sa.Column("executor", sa.String(128), primary_key=True),
    sa.Column("about", sa.Text, nullable=False, default=""),
    sa.Column("beat", sa.Integer, nullable=False, default=0),
)


def engine_for(url: str) -> sa.Engine:
    """A connection pool to a database of jobs.

    Args:
        url: `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.

    Raises `UsageError` for another kind of database.
    """
    if url.startswith("sqlite:"):
        return sa.create_engine(url, connect_args={"timeout": 20, "check_same_thread": False})
    if url.startswith(("postgresql:", "postgres:")):
        return sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True
        )
    kind = url.partition(":")[0]
    raise UsageError(
        f"jobs cannot be kept in a database of kind {kind!r}; expected sqlite:///FILE, or "
        "postgresql://USER@HOST/NAME for several machines"
    )


class Ledger:
    """The two tables. Several processes and threads may use the same."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        with opening(url), self._engine.begin() as sql:
            _meta.create_all(sql)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def add(self, name: str, spec: JobSpec) -> None:
        """Note a new job."""
        with self._engine.begin() as sql:
            sql.execute(
                JOBS.insert().values(
                    id=name,
                    spec=json.dumps(spec.as_dict()),
                    place=place_of(spec),
                    created=time.time(),
                    state="queued",
                )
            )

    def set(self, name: str, **values: Any) -> None:
        """Change columns of a job."""
        with self._engine.begin() as sql:
            sql.execute(
                JOBS.update().where(JOBS.c.id == name).values(changed=JOBS.c.changed + 1, **values)
            )

    def move(self, name: str, before: tuple[State, ...], **values: Any) -> bool:
        """`set`, if the job is in one of the states `before`; whether it was."""
        with self._engine.begin() as sql:
            where = (JOBS.c.id == name) & JOBS.c.state.in_(before)
            changed = sql.execute(
                JOBS.update().where(where).values(changed=JOBS.c.changed + 1, **values)
            )
            return bool(changed.rowcount)

    def say(self, name: str, line: str) -> None:
        """Add a line to a job's log, with the time of day."""
        with self._engine.begin() as sql:
            told = sql.execute(sa.select(JOBS.c.log).where(JOBS.c.id == name)).scalar()
            lines = [*json.loads(told or "[]"), f"{time.strftime('%H:%M:%S')} {line}"][-LOG_LINES:]
            sql.execute(
                JOBS.update()
                .where(JOBS.c.id == name)
                .values(log=json.dumps(lines), changed=JOBS.c.changed + 1)
            )

    def wishes(self, name: str) -> tuple[str, int]:
        """What somebody wishes of a job (`stop` or nothing), and how many frames it was allowed."""
        with self._engine.connect() as sql:
            found = sql.execute(sa.select(JOBS.c.wish, JOBS.c.allowed).where(JOBS.c.id == name)).first()
            return ("stop", 0) if found is None else (found.wish, found.allowed)

    def count(self, name: str, frames: int, frame: int) -> None:
        """Add to the frames that a job has done, of which `frame` is the last."""
        self.set(name, done=JOBS.c.done + frames, frame=frame)

    def allow(self, name: str, frames: int) -> None:
        """Let a job that goes frame by frame go on for so many frames."""
        self.set(name, allowed=JOBS.c.allowed + frames)

    def row(self, name: str) -> sa.Row[Any]:
        """The whole row of a job. `UsageError` for an unknown one."""
        with self._engine.connect() as sql:
            found = sql.execute(sa.select(JOBS).where(JOBS.c.id == name)).first()
        if found is None:
            raise UsageError(f"there is no job {name!r}; it may have been of another project")
        return found

    def rows(self) -> list[sa.Row[Any]]:
        """Every job, oldest first."""
        with self._engine.connect() as sql:
            return list(sql.execute(sa.select(JOBS).order_by(JOBS.c.created, JOBS.c.number)))

    def version(self) -> tuple[int, int]:
        """Changes whenever any job does; cheap."""
        with self._engine.connect() as sql:
            found = sql.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(JOBS.c.changed), 0))
            ).one()
            return int(found[0]), int(found[1])

    def beat(self, executor: str, about: str = "") -> None:
        """A worker says that it is alive."""
        with self._engine.begin() as sql:
            where = WORKERS.c.executor == executor
            changed = sql.execute(
                WORKERS.update().where(where).values(beat=WORKERS.c.beat + 1, about=about)
            )
            if not changed.rowcount:
                sql.execute(WORKERS.insert().values(executor=executor, about=about, beat=1))

    def leave(self, executor: str) -> None:
        """A worker goes."""
        with self._engine.begin() as sql:
            sql.execute(WORKERS.delete().where(WORKERS.c.executor == executor))

    def beats(self) -> dict[str, int]:
        """How often each worker has said that it is alive."""
        with self._engine.connect() as sql:
            found = sql.execute(sa.select(WORKERS.c.executor, WORKERS.c.beat))
            return {row.executor: row.beat for row in found}


@contextmanager
def opening(url: str) -> Iterator[None]:
    """Raise `DataError` where the database cannot be reached or used, without its password."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        shown = sa.make_url(url).render_as_string(hide_password=True)
        why = str(error.orig).strip().splitlines()[0]
        raise DataError(
            f"cannot keep jobs in {shown}: {why}; check that the database is there and that it may be "
            "written"
        ) from error


def place_of(spec: JobSpec) -> str:
    """Jobs of one place take turns: they work on the same video of the same project."""
    return f"{spec.project}#{spec.video}"


def job_of(row: sa.Row[Any], state: State, position: int) -> Job:
    """A row of the ledger as a `Job`."""
    return Job(
        id=row.id,
        spec=JobSpec.of(json.loads(row.spec)),
        state=state,
        done=row.done,
        total=row.total,
        fps=row.fps,
        eta=row.eta,
        message=row.message,
        log=tuple(json.loads(row.log)),
        created=row.created,
        position=position,
        frame=row.frame,
        engine=row.engine,
    )
