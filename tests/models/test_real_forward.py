"""A recording is what the network does: networks at which torch.fx alone goes astray, against PyTorch itself."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import torchvision
from torch import nn
from torch.utils.checkpoint import checkpoint

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
    "loop on the size": (lambda: Net(until_small, a=conv(1, 1, 3, 2, 1)), (1, 18, 18)),
}


# A forward that writes into what it has, or is written with: state, aliases, hooks, other ways to the same module.


def counted(net, x):
    net.calls.append(1)
    net.memory.count += 1
    return net.a(x) if len(net.calls) == net.memory.count == 1 else net.b(x)


def filled(net, x):
    y = net.b(x).clone()
    y.fill_(1.0)
    return y + net.a(x)


def added_to_an_alias(net, x):
    y = net.a(x) * 1.0
    z = y.reshape(y.shape)
    z += net.b(x)
    return y * 1.0


def added_to_a_copy(net, x):
    y = x + net.a(x)
    z = y * 1.0
    z += net.b(x)
    return y * 1.0


def added_behind_dropout(net, x):
    y = net.a(x) * 1.0
    nn.functional.dropout(y, training=False).add_(net.b(x))
    return y * 1.0


def added_with_out(net, x):
    y = torch.empty_like(x)
    with torch.no_grad():
        torch.add(net.a(x), net.b(x), out=y)
    return y


def without_gradients(net, x):
    with torch.no_grad():
        return net.a(x) + net.b(x)


def by_attempt(net, x):
    try:
        return net.a(x.view(3, -1, 1)[5])
    except IndexError:
        return net.b(x)


def put_together(net, x):
    y = torch.zeros(1, 2, 9, 9, dtype=x.dtype, device=x.device)
    y[:, :1], y[:, 1:] = net.a(x), net.b(x)
    return y * 1.0


class Memory:
    count = 0


def with_state() -> nn.Module:
    model = Net(counted, a=conv(1, 1, 3, padding=1), b=conv(1, 1, 5, padding=2))
    model.calls, model.memory = [], Memory()
    return model


def with_bound_hook() -> nn.Module:
    model = Net(lambda net, x: (net.a(x), net.b(net.seen["a"]))[1], a=conv(1, 1, 3), b=conv(1, 1, 3))
    model.seen = {}
    model.a.register_forward_hook(lambda module, inputs, output: model.seen.update(a=output))
    return model


def with_pre_hook() -> nn.Module:
    model = nn.Sequential(conv(1, 1, 3), conv(1, 1, 3))
    model[1].register_forward_pre_hook(lambda module, inputs: (nn.functional.max_pool2d(inputs[0], 3, 1),))
    return model


def same(forward):
    return lambda: Net(forward, a=conv(1, 1, 3, padding=1), b=conv(1, 1, 5, padding=2))


NETWORKS |= {
    "state": (with_state, (1, 9, 9)),
    "fill_": (same(filled), (1, 9, 9)),
    "alias": (same(added_to_an_alias), (1, 9, 9)),
    "no alias": (same(added_to_a_copy), (1, 9, 9)),
    "dropout is an alias": (same(added_behind_dropout), (1, 9, 9)),
    "out=": (same(added_with_out), (1, 9, 9)),
    "no_grad": (same(without_gradients), (1, 9, 9)),
    "except": (same(by_attempt), (1, 9, 9)),
    "device": (same(lambda net, x: net.a(x) if x.device.type == "cpu" and not x.is_meta else net.b(x)), (1, 9, 9)),
    "gradients are on": (same(lambda net, x: net.a(x) if torch.is_grad_enabled() else net.b(x)), (1, 9, 9)),
    "autocast": (same(lambda net, x: without_autocast(net.a, x)), (1, 9, 9)),
    "positions": (same(lambda net, x: net.a(x) + torch.arange(x.shape[-1], device=x.device)), (1, 9, 9)),
    "bound hook": (with_bound_hook, (1, 9, 9)),
    "pre-hook": (with_pre_hook, (1, 9, 9)),
    "weight_norm": (lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(conv(1, 1, 3))), (1, 9, 9)),
    "spectral_norm": (lambda: nn.Sequential(nn.utils.parametrizations.spectral_norm(conv(1, 1, 3))), (1, 9, 9)),
    "compiled": (lambda: nn.Sequential(torch.compile(conv(1, 1, 3), backend="eager")), (1, 9, 9)),
    "DataParallel": (lambda: nn.DataParallel(conv(1, 1, 3)), (1, 9, 9)),
    "checkpointed": (same(lambda net, x: checkpoint(net.a, x, use_reentrant=False)), (1, 9, 9)),
    "torch.func": (
        same(lambda net, x: torch.func.functional_call(net.a, {"weight": net.a.weight * 2}, (x,))),
        (1, 9, 9),
    ),
    "built in the forward": (same(lambda net, x: net.a(nn.MaxPool2d(3, 1, 1)(x))), (1, 9, 9)),
}


def without_autocast(module, x):
    with torch.autocast(x.device.type, enabled=False):
        return module(x.float() if x.dtype == torch.half else x)


def masks_of(build, shape, units) -> list[torch.Tensor]:
    """Pixels whose change changes a unit of the network's own output, its weights all positive; for each unit."""

    def run(image: torch.Tensor) -> torch.Tensor:
        network = build().double()  # again each time, since it may keep what it has seen
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.fill_(0.5)
        sums = network(image)[0].sum(0).detach()
        return torch.stack([sums[unit] for unit in units])

    image = torch.ones(1, *shape, dtype=torch.float64)
    before = run(image)
    masks = torch.zeros(len(units), *shape[1:], dtype=torch.bool)
    for row, column in itertools.product(*map(range, shape[1:])):
        changed = image.clone()
        changed[:, :, row, column] += 1.0
        masks[:, row, column] = run(changed) != before
    return list(masks)


def box_of(mask: torch.Tensor):
    rows, columns = mask.any(1).nonzero().flatten(), mask.any(0).nonzero().flatten()
    return (int(rows[0]), int(columns[0])), (int(rows[-1]), int(columns[-1]))


@pytest.mark.parametrize("name", NETWORKS)
def test_what_the_network_does_is_what_is_traced(name):
    build, shape = NETWORKS[name]
    model = build()
    traced = trace(model, shape)
    assert traced.output_shape == tuple(build()(torch.zeros(1, *shape)).shape[1:])
    assert traced.num_params == traced.num_params_total - sum(traced.unused.values())
    assert traced.num_params_total == sum(parameter.numel() for parameter in model.parameters())
    last = traced.layers[-1]
    units = [(0, 0), (last.output_shape[1] - 1, last.output_shape[2] // 2)]
    for unit, expected in zip(units, masks_of(build, shape, units)):
        assert last.receptive_field.box(unit) == box_of(expected)
        if [layer.name for layer in traced.layers].count(last.name) == 1:
            assert torch.equal(measure_footprint(model, shape, last.name, unit).mask, expected)
            assert check_field(model, shape, last.name, unit).verdict == "confirmed"


def hold(model: nn.Module) -> list:
    """What a network holds: the same objects, modes, hooks and numbers."""
    found: list = [torch.get_rng_state().tolist(), random.getstate(), np.random.get_state()[1].tolist()]
    for module in model.modules():
        attributes = {name: id(value) for name, value in vars(module).items()}
        sizes = {name: len(value) for name, value in vars(module).items() if hasattr(value, "__len__")}
        found.append((module.training, attributes, sizes))
    found += [tensor.tolist() for tensor in model.state_dict().values()]
    return found


def drawn(net, x):
    net.buffer.add_(1.0)
    net.seen.append(x)
    net.late = nn.Conv2d(1, 1, 3)
    net.a.weight.data.mul_(2.0)
    noise = torch.randn(x.shape, dtype=x.dtype) * random.random() + float(np.random.rand())
    return net.late(net.a(x)) + noise[:, :, 2:-2, 2:-2]


def test_the_network_its_hooks_and_the_random_numbers_are_left_as_found():
    model = Net(drawn, a=conv(1, 1, 3))
    model.register_buffer("buffer", torch.zeros(3))
    kept, model.seen = [], []
    model.a.register_forward_hook(lambda module, inputs, output: kept.append(output))
    before = hold(model)
    recording = record(model)
    layers = recording.trace((1, 9, 9)).layers
    check_field(recording, (1, 9, 9), layers[0].name)
    assert hold(model) == before and kept == []


def test_two_threads_trace_at_once():
    models = [torchvision.models.swin_t(), torchvision.models.resnet18(), torchvision.models.densenet121()]
    alone = [trace(model, (3, 64, 64)) for model in models]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda model: trace(model, (3, 64, 64)), models * 2)) == alone * 2


def caught(net, x):
    try:
        is_large = x.shape[-1] > 10
    except Exception:  # the stand-ins of torch.fx raise here
        is_large = False
    return net.a(x) if is_large else net.b(x)


@pytest.mark.parametrize(
    "forward", [caught, lambda net, x: net.a(x) if isinstance(x.shape[-1], int) and x.shape[-1] > 10 else net.b(x)]
)
def test_a_forward_that_knows_a_stand_in_is_compared_at_every_size(forward):
    recording = record(Net(forward, a=conv(1, 1, 3), b=conv(1, 1, 5)))
    assert [recording.trace((1, size, size)).num_params for size in (6, 7, 12, 6, 11, 8)] == [25, 25, 9, 25, 9, 25]


def test_a_value_that_the_forward_asks_for_in_vain_is_refused_though_it_is_caught():
    def forward(net, x):
        try:
            is_bright = x.sum().item() > 0
        except RuntimeError:
            is_bright = False
        return net.a(x) if is_bright else net.b(x)

    with pytest.raises(UnsupportedLayerError, match=r"decides by the values of a tensor.*test_real_forward.py"):
        trace(Net(forward, a=conv(1, 1, 3), b=conv(1, 1, 5)), (1, 9, 9))


def test_a_module_that_the_network_does_not_list_does_not_count():
    model = Net(lambda net, x: net.b(net.hidden[0](x)), b=conv(1, 1, 5))
    model.hidden = [conv(1, 1, 3)]
    traced = trace(model, (1, 9, 9))
    assert traced.output_shape == (1, 3, 3) and traced.num_params == traced.num_params_total == 25


def test_channels_that_see_less_than_their_neighbours_are_told_apart_or_bounded():
    """A field is that of all channels of a place: where some are taken out again, it is an upper bound."""
    parts = {"a": conv(1, 1, 5, padding=2), "b": conv(1, 1, 1)}

    def forward(net, x):
        return torch.cat([net.a(x[:, :1]), net.b(x[:, 1:])], 1)[:, 1:] * 1.0

    assert trace(Net(forward, **parts), (2, 9, 9)).layers[-1].receptive_field.is_upper_bound
    mixed = Net(lambda net, x: net.c(torch.cat([net.a(x), net.b(x)], 1))[:, 1:] * 1.0, **parts, c=conv(2, 2, 1))
    last = trace(mixed, (1, 9, 9)).layers[-1].receptive_field
    assert (last.size, last.is_upper_bound) == ((5, 5), False)


def test_a_module_whose_forward_was_replaced_is_not_taken_for_its_class():
    model = nn.Sequential(conv(1, 1, 3, padding=1), nn.ReLU())
    model[0].forward = lambda x: nn.functional.max_pool2d(x, 5, 1, 2)
    layer = trace(model, (1, 9, 9)).layers[-1]
    assert layer.receptive_field.size == (5, 5) and trace(model, (1, 9, 9)).unused == {"0": 9}


def test_constants_are_among_the_outputs():
    traced = trace(Net(lambda net, x: {"y": net.a(x), "z": (torch.zeros(3), x)}, a=conv(1, 2, 3)), (1, 9, 9))
    assert traced.outputs == (("y", (2, 7, 7)), ("z.0", (3,)), ("z.1", (1, 9, 9)))


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
        (torchvision.models.video.swin3d_t(), (3, 224, 224), r"patch_embed.*swin_transformer.py"),
        (Net(lambda _, x: nn.functional.max_pool2d(x, 2, return_indices=True)[0]), (1, 8, 8), "test_real_forward.py"),
        (nn.Sequential(nn.MaxPool2d(2, return_indices=True)), (1, 8, 8), "return_indices"),
        (Net(lambda _, x: x if x.sum() > 0 else -x), (1, 8, 8), "test_real_forward.py"),
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


def test_a_map_that_grows_too_large_is_refused_before_it_is_run_to_its_end():
    """PyTorch's own time for its shape grows with its sides, and three steps further with each of its memory."""
    for mode in ("nearest", "bilinear", "bicubic"):
        model = nn.Sequential(*[nn.Upsample(scale_factor=8, mode=mode) for _ in range(12)])
        with pytest.raises(UnsupportedLayerError, match="at most 4096"):
            trace(model, (1, 16, 16))


@pytest.mark.parametrize(
    "settings", [{"mode": "bilinear"}, {"mode": "bicubic", "align_corners": True}, {"mode": "nearest"}]
)
def test_resized_maps_load_no_compiler_and_are_pytorchs(settings):
    code = (
        "import sys, torch; from torch import nn; from explorer.models.trace import trace;"
        f"model = nn.Sequential(nn.Upsample(scale_factor=1.7, **{settings}), nn.Conv2d(2, 2, 3));"
        "assert trace(model, (2, 9, 11)).output_shape == tuple(model(torch.rand(1, 2, 9, 11)).shape[1:]);"
        "assert 'torch._dynamo' not in sys.modules and 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def folded(net, x):
    batch, _, height, width = x.shape
    q, k = (part(x).reshape(batch * 2, 4, height * width) for part in (net.q, net.k))
    weights = torch.softmax(q.transpose(1, 2) @ k, -1)
    return net.o((k @ weights.transpose(1, 2)).reshape(batch, 8, height, width))


def test_heads_folded_into_the_batch_give_their_shape_and_an_upper_bound():
    traced = trace(Net(folded, q=conv(3, 8, 1), k=conv(3, 8, 1), o=conv(8, 5, 1)), (3, 6, 7))
    assert (traced.output_shape, traced.num_params) == ((5, 6, 7), 24 + 24 + 40)
    last = traced.layers[-1].receptive_field
    assert last.is_upper_bound and last.box((0, 0)) == ((0, 0), (5, 6))


def like_monai(net, x):
    up = net.up(net.down(x))
    if torch.is_tensor(x):
        up = torch.cat([x, up], 1)
    return net.out(up)


def test_a_skip_that_a_type_decides_is_joined():
    model = Net(like_monai, down=conv(1, 2, 2, stride=2), up=nn.ConvTranspose2d(2, 2, 2, 2), out=conv(3, 1, 1))
    assert trace(model, (1, 8, 8)).output_shape == (1, 8, 8)
