"""Values that a page never sends but a script may, and a look at what a handler makes of them."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from explorer.events import explain_problems


def nest(depth: int) -> list:
    """A list in a list in a list, so many times."""
    inner: list = []
    for _ in range(depth):
        inner = [inner]
    return inner


FORGED = {
    "nothing": None,
    "number": 5,
    "fraction": 2.5,
    "negative": -1,
    "huge": 10**400,
    "huge_negative": -(10**400),
    "not_a_number": float("nan"),
    "infinite": float("inf"),
    "true": True,
    "false": False,
    "empty_word": "",
    "word": "abc",
    "false_word": "false",
    "half_a_character": "\ud800",
    "end_of_word": "a\0b",
    "long_word": "x" * 100_000,
    "digits": "9" * 5000,
    "list": [],
    "numbers": [1, 2],
    "lists": [[], []],
    "of_nothing": [None],
    "lists_of_nothing": [[None]],
    "lists_of_halves": [["\ud800"]],
    "lists_of_huge": [[10**400]],
    "lists_of_true": [[True]],
    "lists_of_nan": [[float("nan")]],
    "halves": ["\ud800", "\ud800"],
    "dicts": [{}],
    "nested": [[[[[1]]]]],
    "deep": nest(300),
    "dict": {},
    "named": {"a": 1},
    "halves_named": {"\ud800": "\ud800"},
    "dict_of_lists": {"layer": [], "edits": {}, "unit": {}, "map": [], "heard": "x", "network": [], "drawn": {}},
}  # fmt: skip


def call_forged(handler: Callable, values: Sequence, position: int, forged: Any, caplog, language: str = "en") -> list:
    """What a handler, wired as in the app, gives for these values with a forged one among them.

    Fails where it met something that it did not foresee, or where its sentence is none.
    """
    inputs = [*values[:position], forged, *values[position + 1 :]]
    wrapped = explain_problems(handler, 40, language)
    caplog.clear()
    with caplog.at_level(logging.ERROR):
        answers = list(wrapped(*inputs)) if inspect.isgeneratorfunction(wrapped) else [wrapped(*inputs)]
    defects = [record.getMessage() + "\n" + str(record.exc_info and record.exc_info[1]) for record in caplog.records]
    assert not defects, (handler.__name__, position, str(forged)[:60])
    for answer in answers:
        said = answer[0].get("value", "") if isinstance(answer[0], dict) else answer[0]
        assert isinstance(said, str)
        said.encode("utf-8")
    return answers


def each_position(handlers: dict[str, tuple[Callable, Sequence]]) -> Iterator[tuple[str, int]]:
    """(name of a handler, position of an input) for all inputs of all handlers."""
    return ((name, position) for name, (_, values) in handlers.items() for position in range(len(values)))
