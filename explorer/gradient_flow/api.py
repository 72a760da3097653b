"""The functions of the gradient-flow tab that programs call."""

from __future__ import annotations

from explorer.gradient_flow.figures import describe
from explorer.gradient_flow.maths import Flow, Settings, compute_spread, measure_gradient_norms
from explorer.text import text_in


def gradient_norms(
    depth: int = 50,
    width: int = 10,
    block: str = "linear",
    initialisation: str = "default",
    activation: str = "relu",
    seeds: int = 20,
    preactivation: bool = False,
    zero_last: bool = False,
    language: str = "en",
) -> dict:
    """Gradient norms at initialisation of plain and residual stacks, measured over random seeds.

    Args:
        depth: blocks in the stack, 1 to 200.
        width: features or channels, 1 to 64.
        block: "linear" (the tutorial's), "conv", or with layer or batch normalisation "linear_ln", "conv_ln", "conv_bn".
        initialisation: "default" (PyTorch's), "he", "xavier" or "orthogonal".
        activation: "relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid" or "identity".
        seeds: networks of either kind, 1 to 500, from seed 0 on.
        preactivation: whether normalisation and activation stand before each weight layer.
        zero_last: whether the last layer of each branch starts at 0.
        language: "en" or "zh", of the sentence and of errors.

    Returns:
        A dictionary: `sentence` says what was measured; `depths` lists depths; `plain`, `residual` (float32) and
        `plain_double`, `residual_double` (float64) hold `blocks`, for every block of the full stack,
        `first_block`, for each of `depths`, and for what every block gives `activations`, its norm, and `backward`, that
        of the loss's gradient by it: lists `low`, `median`, `high` (5, 50 and 95 % of the seeds, null where
        not finite), `num_zero` and `num_not_finite`.
    """
    norms = measure_gradient_norms(
        Settings(
            depth, width, block, initialisation, activation, seeds, preactivation=preactivation, zero_last=zero_last
        )
    )
    kinds = ("plain", "residual", "plain_double", "residual_double")
    spreads = {kind: _list_spreads(getattr(norms, kind)) for kind in kinds}
    return {"sentence": describe(norms, text_in(language)), "depths": list(norms.settings.depths), **spreads}


def _list_spreads(flow: Flow) -> dict:
    spreads = {
        name: compute_spread(getattr(flow, name)) for name in ("blocks", "first_block", "activations", "backward")
    }
    return {
        name: {
            **{part: _finite_or_none(getattr(spread, part).tolist()) for part in ("low", "median", "high")},
            "num_zero": spread.num_zero.tolist(),
            "num_not_finite": spread.num_not_finite.tolist(),
        }
        for name, spread in spreads.items()
    }


def _finite_or_none(values: list[float]) -> list[float | None]:
    """JSON has no infinity."""
    return [value if value < float("inf") else None for value in values]
