"""One part from its jobs to its printed tables."""

from __future__ import annotations

from masklet.core.errors import MaskletError
from propagation_parts import tables
from propagation_parts.bench import Bench
from propagation_parts.part import AbsentError, Figures, Job, Part, Record, part
from propagation_parts.results import Results


def run(name: str, bench: Bench, results: Results, *, resume: bool, report: bool) -> list[str]:
    """Print the tables of a part, each row as soon as it is there; what failed is returned.

    With `resume` rows that `results` holds are not computed again; with `report` none is computed.
    """
    one, failed = part(name), []
    print(f"\n## {one.TITLE}\n\n{one.NOTE}\n", flush=True)
    records: list[Record] = []
    try:
        for job in one.jobs(bench):
            record = results.get(name, job.key) if resume or report else None
            if record is None and not report:
                record = _computed(name, job, results, failed)
            if record is not None:
                _show(one, record, first=not records)
                records.append(record)
    except AbsentError as missing:
        print(f"left out: {missing}", flush=True)
    except MaskletError as error:
        failed.append(f"{name}: {error}")
    _close(one, [record.figures for record in records], results)
    if records:
        print(f"\nMade: {'; '.join(_makings(records))}.", flush=True)
    return failed


def _computed(name: str, job: Job, results: Results, failed: list[str]) -> Record | None:
    """The job's row, kept; None where masklet refuses, which is told and leaves the other rows be."""
    try:
        return results.put(name, job.key, job.work())
    except MaskletError as error:
        failed.append(f"{name}, {job.key}: {error}")
        return None


def _show(one: Part, record: Record, first: bool) -> None:
    """A row under its headings; of a part without columns, what it printed."""
    if not one.COLUMNS:
        print(record.figures["printed"], flush=True)
        return
    if first:
        print(tables.head(one.COLUMNS))
    print(tables.line(one.COLUMNS, record.figures), flush=True)


def _close(one: Part, rows: list[Figures], results: Results) -> None:
    """What follows from all rows: below them, or as tables of its own."""
    for table in filter(lambda table: table.rows, one.summary(rows, results)):
        goes_on = table.columns is one.COLUMNS and bool(rows)
        if not goes_on:
            print(f"\n{tables.head(table.columns)}")
        for figures in table.rows:
            print(tables.line(table.columns, figures, strong=goes_on), flush=True)


def _makings(records: list[Record]) -> list[str]:
    """How many rows were made by which code, when, on what; and how busy the machine was."""
    loads: dict[str, list[float]] = {}
    for made in (record.made for record in records if record.made):
        where = f"{made['processor']}, {made['threads']} threads"
        loads.setdefault(f"commit {made['commit']}, {made['date']}, {where}", []).append(made["load"])
    return [
        f"{len(seen)} row{'s' * (len(seen) > 1)} by {making}, load {min(seen):g} to {max(seen):g}"
        for making, seen in loads.items()
    ]
