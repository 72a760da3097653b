"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.errors import InputError
from explorer.shapes.api import trace_shapes
from explorer.shapes.layer_list import make_layer, parse_layer_list
from explorer.shapes.session import State, read_state
from explorer.shapes.tab import OWN_LIST, on_open, on_setup
from tests.forged import FORGED, call_api, call_forged, check_sendable, each_place

STATE = State().pack()
PACKED = {"layer": "features.0", "edits": [["features.0", "stride", 2, False]], "map": 0, "unit": [0, 0], "fitted": False,
          "heard": 0, "network": ""}  # fmt: skip
ACTIONS = {
    "choose": {"action": "choose", "number": 1, "layer": "features.0"},
    "unit": {"action": "unit", "number": 1, "map": 0, "row": 0, "column": 0},
    "edit": {"action": "edit", "number": 1, "layer": "features.0", "setting": "stride", "value": "2"},
    "undo": {"action": "undo", "number": 1},
}


def setting(model="lenet5", view="flow", actions=(), state=STATE) -> dict:
    return {
        "model": model, "size": 28, "channels": 1, "stem": "small", "own": OWN_LIST, "state": state, "sample": 120,
        "view": view, "actions": list(actions),
    }  # fmt: skip


HANDLERS = {
    "setup": (on_setup, setting()),
    "setup_layer": (on_setup, setting(view="layer")),
    "setup_own": (on_setup, setting("own")),
    "setup_graph": (on_setup, setting("resnet18", "graph")),
    "open": (on_open, setting()),
    "open_own": (on_open, setting("own", "graph")),
}


@pytest.mark.parametrize(("handler", "values", "place"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, place, caplog):
    for forged in FORGED:
        call_forged(handler, values, place, forged, caplog)


@pytest.mark.parametrize("part", PACKED)
def test_a_forged_part_of_the_state_ends_in_a_sentence(part, caplog):
    for forged in FORGED:
        call_forged(on_setup, setting(view="layer"), "state", {**PACKED, part: forged}, caplog)


@pytest.mark.parametrize("position", range(4))
def test_a_forged_part_of_a_change_ends_in_a_sentence(position, caplog):
    for forged in FORGED:
        change = ["features.0", "stride", 2, False]
        change[position] = forged
        call_forged(on_setup, setting(), "state", {"edits": [change]}, caplog)


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, action in ACTIONS.items() for part in action])
def test_a_forged_part_of_an_action_ends_in_a_sentence(kind, part, caplog):
    for forged in FORGED:
        call_forged(on_setup, setting(), "actions", [{**ACTIONS[kind], part: forged}], caplog)


@pytest.mark.parametrize("name", ["model", "height", "width", "channels", "stem"])
def test_a_forged_argument_of_a_program_ends_in_a_sentence(name):
    for forged in FORGED:
        call_api(trace_shapes, name, forged)


def refusal(call, *arguments, **settings) -> list[str]:
    with pytest.raises(InputError) as caught:
        call(*arguments, **settings)
    sentences = [caught.value.sentence(language) for language in ("en", "zh")]
    assert all(len(sentence.encode("utf-8")) < 700 for sentence in sentences)
    return sentences


@pytest.mark.parametrize("key", ["lair", "x" * 100_000, "\ud800"])
def test_an_unknown_key_of_state_and_actions_is_refused_by_name(key, caplog):
    shown = key[:20].encode("utf-8", "backslashreplace").decode()
    for sentence in refusal(read_state, {**PACKED, key: 1}):
        assert shown in sentence and "fitted" in sentence
    for kind, action in ACTIONS.items():
        answer, *_ = call_forged(on_setup, setting(), "actions", [{**action, key: 1}], caplog)
        assert shown in answer[0]["value"] and kind in ACTIONS and "number" in answer[0]["value"]


def test_an_unknown_action_is_refused_by_name(caplog):
    answer, *_ = call_forged(on_setup, setting(), "actions", [{"action": "mnd", "number": 1}], caplog)
    assert "mnd" in answer[0]["value"] and "undo, mend, reset" in answer[0]["value"]


@pytest.mark.parametrize("name", ["kernal", "k" * 2000])
def test_an_unknown_setting_of_a_layer_is_refused_by_name(name):
    for call, arguments, settings in (
        (make_layer, ["ReLU"], {name: 5}),
        (parse_layer_list, [f"nn.ReLU({name}=5)"], {}),
        (parse_layer_list, [f"nn.{name}(5)"], {}),
        (parse_layer_list, [f"nn.ReLU({name}=5, {name}=6)"], {}),
    ):
        assert all(name[:20] in sentence for sentence in refusal(call, *arguments, **settings))


def test_a_state_that_came_back_is_read_as_it_was():
    assert read_state(read_state(PACKED).pack()) == read_state(PACKED)
    check_sendable(read_state(PACKED).pack())
