"""Looking into a file that somebody sent, in a process of its own that may be stopped.

    python -m masklet.web.probe FILE

prints one line of JSON: `{"error": TEXT}`, or `{}` where it is a video or picture that decodes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from masklet.core import DataError, MaskletError

PATIENCE = 120.0
"""Seconds; and one more for every 20 MB, since each byte is read once."""
_MEMORY = 8 << 30


def check(path: Path, name: str, patience: float = PATIENCE) -> None:
    """Raise `DataError` where the file is no video or picture, or where reading it does not end.

    Args:
        path: the file.
        name: what it is called for the person.
        patience: seconds.
    """
    limit = patience + path.stat().st_size / 20e6
    command = [sys.executable, "-m", "masklet.web.probe", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise DataError(
            f"{name!r} was not read in {limit:.0f} s; it may be damaged: play it with another program, "
            "or save it anew"
        ) from None
    try:
        error = json.loads(done.stdout.strip().rpartition("\n")[2]).get("error")
    except (ValueError, AttributeError):
        error = f"{name!r} makes the reader fail (exit {done.returncode}); it is damaged: save it anew"
    if error:
        raise DataError(error.replace(str(path), name))


def look(path: Path) -> str:
    """What is wrong with a file; empty where it decodes."""
    from masklet.media.opening import open_media

    try:
        media = open_media(path)
        media[0]
        media[media.video.n_frames - 1]
    except (MaskletError, OSError, MemoryError) as error:
        return str(error) or type(error).__name__
    return ""


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    _limit_memory()
    told = look(Path(sys.argv[1]))
    sys.stdout.write(json.dumps({"error": told} if told else {}) + "\n")
