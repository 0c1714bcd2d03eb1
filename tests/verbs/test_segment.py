"""`masklet.segment` and prompts in `masklet.track`, through Python and the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import masklet
from masklet import DataError, Masks, Origin, Prompt, UsageError
from masklet.media.writer import VideoWriter
from masklet.ops.overlap import iou_runs
from masklet.ops.runs import decode
from masklet.ops.table import boxes
from masklet.testing import Scene
from masklet.testing.fakes import ThresholdSegmenter
from masklet.verbs.prompts import pointings

SCENE = Scene("arena", 2, (192, 144), n_frames=12, seed=7, coats=("black", "brown"))
TRUTH = SCENE.truth(tails="none")


def box_text(frame: int, row: int) -> str:
    return ",".join(map(str, boxes(TRUTH.on(frame))[row].tolist()))


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from masklet.cli.main import run; run()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("segment")
    Image.fromarray(SCENE[0]).save(folder / "first.png")
    with VideoWriter(folder / "film.mp4", SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    return folder


def test_boxes_to_masks_on_the_command_line(place: Path, tmp_path: Path) -> None:
    ran = run(
        *("segment", place / "first.png", "--overlay", tmp_path / "look.png"),
        *("--out", tmp_path / "both.json", "--to", "coco"),
        *("--box", f"{box_text(0, 0)}:left", "--box", f"{box_text(0, 1)}:right"),
    )
    assert ran.returncode == 0, ran.stderr
    assert "left 1: " in ran.stdout
    assert "right 2: " in ran.stdout
    assert len(json.loads((tmp_path / "both.json").read_text())["annotations"]) == 2
    drawn, plain = np.array(Image.open(tmp_path / "look.png")), np.array(Image.open(place / "first.png"))
    assert drawn.shape == plain.shape
    assert (drawn != plain).any()


def test_a_png_is_the_mask(place: Path, tmp_path: Path) -> None:
    with pytest.warns(masklet.LossWarning):
        rows = masklet.segment(
            place / "first.png", pointings([box_text(0, 0)]), out=tmp_path / "mask.png", label="rat"
        )
    assert rows.labels[0].name == "rat"
    written = np.array(Image.open(tmp_path / "mask.png")) > 0
    assert (written == decode(rows.row_runs(0), SCENE.size_wh)).all()
    assert iou_runs(rows.row_runs(0), TRUTH.on(0).row_runs(0)) > 0.6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--box", "1,1,9,9"], "nothing to write"),
        (["--out", "x.png"], "nothing is asked for"),
        (["--box", "500,1,900,9", "--out", "x.png"], "lies outside of the picture"),
        (["--point", "500,1", "--out", "x.png"], "is not in the picture; the picture is 192 x 144"),
        (["--box", "1,1,9,9@3", "--out", "x.png"], "a prompt is on frame 3"),
        (["--box", "1,1,9", "--out", "x.png"], "expected X0,Y0,X1,Y1"),
        (["--box", "1,1,9,9", "--out", "first.png"], "is read and cannot be written"),
        (["--box", "1,1,9,9", "--out", "x.png", "--engine", "none"], "no segmenter is called 'none'"),
    ],
)
def test_bad_calls_are_one_line(
    place: Path, arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    ran = run("segment", "first.png", *arguments)
    assert ran.returncode in (1, 2)
    assert said in ran.stderr
    assert ran.stderr.strip().count("\n") == 0
    assert not (place / "x.png").exists()


def test_nothing_found_is_an_error() -> None:
    dark = np.zeros((40, 60, 3), np.uint8)
    with pytest.raises(DataError, match=r"point 5,5 on frame 0 gives an empty mask for object 1"):
        masklet.segment(dark, pointings(points=["5,5"]), segmenter=ThresholdSegmenter())


def test_tracking_starts_from_a_box_and_is_corrected_by_another(place: Path, tmp_path: Path) -> None:
    def go(**how: object) -> Masks:
        return masklet.track(place / "film.mp4", out=tmp_path, engine="flow", **how).masks  # type: ignore[arg-type]

    rows = go(prompts=pointings([f"{box_text(0, 0)}@0:left", f"{box_text(0, 1)}@0:right"]))
    assert rows.frames.tolist() == list(range(12))
    assert [label.name for label in rows.labels] == ["left", "right"]
    first = rows.on(0)
    assert (first.origin == Origin.PROMPTED).all()
    assert first.trusted.all()
    step = first.steps[first.step[0]]
    assert step.verb == "segment"
    assert step.model.startswith("cut/")
    assert step.weights
    assert (rows.on(5).origin == Origin.PROPAGATED).all()

    again = go(prompts=pointings([f"{box_text(6, 1)}@6:right"]))
    assert again.on(6).origin.tolist() == [Origin.PROPAGATED, Origin.PROMPTED]
    assert np.array_equal(again.on(0).runs, first.runs)
    assert again.on(0).origin.tolist() == first.origin.tolist()
    with pytest.raises(UsageError, match=r"fits objects 1 \(left\), 2 \(right\)"):
        go(prompts=pointings(points=["5,5@3"]))


def test_a_point_refines_the_mask_that_is_there(place: Path, tmp_path: Path) -> None:
    class Recorder:
        def __init__(self) -> None:
            self.asked: list[Prompt] = []

        def segment(self, image, prompts=None) -> Masks:
            self.asked += prompts
            return ThresholdSegmenter(threshold=0).segment(image, prompts)

    recorder = Recorder()
    seeds = TRUTH.take(TRUTH.frame == 0)
    masklet.track(
        place / "film.mp4",
        seeds.replace(video=masklet.open_media(place / "film.mp4").video),
        prompts=pointings(points=["50,50@0:1"]),
        segmenter=recorder,
        out=tmp_path,
        engine="flow",
        frames="0-2",
    )
    (asked,) = recorder.asked
    assert asked.mask is not None
    assert (asked.mask == decode(seeds.row_runs(0), SCENE.size_wh)).all()


def test_the_same_prompts_again_change_nothing(place: Path, tmp_path: Path) -> None:
    def go(*points: str, **how: object) -> Masks:
        asked = pointings([f"{box_text(0, 0)}:left"], points)
        how = {"engine": "flow", "frames": "0-3"} | how
        return masklet.track(place / "film.mp4", prompts=asked, out=tmp_path, **how).masks  # type: ignore[arg-type]

    def revision() -> int:
        with masklet.Project.open(tmp_path / "project.masklet", readonly=True) as project:
            return project.masks().revision

    x0, y0, x1, y1 = boxes(TRUTH.on(0))[1].tolist()
    spot = f"{(x0 + x1) // 2},{(y0 + y1) // 2}:right"
    first, before = go(spot), revision()
    assert go(spot) == first
    assert revision() == before
    more = go(spot, f"{x0 + 2},{y0 + 2}:right")
    assert revision() > before
    assert np.array_equal(more.on(0).row_runs(0), first.on(0).row_runs(0))
    before = revision()
    assert go(f"{x0 + 2},{y0 + 2}:right", spot) == more  # in another order it is the same prompt
    assert revision() == before
    other = go(spot, f"{x0 + 2},{y0 + 2}:right", segmenter=ThresholdSegmenter(threshold=0))
    assert other.on(0) != more.on(0)


@pytest.mark.parametrize("text", ["1,1,9,9@99", "1,1,9,9@12"])
def test_frames_that_are_not_there(place: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"has frames 0\.\.11"):
        masklet.track(place / "film.mp4", prompts=pointings([text]), out=tmp_path, engine="flow")
    assert not (tmp_path / "project.masklet").exists()


def test_pixels_of_other_truth_stay_theirs(place: Path, tmp_path: Path) -> None:
    media = masklet.open_media(place / "film.mp4")
    seeds = TRUTH.take((TRUTH.frame == 0) & (TRUTH.object_id == 1)).replace(video=media.video)
    rows = masklet.track(
        media,
        seeds,
        prompts=[Prompt(0, 2, "other", box=(0, 0, 192, 144))],
        segmenter=ThresholdSegmenter(threshold=0),
        out=tmp_path,
        engine="flow",
        frames="0-1",
    ).masks.on(0)
    masks = [decode(rows.row_runs(i), SCENE.size_wh) for i in range(2)]
    assert (masks[0] == decode(seeds.row_runs(0), SCENE.size_wh)).all()
    assert (masks[1] == ~masks[0]).all()
