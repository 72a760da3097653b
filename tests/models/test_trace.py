"""The walk over networks, against real forward passes, torchinfo, and autograd's footprints."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import torchinfo
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import explorer.models.trace
from explorer.errors import InputError
from explorer.models import catalogue
from explorer.models.alexnet import AlexNetSmall
from explorer.models.catalogue import MODELS, ModelEntry, create_model
from explorer.models.lenet import LeNet5
from explorer.models.resnet import CifarResNet, ResNet18, ResNet34, ResNet50
from explorer.models.trace import (
    ShapeError,
    UnsupportedLayerError,
    record_catalogue,
    trace,
    trace_catalogue,
    trace_shapes,
)
from tests.models.networks import Net

TORCHVISION = {
    "resnet18": torchvision.models.resnet18,
    "vgg11": torchvision.models.vgg11,
    "squeezenet1_1": torchvision.models.squeezenet1_1,
    "densenet121": torchvision.models.densenet121,
    "mobilenet_v3_small": torchvision.models.mobilenet_v3_small,
}


class AsTheTutorialWritesThem(nn.Module):
    """For grey images alone, without a keyword for others."""

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.classifier = nn.Linear(4, num_classes)

    def forward(self, x):
        return self.classifier(self.conv(x).mean((2, 3)))


class LooksAtNumbers(AsTheTutorialWritesThem):
    def __init__(self):
        super().__init__()
        self.rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]


@pytest.fixture
def with_own(monkeypatch):
    """Puts a network of a reader's own into the catalogue."""

    def put(build):
        for module in (catalogue, explorer.models.trace):
            monkeypatch.setattr(
                module,
                "MODELS",
                {**MODELS, "own": ModelEntry("own", "Own", build, 1, lends_filters=False, is_compared=False)},
            )

    yield put
    for remembered in (trace_catalogue, record_catalogue):
        remembered.cache_clear()


def test_a_network_that_takes_grey_images_only_is_traced_with_those(with_own):
    with_own(AsTheTutorialWritesThem)
    assert trace_catalogue("own", (1, 28, 28)).output_shape == (10,)
    with pytest.raises(InputError, match="Own takes only images with 1 channels, got 3"):
        trace_catalogue("own", (3, 28, 28))


def test_a_network_that_looks_at_numbers_while_it_is_built_is_refused_by_name(with_own):
    with_own(LooksAtNumbers)
    with pytest.raises(UnsupportedLayerError, match="own cannot be built without numbers"):
        trace_catalogue("own", (1, 28, 28))


def build(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    """A network on the meta device and its usual input; torchinfo and hooks run there without arithmetic."""
    with torch.device("meta"):
        if name in MODELS:
            return create_model(name), MODELS[name].input_shape
        return TORCHVISION[name](), (3, 224, 224)


@pytest.mark.parametrize("name", [*MODELS, *TORCHVISION])
def test_shapes_parameters_and_mult_adds_agree_with_a_real_forward_and_torchinfo(name):
    model, shape = build(name)
    record = trace(model, shape)

    image = torch.empty(1, *shape, device="meta")
    seen = {}
    for path, module in model.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda _, __, output, path=path: seen.update({path: tuple(output.shape[1:])}))
    output = model.eval()(image)
    assert {layer.name: layer.output_shape for layer in record.layers if layer.name in seen} == seen
    assert record.output_shape == tuple(output.shape[1:])

    counted = torchinfo.summary(model, input_data=image, device="meta", verbose=0)
    assert record.num_params == sum(parameter.numel() for parameter in model.parameters())
    assert record.mult_adds == counted.total_mult_adds


@pytest.mark.parametrize(
    "name, channels, size",
    [("lenet5", 3, 28), ("mlp", 3, 28), ("alexnet_small", 3, 32), ("resnet50", 3, 224), ("resnet56", 1, 64)],
)
def test_catalogue_networks_take_other_channels_and_sizes(name, channels, size):
    record = trace_catalogue(name, (channels, size, size))
    assert record.input_shape == (channels, size, size)
    assert record.output_shape == (10,)


def test_trace_shapes_is_the_tutorials_list():
    assert trace_shapes(LeNet5(), (1, 28, 28)) == [
        ("features.0", "Conv2d", (6, 28, 28)),
        ("features.1", "ReLU", (6, 28, 28)),
        ("features.2", "MaxPool2d", (6, 14, 14)),
        ("features.3", "Conv2d", (16, 10, 10)),
        ("features.4", "ReLU", (16, 10, 10)),
        ("features.5", "MaxPool2d", (16, 5, 5)),
        ("classifier.0", "Flatten", (400,)),
        ("classifier.1", "Linear", (120,)),
        ("classifier.2", "ReLU", (120,)),
        ("classifier.3", "Linear", (84,)),
        ("classifier.4", "ReLU", (84,)),
        ("classifier.5", "Linear", (10,)),
    ]
    assert trace_shapes(LeNet5(), (4, 1, 28, 28)) == trace_shapes(LeNet5(), (1, 28, 28))


# Receptive fields


def make_transparent(model: nn.Module) -> nn.Module:
    """Positive weights, no saturation, average instead of maximum: every input pixel that can matter then does."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, (nn.ReLU, nn.BatchNorm2d, nn.Dropout)):
                setattr(module, name, nn.Identity())
            elif isinstance(child, nn.MaxPool2d):
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1 / max(1, parameter[0].numel()))
    return model.double().eval()


def footprint(model: nn.Module, shape, unit=None) -> tuple[tuple[int, int], ...]:
    """First and last row and column that autograd reaches from one unit of the output (default: the central one)."""
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    output = model(image)
    if output.dim() == 4:
        row, column = unit or (output.shape[2] // 2, output.shape[3] // 2)
        output = output[0, :, row, column]
    (grad,) = torch.autograd.grad(output.sum(), image)
    touched = grad[0].abs().sum(0) > 0
    rows, columns = touched.any(1).nonzero().flatten(), touched.any(0).nonzero().flatten()
    return (int(rows[0]), int(rows[-1])), (int(columns[0]), int(columns[-1]))


def predicted(field, shape, output_shape, unit=None) -> tuple[tuple[int, int], ...]:
    """The box of a unit from its record, cut at the border of the image."""
    unit = unit or (output_shape[1] // 2, output_shape[2] // 2)
    box = []
    for axis in (0, 1):
        centre = field.start[axis] + unit[axis] * field.jump[axis]
        reach = (field.size[axis] - 1) / 2
        box.append((max(0, int(centre - reach)), min(shape[axis + 1] - 1, int(centre + reach))))
    return tuple(box)


class Branches(nn.Module):
    """Branches of different fields that meet in a sum, and in a concatenation."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 2, 3, stride=2, padding=1)
        self.wide = nn.Conv2d(2, 2, 3, padding=3, dilation=3)
        self.narrow = nn.Conv2d(4, 1, 1)

    def forward(self, image):
        x = self.stem(image)
        return self.narrow(torch.cat([x + self.wide(x), x], 1))


class PaddedBranches(nn.Module):
    """A branch that looks only to the left, made by padding on one side, beside one that looks only down."""

    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 1, (1, 4))
        self.down = nn.Conv2d(1, 1, (3, 1))
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)

    def forward(self, image):
        left = self.left(F.pad(image, (3, 0)))
        down = self.down(F.pad(image, (0, 0, 0, 2)))
        return F.avg_pool2d(F.relu(self.pool(left + down)), (1, 2))


def body(model: nn.Module) -> nn.Module:
    """A residual network without its global pooling and classifier."""
    return nn.Sequential(*list(model.children())[:-2])


RECEPTIVE = {
    "lenet5": (lambda: LeNet5().features, (1, 60, 60)),
    "alexnet_small": (lambda: AlexNetSmall().features, (1, 70, 70)),
    "alexnet": (lambda: torchvision.models.alexnet().features, (3, 300, 260)),
    "resnet18 stem 3x3": (lambda: body(ResNet18(width=2)), (1, 160, 160)),
    "resnet34 stem 3x3": (lambda: body(ResNet34(width=2)), (1, 256, 256)),
    "resnet50 stem 3x3": (lambda: body(ResNet50(width=2)), (1, 160, 160)),
    "resnet18 stem 7x7": (lambda: body(ResNet18(width=2, small_input=False)), (1, 512, 544)),
    "resnet50 stem 7x7": (lambda: body(ResNet50(width=2, small_input=False)), (1, 512, 512)),
    "resnet20": (lambda: body(CifarResNet(20)), (1, 128, 128)),
    "plain20": (lambda: body(CifarResNet(20, residual=False)), (1, 128, 128)),
    "dilated": (lambda: nn.Sequential(nn.Conv2d(1, 1, 3, dilation=4), nn.Conv2d(1, 1, 3, 2, dilation=2)), (1, 40, 41)),
    "rectangular": (
        lambda: nn.Sequential(nn.Conv2d(2, 4, (1, 7), (3, 1), (0, 3), groups=2), nn.MaxPool2d((4, 1), (1, 2))),
        (2, 40, 30),
    ),
    "same padding": (lambda: nn.Sequential(nn.Conv2d(1, 1, 3, padding="same", dilation=2)), (1, 20, 20)),
    "adaptive, divisible": (lambda: nn.Sequential(nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d((5, 3))), (1, 22, 26)),
    "branches": (Branches, (1, 50, 50)),
    "one-sided branches": (PaddedBranches, (1, 31, 40)),
    "squeezenet": (lambda: torchvision.models.squeezenet1_1().features, (3, 250, 250)),
}


@pytest.mark.parametrize("name", RECEPTIVE)
def test_receptive_field_is_autograds_footprint(name):
    build_model, shape = RECEPTIVE[name]
    model = make_transparent(build_model())
    last = trace(model, shape).layers[-1]
    rows, columns = last.output_shape[1:]
    assert footprint(model, shape) == predicted(last.receptive_field, shape, last.output_shape)
    for unit in [(0, 0), (rows - 1, columns - 1)]:  # zeros and leftover pixels on the way take from these
        seen = zip(footprint(model, shape, unit), predicted(last.receptive_field, shape, last.output_shape, unit))
        assert all(low <= first and last <= high for (first, last), (low, high) in seen)


@pytest.mark.parametrize(
    "model, shape, layer, size, jump",
    [
        (ResNet18(width=1), (1, 28, 28), "layer4.1.relu2", 109, 8),
        (ResNet34(width=1), (1, 28, 28), "layer4.2.relu2", 225, 8),
        (ResNet50(width=1), (1, 28, 28), "layer4.2.relu3", 107, 8),
        (ResNet18(width=1, small_input=False), (1, 224, 224), "layer4.1.relu2", 435, 32),
        (ResNet34(width=1, small_input=False), (1, 224, 224), "layer4.2.relu2", 899, 32),
        (ResNet50(width=1, small_input=False), (1, 224, 224), "layer4.2.relu3", 427, 32),
        (ResNet18(width=1), (1, 28, 28), "layer3.0.conv1", 29, 4),
    ],
)
def test_receptive_fields_of_residual_networks_as_published(model, shape, layer, size, jump):
    """Araujo et al. 2019 list 435, 899 (ResNet-18, -34); ResNet-50 with the stride on the 3x3 has 427."""
    field = {record.name: record.receptive_field for record in trace(model, shape).layers}[layer]
    assert (field.size, field.jump, field.is_global) == ((size, size), (jump, jump), False)


def test_a_network_deeper_than_pythons_stack_is_traced():
    """602 layers: He et al. 2015 go to 1202. The field of the last map, 6n + 2 layers, is larger than the image."""
    with torch.device("meta"):
        model = CifarResNet(602)
    layers = trace(model, (1, 28, 28)).layers
    assert sum(layer.kind in ("Conv2d", "Linear") for layer in layers) == 602
    assert layers[-1].receptive_field.box((0, 0)) == ((0, 0), (27, 27))


def test_lenet_by_hand():
    fields = [layer.receptive_field for layer in trace(LeNet5(), (1, 28, 28)).layers]
    windows = [fields[index] for index in (0, 2, 3, 5)]
    assert [field.size[0] for field in windows] == [5, 6, 14, 16]
    assert [field.jump[0] for field in windows] == [1, 2, 2, 4]
    assert [field.start[0] for field in windows] == [0, 0.5, 4.5, 5.5]
    assert fields[6].note == "flattened" and fields[6].jump is None and fields[6].size == (16, 16)
    assert fields[7].is_global and fields[7].size == (28, 28) and fields[7].start == (13.5, 13.5)


def test_uneven_adaptive_pooling_is_said_to_be_uneven():
    """AlexNet-Small pools 7 to 4: bins of 2, 3, 3 and 2 units."""
    layers = {layer.name: layer for layer in trace(AlexNetSmall(), (1, 28, 28)).layers}
    before, field = layers["features.9"].receptive_field, layers["classifier.0"].receptive_field
    assert field.note == "uneven" and field.jump is None and not field.is_global
    assert field.size[0] == before.size[0] + (3 - 1) * before.jump[0]
    assert layers["classifier.3"].receptive_field.is_global
    even = {layer.name: layer for layer in trace(AlexNetSmall(), (1, 32, 32)).layers}["classifier.0"]
    assert even.receptive_field.jump == (8, 8) and even.receptive_field.note is None


@pytest.mark.parametrize(
    ("units", "bins", "kernel_size", "stride"), [(5, 4, 2, 1), (8, 7, 2, 1), (9, 3, 3, 3), (8, 4, 2, 2)]
)
def test_adaptive_pooling_whose_bins_are_those_of_a_common_pooling_is_one(units, bins, kernel_size, stride):
    before, shape = nn.Conv2d(1, 1, 3, stride=2), (1, 2 * units + 1, 2 * units + 1)
    adaptive, common = (
        trace(nn.Sequential(before, pooling), shape).layers[-1]
        for pooling in (nn.AdaptiveMaxPool2d(bins), nn.MaxPool2d(kernel_size, stride))
    )
    assert adaptive.output_shape == common.output_shape == (1, bins, bins)
    assert adaptive.receptive_field == common.receptive_field and adaptive.field_note is None


def test_global_layers_see_the_input_except_pixels_that_strides_skip():
    model = nn.Sequential(nn.Conv2d(1, 1, 1, stride=4), nn.Conv2d(1, 1, 3, padding=1), nn.AdaptiveAvgPool2d(1))
    field = trace(model, (1, 8, 11)).layers[-1].receptive_field
    assert field.is_global
    assert field.size == (5, 9)  # pixels 0 and 4; pixels 0, 4 and 8
    assert footprint(make_transparent(model), (1, 8, 11)) == ((0, 4), (0, 8))


@st.composite
def stacks(draw):
    """A random stack of convolutions and poolings, and an image."""
    layers, channels = [], 1
    for _ in range(draw(st.integers(1, 4))):
        kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
        stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
        if draw(st.booleans()):
            dilation = draw(st.integers(1, 3))
            padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
            bias = draw(st.booleans())
            layers.append(nn.Conv2d(channels, 2, kernel, stride, padding, dilation, bias=bias))
            channels = 2
        else:
            padding = tuple(min(draw(st.integers(0, 1)), side // 2) for side in kernel)
            layers.append(nn.AvgPool2d(kernel, stride, padding, ceil_mode=draw(st.booleans())))
    return nn.Sequential(*layers), (1, draw(st.integers(1, 40)), draw(st.integers(1, 40)))


@settings(max_examples=60, deadline=None)
@given(stacks())
def test_random_stacks_agree_with_pytorch(stack_and_shape):
    model, shape = stack_and_shape
    make_transparent(model)
    try:
        output = model(torch.ones(1, *shape, dtype=torch.float64))
    except RuntimeError:
        with pytest.raises(ShapeError):
            trace(model, shape)
        return
    last = trace(model, shape).layers[-1]
    assert last.output_shape == tuple(output.shape[1:])
    unit = tuple(size // 2 for size in output.shape[2:])
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(model(image)[0, :, unit[0], unit[1]].sum(), image)
    touched = (grad[0].sum(0) > 0).nonzero()
    if len(touched) == 0:  # a unit that sees padding alone
        return
    for axis, (first, final) in enumerate(predicted(last.receptive_field, shape, last.output_shape, unit)):
        field = last.receptive_field
        reach = (field.size[axis] - 1) / 2
        centre = field.start[axis] + unit[axis] * field.jump[axis]
        low, high = int(touched[:, axis].min()), int(touched[:, axis].max())
        assert first <= low and high <= final
        if centre - reach >= 0 and centre + reach <= shape[axis + 1] - 1:
            assert (low, high) == (first, final)


# What does not fit, and what there is no rule for


@pytest.mark.parametrize(
    "model, shape, layer, sentence",
    [
        (LeNet5(), (1, 32, 32), "classifier.1", "classifier.1 (Linear) expects 400 inputs, but gets 576 = 16 × 6 × 6."),
        (LeNet5(), (3, 28, 28), "features.0", "features.0 (Conv2d) expects 1 channels, but gets 3."),
        (
            LeNet5(),
            (1, 9, 9),
            "features.3",
            "features.3 (Conv2d): the kernel spans 5 × 5, which is larger than its padded input of 4 × 4.",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 1, 3, padding=1, dilation=4)),
            (1, 6, 8),
            "0",
            "0 (Conv2d): the kernel spans 9 × 9, which is larger than its padded input of "
            "8 × 10 = (6 + 2·1) × (8 + 2·1).",
        ),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(32, 2)), (1, 6, 6), "1", "Flatten it first"),
        (nn.Sequential(nn.Flatten(), nn.Conv2d(1, 2, 3)), (1, 6, 6), "1", "needs a feature map"),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(3)), (1, 6, 6), "1", "expects 3 channels, but gets 2"),
        (nn.Sequential(nn.MaxPool2d(2)), (1, 1, 5), "0", "the kernel spans 2 × 2"),
        (nn.Sequential(nn.MaxPool2d(2, padding=2)), (1, 5, 5), "0", "padding 2 is more than half of the window"),
        (nn.Sequential(nn.MaxPool2d(3, 1, 2, dilation=2)), (1, 9, 9), "0", "padding 2 is more than half of the window"),
        (nn.Sequential(nn.Flatten(), nn.Flatten(3)), (1, 5, 5), "1", "1 (Flatten) asks for the dimension or index 3"),
    ],
)
def test_a_shape_that_does_not_fit_is_reported_with_layer_and_arithmetic(model, shape, layer, sentence):
    with pytest.raises(ShapeError) as caught:
        trace(model, shape)
    assert caught.value.layer == layer
    assert sentence in str(caught.value)
    assert caught.value.sentence("zh") != str(caught.value)


class Lambda(nn.Module):
    """A network that is one function."""

    def __init__(self, function, **modules):
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, image):
        return self.function(self, image)


@pytest.mark.parametrize(
    "model, words",
    [
        (nn.Sequential(nn.MaxPool2d(2, return_indices=True)), "0 (MaxPool2d)"),
        (nn.Sequential(nn.Conv2d(1, 1, 1, padding=2100)), "0 (Conv2d) would give a map of 42"),
        (nn.Sequential(nn.ConvTranspose2d(1, 1, 2, stride=1000)), "0 (ConvTranspose2d) would give a map of"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(5000)), "a map of 5000 units per side; at most 4096 are traced"),
        (Lambda(lambda _, x: torch.fft.fft2(x)), "fft_fft2"),
        (Lambda(lambda _, x: x[0]), "getitem"),
        (Lambda(lambda m, x: m.conv(x.transpose(1, 2)), conv=nn.Conv2d(7, 1, 1)), "not height and width"),
        (Lambda(lambda _, x: x if x.sum() > 0 else -x), "decides by the values of a tensor"),
        (Lambda(lambda _, x: "nothing"), "one tensor"),
        (Lambda(lambda _, x: torch.flatten(x)), "start_dim=0"),
        (Lambda(lambda m, x: m.attention(x[:, 0], x[:, 0], x[:, 0])[1] + 1,
                attention=nn.MultiheadAttention(7, 1, batch_first=True)), "add"),
    ],
)  # fmt: skip
def test_an_operation_without_a_rule_is_refused_by_name(model, words):
    with pytest.raises(UnsupportedLayerError) as caught:
        trace(model, (1, 7, 7))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: torch.cat([x[:, :, :4], x[:, :, 4:]], 3),
        lambda net, x: torch.cat([x, net.rows], 2),
        lambda _, x: x[:, :, [1, 3]],
        lambda _, x: x.view(1, 4, 64).view(1, 8, 8, 4) + x.transpose(1, 3),
        lambda _, x: x.view(1, 4, 4, 2, 4, 2).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, 4).mean(1),
        lambda _, x: torch.roll(x, 1, 2),
        lambda _, x: x.view(-1, 32),
        lambda _, x: F.pixel_shuffle(x, 2),
        lambda _, x: torch.einsum("nchw,ncij->nhij", x, x),
    ],
)
def test_what_is_not_followed_place_by_place_is_an_upper_bound_with_pytorchs_shape(function):
    model = Net(function)
    model.register_buffer("rows", torch.zeros(1, 4, 2, 8))
    image = torch.randn(1, 4, 8, 8, requires_grad=True)
    output, traced = model(image), trace(model, (4, 8, 8))
    assert traced.output_shape == tuple(output.shape[1:] if len(output) == 1 else output.shape)
    field = traced.layers[-1].receptive_field
    assert field.is_upper_bound and traced.layers[-1].field_note == "trace.note_upper_bound"
    assert all(axis.span(0) == (0, 7) for axis in field.axes)  # the whole image: no unit can see more


def attend(net, x, **masks):
    tokens = x.flatten(2).permute(0, 2, 1)
    return net.a(tokens, tokens, tokens, need_weights=False, **masks)[0]


@pytest.mark.parametrize(
    "function",
    [
        lambda net, x: attend(net, x, attn_mask=net.mask),
        lambda net, x: attend(net, x, attn_mask=net.mask, is_causal=True),
        lambda net, x: x.clamp(max=net.b(x)),
    ],
)
def test_what_would_be_traced_wrongly_is_refused(function):
    model = Net(function, a=nn.MultiheadAttention(4, 2, batch_first=True), b=nn.Conv2d(4, 4, 5, padding=2))
    model.register_buffer("rows", torch.zeros(1, 4, 2, 8))
    model.register_buffer("mask", torch.eye(64).bool().logical_not())
    model(torch.zeros(1, 4, 8, 8))
    with pytest.raises(UnsupportedLayerError):
        trace(model, (4, 8, 8))


def test_rows_that_are_put_below_others_keep_their_fields():
    model = Net(lambda net, x: torch.cat([net.b(x), x[:, :, -2:]], 2), b=nn.Conv2d(4, 4, (3, 1)))
    layer = trace(model, (4, 8, 8)).layers[-1]
    assert layer.output_shape == (4, 8, 8) and layer.receptive_field.size == (3, 1)
    boxes = [layer.receptive_field.box((row, 5)) for row in (0, 5, 6, 7)]
    assert boxes == [((first, 5), (last, 5)) for first, last in ((0, 2), (5, 7), (6, 6), (7, 7))]


def test_a_branch_that_saw_a_part_of_the_image_does_not_hide_what_the_other_sees():
    """The mean of the upper left 4 x 4 pixels scales every pixel: each sees these and itself."""
    model = Net(lambda net, x: x * x[:, :, :4, :4].mean((2, 3), keepdim=True))
    field = trace(model, (1, 16, 16)).layers[-1].receptive_field
    assert field.box((10, 12)) == ((0, 0), (10, 12)) and field.box((1, 1)) == ((0, 0), (3, 3))
    assert not field.is_global and field.size == (16, 16)
    whole = Net(lambda net, x: x * x.mean((2, 3), keepdim=True))
    assert trace(whole, (1, 16, 16)).layers[-1].receptive_field.is_global


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: x.permute(0, 1, 2, 7),
        lambda _, x: x.permute(0, 1, 2, -5),
        lambda _, x: x.unsqueeze(5),
        lambda _, x: x.flatten(1, 4),
        lambda _, x: x.transpose(1, 4),
        lambda _, x: x.softmax(4),
    ],
)
def test_a_dimension_that_is_not_there_is_refused_as_pytorch_does(function):
    with pytest.raises(IndexError):
        function(None, torch.zeros(1, 2, 8, 8))
    with pytest.raises(ShapeError, match="asks for the dimension or index"):
        trace(Lambda(function), (2, 8, 8))


def test_views_that_flatten_are_followed_and_others_refused():
    def shape_of(function):
        return trace(Lambda(function), (2, 4, 8)).output_shape

    assert shape_of(lambda _, x: x.view(x.size(0), -1)) == (64,)
    assert shape_of(lambda _, x: x.reshape(x.shape[0], x.size()[1] * 4 * 8)) == (64,)
    assert shape_of(lambda _, x: torch.relu(x).flatten(1).sub(1)) == (64,)
    assert shape_of(lambda _, x: x.mean([2, 3]) + x.mean(dim=(-1, -2))) == (2,)
    assert shape_of(lambda _, x: x.view(-1, 32)) == (2, 32)  # a part of the image becomes the batch
    with pytest.raises(ShapeError, match="64 = 2 × 4 × 8 numbers do not fit into the shape 1 × 60"):
        shape_of(lambda _, x: x.view(1, 60))
    assert shape_of(lambda _, x: x.view(1, 2, 32)) == (2, 32)
    assert shape_of(lambda _, x: x.view(1, 2, 4, 2, 4)) == (2, 4, 2, 4)  # rows that are cut apart


def test_tracing_does_not_load_pytorchs_compiler():
    """It costs 1.5 s and 120 MB at the start of the app."""
    code = (
        "import sys; from explorer.models.trace import trace_catalogue; trace_catalogue('resnet20', (1, 28, 28)); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


@pytest.mark.parametrize("shape", [(28, 28), (1, 0, 28), (1, 28.0, 28), (True, 28, 28), ("1", 28, 28), (1, 1, 1, 1, 1)])
def test_an_input_that_is_no_image_is_refused(shape):
    with pytest.raises(InputError, match="channels, height, width"):
        trace(LeNet5(), shape)


def test_branches_and_functions_are_linked_and_named_by_their_place():
    layers = trace(CifarResNet(8), (1, 28, 28)).layers
    joins = [layer for layer in layers if layer.kind == "add"]
    assert [layer.name for layer in joins] == ["layer1.0.add", "layer2.0.add", "layer3.0.add"]
    assert [layers[index].name for index in joins[1].inputs] == ["layer2.0.bn2", "layer2.0.shortcut.pad"]
    assert layers[0].inputs == (-1,)


def test_a_module_used_twice_works_twice_and_owns_its_parameters_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, 2, 3, padding=1)

        def forward(self, image):
            return self.conv(self.conv(image))

    record = trace(Twice(), (2, 5, 5))
    expected = torchinfo.summary(Twice(), (1, 2, 5, 5), verbose=0)
    assert [layer.num_params for layer in record.layers] == [38, 0]
    assert record.num_params == expected.total_params and record.mult_adds == expected.total_mult_adds


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 32, 32)])
def test_the_network_is_left_as_found_also_after_an_exception(shape):
    model = LeNet5().double().train()
    model.features[0].weight.requires_grad_(False)
    model.classifier.eval()
    model(torch.ones(1, 1, 28, 28, dtype=torch.float64)).sum().backward()
    calls = []
    model.features.register_forward_hook(lambda *_: calls.append("features"))
    model.features[0].register_forward_hook(lambda *_: calls.append("conv"))

    def state():
        return [
            [module.training for module in model.modules()],
            [(p.device.type, p.dtype, p.requires_grad, p.data_ptr()) for p in model.parameters()],
            [None if p.grad is None else p.grad.clone().tolist() for p in model.parameters()],
            [list(module._forward_hooks) for module in model.modules()],
            {name: value.tolist() for name, value in model.state_dict().items()},
            nn.Module.__call__,
            nn.Module.__getattr__,
        ]

    before = state()
    with suppress(ShapeError):
        trace(model, shape)
    assert state() == before
    assert set(calls) <= {"features", "conv"}  # a hook may change what comes out: it is a part of the forward
    assert torch.is_grad_enabled()


def test_other_threads_run_networks_undisturbed_while_one_is_traced():
    """torch.fx patches nn.Module for the whole process while it records; visitors classify at the same time."""
    model, image = ResNet18(width=4).eval(), torch.ones(1, 1, 28, 28)
    expected, problems, stop = model(image), [], threading.Event()

    def classify():
        try:
            while not stop.is_set():
                torch.testing.assert_close(model(image), expected)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=classify) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(8):
        trace(model, (1, 28, 28))
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
