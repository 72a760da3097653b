"""The parts that every wing is laid out from: introduction, look-for line, explanation, questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from explorer.page.bridges import build_bridge
from explorer.page.events import Components, draw_look_for, never
from explorer.page.handing import Giver, Taker
from explorer.text import text_in


@dataclass(frozen=True)
class Keeping:
    """What a tab says of the figures that people save from it.

    Attributes:
        gather: the figures that there are for what is set (`explorer.prints.records.Print`), called as
            `gather(language=..., **values)`.
        inputs: name -> the component whose value it takes.
    """

    gather: Callable[..., Sequence]
    inputs: Components


@dataclass(frozen=True)
class Wing:
    """What a built tab hands to the roof.

    Attributes:
        name: name of the wing, the id of its tab and the value of `?tab=` in a link.
        link_settings: query parameter -> the component that it sets and that it mirrors.
        handler: recomputes the pictures from `inputs`, called with the page's language.
        inputs: name -> the component whose value it takes.
        outputs: name -> a component that it may fill, as `explorer.page.events.wire` says.
        link_parsers: query parameter -> what turns its text into a value, or None for nonsense; only for components
            that links.parse_setting does not know.
        takes_long: which calls of the handler take seconds, as `explorer.page.events.wire` says.
        takes: where it shows a network that another tab gives; None where it shows none.
        gives: networks that it gives to other tabs, or None.
        resets: components that a link does not name, but sets to what they are at first.
        keeps: the figures that people save from it; None where there are none.
    """

    name: str
    link_settings: Components
    handler: Callable
    inputs: Components = field(default_factory=dict)
    outputs: Components = field(default_factory=dict)
    link_parsers: Mapping[str, Callable[[str], object]] = field(default_factory=dict)
    takes_long: Callable[..., bool] = never
    takes: Taker | None = None
    gives: Giver | None = None
    resets: Sequence[gr.components.Component] = ()
    keeps: Keeping | None = None


def build_intro(wing: str, language: str) -> gr.HTML:
    """One line that says what the wing shows (`WING.intro`)."""
    return gr.HTML(f'<p class="intro">{text_in(language)(f"{wing}.intro")}</p>', elem_classes="intro-line")


@contextmanager
def controls_column():
    """The narrow column of controls at the left (on a phone: below the picture)."""
    with gr.Column(scale=3, min_width=260, elem_classes="controls") as column:
        yield column


@contextmanager
def picture_column():
    """The wide column with the look-for line and the main picture."""
    with gr.Column(scale=9, min_width=320, elem_classes="picture") as column:
        yield column


def build_look_for(sentence: str) -> gr.HTML:
    """The line above the picture that says what to look for now."""
    return gr.HTML(draw_look_for(sentence), elem_classes="look-for-line")


def build_slider(minimum: float, maximum: float, value: float, label: str, **settings) -> gr.Slider:
    """A slider of whole steps; a number typed out of bounds reaches the handler, which refuses it in the reader's language."""
    return gr.Slider(minimum, maximum, value, step=1, label=label, **settings)


def build_setter(name: str, value: Any = None) -> gr.HTML:
    """A value that is not seen and that scripts of the page set by `setValue` of values.js: then `.input` fires."""
    return build_bridge("page/values.js", value, name=name)


LATEX_DELIMITERS = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def build_explanation(wing: str, language: str, **values: object) -> None:
    """Below the fold: how it works (`WING.explanation`, Markdown with LaTeX) and the questions (`WING.questions`).

    `WING.questions` is Markdown with a `### ` heading for each question and its answer below.

    Args:
        wing: whose sentences these are.
        language: of the page.
        **values: what was computed or measured, for the placeholders of both.
    """
    text = text_in(language)
    with gr.Column(elem_classes="explanation"):
        gr.Markdown(f"## {text('app.how_it_works')}")
        gr.Markdown(text(f"{wing}.explanation", **values), latex_delimiters=LATEX_DELIMITERS)
        gr.Markdown(f"## {text('app.questions')}")
        for block in text(f"{wing}.questions", **values).strip().split("\n### "):
            question, _, answer = block.removeprefix("### ").strip().partition("\n")
            with gr.Accordion(question, open=False):
                gr.Markdown(answer.strip(), latex_delimiters=LATEX_DELIMITERS)
