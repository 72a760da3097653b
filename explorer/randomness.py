"""Torch's global random generator, borrowed: some libraries draw from nothing else, and readers share one process."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch

_LOCK = threading.Lock()


def _renew_lock() -> None:
    """In a forked process, where a lock that another thread held would never be released."""
    global _LOCK
    _LOCK = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


@contextmanager
def seeded(seed: int, devices: Sequence[torch.device] = ()) -> Iterator[None]:
    """The global generator starts from a seed here, and is as found afterwards. One thread at a time; not reentrant.

    Args:
        seed: of all draws inside.
        devices: CUDA devices whose generators are seeded as well.
    """
    with _LOCK, torch.random.fork_rng(list(devices)):
        torch.manual_seed(seed)
        yield
