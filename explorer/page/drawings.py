"""Pictures of a page that are made and sent only where the page does not show them already.

The page carries a mark of each picture that it shows, and sends the marks along. So nothing has to be remembered on
the server, and two pages of one visitor do not disturb each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from explorer.page.bridges import build_bridge

SHOWN = "shown"  # the name among inputs and outputs of the component that `build_shown` gives


@dataclass(frozen=True)
class Drawing:
    """A value of an output, and what it is a drawing of.

    Attributes:
        of: all that it depends on beside the language; where this is the same, so is the drawing. Its repr is compared:
            nothing may be in it whose repr hides a part, such as a tensor.
        make: makes it.
    """

    of: Any
    make: Callable[[], Any]

    @property
    def mark(self) -> str:
        """The same for the same `of` alone."""
        return hashlib.sha256(repr(self.of).encode("utf-8", "backslashreplace")).hexdigest()[:12]


def make_all(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The same changes with every drawing made."""
    return {name: value.make() if isinstance(value, Drawing) else value for name, value in changes.items()}


def make_new(changes: Mapping[str, Any], shown: Any, outputs: Collection[str]) -> dict[str, Any]:
    """The same changes with the drawings made that the page does not show, without the others, and with its new marks.

    Args:
        changes: what a handler changes, by the names of the outputs.
        shown: the value of the page's component SHOWN, whatever it is.
        outputs: names of all outputs.
    """
    drawings = find_marks(changes)
    marks = shown.get("marks") if isinstance(shown, dict) else None
    marks = marks if isinstance(marks, dict) else {}
    marks = {name: mark for name, mark in marks.items() if name in outputs and isinstance(mark, str) and len(mark) < 20}
    if not drawings and not marks.keys() & changes.keys():
        return dict(changes)
    new = {name: value for name, value in changes.items() if name not in drawings or drawings[name] != marks.get(name)}
    # What a handler sets by itself is not a drawing any more.
    stay = {name: mark for name, mark in marks.items() if name not in changes}
    return {**make_all(new), SHOWN: {"marks": {**stay, **drawings}, "sent": [name for name in drawings if name in new]}}


def build_shown(changes: Mapping[str, Any]) -> gr.HTML:
    """The component that holds the marks of what a page shows. Its `input` asks for all of it once more.

    That comes to pass where two answers were made for the same page at once: then each may have left out what the
    other one replaced.

    Args:
        changes: what the page opens with.
    """
    return build_bridge("page/shown.js", {"marks": find_marks(changes), "sent": []})


def find_marks(changes: Mapping[str, Any]) -> dict[str, str]:
    """The mark of each drawing among these changes."""
    return {name: value.mark for name, value in changes.items() if isinstance(value, Drawing)}
