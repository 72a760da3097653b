"""The picker of clothes: ten thumbnails, one a class, and a button for the next of the chosen class."""

from __future__ import annotations

import base64
import html
import io
import json
from functools import lru_cache

import gradio as gr
from PIL import Image

from explorer.checks import check_whole
from explorer.data import load_sample
from explorer.page.scripts import mount
from explorer.text import text_in

PER_CLASS = 20  # images of each class in the packed sample, class by class
NUM_CLASSES = 10
NUM_SAMPLES = PER_CLASS * NUM_CLASSES


def check_sample(value) -> int:
    """The index of a sample (0..199) as the browser sent it.

    Raises:
        InputError: it is not a whole number of that range.
    """
    return check_whole("terms.sample", value, 0, NUM_SAMPLES - 1)


def build_sample_picker(language: str, value: int = 0, elem_id: str | None = None) -> gr.HTML:
    """A component whose value is the index of the chosen image in the packed sample.

    `.input` fires when the reader chooses another one.

    Args:
        language: language of the names of the classes.
        value: index chosen at first, class * 20 + k.
        elem_id: id in the page.
    """
    text = text_in(language)
    names = [text(f"terms.class_{label}") for label in range(NUM_CLASSES)]
    words = {"names": names, "next": text("app.next_sample"), "other": text("app.other_sample"), "perClass": PER_CLASS}
    # The template holds no property, so that a new value never draws the picker again.
    template = f'<div class="sample-picker" data-words="{html.escape(json.dumps(words, ensure_ascii=False))}"></div>'
    return gr.HTML(
        value,
        html_template=template,
        js_on_load=mount("page/samples.js"),
        elem_id=elem_id,
        elem_classes="samples",
        apply_default_css=False,
    )


@lru_cache(maxsize=1)
def encode_sprite() -> str:
    """All samples in one PNG, a row of 20 for each class, as a data address: it is in the page once."""
    images = load_sample().images.reshape(NUM_CLASSES, PER_CLASS, 28, 28)
    sheet = images.permute(0, 2, 1, 3).reshape(NUM_CLASSES * 28, PER_CLASS * 28).numpy()
    buffer = io.BytesIO()
    Image.fromarray(sheet, mode="L").save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
