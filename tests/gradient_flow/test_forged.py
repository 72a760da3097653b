"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.gradient_flow.api import gradient_norms
from explorer.gradient_flow.maths import Settings
from explorer.gradient_flow.tab import on_change, on_run, on_stop
from tests.forged import FORGED, call_api, call_forged, each_place

HANDLERS = {
    "change": (on_change, {**vars(Settings(depth=2, width=4, seeds=2)), "view": "weights", "run": None}),
    "run": (on_run, {"run": None}),
    "stop": (on_stop, {"run": None}),
}


@pytest.mark.parametrize(("handler", "values", "place"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, place, caplog):
    for forged in FORGED:
        call_forged(handler, values, place, forged, caplog)


@pytest.mark.parametrize(
    "name", ["depth", "width", "block", "initialisation", "activation", "seeds", "preactivation", "zero_last"]
)
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(gradient_norms, name, forged, **{"depth": 2, "width": 4, "seeds": 2})
