"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.errors import InputError
from explorer.receptive_field import effective_tab
from explorer.receptive_field.api import receptive_field
from explorer.receptive_field.maths import CellError, calculate_receptive_field, find_problems, parse_layers
from explorer.receptive_field.session import FORWARD, TABLE, View
from explorer.receptive_field.tab import on_check, on_compare, on_open, on_upload, on_view
from tests.forged import FORGED, call_api, call_forged, check_sendable, each_place


def view(**changes) -> dict:
    return vars(View(**changes))


HANDLERS = {
    "view": (on_view, {"last": 4, **view()}),
    "view_table": (on_view, {"last": 4, **view(model=TABLE, compared=[TABLE])}),
    "open": (on_open, {"last": 4, **view()}),
    "open_large": (on_open, {"last": 4, **view(size=32)}),
    "open_table": (on_open, {"last": 4, **view(model=TABLE)}),
    "view_forward": (on_view, {"last": 4, "row": 14, "column": 14, **view(direction=FORWARD)}),
    "open_forward": (on_open, {"last": 4, "row": 14, "column": 14, **view(direction=FORWARD)}),
    "view_within": (on_view, {"last": 4, **view(seen_in=1)}),
    "view_table_within": (on_view, {"last": 4, **view(model=TABLE, seen_in=2)}),
    "check_within": (on_check, view(seen_in=1)),
    "check_forward": (on_check, view(direction=FORWARD)),
    "check": (on_check, view()),
    "check_table": (on_check, view(model=TABLE)),
    "upload": (on_upload, {"path": None, "number": 1}),
    "compare": (on_compare, {"comparison": "kernels", "channels": 64}),
    "measure": (effective_tab.on_measure, {**view(), "num_images": 1, "run": None}),
    "run": (effective_tab.on_run, {"run": None}),
    "stop": (effective_tab.on_stop, {"run": None}),
}


@pytest.mark.parametrize(("handler", "values", "place"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, place, caplog):
    for forged in FORGED:
        call_forged(handler, values, place, forged, caplog)


@pytest.mark.parametrize("column", ["type", "kernel", "stride", "padding", "dilation"])
def test_a_forged_cell_ends_in_a_sentence(column, caplog):
    for handler, values in (HANDLERS["view_table"], HANDLERS["check_table"]):
        for forged in FORGED:
            call_forged(handler, values, "layers", [{"type": "conv", "kernel": 3, column: forged}], caplog)


@pytest.mark.parametrize("name", ["model", "layers", "input_size", "pixel"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(receptive_field, name, forged)


KNOWN = "type, kernel, stride, padding, dilation"


@pytest.mark.parametrize("read", [parse_layers, calculate_receptive_field, lambda rows: receptive_field(layers=rows)])
def test_an_unknown_key_is_refused_by_name(read):
    with pytest.raises(CellError) as caught:
        read([{"kernel": 3}, {"kernal": 5}])
    assert (caught.value.row, caught.value.column) == (2, None)
    english, chinese = caught.value.sentence("en"), caught.value.sentence("zh")
    assert "Row 2" in english and "kernal" in english and KNOWN in english
    assert "kernal" in chinese and KNOWN.replace(", ", "、") in chinese
    assert "kernal" in caught.value.remark("en") and "kernal" in caught.value.remark("zh")


@pytest.mark.parametrize("key", ["x" * 100_000, "\ud800", 5, None, ("a", "b"), "<b>"])
def test_a_strange_key_is_told_shortly(key):
    (problem,) = find_problems([{key: 1}])
    for language in ("en", "zh"):
        assert (
            len(problem.sentence(language).encode("utf-8")) < 200
            and len(problem.remark(language).encode("utf-8")) < 200
        )


def test_an_unknown_key_is_marked_in_the_table(caplog):
    (answer,) = call_forged(on_view, {"last": 4, **view(model=TABLE)}, "layers", [{"kernal": 5}], caplog)
    assert "kernal" in answer[0]["value"]
    (mark,) = next(each for each in answer if isinstance(each, list))
    assert (mark["row"], mark["column"]) == (1, None) and "kernal" in mark["sentence"]


def test_a_layer_that_is_none_is_refused():
    for layer in (5, None, "conv", [3]):
        with pytest.raises(InputError, match="Row 1 is not a layer"):
            calculate_receptive_field([layer])


def test_a_missing_key_keeps_its_default():
    assert calculate_receptive_field([{}, {"kernel": 5}]) == [1, 1, 5]
    check_sendable(receptive_field(layers=[{"kernel": 3}]))
