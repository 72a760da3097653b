"""Channels in the page, run by Node: a trained network's layer against a forward hook, and what layers cost against torch.nn."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explorer.convolution.channels_tab import on_layer
from explorer.convolution.layer_input import LAYERS, MOST_FILTERS
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.checkpoints import load_trained
from tests.forged import FORGED

RUN = Path(__file__).with_name("run_channels.mjs")


def run_in_node(cases: list[dict]) -> list[dict]:
    """What the page's script makes of these cases."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def see_through_a_hook(name: str, sample: int) -> tuple[torch.Tensor, nn.Conv2d, torch.Tensor]:
    """What a layer gets, the layer, and what it gives."""
    network, seen = load_trained(name), []
    layer = network.get_submodule(LAYERS[name])
    hook = layer.register_forward_hook(lambda _, inputs, output: seen.extend([inputs[0], output]))
    with torch.no_grad():
        network(normalise(load_sample().images[sample])[None, None])
    hook.remove()
    return seen[0][0], layer, seen[1][0]


@pytest.mark.parametrize("name", LAYERS)
def test_the_maps_of_a_trained_layer_are_those_that_a_hook_sees(name):
    sent = on_layer({"layer": name, "garment": 3}, language="en")["layer"]
    got = run_in_node([{"run": "network", "sent": sent, "filter": 5}])[0]
    maps, layer, output = see_through_a_hook(name, 60)
    biases = 0 if layer.bias is None else len(layer.bias)
    assert sent["whole"] == {"filters": layer.out_channels, "biases": biases}
    first = output[:MOST_FILTERS]
    torch.testing.assert_close(torch.tensor(got["output"]).view(first.shape), first, rtol=1e-4, atol=1e-4)
    products = F.conv2d(
        maps[:, None], layer.weight[5][:, None], padding=layer.padding
    )  # each map as a picture of its own
    for channel, values in enumerate(got["products"]):
        own = products[channel, channel].detach()
        torch.testing.assert_close(torch.tensor(values).view(own.shape), own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("kind", "parameters"), [("full", 448), ("pointwise", 16), ("depthwise", 30)])
def test_layers_on_the_coloured_picture_are_those_of_conv2d(kind, parameters):
    got = run_in_node([{"run": "picture", "kind": kind}])[0]
    maps, weights = torch.tensor(got["maps"]).view(3, 28, 28), torch.tensor(got["weights"]).float().view(got["shape"])
    bias = torch.tensor(got["bias"])
    assert weights.numel() + bias.numel() == parameters and maps.min() >= 0 and maps.max() <= 1
    expected = F.conv2d(maps, weights, bias, padding=got["padding"], groups=got["groups"])
    torch.testing.assert_close(torch.tensor(got["output"]).view(expected.shape), expected, rtol=1e-5, atol=1e-5)
    total = torch.tensor(got["products"]).sum(0).view(28, 28) + bias[1]
    torch.testing.assert_close(total, expected[1], rtol=1e-5, atol=1e-5)


def build_layer(kind: str, channels: int, filters: int, kernel: int, side: int, groups: int) -> nn.Module:
    """The same layer in PyTorch, without numbers; the kernel is odd."""
    around = kernel // 2
    depthwise = nn.Conv2d(channels, channels, kernel, padding=around, groups=channels)
    if kind == "linear":
        return nn.Sequential(nn.Flatten(), nn.Linear(channels * side**2, filters * side**2))
    if kind == "separable":
        return nn.Sequential(depthwise, nn.Conv2d(channels, filters, 1))
    if kind == "depthwise":
        return depthwise
    if kind == "pointwise":
        return nn.Conv2d(channels, filters, 1)
    return nn.Conv2d(channels, filters, kernel, padding=around, groups=groups if kind == "grouped" else 1)


KINDS = ("full", "grouped", "depthwise", "separable", "pointwise", "linear")


@pytest.mark.parametrize("setting", [(3, 16, 3, 28, 1), (64, 32, 1, 14, 4), (32, 48, 5, 7, 16)])
def test_what_layers_cost_is_what_pytorch_counts(setting):
    names = ("channels", "filters", "kernel", "side", "groups")
    cases = [{"run": "count", "layer": kind, "setting": dict(zip(names, setting, strict=True))} for kind in KINDS]
    for kind, got in zip(KINDS, run_in_node(cases), strict=True):
        with torch.device("meta"):
            layer = build_layer(kind, *setting)
            images = torch.empty(1, setting[0], setting[3], setting[3])
        with FlopCounterMode(display=False) as counter:
            layer(images)
        parameters = {name: each.numel() for name, each in layer.named_parameters()}
        weights = sum(number for name, number in parameters.items() if name.endswith("weight"))
        assert (got["weights"], got["biases"]) == (weights, sum(parameters.values()) - weights), kind
        assert 2 * got["multAdds"] == counter.get_total_flops(), kind


def test_the_numbers_of_the_tutorial():
    settings = [("pointwise", 64, 32, 1, 14), ("linear", 3, 16, 1, 28)]
    cases = [
        {"run": "count", "layer": kind, "setting": {"channels": i, "filters": o, "kernel": k, "side": s, "groups": 1}}
        for kind, i, o, k, s in settings
    ]
    assert [each["weights"] for each in run_in_node(cases)] == [2048, 29_503_488]


def test_groups_that_do_not_divide_are_none():
    setting = {"channels": 3, "filters": 16, "kernel": 3, "side": 28, "groups": 4}
    assert run_in_node([{"run": "count", "layer": "grouped", "setting": setting}]) == [None]


def test_what_the_page_never_asks_is_refused():
    for forged in FORGED:
        with pytest.raises(InputError):
            on_layer(forged, language="en")
        with pytest.raises(InputError):
            on_layer({"layer": forged, "garment": 1}, language="en")
        with suppress(InputError):  # some are numbers of garments
            on_layer({"layer": "lenet5", "garment": forged}, language="en")
