"""Frames of the training set are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation_kit import block, case, table
from masklet.core import DataError
from masklet.evaluation.leaks import read_training

CASE = case(*[table({(frame, 1): block(2, 2, 9, 9) for frame in range(6)})] * 2)


def manifest(folder: Path, *blocks: tuple[int, int], name: str = "v", content_hash: str = "") -> Path:
    path = folder / "run.json"
    video = {"name": name, "content_hash": content_hash, "blocks": blocks}
    path.write_text(json.dumps({"format": "masklet-training", "version": 1, "videos": [video]}))
    return path


def test_learnt_frames_are_refused(tmp_path: Path) -> None:
    training = read_training(manifest(tmp_path, (0, 2), (5, 9)))
    with pytest.raises(DataError, match=r"v: 3 of 6 judged frames were in the training set .* 0 to 5"):
        training.check(CASE, allow=False)
    assert training.check(CASE, allow=True).startswith("3 of 6 judged frames")


@pytest.mark.parametrize(("blocks", "name"), [([(6, 90)], "v"), ([(0, 6)], "other"), ([], "v")])
def test_others_are_not(tmp_path: Path, blocks: list[tuple[int, int]], name: str) -> None:
    assert read_training(manifest(tmp_path, *blocks, name=name)).check(CASE, allow=False) == ""


def test_contents_decide_before_names(tmp_path: Path) -> None:
    training = read_training(manifest(tmp_path, (0, 6), content_hash="abc"))
    assert training.check(CASE, allow=True)  # the video's own hash is not known: the name decides


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not the manifest of a training run"),
        ('{"format": "masklet-training", "version": 2, "videos": []}', "is not the manifest"),
        ('{"format": "masklet-training", "version": 1, "videos": [{"name": "v"}]}', "video 0 is not"),
        ('{"format": "masklet-training", "version": 1, "videos": [3]}', "video 0 is not understood"),
    ],
)
def test_what_is_no_manifest(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_training(path)


def test_no_manifest_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        read_training(tmp_path / "none.json")
