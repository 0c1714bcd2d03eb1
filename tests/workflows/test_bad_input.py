"""What people really type and have: one line, the right exit code, no traceback, no hang."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masklet.media.writer import VideoWriter
from masklet.testing.scenes import Scene

SCENE = Scene("arena", 1, size_wh=(96, 64), n_frames=12, seed=2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    with VideoWriter(folder / "good.mp4", SCENE.size_wh, fps=30) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    mask = np.zeros((64, 96), np.uint8)
    mask[20:40, 30:60] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    Image.fromarray(mask[:, :95]).save(folder / "narrow.png")
    Image.fromarray(np.zeros_like(mask)).save(folder / "nothing.png")
    ramp = np.linspace(0, 255, 96).astype(np.uint8)
    Image.fromarray(np.tile(ramp, (64, 1))).save(folder / "grey.png")
    (folder / "empty.mp4").touch()
    (folder / "words.mp4").write_text(
        "this is no video, it is a text that somebody gave a wrong name\n" * 50
    )
    (folder / "half.json").write_text('{"images": [')
    (folder / "folder").mkdir()
    return folder


def masklet(place: Path, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", "from masklet.cli.main import run; run()", *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=os.environ | {"MASKLET_CACHE": str(place / "cache")},
    )


CASES = [
    # what is typed, exit code, words that the one line must hold
    (["track", "no_such.mp4", "--masks", "mask.png@0"], 1, ["no_such.mp4"]),
    (["track", "empty.mp4", "--masks", "mask.png@0"], 1, ["empty.mp4", "empty"]),
    (["track", "words.mp4", "--masks", "mask.png@0"], 1, ["words.mp4"]),
    (["track", "folder", "--masks", "mask.png@0"], 1, ["folder"]),
    (["track", "mask.png", "--masks", "narrow.png@0"], 1, ["95x64", "96x64"]),
    (["track", "good.mp4", "--masks", "narrow.png@0"], 1, ["95x64", "96x64"]),
    (["track", "good.mp4", "--masks", "grey.png@0"], 1, ["grey.png"]),
    (["track", "good.mp4", "--masks", "nothing.png@0"], 1, ["nothing.png"]),
    (["track", "good.mp4", "--masks", "no_such.png@0"], 1, ["no_such.png"]),
    (["track", "good.mp4", "--masks", "half.json"], 1, ["half.json"]),
    (["track", "good.mp4", "--masks", "mask.png@12"], 2, ["12", "0..11"]),
    (["track", "good.mp4"], 2, ["--masks"]),
    (["track", "good.mp4", "--masks", "mask.png@0", "--engine", "magic"], 2, ["magic", "flow"]),
    (["track", "good.mp4", "--masks", "mask.png@0", "--direction", "up"], 2, ["up", "forward"]),
    (["track", "good.mp4", "--masks", "mask.png@0", "--frames", "5-99"], 2, ["99", "0..11"]),
    (["track", "good.mp4", "--masks", "mask.png@0", "--frames", "soon"], 2, ["soon"]),
    (["convert", "mask.png", "x.out"], 2, ["--to"]),
    (["convert", "words.mp4", "x.parquet"], 1, ["words.mp4"]),
    (["convert", "mask.png", "x", "--to", "word"], 2, ["word", "davis"]),
    (["convert", "mask.png", "x", "--to", "davis", "-o", "zzz"], 2, ["zzz", "NAME=VALUE"]),
    (["overlay", "good.mp4", "mask.png"], 2, ["--out"]),
    (["overlay", "good.mp4", "narrow.png", "--sheet", "s.png"], 1, ["95x64", "96x64"]),
    (["measure", "no_such.parquet"], 1, ["no_such.parquet"]),
    (["measure", "mask.png", "--scale", "-1"], 2, ["-1"]),
    (["demo", "--scene", "moon"], 2, ["moon", "arena-2"]),
    (["track", "good.mp4", "--masks", "mask.png@-1"], 2, ["-1", "0..11"]),
    (["track", "good.mp4", "--masks", "mask.png@0", "--out", ""], 2, ["--out"]),
    (["overlay", "good.mp4", "mask.png", "--out", "good.mp4"], 2, ["good.mp4", "another name"]),
    (["overlay", "good.mp4", "mask.png", "--sheet", "mask.png"], 2, ["mask.png", "another name"]),
    (["overlay", "good.mp4", "mask.png", "--out", "o.txt"], 2, ["o.txt", ".mp4"]),
    (["overlay", "good.mp4", "mask.png", "--sheet", "o.jpg"], 2, ["o.jpg", ".png"]),
    (["convert", "mask.png", "./mask.png", "--to", "png"], 2, ["mask.png", "another name"]),
    (["measure", "mask.png", "--out", "mask.png"], 2, ["mask.png", "another name"]),
    (["doctor", "good.mp4"], 1, ["good.mp4", "folder"]),
    (["demo", "--out", "."], 2, ["a folder of its own"]),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    CASES,
    ids=lambda v: " ".join(map(str, v)) if isinstance(v, list) else v,
)
def test_one_line_and_a_code(
    place: Path, tmp_path: Path, arguments: list[str], code: int, words: list[str]
) -> None:
    out = ["--out", str(tmp_path / "out")]
    extra = out if arguments[0] in ("track", "demo") and "--out" not in arguments else []
    ran = masklet(place, *arguments, *extra)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("masklet: ")
    assert "should not have happened" not in last
    for word in words:
        assert word in last
    assert not list((tmp_path / "out").glob(".*"))


def test_a_project_is_never_replaced_by_something_else(place: Path, tmp_path: Path) -> None:
    import masklet as package

    out = tmp_path / "out"
    arguments = ["--masks", "mask.png@0", "--engine", "flow", "--frames", "0-3", "--out", str(out)]
    assert masklet(place, "track", "good.mp4", *arguments).returncode == 0
    before = package.read(out / "project.masklet")
    project = str(out / "project.masklet")
    for arguments in (
        ["convert", str(out / "masks.parquet"), project, "--to", "coco"],
        ["convert", str(out / "masks.parquet"), project],
        ["measure", str(out / "masks.parquet"), "--out", project],
        ["demo", "--out", str(out)],
    ):
        ran = masklet(place, *arguments)
        assert ran.returncode in (1, 2), arguments
        assert "should not have happened" not in ran.stderr
    assert package.read(out / "project.masklet") == before


def test_masks_of_another_video_are_noted(place: Path, tmp_path: Path) -> None:
    other = Scene("arena", 1, size_wh=(96, 64), n_frames=12, seed=3)
    with VideoWriter(tmp_path / "other.mp4", other.size_wh, fps=30) as writer:
        for _, image in other.frames():
            writer.write(image)
    arguments = ["--masks", "mask.png@0", "--engine", "flow", "--frames", "0-3"]
    masklet(place, "track", "good.mp4", *arguments, "--out", str(tmp_path / "out"))
    made = str(tmp_path / "out/masks.parquet")
    ran = masklet(
        place, "overlay", str(tmp_path / "other.mp4"), made, "--sheet", str(tmp_path / "s.png")
    )
    assert "is it the right video?" in ran.stderr
    ran = masklet(place, "overlay", "good.mp4", made, "--sheet", str(tmp_path / "s.png"))
    assert "is it the right video?" not in ran.stderr


@pytest.mark.parametrize("size", [(5, 3), (1, 64), (33, 1)])
@pytest.mark.parametrize("engine", ["flow", "background"])
def test_tiny_pictures(tmp_path: Path, engine: str, size: tuple[int, int]) -> None:
    width, height = size
    chance = np.random.default_rng(3)
    (tmp_path / "film").mkdir()
    for i in range(6):
        picture = chance.integers(0, 255, (height, width, 3), np.uint8)
        Image.fromarray(picture).save(tmp_path / f"film/{i:02d}.png")
    mask = np.zeros((height, width), np.uint8)
    mask[: max(1, height // 2), : max(1, width // 2)] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    ran = masklet(
        tmp_path,
        "track",
        "film",
        "--masks",
        "mask.png@0",
        "--engine",
        engine,
        "--out",
        str(tmp_path / "o"),
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert "should not have happened" not in ran.stderr, ran.stderr


def test_unknown_verb_and_option_are_usage_errors(place: Path) -> None:
    for arguments in (["fly"], ["track"], ["track", "good.mp4", "--speed", "9", "--out", "o"]):
        ran = masklet(place, *arguments)
        assert ran.returncode == 2
        assert "Traceback" not in ran.stderr


def test_a_read_only_folder_and_a_file_in_the_way(place: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = masklet(
        place, "track", "good.mp4", "--masks", "mask.png@0", "--out", str(tmp_path / "file" / "out")
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    ran = masklet(place, "convert", "mask.png", "/proc/nothing/x.parquet")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "/proc/nothing" in ran.stderr


@pytest.fixture
def small_disk(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("no full disk to test on: mounting a small tmpfs is not allowed here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_full_disk(place: Path, small_disk: Path) -> None:
    for arguments in (
        [
            "track",
            "good.mp4",
            "--masks",
            "mask.png@0",
            "--engine",
            "flow",
            "--out",
            str(small_disk / "out"),
        ],
        [
            "overlay",
            "good.mp4",
            "mask.png",
            "--out",
            str(small_disk / "o.mp4"),
            "--sheet",
            str(small_disk / "s.png"),
        ],
    ):
        (small_disk / "fill").write_bytes(b"x" * 150_000)
        ran = masklet(place, *arguments)
        assert ran.returncode == 1, ran.stderr
        assert "Traceback" not in ran.stderr
        assert "full" in ran.stderr.splitlines()[-1]


def test_every_bad_file_of_the_set_is_refused_or_read(
    place: Path, shared_data: Path, tmp_path: Path
) -> None:
    """No traceback and no hang for any of them, as a video and as a mask."""
    for path in sorted((shared_data / "bad_input").iterdir()):
        for arguments in (
            ["track", str(path), "--masks", "mask.png@0"],
            ["track", "good.mp4", "--masks", f"{path}@0"],
        ):
            ran = masklet(place, *arguments, "--out", str(tmp_path / path.name / arguments[1][-8:]))
            assert ran.returncode in (1, 2), (path.name, ran.stderr)
            assert "Traceback" not in ran.stderr, ran.stderr
            assert "should not have happened" not in ran.stderr, ran.stderr
            assert ran.stderr.strip().splitlines()[-1].startswith("masklet: "), ran.stderr
