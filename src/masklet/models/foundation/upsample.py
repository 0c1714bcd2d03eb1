"""From the decoder's coarse logits to a mask at the video's own size, only where there can be one."""

from __future__ import annotations

import torch
from torch import Tensor

from masklet.core.arrays import Bools


def crop_of(logits: Tensor, size_wh: tuple[int, int]) -> tuple[Bools, tuple[int, int]]:
    """The hard mask as a `(h, w) bool` crop of the full frame, and the place (x, y) of its corner.

    `logits` `(k, l) float32` cover the frame; they are enlarged bilinearly, pixel centres at half
    steps and edges held, then cut at 0: the same pixels as enlarging all of it, since nothing but a
    neighbour of a positive place can rise above 0. An empty mask is an empty crop.
    """
    positive = logits > 0
    ys = torch.nonzero(positive.any(dim=1)).flatten()
    xs = torch.nonzero(positive.any(dim=0)).flatten()
    if not len(ys):
        return torch.zeros((0, 0), dtype=torch.bool).numpy(), (0, 0)
    rows = _span(int(ys[0]), int(ys[-1]), logits.shape[0], size_wh[1])
    columns = _span(int(xs[0]), int(xs[-1]), logits.shape[1], size_wh[0])
    across = _enlarged(logits.T, columns, size_wh[0]).T
    mask = _enlarged(across, rows, size_wh[1]) > 0
    return mask.cpu().numpy(), (columns.start, rows.start)


def _span(first: int, last: int, coarse: int, full: int) -> range:
    """Full pixels that a coarse place between `first` and `last` has a share in."""
    start = int((first - 0.5) * full / coarse) - 1
    stop = int((last + 1.5) * full / coarse) + 2
    return range(max(start, 0), min(stop, full))


def _enlarged(values: Tensor, wanted: range, full: int) -> Tensor:
    """Rows `wanted` of `values` `(k, n)` enlarged along its first axis to `full` rows."""
    coarse = values.shape[0]
    at = torch.arange(wanted.start, wanted.stop, dtype=torch.float32, device=values.device)
    place = ((at + 0.5) * (coarse / full) - 0.5).clamp(0, coarse - 1)
    low = place.floor().long()
    share = (place - low)[:, None]
    high = (low + 1).clamp(max=coarse - 1)
    return values[low] * (1 - share) + values[high] * share
