"""Singular values of the Jacobians of convolutional stacks at initialisation, as far as they can be measured within seconds.

Such a Jacobian has as many rows as the maps of the whole batch have numbers, about 16,000 with ten channels, and is never written
down: each step of a block is a linear map of small changes, and a pass backward applies the transpose. Random directions give
the root mean square of all singular values (Hutchinson 1990), going there and back in turn gives the largest one (Golub and
Kahan 1965). The smallest and the median cannot be found so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from explorer.caches import remember
from explorer.errors import InputError
from explorer.gradient_flow.maths import (
    ACTIVATIONS,
    EPSILON,
    Settings,
    conv_layer,
    draw_networks,
    list_networks,
    normalise,
    put_side_by_side,
    run_block,
)
from explorer.patience import go_on

PROBES = 4  # random directions through all blocks
BLOCK_PROBES = 1  # random directions through each block by itself: it has thousands of similar singular values
STEPS = 12  # there and back, at most
_FEWEST, _CLOSE = 4, 1e-4  # steps; from then on, one that adds less than this share was the last
MOST_PARTS = 12  # of `Settings.parts`, for one seed: a few seconds on one core
_SEED = 0  # of the random directions


@dataclass(frozen=True)
class ConvSingularValues:
    """Of one kind of network and one seed, in float64; inf and nan stay in them.

    Attributes:
        blocks: (depth,), root mean square of the singular values of each block's Jacobian.
        stacks: (depth,), the same of the Jacobian from the input to what each block gives.
        blocks_largest: (len(settings.depths),), the largest one of the blocks at those depths.
        stacks_largest: the largest one of the whole stack.
    """

    blocks: torch.Tensor
    stacks: torch.Tensor
    blocks_largest: torch.Tensor
    stacks_largest: float


@dataclass(frozen=True)
class ConvJacobians:
    """What was measured, of the first seed of the settings."""

    settings: Settings
    plain: ConvSingularValues
    residual: ConvSingularValues
    seeds_done: int = 1


class _Block:
    """One block at its input as a linear map, of networks side by side: (N, B w, H, W) to the same shape.

    It goes the way of `run_block`, with the derivative of each step at its input.
    """

    def __init__(
        self, settings: Settings, weights: Sequence[torch.Tensor], has_shortcut: torch.Tensor, given: torch.Tensor
    ):
        self.settings, self.weights, self.has_shortcut = settings, weights, has_shortcut
        self.given = given.detach().requires_grad_()
        self.output = run_block(settings, weights, None, self.given, has_shortcut)
        x, self.steps = given.detach(), []
        for index in (0, 1):
            if settings.preactivation:
                x = self._convolve(self._activate(self._normalise(x)), index)
            else:
                x = self._normalise(self._convolve(x, index))
                x = self._activate(x) if index == 0 else x
        # What follows the sum has a derivative at the sum.
        self.last = len(self.steps)
        if not settings.preactivation:
            self._activate(x + has_shortcut * given.detach())

    def forward(self, direction: torch.Tensor) -> torch.Tensor:
        """J times a direction."""
        through = direction
        for step in self.steps[: self.last]:
            through = step(through)
        through = through + self.has_shortcut * direction
        for step in self.steps[self.last :]:
            through = step(through)
        return through

    def backward(self, direction: torch.Tensor) -> torch.Tensor:
        """The transpose of J times a direction."""
        return torch.autograd.grad(self.output, self.given, direction, retain_graph=True)[0]

    def _convolve(self, x: torch.Tensor, index: int) -> torch.Tensor:
        factor = 0.0 if self.settings.zero_last and index == 1 else 1.0
        # Where a normalisation follows, its scale is what starts at 0: it gives 0 all the same, and so does its derivative.
        self.steps.append(lambda direction: factor * conv_layer(direction, self.weights[index]))
        return factor * conv_layer(x, self.weights[index])

    def _activate(self, x: torch.Tensor) -> torch.Tensor:
        x = x.detach().requires_grad_()
        output = ACTIVATIONS[self.settings.activation](x)
        (slope,) = torch.autograd.grad(output.sum(), x)
        self.steps.append(lambda direction: slope * direction)
        return output.detach()

    def _normalise(self, x: torch.Tensor) -> torch.Tensor:
        kind = self.settings.normalisation
        if not kind:
            return x

        def average(maps: torch.Tensor) -> torch.Tensor:
            if kind == "bn":
                return maps.mean((0, 2, 3), keepdim=True)
            by_network = maps.unflatten(1, (-1, self.settings.width)).mean((2, 3, 4), keepdim=True)
            return by_network.expand(-1, -1, self.settings.width, -1, -1).flatten(1, 2)

        output = normalise(x, self.settings)
        spread = (average((x - average(x)).square()) + EPSILON).sqrt()
        self.steps.append(lambda d: (d - average(d) - output * average(output * d)) / spread)
        return output


@remember(megabytes=2)
def measure_conv_jacobians(settings: Settings) -> ConvJacobians:
    """Root mean square and largest of the singular values of both kinds of network; results are remembered.

    Args:
        settings: of convolutional blocks; the first seed is measured.

    Raises:
        InputError: the network is so large that the reader would wait too long.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    if settings.parts > MOST_PARTS * settings.seeds:
        raise InputError("gradient_flow.jacobian_large")
    with torch.inference_mode(False), torch.enable_grad():
        seeds = range(settings.first_seed, settings.first_seed + 1)
        both = put_side_by_side(settings, draw_networks(settings, seeds), torch.float64)
        x, blocks = both.inputs, []
        for weights in both.weights:
            go_on()
            blocks.append(_Block(settings, weights, both.has_shortcut, x))
            x = blocks[-1].output.detach()
        generator = torch.Generator().manual_seed(_SEED)
        squares = _mean_squares(settings, blocks, both.inputs.shape, generator)
        start = _draw_signs(both.inputs.shape, generator)
        tops = [_find_largest(settings, blocks[depth - 1 : depth], start) for depth in settings.depths]
        largest = _find_largest(settings, blocks, start)
    roots = [part.sqrt() for part in squares]  # each (2, depth)
    return ConvJacobians(
        settings,
        *(
            ConvSingularValues(*(part[kind] for part in roots), torch.stack(tops, 1)[kind], float(largest[kind]))
            for kind in (0, 1)
        ),
    )


def _draw_signs(shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """A random direction of plus and minus one: an identity keeps its length exactly."""
    return torch.randint(0, 2, shape, generator=generator).double() * 2 - 1


def _mean_squares(
    settings: Settings, blocks: Sequence[_Block], shape: torch.Size, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean squared singular values of each block and of all blocks up to it, (2, depth) each: of plain and residual."""

    def square(direction: torch.Tensor) -> torch.Tensor:
        return _split(settings, direction).square().mean(1)

    by_block = torch.zeros(2, len(blocks), dtype=torch.float64)
    by_stack = torch.zeros_like(by_block)
    for index, block in enumerate(blocks):
        for _ in range(BLOCK_PROBES):
            by_block[:, index] += square(block.forward(_draw_signs(shape, generator))) / BLOCK_PROBES
    for _ in range(PROBES):
        through = _draw_signs(shape, generator)
        for index, block in enumerate(blocks):
            through = block.forward(through)
            by_stack[:, index] += square(through) / PROBES
    return by_block, by_stack


def _split(settings: Settings, maps: torch.Tensor) -> torch.Tensor:
    """(N, B w, H, W) as one row for each network."""
    return list_networks(settings, maps).flatten(1)


def _find_largest(settings: Settings, blocks: Sequence[_Block], start: torch.Tensor) -> torch.Tensor:
    """Largest singular value of each network, (B,), by Golub and Kahan's bidiagonalisation, each direction made orthogonal to all before."""

    def apply(name: str, rows: torch.Tensor) -> torch.Tensor:
        maps = rows.view(-1, start.shape[0], settings.width, *start.shape[2:]).transpose(0, 1).flatten(1, 2)
        for block in blocks if name == "forward" else reversed(blocks):
            go_on()
            maps = getattr(block, name)(maps)
        return _split(settings, maps)

    (right, _), lefts, rights = _to_length_one(_split(settings, start)), [], []
    bidiagonal = torch.zeros(len(right), STEPS, STEPS, dtype=start.dtype)
    found = torch.zeros(len(right), dtype=start.dtype)
    for index in range(STEPS):
        rights.append(right)
        left, bidiagonal[:, index, index] = _to_length_one(_clear(apply("forward", right), lefts))
        lefts.append(left)
        before, found = found, _find_norms(bidiagonal)
        if index + 1 == STEPS or (index >= _FEWEST and bool((found <= before * (1 + _CLOSE)).all())):
            return found
        right, beyond = _to_length_one(_clear(apply("backward", left), rights))
        bidiagonal[:, index, index + 1] = beyond
    raise AssertionError("the last step returns")


def _find_norms(matrices: torch.Tensor) -> torch.Tensor:
    """Largest singular value of each of (B, k, k); nan where one of the numbers is not finite."""
    is_finite = matrices.isfinite().flatten(1).all(1)
    return torch.where(
        is_finite, torch.linalg.matrix_norm(torch.where(is_finite[:, None, None], matrices, 0.0), 2), torch.nan
    )


def _to_length_one(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of length 1 and their lengths; a row of zeros stays as it is."""
    lengths = torch.linalg.vector_norm(rows, dim=1)
    return rows / torch.where(lengths > 0, lengths, 1.0)[:, None], lengths


def _clear(rows: torch.Tensor, others: Sequence[torch.Tensor]) -> torch.Tensor:
    """Rows without what they share with the others; twice, because rounding leaves some of it the first time."""
    for _ in range(2):
        for other in others:
            rows = rows - (rows * other).sum(1, keepdim=True) * other
    return rows
