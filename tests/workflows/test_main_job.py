"""The main job on real data, as a person would do it, through the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import masklet
from masklet.core import Flags
from masklet.evaluation.region import evaluate_jf


def run(*arguments: str | Path) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", "from masklet.cli.main import run; run()", *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_demo(tmp_path: Path) -> None:
    from masklet.verbs.demo import demo

    made = demo(tmp_path, scene="arena-2", engine="background")
    assert len(made.asked) == 1
    assert made.mean_j >= 0.85
    assert made.mean_j >= made.before_j - 0.01
    assert {"overlay", "contact sheet", "masks", "measures"} <= made.files.keys()
    assert all(path.exists() for path in made.files.values())


def test_dog_from_one_frame_to_davis_pngs(shared_data: Path, tmp_path: Path) -> None:
    davis = shared_data / "davis2016_val"
    frames, masks = davis / "JPEGImages/480p/dog", davis / "Annotations/480p/dog"
    run("track", frames, "--masks", masks / "00000.png", "--engine", "flow", "--out", tmp_path / "out")
    found = masklet.read(tmp_path / "out/masks.parquet")
    assert found.frames.tolist() == list(range(60))
    run("convert", tmp_path / "out/masks.parquet", tmp_path / "png", "--to", "davis")
    names = sorted(path.name for path in (tmp_path / "png").rglob("*.png"))
    assert names == [f"{i:05d}.png" for i in range(60)]
    first = np.array(Image.open(next((tmp_path / "png").rglob("00000.png"))))
    truth = np.array(Image.open(masks / "00000.png"))
    assert ((first > 0) == (truth > 127)).all()
    truth_masks = masklet.read(masks, masklet.open_media(frames).video)
    assert evaluate_jf(found, truth_masks, skip_frames=[0]).mean_j > 0.3


@pytest.fixture(scope="module")
def rat(shared_data: Path) -> Path:
    return shared_data / "rat_cage/annotations_cvat_video_1.1.xml"


def test_rat_cage_there_and_back(rat: Path, tmp_path: Path) -> None:
    run("convert", rat, tmp_path / "rat.masklet")
    run("convert", tmp_path / "rat.masklet", tmp_path / "again.xml", "--to", "cvat-video")
    before, after = masklet.read_all(rat)[0], masklet.read_all(tmp_path / "again.xml")[0]
    assert len(after) == len(before) == 6075
    assert np.count_nonzero(after.flags & Flags.KEYFRAME) == 1092
    for column in ("frame", "track_id", "label_id", "kind", "points", "offset", "flags", "z_order"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    assert before.labels == after.labels
    assert [dict(a) for a in before.attributes] == [dict(a) for a in after.attributes]


def test_rat_cage_to_pixels(rat: Path, tmp_path: Path) -> None:
    run("convert", rat, tmp_path / "coco.json", "--to", "coco")
    run("convert", rat, tmp_path / "ytvis.json", "--to", "ytvis")
    truth = np.array(Image.open(rat.with_name("frame_000000_1920x1080_mask.png"))) > 127
    for name in ("coco.json", "ytvis.json"):
        masks = masklet.read(tmp_path / name)
        assert len(masks) == 6075
        from masklet.ops.runs import decode

        mine = decode(masks.row_runs(0), (1920, 1080))
        assert (mine & truth).sum() / (mine | truth).sum() >= 0.98
