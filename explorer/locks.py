"""Locks between the threads of one process, for a process that may be forked."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable


def fork_safe_locks(names: Iterable[str]) -> dict[str, threading.Lock]:
    """A lock for each name; look it up at each use, since a forked process gets new ones in this dict.

    A ZeroGPU Space forks for each call that borrows a GPU; there a lock that another thread held at that moment would
    never be released.
    """
    locks = {name: threading.Lock() for name in names}
    os.register_at_fork(after_in_child=lambda: locks.update({name: threading.Lock() for name in locks}))
    return locks
