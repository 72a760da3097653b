"""Whom a pixel of the image reaches in each layer, and who did change when the pixel changed.

The other direction of the receptive field: a unit is reached by a pixel if, and only if, the pixel lies in its field.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from explorer.caches import remember
from explorer.data import normalise
from explorer.errors import InputError
from explorer.models.networks import find_network
from explorer.models.operations import BY_KIND
from explorer.models.reach import Change, Reach, measure_change, measure_reach, read_values
from explorer.models.trace import Layer, record
from explorer.randomness import seeded
from explorer.receptive_field.effective import check_cost, draw_random_network
from explorer.receptive_field.maths import LayerRow, compute_chain_spread
from explorer.receptive_field.networks import build_chain, record_network, trace_model
from explorer.receptive_field.session import Chain, Scene, read_image

SEED = 0  # of weights that are drawn
MIDDLE_GREY = 0.5
MAX_CHAIN_READS = 300_000_000  # by the windows of a chain in one forward pass; these take some 3 s on one core


@dataclass(frozen=True)
class Changes:
    """What changed in a network when one pixel of an image became its opposite.

    Attributes:
        weights: "trained", "own" (of a network that a reader brought or handed over), "random" (those with which the network begins) or "chain" (the same, of one channel).
        before, after: grey of the pixel, 0 to 1.
        layers: what changed in the image and in each layer.
        stops: for the image and for each layer, what can have stopped a change on the way there: "activation", "pool".
    """

    weights: str
    before: float
    after: float
    layers: tuple[Change, ...]
    stops: tuple[frozenset[str], ...]


def find_reach(chain: Chain, pixel: tuple[int, int]) -> tuple[Reach, ...]:
    """The units that a pixel reaches, in the image and in each row of a network or of a reader's layers.

    Args:
        chain: the network.
        pixel: (row, column) in its image.

    Returns:
        The reach in each row of the chain. Where all positions are joined, there is one unit.

    Raises:
        IndexError: there is no such pixel.
    """
    if chain.layers is None:
        return (Reach(_mark(chain.size, pixel), True), *_spread_network(chain.model, chain.size, pixel))
    # Rows and columns of a chain are followed apart.
    sides = (compute_chain_spread(chain.layers, chain.rows, index) for index in pixel)
    return tuple(Reach(np.outer(down, across), True) for down, across in zip(*sides, strict=True))


def _mark(size: int, pixel: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    mask[pixel] = True
    return mask


@remember(megabytes=32)
def _spread_network(name: str, size: int, pixel: tuple[int, int]) -> tuple[Reach, ...]:
    rows = trace_model(name, size)[1:]
    found = measure_reach(record_network(name), _find_shape(name, size), pixel, [row.name for row in rows])
    return tuple(_join(found[row.name]) if row.kind == "global" else found[row.name] for row in rows)


def _join(reach: Reach) -> Reach:
    """All units together."""
    return replace(reach, mask=np.array([[reach.mask.any()]]))


def _find_shape(name: str, size: int) -> tuple[int, int, int]:
    return find_network(name).channels, size, size


def find_first_spread(reach: Sequence[Reach]) -> int | None:
    """Number of the first layer from which on a pixel reaches every unit; None if it never does.

    Args:
        reach: that of the image, then that of each layer.
    """
    spread = len(reach)
    while spread and reach[spread - 1].mask.all():
        spread -= 1
    return spread if spread < len(reach) else None


# ---- what did change ---------------------------------------------------------------------------------------------


def find_changes(scene: Scene) -> Changes:
    """What changes when the pixel of a scene becomes its opposite, in two forward passes.

    Raises:
        InputError: the network is too large for someone who waits, or its forward is none that is followed.
    """
    return _change_network(scene) if scene.spot.chain.layers is None else _change_chain(scene)


def invert(value: float) -> float:
    """The opposite of a grey value: white of the darker half, black of the others. So it always is another one."""
    return 1.0 if value < MIDDLE_GREY else 0.0


def _change_network(scene: Scene) -> Changes:
    name, size = scene.spot.model, scene.spot.size
    check_cost(name, size)
    model, weights = load_network(name)
    layers = record_network(name).trace(_find_shape(name, size)).layers
    before = _read_before(name, size, scene.image)
    changed = measure_change(model, layers, before, _prepare(_turn(scene), find_network(name).channels))
    names = [row.name for row in scene.spot.rows[1:]]
    return _tell(weights, scene, [changed[each] for each in names], [_find_stops(layers, each) for each in names])


@remember(megabytes=128)
def _read_before(name: str, size: int, image: int | str) -> dict[str, torch.Tensor]:
    """What each row's layer gives for an image: of the two forward passes the one that many pixels share."""
    layers = record_network(name).trace(_find_shape(name, size)).layers
    pixels = _prepare(read_image(image, size), find_network(name).channels)
    return read_values(load_network(name)[0], layers, pixels, [row.name for row in trace_model(name, size)[1:]])


@remember(megabytes=256)
def load_network(name: str) -> tuple[nn.Module, str]:
    """A network with its numbers, shared by all who only read them, and what these are: "trained", "own" or "random".

    Raises:
        InputError: it came without weights, and none can be drawn.
    """
    network = find_network(name)
    if network.has_weights:
        with network.borrow() as model:
            return model, "trained" if network.is_ours else "own"
    if not network.can_draw:
        raise InputError("receptive_field.no_weights", model=network.title)
    return draw_random_network(name, SEED), "random"


def _change_chain(scene: Scene) -> Changes:
    """Of one channel and without activations, with the weights with which PyTorch's layers begin."""
    layers, size = scene.spot.chain.layers, scene.spot.size
    _check_chain_cost(scene.spot.chain)
    with seeded(SEED):
        model = build_chain(layers, device="cpu")
    trace = record(model).trace((1, size, size))
    names = [str(number) for number in range(len(layers))]
    before = read_values(model, trace.layers, _prepare(read_image(scene.image, size), 1), names)
    changed = measure_change(model, trace.layers, before, _prepare(_turn(scene), 1))
    return _tell("chain", scene, [changed[each] for each in names], [_find_stops(trace.layers, each) for each in names])


def _check_chain_cost(chain: Chain) -> None:
    """Refuse a chain whose windows read too much. One channel is the slowest way to run a convolution or a pooling."""
    maps = (max(before.num_units, row.num_units) for before, row in pairwise(chain.rows))
    reads = sum((layer["kernel"] * side) ** 2 for layer, side in zip(chain.layers or (), maps, strict=True))
    if reads > MAX_CHAIN_READS:
        raise InputError(
            "receptive_field.too_heavy_chain", reads=math.ceil(reads / 10**6), maximum=MAX_CHAIN_READS // 10**6
        )


def _prepare(image: np.ndarray, channels: int) -> torch.Tensor:
    """(1, C, S, S), normalised as networks take it."""
    return normalise(torch.from_numpy(image).float())[None, None].expand(-1, channels, -1, -1)


def _turn(scene: Scene) -> np.ndarray:
    """The image with its pixel turned into the opposite."""
    pixel, image = scene.spot.pixel_inside, read_image(scene.image, scene.spot.size).copy()
    image[pixel] = invert(float(image[pixel]))
    return image


def _tell(weights: str, scene: Scene, changed: Sequence[Change], stops: Sequence[frozenset[str]]) -> Changes:
    spot = scene.spot
    value = float(read_image(scene.image, spot.size)[spot.pixel_inside])
    mask = _mark(spot.size, spot.pixel_inside)
    own = Change(mask.astype(int), mask * abs(invert(value) - value), 1)
    joined = (_join_change(each, row) for row, each in zip(spot.rows[1:], changed, strict=True))
    return Changes(weights, value, invert(value), (own, *joined), (frozenset(), *stops))


def _join_change(change: Change, row: LayerRow) -> Change:
    if row.kind != "global":
        return change
    channels, amount = (each.max(keepdims=True) for each in (change.channels, change.amount))
    return replace(change, channels=channels, amount=amount)


def _find_stops(layers: Sequence[Layer], name: str) -> frozenset[str]:
    """What can stop a change up to and in a layer: the kinds that stand on the way to it."""
    found: set[str] = set()
    waiting = {next(place for place, layer in enumerate(layers) if layer.name == name)}
    seen: set[int] = set()
    while waiting:
        place = waiting.pop()
        seen.add(place)
        layer = layers[place]
        waiting |= {source for source in layer.inputs if source >= 0} - seen
        if layer.kind in ("MaxPool2d", "max_pool2d", "AdaptiveMaxPool2d", "adaptive_max_pool2d"):
            found.add("pool")
        elif BY_KIND[layer.kind].role == "activation":
            found.add("activation")
    return frozenset(found)
