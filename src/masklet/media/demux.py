"""Opening a video file with FFmpeg, and reading its packets and pictures from the start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av

from masklet.core import DataError
from masklet.media.bitstream import CleanStarts, hidden
from masklet.media.index import NO_TIME

_NOT_VIDEO = {"tty", "hls", "concat", "srt", "webvtt", "ass", "image2", "lrc", "ffmetadata"}
"""FFmpeg formats that read text, or other files than the one that was named."""
BROKEN = (av.FFmpegError, IndexError)
"""What reading packets raises on damage; IndexError where a stream's number points nowhere."""
_TEXT_ART = {"ansi", "bintext", "xbin", "idf"}


@contextmanager
def open_container(path: Path) -> Iterator[Any]:
    """An open `av` container of a local file with a video stream; `DataError` in one line if not."""
    try:
        container = av.open(str(path), options={"protocol_whitelist": "file"})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise DataError(f"cannot open {path} as video: {_why(path, error)}") from error
    with container:
        if container.format.name in _NOT_VIDEO or not _has_video(container):
            raise DataError(
                f"{path} holds no video (it looks like {container.format.long_name or 'data'}); "
                "give a video file, an image or a folder of images"
            )
        yield container


def _has_video(container: Any) -> bool:
    return bool(_decodable(container))


def _decodable(container: Any) -> list[Any]:
    """Video streams that FFmpeg has a decoder for."""
    contexts = [(stream, stream.codec_context) for stream in container.streams.video]
    return [stream for stream, context in contexts if context and context.name not in _TEXT_ART]


def _why(path: Path, error: Exception) -> str:
    if path.stat().st_size == 0:
        return "the file is empty; copy it again"
    if _unfinished_mp4(path):
        return (
            "its table of frames (moov atom) is missing, so the file is cut short or was never closed; "
            "copy it again or repair it"
        )
    if isinstance(error, PermissionError):
        return "no permission to read it; change its rights"
    return "FFmpeg knows no such format; expected a video such as mp4, mkv, avi, mov, ts or webm"


def _unfinished_mp4(path: Path) -> bool:
    """An MP4 or MOV whose boxes (ISO/IEC 14496-12 4.2) hold no `moov`."""
    with path.open("rb") as stream:
        kinds: set[bytes] = set()
        at, size = 0, path.stat().st_size
        while at + 8 <= size and len(kinds) < 64:
            stream.seek(at)
            head = stream.read(16)
            length = int.from_bytes(head[:4], "big")
            at += int.from_bytes(head[8:16], "big") if length == 1 else length or size - at
            if length in range(2, 8) or at > size:
                break
            kinds.add(head[4:8])
    return b"ftyp" in kinds and b"moov" not in kinds


def video_stream(container: Any, strict: bool = False, threads: bool = True) -> Any:
    """The video stream that FFmpeg holds for the main one.

    A `strict` decoder refuses damaged data, and may use several threads, a picture each: those that
    share a picture keep damage to themselves. Otherwise it uses one thread and patches damage over,
    in a way that depends on every packet since the file's start.
    """
    known = _decodable(container)
    best = container.streams.best("video")
    stream = best if best in known else known[0]
    stream.thread_type = "FRAME" if strict and threads else "NONE"
    if strict:
        stream.codec_context.options = {"err_detect": "explode"}
    return stream


def tagged(packet: Any, ordinal: int) -> Any:
    """The packet with its own number in place of its presentation time.

    Decoders hand a packet's time through their reordering to the picture that it became, and do
    not look at it; so each picture tells which packet it came from, whatever the file's times are.
    """
    if packet.size:
        packet.pts = ordinal
    return packet


@dataclass
class Packets:
    """What demuxing alone tells, one entry a packet, in file order."""

    pts: list[int] = field(default_factory=list)
    dts: list[int] = field(default_factory=list)
    pos: list[int] = field(default_factory=list)
    shown: list[bool] = field(default_factory=list)
    cut: list[bool] = field(default_factory=list)
    """cut away by an edit list"""
    starts: list[int] = field(default_factory=list)
    announced: int = 0
    seconds: float = 0.0
    """length that the header announces; 0 where it is silent or speaks of sound too"""
    ticks: int = 1
    """length of a frame in units of the time base, for files that hold no times"""
    damaged: bool = False
    """a packet is incomplete, or reading broke off"""


def read_packets(container: Any, stream: Any) -> Packets:
    """Demux the whole stream; nothing is decoded."""
    context = stream.codec_context
    found = Packets(announced=stream.frames)
    if container.duration and len(container.streams) == 1:
        found.seconds = container.duration / 1e6
    if stream.average_rate:
        found.ticks = max(round(1 / (stream.average_rate * stream.time_base)), 1)
    clean = CleanStarts(context.name, context.extradata)
    try:
        for packet in container.demux(stream):
            if packet.size:
                _note_packet(found, clean, context.name, packet)
    except BROKEN:
        found.damaged = True
    found.starts = clean.ordinals()
    return found


def _note_packet(found: Packets, clean: CleanStarts, codec: str, packet: Any) -> None:
    data = memoryview(packet)
    clean.see(len(found.pts), packet.is_keyframe, data)
    found.pts.append(NO_TIME if packet.pts is None else packet.pts)
    found.dts.append(NO_TIME if packet.dts is None else packet.dts)
    found.pos.append(-1 if packet.pos is None else packet.pos)
    found.shown.append(not packet.is_discard and not hidden(codec, data))
    found.cut.append(packet.is_discard)
    found.damaged |= packet.is_corrupt


@dataclass
class Pictures:
    """What decoding from the start gave, one entry a picture, in the order they came out."""

    tags: list[int | None] = field(default_factory=list)
    """the packet that each picture came from"""
    sizes: set[tuple[int, int]] = field(default_factory=set)
    first: Any = None
    bad: list[int] = field(default_factory=list)
    """packets that the decoder refused"""
    patched: bool = False
    """in some picture the decoder filled in what was missing"""

    @property
    def damaged(self) -> bool:
        """Was a packet refused or a picture patched?"""
        return bool(self.bad) or self.patched


def read_pictures(path: Path, limit: int | None = None) -> Pictures:
    """Decode from the start: all pictures, damage patched over, or strictly the first `limit`."""
    found = Pictures()
    with open_container(path) as container:
        stream = video_stream(container, strict=limit is not None)
        for ordinal, packet in enumerate(sound_packets(container, stream)):
            try:
                pictures = tagged(packet, ordinal).decode()
            except av.FFmpegError:
                found.bad.append(ordinal)
                if limit is not None:
                    break
                continue
            for picture in pictures:
                _note_picture(found, picture)
            if limit is not None and len(found.tags) >= limit:
                break
    return found


def sound_packets(container: Any, stream: Any) -> Iterator[Any]:
    """Packets of a stream and at last the empty one that flushes; ends where reading breaks off."""
    try:
        for packet in container.demux(stream):
            if packet.size or packet.dts is None:
                yield packet
    except BROKEN:
        return


def _note_picture(found: Pictures, picture: Any) -> None:
    if found.first is None:
        found.first = picture
    found.tags.append(picture.pts)
    found.sizes.add((picture.width, picture.height))
    found.patched |= bool(picture.is_corrupt)
