"""What a network answers to one picture, and how much of a map lies on the clothes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

CLOTHES = 0.05  # pixels brighter than this, 0 to 1, belong to the clothes; the background is black


def compute_probabilities(model: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """Softmax of the network's logits.

    Args:
        model: network in eval mode.
        image: (1, C, H, W), normalised.

    Returns:
        (classes,) float64 on the CPU, with the sum 1.
    """
    with torch.no_grad():
        logits = model(image.to(next(model.parameters()).device))
    return torch.softmax(logits[0].double(), dim=0).cpu()  # float32 would round to 1 what is nearly sure


def compute_answer(model: nn.Module, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """What a network says, and the features from which its last layer computes this, in one pass.

    Args:
        model: network in eval mode with at least one linear layer.
        image: (1, C, H, W), normalised.

    Returns:
        (classes,) float64 as `compute_probabilities` has them, and (D,) float32, what the last linear layer gets; on the CPU.

    Raises:
        ValueError: the network has no linear layer.
    """
    with record_features(model) as features:
        probabilities = compute_probabilities(model, image)
    return probabilities, features[-1][0].float().cpu()


@contextmanager
def record_features(model: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Within this, what the last linear layer gets, (N, D), is appended to a list at each forward pass.

    Raises:
        ValueError: the network has no linear layer.
    """
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    if not linear:
        raise ValueError(f"the network must have a linear layer, {type(model).__name__} has none")
    features: list[torch.Tensor] = []
    hook = linear[-1].register_forward_pre_hook(lambda _, inputs: features.append(inputs[0].detach()))
    try:
        yield features
    finally:
        hook.remove()


def calibrate(probabilities: torch.Tensor, temperature: float) -> torch.Tensor:
    """Divide the logits by a temperature and take the softmax again. The logits are log p, apart from a constant.

    Args:
        probabilities: (classes,), with the sum 1.
        temperature: > 0; above 1 it makes the network less sure.

    Returns:
        (classes,), with the sum 1.

    Source: Guo et al. 2017, "On calibration of modern neural networks", section 4.2.

    >>> calibrate(torch.tensor([0.9, 0.1]), 2.0)
    tensor([0.7500, 0.2500])
    """
    return torch.softmax(probabilities.log() / temperature, dim=0)


def measure_share_on_clothes(values: torch.Tensor, picture: torch.Tensor) -> tuple[float, float]:
    """How much of an attribution lies on the clothes, and how much of the picture they cover.

    The first number needs the second one beside it: a map that is the same everywhere has exactly the share of the
    area on the clothes.

    Args:
        values: (H, W) attribution.
        picture: (H, W), 0 black background to 1 white.

    Returns:
        Share of the map's magnitude that lies on the clothes (0 for an empty map), and share of the area that the
        clothes cover; both 0 to 1.
    """
    clothes = picture > CLOTHES
    total = values.abs().sum()
    share = float(values.abs()[clothes].sum() / total) if total > 0 else 0.0
    return share, float(clothes.float().mean())
