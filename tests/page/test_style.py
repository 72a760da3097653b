from __future__ import annotations

import re
from pathlib import Path

import pytest

from explorer.page import style
from explorer.page.style import (
    ACCENT,
    DIVERGING,
    INK,
    MUTED,
    ROLES,
    SEQUENTIAL,
    SYSTEM_FONTS,
    build_css,
    new_figure,
    sheet_class,
)


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear))


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_text_stands_out_as_wcag_asks():
    assert contrast(INK, "#ffffff") > 7
    assert min(contrast(colour, "#ffffff") for colour in (ACCENT, MUTED)) > 4.5


@pytest.mark.parametrize("role", ["residual", "plain", "correct", "wrong", "input", "kernel", "output"])
def test_lines_stand_out_on_a_light_and_on_a_dark_page(role):
    assert min(contrast(ROLES[role], "#ffffff"), contrast(ROLES[role], "#12161c")) > 3


def test_zero_is_white_and_both_signs_weigh_the_same():
    assert DIVERGING[len(DIVERGING) // 2] == [0.5, "#ffffff"]
    for (left, cold), (right, warm) in zip(DIVERGING, DIVERGING[::-1]):
        assert left + right == pytest.approx(1)
        assert abs(luminance(cold) - luminance(warm)) < 0.2


def test_the_sequential_scale_darkens_all_the_way():
    steps = [luminance(colour) for _, colour in SEQUENTIAL]
    assert steps == sorted(steps, reverse=True)


def test_settings_of_an_axis_add_to_its_title():
    figure = new_figure("depth (blocks)", "norm", yaxis={"type": "log"}, height=300)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("depth (blocks)", "norm")
    assert (figure.layout.yaxis.type, figure.layout.height) == ("log", 300)


def test_the_page_asks_for_no_font_and_no_file():
    assert not re.search(r"@import|@font-face|url\((?!data:)|https?:", build_css())
    assert "sans-serif" in SYSTEM_FONTS


def test_the_dark_rule_knows_the_ink_of_charts():
    red, green, blue = (int(INK[start : start + 2], 16) for start in (1, 3, 5))
    assert f"fill: rgb({red}, {green}, {blue})" in build_css()


def test_the_borders_of_fields_can_be_seen_on_either_ground():
    css = (Path(style.__file__).parent / "style.css").read_text(encoding="utf-8")
    (border,) = set(re.findall(r"--field-line: (#[0-9a-f]{6})", css))
    assert min(contrast(border, "#ffffff"), contrast(border, "#12161c")) > 3


def test_each_style_sheet_comes_once_and_has_a_class_that_is_used():
    package = Path(style.__file__).parents[1]
    python = "".join(file.read_text(encoding="utf-8") for file in package.glob("*/*.py"))
    css = build_css()
    sheets = [sheet for sheet in package.glob("*/*.css") if sheet.name != "style.css"]
    assert len(sheets) > 5
    for sheet in sheets:
        assert css.count(sheet.read_text(encoding="utf-8")) == 1
        assert f":is(.{sheet_class(sheet)}, #_) {{" in css and f'"{sheet_class(sheet)}"' in python, sheet


def test_no_rule_looks_for_a_change_anywhere_on_the_page():
    """With `:has()` of what holds everything, each change of anything has all of it styled again: a chart took ten seconds."""
    everything = r"(?:^|[\s,}>])(?::root|html|body|gradio-app|main|\.gradio-container)[^\s,{]*:has\("
    assert re.search(everything, "p {}\nbody:has(.lost) .waiting-line {}")
    assert not re.search(everything, build_css())
