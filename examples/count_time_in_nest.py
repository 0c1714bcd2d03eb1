"""From one annotated frame to a number: how long was each animal in the nest?

Run it: python examples/count_time_in_nest.py
It makes its own small video, so it needs nothing but masklet.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import masklet
from masklet.media.writer import VideoWriter
from masklet.ops.measures import measure, summary
from masklet.ops.zones import Zone
from masklet.testing.scenes import Scene


def main() -> None:
    """Film, annotate, track, measure."""
    scene = Scene("arena", n_animals=2, size_wh=(320, 240), n_frames=60, seed=4)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        with VideoWriter(film, scene.size_wh, fps=scene.fps) as writer:
            for _, image in scene.frames():
                writer.write(image)
        one_frame = scene.truth(tails="none", frames=range(1))  # what a person would have drawn
        tracked = masklet.track(film, one_frame, out=Path(folder) / "out", engine="background")

    nest = Zone("nest", [(0, 0), (160, 0), (160, 240), (0, 240)])  # the left half
    totals = summary(measure(tracked.masks, zones=[nest]))
    for animal, seconds in zip(totals["object_id"], totals["seconds_in_nest"], strict=True):
        print(f"animal {animal}: {seconds:.2f} s in the nest")


if __name__ == "__main__":
    main()
