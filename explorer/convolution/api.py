"""The functions of the convolution playground that programs call."""

from __future__ import annotations

from explorer.checks import check_flag, check_whole
from explorer.convolution.kernels import MAX_IMAGE_SIZE, parse_image, parse_kernel
from explorer.convolution.maths import run_experiment
from explorer.convolution.session import MAX_PADDING, MAX_PADDING_APART


def convolve(
    image: list,
    kernel: list,
    stride: int | list = 1,
    padding: int | list = 0,
    dilation: int | list = 1,
    flip: bool = False,
    mode: str = "zeros",
    language: str = "en",
) -> dict:
    """Slide a kernel over an image, by a loop in Python and by PyTorch.

    Args:
        image: rows of numbers, at most 128 x 128.
        kernel: rows of numbers, at most 7 x 7.
        stride: pixels from one window to the next, 1 to 128; one number, or two: [down, right].
        padding: pixels added on every side, 0 to 6; one number, or four of 0 to 12: [top, bottom, left, right].
        dilation: pixels from one number of the kernel to the next, 1 to 128; one number, or two: [down, right].
        flip: turn the kernel by 180 degrees first (convolution in the strict sense).
        mode: what the padding holds, "zeros", "reflect" (mirrored), "replicate" (the border again) or "circular" (from the other end).
        language: "en" or "zh", of the sentence if something is wrong.

    Returns:
        `output` (rows of numbers), `height`, `width`, `greatest_difference` between the two ways,
        `manual_seconds` and `torch_seconds`.

    Raises:
        InputError: something is not a number, out of bounds, or the kernel does not fit.
    """
    moves = {
        "stride": _check_each("terms.stride", stride, 1, MAX_IMAGE_SIZE),
        "padding": _check_each(
            "terms.padding", padding, 0, MAX_PADDING_APART if isinstance(padding, list) else MAX_PADDING
        ),
        "dilation": _check_each("terms.dilation", dilation, 1, MAX_IMAGE_SIZE),
    }
    flip = check_flag("convolution.flip", flip)
    experiment = run_experiment(parse_image(image), parse_kernel(kernel), **moves, flip=flip, mode=mode)
    comparison = experiment.comparison
    height, width = comparison.torch_result.shape
    return {
        "output": comparison.torch_result.tolist(),
        "height": height,
        "width": width,
        "greatest_difference": comparison.greatest_difference,
        "manual_seconds": comparison.manual_seconds,
        "torch_seconds": comparison.torch_seconds,
    }


def _check_each(name: str, value, least: int, most: int) -> int | list[int]:
    """One whole number, or a list of them; `run_experiment` refuses one of another length."""
    if isinstance(value, list):
        return [check_whole(name, each, least, most) for each in value]
    return check_whole(name, value, least, most)
