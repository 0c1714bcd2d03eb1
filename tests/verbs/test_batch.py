"""Many videos at a time: each job ends by itself, whatever becomes of the others."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

import masklet
from masklet.core import UsageError
from masklet.media.writer import VideoWriter
from masklet.testing.scenes import Scene
from masklet.verbs.batch import THREADS, Job, Outcome, _few_threads, _Running, batch, read_jobs


def film(folder: Path, seed: int) -> tuple[str, str]:
    """A short film and its first frame's masks."""
    scene = Scene("arena", size_wh=(160, 120), n_frames=24, seed=seed)
    path = folder / f"film{seed}.mp4"
    with VideoWriter(path, scene.size_wh, fps=scene.fps) as writer:
        for _, image in scene.frames():
            writer.write(image)
    seeds = folder / f"film{seed}.parquet"
    masklet.write(scene.truth(tails="none", frames=range(1)), seeds)
    return str(path), str(seeds)


def test_jobs_end_by_themselves_and_come_back_in_order(tmp_path: Path) -> None:
    films = [film(tmp_path, seed) for seed in (1, 2)]
    rows = [f"{video},{masks},out{k}" for k, (video, masks) in enumerate(films)]
    table = tmp_path / "jobs.csv"
    table.write_text("\n".join(["video,masks,out", rows[0], "none.mp4,none.png,out9", rows[1]]) + "\n")
    told: list[tuple[Outcome, int, int]] = []
    outcomes = batch(table, processes=2, progress=lambda *one: told.append(one))
    assert [outcome.job.out.name for outcome in outcomes] == ["out0", "out9", "out1"]
    assert sorted(done for _, done, _ in told) == [1, 2, 3]
    assert "none.mp4" in (outcomes[1].error or "")
    for outcome in (outcomes[0], outcomes[2]):
        assert outcome.error is None
        assert outcome.engine
        assert outcome.rows == len(masklet.read(outcome.job.out / "masks.parquet")) == 24


def test_a_process_that_is_killed_says_so(tmp_path: Path) -> None:
    job = Job("nothing.mp4", ("nothing.png",), tmp_path / "out")
    running = _Running.of(multiprocessing.get_context("spawn"), job)
    running.process.kill()
    running.process.join()
    assert "ended with code -9" in (running.outcome().error or "")


def test_processes_share_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS[0], "7")
    monkeypatch.delenv(THREADS[1], raising=False)
    with _few_threads(3):
        assert os.environ[THREADS[0]] == os.environ[THREADS[1]] == "3"
    assert os.environ[THREADS[0]] == "7"
    assert THREADS[1] not in os.environ


def test_a_table_names_paths_from_where_it_lies(tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(
        "video, masks, out, quality, label\n"
        "a.mp4, a.png@0; b.png@90, runs/a, fast, rat\n"
        "rtsp://127.0.0.1/x, /m.xml, /o, ,\n"
    )
    first, second = read_jobs(table)
    masks = (str(tmp_path / "a.png@0"), str(tmp_path / "b.png@90"))
    assert first == Job(
        str(tmp_path / "a.mp4"), masks, tmp_path / "runs/a", label="rat", options={"quality": "fast"}
    )
    assert second == Job("rtsp://127.0.0.1/x", ("/m.xml",), Path("/o"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("video,masks\na,b\n", "expected video, masks, out"),
        ("video,masks,out,speed\na,b,c,d\n", "speed"),
        ("", "columns none"),
        ("video,masks,out\na.mp4,,c\n", "line 2: no masks"),
        ("video,masks,out\na,b,c\nd,e,c\n", "jobs 1 and 2 both write"),
        ("video,masks,out\n", "no jobs"),
    ],
)
def test_tables_that_make_no_sense_are_refused_before_anything_begins(
    tmp_path: Path, text: str, said: str
) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text(text)
    with pytest.raises(UsageError, match=said):
        batch(table)
    assert list(tmp_path.iterdir()) == [table]


def test_a_file_with_a_semicolon_in_its_name_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "a;b.png").touch()
    table = tmp_path / "jobs.csv"
    table.write_text("video,masks,out\na.mp4,a;b.png@3,x\na.mp4,a;b.png,y\na.mp4,a;c.png,z\n")
    names = [[Path(one).name for one in job.masks] for job in read_jobs(table)]
    assert names == [["a;b.png@3"], ["a;b.png"], ["a", "c.png"]]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a file"):
        batch(tmp_path / "nothing.csv")
    with pytest.raises(UsageError, match="0 processes"):
        batch([Job("a", ("b",), tmp_path)], processes=0)
