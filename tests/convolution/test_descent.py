"""The page's gradient descent on a kernel, run by Node, against torch.optim.SGD, lstsq and eigvalsh."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from explorer.data import load_sample

RUN = Path(__file__).with_name("run_descent.mjs")
SIZES = (1, 3, 5, 7)


def run_in_node(cases: list[dict]) -> list[dict]:
    """What the page's script makes of these cases."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def send(tensor: torch.Tensor) -> dict:
    return {"shape": list(tensor.shape), "values": tensor.flatten().tolist()}


def convolve(picture: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """(H, W) of the same size, the picture going on beyond its border."""
    around = kernel.shape[0] // 2
    return F.conv2d(F.pad(picture[None, None], (around,) * 4, mode="replicate"), kernel[None, None])[0, 0]


def windows(picture: torch.Tensor, size: int) -> torch.Tensor:
    """(pixels, size * size): the pixels under the kernel at each place."""
    return F.unfold(F.pad(picture[None, None], (size // 2,) * 4, mode="replicate"), size)[0].T


def make_case(size: int, momentum: float = 0.0, rate: float = 0.02, steps: int = 50) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(size)
    picture = load_sample().images[180].double() / 255
    hidden, kernel = (torch.randn(each, each, generator=generator, dtype=torch.float64) for each in (3, size))
    return {
        "picture": picture, "target": convolve(picture, hidden), "kernel": kernel, "rate": rate, "momentum": momentum, "steps": steps,
    }  # fmt: skip


def as_sent(case: dict) -> dict:
    return {name: send(value) if isinstance(value, torch.Tensor) else value for name, value in case.items()}


def descend(case: dict) -> tuple[torch.Tensor, list[float]]:
    """The kernel after all steps of torch.optim.SGD, and the loss before each."""
    kernel = case["kernel"].clone().requires_grad_()
    optimizer = torch.optim.SGD([kernel], lr=case["rate"], momentum=case["momentum"])
    losses = []
    for _ in range(case["steps"]):
        optimizer.zero_grad()
        loss = F.mse_loss(convolve(case["picture"], kernel), case["target"])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return kernel.detach(), losses


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_fifty_steps_are_those_of_sgd(momentum):
    cases = [make_case(size, momentum) for size in SIZES]
    for case, got in zip(cases, run_in_node([as_sent(each) for each in cases]), strict=True):
        kernel, losses = descend(case)
        torch.testing.assert_close(torch.tensor(got["kernel"]), kernel.flatten().float(), rtol=1e-5, atol=1e-5)
        assert got["losses"] == pytest.approx(losses, rel=1e-9)


def test_the_least_loss_and_the_curvatures_are_those_of_linear_algebra():
    cases = [make_case(size, steps=0) for size in SIZES]
    generator = torch.Generator().manual_seed(9)
    for case in cases:  # what no kernel draws
        case["target"] = (torch.rand(28, 28, generator=generator) > 0.8).double()
    for case, got in zip(cases, run_in_node([as_sent(each) for each in cases]), strict=True):
        matrix, target = windows(case["picture"], case["kernel"].shape[0]), case["target"].flatten()
        best = torch.linalg.lstsq(matrix, target[:, None], driver="gelsd").solution[:, 0]
        assert got["least"] == pytest.approx(float(((matrix @ best - target) ** 2).mean()), rel=1e-9)
        torch.testing.assert_close(torch.tensor(got["best"], dtype=torch.float64), best, rtol=1e-6, atol=1e-8)
        hessian = torch.autograd.functional.hessian(
            lambda kernel, case=case: F.mse_loss(convolve(case["picture"], kernel), case["target"]), case["kernel"]
        )
        curvatures = torch.linalg.eigvalsh(hessian.reshape(len(best), len(best))).flip(0)
        expected = torch.tensor(got["curvatures"], dtype=torch.float64)
        torch.testing.assert_close(expected, curvatures, rtol=1e-8, atol=1e-12)
        assert got["blind"] == 0 and got["limit"] == pytest.approx(2 / float(curvatures[0]))


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_it_diverges_from_the_named_rate_on_and_not_below(momentum):
    limit = run_in_node([as_sent(make_case(3, momentum, steps=0))])[0]["limit"]
    cases = [make_case(3, momentum, factor * limit, steps=1000) for factor in (0.99, 1.01)]
    below, above = (each["last"] for each in run_in_node([as_sent(each) for each in cases]))
    first = descend(make_case(3, steps=1))[1][0]
    assert below < first / 10 and above > first * 100


def test_a_uniform_picture_teaches_one_direction_of_nine_and_black_none():
    cases = [make_case(3, steps=0) for _ in range(2)]
    for case, brightness in zip(cases, (0.5, 0.0), strict=True):
        case["picture"] = torch.full((28, 28), brightness, dtype=torch.float64)
        case["target"] = convolve(case["picture"], torch.full((3, 3), 0.2, dtype=torch.float64))
    uniform, black = run_in_node([as_sent(each) for each in cases])
    assert (uniform["blind"], uniform["least"]) == (8, 0)
    assert torch.tensor(uniform["best"]).allclose(torch.tensor(0.2))  # of all that fit, the smallest
    assert (black["blind"], black["least"], black["limit"]) == (9, 0, None)  # JSON knows no infinity


def test_a_kernel_that_is_too_small_leaves_a_loss_and_one_that_is_large_enough_none():
    assert [each["least"] > 0 for each in run_in_node([as_sent(make_case(size, steps=0)) for size in SIZES])] == [True, False, False, False]  # fmt: skip
