"""The propagators and segmenters on miniature weights, through the door that users take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foundation_kit as kit
from masklet.core import DataError, Masks, Prompt, Scribble, UsageError, Video
from masklet.core.registry import load
from masklet.testing import Scene, check_propagator, check_segmenter

SAVED = {"sam2": kit.save_sam2, "edgetam": kit.save_edgetam, "sam3": kit.save_sam3}


@pytest.fixture(scope="module", params=SAVED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(name: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return SAVED[name](tmp_path_factory.mktemp(name))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene("arena", 2, (160, 120), n_frames=30, seed=11, noise=1.0)


def made(name: str, folder: Path, **more: Any) -> Any:
    return load("propagators", name)(weights_dir=str(folder), **more)


def test_it_keeps_the_rules_of_a_propagator(name: str, folder: Path) -> None:
    check_propagator(made(name, folder))


def test_it_keeps_the_rules_of_a_segmenter(name: str, folder: Path) -> None:
    check_segmenter(load("segmenters", name)(weights_dir=str(folder)))


def test_its_weights_are_told_and_a_copy_has_the_same_hash(
    name: str, folder: Path, tmp_path: Path
) -> None:
    again = SAVED[name](tmp_path)
    assert made(name, folder).weights == made(name, again).weights
    assert len(made(name, folder).weights) == 16


def test_doubt_is_between_none_and_all(name: str, folder: Path, scene: Scene) -> None:
    for _, rows in made(name, folder).propagate(scene, scene.truth(frames=range(1)), range(1, 10)):
        assert ((rows.score >= 0) & (rows.score <= 1)).all()
        assert ((rows.identity_score >= 0) & (rows.identity_score <= 1)).all()


def test_the_size_of_a_pass_does_not_matter(folder: Path, name: str, scene: Scene) -> None:
    truth = scene.truth(frames=range(1))
    one, two = (
        [rows for _, rows in made(name, folder, batch=b).propagate(scene, truth, range(1, 6))]
        for b in (1, 8)
    )
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a.object_id, b.object_id)
        assert np.allclose(a.score, b.score, atol=1e-3)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_short_numbers_run(name: str, folder: Path, scene: Scene, precision: str) -> None:
    truth = scene.truth(frames=range(1))
    rows = dict(made(name, folder, precision=precision).propagate(scene, truth, range(1, 5)))
    exact = dict(made(name, folder, precision="float32").propagate(scene, truth, range(1, 5)))
    assert sum(len(one) for one in rows.values()) > 0
    for at, one in rows.items():
        assert np.allclose(one.score, exact[at].score, atol=0.05)


def test_a_run_that_goes_on_from_rows_is_nearly_one_that_never_stopped(
    name: str, folder: Path, scene: Scene
) -> None:
    """Known rows are hard masks; tracking the last of them once more brings the memories back."""
    from masklet.ops.overlap import iou_runs
    from masklet.ops.table import concat

    truth = scene.truth(frames=range(1))
    whole = dict(made(name, folder).propagate(scene, truth, range(1, 30)))
    told = concat([truth, *(whole[at] for at in range(4, 20))])
    again = dict(made(name, folder).propagate(scene, told, range(20, 30)))
    alike = [
        iou_runs(whole[at].of(obj).row_runs(0), again[at].of(obj).row_runs(0))
        for at in range(20, 30)
        for obj in whole[at].object_id.tolist()
        if obj in again[at].object_id
    ]
    assert len(alike) > 10
    assert np.mean(alike) > 0.97


def test_what_happens_to_the_files_later_has_no_part_in_a_run(
    name: str, scene: Scene, tmp_path: Path
) -> None:
    engine = made(name, SAVED[name](tmp_path / "w"))
    truth, told = scene.truth(frames=range(1)), engine.weights
    first = list(engine.propagate(scene, truth, range(1, 4)))
    (tmp_path / "other").write_bytes(b"other weights")
    (tmp_path / "other").replace(tmp_path / "w" / "model.safetensors")
    again = list(engine.propagate(scene, truth, range(1, 4)))
    assert engine.weights == told
    assert all(np.array_equal(a.runs, b.runs) for (_, a), (_, b) in zip(first, again, strict=True))


def test_answers_that_are_no_numbers_are_told(
    name: str, folder: Path, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from masklet.models.foundation.network import Network

    whole = Network.follow

    def follow(self: Network, *given: Any) -> Any:
        answer = whole(self, *given)
        return replace(answer, quality=answer.quality * float("nan"))

    monkeypatch.setattr(Network, "follow", follow)
    with pytest.raises(DataError, match="not finite"):
        list(made(name, folder).propagate(scene, scene.truth(frames=range(1)), range(1, 3)))


class Endless:
    """A source without an end that can only be read forward."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        size = scene.video
        self.video = Video("live:", size.width, size.height, -1)
        self.read = 0

    def frames(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, Any]]:
        index = start
        while stop is None or index < stop:
            self.read = index + 1
            yield index, self._scene[index % self._scene.video.n_frames]
            index += step

    def __getitem__(self, index: int) -> Any:
        raise DataError("a live source has no frames to go back to")


def test_a_live_source_is_followed_frame_by_frame(name: str, folder: Path, scene: Scene) -> None:
    live = Endless(scene)
    truth = scene.truth(frames=range(1))
    seeds = truth.replace(video=live.video, checked=())
    running = made(name, folder).propagate(live, seeds, range(0, 1 << 40))
    mine = list(islice(running, 12))
    assert live.read == 12  # nothing is read ahead
    assert [frame for frame, _ in mine] == list(range(12))
    filed = list(made(name, folder).propagate(scene, truth, range(12)))
    for (_, a), (_, b) in zip(mine, filed, strict=True):
        assert np.array_equal(a.runs, b.runs)


def test_a_live_source_has_no_way_back(name: str, folder: Path, scene: Scene) -> None:
    live = Endless(scene)
    seeds = scene.truth(frames=range(1)).replace(video=live.video, checked=())
    with pytest.raises(DataError, match="no end to run back from"):
        made(name, folder).propagate(live, seeds, range(5, 0, -1))


def test_an_object_declared_gone_is_not_carried_on(name: str, folder: Path, scene: Scene) -> None:
    from masklet.core import Flags
    from masklet.ops import runs
    from masklet.ops.table import Row, build, concat

    truth = scene.truth(frames=range(1))
    gone = build(
        scene.video,
        truth.labels,
        [Row(4, int(truth.object_id[0]), 0, runs.empty((160, 120)), flags=int(Flags.OUTSIDE))],
    )
    seeds = concat([truth, gone])
    after = [
        rows for frame, rows in made(name, folder).propagate(scene, seeds, range(1, 9)) if frame > 4
    ]
    assert all(int(truth.object_id[0]) not in rows.object_id for rows in after)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"device": "tpu"}, "unknown device 'tpu'"),
        ({"precision": "float8"}, "unknown precision 'float8'"),
        ({"batch": 0}, "batch=0"),
        ({"weights_dir": "/nowhere"}, "/nowhere does not exist"),
    ],
)
def test_settings_that_make_no_sense(folder: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises((UsageError, DataError), match=says):
        load("propagators", "sam2")(**{"weights_dir": str(folder), **options})


def test_a_device_that_is_not_there_is_told(name: str, folder: Path, scene: Scene) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(UsageError, match="no CUDA"):
        list(made(name, folder, device="cuda").propagate(scene, scene.truth(frames=range(1)), range(2)))


@pytest.fixture(scope="module")
def pointing(name: str, folder: Path) -> Any:
    return load("segmenters", name)(weights_dir=str(folder))


class TestPointing:
    def ask(self, pointing: Any, scene: Scene, *prompts: Prompt) -> Masks:
        found: Masks = pointing.segment(scene[0], prompts)
        return found

    def test_every_kind_of_prompt_is_heard(self, pointing: Any, scene: Scene) -> None:
        kinds = {
            "point": {"points": [[40, 50]], "positive": [True]},
            "two points": {"points": [[40, 50], [100, 20]], "positive": [True, False]},
            "box": {"box": (20, 30, 90, 100)},
            "box and point": {"box": (20, 30, 90, 100), "points": [[40, 50]], "positive": [True]},
            "scribble": {"scribbles": (Scribble([[30, 30], [60, 60]]),)},
            "mask": {"mask": np.pad(np.ones((40, 50), bool), ((30, 50), (40, 70)))},
        }
        found = {
            kind: self.ask(pointing, scene, Prompt(0, 1, "rat", **given))  # type: ignore[arg-type]
            for kind, given in kinds.items()
        }
        assert sum(len(rows) > 0 for rows in found.values()) >= 3
        different = {rows.runs.tobytes() for rows in found.values()}
        assert len(different) == len(kinds)

    def test_objects_share_no_pixel(self, pointing: Any, scene: Scene) -> None:
        from masklet.ops import runs

        rows = self.ask(
            pointing,
            scene,
            Prompt(0, 1, "rat", box=(20, 30, 90, 100)),
            Prompt(0, 2, "rat", box=(40, 30, 120, 100)),
        )
        masks = [runs.decode(rows.row_runs(k), (160, 120)) for k in range(len(rows))]
        assert np.stack(masks).sum(axis=0).max() <= 1

    @pytest.mark.parametrize(
        ("given", "says"),
        [
            ({"points": [[400, 50]], "positive": [True]}, "point 400,50 is not in the picture"),
            ({"box": (200, 300, 290, 400)}, "outside of the picture"),
            ({"points": [[40, 50], [40, 50]], "positive": [True, False]}, "on the object and not on it"),
            ({"mask": np.ones((5, 5), bool)}, r"expected \(120, 160\)"),
            ({"mask": np.zeros((120, 160), bool)}, "empty"),
        ],
    )
    def test_prompts_that_do_not_fit(
        self, pointing: Any, scene: Scene, given: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(DataError, match=says):
            self.ask(pointing, scene, Prompt(0, 1, "rat", **given))


def test_sam2_does_not_know_words(tmp_path: Path, scene: Scene) -> None:
    pointing = load("segmenters", "sam2")(weights_dir=str(kit.save_sam2(tmp_path)))
    with pytest.raises(UsageError, match="--engine text or sam3"):
        pointing.segment(scene[0], [Prompt(0, 1, "rat", text="rat")])
