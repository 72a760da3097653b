"""Singular values of the Jacobians of fully connected stacks at initialisation, of each block and of all blocks up to it.

They say by what factors a small change of the input grows or shrinks, in the direction where it grows most, in that where it
shrinks most, and in between (Saxe et al. 2014; Pennington et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from explorer.caches import remember
from explorer.gradient_flow.maths import Settings, compute_spread, draw_networks, put_side_by_side, run_block
from explorer.patience import go_on

_SECONDS = 0.4  # on one core: so many seeds are measured
_SECONDS_PER_MATRIX = (2e-5, 2.5e-9)  # of the two kinds of Jacobian of a block: in any case, and for each width cubed


@dataclass(frozen=True)
class SingularValues:
    """Of one kind of network, in float64; below the rounding of the largest they are 0.

    Attributes:
        blocks: (seeds, depth, 3), the smallest, the median and the largest one of each block's Jacobian.
        stacks: the same of the Jacobian from the input to what each block gives.
        blocks_mean_square: (seeds, depth), mean of their squares.
        stacks_mean_square: the same of `stacks`.
    """

    blocks: torch.Tensor
    stacks: torch.Tensor
    blocks_mean_square: torch.Tensor
    stacks_mean_square: torch.Tensor


@dataclass(frozen=True)
class Jacobians:
    """What was measured, of the first seeds of the settings: as many as are quick."""

    settings: Settings
    plain: SingularValues
    residual: SingularValues

    @property
    def seeds_done(self) -> int:
        """How many seeds are in it."""
        return len(self.plain.blocks)


def count_seeds(settings: Settings) -> int:
    """How many of the seeds are measured: at least one."""
    fixed, by_width = _SECONDS_PER_MATRIX
    seconds = 4 * settings.depth * (fixed + by_width * settings.width**3)
    return max(1, min(settings.seeds, int(_SECONDS / seconds)))


@remember(megabytes=16)
def measure_jacobians(settings: Settings) -> Jacobians:
    """Singular values of both kinds of network; results are remembered.

    Args:
        settings: of fully connected blocks; for convolutional ones see `measure_conv_jacobians`.

    Raises:
        ValueError: the blocks are convolutional.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    if not settings.is_linear:
        raise ValueError(f"blocks must be fully connected, got {settings.block}")
    seeds = range(settings.first_seed, settings.first_seed + count_seeds(settings))
    with torch.inference_mode(False), torch.enable_grad():
        both = put_side_by_side(settings, draw_networks(settings, seeds), torch.float64)
        x, blocks = both.inputs, []
        for index, weights in enumerate(both.weights):
            go_on()
            # Row i of a network asks for the gradient of its output i: one backward pass gives the whole Jacobian.
            rows = x.expand(-1, settings.width, -1).clone().requires_grad_()
            outputs = run_block(settings, weights, both.biases_of(index), rows, both.has_shortcut)
            (jacobian,) = torch.autograd.grad(outputs.diagonal(dim1=1, dim2=2).sum(), rows)
            blocks.append(jacobian)
            x = outputs[:, :1].detach()
    stacks = [blocks[0]]
    for jacobian in blocks[1:]:
        stacks.append(jacobian @ stacks[-1])
    measured = [part for each in (blocks, stacks) for part in _summarise(torch.stack(each, 1))]
    (blocks_plain, blocks_residual), (squares_plain, squares_residual), stacks_both, stack_squares = (
        part.chunk(2) for part in measured
    )
    plain = SingularValues(blocks_plain, stacks_both[0], squares_plain, stack_squares[0])
    return Jacobians(
        settings, plain, SingularValues(blocks_residual, stacks_both[1], squares_residual, stack_squares[1])
    )


def _summarise(matrices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Smallest, median and largest singular value (..., 3), and mean of the squares (...), of matrices (..., w, w)."""
    go_on()
    values = torch.linalg.svdvals(matrices)
    # As for a rank: what rounding alone could have made counts as 0.
    limit = values[..., :1] * matrices.shape[-1] * torch.finfo(values.dtype).eps
    values = torch.where(values > limit, values, 0.0)
    median = compute_spread(values.movedim(-1, 0)).median
    return torch.stack([values[..., -1], median, values[..., 0]], -1), values.square().mean(-1)
