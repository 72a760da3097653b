"""Sections below the classifier that are drawn when they are opened, and again for another picture or network (sections.js)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from explorer.page.events import PRIVATE
from explorer.page.layout import build_setter


@contextmanager
def open_section(name: str, title: str) -> Iterator[gr.HTML]:
    """A section, closed at first; what is built within this stands in it.

    Args:
        name: its own.
        title: what a reader sees.

    Yields:
        A component whose `input` fires each time that the section has to be drawn.
    """
    asked = build_setter(f"classifier.{name}")
    with gr.Accordion(title, open=False, elem_id=f"classifier-section-{name}") as section:  # where sections.js finds it
        yield asked
    for event, is_open in ((section.expand, "true"), (section.collapse, "false")):
        event(None, None, None, js=f'() => cnnExplorer.openSection("classifier.{name}", {is_open})', **PRIVATE)
