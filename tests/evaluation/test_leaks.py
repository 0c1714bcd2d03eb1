"""Frames of the training set are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation_kit import H, W, block, case, table
from masklet.core import DataError, Video
from masklet.evaluation.leaks import read_training

CASE = case(*[table({(frame, 1): block(2, 2, 9, 9) for frame in range(6)})] * 2)
HEAD = '{"format": "masklet-training", "version": 1, "videos": '


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


@pytest.mark.parametrize("name", ["v.mp4", "folder/v.mp4", "v"])
def test_names_meet_without_folder_and_suffix(tmp_path: Path, name: str) -> None:
    assert read_training(manifest(tmp_path, (0, 6), name=name)).check(CASE, allow=True)


def test_the_predictions_video_counts_as_well(tmp_path: Path) -> None:
    """The truth lies in pictures that know no contents; the prediction was made on the very video."""
    rows = {(frame, 1): block(2, 2, 9, 9) for frame in range(6)}
    seen = table(rows, Video("cage4.mp4", W, H, 6, content_hash="abc"))
    training = read_training(manifest(tmp_path, (0, 6), name="x", content_hash="abc"))
    assert training.check(case(seen, table(rows), name="truth"), allow=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "is not the manifest of a training run"),
        ('{"format": "masklet-training", "version": 2, "videos": []}', "is not the manifest"),
        ('{"format": "masklet-training", "version": 1, "videos": [{"name": "v"}]}', "video 0 is not"),
        ('{"format": "masklet-training", "version": 1, "videos": [3]}', "video 0 is not understood"),
        (HEAD + '[{"name": "v", "blocks": [[2, 0]]}]}', "a block ends before it begins"),
        (HEAD + '[{"name": "v", "blocks": [[0, 1e999]]}]}', "video 0 is not understood"),
        ("[" * 100_000, "is not JSON"),
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
