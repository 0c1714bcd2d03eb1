"""What a figure depends on beside data and code: the machine, its load, the day."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]


VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def use_threads(n: int) -> None:
    """Let OpenCV, numpy and torch work with so many threads; call it before they are imported."""
    for name in VARIABLES:
        os.environ[name] = str(n)
    import cv2

    cv2.setNumThreads(n)


def circumstances(threads: int) -> dict[str, Any]:
    """Day, machine, its load over the last minute, versions."""
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "commit": _commit(),
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """Short hash, with `+` where files that git knows have changed since."""
    ran = subprocess.run(
        ["git", "-C", str(REPO), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.strip() or "unknown"
