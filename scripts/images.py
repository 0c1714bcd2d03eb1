"""The pictures of the documentation, made from a generated scene: `python scripts/images.py`.

The scene is tracked from its first frame, so what the pictures show is what an engine made of it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from masklet.core import Masks, MediaSource
from masklet.media.opening import open_media
from masklet.ops.measures import measure
from masklet.ops.zones import Zone
from masklet.render.canvas import write_png
from masklet.render.contact_sheet import contact_sheet
from masklet.render.drawing import draw
from masklet.render.plots import Scene, write_plots
from masklet.verbs.demo import demo

HERE = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST = 400_000
SCALE_MM = 0.8


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = demo(folder)
        media = open_media(made.files["scene"])
        masks = read_masks(made.files["masks"], media)
        pictures(media, masks)


def read_masks(path: Path, media: MediaSource) -> Masks:
    from masklet.formats.files import read

    masks = read(path, media.video)
    assert isinstance(masks, Masks)
    return masks


def pictures(media: MediaSource, masks: Masks) -> None:
    image = media[media.video.n_frames // 3]
    draw(image, masks.on(media.video.n_frames // 3))
    write_png(image, HERE / "overlay.png")
    contact_sheet(media, masks, HERE / "contact_sheet.png", n=9, columns=3, cell_width=280)
    zones = quarters(media.video.width, media.video.height)
    table = measure(masks, SCALE_MM, zones)
    plots = write_plots(table, HERE, Scene(media.video.size_wh(0), media[0], zones))
    renamed = [path.replace(path.with_name(f"plots_{path.name}")) for path in plots]
    for path in (HERE / "overlay.png", HERE / "contact_sheet.png", *renamed):
        shrink(path)


def quarters(width: int, height: int) -> tuple[Zone, ...]:
    """The middle of the floor and its left margin."""
    x, y = width / 4, height / 4
    return (
        Zone("centre", [[x, y], [3 * x, y], [3 * x, 3 * y], [x, 3 * y]]),
        Zone("left wall", [[0, 0], [x, 0], [x, height], [0, height]]),
    )


def shrink(path: Path) -> None:
    """256 colours, so that the repository stays small."""
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256)
    small.save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; expected at most {LARGEST}")


if __name__ == "__main__":
    main()
