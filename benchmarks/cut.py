"""`cut`: masks from boxes and clicks, on pictures that it was never trained on, GrabCut beside it.

    python benchmarks/cut.py [--weights FILE] [--quick]

Figures are IoU on the first frames of the ten open sequences of DAVIS 2016, on ten frames of a mouse
in an open field and on a rat behind bars. Clicks are simulated: each in the middle of the largest
error, at most 20; GrabCut, at a second a click, is asked about boxes only.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from masklet.core import Prompt
from masklet.core.arrays import Bools, Image

DATA = Path(
    os.environ.get("MASKLET_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)
LIMIT = 20
TUNED = ("bmx-trees", "camel", "cows", "dog", "drift-straight")


@dataclass
class Case:
    """A picture and its true mask."""

    name: str
    image: Image
    truth: Bools


@dataclass
class Result:
    """What was measured on one case; IoU after each click."""

    box: float
    loose: float
    box_click: float
    clicks: list[float] = field(default_factory=list)

    def needed(self, iou: float) -> int:
        """Clicks until `iou`; LIMIT where it was never reached."""
        reached = [number for number, found in enumerate(self.clicks, 1) if found >= iou]
        return reached[0] if reached else LIMIT


class Engine:
    """Box or clicks to mask: what the table compares."""

    def start(self, image: Image) -> None:
        """A new picture."""
        raise NotImplementedError

    def box(self, box_xyxy: Sequence[float]) -> Bools:
        """The mask of a box."""
        raise NotImplementedError

    def click(self, x: int, y: int, positive: bool) -> Bools:
        """The mask after one more click."""
        raise NotImplementedError


class CutEngine(Engine):
    """masklet's own."""

    def __init__(self) -> None:
        from masklet.models.cut.segmenter import Cut

        self._cut = Cut()

    def start(self, image: Image) -> None:
        self._session = self._cut.session(image)

    def box(self, box_xyxy: Sequence[float]) -> Bools:
        return self._session.add(Prompt(0, box=tuple(box_xyxy))).mask  # type: ignore[arg-type]

    def click(self, x: int, y: int, positive: bool) -> Bools:
        return self._session.click(x + 0.5, y + 0.5, positive).mask


class GrabCut(Engine):
    """OpenCV's GrabCut, five rounds; clicks are disks of certain pixels."""

    def start(self, image: Image) -> None:
        self._image = image
        self._known = np.full(image.shape[:2], cv2.GC_PR_BGD, np.uint8)

    def box(self, box_xyxy: Sequence[float]) -> Bools:
        self._known[:] = cv2.GC_BGD
        x0, y0, x1, y1 = (round(v) for v in box_xyxy)
        self._known[y0:y1, x0:x1] = cv2.GC_PR_FGD
        return self._solve()

    def click(self, x: int, y: int, positive: bool) -> Bools:
        cv2.circle(self._known, (x, y), 8, cv2.GC_FGD if positive else cv2.GC_BGD, -1)
        return self._solve()

    def _solve(self) -> Bools:
        sides = [np.isin(self._known, pair).any() for pair in ((1, 3), (0, 2))]
        if not all(sides):
            return np.isin(self._known, (1, 3))
        cv2.setRNGSeed(0)
        model = np.zeros((1, 65)), np.zeros((1, 65))
        work = self._known.copy()
        cv2.grabCut(self._image[..., ::-1].copy(), work, None, *model, 5, cv2.GC_INIT_WITH_MASK)
        return np.isin(work, (1, 3))


def measure(engine: Engine, case: Case, with_clicks: bool = True) -> Result:
    """Boxes, loose boxes and clicks on one case."""
    truth = case.truth
    exact = box_of(truth)
    engine.start(case.image)
    first = engine.box(exact)
    more = engine.click(*next_click(first, truth))
    result = Result(iou(first, truth), loose(engine, case, exact), iou(more, truth))
    if with_clicks:
        engine.start(case.image)
        found = np.zeros_like(truth)
        for _ in range(LIMIT):
            if iou(found, truth) == 1:
                break
            found = engine.click(*next_click(found, truth))
            result.clicks.append(iou(found, truth))
            if max(result.clicks) >= 0.9 and len(result.clicks) >= 10:
                break
    return result


def loose(engine: Engine, case: Case, exact: Sequence[float]) -> float:
    """Mean over three boxes whose edges are off by up to 5 % of the size."""
    rng, found = np.random.default_rng(5), []
    high, wide = case.truth.shape
    x0, y0, x1, y1 = exact
    for _ in range(3):
        a, b, c, d = rng.uniform(-0.05, 0.05, 4) * [x1 - x0, y1 - y0, x1 - x0, y1 - y0]
        engine.start(case.image)
        box = max(0, x0 + a), max(0, y0 + b), min(wide, x1 + c), min(high, y1 + d)
        found.append(iou(engine.box(box), case.truth))
    return float(np.mean(found))


def next_click(found: Bools, truth: Bools) -> tuple[int, int, bool]:
    """The middle of the largest error."""
    missing, extra = (_depth(part) for part in (truth & ~found, found & ~truth))
    depth = missing if missing.max() >= extra.max() else extra
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return int(x), int(y), bool(truth[y, x])


def _depth(part: Bools) -> np.ndarray:
    padded = np.pad(part, 1).astype(np.uint8)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 0)[1:-1, 1:-1]


def box_of(mask: Bools) -> tuple[float, float, float, float]:
    """Half-open box of a mask."""
    x, y, wide, high = cv2.boundingRect(mask.astype(np.uint8))
    return x, y, x + wide, y + high


def iou(a: Bools, b: Bools) -> float:
    """Intersection over union."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def davis() -> Iterator[Case]:
    """First frames of the ten open sequences."""
    root = DATA / "davis2016_val"
    for folder in sorted((root / "JPEGImages/480p").iterdir()):
        truth = cv2.imread(str(root / f"Annotations/480p/{folder.name}/00000.png"), 0) > 127
        yield Case(folder.name, _picture(folder / "00000.jpg"), truth)


def animals() -> Iterator[Case]:
    """Ten frames of a mouse in an open field; a rat behind bars."""
    root = DATA / "mouse_openfield"
    names = sorted((root / "reference_body_masks").iterdir())
    video = cv2.VideoCapture(str(root / "m3v1mp4.mp4"))
    for path in names[:: len(names) // 10][:10]:
        video.set(cv2.CAP_PROP_POS_FRAMES, int(path.stem))
        image = video.read()[1][..., ::-1].copy()
        yield Case(f"mouse {path.stem}", image, cv2.imread(str(path), 0) > 127)
    rat = DATA / "rat_cage/frame_000000_1920x1080"
    truth = cv2.imread(f"{rat}_mask.png", 0) > 127
    yield Case("rat behind bars", _picture(Path(f"{rat}.jpg")), truth)


def timings(cut: CutEngine, repeats: int = 5) -> dict[str, float]:
    """Milliseconds at 1080p: a box, a first click, the clicks after it; medians."""
    image = _picture(DATA / "rat_cage/frame_000000_1920x1080.jpg")
    truth = cv2.imread(str(DATA / "rat_cage/frame_000000_1920x1080_mask.png"), 0) > 127
    taken: dict[str, list[float]] = {"box": [], "first click": [], "next clicks": []}

    def timed(name: str, call: Callable[[], Bools]) -> Bools:
        start = time.perf_counter()
        found = call()
        taken[name].append(1000 * (time.perf_counter() - start))
        return found

    for _ in range(repeats + 1):
        cut.start(image)
        timed("box", lambda: cut.box(box_of(truth)))
        cut.start(image)
        found = np.zeros_like(truth)
        for number in range(6):
            at = next_click(found, truth)
            name = "next clicks" if number else "first click"
            found = timed(name, lambda at=at: cut.click(*at))  # type: ignore[misc]
    return {name: float(np.median(values[1:])) for name, values in taken.items()}


def _picture(path: Path) -> Image:
    return cv2.imread(str(path))[..., ::-1].copy()


def table(results: dict[str, dict[str, Result]], names: Sequence[str], title: str) -> None:
    """Means over `names`, one column an engine; empty where it was not asked."""
    engines = list(results)
    print(f"\n{title}\n\n| | {' | '.join(engines)} |\n|---|{'---|' * len(engines)}")
    of_boxes: dict[str, Callable[[Result], float]] = {
        "exact box, IoU": lambda r: r.box,
        "box off by 5 %, IoU": lambda r: r.loose,
        "box and one click, IoU": lambda r: r.box_click,
    }
    of_clicks: dict[str, Callable[[Result], float]] = {
        f"after {count} clicks, IoU": lambda r, c=count: r.clicks[:c][-1]  # type: ignore[misc]
        for count in (1, 3, 5, 10)
    }
    for goal in (0.85, 0.9):
        of_clicks[f"clicks until {goal}"] = lambda r, g=goal: float(r.needed(g))  # type: ignore[misc]
    for rows, needs_clicks in ((of_boxes, False), (of_clicks, True)):
        for label, of in rows.items():
            cells = [_mean(of, [results[e][n] for n in names], needs_clicks) for e in engines]
            if any(cells):
                print(f"| {label} | {' | '.join(cells)} |")


def _mean(of: Callable[[Result], float], chosen: Sequence[Result], needs_clicks: bool) -> str:
    if needs_clicks and not all(one.clicks for one in chosen):
        return ""
    mean = float(np.mean([of(one) for one in chosen]))
    return f"{mean:.3f}" if mean < 1 else f"{mean:.1f}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--weights", type=Path, help="other weights than the packaged ones")
    parser.add_argument("--quick", action="store_true", help="no GrabCut, no animals, no times")
    args = parser.parse_args()
    if args.weights:
        from masklet.models.cut import segmenter

        segmenter.WEIGHTS = args.weights
    engines: dict[str, Engine] = {"cut": CutEngine()}
    if not args.quick:
        engines["GrabCut"] = GrabCut()
    cases = list(davis()) + ([] if args.quick else list(animals()))
    results: dict[str, dict[str, Result]] = {name: {} for name in engines}
    for case in cases:
        for name, engine in engines.items():
            with_clicks = name == "cut" and not case.name.startswith("mouse")
            results[name][case.name] = measure(engine, case, with_clicks)
    ten = [case.name for case in cases[:10]]
    table(results, ten, "The ten first frames of DAVIS 2016")
    table(results, TUNED, "Of these: bmx-trees, camel, cows, dog, drift-straight")
    table(results, [n for n in ten if n not in TUNED], "Of these: the other five, the check")
    per_sequence(results, ten)
    if not args.quick:
        table(results, [c.name for c in cases[10:20]], "A mouse in an open field, ten frames")
        table(results, ["rat behind bars"], "A rat behind bars")
        print("\nAt 1080p, median milliseconds:", {k: round(v) for k, v in timings(CutEngine()).items()})


def per_sequence(results: dict[str, dict[str, Result]], names: Sequence[str]) -> None:
    """One row a sequence."""
    engines = list(results)
    print(
        f"\n| exact box, IoU / clicks until 0.85 | {' | '.join(engines)} |\n|---|{'---|' * len(engines)}"
    )
    for name in names:
        shown = (
            f"{one.box:.3f} / {one.needed(0.85) if one.clicks else '-'}"
            for one in (results[e][name] for e in engines)
        )
        print(f"| {name} | {' | '.join(shown)} |")


if __name__ == "__main__":
    main()
