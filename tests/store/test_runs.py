from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masklet.core import DataError, Masks
from masklet.store import Project
from masklet.store.pack import pack, unpack
from store.samples import LABELS, every_kind, human, table, video


def test_a_chunk_comes_back_whole(project: Project) -> None:
    log = project.runs
    assert not log.done("a1")
    assert log.get("a1") is None
    log.put("a1", every_kind(), 1)
    log.put("empty", Masks(video(), LABELS), 1)
    assert log.done("a1")
    assert log.get("a1") == every_kind()
    assert log.get("empty") == Masks(video(), LABELS)
    assert len(project.masks().load()) == 0


def test_the_first_result_stays(project: Project) -> None:
    project.runs.put("a1", table([(1, 0)]), 1)
    project.runs.put("a1", table([(2, 0)]), 1)
    assert project.runs.get("a1") == table([(1, 0)])


def test_chunk_and_rows_together(project: Project) -> None:
    store = project.masks()
    rows = table([(1, 0), (2, 0)])
    store.append(human(1))
    revision = project.runs.put_and_append("a1", rows, 1, author="flow", batch="run")
    assert revision == store.revision
    assert project.runs.get("a1") == rows
    assert store.load().take([0]) == human(1)
    assert store.load().take([1]) == rows.on(2)
    with pytest.raises(DataError):
        project.runs.put_and_append("a2", table([(1, 0)], on=video(width=41)), 1)
    assert project.runs.keys() == ["a1"]


def test_forget_and_keep(project: Project) -> None:
    for key in "abcd":
        project.runs.put(key, table([(1, 0)]), 1)
    project.runs.forget(["b", "unknown"])
    assert project.runs.keys() == ["a", "c", "d"]
    assert project.runs.keep(["d", "a", "e"]) == 1
    assert project.runs.keys() == ["a", "d"]


def test_a_chunk_of_no_video(project: Project) -> None:
    with pytest.raises(DataError, match="no video 3"):
        project.runs.put("a", table([(1, 0)]), 3)


def test_chunks_live_through_a_restart(path: Path) -> None:
    with Project.create(path, video()) as project:
        project.runs.put("a1", every_kind(), 1)
    with Project.open(path, readonly=True) as project:
        assert project.runs.get("a1") == every_kind()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_chunks_say_so(data: st.DataObject) -> None:
    whole = bytearray(pack(every_kind()))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(DataError):
        assert isinstance(unpack(bytes(whole[:cut]), video()), Masks)
