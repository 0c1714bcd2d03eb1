"""Words to masks by SAM 3's detector: the definition of its published post-processing, and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foundation_kit import save_sam3
from masklet.core import DataError, UsageError
from masklet.models.foundation.concepts import Concepts
from masklet.models.foundation.images import SAM3, pixels
from masklet.ops.runs import decode, encode_crop
from words_kit import save_clip_tokenizer

CPU = torch.device("cpu")
IMAGE = np.random.default_rng(5).integers(0, 256, (90, 130, 3), np.uint8)
SIZE_WH = (130, 90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "sam3"
    save_sam3(path)
    return save_clip_tokenizer(path)


@pytest.fixture(scope="module")
def everything(folder: Path) -> Concepts:
    return Concepts(folder, CPU, threshold=0.0, overlap=1.0)


def _published(folder: Path, phrase: str) -> Any:
    """Scores, boxes and mask logits as the published processor makes them, plainly."""
    from dataclasses import replace

    from transformers import AutoTokenizer, Sam3Model

    network = Sam3Model.from_pretrained(folder).eval()
    side = network.config.vision_config.image_size
    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = tokenizer(phrase, padding="max_length", max_length=32, return_tensors="pt")
    image = pixels(IMAGE, replace(SAM3, size=(side, side)))
    with torch.no_grad():
        out = network(pixel_values=image, **words)
    scores = out.pred_logits.sigmoid() * out.presence_logits.sigmoid()
    boxes = out.pred_boxes[0] * torch.tensor([*SIZE_WH, *SIZE_WH])
    order = scores[0].argsort(descending=True, stable=True)
    return scores[0][order].numpy(), boxes[order].numpy(), out.pred_masks[0][order]


@pytest.mark.parametrize("phrase", ["rat", "white tail"])
def test_scores_boxes_and_masks_are_the_published_ones(
    folder: Path, everything: Concepts, phrase: str
) -> None:
    scores, boxes, logits = _published(folder, phrase)
    found = everything.find(IMAGE, phrase)
    assert len(found) == len(scores) == 12
    np.testing.assert_allclose([one.score for one in found], scores, atol=1e-5)
    limit = np.array([*SIZE_WH, *SIZE_WH])
    np.testing.assert_allclose([one.box_xyxy for one in found], boxes.clip(0, limit), atol=0.01)
    large = torch.nn.functional.interpolate(logits[None], (90, 130), mode="bilinear")[0]
    published = torch.nn.functional.interpolate(logits.sigmoid()[None], (90, 130), mode="bilinear")[0]
    for one, high, share in zip(found, large, published, strict=True):
        crop, corner = one.crop(SIZE_WH)
        mask = decode(encode_crop(crop, corner, SIZE_WH), SIZE_WH)
        sure = high.abs().numpy() > 1e-3
        np.testing.assert_array_equal(mask[sure], (high > 0).numpy()[sure])
        # Published are enlarged probabilities: the same but for pixels beside the contour.
        assert (mask == (share > 0.5).numpy()).mean() > 0.9
        np.testing.assert_allclose(one.probability(SIZE_WH), high.sigmoid().numpy(), atol=1e-4)


def test_several_phrases_at_once_are_each_alone(everything: Concepts) -> None:
    seen = everything.look(IMAGE, ["rat", "tail"])
    for phrase in ("rat", "tail"):
        alone = everything.find(IMAGE, phrase)
        together = [one for one in seen.instances if one.label == phrase]
        np.testing.assert_allclose([a.score for a in alone], [b.score for b in together], atol=1e-6)
        assert seen.best[phrase] == pytest.approx(alone[0].score)
    scores = [one.score for one in seen.instances]
    assert scores == sorted(scores, reverse=True)


def test_thresholds(folder: Path, everything: Concepts) -> None:
    scores = [one.score for one in everything.find(IMAGE, "rat")]
    some = Concepts(folder, CPU, threshold=scores[4], overlap=1.0)
    assert [one.score for one in some.find(IMAGE, "rat")] == scores[:4]
    none = Concepts(folder, CPU)
    seen = none.look(IMAGE, ["rat"])
    assert (none.threshold, seen.instances) == (0.5, ())
    assert seen.best["rat"] == pytest.approx(scores[0])
    apart = Concepts(folder, CPU, threshold=0.0, overlap=0.3).find(IMAGE, "rat")
    assert 0 < len(apart) < len(scores)


def test_short_numbers(folder: Path, everything: Concepts) -> None:
    short = Concepts(folder, CPU, torch.bfloat16, threshold=0.0, overlap=1.0)
    full = everything.look(IMAGE, ["rat"])
    assert short.look(IMAGE, ["rat"]).best["rat"] == pytest.approx(full.best["rat"], abs=0.05)


def test_refusals(everything: Concepts, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sam3 reads 32"):
        everything.find(IMAGE, "rat " * 40)
    with pytest.raises(UsageError, match="holds no word"):
        everything.find(IMAGE, "...")
    bare = Concepts(save_sam3(tmp_path / "bare"), CPU)
    with pytest.raises(DataError, match="has no tokenizer"):
        bare.find(IMAGE, "rat")
