"""Feature maps and fields of one layer, against PyTorch's own run."""

from __future__ import annotations

import pytest
import torch

from explorer.data import load_sample, normalise
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import available_models, load_trained, model_lock
from explorer.models.trace import trace
from explorer.shapes.activations import find_field, find_middle, measure_features


def image(number: int = 120) -> torch.Tensor:
    return normalise(load_sample().images[number : number + 1])[:, None]


@pytest.mark.parametrize("name", [*available_models(), "resnet20", "plain18"])
def test_every_layer_gives_maps_of_the_traced_shape(name):
    model = create_model(name).eval() if name not in available_models() else load_trained(name)
    found = trace(model, (1, 28, 28))
    functions = {layer.kind for layer in found.layers} - {type(module).__name__ for module in model.modules()}
    layers = [layer for number, layer in enumerate(found.layers) if layer.kind in functions or number % 5 == 0]
    for layer in layers:
        features = measure_features(model, found, image(), layer.name)
        assert features is not None and tuple(features.maps.shape) == layer.output_shape, layer.name
        assert (features.kernels is not None) == (layer.kind == "Conv2d")


def test_the_maps_are_those_of_the_network_and_it_is_left_as_found():
    model = load_trained("lenet5")
    with model_lock("lenet5"), torch.no_grad():
        found = trace(model, (1, 28, 28))
        got = measure_features(model, found, image(), "features.3")
        torch.testing.assert_close(got.maps, model.features[:4](image())[0])
        torch.testing.assert_close(got.kernels, model.features[3].weight)
        torch.testing.assert_close(measure_features(model, found, image(), "classifier.5").maps, model(image())[0])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters()) and not model.training


def test_an_addition_gives_the_sum_of_its_branches():
    model = create_model("resnet20").eval()
    found = trace(model, (1, 28, 28))
    block, before = model.layer1[0], model.stem(image())
    expected = block.bn2(block.conv2(block.relu1(block.bn1(block.conv1(before))))) + before
    torch.testing.assert_close(measure_features(model, found, image(), "layer1.0.add").maps, expected[0])


def test_hooks_are_gone_after_a_failure():
    model = create_model("lenet5").eval()
    found = trace(model, (1, 28, 28))
    with pytest.raises(RuntimeError):
        measure_features(model, found, torch.zeros(1, 2, 28, 28), "features.3")
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("index", range(6))
def test_the_field_is_where_the_gradient_arrives(index):
    model = create_model("lenet5").eval().double()
    for parameter in model.parameters():
        parameter.data.abs_()
    layer = trace(model, (1, 28, 28)).layers[index]
    assert layer.name == f"features.{index}"
    unit = find_middle(layer)
    pixels = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    network = torch.nn.Sequential(*[
        torch.nn.AvgPool2d(2, 2) if isinstance(each, torch.nn.MaxPool2d) else each
        for each in model.features[: index + 1]
    ])  # fmt: skip
    network(pixels)[0, :, unit[0], unit[1]].sum().backward()
    rows, columns = (pixels.grad[0, 0] != 0).nonzero().T
    assert find_field(layer, unit) == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)


def test_a_linear_layer_sees_the_whole_image_and_a_row_of_units_has_no_field():
    layers = trace(create_model("lenet5"), (1, 28, 28)).layers
    assert find_field(layers[-1], (0, 0)) == (0, 0, 28, 28)
    flat = next(layer for layer in layers if len(layer.output_shape) == 1)
    assert flat.receptive_field.note == "flattened" and find_field(flat, (0, 0)) is None


@pytest.mark.parametrize("unit", [(0, 0), (0, 3), (3, 3)])
def test_the_field_of_a_unit_on_no_grid_is_where_the_gradient_arrives(unit):
    """AlexNet-Small pools 7x7 maps into 4x4 uneven bins; averages instead of maxima let every pixel through."""
    model = create_model("alexnet_small").eval().double()
    for parameter in model.parameters():
        parameter.data.abs_()
    found = trace(model, (1, 28, 28))
    layer = next(each for each in found.layers if each.receptive_field.note == "uneven" and each.map_axes)
    for part in model.modules():
        for name, child in part.named_children():
            if isinstance(child, torch.nn.MaxPool2d):
                setattr(part, name, torch.nn.AvgPool2d(child.kernel_size, child.stride, child.padding))
    seen = []
    model.get_submodule(layer.name).register_forward_hook(lambda module, inputs, output: seen.append(output))
    pixels = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    model(pixels)
    seen[0][0, :, unit[0], unit[1]].sum().backward()
    rows, columns = (pixels.grad[0, 0] != 0).nonzero().T
    assert find_field(layer, unit) == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
    assert find_field(layer, unit) != (0, 0, 28, 28)


def test_a_strided_network_need_not_see_the_last_pixels():
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 5, stride=4), torch.nn.AdaptiveAvgPool2d(1))
    assert find_field(trace(network, (1, 31, 31)).layers[-1], (0, 0)) == (0, 0, 29, 29)
