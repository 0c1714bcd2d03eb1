"""The overlay as a file: length, times, colours, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from masklet.core import DataError, Video, palette_colour
from masklet.media.opening import open_media
from masklet.render.style import OverlayStyle, rgb
from masklet.render.video import write_overlay


def test_the_file_holds_what_was_drawn(media, masks, tmp_path):
    path, told = tmp_path / "new" / "overlay.mp4", []
    style = OverlayStyle(fill=1, outline=0, names=False)
    n = write_overlay(media, masks, path, style=style, progress=lambda *done: told.append(done))
    assert n == 20
    assert told == [(i + 1, 20) for i in range(20)]
    found = open_media(path)
    assert (found.video.width, found.video.height, found.video.n_frames) == (160, 120, 20)
    assert found.video.times == pytest.approx(media.video.times, abs=1e-3)
    for index in (0, 19):
        image = found[index].astype(int)
        assert image[55, 30 + 2 * index] == pytest.approx(rgb(palette_colour(0)), abs=12)
        assert image[110, 5] == pytest.approx(np.full(3, 100 + index), abs=5)


def test_uneven_times_are_kept(media, masks, tmp_path):
    times = np.cumsum(np.arange(20) % 3 + 1) / 30
    media.video = Video("uneven", 160, 120, 20, times=times)
    write_overlay(media, masks, tmp_path / "a.mp4")
    assert open_media(tmp_path / "a.mp4").video.times == pytest.approx(times - times[0], abs=1e-3)


def test_some_frames(media, masks, tmp_path):
    assert write_overlay(media, masks, tmp_path / "a.mp4", [3, 4, 9]) == 3
    assert open_media(tmp_path / "a.mp4").video.n_frames == 3


@pytest.mark.parametrize(("frames", "message"), [([], "no frame of still"), ([3, 99], "no frame 99")])
def test_nothing_is_left_of_a_refused_file(media, masks, tmp_path, frames, message):
    with pytest.raises(DataError, match=message):
        write_overlay(media, masks, tmp_path / "a.mp4", frames)
    assert list(tmp_path.iterdir()) == []


def test_masks_of_another_size(media, masks, small_media, tmp_path):
    with pytest.raises(DataError, match="64x48"):
        write_overlay(small_media, masks, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
