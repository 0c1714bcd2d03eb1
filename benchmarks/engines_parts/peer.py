"""transformers' own loop over a video: its session, its processor for prompts, its iterator."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

HOMES = {
    "sam2": ("sam2_video", "Sam2Video"),
    "edgetam": ("edgetam_video", "EdgeTamVideo"),
    "sam3": ("sam3_tracker_video", "Sam3TrackerVideo"),
}


class Frames(dict[int, Tensor]):
    """Frames made ready when they are asked for, so that the peer does not hold the video."""

    def __init__(self, count: int, make: Any) -> None:
        super().__init__()
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Tensor:
        made: Tensor = self._make(index)
        return made


def session(
    family: str, side: int, size_wh: tuple[int, int], frames: Any, device: str = "cpu"
) -> tuple[Any, Any]:
    """A session over `frames` (by number `(3, side, side)`), and what puts prompts into it."""
    module, name = HOMES[family]
    modelling = import_module(f"transformers.models.{module}.modeling_{module}")
    processing = getattr(
        import_module("transformers"),
        "Sam3TrackerVideoProcessor" if family == "sam3" else "Sam2VideoProcessor",
    )

    class PromptsOnly(processing):  # type: ignore[misc, valid-type]
        """Without its image processor, which needs torchvision."""

        def __init__(self) -> None:
            self.target_size, self.point_pad_value = side, -10

    made = getattr(modelling, f"{name}InferenceSession")(
        video_height=size_wh[1],
        video_width=size_wh[0],
        inference_device=device,
        inference_state_device=device,
        video_storage_device=device,
        dtype=torch.float32,
    )
    made.processed_frames = frames
    return made, PromptsOnly()


def masks_of(
    model: Any, state: Any, prompts: Any, masks: dict[int, Any], size_wh: tuple[int, int]
) -> Iterator[tuple[int, dict[int, Tensor], dict[int, Tensor]]]:
    """(frame, logits by object, masks at the video's size by object) from frame 0 on."""
    prompts.add_inputs_to_inference_session(
        state, frame_idx=0, obj_ids=list(masks), input_masks=list(masks.values())
    )
    model(state, frame_idx=0)
    for out in model.propagate_in_video_iterator(state, start_frame_idx=0):
        high = torch.nn.functional.interpolate(out.pred_masks.float(), size_wh[::-1], mode="bilinear")
        found = dict(zip(out.object_ids, (high[:, 0] > 0).cpu(), strict=True))
        yield out.frame_idx, dict(zip(out.object_ids, out.pred_masks[:, 0], strict=True)), found
