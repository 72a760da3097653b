"""Values that the page never sends: each handler answers them with a sentence, or as ever."""

from __future__ import annotations

import pytest

from explorer.errors import InputError
from explorer.shapes.layer_list import make_layer, parse_layer_list
from explorer.shapes.tab import OWN_LIST, State, on_open, on_setup, on_shapes, read_state, trace_shapes
from tests.forged import FORGED, call_api, call_forged, check_sendable, each_place

STATE = State().pack()
PACKED = {"layer": "features.0", "edits": [["features.0", "stride", 2, False]], "map": 0, "unit": [0, 0], "fitted": False,
          "heard": 0, "network": "", "drawn": ""}  # fmt: skip
ACTIONS = {
    "choose": {"action": "choose", "number": 1, "layer": "features.0"},
    "unit": {"action": "unit", "number": 1, "map": 0, "row": 0, "column": 0},
    "edit": {"action": "edit", "number": 1, "layer": "features.0", "setting": "stride", "value": "2"},
    "undo": {"action": "undo", "number": 1},
}


def setting(model="lenet5", view="flow", actions=()) -> list:
    return [model, 28, 1, "small", OWN_LIST, STATE, 120, view, list(actions)]


def act_on(keys):
    """A handler whose inputs are the parts of one action."""
    return lambda *parts, language: on_setup(*setting(actions=[dict(zip(keys, parts))]), language=language)


def set_state(*parts, language):
    return on_setup(*setting()[:5], dict(zip(PACKED, parts)), 120, "layer", [], language=language)


def set_edit(*parts, language):
    return on_setup(*setting()[:5], {"edits": [list(parts)]}, 120, "flow", [], language=language)


HANDLERS = {
    "shapes": (on_shapes, setting(view="layer")[:-1]),
    "setup": (on_setup, setting()),
    "setup_own": (on_setup, setting("own")),
    "setup_graph": (on_setup, setting("resnet18", "graph")),
    "open": (on_open, setting()),
    "open_own": (on_open, setting("own", "graph")),
    "state": (set_state, [*PACKED.values()]),
    "edit": (set_edit, ["features.0", "stride", 2, False]),
    **{f"act_{kind}": (act_on(action), [*action.values()]) for kind, action in ACTIONS.items()},
}


@pytest.mark.parametrize(("handler", "values", "position"), each_place(HANDLERS))
def test_a_forged_value_ends_in_a_sentence(handler, values, position, caplog):
    for forged in FORGED:
        call_forged(handler, values, position, forged, caplog)


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
        answer, *_ = call_forged(on_setup, setting(), 8, [{**action, key: 1}], caplog)
        assert shown in answer[0] and kind in ACTIONS and "number" in answer[0]


def test_an_unknown_action_is_refused_by_name(caplog):
    answer, *_ = call_forged(on_setup, setting(), 8, [{"action": "mnd", "number": 1}], caplog)
    assert "mnd" in answer[0] and "undo, mend, reset" in answer[0]


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
