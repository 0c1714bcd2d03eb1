"""Published weights from the Hugging Face hub into its cache, going on where a download broke off.

The hub's own client throws a broken download away. Here each large file grows under a name of its own
among the blobs of the cache, is checked by length and hash, and takes its place; the client then finds
it there and lays out the rest.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, BinaryIO

from masklet.core import DataError
from masklet.core.atomic import cannot_write
from masklet.core.registry import require
from masklet.models.foundation import weights
from masklet.models.foundation.catalogue import MODEL_TYPES, Entry

WANTED = ("*.json", "*.txt", "*.model", "LICENSE*", "model*.safetensors")
"""Files of a repository that are fetched, by name; folders inside it are left."""
_LARGE = 1 << 20
Report = Callable[[str, int, int], None]
"""Told (what, megabytes done, megabytes in all)."""


@dataclass(frozen=True)
class _File:
    """One file of a repository: its name, its length in bytes, the name of its blob in the cache."""

    name: str
    size: int
    blob: Path


def fetch(wanted: Entry, report: Report | None = None) -> Path:
    """Download weights into the cache, or what is left of them; the folder where they lie.

    Raises `DataError` without network, without room on the disk, where access has not been granted,
    and where what arrives is not what the hub announced. What has arrived stays for the next call.
    """
    require("huggingface_hub", "foundation", "masklet models pull")
    with _explained(wanted), _quiet():
        revision, files = _listing(wanted)
        _check_room(wanted, files)
        for one in files:
            if one.size >= _LARGE and not _there(one):
                _grow(wanted, revision, one, _teller(wanted, files, one, report))
        path = _lay_out(wanted, files)
    lacking = weights.missing(path)
    if lacking:
        raise DataError(f"what the hub has under {wanted.repo} cannot be used: {lacking}")
    weights.expect(path, MODEL_TYPES[wanted.family], wanted.name)
    return path


def _listing(wanted: Entry) -> tuple[str, list[_File]]:
    """The newest revision and its files that are wanted, with the lengths that the hub gives."""
    from huggingface_hub import HfApi

    try:
        info = HfApi(endpoint=_endpoint()).model_info(wanted.repo, files_metadata=True)
        siblings, revision = list(info.siblings or ()), str(info.sha)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _not_a_hub(wanted, f"{type(error).__name__}: {error}") from error
    files = [_file(wanted, one) for one in siblings if _is_wanted(str(one.rfilename))]
    if not re.fullmatch("[0-9a-f]{40}", revision):
        raise _not_a_hub(wanted, f"revision {revision!r}")
    if not any(one.name.endswith(".safetensors") for one in files):
        raise DataError(f"the hub has no {weights.SINGLE} under {wanted.repo}")
    return revision, files


def _is_wanted(name: str) -> bool:
    plain = not any(mark in name for mark in "/\\:")
    return plain and any(fnmatch(name, mark) for mark in WANTED)


def _file(wanted: Entry, told: Any) -> _File:
    """A file as the hub announces it; its hash, which names a blob on this disk, is only a hash."""
    name, size = str(told.lfs.sha256 if told.lfs else told.blob_id), told.size
    if not re.fullmatch("[0-9a-f]{64}" if told.lfs else "[0-9a-f]{40}", name):
        raise _not_a_hub(wanted, f"{told.rfilename} has the hash {name[:80]!r}")
    if not isinstance(size, int) or size < 0:
        raise _not_a_hub(wanted, f"{told.rfilename} has the length {size!r}")
    return _File(str(told.rfilename), size, weights.repo_folder(wanted) / "blobs" / name)


def _not_a_hub(wanted: Entry, found: str) -> DataError:
    said = " ".join(found.split())[:160]
    return DataError(
        f"what answers in place of the Hugging Face hub does not list the files of {wanted.repo} "
        f"({said}); perhaps the network first wants a login in a browser, or HF_ENDPOINT names another "
        f"server; then run masklet models pull {wanted.name} again"
    )


def _there(file: _File) -> bool:
    """Whether a blob lies in the cache as announced; one that does not is removed."""
    if not file.blob.exists():
        return False
    if _as_announced(file.blob, file):
        return True
    file.blob.unlink()
    return False


def _grow(wanted: Entry, revision: str, file: _File, told: Callable[[int], None]) -> None:
    """Bring one file to its full length and to its place; what has arrived stays on any error."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import WeakFileLock, build_hf_headers

    url = hf_hub_url(wanted.repo, file.name, revision=revision, endpoint=_endpoint())
    growing, headers = _growing(file), build_hf_headers()
    locks = weights.cache_folder() / ".locks" / weights.repo_folder(wanted).name
    for folder in (growing.parent, locks):
        folder.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(locks / f"{growing.name}.lock"):
        if _there(file):  # another pull brought it meanwhile
            return
        with growing.open("ab") as stream:
            there = stream.tell() if stream.tell() <= file.size else stream.truncate(0)
            counter: Any = _Counter(stream, told)
            http_get(url, counter, resume_size=there, headers=headers, expected_size=file.size)
        if not _as_announced(growing, file):
            growing.unlink()
            raise _damaged(wanted, file)
        growing.replace(file.blob)


def _lay_out(wanted: Entry, files: list[_File]) -> Path:
    """The snapshot, made by the hub's client; small files are fetched by it, and checked here."""
    from huggingface_hub import hf_hub_download

    for one in files:
        laid = Path(
            hf_hub_download(
                wanted.repo, one.name, cache_dir=weights.cache_folder(), endpoint=_endpoint()
            )
        )
        if laid.stat().st_size != one.size or (one.size < _LARGE and not _as_announced(laid, one)):
            laid.resolve().unlink()
            laid.unlink(missing_ok=True)
            raise _damaged(wanted, one)
    return laid.parent


def _damaged(wanted: Entry, file: _File) -> DataError:
    return DataError(f"{file.name} of {wanted.name} arrived damaged and was removed; pull it again")


class _Counter:
    """The stream that a download is written to; `told` hears its length after each piece."""

    def __init__(self, stream: BinaryIO, told: Callable[[int], None]) -> None:
        self._stream, self._told = stream, told

    def write(self, data: bytes) -> int:
        """Write, and tell."""
        written = self._stream.write(data)
        self._told(self._stream.tell())
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _teller(
    wanted: Entry, files: list[_File], growing: _File, report: Report | None
) -> Callable[[int], None]:
    """What to call with the length of the file that grows; the others count as they are."""
    before, total = _done([one for one in files if one is not growing]), sum(one.size for one in files)

    def told(size: int) -> None:
        if report:
            report(wanted.name, _mb(before + size), _mb(total))

    return told


def _growing(file: _File) -> Path:
    return file.blob.with_name(f"{file.blob.name}.masklet.incomplete")


def _done(files: list[_File]) -> int:
    """Bytes of these files that are on the disk."""
    total = 0
    for one in files:
        place = one.blob if one.blob.exists() else _growing(one)
        total += place.stat().st_size if place.exists() else 0
    return total


def _as_announced(path: Path, file: _File) -> bool:
    """Whether a file has the length and the hash that the hub names its blob by.

    That is the sha256 of large files, and the sha1 that git has of the others.
    """
    size = path.stat().st_size
    if size != file.size:
        return False
    found = hashlib.sha256() if len(file.blob.name) == 64 else hashlib.sha1(b"blob %d\0" % size)
    with path.open("rb") as stream:
        while piece := stream.read(_LARGE):
            found.update(piece)
    return found.hexdigest() == file.blob.name


def _check_room(wanted: Entry, files: list[_File]) -> None:
    folder = weights.cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    needed = sum(one.size for one in files) - _done(files)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"{wanted.name} needs {needed / 1e6:.0f} MB more in {folder}, where {free / 1e6:.0f} MB are "
            "free; free some space, or set HF_HOME to a folder on a larger disk"
        )


@contextmanager
def _explained(wanted: Entry) -> Iterator[None]:
    """Errors of the hub's client as ours, with what to do."""
    from huggingface_hub import errors
    from huggingface_hub.utils import OfflineModeIsEnabled

    try:
        yield
    except errors.GatedRepoError as error:
        raise DataError(
            f"{wanted.repo} is handed out on request ({wanted.licence}): ask for access on its page on "
            "the Hugging Face hub, run: hf auth login; then pull again"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise DataError(
            f"the hub has no repository {wanted.repo}, or does not show it to you"
        ) from error
    except OfflineModeIsEnabled as error:
        raise DataError(
            f"HF_HUB_OFFLINE is set, so {wanted.name} cannot be fetched; unset it, or without weights: "
            f"{weights.INSTEAD}"
        ) from error
    except errors.HfHubHTTPError as error:
        said = " ".join(str(error).split())[:200]
        raise DataError(f"the hub did not hand out {wanted.repo} ({said}); try again later") from error
    except OSError as error:
        if error.errno is not None and error.filename is not None:
            raise cannot_write(error.filename, error) from error
        raise _unreachable(wanted, error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("httpx", "httpx2", "httpcore"):
            raise
        raise _unreachable(wanted, error) from error


def _unreachable(wanted: Entry, error: Exception) -> DataError:
    said = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(
        f"the Hugging Face hub cannot be reached, or broke off ({said}); what has arrived is kept: run "
        f"masklet models pull {wanted.name} again where there is a network, or copy a folder with the "
        f"weights here and name it with --weights FOLDER; without weights: {weights.INSTEAD}"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """The hub's client draws no bars and says nothing; its settings are put back."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
        logging,
    )

    level, off = logging.get_verbosity(), are_progress_bars_disabled()
    logging.set_verbosity_error()
    disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if not off:
            enable_progress_bars()


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _mb(size: int) -> int:
    return round(size / 1e6)
