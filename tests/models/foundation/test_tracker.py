"""Bounded memory, groups of objects, and what happens where memory is short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import foundation_kit as kit
from masklet.core import DataError
from masklet.models.foundation.bank import Bank
from masklet.models.foundation.eyes import Eyes
from masklet.models.foundation.memory import out_of_memory
from masklet.models.foundation.network import Memory, Network
from masklet.models.foundation.precision import precision_of
from masklet.models.foundation.tracker import Lesson, Tracker
from masklet.models.foundation.upsample import crop_of
from masklet.ops import runs


def memory(mark: float) -> Memory:
    return Memory(torch.full((4, 1, 2), mark), torch.zeros(4, 1, 2), torch.full((1, 2), mark))


def marks(recall: Any) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    seen = [(age, float(one.features[0, 0, 0])) for age, one in recall.seen]
    return seen, [(age, float(one[0, 0])) for age, one in recall.pointers]


class TestBank:
    @pytest.mark.parametrize("sign", [1, -1])
    def test_six_masks_fifteen_pointers_and_what_was_given(self, sign: int) -> None:
        bank = Bank(6, 16, -1, sign)
        bank.give(0, memory(100))
        for age in range(1, 40):
            bank.add(sign * age, memory(age))
        seen, pointers = marks(bank.recall(sign * 40))
        assert seen == [(0, 100.0), *((age, 40.0 - age) for age in range(6, 0, -1))]
        assert pointers == [(40, 100.0), *((age, 40.0 - age) for age in range(1, 16))]

    def test_it_does_not_grow(self) -> None:
        bank = Bank(6, 16, -1, 1)
        for frame in range(1000):
            bank.add(frame, memory(frame))
        assert len(bank._passed) == 6
        assert len(bank._trail) == 15

    def test_a_correction_replaces_what_was_found_and_stays(self) -> None:
        bank = Bank(6, 16, -1, 1)
        bank.add(5, memory(1))
        bank.give(5, memory(2))
        for frame in range(6, 500):
            bank.add(frame, memory(9))
        seen, pointers = marks(bank.recall(500))
        assert (0, 2.0) in seen
        assert (495, 2.0) in pointers
        assert all(mark != 1.0 for _, mark in seen + pointers)

    def test_what_is_given_later_shows_the_object_but_has_no_age(self) -> None:
        bank = Bank(6, 16, -1, 1)
        bank.give(0, memory(1))
        bank.give(50, memory(2))
        seen, pointers = marks(bank.recall(20))
        assert [mark for _, mark in seen] == [1.0, 2.0]
        assert pointers == [(20, 1.0)]

    def test_of_many_given_frames_the_nearest_on_each_side_come_first(self) -> None:
        bank = Bank(6, 16, 2, 1)
        for frame in (0, 10, 30, 60):
            bank.give(frame, memory(frame))
        assert [mark for _, mark in marks(bank.recall(29))[0]] == [10.0, 30.0]


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    coarse=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    size_wh=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_a_crop_has_the_pixels_of_the_whole_enlarged(
    data: st.DataObject, coarse: tuple[int, int], size_wh: tuple[int, int]
) -> None:
    seed = data.draw(st.integers(0, 2**16))
    logits = torch.randn(coarse, generator=torch.Generator().manual_seed(seed)) - 1
    whole = torch.nn.functional.interpolate(logits[None, None], size_wh[::-1], mode="bilinear")[0, 0]
    crop, offset = crop_of(logits, size_wh)
    found = runs.decode(runs.encode_crop(crop, offset, size_wh), size_wh)
    unsure = whole.abs().numpy() < 1e-5
    assert np.array_equal(found | unsure, (whole > 0).numpy() | unsure)


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Eyes:
    folder = kit.save_sam2(tmp_path_factory.mktemp("sam2"))
    return Eyes.open("sam2-video", "sam2", folder, precision_of("cpu", "float32"))


def frame(seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 255, (90, 120, 3), np.uint8)


def lessons(eyes: Eyes, count: int) -> dict[int, Lesson]:
    features = eyes.see(frame(0))
    found = {}
    for obj in range(1, count + 1):
        mask = np.zeros((90, 120), bool)
        mask[10 * obj : 10 * obj + 15, 20:50] = True
        found[obj] = Lesson.of_mask(eyes.network, features, eyes.square(mask))
    return found


def tracked(eyes: Eyes, batch: int, count: int = 5) -> tuple[Tracker, dict[int, torch.Tensor]]:
    tracker = Tracker(eyes.network, 1, 10, batch)
    with torch.inference_mode():
        for obj, lesson in lessons(eyes, count).items():
            tracker.know(obj, 0, lesson)
        for at in (1, 2, 3):
            seen = tracker.follow(at, eyes.see(frame(at)), range(1, count + 1))
    return tracker, {obj: one.logits for obj, one in seen.items()}


def test_objects_in_one_pass_and_one_by_one_are_the_same(eyes: Eyes) -> None:
    one, many = tracked(eyes, 1)[1], tracked(eyes, 8)[1]
    for obj, logits in one.items():
        torch.testing.assert_close(logits, many[obj], rtol=1e-3, atol=1e-3)


def test_an_object_that_joins_later_does_not_change_the_others(eyes: Eyes) -> None:
    tracker = Tracker(eyes.network, 1, 10, 8)
    with torch.inference_mode():
        known = lessons(eyes, 3)
        tracker.know(1, 0, known[1])
        tracker.know(2, 0, known[2])
        tracker.follow(1, eyes.see(frame(1)), [1, 2])
        tracker.know(3, 1, known[3])
        joined = tracker.follow(2, eyes.see(frame(2)), [1, 2, 3])
        alone = Tracker(eyes.network, 1, 10, 8)
        alone.know(1, 0, known[1])
        alone.know(2, 0, known[2])
        alone.follow(1, eyes.see(frame(1)), [1, 2])
        before = alone.follow(2, eyes.see(frame(2)), [1, 2])
    for obj in (1, 2):
        torch.testing.assert_close(joined[obj].logits, before[obj].logits, rtol=1e-4, atol=1e-4)


def test_where_memory_is_short_passes_get_smaller(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Network.follow

    def follow(self: Network, features: Any, recalls: Any, ages: int) -> Any:
        if len(recalls) > 2:
            raise RuntimeError(
                "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
            )
        return whole(self, features, recalls, ages)

    usual = tracked(eyes, 8)[1]
    monkeypatch.setattr(Network, "follow", follow)
    tracker, found = tracked(eyes, 8)
    assert tracker.batch == 2
    for obj, logits in usual.items():
        torch.testing.assert_close(logits, found[obj], rtol=1e-3, atol=1e-3)


def test_memory_that_is_not_enough_for_one_is_told(eyes: Eyes, monkeypatch: pytest.MonkeyPatch) -> None:
    def follow(self: Network, *_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Network, "follow", follow)
    with (
        pytest.raises(DataError, match=r"memory ran out on frame 7.*sam2-tiny"),
        eyes.running("frame 7"),
    ):
        tracked(eyes, 8)


def test_other_errors_are_not_taken_for_lack_of_memory() -> None:
    assert not out_of_memory(RuntimeError("shapes differ"))
    assert not out_of_memory(ValueError("out of memory"))
    assert out_of_memory(MemoryError())


def test_short_numbers_give_nearly_the_same(tmp_path: Path) -> None:
    folder = kit.save_sam2(tmp_path)
    found = {}
    for name in ("float32", "bfloat16"):
        eyes = Eyes.open("sam2-video", "sam2", folder, precision_of("cpu", name))
        with eyes.running("some frames"):
            found[name] = tracked(eyes, 8)[1]
    for obj, logits in found["float32"].items():
        short = found["bfloat16"][obj]
        assert ((logits > 0) == (short > 0)).float().mean() > 0.8
        assert not torch.equal(logits, short)
