"""A page to hand out is one page of its paper, and says what the tab asks, shows and measured."""

from __future__ import annotations

import base64
import re

import pytest

from explorer.errors import InputError
from explorer.prints.handout import PAPERS, Sheet, _shrink, render_handout
from explorer.take_away import find_wing, handout
from explorer.text import text_in
from tests.prints.test_paper import ADDRESS, make_print, words_of_pdf


def pages_of(file: bytes) -> list[tuple[float, float]]:
    """Width and height of each page, in points."""
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", file)
    return [(float(width), float(height)) for width, height in boxes]


@pytest.mark.parametrize(("paper", "size"), [("a4", (595.4, 841.7)), ("letter", (612, 792))])
def test_it_is_one_page_with_the_words_of_the_tab(paper, size):
    text = text_in("zh")
    sheet = Sheet("convolution", [make_print("zh"), make_print("zh", title="步长", numbers="感受野")])
    file = render_handout([sheet], paper, "zh", ADDRESS)
    assert pages_of(file) == [pytest.approx(size, abs=0.5)]
    words = words_of_pdf(file).replace(" ", "")
    for said in (
        text("convolution.tab"),
        text("convolution.intro"),
        "卷积核的感受野与步长",
        "步长",
        "Costs$5&nothingmore",
        ADDRESS,
    ):
        assert said.replace(" ", "") in words, said


def test_the_same_page_again_is_the_same_file():
    sheet = Sheet("convolution", [make_print()])
    assert render_handout([sheet], "a4", "en") == render_handout([sheet], "a4", "en")


def test_what_is_set_stands_on_it():
    file = handout("convolution", "letter", settings="padding=3&stride=2")
    words = words_of_pdf(base64.b64decode(file["bytes"]))
    assert "Padding: 3" in words and "Stride: 2" in words and file["name"] == "convolution-handout-letter.pdf"


def test_the_whole_app_fits_on_a_page():
    file = handout()
    words, text = words_of_pdf(base64.b64decode(file["bytes"])), text_in("en")
    assert len(pages_of(base64.b64decode(file["bytes"]))) == 1
    tabs = [name for name in ("convolution", "receptive_field", "shapes") if find_wing(name, "en").keeps]
    assert len(tabs) == 3 and all(text(f"{name}.tab") in words for name in tabs)


def test_other_papers_are_refused():
    assert [*PAPERS] == ["a4", "letter"]
    with pytest.raises(InputError, match="must be one of a4, letter"):
        handout(paper="a3")


def test_with_smaller_letters_names_come_nearer_and_arrows_stay():
    import matplotlib
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    name = axes.annotate("name", (1, 2), (4, 10), textcoords="offset points")
    arrow = axes.annotate("", (1, 2), (5, 6), arrowprops={"arrowstyle": "->"})
    with matplotlib.rc_context({"xtick.labelsize": 8}):
        _shrink(axes.figure, 0.75)
    assert name.xyann == (3, 7.5) and arrow.xyann == (5, 6)
