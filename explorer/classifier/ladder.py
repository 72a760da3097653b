"""What all trained networks answer to one picture, before and after a reader changed it."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from explorer.caches import remember
from explorer.classifier.moves import Moves, attack_picture, move_picture
from explorer.classifier.outcome import Picture, available, borrow_model
from explorer.classifier.prediction import compute_probabilities
from explorer.data import normalise
from explorer.models.catalogue import MODELS
from explorer.patience import go_on


@dataclass(frozen=True)
class Answer:
    """One network.

    Attributes:
        model: its name.
        before: (10,) probabilities of the picture as it was.
        after: (10,) of the changed one.
    """

    model: str
    before: torch.Tensor
    after: torch.Tensor

    @property
    def is_same(self) -> bool:
        """Whether the network still names the same class."""
        return bool(self.before.argmax() == self.after.argmax())


@dataclass(frozen=True)
class Trial:
    """A changed picture and what the networks say of it.

    Attributes:
        pixels: (28, 28), 0 black to 1 white: the changed picture.
        moves: what was done.
        attack: size of the step of the attack, 0 for none.
        attacked: the network that was attacked.
        answers: one for each network, from the simplest to the deepest.
        truth: class of a sample, None for a reader's own picture.
    """

    pixels: torch.Tensor
    moves: Moves
    attack: float
    attacked: str
    answers: tuple[Answer, ...]
    truth: int | None


def try_picture(picture: Picture, moves: Moves, attack: float, attacked: str) -> Trial:
    """Change a picture and ask all networks.

    Args:
        picture: as it was prepared.
        moves: what is done to it.
        attack: size of a step of the fast gradient sign method after that, 0 for none; the class is the true one, of a
            reader's own picture the one that the network names.
        attacked: the network that is attacked; it answers as well, also when a reader brought its weights.

    Raises:
        InputError: its weights cannot be used.
        NobodyWaitsError: within `patience.asking`, the reader who asked has left.
    """
    pixels = move_picture(picture.prepared.pixels[None], moves)
    if attack:
        before = _ask(attacked, picture)
        label = int(before.argmax()) if picture.truth is None else picture.truth
        with borrow_model(attacked) as model:
            pixels = attack_picture(model, pixels, label, attack)
    answers = []
    for name in list_networks(attacked):
        go_on()
        before = _ask(name, picture)
        with borrow_model(name) as model:
            after = compute_probabilities(model, normalise(pixels)[:, None])
        answers.append(Answer(name, before, after))
    return Trial(pixels[0], moves, attack, attacked, tuple(answers), picture.truth)


def list_networks(chosen: str) -> list[str]:
    """The trained networks in the order of the catalogue, and the chosen one where a reader brought its weights."""
    here = available()
    ours = [name for name in MODELS if name in here]
    return ours if chosen in ours else [*ours, chosen]


@remember(megabytes=2)
def _ask(name: str, picture: Picture) -> torch.Tensor:
    """The probabilities of the picture as it was."""
    with borrow_model(name) as model:
        return compute_probabilities(model, normalise(picture.prepared.pixels)[None, None])
