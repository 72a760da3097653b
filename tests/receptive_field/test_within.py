"""Fields that are measured in units of an earlier layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.errors import InputError
from explorer.models.footprint import measure_footprint
from explorer.models.networks import find_network
from explorer.receptive_field.maths import (
    LayerRow,
    compute_chain_field,
    compute_field_box,
    compute_mean_brightness,
    make_source_row,
    parse_layers,
    trace_layer_table,
    trace_layer_table_within,
)
from explorer.receptive_field.networks import (
    check_unit_within,
    find_bounds,
    record_network,
    trace_model,
    trace_model_within,
)
from explorer.receptive_field.session import TABLE, View, check_field, find_scene, find_spot, make_layers, read_image
from explorer.receptive_field.tab import draw_ground, find_ground, on_check, on_open, on_view
from explorer.text import LANGUAGES
from tests.receptive_field.test_chains import build_positive_chain, layer_strategy, measure_mask


def values(**changes) -> dict:
    return vars(View(**{"compared": [], **changes}))


@settings(max_examples=80, deadline=None)
@given(
    layers=st.lists(layer_strategy, min_size=2, max_size=4), input_size=st.integers(5, 24),
    number=st.integers(1, 3), down=st.floats(0, 1), across=st.floats(0, 1),
)  # fmt: skip
def test_fields_of_a_chain_within_a_layer_are_those_of_autograd(layers, input_size, number, down, across):
    try:
        rows = trace_layer_table(layers, input_size)
    except InputError:
        assume(False)
    assume(number < len(layers))
    layers = parse_layers(layers)
    within = trace_layer_table_within(layers, rows, number)
    assert [row.name for row in within] == [row.name for row in rows[number:]]
    count = within[-1].num_units
    unit = (round(down * (count - 1)), round(across * (count - 1)))
    field = compute_chain_field(layers[number:], within, len(layers) - number, unit)
    mask = measure_mask(build_positive_chain(layers[number:]), rows[number].num_units, unit)
    np.testing.assert_array_equal(field.mask, mask)


@pytest.mark.parametrize(
    ("name", "size", "step"),
    [("lenet5", 28, 1), ("alexnet_small", 28, 1), ("resnet18", 28, 5), ("resnet50", 28, 11), ("plain20", 28, 6),
     ("torchvision/resnet18", 96, 5), ("torchvision/densenet121", 64, 40), ("torchvision/inception_v3", 139, 15)],
)  # fmt: skip
def test_fields_of_networks_within_a_layer_are_confirmed(name, size, step):
    rows = trace_model(name, size)
    for number in range(1, len(rows) - 2, step):
        within = trace_model_within(name, size, number)
        assert [row.name for row in within] == [row.name for row in rows[number:]]
        assert [row.map_shape for row in within[1:]] == [row.map_shape for row in rows[number + 1 :]]
        for row in within[1:-1:step]:
            for unit in ((0, 0), (row.map_shape[0] // 2, row.map_shape[1] - 1)):
                check = check_unit_within(name, size, within[0].name, row, unit)
                assert check.verdict == "confirmed", (number, row, unit)
                mask = measure_footprint(
                    record_network(name), (find_network(name).channels, size, size), row.name, unit, within[0].name
                ).mask.numpy()  # fmt: skip
                np.testing.assert_array_equal(check.field.mask, mask)


def test_sizes_within_a_layer_and_within_the_image_fit_together():
    """Along one path: size in pixels = size of the layer + (units - 1) x its jump."""
    for name in ("lenet5", "plain20", "torchvision/vgg11"):
        size = min(find_network(name).input_size, 64)
        rows = trace_model(name, size)
        for number in range(1, len(rows) - 2):
            for row, inner in zip(rows[number + 1 : -1], trace_model_within(name, size, number)[1:-1]):
                assert row.size == rows[number].size + (inner.size - 1) * rows[number].jump
                assert row.jump == inner.jump * rows[number].jump
                assert row.start == rows[number].start + inner.start * rows[number].jump


def test_a_wrong_row_is_not_confirmed(monkeypatch):
    row = trace_model_within("resnet18", 28, 3)[4]
    monkeypatch.setattr(
        "explorer.receptive_field.networks.measure_footprint",
        lambda *_: type("Other", (), {"mask": torch.ones(28, 28, dtype=torch.bool)}),
    )
    assert check_unit_within("resnet18", 28, trace_model("resnet18")[3].name, row, (5, 5)).verdict == "differs"


def test_a_map_that_is_not_square_is_refused():
    row = LayerRow("a", "conv", 3, 1, 1.0, 10, 12)
    assert make_source_row(row).num_units == 10
    oblong = LayerRow("a", "conv", 3, 1, 1.0, 10, 12, width=LayerRow("a", "conv", 3, 2, 1.0, 5, 12))
    with pytest.raises(InputError, match="10 × 5"):
        make_source_row(oblong)


# ---- the tab -----------------------------------------------------------------------------------------------------


def test_the_spot_is_the_same_unit_seen_in_another_layer():
    place = (0.3, 0.8)
    outer = find_spot(View("resnet18", layer=9, place=place))
    spot = find_spot(View("resnet18", layer=9, place=place, seen_in=6))
    assert spot.unit == outer.unit and spot.row.name == outer.row.name and spot.size == outer.rows[6].num_units
    assert (spot.row.size, spot.row.jump) == (7, 1)  # the field of three more 3x3 at one resolution
    centre = spot.field.centre
    assert all(abs(one - other) <= 0.5 for one, other in zip(spot.pixel, centre))
    assert check_field(spot).verdict == "confirmed"
    assert find_spot(View("resnet18", layer=3, seen_in=9)).chain.source == 2, "a layer is seen in those before it"
    assert find_spot(View("resnet18", layer=0, seen_in=9)).chain.outer is None


def test_the_ground_is_the_map_of_the_layer_and_its_units_lie_in_the_image():
    scene = find_scene(View("lenet5", layer=4, seen_in=2))
    ground = find_ground(scene.spot)
    row = trace_model("lenet5")[2]
    assert ground == {"start": [row.start] * 2, "jump": [row.jump] * 2, "size": 28}
    drawn = draw_ground(scene)
    assert (drawn["image"]["rows"], drawn["map"]["rows"]) == (14, 5)
    pixels = read_image(scene.image, 28)
    reach = scene.spot.chain.outer.find_reach(2)
    brightness = compute_mean_brightness(pixels, *reach)
    top, left, bottom, right = compute_field_box(row, (3, 5), 28).clipped
    assert brightness[3, 5] == pytest.approx(pixels[top:bottom, left:right].mean())
    assert scene.ground_key != find_scene(View("lenet5", layer=4, seen_in=1)).ground_key


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "numbers"),
    [
        ({"model": "lenet5", "layer": 4, "seen_in": 2}, ("6 × 6", "14 × 14", "features.2")),
        ({"model": "lenet5", "layer": 5, "seen_in": 2}, ("features.2",)),
        ({"model": "resnet18", "layer": 12, "seen_in": 5}, ("35 × 35", "28 × 28", "layer1.1.conv2")),
        ({"model": TABLE, "layer": 2, "seen_in": 1, "layers": make_layers(("conv", 3, 1, 1, 1), ("conv", 5, 2, 2, 1))},
         ("5 × 5", "28 × 28", "conv1")),
    ],
)  # fmt: skip
def test_the_page_tells_it_in_units_of_that_layer(changes, numbers, language):
    shown = on_view(None, language=language, **values(**changes))
    assert all(number in shown["look_for"] for number in numbers), shown["look_for"]
    chart = shown["chart"].make()
    line = next(trace for trace in chart.data if trace.meta == changes["model"])
    assert (line.x[0], line.y[0]) == (changes["seen_in"], 1)
    assert numbers[-1] in chart.layout.yaxis.title.text
    table = shown["table"].make()
    assert f">{changes['seen_in']}</td>" in table
    field = shown["field"]
    assert numbers[-1] in field["imageCaption"]
    told = on_check(language=language, **values(**changes))["field"]
    assert told["key"] == shown["field"]["key"]
    if "mask" in told and told["mask"] is not None and "confirmed" in told["badge"]:
        assert numbers[-1] in told["badge"]
    assert "{" not in shown["look_for"] + table + field["imageCaption"] + told["badge"]


def test_a_layer_that_comes_later_is_put_back_in_the_slider():
    assert on_view(5, language="en", **values(layer=2, seen_in=3))["seen_in"]["value"] == 1
    assert "seen_in" not in on_view(5, language="en", **values(layer=4, seen_in=3))
    assert "seen_in" not in on_view(5, language="en", **values(direction="forward", layer=2, seen_in=3))
    opened = on_open(None, language="en", **values(layer=4, seen_in=2))
    assert (opened["layer"]["maximum"], opened["seen_in"]["maximum"]) == (5, 4), "a link sets them as high as it asks"
    assert opened["seen_in_box"]["open"] and "confirmed" in opened["field"]["badge"]


def test_masks_within_lie_inside_their_boxes():
    spot = find_spot(View("resnet18", layer=12, seen_in=4))
    check = check_field(spot)
    assert find_bounds(check.field.mask) == spot.field.clipped
