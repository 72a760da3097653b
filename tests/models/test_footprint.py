"""Footprints and traced boxes against autograd on the whole network, in double precision.

The reference runs the network itself: a deep copy with positive weights, averages for maxima and identities for what
saturates, all channels, through its own `forward`. `measure_footprint` replays the recording with one channel instead.
"""

from __future__ import annotations

import copy
import time

import pytest
import torch
import torch.nn.functional as F
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models.swin_transformer import PatchMerging, ShiftedWindowAttention

from explorer.errors import InputError
from explorer.models.alexnet import AlexNetSmall
from explorer.models.catalogue import MODELS
from explorer.models.fields import Axis
from explorer.models.footprint import check_field, measure_footprint
from explorer.models.lenet import LeNet5
from explorer.models.resnet import CifarResNet, ResNet18, ResNet34, ResNet50
from explorer.models.trace import ShapeError, UnsupportedLayerError, record, record_catalogue, trace
from tests.models.networks import Net

IDENTITIES = (nn.ReLU, nn.ReLU6, nn.Tanh, nn.Hardswish, nn.SiLU, nn.GELU, nn.BatchNorm2d, nn.Dropout)


def make_transparent(model: nn.Module) -> nn.Module:
    """A deep copy through which every pixel that can matter does."""
    model = nn.Sequential(copy.deepcopy(model))
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, IDENTITIES):
                setattr(module, name, nn.Identity())
            elif isinstance(child, nn.MaxPool2d):
                assert child.dilation == 1
                setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
            elif isinstance(child, nn.AdaptiveMaxPool2d):
                setattr(module, name, nn.AdaptiveAvgPool2d(child.output_size))
    for parameter in model.parameters():
        nn.init.constant_(parameter, 1 / max(1, parameter[0].numel()) if parameter.dim() > 1 else 1.0)
    return model[0].double().eval()


def reach_of(transparent: nn.Module, shape, unit) -> torch.Tensor:
    """(H, W) bool: the pixels whose gradient is not zero at a unit of the output, all channels together."""
    return reaches_of(transparent, shape, [unit])[0]


def reaches_of(transparent: nn.Module, shape, units) -> list[torch.Tensor]:
    """The same for several units, in one run forward."""
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    output = transparent(image)[0]
    sums = [output[:, row, column].sum() for row, column in units]
    gradients = [torch.autograd.grad(each, image, retain_graph=True)[0] for each in sums]
    return [gradient[0].abs().sum(0) > 0 for gradient in gradients]


def box_of(mask: torch.Tensor):
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    if len(rows) == 0:
        return None
    return (int(rows[0]), int(columns[0])), (int(rows[-1]), int(columns[-1]))


def body(model: nn.Module) -> nn.Module:
    """A residual network without its global pooling and classifier."""
    return nn.Sequential(*list(model.children())[:-2])


def conv(inputs: int, outputs: int, *settings, **more) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, *settings, **more)


def shuffled(net, x):
    """ShuffleNet's unit: half of the channels pass by, the other half see more, then they are mixed."""
    for layer in (net.one, net.two):
        passes, sees = x.chunk(2, dim=1)
        x = torch.cat((passes, layer(sees)), dim=1)
        batch, channels, height, width = x.size()
        x = x.view(batch, 2, channels // 2, height, width).transpose(1, 2).contiguous().view(batch, -1, height, width)
    return x


NETWORKS = {
    "lenet5": (lambda: LeNet5().features, (1, 40, 36)),
    "alexnet_small": (lambda: AlexNetSmall().features, (1, 45, 50)),
    "resnet18 stem 3x3": (lambda: body(ResNet18(width=2)), (1, 120, 96)),
    "resnet34 stem 3x3": (lambda: body(ResNet34(width=2)), (1, 90, 90)),
    "resnet50 stem 3x3": (lambda: body(ResNet50(width=1)), (1, 130, 90)),
    "resnet18 stem 7x7": (lambda: body(ResNet18(width=2, small_input=False)), (1, 200, 224)),
    "resnet20": (lambda: body(CifarResNet(20)), (1, 60, 50)),
    "plain20": (lambda: body(CifarResNet(20, residual=False)), (1, 60, 60)),
    "alexnet": (lambda: torchvision.models.alexnet().features, (3, 100, 230)),
    "vgg11": (lambda: torchvision.models.vgg11().features[:12], (3, 64, 80)),
    "squeezenet": (lambda: torchvision.models.squeezenet1_1().features[:9], (3, 90, 117)),
    "densenet": (lambda: torchvision.models.densenet._DenseBlock(4, 8, 2, 4, 0.0), (8, 20, 17)),
    "inception": (
        lambda: nn.Sequential(
            torchvision.models.inception.InceptionA(4, 2), torchvision.models.inception.InceptionB(226)
        )[0],
        (4, 17, 15),
    ),
    "inception reduction": (lambda: torchvision.models.inception.InceptionD(6), (6, 31, 40)),
    "mobilenet": (lambda: torchvision.models.mobilenet_v2(width_mult=0.1).features[:9], (3, 80, 96)),
    "rectangular": (
        lambda: nn.Sequential(conv(2, 4, (1, 7), (3, 1), (0, 3), groups=2), nn.MaxPool2d((4, 1), (1, 2))),
        (2, 40, 30),
    ),
    "dilated": (lambda: nn.Sequential(conv(1, 2, 3, dilation=4), conv(2, 1, 3, 2, dilation=(2, 3))), (1, 40, 41)),
    "holes at the border": (lambda: nn.Sequential(conv(1, 1, 3, 1, 6, 6), conv(1, 1, 3, 1, 5, 5)), (1, 9, 14)),
    "ceil mode": (
        lambda: nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, 2, 1, ceil_mode=True)), (1, 17, 22)
    ),
    "same, odd": (lambda: nn.Sequential(conv(1, 1, 3, padding="same", dilation=2), conv(1, 2, 5)), (1, 20, 20)),
    "same, even": (
        lambda: nn.Sequential(conv(1, 2, (2, 4), padding="same"), conv(2, 1, (4, 2), padding="same", dilation=3)),
        (1, 20, 23),
    ),
    "adaptive, divisible": (lambda: nn.Sequential(conv(1, 1, 3), nn.AdaptiveAvgPool2d((5, 3))), (1, 22, 26)),
    "adaptive, uneven": (
        lambda: nn.Sequential(conv(1, 2, 3, 2), nn.AdaptiveMaxPool2d((4, 3)), conv(2, 1, 2)), (1, 30, 34)
    ),
    "adaptive, more bins than units": (lambda: nn.Sequential(nn.AdaptiveAvgPool2d((7, 9)), conv(1, 1, 3)), (1, 5, 6)),
    "transposed": (lambda: nn.Sequential(conv(1, 2, 3, 2, 1), nn.ConvTranspose2d(2, 1, 3, 2, 1, 1)), (1, 21, 20)),
    "transposed, grouped, dilated": (
        lambda: nn.Sequential(conv(2, 4, 2, 2), nn.ConvTranspose2d(4, 2, (4, 3), (3, 1), (0, 1), groups=2, dilation=2)),
        (2, 20, 21),
    ),
    "u-net": (
        lambda: Net(
            lambda net, x: net.last(torch.cat((net.up(net.middle(net.down(x))), x), dim=1)),
            down=nn.Sequential(conv(1, 2, 3, padding=1), nn.MaxPool2d(2)),
            middle=conv(2, 2, 3, padding=1),
            up=nn.ConvTranspose2d(2, 2, 2, 2),
            last=conv(3, 1, 3),
        ),
        (1, 20, 24),
    ),
    "upsampling": (lambda: nn.Sequential(conv(1, 1, 3, 2), nn.Upsample(scale_factor=3), conv(1, 1, 3)), (1, 15, 17)),
    "branches": (
        lambda: Net(
            lambda net, x: net.narrow(torch.cat([net.stem(x) + net.wide(net.stem(x)), net.stem(x)], 1)),
            stem=conv(1, 2, 3, stride=2, padding=1),
            wide=conv(2, 2, 3, padding=3, dilation=3),
            narrow=conv(4, 1, 1),
        ),
        (1, 50, 47),
    ),
    "one-sided branches": (
        lambda: Net(
            lambda net, x: F.avg_pool2d(
                F.relu(net.pool(net.left(F.pad(x, (3, 0))) + net.down(F.pad(x, (0, 0, 0, 2))))), (1, 2)
            ),
            left=conv(1, 1, (1, 4)), down=conv(1, 1, (3, 1)), pool=nn.MaxPool2d(3, 2, ceil_mode=True),
        ),
        (1, 31, 40),
    ),
    "unaligned branches": (
        lambda: Net(
            lambda net, x: net.last(net.dense(x) + net.sparse(x)),
            dense=conv(1, 1, 4), sparse=conv(1, 1, 1, 2), last=conv(1, 1, 2),
        ),
        (1, 7, 7),
    ),
    "cropped": (lambda: Net(lambda net, x: net.a(x)[:, :, 2:-1:2, 1:] + 1, a=conv(1, 2, 3)), (1, 18, 15)),
    "channels last": (
        lambda: Net(
            lambda net, x: F.relu(net.b(net.a(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
            a=conv(1, 3, 3, 2), b=nn.Linear(3, 5),
        ),
        (1, 18, 15),
    ),
    "folded and unfolded": (
        lambda: Net(
            lambda net, x: net.b(net.a(x).flatten(2).transpose(1, 2).transpose(1, 2).reshape(1, 3, 8, 6)),
            a=conv(1, 3, 3, 2), b=conv(3, 2, 2),
        ),
        (1, 18, 14),
    ),
    "shuffled channels": (
        lambda: Net(shuffled, one=conv(2, 2, 3, padding=1), two=conv(2, 2, 5, padding=2)), (4, 14, 13)
    ),
    "convnext block": (lambda: Net(lambda net, x: x + net.scale * net.a(x), a=conv(2, 2, 7, padding=3)), (2, 15, 16)),
    "reused": (lambda: Net(lambda net, x: net.a(net.a(net.a(x))), a=conv(2, 2, 3, padding=1)), (2, 15, 16)),
}  # fmt: skip


def build(name: str) -> tuple[nn.Module, tuple[int, int, int]]:
    make, shape = NETWORKS[name]
    model = make()
    if name == "convnext block":
        model.scale = nn.Parameter(torch.ones(2, 1, 1))
    return model, shape


def units_of(output_shape) -> set[tuple[int, int]]:
    rows, columns = output_shape[1:]
    return {
        (0, 0),
        (rows - 1, columns - 1),
        (rows // 2, columns // 2),
        (rows // 3, columns - 1),
        (rows - 1, 1 % columns),
    }


@pytest.mark.parametrize("name", NETWORKS)
def test_traced_boxes_and_replayed_footprints_are_those_of_the_whole_network(name):
    model, shape = build(name)
    recording, whole = record(model), make_transparent(model)
    last = recording.trace(shape).layers[-1]
    assert last.map_axes == (1, 2)
    units = units_of(last.output_shape)
    for unit, expected in zip(units, reaches_of(whole, shape, units), strict=True):
        assert last.receptive_field.box(unit) == box_of(expected), unit
        if [layer.name for layer in recording.trace(shape).layers].count(last.name) == 1:
            assert torch.equal(measure_footprint(recording, shape, last.name, unit).mask, expected), unit


@st.composite
def networks(draw):
    """A random tree of layers: stacks, sums and concatenations of branches; and an image."""
    shape = (draw(st.integers(1, 2)), draw(st.integers(3, 24)), draw(st.integers(3, 24)))
    return Branching(draw(st.lists(draw_stage(), min_size=1, max_size=3)), shape[0]), shape


def draw_stage():
    """One layer of any kind, or two branches that keep in step: the same strides, paddings that follow the kernels."""
    sides = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 3))
    kinds = st.sampled_from(["conv", "conv", "pool", "ceil", "same", "adaptive", "up"])
    alone = st.tuples(st.just("chain"), st.tuples(kinds, sides, sides, st.booleans()))
    branch = st.tuples(
        st.sampled_from(["conv", "conv", "pool"]), *[st.tuples(st.integers(0, 2), st.integers(1, 3))] * 2
    )
    strides = st.tuples(st.integers(1, 2), st.integers(1, 2))
    return alone | st.tuples(st.sampled_from(["add", "cat"]), strides, branch, branch)


class Branching(nn.Module):
    """Each stage is one layer, or two on branches that meet; both branches have as many channels."""

    def __init__(self, stages, channels: int):
        super().__init__()
        self.joins, self.first, self.second = [], nn.ModuleList(), nn.ModuleList()
        for join, *drawn in stages:
            self.joins.append(join)
            if join == "chain":
                self.first.append(make_layer(drawn[0], channels))
                self.second.append(nn.Identity())
            else:
                strides, one, two = drawn
                self.first.append(make_branch(one, strides, channels))
                self.second.append(make_branch(two, strides, channels))
            channels = 2 if join != "cat" else 4

    def forward(self, x):
        for join, one, two in zip(self.joins, self.first, self.second):
            if join == "chain":
                x = one(x)
            elif join == "add":
                x = one(x) + two(x)
            else:
                x = torch.cat([one(x), two(x)], 1)
        return x


def make_branch(drawn, strides, channels: int) -> nn.Module:
    kind, *sides = drawn
    kernel, dilation = tuple(2 * half + 1 for half, _ in sides), tuple(gap for _, gap in sides)
    if kind == "pool":
        padding = tuple(half for half, _ in sides)
        return nn.Sequential(conv(channels, 2, 1), nn.MaxPool2d(kernel, strides, padding))
    return conv(channels, 2, kernel, strides, tuple(half * gap for half, gap in sides), dilation)


def make_layer(drawn, channels: int) -> nn.Module:
    kind, *sides, bias = drawn
    kernel, stride, padding, dilation = (tuple(side[index] for side in sides) for index in range(4))
    if kind == "conv":
        return conv(channels, 2, kernel, stride, padding, dilation, bias=bias)
    if kind == "same":
        return conv(channels, 2, kernel, 1, "same", dilation, bias=bias)
    if kind == "up":
        return nn.ConvTranspose2d(channels, 2, kernel, stride, padding, 0, bias=bias, dilation=dilation)
    if kind == "adaptive":
        return nn.Sequential(conv(channels, 2, 1), nn.AdaptiveAvgPool2d((kernel[0] + 1, kernel[1] + 1)))
    padding = tuple(min(zeros, side // 2) for zeros, side in zip(padding, kernel))
    return nn.Sequential(conv(channels, 2, 1), nn.MaxPool2d(kernel, stride, padding, ceil_mode=kind == "ceil"))


@settings(max_examples=120, deadline=None)
@given(networks(), st.integers(0, 10**6))
def test_random_networks_have_the_fields_of_autograd(network_and_shape, seed):
    model, shape = network_and_shape
    whole = make_transparent(model)
    try:
        output = whole(torch.ones(1, *shape, dtype=torch.float64))
    except RuntimeError:
        with pytest.raises(ShapeError):
            trace(model, shape)
        return
    recording = record(model)
    layers = recording.trace(shape).layers
    last = layers[-1]
    assert last.output_shape == tuple(output.shape[1:])
    chosen = (seed % last.output_shape[1], seed // 1000 % last.output_shape[2])
    for unit in {chosen, tuple(size // 2 for size in last.output_shape[1:])}:
        expected = reach_of(whole, shape, unit)
        compare_boxes(layers, unit, box_of(expected))
        assert torch.equal(measure_footprint(recording, shape, last.name, unit).mask, expected)
        compare_size_and_jump(last.receptive_field, unit, shape, box_of(expected))


def test_a_map_of_no_columns_is_refused_as_the_network_refuses_it():
    """PyTorch refuses it on the processor, and lets it pass on meta tensors."""
    model = nn.Sequential(conv(1, 2, 1, (1, 2)), nn.ConvTranspose2d(2, 2, 1, (1, 3), (0, 2)))
    with pytest.raises(RuntimeError, match="too small"):
        model(torch.ones(1, 1, 3, 3))
    with pytest.raises(ShapeError, match="3 × 0"):
        trace(model, (1, 3, 3))
    with pytest.raises(ShapeError, match="3 × 0"):
        trace(Net(lambda net, x: net.a(x) + 1 if x.shape[-1] == 3 else x, a=model), (1, 3, 3))


@settings(max_examples=60, deadline=None)
@given(networks())
def test_what_a_global_layer_sees_is_what_autograd_finds(network_and_shape):
    """Not always the whole image: strides, dilation and padding leave pixels out."""
    inner, shape = network_and_shape
    model = nn.Sequential(inner, nn.AdaptiveAvgPool2d(1))
    whole = make_transparent(model)
    try:
        expected = box_of(reach_of(whole, shape, (0, 0)))
    except RuntimeError:
        return
    layers = trace(model, shape).layers
    field = layers[-1].receptive_field
    assert field.is_global
    compare_boxes(layers, (0, 0), expected)
    if expected is not None and not has_blind_units_and_branches(layers):
        assert field.size == tuple(last - first + 1 for first, last in zip(*expected))
        assert field.start == tuple((first + last) / 2 for first, last in zip(*expected))


def compare_boxes(layers, unit, measured):
    """Equal; but behind units that see nothing, where branches meet, a box that holds what is seen."""
    box = layers[-1].receptive_field.box(unit)
    if box == measured:
        return
    assert has_blind_units_and_branches(layers)
    if measured is not None:
        assert all(box[0][axis] <= measured[0][axis] and measured[1][axis] <= box[1][axis] for axis in (0, 1))


def has_blind_units_and_branches(layers) -> bool:
    axes = {axis for layer in layers for axis in layer.receptive_field.axes}
    blind = any((axis.spans[1] < axis.spans[0]).any() for axis in axes)
    return blind and any(layer.kind in ("add", "cat") for layer in layers)


def compare_size_and_jump(field, unit, shape, measured):
    """A box that lies inside the image is what size, jump and start say."""
    if field.jump is None or measured is None:
        return
    for axis in (0, 1):
        centre, reach = field.start[axis] + unit[axis] * field.jump[axis], (field.size[axis] - 1) / 2
        assert centre - reach <= measured[0][axis] and measured[1][axis] <= centre + reach


def test_batch_normalisation_without_running_statistics_joins_all_places():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)).eval().double()
    image = torch.randn(1, 1, 12, 12, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(image)[0, 0, 4, 4], image)
    recording = record(model)
    assert (gradient[0, 0].abs() > 1e-12).all() and recording.trace((1, 12, 12)).layers[-1].receptive_field.is_global
    assert measure_footprint(recording, (1, 12, 12), "1", (4, 4)).mask.all()


def test_windows_of_attention_are_those_of_torchvisions_own_block():
    """Masked positions keep a share of exp(-100), which is nothing in single precision."""
    for size, shift in [((14, 21), (0, 0)), ((14, 21), (3, 3)), ((10, 7), (3, 3)), ((16, 9), (2, 3))]:
        block = ShiftedWindowAttention(4, [7, 7], list(shift), 2).double().eval()
        merge = PatchMerging(4).double().eval()
        model = Net(lambda net, x: net.merge(net.block(x.permute(0, 2, 3, 1))), block=block, merge=merge)
        layers = trace(model, (4, *size)).layers
        for name, network in [
            ("block", lambda x, block=block: block(x.permute(0, 2, 3, 1))),
            ("merge.patch_merging", model),
        ]:
            layer = next(layer for layer in layers if layer.name == name)
            assert layer.map_axes == (0, 1) and layer.field_note == "trace.note_window_attention"
            for unit in [(0, 0), (3, 5), (4, 2), tuple(side - 1 for side in layer.output_shape[:2])]:
                unit = tuple(min(index, side - 1) for index, side in zip(unit, layer.output_shape))
                image = torch.randn(1, 4, *size, dtype=torch.float64, requires_grad=True)
                output = network(image)[0, unit[0], unit[1]]
                (gradient,) = torch.autograd.grad(output @ torch.randn_like(output), image)
                assert layer.receptive_field.box(unit) == box_of(gradient[0].abs().amax(0) > 1e-30)


# The check that the page shows


@pytest.mark.parametrize("name", MODELS)
def test_every_convolution_and_pooling_of_the_catalogue_is_confirmed_or_says_why_not(name):
    entry, recording = MODELS[name], record_catalogue(name)
    layers = [layer for layer in recording.trace(entry.input_shape).layers if layer.settings.kernel_size]
    for layer in layers[:: max(1, len(layers) // 4)] + layers[-1:]:
        check = check_field(recording, entry.input_shape, layer.name)
        assert check.verdict == "confirmed" and check.reason is None, check
        size = tuple(last - first + 1 for first, last in zip(*check.measured))
        assert size == layer.receptive_field.size, (layer.name, check)  # an image that holds the whole field
    last = recording.trace(entry.input_shape).layers[-1]
    assert check_field(recording, entry.input_shape, last.name).reason == "trace.check_global"


def test_a_wrong_trace_is_found_out(monkeypatch):
    recording = record_catalogue("lenet5")
    assert check_field(recording, (1, 28, 28), "features.3").verdict == "confirmed"
    slide = Axis.slide
    monkeypatch.setattr(Axis, "slide", lambda axis, kernel, *rest: slide(axis, kernel + 1, *rest))
    check = check_field(recording, (1, 28, 28), "features.3")
    assert check.verdict == "differs" and check.traced != check.measured


def shortest(action) -> float:
    """Seconds that the fastest of five runs takes: a machine that is busy with something else makes none faster."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_a_check_is_fast_enough_to_be_shown_live():
    """It takes less time than the network itself does for one image, forward and backward (measured: a quarter)."""
    recording, whole = record_catalogue("resnet18"), make_transparent(body(ResNet18()))
    check = shortest(lambda: check_field(recording, (1, 28, 28), "layer4.1.conv2"))
    assert check < shortest(lambda: reach_of(whole, (1, 28, 28), (0, 0)))


def test_what_is_not_checked_says_why():
    flat = nn.Sequential(conv(1, 1, 3), nn.Flatten(), nn.ReLU())
    assert check_field(flat, (1, 9, 9), "2").reason == "trace.check_no_grid"
    pooled = nn.Sequential(conv(1, 1, 3), nn.AdaptiveAvgPool2d(1), nn.ReLU())
    assert check_field(pooled, (1, 9, 9), "2").reason == "trace.check_global"
    assert check_field(nn.Sequential(conv(1, 1, 3)), (1, 2000, 8), "0", (1, 1)).reason == "trace.check_too_large"


@pytest.mark.parametrize(
    "layer, unit, words",
    [
        ("7", (0, 0), "no layer named 7"),
        ("0", (0, 26), "26 × 26"),
        ("0", (-1, 0), "26 × 26"),
        ("2", (0, 0), "no feature map"),
    ],
)
def test_a_layer_or_unit_that_is_not_there_is_refused(layer, unit, words):
    model = nn.Sequential(conv(1, 1, 3), nn.Flatten(), nn.Linear(676, 2))
    with pytest.raises(InputError, match=words) as caught:
        measure_footprint(model, (1, 28, 28), layer, unit)
    assert caught.value.sentence("zh") != str(caught.value)


@pytest.mark.parametrize("layer", ["features.3", "no such layer", "classifier.1"])
def test_the_network_is_left_as_found_also_after_an_exception(layer):
    model = LeNet5().double().train()
    model.features[0].weight.requires_grad_(False)
    model.classifier.eval()
    model(torch.ones(1, 1, 28, 28, dtype=torch.float64)).sum().backward()
    calls = []
    model.features[0].register_forward_hook(lambda *_: calls.append("conv"))

    def state():
        return [
            [module.training for module in model.modules()],
            [(p.dtype, p.requires_grad, p.data_ptr(), p._version) for p in model.parameters()],
            [None if p.grad is None else p.grad.tolist() for p in model.parameters()],
            [list(module._forward_hooks) for module in model.modules()],
            {name: value.tolist() for name, value in model.state_dict().items()},
        ]

    before = state()
    with torch.no_grad():
        try:
            measure_footprint(model, (1, 28, 28), layer, (0, 0))
            check_field(model, (1, 28, 28), layer)
        except InputError:
            pass
        assert not torch.is_grad_enabled()
    assert state() == before
    assert set(calls) <= {"conv"}  # a hook may change what comes out: it is a part of the forward


def test_an_operation_without_a_counterpart_is_named():
    model = nn.Sequential(ShiftedWindowAttention(4, [7, 7], [0, 0], 2), nn.Identity())
    swin = Net(lambda net, x: net.block(x.permute(0, 2, 3, 1)), block=model[0])
    with pytest.raises(UnsupportedLayerError, match="block"):
        measure_footprint(swin, (4, 14, 14), "block", (0, 0))
