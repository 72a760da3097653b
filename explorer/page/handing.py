"""Networks that one tab gives and another takes: a button opens what was trained in one of them in the other.

Tabs do not know each other: each says in its `Wing` what it gives or takes, and the roof connects them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from explorer.models.networks import Network
from explorer.page.events import LOOK_FOR, PRIVATE, Components, then_wire, wire
from explorer.text import Text, text_in

if TYPE_CHECKING:
    from explorer.page.layout import Wing

MOST_KEPT = 4  # networks of one visitor and tab; the oldest goes


@dataclass(frozen=True)
class Taker:
    """A tab that shows networks which it is given.

    Attributes:
        model: the choice of a network; its own choices stay.
        kept: holds the visitor's networks, a tuple.
    """

    model: gr.Dropdown
    kept: gr.State


@dataclass(frozen=True)
class Giver:
    """A tab that gives networks away.

    Attributes:
        buttons: name of the wing that is to open them -> the button.
        handler: gives the networks, of which the last is shown; called as `handler(**inputs, language=language)`.
        inputs: name -> the component whose value it takes.
        look_for: the line that says why there is nothing to give.
    """

    buttons: Mapping[str, gr.Button]
    handler: Callable[..., Sequence[Network]]
    inputs: Components
    look_for: gr.HTML


def keep_networks(
    kept: Sequence[Network], new: Sequence[Network], choices: Sequence[tuple[str, str]], text: Text
) -> dict:
    """The newest of the visitor's networks among those that can be chosen, and what is kept, as `Taker` names them.

    Args:
        kept: what this visitor had before.
        new: at least one; the last is chosen.
        choices: titles and names of the networks that anybody may choose.
        text: of the page's language.
    """
    kept = (*kept, *new)[-MOST_KEPT:]
    own = [(text.title(each.title), each.name) for each in reversed(kept)]
    return {"model": gr.update(choices=[*own, *choices], value=new[-1].name), "kept": kept}


def connect_networks(wings: Iterable[Wing], tabs: gr.Tabs, language: str) -> None:
    """Wire each button of those that give to the tab that is to take."""
    built = {wing.name: wing for wing in wings}
    for wing in built.values():
        for name, button in wing.gives.buttons.items() if wing.gives else ():
            if name in built:
                _connect(wing.gives, button, built[name], tabs, language)


def _connect(giver: Giver, button: gr.Button, wing: Wing, tabs: gr.Tabs, language: str) -> None:
    taker = wing.takes
    choices = [(title, name) for title, name in taker.model.choices]

    def on_give(kept, *, language: str, **values) -> dict:
        networks = giver.handler(language=language, **values)
        return {**keep_networks(kept, networks, choices, text_in(language)), "tabs": gr.Tabs(selected=wing.name)}

    inputs = {**giver.inputs, "kept": taker.kept}
    outputs = {LOOK_FOR: giver.look_for, "model": taker.model, "kept": taker.kept, "tabs": tabs}
    given = wire([button.click], on_give, inputs, outputs, language, queue=True)
    given.then(None, None, None, js="() => window.scrollTo(0, 0)", **PRIVATE)
    then_wire(given, wing.handler, wing.inputs, wing.outputs, language, queue=True, takes_long=wing.takes_long)
