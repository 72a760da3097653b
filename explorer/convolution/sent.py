"""A picture, a kernel and how it moves, as the sections that compute in the page send them to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from explorer.checks import check_choice
from explorer.convolution.kernels import parse_image, parse_kernel
from explorer.convolution.maths import MODES, Moves, conv2d_backward_manual, convolve, output_sizes, pad_map
from explorer.convolution.session import SIDES, UPLOAD_SIDE, check_sides
from explorer.errors import InputError

_LARGEST = 1e9  # of a gradient


@dataclass(frozen=True)
class Sent:
    """What slides over what, checked.

    Attributes:
        picture: (H, W) float32, at most UPLOAD_SIDE px a side.
        kernel: (kH, kW) float32.
        moves: how the kernel moves.
    """

    picture: torch.Tensor
    kernel: torch.Tensor
    moves: Moves

    @property
    def output_size(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        height, width = self.picture.shape
        return output_sizes((height, width), (self.kernel.shape[0], self.kernel.shape[1]), self.moves)


def read_sent(value: object) -> Sent:
    """The setting that a script sent.

    Raises:
        InputError: something of it is missing or out of bounds.
    """
    if not isinstance(value, Mapping):
        raise InputError("backward.not_sent")
    picture = parse_image(value.get("picture"))
    if max(picture.shape) > UPLOAD_SIDE:
        raise InputError("backward.not_sent")
    sides = check_sides([[name, *_read_numbers(value.get(name))] for name in SIDES])
    mode = check_choice("convolution.mode", value.get("mode"), MODES)
    sent = Sent(picture, parse_kernel(value.get("kernel")), Moves(**sides, mode=mode))
    _ = sent.output_size  # raises where the kernel does not fit
    _ = pad_map(picture, sent.moves.padding, mode)  # raises where there are not as many pixels
    return sent


def _read_numbers(value: object) -> list:
    if not isinstance(value, list):
        raise InputError("backward.not_sent")
    return value


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
    moves = sent.moves
    picture, kernel = sent.picture.double(), sent.kernel.double()
    manual = conv2d_backward_manual(
        picture, kernel, slope, moves.stride, moves.padding, moves.dilation, mode=moves.mode
    )
    with torch.inference_mode(False), torch.enable_grad():
        inputs, weights = picture.clone().requires_grad_(), kernel.clone().requires_grad_()
        result = convolve(inputs, weights, moves)
        known = torch.autograd.grad(result, (inputs, weights), slope)
    return Agreement(_apart(manual, known), _apart(page, known), max(float(each.abs().max()) for each in known))


def _apart(these: tuple[torch.Tensor, ...], those: tuple[torch.Tensor, ...]) -> float:
    return max(float((one - other).abs().max()) for one, other in zip(these, those, strict=True))
