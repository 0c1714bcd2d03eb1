"""What `doctor` says of published weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from masklet.core import DataError
from masklet.models.foundation import fits
from masklet.models.foundation.catalogue import CATALOGUE, entry
from masklet.verbs.doctor import doctor


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def room(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    monkeypatch.setattr(fits, "room", lambda: fits.Room("cpu", "cpu", int(gigabytes * 1e9)))


def weights() -> dict[str, tuple[bool, str]]:
    return {one.name: (one.ok, one.note) for one in doctor() if one.part == "weights"}


def test_every_set_of_weights_has_a_line_and_the_command_that_fetches_it(monkeypatch):
    room(monkeypatch, 16)
    told = weights()
    assert list(told) == list(CATALOGUE)
    for name, (ok, note) in told.items():
        assert not ok
        assert f"not here ({entry(name).megabytes} MB; masklet models pull {name})" in note


def test_weights_that_are_here(hub, monkeypatch):
    room(monkeypatch, 16)
    folder = hub / "models--facebook--sam2.1-hiera-tiny" / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "sam2_video"}))
    save_file({"a": np.zeros(3, np.float32)}, folder / "model.safetensors")
    ok, note = weights()["sam2-tiny"]
    assert ok
    assert note.startswith("here (156 MB); takes ")
    assert "objects in 1080p" in note


def test_more_memory_holds_more_objects(monkeypatch):
    counts = []
    for gigabytes in (4, 8, 16):
        room(monkeypatch, gigabytes)
        note = weights()["sam2-tiny"][1]
        counts.append(int(note.partition(" objects in 1080p")[0].split()[-1]))
    assert counts[0] < counts[1] < counts[2]


def test_too_little_memory_is_said(hub, monkeypatch):
    room(monkeypatch, 1)
    assert all(not ok and "does not fit, takes " in note for ok, note in weights().values())


def test_the_table_is_printed():
    ran = subprocess.run([sys.executable, "-m", "masklet", "doctor"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    table = ran.stdout.partition("weights:\n")[2]
    assert all(f" {name} " in table for name in CATALOGUE)


def test_no_folder_to_save_in():
    with pytest.raises(DataError, match="nowhere is no folder"):
        doctor("nowhere")
