"""Contact sheets: which frames, how large, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from masklet.core import DataError, UsageError
from masklet.render.contact_sheet import contact_sheet, spread, worst_frames


def test_even_frames_and_the_worst(media, masks, tmp_path):
    path = tmp_path / "sheet.png"
    shown = contact_sheet(media, masks, path, n=8, columns=3, cell_width=100)
    assert len(shown) == 8
    assert {0, 7, 15, 19} <= set(shown)
    assert list(shown) == sorted(shown)
    with Image.open(path) as sheet:
        assert sheet.size == (3 * 110 + 10, sheet.height)
        assert 3 * 75 < sheet.height < 3 * 75 + 140
        marked = (np.array(sheet) == (213, 94, 0)).all(axis=2)
    one = 2 * 3 * (100 + 75) * 0.9
    assert one < marked.sum() < 3 * one  # the doubted frame alone: a low score is no doubt


def test_few_frames_are_all_shown(media, masks, tmp_path):
    assert contact_sheet(media, masks, tmp_path / "a.png", [3, 9], n=12) == (3, 9)


def test_frames_without_masks_are_shown_too(media, masks, tmp_path):
    assert len(contact_sheet(media, masks.take(slice(0, 0)), tmp_path / "a.png", n=5)) == 5


def test_spread():
    assert spread(np.arange(10, dtype=np.int32), 4).tolist() == [0, 3, 6, 9]
    assert spread(np.arange(3, dtype=np.int32), 4).tolist() == [0, 1, 2]
    assert spread(np.arange(3, dtype=np.int32), 0).tolist() == []


def test_worst_frames(masks):
    pool = np.arange(20, dtype=np.int32)
    assert worst_frames(masks, pool, 1).tolist() == [7]
    assert worst_frames(masks, pool, 2).tolist() == [7, 15]
    assert worst_frames(masks, pool[8:], 1).tolist() == [15]
    sure = masks.replace(score=np.nan, flags=0)
    assert worst_frames(sure, pool, 3).tolist() == []


@pytest.mark.parametrize("arguments", [{"n": 0}, {"columns": 0}, {"cell_width": 1}])
def test_sheets_that_make_no_sense(media, masks, tmp_path, arguments):
    with pytest.raises(UsageError, match="expected"):
        contact_sheet(media, masks, tmp_path / "a.png", **arguments)


def test_no_frames(media, masks, tmp_path):
    with pytest.raises(DataError, match="has no frame"):
        contact_sheet(media, masks, tmp_path / "a.png", [])
