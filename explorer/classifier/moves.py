"""What a reader does to a picture: move, turn, blur, darken, add noise, cover, and one step of an attack."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explorer.data import normalise

_LEAST_BLUR = 0.05  # pixels: a narrower Gaussian leaves every pixel as it is
_NOISE_SEED = 0  # the same noise at each strength, so that a slider shows more of it and not another one


@dataclass(frozen=True)
class Moves:
    """What is done to a picture, in this order. The defaults change nothing.

    Attributes:
        scale: size of the clothes in the picture, 1 for as large as they are; > 0.
        degrees: turned to the right about the middle of the picture.
        right, down: moved by so many pixels; black comes in.
        blur: standard deviation of a Gaussian blur, in pixels; 0 for none.
        darken: share of the brightness that is taken away, 0 to 1.
        noise: standard deviation of Gaussian noise, 1 for the whole range from black to white; the result is cut to the range.
        covered: pixels that are painted black, as (row, column).
    """

    scale: float = 1.0
    degrees: float = 0.0
    right: int = 0
    down: int = 0
    blur: float = 0.0
    darken: float = 0.0
    noise: float = 0.0
    covered: frozenset[tuple[int, int]] = frozenset()


def move_picture(pixels: torch.Tensor, moves: Moves) -> torch.Tensor:
    """Do it to pictures.

    Args:
        pixels: (N, H, W), 0 black to 1 white.
        moves: what is done; `covered` lies within H x W.

    Returns:
        (N, H, W), 0 to 1.
    """
    moved = _place(pixels, moves)
    if moves.blur > _LEAST_BLUR:
        moved = blur_picture(moved, moves.blur)
    moved = moved * (1 - moves.darken)
    if moves.noise:
        generator = torch.Generator().manual_seed(_NOISE_SEED)
        moved = (moved + moves.noise * torch.randn(moved.shape, generator=generator)).clamp(0, 1)
    if moves.covered:
        rows, columns = zip(*moves.covered, strict=True)
        moved = moved.clone()
        moved[:, list(rows), list(columns)] = 0.0
    return moved


def _place(pixels: torch.Tensor, moves: Moves) -> torch.Tensor:
    """Scaled, turned and moved in one step of resampling (bilinear), which leaves whole pixels as they are."""
    if moves.scale != 1 or moves.degrees:
        return _resample(pixels, moves)
    return shift_picture(pixels, moves.right, moves.down)


def _resample(pixels: torch.Tensor, moves: Moves) -> torch.Tensor:
    height, width = pixels.shape[-2:]
    turn = math.radians(moves.degrees)
    cos, sin = math.cos(turn) / moves.scale, math.sin(turn) / moves.scale
    # From a place of the result to the place of the picture, both from -1 to 1: the way back.
    right, down = 2 * moves.right / width, 2 * moves.down / height
    back = torch.tensor([[cos, sin], [-sin, cos]], dtype=pixels.dtype)
    offset = -back @ torch.tensor([right, down], dtype=pixels.dtype)
    theta = torch.cat([back, offset[:, None]], 1).expand(len(pixels), 2, 3)
    grid = F.affine_grid(theta, [len(pixels), 1, height, width], align_corners=False)
    return F.grid_sample(pixels[:, None], grid, align_corners=False)[:, 0].clamp(0, 1)


def shift_picture(pixels: torch.Tensor, right: int, down: int) -> torch.Tensor:
    """Pictures (N, H, W) moved by whole pixels; black comes in at the other side.

    >>> shift_picture(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 1, 0)
    tensor([[[0., 1.],
             [0., 3.]]])
    """
    return F.pad(pixels, (right, -right, down, -down))


def blur_picture(pixels: torch.Tensor, deviation: float) -> torch.Tensor:
    """Pictures (N, H, W) under a Gaussian of that standard deviation in pixels; outside of them it is black."""
    reach = math.ceil(3 * deviation)
    places = torch.arange(-reach, reach + 1, dtype=pixels.dtype)
    weights = torch.exp(-((places / deviation) ** 2) / 2)
    weights = weights / weights.sum()
    rows = F.conv2d(pixels[:, None], weights.view(1, 1, -1, 1), padding=(reach, 0))
    return F.conv2d(rows, weights.view(1, 1, 1, -1), padding=(0, reach))[:, 0]


def attack_picture(model: nn.Module, pixels: torch.Tensor, label: int, size: float) -> torch.Tensor:
    """One step of the fast gradient sign method: each pixel goes by `size` in the direction that raises the loss.

    Args:
        model: network in eval mode, (N, 1, 28, 28) normalised -> (N, classes).
        pixels: (1, 28, 28), 0 to 1.
        label: the class whose cross-entropy is raised.
        size: of the step, 1 for the whole range from black to white.

    Returns:
        (1, 28, 28), cut to 0..1.

    Source: Goodfellow et al. 2015, "Explaining and harnessing adversarial examples", section 4.
    """
    if not size:
        return pixels
    device = next(model.parameters()).device
    with torch.enable_grad():
        taken = pixels.detach().clone().to(device).requires_grad_()
        loss = F.cross_entropy(model(normalise(taken)[:, None]), torch.tensor([label], device=device))
        (gradient,) = torch.autograd.grad(loss, taken)
    return (pixels + size * gradient.sign().cpu()).clamp(0, 1)
