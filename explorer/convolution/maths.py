"""Convolution and pooling of one map, step by step, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import torch
import torch.nn.functional as F

from explorer.checks import check_choice, check_whole
from explorer.errors import InputError

MODES = ("zeros", "reflect", "replicate", "circular")  # what padding holds
CLOSE = 0.05  # of full scale: two maxima that differ by so little look alike
MOST_RUNS = 5  # the median time is taken over at most so many runs
Sides = int | Sequence[int]  # one number, or one for each side
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
class Moves:
    """How a kernel moves over a map, checked.

    Attributes:
        stride: pixels from one window to the next, (down, right).
        padding: rows and columns added at the (top, bottom, left, right).
        dilation: pixels from one number of the kernel to the next, (down, right).
        mode: what the padding holds, one of MODES.
    """

    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    mode: str = "zeros"


@dataclass(frozen=True)
class Experiment:
    """One setting of the playground and what came out.

    Attributes:
        picture: (H, W) input.
        kernel: (kH, kW) kernel as it is applied, flipped if `flip`.
        moves: how it moves.
        flip: whether the kernel was turned by 180 degrees.
        comparison: the result by the loop and by PyTorch.
        border_cells: number of cells of the result whose window covers some of the padding.
        flip_difference: greatest absolute difference that the flip makes to the result.
    """

    picture: torch.Tensor
    kernel: torch.Tensor
    moves: Moves
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


def conv_output_size(
    size: int,
    kernel_size: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    *,
    padding_after: int | None = None,
) -> int:
    """How many windows fit along one side: floor((size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1.

    >>> conv_output_size(28, kernel_size=3, stride=2, padding=1)
    14

    Args:
        size: pixels along that side of the input, >= 1.
        kernel_size: numbers along that side of the kernel, >= 1.
        stride: pixels from one window to the next, >= 1.
        padding: zeros added at either end, >= 0.
        dilation: pixels from one number of the kernel to the next, >= 1.
        padding_after: zeros added at the end, if not as many as at the start; then the formula has the sum of both.

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
    after = padding if padding_after is None else check_whole("terms.padding", padding_after, 0)
    dilation = check_whole("terms.dilation", dilation, 1)
    reach = dilation * (kernel_size - 1) + 1
    padded = size + padding + after
    if reach > padded:
        raise InputError(
            "convolution.does_not_fit" if after == padding else "convolution.does_not_fit_apart",
            kernel_size=kernel_size, dilation=dilation, reach=reach, padded=padded, size=size, padding=padding, after=after,
        )  # fmt: skip
    return (padded - reach) // stride + 1


def read_moves(stride: Sides, padding: Sides, dilation: Sides, mode: str = "zeros") -> Moves:
    """Check how a kernel moves.

    Args:
        stride: pixels, >= 1; one number, or two: (down, right).
        padding: pixels, >= 0; one number, or four: (top, bottom, left, right).
        dilation: pixels, >= 1; one number, or two: (down, right).
        mode: one of MODES.

    Raises:
        InputError: (a ValueError) one of them is nothing of that kind.
    """
    return Moves(
        _check_each("terms.stride", stride, ("down", "right"), 1),
        _check_each("terms.padding", padding, ("top", "bottom", "left", "right"), 0),
        _check_each("terms.dilation", dilation, ("down", "right"), 1),
        check_choice("convolution.mode", mode, MODES),
    )  # fmt: skip


def _check_each(name: str, value, sides: tuple[str, ...], minimum: int):
    """One whole number for each side; a single one holds for all of them."""
    if not isinstance(value, list | tuple):
        return (check_whole(name, value, minimum),) * len(sides)
    if len(value) != len(sides):
        raise InputError("convolution.sides_count", name=name, count=len(sides), got=len(value))
    return tuple(check_whole(name, each, minimum) for each in value)


def output_sizes(shape: tuple[int, int], kernel_shape: tuple[int, int], moves: Moves) -> tuple[int, int]:
    """How many windows fit, down and right; raises as `conv_output_size` does."""
    top, bottom, left, right = moves.padding
    down = (shape[0], kernel_shape[0], moves.stride[0], top, moves.dilation[0])
    across = (shape[1], kernel_shape[1], moves.stride[1], left, moves.dilation[1])
    return conv_output_size(*down, padding_after=bottom), conv_output_size(*across, padding_after=right)


def conv2d_manual(
    input_map: torch.Tensor,
    kernel: torch.Tensor,
    stride: Sides = 1,
    padding: Sides = 0,
    dilation: Sides = 1,
    *,
    mode: str = "zeros",
) -> torch.Tensor:
    """Slide the kernel over the map. At each place, multiply number by number and add the products.

    As in every deep-learning library the kernel is not flipped: strictly, this is cross-correlation.

    Args:
        input_map: (H, W).
        kernel: (kH, kW).
        stride: pixels from one window to the next, >= 1; one number, or two: (down, right).
        padding: rows and columns added on every side, >= 0; one number, or four: (top, bottom, left, right).
        dilation: pixels from one number of the kernel to the next, >= 1; one number, or two: (down, right).
        mode: what the padding holds, "zeros", "reflect", "replicate" or "circular".

    Returns:
        (H_out, W_out), each as `conv_output_size` says. Its type is that to which PyTorch promotes the two types.

    Raises:
        InputError: (a ValueError) the map or the kernel is not two-dimensional, a setting is out of bounds, or the
            kernel does not fit.
    """
    shape, kernel_shape = _check_map("terms.image", input_map), _check_map("terms.kernel", kernel)
    moves = read_moves(stride, padding, dilation, mode)
    out_height, out_width = output_sizes(shape, kernel_shape, moves)
    (stride_down, stride_right), (step_down, step_right) = moves.stride, moves.dilation
    reach_down, reach_right = step_down * (kernel_shape[0] - 1) + 1, step_right * (kernel_shape[1] - 1) + 1

    padded = pad_map(input_map, moves.padding, mode)
    output = torch.zeros(out_height, out_width, dtype=torch.promote_types(input_map.dtype, kernel.dtype))
    for row in range(out_height):
        for column in range(out_width):
            top, left = row * stride_down, column * stride_right
            window = padded[top : top + reach_down : step_down, left : left + reach_right : step_right]
            output[row, column] = (window * kernel).sum()
    return output


def conv2d_backward_manual(
    input_map: torch.Tensor,
    kernel: torch.Tensor,
    grad_output: torch.Tensor,
    stride: Sides = 1,
    padding: Sides = 0,
    dilation: Sides = 1,
    *,
    mode: str = "zeros",
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
        mode: the same.

    Returns:
        The gradients of the map, (H, W), and of the kernel, (kH, kW). Their type is that to which PyTorch promotes the
        three types.

    Raises:
        InputError: (a ValueError) as `conv2d_manual` does, or the gradient has not the shape of the output.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, section 4.
    """
    shape, kernel_shape = _check_map("terms.image", input_map), _check_map("terms.kernel", kernel)
    moves = read_moves(stride, padding, dilation, mode)
    out_height, out_width = output_sizes(shape, kernel_shape, moves)
    rows, columns = _check_map("convolution.grad_output", grad_output)
    if (rows, columns) != (out_height, out_width):
        raise InputError("convolution.grad_shape", height=out_height, width=out_width, rows=rows, columns=columns)
    (stride_down, stride_right), (step_down, step_right) = moves.stride, moves.dilation
    reach_down, reach_right = step_down * (kernel_shape[0] - 1) + 1, step_right * (kernel_shape[1] - 1) + 1

    kind = torch.promote_types(torch.promote_types(input_map.dtype, kernel.dtype), grad_output.dtype)
    padded = pad_map(input_map, moves.padding, mode).to(kind)
    grad_padded, grad_kernel = torch.zeros_like(padded), torch.zeros(kernel.shape, dtype=kind)
    for row in range(out_height):
        for column in range(out_width):
            top, left = row * stride_down, column * stride_right
            window = slice(top, top + reach_down, step_down), slice(left, left + reach_right, step_right)
            grad_padded[window] += grad_output[row, column] * kernel
            grad_kernel += grad_output[row, column] * padded[window]
    return fold_padding(grad_padded, shape, moves), grad_kernel


def fold_padding(grad_padded: torch.Tensor, shape: tuple[int, int], moves: Moves) -> torch.Tensor:
    """The gradient of a map from that of the padded map: what is mirrored or repeated in the padding gives its share back.

    Args:
        grad_padded: (H + top + bottom, W + left + right).
        shape: (H, W).
        moves: of the convolution.

    Returns:
        (H, W).
    """
    top, bottom, left, right = moves.padding
    height, width = shape
    if moves.mode == "zeros":
        return grad_padded[top : top + height, left : left + width].clone()
    rows = torch.tensor(_find_sources(height, top, bottom, moves.mode))
    columns = torch.tensor(_find_sources(width, left, right, moves.mode))
    by_row = grad_padded.new_zeros(height, grad_padded.shape[1]).index_add(0, rows, grad_padded)
    return grad_padded.new_zeros(shape).index_add(1, columns, by_row)


def pad_map(input_map: torch.Tensor, padding: int | tuple[int, ...], mode: str = "zeros") -> torch.Tensor:
    """Add rows and columns around a map.

    Args:
        input_map: (H, W).
        padding: on every side, >= 0; one number, or four: (top, bottom, left, right).
        mode: what they hold: "zeros"; "reflect", the pixels mirrored at the border pixel; "replicate", the border pixel again;
            "circular", the pixels from the other end.

    Returns:
        (H + top + bottom, W + left + right), a copy of the same type.

    Raises:
        InputError: (a ValueError) the map has not as many pixels as would have to be mirrored or taken from the other end.
    """
    height, width = input_map.shape
    top, bottom, left, right = padding if isinstance(padding, tuple) else (padding,) * 4
    if mode == "zeros":
        padded = input_map.new_zeros(top + height + bottom, left + width + right)
        padded[top : top + height, left : left + width] = input_map
        return padded
    rows = _find_sources(height, top, bottom, mode)
    return input_map[rows][:, _find_sources(width, left, right, mode)]


def _find_sources(size: int, before: int, after: int, mode: str) -> list[int]:
    """Which pixel of a side stands at each place of the padded side."""
    most = {"reflect": size - 1, "circular": size}.get(mode, math.inf)
    if max(before, after) > most:
        raise InputError(f"convolution.padding_{mode}", most=most, size=size, padding=max(before, after))
    places = range(-before, size + after)
    if mode == "reflect":
        return [size - 1 - abs(size - 1 - abs(place)) for place in places]
    if mode == "circular":
        return [place % size for place in places]
    return [min(max(place, 0), size - 1) for place in places]


def flip_kernel(kernel: torch.Tensor) -> torch.Tensor:
    """Turn a kernel by 180 degrees: cross-correlation with the turned kernel is convolution in the strict sense.

    Args:
        kernel: (kH, kW).

    Returns:
        (kH, kW), a copy.
    """
    return kernel.flip(0, 1)


def compare_convolutions(
    input_map: torch.Tensor,
    kernel: torch.Tensor,
    stride: Sides = 1,
    padding: Sides = 0,
    dilation: Sides = 1,
    *,
    mode: str = "zeros",
) -> Comparison:
    """The same convolution by the loop and by F.conv2d, with the time of each.

    Args:
        input_map: (H, W), floating point.
        kernel: (kH, kW), of the same type.
        stride: as in `conv2d_manual`.
        padding: as in `conv2d_manual`.
        dilation: as in `conv2d_manual`.
        mode: as in `conv2d_manual`.

    Returns:
        Both results, their greatest absolute difference and both times in seconds.

    Raises:
        InputError: `conv2d_manual` refuses the map, the kernel or a setting.
    """
    settings = (input_map, kernel, stride, padding, dilation)
    manual, manual_seconds = _measure_time(lambda: conv2d_manual(*settings, mode=mode), limit=LOOP_SECONDS)
    moves = read_moves(stride, padding, dilation, mode)
    torch_result, torch_seconds = _measure_time(lambda: convolve(input_map, kernel, moves))
    difference = float((manual - torch_result).abs().max())
    return Comparison(manual, torch_result, difference, manual_seconds, torch_seconds)


def run_experiment(
    picture: torch.Tensor,
    kernel: torch.Tensor,
    stride: Sides = 1,
    padding: Sides = 0,
    dilation: Sides = 1,
    flip: bool = False,
    *,
    mode: str = "zeros",
) -> Experiment:
    """Everything that the server says of one setting of the playground.

    Args:
        picture: (H, W) float32.
        kernel: (kH, kW) float32.
        stride: as in `conv2d_manual`.
        padding: as in `conv2d_manual`.
        dilation: as in `conv2d_manual`.
        flip: turn the kernel by 180 degrees first.
        mode: as in `conv2d_manual`.

    Raises:
        InputError: the picture is not two-dimensional, a setting is out of bounds, or the kernel does not fit.
    """
    _check_map("terms.kernel", kernel)
    flipped = flip_kernel(kernel)
    applied, other = (flipped, kernel) if flip else (kernel, flipped)
    comparison = compare_convolutions(picture, applied, stride, padding, dilation, mode=mode)
    moves = read_moves(stride, padding, dilation, mode)
    inside = convolve(torch.ones_like(picture), torch.ones_like(kernel), replace(moves, mode="zeros"))
    return Experiment(
        picture, applied, moves, flip, comparison,
        border_cells=int((inside < kernel.numel()).sum()),
        flip_difference=float((comparison.torch_result - convolve(picture, other, moves)).abs().max()),
    )  # fmt: skip


def transpose_back(experiment: Experiment) -> torch.Tensor:
    """The transposed convolution of the result: (H, W), the size of the picture again.

    It is the gradient of the convolution: autograd hands each number of the result back to the pixels of its window, times the
    kernel. With zeros on all sides alike it is `F.conv_transpose2d`, whose `output_padding` says how many rows and columns no
    window had reached.

    Source: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, section 4.
    """
    picture = torch.zeros_like(experiment.picture, requires_grad=True)
    result = convolve(picture, experiment.kernel, experiment.moves)
    return torch.autograd.grad(result, picture, experiment.comparison.torch_result)[0]


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


def convolve(input_map: torch.Tensor, kernel: torch.Tensor, moves: Moves) -> torch.Tensor:
    """What PyTorch makes of it: (H, W) and (kH, kW) to (H_out, W_out), with F.pad and F.conv2d."""
    top, bottom, left, right = moves.padding
    mode = {"zeros": "constant"}.get(moves.mode, moves.mode)
    padded = (
        F.pad(input_map[None, None], (left, right, top, bottom), mode=mode)
        if any(moves.padding)
        else input_map[None, None]
    )
    return F.conv2d(padded, kernel[None, None], None, moves.stride, 0, moves.dilation)[0, 0]


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
