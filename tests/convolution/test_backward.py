"""The backward pass that the page shows, run by Node, against autograd; and what the server says of it."""

from __future__ import annotations

import copy
import json
import random
import subprocess
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from explorer.convolution.backward_tab import on_check
from explorer.convolution.sent import compare_backward
from explorer.errors import InputError
from tests.forged import FORGED

RUN = Path(__file__).with_name("run_backward.mjs")
KINDS = ("cell", "sum", "distance")
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def run_in_node(cases: list[dict]) -> list[dict]:
    """What the page's script makes of these cases."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def draw_case(chance: random.Random, generator: torch.Generator) -> dict | None:
    """A random setting; None where the kernel does not fit."""
    size, kernel, dilation = ([chance.randint(*bounds) for _ in range(2)] for bounds in ((4, 9), (1, 4), (1, 3)))
    padding, stride = ([chance.randint(*bounds) for _ in range(2)] for bounds in ((0, 3), (1, 3)))
    if any(size[side] + 2 * padding[side] < dilation[side] * (kernel[side] - 1) + 1 for side in range(2)):
        return None
    moves = {"stride": stride, "padding": [padding[0]] * 2 + [padding[1]] * 2, "dilation": dilation}
    pixels, weights = (
        torch.randn(shape, generator=generator, dtype=torch.float64).tolist() for shape in (size, kernel)
    )
    return {"picture": pixels, "kernel": weights, "moves": moves, "kind": chance.choice(KINDS), "cell": [0, 0]}


def loss_in_torch(case: dict, padded: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    moves = {"stride": case["moves"]["stride"], "dilation": case["moves"]["dilation"]}
    result = F.conv2d(padded[None, None], kernel[None, None], **moves)
    if case["kind"] == "distance":
        means = F.conv2d(padded.detach()[None, None], torch.full_like(kernel, 1 / kernel.numel())[None, None], **moves)
        return F.mse_loss(result, means)
    return result.sum() if case["kind"] == "sum" else result[0, 0, 0, 0]


def test_all_ways_to_both_gradients_are_autograds():
    chance, generator = random.Random(4), torch.Generator().manual_seed(4)
    cases = [each for each in (draw_case(chance, generator) for _ in range(200)) if each][:100]
    assert len(cases) == 100 and {each["kind"] for each in cases} == set(KINDS)
    for case, got in zip(cases, run_in_node(cases), strict=True):
        top, _, left, _ = case["moves"]["padding"]
        picture = torch.tensor(case["picture"], dtype=torch.float64)
        padded = F.pad(picture, (left, left, top, top)).requires_grad_()
        kernel = torch.tensor(case["kernel"], dtype=torch.float64).requires_grad_()
        loss = loss_in_torch(case, padded, kernel)
        loss.backward()
        assert got["loss"] == pytest.approx(loss.item(), abs=1e-9)
        for name in ("ofPixels", "asPadded"):
            torch.testing.assert_close(torch.tensor(got[name], dtype=torch.float64), padded.grad, **CLOSE)
        for weights in (got["ofWeights"], got["asKernel"], got["sent"]["weights"]):
            torch.testing.assert_close(torch.tensor(weights, dtype=torch.float64), kernel.grad, **CLOSE)
        inside = padded.grad[top : top + picture.shape[0], left : left + picture.shape[1]]
        torch.testing.assert_close(torch.tensor(got["sent"]["inputs"], dtype=torch.float64), inside, **CLOSE)


@pytest.fixture(scope="module")
def sent() -> dict:
    picture = torch.rand(9, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    moves = {"stride": [2, 1], "padding": [1, 2, 0, 3], "dilation": [1, 2], "mode": "reflect"}
    case = {"picture": picture.tolist(), "kernel": [[1, 0.5], [-1, 2]], "moves": moves, "kind": "sum", "cell": [0, 0]}
    return run_in_node([case])[0]["sent"]


def test_the_server_confirms_what_is_right_and_finds_what_is_wrong(sent):
    found = compare_backward(sent)
    assert found.manual < 1e-12 and found.page < 1e-5 and found.largest > 1  # pixels and kernel come as float32
    wrong = copy.deepcopy(sent)
    wrong["weights"][1][0] += 0.25
    assert compare_backward(wrong).page == pytest.approx(0.25, abs=1e-5)
    assert "autograd" in on_check(sent, language="en")["look_for"]


def test_what_is_not_sent_by_the_page_is_refused(sent):
    for forged in FORGED:
        for name in sent:
            if forged != [1, 2] or name not in ("stride", "dilation"):  # which it may be
                with pytest.raises(InputError):
                    compare_backward({**sent, name: forged})
        with pytest.raises(InputError):
            compare_backward(forged)
    for forged in ([[1] * 57] * 57, [[1]]):
        with pytest.raises(InputError):
            compare_backward({**sent, "picture": forged})
    with pytest.raises(InputError):
        compare_backward({**sent, "mode": "reflect", "padding": [9, 0, 0, 0]})
