"""Long work asks between its parts whether to go on: whether anybody still waits for it, and whether it is not too long."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from functools import lru_cache
from typing import TypeVar

from explorer.errors import InputError

LONGEST = 180  # seconds that one answer may take
HEAVY = "heavy"  # the queue of calls that take seconds
MOST_HEAVY = 1  # calls of that queue that run at a time
TAKES_LONG = "takes_long"  # attribute of a handler: tells of its values whether a call belongs into that queue
_NICENESS = 10  # of 19: beside work that is not heavy it gets a tenth of a processor, and else all of it

# Of a call that is answered on the connection that asked for it: whether that is still there.
IS_CONNECTED: ContextVar[Callable[[], bool] | None] = ContextVar("is_connected", default=None)
_ASK: ContextVar[Callable[[], None] | None] = ContextVar("ask", default=None)


Answer = TypeVar("Answer")


class NobodyWaitsError(BaseException):
    """Whoever asked for this has left: the work ends without an answer. What catches errors lets it through."""


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


def aside(work: Callable[[], Answer]) -> Answer:
    """Do heavy work in a thread to which the system gives less of the processors while others want them, and wait for it.

    Only Linux has priorities of threads; elsewhere it is a thread like any other.
    """
    return _find_threads().submit(copy_context().run, work).result()


def in_turn(work: Callable[[], Answer]) -> Answer:
    """Do work that is not heavy as soon as few others do."""
    with _LANES:
        return work()


_LANES = threading.Semaphore(int(os.environ.get("LANES", "2")))
sys.setswitchinterval(float(os.environ.get("SWITCH", "0.005")))


@lru_cache(maxsize=1)
def _find_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_HEAVY, "heavy", initializer=_step_back)


os.register_at_fork(after_in_child=_find_threads.cache_clear)  # a forked process has no threads but one


def _step_back() -> None:
    if sys.platform == "linux":  # there a thread has a number of its own among the processes
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
