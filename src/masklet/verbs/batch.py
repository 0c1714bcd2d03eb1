"""Several videos, several processes: the main job, many times over."""

from __future__ import annotations

import csv
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path

from masklet.core import MaskletError, UsageError
from masklet.verbs.engines import Options

COLUMNS = ("video", "masks", "out", "engine", "label", "frames", "quality", "bars")
"""Of a table of jobs; the first three must be there."""
SEPARATOR = ";"
"""Between several mask files of one job; a file whose own name has it is taken whole."""
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Job:
    """One video to be tracked.

    Args:
        video: as for `track`.
        masks: annotated frames, as for `track`; `FILE@FRAME` for a single picture.
        out: folder for the project and the result, no other job's.
        engine, label, frames, options: as for `track`.
    """

    video: str
    masks: tuple[str, ...]
    out: Path
    engine: str = "auto"
    label: str | None = None
    frames: str | None = None
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Args:
        job: that one.
        engine: name of the engine that ran, and why; empty where it failed.
        rows: masks of the video afterwards.
        error: why it failed; None where it did not.
    """

    job: Job
    engine: str = ""
    rows: int = 0
    error: str | None = None


def batch(
    jobs: Iterable[Job] | str | Path,
    *,
    processes: int | None = None,
    progress: Callable[[Outcome, int, int], None] = lambda _outcome, _done, _total: None,
) -> list[Outcome]:
    """Track many videos, several at a time, each in a process of its own.

    A job that fails does not stop the others; a batch that was killed goes on where it was when it is
    run again, since every job does.

    Args:
        jobs: them, or the path of a CSV table with a row a job: columns video, masks (several
            separated by `;`), out, and, where wanted, engine, label, frames, quality, bars. Its paths
            begin where the table lies.
        processes: how many at a time; None = one for every two processor cores.
        progress: called when a job has ended, with (outcome, how many have ended, how many there are).

    Raises `UsageError` for tables and numbers that make no sense; before anything is begun.
    """
    listed = read_jobs(jobs) if isinstance(jobs, str | Path) else list(jobs)
    _check(listed)
    cores = os.cpu_count() or 1
    at_once = max(1, cores // 2) if processes is None else processes
    if at_once < 1:
        raise UsageError(f"{at_once} processes; expected 1 or more")
    found: dict[int, Outcome] = {}
    with _few_threads(max(1, cores // at_once)):
        for k, outcome in _ended(listed, at_once):
            found[k] = outcome
            progress(outcome, len(found), len(listed))
    return [found[k] for k in range(len(listed))]


def read_jobs(table: str | Path) -> list[Job]:
    """The jobs of a CSV table. Raises `UsageError` where it is not one."""
    path = Path(table)
    if not path.is_file():
        raise UsageError(
            f"{path} is not a file; expected a CSV table with columns {', '.join(COLUMNS[:3])}"
        )
    with path.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        names = [name.strip() for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS[:3] if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        if missing or unknown:
            raise UsageError(
                f"{path} has columns {', '.join(names) or 'none'}; expected {', '.join(COLUMNS[:3])} "
                f"and, where wanted, {', '.join(COLUMNS[3:])}"
            )
        reader.fieldnames = names
        return [_job(path, number, row) for number, row in enumerate(reader, 2)]


def _job(table: Path, line: int, row: dict[str, str | None]) -> Job:
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    empty = [name for name in COLUMNS[:3] if not cells[name]]
    if empty:
        raise UsageError(
            f"{table}, line {line}: no {empty[0]}; every job needs {', '.join(COLUMNS[:3])}"
        )
    base = table.parent
    return Job(
        _placed(base, cells["video"]),
        _files(base, cells["masks"]),
        Path(_placed(base, cells["out"])),
        cells["engine"] or "auto",
        cells["label"] or None,
        cells["frames"] or None,
        {name: cells[name] for name in ("quality", "bars") if cells[name]},
    )


def _files(base: Path, cell: str) -> tuple[str, ...]:
    """The mask files that a cell names."""
    from masklet.verbs.seeds import path_at

    whole = _placed(base, cell)
    if Path(path_at(whole)[0]).exists():
        return (whole,)
    return tuple(_placed(base, one.strip()) for one in cell.split(SEPARATOR) if one.strip())


def _placed(base: Path, path: str) -> str:
    """A path of a table, as seen from here; addresses of streams stay as they are."""
    return path if "://" in path else str(base / path)


def _check(jobs: Sequence[Job]) -> None:
    if not jobs:
        raise UsageError("no jobs; expected one or more")
    folders: dict[Path, int] = {}
    for number, job in enumerate(jobs, 1):
        first = folders.setdefault(job.out.resolve(), number)
        if first != number:
            raise UsageError(
                f"jobs {first} and {number} both write to {job.out}; give each a folder of its own"
            )


@contextmanager
def _few_threads(each: int) -> Iterator[None]:
    """New processes take so many threads each: those of several would only wait for each other."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, str(each)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _ended(jobs: Sequence[Job], at_once: int) -> Iterator[tuple[int, Outcome]]:
    """(number, outcome) of each job as it ends; what still runs is stopped with the caller."""
    context = multiprocessing.get_context("spawn")
    waiting, running = list(enumerate(jobs)), dict[int, _Running]()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, job = waiting.pop(0)
                running[number] = _Running.of(context, job)
            wait([one.process.sentinel for one in running.values()])
            for number in [k for k, one in running.items() if one.process.exitcode is not None]:
                yield number, running.pop(number).outcome()
    finally:
        for one in running.values():
            one.process.terminate()


@dataclass(frozen=True)
class _Running:
    """A job in a process of its own, so that not even its death touches the others."""

    job: Job
    process: SpawnProcess
    answer: Connection

    @classmethod
    def of(cls, context: SpawnContext, job: Job) -> _Running:
        """Begin a job."""
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(job, there), daemon=True)
        process.start()
        there.close()
        return cls(job, process, here)

    def outcome(self) -> Outcome:
        """Of the job, whose process has ended."""
        try:
            found: Outcome = self.answer.recv()
        except EOFError:
            code = self.process.exitcode
            return Outcome(self.job, error=f"its process ended with code {code}; run it again to go on")
        finally:
            self.answer.close()
        return found


def _run(job: Job, answer: Connection) -> None:
    """In a process of its own; Ctrl-C is for the one that began the batch."""
    from masklet.verbs.seeds import SeedFile, path_at
    from masklet.verbs.track import track

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        seeds = [SeedFile(Path(path), frame) for path, frame in map(path_at, job.masks)]
        tracked = track(
            job.video,
            seeds,
            out=job.out,
            engine=job.engine,
            label=job.label,
            frames=job.frames,
            options=job.options or None,
        )
    except (MaskletError, OSError, MemoryError) as error:
        answer.send(Outcome(job, error=str(error) or repr(error)))
    else:
        answer.send(Outcome(job, tracked.engine, len(tracked.masks)))
