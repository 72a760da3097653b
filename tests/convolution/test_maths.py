"""The loop, its sizes, pooling and counts against references that are not ours."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.convolution.figures import describe_shift
from explorer.convolution.maths import (
    MODES,
    ShiftCheck,
    compare_convolutions,
    compute_pooling,
    conv2d_backward_manual,
    conv2d_manual,
    conv_output_size,
    count_conv_params,
    count_linear_params,
    flip_kernel,
    measure_shift,
    run_experiment,
    transpose_back,
)
from explorer.convolution.session import shift_over_samples
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.text import text_in

HALF_BRIGHT = torch.zeros(6, 6)
HALF_BRIGHT[:3] = 1
HORIZONTAL_EDGE = torch.tensor([[-1.0, -1, -1], [0, 0, 0], [1, 1, 1]])


@st.composite
def convolutions(draw):
    """Sizes of map and kernel with settings under which at least one window fits."""
    whole = st.integers
    kernel, stride = (draw(whole(1, 4)), draw(whole(1, 4))), draw(whole(1, 3))
    padding, dilation = draw(whole(0, 3)), draw(whole(1, 3))
    least = [max(1, dilation * (size - 1) + 1 - 2 * padding) for size in kernel]
    return tuple(size + draw(whole(0, 6)) for size in least), kernel, stride, padding, dilation


@settings(max_examples=150, deadline=None)
@given(convolutions(), st.integers(0, 2**31))
def test_loop_agrees_with_pytorch(case, seed):
    size, kernel_size, stride, padding, dilation = case
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(size, generator=generator, dtype=torch.float64)
    kernel = torch.randn(kernel_size, generator=generator, dtype=torch.float64)
    expected = F.conv2d(image[None, None], kernel[None, None], None, stride, padding, dilation)[0, 0]
    torch.testing.assert_close(conv2d_manual(image, kernel, stride, padding, dilation), expected)
    for side in (0, 1):
        assert conv_output_size(size[side], kernel_size[side], stride, padding, dilation) == expected.shape[side]


@st.composite
def moved_apart(draw):
    """Sizes of map and kernel, and settings for each side and any padding, under which PyTorch computes something."""
    whole = st.integers
    size, kernel = ((draw(whole(least, 7)), draw(whole(least, 7))) for least in (2, 1))
    mode = draw(st.sampled_from(MODES))
    most = [{"reflect": side - 1, "circular": side}.get(mode, 5) for side in size]
    padding = tuple(draw(whole(0, most[place // 2])) for place in range(4))
    stride, dilation = ((draw(whole(1, 3)), draw(whole(1, 3))) for _ in range(2))
    room = [
        (side + sum(padding[2 * place : 2 * place + 2]) - 1) // dilation[place] + 1 for place, side in enumerate(size)
    ]
    return (
        size,
        tuple(min(each, fits) for each, fits in zip(kernel, room, strict=True)),
        stride,
        padding,
        dilation,
        mode,
    )


@settings(max_examples=150, deadline=None)
@given(moved_apart(), st.integers(0, 2**31))
def test_the_backward_loop_agrees_with_autograd_for_every_padding_and_every_side(case, seed):
    size, kernel_size, stride, padding, dilation, mode = case
    generator = torch.Generator().manual_seed(seed)
    image, kernel = (torch.randn(each, generator=generator).double().requires_grad_() for each in (size, kernel_size))
    top, bottom, left, right = padding
    padded = F.pad(image[None, None], (left, right, top, bottom), mode={"zeros": "constant"}.get(mode, mode))
    output = F.conv2d(padded, kernel[None, None], None, stride, 0, dilation)[0, 0]
    grad_output = torch.randn(output.shape, generator=generator).double()
    found = conv2d_backward_manual(image.detach(), kernel.detach(), grad_output, *case[2:5], mode=mode)
    torch.testing.assert_close(found, torch.autograd.grad(output, (image, kernel), grad_output))


@settings(max_examples=200, deadline=None)
@given(moved_apart(), st.integers(0, 2**31))
def test_every_padding_and_every_side_agrees_with_pytorch(case, seed):
    size, kernel_size, stride, padding, dilation, mode = case
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(size, generator=generator)
    kernel = torch.randn(kernel_size, generator=generator)
    top, bottom, left, right = padding
    padded = F.pad(image[None, None], (left, right, top, bottom), mode={"zeros": "constant"}.get(mode, mode))
    expected = F.conv2d(padded, kernel[None, None], None, stride, 0, dilation)[0, 0]
    torch.testing.assert_close(conv2d_manual(image, kernel, stride, padding, dilation, mode=mode), expected)
    sides = ((top, bottom), (left, right))
    for side, (before, after) in enumerate(sides):
        found = conv_output_size(
            size[side], kernel_size[side], stride[side], before, dilation[side], padding_after=after
        )
        assert found == expected.shape[side]
    experiment = run_experiment(image, kernel, stride, padding, dilation, mode=mode)
    torch.testing.assert_close(experiment.comparison.torch_result, expected)
    if mode == "zeros" and top == bottom and left == right:
        extra = [
            (full.shape[0] - reach) % step for full, reach, step in _along(padded[0, 0], kernel_size, dilation, stride)
        ]
        back = F.conv_transpose2d(
            expected[None, None], kernel[None, None], None, stride, (top, left), extra, dilation=dilation
        )
        torch.testing.assert_close(transpose_back(experiment), back[0, 0])


def _along(padded, kernel_size, dilation, stride):
    """Each side's line of the padded map, what the kernel spans along it, and the stride."""
    lines = (padded[:, 0], padded[0])
    reaches = [step * (size - 1) + 1 for size, step in zip(kernel_size, dilation, strict=True)]
    return zip(lines, reaches, stride, strict=True)


@settings(max_examples=150, deadline=None)
@given(convolutions(), st.integers(0, 2**31))
def test_the_backward_loop_agrees_with_autograd(case, seed):
    size, kernel_size, stride, padding, dilation = case
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(size, generator=generator, dtype=torch.float64).requires_grad_()
    kernel = torch.randn(kernel_size, generator=generator, dtype=torch.float64).requires_grad_()
    output = F.conv2d(image[None, None], kernel[None, None], None, stride, padding, dilation)[0, 0]
    grad_output = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    expected = torch.autograd.grad(output, (image, kernel), grad_output)
    found = conv2d_backward_manual(image.detach(), kernel.detach(), grad_output, stride, padding, dilation)
    torch.testing.assert_close(found, expected)


def test_the_backward_loop_by_hand():
    image, kernel = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]), torch.tensor([[1.0, 0], [0, -1]])
    grad_image, grad_kernel = conv2d_backward_manual(image, kernel, torch.ones(2, 2))
    assert grad_kernel.tolist() == [[12, 16], [24, 28]]  # the sum of the pixels that each number meets
    assert grad_image.tolist() == [[1, 1, 0], [1, 0, -1], [0, -1, -1]]


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(InputError, match="3 × 3, got 2 × 3"):
        conv2d_backward_manual(torch.ones(4, 4), torch.ones(2, 2), torch.ones(2, 3))
    with pytest.raises(InputError):
        conv2d_backward_manual(torch.ones(4, 4), torch.ones(2, 2), torch.ones(3))
    with pytest.raises(ValueError):
        conv2d_backward_manual(torch.ones(2, 2), torch.ones(3, 3), torch.ones(1, 1))


def test_loop_by_hand():
    image = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    kernel = torch.tensor([[1.0, 0], [0, -1]])
    assert conv2d_manual(image, kernel).tolist() == [[1 - 5, 2 - 6], [4 - 8, 5 - 9]]
    assert conv2d_manual(image, kernel, stride=2, padding=1).tolist() == [[-1, -3], [-7, 5 - 9]]
    assert conv2d_manual(image, kernel, dilation=2).tolist() == [[1 - 9]]
    assert conv2d_manual(image, torch.tensor([[1.0, 1]])).tolist() == [[3, 5], [9, 11], [15, 17]]


def test_the_tutorials_example():
    """Bright above and dark below answer -3 in both middle rows: the sign is always the same one."""
    assert conv2d_manual(HALF_BRIGHT, HORIZONTAL_EDGE).tolist() == [[0] * 4, [-3] * 4, [-3] * 4, [0] * 4]
    assert [conv_output_size(28, *rest) for rest in [(3, 1, 0), (3, 1, 1), (3, 2, 1), (1, 1, 0)]] == [26, 28, 14, 28]


def test_gradients_and_whole_numbers_pass_through_the_loop():
    image = torch.arange(9).reshape(3, 3)
    kernel = torch.ones(2, 2, requires_grad=True)
    conv2d_manual(image, kernel).sum().backward()
    assert kernel.grad.tolist() == [[8, 12], [20, 24]]


@pytest.mark.parametrize(
    "change",
    [
        {"stride": 0}, {"stride": 1.5}, {"stride": None}, {"stride": float("nan")}, {"padding": -1}, {"dilation": 0},
        {"kernel": torch.ones(7, 7)}, {"kernel": torch.ones(2, 7)}, {"dilation": 3}, {"kernel": torch.ones(0, 3)},
        {"kernel": torch.ones(1, 3, 3)}, {"input_map": torch.ones(6)}, {"mode": "same"}, {"stride": (1, 0)}, {"padding": (1, 1)},
        {"padding": (0, 6, 0, 0), "mode": "reflect"}, {"padding": 7, "mode": "circular"}, {"dilation": (3, 1), "padding": (0, 0, 1, 1)},
        {"kernel": torch.ones(8, 1), "padding": (1, 0, 0, 0)},
    ],
)  # fmt: skip
def test_impossible_settings_are_said_in_both_languages(change):
    with pytest.raises(InputError) as caught:
        conv2d_manual(**{"input_map": HALF_BRIGHT, "kernel": HORIZONTAL_EDGE, **change})
    assert isinstance(caught.value, ValueError)
    english, chinese = caught.value.sentence("en"), caught.value.sentence("zh")
    assert english.isascii() and not chinese.isascii() and "{" not in english + chinese


def test_size_is_never_zero_or_less():
    with pytest.raises(ValueError, match="spans 5 pixels.* only 4"):
        conv_output_size(2, kernel_size=3, padding=1, dilation=2)


def test_flipped_kernel_is_convolution():
    """The convolution of outer products is the outer product of one-dimensional convolutions."""
    rng = np.random.default_rng(0)
    a, b, u, v = (rng.normal(size=size) for size in (7, 6, 3, 2))
    expected = np.outer(np.convolve(a, u, "valid"), np.convolve(b, v, "valid"))
    image, kernel = torch.from_numpy(np.outer(a, b)), torch.from_numpy(np.outer(u, v))
    np.testing.assert_allclose(conv2d_manual(image, flip_kernel(kernel)).numpy(), expected)


def test_comparison_measures_both():
    image = torch.rand(12, 9, generator=torch.Generator().manual_seed(0))
    comparison = compare_convolutions(image, HORIZONTAL_EDGE, padding=1)
    assert comparison.manual.shape == comparison.torch_result.shape == (12, 9)
    assert comparison.greatest_difference == (comparison.manual - comparison.torch_result).abs().max() < 1e-5
    assert comparison.manual_seconds > 0 and comparison.torch_seconds > 0


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**31))
def test_pooling_agrees_with_pytorch(kernel_size, more_rows, more_columns, seed):
    size = (kernel_size + more_rows, kernel_size + more_columns)
    image = torch.randn(size, generator=torch.Generator().manual_seed(seed))
    pooling = compute_pooling(image, kernel_size)
    torch.testing.assert_close(pooling.maximum, F.max_pool2d(image[None], kernel_size)[0])
    torch.testing.assert_close(pooling.average, F.avg_pool2d(image[None], kernel_size)[0])
    torch.testing.assert_close(pooling.overall, F.adaptive_avg_pool2d(image[None], 1)[0])


def test_shift_by_hand():
    """The 5 stays in its window, the 7 leaves it for the next one, the blank windows do not count."""
    image = torch.tensor([[5.0, 0, 0, 7, 0, 0, 0, 0], [0] * 8]) / 10
    check = measure_shift([image], 2)
    assert (check.unchanged, check.close, check.windows) == (1, 1, 3)
    # Maxima 5, 7, 0 become 5, 0, 7; averages 5/4, 7/4, 0 become 5/4, 0, 7/4; pixels 5 0 0 7 0 0 become 0 5 0 0 7 0.
    assert check.max_change == pytest.approx((0 + 7 + 7) / 3 / 10)
    assert check.average_change == pytest.approx((0 + 7 / 4 + 7 / 4) / 3 / 10)
    assert check.pixel_change == pytest.approx((5 + 5 + 7 + 7) / 12 / 10)
    assert measure_shift([image] * 3, 2.0) == measure_shift([image] * 3, 2) and check.windows * 3 == 9
    assert measure_shift([torch.zeros(4, 4)], 2) == ShiftCheck(0, 0, 0, 0.0, 0.0, 0.0)


def test_average_pooling_is_steadier_on_the_clothes_by_pytorchs_own_pooling():
    """What the page says of all samples, computed by another way."""
    images = load_sample().images[:, None].float() / 255
    shifted = F.pad(images, (1, 0))[..., :-1]
    filled = (F.max_pool2d(images, 2) != 0) | (F.max_pool2d(shifted, 2) != 0)
    changes = [(pool(images, 2) - pool(shifted, 2)).abs()[filled] for pool in (F.max_pool2d, F.avg_pool2d)]
    inside = F.interpolate(filled.float(), scale_factor=2) > 0
    check = shift_over_samples(2)
    assert (check.windows, check.unchanged) == (int(filled.sum()), int((changes[0] == 0).sum()))
    assert check.close == int((changes[0] <= 0.05).sum())
    expected = [*(float(each.mean()) for each in changes), float((images - shifted).abs()[inside].mean())]
    assert [check.max_change, check.average_change, check.pixel_change] == pytest.approx(expected)
    assert check.average_change < check.max_change < check.pixel_change
    told = describe_shift(check, check, text_in("en"))
    assert told.endswith(text_in("en")("convolution.look_pooling_average"))
    assert all(f"{value:.3f}" in told for value in expected)


def test_parameters_of_real_layers():
    with torch.device("meta"):
        conv, linear = nn.Conv2d(3, 16, (3, 2)), nn.Linear(3 * 28 * 28, 16 * 28 * 28)
    assert count_conv_params(3, 16, 3, 2).total == sum(p.numel() for p in conv.parameters())
    assert count_linear_params(2352, 12544).total == sum(p.numel() for p in linear.parameters()) == 29_516_032
    assert count_conv_params(3, 16, 3, 3).total == 448
    assert count_linear_params(2352, 12544).weights == 29_503_488  # the tutorial's figure leaves out the bias


def test_whole_numbers_that_are_told_otherwise_count_as_such():
    kernel = torch.ones(2, 2)
    expected = F.conv2d(HALF_BRIGHT[None, None], kernel[None, None], stride=2, padding=1)[0, 0]
    assert torch.equal(conv2d_manual(HALF_BRIGHT, kernel, stride=2.0, padding="1"), expected)
    assert torch.equal(compare_convolutions(HALF_BRIGHT, kernel, 2.0, 1.0, 1.0).torch_result, expected)
    assert torch.equal(compute_pooling(HALF_BRIGHT, 2.0).maximum, F.max_pool2d(HALF_BRIGHT[None], 2)[0])


def test_what_is_no_map_is_refused_before_anything_is_done_with_it():
    for call in (
        lambda: run_experiment(HALF_BRIGHT, torch.ones(3), 1, 0, 1, True),
        lambda: run_experiment(torch.ones(3), HORIZONTAL_EDGE, 1, 0, 1, False),
        lambda: measure_shift([torch.ones(5)], 2),
    ):
        with pytest.raises(InputError):
            call()
