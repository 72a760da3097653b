"""Torch's global random generator, borrowed: some libraries draw from nothing else, and readers share one process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from explorer.locks import fork_safe_locks

_LOCKS = fork_safe_locks(["generator"])


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """The processor's global generator starts from a seed here, and is as found afterwards.

    One thread at a time; not reentrant.
    """
    with _LOCKS["generator"], torch.random.fork_rng([]):
        torch.manual_seed(seed)
        yield
