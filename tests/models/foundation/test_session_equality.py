"""The tracker gives what the sessions of transformers give, frame by frame, on the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import foundation_kit as kit
from masklet.models.foundation.loading import load
from masklet.models.foundation.network import Network
from masklet.models.foundation.tracker import Lesson, Tracker

FRAMES, START = 20, 7
Logits = dict[int, Tensor]


@dataclass(frozen=True)
class Case:
    """One class of networks, and how transformers drives it."""

    family: str
    kind: str
    save: Callable[[Path], Path]
    home: str
    side: int


CASES = {
    "sam2": Case("sam2", "sam2-video", kit.save_sam2, "sam2_video.Sam2Video", kit.SIDE),
    "edgetam": Case(
        "edgetam", "edgetam-video", kit.save_edgetam, "edgetam_video.EdgeTamVideo", kit.SIDE
    ),
    "sam3": Case(
        "sam3", "sam3-tracker", kit.save_sam3, "sam3_tracker_video.Sam3TrackerVideo", kit.SAM3_SIDE
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def model(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = case.save(tmp_path_factory.mktemp(case.family))
    return load(case.kind, folder, torch.device("cpu"), torch.float32)


def video(side: int) -> Tensor:
    """`(FRAMES, 3, side, side)`: smooth noise that changes slowly."""
    rough = torch.rand(1, 3, 6, side // 8, side // 8, generator=torch.Generator().manual_seed(5))
    smooth = torch.nn.functional.interpolate(rough, (FRAMES, side, side), mode="trilinear")
    return (2 * smooth[0] - 1).permute(1, 0, 2, 3).contiguous()


def boxes(side: int) -> dict[int, Tensor]:
    """Masks of two objects, `(side, side)` of 0 and 1."""
    masks = {obj: torch.zeros(side, side) for obj in (1, 2)}
    masks[1][20:60, 30:80] = 1
    masks[2][70:100, 60:100] = 1
    return masks


def session(case: Case, side: int) -> tuple[Any, Any]:
    """A session of transformers over `video`, and the processor that puts prompts into it."""
    from importlib import import_module

    module, _, name = case.home.partition(".")
    modelling = import_module(f"transformers.models.{module}.modeling_{module}")
    processing = import_module("transformers").Sam2VideoProcessor
    if case.family == "sam3":
        processing = import_module("transformers").Sam3TrackerVideoProcessor

    class PromptsOnly(processing):  # type: ignore[misc, valid-type]
        """Without the image processor, which needs torchvision."""

        def __init__(self, target: int) -> None:
            self.target_size, self.point_pad_value = target, -10

    made = getattr(modelling, f"{name}InferenceSession")(
        video=video(side), video_height=side, video_width=side, dtype=torch.float32
    )
    return made, PromptsOnly(side)


def theirs(model: Any, case: Case, add: Callable[[Any, Any], None], reverse: bool) -> dict[int, Logits]:
    """Logits by frame and object as transformers' own loop gives them."""
    state, processor = session(case, case.side)
    add(state, processor)
    found: dict[int, Logits] = {}
    model(state, frame_idx=START)
    for out in model.propagate_in_video_iterator(state, start_frame_idx=START, reverse=reverse):
        found[out.frame_idx] = dict(zip(out.object_ids, out.pred_masks[:, 0], strict=True))
    return found


def ours(
    model: Any,
    case: Case,
    lessons: Callable[[Network, Any], Mapping[int, Lesson]],
    reverse: bool,
    **more: int,
) -> dict[int, Logits]:
    """Logits by frame and object as our tracker gives them; the prompted frame is left out."""
    network, pixels = Network(model, case.family), video(case.side)
    tracker = Tracker(network, -1 if reverse else 1, FRAMES, **more)
    found: dict[int, Logits] = {}
    with torch.inference_mode():
        known = lessons(network, network.encode(pixels[START : START + 1]))
        for obj, lesson in known.items():
            tracker.know(obj, START, lesson)
        for frame in range(START - 1, -1, -1) if reverse else range(START + 1, FRAMES):
            features = network.encode(pixels[frame : frame + 1])
            seen = tracker.follow(frame, features, list(known))
            found[frame] = {obj: one.logits for obj, one in seen.items()}
    return found


def agree(mine: dict[int, Logits], other: dict[int, Logits], within: float) -> None:
    """Same logits to rounding, and so the same masks but where a logit is nought to rounding."""
    assert len(mine) >= START
    both_signs = 0
    for frame, found in mine.items():
        assert set(found) == set(other[frame])
        for obj, logits in found.items():
            torch.testing.assert_close(logits, other[frame][obj], rtol=within, atol=within)
            sure = other[frame][obj].abs() > within
            assert torch.equal((logits > 0)[sure], (other[frame][obj] > 0)[sure])
            both_signs += bool((logits > 0).any() and (logits < 0).any())
    assert both_signs > len(mine) // 2  # the masks are neither empty nor full


@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("batch", [1, 8])
def test_masks(model: Any, case: Case, reverse: bool, batch: int) -> None:
    masks = boxes(case.side)

    def add(state: Any, processor: Any) -> None:
        given = [mask.bool().numpy() for mask in masks.values()]
        processor.add_inputs_to_inference_session(
            state, frame_idx=START, obj_ids=list(masks), input_masks=given
        )

    def lessons(network: Network, features: Any) -> dict[int, Lesson]:
        return {obj: Lesson.of_mask(network, features, mask) for obj, mask in masks.items()}

    mine = ours(model, case, lessons, reverse, batch=batch)
    agree(mine, theirs(model, case, add, reverse), 2e-3)


@pytest.mark.parametrize(
    ("points", "labels"),
    [([[40.0, 50.0]], [1]), ([[40.0, 50.0], [80.0, 20.0], [30.0, 30.0]], [1, 0, 1])],
    ids=["a point", "three points"],
)
def test_points(model: Any, case: Case, points: list[list[float]], labels: list[int]) -> None:
    def add(state: Any, processor: Any) -> None:
        processor.add_inputs_to_inference_session(
            state, frame_idx=START, obj_ids=1, input_points=[[points]], input_labels=[[labels]]
        )

    def lessons(network: Network, features: Any) -> dict[int, Lesson]:
        spots, said = torch.tensor(points), torch.tensor(labels, dtype=torch.int32)
        return {1: Lesson.of_points(network, features, spots, said)}

    agree(ours(model, case, lessons, False), theirs(model, case, add, False), 2e-3)


def test_a_prompt_alone_gives_the_sessions_first_answer(model: Any, case: Case) -> None:
    corners = np.array([[20.0, 25.0], [80.0, 70.0]])

    def add(state: Any, processor: Any) -> None:
        processor.add_inputs_to_inference_session(
            state, frame_idx=START, obj_ids=1, input_boxes=[[[*corners[0], *corners[1]]]]
        )

    network = Network(model, case.family)
    with torch.inference_mode():
        features = network.encode(video(case.side)[START : START + 1])
        labels = torch.tensor([2, 3], dtype=torch.int32)
        answer = network.pointed(features, torch.tensor(corners, dtype=torch.float32), labels)
    first = theirs(model, case, add, False)[START][1]
    torch.testing.assert_close(answer.logits[0, 0], first, rtol=1e-4, atol=1e-4)


def test_a_correction_conditions_every_later_frame(model: Any, case: Case) -> None:
    """The published session keeps a later click as an ordinary memory, and forgets it; ours stays."""
    masks = boxes(case.side)
    moved = torch.roll(masks[1], 30, dims=0)
    network, pixels = Network(model, case.family), video(case.side)

    def follow(corrected: bool) -> Tensor:
        tracker = Tracker(network, 1, FRAMES)
        with torch.inference_mode():
            for frame in range(FRAMES):
                features = network.encode(pixels[frame : frame + 1])
                if frame == 0 or (corrected and frame == 3):
                    mask = masks[1] if frame == 0 else moved
                    tracker.know(1, frame, Lesson.of_mask(network, features, mask))
                else:
                    last = tracker.follow(frame, features, [1])[1].logits
        return last

    assert not torch.allclose(follow(False), follow(True), atol=1e-3)


def test_rows_of_the_engine_are_the_sessions_masks(case: Case, tmp_path: Path) -> None:
    """The whole way: frames made ready, tracked, enlarged to the video's size, as rows."""
    from dataclasses import replace

    from masklet.core.registry import load as named
    from masklet.models.foundation import images
    from masklet.ops.runs import decode
    from masklet.testing import Scene

    folder, size_wh = case.save(tmp_path), (160, 120)
    scene = Scene("arena", 2, size_wh, n_frames=FRAMES, seed=3, noise=1.0)
    truth = scene.truth(frames=range(START, START + 1))
    plain = images.SAM3 if case.family == "sam3" else images.SAM2
    recipe = replace(plain, size=(case.side, case.side))
    state, processor = session(case, case.side)
    state.processed_frames = {at: images.pixels(scene[at], recipe)[0] for at in range(FRAMES)}
    masks = [decode(truth.row_runs(row), size_wh) for row in range(len(truth))]
    processor.add_inputs_to_inference_session(
        state, frame_idx=START, obj_ids=truth.object_id.tolist(), input_masks=masks
    )
    model = load(case.kind, folder, torch.device("cpu"), torch.float32)
    model(state, frame_idx=START)  # type: ignore[operator]
    engine = named("propagators", case.family)(weights_dir=str(folder))
    rows = dict(engine.propagate(scene, truth, range(START + 1, FRAMES)))
    differ = total = 0
    for out in model.propagate_in_video_iterator(state, start_frame_idx=START):  # type: ignore[operator]
        if out.frame_idx == START:
            continue
        high = torch.nn.functional.interpolate(out.pred_masks, size_wh[::-1], mode="bilinear")[:, 0] > 0
        mine = rows[out.frame_idx]
        for k, obj in enumerate(out.object_ids):
            found = mine.of(obj)
            mask = decode(found.row_runs(0), size_wh) if len(found) else np.zeros(size_wh[::-1], bool)
            differ, total = differ + int((mask != high[k].numpy()).sum()), total + mask.size
    assert total == 2 * 12 * 160 * 120
    assert differ <= total * 1e-4
