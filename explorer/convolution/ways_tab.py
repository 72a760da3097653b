"""Below the convolution: four ways to compute it, the matrix of the second, and which of them is the fastest where."""

from __future__ import annotations

import gradio as gr

from explorer.convolution.figures import format_time
from explorer.convolution.measure_ways import load_growth
from explorer.convolution.sections import build_board, name_all
from explorer.convolution.sent import read_sent
from explorer.convolution.ways import Way, compare_ways
from explorer.convolution.ways_figures import draw_growth
from explorer.page.events import wire
from explorer.page.layout import build_look_for
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in

_NAMES = "measure picture row matrix result shape part hint"


def on_measure(sent: object, *, language: str) -> dict:
    """Time, difference and multiply-adds of each way for the picture and the kernel on screen."""
    text, ways = text_in(language), compare_ways(read_sent(sent))
    fastest = min(ways, key=lambda way: way.seconds)
    apart = _write(max(way.difference for way in ways))
    name = text(f"ways.{fastest.name}")
    return {"look_for": text("ways.look", difference=apart, fastest=name), "table": _draw_table(ways, text)}


def _write(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def _draw_table(ways: list[Way], text: Text) -> str:
    heads = "".join(
        f"<th{' class=number' if index else ''}>{text(f'ways.head_{name}')}</th>"
        for index, name in enumerate(("way", "time", "difference", "mult_adds"))
    )
    rows = "".join(
        f"<tr><td>{text(f'ways.{way.name}')}</td><td class=number>{format_time(way.seconds)}</td>"
        f"<td class=number>{_write(way.difference)}</td>"
        f"<td class=number>{'≈ ' if way.name == 'fft' else ''}{way.mult_adds:,}</td></tr>"
        for way in ways
    )
    return f'<div class="cnn-table-scroll whole"><table class="cnn-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def on_growth(*, language: str) -> dict:
    """The measured chart, which is only sent when the section opens."""
    return {"chart": gr.update(value=draw_growth(load_growth(), text_in(language)), visible=True)}


def build_ways(language: str) -> None:
    """The section, closed at first."""
    text = text_in(language)
    with gr.Accordion(text("ways.title"), open=False) as section:
        gr.Markdown(text("ways.intro"))
        board = build_board("convolution/ways_view.js", "ways", text, name_all("ways", _NAMES))
        look_for = build_look_for(text("ways.not_yet"))
        table = gr.HTML("")
        chart = gr.Plot(visible=False, **PLOT_SETTINGS)
        machine = load_growth()["machine"]
        about = {"processor": machine["processor"], "torch": machine["torch"]}
        gr.Markdown(text("ways.about", **about))
    wire([board.input], on_measure, {"sent": board}, {"look_for": look_for, "table": table}, language, queue=True)
    wire([section.expand], on_growth, {}, {"look_for": look_for, "chart": chart}, language)
