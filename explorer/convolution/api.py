"""The functions of the convolution playground that programs call."""

from __future__ import annotations

from explorer.checks import check_flag, check_whole
from explorer.convolution.kernels import MAX_IMAGE_SIZE, parse_image, parse_kernel
from explorer.convolution.maths import run_experiment
from explorer.convolution.session import MAX_PADDING


def convolve(
    image: list,
    kernel: list,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    flip: bool = False,
    language: str = "en",
) -> dict:
    """Slide a kernel over an image, by a loop in Python and by PyTorch.

    Args:
        image: rows of numbers, at most 128 x 128.
        kernel: rows of numbers, at most 7 x 7.
        stride: pixels from one window to the next, 1 to 128.
        padding: zeros added on every side, 0 to 6.
        dilation: pixels from one number of the kernel to the next, 1 to 128.
        flip: turn the kernel by 180 degrees first (convolution in the strict sense).
        language: "en" or "zh", of the sentence if something is wrong.

    Returns:
        `output` (rows of numbers), `height`, `width`, `greatest_difference` between the two ways,
        `manual_seconds` and `torch_seconds`.

    Raises:
        InputError: something is not a number, out of bounds, or the kernel does not fit.
    """
    stride = check_whole("terms.stride", stride, 1, MAX_IMAGE_SIZE)
    dilation = check_whole("terms.dilation", dilation, 1, MAX_IMAGE_SIZE)
    padding = check_whole("terms.padding", padding, 0, MAX_PADDING)
    flip = check_flag("convolution.flip", flip)
    experiment = run_experiment(parse_image(image), parse_kernel(kernel), stride, padding, dilation, flip)
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
