"""`masklet evaluate` and `masklet compare` from files to files, as a person calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evaluation_kit import H, W, block, table
from masklet.core import DataError, Label, LossWarning, Masks, Origin, UsageError, Video
from masklet.formats.files import write
from masklet.verbs.compare import compare, parse
from masklet.verbs.evaluate import evaluate, media_of
from masklet.verbs.report_text import comparison_text, text_of
from masklet.verbs.sides import Reading, matched, sides
from masklet.verbs.steadiness import steady

LABELS = (Label("object"),)


def moving(shift: int, name: str = "cage", origin: Origin = Origin.IMPORTED, length: int = 5) -> Masks:
    rows = {(f, 1): block(2 + f + shift, 4, 12 + f + shift, 14) for f in range(length)}
    return table(rows, Video(name, W, H, length), labels=LABELS, origin=origin)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    call = [sys.executable, "-m", "masklet", *arguments]
    return subprocess.run(call, capture_output=True, text=True, cwd=cwd, check=False)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """`truth`, `good` and `bad`, three videos each, a folder of palette pictures a video."""
    for name, shift in (("truth", 0), ("good", 1), ("bad", 4)):
        items = [moving(shift if name != "truth" else 0, f"v{i}") for i in range(3)]
        write(items, tmp_path / name, "davis")
    return tmp_path


def test_folders_to_json_and_page(folders: Path) -> None:
    told = run("evaluate", "good", "truth", cwd=folders)
    assert told.returncode == 0, told.stderr
    assert "Region and contour" in told.stdout
    data = json.loads((folders / "evaluation.json").read_text())
    assert data["numbers"]["region.j.mean"] == pytest.approx(9 / 11)
    assert [video["name"] for video in data["videos"]] == ["v0", "v1", "v2"]
    assert len(data["videos"][0]["rows"]["j"]) == 5
    page = (folders / "evaluation.html").read_text()
    assert "Worst frames" in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_compare_on_the_command_line(folders: Path) -> None:
    told = run(
        "compare", "good", "bad", "--truth", "truth", "--metrics", "j", "--draws", "100", cwd=folders
    )
    assert told.returncode == 0, told.stderr
    assert "bad is worse than good by J" in told.stdout
    data = json.loads((folders / "comparison.json").read_text())
    assert data["rows"][0]["differences"][0]["better"] == -1
    assert "Verdict" in (folders / "comparison.html").read_text()


def test_without_truth_it_says_how_steady_masks_are(folders: Path) -> None:
    told = run("evaluate", "good", cwd=folders)
    assert told.returncode == 0, told.stderr
    assert "v0, without truth:" in told.stdout
    assert "nothing looks wrong by itself" in told.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("evaluate", "none", "truth"), 1, "none does not exist"),
        (("evaluate", "good", "truth", "--metrics", "jay"), 2, "unknown metrics: jay; expected all"),
        (("evaluate", "good", "truth", "--objects", "x"), 2, "expected one of auto, id, overlap"),
        (("evaluate", "good", "truth", "--skip", "3-"), 2, "expected both ends"),
        (("evaluate", "good", "truth", "--out", "a.txt"), 2, "does not end in .json"),
        (("evaluate", "good", "truth", "--videos", "w*"), 1, "no video of the truth is called w*"),
        (("evaluate", "good", "truth", "--trained-on", "x.json"), 1, "cannot read x.json"),
        (("compare", "good", "--truth", "truth"), 2, "expected two or more to compare"),
        (("compare", "good", "good", "--truth", "truth"), 2, "two predictions are called 'good'"),
    ],
)
def test_calls_that_cannot_be_understood(
    folders: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    if arguments[:3] == ("evaluate", "good", "truth/v0"):
        said = "the prediction lacks 1 of 1 videos of the truth (v0)" if False else said
    told = run(*arguments, cwd=folders)
    if said != "nothing":
        assert told.returncode == code
        assert said in " ".join(told.stderr.split())
        assert not (folders / "evaluation.json").exists()
    else:
        assert told.returncode == 0
        assert json.loads((folders / "evaluation.json").read_text())["videos"][0]["name"] == "v0"


def test_a_video_without_prediction_is_an_error_and_can_be_left_out(tmp_path: Path) -> None:
    truth = [moving(0, name) for name in "abc"]
    pred = [moving(1, name) for name in "ab"]
    with pytest.raises(DataError, match=r"lacks 1 of 3 videos of the truth \(c\)"):
        evaluate(pred, truth, "region")
    assert len(evaluate(pred, truth, "region", videos=["a", "b"]).videos) == 2


def test_two_single_videos_meet_whatever_they_are_called() -> None:
    assert len(evaluate(moving(0, "a"), moving(0, "b"), "region").videos) == 1


def test_a_name_that_two_videos_share_is_an_error() -> None:
    with pytest.raises(DataError, match="names that stand for several videos"):
        list(matched(sides([moving(0), moving(1)], Reading()), sides([moving(0)] * 2, Reading())))


def test_results_of_batch_meet_by_the_name_of_their_folder(tmp_path: Path) -> None:
    for name in ("v0", "v1"):
        (tmp_path / "out" / name).mkdir(parents=True)
        write(moving(1, "clip"), tmp_path / "out" / name / "masks.parquet")
        write(moving(0, "clip"), tmp_path / "truth" / f"{name}.parquet")
    report = evaluate(tmp_path / "out", tmp_path / "truth", "region")
    assert [video.name for video in report.videos] == ["v0", "v1"]


def test_one_file_with_many_videos(tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    write([moving(0, f"v{i}") for i in range(3)], truth, "ytvis")
    pred = tmp_path / "results.json"
    scored = [moving(1, f"v{i}").replace(score=np.full(5, 0.5, np.float32)) for i in range(3)]
    with pytest.warns(LossWarning, match="one score a track"):
        write(scored, pred, "ytvis", results=True)
    report = evaluate(pred, truth, "tracks,region")
    assert [video.name for video in report.videos] == ["v0", "v1", "v2"]
    assert report.scores.tracks.ap == pytest.approx(0.7)  # 9 / 11 = 0.818: right up to 0.80


def test_learnt_frames_are_refused_unless_told(tmp_path: Path) -> None:
    manifest = tmp_path / "run.json"
    learnt = {"name": "cage", "content_hash": "", "blocks": [[0, 3]]}
    manifest.write_text(json.dumps({"format": "masklet-training", "version": 1, "videos": [learnt]}))
    pair = moving(1), moving(0)
    with pytest.raises(DataError, match="3 of 5 judged frames were in the training set"):
        evaluate(*pair, "region", trained_on=manifest)
    report = evaluate(*pair, "region", trained_on=manifest, allow_leaks=True)
    assert any("in the training set" in text for text, _ in report.notes)


def test_media_of_several_videos(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.mp4").touch()
    assert media_of(tmp_path, "a", 2) == tmp_path / "a"
    assert media_of(tmp_path, "b", 2) == tmp_path / "b.mp4"
    assert media_of(tmp_path, "c", 1) == tmp_path
    with pytest.raises(UsageError, match="has no media called 'c'"):
        media_of(tmp_path, "c", 2)
    with pytest.raises(UsageError, match="is one video, and 2 are judged"):
        media_of(tmp_path / "b.mp4", "b", 2)


def test_seeds_by_name_and_pattern(tmp_path: Path) -> None:
    for name in ("s1", "s2"):
        write(moving(1), tmp_path / f"{name}.parquet")
    assert parse([f"new={tmp_path}/s*.parquet"]) == {
        "new": [str(tmp_path / "s1.parquet"), str(tmp_path / "s2.parquet")]
    }
    with pytest.raises(UsageError, match="nothing is found under"):
        parse([f"new={tmp_path}/x*.parquet"])
    runs = {"new": [moving(1), moving(2)], "old": [moving(4)]}
    text = comparison_text(compare(runs, moving(0), "region", draws=100))
    assert "±" in text
    assert "one video, so nothing can be said about noise" in text


def test_the_report_says_what_was_decided(folders: Path) -> None:
    report = evaluate(folders / "good", folders / "truth")
    text = text_of(report)
    assert "judged is every frame" in text
    assert "lines: no label is a line" in text
    assert all(len(line) < 180 for line in text.splitlines())


def test_numbers_are_json_numbers_or_null(tmp_path: Path) -> None:
    out = tmp_path / "e.json"
    evaluate(moving(1), moving(0), out=out)
    data = json.loads(out.read_text(), parse_constant=lambda name: pytest.fail(name))
    assert data["numbers"]["detection.ap_large"] is None
    assert data["numbers"]["region.j.mean"] == pytest.approx(9 / 11)


def test_real_results(shared_data: Path) -> None:
    """The mean J of the manifest of the data, over all frames, any label against the truth."""
    root = shared_data / "davis2016_val"
    known = {"blackswan": 0.943, "bmx-trees": 0.543, "kite-surf": 0.602}
    report = evaluate(root / "results/osvos", root / "Annotations/480p", "region", videos=list(known))
    for video in report.videos:
        found = video.scores.region.figures.j.mean
        assert found == pytest.approx(known[video.name], abs=5e-4)


def test_masks_of_every_fourth_frame(shared_data: Path) -> None:
    root = shared_data / "sav_json"
    report = evaluate(root / "sav_000001_auto.json", root / "sav_000001_manual.json", "region,identity")
    assert report.videos[0].frames == 121
    assert np.isfinite(report.scores.identity.hota.hota)


def test_contestants_are_judged_on_the_same_frames() -> None:
    """One run was given its bad frames by a person: they count for neither."""
    made = [Origin.PROPAGATED] * 5
    given = [Origin.HUMAN, Origin.HUMAN, Origin.HUMAN, Origin.PROPAGATED, Origin.PROPAGATED]
    origins = {"a": made, "b": given}
    runs = {name: moving(1).replace(origin=np.array(one, np.uint8)) for name, one in origins.items()}
    comparison = compare(runs, moving(0), "region", draws=100)
    judged = [run.videos[0].judged.tolist() for one in comparison.contestants for run in one.runs]
    assert judged == [[3, 4], [3, 4]]
    assert comparison.rows[0].differences[0].value == 0


def test_contestants_are_matched_by_the_same_rule() -> None:
    """The numbers of one run mean something, those of the other do not: overlap for both."""
    places = {1: block(2, 4, 12, 14), 2: block(16, 4, 26, 14)}
    video = Video("cage", W, H, 5)
    truth, exact, moved = (
        table(
            {(f, name[k]): mask for f in range(5) for k, mask in places.items()},
            video,
            labels=LABELS,
            origin=Origin.IMPORTED,
        )
        for name in ({1: 1, 2: 2}, {1: 2, 2: 1}, {1: 7, 2: 8})
    )
    comparison = compare({"a": exact, "b": moved}, truth, "region", draws=100)
    rules = [run.videos[0].rule for one in comparison.contestants for run in one.runs]
    assert rules == ["overlap", "overlap"]
    assert comparison.rows[0].differences[0].value == 0


def test_steadiness_to_a_file(folders: Path) -> None:
    told = run("evaluate", "good", "--out", "steady.json", cwd=folders)
    assert told.returncode == 0, told.stderr
    data = json.loads((folders / "steady.json").read_text())
    assert [video["name"] for video in data["videos"]] == ["v0", "v1", "v2"]
    assert data["videos"][0]["objects"][0]["dropouts"] == 0
    told = run("evaluate", "good", "--html", "a.html", cwd=folders)
    assert told.returncode == 2
    assert "--html cannot be used without true masks" in told.stderr
    told = run("evaluate", "good", "--videos", "v0", "--skip", "3", cwd=folders)
    assert "--skip, --videos cannot be used without true masks" in told.stderr


def test_foreign_masks_are_looked_at_too() -> None:
    rows = {(f, 1): block(2, 4, 10, 12) for f in range(12)}
    rows[5, 1] = block(2, 4, 28, 20)
    masks = table(rows, Video("v", W, H, 12), labels=LABELS, origin=Origin.IMPORTED)
    (found,) = steady(masks)
    assert ("area jumps", (5, 6)) in found.looks


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"video_id": 1, "category_id": 1, "segmentations": [], "score": "high"}]', "score"),
        ('[{"video_id": 9, "category_id": 1, "segmentations": [null], "score": 1.0}]', "video 9"),
        ('[{"video_id": 1, "category_id": 1, "segmentations": [', "JSON"),
    ],
)
def test_the_error_is_that_of_the_reader(tmp_path: Path, text: str, said: str) -> None:
    truth, pred = tmp_path / "truth.json", tmp_path / "results.json"
    write([moving(0, f"v{i}") for i in range(3)], truth, "ytvis")
    pred.write_text(text)
    with pytest.raises(DataError, match=said):
        evaluate(pred, truth, "tracks")


def test_a_detector_that_finds_nothing(tmp_path: Path) -> None:
    truth, pred = tmp_path / "truth.json", tmp_path / "results.json"
    write([moving(0, f"v{i}") for i in range(3)], truth, "ytvis")
    pred.write_text("[]")
    assert evaluate(pred, truth, "tracks").scores.tracks.ap == 0


def test_a_loose_picture_among_folders(folders: Path) -> None:
    picture = next((folders / "good" / "v0").glob("*.png"))
    (folders / "good" / "loose.png").write_bytes(picture.read_bytes())
    with pytest.raises(DataError, match=r"mask pictures \(loose.png, ...\) and folders of them"):
        evaluate(folders / "good", folders / "truth", "region")


@pytest.mark.parametrize("text", ["a=", "a=,", "a=x,x"])
def test_runs_that_are_none_or_twice(text: str) -> None:
    with pytest.raises(UsageError, match=r"no path|twice"):
        parse([text])


def test_numbers_in_names_are_no_suffix() -> None:
    names = [one.name for one in sides([moving(0, "rat.0"), moving(0, "a/rat.1.mp4")], Reading())]
    assert names == ["rat.0", "rat.1"]


def test_media_do_not_change_what_is_judged(tmp_path: Path) -> None:
    """A picture that the truth does not list is not an empty one."""
    names = ("a.png", "b.png", "c.png")
    for i, name in enumerate((*names, "d.png")):
        (tmp_path / "media").mkdir(exist_ok=True)
        Image.new("RGB", (W, H), (60 * i, 0, 0)).save(tmp_path / "media" / name)
    video = Video("set", W, H, 3, files=names)
    masks = table({(f, 1): block(2, 2, 9, 9) for f in range(3)}, video, labels=LABELS)
    with pytest.warns(LossWarning):
        write(masks, tmp_path / "truth.json", "coco")
    sides_of = tmp_path / "truth.json", tmp_path / "truth.json"
    report = evaluate(*sides_of, "region,semantic", media=tmp_path / "media")
    assert report.videos[0].frames == 3


def test_pictures_of_failures_go_by_name(tmp_path: Path) -> None:
    from masklet.media.opening import open_media
    from masklet.verbs.pages.pictures import _place

    for i, name in enumerate("abcde"):
        Image.new("RGB", (W, H), (40 * i, 0, 0)).save(tmp_path / f"{name}.png")
    media = open_media(tmp_path)
    assert [_place(media, ("e.jpg", "a.jpg", "x.jpg"), frame) for frame in range(3)] == [4, 0, -1]
