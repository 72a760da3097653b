"""What the charts show of what was measured, and what is said about it, in both languages."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from explorer.gradient_flow.article import load_article
from explorer.gradient_flow.figures import (
    KINDS,
    describe,
    draw_blocks,
    draw_depths,
    draw_inplace_table,
    fill_article,
    say_number,
)
from explorer.gradient_flow.maths import (
    Flow,
    GradientNorms,
    InplaceCase,
    Settings,
    compute_spread,
    measure_gradient_norms,
)
from explorer.page.style import ROLES
from explorer.text import LANGUAGES, text_in

TUTORIAL = Settings()


def made_up(
    plain: list[float], residual: list[float], plain_double: list[float] | None = None, **changes
) -> GradientNorms:
    """Three seeds of a 2-block stack whose norms are given for (first block alone, first block of both)."""

    def flow(norms: list[float]) -> Flow:
        rows = torch.tensor([norms] * 3, dtype=torch.float64)
        return Flow(rows.flip(1), rows, rows, rows)

    settings = Settings(depth=2, seeds=3, **changes)
    return GradientNorms(settings, flow(plain), flow(residual), flow(plain_double or plain), flow(residual))


def one_alive_in_float64() -> GradientNorms:
    """All three seeds read 0 in float32, one of them only because float32 does not go so far down."""
    norms = made_up([1.0, 0.0], [1.0, 1.0])
    first_block = norms.plain_double.first_block.clone()
    first_block[1, -1] = 1e-60
    return replace(norms, plain_double=replace(norms.plain_double, first_block=first_block))


def lines(figure) -> dict:
    return {trace.name: trace for trace in figure.data if trace.name}


def test_medians_are_drawn_in_decades_in_the_colours_of_the_house():
    norms = measure_gradient_norms(Settings(depth=12, seeds=9))
    text = text_in("en")
    for figure, part, places in (
        (draw_blocks(norms, text), "blocks", list(range(1, 13))),
        (draw_depths(norms, text), "first_block", [1, 2, 5, 10, 12]),
    ):
        for kind in KINDS:
            line = lines(figure)[text(f"gradient_flow.{kind}")]
            medians = compute_spread(getattr(getattr(norms, kind), part)).median
            assert list(line.x) == places
            assert list(line.y) == pytest.approx([math.log10(median) for median in medians.tolist()])
            assert line.line.color == ROLES[kind]
        assert figure.layout.xaxis.title.text
        assert figure.layout.yaxis.title.text == text("gradient_flow.norm_axis")


def test_zeros_lie_on_a_marked_floor_and_overflow_on_a_marked_ceiling():
    figure = draw_depths(made_up([1.0, 0.0], [1.0, math.inf], [1.0, 1e-30]), text_in("en"))
    plain, residual = lines(figure)["plain"], lines(figure)["residual"]
    axis = figure.layout.yaxis
    names = dict(zip(axis.tickvals, axis.ticktext, strict=True))
    assert names[plain.y[-1]] == "<b>0</b>"
    assert names[residual.y[-1]] == "<b>∞</b>"
    assert axis.range[0] < plain.y[-1] < -30 < 0 < residual.y[-1] < axis.range[1]
    assert "0 in float32 for 3 of 3 seeds" in plain.hovertext[-1]
    assert "1×10⁻³⁰" in plain.hovertext[-1].replace("1.0×", "1×")
    dotted = [trace for trace in figure.data if trace.line.dash == "dot"]
    assert [trace.y[-1] for trace in dotted] == pytest.approx([-30])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("depth", [1, 2, 3, 7, 60])
def test_every_depth_can_be_drawn(language, depth):
    norms = measure_gradient_norms(Settings(depth=depth, width=3, seeds=4))
    for draw in (draw_blocks, draw_depths):
        figure = draw(norms, text_in(language))
        assert len(lines(figure)) == 2
        assert str(1) in [str(value) for value in figure.layout.xaxis.tickvals]


def test_the_tutorials_experiment_in_words():
    sentence = describe(measure_gradient_norms(TUTORIAL), text_in("en"))
    assert "0 in float32 for 100 of 100 seeds" in sentence
    assert "it grows" in sentence
    assert "The tutorial expects about 0.01" in sentence
    chinese = describe(measure_gradient_norms(TUTORIAL), text_in("zh"))
    assert "100 个种子中有 100 个" in chinese
    assert "0.01" in chinese


@pytest.mark.parametrize(
    ("norms", "expected"),
    [
        (made_up([1.0, 0.01], [1.0, 1.5]), ["100 times smaller", "close to the value for one block, 1."]),
        (made_up([1.0, 50.0], [1.0, math.nan]), ["50 times as large as with one block", "it overflows for 3 of 3"]),
        (
            made_up([1.0, 0.0], [1.0, 1.0]),
            ["exactly 0 for 3 of 3 seeds. For 3 of them it is 0 in double precision too, because"],
        ),
        (
            one_alive_in_float64(),
            ["exactly 0 for 3 of 3 seeds. For 2 of them it is 0 in double precision too, because"],
        ),
        (
            made_up([1.0, 0.0], [1.0, 1.0], [1.0, 1e-200]),
            ["0 in float32 for 3 of 3", "in double precision the median is 1.0×10⁻²⁰⁰"],
        ),
        (
            made_up([1.0, 0.0], [1.0, 1.0], activation="sigmoid"),
            ["exactly 0 for 3 of 3", "For 3 of them it is 0 in double precision too."],
        ),
        (made_up([0.0, 2.0], [0.0, 2.0]), ["plain network is 2."]),
    ],
)
def test_the_sentence_follows_the_measurement(norms, expected):
    sentence = describe(norms, text_in("en"))
    for part in expected:
        assert part in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_the_explanation_holds_what_is_measured(language):
    explanation = text_in(language)("gradient_flow.explanation", **fill_article(load_article()))
    measured = [measure_gradient_norms(Settings(initialisation=initialisation)) for initialisation in ("default", "he")]
    medians = [
        compute_spread(flow.first_block).median.tolist() for norms in measured for flow in (norms.plain, norms.residual)
    ]
    for depth, *row in zip(measured[0].settings.depths, *medians, strict=True):
        assert f"| {depth} | {' | '.join(say_number(median) for median in row)} |" in explanation


def test_numbers_are_said_with_two_digits():
    numbers = {
        170.4: "170",
        0.3333: "0.33",
        5.13e-44: "5.1×10⁻⁴⁴",
        0.0: "0",
        1200.0: "1,200",
        math.inf: "∞",
        7e10: "7×10¹⁰",
    }
    assert {value: say_number(value).replace(".0×", "×") for value in numbers} == numbers


def test_code_in_the_table_is_escaped():
    table = draw_inplace_table([InplaceCase("before_addition", "same")], text_in("en"))
    assert "<code>relu_(x @ w) + x</code>" in table
    assert "the same" in table
