"""Networks from folders: every tensor comes from the files, or the folder is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from foundation_kit import save_edgetam, save_sam2, save_sam3
from masklet.core import DataError, UsageError
from masklet.models.foundation import configs, loading, sizes, weights
from words_kit import save_grounding

CPU, F32 = torch.device("cpu"), torch.float32


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sam2(tmp_path_factory.mktemp("weights") / "sam2")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(whole, tmp_path / "sam2"))


def spoil(folder: Path, change) -> None:
    tensors = load_file(folder / weights.SINGLE)
    change(tensors)
    save_file(tensors, folder / weights.SINGLE, metadata={"format": "pt"})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_tensor_is_the_file_s(whole, dtype):
    network = loading.load("sam2-video", whole, CPU, dtype)
    stored = load_file(whole / weights.SINGLE)
    own = network.state_dict()
    assert type(network).__name__ == "Sam2VideoModel"
    assert own.keys() >= stored.keys()
    assert all(torch.equal(own[name], value.to(dtype)) for name, value in stored.items())
    assert not network.training
    assert not any(one.requires_grad for one in network.parameters())


@pytest.fixture(scope="module")
def concepts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_sam3(tmp_path_factory.mktemp("weights") / "sam3")


SAM3 = {
    "sam3-tracker": {
        "vision_encoder.backbone.": "detector_model.vision_encoder.backbone.",
        "vision_encoder.neck.": "tracker_neck.",
        "": "tracker_model.",
    },
    "sam3-concepts": {"": "detector_model."},
}
"""How the tensors of each network are called in the file of both."""


@pytest.mark.parametrize("kind", SAM3)
@pytest.mark.parametrize("doubled", [True, False])
def test_one_folder_of_sam3_holds_two_networks(concepts, tmp_path, kind, doubled):
    """`save_pretrained` doubles a prefix where a tensor lies directly in the tracker; both are read."""
    stored = load_file(concepts / weights.SINGLE)
    plain = {
        name.replace("tracker_model.tracker_model.", "tracker_model."): one
        for name, one in stored.items()
    }
    assert plain.keys() != stored.keys()
    folder = concepts
    if not doubled:
        folder = Path(shutil.copytree(concepts, tmp_path / "sam3"))
        save_file(plain, folder / weights.SINGLE, metadata={"format": "pt"})
    loading.forget()
    network = loading.load(kind, folder, CPU, F32)
    for name, value in network.state_dict().items():
        start = next(one for one in SAM3[kind] if name.startswith(one))
        assert torch.equal(value, plain[SAM3[kind][start] + name.removeprefix(start)]), name


@pytest.mark.parametrize("kinds", [tuple(SAM3), tuple(SAM3)[::-1]])
def test_both_networks_of_sam3_see_with_one(concepts, kinds):
    loading.forget()
    one, other = (loading.load(kind, concepts, CPU, F32) for kind in kinds)
    assert one.vision_encoder.backbone is other.vision_encoder.backbone
    assert one.vision_encoder.neck is not other.vision_encoder.neck
    loading.forget()


@pytest.mark.parametrize("kind", SAM3)
@pytest.mark.parametrize("prefix", ["detector_model.vision_encoder.backbone.", "{}_model."])
def test_half_of_sam3_is_refused(concepts, tmp_path, kind, prefix):
    folder = Path(shutil.copytree(concepts, tmp_path / "sam3"))
    mine = {"sam3-tracker": "tracker", "sam3-concepts": "detector"}[kind]
    name = next(
        one for one in sorted(load_file(folder / weights.SINGLE)) if one.startswith(prefix.format(mine))
    )
    spoil(folder, lambda tensors: tensors.pop(name))
    with pytest.raises(DataError, match=r"1 of \d+ tensors missing"):
        loading.load(kind, folder, CPU, F32)


@pytest.mark.parametrize("kind", ["grounding-dino", "mm-grounding-dino"])
def test_detectors_of_words(tmp_path, kind):
    folder = save_grounding(tmp_path / kind, kind)
    stored = load_file(folder / weights.SINGLE)
    own = loading.load(kind, folder, CPU, F32).state_dict()
    assert all(torch.equal(own[name], value) for name, value in stored.items() if name in own)
    assert len(own.keys() & stored.keys()) > 100
    name = next(one for one in sorted(stored) if "decoder.layers.0" in one)
    spoil(folder, lambda tensors: tensors.pop(name))
    with pytest.raises(DataError, match=r"1 of \d+ tensors missing, such as"):
        loading.load(kind, folder, CPU, F32)


def test_edgetam_on_another_backbone_loads(tmp_path):
    network = loading.load("edgetam-video", save_edgetam(tmp_path / "e"), CPU, F32)
    assert type(network).__name__ == "EdgeTamVideoModel"


def test_two_are_kept_and_changed_files_are_read_again(folder):
    loading.forget()
    one = loading.load("sam2-video", folder, CPU, F32)
    assert loading.load("sam2-video", folder, CPU, F32) is one
    half = loading.load("sam2-video", folder, CPU, torch.bfloat16)
    assert half is not one
    assert loading.load("sam2-video", folder, CPU, F32) is one
    spoil(folder, lambda tensors: tensors["no_object_pointer"].add_(1))
    assert loading.load("sam2-video", folder, CPU, F32) is not one
    loading.forget()


def test_another_kind_names_its_engine(whole, tmp_path):
    with pytest.raises(UsageError, match=r"type 'sam2_video'; edgetam-video takes .* are for sam2"):
        loading.load("edgetam-video", whole, CPU, F32)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("no_object_pointer"), "1 of .* tensors missing, such as no_object_pointer"),
        (
            lambda t: t.update(no_object_pointer=torch.zeros(1, 7)),
            "1 of another shape, such as no_object_pointer",
        ),
        (lambda t: t["no_object_pointer"].fill_(torch.nan), "not finite .1 tensors, such as no_obj"),
    ],
)
def test_tensors_that_would_be_random_are_refused(folder, change, said):
    spoil(folder, change)
    with pytest.raises(DataError, match=said):
        loading.load("sam2-video", folder, CPU, F32)


def test_weights_of_another_model_under_this_config(folder, tmp_path):
    other = save_edgetam(tmp_path / "e")
    shutil.copy(other / weights.SINGLE, folder / weights.SINGLE)
    with pytest.raises(DataError, match=r"do not fit its config.json: \d+ of \d+ tensors missing"):
        loading.load("sam2-video", folder, CPU, F32)


def test_numbers_too_large_for_half_precision(folder):
    spoil(folder, lambda tensors: tensors["no_object_pointer"].fill_(1e6))
    with pytest.raises(DataError, match="another precision than fp16"):
        loading.load("sam2-video", folder, CPU, torch.float16)


def test_repvit_says_what_it_needs(tmp_path):
    folder = save_edgetam(tmp_path / "e")
    config = json.loads((folder / weights.CONFIG).read_text())
    config["vision_config"]["backbone_config"] = {
        "model_type": "timm_wrapper",
        "architecture": "repvit_m1.dist_in1k",
    }
    (folder / weights.CONFIG).write_text(json.dumps(config))
    if all(__import__("importlib.util").util.find_spec(one) for one in ("timm", "torchvision")):
        pytest.skip("timm and torchvision are installed here")
    with pytest.raises(UsageError, match=r"timm's repvit_m1.* needs timm and torchvision.*sam2-tiny"):
        loading.load("edgetam-video", folder, CPU, F32)


def test_nothing_is_printed(whole, capfd):
    loading.forget()
    loading.load("sam2-video", whole, CPU, F32)
    assert capfd.readouterr() == ("", "")


CONFIG_LIES = {
    "image_size 256": {"image_size": 256},
    "image_size 0": {"image_size": 0},
    "image_size 130": {"image_size": 130},
    "image_size text": {"image_size": "x"},
    "feature sizes": {"vision_config": {"backbone_feature_sizes": [[8, 8], [4, 4], [2, 2]]}},
    "rope": {"memory_attention_rope_feat_sizes": [4, 4]},
    "heads 7": {"mask_decoder_config": {"num_attention_heads": 7}},
    "heads 0": {"mask_decoder_config": {"num_attention_heads": 0}},
    "memories text": {"num_maskmem": "7"},
    "memories null": {"num_maskmem": None},
    "pointers": {"max_object_pointers_in_encoder": 10**9},
    "no pointers": {"max_object_pointers_in_encoder": 0},
    "given frames": {"max_cond_frame_num": 10**9},
    "vision text": {"vision_config": "x"},
    "backbone text": {"vision_config": {"backbone_config": "timm"}},
    "backbone list": {"vision_config": {"backbone_config": [1]}},
    "quantized": {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}},
}


def lie(folder: Path, said: dict) -> None:
    config = json.loads((folder / weights.CONFIG).read_text())
    for key, value in said.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            config[key].update(value)
        else:
            config[key] = value
    (folder / weights.CONFIG).write_text(json.dumps(config))


@pytest.mark.parametrize("said", CONFIG_LIES.values(), ids=CONFIG_LIES)
def test_a_configuration_that_cannot_run_is_refused(folder, said):
    lie(folder, said)
    key, value = next(iter(said.items()))
    with pytest.raises(
        DataError,
        match=next(iter(value)) if isinstance(value, dict) and key != "quantization_config" else key,
    ) as caught:
        loading.load("sam2-video", folder, CPU, F32)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("sam2-video", {"memory_attention_num_layers": 1}),
        ("sam3-tracker", {"tracker_config": {"memory_attention_num_layers": 1}}),
    ],
)
def test_layers_that_the_configuration_leaves_out_are_refused(whole, concepts, tmp_path, kind, said):
    source = whole if kind == "sam2-video" else concepts
    folder = Path(shutil.copytree(source, tmp_path / "w"))
    lie(folder, said)
    with pytest.raises(
        DataError, match=r"\d+ tensors of layers that it does not name, such as .*layers\.1\."
    ):
        loading.load(kind, folder, CPU, F32)


def test_fewer_layers_of_a_detector_of_words(tmp_path):
    folder = save_grounding(tmp_path / "g", "grounding-dino")
    config = json.loads((folder / weights.CONFIG).read_text())
    layers = config["encoder_layers"]
    lie(folder, {"encoder_layers": layers - 1})
    with pytest.raises(DataError, match="tensors of layers that it does not name"):
        loading.load("grounding-dino", folder, CPU, F32)


@pytest.mark.parametrize("name", sizes.SIZES)
def test_published_configurations_are_within_bounds(name):
    configs.check(sizes.config(name), Path())
