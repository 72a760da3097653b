"""Experiments on training: what changes when one part of a network or of its recipe is another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from explorer.claims.experiments import learn, load_experiments
from explorer.models.alexnet import AlexNetSmall
from explorer.models.checkpoints import load_trained, model_lock
from explorer.models.lenet import LeNet5
from explorer.training.loop import EvaluationBatches, TrainingDiverged, derive_seed, run_epoch
from explorer.training.recipe import TUTORIAL, Recipe
from explorer.training.splits import Split, split_training_images

SEEDS = (42, 43, 44)
RATES = (0.1, 0.3)  # highest learning rates with which each activation is tried
SOME = 20_000  # training images with which LeNet-5 takes minutes
ACTIVATION = Recipe(epochs=5, weight_decay=0.0)
DROPOUT = Recipe(epochs=20, batch_size=32, peak_lr=0.05, warmup=0.1, weight_decay=0.0, clip_norm=1.0)
FEW = 2_000  # training images with which a network soon overfits
AUGMENTED = replace(TUTORIAL, epochs=8)
DRAWS = 3  # of the random changes to the validation images
HELD_OUT = 2_000  # validation images for a wide network

# What the block of section 8.2 is fitted to: name -> whether a ReLU ends its branch, whether its inputs are positive.
IDENTITIES: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {"signed": (True, False), "positive": (True, True), "without_last": (False, False)}
)
IDENTITY_SEEDS, IDENTITY_STEPS, IDENTITY_BATCH = 10, 2_000, 128
IDENTITY_RATES = (0.01, 0.03, 0.1, 0.3)
WIDTH = 10  # features of the tutorial's block


def load_some(count: int) -> tuple[Split, Split]:
    """The first images to learn from, and all validation images."""
    training, validation = split_training_images(torch.device("cpu"), None)
    return Split(training.images[:count], training.labels[:count]), validation


def count_right(model: nn.Module, split: Split, recipe: Recipe, augmented_by: int | None = None) -> int:
    """How many images the network gets right, in eval mode."""
    batches = EvaluationBatches(split.images, split.labels, recipe, augmented_by=augmented_by)
    _, accuracy = run_epoch(model, batches, nn.CrossEntropyLoss())
    return round(accuracy * len(split.images))


def start(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A network whose fresh weights depend on the seed alone; the global generator is left at what dropout draws from."""
    torch.manual_seed(derive_seed(seed, "weights", 0))
    return build()


def swap_activation(model: nn.Module, activation: type[nn.Module]) -> nn.Module:
    """Put another activation in the place of each ReLU, in place."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, activation())
    return model


def _name_settings(recipe: Recipe) -> dict[str, Any]:
    """The settings of a recipe that are not the usual ones."""
    usual = asdict(Recipe(epochs=0))
    return {name: value for name, value in asdict(recipe).items() if value != usual[name]}


def try_activation(activation: type[nn.Module], seed: int) -> dict[str, Any]:
    """LeNet-5 with this activation: how many validation images it gets right, for each learning rate."""
    training, validation = load_some(SOME)
    right = []
    for rate in RATES:
        recipe = replace(ACTIVATION, peak_lr=rate)
        model = swap_activation(start(LeNet5, seed), activation)
        with suppress(TrainingDiverged):  # then it is right on what it is right on
            learn(model, training, recipe, seed)
        right.append(count_right(model, validation, recipe))
    sizes = {"training": SOME, "validation": len(validation.images)}
    return {"recipe": _name_settings(ACTIVATION), **sizes, "rates": RATES, "right": right}


def try_dropout(is_on: bool, seed: int) -> dict[str, Any]:
    """AlexNet-Small on few images, with or without its dropout: what it gets right of them and of others."""
    few, validation = load_some(FEW)
    model = start(AlexNetSmall, seed)
    for module in model.modules():
        if isinstance(module, nn.Dropout) and not is_on:
            module.p = 0.0
    learn(model, few, DROPOUT, seed)
    right = {"training": count_right(model, few, DROPOUT), "validation": count_right(model, validation, DROPOUT)}
    sizes = {"training": FEW, "validation": len(validation.images)}
    return {"recipe": _name_settings(DROPOUT), **sizes, "right": right}


def _draw_layers(generator: torch.Generator) -> list[torch.Tensor]:
    """Two layers of each network as nn.Linear draws them: weights (S, w, w) and biases (S, w), twice."""
    shapes = [(IDENTITY_SEEDS, WIDTH, WIDTH), (IDENTITY_SEEDS, WIDTH)] * 2
    bound = WIDTH**-0.5
    drawn = [torch.empty(shape).uniform_(-bound, bound, generator=generator) for shape in shapes]
    return [each.requires_grad_() for each in drawn]


def _run_block(layers: list[torch.Tensor], x: torch.Tensor, has_last: bool, is_residual: bool) -> torch.Tensor:
    """The block of each network, (S, N, w) -> (S, N, w)."""
    first, first_bias, second, second_bias = layers
    hidden = F.relu(torch.baddbmm(first_bias[:, None], x, first.transpose(1, 2)))
    branch = torch.baddbmm(second_bias[:, None], hidden, second.transpose(1, 2))
    branch = F.relu(branch) if has_last else branch
    return branch + x if is_residual else branch


def _draw_inputs(count: int, is_positive: bool, generator: torch.Generator) -> torch.Tensor:
    x = torch.randn(IDENTITY_SEEDS, count, WIDTH, generator=generator)
    return F.relu(x) if is_positive else x


def fit_identity(has_last: bool, is_positive: bool, is_residual: bool, rate: float) -> list[float]:
    """Fit the block to the identity by SGD; every seed is a network of its own, and all of them run together.

    Returns:
        Of each seed the length of the error by that of the input, over inputs that are new.
    """
    generator = torch.Generator().manual_seed(0)
    layers = _draw_layers(generator)
    optimizer = torch.optim.SGD(layers, lr=rate, momentum=0.9)
    for _ in range(IDENTITY_STEPS):
        x = _draw_inputs(IDENTITY_BATCH, is_positive, generator)
        loss = (_run_block(layers, x, has_last, is_residual) - x).square().mean((1, 2)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        x = _draw_inputs(10_000, is_positive, generator)
        error = _run_block(layers, x, has_last, is_residual) - x
    return (error.flatten(1).norm(dim=1) / x.flatten(1).norm(dim=1)).tolist()


def try_identity() -> dict[str, Any]:
    """Relative errors of plain and residual blocks that learned the identity: setting -> kind -> rate -> seed."""
    return {
        "seeds": IDENTITY_SEEDS,
        "steps": IDENTITY_STEPS,
        "batch_size": IDENTITY_BATCH,
        "rates": IDENTITY_RATES,
        "errors": {
            name: {
                kind: [fit_identity(*setting, is_residual, rate) for rate in IDENTITY_RATES]
                for kind, is_residual in (("plain", False), ("residual", True))
            }
            for name, setting in IDENTITIES.items()
        },
    }


def _validate(model: nn.Module, split: Split) -> dict[str, Any]:
    """What is right of the images as they are, and as the tutorial's script changes them."""
    augmented = [count_right(model, split, TUTORIAL, augmented_by=draw) for draw in range(DRAWS)]
    return {"validation": len(split.images), "plain": count_right(model, split, TUTORIAL), "augmented": augmented}


def try_augmented_lenet5(seed: int) -> dict[str, Any]:
    """LeNet-5 by the tutorial's recipe, shortened, validated on images as they are and on changed ones."""
    training, validation = load_some(SOME)
    model = start(LeNet5, seed).to(memory_format=torch.channels_last)
    learn(model, training, AUGMENTED, seed)
    return {"recipe": _name_settings(AUGMENTED), "training": SOME, **_validate(model, validation)}


def try_augmented_resnet18() -> dict[str, Any]:
    """The shipped ResNet-18 on validation images as they are and as the tutorial's script changes them."""
    _, validation = split_training_images(torch.device("cpu"), None)
    held_out = Split(validation.images[:HELD_OUT], validation.labels[:HELD_OUT])
    with model_lock("resnet18"):
        return _validate(load_trained("resnet18"), held_out)


def _of_each_seed(name: str, experiment: Callable[[int], Any]) -> dict[str, Callable[[], Any]]:
    return {f"{name}_{seed}": partial(experiment, seed) for seed in SEEDS}


EXPERIMENTS: dict[str, Callable[[], Any]] = {
    **_of_each_seed("activation_relu", partial(try_activation, nn.ReLU)),
    **_of_each_seed("activation_sigmoid", partial(try_activation, nn.Sigmoid)),
    **_of_each_seed("dropout_on", partial(try_dropout, True)),
    **_of_each_seed("dropout_off", partial(try_dropout, False)),
    "identity": try_identity,
    **_of_each_seed("augmented_lenet5", try_augmented_lenet5),
    "augmented_resnet18": try_augmented_resnet18,
}


def load_seeds(name: str) -> list[dict[str, Any]]:
    """What was stored of an experiment that was run with every seed."""
    return [load_experiments()[f"{name}_{seed}"] for seed in SEEDS]
