"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.convolution.api import convolve
from explorer.convolution.session import Settings
from explorer.convolution.tab import on_open, on_setup
from tests.forged import FORGED, call_api, call_forged, each_place


def setting(kernel: str, **changes) -> dict:
    return {"kernel": kernel, **vars(Settings(**changes))}


HANDLERS = {
    "setup": (on_setup, setting("horizontal")),
    "own": (on_setup, setting("own")),
    "learned": (on_setup, setting("lenet5")),
    "upload": (on_setup, setting("horizontal", source="upload")),
    "drawing": (on_setup, setting("horizontal", source="drawing")),
    "open": (on_open, setting("horizontal")),
}


@pytest.mark.parametrize(("handler", "values", "place"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, place, caplog):
    for forged in FORGED:
        call_forged(handler, values, place, forged, caplog)


@pytest.mark.parametrize("name", ["image", "kernel", "stride", "padding", "dilation", "flip"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(convolve, name, forged, **{"image": [[1, 2], [3, 4]], "kernel": [[1]]})


@pytest.mark.parametrize("flip", ["false", "true", 0, 1, None, []])
def test_a_flip_that_is_neither_true_nor_false_is_refused(flip, caplog):
    answer, *_ = call_forged(on_setup, setting("own"), "flip", flip, caplog)
    assert "one of true, false" in answer[0]["value"]
    answer, *_ = call_forged(on_setup, setting("own"), "flip", False, caplog)
    assert isinstance(answer[0], str) and "problem" not in answer[0]
