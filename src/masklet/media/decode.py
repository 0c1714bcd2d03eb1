"""PictureReader: one decoder on one file, that goes to any frame and always gives that very frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import numpy as np

from masklet.core import DataError
from masklet.media.bitstream import disposable
from masklet.media.demux import open_container, sound_packets, tagged, video_stream
from masklet.media.index import NO_TIME, FrameIndex
from masklet.media.soundness import Soundness

_SEEK = 4
"""What going elsewhere costs, in pictures, besides the pictures on the way."""
_BEFORE = 16
"""So many pictures before the one that is read are decoded in any case, for who steps back."""
_TRIES = 3
"""Earlier key packets that a seek aims at before the file is read from its start."""

Seen = Callable[[int, Any], None]


class _LostError(Exception):
    """After a seek, the packets that came are not those that the index says."""


class _MissingError(Exception):
    """A frame did not come out of the decoder."""


class PictureReader:
    """Decoded pictures by frame number. Not for several threads at once.

    Going on from the last frame costs one frame; going elsewhere costs the way from the nearest
    packet where decoding may begin. After such a start pictures are taken only from the frame on
    that is exact from there, and every packet is compared with the index; where they do not agree,
    packets are counted from the start of the file instead. The decoder is strict; where it refuses
    a packet or fills in what a picture lacks (`Soundness`), the file is decoded from its start up to
    there, in one thread and with damage patched over, because with damage that alone is repeatable;
    the next start is strict again. A file known to be damaged is never decoded in several threads:
    which of them sees the damage first is chance.
    """

    def __init__(self, path: Path, index: FrameIndex) -> None:
        self._path, self._index = path, index
        self._rank = index.rank_of_packet()
        self._first_exact = index.first_exact()
        keys = index.packet_keys()
        self._by_key = np.argsort(keys, kind="stable")
        self._keys = keys
        self._silent = frozenset(np.flatnonzero(self._rank < 0).tolist())
        self._patching = False
        self._damaged = index.damaged
        self._seeks = True
        self._stack = ExitStack()
        self._pictures: Iterator[tuple[int, Any]] | None = None
        self._stream: Any = None
        self._container: Any = None
        self._fed = self._last = self._skipped = -1
        self._goal = 0

    def close(self) -> None:
        """Close the file; reading again opens it again."""
        self._pictures = None
        self._stack.close()

    def read(self, frame: int, seen: Seen | None = None) -> Any:
        """The picture (`av.VideoFrame`) of a frame; `seen` is told of all that come on the way.

        A frame whose data is damaged shows the last picture before it, as players do.
        """
        try:
            try:
                return self._read(frame, seen)
            except _LostError:
                self._seeks, self._pictures = False, None
                return self._read(frame, seen)
        except (_MissingError, av.FFmpegError):
            self._damaged = True
            return self._from_zero(frame, seen)

    def _read(self, frame: int, seen: Seen | None) -> Any:
        self._goal = frame
        if not self._reaches(frame):
            self._go(frame)
        assert self._pictures is not None
        for rank, picture in self._pictures:
            self._last = rank
            if seen is not None and rank <= frame:
                seen(rank, picture)
            if rank == frame:
                return picture
            if rank > frame:
                break
        raise _MissingError

    def _from_zero(self, frame: int, seen: Seen | None) -> Any:
        self._open(strict=False)
        self._pictures = self._decode(self._tagged(0), 0, 0)
        best = None
        for rank, picture in self._pictures:
            self._last = rank
            if rank <= frame or best is None:
                best = picture
            if rank >= frame:
                break
        if self._last > frame:
            self._pictures = None
        if best is None:
            raise DataError(f"{self._path}: frame {frame} does not decode; the file is damaged")
        if seen is not None:
            seen(frame, best)
        return best

    def cost(self, frame: int) -> int:
        """How many pictures must be decoded to come from here to `frame`, about."""
        if self._reaches(frame):
            return frame - self._last
        return frame - int(self._first_exact[self._best_start(frame)]) + _SEEK

    def key_near(self, frame: int) -> int:
        """The frame nearest to `frame` among those where decoding may begin."""
        at = self._best_start(frame)
        keys = self._first_exact[at : at + 2].tolist()
        return int(min(keys, key=lambda key: abs(key - frame)))

    def _best_start(self, frame: int) -> int:
        """Place in `index.starts` of the last start from which `frame` is exact."""
        return int(np.flatnonzero(self._first_exact <= frame)[-1])

    def _reaches(self, frame: int) -> bool:
        if self._pictures is None or frame <= max(self._last, self._skipped):
            return False
        best = self._best_start(frame)
        if self._patching and self._first_exact[best] > self._last:
            return False
        return int(self._index.starts[best]) <= self._fed + 1

    def _go(self, frame: int) -> None:
        start = self._best_start(frame)
        if start == 0:
            self._open()
            self._pictures = self._decode(self._tagged(0), 0, 0)
        else:
            packets = self._seek(start)
            self._pictures = self._decode(
                packets, int(self._index.starts[start]), int(self._first_exact[start])
            )

    def _open(self, strict: bool = True) -> None:
        self.close()
        self._container = self._stack.enter_context(open_container(self._path))
        self._stream = video_stream(self._container, strict, threads=not self._damaged)
        self._patching = not strict
        self._fed = self._last = self._skipped = -1

    def _decode(
        self, packets: Iterator[tuple[int, Any]], begin: int, first: int
    ) -> Iterator[tuple[int, Any]]:
        """(frame, picture) in presentation order, from frame `first` on; decoding begins at `begin`."""
        if self._patching:
            yield from ((rank, one) for rank, _, one in self._decoded(packets) if rank >= 0)
            return
        sound = Soundness(begin, self._silent)
        for rank, ordinal, picture in self._decoded(self._needed(packets, sound)):
            if rank < first:
                sound.skip(ordinal)
                continue
            yield from sound.add(ordinal, picture.is_corrupt, (rank, picture))
            if sound.broken:
                raise _MissingError
        yield from sound.rest()

    def _needed(self, packets: Iterator[tuple[int, Any]], sound: Soundness) -> Iterator[tuple[int, Any]]:
        """Packets without those, well before the frame that is read, on which no other picture leans."""
        context = self._stream.codec_context
        for ordinal, packet in packets:
            rank = int(self._rank[ordinal]) if ordinal < len(self._rank) else -1
            early = 0 <= rank < self._goal - _BEFORE
            if early and disposable(context.name, context.extradata, memoryview(packet)):
                sound.skip(ordinal)
                self._fed, self._skipped = ordinal, max(self._skipped, rank)
            else:
                yield ordinal, packet

    def _decoded(self, packets: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, int, Any]]:
        """(frame, its packet, picture) in presentation order; frame -1 is none of the index."""
        shown = 0
        for ordinal, packet in packets:
            try:
                pictures = tagged(packet, ordinal).decode()
            except av.FFmpegError:
                if not self._patching:
                    raise
                continue
            self._fed = ordinal
            for picture in pictures:
                if self._index.identity == "count":
                    yield shown, shown, picture
                else:
                    yield self._rank_of(picture), picture.pts or 0, picture
                shown += 1

    def _rank_of(self, picture: Any) -> int:
        tag = picture.pts
        return -1 if tag is None or not 0 <= tag < len(self._rank) else int(self._rank[tag])

    def _tagged(self, at: int, read: int = 0) -> Iterator[tuple[int, Any]]:
        """Packets with their ordinals from `at` on; `read` packets of the file have been read."""
        for ordinal, packet in enumerate(sound_packets(self._container, self._stream), read):
            if ordinal >= at:
                yield ordinal, packet

    def _seek(self, start: int) -> Iterator[tuple[int, Any]]:
        """Packets from a start on; the decoder has seen packet 0 and nothing else.

        Encoders leave a message in the first packet that decoders need to undo the encoder's known
        faults (x264 before build 151, 4:4:4): without it every later picture is silently wrong.
        """
        self._make_ready()
        goal = int(self._index.starts[start])
        for time in self._aims(start) if self._seeks else ():
            try:
                self._container.seek(time, stream=self._stream)
                packets = sound_packets(self._container, self._stream)
                landed = next(packets, None)
            except (av.FFmpegError, OSError):
                break
            at = -1 if landed is None else self._ordinal(landed)
            if 0 <= at <= goal:
                return self._checked(at, landed, packets, goal)
        self._open()
        self._prime()
        return self._tagged(goal, read=1)

    def _make_ready(self) -> None:
        """As opened and primed; a sound decoder that has seen packet 0 need not be opened again."""
        if self._pictures is None or self._patching:
            self._open()
            self._prime()
        else:
            self._pictures = None
            self._stream.codec_context.flush_buffers()
            self._fed = self._last = self._skipped = -1

    def _prime(self) -> None:
        packet = next(sound_packets(self._container, self._stream))
        packet.decode()
        self._stream.codec_context.flush_buffers()

    def _aims(self, start: int) -> Iterator[int]:
        """Times to seek to, ever earlier."""
        for at in range(start, max(start - _TRIES, 0), -1):
            ordinal = self._index.starts[at]
            for times in (self._index.pts, self._index.dts):
                if times[ordinal] != NO_TIME:
                    yield int(times[ordinal])

    def _key(self, packet: Any) -> int:
        value = packet.pos if self._index.identity == "pos" else packet.pts
        return NO_TIME if value is None else int(value)

    def _ordinal(self, packet: Any) -> int:
        key = self._key(packet)
        at = int(np.searchsorted(self._keys, key, sorter=self._by_key))
        if at == len(self._keys) or self._keys[self._by_key[at]] != key:
            return -1
        return int(self._by_key[at])

    def _checked(
        self, at: int, landed: Any, packets: Iterator[Any], goal: int
    ) -> Iterator[tuple[int, Any]]:
        """Packets from `goal` on, each compared with the index."""
        ordinal, packet = at, landed
        while packet is not None:
            if packet.size and (ordinal >= len(self._keys) or self._keys[ordinal] != self._key(packet)):
                raise _LostError
            if ordinal >= goal:
                yield ordinal, packet
            ordinal, packet = ordinal + 1, next(packets, None)
