"""The files that people save from the page, for programs: a figure of a tab, a page to hand out.

A setting is written as in the address of the page, so that what is on the screen can be had by copying its link:
`figure("convolution", settings="kernel=sobel_x&padding=1")`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl

import gradio as gr
from gradio.context import LocalContext

from explorer.checks import check_choice
from explorer.errors import InputError
from explorer.page.layout import Wing
from explorer.page.links import LONGEST_TEXT, read_settings
from explorer.prints.handout import PAPERS, Sheet
from explorer.prints.keeping import make_file, make_handout, make_whole
from explorer.prints.paper import FORMATS
from explorer.prints.records import Print
from explorer.server.building import building
from explorer.text import text_in
from explorer.wings import WINGS

_BUILDING = Lock()
_LONGEST = 8 * LONGEST_TEXT  # characters of all settings


def figure(tab: str, name: str = "", kind: str = "png", settings: str = "", language: str = "en") -> dict:
    """A figure of a tab as a file, as its "Save a figure" gives it.

    Args:
        tab: "convolution", "receptive_field", "shapes", "gradient_flow" or "classifier".
        name: which of the tab's figures, one of `names`; without it the first. Figures of what the page alone computes ("Learn a kernel",
            the backward pass, channels, shifts) exist in the page only.
        kind: "png" (300 dots an inch), "svg", "pdf" or "csv" (its numbers).
        settings: what is set, as in the address of the page, such as "kernel=sobel_x&padding=1".
        language: "en" or "zh", of the words in the figure.

    Returns:
        `name` of the file, its media `type`, its `bytes` in base64, and `names` of all figures that there are with these settings.

    Raises:
        InputError: there is no such tab, figure, kind or setting.
    """
    kind = check_choice("prints.kind", kind, [*FORMATS])
    prints = {each.name: each for each in gather(tab, settings, language)}
    name = check_choice("prints.figure", name or next(iter(prints)), [*prints])
    return {**make_file(tab, prints[name], kind, text_in(language)), "names": [*prints]}


def handout(tab: str = "", paper: str = "a4", settings: str = "", language: str = "en") -> dict:
    """A page to hand out, as a PDF file: what a tab asks, its pictures, what to look for, what was measured.

    Args:
        tab: as in `figure`; without it a page on the whole app, as it opens.
        paper: "a4" or "letter".
        settings: as in `figure`.
        language: "en" or "zh", of the words.

    Returns:
        `name` of the file, its media `type` and its `bytes` in base64.

    Raises:
        InputError: there is no such tab, paper or setting.
    """
    paper = check_choice("prints.kind", paper, [*PAPERS])
    text = text_in(language)
    if not tab:
        return make_whole(
            lambda: gather_first([find_wing(name, language) for name in WINGS], language), paper, language
        )
    return make_handout([Sheet(tab, gather(tab, settings, language))], paper, text)


def gather_first(wings: Sequence[Wing], language: str) -> list[Sheet]:
    """The figures with which tabs open, of those that have any."""
    kept = [(each, each.keeps) for each in wings if each.keeps is not None]
    return [Sheet(each.name, [*keeps.gather(language=language, **read_values(each, ""))]) for each, keeps in kept]


def gather(tab: str, settings: str, language: str) -> list[Print]:
    """The figures of a tab for a setting.

    Raises:
        InputError: there is no such tab or setting, or nothing can be drawn for it.
    """
    with_figures = [name for name in WINGS if name != "claims"]
    wing = find_wing(check_choice("prints.tab", tab, with_figures), language)
    if wing.keeps is None:
        raise InputError("errors.not_a_choice", name="prints.tab", value=tab, choices=with_figures)
    values = read_values(wing, settings)
    return [*wing.keeps.gather(language=language, **values)]


def read_values(wing: Wing, settings: str) -> dict[str, Any]:
    """What the figures of a tab depend on: what the page opens with, and what is set.

    Raises:
        InputError: a setting is not known, or cannot be what is given.
    """
    given = dict(parse_qsl(str(settings).lstrip("?")[:_LONGEST], keep_blank_values=True))
    given.pop("tab", None)
    for name in given:
        if name not in wing.link_settings:
            raise InputError("errors.unknown_key", value=name, known=[*wing.link_settings])
    read = dict(zip(wing.link_settings, read_settings(wing, given)))
    chosen = {id(wing.link_settings[name]): _value_of(read[name], name, given[name]) for name in given}
    return {name: chosen.get(id(each), each.value) for name, each in _inputs_of(wing).items()}


def _inputs_of(wing: Wing) -> Mapping[str, gr.components.Component]:
    return wing.keeps.inputs if wing.keeps else {}


def _value_of(read: Any, name: str, given: str) -> Any:
    """The value of a component, where a link may say more about it."""
    if isinstance(read, dict) and read.get("__type__") == "update":
        if "value" not in read:
            raise InputError("prints.bad_setting", setting=name, value=given)
        return read["value"]
    return read


def find_wing(tab: str, language: str) -> Wing:
    """A tab as it opens, of a page that nobody sees."""
    with _BUILDING:
        return _build(tab, language)


@lru_cache(maxsize=16)
def _build(tab: str, language: str) -> Wing:
    # Inside an event Gradio takes a new component for the change of one that is on the page.
    within = LocalContext.in_event_listener.set(False)
    try:
        with building(), gr.Blocks(analytics_enabled=False):
            return WINGS[tab].build_tab(language)
    finally:
        LocalContext.in_event_listener.reset(within)
