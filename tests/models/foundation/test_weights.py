"""Folders of weights: found by name, whole or refused, known by their contents."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from masklet.core import DataError, UsageError
from masklet.models.foundation import catalogue, weights

SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def make(folder: Path, model_type: str = "sam2_video", shards: bool = False) -> Path:
    """A folder with config.json and two small tensors."""
    folder.mkdir(parents=True)
    (folder / weights.CONFIG).write_text(json.dumps({"model_type": model_type}))
    tensors = {"a": np.arange(6, dtype=np.float32), "b": np.ones((2, 3), np.float32)}
    if not shards:
        save_file(tensors, folder / weights.SINGLE)
        return folder
    for name, file in zip(tensors, SHARDS, strict=True):
        save_file({name: tensors[name]}, folder / file)
    table = {"weight_map": dict(zip(tensors, SHARDS, strict=True))}
    (folder / weights.INDEX).write_text(json.dumps(table))
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def in_cache(hub: Path, name: str, revision: str = "c0ffee") -> Path:
    repo = hub / f"models--{catalogue.entry(name).repo.replace('/', '--')}"
    (repo / "refs").mkdir(parents=True, exist_ok=True)
    (repo / "blobs").mkdir(exist_ok=True)
    (repo / "refs" / "main").write_text(revision)
    return make(repo / "snapshots" / revision)


def test_names_families_and_types_belong_together():
    for name, one in catalogue.CATALOGUE.items():
        assert one.name == name
        assert one.family in catalogue.MODEL_TYPES
        assert one.megabytes > 0
    assert catalogue.entry("sam2") is catalogue.CATALOGUE["sam2-small"]
    assert catalogue.entry("grounding-dino") is catalogue.CATALOGUE["grounding-dino-tiny"]


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("sam2-smal", "sam2-small"),
        ("SAM2-Large", "sam2-large"),
        ("groundingdino-base", "grounding-dino-base"),
    ],
)
def test_an_unknown_name_has_a_nearest(asked, near):
    with pytest.raises(UsageError, match=f"no weights are called '{asked}'; did you mean '{near}'"):
        weights.find(asked)


def test_the_cache_is_where_the_hub_s_client_has_it(monkeypatch):
    for name in ("HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert weights.cache_folder() == Path.home() / ".cache" / "huggingface" / "hub"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert weights.cache_folder() == Path("/x/huggingface/hub")
    monkeypatch.setenv("HF_HOME", "/h")
    assert weights.cache_folder() == Path("/h/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/c")
    assert weights.cache_folder() == Path("/c")


def test_the_snapshot_of_the_main_branch_is_taken(hub):
    other = in_cache(hub, "sam2-small", "older")
    main = in_cache(hub, "sam2-small", "newer")
    os.utime(other)
    assert weights.find("sam2-small") == main
    assert weights.find("sam2") == main
    (main.parents[1] / "refs" / "main").unlink()
    os.utime(other, (2**32, 2**32))
    assert weights.find("sam2") == other


def test_a_folder_with_shards_is_whole(tmp_path):
    folder = make(tmp_path / "w", shards=True)
    assert weights.find("sam2", str(folder)) == folder
    assert weights.size_of(folder) == sum((folder / one).stat().st_size for one in SHARDS)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sam2", r"184 MB\) with: masklet models pull sam2-small; .*--engine adapt"),
        ("sam3", r"grants access on request\) with: masklet models pull sam3;"),
        ("grounding-dino", "pull grounding-dino-tiny; .*points, boxes or masks: .*--engine adapt"),
    ],
)
def test_absent_weights_name_the_command_that_fetches_them(hub, name, said):
    with pytest.raises(DataError, match=said):
        weights.find(name)


def cut(folder: Path) -> None:
    file = folder / weights.SINGLE
    file.write_bytes(file.read_bytes()[:-5])


def blank(folder: Path) -> None:
    (folder / weights.SINGLE).write_bytes(b"\x00" * 4)


def garble(folder: Path) -> None:
    (folder / weights.SINGLE).write_bytes(b"\x08" + b"\x00" * 7 + b"no json!" + b"\x00" * 40)


def pickle_only(folder: Path) -> None:
    (folder / weights.SINGLE).rename(folder / "pytorch_model.bin")


def no_config(folder: Path) -> None:
    (folder / weights.CONFIG).unlink()


def broken_config(folder: Path) -> None:
    (folder / weights.CONFIG).write_text('{"model_type": ')


def untyped(folder: Path) -> None:
    (folder / weights.CONFIG).write_text("{}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (cut, r"model.safetensors is damaged or cut short \(\d+ of \d+ bytes\)"),
        (blank, r"damaged or cut short \(4 bytes\)"),
        (garble, "its header cannot be read"),
        (pickle_only, "only pytorch_model.bin, which is not read because opening it can run code"),
        (lambda folder: (folder / weights.SINGLE).unlink(), "no model.safetensors there"),
        (no_config, "no config.json there"),
        (broken_config, "config.json cannot be read"),
    ],
)
def test_a_folder_that_is_not_whole(tmp_path, change, said):
    folder = make(tmp_path / "w")
    change(folder)
    with pytest.raises(DataError, match=said):
        weights.find("sam2", str(folder))


def test_a_shard_is_missing(tmp_path):
    folder = make(tmp_path / "w", shards=True)
    (folder / SHARDS[1]).unlink()
    with pytest.raises(DataError, match=f"1 of 2 files with weights missing: {SHARDS[1]}"):
        weights.find("sam2", str(folder))


def test_an_index_without_files(tmp_path):
    folder = make(tmp_path / "w", shards=True)
    (folder / weights.INDEX).write_text("{}")
    with pytest.raises(DataError, match=r"index.json names no file"):
        weights.find("sam2", str(folder))


def test_a_download_that_was_broken_off_goes_on_with_the_same_command(hub):
    snapshot = in_cache(hub, "sam2-tiny")
    (snapshot / weights.SINGLE).unlink()
    (snapshot.parents[1] / "blobs" / "f00d.incomplete").write_bytes(bytes(3_000_000))
    with pytest.raises(DataError, match=r"not whole \(3 of 156 MB\).* goes on with: .* pull sam2-tiny"):
        weights.find("sam2-tiny")


def test_a_download_of_another_file_harms_nothing(hub):
    snapshot = in_cache(hub, "sam3")
    (snapshot / weights.CONFIG).write_text('{"model_type": "sam3_video"}')
    (snapshot.parents[1] / "blobs" / "f00d.incomplete").write_bytes(bytes(100))
    assert weights.find("sam3") == snapshot


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: shutil.rmtree(folder), "does not exist; expected the folder"),
        (
            lambda folder: (shutil.rmtree(folder), folder.write_text("x")),
            "is a file; expected the folder",
        ),
        (untyped, "config.json names no model_type"),
    ],
)
def test_folders_that_are_none(tmp_path, change, said):
    folder = make(tmp_path / "w")
    change(folder)
    with pytest.raises((DataError, UsageError), match=said):
        weights.find("sam2", str(folder))


@pytest.mark.parametrize(
    ("model_type", "name", "said"),
    [
        ("sam3_video", "sam2", "type 'sam3_video'; sam2 takes sam2_video; these weights are for sam3"),
        ("grounding-dino", "mm-grounding-dino", "takes mm-grounding-dino; .* are for grounding-dino"),
        ("bert", "sam3", "type 'bert'; sam3 takes sam3_video or sam3_tracker_video or sam3$"),
    ],
)
def test_another_kind_names_what_it_is_and_who_takes_it(tmp_path, model_type, name, said):
    folder = make(tmp_path / "w", model_type)
    with pytest.raises(UsageError, match=said):
        weights.find(name, str(folder))


def test_a_folder_above_the_weights_names_those_inside(tmp_path):
    make(tmp_path / "inner")
    make(tmp_path / "other")
    with pytest.raises(
        DataError, match="only in the folders inside: inner, other, and no folder called sam2-small"
    ):
        weights.find("sam2", str(tmp_path))


def test_the_digest_is_of_the_contents(tmp_path):
    one, other = make(tmp_path / "one"), make(tmp_path / "other")
    assert weights.digest(one) == weights.digest(other)
    assert len(weights.digest(one)) == 16
    content = bytearray((other / weights.SINGLE).read_bytes())
    content[-1] ^= 1
    (other / weights.SINGLE).write_bytes(content)
    assert weights.digest(one) != weights.digest(other)
    (one / weights.CONFIG).write_text('{"model_type": "sam2_video", "image_size": 512}')
    assert weights.digest(one) not in (weights.digest(other), weights.digest(make(tmp_path / "third")))


def test_the_digest_is_remembered(tmp_path, monkeypatch):
    folder = make(tmp_path / "w")
    for file in folder.iterdir():
        os.utime(file, (1e9, 1e9))
    first = weights.digest(folder)
    monkeypatch.setattr("masklet.core.content._hash_bytes", lambda path: pytest.fail("read again"))
    assert weights.digest(folder) == first


@pytest.mark.parametrize(
    "header",
    [
        json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, "5"]}}),
        json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 0.0]}}),
        json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": []}}),
        "[" * 100_000 + "]" * 100_000,
    ],
    ids=["text", "float", "none", "deep"],
)
def test_headers_that_are_none(tmp_path, header):
    folder = make(tmp_path / "w")
    raw = header.encode()
    (folder / weights.SINGLE).write_bytes(len(raw).to_bytes(8, "little") + raw)
    with pytest.raises(DataError, match="its header cannot be read"):
        weights.find("sam2", str(folder))


def test_the_home_of_nobody():
    with pytest.raises(DataError, match=r"~nobody-at-all/x names the home of nobody"):
        weights.find("sam2", "~nobody-at-all/x")


@pytest.mark.parametrize("said", [b"", b"\xff\xfe\x00", b"../../..", b"nobody"])
def test_a_pointer_that_names_nothing_is_passed_over(hub, said):
    snapshot = in_cache(hub, "sam2-tiny")
    (snapshot.parents[1] / "refs" / "main").write_bytes(said)
    assert weights.find("sam2-tiny") == snapshot


def of_size(folder: Path, blocks: list[int], embed: int) -> str:
    make(folder)
    backbone = {"blocks_per_stage": blocks, "embed_dim_per_stage": [embed << i for i in range(4)]}
    config = {"model_type": "sam2_video", "vision_config": {"backbone_config": backbone}}
    (folder / weights.CONFIG).write_text(json.dumps(config))
    return str(folder)


def test_another_published_size_is_refused_and_named(tmp_path):
    tiny, own = of_size(tmp_path / "t", [1, 2, 7, 2], 96), of_size(tmp_path / "o", [1, 2, 7, 2], 8)
    with pytest.raises(
        UsageError, match=r"weights of sam2-tiny, not of sam2-large; take --engine sam2-t"
    ):
        weights.find("sam2-large", tiny)
    assert weights.find("sam2-tiny", tiny) == weights.find("sam2", tiny) == Path(tiny)
    assert weights.find("sam2-large", own) == Path(own)


def test_a_detector_of_words_needs_its_vocabulary(tmp_path):
    folder = make(tmp_path / "g", "grounding-dino")
    with pytest.raises(DataError, match="has no tokenizer; expected one of"):
        weights.find("grounding-dino", str(folder))
    (folder / "vocab.txt").write_text("rat")
    assert weights.find("grounding-dino", str(folder)) == folder


@pytest.mark.parametrize("name", ["sam2", "edgetam"])
def test_remedies_fit_both_verbs(hub, name):
    with pytest.raises(
        DataError, match="masklet track --engine adapt, masklet segment --engine cut"
    ) as told:
        weights.find(name)
    assert "the folder that holds them with --weights FOLDER" in str(told.value)
    assert ("pip install timm torchvision" in str(told.value)) == (name == "edgetam")
