"""A print that is made without Gradio and PyTorch, which a process of its own would load for many seconds."""

from __future__ import annotations

from functools import partial

from explorer.prints.records import Print

SENTENCES = {"en": "The kernel slides over the padded image", "zh": "卷积核的感受野与步长"}
ADDRESS = "http://127.0.0.1:7860/?tab=convolution&kernel=sobel_x&cells=1,0,-1;2,0,-2;1,0,-1"


def draw_line(height: int, figure) -> None:
    figure.subplots().plot([0, height])


def draw_map(figure) -> None:
    """A map with its scale, a line and a word in it, and numbers at the axes."""
    axes = figure.subplots()
    figure.colorbar(axes.imshow([[0.0, 1.0], [-1.0, 0.5]]))
    axes.plot([0, 1])
    axes.text(0, 0, "3 × 4")


def make_drawn(language: str, draw=draw_map) -> Print:
    """A sheet with words of that language around what is drawn."""
    words = {"setting": "stride 2 · padding 1", "numbers": "Costs $5 &amp; <b>nothing</b> more"}
    return Print(name="drawn", title=SENTENCES[language], draw=draw, rows=list, size=(4, 3), **words)


def make_line(language: str, height: int) -> Print:
    """The same around a line."""
    return make_drawn(language, partial(draw_line, height))
