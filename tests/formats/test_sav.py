"""SA-V masklets: real files, small ones made up, and damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from formats_kit import GOLDEN
from masklet.core import DataError, Masks, Origin, UsageError, Video
from masklet.formats.sav import SaV
from masklet.ops import table


def small(**changes: Any) -> dict[str, Any]:
    """Five frames of 3x2, masks on frames 0 and 4, the second object only on the later one."""
    return json.loads((GOLDEN / "sav_small.json").read_text()) | changes


def saved(folder: Path, data: dict[str, Any]) -> Path:
    (folder / "sav.json").write_text(json.dumps(data))
    return folder / "sav.json"


def test_every_fourth_frame_and_only_what_is_visible(tmp_path: Path) -> None:
    path = saved(tmp_path, small())
    assert SaV().sniff(path)
    (masks,) = SaV().read(path)
    assert list(zip(masks.frame, masks.object_id, strict=True)) == [(0, 0), (4, 0), (4, 1)]
    assert masks.origin.tolist() == [Origin.PREDICTED, Origin.PREDICTED, Origin.IMPORTED]
    np.testing.assert_array_equal(masks.score, np.array([0.5, 1, np.nan], np.float32))
    assert masks.video.n_frames == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"video_frame_count": 50}, "masks for 2 of 50 frames"),
        ({"masklet_id": [0]}, "has 2 masks; expected 1"),
        ({"masklet": 3}, "'masklet'"),
        ({"video_width": None}, "'video_width'"),
        ({"video_height": 3}, "has a mask of size"),
        ({"masklet_id": [0, "x"]}, "'masklet_id'"),
        ({"masklet": [[None, None], [3, None]]}, "annotated frame 1, object 0"),
    ],
)
def test_wrong_files_are_named(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says):
        SaV().read(saved(tmp_path, small(**changes)))


def test_another_video_and_writing_are_refused(plain: Masks, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3x2 pixels but other is 4x2"):
        SaV().read(saved(tmp_path, small()), Video("other", 4, 2, 5))
    with pytest.raises(UsageError, match="only read"):
        SaV().write([plain], tmp_path / "x.json")


def test_real_masklets(shared_data: Path) -> None:
    (manual,) = SaV().read(shared_data / "sav_json" / "sav_000001_manual.json")
    (auto,) = SaV().read(shared_data / "sav_json" / "sav_000001_auto.json")
    assert (len(manual.objects), len(auto.objects), manual.video.n_frames) == (5, 9, 483)
    assert set(np.diff(manual.frames).tolist()) == {4}
    said = json.loads((shared_data / "sav_json" / "sav_000001_manual.json").read_text())
    mean = [float(table.areas(manual.of(int(i))).mean()) for i in manual.objects]
    np.testing.assert_allclose(mean, said["masklet_size_abs"], rtol=1e-6)
