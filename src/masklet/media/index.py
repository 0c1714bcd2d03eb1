"""FrameIndex: which packet of a video file is which frame.

A frame's number is the rank of its presentation time among the packets that are shown. Every
decoded picture is known by the packet that it came from, never by a count or by a frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from masklet.core.arrays import Floats, Int32s, Int64s

NO_TIME = -(2**63)

Identity = Literal["pos", "pts", "count"]


@dataclass(frozen=True, eq=False)
class FrameIndex:
    """Packets of the video stream in file order, and frames in presentation order.

    Args:
        codec: FFmpeg's name of it.
        size_wh: stored (width, height) in pixels, before rotation.
        turns: quarter turns counter-clockwise that make a picture upright.
        mirrored: is the picture to be flipped left to right after these turns?
        time_base: (numerator, denominator) of one unit of `pts`, in seconds.
        pts: `(p,) int64` per packet, `NO_TIME` where absent.
        dts: `(p,) int64` per packet, `NO_TIME` where absent.
        pos: `(p,) int64` byte offset in the file, -1 where unknown.
        order: `(n,) int32`, packet of every frame; frame number = place in this list.
        times: `(n,) int64`, presentation time of every frame in units of `time_base`.
        starts: `(s,) int32`, packets from which decoding may begin, rising, the first is 0.
        identity: what tells packets apart after a seek; `count`: nothing does, decode from the start.
        notes: sentences for the person who opens the file.
        damaged: did the decoder refuse packets or patch pictures, or demuxing break off, while this
            index was made?
    """

    codec: str
    size_wh: tuple[int, int]
    turns: int
    mirrored: bool
    time_base: tuple[int, int]
    pts: Int64s
    dts: Int64s
    pos: Int64s
    order: Int32s
    times: Int64s
    starts: Int32s
    identity: Identity = "pos"
    notes: tuple[str, ...] = ()
    damaged: bool = False

    def __len__(self) -> int:
        return len(self.order)

    def seconds(self) -> Floats:
        """`(n,) float64`, presentation times in seconds."""
        numerator, denominator = self.time_base
        return np.asarray(self.times * numerator / denominator, np.float64)

    def rank_of_packet(self) -> Int32s:
        """`(p,) int32`, frame of every packet; -1 where it is not shown."""
        rank = np.full(len(self.pts), -1, np.int32)
        if self.identity != "count":
            rank[self.order] = np.arange(len(self.order), dtype=np.int32)
        return rank

    def first_exact(self) -> Int32s:
        """`(s,) int32`: for every start, the first frame that is exact when decoding begins there.

        Pictures shown before a key picture but stored after it may lean on what came earlier.
        """
        ranks = self.rank_of_packet()[self.starts]
        unshown = ranks < 0
        ranks[unshown] = np.searchsorted(self.times, self.pts[self.starts[unshown]])
        ranks[0] = 0
        return ranks

    def packet_keys(self) -> Int64s:
        """`(p,) int64`, what tells a packet from all others."""
        return self.pos if self.identity == "pos" else self.pts
