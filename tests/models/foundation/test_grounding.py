"""Words to boxes: the published post-processing, phrase by phrase, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from masklet.core import DataError, Prompt, UsageError
from masklet.models.foundation import words
from masklet.models.foundation.grounding import Grounding
from words_kit import save_grounding

KINDS = ("grounding-dino", "mm-grounding-dino")
IMAGE = np.random.default_rng(5).integers(0, 256, (64, 90, 3), np.uint8)  # not resized
EVERYTHING: dict[str, Any] = {"box_threshold": 0.0, "text_threshold": 0.0, "overlap": 1.0}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    base = tmp_path_factory.mktemp("weights")
    return {kind: save_grounding(base / kind, kind) for kind in KINDS}


def _published(folder: Path, kind: str, text: str, box: float, words_above: float) -> Any:
    """The published way: processor, network, post-processing; torchvision is not needed for these."""
    import transformers
    from transformers.models.grounding_dino.image_processing_pil_grounding_dino import (
        GroundingDinoImageProcessorPil,
    )
    from transformers.models.grounding_dino.processing_grounding_dino import GroundingDinoProcessor

    make = {
        "grounding-dino": transformers.GroundingDinoForObjectDetection,
        "mm-grounding-dino": transformers.MMGroundingDinoForObjectDetection,
    }[kind]
    network = make.from_pretrained(folder).eval()
    images = GroundingDinoImageProcessorPil.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(text, return_tensors="pt")
    given = images(images=IMAGE, return_tensors="pt", input_data_format="channels_last")
    with torch.no_grad():
        out = network(**given, **inputs)
    processor = SimpleNamespace(batch_decode=tokenizer.batch_decode)
    return GroundingDinoProcessor.post_process_grounded_object_detection(
        processor, out, inputs["input_ids"], box, words_above, target_sizes=[IMAGE.shape[:2]]
    )[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_boxes_and_scores_are_the_published_ones(
    folders: dict[str, Path], kind: str, share: float
) -> None:
    every = Grounding(kind, str(folders[kind]), **EVERYTHING).detect(IMAGE, ["rat", "tail"])
    limit = float(np.quantile([one.score for one in every], share)) if share else 0.0
    ours = Grounding(
        kind, str(folders[kind]), box_threshold=limit, text_threshold=0.0, overlap=1.0
    ).detect(IMAGE, ["rat", "tail"])
    theirs = _published(folders[kind], kind, "rat. tail.", limit, 0.0)
    order = np.argsort(-theirs["scores"].numpy(), kind="stable")
    scores, boxes = theirs["scores"].numpy()[order], theirs["boxes"].numpy()[order]
    assert 0 < len(ours) == len(scores)
    height, width = IMAGE.shape[:2]
    np.testing.assert_allclose([one.score for one in ours], scores, atol=1e-4)
    np.testing.assert_allclose(
        [one.box_xyxy for one in ours], boxes.clip(0, [width, height, width, height]), atol=0.01
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_phrase_is_among_the_published_words(folders: dict[str, Path], kind: str) -> None:
    """With a threshold between the two best words of a box the published label is the one phrase."""
    detector = Grounding(kind, str(folders[kind]), **EVERYTHING)
    heard = detector.hear(("rat", "tail"))
    probabilities, _ = detector.scores(IMAGE, heard)
    own = np.sort(probabilities[:, [heard.tokens[0][0], heard.tokens[1][0]]], axis=1)
    ours = {one.score: one.label for one in detector.detect(IMAGE, ["rat", "tail"])}
    seen = set()
    for low, high in own:
        theirs = _published(folders[kind], kind, "rat. tail.", 0.0, (low + high) / 2)
        for score, text in zip(theirs["scores"].tolist(), theirs["text_labels"], strict=True):
            near = min(ours, key=lambda one: abs(one - score))
            alone = text.replace(".", " ").split()
            if len(alone) == 1:
                assert alone == [ours[near]]
                seen.add(alone[0])
    assert seen


class Stated(Grounding):
    """A detector of which the network's answer is given."""

    def state(self, rows: list[list[float]], boxes: list[list[float]]) -> Stated:
        self._stated = np.array(rows), np.array(boxes)
        return self

    def scores(self, image: Any, heard: Any) -> Any:
        return self._stated


def _stated(folder: Path, rows: Any, boxes: Any, **options: Any) -> Stated:
    return Stated("grounding-dino", str(folder), **options).state(rows, boxes)


FAR = [[0.2, 0.2, 0.1, 0.1], [0.5, 0.5, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1]]


def test_a_box_gets_the_phrase_with_the_likeliest_word_never_glued_words(
    folders: dict[str, Path],
) -> None:
    # [CLS] brown rat . white tail . [SEP]; the published rule would say "brown rat tail" for the first
    rows = [
        [0.0, 0.5, 0.6, 0.0, 0.1, 0.55, 0.0, 0.0],
        [0.0, 0.3, 0.3, 0.0, 0.4, 0.3, 0.0, 0.0],
        [0.0, 0.4, 0.2, 0.0, 0.4, 0.3, 0.0, 0.0],
    ]
    detector = _stated(folders["grounding-dino"], rows, FAR)
    found = detector.look(IMAGE, ["brown rat", "white tail"])
    assert [(one.label, round(one.score, 2)) for one in found.detections] == [
        ("brown rat", 0.6),
        ("white tail", 0.4),
        ("white tail", 0.4),  # a tie is decided by the other words
    ]
    assert found.best == {"brown rat": 0.6, "white tail": 0.55}


def test_published_thresholds_are_the_default_and_both_count(folders: dict[str, Path]) -> None:
    rows = [
        [0.0, 0.36, 0.0, 0.0],  # above both
        [0.0, 0.34, 0.0, 0.0],  # box too low
        [0.9, 0.24, 0.9, 0.0],  # sure of a box, of no word
    ]
    detector = _stated(folders["grounding-dino"], rows, FAR)
    assert [one.score for one in detector.detect(IMAGE, ["rat"])] == [0.36]
    assert (detector.threshold, detector.text_threshold) == (0.35, 0.25)


def test_of_boxes_on_one_thing_the_best_stays(folders: dict[str, Path]) -> None:
    rows = [[0.0, 0.5, 0.0, 0.0], [0.0, 0.9, 0.0, 0.0], [0.0, 0.8, 0.0, 0.0]]
    boxes = [[0.5, 0.5, 0.2, 0.2], [0.505, 0.5, 0.2, 0.2], [0.2, 0.5, 0.2, 0.2]]
    folder = folders["grounding-dino"]
    scores = [one.score for one in _stated(folder, rows, boxes).detect(IMAGE, ["rat"])]
    assert scores == [0.9, 0.8]
    scores = [one.score for one in _stated(folder, rows, boxes, most=1).detect(IMAGE, ["rat"])]
    assert scores == [0.9]


def test_boxes_end_at_the_image(folders: dict[str, Path]) -> None:
    rows = [[0.0, 0.9, 0.0, 0.0], [0.0, 0.8, 0.0, 0.0]]
    boxes = [[0.0, 0.5, 0.4, 3.0], [1.5, 0.5, 0.1, 0.1]]
    found = _stated(folders["grounding-dino"], rows, boxes).detect(IMAGE, ["rat"])
    assert [one.box_xyxy for one in found] == [(0.0, 0.0, pytest.approx(18.0), 64.0)]


def test_the_answer_does_not_depend_on_the_run(folders: dict[str, Path]) -> None:
    folder = str(folders["grounding-dino"])
    one, two = (Grounding("grounding-dino", folder, **EVERYTHING) for _ in range(2))
    assert one.look(IMAGE, ["rat", "Tail"]) == two.look(IMAGE, ("rat", "Tail"))
    assert len(one.weights) == 16
    assert {found.label for found in one.detect(IMAGE, ["rat", "Tail"])} <= {"rat", "Tail"}


def test_short_numbers(folders: dict[str, Path]) -> None:
    folder = str(folders["grounding-dino"])
    full = Grounding("grounding-dino", folder, **EVERYTHING).look(IMAGE, ["rat"])
    short = Grounding("grounding-dino", folder, precision="bfloat16", **EVERYTHING).look(IMAGE, ["rat"])
    assert short.best["rat"] == pytest.approx(full.best["rat"], abs=0.3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"box_threshold": 1.5}, "expected 0 to 1"),
        ({"text_threshold": -0.1}, "expected 0 to 1"),
        ({"overlap": float("nan")}, "expected 0 to 1"),
        ({"precision": "int3"}, "unknown precision"),
        ({"device": "abacus"}, "unknown device"),
    ],
)
def test_bad_options(folders: dict[str, Path], options: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Grounding("grounding-dino", str(folders["grounding-dino"]), **options)


def test_weights_that_find_no_boxes_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="finds no boxes for words"):
        Grounding("sam2-small", str(folders["grounding-dino"]))
    with pytest.raises(UsageError, match=r"holds a model of type 'mm-grounding-dino'.*grounding-dino"):
        Grounding("grounding-dino", str(folders["mm-grounding-dino"]))


def test_bad_words(folders: dict[str, Path]) -> None:
    detector = Grounding("grounding-dino", str(folders["grounding-dino"]), **EVERYTHING)
    with pytest.raises(UsageError, match="does not know the word '鼠'"):
        detector.detect(IMAGE, ["rat", "鼠"])
    with pytest.raises(UsageError, match="expected phrases"):
        detector.detect(IMAGE, "rat. tail.")
    with pytest.raises(UsageError, match="no words"):
        detector.detect(IMAGE, [])
    with pytest.raises(UsageError, match=r"200 phrases have \d+ tokens; .* reads 256 at once"):
        detector.detect(IMAGE, [f"rat {k}" for k in range(200)])


def test_memory_that_runs_out(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    detector = Grounding("grounding-dino", str(folders["grounding-dino"]))

    def fail(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(type(detector._network), "forward", fail)
    with pytest.raises(DataError, match=r"memory ran out on words to boxes .*; take --device cpu, or"):
        detector.detect(IMAGE, ["rat"])


def test_a_folder_without_a_tokenizer(tmp_path: Path) -> None:
    folder = save_grounding(tmp_path / "weights")
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink()
    with pytest.raises(DataError, match="has no tokenizer; expected one of"):
        Grounding("grounding-dino", str(folder))
    (folder / "tokenizer.json").write_text("{")
    detector = Grounding("grounding-dino", str(folder))
    with pytest.raises(DataError, match="cannot be read"):
        detector.detect(IMAGE, ["rat"])


def test_phrases() -> None:
    assert words.phrases("rat. tail.") == ("rat", "tail")
    assert words.phrases("1.5 mm rat. rat.2") == ("1.5 mm rat", "rat", "2")
    assert words.phrases(" Brown   rat ,TAIL; brown rat. tail?") == ("Brown rat", "TAIL")
    assert words.phrases("X-ray tube") == ("X-ray tube",)
    for empty in ("", " . ", "...", "-. -"):
        with pytest.raises(UsageError, match="holds no word"):
            words.phrases(empty)
    assert words.caption(("Rat", "long tail")) == ("rat. long tail.", ((0, 3), (5, 14)))


def test_names_and_numbers_of_answers() -> None:
    asked = [
        Prompt(0, 3, "rat", text="rat"),
        Prompt(0, 5, text="tail. RAT."),
        Prompt(0, 9, "a", box=(0, 0, 1, 1)),
    ]
    assert words.asked_for(asked) == {"rat": (3, "rat"), "tail": (5, "tail")}
    assert words.numbered([3, 3, 5, 3], taken=[4]) == [3, 5, 6, 7]


def test_iou_and_suppression() -> None:
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [4, 0, 8, 4], [2, 2, 2, 9]], float)
    np.testing.assert_allclose(words.iou(boxes[0], boxes), [1.0, 0.5, 0.0, 0.0])
    scores = np.array([0.5, 0.5, 0.9, 0.1])
    assert words.kept_apart(boxes, scores, 0.5).tolist() == [2, 0, 1, 3]
    assert words.kept_apart(boxes, scores, 0.49).tolist() == [2, 0, 3]
    assert words.kept_apart(boxes[:0], scores[:0], 0.5).tolist() == []


def test_what_is_published_beside_the_weights_is_used(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = save_grounding(tmp_path / "weights")
    small = Grounding("grounding-dino", str(folder), **EVERYTHING).detect(IMAGE, ["rat"])
    config = folder / "preprocessor_config.json"
    config.write_text(json.dumps({"size": {"shortest_edge": 96, "longest_edge": 160}}))
    large = Grounding("grounding-dino", str(folder), **EVERYTHING).detect(IMAGE, ["rat"])
    assert small != large
