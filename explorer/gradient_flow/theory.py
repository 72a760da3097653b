r"""What theory says of fully connected stacks at initialisation: mean squares, in the limit of wide networks.

A layer of n units with independent weights of mean 0 and variance g / n turns an input whose entries have the mean square q into
sums that are normal with variance g q (plus that of the bias): each is a sum of many. So mean squares go from layer to layer
(He et al. 2015, "Delving deep into rectifiers"; Poole et al. 2016):

    q -> v = g q + b -> E[f(z)^2] with z normal of variance v.

Where the activation f is ReLU, Leaky ReLU or none, a plain stack fulfils this at each width, as an expectation over weights: a
symmetric z gives E[f(z)^2] = c E[z^2]. A shortcut adds x itself: the mean square grows by that of the branch, and by twice the
product of the two means, which is not 0 where the branch ends in an activation such as ReLU (He et al. 2016, section 4.1).

A Jacobian's mean squared singular value is its squared Frobenius norm divided by n. Of a layer it is g E[f'(z)^2], of a branch the
product of its layers, and of a block with a shortcut 1 more: the branch has a mean of 0 beside the identity. For a stack they
multiply, but not where branches with a shortcut have a mean: all of them push into one direction, which grows faster, so there is
no line. Layer normalisation divides by the standard deviation, so v becomes 1 and the squares of the Jacobian are divided by v.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from explorer.gradient_flow.maths import ACTIVATIONS, Settings

_GAINS = {"default": 1 / 3, "he": 2.0, "xavier": 1.0, "orthogonal": 1.0}  # n times the variance of a weight
_BIASES = {"default": 1 / 3}  # n times the variance of a bias; the others start at 0
_EPSILON = 1e-5  # of layer normalisation, in PyTorch
_NO_MEAN = 1e-9  # what sums of numbers of both signs leave
_POINTS = 4000  # between -9 and 9 deviations; their edges meet at 0, where some activations have a corner


@dataclass(frozen=True)
class Expected:
    """Of one kind of network, one value for each block.

    Attributes:
        activations: root mean square of what a block gives, times the root of the width: the norm.
        blocks: root mean square of the singular values of a block's Jacobian.
        stacks: the same of the Jacobian from the input to what a block gives; None where theory has no answer.
    """

    activations: tuple[float, ...]
    blocks: tuple[float, ...]
    stacks: tuple[float, ...] | None


@dataclass(frozen=True)
class Moments:
    """Of an activation of normal numbers: its mean, its mean square, and that of its slope."""

    mean: float
    square: float
    slope_square: float


def compute_moments(activation: str, variance: float) -> Moments:
    """Moments of an activation f(z) for normal z of mean 0, by the midpoint rule.

    >>> round(compute_moments("relu", 4.0).square, 4)
    2.0
    """
    with torch.inference_mode(False), torch.enable_grad():
        edges = torch.linspace(-9, 9, _POINTS + 1, dtype=torch.float64)
        places = (edges[1:] + edges[:-1]) / 2
        density = torch.exp(-places.square() / 2)
        density = density / density.sum()
        z = (places * math.sqrt(variance)).requires_grad_()
        values = ACTIVATIONS[activation](z)
        (slopes,) = torch.autograd.grad(values.sum(), z)
    parts = (values.detach(), values.detach().square(), slopes.square())
    mean, square, slope_square = (float((density * each).sum()) for each in parts)
    return Moments(mean, square, slope_square)


def compute_expected(settings: Settings, has_shortcut: bool) -> Expected | None:
    """What theory says of plain or of residual networks; None for convolutional blocks, whose maps have edges.

    Args:
        settings: of the networks.
        has_shortcut: whether they are residual.
    """
    if not settings.is_linear:
        return None
    square, mean, total = 1.0, 0.0, 1.0  # of the input, which is standard normal
    activations, blocks, stacks = [], [], []
    for _ in range(settings.depth):
        branch, gain = (_pass_preactivated if settings.preactivation else _pass_branch)(settings, square)
        if has_shortcut:
            square, mean = square + 2 * mean * branch.mean + branch.square, mean + branch.mean
            gain += 1
        else:
            square, mean = branch.square, branch.mean
        total *= math.sqrt(gain)  # not of the squares, which underflow at half of the depth
        activations.append(math.sqrt(settings.width * square))
        blocks.append(math.sqrt(gain))
        stacks.append(total)
    is_one_sided = has_shortcut and abs(mean) > _NO_MEAN
    return Expected(tuple(activations), tuple(blocks), None if is_one_sided else tuple(stacks))


def _pass_branch(settings: Settings, square: float) -> tuple[Moments, float]:
    """What a branch gives that ends in an activation, and the mean squared singular value of its Jacobian."""
    gain, found = 1.0, Moments(0.0, square, 1.0)
    for is_last in (False, True):
        variance = _weigh(settings, found.square)
        variance, divisor = _normalise(settings, variance)
        is_zero = settings.zero_last and is_last
        found = compute_moments(settings.activation, 0.0 if is_zero else variance)
        gain *= 0.0 if is_zero else _GAINS[settings.initialisation] * found.slope_square / divisor
    return found, gain


def _pass_preactivated(settings: Settings, square: float) -> tuple[Moments, float]:
    """The same for a branch that ends in a weight layer."""
    gain, variance = 1.0, square
    for _ in range(2):
        variance, divisor = _normalise(settings, variance)
        found = compute_moments(settings.activation, variance)
        variance = _weigh(settings, found.square)
        gain *= _GAINS[settings.initialisation] * found.slope_square / divisor
    return (Moments(0.0, 0.0, 0.0), 0.0) if settings.zero_last else (Moments(0.0, variance, 0.0), gain)


def _weigh(settings: Settings, square: float) -> float:
    """Variance of a layer's sums, with their bias."""
    return _GAINS[settings.initialisation] * square + _BIASES.get(settings.initialisation, 0.0) / settings.width


def _normalise(settings: Settings, variance: float) -> tuple[float, float]:
    """Variance after the normalisation, if there is one, and by what it has divided it."""
    divisor = variance + _EPSILON if settings.normalisation else 1.0
    return variance / divisor, divisor
