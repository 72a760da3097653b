"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.classifier import ladder
from explorer.classifier.api import classify, explain
from explorer.classifier.session import Choices
from explorer.classifier.tab import on_compare, on_refine, on_source
from explorer.classifier.trial_tab import OF_PICTURE, on_kind, on_trial
from explorer.classifier.trust_tab import on_examine, on_table
from explorer.page.events import show_late
from tests.forged import FORGED, call_api, call_forged, each_place


def choices(**changes) -> dict:
    return vars(Choices(**{"model": "lenet5", "method": "gradient", **changes}))


MOVES = {"moves": {"right": 1}, "scale": 100, "blur": 0, "darken": 0, "noise": 0, "attack": 0}
HANDLERS = {
    "source": (on_source, choices()),
    "upload": (on_source, choices(source="upload")),
    "drawing": (on_source, choices(source="drawing")),
    "camera": (on_source, choices(source="camera")),
    "compare": (on_compare, choices(source="upload")),
    "compared": (show_late, {"late": None, **choices()}),
    "trial": (on_trial, {**{name: choices()[name] for name in OF_PICTURE}, **MOVES}),
    "curves": (on_kind, {"kind": "shift"}),
    "examined": (on_examine, choices()),
    "areas": (on_table, {"model": "lenet5"}),
    "refine": (on_refine, {"run": None}),
}


@pytest.fixture(autouse=True)
def one_network_answers(monkeypatch):
    """All networks of a trial get the same picture, which was checked before the first of them."""
    monkeypatch.setattr(ladder, "available", lambda: ["lenet5"])


@pytest.mark.parametrize(("handler", "values", "place"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, place, caplog):
    for forged in FORGED:
        call_forged(handler, values, place, forged, caplog)


@pytest.mark.parametrize("name", ["image", "sample", "model"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(classify, name, forged)


@pytest.mark.parametrize("name", ["model", "method", "target"])
def test_a_forged_argument_of_an_explanation_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(explain, name, forged, **{"sample": 3, "method": "gradient"})
