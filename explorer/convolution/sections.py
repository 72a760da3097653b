"""Folded sections of the tab that compute and draw in the page: what a script gets to begin with."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping

import gradio as gr

from explorer.page.canvas import SCALES
from explorer.page.scripts import mount
from explorer.text import LANGUAGES, Text


def build_board(
    script: str, host: str, text: Text, keys: Mapping[str, str], marks: str = "", css_class: str = "", **more: object
) -> gr.HTML:
    """A component that a script of the page fills. Its template holds no property, so nothing wipes what the script draws.

    Args:
        script: its name, as `mount` takes it.
        host: class of the element that the script fills.
        text: of the reader's language.
        keys: name by which the script knows a sentence -> its key.
        marks: further attributes of that element.
        css_class: a class of its own, beside that of all boards.
        **more: what else the script gets beside the sentences, JSON-able.
    """
    words = {name: text(key) for name, key in {"of_before": "convolution.of_before", **keys}.items()}
    about = json.dumps(
        {"scales": SCALES, "joiner": LANGUAGES[text.language].sentence_joiner, **words, **more}, ensure_ascii=False
    )
    return gr.HTML(
        None,
        html_template=f'<div class="{host}" {marks} data-words="{html.escape(about)}"></div>',
        js_on_load=mount(script),
        elem_classes=["convolution-board", *css_class.split()],
        apply_default_css=False,
    )


def name_all(module: str, names: str) -> dict[str, str]:
    """Keys of sentences by their names.

    >>> name_all("descent", "play pause")
    {'play': 'descent.play', 'pause': 'descent.pause'}
    """
    return {name: f"{module}.{name}" for name in names.split()}
