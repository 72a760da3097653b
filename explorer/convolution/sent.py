"""A picture, a kernel and how it moves, as the sections that compute in the page send them to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from explorer.checks import check_whole
from explorer.convolution.kernels import parse_image, parse_kernel
from explorer.convolution.maths import conv2d_backward_manual, conv_output_size
from explorer.convolution.session import MAX_DILATION, MAX_PADDING, MAX_STRIDE, UPLOAD_SIDE
from explorer.errors import InputError

_LARGEST = 1e9  # of a gradient


@dataclass(frozen=True)
class Sent:
    """What slides over what, checked.

    Attributes:
        picture: (H, W) float32, at most UPLOAD_SIDE px a side.
        kernel: (kH, kW) float32.
        stride, padding, dilation: in pixels.
    """

    picture: torch.Tensor
    kernel: torch.Tensor
    stride: int
    padding: int
    dilation: int

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        moves = (self.stride, self.padding, self.dilation)
        sizes = zip(self.picture.shape, self.kernel.shape, strict=True)
        height, width = (conv_output_size(size, kernel, *moves) for size, kernel in sizes)
        return height, width


def read_sent(value: object) -> Sent:
    """The setting that a script sent.

    Raises:
        InputError: something of it is missing or out of bounds, or it moves otherwise along its two sides.
    """
    if not isinstance(value, Mapping):
        raise InputError("backward.not_sent")
    picture = parse_image(value.get("picture"))
    if max(picture.shape) > UPLOAD_SIDE:
        raise InputError("backward.not_sent")
    sent = Sent(
        picture,
        parse_kernel(value.get("kernel")),
        check_whole("terms.stride", _read_one(value.get("stride")), 1, MAX_STRIDE),
        check_whole("terms.padding", _read_one(value.get("padding")), 0, MAX_PADDING),
        check_whole("terms.dilation", _read_one(value.get("dilation")), 1, MAX_DILATION),
    )
    _ = sent.output_size  # raises where the kernel does not fit
    return sent


def _read_one(sides: object) -> object:
    """The number that holds for all sides."""
    if not isinstance(sides, list) or not sides or any(side != sides[0] for side in sides):
        raise InputError("backward.unequal")
    return sides[0]


def read_map(value: object, size: tuple[int, int]) -> torch.Tensor:
    """A map of numbers of that size, (H, W) in double precision.

    Raises:
        InputError: it is none.
    """
    height, width = size
    is_map = isinstance(value, list) and len(value) == height
    if not is_map or not all(isinstance(row, list) and len(row) == width for row in value):
        raise InputError("backward.not_sent")
    for number in (each for row in value for each in row):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) <= _LARGEST:
            raise InputError("backward.not_sent")
    return torch.tensor(value, dtype=torch.float64)


@dataclass(frozen=True)
class Agreement:
    """How far three backward passes are apart: greatest absolute differences, of both gradients together.

    Attributes:
        manual: of the hand-written loop, from autograd.
        page: of the page's script, from autograd.
        largest: greatest magnitude of a gradient.
    """

    manual: float
    page: float
    largest: float


def compare_backward(value: Mapping) -> Agreement:
    """The hand-written backward pass, autograd and what the page found, for what it sent.

    Raises:
        InputError: it is not what the page sends.
    """
    sent = read_sent(value)
    slope = read_map(value.get("gradient"), sent.output_size)
    page = (
        read_map(value.get("inputs"), tuple(sent.picture.shape)),
        read_map(value.get("weights"), tuple(sent.kernel.shape)),
    )
    moves = {"stride": sent.stride, "padding": sent.padding, "dilation": sent.dilation}
    picture, kernel = sent.picture.double(), sent.kernel.double()
    manual = conv2d_backward_manual(picture, kernel, slope, **moves)
    with torch.inference_mode(False), torch.enable_grad():
        inputs, weights = picture.clone().requires_grad_(), kernel.clone().requires_grad_()
        result = torch.nn.functional.conv2d(inputs[None, None], weights[None, None], **moves)
        known = torch.autograd.grad(result[0, 0], (inputs, weights), slope)
    return Agreement(_apart(manual, known), _apart(page, known), max(float(each.abs().max()) for each in known))


def _apart(these: tuple[torch.Tensor, ...], those: tuple[torch.Tensor, ...]) -> float:
    return max(float((one - other).abs().max()) for one, other in zip(these, those, strict=True))
