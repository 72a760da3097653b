"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.convolution import tab
from explorer.convolution.tab import Settings, convolve, on_convolve, on_open, on_setup
from tests.forged import FORGED, call_api, call_forged, each_place


def setting(**changes) -> list:
    return [getattr(Settings(**changes), name) for name in Settings.__dataclass_fields__]


HANDLERS = {
    "convolve": (on_convolve, setting()),
    "setup": (on_setup, ["horizontal", *setting()]),
    "own": (on_setup, ["own", *setting()]),
    "learned": (on_setup, ["lenet5", *setting()]),
    "upload": (on_setup, ["horizontal", *setting(source="upload")]),
    "drawing": (on_setup, ["horizontal", *setting(source="drawing")]),
    "open": (on_open, ["horizontal", *setting()]),
}


@pytest.mark.parametrize(("handler", "values", "position"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, position, caplog):
    for forged in FORGED:
        call_forged(handler, values, position, forged, caplog)


@pytest.mark.parametrize("name", ["image", "kernel", "stride", "padding", "dilation", "flip"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(convolve, name, forged, **{"image": [[1, 2], [3, 4]], "kernel": [[1]]})


@pytest.mark.parametrize("flip", ["false", "true", 0, 1, None, []])
def test_a_flip_that_is_neither_true_nor_false_is_refused(flip, caplog):
    answer, *_ = call_forged(on_setup, ["own", *setting()], 9, flip, caplog)
    assert "one of true, false" in answer[0]["value"]
    assert tab._in_order(Settings())[8] is False
