"""What `doctor` says of published weights."""

from __future__ import annotations

import importlib.util
import json
import re
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
    assert note.startswith("here (0 MB); takes ")
    assert "fits about" in note
    assert "objects in 1080p" in note


@pytest.mark.parametrize(
    ("repo", "model_type", "said"),
    [
        ("facebook--sam2.1-hiera-tiny", "bert", "cannot be used: .* of type 'bert'; sam2-tiny takes"),
        ("IDEA-Research--grounding-dino-tiny", "grounding-dino", "cannot be used: .*has no tokenizer"),
    ],
)
def test_weights_that_cannot_be_used_are_not_called_here(hub, monkeypatch, repo, model_type, said):
    room(monkeypatch, 16)
    folder = hub / f"models--{repo}" / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    save_file({"a": np.zeros(3, np.float32)}, folder / "model.safetensors")
    found = [(name, note) for name, (ok, note) in weights().items() if re.match(said, note) and not ok]
    assert len(found) == 1
    ran = masklet("models", "list")
    assert ran.returncode == 0
    assert "cannot be used: " in ran.stdout


@pytest.mark.parametrize("said", [b"", b"\xff"])
def test_a_cache_that_cannot_be_read_has_a_line_like_any_other(hub, said):
    pointer = hub / "models--facebook--sam2.1-hiera-tiny" / "refs" / "main"
    pointer.parent.mkdir(parents=True)
    pointer.write_bytes(said)
    for verb in (["doctor"], ["models", "list"]):
        ran = masklet(*verb)
        assert ran.returncode == 0, ran.stderr
        assert "not here" in [one for one in ran.stdout.splitlines() if "sam2-tiny " in one][-1]


def test_a_torch_that_does_not_load_is_said(tmp_path, monkeypatch):
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise ImportError('libcudart.so: no such file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ran = masklet("doctor")
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    torch = next(one for one in lines if " torch " in one)
    assert torch.split()[0] == "NO"
    assert "does not load (libcudart.so: no such file)" in torch
    assert all("NO" in one.split() for one in lines if " sam2-tiny " in one)


def test_engines_without_their_libraries_cannot_be_used(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        "masklet.verbs.doctor.find_spec", lambda name: None if name == "timm" else there(name)
    )
    found = {one.part: one for one in doctor() if one.name == "edgetam"}
    assert set(found) == {"engine", "segmenter", "weights"}
    assert not any(one.ok for one in found.values())
    assert all("needs timm" in one.note and "pip install timm" in one.note for one in found.values())
    assert all(one.ok for one in doctor() if one.name == "sam2-tiny" and one.part == "engine")


def test_the_figures_of_what_fits_can_be_followed(monkeypatch):
    room(monkeypatch, 16)
    note = weights()["sam2-tiny"][1]
    least, more = map(float, re.search(r"takes (\S+) GB, (\S+) GB for an object more", note).groups())
    count = int(re.search(r"fits about (\d+) objects in 1080p", note)[1])
    assert count == pytest.approx(1 + (16 * fits.USABLE - least) / more, rel=0.05)
    assert note.endswith("(extrapolated beyond 16)") == (count > 16)


def test_the_list_says_the_other_names():
    assert "sam2 stands for sam2-small; grounding-dino stands for" in masklet("models", "list").stdout


def masklet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "masklet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


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
