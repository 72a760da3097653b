"""Locks in a forked process."""

from __future__ import annotations

import os

import pytest

from explorer import randomness
from explorer.models import checkpoints, trace


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "locks",
    [checkpoints._LOCKS, checkpoints._LOADING, trace._LOCKS, randomness._LOCKS],
    ids=["models", "loading", "recording", "generator"],
)
def test_a_forked_process_is_not_held_up_by_a_lock_of_its_parent(locks):
    name = next(iter(locks))
    with locks[name]:
        child = os.fork()
        if child == 0:
            os._exit(0 if locks[name].acquire(timeout=2) else 1)
        _, status = os.waitpid(child, 0)
        assert locks[name].locked()
    assert os.waitstatus_to_exitcode(status) == 0
