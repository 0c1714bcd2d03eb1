"""Frame ranges as a person writes them: `120-180,305,400-`."""

from __future__ import annotations

import re

from masklet.core import UsageError

_PART = re.compile(r"\s*(\d{1,99})\s*(?:(-)\s*(\d{0,99})\s*)?", re.ASCII)


def parse_ranges(text: str, n_frames: int) -> list[range]:
    """Rising, disjoint, non-touching ranges for a comma list of frames and inclusive ranges.

    `7` is one frame, `10-20` includes both ends, `400-` runs to the last frame. Raises `UsageError`
    for anything else, which other signs than 0 to 9 are, and for frames that the video does not have.
    """
    ranges: list[range] = []
    parts = [_one(part, n_frames) for part in text.split(",")]
    for part in sorted(parts, key=lambda one: one.start):
        if ranges and part.start <= ranges[-1].stop:
            ranges[-1] = range(ranges[-1].start, max(ranges[-1].stop, part.stop))
        else:
            ranges.append(part)
    return ranges


def shortened(frames: list[int], most: int = 8) -> str:
    """Rising frames as `parse_ranges` reads them, the first few ranges: `4,8-12,40 and more`."""
    parts = contiguous(frames)
    said = [str(part.start) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts[:most]]
    return ",".join(said) + (" and more" if len(parts) > most else "")


def _one(part: str, n_frames: int) -> range:
    found = _PART.fullmatch(part)
    if not found:
        shown = part.strip()[:40]
        raise UsageError(f"cannot read frames {shown!r}; expected 7, 10-20 or 400-, joined by commas")
    first = int(found[1])
    last = int(found[3]) if found[3] else (n_frames - 1 if found[2] else first)
    if first > last:
        raise UsageError(f"frames {part.strip()!r} run backward; expected the smaller number first")
    if last >= n_frames:
        raise UsageError(f"frame {last} is past the end; the video has frames 0..{n_frames - 1}")
    return range(first, last + 1)


def contiguous(frames: list[int]) -> list[range]:
    """Rising frames as ranges without gaps."""
    ranges: list[range] = []
    for frame in frames:
        if ranges and ranges[-1].stop == frame:
            ranges[-1] = range(ranges[-1].start, frame + 1)
        else:
            ranges.append(range(frame, frame + 1))
    return ranges
