"""Tables of random masks for the tests of this room."""

from __future__ import annotations

import numpy as np

from masklet.core import Flags, Label, Masks, Origin, Review, Step, Video

LABELS = (Label("rat", "area", "#e69f00"), Label("tail", "line"))
STEPS = (Step("track", '{"engine": "flow"}', "0.1", time=12.5), Step("edit", person="Ada"))


def video(n_frames: int = 50, width: int = 40, height: int = 30, uri: str = "cage.mp4") -> Video:
    return Video(uri, width, height, n_frames, times=np.arange(n_frames) / 29.97, content_hash="ab12")


def random_runs(rng: np.random.Generator, pixels: int) -> np.ndarray:
    """Run lengths that add up to `pixels`, background first."""
    cuts = np.unique(rng.integers(0, pixels, rng.integers(1, 12)))
    return np.diff(np.concatenate([[0], cuts, [pixels]]))


def table(
    pairs: list[tuple[int, int]], on: Video | None = None, seed: int = 0, **columns: object
) -> Masks:
    """One random mask for each (frame, object_id) of `pairs`."""
    on = on or video()
    rng = np.random.default_rng(seed)
    runs = [random_runs(rng, on.width * on.height) for _ in pairs]
    offset = np.concatenate([[0], np.cumsum([len(r) for r in runs])])
    n = len(pairs)
    made: dict[str, object] = {
        "frame": [frame for frame, _ in pairs],
        "object_id": [object_id for _, object_id in pairs],
        "label_id": rng.integers(0, 2, n),
        "runs": np.concatenate([*runs, []]),
        "offset": offset,
        "score": np.where(rng.random(n) < 0.3, np.nan, rng.random(n)),
        "identity_score": rng.random(n),
        "origin": Origin.PROPAGATED,
        "flags": rng.integers(0, 2**16, n),
        "step": rng.integers(-1, 2, n),
        "steps": STEPS,
    }
    return Masks(on, LABELS, **(made | columns))


def every_kind(seed: int = 0) -> Masks:
    """Rows with every origin and review, tracked and not, on checked and unchecked frames."""
    pairs = [(f, o) for f in range(12) for o in (-1, -1, 0, 3)]
    n = len(pairs)
    rng = np.random.default_rng(seed)
    return table(
        pairs,
        seed=seed,
        origin=rng.integers(0, len(Origin), n),
        review=rng.integers(0, len(Review), n),
        flags=np.full(n, int(Flags.KEYFRAME | Flags.VANISHES)),
        checked=[0, 7, 49],
    )


def human(frame: int, object_id: int = 0, seed: int = 0, **columns: object) -> Masks:
    """One row that a person drew."""
    return table([(frame, object_id)], seed=seed, origin=Origin.HUMAN, score=np.nan, **columns)
