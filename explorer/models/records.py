"""What a walk over a network hands out: a record a layer, and what can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

from explorer.errors import InputError
from explorer.models.fields import ReceptiveField
from explorer.text import translate

Shape = tuple[int, ...]


class ShapeError(InputError):
    """A layer cannot take what it is given. `layer`, `kind` and `values` say which layer and which numbers.

    Attributes:
        problem: which rule is broken, such as "channels" or "kernel_too_large"; the sentence has the same name.
        layers: the layers before it, all of which fit.
        input_shapes: the shapes that reach it.
        inputs: index in `layers` of the layers that it reads from; -1 is the image.
    """

    layers: tuple[Layer, ...] = ()
    input_shapes: tuple[Shape, ...] = ()
    inputs: tuple[int, ...] = ()

    def __init__(self, problem: str, layer: str, kind: str, **values):
        self.problem = problem
        self.layer = layer
        self.kind = kind
        super().__init__(f"trace.{problem}", layer=layer, kind=kind, **values)


class UnsupportedLayerError(InputError):
    """The walk has no rule for an operation. `layer` and `kind` name it.

    Attributes:
        place: file and line of the forward that calls it, "network.py:12"; None where they are not known.
    """

    place: str | None = None

    def __init__(self, key: str, layer: str, kind: str, **values):
        self.layer = layer
        self.kind = kind
        super().__init__(key, layer=layer, kind=kind, **values)

    def put_place(self, place: str | None) -> UnsupportedLayerError:
        """The same error, whose sentence ends with the place."""
        if place is not None and self.place is None:
            self.place = place
            self.args = (self.sentence("en"),)
        return self

    def sentence(self, language: str) -> str:
        """The sentence in that language, and where in the network's code it happens."""
        sentence = super().sentence(language)
        return sentence if self.place is None else f"{sentence} {translate(language, 'trace.place', place=self.place)}"


@dataclass(frozen=True)
class Window:
    """A window that slides over height and width; all are pairs (height, width), see `LayerSettings`."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    padding_after: tuple[int, int]
    dilation: tuple[int, int]


@dataclass(frozen=True)
class LayerSettings:
    """The numbers that a layer was built with; None where it has no such setting. Pairs are (height, width).

    Attributes:
        kernel_size: window of a convolution or pooling; None for adaptive pooling.
        stride: step of the window.
        padding: zeros on each side; where the sides differ, before the first row and column.
        padding_after: zeros after the last row and column, where these are others (an even kernel that keeps the
            size); None where they are the same.
        dilation: distance between the taps of the window.
        ceil_mode: whether pooling rounds its output size up.
        groups: groups of channels that a convolution keeps apart.
        in_channels: channels in, of a convolution or batch normalisation.
        out_channels: channels out.
        in_features: inputs of a linear layer.
        out_features: outputs of a linear layer.
        bias: whether there is a bias (of batch normalisation: whether there are scale and shift).
        output_size: size that adaptive pooling is to give.
        output_padding: rows and columns added at the end by a transposed convolution.
        pad: `pad` of F.pad as given: (left, right, top, bottom, front, back).
        inplace: whether an activation overwrites its input.
    """

    kernel_size: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None
    padding_after: tuple[int, int] | None = None
    dilation: tuple[int, int] | None = None
    ceil_mode: bool = False
    groups: int | None = None
    in_channels: int | None = None
    out_channels: int | None = None
    in_features: int | None = None
    out_features: int | None = None
    bias: bool | None = None
    output_size: tuple[int, int] | None = None
    output_padding: tuple[int, int] | None = None
    pad: tuple[int, ...] | None = None
    inplace: bool = False

    @property
    def window(self) -> Window:
        """The window of a convolution or pooling.

        Raises:
            ValueError: the layer has none.
        """
        kernel_size, stride, padding, dilation = self.kernel_size, self.stride, self.padding, self.dilation
        if kernel_size is None or stride is None or padding is None or dilation is None:
            raise ValueError(f"a window needs kernel_size, stride, padding and dilation, got {self}")
        return Window(kernel_size, stride, padding, self.padding_after or padding, dilation)


@dataclass(frozen=True)
class Layer:
    """One operation of a network. Shapes are of one image, without the batch dimension.

    Attributes:
        name: path of the module, for example "layer1.0.conv1"; for a function called in a `forward`, the path of
            the module that calls it and the function's name, for example "layer1.0.add".
        kind: class of the module or name of the function, for example "Conv2d" or "add".
        input_shapes: shape of every input.
        output_shape: (C, H, W), (features,) after flattening, or as the network orders it: (H, W, C),
            (tokens, features).
        num_params: parameters that belong to it; 0 at a second use of the same ones.
        mult_adds: multiply-adds for one image, see `trace`.
        receptive_field: what one unit of its output can see of the image.
        settings: the numbers it was built with.
        inputs: index in `Trace.layers` of the layers it reads from; -1 is the image.
        field_note: key of a sentence that says why its field is global or has no single size and jump, or None.
        map_axes: where height and width stand in the output's shape, (1, 2) for (C, H, W); None if it is not a map.
    """

    name: str
    kind: str
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    num_params: int
    mult_adds: int
    receptive_field: ReceptiveField
    settings: LayerSettings
    inputs: tuple[int, ...]
    field_note: str | None = None
    map_axes: tuple[int, int] | None = None

    @property
    def input_shape(self) -> Shape:
        """Shape of the first input."""
        return self.input_shapes[0]

    @property
    def activation_bytes(self) -> int:
        """Bytes of its output for one image, in float32."""
        return 4 * prod(self.output_shape)


@dataclass(frozen=True)
class Trace:
    """What `trace` found.

    Attributes:
        layers: every operation, in the order of the computation.
        input_shape: (C, H, W) of the image.
        unused: parameters that this forward does not run: path of the outermost module of which nothing is used (or of
            the parameter itself) -> how many numbers. Empty in the layers before one that breaks.
        outputs: what the forward gives: place in the tuple or dict that it returns, "" where it returns one tensor,
            and the shape there. Empty in the layers before one that breaks.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    unused: Mapping[str, int] = field(default_factory=dict)
    outputs: tuple[tuple[str, Shape], ...] = ()

    @property
    def output_shape(self) -> Shape:
        """Shape of what the forward returns, of the first of several; without that, of the last layer's output."""
        return self.outputs[0][1] if self.outputs else self.layers[-1].output_shape

    @property
    def num_params(self) -> int:
        """Sum over the layers: every parameter that the forward pass uses, once."""
        return sum(layer.num_params for layer in self.layers)

    @property
    def num_params_total(self) -> int:
        """Every parameter of the network once, those that this forward does not run as well."""
        return self.num_params + sum(self.unused.values())

    @property
    def mult_adds(self) -> int:
        """Sum over the layers, for one image."""
        return sum(layer.mult_adds for layer in self.layers)
