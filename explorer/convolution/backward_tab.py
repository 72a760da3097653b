"""Below the convolution: its backward pass. The page computes and draws it; the server confirms it when it is asked to."""

from __future__ import annotations

import inspect

import gradio as gr

from explorer.convolution.maths import conv2d_backward_manual
from explorer.convolution.sections import build_board, name_all
from explorer.convolution.sent import compare_backward
from explorer.page.events import wire
from explorer.page.layout import LATEX_DELIMITERS, build_look_for
from explorer.text import text_in

_NAMES = """
    loss loss_cell loss_sum loss_distance look_cell look_choose look_sum look_distance things gradients as_input as_kernel also same check hint
    more of_weight of_pixel of_place choose map_input map_output map_kernel grad_input grad_padded grad_output grad_kernel framed flipped window
"""


def on_check(sent: object, *, language: str) -> dict:
    """What the loop and autograd say of the gradients that the page found."""
    found = compare_backward(sent)
    numbers = {name: f"{getattr(found, name):.1e}".replace("0.0e+00", "0") for name in ("manual", "page")}
    return {"look_for": text_in(language)("backward.checked", largest=f"{found.largest:.3g}", **numbers)}


def build_backward(language: str) -> None:
    """The section, closed at first."""
    text = text_in(language)
    with gr.Accordion(text("backward.title"), open=False):
        gr.Markdown(text("backward.intro"))
        board = build_board("convolution/backward_view.js", "backward", text, name_all("backward", _NAMES))
        look_for = build_look_for(text("backward.unchecked"))
        gr.Markdown(text("backward.about"), latex_delimiters=LATEX_DELIMITERS)
        with gr.Accordion(text("backward.code"), open=False):
            gr.Markdown(f"```python\n{inspect.getsource(conv2d_backward_manual)}```")
    wire([board.input], on_check, {"sent": board}, {"look_for": look_for}, language)
