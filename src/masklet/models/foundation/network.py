"""The video networks of SAM 2, EdgeTAM and the SAM 3 tracker behind one adapter, many objects a pass.

All three share one plan (Ravi et al., "SAM 2: Segment anything in images and videos", 2024): an image
network, attention from the frame to memories of earlier frames, a mask decoder that takes points, and
an encoder that turns a frame and its mask into a memory. The steps are taken here one by one on the
parts of the transformers classes, because their own session runs object after object and keeps all.

Shapes: `b` objects, `c` channels, `s` places of the coarse grid, `n` memory places, `m` memory channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as nn
from torch import Tensor

from masklet.models.foundation.encoder import ImageNetwork, Look

ABSENT = -1024.0
"""Logit of every pixel of an object that is not there."""
_GIVEN = 10.0
"""Logit of the pixels of a mask that was given; its negative outside."""


@dataclass(frozen=True, eq=False)
class Features:
    """One frame as the image network sees it.

    Args:
        coarse: `(s, 1, c)`, the features that attend to memory.
        position: `(s, 1, c)`, their positional encoding.
        fine: `(1, c_i, h_i, w_i)` twice, finest first, for the mask decoder.
    """

    coarse: Tensor
    position: Tensor
    fine: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Answer:
    """Masks of `b` objects on one frame.

    Args:
        logits: `(b, 1, h, w) float32`, at the decoder's resolution.
        quality: `(b,)`, expected IoU, 0..1.
        presence: `(b,)`, logit of "the object is there".
        pointer: `(b, c)`, what the object is like.
        mask: `(b, 1, side, side)` of 0 and 1 where the masks were given, else None.
    """

    logits: Tensor
    quality: Tensor
    presence: Tensor
    pointer: Tensor
    mask: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Memory:
    """What is kept of one object on one frame.

    Args:
        features: `(n, 1, m)`.
        position: `(n, 1, m)`, their positional encoding.
        pointer: `(1, c)`.
    """

    features: Tensor
    position: Tensor
    pointer: Tensor


@dataclass(frozen=True)
class Recall:
    """What one object remembers on a frame.

    Args:
        seen: memories, each with how many frames ago, 0 for what was given by a person.
        pointers: pointers, each with how many frames ago, signed.
    """

    seen: tuple[tuple[int, Memory], ...]
    pointers: tuple[tuple[int, Tensor], ...]


class Network:
    """One loaded network and its arithmetic.

    Args:
        model: `Sam2VideoModel`, `EdgeTamVideoModel` or `Sam3TrackerVideoModel`, in `eval()`.
        family: `sam2`, `edgetam` or `sam3`.
        look: runs the image network; None = as the model does.
    """

    def __init__(self, model: Any, family: str, look: Look | None = None) -> None:
        self.model, self.family, self._look = model, family, look or ImageNetwork(model)
        self.config = model.config
        self.side = int(model.image_size)
        self.recent = int(self.config.num_maskmem) - 1
        self.pointers = int(self.config.max_object_pointers_in_encoder)
        self.most_given = int(self.config.max_cond_frame_num)
        self._position: Tensor | None = None
        self.grid: tuple[int, int] = tuple(model.backbone_feature_sizes[-1])

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        device: torch.device = self.model.no_memory_embedding.device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """Number format of the weights."""
        dtype: torch.dtype = self.model.no_memory_embedding.dtype
        return dtype

    def encode(self, pixels: Tensor) -> Features:
        """The image network on `(1, 3, side, side)`."""
        *maps, position = self._look(pixels.to(self.device, self.dtype))
        sizes = self.model.backbone_feature_sizes
        fine = tuple(
            one.permute(1, 2, 0).view(1, -1, *size)
            for one, size in zip(maps[:-1], sizes[:-1], strict=True)
        )
        return Features(maps[-1], position, fine)

    def pointed(
        self, features: Features, points: Tensor, labels: Tensor, before: Tensor | None = None
    ) -> Answer:
        """The object meant by points, without any memory.

        `points` `(k, 2)`, x and y in pixels of the square; `labels` `(k,)`: 1 on it, 0 not on it, 2
        and 3 the corners of a box; `before` an earlier mask, `(side, side)` of 0 and 1.
        """
        plain = self._as_map(features.coarse + self.model.no_memory_embedding)
        several = self._several(len(labels), start=True)
        masks = None if before is None else (before * (2 * _GIVEN) - _GIVEN)[None, None].to(self.dtype)
        if not len(labels):
            return self._decode(plain, features.fine, several, masks=masks)
        spots, said = points[None, None], labels[None, None]
        return self._decode(plain, features.fine, several, spots, said, masks)

    def given(self, features: Features, mask: Tensor) -> Answer:
        """A trusted mask, `(side, side)` of 0 and 1, as an answer; the decoder makes its pointer."""
        square = mask.to(self.device, self.dtype)[None, None]
        logits = self._resized(square * (2 * _GIVEN) - _GIVEN, self.model.prompt_encoder.mask_input_size)
        asked = self.model.mask_downsample(square)
        read = self._decode(
            self._as_map(features.coarse), features.fine, several=True, masks=asked
        ).pointer
        there = bool(mask.any())
        pointer = read if there else self.model.no_object_pointer.expand_as(read)
        sure = torch.full((1,), _GIVEN if there else -_GIVEN, device=self.device)
        return Answer(logits.float(), torch.ones_like(sure), sure, pointer, square)

    def follow(self, features: Features, recalls: Sequence[Recall], ages: int) -> Answer:
        """Objects found again on a frame by their memories, all in one pass.

        Args:
            features: the frame.
            recalls: one an object, with equally many memories and pointers each.
            ages: greatest age of a pointer, which scales the ages.
        """
        count = len(recalls)
        memory, position = self._memories(recalls)
        pointers, when = self._pointers(recalls, ages)
        extra = {} if self.family != "edgetam" else {"num_spatial_memory_tokens": len(recalls[0].seen)}
        attended = self.model.memory_attention(
            current_vision_features=features.coarse.expand(-1, count, -1),
            current_vision_position_embeddings=features.position.expand(-1, count, -1),
            memory=torch.cat([memory, pointers.to(self.dtype)]),
            memory_posision_embeddings=torch.cat([position.to(self.dtype), when.to(self.dtype)]),
            num_object_pointer_tokens=len(pointers),
            **extra,
        )
        seen = self._as_map(attended.reshape(count, -1, attended.shape[-1]).transpose(0, 1))
        return self._decode(seen, features.fine, self._several(0, start=False))

    def remember(self, features: Features, answer: Answer, prompted: bool = False) -> list[Memory]:
        """A memory of each object. Masks that were given, and those of a prompt, are taken as hard."""
        square = self._square(answer)
        hard = prompted or answer.mask is not None
        solid = (square > 0).to(self.dtype) if hard else torch.sigmoid(square)
        scaled = solid * self.config.sigmoid_scale_for_mem_enc + self.config.sigmoid_bias_for_mem_enc
        frame = self._as_map(features.coarse).expand(len(answer.logits), -1, -1, -1)
        found, position = self.model.memory_encoder(frame, scaled)
        hidden = self.model.occlusion_spatial_embedding_parameter
        if hidden is not None:
            gone = (answer.presence <= 0).to(found.dtype)[:, None, None, None]
            found = found + gone * hidden[..., None, None]
        features_of, position_of = self._flat(found, position.to(found.dtype))
        return [
            Memory(features_of[:, k : k + 1], position_of[:, k : k + 1], answer.pointer[k : k + 1])
            for k in range(len(answer.logits))
        ]

    def _flat(self, found: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """`(b, m, h, w)` to `(n, b, m)`, in the number format that the published code keeps them in."""
        if self.family == "edgetam":
            pairs = zip(found.split(1), position.split(1), strict=True)
            parts = [self.model.spatial_perceiver(*one) for one in pairs]
            return (
                torch.cat([part[0] for part in parts]).transpose(0, 1),
                torch.cat([part[1] for part in parts]).transpose(0, 1),
            )
        if self._position is None or self._position.dtype != position.dtype:
            self._position = position[:1].flatten(2).permute(2, 0, 1)  # the same for every memory
        shared = self._position.expand(-1, len(found), -1)
        return found.to(torch.bfloat16).flatten(2).permute(2, 0, 1), shared

    def _square(self, answer: Answer) -> Tensor:
        """Logits of the masks at the size that the memory encoder takes."""
        if answer.mask is not None:
            square = answer.mask * (2 * _GIVEN) - _GIVEN
        else:
            square = nn.interpolate(answer.logits, (self.side, self.side), mode="bilinear").to(
                self.dtype
            )
        if self.family == "edgetam":
            return square
        high, wide = self.model.prompt_encoder.mask_input_size
        return self._resized(square, (high * 4, wide * 4))

    def _memories(self, recalls: Sequence[Recall]) -> tuple[Tensor, Tensor]:
        """All memories one after another, `(n * k, b, m)`, and where and when they were."""
        ages = self.model.memory_temporal_positional_encoding
        features = [
            torch.cat([recall.seen[i][1].features.to(self.dtype) for recall in recalls], dim=1)
            for i in range(len(recalls[0].seen))
        ]
        position = [
            torch.cat(
                [recall.seen[i][1].position + ages[recall.seen[i][0] - 1] for recall in recalls], 1
            )
            for i in range(len(recalls[0].seen))
        ]
        return torch.cat(features), torch.cat(position)

    def _pointers(self, recalls: Sequence[Recall], ages: int) -> tuple[Tensor, Tensor]:
        """All pointers, `(n, b, m)`, each cut into pieces of `m` channels, and when they were."""
        count, width = len(recalls), int(self.model.mem_dim)
        if not recalls[0].pointers:
            none = torch.zeros((0, count, width), device=self.device, dtype=self.dtype)
            return none, none
        stacked = torch.stack([torch.cat([p for _, p in recall.pointers]) for recall in recalls], dim=1)
        pieces = stacked.shape[-1] // width
        when = self._when(recalls, ages, stacked).repeat_interleave(pieces, dim=0)
        split = stacked.reshape(-1, count, pieces, width).permute(0, 2, 1, 3).flatten(0, 1)
        return split, when

    def _when(self, recalls: Sequence[Recall], ages: int, like: Tensor) -> Tensor:
        """`(n, b, m)`: sine encoding of every pointer's age (Vaswani et al., 2017), projected."""
        if not self.config.enable_temporal_pos_encoding_for_object_pointers:
            return like.new_zeros((*like.shape[:2], int(self.model.mem_dim)))
        ago = torch.tensor(
            [[age for age, _ in recall.pointers] for recall in recalls],
            dtype=torch.float32,
            device=like.device,
        ).T
        half = like.shape[-1] // 2
        octave = 2 * (torch.arange(half, dtype=torch.float32, device=like.device) // 2) / half
        angle = (ago / float(ages)).unsqueeze(-1) / 10000**octave
        waves = torch.cat([angle.sin(), angle.cos()], dim=-1).to(like.dtype)
        projected: Tensor = self.model.temporal_positional_encoding_projection_layer(waves)
        return projected

    def _several(self, points: int, start: bool) -> bool:
        """Does the decoder propose several masks, of which the best counts?"""
        c = self.config
        fits = c.multimask_min_pt_num <= points <= c.multimask_max_pt_num
        return bool(c.multimask_output_in_sam and (start or c.multimask_output_for_tracking) and fits)

    def _decode(
        self,
        coarse: Tensor,
        fine: Sequence[Tensor],
        several: bool,
        points: Tensor | None = None,
        labels: Tensor | None = None,
        masks: Tensor | None = None,
    ) -> Answer:
        """The mask decoder on `(b, c, h, w)`; the proposal with the highest expected IoU."""
        count = len(coarse)
        if points is None or labels is None:
            points = torch.zeros((count, 1, 1, 2), device=self.device, dtype=self.dtype)
            labels = -torch.ones((count, 1, 1), device=self.device, dtype=torch.int32)
        if masks is not None and masks.shape[-2:] != self.model.prompt_encoder.mask_input_size:
            masks = self._resized(masks, self.model.prompt_encoder.mask_input_size)
        sparse, dense = self.model.prompt_encoder(
            input_points=points.to(self.dtype), input_labels=labels, input_boxes=None, input_masks=masks
        )
        where = self.model.get_image_wide_positional_embeddings().repeat(count, 1, 1, 1)
        logits, quality, tokens, presence = self.model.mask_decoder(
            image_embeddings=coarse,
            image_positional_embeddings=where,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=several,
            high_resolution_features=[one.expand(count, -1, -1, -1) for one in fine],
        )
        return self._best(logits[:, 0], quality[:, 0], tokens[:, 0], presence.reshape(count))

    def _best(self, logits: Tensor, quality: Tensor, tokens: Tensor, presence: Tensor) -> Answer:
        """Of `(b, k, h, w)` proposals the best each; none of an object that is not there."""
        rows = torch.arange(len(logits), device=logits.device)
        best = quality.argmax(dim=1)
        there = presence > 0
        chosen = torch.where(there[:, None, None], logits[rows, best], ABSENT)
        token = tokens[rows, best if tokens.shape[1] > 1 else torch.zeros_like(best)]
        pointer = self.model.object_pointer_proj(token)
        pointer = torch.where(there[:, None], pointer, self.model.no_object_pointer)
        return Answer(chosen[:, None].float(), quality[rows, best].float(), presence.float(), pointer)

    def _as_map(self, flat: Tensor) -> Tensor:
        """`(s, b, c)` to `(b, c, h, w)`."""
        return flat.permute(1, 2, 0).reshape(flat.shape[1], flat.shape[2], *self.grid)

    @staticmethod
    def _resized(values: Tensor, size_hw: tuple[int, int]) -> Tensor:
        if tuple(values.shape[-2:]) == tuple(size_hw):
            return values
        resized = nn.interpolate(values.float(), size_hw, mode="bilinear", antialias=True)
        return resized.to(values.dtype)
