"""Prompts as typed: how they are read, and which object they mean."""

from __future__ import annotations

import numpy as np
import pytest

from masklet import Label, Masks, Prompt, UsageError, Video
from masklet.ops.runs import encode
from masklet.ops.table import Row, build
from masklet.verbs.prompts import as_prompts, pointings

VIDEO = Video("video:", 8, 6, 10)


def rows(*objects: tuple[int, str]) -> Masks:
    labels = list(dict.fromkeys(label for _, label in objects))
    runs = encode(np.ones((6, 8), np.bool_))
    made = [Row(0, who, labels.index(label), runs) for who, label in objects]
    return build(VIDEO, [Label(label) for label in labels], made)


def meant(*texts: str, known: Masks | None = None, label: str | None = None) -> list[tuple[int, str]]:
    prompts = as_prompts(pointings(points=texts), known, label)
    return [(prompt.object_id, prompt.label) for prompt in prompts]


@pytest.mark.parametrize(
    ("text", "frame", "label", "object_id"),
    [
        ("1,2", 0, "", None),
        ("1,2@7", 7, "", None),
        ("1.5,2@7:rat", 7, "rat", None),
        ("1,2:brown rat", 0, "brown rat", None),
        ("1,2@7:3", 7, "", 3),
        ("1,2@7:rat#3", 7, "rat", 3),
        (" 1, 2 @7", 7, "", None),
    ],
)
def test_points_are_read(text: str, frame: int, label: str, object_id: int | None) -> None:
    text = text.replace(" @", "@")
    (one,) = pointings(points=[text])
    assert (one.frame, one.label, one.object_id) == (frame, label, object_id)
    assert one.point is not None
    assert one.point[1] == 2


@pytest.mark.parametrize(
    ("boxes", "points", "said"),
    [
        (["1,2,3"], [], "expected X0,Y0,X1,Y1"),
        (["5,5,5,9"], [], "is empty; expected x0 < x1"),
        ([], ["1"], "expected X,Y"),
        ([], ["1,b"], "expected X,Y"),
        ([], ["nan,1"], "expected X,Y"),
        ([], ["1,2@x"], "expected X,Y"),
        ([], ["1,2@-3"], "expected X,Y"),
        ([], ["1,2:rat#x"], "expected :LABEL"),
        ([], ["1,2:rat@3"], "the frame stands before the name, as '1,2@3:rat'"),
        ([], ["1,2@0:rat#2@3"], "the frame stands before the name, as '1,2@3:rat#2'"),
        (["1,2,3,4:2@3"], [], "the frame stands before the name, as '1,2,3,4@3:2'"),
        ([], [""], "expected X,Y"),
    ],
)
def test_what_cannot_be_read_is_said(boxes: list[str], points: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pointings(boxes, points)


def test_names_mean_objects() -> None:
    assert meant("1,2") == [(1, "object")]
    assert meant("1,2", label="rat") == [(1, "rat")]
    assert meant("1,2:a", "3,2:b") == [(1, "a"), (2, "b")]
    assert meant("1,2:a", "3,2:1#1") == [(2, "a"), (1, "1")]
    assert meant("1,2", known=rows((4, "rat"))) == [(4, "rat")]
    assert meant("1,2:rat", known=rows((4, "rat"), (5, "cup"))) == [(4, "rat")]
    assert meant("1,2:dog", known=rows((1, "rat"))) == [(2, "dog")]
    assert meant("1,2:7", known=rows((1, "rat"))) == [(7, "object")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2", r"objects 1 \(rat\), 2 \(rat\); say which, as :1"),
        ("1,2:rat", r"'rat' fits objects 1 \(rat\), 2 \(rat\)"),
        ("1,2:cup#2", "object 2 is labelled 'rat', not 'cup'"),
    ],
)
def test_nothing_is_guessed(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        meant(text, known=rows((1, "rat"), (2, "rat")))


def test_prompts_of_one_object_on_one_frame_are_one() -> None:
    asked = pointings(["1,1,5,5@2:a"], ["2,2@2:a", "3,3@4:a"], ["4,4@2:a"])
    first, second = as_prompts(asked)
    assert (first.frame, first.box, first.positive.tolist()) == (2, (1, 1, 5, 5), [True, False])
    assert (second.frame, second.object_id, second.box) == (4, first.object_id, None)
    with pytest.raises(UsageError, match="2 boxes mean object 1 on frame 0"):
        as_prompts(pointings(["1,1,5,5", "2,2,6,6"]))


def test_a_prompt_stays_as_it_is() -> None:
    mine = Prompt(3, 9, "cup", box=(0, 0, 2, 2))
    first, second = as_prompts([mine, *pointings(points=["1,1:cup#8"])])
    assert first is mine
    assert (second.object_id, second.label) == (8, "cup")


def test_prompts_of_one_object_have_one_label() -> None:
    asked = [Prompt(frame, 4, name, box=(0, 0, 2, 2)) for frame, name in ((0, "a"), (3, "b"))]
    with pytest.raises(UsageError, match="prompts of object 4 name it 'a' and 'b'; give them one label"):
        as_prompts(asked)
    assert as_prompts([asked[0], asked[0]]) == [asked[0], asked[0]]
