"""`masklet track` killed with SIGKILL at random moments goes on to the result of an undisturbed run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import masklet
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 2, size_wh=(160, 120), n_frames=260, seed=11)
MASKLET = [sys.executable, "-c", "from masklet.cli.main import run; run()"]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "scene.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    seeds = SCENE.truth(tails="none", frames=range(120, 121))
    masklet.write(seeds, path.with_name("seeds.parquet"))
    return path


def command(film: Path, out: Path) -> list[str]:
    seeds = str(film.with_name("seeds.parquet"))
    return [*MASKLET, "track", str(film), "--masks", seeds, "--engine", "flow", "--out", str(out)]


def test_killed_runs_end_like_an_undisturbed_one(film: Path, tmp_path: Path) -> None:
    env = os.environ | {"MASKLET_CACHE": str(tmp_path / "cache")}
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    began = time.monotonic()
    subprocess.run(command(film, whole), check=True, capture_output=True, env=env)
    lasts = time.monotonic() - began
    chance = random.Random(5)
    kills = 0
    for _ in range(6):
        running = subprocess.Popen(
            command(film, broken), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
        )
        time.sleep(chance.uniform(0.15, 0.4) * lasts)
        running.send_signal(signal.SIGKILL)
        kills += running.wait() == -signal.SIGKILL
        _check_store_opens(broken / "project.masklet")
    assert kills >= 2
    subprocess.run(command(film, broken), check=True, capture_output=True, env=env)
    a, b = (masklet.read(folder / "masks.parquet") for folder in (whole, broken))
    assert len(a.frames) == SCENE.n_frames
    assert a.replace(steps=(), step=np.int16(-1)) == b.replace(steps=(), step=np.int16(-1))


def _check_store_opens(path: Path) -> None:
    if not path.exists():
        return
    with Project.open(path) as project:
        assert project.faults() == []
        rows = project.masks().load()
        assert rows.take(rows.trusted).frames.tolist() in ([], [120])


def test_ctrl_c_keeps_what_is_done(film: Path, tmp_path: Path) -> None:
    env = os.environ | {"MASKLET_CACHE": str(tmp_path / "cache")}
    running = subprocess.Popen(
        command(film, tmp_path / "out"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        text=True,
    )
    project = tmp_path / "out" / "project.masklet"
    while running.poll() is None and not _has_chunk(project):
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert "the same command goes on" in errors.splitlines()[-1]
    assert _has_chunk(project)


def _has_chunk(path: Path) -> bool:
    if not path.exists():
        return False
    with Project.open(path, readonly=True) as project:
        return bool(project.runs.keys())
