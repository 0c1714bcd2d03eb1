"""What happens over time: J and F per frame, a strip an object, and how steady masks are."""

from __future__ import annotations

import numpy as np

from masklet.core.arrays import Floats, Int32s, UInt8s
from masklet.evaluation.report import Report, VideoReport
from masklet.render.page.nouns import (
    Block,
    Column,
    Curves,
    Mark,
    Reference,
    Section,
    Series,
    State,
    Strip,
    Table,
    Timeline,
    Value,
)

_OPEN = 3
"""Up to so many videos stand open on the page."""
_CURVES = 6
"""Objects of a video that have curves of their own; all have a strip."""


def timelines(report: Report) -> Section | None:
    """J and F of each video over its frames."""
    videos = [one for one in report.videos if one.tracked and one.parts.region is not None]
    if not videos:
        return None
    several = len(report.videos) > 1
    blocks: list[Block] = []
    for video in videos:
        blocks.append(_curves(video, several))
        blocks.append(_strips(video, report))
    return Section(
        "Frame by frame",
        "J, F and, where rows have scores, the engine's own score. Strips show J of each object.",
        tuple(blocks),
        folded=len(videos) > _OPEN,
    )


def stability(report: Report) -> Section | None:
    """One line an object."""
    rows: list[tuple[Value, ...]] = []
    for video in report.videos:
        part = video.parts.stability
        for one in part.objects if part is not None else ():
            rows.append(
                (
                    video.name,
                    one.object_id,
                    one.area_jitter,
                    one.area_jitter_excess,
                    one.centroid_jerk,
                    one.centroid_jerk_excess,
                    one.temporal_iou,
                    one.temporal_iou_excess,
                    one.dropouts,
                    one.gaps / one.span if one.span else None,
                    one.drift,
                )
            )
    if not rows:
        return None
    columns = (
        Column("Video"),
        Column("Object", "count"),
        Column("Area jitter", "score", hint="median relative change of area from frame to frame"),
        Column("excess", "signed", hint="more than the truth's"),
        Column("Centroid jerk", "number", hint="median third difference of the centroid, px"),
        Column("excess", "signed", hint="more than the truth's, px"),
        Column("Temporal IoU", "score", hint="mean IoU with the mask one frame before"),
        Column("excess", "signed", hint="more than the truth's; below 0 is less steady"),
        Column("Dropouts", "count", hint="lost for exactly one frame"),
        Column("Gap rate", "percent", hint="share of frames lost between first and last"),
        Column("Drift", "signed", hint="IoU per 100 frames since the last prompt"),
    )
    return Section("Stability over time", "", (Table(columns, tuple(rows)),))


def _curves(video: VideoReport, several: bool) -> Curves:
    rows, part = video.rows, video.parts.region
    objects = np.unique(rows.object_id)
    series: list[Series] = []
    if len(objects) == 1:
        x = rows.frame.astype(np.float64)
        series = [Series("J", part.j, x), Series("F", part.f, x)]
        if np.isfinite(rows.score).any():
            series.append(Series("score", rows.score.astype(np.float64), x))
    else:
        for one in objects[:_CURVES]:
            mine = rows.object_id == one
            series.append(Series(f"J of {one}", part.j[mine], rows.frame[mine].astype(np.float64)))
    marks = [Mark(float(frame), "given by a person", "prompt") for frame in video.prompts.tolist()]
    if video.parts.identity is not None:
        marks += [
            Mark(float(one.frame), f"object {one.object_id}: id {one.before} -> {one.now}", "id switch")
            for one in video.parts.identity.switches
        ]
    more = len(objects) - _CURVES
    return Curves(
        tuple(series),
        video.name if several else "",
        "frame",
        "",
        y_range=(0.0, 1.0),
        references=(Reference("mean J", float(part.j.mean())),) if len(part.j) else (),
        marks=tuple(marks),
        note=f"{more} more objects stand in the strips below" if more > 0 else "",
    )


def _strips(video: VideoReport, report: Report) -> Timeline:
    rows, j = video.rows, video.parts.region.j
    frames = np.unique(rows.frame)
    strips = []
    for one in np.unique(rows.object_id).tolist():
        mine = np.flatnonzero(rows.object_id == one)
        value, state = _states(frames, rows.frame[mine], j[mine])
        at = np.searchsorted(frames, rows.frame[mine])
        state[at] = _kinds(rows.predicted[mine], rows.true[mine])
        label = report.labels[int(rows.label_id[mine[0]])].name if report.labels else ""
        strips.append(Strip(f"{label} {one}", value, state, summary=f"{j[mine].mean():.3f}"))
    return Timeline(tuple(strips), frames, value_name="J")


def _states(frames: Int32s, own: Int32s, j: Floats) -> tuple[Floats, UInt8s]:
    value = np.full(len(frames), np.nan)
    value[np.searchsorted(frames, own)] = j
    return value, np.full(len(frames), State.UNKNOWN, np.uint8)


def _kinds(predicted: np.ndarray, true: np.ndarray) -> UInt8s:
    both = np.where(predicted, State.VALUE, State.MISSING)
    neither = np.where(predicted, State.FALSE, State.ABSENT)
    return np.where(true, both, neither).astype(np.uint8)
