"""The networks that can be picked: their rows, and the check of a unit's field."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from explorer.errors import InputError
from explorer.models.footprint import measure_footprint
from explorer.models.networks import NETWORKS, find_network
from explorer.models.torchvision_models import TORCHVISION_CLASSIFIERS
from explorer.models.trace import record
from explorer.receptive_field import networks
from explorer.receptive_field.maths import (
    CLAIMED_DEPTHS,
    compute_chain_field,
    compute_field_box,
    find_conv_sizes,
    find_first_as_wide,
    find_last_local,
    find_unit,
    make_image_row,
    parse_layers,
    trace_layer_table,
)
from explorer.receptive_field.networks import (
    build_chain,
    check_chain_unit,
    check_unit,
    find_bounds,
    find_depth_sizes,
    record_network,
    trace_model,
)
from explorer.receptive_field.sentences import describe_depths
from explorer.text import LANGUAGES, text_in


@pytest.mark.parametrize(
    ("name", "size", "jump"),
    # Araujo et al. 2019, table 1 (theoretical fields of well-known networks), and 7 + 2 x 2 x ... by hand.
    [("torchvision/resnet50", 427, 32), ("torchvision/vgg16", 212, 32), ("torchvision/alexnet", 195, 32)],
)
def test_fields_of_torchvisions_networks(name, size, jump):
    row = find_last_local(trace_model(name, 224))
    assert (row.size, row.jump) == (size, jump)


def test_sizes_beside_the_tutorials_sketch_are_those_of_torchvisions_networks():
    sizes = find_depth_sizes()
    for ours, theirs in (("vgg16", "torchvision/vgg16"), ("resnet34_large", "torchvision/resnet34")):
        assert sizes[ours] == find_conv_sizes(trace_model(theirs, 224), CLAIMED_DEPTHS)
    assert sizes["stack_depth"] == [2 * depth + 1 for depth in CLAIMED_DEPTHS]
    # By hand: 3, 5, pool 6, 10, 14, pool 16, 24; and 7, pool 11, then 8 pixels a layer at jump 4.
    assert (sizes["vgg16"][2], sizes["resnet34_large"][2]) == (24, 11 + 4 * 8)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sketch_is_said_to_be_too_small_for_some_networks_and_too_large_for_others(language):
    """5 layers: 15 in the sketch; from 20 on it says "100+", which no larger field contradicts."""
    text = text_in(language)
    told = describe_depths({"vgg16": [3, 7, 16, 30, 300], "stack_depth": [3, 7, 15, 32, None]}, text)
    vgg = {"network": text("receptive_field.head_vgg16")}
    wanted = ("more", [5]), ("less", [10])
    assert all(text(f"receptive_field.facts_depth_{key}", depths=depths, **vgg) in told for key, depths in wanted)
    assert text("receptive_field.head_stack_depth") not in told


def test_the_joint_says_why_it_sees_everything():
    assert trace_model("torchvision/resnet18", 224)[-1].note == "trace.note_global_pool"
    assert trace_model("mlp")[-1].note == "trace.note_linear"
    for name, joint in (
        ("efficientnet_b0", "features.1.0.block.1.mul"),
        ("regnet_y_400mf", "trunk_output.block1.block1-0.f.se.mul"),
    ):
        assert trace_model(f"torchvision/{name}", 224)[-1].name == joint


@pytest.mark.parametrize(
    ("name", "layer", "size", "seen"),
    [
        ("torchvision/squeezenet1_1", "classifier.3", 70, 69),
        ("torchvision/convnext_tiny", "avgpool", 70, 68),
        ("torchvision/alexnet", "avgpool", 70, 65),
        ("alexnet_small", "features.9", 28, 28),
    ],
)
def test_where_strides_skip_pixels_the_joint_sees_what_autograd_finds(name, layer, size, seen):
    row, network = trace_model(name, size)[-1], find_network(name)
    recording, shape = record_network(name), (network.channels, size, size)
    units = next(each.output_shape[-1] for each in recording.trace(shape).layers if each.name == layer)
    masks = [measure_footprint(recording, shape, layer, (unit, unit)).mask for unit in {0, units - 1}]
    assert find_bounds(np.logical_or.reduce(masks)) == (0, 0, seen, seen)
    assert (row.kind, row.size, row.reach) == ("global", seen, seen)
    assert compute_field_box(row, (0, 0), size).clipped == (0, 0, seen, seen)
    assert (find_first_as_wide([make_image_row(size), row]) is None) == (seen < size)


PATHS = ["resnet50", "torchvision/resnet50", "torchvision/regnet_y_400mf", "torchvision/googlenet"]


@pytest.mark.parametrize("name", PATHS)
def test_sizes_and_jumps_only_grow_along_the_path(name):
    rows = trace_model(name, 224)
    assert len(rows) > 4
    for before, row in pairwise(rows[:-1]):
        assert row.size >= before.size and row.jump >= before.jump and not row.name.endswith("proj.0")
    assert rows[-1].reach == 224


@pytest.mark.parametrize(
    "name", [*PATHS, "torchvision/inception_v3", "torchvision/densenet121", "torchvision/squeezenet1_0"]
)
def test_each_layer_grows_by_its_own_kernel_from_the_one_before(name):
    """So that no layer is said to add nothing because one beside it has added as much."""
    size = min(find_network(name).input_size, 224)
    layers = {
        layer.name: layer.settings for layer in record_network(name).trace((3 if "/" in name else 1, size, size)).layers
    }
    for before, row in zip(trace_model(name, size), trace_model(name, size)[1:-1]):
        kernels, dilations = layers[row.name].kernel_size, layers[row.name].dilation or (1, 1)
        # Where a 1x3 lies beside a 3x1, a field grows along both sides.
        if not row.name.startswith("Mixed_7"):
            grown = [one - other for one, other in zip(row.sizes, before.sizes)]
            assert grown == [gap * (kernel - 1) * before.jump for gap, kernel in zip(dilations, kernels)], row.name


def test_oblong_fields_stand_in_rows_of_their_own():
    """Inception's 7x1 and 1x7 in turn; autograd finds the same boxes."""
    rows = trace_model("torchvision/inception_v3", 299)
    oblong = [row for row in rows if row.sizes[0] != row.sizes[1]]
    assert len(oblong) > 5 and all(row.kind == "conv" for row in oblong)
    layers = {layer.name: layer for layer in record_network("torchvision/inception_v3").trace((3, 299, 299)).layers}
    for row in oblong:
        assert row.sizes == layers[row.name].receptive_field.size
        height, width = layers[row.name].settings.kernel_size
        before = rows[rows.index(row) - 1]
        assert row.name.startswith("Mixed_7") or (
            row.sizes[0] - before.sizes[0], row.sizes[1] - before.sizes[1]
        ) == (before.jump * (height - 1), before.jump * (width - 1))  # fmt: skip
    for row in oblong[::4]:
        check = check_unit("torchvision/inception_v3", 299, row, (row.map_shape[0] - 1, 0))
        assert check.verdict == "confirmed", row
    wrong = replace(oblong[0], width=replace(oblong[0].sides[1], size=oblong[0].sizes[1] + 2))
    assert check_unit("torchvision/inception_v3", 299, wrong, (0, 0)).verdict == "differs"


def test_strides_that_differ_give_oblong_maps():
    model = nn.Sequential(nn.Conv2d(1, 2, (3, 5), (1, 2), (1, 2)), nn.Conv2d(2, 1, (1, 3), (2, 1)))
    layers = record(model).trace((1, 20, 20)).layers
    rows = [networks._read_layer(layer, 20) for layer in layers]
    assert [row.sizes for row in rows] == [(3, 5), (3, 9)] and [row.map_shape for row in rows] == [(20, 10), (10, 8)]
    for row, layer in zip(rows, layers):
        for unit in ((0, 0), (4, 7), (row.map_shape[0] - 1, 0)):
            mask = measure_footprint(model, (1, 20, 20), layer.name, unit).mask.numpy()
            assert find_bounds(mask) == compute_field_box(row, unit, 20).clipped
        assert find_unit(row, (10.0, 4.0)) == (round(10 / row.jump), round((4 - row.width.start) / row.width.jump))


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "resnet50", "torchvision/densenet121"])
def test_fields_are_confirmed_by_autograd(name):
    size = min(find_network(name).input_size, 64)
    for row in trace_model(name, size)[1:-1:3]:
        check = check_unit(name, size, row, (row.num_units // 2, 0))
        assert check.verdict == "confirmed", row
        assert find_bounds(check.field.mask) is not None


@pytest.mark.parametrize("change", [{"size": 2}, {"start": 1}, {"jump": 1}])
def test_a_wrong_row_is_not_confirmed(change):
    row = trace_model("resnet18", 64)[4]
    wrong = replace(row, **{name: getattr(row, name) + more for name, more in change.items()})
    assert check_unit("resnet18", 64, row, (8, 8)).verdict == "confirmed"
    assert check_unit("resnet18", 64, wrong, (8, 8)).verdict == "differs"


def test_what_is_not_checked_says_why():
    rows = trace_model("lenet5")
    assert check_unit("lenet5", 28, rows[0], (0, 0)).reason == "receptive_field.check_image"
    check = check_unit("lenet5", 28, rows[-1], (0, 0))
    assert (check.verdict, check.reason) == ("not_checked", "trace.check_global")


def test_a_chain_is_checked_pixel_by_pixel_and_a_false_mask_is_noticed():
    layers = parse_layers([{"kernel": 3, "dilation": 2}, {"type": "transposed", "kernel": 3, "stride": 2}])
    rows = trace_layer_table(layers, 20)
    field = compute_chain_field(layers, rows, 2, (5, 30))
    assert check_chain_unit(layers, 20, rows[2], (5, 30), field).verdict == "confirmed"
    false = field.mask.copy()
    false[0, 0] = ~false[0, 0]
    assert check_chain_unit(layers, 20, rows[2], (5, 30), replace(field, mask=false)).verdict == "differs"


def test_a_chain_becomes_pytorchs_own_modules():
    layers = parse_layers([{"kernel": 3}, {"type": "pool", "kernel": 2}, {"type": "transposed", "kernel": 2}])
    assert [type(module) for module in build_chain(layers)] == [nn.Conv2d, nn.MaxPool2d, nn.ConvTranspose2d]


def test_every_listed_network_has_a_title_of_its_own():
    titles = [network.title for network in NETWORKS.values()]
    assert len(set(titles)) == len(titles) >= 90
    assert sum(name.startswith("torchvision/") for name in NETWORKS) >= len(TORCHVISION_CLASSIFIERS) - 1


@pytest.mark.parametrize(
    ("name", "size"), [("vgg", 28), (None, 28), (["lenet5"], 28), ("lenet5", 32), ("resnet18", 513), ("resnet18", 0)]
)
def test_what_cannot_be_traced_is_refused(name, size):
    with pytest.raises(InputError):
        trace_model(name, size)


def test_find_bounds_against_nonzero():
    mask = torch.zeros(9, 9, dtype=torch.bool)
    assert find_bounds(mask.numpy()) is None
    mask[2, 7] = mask[5, 3] = True
    assert find_bounds(mask.numpy()) == (2, 3, 6, 8)
    assert isinstance(find_bounds(np.ones((2, 2), dtype=bool))[0], int)
