"""The page of one evaluation."""

from __future__ import annotations

from collections.abc import Callable

from masklet._version import __version__
from masklet.core.protocols import MediaSource
from masklet.evaluation.report import Report
from masklet.render.page.nouns import Block, Page, Section, Text
from masklet.verbs.pages.overview import all_numbers, overview
from masklet.verbs.pages.pictures import switches, worst_frames
from masklet.verbs.pages.ranking import detection, score_thresholds
from masklet.verbs.pages.shapes import labels, line_distances, outlines
from masklet.verbs.pages.shares import panoptic, semantic
from masklet.verbs.pages.time import stability, timelines
from masklet.verbs.pages.trust import calibration

Opener = Callable[[str], MediaSource | None]
"""The media of a video by its name; None where they are not at hand."""


def page_of(report: Report, media: Opener, worst: int = 12) -> Page:
    """Headlines, videos, failures, time, then each family of metrics, then how it was done."""
    made = [
        overview(report),
        worst_frames(report, media, worst),
        switches(report, media, worst),
        timelines(report),
        labels(report),
        outlines(report),
        stability(report),
        detection(report),
        score_thresholds(report),
        panoptic(report),
        semantic(report),
        line_distances(report),
        calibration(report),
        how_compared(report),
        all_numbers(report),
    ]
    facts = (
        ("Prediction", report.prediction),
        ("Truth", report.truth),
        ("Videos", str(len(report.videos))),
        ("Judged frames", f"{sum(one.frames for one in report.videos):,}".replace(",", " ")),
        ("masklet", __version__),
    )
    return Page("Evaluation", "", facts, tuple(one for one in made if one is not None))


def how_compared(report: Report, title: str = "How this was compared") -> Section:
    """What was decided, and what was left out with its reason."""
    notes = []
    for text, names in report.notes:
        everywhere = len(names) == len(report.videos)
        notes.append(text if everywhere else f"{text} ({', '.join(names)})")
    absent = [f"{name}: {why}" for name, why in report.absent]
    settings = (
        f"Contour F allows {report.settings.contour_tolerance:g} of the diagonal, Boundary IoU looks at "
        f"a band of {report.settings.boundary_width:g} of it, NSD allows "
        f"{report.settings.surface_tolerance:g} px, an object counts as found from IoU "
        f"{report.settings.match_iou:g} on."
    )
    blocks: list[Block] = [Text((*notes, settings))]
    if absent:
        blocks.append(Text(tuple(absent), title="Not measured"))
    return Section(title, "", tuple(blocks))
