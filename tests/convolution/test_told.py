"""Figures of what the page alone computes hold the numbers that its script told, and nothing forged is drawn."""

from __future__ import annotations

import base64
import copy
import csv
import io
import json
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from explorer.convolution.told import LONGEST, LONGEST_NAME, MOST_LOSSES, MOST_SIDE, read_told
from explorer.errors import InputError
from explorer.prints.keeping import on_offer, on_save
from explorer.prints.paper import render
from explorer.take_away import find_wing, read_values
from explorer.text import text_in

RUN = Path(__file__).with_name("run_keep.mjs")
WORDS = {"en": "Your result", "zh": "你的结果"}
GENERATOR = np.random.default_rng(5)


def make_map(title: str, rows: int, columns: int, **more) -> dict:
    return {
        "title": title,
        "rows": rows,
        "columns": columns,
        "values": GENERATOR.normal(size=rows * columns).tolist(),
        **more,
    }


MAPS = [make_map("Input", 9, 9, scale="grey", limit=1), make_map("Result", 9, 9, boxes=[[1, 2, 2, 3, "#009e73", 2]])]
KERNEL = make_map("Kernel", 3, 3, limit=4)
LOSSES = [float(each) for each in 3 * 0.9 ** np.arange(200)]
PLAIN = {"screen": True, "setting": [["Loss", "Sum"]], "said": ["The loss is the sum."]}
RAW = {
    "cell": [1, 2],
    "sections": {
        "learn": {
            "screen": False, "setting": [["Learning rate", "0.2"]], "said": ["Steps: 199."], "losses": LOSSES,
            "rows": [{"label": "Maps", "maps": MAPS}, {"label": "Yours", "maps": [KERNEL]}], "levels": {"least": 1e-5, "by_hand": 0.5},
        },
        "backward": {**PLAIN, "rows": [{"label": "Things", "maps": [*MAPS, KERNEL]}, {"label": "Gradients", "maps": MAPS}]},
        "channels": {**PLAIN, "screen": False, "rows": [{"label": "Filters", "maps": [KERNEL] * 16}]},
        "shifts": {**PLAIN, "rows": [{"label": "Before", "maps": MAPS}], "table": [["Operation", "equal"], ["Max pooling", "31%"]]},
    },
}  # fmt: skip


@cache
def tell() -> dict:
    """What the page's script tells of RAW."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(RAW), capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(answer.stdout)


def values_of(language: str = "en", told: object = None, settings: str = "") -> dict:
    wing = find_wing("convolution", language)
    values = {"told": tell() if told is None else told, **read_values(wing, settings)}
    return {f"of_tab_{name}": value for name, value in values.items()}


def gather(language: str = "en", settings: str = "") -> dict:
    values = {"told": tell(), **read_values(find_wing("convolution", language), settings)}
    return {each.name: each for each in find_wing("convolution", language).keeps.gather(language=language, **values)}


def draw(sheet):
    from matplotlib.figure import Figure

    figure = Figure(figsize=sheet.size)
    sheet.draw(figure)
    return figure


def shown_maps(figure) -> list[np.ndarray]:
    return [np.asarray(axes.images[0].get_array()) for axes in figure.axes if axes.images]


@pytest.mark.parametrize("name", RAW["sections"])
def test_each_map_on_paper_is_the_one_that_was_told(name):
    told = [each for row in RAW["sections"][name]["rows"] for each in row["maps"]]
    shown = shown_maps(draw(gather()[name]))
    assert len(shown) == len(told)
    for drawn, each in zip(shown, told, strict=True):
        assert drawn.ravel() == pytest.approx(each["values"], rel=1e-6) and drawn.shape == (
            each["rows"],
            each["columns"],
        )


def test_scales_and_outlines_are_those_of_the_page():
    figure = draw(gather()["backward"])
    images = [axes for axes in figure.axes if axes.images]
    assert [axes.images[0].get_clim() for axes in images[:3]] == [(0, 1), pytest.approx(own(MAPS[1])), (-4, 4)]
    (box,) = images[1].patches
    assert (box.get_xy(), box.get_width(), box.get_edgecolor()[:3]) == (
        (2, 1),
        1,
        pytest.approx((0, 0x9E / 255, 0x73 / 255)),
    )


def own(each: dict) -> tuple[float, float]:
    most = max(map(abs, each["values"]))
    return -most, most


def test_the_curve_is_the_losses_with_their_levels():
    (axes,) = [each for each in draw(gather()["learn"]).axes if each.get_yscale() == "log"]
    line, head, *levels = axes.lines
    assert line.get_xdata().tolist() == list(range(200)) and line.get_ydata() == pytest.approx(LOSSES, rel=1e-6)
    assert (head.get_xdata()[0], head.get_ydata()[0]) == (199, pytest.approx(LOSSES[-1], rel=1e-6))
    assert [each.get_ydata()[0] for each in levels] == [1e-5, 0.5]
    assert [each.get_text() for each in axes.texts] == ["least possible loss", "your best by hand"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Steps", "Loss")


def test_the_table_holds_the_losses_and_the_kernel():
    saved = on_save("convolution", keeps().gather, None, "learn", "csv", language="en", **values_of())["saved"]
    rows = [*csv.reader(io.StringIO(base64.b64decode(saved["bytes"]).decode("utf-8-sig")))]
    losses = [float(loss) for step, loss in (row for row in rows if len(row) == 2) if step.isdigit()]
    assert losses == pytest.approx(LOSSES, rel=1e-6)
    assert [float(row[3]) for row in rows if row and row[0] == "Yours · Kernel"] == pytest.approx(
        KERNEL["values"], rel=1e-6
    )


def keeps(language: str = "en"):
    return find_wing("convolution", language).keeps


@pytest.mark.parametrize("language", WORDS)
def test_words_are_text_in_both_languages(language):
    sheet = gather(language, "kernel=sobel_x&input=sample")["backward"]
    text = text_in(language)
    svg = "".join(
        re.findall(r"<text[^>]*>([^<]*)</text>", render(sheet, "svg", language, "http://x/?tab=convolution").decode())
    )
    for words in (
        text("backward.title"),
        text("convolution.kernel_sobel_x"),
        "Sum",
        "Gradients",
        "The loss is the sum.",
    ):
        assert words.replace(" ", "") in svg.replace(" ", ""), words
    assert text("prints.versions_section", app="", torch="", matplotlib="")[-12:].replace(" ", "") in svg.replace(
        " ", ""
    )


def test_the_setting_above_is_named_where_it_matters():
    prints = gather("en", "kernel=sobel_x&padding=2&input=sample")
    assert "Sobel" in prints["backward"].setting and "Padding: 2" in prints["backward"].setting
    assert "Sobel" in prints["shifts"].setting and "Padding" not in prints["shifts"].setting
    assert prints["learn"].setting == "Learning rate: 0.2" and prints["channels"].setting == "Loss: Sum"


def test_the_window_is_that_of_the_chosen_cell():
    settings = "kernel=sobel_y&input=sample"
    window, maps = (gather("en", settings)[name] for name in ("window", "maps"))
    (result,) = [row[3] for row in maps.rows() if row[:3] == ("Result", 1, 2)]
    assert sum(row[4] for row in [*window.rows()][1:]) == pytest.approx(result, abs=1e-5)
    assert "row 1, column 2" in window.numbers and "chosen" in window.numbers and "chosen" in window.title
    wing = find_wing("convolution", "en")
    for cell in (None, [100, 0]):  # none, or one of another picture
        told = {"told": {"cell": cell, "sections": {}}, **read_values(wing, settings)}
        (window,) = [each for each in wing.keeps.gather(language="en", **told) if each.name == "window"]
        assert "strongest" in window.title and "strongest" in window.numbers


def test_only_what_the_page_shows_is_offered():
    offered = on_offer(keeps().gather, None, language="en", **values_of())["offered"]
    names = [name for _, name in offered["choices"]]
    assert names == ["maps", "window", "pooling", "parameters", "learn", "backward", "channels", "shifts", "ways"]
    closed = on_offer(keeps().gather, "learn", language="en", **values_of(told={"cell": None, "sections": {}}))[
        "offered"
    ]
    assert "learn" not in [name for _, name in closed["choices"]] and closed["value"] == "maps"
    values = {**values_of(), "of_tab_source": "upload"}  # and nothing is brought
    left = on_offer(keeps().gather, "learn", language="en", **values)["offered"]
    assert [name for _, name in left["choices"]] == ["learn", "channels", "ways"]


def test_a_handout_begins_with_the_chosen_section():
    saved = on_save("convolution", keeps().gather, None, "learn", "a4", language="en", **values_of())["saved"]
    assert saved["name"] == "convolution-handout-a4.pdf" and len(saved["bytes"]) > 10_000


def test_measured_times_on_paper_are_those_of_the_file():
    growth = json.loads((Path(read_told.__code__.co_filename).parent / "ways.json").read_text())
    lines = {each.get_label(): each for each in draw(gather()["ways"]).axes[0].lines}
    assert len(lines) == 6
    assert [*lines["F.conv2d, 256 px"].get_ydata()] == growth["pictures"]["256"]["conv2d"]


# ---- what no page sends ---------------------------------------------------------------------------------------------


def pack(*values: float) -> str:
    return base64.b64encode(np.array(values, dtype="<f4").tobytes()).decode()


def at(*path) -> Callable[[dict, object], None]:
    def put(told: dict, value: object) -> None:
        *inner, last = path
        for key in inner:
            told = told[key]
        told[last] = value

    return put


LEARN, MAP = ("sections", "learn"), ("sections", "learn", "rows", 0, "maps", 0)
SMALL = {
    "title": "", "caption": "", "rows": 1, "columns": 1, "values": pack(1.0), "scale": "grey", "limit": 1, "numbers": False,
    "boxes": [],
}  # fmt: skip
STRANGE = [
    None,
    5,
    True,
    "x",
    "\ud800",
    "a\nb",
    [],
    {},
    [[]],
    {"a": 1},
    10**400,
    float("nan"),
    float("inf"),
    -1,
    "x" * 100_000,
]
FITTING = {  # of STRANGE, what may stand there all the same
    ("cell",): [None], (*LEARN, "said"): [[]], (*LEARN, "setting"): [[]], (*LEARN, "screen"): [True], (*LEARN, "said", 0): ["x"],
    (*LEARN, "curve", "by_hand"): [None, 5], (*LEARN, "curve", "least"): [5], (*MAP, "title"): ["x"], (*MAP, "caption"): ["x"],
    (*MAP, "limit"): [5], (*MAP, "numbers"): [True], (*MAP, "boxes"): [[]], ("sections",): [{}],
}  # fmt: skip
PLACES = [
    (), *FITTING, LEARN, (*LEARN, "rows"), (*LEARN, "rows", 0), (*LEARN, "rows", 0, "maps"), MAP, (*MAP, "values"), (*MAP, "rows"),
    (*MAP, "columns"), (*MAP, "scale"), (*LEARN, "curve"), (*LEARN, "curve", "losses"), (*LEARN, "setting", 0), ("sections", "shifts", "table", 1),
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: ".".join(map(str, place)) or "all")
def test_a_forged_value_anywhere_is_refused(place):
    for value in STRANGE:
        told = copy.deepcopy(tell())
        if place:
            at(*place)(told, value)
        else:
            told = value
        if value in FITTING.get(place, [None] if not place else []) and not isinstance(value, float):
            read_told(told)
            continue
        with pytest.raises(InputError, match="cannot be drawn"):
            read_told(told)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((*MAP, "values"), pack(*[0.0] * 80)),  # one too few
        ((*MAP, "values"), pack(*[0.0] * 80, float("nan"))),
        ((*MAP, "values"), pack(*[0.0] * 80, float("inf"))),
        ((*MAP, "values"), pack(*[0.0] * 80, 1e32)),
        ((*MAP, "values"), pack(*[0.0] * 81) + "!"),
        ((*MAP, "rows"), MOST_SIDE + 1),
        ((*MAP, "limit"), 0),
        ((*MAP, "boxes"), [[0, 0, 1, 10, "#009e73"]]),  # beside the map
        ((*MAP, "boxes"), [[0, 0, 1, 1, "#009e73"]] * 200),
        ((*MAP, "title"), "x" * (LONGEST_NAME + 1)),
        (("sections", "backward", "said"), ["x" * (LONGEST + 1)]),
        ((*MAP, "html"), "<b>"),
        ((*LEARN, "rows", 0, "maps"), [tell] * 0),
        ((*LEARN, "curve", "losses"), pack(*[1.0] * (MOST_LOSSES + 1))),
        ((*LEARN, "curve", "losses"), pack(1, -1)),
        ((*LEARN, "curve", "losses"), ""),
        (("sections", "backward", "curve"), {"losses": pack(1), "least": 0, "by_hand": None}),
        (("sections", "ways"), {}),
        (("sections", "shifts", "table"), [["a"], ["b", "c"]]),
        (("sections", "shifts", "table"), [["a"]]),  # heads alone
        ((*LEARN, "rows"), [{"label": "", "maps": [SMALL] * 16}] * 3),
        ((*LEARN, "rows"), [{"label": "", "maps": [{**SMALL, "boxes": [[0, 0, 1, 1, "#009e73"]] * 128}] * 5}]),
        (("cell",), [0.5, 1]),
        (("cell",), [1, 2, 3]),
        (("file",), "/etc/passwd"),
    ],
)
def test_what_does_not_fit_is_refused(place, value):
    told = copy.deepcopy(tell())
    at(*place)(told, value)
    with pytest.raises(InputError, match="cannot be drawn"):
        read_told(told)
    with pytest.raises(InputError):
        on_save("convolution", keeps().gather, None, "learn", "png", language="zh", **values_of(told=told))


@pytest.mark.parametrize(("limit", "losses"), [(1e-30, (1e-30, 0, 1e30)), (1e30, (0,))])
def test_extremes_that_are_let_in_can_be_drawn(limit, losses):
    told = copy.deepcopy(tell())
    at(*MAP, "limit")(told, limit)
    at(*MAP, "title")(told, "<script>$x^2$ 中文 ⁂ \U0001f600")
    at(*LEARN, "curve")(told, {"losses": pack(*losses), "least": 1e30, "by_hand": 1e-30})
    saved = on_save("convolution", keeps().gather, None, "learn", "svg", language="en", **values_of(told=told))["saved"]
    assert b"<script>" not in base64.b64decode(saved["bytes"])
