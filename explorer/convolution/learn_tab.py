"""Below the convolution: a kernel that is learned, by hand and by gradient descent. All of it happens in the page (learn.js)."""

from __future__ import annotations

import gradio as gr

from explorer.convolution.kernels import PRESETS, parse_kernel
from explorer.convolution.sections import build_board, name_all
from explorer.page.samples import NUM_CLASSES
from explorer.text import text_in

# Those that made the targets: no number of them is so large that the slider of a cell would not reach it.
HIDDEN = (
    "horizontal",
    "vertical",
    "sobel_x",
    "sobel_y",
    "laplacian",
    "sharpen",
    "box",
    "gaussian",
    "emboss",
    "identity",
)
_NAMES = """
    label picture picture_screen picture_uniform picture_noise target target_secret target_draw size start start_zeros start_random
    rate momentum kernel guess guess_none guess_upto guess_between guess_more guess_never guess_right guess_wrong took took_never
    find pause step reset reveal hide another clear pace axis_steps axis_loss curve map_input map_result map_target map_drawn
    map_difference map_kernel map_hidden map_best draw_hint loss loss_hand least by_hand not_yet running apart end_found end_stopped
    end_exploded diverges blind small impossible reachable slow draw
"""


def build_learn(language: str) -> None:
    """The section, closed at first."""
    text = text_in(language)
    with gr.Accordion(text("descent.title"), open=False):
        gr.Markdown(text("descent.intro"))
        build_board(
            "convolution/learn.js",
            "lesson",
            text,
            {**name_all("descent", _NAMES), "cell": "convolution.cell"},
            css_class="convolution-learn",
            kernels={name: parse_kernel(PRESETS[name]).tolist() for name in HIDDEN},
            names={name: text(f"convolution.kernel_{name}") for name in HIDDEN},
            classes=[text(f"terms.class_{label}") for label in range(NUM_CLASSES)],
            paces=[text(f"descent.pace_{name}") for name in ("slow", "frame", "fast")],
        )
        gr.Markdown(text("descent.about"))
