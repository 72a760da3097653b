"""Memory that was freed goes back to the system.

glibc keeps freed memory in up to eight arenas a core, one for each of many threads, so that a server whose threads take
turns with large tensors grows to a multiple of what it needs. Elsewhere than on glibc nothing is done.
"""

from __future__ import annotations

import ctypes
import gc
import platform
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # as malloc.h has them
ARENAS = 2
MAPPED_FROM = 1024**2  # bytes from which on a block is a mapping of its own, which goes back as soon as it is freed


def limit_arenas() -> None:
    """To be called before threads are started."""
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_ARENA_MAX, ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, MAPPED_FROM)
        libc.mallopt(_M_TRIM_THRESHOLD, 16 * MAPPED_FROM)


def give_back_memory() -> None:
    """Collect what refers to itself in a circle, and give freed memory back to the system."""
    gc.collect()
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@contextmanager
def throwing_nothing_away() -> Iterator[None]:
    """While libraries are imported and pages built: what comes stays, and to look for what may go takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def holding_still() -> Iterator[None]:
    """From when all is built: what is there stays, and is not looked through for what can be collected.

    Half a million objects are there by then, and a request with many values would have them looked through again and again.
    What of them is of no use stays as well: some megabytes, which to find would take half a second of the start.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
