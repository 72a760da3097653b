"""The way forward in the tab: chains and networks against the way back, what changed, and what is said of it."""

from __future__ import annotations

import base64
import json
import re
import time

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.errors import InputError
from explorer.models.footprint import measure_footprint
from explorer.models.reach import Change, Reach, measure_reach
from explorer.models.trace import record
from explorer.receptive_field.api import receptive_field
from explorer.receptive_field.figures import _say_share, choose_shown, describe_reached, draw_reach
from explorer.receptive_field.maths import compute_chain_field, compute_chain_spread, parse_layers, trace_layer_table
from explorer.receptive_field.networks import build_chain, record_network, trace_model
from explorer.receptive_field.reach import (
    Changes,
    find_changes,
    find_first_spread,
    find_reach,
    invert,
    load_network,
)
from explorer.receptive_field.session import FORWARD, TABLE, View, find_scene, find_spot
from explorer.receptive_field.tab import on_check, on_open, on_view
from explorer.text import LANGUAGES, text_in
from tests.receptive_field.test_chains import layer_strategy


def forward(**changes) -> dict:
    return vars(View(**{"direction": FORWARD, "compared": [], **changes}))


@settings(max_examples=60, deadline=None)
@given(
    layers=st.lists(layer_strategy, min_size=1, max_size=4),
    input_size=st.integers(4, 16),
    down=st.floats(0, 1),
    across=st.floats(0, 1),
)
def test_a_pixel_reaches_a_unit_of_a_chain_if_and_only_if_it_lies_in_its_field(layers, input_size, down, across):
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    assume(rows[-1].num_units <= 12)
    pixel = round(down * (input_size - 1)), round(across * (input_size - 1))
    sides = [compute_chain_spread(layers, rows, index) for index in pixel]
    for number, row in enumerate(rows):
        reached = np.outer(*(side[number] for side in sides))
        if row.num_units > 12:
            continue
        for unit in np.ndindex(reached.shape):
            field = compute_chain_field(layers, rows, number, unit)
            assert reached[unit] == field.mask[pixel], (number, unit)


@settings(max_examples=60, deadline=None)
@given(layers=st.lists(layer_strategy, min_size=1, max_size=4), input_size=st.integers(4, 24), place=st.floats(0, 1))
def test_a_chain_is_reached_as_its_modules_are(layers, input_size, place):
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    layers = parse_layers(layers)
    pixel = round(place * (input_size - 1)), round((1 - place) * (input_size - 1))
    names = [str(number) for number in range(len(layers))]
    found = measure_reach(record(build_chain(layers)), (1, input_size, input_size), pixel, names)
    sides = [compute_chain_spread(layers, rows, index) for index in pixel]
    for number, name in enumerate(names, start=1):
        np.testing.assert_array_equal(np.outer(*(side[number] for side in sides)), found[name].mask)


@pytest.mark.parametrize(
    ("model", "size", "number"),
    [("lenet5", 28, 3), ("lenet5", 28, 5), ("resnet18", 28, 14), ("torchvision/resnet18", 64, 15)],
)
def test_a_row_is_reached_as_its_units_see(model, size, number):
    spot = find_spot(View(model, size, layer=number))
    for pixel in ((0, 0), (size // 2, size // 3)):
        reach = find_reach(spot.chain, pixel)
        assert len(reach) == len(spot.rows) and reach[0].mask.sum() == 1 and reach[0].mask[pixel]
        mask = reach[number].mask
        assert mask.shape == (spot.row.num_units,) * 2 and reach[number].is_exact
        if spot.row.kind == "global":
            assert mask.all()
            continue
        shape = (3 if "/" in model else 1, size, size)
        for unit in np.ndindex(mask.shape):
            seen = measure_footprint(record_network(model), shape, spot.row.name, unit).mask
            assert mask[unit] == bool(seen[pixel])


@pytest.mark.parametrize("model", ["lenet5", "alexnet_small", "resnet18", "plain20", TABLE, "torchvision/resnet18"])
def test_what_changed_is_what_two_forward_passes_say(model):
    size = 64 if "/" in model else 28
    scene = find_scene(View(model, size, place=(0.4, 0.6), direction=FORWARD))
    reach, changes = find_reach(scene.spot.chain, scene.spot.pixel_inside), find_changes(scene)
    assert len(changes.layers) == len(reach) and changes.after in (0.0, 1.0) and changes.before != changes.after
    for each, change in zip(reach, changes.layers, strict=True):
        assert change.mask.shape == each.mask.shape
        assert not (change.mask & ~each.mask).any()
        assert change.channels.max() <= change.num_channels
    assert changes.layers[1].mask.any()


def test_the_change_of_a_trained_layer_is_that_of_pytorch():
    """Of LeNet-5, with hooks on the network itself."""
    scene = find_scene(View("lenet5", place=(0.5, 0.5), direction=FORWARD))
    model, weights = load_network("lenet5")
    assert weights == "trained"
    from explorer.data import load_sample, normalise

    image = load_sample().images[scene.image].float() / 255
    other = image.clone()
    row, column = scene.spot.pixel_inside
    other[row, column] = 1.0 if image[row, column] < 0.5 else 0.0
    kept: list[torch.Tensor] = []
    hook = model.features[3].register_forward_hook(lambda _module, _inputs, output: kept.append(output[0].clone()))
    try:
        with torch.no_grad():
            for each in (image, other):
                model(normalise(each)[None, None])
    finally:
        hook.remove()
    change = find_changes(scene).layers[3]
    np.testing.assert_array_equal(change.channels, (kept[0] != kept[1]).sum(0).numpy())
    np.testing.assert_allclose(change.amount, (kept[0] - kept[1]).abs().amax(0).double().numpy(), rtol=1e-6)
    assert change.num_channels == 16


def test_the_opposite_is_always_another_grey():
    for value in np.linspace(0, 1, 101):
        assert abs(invert(value) - value) >= 0.5 and invert(value) in (0.0, 1.0)


def test_what_can_stop_a_change_is_what_stands_on_the_way():
    def stops(model: str, **changes) -> list[set[str]]:
        scene = find_scene(View(model, direction=FORWARD, **changes))
        return [set(each) for each in find_changes(scene).stops]

    assert stops("lenet5")[:4] == [set(), set(), {"activation", "pool"}, {"activation", "pool"}]
    assert stops("resnet18")[1] == set() and stops("resnet18")[-1] == {"activation"}
    rows = [{"kernel": 3}, {"type": "pool", "kernel": 2}]
    assert stops(TABLE, layers=rows) == [set(), set(), {"pool"}]


def test_layers_that_are_too_large_to_run_say_so():
    rows = [{"kernel": 31, "padding": 31, "dilation": 2}] * 20
    scene = find_scene(View(TABLE, 512, layers=rows, direction=FORWARD))
    assert find_reach(scene.spot.chain, scene.spot.pixel_inside)[1].mask.any()
    with pytest.raises(InputError, match="million"):
        find_changes(scene)
    for language in LANGUAGES:
        answer = on_check(language=language, **forward(model=TABLE, size=512, layers=rows))
        assert "300" in answer["reach"]["badge"] and answer["reach"]["map"]["codes"]


def test_from_where_on_every_unit_is_reached():
    full, part = Reach(np.ones((2, 2), bool), True), Reach(np.eye(2, dtype=bool), True)
    assert find_first_spread([part, full, part, full, full]) == 3
    assert find_first_spread([part, part]) is None and find_first_spread([full]) == 0


# ---- what the page gets ------------------------------------------------------------------------------------------


def decode(drawn: dict) -> np.ndarray:
    """The map as the page reads it: bytes inside the box, 0 around it."""
    codes = np.zeros((drawn["rows"], drawn["columns"]), np.uint8)
    top, left, bottom, right = drawn["box"]
    inside = np.frombuffer(base64.b64decode(drawn["codes"]), np.uint8)
    codes[top:bottom, left:right] = inside.reshape(bottom - top, right - left)
    return codes


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("model", ["lenet5", "resnet50", TABLE])
def test_the_picture_tells_what_is_reached_and_then_what_changed(model, language):
    values = forward(model=model, layer=2)
    shown = on_view(None, language=language, **values)
    spot = find_spot(View(model, layer=2))
    reach = find_reach(spot.chain, (14, 14))
    assert (shown["row"], shown["column"]) == (14, 14)
    assert "chart" not in shown and "field" not in shown
    np.testing.assert_array_equal(decode(shown["reach"]["map"]), reach[2].mask.astype(np.uint8))
    told = on_check(language=language, **values)["reach"]
    assert told["isCheck"] and told["key"] == shown["reach"]["key"]
    changes = find_changes(find_scene(View(**values)))
    codes = decode(told["map"])
    np.testing.assert_array_equal(codes > 1, changes.layers[2].mask)
    np.testing.assert_array_equal(codes > 0, reach[2].mask)
    largest = np.unravel_index(changes.layers[2].amount.argmax(), codes.shape)
    assert codes[largest] == 255
    numbers = [each["number"] for each in told["strip"]]
    assert numbers == choose_shown(len(spot.rows), 2) and 2 in numbers and len(numbers) <= 9
    for number, small in zip(numbers, told["strip"], strict=True):
        assert str(f"{int(reach[number].mask.sum()):,}") in small["caption"]
        assert str(f"{int(changes.layers[number].mask.sum()):,}") in small["changed"]
    words = [
        told["badge"],
        told["table"],
        *(small[each] for small in told["strip"] for each in ("title", "caption", "changed")),
    ]
    assert not any("{" in each for each in words)
    assert told["table"].count("<tr") == len(spot.rows) + 1


def test_all_layers_of_a_few_are_shown_and_the_ends_and_the_chosen_one_of_many():
    assert choose_shown(9, 3) == list(range(9))
    for count in (10, 19, 51, 126):
        for chosen in range(count):
            shown = choose_shown(count, chosen)
            assert len(shown) == 9 and shown == sorted(set(shown)) and {0, chosen, count - 1} <= set(shown)


def test_what_is_said_of_patches_holes_and_bounds():
    text = text_in("en")
    mask = np.zeros((4, 5), bool)
    assert describe_reached(Reach(mask, True), text) == text("receptive_field.reached_none")
    mask[1:3, 1:4] = True
    said = describe_reached(Reach(mask, True), text)
    assert "6 of 20" in said and "2 × 3" in said and text("receptive_field.reached_holes") not in said
    mask[1, 2] = False
    said = describe_reached(Reach(mask, False), text)
    assert text("receptive_field.reached_holes") in said and text("receptive_field.reached_bound") in said


def test_a_place_beside_the_image_is_no_pixel():
    for language in LANGUAGES:
        with pytest.raises(InputError) as caught:
            on_view(None, language=language, **forward(place=[1.2, 0.5]))
        sentence = caught.value.sentence(language)
        assert "(33, 14)" in sentence and "27" in sentence
    with pytest.raises(InputError):
        on_view(None, language="en", **forward(direction="sideways"))
    assert on_check(language="en", **forward(place=[-1, 0])) == {}


def test_the_numbers_of_the_pixel_are_told_where_they_are_others():
    assert not {"row", "column"} & on_view(None, 14, 14, language="en", **forward()).keys()
    assert on_view(None, 14, 3, language="en", **forward())["column"] == 14
    assert not {"row", "column"} & on_view(None, 1, 1, language="en", **vars(View())).keys()


def test_a_link_opens_with_what_changed():
    opened = on_open(4, language="en", **forward(model="resnet18", layer=5, place=[0.2, 0.2]))
    assert not opened["reach"]["isCheck"] and "trained weights" in opened["reach"]["badge"]
    back = on_open(4, language="en", **vars(View()))
    assert "reach" not in back


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 784, "0%"), (1, 784, "<1%"), (49, 64, "77%"), (783, 784, ">99%"), (784, 784, "100%"), (0, 0, "0%")],
)
def test_a_share_says_none_and_all_only_where_they_are_meant(part, whole, said):
    assert _say_share(part, whole) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("model", "size", "layer", "place", "numbers"),
    [
        ("lenet5", 28, 0, None, ("(14, 14)",)),
        ("lenet5", 28, 1, None, ("25", "784", "5 × 5")),
        ("lenet5", 28, 5, None, ("(14, 14)",)),
        ("resnet18", 28, 17, None, ("16",)),
        ("torchvision/squeezenet1_1", 70, 1, [0.99, 0.99], ("(69, 69)",)),
    ],
)
def test_the_sentence_tells_whom_the_pixel_reaches(model, size, layer, place, numbers, language):
    told = on_view(None, language=language, **forward(model=model, size=size, layer=layer, place=place))["look_for"]
    assert all(number in told for number in numbers), told
    assert "{" not in told


@pytest.mark.parametrize("model", ["lenet5", "resnet18", "torchvision/swin_t"])
def test_a_program_is_told_whom_a_pixel_reaches(model):
    size = 64 if "/" in model else 28
    told = receptive_field(model, input_size=size, pixel=[3, 20])["pixel_reaches"]
    spot = find_spot(View(model, size))
    for row, each, reach in zip(spot.rows, told, find_reach(spot.chain, (3, 20)), strict=True):
        assert each["name"] == row.name and each["reached"] == reach.mask.sum() and each["is_exact"] == reach.is_exact
        assert (each["rows"], each["columns"]) == reach.mask.shape
        top, left, bottom, right = each["box"]
        assert reach.mask[top:bottom, left:right].sum() == each["reached"]
    json.dumps(told)
    assert "pixel_reaches" not in receptive_field(model, input_size=size)


def test_a_program_is_told_that_a_pixel_reaches_nobody():
    told = receptive_field(layers=[{"kernel": 1, "stride": 3}], input_size=9, pixel=[1, 0])["pixel_reaches"]
    assert [(each["reached"], each["box"]) for each in told] == [(1, [1, 0, 2, 1]), (0, None)]
    for pixel in ([9, 0], [0], "3,4", [0.5, 1], [None, 1]):
        with pytest.raises(InputError):
            receptive_field(layers=[{"kernel": 1}], input_size=9, pixel=pixel)


def test_a_click_does_not_record_or_trace_the_network_again():
    """That takes many times as long; of several clicks the best counts, since the machine may be busy."""
    for model, most in (("lenet5", 1), ("resnet18", 1)):
        on_view(None, language="en", **forward(model=model))  # recorded and traced once
        times = []
        for number in range(7):
            values = forward(model=model, place=[(number + 0.5) / 28, 0.3])
            start = time.perf_counter()
            on_view(None, language="en", **values)
            times.append(time.perf_counter() - start)
        assert min(times) < most, times


def test_a_change_without_bounds_is_drawn():
    """Of an untrained network the values may be anything; a map where nothing changed, too."""
    nothing = Change(np.zeros((2, 2), int), np.zeros((2, 2)), 3)
    rows = trace_model("lenet5")[:2]
    reach = (Reach(np.ones((2, 2), bool), True),) * 2
    changes = Changes("random", 0.0, 1.0, (nothing, nothing), (frozenset(), frozenset()))
    drawn = draw_reach("key", "backdrop", rows, 1, (0, 0), reach, changes, text_in("en"))
    assert (decode(drawn["map"]) == 1).all() and re.match("0 changed", drawn["strip"][1]["changed"])
