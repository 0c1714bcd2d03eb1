"""How fast generated scenes are painted and their truth is computed.

    python benchmarks/scenes.py

The yardstick in the same run is what any tool must do with such a frame: copy it, add noise from
a table and compress it once with OpenCV's JPEG codec.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import cv2
import numpy as np

from masklet.testing.scenes import PRESETS, Scene

FRAMES = 40
CASES = [
    ("arena-1", (640, 480)),
    ("arena-2", (640, 480)),
    ("cage-bars-1", (640, 480)),
    ("cage-bars-2", (640, 480)),
    ("crossing-3", (640, 480)),
    ("moving-camera", (640, 480)),
    ("arena-2", (1920, 1080)),
    ("cage-bars-2", (1920, 1080)),
]


def rate(count: int, start: float) -> float:
    """Things a second since `start`."""
    return count / (perf_counter() - start)


def yardstick(image: np.ndarray) -> float:
    """Frames a second of copy + noise + JPEG encode and decode."""
    noise = np.random.default_rng(0).integers(-5, 6, image.shape, np.int8)
    start = perf_counter()
    for _ in range(FRAMES):
        noisy = cv2.add(image.copy(), noise, dtype=cv2.CV_8U)
        cv2.imdecode(cv2.imencode(".jpg", noisy)[1], cv2.IMREAD_COLOR)
    return rate(FRAMES, start)


def measure(scene: Scene) -> tuple[float, float, float, float]:
    """Seconds to build, frames a second, truth frames a second, yardstick frames a second."""
    start = perf_counter()
    scene.stage()
    image = scene[0]
    built = perf_counter() - start
    start = perf_counter()
    for _ in scene.frames(0, FRAMES):
        pass
    painted = rate(FRAMES, start)
    start = perf_counter()
    scene.truth(frames=range(FRAMES))
    return built, painted, rate(FRAMES, start), yardstick(image)


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    print("| scene | size | build + first frame, s | frames/s | truth/s | yardstick/s | share |")
    print("|---|---|---|---|---|---|---|")
    for name, size in CASES:
        built, painted, truth, bare = measure(replace(PRESETS[name], size_wh=size))
        print(
            f"| {name} | {size[0]}x{size[1]} | {built:.2f} | {painted:.1f} | {truth:.1f} "
            f"| {bare:.1f} | {painted / bare:.2f} |"
        )


if __name__ == "__main__":
    main()
