"""Building a FrameIndex: demux the file, check the times against the first decoded pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from masklet.core import DataError
from masklet.core.arrays import Int64s
from masklet.media.demux import (
    Packets,
    Pictures,
    open_container,
    read_packets,
    read_pictures,
    video_stream,
)
from masklet.media.index import NO_TIME, FrameIndex, Identity
from masklet.media.pixels import upright

CHECKED_FRAMES = 40
"""How many decoded pictures must agree with the packets' times before these are believed."""


def build_index(path: Path) -> FrameIndex:
    """Read all packets of the main video stream and decode a few pictures to check them.

    Where times are absent, doubtful or the file is damaged, the whole file is decoded once and the
    order in which the pictures come out is the truth. Raises `DataError` where nothing decodes.
    """
    with open_container(path) as container:
        stream = video_stream(container)
        base = (stream.time_base.numerator, stream.time_base.denominator)
        codec, aspect = stream.codec_context.name, stream.sample_aspect_ratio
        packets = read_packets(container, stream)
    if not packets.pts:
        raise DataError(f"{path}: its video stream holds no frame; the file is empty or cut short")
    head, layout, damaged = _examined(path, packets)
    if head.first is None:
        raise DataError(f"{path}: no frame of its {codec} video decodes; the file is damaged")
    turns, mirrored, note = upright(head.first)
    notes = [note, _length_note(packets, layout, base), _size_note(head), _aspect_note(aspect)]
    return FrameIndex(
        codec=codec,
        size_wh=(head.first.width, head.first.height),
        turns=turns,
        mirrored=mirrored,
        time_base=base,
        pts=np.array(packets.pts, np.int64),
        dts=np.array(packets.dts, np.int64),
        pos=np.array(packets.pos, np.int64),
        order=np.array(layout.order, np.int32),
        times=layout.times,
        starts=np.array(_from_zero(layout), np.int32),
        identity=layout.identity,
        notes=tuple(note for note in notes if note),
        damaged=damaged,
    )


def _examined(path: Path, packets: Packets) -> tuple[Pictures, _Layout, bool]:
    """Decoded pictures, the layout that they confirm or make, and whether the file is damaged."""
    head, order = read_pictures(path, CHECKED_FRAMES), _order_of_times(packets)
    damaged = packets.damaged or head.damaged
    if _joined(packets):
        whole = read_pictures(path)
        return whole, _counted(_decoded_layout(packets, whole)), damaged or whole.damaged
    if not damaged and _agree(order, head):
        times = np.array(packets.pts)[order]
        return head, _Layout(order, times, packets.starts, _identity(packets)), False
    whole = read_pictures(path)
    return whole, _decoded_layout(packets, whole), damaged or whole.damaged


def _agree(order: list[int], head: Pictures) -> bool:
    """Do the first pictures come out in the order of the packets' times, none missing?"""
    tags = head.tags[:CHECKED_FRAMES]
    whole = len(tags) == CHECKED_FRAMES or len(tags) == len(order)
    return whole and tags == order[: len(tags)]


class _Layout:
    """Order, times and starts, as they were found out."""

    def __init__(
        self, order: Sequence[int], times: Int64s, starts: list[int], identity: Identity
    ) -> None:
        self.order, self.times, self.starts, self.identity = list(order), times, starts, identity


def _joined(packets: Packets) -> bool:
    """Does an edit list join several cuts? Then something is cut away between what is shown."""
    times, cut = np.array(packets.pts, np.int64), np.array(packets.cut)
    shown = times[np.array(packets.shown)]
    return bool(len(shown)) and bool(np.any((times[cut] > shown.min()) & (times[cut] < shown.max())))


def _counted(layout: _Layout) -> _Layout:
    """The same pictures, decoded from the start each time: a seek does not know its cut."""
    return _Layout(range(len(layout.order)), layout.times, [], "count")


def _order_of_times(packets: Packets) -> list[int]:
    """Shown packets by presentation time; empty where times are absent or ambiguous."""
    shown = np.flatnonzero(packets.shown)
    times = np.array(packets.pts, np.int64)[shown]
    if np.any(times == NO_TIME) or len(np.unique(times)) != len(times):
        return []
    return [int(at) for at in shown[np.argsort(times, kind="stable")]]


def _identity(packets: Packets) -> Identity:
    for name in ("pos", "pts"):
        values = getattr(packets, name)
        if min(values) > (NO_TIME if name == "pts" else -1) and len(set(values)) == len(values):
            return "pos" if name == "pos" else "pts"
    return "count"


def _decoded_layout(packets: Packets, pictures: Pictures) -> _Layout:
    """Everything from the pictures of a full decode, in the order in which they came out."""
    tags = [tag for tag in pictures.tags if tag is not None]
    identity = _identity(packets)
    if len(set(tags)) != len(pictures.tags):
        tags, identity = list(range(len(pictures.tags))), "count"
    starts = packets.starts if identity != "count" else []
    return _Layout(tags, _times(packets, tags), starts, identity)


def _times(packets: Packets, tags: list[int]) -> Int64s:
    """The first rising list of times that the file offers; where there is none, a mere count."""
    pts, dts = np.array(packets.pts, np.int64), np.array(packets.dts, np.int64)
    at = np.array(tags, np.int64)
    at = at[at < len(pts)]
    for times in (pts[at], np.sort(pts[at]), np.sort(dts[at])):
        if len(at) == len(tags) and np.all(np.diff(times) > 0) and not np.any(times == NO_TIME):
            return times
    return np.arange(len(tags), dtype=np.int64) * packets.ticks


def _from_zero(layout: _Layout) -> list[int]:
    return [0, *(start for start in layout.starts if start > 0)]


def _length_note(packets: Packets, layout: _Layout, base: tuple[int, int]) -> str:
    shown, usable = sum(packets.shown), len(layout.order)
    if packets.announced > len(packets.pts):
        return (
            f"the file is cut short: its header announces {packets.announced} frames, "
            f"{usable} are there and are used"
        )
    if usable < shown:
        return f"the file is damaged: {usable} of {shown} frames decode and are used"
    lasts = float(layout.times[-1] - layout.times[0]) * base[0] / base[1] if usable else 0.0
    if packets.seconds > 1.05 * lasts + 1:
        return (
            f"the file may be cut short: its header announces {packets.seconds:.1f} s, "
            f"its {usable} frames last {lasts:.1f} s"
        )
    return ""


def _size_note(pictures: Pictures) -> str:
    if len(pictures.sizes) < 2:
        return ""
    return f"its pictures change size ({len(pictures.sizes)} sizes); all are scaled to the first one's"


def _aspect_note(aspect: object) -> str:
    if not aspect or aspect == 1:
        return ""
    return f"its pixels are not square (aspect {aspect}); they are left as stored"
