"""Long work asks between its parts whether to go on: whether anybody still waits for it, and whether it is not too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from explorer.errors import InputError

LONGEST = 180  # seconds that one answer may take
HEAVY = "heavy"  # the queue of calls that take seconds, of which one runs at a time

_ASK: ContextVar[Callable[[], None] | None] = ContextVar("ask", default=None)


class NobodyWaitsError(Exception):
    """Whoever asked for this has left: the work ends without an answer."""


@contextmanager
def asking(is_awaited: Callable[[], bool], longest: float = LONGEST) -> Iterator[None]:
    """Within this, `go_on` ends work for which nobody waits, and work that takes too long.

    Args:
        is_awaited: whether somebody still waits for the answer.
        longest: seconds from now on after which the work ends.
    """
    end = time.monotonic() + longest

    def ask() -> None:
        if not is_awaited():
            raise NobodyWaitsError
        if time.monotonic() > end:
            raise InputError("errors.too_long", seconds=round(longest))

    token = _ASK.set(ask)
    try:
        yield
    finally:
        _ASK.reset(token)


def go_on() -> None:
    """Called between the parts of long work. Outside of `asking`, as in a script, it does nothing.

    Raises:
        NobodyWaitsError: whoever asked for the answer has left.
        InputError: the work took longer than it may.
    """
    ask = _ASK.get()
    if ask is not None:
        ask()
