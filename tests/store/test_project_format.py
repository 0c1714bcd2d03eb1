from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from masklet.core import DataError, Format, Masks, Shapes, UsageError, Video
from masklet.core.registry import load
from masklet.store import Project
from masklet.store.project_format import ProjectFormat
from store.samples import LABELS, every_kind, table, video
from store.test_shapes import drawings, same


def test_it_enters_by_the_public_door() -> None:
    assert load("formats", "masklet") is ProjectFormat
    assert isinstance(ProjectFormat(), Format)


def test_masks_and_drawings_come_back(path: Path) -> None:
    other = table([(1, 0), (4, -1)], on=video(uri="b.mp4"), seed=3)
    ProjectFormat().write([every_kind(), drawings(), other, every_kind()], path)
    first, second, third, fourth = ProjectFormat().read(path)
    assert first == every_kind()
    assert isinstance(second, Shapes)
    assert same(second, drawings())
    assert third == other
    assert fourth == every_kind()
    with Project.open(path) as project:
        assert [v.uri for v in project.videos().values()] == ["cage.mp4", "b.mp4", "cage.mp4"]


@pytest.mark.parametrize("item", [Masks(video()), Masks(video(), LABELS), Shapes(video(), LABELS)])
def test_empty_ones_too(path: Path, item: Masks | Shapes) -> None:
    ProjectFormat().write([item], path)
    (again,) = ProjectFormat().read(path)
    assert type(again) is type(item)
    assert (again.video, again.labels) == (item.video, item.labels)


def test_on_a_video_that_is_known_better(path: Path) -> None:
    better = Video("/data/cage.mp4", 40, 30, 50, times=np.arange(50) / 25)
    ProjectFormat().write([every_kind()], path)
    assert ProjectFormat().read(path, better) == [every_kind().replace(video=better)]
    with pytest.raises(DataError, match="height 31"):
        ProjectFormat().read(path, video(height=31))


def test_an_existing_project_keeps_its_history(path: Path) -> None:
    ProjectFormat().write([every_kind()], path)
    with pytest.raises(DataError, match="exists already"):
        ProjectFormat().write([table([(1, 0)])], path)
    assert ProjectFormat().read(path) == [every_kind()]


def test_a_failed_write_leaves_nothing(path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to write"):
        ProjectFormat().write([], path)
    with pytest.raises(DataError, match="cannot hold"):
        ProjectFormat().write([every_kind(), drawings().replace(extra={"a": {1, 2}})], path)
    assert list(path.parent.iterdir()) == []


def test_sniff(path: Path, tmp_path: Path) -> None:
    ProjectFormat().write([every_kind()], path)
    assert ProjectFormat().sniff(path)
    renamed = path.rename(tmp_path / "no suffix")
    assert ProjectFormat().sniff(renamed)
    for contents in (b"", b"SQLite format 3\0" + bytes(84), renamed.read_bytes()[:70], b"<xml/>"):
        (tmp_path / "other").write_bytes(contents)
        assert not ProjectFormat().sniff(tmp_path / "other")
    assert not ProjectFormat().sniff(tmp_path)
    assert not ProjectFormat().sniff(tmp_path / "absent")
