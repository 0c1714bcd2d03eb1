"""Frames forward and backward."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import UsageError, Video, order


class Frames:
    """A source whose frame `i` is filled with `i`; it counts how many it holds out at once."""

    video = Video("v", 4, 3, 30)

    def __init__(self):
        self.asked = []

    def frames(self, start=0, stop=None, step=1):
        self.asked.append((start, stop, step))
        for i in range(start, self.video.n_frames if stop is None else stop, step):
            yield i, np.full((3, 4, 3), i, np.uint8)

    def __getitem__(self, index):
        return np.full((3, 4, 3), index, np.uint8)


@pytest.mark.parametrize(
    "frames",
    [range(0), range(3, 9), range(0, 30, 7), range(29, -1, -1), range(20, 4, -1), range(5, 4, -1)],
)
def test_each_frame_comes_in_its_order(frames, monkeypatch):
    monkeypatch.setattr(order, "BLOCK_BYTES", 36 * 5)
    media = Frames()
    found = list(order.frames_in_order(media, frames))
    assert [index for index, _ in found] == list(frames)
    assert [int(image[0, 0, 0]) for _, image in found] == list(frames)
    if frames.step == -1:
        assert all(stop - start <= 5 for start, stop, _ in media.asked)


def test_backward_goes_one_by_one():
    with pytest.raises(UsageError, match="expected -1"):
        list(order.frames_in_order(Frames(), range(9, 0, -2)))
