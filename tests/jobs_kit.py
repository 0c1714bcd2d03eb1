"""A small film in a project, a board beside it, and workers that can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from masklet.core import Masks
from masklet.jobs.board import Board
from masklet.jobs.spec import Job
from masklet.media.opening import open_media
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.testing import Scene

FILM = Scene("arena", 2, (160, 120), n_frames=200, seed=7)
LONG = 120.0
"""Seconds after which a test gives up: the machine may be busy."""


def shoot(path: Path, scene: Scene = FILM) -> Path:
    """The film as a file, or another one."""
    with VideoWriter(path, scene.size_wh, fps=scene.fps) as writer:
        for _, image in scene.frames():
            writer.write(image)
    return path


def project_of(film: Path, folder: Path, *frames: int) -> Path:
    """A project of the film with its truth on some frames."""
    path = folder / "project.masklet"
    truth = FILM.truth(tails="none")
    video = open_media(film).video
    with Project.create(path, video, truth.labels) as project:
        annotate(project, *frames)
    return path


def annotate(project: Project, *frames: int) -> None:
    """Put the truth of some frames into a project."""
    truth = FILM.truth(tails="none")
    rows = truth.take(np.isin(truth.frame, frames)).replace(checked=())
    project.masks().append(rows.replace(video=project.masks().video))


def rows_of(path: Path) -> Masks:
    with Project.open(path, readonly=True) as project:
        return project.masks().load().replace(steps=(), step=-1)


@contextmanager
def worker(url: str, name: str = "test") -> Iterator[subprocess.Popen[bytes]]:
    """A worker process of its own."""
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "masklet.jobs.worker"], stdin=subprocess.PIPE, env=env
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"db": url, "executor": name}).encode() + b"\n")
    process.stdin.close()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def until(board: Board, name: str, reached: Callable[[Job], bool]) -> Job:
    """The job as soon as it is as wanted."""
    end = time.monotonic() + LONG
    while not reached(job := board.job(name)):
        if time.monotonic() > end:
            raise AssertionError(f"not within {LONG} s: {job}")
        time.sleep(0.02)
    return job


def ended(job: Job) -> bool:
    return job.ended
