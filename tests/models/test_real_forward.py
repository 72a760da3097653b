"""A recording is what the network does: networks at which torch.fx alone goes astray, against PyTorch itself."""

from __future__ import annotations

import copy

import pytest
import torch
import torchvision
from torch import nn

from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.footprint import check_field, measure_footprint
from explorer.models.trace import UnsupportedLayerError, record, record_catalogue, trace
from tests.models.networks import Net


def by_type(net, x):
    if torch.is_tensor(x):
        x = net.a(x)
    return net.b(x)


def by_class(net, x):
    return net.b(net.a(x) if isinstance(x, torch.Tensor) else x)


def added_in_place(net, x):
    y = net.a(x)
    y.add_(net.b(x))
    return net.c(y)


def added_by_another_name(net, x):
    y = net.a(x)
    z = y
    z += net.b(x)
    return y * 1.0


def by_side(net, x):
    return net.a(x) if x.shape[-1] > 10 else net.b(x)


def until_small(net, x):
    while x.shape[-1] > 6:
        x = net.a(x)
    return x


def conv(*settings, **more) -> nn.Conv2d:
    return nn.Conv2d(*settings, bias=False, **more)


def hooked() -> nn.Module:
    model = nn.Sequential(conv(1, 2, 3), nn.ReLU())
    model[0].register_forward_hook(lambda module, inputs, output: output[:, :, ::2])
    return model


NETWORKS = {
    "torch.is_tensor": (lambda: Net(by_type, a=conv(3, 3, 3), b=conv(3, 5, 3)), (3, 12, 12)),
    "isinstance": (lambda: Net(by_class, a=conv(3, 3, 3), b=conv(3, 5, 3)), (3, 12, 12)),
    "output_size": (
        lambda: Net(
            lambda net, x: net.up(net.down(x), output_size=x.size()),
            down=conv(1, 1, 3, 2, 1),
            up=nn.ConvTranspose2d(1, 1, 3, 2, 1),
        ),
        (1, 8, 8),
    ),
    "add_": (lambda: Net(added_in_place, a=conv(1, 1, 1), b=conv(1, 1, 5, padding=2), c=conv(1, 1, 1)), (1, 9, 9)),
    "+=": (lambda: Net(added_by_another_name, a=conv(1, 1, 1), b=conv(1, 1, 5, padding=2)), (1, 9, 9)),
    "hook": (hooked, (1, 9, 11)),
    "branch on the size": (lambda: Net(by_side, a=conv(1, 2, 3), b=conv(1, 2, 5)), (1, 12, 12)),
    "loop on the size": (lambda: Net(until_small, a=conv(1, 1, 3, 2, 1)), (1, 30, 30)),
}


def mask_of(model: nn.Module, shape, unit) -> torch.Tensor:
    """Pixels with a gradient at a unit of the network's own output, its weights all positive."""
    model = copy.deepcopy(model).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.5)
    image = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(image)[0, :, unit[0], unit[1]].sum(), image)
    return gradient[0].sum(0) > 0


def box_of(mask: torch.Tensor):
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    return (int(rows[0]), int(columns[0])), (int(rows[-1]), int(columns[-1]))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_the_network_does_is_what_is_traced(name):
    build, shape = NETWORKS[name]
    model = build()
    traced = trace(model, shape)
    assert traced.output_shape == tuple(model(torch.zeros(1, *shape)).shape[1:])
    assert traced.num_params == traced.num_params_total - sum(traced.unused.values())
    assert traced.num_params_total == sum(parameter.numel() for parameter in model.parameters())
    last = traced.layers[-1]
    for unit in {(0, 0), (last.output_shape[1] - 1, last.output_shape[2] // 2)}:
        expected = mask_of(model, shape, unit)
        assert last.receptive_field.box(unit) == box_of(expected)
        if [layer.name for layer in traced.layers].count(last.name) == 1:
            assert torch.equal(measure_footprint(model, shape, last.name, unit).mask, expected)
            assert check_field(model, shape, last.name, unit).verdict == "confirmed"


def test_the_inputs_that_were_traced_wrongly():
    assert trace(NETWORKS["torch.is_tensor"][0](), (3, 12, 12)).num_params == 216  # 81 + 135, and 224 with biases
    with_biases = Net(by_type, a=nn.Conv2d(3, 3, 3), b=nn.Conv2d(3, 5, 3))
    assert trace(with_biases, (3, 12, 12)).num_params == 224
    assert trace(with_biases, (3, 12, 12)).output_shape == (5, 8, 8)


def test_the_check_runs_the_network_and_finds_a_wrong_recording():
    """As torch.fx alone records it: without the branch that was added in place."""
    recording = record(Net(added_in_place, a=conv(1, 1, 1), b=conv(1, 1, 5, padding=2), c=conv(1, 1, 1)))
    recording._standing.is_confirmed = True
    check = check_field(recording, (1, 9, 9), "c", (0, 0))
    assert (check.verdict, check.traced, check.measured) == ("differs", ((0, 0), (0, 0)), ((0, 0), (2, 2)))


def test_a_recording_of_one_size_says_so_and_is_made_anew_for_another():
    build, _ = NETWORKS["branch on the size"]
    recording = record(build())
    assert recording.trace((1, 12, 12)).num_params == 18 and recording.fixed_shape == (1, 12, 12)
    assert recording.trace((1, 9, 9)).num_params == 50
    assert recording.trace((1, 9, 9)).unused == {"a": 18}
    with pytest.raises(InputError, match="cannot be changed") as caught:
        recording.replace({"a": conv(1, 2, 3, 2)}).trace((1, 8, 8))
    assert caught.value.sentence("zh") != str(caught.value)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "softmax"])
def test_networks_of_the_catalogue_hold_for_any_size(name):
    recording = record_catalogue(name)
    recording.trace(MODELS[name].input_shape)
    assert recording.fixed_shape is None and recording._standing.is_confirmed


def test_parameters_that_a_forward_does_not_run_are_listed():
    model = torchvision.models.googlenet(init_weights=False).eval()
    traced = trace(model, (3, 224, 224))
    assert traced.num_params == 6_624_904 and sum(traced.unused.values()) == 6_379_984
    assert list(traced.unused) == ["aux1", "aux2"]
    assert traced.num_params_total == sum(parameter.numel() for parameter in model.parameters())
    shared = Net(lambda net, x: net.a(x), a=conv(1, 1, 3), b=nn.Sequential(conv(1, 1, 5), nn.BatchNorm2d(1)))
    shared.b[0].weight = nn.Parameter(torch.ones(1, 1, 5, 5))
    shared.scale = nn.Parameter(torch.ones(7))
    assert trace(shared, (1, 9, 9)).unused == {"scale": 7, "b": 27}


def scripted() -> nn.Module:
    return nn.Sequential(torch.jit.script(nn.Conv2d(1, 1, 3)))


@pytest.mark.parametrize(
    "model, shape, words",
    [
        (nn.Sequential(nn.LazyConv2d(4, 3)), (1, 9, 9), "no parameters yet"),
        (scripted(), (1, 9, 9), "scripted module"),
        (scripted()[0], (1, 9, 9), "scripted module"),
        (torchvision.models.video.swin3d_t(), (3, 224, 224), "patch_embed"),
        (Net(lambda _, x: nn.functional.max_pool2d(x, 2, return_indices=True)[0]), (1, 8, 8), "test_real_forward.py"),
        (nn.Sequential(nn.MaxPool2d(2, return_indices=True)), (1, 8, 8), "return_indices"),
        (Net(lambda _, x: x if x.sum() > 0 else -x), (1, 8, 8), "cannot be recorded"),
        (Net(lambda net, x: net.a(x, 3), a=Net(lambda net, x: x)), (1, 8, 8), "cannot be recorded"),
        (Net(lambda _, x: torch.fft.fft2(x)), (1, 8, 8), "test_real_forward.py"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_both_languages(model, shape, words):
    for call in (lambda: trace(model, shape), lambda: record(model).trace(shape)):
        with pytest.raises(UnsupportedLayerError, match=words) as caught:
            call()
        assert caught.value.sentence("zh") != str(caught.value)


def test_what_a_view_overwrote_is_not_guessed():
    def forward(net, x):
        y = net.a(x)
        y[:, :, 2:].add_(1.0 * net.b(x)[:, :, 2:])
        return y * 1.0

    model = Net(forward, a=conv(1, 1, 1), b=conv(1, 1, 3, padding=1))
    with pytest.raises(UnsupportedLayerError, match=r"overwritten|setitem"):
        trace(model, (1, 9, 9))
