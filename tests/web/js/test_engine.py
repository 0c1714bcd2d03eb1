"""The modules of the canvas engine, in a browser: every exported function of `*_cases.js` is a test."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from browser_kit import Chromium, files_served
from masklet.core import Label, Masks, Video
from masklet.ops import runs
from masklet.ops.raster import polygon_mask, polyline_mask
from masklet.ops.table import Row, build
from masklet.web import pages, wire

HERE = Path(__file__).parent
CASES = sorted(file.name for file in HERE.glob("*_cases.js"))
RUN = "async ([file, name, given]) => (await import(`/cases/${file}`))[name](given)"
RUN_ALL = """async (file) => {
  const failed = [];
  const cases = Object.entries(await import(`/cases/${file}`));
  for (const [name, run] of cases) {
    try { await run(); } catch (error) { failed.push(`${name}: ${error.stack ?? error}`); }
  }
  return [cases.length, failed];
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with files_served({"static": pages.FOLDER, "cases": HERE}) as found:
        yield found


def in_browser(chromium: Chromium, address: str, script: str, given: object) -> Any:
    def run(page: Page) -> Any:
        page.goto(address)
        return page.evaluate(script, given)

    return chromium.use(run)


@pytest.mark.parametrize("file", CASES)
def test_cases(chromium: Chromium, address: str, file: str) -> None:
    """One page runs all cases of a file: a page for each would take ten times as long."""
    cases, failed = in_browser(chromium, address, RUN_ALL, file)
    assert not failed, "\n\n".join(failed)
    assert cases == len(re.findall(r"^export ", (HERE / file).read_text("utf-8"), re.MULTILINE))


def random_masks(seed: int) -> list[tuple[int, int, np.ndarray]]:
    """(width, height, pixels) of odd sizes: empty, full, one pixel, noise, blobs."""
    rng = np.random.default_rng(seed)
    found = []
    for width, height in [(1, 1), (7, 5), (333, 1), (1, 250), (129, 67), (640, 361)]:
        size = (height, width)
        one = np.zeros(size, np.bool_)
        one[rng.integers(height), rng.integers(width)] = True
        y, x = np.mgrid[:height, :width]
        blob = (y - height / 3) ** 2 + (x - width / 2) ** 2 < (min(size) / 2.5) ** 2
        some = [np.zeros(size, np.bool_), np.ones(size, np.bool_), one, rng.random(size) < 0.5, blob]
        found += [(width, height, pixels) for pixels in some]
    return found


def rows_of(width: int, height: int, pixels: np.ndarray) -> Masks:
    video = Video("film.mp4", width, height, 1)
    row = Row(0, 5, 0, runs.encode(pixels), score=0.5, origin=3, review=2, flags=257)
    return build(video, [Label("object")], [row])


def test_packets_of_python_are_read_and_written_bit_for_bit(chromium: Chromium, address: str) -> None:
    masks = random_masks(1)
    given = [
        {
            "packet": base64.b64encode(wire.encode(rows_of(*one), 0, 9)).decode(),
            "area": int(one[2].sum()),
        }
        for one in masks
    ]
    back = in_browser(chromium, address, RUN, ["from_python.js", "throughPackets", given])
    for (width, height, pixels), answer in zip(masks, back, strict=True):
        assert answer["pixels"] == int(pixels.sum())
        packet = base64.b64decode(answer["packet"])
        assert packet == wire.encode(rows_of(width, height, pixels), 0, 9)
        again = base64.b64decode(answer["drawn"])
        read = wire.decode(again, Video("film.mp4", width, height, 1)).rows
        np.testing.assert_array_equal(runs.decode(read.row_runs(0), (width, height)), pixels)


def test_packets_in_words(chromium: Chromium, address: str, tmp_path: Path) -> None:
    sys.path.insert(0, str(HERE.parent))
    try:
        import packets
    finally:
        sys.path.pop(0)
    packets.write(tmp_path / "packets.json")
    given = json.loads((tmp_path / "packets.json").read_text("utf-8"))
    assert in_browser(chromium, address, RUN, ["from_python.js", "inWords", given]) == len(given)


def test_shapes_are_those_of_python_but_for_pixels_of_the_outline(
    chromium: Chromium, address: str
) -> None:
    """OpenCV walks an outline in fractions of a pixel, the page from pixel to pixel."""
    rng = np.random.default_rng(3)
    size = (200, 150)
    given = [
        {"points": (rng.random((n, 2)) * [220, 170] - 10).tolist(), "line": line, "width": width}
        for n, line, width in [(3, 0, 0), (5, 0, 0), (9, 0, 0), (2, 1, 1), (4, 1, 5), (6, 1, 12.5)] * 3
    ]
    found = in_browser(chromium, address, RUN, ["from_python.js", "shapes", [given, size]])
    for one, answer in zip(given, found, strict=True):
        points = np.array(one["points"])
        drawn = polyline_mask(points, float(one["width"]), size) if one["line"] else None
        crop, (x, y) = drawn or polygon_mask([points], size)
        full = np.zeros(size[::-1], np.bool_)
        full[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
        here = np.array(list(base64.b64decode(answer)), np.bool_).reshape(size[::-1])
        edges = np.concatenate([points, points[:1]])
        length = float(np.abs(np.diff(edges, axis=0)).max(axis=1).sum())
        assert np.count_nonzero(full != here) <= 0.5 * length, one
