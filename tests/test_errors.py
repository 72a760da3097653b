"""Errors that a reader can be told of come back whole from another process."""

from __future__ import annotations

import pickle

import pytest

from explorer.errors import InputError, shorten
from explorer.models.records import ShapeError
from explorer.shapes.layer_list import LineError


@pytest.mark.parametrize(
    "error",
    [
        InputError("errors.too_small", name="terms.stride", value=0, minimum=1),
        ShapeError("features", "classifier.1", "Linear", expected=400, got=576),
        LineError(3, InputError("shapes.list_missing", layer="Conv2d", setting="kernel_size")),
    ],
)
def test_an_error_survives_the_way_through_another_process(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and str(again) == str(error) and vars(again).keys() == vars(error).keys()
    assert again.key == error.key and again.sentence("zh") == error.sentence("zh")


@pytest.mark.parametrize("value", ["x" * 9000, ["y" * 9000], "\ud800" * 100, 10**400, [[[]] * 500]])
def test_what_a_reader_gave_is_told_shortly_and_can_be_sent(value):
    error = InputError("errors.not_a_choice", name="terms.model", value=value, choices=["mlp"])
    for sentence in (str(error), error.sentence("zh")):
        assert 10 < len(sentence.encode("utf-8")) < 500 and "…" in sentence
    assert InputError("errors.not_a_number", name="terms.stride", value="two").sentence("en").endswith("got 'two'.")


def test_only_what_is_long_is_shortened():
    assert (shorten("a" * 60), shorten("a" * 61), shorten(5), shorten(None)) == ("a" * 60, "a" * 60 + "…", "5", "None")
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert shorten(deep) == "…"
