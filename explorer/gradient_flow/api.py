"""The functions of the gradient-flow tab that programs call."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from explorer.gradient_flow import live_training
from explorer.gradient_flow.figures import describe
from explorer.gradient_flow.live_figures import describe as describe_training
from explorer.gradient_flow.live_training import Training, train_in_parts, write_weights
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


def train_here(
    network: str = "lenet5",
    depth: int = 8,
    learning_rate: float = 0.03,
    momentum: float = 0.9,
    initialisation: str = "default",
    activation: str = "relu",
    normalisation: str = "none",
    augmentation: str = "none",
    dropout: float = 0.0,
    epochs: int = 8,
    seed: int = 0,
    language: str = "en",
) -> dict:
    """Train a small network from scratch on 5,000 training images of Fashion-MNIST, validated on 1,000 others.

    It waits its turn with the trainings of the page. A run that takes longer than two minutes ends where it is then.

    Args:
        network: "lenet5", "residual", "plain" or "pair" (the last two side by side).
        depth: layers of the residual and plain networks: 8, 14 or 20.
        learning_rate: 0 to 10, the same in all steps.
        momentum: 0 to 0.99.
        initialisation: "default" (PyTorch's), "he", "xavier" or "orthogonal".
        activation: "relu", "sigmoid", "tanh" or "gelu".
        normalisation: "none", "batch" or "layer".
        augmentation: "none", "flip", "crop", "erase" or "all".
        dropout: 0 to 0.9.
        epochs: 1 to 12.
        seed: 0 to 2**31; the same seed gives the same numbers on one machine.
        language: "en" or "zh", of the sentence and of errors.

    Returns:
        A dictionary: `sentence` says how it went; `steps` were done of `num_steps`; `networks` lists for each network its
        `title`, `diverged`, `losses` (of each step, null where not finite), `checks` (`step`, `training_accuracy`,
        `validation_accuracy` and `gradient_norms` of `layers`) and `weights`, a safetensors file in base64.
    """
    training = Training(live_training.Settings(
        network, depth, learning_rate, momentum, initialisation, activation, normalisation, augmentation, dropout, epochs, seed
    ))  # fmt: skip
    *_, progress = train_in_parts(training)
    networks = [
        {
            "title": curves.variant.title,
            "diverged": curves.has_diverged,
            "losses": _finite_or_none(curves.losses),
            "layers": list(curves.layers),
            "checks": [
                {**vars(check), "gradient_norms": _finite_or_none(check.gradient_norms)} for check in curves.checks
            ],
            "weights": base64.b64encode(write_weights(variant, model)).decode("ascii"),
        }
        for curves, (variant, model) in zip(progress.curves, training.export().items())
    ]
    sentence = describe_training(progress, text_in(language))
    return {"sentence": sentence, "steps": progress.step, "num_steps": progress.num_steps, "networks": networks}


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


def _finite_or_none(values: Iterable[float]) -> list[float | None]:
    """JSON has no infinity."""
    return [value if abs(value) < float("inf") else None for value in values]
