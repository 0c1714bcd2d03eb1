"""Words from the command line and from Python: what is found, what is kept, what is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import masklet
from masklet import DataError, Masks, Origin, Prompt, UsageError
from masklet.cli.main import app
from masklet.core import Flags, Label, Video
from masklet.core.registry import load
from masklet.ops.runs import decode, encode
from masklet.ops.table import Row, build
from masklet.testing import Scene
from masklet.testing.fakes import ArraySource
from masklet.verbs.prompts import pointings
from masklet.verbs.wording import Wording, finder_for, split, with_words, wordings
from words_kit import save_words

SCENE = Scene("arena", 2, (96, 64), n_frames=6, seed=7, coats=("black", "brown"))
FILM = ArraySource(np.stack([np.array(SCENE[k]) for k in range(6)]))


@dataclass
class Reader:
    """A Segmenter for words that finds boxes it was told of, and notes what it was asked."""

    boxes: Mapping[str, Sequence[tuple[int, int, int, int]]]
    best: Mapping[str, float] = field(default_factory=dict)
    threshold: float = 0.5
    asked: list[list[str]] = field(default_factory=list)
    name: str = "reader"
    version: int = 1

    @property
    def settings(self) -> dict[str, float]:
        return {"threshold": self.threshold}

    def segment(self, image: Any, prompts: Sequence[Prompt] | None = None) -> Masks:
        return self.find(image, prompts or ())[0]

    def find(self, image: Any, prompts: Sequence[Prompt]) -> tuple[Masks, Mapping[str, float]]:
        self.asked.append([one.text for one in prompts])
        rows, who = [], 0
        for k, prompt in enumerate(prompts):
            for x0, y0, x1, y1 in self.boxes.get(prompt.text, ()):
                mask = np.zeros(image.shape[:2], np.bool_)
                mask[y0:y1, x0:x1] = True
                who += 1
                rows.append(Row(0, who, k, encode(mask), 0.75, 1.0, Origin.PROMPTED))
        video = Video("image:", image.shape[1], image.shape[0], 1)
        return build(video, [Label(one.label) for one in prompts], rows), self.best


RATS = {"rat": [(0, 0, 20, 20), (40, 10, 60, 30)], "tail": [(20, 5, 30, 8)]}


def _named(rows: Masks) -> dict[int, str]:
    return {int(rows.object_id[k]): rows.label_of(k).name for k in range(len(rows))}


def test_words_as_typed() -> None:
    assert wordings(["rat. tail.", "Rat@3"]) == [
        Wording("rat"),
        Wording("tail"),
        Wording("Rat", 3),
    ]
    assert wordings(["a rat, tail.@120"]) == [Wording("a rat", 120), Wording("tail", 120)]
    for text in ("", "@3", " . "):
        with pytest.raises(UsageError, match="holds no word"):
            wordings([text])


def test_prompts_with_words_are_told_from_others() -> None:
    here = Prompt(0, 1, box=(0, 0, 5, 5))
    words, others = split(
        [here, Prompt(2, 1, "animal", text="rat"), Prompt(2, 1, "x", text="a. b"), Wording("c")]
    )
    assert others == [here]
    assert words == [Wording("rat", 2, "animal"), Wording("a", 2), Wording("b", 2), Wording("c")]
    with pytest.raises(UsageError, match="give two prompts"):
        split([Prompt(0, 1, text="rat", box=(0, 0, 5, 5))])


def test_each_thing_is_an_object_with_a_number_of_its_own() -> None:
    reader = Reader(RATS)
    rows = with_words(FILM, wordings(["rat. tail.", "rat@4"]), None, None, reader)
    assert rows is not None
    assert _named(rows.on(0)) == {1: "rat", 2: "rat", 3: "tail"}
    assert _named(rows.on(4)) == {4: "rat", 5: "rat"}
    assert (rows.origin == Origin.PROMPTED).all()
    assert rows.trusted.all()
    assert ((rows.flags & Flags.KEYFRAME) != 0).all()
    assert rows.video == FILM.video
    np.testing.assert_allclose(rows.score, 0.75)
    assert reader.asked == [["rat", "tail"], ["rat"]]
    assert {step.model for step in rows.steps} == {"reader/1"}


def test_what_is_known_stays_and_gives_away_no_number_and_no_pixel() -> None:
    known_mask = np.zeros((64, 96), np.bool_)
    known_mask[0:20, 0:19] = True  # nearly the first rat
    other = np.zeros((64, 96), np.bool_)
    other[10:14, 40:60] = True  # a part of the second
    rows = [Row(0, 1, 0, encode(known_mask)), Row(0, 3, 0, encode(other)), Row(5, 9, 0, encode(other))]
    known = build(FILM.video, [Label("animal")], rows)
    said: list[str] = []
    found = with_words(FILM, wordings(["rat. tail."]), None, known, Reader(RATS), said.append)
    assert found is not None
    assert _named(found) == {2: "rat", 4: "tail"}
    rat = decode(found.row_runs(0), (96, 64))
    assert not (rat & other).any()
    assert rat.sum() == 20 * 20 - other.sum()
    assert said == ["1 of what words name on frame 0 is known: left as it is"]


def test_words_that_were_answered_are_not_asked_again() -> None:
    reader = Reader({"rat": RATS["rat"]}, {"rat": 0.75, "tail": 0.2})
    said: list[str] = []
    first = with_words(FILM, wordings(["rat. tail."]), None, None, reader, said.append)
    assert first is not None
    assert len(said) == 1
    assert with_words(FILM, wordings(["RAT"]), None, first, reader) is None
    assert reader.asked == [["rat", "tail"]]
    # one was answered, one was not: both are named again, since phrases compete, and one is looked at
    again = Reader(RATS, {"rat": 0.75, "tail": 0.9})
    more = with_words(FILM, wordings(["rat. tail."]), None, first, again)
    assert more is not None
    assert (_named(more), again.asked) == ({3: "tail"}, [["rat", "tail"]])
    # another threshold is another question; what is known stays
    lower = Reader({"rat": [*RATS["rat"], (70, 40, 90, 60)]}, threshold=0.1)
    more = with_words(FILM, wordings(["rat"]), None, first, lower)
    assert more is not None
    assert _named(more) == {3: "rat"}


def test_a_word_that_finds_nothing() -> None:
    reader = Reader({}, {"unicorn": 0.238, "gnu": 0.001}, threshold=0.35)
    said: list[str] = []
    with pytest.raises(DataError) as error:
        with_words(FILM, wordings(["unicorn. gnu@4"]), None, None, reader, said.append)
    other = "take another word, or point at it: --point X,Y@4"
    assert str(error.value) == (
        "no 'unicorn' on frame 4: the best score is 0.24, the threshold 0.35; lower it, as --threshold "
        f"0.23, {other}. no 'gnu' on frame 4: the best score is 0.00, the threshold 0.35; {other}"
    )
    reader.boxes = {"gnu": [(0, 0, 5, 5)]}
    rows = with_words(FILM, wordings(["unicorn. gnu@4"]), None, None, reader, said.append)
    assert rows is not None
    assert _named(rows) == {1: "gnu"}
    assert len(said) == 1
    assert said[0].startswith("no 'unicorn' on frame 4")
    with pytest.raises(UsageError, match="a prompt is on frame 6"):
        with_words(FILM, wordings(["rat@6"]), None, None, reader)


def test_a_segmenter_that_tells_no_scores() -> None:
    class Plain:
        def segment(self, image: Any, prompts: Sequence[Prompt] | None = None) -> Masks:
            return Reader({"rat": RATS["rat"]}).segment(image, prompts)

    rows = with_words(FILM, wordings(["rat"]), None, None, Plain())
    assert rows is not None
    assert len(rows) == 2
    with pytest.raises(DataError, match="no 'tail' on frame 0; take another word, or point at it"):
        with_words(FILM, wordings(["tail"]), None, None, Plain())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    save_words(folder / "weights")
    Image.fromarray(np.array(FILM[0])).save(folder / "first.png")
    return folder


def _run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.mark.parametrize("engine", [(), ("--engine", "sam3"), ("--engine", "sam2-small")])
def test_words_to_masks_on_the_command_line(place: Path, tmp_path: Path, engine: Any) -> None:
    out = tmp_path / "found.parquet"
    ran = _run(
        *("segment", place / "first.png", "--text", "rat. tail.", "--weights", place / "weights"),
        *("--threshold", "0", "--out", out, *engine),
    )
    assert ran.exit_code == 0, ran.output
    names = {line.split()[0] for line in ran.stdout.splitlines() if "pixels" in line}
    assert names
    assert names <= {"rat", "tail"}
    rows = masklet.read(out)
    settings = {"weights_dir": str(place / "weights"), "threshold": 0.0}
    finder = finder_for("", engine[1] if engine else "", settings)
    asked = [Prompt(0, 1, "rat", text="rat"), Prompt(0, 2, "tail", text="tail")]
    expected = finder.segment(np.array(FILM[0]), asked)
    assert len(rows) == len(expected) > 1
    for row in range(len(expected)):
        assert any(np.array_equal(expected.row_runs(row), rows.row_runs(k)) for k in range(len(rows)))


def test_who_answers_words(place: Path) -> None:
    options = {"weights_dir": str(place / "weights"), "threshold": 0.2, "quality": "best"}
    made: Any = finder_for("", "adapt", options)
    assert (made.name, made.threshold, made.settings["masks"]) == ("text", 0.2, "sam2-small")
    made = finder_for("", "sam3", options)
    assert (made.name, made.threshold) == ("sam3", 0.2)
    made = finder_for("", "cut", options)
    assert (made.name, made.settings["masks"]) == ("text", "cut")
    made = finder_for("grounding-dino", "sam3", options)
    assert made.name == "grounding-dino"
    own = load("segmenters", "cut")()
    assert finder_for(own, "sam3") is own


def test_bad_calls_are_one_line(place: Path, tmp_path: Path) -> None:
    code = "from masklet.cli.main import run; run()"
    for arguments, said in [
        (["--text", "rat"], "no 'rat' on frame 0: the best score is"),
        (["--text", "..."], "holds no word"),
        (["--text", "rat@3"], "a prompt is on frame 3"),
        (["--text", "rat", "--threshold", "2"], "expected 0 to 1"),
    ]:
        ran = subprocess.run(
            [
                *(sys.executable, "-c", code, "segment", str(place / "first.png")),
                *("--weights", str(place / "weights"), "--engine", "sam3"),
                *("--out", str(tmp_path / "x.png"), *arguments),
            ],
            capture_output=True,
            text=True,
        )
        assert ran.returncode in (1, 2)
        assert said in ran.stderr
        assert ran.stderr.strip().count("\n") == 0, ran.stderr
        assert not (tmp_path / "x.png").exists()


@pytest.fixture(scope="module")
def film(place: Path) -> Path:
    from masklet.media.writer import VideoWriter

    path = place / "film.mp4"
    with VideoWriter(path, SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    return path


def test_tracking_starts_from_words(place: Path, film: Path, tmp_path: Path) -> None:
    words = ("track", film, "--engine", "sam2-small", "--weights", place / "weights")
    ran = _run(*words, "--text", "rat.@2", "--threshold", "0", "--out", tmp_path)
    assert ran.exit_code == 0, ran.output
    rows = masklet.read(tmp_path / "masks.parquet")
    first = rows.on(2)
    assert len(first) > 1
    assert (first.origin == Origin.PROMPTED).all()
    assert set(_named(rows).values()) == {"rat"}
    assert set(rows.object_id.tolist()) == set(first.object_id.tolist())
    assert {step.model.partition("/")[0] for step in rows.steps} == {"text", "sam2-small"}
    assert f"rat {first.object_id[0]} on frame 2: " in ran.stderr
    # The same again asks nothing and changes nothing; a box beside words adds an object.
    again = _run(*words, "--text", "rat.@2", "--threshold", "0", "--out", tmp_path)
    assert again.exit_code == 0, again.output
    assert "rat 1 on frame 2" not in again.stderr
    same = masklet.read(tmp_path / "masks.parquet")
    assert np.array_equal(same.runs, rows.runs)
    assert np.array_equal(same.object_id, rows.object_id)


@pytest.mark.parametrize("engine", [("flow",), ("auto", "--quality", "fast")])
def test_weights_for_words_beside_an_engine_without(
    place: Path, film: Path, tmp_path: Path, engine: tuple[str, ...]
) -> None:
    words = ("track", film, "--engine", *engine, "--weights", place / "weights", "--out", tmp_path)
    ran = _run(*words, "--text", "rat", "--threshold", "0", "--frames", "0-1")
    assert ran.exit_code == 0, ran.output
    assert "engine sam" not in ran.stderr
    rows = masklet.read(tmp_path / "masks.parquet")
    assert set(_named(rows.on(0)).values()) == {"rat"}


def test_words_and_a_box_start_together(place: Path, film: Path, tmp_path: Path) -> None:
    reader = Reader(RATS)
    asked = [*pointings(["60,35,95,63@1:door"]), *wordings(["rat. tail@1"])]
    rows = masklet.track(film, out=tmp_path, engine="flow", prompts=asked, segmenter=_Both(reader)).masks
    assert _named(rows.on(1)) == {1: "door", 2: "rat", 3: "rat", 4: "tail"}
    # Words on a later frame: what is there already is not found twice, what is new gets a new number.
    reader.boxes = {"tail": [(0, 40, 9, 60)]}
    more = [Prompt(4, 1, text="tail"), *asked]
    again = masklet.track(film, out=tmp_path, engine="flow", prompts=more, segmenter=_Both(reader)).masks
    assert reader.asked == [["rat", "tail"], ["tail"]]
    assert _named(again.on(1)) == {1: "door", 2: "rat", 3: "rat", 4: "tail", 5: "tail"}
    assert again.on(4).of(5).origin.tolist() == [Origin.PROMPTED]


class _Both:
    """Boxes as they are, words as a `Reader` reads them."""

    name = "both"
    version = 1

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def segment(self, image: Any, prompts: Sequence[Prompt] | None = None) -> Masks:
        if any(one.text for one in prompts or ()):
            return self._reader.segment(image, prompts)
        boxed = {one.label: [tuple(map(int, one.box or ()))] for one in prompts or ()}
        named = [Prompt(0, one.object_id, one.label, text=one.label) for one in prompts or ()]
        return Reader(boxed).segment(image, named)  # type: ignore[arg-type]


def test_a_word_that_finds_nothing_leaves_no_project(place: Path, film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = _run(
        *("track", film, "--engine", "sam3", "--weights", place / "weights", "--text", "rat"),
        *("--out", out),
    )
    assert ran.exit_code != 0
    assert not (out / "project.masklet").exists()
