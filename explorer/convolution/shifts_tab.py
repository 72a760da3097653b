"""Below the convolution: pooling and convolutions of a picture that is moved. All of it happens in the page (shifts.js)."""

from __future__ import annotations

import gradio as gr

from explorer.convolution.sections import build_board, name_all
from explorer.text import text_in

_NAMES = """
    down right size pictures before after picture moved max average conv strided global percent look_none look_conv look_max look_broken
    operation equal change correlation along stays
"""


def build_shifts(language: str) -> None:
    """The section, closed at first."""
    text = text_in(language)
    with gr.Accordion(text("shifts.title"), open=False):
        gr.Markdown(text("shifts.intro"))
        build_board("convolution/shifts_view.js", "shifts", text, name_all("shifts", _NAMES))
        gr.Markdown(text("shifts.about"))
