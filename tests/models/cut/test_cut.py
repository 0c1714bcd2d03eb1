"""`cut`: prompts move the mask as they should; contract, determinism, refusals."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, MissingExtraError, Origin, Prompt, Scribble, UsageError
from masklet.core.arrays import Bools, Image
from masklet.models.cut import session as sessions
from masklet.models.cut.network import PROMPTS, Decoder
from masklet.models.cut.segmenter import WEIGHTS, Cut
from masklet.models.cut.views import View, Window
from masklet.models.vision import dilate
from masklet.ops.runs import decode
from masklet.ops.table import boxes
from masklet.testing import Scene, check_segmenter

SCENE = Scene("arena", 2, (320, 240), n_frames=8, seed=3, coats=("black", "brown"))
TRUTH = SCENE.truth(tails="none", frames=range(1))
IMAGE = SCENE[0]


@pytest.fixture(scope="module")
def cut() -> Cut:
    return Cut()


def true_mask(row: int) -> Bools:
    return decode(TRUTH.row_runs(row), SCENE.size_wh)


def box_of(row: int) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = boxes(TRUTH)[row].tolist()
    return x0, y0, x1, y1


def middle(row: int) -> tuple[float, float]:
    ys, xs = np.nonzero(true_mask(row))
    nearest = np.argmin((xs - xs.mean()) ** 2 + (ys - ys.mean()) ** 2)
    return float(xs[nearest]) + 0.5, float(ys[nearest]) + 0.5


def iou(a: Bools, b: Bools) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_it_is_a_segmenter(cut: Cut) -> None:
    check_segmenter(cut)


@pytest.mark.parametrize("row", [0, 1])
def test_a_box_gives_the_animal_in_it(cut: Cut, row: int) -> None:
    assert iou(cut.session(IMAGE).add(Prompt(0, box=box_of(row))).mask, true_mask(row)) > 0.75


@pytest.mark.parametrize("row", [0, 1])
def test_a_click_gives_the_animal_under_it_and_not_the_other(cut: Cut, row: int) -> None:
    mask = cut.session(IMAGE).click(*middle(row)).mask
    assert iou(mask, true_mask(row)) > 0.5
    assert iou(mask, true_mask(1 - row)) < 0.1


def test_a_scribble_counts_as_a_click(cut: Cut) -> None:
    x, y = middle(0)
    line = Scribble(np.array([(x - 3, y), (x + 3, y)]))
    assert iou(cut.session(IMAGE).add(Prompt(0, scribbles=(line,))).mask, true_mask(0)) > 0.5


def test_an_earlier_mask_is_mended(cut: Cut) -> None:
    rough = dilate(true_mask(0), 6)
    better = cut.session(IMAGE).add(Prompt(0, mask=rough)).mask
    assert iou(better, true_mask(0)) > iou(rough, true_mask(0))


def test_clicks_on_errors_make_it_better(cut: Cut) -> None:
    session = cut.session(IMAGE)
    answer = session.add(Prompt(0, box=(0, 0, 320, 240)))
    first = iou(answer.mask, true_mask(0))
    for x, y, positive in [(*middle(0), True), (*middle(1), False), (2.5, 2.5, False)]:
        answer = session.click(x, y, positive)
    assert iou(answer.mask, true_mask(0)) > first


def test_late_clicks_change_only_what_they_touch(cut: Cut) -> None:
    session = cut.session(IMAGE)
    x, y = middle(0)
    for dx in (0, 2, -2):
        before = session.click(x + dx, y, True).mask.copy()
    after = session.click(*middle(1), True).mask
    changed = before ^ after
    near = np.zeros_like(changed)
    cx, cy = (int(v) for v in middle(1))
    near[max(cy - 6, 0) : cy + 7, max(cx - 6, 0) : cx + 7] = True
    from masklet.models.vision import components

    numbers, areas = components(changed)
    touched = set(np.unique(numbers[near & changed]).tolist()) | {0}
    assert set(range(len(areas))) <= touched


def test_the_same_question_has_the_same_answer(cut: Cut) -> None:
    prompts = [Prompt(0, 1, box=box_of(0)), Prompt(0, 2, box=box_of(1))]
    assert cut.segment(IMAGE, prompts) == cut.segment(IMAGE, prompts)


def test_rows_say_where_they_come_from_and_share_no_pixel(cut: Cut) -> None:
    rows = cut.segment(IMAGE, [Prompt(0, 4, "a", box=box_of(0)), Prompt(0, 9, "b", box=box_of(1))])
    assert rows.object_id.tolist() == [4, 9]
    assert [rows.label_of(i).name for i in range(2)] == ["a", "b"]
    assert (rows.origin == Origin.PROMPTED).all()
    assert rows.trusted.all()
    assert ((rows.score > 0.5) & (rows.score <= 1)).all()
    masks = [decode(rows.row_runs(i), SCENE.size_wh) for i in range(2)]
    assert not (masks[0] & masks[1]).any()


@pytest.mark.parametrize("shape", [(1, 1), (5, 400), (33, 31)])
def test_any_size_is_answered(cut: Cut, shape: tuple[int, int]) -> None:
    image: Image = np.full((*shape, 3), 90, np.uint8)
    session = cut.session(image)
    assert session.add(Prompt(0, box=(0, 0, shape[1], shape[0]))).mask.shape == shape
    assert session.click(0, 0).mask.shape == shape


def test_one_object_has_one_label(cut: Cut) -> None:
    prompts = [Prompt(0, 4, "a", box=box_of(0)), Prompt(0, 4, "b", points=[middle(0)], positive=[True])]
    with pytest.raises(UsageError, match="prompts of object 4 name it 'a' and 'b'"):
        cut.segment(IMAGE, prompts)


@pytest.mark.parametrize(
    ("large", "same"),
    [
        ((-1e9, -1e9, 1e9, 1e9), (0, 0, 320, 240)),
        ((83, 60, 40000, 40000), (83, 60, 320, 240)),
        ((-1e300, 40, 200, 1e300), (0, 40, 200, 240)),
    ],
)
def test_of_a_box_larger_than_the_picture_only_the_picture_is_looked_at(
    cut: Cut, large: tuple[float, ...], same: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Window] = []
    monkeypatch.setattr(
        sessions, "View", lambda image, window, **kw: looked.append(window) or View(image, window, **kw)
    )
    answers = [cut.session(IMAGE).add(Prompt(0, box=box)) for box in (large, same)]
    assert np.array_equal(answers[0].probability, answers[1].probability)
    assert 0 < max(window.x1 - window.x0 for window in looked) <= 1.2 * 320


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        (Prompt(0, points=[[400, 10]], positive=[True]), "point 400,10 is not in the picture"),
        (Prompt(0, points=[[10, np.nan]], positive=[True]), "point 10,nan is not in the picture"),
        (Prompt(0, points=[[np.inf, 9]], positive=[True]), "point inf,9 is not in the picture"),
        (Prompt(0, scribbles=(Scribble([(3, 3), (np.nan, 4)]),)), "point nan,4 is not in the picture"),
        (Prompt(0, box=(-np.inf, 0, np.inf, 20)), "box -inf,0,inf,20 is not finite"),
        (Prompt(0, box=(-9e9, -9e9, -1, 9e9)), "lies outside of the picture"),
        (Prompt(0, box=(330, 0, 340, 20)), "lies outside of the picture; the picture is 320 x 240"),
        (Prompt(0, text="a rat"), "does not know words"),
        (Prompt(0, points=[[10, 10]], positive=[False]), "give one that is on it, or a box"),
        (Prompt(0, mask=np.ones((3, 3), bool)), "expected \\(240, 320\\)"),
        (Prompt(0, mask=np.zeros((240, 320), bool)), "the earlier mask is empty"),
    ],
)
def test_prompts_that_do_not_fit_are_refused(cut: Cut, prompt: Prompt, said: str) -> None:
    with pytest.raises(DataError, match=said):
        cut.session(IMAGE).add(prompt)


def test_torch_missing_names_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    find = util.find_spec
    monkeypatch.setattr(
        sys.modules["masklet.core.registry"],
        "find_spec",
        lambda name: None if name == "torch" else find(name),
    )
    with pytest.raises(MissingExtraError, match=r"pip install 'masklet\[adapt\]'"):
        Cut()


def test_the_weights_are_small_and_fit_the_network() -> None:
    assert Path(WEIGHTS).stat().st_size <= 3_000_000
    assert sum(p.numel() for p in Decoder().parameters()) <= 1_500_000
    assert Decoder().prompt4.weight.shape[1] == PROMPTS + 3


def test_real_pictures(cut: Cut, shared_data: Path) -> None:
    from PIL import Image as Pictures

    root = shared_data / "davis2016_val"
    found = []
    for name in ("dog", "cows", "camel"):
        image = np.array(Pictures.open(root / f"JPEGImages/480p/{name}/00000.jpg"))
        truth = np.array(Pictures.open(root / f"Annotations/480p/{name}/00000.png")) > 127
        ys, xs = np.nonzero(truth)
        box = float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)
        found.append(iou(cut.session(image).add(Prompt(0, box=box)).mask, truth))
    assert np.mean(found) > 0.8
