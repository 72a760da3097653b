"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.classifier.tab import Choices, classify, explain, on_classify, on_compare, on_compared, on_source
from tests.forged import FORGED, call_api, call_forged, each_place


def choices(**changes) -> list:
    chosen = Choices(**{"model": "lenet5", "method": "gradient", **changes})
    return [getattr(chosen, name) for name in Choices.__dataclass_fields__]


def compare(*values, language: str) -> list:
    return on_compare(*values, language=language)[:1]  # the rest stays on the server


HANDLERS = {
    "source": (on_source, choices()),
    "upload": (on_source, choices(source="upload")),
    "drawing": (on_source, choices(source="drawing")),
    "camera": (on_classify, choices(source="camera")),
    "classify": (on_classify, choices()),
    "compare": (compare, choices(source="upload")),
    "compared": (on_compared, [None, *choices()]),
}


@pytest.mark.parametrize(("handler", "values", "position"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, position, caplog):
    for forged in FORGED:
        call_forged(handler, values, position, forged, caplog)


@pytest.mark.parametrize("name", ["image", "sample", "model"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(classify, name, forged)


@pytest.mark.parametrize("name", ["model", "method", "target"])
def test_a_forged_argument_of_an_explanation_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(explain, name, forged, **{"sample": 3, "method": "gradient"})
