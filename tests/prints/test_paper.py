"""Files of figures: text stays text, the same figure gives the same bytes, whoever else draws."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from explorer.errors import InputError
from explorer.page.canvas import Map
from explorer.prints import fonts, paper
from explorer.prints.paper import DPI, check_address, plain, render, wrap
from explorer.prints.pictures import draw_map_rows, list_cells
from explorer.prints.png import write_png
from explorer.prints.records import Print
from tests.serving import ROOT

SENTENCES = {"en": "The kernel slides over the padded image", "zh": "卷积核的感受野与步长"}
ADDRESS = "http://127.0.0.1:7860/?tab=convolution&kernel=sobel_x&cells=1,0,-1;2,0,-2;1,0,-1"


def make_print(language: str = "en", seed: int = 0, **changes) -> Print:
    values = np.random.default_rng(seed).normal(size=(3, 4))
    maps = [Map(values, SENTENCES[language], "3 × 4", numbers=True)]
    drawn = {"draw": partial(draw_map_rows, maps=maps), "rows": partial(list_cells, maps, ("m", "r", "c", "v"))}
    words = {"setting": "stride 2 · padding 1", "numbers": "Costs $5 &amp; <b>nothing</b> more"}
    return Print(**{"name": "maps", "title": SENTENCES[language], **drawn, **words, **changes, "size": (4, 3)})


def words_of_pdf(file: bytes) -> str:
    """Its text as a reader copies it: the codes of each font go through the table (ToUnicode) that the file has for them."""
    objects = {int(number): body for number, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", file, re.DOTALL)}
    streams = {number: unpack(body) for number, body in objects.items() if b"stream" in body}
    tables = {}
    for body in objects.values():
        if found := re.search(rb"/ToUnicode (\d+) 0 R", body):
            name = re.search(rb"/BaseFont /(\S+)", body)[1]
            tables[name] = read_table(streams[int(found[1])].decode("latin-1"))
    fonts_of = {
        label: tables[re.search(rb"/BaseFont /(\S+)", objects[int(number)])[1]]
        for body in objects.values()
        for label, number in re.findall(rb"/(F\d+) (\d+) 0 R", body)
    }
    written = ""
    for stream in streams.values():
        if b"BT" not in stream:
            continue
        table: dict[int, str] = {}
        for label, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|(\[.*?\]\s*TJ|\((?:[^\\)]|\\.)*\) Tj)", stream, re.DOTALL):
            if label:
                table = fonts_of[label]
                continue
            for piece in re.findall(rb"\(((?:[^\\()]|\\.)*)\)", shown, re.DOTALL):
                codes = re.sub(rb"\\(\d{3}|.)", unescape, piece, flags=re.DOTALL)
                written += "".join(
                    table.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes), 2)
                )
            written += " "
    return written


def unescape(found: re.Match) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code.isdigit() else {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(code, code)


def unpack(body: bytes) -> bytes:
    raw = body.split(b"stream\n", 1)[1].rsplit(b"\nendstream", 1)[0]
    return zlib.decompress(raw) if b"FlateDecode" in body else raw


def read_table(words: str) -> dict[int, str]:
    found = {}
    for low, high, to in re.findall(r"<([0-9a-f]{4})> <([0-9a-f]{4})> <([0-9a-f]{4})>", words):
        found |= {int(low, 16) + step: chr(int(to, 16) + step) for step in range(int(high, 16) - int(low, 16) + 1)}
    for low, _, many in re.findall(r"<([0-9a-f]{4})> <([0-9a-f]{4})> \[([^\]]*)\]", words):
        for step, to in enumerate(re.findall(r"<([0-9a-f]{4})>", many)):
            found[int(low, 16) + step] = chr(int(to, 16))
    return found


def words_of_svg(file: bytes) -> list[str]:
    return [each.text for each in ElementTree.fromstring(file).iter() if each.tag.endswith("}text")]


@pytest.mark.parametrize("language", SENTENCES)
def test_text_is_found_as_text(language):
    sheet = make_print(language)
    assert SENTENCES[language].replace(" ", "") in words_of_pdf(render(sheet, "pdf", language)).replace(" ", "")
    svg = render(sheet, "svg", language, ADDRESS)
    assert SENTENCES[language] in words_of_svg(svg)
    assert "Costs $5 & nothing more" in words_of_svg(svg)
    assert "".join(words_of_svg(svg)[-2:]).endswith(ADDRESS)
    assert ("'Noto Sans CJK SC'" in svg.decode()) == (language == "zh") and "'DejaVu Sans'" in svg.decode()
    assert fonts.OWN not in svg.decode() and fonts.OWN_LATIN not in svg.decode()


def test_a_png_has_300_dots_an_inch_and_as_many_pixels():
    image = Image.open(io.BytesIO(render(make_print(), "png", "en")))
    assert image.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
    assert image.width == 4 * DPI and image.height > 3 * DPI


def test_pillow_reads_the_pixels_of_a_png():
    drawn = np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)
    for size in ((7, 5), (1, 5), (7, 1), (1, 1)):
        pixels = drawn[: size[0], : size[1]]
        with Image.open(io.BytesIO(write_png(Image.fromarray(pixels), 254))) as image:
            image.load()  # which checks the sums of the parts as well
            assert image.mode == "RGB" and image.info["dpi"] == (254, 254)
            assert np.array_equal(np.asarray(image), pixels)


def test_the_table_reads_back():
    rows = [*csv.reader(io.StringIO(render(make_print(), "csv", "en").decode("utf-8-sig")))]
    values = np.random.default_rng(0).normal(size=(3, 4))
    assert rows[0] == ["m", "r", "c", "v"]
    assert [float(row[3]) for row in rows[1:]] == pytest.approx(values.ravel().tolist(), rel=1e-8)


def test_no_cell_of_a_table_is_a_formula():
    sheet = make_print(rows=lambda: [("=1+1", "-2", -2)])
    assert render(sheet, "csv", "en").decode("utf-8-sig") == "'=1+1,'-2,-2\r\n"
    for sign in "=+-@\t\r\n＝＋－＠":
        written = render(make_print(rows=lambda sign=sign: [(f"{sign}1", "a")]), "csv", "en").decode("utf-8-sig")
        assert [*csv.reader(io.StringIO(written, newline=""))] == [[f"'{sign}1", "a"]]


def test_a_hundred_figures_from_ten_threads_are_those_drawn_alone():
    kinds = [*product(("en", "zh"), ("png", "svg", "pdf"))]
    asked = [
        (make_print(language, draw=partial(draw_line, seed)), kind, language)
        for seed in range(2)
        for language, kind in kinds
    ]
    alone = [render(*each) for each in asked]
    assert len(set(alone)) == len(alone)
    start = count_objects()  # other tests may hold figures of their own
    with ThreadPoolExecutor(10) as threads:
        many = [
            *threads.map(lambda number: render(*asked[number % len(asked)]) == alone[number % len(asked)], range(50))
        ]
        before = count_objects()
        many += threads.map(
            lambda number: render(*asked[number % len(asked)]) == alone[number % len(asked)], range(50, 100)
        )
        after = count_objects()
    assert all(many)
    assert all(after[kind] <= start[kind] for kind in ("Figure", "SubFigure", "Axes"))
    assert after.total() < 1.005 * before.total()


def draw_line(height: int, figure) -> None:
    figure.subplots().plot([0, height])


def count_objects() -> Counter:
    """How many of each class there are that matter to the collector, without matplotlib's 4096 widths of words."""
    from matplotlib.text import _get_text_metrics_with_cache_impl

    _get_text_metrics_with_cache_impl.cache_clear()
    gc.collect()
    return Counter(type(each).__name__ for each in gc.get_objects())


def test_another_process_draws_the_same():
    code = (
        "import hashlib; from tests.prints.test_paper import *; "
        "print(*(hashlib.sha256(render(make_print('zh'), kind, 'zh', ADDRESS)).hexdigest() for kind in ('png', 'svg', 'pdf')))"
    )
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    files = [render(make_print("zh"), kind, "zh", ADDRESS) for kind in ("png", "svg", "pdf")]
    assert seen == [hashlib.sha256(each).hexdigest() for each in files]


def test_without_a_font_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(fonts, "FACES", ())
    fonts._install.cache_clear()
    try:
        with pytest.raises(InputError, match="No font with Chinese"):
            render(make_print("zh"), "png", "zh")
        assert render(make_print(), "png", "en")
    finally:
        monkeypatch.undo()
        fonts._install.cache_clear()


@pytest.mark.parametrize("name", [fonts.OWN, fonts.OWN_LATIN])
def test_letters_that_were_deleted_are_made_again(name):
    """Systems delete old files of temporary folders while a server runs."""
    first = render(make_print("zh"), "svg", "zh"), render(make_print("zh"), "pdf", "zh")
    shutil.rmtree(fonts._install(name).folder.name)
    assert (render(make_print("zh"), "svg", "zh"), render(make_print("zh"), "pdf", "zh")) == first


def test_letters_without_their_tables_are_as_wide_and_look_the_same():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    fonts.families_for("en")
    words = "AVATAR fi ffl Wörter 3×3 −0.5 → 10⁻⁷ ŷ γβ"
    ours, theirs = (
        TextPath((0, 0), words, prop=FontProperties(family=each)) for each in (fonts.OWN_LATIN, fonts.LATIN)
    )
    assert np.array_equal(ours.vertices, theirs.vertices) and np.array_equal(ours.codes, theirs.codes)


def test_the_style_of_the_program_that_draws_changes_nothing():
    import matplotlib

    first = [render(make_print(), kind, "en") for kind in ("png", "svg", "pdf")]
    for changed in ({"font.weight": "bold"}, {"font.style": "italic"}, {"font.stretch": "condensed"}):
        fonts._install.cache_clear()
        with matplotlib.rc_context(changed):
            assert [render(make_print(), kind, "en") for kind in ("png", "svg", "pdf")] == first
    fonts._install.cache_clear()


def test_grey_print_tells_what_is_below_zero():
    """By a mark in those cells, and the same mark in that part of the scale. Numbers have a sign of their own."""
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure

    values = np.zeros((20, 20))
    values[3, 5], values[7, 2], values[8, 8], values[9, 9] = -1.0, -0.5, 1.0, -0.01
    for numbers, wanted in ((False, {(5.5, 3.5), (2.5, 7.5)}), (True, set())):
        figure = Figure(figsize=(4, 3), layout="constrained")
        (axes,) = draw_map_rows(figure, [Map(values, "map", "", numbers=numbers)])
        drawn = [each for each in axes.collections if isinstance(each, PathCollection)]
        assert {tuple(place) for each in drawn for place in each.get_offsets().tolist()} == wanted
        (scale,) = [each for each in figure.axes if each is not axes]
        marks = [each for each in scale.collections if len(each.get_offsets()) == 2]
        assert all(up < 0 for each in marks for _, up in each.get_offsets().tolist()) and len(marks) == bool(wanted)
        assert scale.get_ylim() == (-1, 1) and scale.get_xlabel() == ("“–”: < 0" if wanted else "")


def test_letters_that_our_sentences_lack_are_taken_from_the_font_of_matplotlib():
    sheet = make_print(title="weights рубашка")
    assert "weights рубашка" in words_of_svg(render(sheet, "svg", "en"))
    assert "weightsрубашка" in words_of_pdf(render(sheet, "pdf", "en")).replace(" ", "")


def test_what_no_font_has_becomes_a_question_mark():
    assert "weights ???" in words_of_svg(render(make_print(title="weights 你好🦒"), "svg", "en"))


def test_a_figure_that_is_too_large_is_refused():
    with pytest.raises(InputError, match="too large"):
        paper.write(huge_figure, "png", "en")
    with pytest.raises(InputError, match="too large"):
        render(make_print(rows=lambda: [("x" * paper.MOST_BYTES,)]), "csv", "en")


def huge_figure():
    from matplotlib.figure import Figure

    return Figure(figsize=(100, 100))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://x y",
        "http://",
        5,
        None,
        "http://x/" + "y" * 5000,
        "http://[x",
    ],
)
def test_only_an_address_of_a_page_is_printed(address):
    assert check_address(address) == ""
    assert check_address(ADDRESS) == ADDRESS


def test_lines_are_no_wider_than_the_page():
    for language, words in (
        ("en", 30 * "many words in a row "),
        ("zh", 30 * "卷积核的“感受野”，与步长。"),
        ("en", ADDRESS * 20),
    ):
        ruler = fonts.Ruler(fonts.families_for(language), 8)
        lines = wrap(words, 300, ruler)
        assert all(ruler.measure(line) <= 300 for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")
        assert not any(line[0] in "，。”" for line in lines)


def test_lines_that_are_there_stay():
    assert wrap("one\ntwo words\n\nthree", 300, fonts.Ruler([fonts.LATIN], 8)) == ["one", "two words", "three"]


def test_the_width_of_words_is_that_which_matplotlib_prints():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    ruler = fonts.Ruler([fonts.LATIN], 8)
    printed = TextPath((0, 0), "receptive field", prop=FontProperties(family=fonts.LATIN, size=8)).get_extents().width
    assert ruler.measure("receptive field") == pytest.approx(printed, rel=0.05)


def test_sentences_lose_their_html():
    assert plain("a <b>b</b><br>c &times; 2 < 3") == "a b c × 2 < 3"
