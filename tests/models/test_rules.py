"""Operations as people write them in a `forward`, against PyTorch's own shapes, counts and errors."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
import torch
import torch.nn.functional as F
import torchinfo
import torchvision
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.models.footprint import check_field
from explorer.models.trace import ShapeError, UnsupportedLayerError, record, trace
from tests.models.networks import Net


class WeightStandardisedConv(nn.Conv2d):
    """A convolution that computes its weight again (Qiao et al. 2019): its parameters are read by name."""

    def forward(self, image):
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        return F.conv2d(image, weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


def weights(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(*shape))


NETWORKS = {
    "F.conv2d": Net(lambda net, x: F.conv2d(x, net.w, stride=2, padding=(1, 0), groups=2), w=weights(6, 2, 3, 2)),
    "own convolution": nn.Sequential(WeightStandardisedConv(4, 6, 3, 2, 1, groups=2), nn.ReLU()),
    "F.linear": Net(lambda net, x: F.linear(x.flatten(1), net.w, net.b), w=weights(3, 480), b=weights(3)),
    "frozen normalisation": nn.Sequential(nn.Conv2d(4, 3, 3), torchvision.ops.FrozenBatchNorm2d(3)),
    "scale and shift": Net(lambda net, x: x * net.a + net.b, a=weights(4, 1, 1), b=weights(1, 4, 10, 1)),
    "layer norm of channels": Net(
        lambda net, x: F.layer_norm(x.permute(0, 2, 3, 1), (4,), net.w).permute(0, 3, 1, 2), w=weights(4)
    ),
    "layer norm of all": nn.Sequential(nn.LayerNorm([4, 10, 12]), nn.Conv2d(4, 1, 3)),
    "group norm": nn.Sequential(nn.GroupNorm(2, 4), nn.Conv2d(4, 1, 3)),
    "instance norm": nn.Sequential(nn.InstanceNorm2d(4, affine=True), nn.Conv2d(4, 1, 3)),
    "chained methods": Net(lambda net, x: x.relu().add(1).mul_(2).flatten(2).transpose(-1, -2).unsqueeze(1).squeeze(1)),
    "split": Net(lambda net, x: torch.cat([x.split([1, 3], dim=1)[1] * 2, x[:, :1]], dim=1)),
    "split evenly": Net(lambda net, x: torch.cat(torch.split(x, 3, dim=1)[::-1], dim=-3)),
    "chunks of rows": Net(lambda net, x: torch.cat(x.chunk(2, 2)[::-1], 2)),
    "mean by parts": Net(lambda net, x: x.mean(2).mean(-1)),
    "mean kept": Net(lambda net, x: x * x.mean((2, 3), keepdim=True).sigmoid()),
    "maximum": Net(lambda net, x: torch.maximum(x.amax(dim=1, keepdim=True), x.sum(1, keepdim=True))),
    "slices": Net(lambda net, x: x[:, 1:, ..., ::3][:, :, 2]),
    "crop by padding": Net(lambda net, x: F.pad(F.pad(x, (-1, 2, 0, -3)), (0, 0, 0, 0, 1, 2))),
    "unflatten": nn.Sequential(nn.Flatten(2), nn.Unflatten(2, (10, -1)), nn.Conv2d(4, 1, 3)),
    "perceptron over patches": Net(
        lambda net, x: net.b(net.a(x.reshape(x.shape[0], 4, -1)).transpose(1, 2)), a=nn.Linear(120, 5), b=nn.Linear(4, 7)
    ),
    "attention": Net(
        lambda net, x: net.a(*[x.flatten(2).permute(0, 2, 1)] * 3, need_weights=False)[0],
        a=nn.MultiheadAttention(4, 2, batch_first=True),
    ),
    "class token": Net(
        lambda net, x: torch.cat([net.token.expand(x.shape[0], -1, -1), x.flatten(2).transpose(1, 2)], 1)[:, 0],
        token=weights(1, 1, 4),
    ),
    "upsampled": Net(lambda net, x: F.interpolate(x, scale_factor=2, mode="nearest")),
    "slopes": nn.Sequential(nn.PReLU(4), nn.LocalResponseNorm(3), nn.PReLU()),
    "softmax": nn.Sequential(nn.Softmax(dim=1), nn.Conv2d(4, 2, 1)),
    "log softmax of averages": nn.Sequential(nn.AvgPool2d((3, 2), 2, 1, ceil_mode=True), nn.LogSoftmax(dim=1)),
    "sizes": Net(
        lambda net, x: x.view(x.size(0), x.size(1) // 2, 2, x.shape[2], x.size()[3]).flatten(1, 2) / x.shape[-1]
    ),
    "one-dimensional norm": nn.Sequential(nn.Flatten(), nn.Linear(480, 6), nn.BatchNorm1d(6)),
    "resized": nn.Sequential(nn.UpsamplingBilinear2d(scale_factor=2), nn.UpsamplingNearest2d((13, 31))),
    "one-dimensional convolution": Net(lambda net, x: net.a(x.flatten(2)), a=nn.Conv1d(4, 6, 3, bias=False)),
    "three-dimensional convolution": Net(
        lambda net, x: net.a(x.unsqueeze(1)).flatten(2), a=nn.Conv3d(1, 2, 3, bias=False)
    ),
    "scaled dot products": Net(lambda net, x: F.scaled_dot_product_attention(*[x.flatten(2).transpose(1, 2)] * 3)),
    "matrix products": Net(lambda net, x: x @ x.transpose(2, 3) @ x),
    "transposed": nn.Sequential(nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 2), groups=2, dilation=(1, 2))),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_shapes_parameters_and_arithmetic_are_pytorchs(name):
    model = NETWORKS[name].eval().to("meta")
    with FlopCounterMode(display=False) as counter:
        output = model(torch.empty(1, 4, 10, 12, device="meta"))
    traced = trace(model, (4, 10, 12))
    assert traced.output_shape == tuple(output.shape[1:])
    assert traced.num_params == sum(parameter.numel() for parameter in model.parameters())
    own = sum(layer.mult_adds for layer in traced.layers if "Norm" in layer.kind or layer.kind == "PReLU")
    products = traced.mult_adds - own
    biases = sum(positions_of(layer) for layer in traced.layers if layer.settings.bias and "Norm" not in layer.kind)
    assert counter.get_total_flops() // 2 == products - biases
    assert all(layer.activation_bytes == 4 * torch.Size(layer.output_shape).numel() for layer in traced.layers)


def positions_of(layer) -> int:
    """Work of a bias: once for each number that comes out."""
    if layer.kind == "MultiheadAttention":
        return 4 * layer.output_shape[0] * layer.output_shape[1]
    return torch.Size(layer.output_shape).numel()


def test_shared_parameters_are_counted_once():
    first, second = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
    second.weight = first.weight
    model = nn.Sequential(first, nn.ReLU(), second)
    traced = trace(model, (4, 8, 8))
    assert [layer.num_params for layer in traced.layers] == [148, 0, 4]
    assert traced.num_params == sum(parameter.numel() for parameter in model.parameters()) == 152
    tied = Net(lambda net, x: F.linear(net.a(x.flatten(1)), net.a.weight.t()), a=nn.Linear(256, 3))
    assert trace(tied, (4, 8, 8)).num_params == 3 * 256 + 3


def test_one_recording_serves_every_size():
    recording = record(torchvision.models.resnet18(num_classes=10))
    for size in (64, 224, 97):
        info = torchinfo.summary(recording.model, (1, 3, size, size), verbose=0)
        traced = recording.trace((3, size, size))
        assert traced.mult_adds == info.total_mult_adds and traced.input_shape == (3, size, size)
        assert traced == trace(recording.model, (3, size, size))
    whole = recording.trace((3, 64, 64)).layers
    part = recording.trace((3, 64, 64), last_layer="layer1.0.conv1")
    assert part.layers[-1].name == "layer1.0.conv1" and part.layers == whole[: len(part.layers)]


@pytest.mark.parametrize(
    "model, note",
    [
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.AdaptiveAvgPool2d(1)), "global_pool"),
        (nn.Sequential(nn.Flatten(), nn.Linear(144, 2)), "linear"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.Flatten()), "flattened"),
        (nn.Sequential(nn.Conv2d(1, 1, 12), nn.Flatten()), "single_unit"),
        (nn.Sequential(nn.AdaptiveMaxPool2d(5)), "uneven"),
        (nn.Sequential(nn.ConvTranspose2d(1, 1, 3, 2)), "transposed"),
        (nn.Sequential(nn.GroupNorm(1, 1)), "normalisation"),
        (nn.Sequential(nn.BatchNorm2d(1, track_running_stats=False)), "normalisation"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1)), None),
        (Net(lambda net, x: x * x.mean((2, 3), keepdim=True)), "squeeze_excitation"),
        (Net(lambda net, x: x + x.mean((2, 3), keepdim=True)), "global_branch"),
        (Net(lambda net, x: x[:, :, ::2, ::2] + x[:, :, :6, :6]), "unaligned"),
        (nn.Sequential(nn.Conv2d(1, 1, 3), nn.ReLU()), None),
    ],
)
def test_a_row_says_why_its_field_has_no_single_size(model, note):
    layer = trace(model, (1, 12, 12)).layers[-1]
    assert layer.field_note == (f"trace.note_{note}" if note else None)
    assert (layer.receptive_field.jump is None) == (note is not None)


class Sides(nn.Module):
    """Rows and columns swapped and swapped back, so that height and width are told apart throughout."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, (1, 5), (2, 1))

    def forward(self, image):
        return self.conv(image).permute(0, 1, 3, 2)


def test_rows_and_columns_that_trade_places_are_still_told_apart():
    layer = trace(Sides(), (1, 9, 10)).layers[-1]
    assert layer.output_shape == (1, 6, 5) and layer.map_axes == (2, 1)
    assert layer.receptive_field.size == (1, 5) and layer.receptive_field.jump == (2, 1)
    with pytest.raises(UnsupportedLayerError, match="not height and width"):
        trace(nn.Sequential(Sides(), nn.Conv2d(1, 1, 3)), (1, 9, 10))


def test_norms_as_functions_are_the_modules():
    """timm's BatchNormAct2d calls F.batch_norm: the same shape, parameters, work and fields as nn.BatchNorm2d."""
    modules = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.GroupNorm(2, 4)).eval()

    def forward(net, x):
        conv, norm, group = net.layers
        x = F.batch_norm(conv(x), norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.training)
        return F.group_norm(x, group.num_groups, group.weight, group.bias)

    ours, theirs = trace(Net(forward, layers=modules), (4, 10, 12)), trace(modules, (4, 10, 12))
    assert (ours.output_shape, ours.num_params, ours.mult_adds) == (
        theirs.output_shape, theirs.num_params, theirs.mult_adds,
    )  # fmt: skip
    assert [layer.receptive_field for layer in ours.layers] == [layer.receptive_field for layer in theirs.layers]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_layer_uses_every_weight_at_every_step(kind):
    layer = kind(8, 3, batch_first=True, bidirectional=True)
    traced = trace(Net(lambda net, x: net.rnn(x[:, 0].transpose(1, 2))[0], rnn=layer), (1, 8, 5))
    assert traced.output_shape == (5, 6) and traced.num_params == sum(each.numel() for each in layer.parameters())
    assert traced.mult_adds == 5 * traced.num_params and traced.layers[-1].receptive_field.is_upper_bound


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=3, max_size=3), st.permutations((1, 2, 3)), st.data())
def test_random_views_and_permutations_are_pytorchs_or_refused_by_name(sizes, order, data):
    shape = (2 * sizes[0], 3 * sizes[1], sizes[2])
    first, last = sorted(data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3))))
    split = data.draw(st.sampled_from([(2, -1), (3, -1), (-1, 2), (-1,)]))

    leading = torch.zeros(1, *shape).permute(0, *order).flatten(first, last).shape[1:-1]
    model = Net(lambda _, x: x.permute(0, *order).flatten(first, last).reshape(x.shape[0], *leading, *split))
    try:
        expected = tuple(model(torch.zeros(1, *shape)).shape[1:])
    except RuntimeError:
        with pytest.raises(ShapeError):
            trace(model, shape)
        return
    try:
        assert trace(model, shape).output_shape == expected
    except UnsupportedLayerError as error:  # rows or columns would be cut apart
        assert error.kind == "reshape"


# What a layer was built with against what reaches it: PyTorch says whether they fit.

_W4 = torch.ones(4)
FITTINGS = {
    "PReLU": lambda n: nn.PReLU(n),
    "PReLU of features": lambda n: nn.Sequential(nn.Flatten(), nn.PReLU(n)),
    "BatchNorm2d": lambda n: nn.BatchNorm2d(n),
    "BatchNorm2d of nothing": lambda n: nn.BatchNorm2d(n, affine=False, track_running_stats=False),
    "BatchNorm2d of statistics": lambda n: nn.BatchNorm2d(n, affine=False),
    "GroupNorm": lambda n: nn.GroupNorm(2 if n % 2 == 0 else n, n),
    "GroupNorm of nothing": lambda n: nn.GroupNorm(n, 3 * n, affine=False),
    "InstanceNorm2d": lambda n: nn.InstanceNorm2d(n, affine=True),
    "InstanceNorm2d of nothing": lambda n: nn.InstanceNorm2d(n),
    "InstanceNorm2d of statistics": lambda n: nn.InstanceNorm2d(n, track_running_stats=True),
    "InstanceNorm2d of one place": lambda n: nn.Sequential(nn.AdaptiveAvgPool2d((1, 5 - n)), nn.InstanceNorm2d(n)),
    "LayerNorm": lambda n: nn.LayerNorm((n, 6)),
    "LayerNorm of the batch": lambda n: nn.LayerNorm((1, n, 5, 6)),
    "LocalResponseNorm": lambda n: nn.Sequential(nn.Flatten(n - 2), nn.LocalResponseNorm(3)),
    "Linear": lambda n: nn.Sequential(nn.Flatten(), nn.Linear(30 * n, 2)),
    "ConvTranspose2d": lambda n: nn.ConvTranspose2d(4, 2, 3, stride=n - 2, output_padding=n - 2, dilation=6 - n),
    "ConvTranspose2d padded": lambda n: nn.ConvTranspose2d(4, 2, 3, stride=3, output_padding=n - 2),
    "pooled without a batch": lambda n: nn.Sequential(nn.Flatten(n - 2), nn.MaxPool2d(2)),
    "averaged without a batch": lambda n: nn.Sequential(nn.Flatten(n - 2), nn.AdaptiveAvgPool2d(2)),
    "convolved without a batch": lambda n: nn.Sequential(nn.Flatten(2), nn.Conv2d(n - 3, 2, 1)),
    "MultiheadAttention": lambda n: Net(
        lambda net, x: net.a(*[x.flatten(2).transpose(1, 2)] * 3)[0], a=nn.MultiheadAttention(n, 1, batch_first=True)
    ),
    "fewer keys": lambda n: Net(lambda net, x: attend(net.a, x, n, 6), a=nn.MultiheadAttention(4, 2, batch_first=True)),
    "F.group_norm": lambda n: Net(lambda _, x: F.group_norm(x, n - 1)),
    "F.group_norm, weights": lambda n: Net(lambda net, x: F.group_norm(x, 2, net.w), w=weights(n)),
    "F.instance_norm": lambda n: Net(lambda net, x: F.instance_norm(x, weight=net.w), w=weights(n)),
    "F.batch_norm": lambda n: Net(lambda net, x: F.batch_norm(x, _W4, _W4, net.w), w=weights(n)),
    "F.layer_norm": lambda n: Net(lambda net, x: F.layer_norm(x, (6,), net.w), w=weights(n + 2)),
    "F.conv2d": lambda n: Net(lambda net, x: F.conv2d(x, net.w, net.b), w=weights(4, 4, 3, 3), b=weights(n)),
}


def attend(attention, x, keys, values):
    tokens = x.flatten(2).transpose(1, 2)
    return attention(tokens, tokens[:, : keys + 2], tokens[:, :values])[0]


@pytest.mark.parametrize("size", [3, 4, 5])
@pytest.mark.parametrize("name", FITTINGS)
def test_what_pytorch_refuses_is_refused_and_what_it_takes_is_never_called_wrong(name, size):
    try:
        model = FITTINGS[name](size).eval()
    except ValueError:  # it cannot be built
        return
    try:
        with torch.no_grad():
            expected = tuple(model(torch.rand(1, 4, 5, 6)).shape[1:])
    except (RuntimeError, ValueError, AssertionError):
        with pytest.raises((ShapeError, UnsupportedLayerError)):
            trace(model, (4, 5, 6))
        return
    with suppress(UnsupportedLayerError):  # known not to be known
        assert trace(model, (4, 5, 6)).output_shape == expected


def test_instance_norm_with_statistics_of_its_own_leaves_units_apart():
    def forward(net, x):
        return F.instance_norm(net.a(x), _W4, _W4, use_input_stats=False)

    model = Net(forward, a=nn.Conv2d(1, 4, 3))
    assert trace(model, (1, 9, 9)).layers[-1].receptive_field.size == (3, 3)
    assert check_field(model, (1, 9, 9), "instance_norm").verdict == "confirmed"


@settings(max_examples=60, deadline=None)
@example("nearest", False, 19, 3.0231961516233627)  # 57 units, but not each of 19 three times
@given(
    st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]), st.booleans(), st.integers(1, 40),
    st.one_of(st.integers(1, 60), st.floats(0.1, 5.0)),
)  # fmt: skip
def test_units_that_resizing_reads_are_those_that_pytorch_weighs(mode, align, side, wanted):
    given = {"mode": mode, "align_corners": True if align and mode in ("bilinear", "bicubic") else None}
    given["size" if isinstance(wanted, int) else "scale_factor"] = wanted
    if isinstance(wanted, float) and side * wanted < 1:
        return
    pixels = torch.eye(side, dtype=torch.float64)[None, :, :, None].expand(1, side, side, side)
    found = F.interpolate(pixels, **given)[0, :, :, 0].T != 0
    layer = trace(nn.Upsample(**given), (1, side, side)).layers[-1]
    for unit, reads in enumerate(found):
        first, last = (int(each) for each in reads.nonzero()[[0, -1], 0])
        assert layer.receptive_field.axes[0].span(unit) == layer.receptive_field.axes[1].span(unit) == (first, last)


def test_resizing_costs_by_its_side_and_not_by_its_square():
    layers = [nn.Upsample(scale_factor=4.0, mode="bicubic"), *[nn.Upsample(scale_factor=0.999, mode="bicubic")] * 40]
    start = time.thread_time()
    trace(nn.Sequential(*layers), (1, 1024, 1024))
    assert time.thread_time() - start < 5  # with whole matrices it was 50
