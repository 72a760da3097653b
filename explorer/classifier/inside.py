"""What a reader looks at inside a network: all that it computed of the picture at hand, and which number of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch

from explorer.caches import remember
from explorer.classifier.anatomy import Unit, check_unit, find_start, follow_strongest
from explorer.classifier.outcome import Picture, borrow_model
from explorer.classifier.preprocessing import SIDE
from explorer.errors import InputError
from explorer.models.layer_outputs import LayerOutputs, Plan, plan_layers, run_layers
from explorer.models.networks import find_network

LONGEST_TRAIL = 200  # units; the deepest network has fewer layers that add up


@lru_cache(maxsize=32)
def find_plan(model: str) -> Plan:
    """The layers of a network for pictures of the data set; remembered.

    Raises:
        InputError: it cannot be followed.
    """
    return plan_layers(find_network(model).record(), (1, SIDE, SIDE))


def find_outputs(model: str, picture: Picture) -> LayerOutputs:
    """All that a network computes of a picture; remembered.

    Raises:
        InputError: it is not trained, or cannot be followed.
    """
    values, others = _find_values(model, picture)
    return LayerOutputs(find_plan(model), picture.prepared.image[0], values, others)


@remember(megabytes=48)
def _find_values(model: str, picture: Picture) -> tuple[tuple[torch.Tensor, ...], Mapping]:
    """Without the plan, which all pictures share: it would count again with each of them."""
    with borrow_model(model) as network:
        outputs = run_layers(find_plan(model), network, picture.prepared.image)
    return outputs.values, outputs.others


@dataclass(frozen=True)
class View:
    """Where a reader is.

    Attributes:
        trail: the numbers that were followed, from the first to the one that is looked at.
        picked: the number below whose product is looked at, None for that of the largest term.
    """

    trail: tuple[Unit, ...]
    picked: Unit | None = None

    @property
    def unit(self) -> Unit:
        """The number that is looked at."""
        return self.trail[-1]


def read_view(sent: object, model: str, outputs: LayerOutputs) -> View:
    """Where a reader is, as the page says.

    Args:
        sent: a mapping {model, trail, picked, down}; at first, or of another network, nothing of it counts and the way begins at
            the largest score. With `down` the trail goes on along the largest terms to a pixel.
        model: the network that is looked at.
        outputs: of that network.

    Raises:
        InputError: there is no such unit.
    """
    if not isinstance(sent, Mapping) or sent.get("model") != model or not sent.get("trail"):
        return View((find_start(outputs),))
    trail = sent["trail"]
    if not isinstance(trail, list) or len(trail) > LONGEST_TRAIL:
        raise InputError("inside.no_trail")
    units = tuple(_read_unit(words, outputs) for words in trail)
    if sent.get("down") is True:
        with borrow_model(model) as network:
            units = (*units, *follow_strongest(outputs, network, units[-1]))
    picked = sent.get("picked")
    return View(units[-LONGEST_TRAIL:], None if picked is None else _read_unit(picked, outputs))


def _read_unit(words: object, outputs: LayerOutputs) -> Unit:
    if not isinstance(words, list) or len(words) != 4 or not all(type(number) is int for number in words):
        raise InputError("inside.no_trail")
    return check_unit(outputs, Unit(*words))
