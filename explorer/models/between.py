"""The field of a layer in another layer: which units of the one a unit of the other sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.errors import InputError
from explorer.models.calls import Call, Output, Signal
from explorer.models.fields import Field
from explorer.models.records import Shape, Trace
from explorer.models.trace import Recording, Step, _Walk


def trace_between(recording: Recording, input_shape: Sequence[int], source: str) -> Trace:
    """Trace a network as if a layer's feature map were the image: fields are measured in units of that layer.

    Paths that do not pass through the layer count for nothing: what sees the image only beside it sees nothing (its field
    has the size 0), and so does all that comes before the layer, and the layer itself.

    Args:
        recording: of the network.
        input_shape: (C, H, W) of the image.
        source: name of the layer, the first use of one that is used several times.

    Raises:
        InputError: there is no such layer, or its output is not a feature map.
        ShapeError, UnsupportedLayerError: as `Recording.trace`.

    >>> from torch import nn
    >>> network = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2), nn.Conv2d(2, 2, 3), nn.MaxPool2d(2))
    >>> fields = [layer.receptive_field.size for layer in trace_between(Recording(network), (1, 20, 20), "0").layers]
    >>> fields
    [(0, 0), (3, 3), (4, 4)]
    """
    shape = tuple(input_shape)[-3:]
    layers = recording.trace(shape).layers
    found = next((layer for layer in layers if layer.name == source), None)
    if found is None:
        raise InputError("trace.no_layer", layer=str(source)[:80])
    if found.map_axes is None:
        raise InputError("trace.no_map", layer=found.name, kind=found.kind)
    rows, columns = (found.output_shape[axis] for axis in found.map_axes)
    return _WalkFrom(recording.at(shape), shape, layers.index(found), (rows, columns)).run()


class _WalkFrom(_Walk):
    """Follows fields from a layer on."""

    def __init__(self, recording: Recording, input_shape: Shape, source: int, sides: tuple[int, int]):
        super().__init__(recording, input_shape)
        self.source = source
        self.sides = sides

    def _step(self, step: Step, args: tuple, kwargs: dict):
        result = super()._step(step, args, kwargs)
        if step.node.op == "placeholder":
            return replace(result, field=Field.of_nothing(*self.input_shape[1:]))
        return result

    def _signal(self, call: Call, output: Output) -> Signal:
        signal = super()._signal(call, output)
        return replace(signal, field=Field.of_image(*self.sides)) if len(self.layers) - 1 == self.source else signal
