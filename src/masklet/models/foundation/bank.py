"""What is remembered of one object: what persons gave, and the last few frames. Nothing else is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from masklet.models.foundation.network import Memory, Recall


@dataclass
class Bank:
    """Memories of one object, of bounded number however long the video is.

    The rule of what is attended to is the published one (Ravi et al., 2024, section 4): all that was
    given (or those nearest in time), the masks of the last `recent` frames, and the pointers of the last
    `pointers` frames and of what was given before. A correction is given: it is never forgotten while
    the run lasts.

    Args:
        recent: how many frames back masks are remembered.
        pointers: how many frames back pointers are remembered, this one counted.
        most_given: given frames that are attended to at once; below 0 = all.
        sign: 1 when frames rise, -1 when they fall.
    """

    recent: int
    pointers: int
    most_given: int
    sign: int
    given: dict[int, Memory] = field(default_factory=dict)
    _passed: dict[int, Memory] = field(default_factory=dict)
    _trail: dict[int, Tensor] = field(default_factory=dict)

    def give(self, frame: int, memory: Memory) -> None:
        """A person's mask; it takes the place of what was found on that frame."""
        self.given[frame] = memory
        self._passed.pop(frame, None)
        self._trail.pop(frame, None)

    def add(self, frame: int, memory: Memory) -> None:
        """What was found on a frame; what is too old by now is dropped."""
        self._passed[frame] = memory
        self._trail[frame] = memory.pointer
        for kept, ages in ((self._passed, self.recent), (self._trail, self.pointers - 1)):
            for old in [at for at in kept if abs(frame - at) >= ages]:
                del kept[old]

    def recall(self, frame: int) -> Recall:
        """What is attended to on a frame."""
        chosen = self._chosen(frame)
        seen = [(0, self.given[at]) for at in chosen]
        for age in range(self.recent, 0, -1):
            at = frame - self.sign * age
            memory = self._passed.get(at) or (self.given.get(at) if at not in chosen else None)
            if memory is not None:
                seen.append((age, memory))
        pointers = [
            (self.sign * (frame - at), memory.pointer)
            for at, memory in self.given.items()
            if self.sign * at <= self.sign * frame
        ]
        for age in range(1, self.pointers):
            pointer = self._trail.get(frame - self.sign * age)
            if pointer is not None:
                pointers.append((age, pointer))
        return Recall(tuple(seen), tuple(pointers))

    def _chosen(self, frame: int) -> list[int]:
        """Given frames that are attended to: the nearest on each side, then the nearest others."""
        if self.most_given < 0 or len(self.given) <= self.most_given:
            return list(self.given)
        before = [at for at in self.given if at < frame]
        after = [at for at in self.given if at >= frame]
        chosen = ([max(before)] if before else []) + ([min(after)] if after else [])
        others = sorted((at for at in self.given if at not in chosen), key=lambda at: abs(at - frame))
        return chosen + others[: max(0, self.most_given - len(chosen))]
