"""Four ways to compute one convolution: the loop, one matrix product, F.conv2d and the fast Fourier transform."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter

import torch
import torch.nn.functional as F

from explorer.convolution.maths import Moves, conv2d_manual, convolve, output_sizes, pad_map
from explorer.convolution.sent import Sent

MOST_RUNS = 9
LOOP_SECONDS = 0.1  # after which a way is not run again


@dataclass(frozen=True)
class Way:
    """One way and what it took.

    Attributes:
        name: "loop", "unfold", "conv2d" or "fft".
        seconds: median of the runs.
        difference: greatest absolute difference from a result in double precision.
        mult_adds: multiplications with their additions; for the transform an estimate.
    """

    name: str
    seconds: float
    difference: float
    mult_adds: int


def convolve_in_loops(picture: torch.Tensor, kernel: torch.Tensor, moves: Moves) -> torch.Tensor:
    """The hand-written loop. (H, W) and (kH, kW) -> (H_out, W_out)."""
    return conv2d_manual(picture, kernel, moves.stride, moves.padding, moves.dilation, mode=moves.mode)


def convolve_unfolded(picture: torch.Tensor, kernel: torch.Tensor, moves: Moves) -> torch.Tensor:
    """The kernel as a row times the matrix whose columns are the windows. (H, W) and (kH, kW) -> (H_out, W_out)."""
    padded = pad_map(picture, moves.padding, moves.mode)
    columns = F.unfold(padded[None, None], tuple(kernel.shape), moves.dilation, 0, moves.stride)[0]
    size = output_sizes((picture.shape[0], picture.shape[1]), (kernel.shape[0], kernel.shape[1]), moves)
    return (kernel.flatten() @ columns).view(size)


def convolve_in_frequency(picture: torch.Tensor, kernel: torch.Tensor, moves: Moves) -> torch.Tensor:
    """By the convolution theorem: a product of spectra. (H, W) and (kH, kW) -> (H_out, W_out).

    The kernel is turned, because the theorem is about convolution in the strict sense; a dilation are zeros between its
    numbers; of what a stride skips nothing is saved.
    """
    padded = pad_map(picture, moves.padding, moves.mode)
    (stride_down, stride_right), (step_down, step_right) = moves.stride, moves.dilation
    reach = [step_down * (kernel.shape[0] - 1) + 1, step_right * (kernel.shape[1] - 1) + 1]
    spread = torch.zeros(reach, dtype=kernel.dtype)
    spread[::step_down, ::step_right] = kernel
    spectrum = torch.fft.rfft2(padded) * torch.fft.rfft2(spread.flip(0, 1), s=padded.shape)
    # What wraps around falls on the places where the window does not fit.
    return torch.fft.irfft2(spectrum, s=padded.shape)[reach[0] - 1 :: stride_down, reach[1] - 1 :: stride_right]


WAYS: dict[str, Callable[[torch.Tensor, torch.Tensor, Moves], torch.Tensor]] = {
    "loop": convolve_in_loops,
    "unfold": convolve_unfolded,
    "conv2d": convolve,
    "fft": convolve_in_frequency,
}


def compare_ways(sent: Sent) -> list[Way]:
    """The four ways with the same picture and kernel, in float32."""
    exact = convolve(sent.picture.double(), sent.kernel.double(), sent.moves)
    found = []
    for name, compute in WAYS.items():
        result, seconds = measure(partial(compute, sent.picture, sent.kernel, sent.moves))
        difference = float((result.double() - exact).abs().max())
        found.append(Way(name, seconds, difference, count_mult_adds(name, sent, exact.numel())))
    return found


def count_mult_adds(name: str, sent: Sent, cells: int) -> int:
    """One for each number of the kernel and each cell of the result, the dilation leaving no more of them.

    Three transforms of n real numbers need about 2.5 n log2(n) operations each, two of which count as one here.
    """
    if name != "fft":
        return cells * sent.kernel.numel()
    size = pad_map(sent.picture, sent.moves.padding, sent.moves.mode).numel()
    return round(3 * 1.25 * size * math.log2(max(2, size)) + 2 * size)


def measure(compute: Callable[[], torch.Tensor]) -> tuple[torch.Tensor, float]:
    """The result and the median time in seconds; the first run is not counted unless it takes long."""
    result, times = compute(), []
    while len(times) < MOST_RUNS and sum(times) < LOOP_SECONDS:
        start = perf_counter()
        result = compute()
        times.append(perf_counter() - start)
    return result, median(times)


def measure_growth(
    pictures: Sequence[int] = (32, 64, 128, 256), kernels: Sequence[int] = (3, 5, 7, 11, 15, 23, 31)
) -> dict[str, dict[str, list[float]]]:
    """Milliseconds of each way but the loop on random numbers, as sides of pictures -> way -> one for each kernel that fits."""
    generator = torch.Generator().manual_seed(0)
    found: dict[str, dict[str, list[float]]] = {}
    for side in pictures:
        picture = torch.rand(side, side, generator=generator)
        fitting = [torch.rand(each, each, generator=generator) for each in kernels if each <= side]
        found[str(side)] = {
            name: [1000 * measure(partial(compute, picture, kernel, Moves()))[1] for kernel in fitting]
            for name, compute in WAYS.items() if name != "loop"
        }  # fmt: skip
    return found
