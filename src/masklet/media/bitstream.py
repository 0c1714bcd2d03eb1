"""What a compressed packet says of itself: is it shown, may decoding begin here?

Only the first bytes are read, never pixels. Sources: ITU-T H.264 7.3.1 and 7.4.1 (NAL unit types),
ITU-T H.265 7.4.2.2, RFC 6386 9.1 (VP8 frame tag), VP9 bitstream 6.2 (uncompressed header).
"""

from __future__ import annotations

from collections.abc import Iterator

_H264_SLICES = range(1, 6)
_H264_IDR, _H264_SEI, _H264_SPS, _H264_PPS = 5, 6, 7, 8
_EXACT_RECOVERY = -1
_H265_IDR_OR_BLA = range(16, 21)
_H265_CRA = 21
_H265_SPS, _H265_PPS = 33, 34
_LOOK = 8
"""NAL units read per packet: parameter sets and messages stand before the first slice."""


def hidden(codec: str, data: memoryview) -> bool:
    """Does this packet only feed the decoder's memory, so that it is never shown (VP8, VP9)?"""
    if not len(data):
        return True
    if codec == "vp8":
        return not data[0] & 0x10
    if codec == "vp9":
        return _vp9_hidden(data)
    return False


def _vp9_hidden(data: memoryview) -> bool:
    if data[-1] & 0xE0 == 0xC0:  # a superframe: hidden frames travel with a shown one
        return False
    bits = data[0]
    profile = (bits >> 5 & 1) | (bits >> 3 & 2)
    after = 3 if profile < 3 else 2  # profile 3 has one reserved bit more
    show_existing, show = bits >> after & 1, bits >> (after - 2) & 1
    return not show_existing and not show


def disposable(codec: str, extradata: bytes | None, data: memoryview) -> bool:
    """Does no other picture lean on this packet's (H.264 7.4.1: `nal_ref_idc` is 0)?"""
    if codec != "h264" or not len(data):
        return False
    size = _length_size(codec, extradata)
    units = _lengthed(data, size) if size else _start_coded(data)
    heads = [data[at] for _, at in zip(range(_LOOK), units, strict=False)]
    slices = [head for head in heads if head & 31 in _H264_SLICES]
    return bool(slices) and not any(head >> 5 & 3 for head in slices)


class CleanStarts:
    """Decides which key packets decode alike whether one comes from before them or begins there.

    For most codecs that is every key packet, for pictures shown at or after it. H.264 also marks
    pictures as key that still lean on earlier ones; there only IDR pictures count, and recovery
    points that promise exact pictures from themselves on. Where a stream repeats its parameter sets
    within the packets (MPEG-TS), a start must carry its own.
    """

    def __init__(self, codec: str, extradata: bytes | None) -> None:
        self._codec = codec
        self._length_size = _length_size(codec, extradata)
        self._sets_in_packets = False
        self._starts: list[tuple[int, bool]] = []

    def see(self, ordinal: int, is_key: bool, data: memoryview) -> None:
        """Take note of one packet, in the order of the file."""
        if self._codec not in ("h264", "hevc"):
            if is_key:
                self._starts.append((ordinal, True))
            return
        kinds = set(self._kinds(data))
        needed, clean = self._wanted()
        self._sets_in_packets |= ordinal > 0 and bool(kinds & needed)
        if is_key and kinds & clean:
            self._starts.append((ordinal, needed <= kinds))

    def ordinals(self) -> list[int]:
        """Packets from which decoding may begin, rising."""
        return [at for at, whole in self._starts if whole or not self._sets_in_packets]

    def _wanted(self) -> tuple[set[int], set[int]]:
        if self._codec == "h264":
            return {_H264_SPS, _H264_PPS}, {_H264_IDR, _EXACT_RECOVERY}
        return {_H265_SPS, _H265_PPS}, {*_H265_IDR_OR_BLA, _H265_CRA}

    def _kinds(self, data: memoryview) -> Iterator[int]:
        units = _lengthed(data, self._length_size) if self._length_size else _start_coded(data)
        for _, at in zip(range(_LOOK), units, strict=False):
            kind = data[at] & 31 if self._codec == "h264" else data[at] >> 1 & 63
            yield kind
            if (
                self._codec == "h264"
                and kind == _H264_SEI
                and _recovers(bytes(data[at + 1 : at + 4096]))
            ):
                yield _EXACT_RECOVERY


def _recovers(messages: bytes) -> bool:
    """Does an SEI unit hold a recovery point of 0 frames, exact, link not broken (H.264 D.1.8)?"""
    at = 0
    while at + 2 < len(messages):
        kind, at = _sei_number(messages, at)
        size, at = _sei_number(messages, at)
        if kind == 6:
            return at < len(messages) and messages[at] >> 5 == 0b110
        at += size
    return False


def _sei_number(messages: bytes, at: int) -> tuple[int, int]:
    """A number of H.264 7.3.2.3.1 (bytes of 255 add up) and where it ends."""
    total = 0
    while at < len(messages) and messages[at] == 255:
        total, at = total + 255, at + 1
    return total + (messages[at] if at < len(messages) else 0), at + 1


def _length_size(codec: str, extradata: bytes | None) -> int:
    """Bytes of a NAL unit's length in avcC and hvcC streams; 0 where start codes are used."""
    if not extradata or extradata[0] != 1:
        return 0
    at = 4 if codec == "h264" else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 0


def _lengthed(data: memoryview, size: int) -> Iterator[int]:
    at = 0
    while at + size < len(data):
        yield at + size
        at += size + int.from_bytes(data[at : at + size], "big")


def _start_coded(data: memoryview) -> Iterator[int]:
    head = bytes(data[:65536])
    at = head.find(b"\0\0\1")
    while 0 <= at < len(head) - 3:
        yield at + 3
        at = head.find(b"\0\0\1", at + 3)
