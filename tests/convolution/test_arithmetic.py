"""The arithmetic of the page, run by Node, against PyTorch."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

RUN = Path(__file__).with_name("run_arithmetic.mjs")
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
MODES = ("zeros", "reflect", "replicate", "circular")


def run_in_node(cases: list[dict]) -> list[dict]:
    """What the page's script makes of these cases."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def send(tensor: torch.Tensor) -> dict:
    """A stack of maps or filters as the script takes it."""
    return {"shape": list(tensor.shape), "values": tensor.flatten().tolist()}


def assert_same(values: list[float], expected: torch.Tensor) -> None:
    """The numbers are PyTorch's, to float32."""
    torch.testing.assert_close(torch.tensor(values), expected.detach().flatten(), **TOLERANCE)


def draw_setting(chance: random.Random) -> dict | None:
    """A random convolution; None where the kernel does not fit."""
    groups = chance.choice((1, 1, 2, 3))
    channels, filters = groups * chance.randint(1, 3), groups * chance.randint(1, 3)
    size, kernel = ([chance.randint(low, high) for _ in range(2)] for low, high in ((3, 11), (1, 5)))
    mode = chance.choice(MODES)
    padding = [chance.randint(0, min(4, size[side // 2] - 1)) for side in range(4)]
    stride, dilation = ([chance.randint(1, 3) for _ in range(2)] for _ in range(2))
    for side in range(2):
        if size[side] + sum(padding[2 * side : 2 * side + 2]) < dilation[side] * (kernel[side] - 1) + 1:
            return None
    moves = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "mode": mode}
    return {"shape": (channels, *size), "filters": (filters, channels // groups, *kernel), "moves": moves}


def pad_in_torch(maps: torch.Tensor, moves: dict) -> torch.Tensor:
    """(C, H, W) padded by PyTorch, which takes [left, right, top, bottom]."""
    top, bottom, left, right = moves["padding"]
    mode = {"zeros": "constant"}.get(moves["mode"], moves["mode"])
    return F.pad(maps[None], (left, right, top, bottom), mode=mode)[0]


def test_300_random_convolutions_and_their_gradients_are_pytorchs():
    chance, generator = random.Random(0), torch.Generator().manual_seed(0)
    settings = [each for each in (draw_setting(chance) for _ in range(600)) if each is not None][:300]
    assert len(settings) == 300
    assert {each["moves"]["mode"] for each in settings} == set(MODES)
    cases, expected = [], []
    for each in settings:
        moves = each["moves"]
        maps = torch.randn(each["shape"], generator=generator).requires_grad_()
        filters = torch.randn(each["filters"], generator=generator).requires_grad_()
        bias = torch.randn(len(filters), generator=generator).requires_grad_()
        result = F.conv2d(
            pad_in_torch(maps, moves), filters, bias, moves["stride"], 0, moves["dilation"], moves["groups"]
        )
        gradient = torch.randn(result.shape, generator=generator)
        result.backward(gradient)
        expected.append({"result": result, "input": maps.grad, "filters": filters.grad, "bias": bias.grad})
        sent = {"maps": send(maps), "filters": send(filters), "bias": bias.tolist()}
        cases.append({"kind": "convolution", **sent, "gradient": gradient.flatten().tolist(), "moves": moves})
    for case, got, wanted in zip(cases, run_in_node(cases), expected, strict=True):
        for name, tensor in wanted.items():
            assert len(got[name]) == tensor.numel(), (name, case["moves"])
            assert_same(got[name], tensor)


@pytest.mark.parametrize("mode", MODES)
def test_padding_and_same_are_those_of_conv2d(mode):
    generator = torch.Generator().manual_seed(1)
    maps = torch.randn(2, 6, 7, generator=generator)
    moves = {"padding": [5, 2, 1, 6], "mode": mode}
    filters = torch.randn(1, 2, 4, 3, generator=generator)
    cases = [{"kind": "padding", "maps": send(maps), "moves": moves}]
    cases += [{"kind": "same", "filters": send(filters), "dilation": dilation} for dilation in ([1, 1], [2, 3], [1, 2])]
    padded, *sames = run_in_node(cases)
    assert_same(padded["result"], pad_in_torch(maps, moves))
    for (top, bottom, left, right), dilation in zip(
        (each["result"] for each in sames), ((1, 1), (2, 3), (1, 2)), strict=True
    ):
        layer = nn.Conv2d(2, 1, (4, 3), padding="same", dilation=dilation)
        assert [left, right, top, bottom] == list(layer._reversed_padding_repeated_twice)


def test_a_transposed_convolution_is_pytorchs():
    chance, generator = random.Random(2), torch.Generator().manual_seed(2)
    cases, expected = [], []
    for _ in range(60):
        groups, stride, dilation = chance.choice((1, 2)), chance.randint(1, 3), chance.randint(1, 2)
        kernel, padding = chance.randint(2, 4), chance.randint(0, 1)
        extra = chance.randint(0, max(stride, dilation) - 1)
        maps = torch.randn(2 * groups, chance.randint(3, 6), chance.randint(3, 6), generator=generator)
        filters = torch.randn(2 * groups, chance.randint(1, 3), kernel, kernel, generator=generator)
        bias = torch.randn(filters.shape[1] * groups, generator=generator)
        expected.append(F.conv_transpose2d(maps, filters, bias, stride, padding, extra, groups, dilation))
        moves = {"stride": [stride] * 2, "padding": [padding] * 4, "dilation": [dilation] * 2, "groups": groups}
        sent = {"maps": send(maps), "filters": send(filters), "bias": bias.tolist()}
        cases.append({"kind": "transposed", **sent, "moves": moves, "extra": [extra] * 2})
    for got, wanted in zip(run_in_node(cases), expected, strict=True):
        assert_same(got["result"], wanted)


def test_pooling_shifts_and_the_matrix_of_windows_are_pytorchs():
    generator = torch.Generator().manual_seed(3)
    maps = torch.randn(3, 9, 8, generator=generator)
    filters = torch.randn(1, 3, 3, 2, generator=generator)
    pools = [(size, stride) for size in (1, 2, 3, 4) for stride in (1, 2, 3)]
    moves = {"stride": [2, 1], "padding": [1, 1, 0, 0], "dilation": [1, 2]}
    cases = [{"kind": "pooling", "maps": send(maps), "size": size, "stride": stride} for size, stride in pools]
    cases += [{"kind": "shift", "maps": send(maps), "down": 2, "right": -3}]
    cases += [{"kind": "unfold", "maps": send(maps), "filters": send(filters), "moves": moves}]
    *pooled, shifted, unfolded = run_in_node(cases)
    for got, (size, stride) in zip(pooled, pools, strict=True):
        assert_same(got["max"], F.max_pool2d(maps, size, stride))
        assert_same(got["average"], F.avg_pool2d(maps, size, stride))
        assert_same(got["global"], F.adaptive_avg_pool2d(maps, 1))
    moved = torch.zeros_like(maps)
    moved[:, 2:, :-3] = maps[:, :-2, 3:]
    assert_same(shifted["result"], moved)
    assert_same(unfolded["result"], F.unfold(maps[None], (3, 2), (1, 2), (1, 0), (2, 1))[0])
