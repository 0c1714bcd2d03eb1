"""`masklet.track` as a person uses it: files with any names, videos that move, corrections."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import masklet
from masklet import DataError, Masks, Origin, UsageError
from masklet.annotate.ranges import shortened
from masklet.media.writer import VideoWriter
from masklet.ops.runs import decode
from masklet.testing import ArraySource
from masklet.testing.scenes import Scene
from masklet.verbs.seeds import SeedFile

SCENE = Scene("arena", 2, size_wh=(128, 96), n_frames=24, seed=7)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("track")
    with VideoWriter(folder / "film.mp4", SCENE.size_wh, fps=SCENE.fps) as writer:
        for _, image in SCENE.frames():
            writer.write(image)
    with pytest.warns(masklet.LossWarning):
        masklet.write(SCENE.truth(tails="none"), folder / "drawn", "davis")
    return folder


def track(place: Path, out: Path, *names: str, **how) -> Masks:
    seeds = [
        SeedFile(place / "drawn" / name.partition("@")[0], int(name.partition("@")[2])) for name in names
    ]
    how = {"engine": "flow"} | how
    return masklet.track(place / "film.mp4", seeds, out=out, **how).masks


def test_the_given_frame_beats_the_number_in_the_name(place: Path, tmp_path: Path) -> None:
    rows = track(place, tmp_path, "00011.png@3", frames="0-5")
    assert rows.take(rows.trusted).frames.tolist() == [3]
    picture = np.array(Image.open(place / "drawn/00011.png"))
    for i, obj in enumerate(rows.on(3).object_id):
        assert (decode(rows.on(3).row_runs(i), SCENE.size_wh) == (picture == obj)).all()


def test_a_picture_finds_its_frame_by_its_name(place: Path, tmp_path: Path) -> None:
    tracked = masklet.track(
        place / "film.mp4", place / "drawn/00011.png", out=tmp_path, engine="flow", frames="9-12"
    )
    assert tracked.masks.take(tracked.masks.trusted).frames.tolist() == [11]


def test_a_moved_video_keeps_its_project(place: Path, tmp_path: Path) -> None:
    track(place, tmp_path / "out", "00000.png@0", frames="0-5")
    shutil.copy(place / "film.mp4", tmp_path / "elsewhere.mp4")
    rows = masklet.track(tmp_path / "elsewhere.mp4", out=tmp_path / "out", engine="flow").masks
    assert rows.frames.tolist() == list(range(24))
    assert rows.video.uri == str(tmp_path / "elsewhere.mp4")


def test_a_look_alike_video_is_refused_and_harms_nothing(place: Path, tmp_path: Path) -> None:
    before = track(place, tmp_path / "out", "00000.png@0", frames="0-3")
    other = Scene("arena", 2, size_wh=(128, 96), n_frames=24, seed=8)
    with VideoWriter(tmp_path / "film.mp4", other.size_wh, fps=other.fps) as writer:
        for _, image in other.frames():
            writer.write(image)
    with pytest.raises(DataError, match="another video"):
        masklet.track(tmp_path / "film.mp4", out=tmp_path / "out", engine="flow")
    assert masklet.read(tmp_path / "out/project.masklet") == before


def test_a_correction_without_a_name_keeps_the_name(place: Path, tmp_path: Path) -> None:
    track(place, tmp_path, "00000.png@0", engine="flow", label="dog")
    after = track(place, tmp_path, "00006.png@6", engine="flow")
    assert {after.labels[int(i)].name for i in after.label_id} == {"dog"}


def test_auto_stays_with_the_engine_of_the_run_before(place: Path, tmp_path: Path) -> None:
    said: list[str] = []
    track(place, tmp_path, "00000.png@0", engine="flow", frames="0-6")
    track(place, tmp_path, "00006.png@6", engine="auto", say=said.append)
    assert any("flow: as in the run before" in line for line in said)


@pytest.mark.parametrize(
    "how", [{"direction": "backward"}, {"stop_on_drift": 1}], ids=["reaches nothing", "stopped at once"]
)
def test_an_engine_is_not_forgotten_that_kept_no_row(place: Path, tmp_path: Path, how: dict) -> None:
    options = {"preset": "fast", "work_side": 64}
    if "stop_on_drift" in how:
        black = np.zeros((24, 96, 128, 3), np.uint8)
        black[0] = SCENE[0]
        film = ArraySource(black)
    else:
        film = place / "film.mp4"
    first = SCENE.truth(tails="none", frames=range(1))
    ran = masklet.track(
        film, first, out=tmp_path, engine="flow", options=options, crop=64, frames="0-6", **how
    )
    assert ran.masks.take(~ran.masks.trusted).frames.tolist() == []
    last = masklet.history(tmp_path)[-1]
    assert (last.verb, last.rows) == ("ran", 0)
    assert str(last).startswith("a run that kept no row (track flow/")

    again = masklet.track(film, out=tmp_path, frames="0-3")
    assert again.engine.startswith(
        "flow preset=fast work_side=64: as in the run before; in a window of 64"
    )
    if "stop_on_drift" not in how:
        assert again.masks.frames.tolist() == [0, 1, 2, 3]
        assert masklet.history(tmp_path)[-1].verb == "replace"


def test_an_engine_is_not_forgotten_whose_only_run_is_undone(place: Path, tmp_path: Path) -> None:
    track(place, tmp_path, "00000.png@0", engine="flow", options={"preset": "fast"}, frames="0-6")
    masklet.undo(tmp_path)
    assert masklet.history(tmp_path)[-1].verb != "ran"
    again = masklet.track(place / "film.mp4", out=tmp_path, frames="0-3")
    assert again.engine.startswith("flow preset=fast: as in the run before")


def test_after_an_undo_the_engine_before_goes_on(place: Path, tmp_path: Path) -> None:
    track(place, tmp_path, "00000.png@0", engine="flow", frames="0-6")
    track(place, tmp_path, engine="background", frames="0-6")
    masklet.undo(tmp_path)
    again = masklet.track(place / "film.mp4", out=tmp_path, frames="0-3")
    assert again.engine.startswith("flow: as in the run before")


def test_a_correction_is_kept_and_can_be_undone(place: Path, tmp_path: Path) -> None:
    track(place, tmp_path, "00000.png@0")
    corrected = track(place, tmp_path, "00012.png@12")
    assert corrected.take(corrected.trusted).frames.tolist() == [0, 12]
    with masklet.Project.open(tmp_path / "project.masklet") as project:
        store = project.masks()
        assert {change.frame for change in store.history(frame=12)} == {12}
        store.undo()  # the run after the correction
        store.undo()  # the correction itself
        rows = store.load()
    assert rows.take(rows.trusted).frames.tolist() == [0]
    assert rows.frames.tolist() == list(range(24))


def test_masks_of_a_program_need_a_word(place: Path, tmp_path: Path) -> None:
    guessed = SCENE.truth(tails="none", frames=range(1))
    guessed = guessed.replace(
        origin=np.full(len(guessed), Origin.PREDICTED), review=np.zeros(len(guessed))
    )
    with pytest.raises(DataError, match="--trust"):
        masklet.track(place / "film.mp4", guessed, out=tmp_path / "a", engine="flow")
    assert not (tmp_path / "a").exists()
    tracked = masklet.track(
        place / "film.mp4", guessed, out=tmp_path / "a", engine="flow", trust=True, frames="0-3"
    )
    assert tracked.masks.frames.tolist() == [0, 1, 2, 3]


def test_masks_without_ids_get_them_on_one_frame_only(place: Path, tmp_path: Path) -> None:
    truth = SCENE.truth(tails="none", frames=range(2))
    nameless = truth.replace(object_id=np.full(len(truth), -1))
    with pytest.raises(DataError, match="object id"):
        masklet.track(place / "film.mp4", nameless, out=tmp_path / "a", engine="flow")
    tracked = masklet.track(
        place / "film.mp4", nameless.on(0), out=tmp_path / "b", engine="flow", frames="0-2"
    )
    assert tracked.masks.objects.tolist() == [1, 2]


def test_nothing_is_left_by_a_call_that_was_wrong(place: Path, tmp_path: Path) -> None:
    for how in ({"engine": "magic"}, {"frames": "99"}, {"direction": "up"}):
        with pytest.raises(UsageError):
            track(place, tmp_path / "out", "00000.png@0", **how)
        assert not (tmp_path / "out").exists()


def test_frames_are_listed_as_the_option_takes_them() -> None:
    assert shortened([4, 8, 9, 10, 40]) == "4,8-10,40"
    assert shortened([3]) == "3"
    assert shortened(list(range(0, 40, 2)), most=2) == "0,2 and more"
