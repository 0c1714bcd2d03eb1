"""Damaged files of every format: an error of masklet's own or a result, nothing else."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats_kit import GOLDEN, without_loss
from formats_matrix import SUFFIX, example
from masklet.core import MaskletError
from masklet.formats.files import identify, read, write

FORMATS = ("parquet", "cvat-video", "cvat-images", "coco", "ytvis", "labelme", "png", "davis", "yolo")
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.floats(-1e9, 1e9), max_size=9),
)


def survives(path: Path, name: str, media: bool) -> None:
    """Reading ends in a result or in one of masklet's errors, on one line."""
    video = example().video if media else None
    for call in (lambda: read(path, video, name), lambda: identify(path)):
        said = without_loss(lambda call=call: error_of(call))
        assert "\n" not in said


def error_of(call: Callable[[], object]) -> str:
    """What masklet says of a call that fails; nothing when it does not."""
    try:
        call()
    except MaskletError as error:
        return str(error)
    return ""


def a_file_of(path: Path) -> Path:
    return path if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())[0]


@pytest.fixture(scope="module", params=FORMATS)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    name = request.param
    path = tmp_path_factory.mktemp("fuzz") / f"good{SUFFIX.get(name, '')}"
    without_loss(lambda: write(example(), path, name))
    return name, path


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), media=st.booleans())
def test_bytes_that_were_changed(written: tuple[str, Path], seed: int, media: bool) -> None:
    name, good = written
    rng = random.Random(seed)
    bad = good.with_name(f"bad{good.suffix}")
    shutil.copytree(good, bad, dirs_exist_ok=True) if good.is_dir() else shutil.copy(good, bad)
    target = a_file_of(bad)
    data = bytearray(target.read_bytes())
    for _ in range(rng.choice([1, 3, 20])):
        at = rng.randrange(len(data))
        how = rng.randrange(4)
        if how == 0:
            data[at] = rng.randrange(256)
        elif how == 1:
            data[at : at + rng.randrange(1, 9)] = b""
        elif how == 2:
            data[at:at] = bytes(
                rng.choice(b'0123456789-{}[]",:.<>/') for _ in range(rng.randrange(1, 5))
            )
        else:
            del data[at:]
        if not data:
            data = bytearray(b"\x00")
    target.write_bytes(bytes(data))
    survives(bad, name, media)


def mutated(value: Any, rng: random.Random, new: Any) -> Any:
    """A copy of a JSON value where one place, chosen at random, holds something else or nothing."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        key = rng.choice(sorted(value))
        kept = dict(value)
        if rng.random() < 0.1:
            del kept[key]
        else:
            kept[key] = mutated(kept[key], rng, new)
        return kept
    if isinstance(value, list) and value and rng.random() < 0.95:
        at = rng.randrange(len(value))
        return [*value[:at], mutated(value[at], rng, new), *value[at + 1 :]]
    return new


JSONS = {
    "coco": "coco_all_ways.json",
    "ytvis": "ytvis_two_videos.json",
    "labelme": "labelme_kinds.json",
    "sav": "sav_small.json",
}


@pytest.mark.parametrize(("name", "file"), JSONS.items())
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), new=VALUES, media=st.booleans())
def test_values_that_were_changed(
    name: str, file: str, tmp_path_factory: pytest.TempPathFactory, seed: int, new: Any, media: bool
) -> None:
    data = mutated(json.loads((GOLDEN / file).read_text()), random.Random(seed), new)
    path = tmp_path_factory.mktemp("json") / file
    path.write_text(json.dumps(data))
    survives(path, name, media)


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="0123456789 .-+einfax\n\t", max_size=80))
def test_yolo_lines_of_any_kind(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("yolo") / "00000.txt"
    path.write_text(text)
    survives(path, "yolo", media=True)


@settings(max_examples=60, deadline=None)
@given(counts=st.text(alphabet=[chr(i) for i in range(40, 120)], max_size=30))
def test_run_lengths_as_any_text(tmp_path_factory: pytest.TempPathFactory, counts: str) -> None:
    data = json.loads((GOLDEN / "coco_all_ways.json").read_text())
    data["annotations"] = [
        data["annotations"][2] | {"segmentation": {"size": [5, 10], "counts": counts}}
    ]
    path = tmp_path_factory.mktemp("rle") / "x.json"
    path.write_text(json.dumps(data))
    survives(path, "coco", media=False)


REAL = (
    ("coco", "labelme_instances/annotations.json"),
    ("labelme", "labelme_instances/data_annotated/2011_000006.json"),
    ("ytvis", "ytvis_json/cocovid_vis_ann.json"),
    ("yolo", "coco128_seg/labels/000000000009.txt"),
    ("davis", "cutie_judo/masks/00008.png"),
    ("png", "nuclei_stardist/mask2d.tif"),
)


@pytest.mark.parametrize(("name", "file"), REAL)
def test_real_files_cut_and_scratched(name: str, file: str, shared_data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    good = (shared_data / file).read_bytes()
    path = tmp_path / Path(file).name
    for share in (0.0, 0.01, 0.3, 0.99):
        path.write_bytes(good[: int(len(good) * share)])
        survives(path, name, media=False)
    for _ in range(12):
        at = int(rng.integers(0, len(good)))
        path.write_bytes(good[:at] + rng.bytes(3) + good[at + 3 :])
        survives(path, name, media=False)
