"""What an evaluation returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

from masklet.core.arrays import Bools, Float32s, Int16s, Int32s
from masklet.core.labels import Label
from masklet.core.masks import Masks
from masklet.evaluation.case import Settings
from masklet.evaluation.terms import Objects, Terms

if TYPE_CHECKING:
    from masklet.evaluation.calibration import CalibrationScores
    from masklet.evaluation.detection import DetectionScores
    from masklet.evaluation.identity import IdentityScores
    from masklet.evaluation.lines import LinesScores
    from masklet.evaluation.panoptic import PanopticScores
    from masklet.evaluation.region import RegionScores
    from masklet.evaluation.semantic import SemanticScores
    from masklet.evaluation.stability import StabilityScores
    from masklet.evaluation.surface import SurfaceScores
    from masklet.evaluation.thresholds import ThresholdScores
    from masklet.evaluation.tracks import TracksScores


_SILENT = ("figures", "all")


@dataclass(frozen=True)
class Scores:
    """One attribute a family of metrics; None where it was not asked for or says nothing."""

    region: RegionScores | None = None
    surface: SurfaceScores | None = None
    lines: LinesScores | None = None
    detection: DetectionScores | None = None
    tracks: TracksScores | None = None
    identity: IdentityScores | None = None
    panoptic: PanopticScores | None = None
    semantic: SemanticScores | None = None
    stability: StabilityScores | None = None
    calibration: CalibrationScores | None = None
    thresholds: ThresholdScores | None = None

    def numbers(self) -> dict[str, float]:
        """Every plain number under its path, as `region.j.mean`."""
        return dict(_numbers(self, ""))


def _numbers(of: Any, path: str) -> Iterator[tuple[str, float]]:
    """Fields that are numbers, and those of fields that are dataclasses; some names are no step."""
    for one in fields(of):
        value, step = getattr(of, one.name), "" if one.name in _SILENT else f".{one.name}"
        name = (path + step).lstrip(".")
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield name, float(value)
        elif is_dataclass(value) and not isinstance(value, type):
            yield from _numbers(value, name)


@dataclass(frozen=True)
class Parts:
    """What each family keeps of one video, from which scores over any set of videos are made."""

    region: Any = None
    surface: Any = None
    lines: Any = None
    detection: Any = None
    tracks: Any = None
    identity: Any = None
    panoptic: Any = None
    semantic: Any = None
    stability: Any = None
    calibration: Any = None
    thresholds: Any = None


@dataclass(frozen=True, eq=False)
class Rows:
    """What was compared in one video, `k` entries sorted by (frame, object).

    Args:
        frame, object_id: `(k,) int32`.
        label_id: `(k,) int16`, of the true object, into `Report.labels`.
        predicted, true: `(k,) bool`, whether each side has the object there.
        score: `(k,) float32` of the predicted row; NaN where it has none.
    """

    frame: Int32s
    object_id: Int32s
    label_id: Int16s
    predicted: Bools
    true: Bools
    score: Float32s


Kind = Literal["masks", "false", "label", "switch"]


@dataclass(frozen=True, eq=False)
class Failure:
    """One frame worth a look, with its masks on both sides.

    Args:
        video, frame, object_id: where.
        kind: `masks` (they differ), `false` (nothing is there), `label` (another class), `switch`.
        value: J of the object; NaN where the kind has none.
        what: in words.
        pred, truth: rows of that frame.
        around: frames of the video from `first` to `last` that fail alike, of which this is the worst.
    """

    video: str
    frame: int
    object_id: int
    kind: Kind
    value: float
    what: str
    pred: Masks
    truth: Masks
    around: tuple[int, int]


@dataclass(frozen=True, eq=False)
class VideoReport:
    """One video.

    Args:
        name: of the video.
        judged: `(f,) int32`, the judged frames.
        complete: on how many of them the truth is complete.
        scores: of this video alone.
        parts: what scores over several videos are made of.
        rows: what was compared.
        failures: the worst frames, and id switches.
        prompts: frames that the engine was given as truth.
        media: address of the video itself, empty where neither side was made on one.
        n_frames: length of the video.
        files: names of its images, where it is an image set.
        rule: how objects were brought together, `Terms.objects`.
    """

    name: str
    judged: Int32s
    complete: int
    scores: Scores
    parts: Parts
    rows: Rows
    failures: tuple[Failure, ...]
    prompts: Int32s
    media: str
    n_frames: int
    files: tuple[str, ...]
    rule: Objects

    @property
    def tracked(self) -> bool:
        """Whether numbers stand for objects through time."""
        return self.rule != "frame"

    @property
    def frames(self) -> int:
        """How many frames were judged."""
        return len(self.judged)


@dataclass(frozen=True, eq=False)
class Report:
    """A whole evaluation.

    Args:
        prediction, truth: what was compared, by name.
        scores: over all videos.
        videos: each video by itself, in the order of the truth.
        labels: of both sides.
        absent: (family, reason) of what was asked for and says nothing.
        notes: (sentence, videos) on what was decided.
        settings, terms: with which numbers were made.
    """

    prediction: str
    truth: str
    scores: Scores
    videos: tuple[VideoReport, ...]
    labels: tuple[Label, ...]
    absent: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    settings: Settings = field(default_factory=Settings)
    terms: Terms = field(default_factory=Terms)
