"""Who is who: which foreground belongs to which object, frame after frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from masklet.core.arrays import Bools, Floats, UInt8s
from masklet.models import vision
from masklet.models.colour import histogram, overlap
from masklet.models.groups import COLLAPSED, Groups, adopt, claims
from masklet.models.judge import Sight
from masklet.models.splitting import share_out
from masklet.models.stand import Stand

WEAR = 0.01
"""Identity lost on each frame in which look-alikes touch."""
RECENT = 12
"""Frames after a contact in which two objects may still be exchanged by their looks."""
CLEARLY = 0.12
"""Likeness by which the exchanged naming must be better."""


@dataclass(eq=False)
class Track:
    """One object while a run lasts. `mask` on the work frame; None while it is not seen."""

    object_id: int
    mask: Bools | None = None
    shift: tuple[float, float] = (0.0, 0.0)
    identity: float = 1.0
    since_contact: int = RECENT + 1
    in_contact: bool = False

    def expected(self) -> Bools:
        """Its last mask, moved on as it moved before."""
        assert self.mask is not None
        dx, dy = round(self.shift[0]), round(self.shift[1])
        return moved(self.mask, dx, dy)

    def go(self, mask: Bools) -> None:
        """Take `mask` as its place on the next frame."""
        if self.mask is not None and self.mask.any():
            a, b = _centre(self.mask), _centre(mask)
            old_x, old_y = self.shift
            self.shift = 0.5 * (old_x + b[0] - a[0]), 0.5 * (old_y + b[1] - a[1])
        self.mask = mask


class Namer:
    """Names the foreground of each frame. Holds nothing but the last frame."""

    def __init__(self, stand: Stand, flow: vision.DenseFlow) -> None:
        self._stand, self._flow = stand, flow
        self._grey: UInt8s | None = None

    def name(self, tracks: Sequence[Track], rough: Bools, sight: Sight, grey: UInt8s) -> None:
        """Move every track to its foreground on this frame; what finds none has mask None."""
        usual = min(self._stand.areas[track.object_id] for track in tracks)
        groups = Groups.of(rough, self._stand.shaping.bridge, max(6.0, 0.02 * usual))
        seen = [track for track in tracks if track.mask is not None and track.mask.any()]
        claimed = claims(groups, [track.expected() for track in seen])
        own: dict[int, list[Bools]] = {track.object_id: [] for track in tracks}
        for track in tracks:
            track.in_contact = False
        for g, who in claimed.items():
            holders = [seen[k] for k in who]
            shares = self._parts(groups, g, holders, sight, grey)
            for track, share in zip(holders, shares, strict=True):
                own[track.object_id].append(share)
        self._find_lost(tracks, own, groups, set(claimed), sight)
        for track in tracks:
            parts = own[track.object_id]
            mask = np.logical_or.reduce(parts) if parts else None
            if mask is None or not mask.any():
                track.mask, track.shift = None, (0.0, 0.0)
            else:
                track.go(mask)
        self._exchange(tracks, sight)
        self._grey = grey

    def see(self, grey: UInt8s) -> None:
        """Remember a frame whose masks were given."""
        self._grey = grey

    def likeness(self, track: Track, sight: Sight, mask: Bools) -> float:
        """0..1: how much what lies under `mask` looks like the annotated object."""
        colours = self._stand.colours.get(track.object_id)
        if colours is None or not mask.any():
            return 1.0
        return overlap(histogram(sight.lab, mask.astype(np.float32)), colours.inside)

    def _parts(
        self, groups: Groups, g: int, holders: list[Track], sight: Sight, grey: UInt8s
    ) -> list[Bools]:
        patch = groups.mask([g])
        if len(holders) == 1 or self._grey is None:
            return [patch] * len(holders)
        for track in holders:
            track.in_contact = True
        before = [track.mask for track in holders if track.mask is not None]
        colours = [self._stand.colours.get(track.object_id) for track in holders]
        return share_out(patch, before, colours, self._grey, grey, sight.lab, self._flow)

    def _find_lost(
        self,
        tracks: Sequence[Track],
        own: dict[int, list[Bools]],
        groups: Groups,
        claimed: set[int],
        sight: Sight,
    ) -> None:
        """Objects without foreground look for a group of their size and colours."""
        free = [g for g in np.flatnonzero(groups.areas).tolist() if g not in claimed]
        for track in tracks:
            area = self._stand.areas[track.object_id]
            has = sum(int(mask.sum()) for mask in own[track.object_id])
            if not free or has > COLLAPSED * area:
                continue
            worth: Floats = np.zeros(len(groups.areas))
            for g in free:
                if groups.areas[g] >= 0.2 * area:
                    worth[g] = self.likeness(track, sight, groups.mask([g]))
            found = adopt(groups, free, area, worth)
            if found is None or groups.areas[found] <= has:
                continue
            own[track.object_id] = [groups.mask([found])]
            free.remove(found)
            if len(tracks) > 1 and track.mask is None:
                track.identity *= float(0.5 + 0.5 * worth[found])

    def _exchange(self, tracks: Sequence[Track], sight: Sight) -> None:
        """After a contact, names follow looks if those are clearly different."""
        for track in tracks:
            track.since_contact = 0 if track.in_contact else track.since_contact + 1
            if track.in_contact:
                track.identity = max(0.3, track.identity - WEAR * self._sameness(track, tracks))
        fresh = [t for t in tracks if 1 <= t.since_contact <= RECENT]
        for i, a in enumerate(fresh):
            for b in fresh[i + 1 :]:
                if a.mask is None or b.mask is None:
                    continue
                stay = self.likeness(a, sight, a.mask) + self.likeness(b, sight, b.mask)
                swap = self.likeness(a, sight, b.mask) + self.likeness(b, sight, a.mask)
                if swap > stay + CLEARLY:
                    a.mask, b.mask, a.shift, b.shift = b.mask, a.mask, b.shift, a.shift

    def _sameness(self, track: Track, tracks: Sequence[Track]) -> float:
        """0..1: how much it looks like the object in contact that is most like it."""
        mine = self._stand.colours.get(track.object_id)
        near = [t.object_id for t in tracks if t is not track and t.in_contact]
        others = [self._stand.colours.get(obj) for obj in near]
        return max((overlap(mine.inside, o.inside) for o in others if mine and o), default=0.0)


def moved(mask: Bools, dx: int, dy: int) -> Bools:
    """`mask` shifted by whole pixels; what leaves the picture is gone."""
    h, w = mask.shape
    out = np.zeros_like(mask)
    if abs(dx) >= w or abs(dy) >= h:
        return out
    out[max(dy, 0) : h + min(dy, 0), max(dx, 0) : w + min(dx, 0)] = mask[
        max(-dy, 0) : h + min(-dy, 0), max(-dx, 0) : w + min(-dx, 0)
    ]
    return out


def _centre(mask: Bools) -> tuple[float, float]:
    columns, rows = mask.sum(axis=0), mask.sum(axis=1)
    total = max(int(columns.sum()), 1)
    x, y = float(columns @ np.arange(len(columns))), float(rows @ np.arange(len(rows)))
    return x / total, y / total
