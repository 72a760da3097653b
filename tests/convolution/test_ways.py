"""Four ways to one convolution, on random settings, and what was measured of them."""

from __future__ import annotations

import random

import torch
import torch.nn.functional as F

from explorer.convolution.maths import MODES, Moves
from explorer.convolution.measure_ways import load_growth
from explorer.convolution.sent import Sent
from explorer.convolution.ways import WAYS, compare_ways
from explorer.convolution.ways_tab import on_measure


def test_four_ways_agree_on_random_settings():
    chance, generator = random.Random(6), torch.Generator().manual_seed(6)
    tried = 0
    while tried < 100:
        size, kernel = ([chance.randint(low, high) for _ in range(2)] for low, high in ((3, 20), (1, 7)))
        mode = chance.choice(MODES)
        padding = tuple(chance.randint(0, min(6, size[side // 2] - 1)) for side in range(4))
        stride, dilation = ((chance.randint(1, 4), chance.randint(1, 4)) for _ in range(2))
        padded = [size[side] + sum(padding[2 * side : 2 * side + 2]) for side in range(2)]
        if any(padded[side] < dilation[side] * (kernel[side] - 1) + 1 for side in range(2)):
            continue
        tried += 1
        picture, weights = torch.rand(size, generator=generator), torch.randn(kernel, generator=generator)
        sent = Sent(picture, weights, Moves(stride, padding, dilation, mode))
        top, bottom, left, right = padding
        around = F.pad(
            picture[None, None].double(), (left, right, top, bottom), mode={"zeros": "constant"}.get(mode, mode)
        )
        expected = F.conv2d(around, weights[None, None].double(), None, stride, 0, dilation)[0, 0]
        for compute in WAYS.values():
            result = compute(sent.picture, sent.kernel, sent.moves)
            torch.testing.assert_close(result, expected.float(), rtol=1e-5, atol=1e-5)
    assert all(way.difference < 1e-5 and way.seconds > 0 for way in compare_ways(sent))


def test_the_measured_file_holds_every_way_but_the_loop():
    growth = load_growth()
    assert growth["machine"]["processor"] and growth["machine"]["threads"] == 1
    for side, ways in growth["pictures"].items():
        assert set(ways) == set(WAYS) - {"loop"}
        fitting = [each for each in growth["kernels"] if each <= int(side)]
        assert all(len(times) == len(fitting) and min(times) > 0 for times in ways.values())


def test_the_table_names_the_multiply_adds():
    sent = {
        "picture": [[1, 2, 3]] * 3,
        "kernel": [[1, 0], [0, 1]],
        "stride": [1, 1],
        "padding": [0] * 4,
        "dilation": [1, 1],
        "mode": "zeros",
    }
    shown = on_measure(sent, language="en")
    assert shown["table"].count("<td class=number>16</td>") == 3  # 2 x 2 cells, 2 x 2 numbers
