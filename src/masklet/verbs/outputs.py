"""Checks on what a person asks to be written, made before any work is done."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from masklet.core import MediaSource, UsageError


def check_outputs(outputs: Iterable[str | Path], inputs: Iterable[object]) -> None:
    """Raise `UsageError` where an output is one of the inputs, or two outputs are one file.

    Inputs that are no paths are passed over; a `MediaSource` counts by its files.
    """
    read = [path for source in inputs for path in _paths(source)]
    written: list[Path] = []
    for output in map(Path, outputs):
        for path in read:
            if _same(output, path):
                raise UsageError(f"{output} is read and cannot be written as well; choose another name")
        if output.resolve() in written:
            raise UsageError(f"{output} is to be written twice; give each output its own name")
        written.append(output.resolve())


def check_reports(out: str | Path | None, html: str | Path | None, inputs: Iterable[object]) -> None:
    """Raise `UsageError` where a report's `.json` or `.html` has another suffix or is an input."""
    for path, suffix in ((out, ".json"), (html, ".html")):
        if path is not None:
            check_suffix(path, suffix)
    check_outputs([path for path in (out, html) if path is not None], inputs)


def check_suffix(path: str | Path, suffix: str) -> None:
    """Raise `UsageError` where a file to be written does not end as its contents will."""
    if Path(path).suffix.lower() != suffix:
        raise UsageError(f"{path} does not end in {suffix}; expected the name of {suffix[1:]} file")


def _paths(source: object) -> list[Path]:
    if isinstance(source, str | Path):
        return [Path(source)]
    if isinstance(source, MediaSource):
        return [Path(path) for path in getattr(source, "paths", ())] or [Path(source.video.uri)]
    return []


def _same(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return a.absolute() == b.absolute()
