"""A report as JSON: every number, every video, every frame."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from masklet._version import __version__
from masklet.core.atomic import writing
from masklet.core.masks import Masks
from masklet.evaluation.comparison import Comparison
from masklet.evaluation.report import Report, VideoReport

FORMAT = "masklet-evaluation"


def write_json(report: Report, path: Path) -> None:
    """Write a report; the file appears whole or not at all. What is not a number is null."""
    _write(as_json(report), path)


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Write a comparison, without the reports that it is made of."""
    data = {
        "format": "masklet-comparison",
        "version": __version__,
        "terms": plain(comparison.contestants[0].runs[0].terms),
        "settings": plain(comparison.contestants[0].runs[0].settings),
        "contestants": [
            {
                "name": one.name,
                "runs": [run.prediction for run in one.runs],
                "notes": _notes(one.runs[0]),
            }
            for one in comparison.contestants
        ],
        "rows": [
            {
                "key": row.headline.key,
                "title": row.headline.title,
                "better": row.headline.better,
                "values": plain(row.values),
                "differences": plain(row.differences),
            }
            for row in comparison.rows
        ],
        "videos": list(comparison.videos),
        "per_video": plain(comparison.per_video),
        "verdicts": list(comparison.verdicts),
        "draws": comparison.draws,
    }
    _write(data, path)


def write_plain(data: Mapping[str, Any], path: Path) -> None:
    """Write dataclasses, arrays and numbers."""
    _write(plain(data), path)


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "format": FORMAT,
        "version": __version__,
        "prediction": report.prediction,
        "truth": report.truth,
        "terms": plain(report.terms),
        "settings": plain(report.settings),
        "labels": [label.name for label in report.labels],
        "notes": _notes(report),
        "absent": [{"family": name, "reason": why} for name, why in report.absent],
        "numbers": plain(report.scores.numbers()),
        "scores": plain(report.scores),
        "videos": [_video(one) for one in report.videos],
    }


def _notes(report: Report) -> list[dict[str, Any]]:
    return [{"note": text, "videos": list(names)} for text, names in report.notes]


def _video(one: VideoReport) -> dict[str, Any]:
    return {
        "name": one.name,
        "judged_frames": one.frames,
        "complete_frames": one.complete,
        "prompts": one.prompts.tolist(),
        "files": list(one.files),
        "numbers": plain(one.scores.numbers()),
        "rows": _rows(one),
        "failures": [
            {
                "frame": bad.frame,
                "object_id": bad.object_id,
                "kind": bad.kind,
                "what": bad.what,
                "value": plain(bad.value),
                "around": list(bad.around),
            }
            for bad in one.failures
        ],
    }


def _rows(one: VideoReport) -> dict[str, Any]:
    """Columns, one entry a (frame, object): the measures that were taken of each."""
    columns = plain(one.rows)
    region, surface = one.parts.region, one.parts.surface
    for part, names in (
        (region, ("j", "dice", "f", "biou")),
        (surface, ("hausdorff", "hd95_max", "hd95_pooled", "assd", "nsd")),
    ):
        if part is not None:
            columns |= {name: plain(getattr(part, name)) for name in names}
    found: dict[str, Any] = columns
    return found


def plain(value: Any) -> Any:
    """Dataclasses as objects, arrays as lists, NaN and infinities as null."""
    if isinstance(value, Masks):
        raise TypeError("masks do not go into a report")
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def _write(data: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    with writing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")
