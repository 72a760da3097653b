"""What a network made of the picture at hand at moments of its training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import nn

from explorer.caches import remember
from explorer.classifier.outcome import Picture
from explorer.errors import InputError
from explorer.models.answers import count_answers, load_answers
from explorer.models.film import FIRST_LAYER, Film, load_film, load_moment
from explorer.patience import go_on


@dataclass(frozen=True)
class Shot:
    """One moment.

    Attributes:
        probabilities: (10,) of the picture.
        gradient: (28, 28), of the score of the class with the highest one, by the pixels of the picture.
        kernels: (channels, rows, columns) of the first layer.
    """

    probabilities: torch.Tensor
    gradient: torch.Tensor
    kernels: torch.Tensor


def find_film(name: str) -> Film:
    """The film of a network.

    Raises:
        InputError: there is none.
    """
    film = load_film(name)
    if film is None:
        raise InputError("film.none", model=name)
    return film


@remember(megabytes=24)
def find_shots(name: str, picture: Picture) -> tuple[Shot, ...]:
    """The picture at all moments; remembered.

    Args:
        name: of a network whose film is here.
        picture: the picture.

    Raises:
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    return tuple(take_shot(model, name, picture.prepared.image) for model in _load_models(name))


@lru_cache(maxsize=2)
def _load_models(name: str) -> tuple[nn.Module, ...]:
    """The network at all moments. Nothing ever changes them, so that many can use them at once."""
    return tuple(load_moment(name, step).requires_grad_(False) for step in find_film(name).steps)


def take_shot(model: nn.Module, name: str, image: torch.Tensor) -> Shot:
    """What a network makes of an image.

    Args:
        model: in eval mode.
        name: of the network, a key of FIRST_LAYER.
        image: (1, 1, 28, 28), normalised.
    """
    go_on()
    with torch.inference_mode(False), torch.enable_grad():
        pixels = image.detach().clone().requires_grad_()
        scores = model(pixels)[0]
        (gradient,) = torch.autograd.grad(scores.max(), pixels)
        kernels = model.get_submodule(FIRST_LAYER[name]).get_parameter("weight").detach()[:, 0]
    return Shot(scores.detach().softmax(0), gradient[0, 0], kernels)


def count_right(film: Film) -> list[int] | None:
    """Right answers of the 10,000 test images at each moment; None where nothing says which are right."""
    labels = _find_labels(film)
    return None if labels is None else (film.answers == labels).sum(1).tolist()


def count_confusion(film: Film) -> list[list[list[int]]] | None:
    """The confusion matrix at each moment: rows are true classes. None where nothing says which answers are right."""
    labels = _find_labels(film)
    return None if labels is None else [count_answers(labels, each) for each in film.answers]


def _find_labels(film: Film) -> torch.Tensor | None:
    answers = load_answers()
    return None if answers is None or len(answers.labels) != film.answers.shape[1] else answers.labels
