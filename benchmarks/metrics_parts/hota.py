"""HOTA, CLEAR and IDF1 from similarities, beside `trackeval`: 2,000 frames of 8 objects."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from masklet.evaluation.clear import measure_clear, total_clear
from masklet.evaluation.hota import measure_hota, total_hota
from masklet.evaluation.idf1 import measure_idf1, total_idf1
from masklet.evaluation.similarity import from_frames
from metrics_parts.line import Line, side_by_side

FRAMES = 2_000
OBJECTS = 8
HOTA_FIELDS = ("HOTA", "DetA", "AssA", "LocA", "DetRe", "DetPr", "AssRe", "AssPr")
CLEAR_FIELDS = (
    *("MOTA", "MOTP", "sMOTA", "CLR_TP", "CLR_FN", "CLR_FP"),
    *("IDSW", "Frag", "MT", "PT", "ML"),
)
ID_FIELDS = ("IDF1", "IDP", "IDR", "IDTP", "IDFN", "IDFP")
Data = dict[str, Any]


def rows() -> list[Line]:
    """Tracks as a tracker leaves them, and matrices of pure chance, the hardest input."""
    kinds = {"tracks": tracks(), "pure chance": chance()}
    return [line(data, kind) for kind, data in kinds.items()] + counted(kinds["tracks"])


def line(data: Data, kind: str) -> Line:
    """HOTA of one set; the layout of the matrices is part of our time."""
    from trackeval.metrics import HOTA

    def theirs() -> list[float]:
        found = quiet(lambda: HOTA().eval_sequence(data))
        return [float(np.mean(found[field])) for field in HOTA_FIELDS]

    def ours() -> list[float]:
        return list(vars(total_hota([measure_hota(laid(data))])).values())

    times = side_by_side(ours, theirs)
    return Line(f"HOTA, {kind}", "trackeval", *times, apart(ours(), theirs()), 2, 4)


def counted(data: Data) -> list[Line]:
    """CLEAR and IDF1 of tracks, once the matrices are laid out."""
    from trackeval.metrics import CLEAR, Identity

    pairs = laid(data)

    def clear() -> list[float]:
        return list(vars(total_clear([measure_clear(pairs)[0]])).values())

    def their_clear() -> list[float]:
        found = quiet(lambda: CLEAR().eval_sequence(data))
        return [float(found[field]) for field in CLEAR_FIELDS]

    def idf1() -> list[float]:
        return list(vars(total_idf1([measure_idf1(pairs)])).values())

    def their_idf1() -> list[float]:
        found = quiet(lambda: Identity().eval_sequence(data))
        return [float(found[field]) for field in ID_FIELDS]

    found = []
    for name, ours, theirs in (("CLEAR", clear, their_clear), ("IDF1", idf1, their_idf1)):
        times = side_by_side(ours, theirs)
        found.append(Line(f"{name}, tracks", "trackeval", *times, apart(ours(), theirs()), 1, 1))
    return found


def tracks(seed: int = 0) -> Data:
    """One good partner for each object, some weak overlaps, ids that change hands now and then."""
    rng = np.random.default_rng(seed)
    partner, matrices = np.arange(OBJECTS), []
    for _ in range(FRAMES):
        if rng.random() < 0.01:
            one, other = rng.choice(OBJECTS, 2, replace=False)
            partner[[one, other]] = partner[[other, one]]
        matrix = 0.4 * rng.random((OBJECTS, OBJECTS)) * (rng.random((OBJECTS, OBJECTS)) < 0.2)
        matrix[np.arange(OBJECTS), partner] = np.clip(rng.normal(0.75, 0.15, OBJECTS), 0, 1)
        matrices.append(matrix)
    return as_data(matrices, rng)


def chance(seed: int = 0) -> Data:
    """Every overlap drawn at random."""
    rng = np.random.default_rng(seed)
    return as_data(list(rng.random((FRAMES, OBJECTS, OBJECTS))), rng)


def as_data(matrices: list[Any], rng: np.random.Generator) -> Data:
    """What trackeval reads; one in twenty masks is left out on either side."""
    true = [np.flatnonzero(rng.random(OBJECTS) < 0.95) for _ in matrices]
    pred = [np.flatnonzero(rng.random(OBJECTS) < 0.95) for _ in matrices]
    return {
        "num_timesteps": len(matrices),
        "gt_ids": true,
        "tracker_ids": pred,
        "similarity_scores": [m[np.ix_(g, p)] for m, g, p in zip(matrices, true, pred, strict=True)],
        "num_gt_ids": OBJECTS,
        "num_tracker_ids": OBJECTS,
        "num_gt_dets": sum(map(len, true)),
        "num_tracker_dets": sum(map(len, pred)),
    }


def laid(data: Data) -> Any:
    """The same as our table of pairs."""
    return from_frames(data["gt_ids"], data["tracker_ids"], data["similarity_scores"])


def quiet(call: Callable[[], Data]) -> Data:
    """trackeval prints its settings; nobody asked."""
    with contextlib.redirect_stdout(io.StringIO()):
        return call()


def apart(ours: list[float], theirs: list[float]) -> float:
    """Largest difference between two lists of numbers."""
    return float(np.max(np.abs(np.subtract(ours, theirs))))
