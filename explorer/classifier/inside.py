"""What a reader looks at inside a network: all that it computed of the picture at hand, and which number of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch

from explorer.caches import remember
from explorer.classifier.anatomy import Unit, check_unit, find_start, follow_strongest
from explorer.classifier.equivariance import LayerShift, compare_layers
from explorer.classifier.moves import shift_picture
from explorer.classifier.outcome import Picture, borrow_model
from explorer.classifier.preprocessing import SIDE
from explorer.data import normalise
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


def find_outputs(model: str, picture: Picture, shift: tuple[int, int] = (0, 0)) -> LayerOutputs:
    """All that a network computes of a picture; remembered.

    Args:
        model: its name.
        picture: the picture.
        shift: (down, right) in pixels, by which it is moved before.

    Raises:
        InputError: the network is not trained, or cannot be followed.
    """
    values, others = _find_values(model, picture, shift)
    return LayerOutputs(find_plan(model), _shift(picture, shift)[0], values, others)


@remember(megabytes=48)
def _find_values(model: str, picture: Picture, shift: tuple[int, int]) -> tuple[tuple[torch.Tensor, ...], Mapping]:
    """Without the plan, which all pictures share: it would count again with each of them."""
    with borrow_model(model) as network:
        outputs = run_layers(find_plan(model), network, _shift(picture, shift))
    return outputs.values, outputs.others


def _shift(picture: Picture, shift: tuple[int, int]) -> torch.Tensor:
    """(1, 1, H, W), normalised, moved (down, right)."""
    if shift == (0, 0):
        return picture.prepared.image
    down, right = shift
    return normalise(shift_picture(picture.prepared.pixels[None], right, down))[None]


@dataclass(frozen=True)
class Shifted:
    """A network before and after the picture was moved.

    Attributes:
        shift: (down, right) in pixels.
        before, after: all that it computed.
        layers: each layer, compared.
    """

    shift: tuple[int, int]
    before: LayerOutputs
    after: LayerOutputs
    layers: tuple[LayerShift, ...]


def find_shifted(model: str, picture: Picture, shift: tuple[int, int]) -> Shifted:
    """Move the picture and compare all layers; what the network computes is remembered.

    Args:
        model: name of the network.
        picture: the picture.
        shift: (down, right) in pixels.

    Raises:
        InputError: as `find_outputs` does.
    """
    before, after = find_outputs(model, picture), find_outputs(model, picture, shift)
    return Shifted(shift, before, after, compare_layers(before, after, shift))


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
