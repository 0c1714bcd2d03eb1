"""Words to masks: `text` and `sam3` as Segmenters, through folders of weights as a user has them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from masklet.core import DataError, Origin, Prompt, UsageError
from masklet.core.registry import available, load
from masklet.models.foundation.grounding import Grounding
from masklet.ops.runs import decode
from masklet.testing import check_segmenter
from words_kit import save_words

IMAGE = np.random.default_rng(5).integers(0, 256, (64, 90, 3), np.uint8)
LOW: dict[str, Any] = {"threshold": 0.0, "text_threshold": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_words(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def text(folder: Path) -> Any:
    return load("segmenters", "text")(weights_dir=str(folder), most=4, **LOW)


@pytest.fixture(scope="module")
def sam3(folder: Path) -> Any:
    return load("segmenters", "sam3")(weights_dir=str(folder), threshold=0.0)


def test_text_and_sam3_are_segmenters(text: Any, sam3: Any) -> None:
    check_segmenter(text)
    check_segmenter(sam3)


def test_text_is_the_detector_and_then_the_segmenter(folder: Path, text: Any) -> None:
    found = Grounding(
        "grounding-dino",
        str(folder / "grounding-dino-tiny"),
        box_threshold=0.0,
        text_threshold=0.0,
        most=4,
    ).detect(IMAGE, ["rat"])
    sam2 = load("segmenters", "sam2-small")(weights_dir=str(folder / "sam2-small"))
    boxed = [Prompt(0, 7 + k, "rat", box=one.box_xyxy) for k, one in enumerate(found)]
    expected = sam2.segment(IMAGE, boxed)
    rows = text.segment(IMAGE, [Prompt(0, 7, "rat", text="rat")])
    assert len(rows) > 1
    assert rows.object_id.tolist() == expected.object_id.tolist()
    np.testing.assert_array_equal(rows.runs, expected.runs)
    scores = {7 + k: one.score for k, one in enumerate(found)}
    np.testing.assert_allclose(rows.score, [scores[who] for who in rows.object_id.tolist()])
    assert set(rows.origin.tolist()) == {int(Origin.PROMPTED)}
    assert {rows.label_of(row).name for row in range(len(rows))} == {"rat"}


@pytest.mark.parametrize("name", ["text", "sam3"])
def test_words_and_points_in_one_call(name: str, request: pytest.FixtureRequest) -> None:
    segmenter = request.getfixturevalue(name)
    here = Prompt(0, 2, "door", box=(5, 5, 60, 50))
    alone = segmenter.segment(IMAGE, [here])
    rows = segmenter.segment(IMAGE, [here, Prompt(0, 1, text="rat. tail")])
    names = {int(who): rows.label_of(row).name for row, who in enumerate(rows.object_id)}
    assert len(alone) == 1
    assert names[2] == "door"
    assert {label for who, label in names.items() if who != 2} <= {"rat", "tail"}
    assert len(names) == len(rows) > 1
    masks = [decode(rows.row_runs(row), (90, 64)) for row in range(len(rows))]
    assert np.sum(masks, axis=0).max() == 1


@pytest.mark.parametrize("name", ["text", "sam3"])
def test_how_near_a_word_came_is_told(name: str, folder: Path) -> None:
    segmenter = load("segmenters", name)(weights_dir=str(folder), threshold=1.0)
    rows, best = segmenter.find(IMAGE, [Prompt(0, 1, text="rat. Tail")])
    assert len(rows) == 0
    assert set(best) == {"rat", "Tail"}
    assert all(0 < one <= 1 for one in best.values())
    assert segmenter.threshold == 1.0


def test_sam3_answers_points_as_its_tracker_does(sam3: Any) -> None:
    rows = sam3.segment(IMAGE, [Prompt(0, 3, "rat", box=(10, 10, 60, 50))])
    assert rows.object_id.tolist() == [3]
    words = sam3.segment(IMAGE, [Prompt(0, 3, "rat", text="rat")])
    assert words.object_id.min() >= 3
    assert len(set(words.object_id.tolist())) == len(words) > 0


def test_sam3_masks_are_the_concepts_masks(folder: Path, sam3: Any) -> None:
    import torch

    from masklet.models.foundation.concepts import Concepts

    best = Concepts(folder / "sam3", torch.device("cpu"), threshold=0.0).find(IMAGE, "rat")[0]
    alone = load("segmenters", "sam3")(weights_dir=str(folder), threshold=best.score - 1e-6)
    rows = alone.segment(IMAGE, [Prompt(0, 1, text="rat")])
    assert len(rows) == 1
    crop, (x, y) = best.crop((90, 64))
    expected = np.zeros((64, 90), np.bool_)
    expected[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    assert (decode(rows.row_runs(0), (90, 64)) == expected).mean() > 0.999


def test_masks_may_come_from_cut(folder: Path) -> None:
    made = load("segmenters", "text")(masks="cut", weights_dir=str(folder), most=1, **LOW)
    rows = made.segment(IMAGE, [Prompt(0, 1, text="rat")])
    assert {rows.label_of(row).name for row in range(len(rows))} <= {"rat"}
    assert made.weights.count("+") == 1


def test_folders_of_one_part_each(folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    both = load("segmenters", "text")
    made = both(weights_dir=str(folder / "sam2-small"), detector_dir=str(folder / "grounding-dino-tiny"))
    assert made.weights == both(weights_dir=str(folder)).weights
    with pytest.raises(DataError, match=r"masklet models pull sam2-small"):
        both(weights_dir=str(folder / "grounding-dino-tiny"))
    with pytest.raises(DataError, match=r"masklet models pull grounding-dino-tiny"):
        both(weights_dir=str(folder / "sam2-small"))
    with pytest.raises(UsageError, match="holds none of grounding-dino-tiny, sam2-small"):
        both(weights_dir=str(folder / "sam3"))
    with pytest.raises(UsageError, match="holds none of"):
        both(weights_dir=str(tmp_path / "nowhere"))


def test_a_detector_by_name_takes_its_own_weights(folder: Path, tmp_path: Path) -> None:
    assert {"grounding-dino", "grounding-dino-base", "mm-grounding-dino"} <= set(available("segmenters"))
    path = tmp_path / "weights"
    shutil.copytree(folder / "grounding-dino-tiny", path / "grounding-dino-base")
    shutil.copytree(folder / "sam2-small", path / "sam2-small")
    base = load("segmenters", "grounding-dino-base")(weights_dir=str(path))
    assert base.settings["detector"] == "grounding-dino-base"
    named = load("segmenters", "text")(detector="grounding-dino-base", weights_dir=str(path))
    assert named.weights == base.weights


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"detector": "yolo"}, "no weights are called 'yolo'"),
        ({"detector": "sam2-small"}, "finds no boxes for words"),
        ({"masks": "text"}, "take sam2-small, or cut"),
        ({"masks": "nothing"}, "no segmenter is called"),
        ({"threshold": 2.0}, "expected 0 to 1"),
    ],
)
def test_bad_options(folder: Path, options: Any, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load("segmenters", "text")(weights_dir=str(folder), **options)


def test_words_and_a_box_in_one_prompt(text: Any) -> None:
    with pytest.raises(UsageError, match="give two prompts"):
        text.segment(IMAGE, [Prompt(0, 1, text="rat", box=(0, 0, 5, 5))])
