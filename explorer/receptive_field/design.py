"""What the receptive fields of a network say of its design."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from explorer.caches import remember
from explorer.errors import InputError
from explorer.models.networks import find_network
from explorer.receptive_field.maths import LayerRow, find_last_local, find_unit, trace_layer_table
from explorer.receptive_field.networks import record_network
from explorer.receptive_field.session import Chain


@dataclass(frozen=True)
class Design:
    """What can be read from the fields of a network in an image of one size.

    Attributes:
        whole_from: the first layer from which on each unit's field covers the whole image; None if there is none.
        last: the last layer whose units look at different places; the image's own row if there is none.
        seen_share: share of the image that lies in the field of that layer's middle unit, 0 to 1.
        wide: the layers, all positions joined aside, whose field is larger than the image along both sides.
        padding_share: share of the field of the last of these that lies beside the image, for its middle unit; 0 if there
            are none.
        smallest_size: side of the smallest image that the network takes, in pixels; None where that was not found out.
        is_fixed: whether that is the only size that it takes.
    """

    whole_from: LayerRow | None
    last: LayerRow
    seen_share: float
    wide: tuple[LayerRow, ...]
    padding_share: float
    smallest_size: int | None
    is_fixed: bool


def judge_design(chain: Chain) -> Design:
    """What the fields of a network say of it at the chain's size.

    Args:
        chain: the network, seen in its image.
    """
    rows, size = chain.rows, chain.size
    last = find_last_local(rows)
    wide = tuple(row for row in rows if row.kind != "global" and min(row.sizes) > size)
    smallest, is_fixed = find_smallest_size(chain)
    return Design(
        whole_from=_find_whole(chain),
        last=last,
        seen_share=_measure_middle(chain, last)[0],
        wide=wide,
        padding_share=_measure_middle(chain, wide[-1])[1] if wide else 0.0,
        smallest_size=smallest,
        is_fixed=is_fixed,
    )


def _find_whole(chain: Chain) -> LayerRow | None:
    """The first of the layers at the end all of whose units see from edge to edge."""
    found = None
    for number in range(len(chain.rows) - 1, 0, -1):
        if not all(side.all() for side in chain.find_reach(number)):
            break
        found = chain.rows[number]
    return found


def _measure_middle(chain: Chain, row: LayerRow) -> tuple[float, float]:
    """Of a layer's middle unit: the share of the image that lies in its field, and the share of its field beside the image."""
    middle = ((chain.size - 1) / 2,) * 2
    field = chain.find_field(chain.rows.index(row), find_unit(row, middle))
    top, left, bottom, right = field.clipped
    return (bottom - top) * (right - left) / chain.size**2, field.padding_share


def find_smallest_size(chain: Chain) -> tuple[int | None, bool]:
    """Side of the smallest image that a network takes, of which all smaller ones were tried, and whether it takes no other.

    None where each size would have to be recorded again.
    """
    if chain.layers is not None:
        layers, sizes = chain.layers, range(1, chain.size)
        return next((size for size in sizes if _takes(trace_layer_table, layers, size)), chain.size), False
    network = find_network(chain.model)
    if network.fixed_size:
        return network.input_size, True
    if record_network(network.name).fixed_shape is not None:
        return None, False
    return _find_smallest(network.name), False


def _takes(trace: Callable, *values: Any) -> bool:
    try:
        trace(*values)
    except InputError:
        return False
    return True


@remember(megabytes=1)
def _find_smallest(name: str) -> int:
    network, recording = find_network(name), record_network(name)
    sizes = range(1, network.input_size)
    found = (size for size in sizes if _takes(recording.trace, (network.channels, size, size)))
    return next(found, network.input_size)
