"""Region, outlines and lines: by label, by object."""

from __future__ import annotations

from masklet.evaluation.report import Report
from masklet.render.page.nouns import Block, Column, Section, Table, Value

_MANY = 200
"""Objects beyond this many are not listed one by one."""


def labels(report: Report) -> Section | None:
    """Region measures by label and by object."""
    region = report.scores.region
    if region is None:
        return None
    heads = ("J", "J recall", "J decay", "F", "F recall", "Dice", "Boundary IoU")

    def figures(one: object) -> tuple[Value, ...]:
        f = one.figures  # type: ignore[attr-defined]
        return (f.j.mean, f.j.recall, f.j.decay, f.f.mean, f.f.recall, f.dice.mean, f.biou.mean)

    measures = tuple(Column(head, "signed" if "decay" in head else "score") for head in heads)
    by_label = tuple((one.label.name, one.objects, *figures(one)) for one in region.per_label)
    blocks: list[Block] = [
        Table((Column("Label"), Column("Objects", "count"), *measures), by_label, "By label")
    ]
    listed = region.per_object[:_MANY]
    rows = tuple((one.video, one.object_id, one.label.name, one.frames, *figures(one)) for one in listed)
    more = len(region.per_object) - len(listed)
    head = (Column("Video"), Column("Object", "count"), Column("Label"), Column("Frames", "count"))
    note = f"{more} more stand in the JSON" if more else ""
    blocks.append(Table((*head, *measures), rows, "By object", note))
    return Section("Region and contour", "", tuple(blocks))


def outlines(report: Report) -> Section | None:
    """Surface distances by label."""
    surface = report.scores.surface
    if surface is None:
        return None
    rows = tuple(
        (
            one.label.name,
            one.figures.hausdorff,
            one.figures.hd95_max,
            one.figures.hd95_pooled,
            one.figures.assd,
            one.figures.nsd,
            one.counts.both,
            one.counts.missed,
            one.counts.invented,
        )
        for one in surface.per_label
    )
    columns = (
        Column("Label"),
        Column("Hausdorff, px", "number"),
        Column("HD95 max, px", "number", hint="worse of both directed 95th percentiles"),
        Column("HD95 pooled, px", "number", hint="95th percentile of both directions together"),
        Column("ASSD, px", "number"),
        Column("NSD", "score"),
        Column("Frames", "count", hint="on which both sides have the object"),
        Column("Missed", "count", hint="frames on which only the truth has it"),
        Column("Invented", "count", hint="frames on which only the prediction has it"),
    )
    text = "Distances are means over frames on which both sides have the object."
    return Section("Surface distances", text, (Table(columns, rows),))


def line_distances(report: Report) -> Section | None:
    """Centre lines of thin things (tails) by object."""
    lines = report.scores.lines
    if lines is None:
        return None
    rows = tuple(
        (
            one.video,
            one.object_id,
            one.label.name,
            one.figures.distance,
            one.figures.to_truth,
            one.figures.to_found,
            one.figures.largest,
            one.figures.length_bias,
            one.figures.found,
            one.counts.both,
            one.counts.missed,
            one.counts.invented,
        )
        for one in lines.per_object[:_MANY]
    )
    columns = (
        Column("Video"),
        Column("Object", "count"),
        Column("Label"),
        Column("Distance, px", "number", hint="mean distance of both centre lines"),
        Column("to truth, px", "number", hint="from the predicted line to the true one"),
        Column("to prediction, px", "number", hint="from the true line to the predicted one"),
        Column("Largest, px", "number"),
        Column("Length, px", "signed", hint="predicted less true"),
        Column("Found", "percent", hint="share of the true line within the tolerance"),
        Column("Frames", "count", hint="on which both sides have the line"),
        Column("Missed", "count", hint="frames on which only the truth has it"),
        Column("Invented", "count", hint="frames on which only the prediction has it"),
    )
    return Section("Lines", "Judged along the centre line of each mask.", (Table(columns, rows),))
