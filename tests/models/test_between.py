"""Fields of layers in other layers, against autograd from layer to layer on the network itself."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.between import trace_between
from explorer.models.footprint import measure_footprint
from explorer.models.networks import find_network
from explorer.models.trace import record
from tests.models.networks import Net
from tests.models.test_footprint import NETWORKS, box_of, build, conv, make_transparent, networks, units_of


def see(whole: nn.Module, shape, sources: list[str], units) -> list[list[torch.Tensor]]:
    """For each unit of the output, of each source (rows, columns) bool: its units whose gradient is not zero there.

    All in one run: a gradient by what a module gave asks nothing of the way to that module.
    """
    kept: dict[str, torch.Tensor] = {}

    def keep(source: str):
        def hook(_module, _inputs, output):
            kept[source] = output
            return output * 1  # which may be overwritten

        return hook

    hooks = [whole.get_submodule(each).register_forward_hook(keep(each)) for each in sources]
    try:
        output = whole(torch.ones(1, *shape, dtype=torch.float64))[0]
    finally:
        for each in hooks:
            each.remove()
    return [_find_seen(output[:, unit[0], unit[1]].sum(), [kept[each] for each in sources]) for unit in units]


def _find_seen(number: torch.Tensor, maps: list[torch.Tensor]) -> list[torch.Tensor]:
    gradients = torch.autograd.grad(number, maps, allow_unused=True, retain_graph=True)
    return [
        torch.zeros(each.shape[2:], dtype=torch.bool) if gradient is None else gradient[0].abs().sum(0) > 0
        for each, gradient in zip(maps, gradients, strict=True)
    ]


def sources_of(model: nn.Module, shape) -> list[str]:
    """Names of the convolutions that are used once and are not the last layer."""
    layers = record(model).trace(shape).layers
    names = [layer.name for layer in layers]
    return [
        layer.name for layer in layers[:-1] if layer.kind == "Conv2d" and names.count(layer.name) == 1
    ]  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_traced_fields_between_layers_are_those_of_autograd(name):
    model, shape = build(name)
    recording, whole = record(model), make_transparent(model)
    last = recording.trace(shape).layers[-1]
    if [layer.name for layer in recording.trace(shape).layers].count(last.name) > 1:
        pytest.skip("the last layer has been used before, and goes by that name")
    sources = sources_of(model, shape)[::3]
    fields = [trace_between(recording, shape, source).layers[-1].receptive_field for source in sources]
    units = units_of(last.output_shape)
    for unit, seen in zip(units, see(whole, shape, sources, units), strict=True) if sources else ():
        for source, field, expected in zip(sources, fields, seen, strict=True):
            assert field.box(unit) == box_of(expected), (source, unit)
            assert torch.equal(measure_footprint(recording, shape, last.name, unit, source).mask, expected)


@settings(max_examples=100, deadline=None)
@given(networks(), st.integers(0, 10**6))
def test_random_networks_have_the_fields_of_autograd_between_layers(network_and_shape, seed):
    model, shape = network_and_shape
    whole = make_transparent(model)
    try:
        whole(torch.ones(1, *shape, dtype=torch.float64))
    except RuntimeError:
        return
    recording, sources = record(model), sources_of(model, shape)
    if not sources:
        return
    source, last = sources[seed % len(sources)], recording.trace(shape).layers[-1]
    unit = (seed % last.output_shape[1], seed // 1000 % last.output_shape[2])
    ((expected,),) = see(whole, shape, [source], [unit])
    assert torch.equal(measure_footprint(recording, shape, last.name, unit, source).mask, expected)
    traced = trace_between(recording, shape, source)
    box = traced.layers[-1].receptive_field.box(unit)
    found = box_of(expected)
    if found is None or box is None:
        assert found is None  # where branches meet behind units that see nothing, the box may be larger
    else:
        (top, left), (bottom, right) = box
        assert top <= found[0][0] and left <= found[0][1] and bottom >= found[1][0] and right >= found[1][1]
        kinds = {layer.kind for layer in traced.layers}
        if not kinds & {"ConvTranspose2d", "add", "cat"}:
            assert box == found


@pytest.mark.parametrize(
    ("name", "size", "source", "layer"),
    [
        ("lenet5", 28, "features.2", "features.5"),
        ("resnet18", 28, "layer1.0.conv1", "layer3.1.conv2"),
        ("resnet50", 28, "layer2.0.conv2", "layer3.2.conv2"),
        ("torchvision/resnet18", 96, "layer1.1.conv2", "layer3.0.conv1"),
        ("torchvision/densenet121", 64, "features.denseblock1.denselayer2.conv2", "features.denseblock2.denselayer3.conv2"),
        ("torchvision/shufflenet_v2_x0_5", 64, "stage2.0.branch2.0", "stage3.0.branch2.5"),
        ("torchvision/inception_v3", 128, "Mixed_6b.branch7x7dbl_1.conv", "Mixed_6b.branch7x7dbl_4.conv"),
    ],
)  # fmt: skip
def test_boxes_of_units_are_those_that_autograd_finds(name, size, source, layer):
    network = find_network(name)
    recording, shape = network.record(), (network.channels, size, size)
    found = next(each for each in trace_between(recording, shape, source).layers if each.name == layer)
    for unit in units_of(found.output_shape):
        mask = measure_footprint(recording, shape, layer, unit, source).mask
        assert found.receptive_field.box(unit) == box_of(mask)


def test_sizes_and_jumps_are_those_of_the_layers_between():
    model = nn.Sequential(conv(1, 2, 5, 2), conv(2, 2, 3, 2, dilation=2), nn.MaxPool2d(2), conv(2, 1, (1, 3)))
    fields = [layer.receptive_field for layer in trace_between(record(model), (1, 80, 80), "0").layers]
    assert [field.size for field in fields] == [(0, 0), (5, 5), (7, 7), (7, 15)]
    assert [field.jump for field in fields[1:]] == [(2, 2), (4, 4), (4, 4)]
    assert fields[2].start == (3.0, 3.0)
    image = [layer.receptive_field for layer in record(model).trace((1, 80, 80)).layers]
    assert image[3].size == tuple(5 + (side - 1) * 2 for side in fields[3].size)


def test_a_path_beside_the_layer_counts_for_nothing():
    model = Net(
        lambda net, x: F.relu(net.last(torch.cat([net.narrow(x), net.wide(x)], 1)) + net.wide(x)),
        narrow=conv(1, 1, 1), wide=conv(1, 1, 9, padding=4), last=conv(2, 1, 3, padding=1),
    )  # fmt: skip
    layers = {layer.name: layer for layer in trace_between(record(model), (1, 20, 20), "narrow").layers}
    assert layers["last"].receptive_field.size == (3, 3) and layers["relu"].receptive_field.size == (3, 3)
    assert layers["relu"].receptive_field.jump == (1, 1) and layers["relu"].field_note is None
    assert layers["wide"].receptive_field.size == (0, 0) and layers["wide"].receptive_field.box((3, 3)) is None
    mask = measure_footprint(model, (1, 20, 20), "last", (0, 5), "narrow").mask
    assert box_of(mask) == ((0, 4), (1, 6))


def test_what_is_no_layer_or_no_map_is_refused():
    model = nn.Sequential(conv(1, 1, 3), nn.Flatten(), nn.Linear(36, 4))
    with pytest.raises(InputError, match="no layer named 9"):
        trace_between(record(model), (1, 8, 8), "9")
    with pytest.raises(InputError, match="no feature map"):
        trace_between(record(model), (1, 8, 8), "1")
    for source in ("0", "7"):  # a layer does not come before itself
        with pytest.raises(InputError, match="no layer named"):
            measure_footprint(model, (1, 8, 8), "0", (0, 0), source)
