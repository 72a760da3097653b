"""Sections 1.2 to 3: convolutions, their parameters and their settings."""

from __future__ import annotations

import torch
from torch import nn

from explorer.claims.records import Case, Claim

CHANNELS_IN, CHANNELS_OUT, SIDE = 3, 16, 28  # of the example of section 2.2


def measure_example() -> tuple[Case, ...]:
    """The parameters of the example's convolution, counted in PyTorch's module."""
    count = sum(each.numel() for each in nn.Conv2d(CHANNELS_IN, CHANNELS_OUT, 3).parameters())
    return (Case("counted", count == 448, {"count": count}),)


def measure_padding() -> tuple[Case, ...]:
    """The size after padding by half the kernel, for odd and for even kernels, as PyTorch computes it."""
    sizes = {
        k: nn.Conv2d(1, 1, k, padding=k // 2)(torch.zeros(1, 1, SIDE, SIDE)).shape[-1] for k in (1, 2, 3, 4, 5, 6, 7)
    }
    odd, even = ([size for kernel, size in sizes.items() if kernel % 2 == rest] for rest in (1, 0))
    return (
        Case("odd", set(odd) == {SIDE}, {"kernels": [1, 3, 5, 7], "sizes": odd, "side": SIDE}),
        Case("even", set(even) == {SIDE}, {"kernels": [2, 4, 6], "sizes": even, "side": SIDE}),
    )


CLAIMS = (
    Claim("conv_parameters", "2.2", "convolution", {"in_channels": "3", "out_channels": "16"}, measure_example),
    Claim("same_padding", "3.2", "convolution", {"padding": "1"}, measure_padding),
)
