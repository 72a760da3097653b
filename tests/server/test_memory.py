"""What Python collects, and when."""

from __future__ import annotations

import gc
import weakref

import pytest

from explorer.server.memory import holding_still, throwing_nothing_away


class Circle:
    def __init__(self):
        self.itself = self


@pytest.fixture(autouse=True)
def as_found():
    before = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()
    yield
    assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == before


def test_nothing_is_collected_while_all_is_built():
    with throwing_nothing_away():
        assert not gc.isenabled()
        with throwing_nothing_away():
            pass
        assert not gc.isenabled()
    with pytest.raises(KeyError), throwing_nothing_away():
        raise KeyError


def test_what_is_there_at_the_start_is_not_looked_through():
    before, gone = gc.get_threshold(), weakref.ref(Circle())
    with holding_still():
        later = weakref.ref(Circle())
        gc.collect()
        assert later() is None and gone() is not None
    assert gc.get_threshold() == before
    gc.collect()
    assert gone() is None
