"""Convolution and pooling of one map, step by step, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch
import torch.nn.functional as F

from explorer.checks import check_whole
from explorer.errors import InputError

CLOSE = 0.05  # of full scale: two maxima that differ by so little look alike
MOST_RUNS = 5  # the median time is taken over at most so many runs
LOOP_SECONDS = 0.01  # after this time the loop does not run again, so that the answer to a slider does not take long


@dataclass(frozen=True)
class Comparison:
    """The same convolution by the loop and by PyTorch.

    Attributes:
        manual: (H_out, W_out) result of conv2d_manual.
        torch_result: (H_out, W_out) result of F.conv2d.
        greatest_difference: largest absolute difference between the two.
        manual_seconds: median time of the loop, in seconds.
        torch_seconds: median time of F.conv2d, in seconds.
    """

    manual: torch.Tensor
    torch_result: torch.Tensor
    greatest_difference: float
    manual_seconds: float
    torch_seconds: float


@dataclass(frozen=True)
class Experiment:
    """One setting of the playground and what came out.

    Attributes:
        picture: (H, W) input.
        kernel: (kH, kW) kernel as it is applied, flipped if `flip`.
        stride: pixels from one window to the next.
        padding: rows and columns of zeros on every side.
        dilation: pixels from one number of the kernel to the next.
        flip: whether the kernel was turned by 180 degrees.
        comparison: the result by the loop and by PyTorch.
        border_cells: number of cells of the result whose window covers some of the padding.
        flip_difference: greatest absolute difference that the flip makes to the result.
    """

    picture: torch.Tensor
    kernel: torch.Tensor
    stride: int
    padding: int
    dilation: int
    flip: bool
    comparison: Comparison
    border_cells: int
    flip_difference: float


@dataclass(frozen=True)
class Pooling:
    """One map pooled in three ways.

    Attributes:
        maximum: (H // k, W // k) largest value of each k x k window.
        average: (H // k, W // k) mean of each window.
        overall: (1, 1) mean of the whole map (global average pooling).
    """

    maximum: torch.Tensor
    average: torch.Tensor
    overall: torch.Tensor


@dataclass(frozen=True)
class ShiftCheck:
    """What a shift of pictures by one pixel changes in them and in what pooling makes of them.

    Windows that are blank before and after the shift prove nothing; neither they nor their pixels are counted.

    Attributes:
        windows: number of windows whose maximum is not 0 before or after the shift.
        unchanged: how many of them have exactly the same maximum before and after.
        close: how many have a maximum that changes by at most CLOSE of full scale.
        max_change: mean absolute change of their maxima, as a share of full scale; 0 without windows.
        average_change: the same of their averages.
        pixel_change: the same of their pixels.
    """

    windows: int
    unchanged: int
    close: int
    max_change: float
    average_change: float
    pixel_change: float


@dataclass(frozen=True)
class ParameterCount:
    """Parameters of one layer.

    Attributes:
        weights: number of weights.
        biases: number of biases.
    """

    weights: int
    biases: int

    @property
    def total(self) -> int:
        """Weights and biases together."""
        return self.weights + self.biases


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many windows fit along one side: floor((size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.

    >>> conv_output_size(28, kernel_size=3, stride=2, padding=1)
    14

    Args:
        size: pixels along that side of the input, >= 1.
        kernel_size: numbers along that side of the kernel, >= 1.
        stride: pixels from one window to the next, >= 1.
        padding: zeros added at either end, >= 0.
        dilation: pixels from one number of the kernel to the next, >= 1.

    Returns:
        Number of windows, which is the side of the output in pixels; at least 1.

    Raises:
        InputError: (a ValueError) a setting is not a whole number or is out of bounds, or the kernel, spread out by its
            dilation, is larger than the padded input.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, section 5.1.
    """
    size = check_whole("terms.input_size", size, 1)
    kernel_size = check_whole("terms.kernel_size", kernel_size, 1)
    stride = check_whole("terms.stride", stride, 1)
    padding = check_whole("terms.padding", padding, 0)
    dilation = check_whole("terms.dilation", dilation, 1)
    reach = dilation * (kernel_size - 1) + 1
    padded = size + 2 * padding
    if reach > padded:
        raise InputError(
            "convolution.does_not_fit",
            kernel_size=kernel_size, dilation=dilation, reach=reach, padded=padded, size=size, padding=padding,
        )  # fmt: skip
    return (padded - reach) // stride + 1


def conv2d_manual(
    input_map: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> torch.Tensor:
    """Slide the kernel over the map. At each place, multiply number by number and add the products.

    As in every deep-learning library the kernel is not flipped: strictly, this is cross-correlation.

    Args:
        input_map: (H, W).
        kernel: (kH, kW).
        stride: pixels from one window to the next, >= 1.
        padding: rows and columns of zeros on every side, >= 0.
        dilation: pixels from one number of the kernel to the next, >= 1.

    Returns:
        (H_out, W_out), each as `conv_output_size` says. Its type is that to which PyTorch promotes the two types.

    Raises:
        InputError: (a ValueError) the map or the kernel is not two-dimensional, a setting is out of bounds, or the
            kernel does not fit.
    """
    height, width = _check_map("terms.image", input_map)
    kernel_height, kernel_width = _check_map("terms.kernel", kernel)
    out_height = conv_output_size(height, kernel_height, stride, padding, dilation)
    out_width = conv_output_size(width, kernel_width, stride, padding, dilation)
    stride, padding, dilation = int(stride), int(padding), int(dilation)  # which may be told as 2.0
    reach_down = dilation * (kernel_height - 1) + 1
    reach_right = dilation * (kernel_width - 1) + 1

    padded = pad_map(input_map, padding)
    output = torch.zeros(out_height, out_width, dtype=torch.promote_types(input_map.dtype, kernel.dtype))
    for row in range(out_height):
        for column in range(out_width):
            top, left = row * stride, column * stride
            window = padded[top : top + reach_down : dilation, left : left + reach_right : dilation]
            output[row, column] = (window * kernel).sum()
    return output


def conv2d_backward_manual(
    input_map: torch.Tensor,
    kernel: torch.Tensor,
    grad_output: torch.Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The backward pass of `conv2d_manual`: what each pixel and each number of the kernel does to a loss.

    Each number of the output came from one window. Its gradient goes back the same way: to the pixels of the window times
    the kernel, and to the kernel times the window. Where windows overlap, gradients add up.

    Args:
        input_map: (H, W).
        kernel: (kH, kW).
        grad_output: (H_out, W_out), how much the loss grows per growth of each number of the output.
        stride: as in `conv2d_manual`.
        padding: the same.
        dilation: the same.

    Returns:
        The gradients of the map, (H, W), and of the kernel, (kH, kW). Their type is that to which PyTorch promotes the
        three types.

    Raises:
        InputError: (a ValueError) as `conv2d_manual` does, or the gradient has not the shape of the output.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, section 4.
    """
    height, width = _check_map("terms.image", input_map)
    kernel_height, kernel_width = _check_map("terms.kernel", kernel)
    out_height = conv_output_size(height, kernel_height, stride, padding, dilation)
    out_width = conv_output_size(width, kernel_width, stride, padding, dilation)
    rows, columns = _check_map("convolution.grad_output", grad_output)
    if (rows, columns) != (out_height, out_width):
        raise InputError("convolution.grad_shape", height=out_height, width=out_width, rows=rows, columns=columns)
    stride, padding, dilation = int(stride), int(padding), int(dilation)
    reach_down = dilation * (kernel_height - 1) + 1
    reach_right = dilation * (kernel_width - 1) + 1

    kind = torch.promote_types(torch.promote_types(input_map.dtype, kernel.dtype), grad_output.dtype)
    padded = pad_map(input_map, padding).to(kind)
    grad_padded, grad_kernel = torch.zeros_like(padded), torch.zeros(kernel.shape, dtype=kind)
    for row in range(out_height):
        for column in range(out_width):
            top, left = row * stride, column * stride
            window = slice(top, top + reach_down, dilation), slice(left, left + reach_right, dilation)
            grad_padded[window] += grad_output[row, column] * kernel
            grad_kernel += grad_output[row, column] * padded[window]
    return grad_padded[padding : padding + height, padding : padding + width].clone(), grad_kernel


def pad_map(input_map: torch.Tensor, padding: int) -> torch.Tensor:
    """Add zeros on every side of a map.

    Args:
        input_map: (H, W).
        padding: rows and columns of zeros on every side, >= 0.

    Returns:
        (H + 2 padding, W + 2 padding), a copy of the same type.
    """
    height, width = input_map.shape
    padded = input_map.new_zeros(height + 2 * padding, width + 2 * padding)
    padded[padding : padding + height, padding : padding + width] = input_map
    return padded


def flip_kernel(kernel: torch.Tensor) -> torch.Tensor:
    """Turn a kernel by 180 degrees: cross-correlation with the turned kernel is convolution in the strict sense.

    Args:
        kernel: (kH, kW).

    Returns:
        (kH, kW), a copy.
    """
    return kernel.flip(0, 1)


def compare_convolutions(
    input_map: torch.Tensor, kernel: torch.Tensor, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Comparison:
    """The same convolution by the loop and by F.conv2d, with the time of each.

    Args:
        input_map: (H, W), floating point.
        kernel: (kH, kW), of the same type.
        stride: as in `conv2d_manual`.
        padding: as in `conv2d_manual`.
        dilation: as in `conv2d_manual`.

    Returns:
        Both results, their greatest absolute difference and both times in seconds.

    Raises:
        InputError: `conv2d_manual` refuses the map, the kernel or a setting.
    """
    settings = (input_map, kernel, stride, padding, dilation)
    manual, manual_seconds = _measure_time(lambda: conv2d_manual(*settings), limit=LOOP_SECONDS)
    torch_result, torch_seconds = _measure_time(lambda: _convolve(*settings))
    difference = float((manual - torch_result).abs().max())
    return Comparison(manual, torch_result, difference, manual_seconds, torch_seconds)


def run_experiment(
    picture: torch.Tensor,
    kernel: torch.Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    flip: bool = False,
) -> Experiment:
    """Everything that the playground shows for one setting.

    Args:
        picture: (H, W) float32.
        kernel: (kH, kW) float32.
        stride: as in `conv2d_manual`.
        padding: as in `conv2d_manual`.
        dilation: as in `conv2d_manual`.
        flip: turn the kernel by 180 degrees first.

    Raises:
        InputError: the picture is not two-dimensional, a setting is out of bounds, or the kernel does not fit.
    """
    _check_map("terms.kernel", kernel)
    flipped = flip_kernel(kernel)
    applied, other = (flipped, kernel) if flip else (kernel, flipped)
    comparison = compare_convolutions(picture, applied, stride, padding, dilation)
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    inside = _convolve(torch.ones_like(picture), torch.ones_like(kernel), **settings)
    return Experiment(
        picture, applied, stride, padding, dilation, flip, comparison,
        border_cells=int((inside < kernel.numel()).sum()),
        flip_difference=float((comparison.torch_result - _convolve(picture, other, **settings)).abs().max()),
    )  # fmt: skip


def compute_pooling(input_map: torch.Tensor, kernel_size: int) -> Pooling:
    """Max, average and global average pooling of one map. The windows do not overlap: the stride is `kernel_size`.

    Where the last rows or columns do not fill a whole window, max and average pooling leave them out, as nn.MaxPool2d
    does. Global average pooling takes all pixels.

    Args:
        input_map: (H, W), floating point.
        kernel_size: side of each window in pixels, >= 1.

    Raises:
        InputError: the map is not two-dimensional, or kernel_size is not a whole number of at least 1, or the window is
            larger than the map.
    """
    height, width = _check_map("terms.image", input_map)
    rows = conv_output_size(height, kernel_size, stride=kernel_size)
    columns = conv_output_size(width, kernel_size, stride=kernel_size)
    kernel_size = int(kernel_size)  # which may be told as 2.0
    whole = input_map[: rows * kernel_size, : columns * kernel_size]
    windows = whole.reshape(rows, kernel_size, columns, kernel_size)
    return Pooling(windows.amax(dim=(1, 3)), windows.mean(dim=(1, 3)), input_map.mean().reshape(1, 1))


def measure_shift(input_maps: Iterable[torch.Tensor], kernel_size: int) -> ShiftCheck:
    """Move pictures one pixel to the right (a column of zeros comes in): how do they and their poolings change?

    Args:
        input_maps: each (H, W), floating point, 0 to 1 (full scale).
        kernel_size: side of the pooling window and its stride, in pixels, >= 1.

    Raises:
        InputError: a map is not two-dimensional, or kernel_size is not a whole number of at least 1, or the window is
            larger than a map.
    """
    changes = [_measure_changes(input_map, kernel_size) for input_map in input_maps]
    of_max, of_average, of_pixels = (torch.cat(each) for each in zip(*changes, strict=True))
    means = [float(each.double().sum()) / max(1, each.numel()) for each in (of_max, of_average, of_pixels)]
    return ShiftCheck(of_max.numel(), int((of_max == 0).sum()), int((of_max <= CLOSE).sum()), *means)


def _measure_changes(input_map: torch.Tensor, kernel_size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Absolute changes of the maxima, the averages and the pixels in windows that are not blank both times."""
    _check_map("terms.image", input_map)
    shifted = torch.zeros_like(input_map)
    shifted[:, 1:] = input_map[:, :-1]
    before, after = compute_pooling(input_map, kernel_size), compute_pooling(shifted, kernel_size)
    kernel_size = int(kernel_size)  # which may be told as 2.0
    filled = (before.maximum != 0) | (after.maximum != 0)
    inside = filled.repeat_interleave(kernel_size, 0).repeat_interleave(kernel_size, 1)
    rows, columns = inside.shape
    pixels = (input_map - shifted)[:rows, :columns][inside]
    poolings = ((after.maximum - before.maximum)[filled], (after.average - before.average)[filled])
    return poolings[0].abs(), poolings[1].abs(), pixels.abs()


def count_conv_params(in_channels: int, out_channels: int, kernel_height: int, kernel_width: int) -> ParameterCount:
    """Parameters of nn.Conv2d with bias: they do not depend on the size of the picture.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output; each has one bias.
        kernel_height: rows of each kernel.
        kernel_width: columns of each kernel.
    """
    return ParameterCount(out_channels * in_channels * kernel_height * kernel_width, out_channels)


def count_linear_params(in_features: int, out_features: int) -> ParameterCount:
    """Parameters of nn.Linear with bias: every output is joined to every input."""
    return ParameterCount(in_features * out_features, out_features)


def _convolve(input_map: torch.Tensor, kernel: torch.Tensor, stride: int, padding: int, dilation: int) -> torch.Tensor:
    settings = (int(stride), int(padding), int(dilation))
    return F.conv2d(input_map[None, None], kernel[None, None], None, *settings)[0, 0]


def _check_map(name: str, values: torch.Tensor) -> tuple[int, int]:
    if values.ndim != 2:
        raise InputError("convolution.not_a_map", name=name, shape=tuple(values.shape))
    height, width = values.shape
    return height, width


def _measure_time(compute: Callable[[], torch.Tensor], limit: float = math.inf) -> tuple[torch.Tensor, float]:
    """The result of the function and its median time in seconds.

    The function runs MOST_RUNS times; it does not run again when all runs together have taken `limit` seconds.
    """
    times: list[float] = []
    while True:
        start = perf_counter()
        result = compute()
        times.append(perf_counter() - start)
        if len(times) >= MOST_RUNS or sum(times) >= limit:
            return result, median(times)
