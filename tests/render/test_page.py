"""Report pages: whole, safe and self-contained files; drawings that show what the data hold."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from masklet.core import DataError, UsageError
from masklet.core.labels import PALETTE
from masklet.render.canvas import jpeg
from masklet.render.page.curves import curves, path
from masklet.render.page.markup import shown, tag, text
from masklet.render.page.nouns import (
    Bar,
    Bars,
    Column,
    Curves,
    Gallery,
    Mark,
    Matrix,
    Number,
    Numbers,
    Page,
    Picture,
    Reference,
    Section,
    Series,
    State,
    Strip,
    Table,
    Text,
    Timeline,
)
from masklet.render.page.scales import scale_of, tick_text
from masklet.render.page.strips import timeline
from masklet.render.page.tables import bars, matrix, numbers, table
from masklet.render.page.thinning import LIMIT, bin_edges, kept_points, worst_columns
from masklet.render.page.writing import page_html, write_page

NAN = float("nan")
HOSTILE = "<script>alert('x')</script> \"&\" ]]> \x00 </style>"
VOID = {"meta", "img"}


class Tree(HTMLParser):
    """Every tag with its attributes; text by the tag around it; fails where tags do not nest."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute twice in {tag}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, name: str, **wanted: str) -> list[dict[str, str | None]]:
        return [a for t, a in self.tags if t == name and all(a.get(k) == v for k, v in wanted.items())]

    def words(self, name: str) -> list[str]:
        return [data for tag, data in self.texts if tag == name]


def parsed(html: str) -> Tree:
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def svgs(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", html, re.S)]


def points_of(d: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([-+.\de]+) ([-+.\de]+)", d)]


def series_paths(html: str) -> list[str]:
    """The `d` of every path of a series in the plot."""
    plots = [svg for svg in svgs(html) if svg.get("class") != "swatch"]
    groups = [g for svg in plots for g in svg.iter("g") if (g.get("class") or "").startswith("series")]
    return [path.get("d", "") for g in groups for path in g.iter("path")]


def picture(form: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(stream, form)
    return stream.getvalue()


def full_page(name: str = "rat") -> Page:
    """A page with every block, on which every text is `name`."""
    x = np.arange(30.0)
    y = np.where((x > 9) & (x < 14), np.nan, x / 30)
    mark = Mark(4, name, name)
    strip = Strip(name, y, np.where(np.isnan(y), State.MISSING, 0).astype(np.uint8), (mark,), name)
    blocks = (
        Numbers((Number(name, 0.5, name), Number(name, NAN), Number(name, name)), name),
        Table(
            (Column(name, hint=name), Column(name, "score", "heat", best="high")),
            ((name, 0.25), (name, 0.75)),
            name,
            name,
            ((name, 0.5),),
        ),
        Curves(
            (Series(name, y), Series(name, 1 - y, x, "both")),
            name,
            name,
            name,
            references=(Reference(name, 0.4), Reference(name, 5, "x")),
            marks=(mark,),
            note=name,
        ),
        Timeline((strip,), x.astype(np.int32), name, name, name),
        Bars((Bar(name, 0.1, -0.1, 0.2, name), Bar(name, 0.5)), name, name, note=name),
        Matrix(np.array([[3, 1], [0, 0]]), (name, name), (name, name), name, name, name, name),
        Gallery((Picture(picture(), name, ((name, name),)), Picture(picture("PNG"), name)), name, name),
        Text((name, name), "warning", name),
    )
    return Page(name, name, ((name, name),), (Section(name, name, blocks), Section(name, folded=True)))


def test_a_page_nests_and_its_drawings_are_xml():
    html = page_html(full_page())
    tree = parsed(html)
    assert html.startswith("<!doctype html>")
    assert len(svgs(html)) == len(tree.all("svg")) >= 5
    assert [a["href"] for a in tree.all("a")] == ["#s1", "#s2"]
    assert {a["id"] for a in tree.all("section")} == {"s1", "s2"}
    assert len(tree.all("details")) == 1


def test_hostile_names_are_text_and_nothing_else():
    plain, hostile = (parsed(page_html(full_page(name))) for name in ("rat", HOSTILE))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert [sorted(a) for _, a in hostile.tags] == [sorted(a) for _, a in plain.tags]
    said = HOSTILE.replace("\x00", "\ufffd")
    assert said in hostile.words("title")
    assert hostile.all("img", alt=said)
    svgs(page_html(full_page(HOSTILE)))


def test_nothing_is_fetched():
    html = page_html(full_page())
    tree = parsed(html)
    assert not re.search(r"https?:|//[a-z]|@import|url\(|\bfetch\b|XMLHttp", html)
    assert not tree.all("link")
    for _, attributes in tree.tags:
        assert (attributes.get("src") or "data:").startswith("data:")
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = (a["content"] for a in tree.all("meta") if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")


def test_ids_are_unique_and_images_decode():
    tree = parsed(page_html(full_page()))
    ids = [a["id"] for _, a in tree.tags if "id" in a]
    assert len(ids) == len(set(ids))
    images = tree.all("img")
    assert [a["src"].partition(";")[0] for a in images] == ["data:image/jpeg", "data:image/png"]
    for attributes in images:
        data = base64.b64decode(attributes["src"].partition(",")[2], validate=True)
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (40, 30)
            image.load()


def test_the_same_page_gives_the_same_bytes_and_a_failure_leaves_the_old_file(tmp_path):
    target = tmp_path / "page.html"
    write_page(full_page(), target)
    first = target.read_bytes()
    write_page(full_page(), target)
    assert target.read_bytes() == first == page_html(full_page()).encode()
    bad = Page("bad", sections=(Section("a", blocks=(Gallery((Picture(b"GIF89a", "cat"),)),)),))
    with pytest.raises(DataError, match=r"'cat' begins with b'GIF89a'; expected .* JPEG"):
        write_page(bad, target)
    assert target.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_an_empty_page_and_empty_blocks_are_pages_too():
    empty = (
        Numbers(()),
        Table((Column("a"),), ()),
        Curves(()),
        Curves((Series("all gap", np.full(4, np.nan)),)),
        Curves((Series("one", np.array([3.0])),)),
        Timeline((), np.empty(0, np.int32)),
        Timeline((Strip("a", np.empty(0), np.empty(0, np.uint8)),), np.empty(0, np.int32)),
        Bars(()),
        Matrix(np.empty((0, 0), np.int64), (), ()),
        Gallery(()),
        Text(()),
    )
    for page in (Page("p"), Page("p", sections=(Section("s", blocks=empty),))):
        html = page_html(page)
        parsed(html)
        svgs(html)
        assert "nan" not in html.partition("<body>")[2].partition("<script>")[0].lower()


def test_the_style_uses_the_palette():
    html = page_html(Page("p"))
    assert all(colour in html for colour in PALETTE)
    style = html.partition("<style>")[2].partition("</style>")[0]
    assert set(re.findall(r"var\(--(\w+)\)", style)) <= {*re.findall(r"--(\w+):", style), "share"}


def test_style_and_script_lie_in_the_package():
    folder = Path(__file__).parents[2] / "src/masklet/render/page"
    html = page_html(Page("p"))
    assert (folder / "page.css").read_text() in html
    assert (folder / "page.js").read_text() in html


def test_gaps_split_the_line_and_lone_points_are_dots():
    y = np.array([0.1, 0.2, NAN, 0.3, NAN, 0.4, 0.5, 0.6])
    line, alone = path(np.column_stack([np.arange(8.0), y]))
    assert line == "M0 0.1,1 0.2M5 0.4,6 0.5,7 0.6"
    assert alone == "M3 0.3h0"


@given(arrays(np.float64, st.integers(0, 60), elements=st.floats(0, 1) | st.just(NAN)))
def test_every_point_is_drawn_once_and_no_gap_is_bridged(y):
    line, alone = path(np.column_stack([np.arange(len(y), dtype=float), y]))
    pieces = [points_of(piece) for piece in (line + alone).split("M")[1:]]
    drawn = sorted(x for piece in pieces for x, _ in piece)
    assert drawn == np.flatnonzero(~np.isnan(y)).tolist()
    for piece in pieces:
        xs = [int(x) for x, _ in piece]
        assert xs == list(range(xs[0], xs[-1] + 1))
        np.testing.assert_allclose([v for _, v in piece], y[xs], rtol=1e-4)


def test_infinite_values_are_gaps():
    html = curves(Curves((Series("a", np.array([0.0, np.inf, 1.0, 2.0, -np.inf])),)))
    assert [points_of(d) for d in series_paths(html)] == [[(2, 1), (3, 2)], [(0, 0)]]


@given(
    arrays(np.float64, st.integers(0, 400), elements=st.floats(-5, 5) | st.just(NAN)),
    st.integers(3, 90),
)
def test_thinning_keeps_extremes_and_gaps_of_every_bin(y, limit):
    kept = kept_points(y, limit)
    assert len(kept) <= max(limit, 0)
    assert (np.diff(kept) > 0).all()
    if len(y) <= limit:
        assert kept.tolist() == list(range(len(y)))
        return
    edges = bin_edges(len(y), limit // 3)
    for a, b in pairwise(edges):
        part, inside = y[a:b], y[kept[(kept >= a) & (kept < b)]]
        assert np.isnan(part).any() == np.isnan(inside).any()
        if not np.isnan(part).all():
            assert np.nanmin(inside) == np.nanmin(part)
            assert np.nanmax(inside) == np.nanmax(part)


def test_a_long_series_is_thinned_and_says_so():
    y = np.sin(np.arange(100_000) / 900)
    y[54_321] = -3.0
    y[70_000:71_000] = np.nan
    html = curves(Curves((Series("long", y),)))
    drawn = [point for d in series_paths(html) for point in points_of(d)]
    assert len(drawn) <= LIMIT
    assert (54_321.0, -3.0) in drawn
    assert not [x for x, _ in drawn if 70_000 <= x < 71_000]
    assert "100\u202f000 points, of which at most 1500 are drawn" in html
    assert "are drawn" not in curves(Curves((Series("short", y[:100]),)))


def test_curves_lie_in_data_coordinates_inside_their_axes():
    block = Curves((Series("a", np.array([0.0, 0.5, 1.0]), np.array([10.0, 20, 30])),), y_range=(0, 1))
    svg = svgs(curves(block))[0]
    x0, y0, w, h = (float(v) for v in svg.get("viewBox").split())
    assert x0 <= 10 < 30 <= x0 + w
    assert y0 <= -1 < 0 <= y0 + h
    assert series_paths(curves(block)) == ["M10 0,20 0.5,30 1"]


def test_twenty_series_differ_in_colour_or_dash():
    html = curves(Curves(tuple(Series(f"s{i}", np.ones(3) * i) for i in range(20))))
    tree = parsed(html)
    looks = [a["class"] for a in tree.all("g") if a.get("data-name")]
    assert len(set(looks)) == len(looks) == 20
    keys = tree.all("button", type="button")
    assert len(keys) == 20
    assert {a["aria-pressed"] for a in keys} == {"true"}


def test_marks_and_references_off_the_axes_are_left_out():
    marks = (Mark(1, "in", "switch"), Mark(9, "out", "switch"), Mark(2, "in", "prompt"))
    references = (Reference("seen", 0.5), Reference("unseen", 7.0))
    block = Curves(
        (Series("a", np.array([0.0, 1, 0])),),
        x_range=(0, 2),
        y_range=(0, 1),
        marks=marks,
        references=references,
    )
    html = curves(block)
    tree = parsed(html)
    assert [(a["data-x"], a["data-note"]) for a in tree.all("span", **{"class": "mark"})] == [
        ("1", "in"),
        ("2", "in"),
    ]
    assert "unseen" not in tree.words("span")
    assert "seen" in tree.words("span")
    assert " switch (2)" in tree.words("li")


def test_very_many_marks_are_cut_and_said_so():
    marks = tuple(Mark(i, "note") for i in range(1000))
    html = curves(Curves((Series("a", np.ones(1000)),), marks=marks))
    assert len(parsed(html).all("span", **{"class": "mark"})) == 400
    assert "the first 400 are drawn" in html


@pytest.mark.parametrize(
    ("values", "given", "ticks", "labels"),
    [
        ([0.0, 1.0], (0, 1), 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.0, 99.0], None, 5, ["0", "20", "40", "60", "80", "100"]),
        ([1.0, 2.0, 3.0], None, 8, ["1", "2", "3"]),
        ([-0.25, 0.31], None, 5, ["−0.4", "−0.2", "0.0", "0.2", "0.4"]),
        ([0.0, 40_000.0], None, 5, ["0", "10\u202f000", "20\u202f000", "30\u202f000", "40\u202f000"]),
        ([NAN, NAN], None, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_ticks(values, given, ticks, labels):
    scale = scale_of(np.array(values), given, ticks=ticks)
    step = scale.ticks[1] - scale.ticks[0]
    assert [tick_text(t, step) for t in scale.ticks] == labels


@given(arrays(np.float64, st.integers(1, 9), elements=st.floats(-1e6, 1e6, width=32)))
def test_axes_hold_all_values_and_their_ticks(values):
    scale = scale_of(values)
    assert scale.length > 0
    assert all(scale.holds(v) for v in values)
    assert all(scale.holds(t) for t in scale.ticks)


def strip_html(value: list[float], state: list[int], frames: list[int]) -> str:
    strip = Strip("a", np.array(value), np.array(state, np.uint8))
    return timeline(Timeline((strip,), np.array(frames, np.int32)))


def test_every_state_has_a_shape_of_its_own():
    html = strip_html([0.9, 0.1, 0, 0, 0, 0, NAN], [0, 0, 1, 2, 3, 4, 0], list(range(7)))
    tree = parsed(html)
    (row,) = tree.all("div", **{"class": "strip"})
    assert row["data-v"] == "90 10 a m f u u"
    blocks = [a["class"] for a in tree.all("i") if "left" in (a.get("style") or "")]
    assert blocks == ["absent", "missing", "false", "unknown"]
    paths = {p.get("class"): p.get("d") for svg in svgs(html) for p in svg.iter("path")}
    assert paths == {"v4": "M-0.5 0V0.9H0.5V0z", "v0": "M0.5 0V0.1H1.5V0z"}
    said = " ".join(tree.words("li"))
    assert all(word in said for word in ("missing", "false", "absent", "not judged"))


def test_frames_left_out_stay_blank():
    html = strip_html([0.5] * 5, [0] * 5, [0, 1, 2, 50, 51])
    (d,) = (p.get("d") for svg in svgs(html) for p in svg.iter("path"))
    assert d == "M-0.5 0V0.5H2.5V0zM49.5 0V0.5H51.5V0z"


def test_frames_far_apart_are_as_wide_as_their_distance():
    html = strip_html([0.5] * 3, [0] * 3, [0, 10, 20])
    (d,) = (p.get("d") for svg in svgs(html) for p in svg.iter("path"))
    assert d == "M-5 0V0.5H25V0z"


def test_a_long_strip_shows_the_worst_of_every_column():
    n = 100_000
    value, state = np.full(n, 0.95), np.zeros(n, np.uint8)
    value[500], state[40_000], state[80_000] = 0.05, State.MISSING, State.FALSE
    html = timeline(Timeline((Strip("a", value, state),), np.arange(n, dtype=np.int32)))
    (row,) = parsed(html).all("div", **{"class": "strip"})
    codes = row["data-v"].split()
    assert len(codes) == LIMIT
    assert sorted(set(codes)) == ["5", "95", "f", "m"]
    assert "a column stands for up to 67 of them and shows the worst" in html


def test_the_order_of_badness():
    value = np.array([0.9, 0.2, 0.5, NAN, 0.3, 0.3])
    order = [State.MISSING, State.FALSE, State.VALUE, State.ABSENT, State.UNKNOWN]
    for i in range(len(order) - 1):
        for a, b in ((order[i], order[i + 1]), (order[i + 1], order[i])):
            state = np.array([a, b], np.uint8)
            assert worst_columns(np.array([0.5, 0.5]), state, np.array([0, 2]))[1] == [order[i]]
    least, _ = worst_columns(value, np.zeros(6, np.uint8), np.array([0, 3, 6]))
    assert least.tolist() == [0.2, 0.3]


def test_tables_sort_shade_and_mark_the_best():
    columns = (
        Column("name"),
        Column("j", "score", "bar", (0, 1), "high"),
        Column("e", "number", best="low"),
    )
    rows = (("a", 0.5, 3), ("b", np.float32(0.75), np.int64(2)), ("c", NAN, None))
    tree = parsed(table(Table(columns, rows, foot=(("mean", 0.625, 2.5),))))
    assert tree.words("b") == ["0.750", "2"]
    cells = tree.all("td")
    assert [a["data-v"] for a in cells[:6]] == ["0.5", "3.0", "0.75", "2.0", "", ""]
    assert [a.get("style") for a in cells[0:5:2]] == ["--share:50%", "--share:75%", None]
    assert "style" not in cells[6]
    assert len(tree.all("button")) == 3
    assert "0.625" in tree.words("td")


def test_values_that_read_alike_are_all_the_best_and_equal_columns_have_none():
    def best(*values: float) -> list[str]:
        rows = tuple((v,) for v in values)
        return parsed(table(Table((Column("j", "score", best="high"),), rows))).words("b")

    assert best(0.90001, 0.90004, 0.5) == ["0.900", "0.900"]
    assert best(0.9, 0.9) == []
    assert best(0.9) == best(NAN, NAN) == []


def test_rows_that_do_not_fit_are_refused():
    with pytest.raises(UsageError, match="has 2 values; expected 1"):
        table(Table((Column("a"),), (("x", 1),)))
    with pytest.raises(UsageError, match=r"shape \(1, 2\); expected \(2, 2\)"):
        matrix(Matrix(np.ones((1, 2), np.int64), ("a", "b"), ("a", "b")))


def test_a_matrix_shows_share_and_count():
    block = Matrix(np.array([[3, 1], [0, 0]]), ("rat", "tail"), ("rat", "none"))
    tree = parsed(matrix(block))
    assert tree.words("td") == ["75.0\u202f%", "25.0\u202f%", "–", "–"]
    assert tree.words("small") == ["3", "1", "0", "0"]


def test_intervals_that_hold_zero_are_hollow():
    block = Bars((Bar("in", 0.1, -0.1, 0.3), Bar("out", 0.2, 0.1, 0.3), Bar("bare", -0.4)))
    html = bars(block)
    hollow = [len([p for p in svg.iter("path") if p.get("class") == "dot hollow"]) for svg in svgs(html)]
    assert hollow == [1, 0, 0]
    assert "Hollow: the interval holds 0." in html
    assert "Hollow" not in bars(replace(block, bars=block.bars[1:]))
    assert "+0.100  [−0.100, +0.300]" in parsed(html).words("div")
    assert "−0.400" in parsed(html).words("div")


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (0.79812, "score", "0.798"),
        (-0.0001, "score", "0.000"),
        (0.79812, "percent", "79.8\u202f%"),
        (12345, "count", "12\u202f345"),
        (1234, "count", "1234"),
        (0.0123, "signed", "+0.012"),
        (-0.0123, "signed", "−0.012"),
        (-0.0001, "signed", "0.000"),
        (0.00123456, "number", "0.00123"),
        (1234.5, "number", "1234"),
        (12.345, "number", "12.3"),
        (123456.0, "number", "123\u202f456"),
        (1.5e-7, "number", "1.50e−07"),
        (0, "number", "0"),
        (NAN, "score", "–"),
        (np.inf, "percent", "–"),
        (None, "count", "–"),
        ("as it is", "score", "as it is"),
        (3, "text", "3"),
    ],
)
def test_numbers_read_well(value, form, expected):
    assert shown(value, form) == expected


def test_headlines():
    tree = parsed(numbers(Numbers((Number("J", 0.5, "mean"), Number("n", 12, format="count")))))
    assert tree.words("dt") == ["J", "n"]
    assert tree.words("dd") == ["0.500", "mean", "12"]


@given(st.text())
def test_text_survives_the_way_through_html(plain):
    tree = parsed(tag("p", text(plain), title=plain))
    said = "".join(tree.words("p"))
    forbidden = {c for c in plain if ord(c) < 160 and not c.isprintable() and c not in "\n\t"}
    expected = "".join("\ufffd" if c in forbidden else c for c in plain)
    assert said == expected
    assert tree.tags[0][1]["title"] == expected


def test_pictures_of_the_canvas_are_accepted():
    data = jpeg(np.full((20, 30, 3), 120, np.uint8))
    page = Page("p", sections=(Section("s", blocks=(Gallery((Picture(data, "grey"),)),)),))
    assert f"base64,{base64.b64encode(data).decode()}" in page_html(page)
