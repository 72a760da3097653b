"""The weights of two networks at moments of their training: from random numbers to the end.

`python -m explorer.training.film` trains them and writes the files; each moment's answers to the test images are stored with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from explorer.models import checkpoints
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import DAMAGED

FIRST_LAYER = {"lenet5": "features.0", "resnet20": "stem.0"}
"""Network -> the convolution whose kernels are shown."""
LAST_MAP = {"lenet5": ("features.3", (5, 5)), "resnet20": ("layer3", (3, 3))}
"""Network -> the layer and its unit in the middle whose effective field is measured."""
NAMES = tuple(FIRST_LAYER)


@dataclass(frozen=True)
class Film:
    """What is stored of one training.

    Attributes:
        name: of the network, a key of the catalogue.
        epoch_steps: training steps of an epoch.
        steps: training steps done at each moment, ascending; the first is 0.
        answers: (moments, 10,000) uint8, predicted classes of the test images in the order of the data set.
        losses: mean cross-entropy of the test images at each moment, nats.
        fields: (moments, H, W) float32, the effective field of the middle unit of LAST_MAP; each sums to 1, or to 0 if no
            gradient came through.
        about: seed, recipe, machine and versions of the training.
    """

    name: str
    epoch_steps: int
    steps: tuple[int, ...]
    answers: torch.Tensor
    losses: tuple[float, ...]
    fields: torch.Tensor
    about: Mapping

    @property
    def epochs(self) -> tuple[float, ...]:
        """Passes over the training images at each moment."""
        return tuple(step / self.epoch_steps for step in self.steps)


def path_of(name: str, folder: Path | None = None) -> Path:
    """Where the film of a network lies."""
    return (folder or checkpoints.CHECKPOINTS) / f"film_{name}.safetensors"


def list_films() -> tuple[str, ...]:
    """Names of the networks whose film is here and complete."""
    return tuple(name for name in NAMES if load_film(name) is not None)


def load_film(name: str, folder: Path | None = None) -> Film | None:
    """The film of a network without its weights; None where there is none, or where it is damaged."""
    return _load(name, folder or checkpoints.CHECKPOINTS)


@lru_cache(maxsize=4)
def _load(name: str, folder: Path) -> Film | None:
    try:
        with safe_open(path_of(name, folder), framework="pt") as opened:
            facts = json.loads(opened.metadata()["film"])
            # Copies: what safetensors gives lies in the file, and a file that becomes shorter would end the program.
            answers, losses, fields = (opened.get_tensor(key).clone() for key in ("answers", "losses", "fields"))
            steps = tuple(map(int, facts.pop("steps")))
            shapes = [tuple(each.shape) for each in (losses, answers[:, 0], fields)]
            fits = shapes == [(len(steps),), (len(steps),), (len(steps), 28, 28)] and facts["epoch_steps"] >= 1
            return (
                Film(name, facts.pop("epoch_steps"), steps, answers, tuple(losses.tolist()), fields, facts)
                if fits
                else None
            )
    except DAMAGED:
        return None


def load_moment(name: str, step: int, folder: Path | None = None) -> nn.Module:
    """A network as it was after so many steps: one's own copy, in eval mode and float32.

    Args:
        name: of a film that is here.
        step: one of its `steps`.
        folder: where the film lies; None for the shipped ones.

    Raises:
        ValueError: the film has no such moment, or its weights do not fit the network.
    """
    start = f"{step}."
    try:
        with safe_open(path_of(name, folder), framework="pt") as opened:
            keys = [key for key in opened.keys() if key.startswith(start)]  # noqa: SIM118 - it is not a mapping
            tensors = {key.removeprefix(start): opened.get_tensor(key).clone() for key in keys}
        return assemble(name, tensors)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise ValueError(f"{path_of(name, folder)}: no weights of {name} after step {step} ({error})") from error


def assemble(name: str, tensors: Mapping[str, torch.Tensor]) -> nn.Module:
    """A network with weights as they are stored.

    Args:
        name: a key of the catalogue.
        tensors: all of its state, in any precision.

    Raises:
        RuntimeError: they are not those of the network.
    """
    with torch.device("meta"):  # no weights are drawn
        model = create_model(name)
    weights = {key: each.float() if each.is_floating_point() else each for key, each in tensors.items()}
    model.load_state_dict(weights, assign=True)
    return model.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # its stub lacks this form
