"""Folders of published weights: where they lie, whether they are whole, what they are.

A folder is one as `save_pretrained` of transformers writes it: config.json beside model.safetensors,
or beside several such files and model.safetensors.index.json. It is named, or it is the snapshot of a
repository in the cache of the Hugging Face hub. Nothing here asks the network or imports torch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from masklet.core import DataError, UsageError
from masklet.core.content import content_hash
from masklet.models.foundation.catalogue import ALIASES, MODEL_TYPES, Entry, entry, published_as

CONFIG = "config.json"
SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENS = ("tokenizer.json", "vocab.txt", "vocab.json")
"""Files of which one holds the vocabulary of a network that takes words."""
INSTEAD = "masklet track --engine adapt, masklet segment --engine cut"
"""What runs without published weights."""
_WORDS = ("grounding-dino", "mm-grounding-dino")


def find(name: str, folder: str = "") -> Path:
    """The folder with the weights that `name` stands for: `folder`, or their place in the cache.

    `folder` may also hold folders of several weights, each named as in the catalogue.

    Raises `UsageError` for an unknown name, and `DataError` where there are no weights (with the
    command that brings them), where they are not whole, or where they are another model's.
    """
    wanted = entry(name)
    path = inside(home(folder), name) if folder else cached(wanted)
    if path is None:
        raise DataError(f"the weights of {wanted.name} are not on this machine; {_remedy(wanted)}")
    if not path.is_dir():
        found = "is a file" if path.exists() else "does not exist"
        raise DataError(
            f"{path} {found}; expected the folder that holds {CONFIG} and {SINGLE} of {wanted.name}"
        )
    lacking = missing(path)
    if lacking:
        if not folder:
            raise DataError(_half(wanted, path, lacking))
        unnamed = "" if (path / CONFIG).is_file() else f", and no folder called {wanted.name}"
        raise DataError(f"{path}: {lacking}{unnamed}")
    expect(path, MODEL_TYPES[wanted.family], name)
    _expect_size(path, name)
    if wanted.family in _WORDS:
        expect_tokens(path)
    return path


def expect_tokens(path: Path) -> None:
    """Raise `DataError` where a folder has no vocabulary."""
    if not any((path / name).is_file() for name in TOKENS):
        raise DataError(
            f"{path} has no tokenizer; expected one of {', '.join(TOKENS)} beside the weights: fetch "
            "them again, all files"
        )


def _expect_size(path: Path, name: str) -> None:
    """Raise `UsageError` for another published size than the one named; networks of no size may be."""
    size = published_as(entry(name).family, config_of(path))
    if size and name not in ALIASES and size != name:
        raise UsageError(f"{path} holds the weights of {size}, not of {name}; take --engine {size}")


def home(folder: str) -> Path:
    """A folder as it was named, with `~` as the shell reads it. Raises `DataError` for `~nobody`."""
    try:
        return Path(folder).expanduser()
    except RuntimeError as error:
        raise DataError(f"{folder} names the home of nobody here; name the folder in full") from error


def inside(folder: Path, name: str) -> Path:
    """The folder in `folder` that is named after the weights, or `folder` where it has none such."""
    if (folder / CONFIG).is_file():
        return folder
    named = (folder / one for one in (name, entry(name).name))
    return next((one for one in named if one.is_dir()), folder)


def cache_folder() -> Path:
    """Where the Hugging Face hub's client keeps what it downloads, after its environment variables."""
    if named := os.environ.get("HF_HUB_CACHE"):
        return Path(named).expanduser()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HF_HOME") or Path(home) / "huggingface").expanduser() / "hub"


def repo_folder(wanted: Entry) -> Path:
    """The folder of a repository in the cache, whether it is there or not."""
    return cache_folder() / f"models--{wanted.repo.replace('/', '--')}"


def cached(wanted: Entry) -> Path | None:
    """The newest snapshot in the cache, which may be half downloaded; None where there is none."""
    repo = repo_folder(wanted)
    revision = _revision(repo / "refs" / "main")
    if revision and (repo / "snapshots" / revision).is_dir():
        return repo / "snapshots" / revision
    there = [one for one in repo.glob("snapshots/*") if one.is_dir()]
    return max(there, key=lambda one: one.stat().st_mtime, default=None)


def _revision(pointer: Path) -> str:
    """The revision that a file of the cache names; empty where it names none that can be read."""
    try:
        said = pointer.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):  # then the newest snapshot is taken
        return ""
    return said if said.isalnum() else ""


def missing(path: Path) -> str:
    """What a folder lacks to be whole, in words; empty where it is whole. Reads headers only."""
    if not (path / CONFIG).is_file():
        inner = sorted(one.parent.name for one in path.glob(f"*/{CONFIG}"))
        hint = f", only in the folders inside: {', '.join(inner[:12])}" if inner else ""
        return f"no {CONFIG} there{hint}"
    try:
        files = files_of(path)
    except DataError as error:
        return str(error)
    if not files:
        pickled = next(iter(sorted(path.glob("*.bin")) or sorted(path.glob("*.pt"))), None)
        if pickled:
            return (
                f"no {SINGLE} there, only {pickled.name}, which is not read because opening it can run "
                "code; save it again with save_pretrained"
            )
        return f"no {SINGLE} there"
    absent = [one.name for one in files if not one.is_file()]
    if absent:
        return f"{len(absent)} of {len(files)} files with weights missing: {', '.join(absent[:3])}"
    return next((fault for one in files if (fault := _damage(one))), "")


def files_of(path: Path) -> list[Path]:
    """The safetensors files that a folder has, or should have by its index; empty where none."""
    if (path / INDEX).is_file():
        shards = _json(path / INDEX).get("weight_map")
        if not isinstance(shards, dict) or not shards:
            raise DataError(f"{INDEX} names no file")
        return [path / one for one in sorted(set(map(str, shards.values())))]
    single = path / SINGLE
    return [single] if single.is_file() else []


def tensors_of(path: Path) -> list[str]:
    """Names of the tensors in the files of a whole folder."""
    return [name for one in files_of(path) for name in _header(one)]


def config_of(path: Path) -> dict[str, Any]:
    """What config.json says. Raises `DataError` where it cannot be read."""
    return _json(path / CONFIG)


def expect(path: Path, types: Sequence[str], purpose: str) -> None:
    """Raise `UsageError` where a folder holds another kind of model than `purpose` takes."""
    found = str(config_of(path).get("model_type", ""))
    if found in types:
        return
    what = f"{path} holds a model of type {found!r}" if found else f"{path}/{CONFIG} names no model_type"
    raise UsageError(f"{what}; {purpose} takes {' or '.join(types)}{_taker(found)}")


def digest(path: Path) -> str:
    """16 hex digits that change with the weights or their configuration, not with their place.

    Hashes of the files are remembered by size and time of change, so that only the first call reads.
    """
    total = sha256()
    for one in [path / CONFIG, *files_of(path)]:
        total.update(f"{one.name}:{content_hash(one)}\n".encode())
    return total.hexdigest()[:16]


def size_of(path: Path) -> int:
    """Bytes of the weights in a folder."""
    return sum(one.stat().st_size for one in files_of(path) if one.is_file())


def half_downloaded(wanted: Entry) -> int:
    """Bytes of a download into the cache that was broken off; 0 where there is none."""
    parts = (repo_folder(wanted) / "blobs").glob("*.incomplete")
    return sum(one.stat().st_size for one in parts)


def _remedy(wanted: Entry) -> str:
    """What to do where weights are not there."""
    instead = "start from points, boxes or masks" if wanted.family in _WORDS else "do without"
    gate = "; their owner grants access on request" if wanted.gated else ""
    needs = f" (and pip install {' '.join(wanted.needs)})" if wanted.needs else ""
    return (
        f"fetch them ({wanted.megabytes} MB{gate}) with: masklet models pull {wanted.name}{needs}; or "
        f"name the folder that holds them with --weights FOLDER; or {instead}: {INSTEAD}"
    )


def _half(wanted: Entry, path: Path, lacking: str) -> str:
    part = half_downloaded(wanted)
    there = f" ({part / 1e6:.0f} of {wanted.megabytes} MB)" if part else ""
    return (
        f"the weights of {wanted.name} in {path} are not whole{there}: {lacking}; the download goes on "
        f"with: masklet models pull {wanted.name}"
    )


def _taker(found: str) -> str:
    """Which engine takes a model of this type."""
    for family, types in MODEL_TYPES.items():
        if found in types:
            return f"; these weights are for {family}"
    return ""


def _damage(path: Path) -> str:
    """What is wrong with a safetensors file by its header and its length; empty where nothing is.

    The format: 8 bytes length of the header, the header as JSON, the tensors without gaps.
    """
    broken = f"{path.name} is damaged or cut short"
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > size - 8:
                return f"{broken} ({size} bytes)"
        ends = [one["data_offsets"][1] for one in _header(path).values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return f"{broken} (its header cannot be read)"
    if any(type(one) is not int for one in ends):
        return f"{broken} (its header cannot be read)"
    expected = 8 + length + max(ends, default=0)
    return f"{broken} ({size} of {expected} bytes)" if size != expected else ""


def _header(path: Path) -> dict[str, Any]:
    """What a safetensors file says of each of its tensors."""
    with path.open("rb") as stream:
        read = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return {key: one for key, one in read.items() if key != "__metadata__"}


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path.name} cannot be read ({error}); fetch the weights again") from error
    if not isinstance(read, dict):
        raise DataError(f"{path.name} holds no table; fetch the weights again")
    return read
