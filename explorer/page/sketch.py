"""A square to draw on, white on black as in the data set.

Gradio's sketchpad wants a brush to be chosen first, fills the browser's console with warnings, and uploads its picture
at every event; this one is a canvas of a few lines whose value travels with the other settings.
"""

from __future__ import annotations

import base64
import binascii
import html

import gradio as gr
import numpy as np

from explorer.errors import InputError
from explorer.page.scripts import mount

SIDE = 56  # px, twice that of the data set


def build_sketch(label: str, clear: str, elem_id: str | None = None) -> gr.HTML:
    """The component; `read_sketch` reads its value, and `.input` fires while a person draws.

    Args:
        label: what it is, for those who cannot see it.
        clear: words on the button that wipes it.
        elem_id: id in the page.
    """
    return gr.HTML(
        None,
        # The template holds no property, so that a new value never wipes the canvas.
        html_template=f'<div class="sketch" data-side="{SIDE}"><canvas role="img" aria-label="{html.escape(label)}">'
        f'</canvas><button type="button" class="text-button">{html.escape(clear)}</button></div>',
        js_on_load=mount("page/sketch.js"),
        elem_id=elem_id,
        elem_classes="page-sketch",
        apply_default_css=False,
    )


def read_sketch(value: str | None) -> np.ndarray | None:
    """(SIDE, SIDE) uint8, 0 black to 255 white, of the component's value; None as long as nothing is drawn.

    Raises:
        InputError: the value is not a drawing of that size.
    """
    if value is None:
        return None
    try:
        pixels = np.frombuffer(base64.b64decode(value, validate=True), dtype=np.uint8)
        return pixels.reshape(SIDE, SIDE)
    except (TypeError, ValueError, binascii.Error) as error:
        raise InputError("images.unknown") from error
