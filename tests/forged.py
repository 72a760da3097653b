"""Values that a page never sends but a script may, and a look at what a handler makes of them."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import BlockFunction

from explorer.errors import InputError, shorten
from explorer.interface import build_app
from explorer.text import LANGUAGES


def nest(depth: int) -> list:
    """A list in a list in a list, so many times."""
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner


FORGED: list[Any] = [
    None,
    5,
    2.5,
    -1,
    10**400,
    -(10**400),
    float("nan"),
    float("inf"),
    True,
    False,
    "",
    "abc",
    "false",
    "\ud800",
    "a\0b",
    "x" * 100_000,
    "9" * 5000,
    [],
    [1, 2],
    [[], []],
    [None],
    [[None]],
    [["\ud800"]],
    [[10**400]],
    [[True]],
    [[float("nan")]],
    ["\ud800", "\ud800"],
    [{}],
    [[[[[1]]]]],
    nest(300),
    nest(5000),
    {},
    {"a": 1},
    {"\ud800": "\ud800"},
    {"marks": {"maps": [], "chart": nest(5000)}, "sent": 5},
    {"layer": [], "edits": {}, "unit": {}, "map": [], "heard": "x", "network": [], "drawn": {}},
]


def each_place(handlers: Mapping[str, tuple[Callable, Mapping]]) -> list:
    """For `parametrize`: each handler with its usual values, and the name of each value."""
    return [
        pytest.param(handler, values, place, id=f"{name}-{place}")
        for name, (handler, values) in handlers.items()
        for place in (*values, *(["shown"] if "shown" in inspect.signature(wired()[handler].fn).parameters else []))
    ]


@cache
def wired() -> dict[Callable, BlockFunction]:
    """Each handler -> the function of the built app that calls it, on the first page, which is the English one."""
    functions = reversed(list(build_app().fns.values()))
    wrapped = {each.fn.__wrapped__: each for each in functions if hasattr(each.fn, "__wrapped__")}
    return {getattr(handler, "func", handler): each for handler, each in wrapped.items()}  # some are partial


def call_forged(handler: Callable, values: Mapping[str, Any], place: str, forged: Any, caplog) -> list[list]:
    """What a handler, wired as in the app, sends for these values with a forged one among them.

    Fails where it met something that it did not foresee, where its sentence is none or very long, and where what it
    gives could not be sent.
    """
    given, wire = {**values, place: forged}, wired()[handler]
    inputs = [given.get(name) for name in inspect.signature(wire.fn).parameters]
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        called = list(wire.fn(*inputs)) if inspect.isgeneratorfunction(wire.fn) else [wire.fn(*inputs)]
    assert not [(record.getMessage(), record.exc_info) for record in caplog.records], f"given {shorten(forged)}"
    # A State stays on the server.
    sent = [[value for value, to in zip(each, wire.outputs) if not isinstance(to, gr.State)] for each in called]
    for answer in sent:
        said = answer[0].get("value", "") if isinstance(answer[0], dict) else answer[0]
        assert isinstance(said, str) and len(said) < 4000
        check_sendable(answer)
    return sent


def check_sendable(answer: Any) -> None:
    """Fails where Gradio could not write it as JSON: halves of characters, numbers of more than 64 bits."""
    written = json.dumps(answer, ensure_ascii=False, default=lambda _: None)
    assert written.encode("utf-8")
    numbers: list[str] = []
    json.loads(written, parse_int=numbers.append)
    assert all(len(number) < 19 for number in numbers)


def call_api(function: Callable, name: str, forged: Any, **others) -> None:
    """A public function with a forged argument: it answers, or says in a sentence why not."""
    try:
        check_sendable(function(**{**others, name: forged}))
    except InputError as error:
        for language in LANGUAGES:
            said = error.sentence(language)
            assert said.encode("utf-8") and len(said) < 4000
