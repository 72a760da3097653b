"""The way forward against the way back, and against PyTorch's own derivatives of the whole network."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.errors import InputError
from explorer.models.footprint import measure_footprint
from explorer.models.networks import find_network
from explorer.models.reach import find_places, measure_change, measure_reach, read_values
from explorer.models.trace import UnsupportedLayerError, record
from tests.models.networks import Net
from tests.models.test_footprint import NETWORKS, build, conv, make_transparent, networks


def derive(transparent: nn.Module, shape, pixel) -> torch.Tensor:
    """(rows, columns) bool: the units of the output whose derivative by a pixel, all its channels together, is not 0."""
    direction = torch.zeros(1, *shape, dtype=torch.float64)
    direction[..., pixel[0], pixel[1]] = 1
    _, change = torch.func.jvp(transparent, (torch.ones_like(direction),), (direction,))
    return change[0].sum(0) > 0


def pixels_of(shape) -> set[tuple[int, int]]:
    _, rows, columns = shape
    return {(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 2), (rows // 3, columns - 2), (rows - 1, 1)}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_pixel_reaches_is_what_depends_on_it(name):
    model, shape = build(name)
    recording, whole = record(model), make_transparent(model)
    layers = recording.trace(shape).layers
    if [layer.name for layer in layers].count(layers[-1].name) > 1:
        pytest.skip("the last layer has been used before, and goes by that name")
    for pixel in pixels_of(shape):
        found = measure_reach(recording, shape, pixel, [layers[-1].name])[layers[-1].name]
        assert found.is_exact
        assert torch.equal(torch.from_numpy(found.mask), derive(whole, shape, pixel)), pixel


@settings(max_examples=100, deadline=None)
@given(networks(), st.floats(0, 1), st.floats(0, 1))
def test_random_networks_are_reached_as_derivatives_say(network_and_shape, down, across):
    model, shape = network_and_shape
    whole = make_transparent(model)
    try:
        whole(torch.ones(1, *shape, dtype=torch.float64))
    except RuntimeError:
        return
    pixel = round(down * (shape[1] - 1)), round(across * (shape[2] - 1))
    recording = record(model)
    last = recording.trace(shape).layers[-1]
    found = measure_reach(recording, shape, pixel, [last.name])[last.name]
    assert torch.equal(torch.from_numpy(found.mask), derive(whole, shape, pixel))


# Networks at a small size, with layers whose maps are so small that all their units can be asked.
PAIRS = [
    ("lenet5", 28, ["features.3", "features.5"]),
    ("alexnet_small", 28, ["features.5", "features.6"]),
    ("resnet18", 28, ["layer3.0.conv1", "layer4.1.conv2"]),
    ("resnet50", 28, ["layer4.2.conv2"]),
    ("torchvision/resnet18", 64, ["layer3.0.conv1", "layer4.1.conv2"]),
    ("torchvision/squeezenet1_1", 70, ["features.12.expand3x3"]),
    ("torchvision/densenet121", 64, ["features.denseblock3.denselayer2.conv2"]),
    ("torchvision/shufflenet_v2_x0_5", 64, ["stage3.0.branch2.3", "conv5.0"]),
    ("torchvision/googlenet", 64, ["inception4a.branch3.1.conv"]),
    ("torchvision/mobilenet_v2", 64, ["features.14.conv.1.0"]),
    ("torchvision/convnext_tiny", 64, ["features.5.0.block.0"]),
]


@pytest.mark.parametrize(("name", "size", "layers"), PAIRS, ids=[name for name, *_ in PAIRS])
def test_a_pixel_reaches_a_unit_if_and_only_if_it_lies_in_its_field(name, size, layers):
    network = find_network(name)
    recording, shape = network.record(), (network.channels, size, size)
    shapes = {layer.name: layer.output_shape for layer in recording.trace(shape).layers}
    reached = {pixel: measure_reach(recording, shape, pixel, layers) for pixel in pixels_of(shape)}
    for layer in layers:
        _, rows, columns = shapes[layer]
        for row, column in [(row, column) for row in range(rows) for column in range(columns)]:
            field = measure_footprint(recording, shape, layer, (row, column)).mask
            for pixel, found in reached.items():
                assert found[layer].is_exact
                assert found[layer].mask[row, column] == bool(field[pixel]), (layer, row, column, pixel)


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "torchvision/resnet18", "torchvision/squeezenet1_1"])
def test_what_changed_lies_inside_what_can_change(name):
    network = find_network(name)
    size = 28 if network.is_ours else 64
    recording, shape, model = network.record(), (network.channels, size, size), network.draw()
    layers = recording.trace(shape).layers
    names = list({layer.name: None for layer in layers})
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(1, *shape, generator=generator)
    before = read_values(model, layers, image, names)
    for pixel in pixels_of(shape):
        other = image.clone()
        other[..., pixel[0], pixel[1]] = -2 - image[..., pixel[0], pixel[1]]
        reached = measure_reach(recording, shape, pixel, names)
        changed = measure_change(model, layers, before, other)
        for layer in names:
            assert not (changed[layer].mask & ~reached[layer].mask).any(), (layer, pixel)
            assert ((changed[layer].amount > 0) == changed[layer].mask).all()
        assert (changed[names[0]].mask == reached[names[0]].mask).all()  # nothing has stopped it yet
    unchanged = measure_change(model, layers, before, image)
    assert not any(change.mask.any() for change in unchanged.values())


@pytest.mark.parametrize("name", ["lenet5", "alexnet_small", "branches", "shuffled channels", "squeezenet"])
def test_where_nothing_stops_a_change_all_that_can_change_do(name):
    """Positive weights, averages for maxima, no activation: then a change is lost nowhere."""
    model, shape = build(name)
    whole = make_transparent(model)
    recording = record(whole)
    layers = recording.trace(shape).layers
    before = read_values(whole, layers, torch.ones(1, *shape, dtype=torch.float64), [layers[-1].name])
    for pixel in pixels_of(shape):
        image = torch.ones(1, *shape, dtype=torch.float64)
        image[..., pixel[0], pixel[1]] = 1e6  # so that rounding hides none
        changed = measure_change(whole, layers, before, image)[layers[-1].name]
        assert (changed.mask == measure_reach(record(model), shape, pixel, before).popitem()[1].mask).all()


def test_values_are_those_of_the_network_and_what_overwrites_them_is_not_seen():
    model = nn.Sequential(conv(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(0.9))
    image = torch.randn(1, 1, 9, 8)
    model.train()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    values = read_values(model, record(model).trace((1, 9, 8)).layers, image, ["0", "1", "3", "4"])
    assert model.training and all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    model.eval()
    with torch.no_grad():
        assert torch.equal(values["0"], model[0](image))
        assert torch.equal(values["1"], model[:2](image))
        assert torch.equal(values["3"], model[:4](image)) and torch.equal(values["4"], model(image))


def test_channels_that_changed_are_counted_and_functions_are_layers_too():
    model = Net(lambda net, x: F.max_pool2d(torch.cat([net.a(x), x], 1), 2), a=conv(1, 2, 1, bias=False))
    model.a.weight.data = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    layers = record(model).trace((1, 4, 4)).layers
    names = [layer.name for layer in layers]
    image = torch.zeros(1, 1, 4, 4)
    before = read_values(model, layers, image, names)
    image[0, 0, 1, 2] = 3
    changed = measure_change(model, layers, before, image)
    assert changed["a"].channels.sum() == 1 and changed[names[1]].channels[1, 2] == 2
    assert changed[names[2]].channels.tolist() == [[0, 2], [0, 0]] and changed[names[2]].amount.max() == 3
    image[0, 0, 1, 2] = -3  # the maximum of its window stays 0
    hidden = measure_change(model, layers, before, image)
    assert hidden[names[1]].mask.sum() == 1 and not hidden[names[2]].mask.any()


def test_behind_what_is_not_followed_the_boxes_of_the_trace_stand():
    network = find_network("torchvision/swin_t")
    recording = network.record()
    layers = recording.trace((3, 64, 64)).layers
    names = ["features.0.0", next(layer.name for layer in layers if layer.kind == "ShiftedWindowAttention"), "head"]
    found = measure_reach(recording, (3, 64, 64), (5, 9), names)
    assert [found[name].is_exact for name in names] == [True, False, False]
    assert found[names[0]].mask.nonzero() == ([1], [2]) and found["head"].mask.tolist() == [[True]]
    attention = next(layer for layer in layers if layer.name == names[1])
    for row in range(16):
        for column in range(16):
            (top, left), (bottom, right) = attention.receptive_field.box((row, column))
            assert found[names[1]].mask[row, column] == (top <= 5 <= bottom and left <= 9 <= right)


def test_what_is_not_there_is_refused():
    recording = record(nn.Sequential(conv(1, 1, 3)))
    with pytest.raises(IndexError, match="8 x 8"):
        measure_reach(recording, (1, 8, 8), (8, 0), ["0"])
    with pytest.raises(InputError, match="no layer named 7"):
        measure_reach(recording, (1, 8, 8), (0, 0), ["7"])
    assert measure_reach(recording, (1, 8, 8), (0, 0), []) == {}


def test_a_forward_that_does_something_else_than_the_trace_tells_is_refused():
    layers = record(nn.Sequential(conv(1, 1, 3), nn.ReLU())).trace((1, 8, 8)).layers
    other = nn.Sequential(nn.ReLU(), conv(1, 1, 3))
    with pytest.raises(UnsupportedLayerError):
        read_values(other, layers, torch.zeros(1, 1, 8, 8), ["1"])
    assert find_places(layers, ["1"]) == {"1": 1}
