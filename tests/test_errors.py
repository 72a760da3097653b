"""Errors that a reader can be told of come back whole from another process."""

from __future__ import annotations

import pickle

import pytest

from explorer.errors import InputError
from explorer.models.records import ShapeError
from explorer.shapes.layer_list import LineError


@pytest.mark.parametrize(
    "error",
    [
        InputError("errors.too_small", name="terms.stride", value=0, minimum=1),
        ShapeError("trace.features", "classifier.1", "Linear", expected=400, got=576),
        LineError(3, InputError("shapes.list_missing", layer="Conv2d", setting="kernel_size")),
    ],
)
def test_an_error_survives_the_way_through_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again).keys() == vars(error).keys()
    assert again.key == error.key and again.sentence("zh") == error.sentence("zh")
