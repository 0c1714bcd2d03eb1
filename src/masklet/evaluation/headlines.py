"""The numbers that a reader looks for first: their names, and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["high", "low", "zero"]


@dataclass(frozen=True)
class Headline:
    """One number of `Scores.numbers()`.

    Args:
        key: its path there.
        title: as the field writes it.
        hint: what it says, in a few words.
        better: whether higher or lower is better, or nearer to 0.
        unit: "" for 0..1, "px", "count", or "signed" for a difference around 0.
    """

    key: str
    title: str
    hint: str
    better: Better = "high"
    unit: Literal["", "px", "count", "signed"] = ""


HEADLINES = (
    Headline("region.j.mean", "J", "region similarity: IoU, mean over objects"),
    Headline("region.j.recall", "J recall", "share of frames with J > 0.5"),
    Headline("region.j.decay", "J decay", "first quarter of a video minus the last", "zero", "signed"),
    Headline("region.f.mean", "F", "contour accuracy, mean over objects"),
    Headline("region.f.recall", "F recall", "share of frames with F > 0.5"),
    Headline("region.f.decay", "F decay", "first quarter of a video minus the last", "zero", "signed"),
    Headline("region.dice.mean", "Dice", "mean over objects"),
    Headline("region.biou.mean", "Boundary IoU", "IoU of the bands along the outlines"),
    Headline("surface.hausdorff", "Hausdorff", "largest distance of the outlines", "low", "px"),
    Headline("surface.hd95_max", "HD95 (max)", "worse of both directed 95th percentiles", "low", "px"),
    Headline("surface.hd95_pooled", "HD95 (pooled)", "95th percentile of both directions", "low", "px"),
    Headline("surface.assd", "ASSD", "average symmetric surface distance", "low", "px"),
    Headline("surface.nsd", "NSD", "share of the outlines within the tolerance; 0 where missed"),
    Headline("lines.distance", "Line distance", "mean distance of the centre lines", "low", "px"),
    Headline("detection.ap", "AP (COCO)", "mean over IoU .50:.95"),
    Headline("detection.ap50", "AP50 (COCO)", "at IoU .50"),
    Headline("detection.ap75", "AP75 (COCO)", "at IoU .75"),
    Headline("detection.ar100", "AR100 (COCO)", "recall with 100 predictions a frame"),
    Headline("tracks.ap", "AP (tracks)", "YouTube-VIS, mean over track IoU .50:.95"),
    Headline("tracks.ap50", "AP50 (tracks)", "at track IoU .50"),
    Headline("tracks.ap75", "AP75 (tracks)", "at track IoU .75"),
    Headline("tracks.ar1", "AR1 (tracks)", "recall with 1 track a video"),
    Headline("tracks.ar10", "AR10 (tracks)", "recall with 10 tracks a video"),
    Headline("identity.hota.hota", "HOTA", "detection and association together"),
    Headline("identity.hota.det_a", "DetA", "detection accuracy"),
    Headline("identity.hota.ass_a", "AssA", "association accuracy"),
    Headline("identity.hota.loc_a", "LocA", "localisation accuracy"),
    Headline("identity.idf1.idf1", "IDF1", "share of masks with the right identity"),
    Headline("identity.clear.mota", "MOTA", "1 - misses, false alarms and switches by objects"),
    Headline("identity.clear.switches", "Id switches", "times a track changes owner", "low", "count"),
    Headline("panoptic.pq", "PQ", "panoptic quality"),
    Headline("panoptic.sq", "SQ", "segmentation quality of what is matched"),
    Headline("panoptic.rq", "RQ", "recognition quality"),
    Headline("panoptic.vpq", "VPQ", "PQ of tubes of 1, 2, 4 and 6 frames"),
    Headline("panoptic.stq", "STQ", "segmentation and tracking quality"),
    Headline("semantic.miou", "mIoU", "mean IoU of classes, background among them"),
    Headline("stability.area_jitter_excess", "Area jitter", "more than the truth's", "zero", "signed"),
    Headline(
        "stability.centroid_jerk_excess", "Centroid jerk", "px more than the truth's", "zero", "px"
    ),
    Headline("stability.temporal_iou_excess", "Temporal IoU", "minus the truth's", "zero", "signed"),
    Headline("stability.dropouts", "Dropouts", "lost for exactly one frame", "low", "count"),
    Headline("stability.gap_rate", "Gap rate", "share of frames lost in between", "low"),
    Headline("stability.drift", "Drift", "IoU per 100 frames since the prompt", "high", "signed"),
    Headline("stability.vc8", "VC8", "pixels right throughout 8 frames"),
    Headline("stability.vc16", "VC16", "pixels right throughout 16 frames"),
    Headline("stability.vc8_objects", "VC8 objects", "pixels of objects right throughout 8 frames"),
    Headline("stability.vc16_objects", "VC16 objects", "pixels of objects right throughout 16 frames"),
    Headline("calibration.ece", "Calibration error", "mean of |score - IoU| over bins", "low"),
    Headline("calibration.aurc", "AURC", "area under risk over coverage", "low"),
)
"""In the order of reports."""
