"""Components that are not seen: a value that a script of the page takes or sets."""

from __future__ import annotations

import html
import json
from typing import Any

import gradio as gr

from explorer.page.scripts import mount


def build_bridge(script: str, value: Any = None, css_class: str = "", **data: Any) -> gr.HTML:
    """A value between the server and a script, without anything to see.

    Args:
        script: its name, as `mount` takes it.
        value: the value at first.
        css_class: a class of its own, beside "bridge".
        **data: what the script finds in the `dataset` of the element inside; what is no string is written as JSON.
    """
    words = {name: value if isinstance(value, str) else json.dumps(value, default=str) for name, value in data.items()}
    attributes = "".join(f' data-{name}="{html.escape(word)}"' for name, word in words.items())
    return gr.HTML(
        value,
        html_template=f"<span hidden{attributes}></span>",
        js_on_load=mount(script),
        elem_classes=f"bridge {css_class}".split(),
        apply_default_css=False,
    )
