"""Long work asks between its parts whether to go on: whether anybody still waits for it, and whether it is not too long."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
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
TRAINING = "training"  # the queue of networks that readers train: a minute each, so nobody waits for them elsewhere
MOST_TRAINING = 8  # trainings that run at a time, at most; `settings.trainings` says how many do
LONG = {HEAVY: MOST_HEAVY, TRAINING: MOST_TRAINING}  # queues whose calls are computed aside, and threads of each
TAKES_LONG = "takes_long"  # attribute of a handler: tells of its values whether a call belongs into that queue
# Attributes of handlers. A call that chooses something puts what is computed for an earlier choice of the same page out of date:
OUTDATES = "outdates"  # of its values: the name of a group, and what is chosen
OUTDATED_BY = "outdated_by"  # the name of that group
_NICENESS = 10  # of 19: beside work that is not heavy it gets a tenth of a processor, and else all of it

# Of a call that is answered on the connection that asked for it: whether that is still there.
IS_CONNECTED: ContextVar[Callable[[], bool] | None] = ContextVar("is_connected", default=None)
_ENDING = threading.Event()  # set when the process ends
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
        if _ENDING.is_set() or not is_awaited():
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


def end_all() -> None:
    """Let nobody wait for anything any more: the process ends, and it would wait for its threads."""
    _ENDING.set()


def aside(work: Callable[[], Answer], queue: str = HEAVY) -> Answer:
    """Do heavy work in a thread to which the system gives less of the processors while others want them, and wait for it.

    Only Linux has priorities of threads; elsewhere it is a thread like any other.

    Args:
        work: what to do.
        queue: one of LONG; each has threads of its own.
    """
    return _find_threads(queue).submit(copy_context().run, _do_if_awaited, work).result()


def _do_if_awaited(work: Callable[[], Answer]) -> Answer:
    go_on()  # whoever asked may have left while others were served
    return work()


class Lanes:
    """Lets a few do their work at once, in the order in which they come; who takes long does not count any more.

    The interpreter computes for one thread at a time. Several that want it at once hand it over and over to each other, and
    all of them take longer than one after the other would.

    Args:
        count: how many at once.
        seconds: of work after which another one may begin beside it.
    """

    def __init__(self, count: int, seconds: float):
        self.count, self.seconds = count, seconds
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._begun: dict[object, float] = {}

    @contextmanager
    def one(self) -> Iterator[None]:
        """Within this the work is done; before it others are waited for."""
        own = object()
        with self._changed:
            self._waiting.append(own)
            while self._waiting[0] is not own or self._seconds_until_free() > 0:
                self._changed.wait(self._seconds_until_free() if self._waiting[0] is own else None)
            self._waiting.popleft()
            self._begun[own] = time.monotonic()
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                del self._begun[own]
                self._changed.notify_all()

    def _seconds_until_free(self) -> float:
        ends = sorted(begun + self.seconds - time.monotonic() for begun in self._begun.values())
        counting = [each for each in ends if each > 0]
        return 0.0 if len(counting) < self.count else counting[len(counting) - self.count]


_LANES = Lanes(count=1, seconds=0.25)


def in_turn(work: Callable[[], Answer]) -> Answer:
    """Do work that is not heavy; what came before it, and does not take long, is done first."""
    with _LANES.one():
        return _do_if_awaited(work)


@lru_cache(maxsize=len(LONG))
def _find_threads(queue: str) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(LONG[queue], queue, initializer=_step_back)


def _start_anew() -> None:
    """A forked process has no threads but one, and nobody in a lane."""
    global _LANES
    _LANES = Lanes(_LANES.count, _LANES.seconds)
    _find_threads.cache_clear()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_start_anew)


def _step_back() -> None:
    if sys.platform == "linux":  # there a thread has a number of its own among the processes
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
