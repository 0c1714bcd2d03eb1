"""Published networks in miniature, saved and loaded as real ones are, through the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import foundation_kit as kit
import masklet
from masklet.core import Masks, Origin
from masklet.media.writer import VideoWriter
from masklet.testing import Scene

SIZE, FRAMES = (160, 120), 41
ENGINES = {"sam2": kit.save_sam2, "edgetam": kit.save_edgetam, "sam3": kit.save_sam3}


def run(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    ran = subprocess.run(
        [sys.executable, "-c", "from masklet.cli.main import run; run()", *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == code, ran.stderr
    return ran


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("arena", 2, SIZE, n_frames=FRAMES, seed=11, noise=1.0)


@pytest.fixture(scope="module")
def clip(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "arena.mp4"
    with VideoWriter(path, SIZE) as writer:
        for _, image in scene.frames():
            writer.write(image)
    return path


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def weights(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ENGINES[engine](tmp_path_factory.mktemp(engine))


def truth_file(scene: Scene, frames: list[int], path: Path) -> Path:
    rows = scene.truth(frames=range(FRAMES))
    chosen = rows.take(np.isin(rows.frame, frames)).replace(checked=())
    masklet.write(chosen, path)
    return path


def rows_at(masks: Masks, frame: int) -> list[tuple[int, bytes]]:
    here = masks.on(frame)
    return [(int(here.object_id[k]), here.row_runs(k).tobytes()) for k in range(len(here))]


def test_from_points_and_boxes_to_every_frame(
    engine: str, weights: Path, clip: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    call = ("track", clip, "--engine", engine, "--weights", weights, "--out", out)
    prompts = ("--point", "60,50@0:rat", "--box", "90,40,140,100@3:mouse")
    told = run(*call, *prompts)
    assert f"engine {engine}" in told.stderr
    found = masklet.read(out / "masks.parquet")
    assert {label.name for label in found.labels} == {"rat", "mouse"}
    assert np.count_nonzero(found.origin == Origin.PROMPTED) == 2
    assert len(found.frames) > FRAMES // 2
    run(*call, *prompts)
    again = masklet.read(out / "masks.parquet")
    assert np.array_equal(found.runs, again.runs)


def test_a_correction_changes_the_frames_between_its_neighbours_and_no_others(
    engine: str, weights: Path, clip: Path, scene: Scene, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    call = ("track", clip, "--engine", engine, "--weights", weights, "--out", out)
    run(*call, "--masks", truth_file(scene, [0, 10, 30], tmp_path / "three.parquet"))
    before = masklet.read(out / "masks.parquet")
    run(*call, "--masks", truth_file(scene, [20], tmp_path / "one.parquet"))
    after = masklet.read(out / "masks.parquet")
    changed = {at for at in range(FRAMES) if rows_at(before, at) != rows_at(after, at)}
    assert changed <= set(range(11, 30))
    assert {at for at in changed if at < 20}
    assert {at for at in changed if at > 20}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--engine", "sam2-smal"), 2, "did you mean"),
        (("--engine", "sam2-small"), 1, "masklet models pull sam2-small"),
        (("--engine", "sam2-small"), 1, "--engine adapt"),
        (("--engine", "adapt", "--weights", "w"), 2, "weights_dir"),
        (("--engine", "sam2", "--weights", "nowhere"), 1, "nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    told = run("track", clip, *arguments, "--point", "60,50", "--out", tmp_path / "o", code=code)
    assert says in told.stderr
    assert told.stderr.strip().count("\n") == 0
    assert not (tmp_path / "o" / "masks.parquet").exists()
