"""Links that open a tab with settings (`?tab=shapes&model=resnet18`), and the address that follows what is set.

address.js reads the address once and writes it again at each change. The server hears of it only when a page is
opened by a link with settings, or when such a link is clicked in the page: then these are checked, set, and that tab's
pictures drawn again.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from explorer.checks import check_number
from explorer.errors import InputError
from explorer.page.bridges import build_bridge
from explorer.page.events import PRIVATE, then_wire
from explorer.page.layout import Wing
from explorer.page.samples import check_sample

LONGEST_TEXT = 2000  # characters: a table of 64 layers
SEPARATORS = (";", ",")  # of the rows of a matrix or a table, and of the cells of a row; both sides write them


def split_rows(words: str) -> list[list[str]]:
    """The cells of the rows of a matrix or a table as a link writes it.

    >>> split_rows("1,0;2,0")
    [['1', '0'], ['2', '0']]
    """
    between_rows, between_cells = SEPARATORS
    return [row.split(between_cells) for row in words.split(between_rows)]


def parse_setting(component: gr.components.Component, text: str) -> Any:
    """The value that this text of a link stands for in this component, or None if it cannot be one.

    Raises:
        TypeError: components of that kind cannot be set by a link.
    """
    if isinstance(component, gr.Dropdown | gr.Radio):
        return next((value for _, value in component.choices if str(value) == text), None)
    if isinstance(component, gr.Checkbox):
        return {"true": True, "false": False}.get(text)
    if isinstance(component, gr.Textbox):
        return text if len(text) <= LONGEST_TEXT else None
    try:
        if isinstance(component, gr.Slider | gr.Number):
            number = check_number("app.setting", text, component.minimum, component.maximum)
            return int(number) if number.is_integer() else number
        if isinstance(component, gr.HTML):
            return check_sample(text)
    except InputError:
        return None
    raise TypeError(f"a link cannot set a {type(component).__name__}")


def connect_links(wing: Wing, tabs: gr.Tabs, language: str) -> None:
    """Let a link open this wing's tab with its settings, and let the address follow them."""
    first = {name: component.value for name, component in wing.link_settings.items()}
    reader = build_bridge(
        "page/address.js",
        css_class="link-reader",
        wing=wing.name,
        settings=first,
        opened=tabs.selected,
        tabs=[tab.id for tab in tabs.children],
    )
    components = list(wing.link_settings.values())

    def open_link(settings: Any) -> list:
        # Without settings the pictures alone are asked for once more, whatever tab is looked at by then.
        firsts = [each.value if settings else gr.skip() for each in wing.resets]
        return [gr.Tabs(selected=wing.name) if settings else gr.skip(), *read_settings(wing, settings), *firsts]

    reader.click(None, None, tabs, js=f'() => ({{ selected: "{wing.name}", __type__: "update" }})', **PRIVATE)
    opened = reader.input(open_link, [reader], [tabs, *components, *wing.resets], **PRIVATE)
    # In its turn: otherwise the pictures of thirty readers who open one link would be computed at once.
    drawn = then_wire(opened, wing.handler, wing.inputs, wing.outputs, language, queue=True, takes_long=wing.takes_long)
    # What of the link was not taken is not what the page shows: the address follows the components.
    told = f'(...values) => cnnExplorer.linkOpened("{wing.name}", {json.dumps([*wing.link_settings])}, values)'
    drawn.then(None, components, None, js=told, **PRIVATE)
    for name, component in wing.link_settings.items():
        remember = f'(value) => cnnExplorer.rememberSetting("{wing.name}", "{name}", value)'
        # Not only settings that a person changes by hand: a story or a preset changes several at once.
        component.change(None, [component], None, js=remember, **PRIVATE)


def read_settings(wing: Wing, settings: Any) -> list:
    """A value for each linked component: the link's value if it makes sense, otherwise no change."""
    texts = settings if isinstance(settings, dict) else {}
    values = (_read_setting(wing, name, str(texts[name])) if name in texts else None for name in wing.link_settings)
    return [gr.skip() if value is None else value for value in values]


def _read_setting(wing: Wing, name: str, text: str) -> Any:
    parse = wing.link_parsers.get(name)
    return parse_setting(wing.link_settings[name], text) if parse is None else parse(text[:LONGEST_TEXT])
