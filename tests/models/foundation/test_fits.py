"""What fits: the estimate lies above every measured peak, and its inverse is its inverse."""

from __future__ import annotations

import json

import pytest

from masklet.models.foundation import fits
from masklet.models.foundation.catalogue import CATALOGUE, entry

SIZES = {"1080p": (1920, 1080), "2160p": (3840, 2160)}
PEAKS = json.loads(fits.COSTS.read_text())["cpu"]["peaks"]
MEASURED = [
    (name, int(case.split()[0]), SIZES[case.split()[1]], peak)
    for name, peaks in PEAKS.items()
    for case, peak in peaks.items()
]


@pytest.mark.parametrize(("name", "objects", "size_wh", "peak"), MEASURED)
def test_no_measured_peak_lies_above_the_estimate(name, objects, size_wh, peak):
    estimate = fits.cost(name).needed(objects, size_wh)
    assert peak <= estimate + 1
    assert estimate <= 1.75 * peak  # most cases had four given frames, and a run has eight


def test_eight_given_frames_fit_into_the_estimate():
    """Measured with one object and four; with sixteen as much more is taken as four of them needed."""
    assert fits.cost("sam2-tiny").needed(1, (1920, 1080)) >= 1417e6
    assert fits.cost("sam2-tiny").needed(4, (1920, 1080)) >= 2547e6
    assert (
        fits.cost("sam2-tiny").needed(16, (1920, 1080)) >= PEAKS["sam2-tiny"]["16 1080p"] * 2547 / 2130
    )


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("gigabytes", [4, 8, 16, 32])
@pytest.mark.parametrize("size_wh", SIZES.values())
def test_as_many_objects_as_fit_and_not_one_more(name, gigabytes, size_wh):
    cost, usable = fits.cost(name), gigabytes * 1e9
    objects = cost.objects(size_wh, usable)
    if objects:
        assert cost.needed(objects, size_wh) <= usable
    if objects < fits.MANY:
        assert cost.needed(objects + 1, size_wh) > usable


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_network_takes_more_than_its_weights(name):
    cost = fits.cost(name)
    tracker = 0.5 if name == "sam3" else 1.0  # the detector of SAM 3 is not loaded for tracking
    assert cost.fixed > tracker * entry(name).megabytes * 1e6
    assert cost.needed(4, (3840, 2160)) > cost.needed(4, (1920, 1080))


def test_what_was_not_measured_is_likened(monkeypatch):
    peaks = {
        "sam2-tiny": {"1 1080p": 10**9, "4 1080p": 16 * 10**8},
        "grounding-dino-tiny": {"1 1080p": 2},
    }
    told = {"cpu": {"base": 10**8, "peaks": peaks}}
    monkeypatch.setattr(fits, "_costs", lambda: told)
    tiny, large, sam3 = (fits.cost(one) for one in ("sam2-tiny", "sam2-large", "sam3"))
    more = entry("sam2-large").megabytes - entry("sam2-tiny").megabytes
    assert tiny.needed(1, (1920, 1080)) == pytest.approx(1e9, rel=1e-6)
    assert large.needed(1, (1920, 1080)) - tiny.needed(1, (1920, 1080)) == pytest.approx(more * 1e6)
    assert sam3.fixed > large.fixed
    assert fits.cost("sam2-tiny", "cuda") == tiny


def test_the_memory_of_this_machine():
    here = fits.room()
    assert here.device in ("cpu", "cuda", "mps")
    assert fits.memory() > 10**8
    assert 0 < here.usable < here.total


def test_a_limit_of_the_container_counts(monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("123456789\n")
    monkeypatch.setattr(fits, "LIMIT", limit)
    assert fits.memory() == 123456789
    limit.write_text("max\n")
    assert fits.memory() > 123456789
