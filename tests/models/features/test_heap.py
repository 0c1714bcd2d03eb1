"""Memory of networks stays flat: what the allocator is told, and when it is left alone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from masklet.models.features import heap

CHURN = """
import resource
import numpy as np
import masklet.models.features

rng, faults = np.random.default_rng(0), []
for k in range(60):
    arrays = [np.ones(int(size), np.uint8) for size in rng.integers(1 << 18, 1 << 24, 24)]
    del arrays
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(faults[-1] - faults[20])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is what is told")
def test_memory_of_one_frame_is_kept_for_the_next() -> None:
    """New pages asked of the system while large arrays come and go."""
    done = subprocess.run([sys.executable, "-c", CHURN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20_000, "left to itself, glibc asks for two hundred thousand"


def test_settings_of_the_user_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "2")
    assert heap.steady_heap() is False


def test_a_c_library_without_the_function_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: object())
    assert heap.steady_heap() is False
