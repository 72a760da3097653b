"""Pooling and shifts in the page, run by Node, against PyTorch."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from explorer.data import load_sample

RUN = Path(__file__).with_name("run_shifts.mjs")
KERNEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SHIFTS = [(0, 1), (1, 0), (2, 4), (3, 2), (4, 4)]


def run_in_node(cases: list[dict]) -> list[dict]:
    """What the page's script makes of these cases."""
    answer = subprocess.run(
        ["node", RUN], input=json.dumps(cases), capture_output=True, text=True, check=True, timeout=120
    )
    return json.loads(answer.stdout)


def operate(name: str, picture: torch.Tensor, size: int) -> torch.Tensor:
    images = picture[None, None]
    return {
        "max": lambda: F.max_pool2d(images, size),
        "average": lambda: F.avg_pool2d(images, size),
        "conv": lambda: F.conv2d(images, KERNEL[None, None]),
        "strided": lambda: F.conv2d(images, KERNEL[None, None], stride=size),
        "global": lambda: F.adaptive_avg_pool2d(images, 1),
    }[name]()[0, 0]


def move(picture: torch.Tensor, down: int, right: int) -> torch.Tensor:
    moved = torch.zeros_like(picture)
    height, width = picture.shape
    moved[down:, right:] = picture[: height - down, : width - right]
    return moved


def check_grade(got: dict, one: torch.Tensor, other: torch.Tensor, spread: float) -> None:
    """The numbers are those of these two maps."""
    both = torch.stack([one.flatten(), other.flatten()]).double()
    changes = (both[0] - both[1]).abs()
    assert got["cells"] == one.numel()
    assert got["equal"] == pytest.approx(float((changes <= 1e-5).double().mean()))
    assert got["change"] == pytest.approx(float(changes.mean()) / spread if spread else 0, abs=1e-6)
    if got["correlation"] is not None:
        assert got["correlation"] == pytest.approx(float(torch.corrcoef(both)[0, 1]), abs=1e-5)


@pytest.mark.parametrize("size", [2, 3])
def test_what_moves_along_and_what_stays_is_what_pytorch_says(size):
    picture = load_sample().images[180].float() / 255
    cases = [{"picture": picture.tolist(), "kernel": KERNEL.tolist(), "size": size, "shift": shift} for shift in SHIFTS]
    whole = 0
    for (down, right), got in zip(SHIFTS, run_in_node(cases), strict=True):
        for name, found in got.items():
            before, after = operate(name, picture, size), operate(name, move(picture, down, right), size)
            torch.testing.assert_close(torch.tensor(found["before"]), before.flatten(), rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(torch.tensor(found["after"]), after.flatten(), rtol=1e-5, atol=1e-5)
            both = picture if name == "global" else torch.cat([before, after])
            spread = float(both.max() - both.min())
            check_grade(found["invariance"], before, after, spread)
            stride = {"conv": 1, "global": 1000}.get(name, size)
            assert (found["equivariance"] is None) == bool(down % stride or right % stride), name
            if found["equivariance"]:
                steps = down // stride, right // stride
                inside = slice(steps[0], None), slice(steps[1], None)
                check_grade(found["equivariance"], move(before, *steps)[inside], after[inside], spread)
                assert found["equivariance"]["equal"] == 1  # this is what equivariance means
                whole += 1
    assert whole >= len(SHIFTS)


def test_a_window_that_does_not_fit_gives_nothing():
    got = run_in_node([{"picture": [[1, 2], [3, 4]], "kernel": KERNEL.tolist(), "size": 3, "shift": (0, 1)}])[0]
    assert {name for name, found in got.items() if found} == {"global"}
