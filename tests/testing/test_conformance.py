"""Every rule of the suites is kept by a good fake and found broken in a bad one."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from masklet.core import DataError, Label, LossWarning, Masks, Origin, Review, Video
from masklet.ops import table
from masklet.ops.runs import decode, encode
from masklet.testing import (
    ArraySource,
    DriftPropagator,
    EchoPropagator,
    MemoryStore,
    Scene,
    ThresholdSegmenter,
    check_format,
    check_media,
    check_propagator,
    check_segmenter,
    check_store,
)

NOISE = np.random.default_rng(0).integers(0, 256, (9, 11, 13, 3), np.uint8)


# ---- MediaSource


@pytest.mark.parametrize(
    "source", [ArraySource(NOISE), ArraySource(NOISE[:1]), Scene(size_wh=(97, 65), n_frames=9)]
)
def test_good_sources_pass(source):
    check_media(source)


class OneShort(ArraySource):
    def frames(self, start=0, stop=None, step=1):
        yield from super().frames(start, min(8, stop or 8), step)


class OffByOne(ArraySource):
    def __getitem__(self, index):
        return super().__getitem__(max(0, index - 1)) if index < 9 else super().__getitem__(index)

    def frames(self, start=0, stop=None, step=1):
        for index in range(start, min(9, 9 if stop is None else stop), step):
            yield index, self._frames[index].copy()


class IgnoresStep(ArraySource):
    def frames(self, start=0, stop=None, step=1):
        yield from super().frames(start, stop, 1)


class LendsItsOwn(ArraySource):
    def __getitem__(self, index):
        super().__getitem__(index)
        return self._frames[index]


class ReadOnly(ArraySource):
    def __getitem__(self, index):
        image = super().__getitem__(index)
        image.flags.writeable = False
        return image


class Wraps(ArraySource):
    def __getitem__(self, index):
        return super().__getitem__(index % 9)


class WrongError(ArraySource):
    def __getitem__(self, index):
        if index > 8:
            raise IndexError(index)
        return super().__getitem__(index)


class Grey(ArraySource):
    def __getitem__(self, index):
        return super().__getitem__(index)[..., 0]


class TimesFall(ArraySource):
    @property
    def video(self):
        video = super().video
        return Video("x", video.width, video.height, 9, -np.arange(9.0))


class Drunk(ArraySource):
    calls = 0

    def __getitem__(self, index):
        type(self).calls += 1
        return super().__getitem__(index) + np.uint8(self.calls)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (OneShort, "up to video.n_frames"),
        (OffByOne, "bit-identical"),
        (IgnoresStep, "yields"),
        (LendsItsOwn, "changes nothing in the source"),
        (ReadOnly, "may be written to"),
        (Wraps, "past the end and raises DataError; it raised nothing"),
        (WrongError, "it raised IndexError"),
        (Grey, r"\(h, w, 3\) uint8"),
        (TimesFall, "times rise"),
        (Drunk, "bit-identical"),
    ],
)
def test_broken_sources_are_found(broken, rule):
    with pytest.raises(AssertionError, match=rule):
        check_media(broken(NOISE))


# ---- Propagator


@pytest.mark.parametrize(
    "engine", [EchoPropagator(), DriftPropagator((1, -1)), DriftPropagator((40, 0))]
)
def test_good_engines_pass(engine):
    check_propagator(engine)


class Changed(EchoPropagator):
    """Every row goes through `change(frame, rows)`."""

    def propagate(self, media, seeds, frames):
        for frame, rows in super().propagate(media, seeds, frames):
            yield self.change(frame, rows)

    def change(self, frame, rows):
        return frame, rows


class AlwaysForward(EchoPropagator):
    def propagate(self, media, seeds, frames):
        yield from super().propagate(
            media, seeds, range(min(frames, default=0), max(frames, default=-1) + 1)
        )


class SkipsStep(EchoPropagator):
    def propagate(self, media, seeds, frames):
        yield from super().propagate(
            media, seeds, range(frames.start, frames.stop, np.sign(frames.step))
        )


class GivesAList(EchoPropagator):
    def propagate(self, media, seeds, frames):
        return list(super().propagate(media, seeds, frames))


class OtherFrame(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(frame=np.zeros(len(rows), np.int32))


class OtherVideo(Changed):
    def change(self, frame, rows):
        video = Video("other", rows.video.height, rows.video.width, rows.video.n_frames)
        return frame, rows.replace(video=video)


class OtherIds(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(object_id=rows.object_id + 5)


class OtherLabels(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(labels=(Label("thing"),))


class ClaimsTruth(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(origin=np.array(Origin.HUMAN, np.uint8))


class ClaimsReview(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(review=np.array(Review.ACCEPTED, np.uint8))


class NoScore(Changed):
    def change(self, frame, rows):
        return frame, rows.replace(score=np.array(np.nan, np.float32))


class EmptyRows(Changed):
    def change(self, frame, rows):
        w, h = rows.video.size_wh(frame)
        nothing = np.full(len(rows), w * h, np.uint32)
        return frame, rows.replace(runs=nothing, offset=np.arange(len(rows) + 1))


class Tuples(Changed):
    def change(self, frame, rows):
        return frame, [rows]


class Counts(Changed):
    """Its score falls with every frame that it ever answered."""

    def __init__(self):
        self.answered = 0

    def change(self, frame, rows):
        self.answered += 1
        return frame, rows.replace(score=np.array(1 / self.answered, np.float32))


class SharedState(Changed):
    """Keeps where it is on itself: two runs at a time disturb each other."""

    def propagate(self, media, seeds, frames):
        self.done = 0
        for frame, rows in EchoPropagator.propagate(self, media, seeds, frames):
            self.done += 1
            yield frame, rows.replace(score=np.array(1 / self.done, np.float32))


class Remembers(EchoPropagator):
    """Goes on from its own last run when it is given context."""

    last = 1.0

    def propagate(self, media, seeds, frames):
        begun = self.last if len(seeds) > seeds.trusted.sum() else 1.0
        for k, (frame, rows) in enumerate(super().propagate(media, seeds, frames)):
            if len(seeds) == seeds.trusted.sum():
                self.last = 1 / (2 + frames[0])
            yield frame, rows.replace(score=np.array(begun / (k + 1), np.float32))


class SpoilsSeeds(EchoPropagator):
    def propagate(self, media, seeds, frames):
        yield from super().propagate(media, seeds, frames)
        flags = seeds.flags.copy()
        flags[:] = 4
        object.__setattr__(seeds, "flags", flags)


class NeedsNoSeed(EchoPropagator):
    def propagate(self, media, seeds, frames):
        if len(seeds):
            yield from super().propagate(media, seeds, frames)


class CrashesWithoutSeed(EchoPropagator):
    def propagate(self, media, seeds, frames):
        _ = seeds.frame[0]
        yield from super().propagate(media, seeds, frames)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (AlwaysForward, "in their order"),
        (SkipsStep, "each of the asked frames"),
        (GivesAList, "an iterator, not a list"),
        (OtherFrame, "rows of that frame only"),
        (OtherVideo, "the media's own video"),
        (OtherIds, "unknown ids"),
        (OtherLabels, "keeps the seeds' label"),
        (ClaimsTruth, "not trusted"),
        (ClaimsReview, "not trusted"),
        (NoScore, "score lies in 0..1"),
        (EmptyRows, "has no row"),
        (Tuples, "yields .frame, Masks."),
        (Counts, "same call twice"),
        (SharedState, "memory lives inside the iterator"),
        (Remembers, "cut and continued"),
        (SpoilsSeeds, "leaves the seeds as they were"),
        (NeedsNoSeed, "it raised nothing"),
        (CrashesWithoutSeed, "it raised IndexError"),
    ],
)
def test_broken_engines_are_found(broken, rule):
    with pytest.raises(AssertionError, match=rule):
        check_propagator(broken())


def test_something_else_is_no_engine():
    with pytest.raises(AssertionError, match="a Propagator has propagate"):
        check_propagator(ThresholdSegmenter())
    with pytest.raises(AssertionError, match="a Segmenter has segment"):
        check_segmenter(EchoPropagator())


# ---- Segmenter


def test_good_segmenter_passes():
    check_segmenter(ThresholdSegmenter())
    check_segmenter(ThresholdSegmenter(250), NOISE[0])


class SpoilsImage(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        rows = super().segment(image, prompts)
        image[0, 0] += 1
        return rows


class LearnsFromTheLast(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        rows = super().segment(image, prompts)
        self.threshold = 100 + float(image.mean()) % 100
        return rows


class FixedSize(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        super().segment(image, prompts)
        return Masks(Video("x", 160, 120, 1))


class EmptyPromptsMeanNothing(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        rows = super().segment(image, prompts)
        return rows if prompts is None else rows.take(slice(0, 0))


class ScoreInPercent(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        rows = super().segment(image, prompts)
        return rows.replace(score=np.array(99, np.float32))


class TakesGrey(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        return super().segment(image if image.ndim == 3 else np.stack([image] * 3, -1), prompts)


class RaisesValueError(ThresholdSegmenter):
    def segment(self, image, prompts=None):
        if image.ndim != 3:
            raise ValueError("bad image")
        return super().segment(image, prompts)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (SpoilsImage, "leaves the image"),
        (LearnsFromTheLast, "has no memory"),
        (FixedSize, "one-frame video of the image's size"),
        (EmptyPromptsMeanNothing, "empty list of prompts"),
        (ScoreInPercent, "score lies in 0..1"),
        (TakesGrey, "it raised nothing"),
        (RaisesValueError, "it raised ValueError"),
    ],
)
def test_broken_segmenters_are_found(broken, rule):
    with pytest.raises(AssertionError, match=rule):
        check_segmenter(broken())


# ---- Store


def video():
    return Video("v", 20, 16, 5)


def test_good_store_passes():
    store = MemoryStore(video())
    check_store(lambda: store)


class KeepsOld(MemoryStore):
    def append(self, rows):
        self._masks = table.upsert(rows, self._masks, keep_trusted=False)
        self._history.append(rows)


class DropsOthers(MemoryStore):
    def append(self, rows):
        super().append(rows)
        self._masks = rows


class NoHistory(MemoryStore):
    def history(self):
        return ()


class ForgetsHistory(MemoryStore):
    def history(self):
        return super().history()[-1:]


class TellsOfRefusals(MemoryStore):
    def append(self, rows):
        self._history.append(rows)
        self._masks = table.upsert(self._masks, rows, keep_trusted=False)


class LosesScore(MemoryStore):
    def load(self):
        return super().load().replace(score=np.array(np.nan, np.float32))


class TakesAnyVideo(MemoryStore):
    def append(self, rows):
        if rows.video == self._masks.video:
            super().append(rows)


class HalfDone(MemoryStore):
    def append(self, rows):
        if rows.video != self._masks.video:
            self._masks = self._masks.take(slice(0, 1))
        super().append(rows)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (KeepsOld, "append replaces the row"),
        (DropsOthers, "keeps all others"),
        (NoHistory, "empty after the first append"),
        (ForgetsHistory, "entries after the second"),
        (TellsOfRefusals, "no trace in the history"),
        (LosesScore, "load gives back"),
        (TakesAnyVideo, "another video are refused"),
        (HalfDone, "a refused append changes nothing"),
    ],
)
def test_broken_stores_are_found(broken, rule):
    store = broken(video())
    with pytest.raises(AssertionError, match=rule):
        check_store(lambda: store)


def test_store_that_forgets_on_reopening_is_found():
    with pytest.raises(AssertionError, match="opened again"):
        check_store(lambda: MemoryStore(video()))


# ---- Format


class Plain:
    """A small honest format: run lengths in JSON."""

    def sniff(self, path):
        try:
            return path.is_file() and json.loads(path.read_bytes())["kind"] == "plain"
        except (ValueError, TypeError, KeyError):
            return False

    def read(self, path, video=None):
        if not self.sniff(path):
            raise DataError(f"{path.name} is no plain file; expected one")
        told = json.loads(path.read_bytes())
        video = video or Video(*told["video"])
        rows = [table.Row(f, k, i, np.array(r, np.uint32)) for f, k, i, r in told["rows"]]
        return [table.build(video, [Label(name) for name in told["labels"]], rows)]

    def write(self, items, path):
        (masks,) = items
        rows = [
            [
                int(masks.frame[i]),
                int(masks.object_id[i]),
                int(masks.label_id[i]),
                masks.row_runs(i).tolist(),
            ]
            for i in range(len(masks))
        ]
        v = masks.video
        told = {"kind": "plain", "rows": rows, "labels": [label.name for label in masks.labels]}
        told["video"] = (v.uri, v.width, v.height, v.n_frames)
        try:
            path.write_text(json.dumps(told))
        except OSError as error:
            raise DataError(f"cannot write {path.name}: {error.strerror}") from error


def test_good_format_passes(tmp_path):
    check_format(Plain(), tmp_path, "a.plain", lossless=True)


class SniffRaises(Plain):
    def sniff(self, path):
        return json.loads(path.read_bytes())["kind"] == "plain"


class SniffsAnything(Plain):
    def sniff(self, path):
        return path.exists()


class ReadRaises(Plain):
    def read(self, path, video=None):
        json.loads(path.read_bytes())
        return super().read(path, video)


class LeavesLitter(Plain):
    def write(self, items, path):
        super().write(items, path)
        path.with_suffix(".tmp").write_text("")


class ForgetsARow(Plain):
    def read(self, path, video=None):
        return [rows.take(rows.object_id != 2) for rows in super().read(path, video)]


class SwapsAxes(Plain):
    def read(self, path, video=None):
        rows = super().read(path, video)[0]
        flipped = [
            table.Row(
                int(rows.frame[i]),
                int(rows.object_id[i]),
                int(rows.label_id[i]),
                encode(np.zeros((33, 48), bool) | (np.arange(48) < 3)),
            )
            for i in range(len(rows))
        ]
        return [table.build(rows.video, rows.labels, flipped)]


class LosesIds(Plain):
    def read(self, path, video=None):
        return [rows.replace(object_id=np.array(-1, np.int32)) for rows in super().read(path, video)]


class LosesLabels(Plain):
    def read(self, path, video=None):
        rows = super().read(path, video)[0]
        return [rows.replace(labels=tuple(Label(f"class {i}") for i in range(len(rows.labels))))]


class Renumbers(Plain):
    def read(self, path, video=None):
        return [rows.replace(object_id=rows.object_id + 1) for rows in super().read(path, video)]


class RawOsError(Plain):
    def write(self, items, path):
        path.open("a").close()
        super().write(items, path)


class Truncates(Plain):
    """Writes over what exists, and leaves the old end."""

    def write(self, items, path):
        old = path.read_text() if path.is_file() else None
        super().write(items, path)
        if old:
            path.write_text(old)


@pytest.mark.parametrize(
    ("broken", "lossless", "rule"),
    [
        (SniffRaises, False, "sniff never raises"),
        (SniffsAnything, False, "sniff says False"),
        (ReadRaises, False, "read of .* raises a MaskletError; it raised"),
        (LeavesLitter, False, "leaves nothing beside"),
        (ForgetsARow, False, "covers what was written"),
        (SwapsAxes, False, "covers what was written"),
        (LosesIds, True, "object ids come back"),
        (LosesLabels, True, "label names come back"),
        (Renumbers, False, "second round trip"),
        (RawOsError, False, "below a file raises a MaskletError; it raised"),
        (Truncates, False, "covers what was written"),
    ],
)
def test_broken_formats_are_found(broken, lossless, rule, tmp_path):
    with pytest.raises(AssertionError, match=rule):
        check_format(broken(), tmp_path, "a.plain", lossless=lossless)


class KeepsOnePart(Plain):
    """Masks of several parts keep the upper one."""

    def write(self, items, path):
        (masks,) = items
        cut = [masks.row_runs(i) for i in range(len(masks))]
        cut = [encode(decode(runs, (48, 33)) & (np.arange(33)[:, None] < 20)) for runs in cut]
        offset = np.concatenate([[0], np.cumsum([len(runs) for runs in cut])])
        super().write([masks.replace(runs=np.concatenate(cut), offset=offset)], path)


class KeepsOnePartAndSaysSo(KeepsOnePart):
    def write(self, items, path):
        warnings.warn("one part of 2 is not written", LossWarning, stacklevel=2)
        super().write(items, path)


def test_a_loss_is_allowed_when_it_is_named(tmp_path):
    check_format(KeepsOnePartAndSaysSo(), tmp_path / "named", "a.plain")
    with pytest.raises(AssertionError, match="unless a LossWarning"):
        check_format(KeepsOnePart(), tmp_path / "silent", "a.plain")
