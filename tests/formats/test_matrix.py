"""Every pair of formats, measured; the page in docs/ says what was measured, and warnings say it too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drawings_matrix import DRAWINGS, round_trip
from drawings_matrix import unnamed as unnamed_drawings
from formats_matrix import ASPECTS, FORMATS, Outcome, through, unnamed
from masklet.core.registry import available

PAGE = Path(__file__).resolve().parents[2] / "docs" / "format-matrix.md"
REGENERATE = "MASKLET_REGENERATE=1 pytest tests/formats/test_matrix.py"
INTRO = f"""# What a conversion keeps

Measured, not promised: one table of masks that holds everything goes through every format and every
pair of formats, and what comes back is compared. This page is written by the tests
(`{REGENERATE}`), which fail when it
is stale. At run time every loss is named by a `LossWarning`.

All reading has the media at hand (`--media`), which tells length, size and times where a file does not.
Several videos in one file: `ytvis`, the CVAT formats, and folders of `davis`, `png`, `parquet`.
`sav` (SA-V) is read and not written, and so is not in the tables.

## One format

`+` comes back as it was, `-` is lost.
"""

RULES = """
## Rules that the readers go by

- **Frames.** With `--media` on a folder of images a file belongs to the image of its name. Else the
  number that ends the name is the frame (`00005.png` is frame 5). Else the files are an image set in
  sorted order.
- **Sizes.** A mask of another size than its frame is refused; the option `fit` of `davis` and `png`
  resizes it.
- **Grey pictures** (`png`), all of one object or video together: only 0 and 255, or only 0 and 1, is one
  object; values up to 63 are ids, with 255 as nobody's; anything else is a grey-level mask and
  refused, since any threshold would be a guess. The option `ids` takes every value as an object.
- **Palette pictures** (`davis`): the index is the object, 0 is background, 255 is void and taken as
  background.
- **Scores.** A row with a score was predicted and is no ground truth; a row without one is trusted.
- **COCO**: crowd regions and boxes without mask are left out unless the options `crowd` and `boxes`
  ask for them; `like` takes image and category ids from another file, for results that a scorer
  shall read.
- **YouTube-VIS**: crowd tracks are left out unless the option `crowd` asks for them; `like` takes videos
  and categories from another file, for a list of results of many videos.
- **Crowds** are rows flagged `CROWD`, and written as `iscrowd` to both.
- **One object in several drawings**: same track, or same label and group on one frame, is one mask.
- **Writing** replaces a folder only when it holds nothing but an older version of the same files.
"""


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return {name: through((name,), tmp_path_factory.mktemp("one")) for name in FORMATS}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Outcome]:
    found = {}
    for first in FORMATS:
        folder = tmp_path_factory.mktemp("pair")
        found |= {(first, second): through((first, second), folder) for second in FORMATS}
    return found


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return {name: round_trip(name, tmp_path_factory.mktemp("drawings")) for name in FORMATS}


def test_every_format_is_in_the_matrix() -> None:
    assert set(available("formats")) - {"sav"} == set(FORMATS)


def test_own_formats_lose_nothing(direct: dict[str, Outcome], drawings: dict[str, Outcome]) -> None:
    for name in ("masklet", "parquet"):
        assert direct[name] == Outcome((), "\n\n")
        assert drawings[name] == Outcome((), "\n")


def test_every_loss_of_masks_is_named(pairs: dict[tuple[str, str], Outcome]) -> None:
    missing = {names: unnamed(outcome) for names, outcome in pairs.items() if unnamed(outcome)}
    assert missing == {}


def test_every_loss_of_drawings_is_named(drawings: dict[str, Outcome]) -> None:
    missing = {name: unnamed_drawings(outcome) for name, outcome in drawings.items()}
    assert {name: lost for name, lost in missing.items() if lost} == {}


def test_a_pair_loses_what_one_of_the_two_loses(
    direct: dict[str, Outcome], pairs: dict[tuple[str, str], Outcome]
) -> None:
    """Except where CVAT makes tracks of one frame out of the single polygons of other formats."""
    more = {
        names: set(outcome.lost) - {*direct[names[0]].lost, *direct[names[1]].lost}
        for names, outcome in pairs.items()
    }
    made_up = {"object ids", "masks without object"}
    assert {names: lost for names, lost in more.items() if lost} == {
        ("labelme", "cvat-video"): made_up,
        ("yolo", "cvat-video"): made_up - {"object ids"},
    }


def test_the_page_is_what_was_measured(
    direct: dict[str, Outcome], pairs: dict[tuple[str, str], Outcome], drawings: dict[str, Outcome]
) -> None:
    text = page(direct, pairs, drawings)
    if os.environ.get("MASKLET_REGENERATE"):
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text, f"docs/format-matrix.md is stale; run {REGENERATE}"


def page(
    direct: dict[str, Outcome], pairs: dict[tuple[str, str], Outcome], drawings: dict[str, Outcome]
) -> str:
    """The whole page."""
    legend = ", ".join(f"{aspect.letter} {name}" for name, aspect in ASPECTS.items())
    return "\n".join(
        [
            INTRO,
            *_marks({name: direct[name].lost for name in FORMATS}, list(ASPECTS)),
            "\n## Every pair\n",
            "From the row to the column: `=` is lossless; letters are lost:",
            f"{legend}.\n",
            *_letters(pairs),
            "\n## Drawings\n",
            "Polygons, boxes and tracks as a person drew them (`Shapes`). Pixels keep none of it.\n",
            *_marks({name: drawings[name].lost for name in FORMATS}, list(DRAWINGS)),
            RULES,
        ]
    )


def _marks(lost: dict[str, tuple[str, ...]], aspects: list[str]) -> list[str]:
    head = ["| | " + " | ".join(lost) + " |", "|---" * (len(lost) + 1) + "|"]
    return head + [
        f"| {aspect} | " + " | ".join("-" if aspect in lost[name] else "+" for name in lost) + " |"
        for aspect in aspects
    ]


def _letters(pairs: dict[tuple[str, str], Outcome]) -> list[str]:
    lines = ["| from \\ to | " + " | ".join(FORMATS) + " |", "|---" * (len(FORMATS) + 1) + "|"]
    for first in FORMATS:
        cells = [
            "".join(ASPECTS[name].letter for name in pairs[first, second].lost) for second in FORMATS
        ]
        lines.append(f"| {first} | " + " | ".join(cell or "=" for cell in cells) + " |")
    return lines
