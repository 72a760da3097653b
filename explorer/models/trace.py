"""One walk over any network: the shape, parameters, multiply-adds and receptive field of every layer.

`trace` records a network's operations with torch.fx and follows the shape through them by rule, one rule a kind of
operation. Nothing is computed, the network is neither run nor changed, and one that was built on the meta device,
without numbers, will do. (PyTorch's own meta kernels give the same shapes, at 1.5 s and 120 MB for the first batch
normalisation: they load its compiler.)
"""

from __future__ import annotations

import inspect
import operator
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

import torch
import torch.nn.functional as F
from torch import fx, nn

from explorer.errors import InputError
from explorer.models.catalogue import MODELS, create_model
from explorer.models.fields import UNEVEN, Field, IrregularGridError, ReceptiveField

Shape = tuple[int, ...]


class ShapeError(InputError):
    """A layer cannot take what it is given. `layer`, `kind` and `values` say which layer and which numbers.

    Attributes:
        layers: the layers before it, all of which fit.
        input_shapes: the shapes that reach it.
        inputs: index in `layers` of the layers that it reads from; -1 is the image.
    """

    layers: tuple[Layer, ...] = ()
    input_shapes: tuple[Shape, ...] = ()
    inputs: tuple[int, ...] = ()

    def __init__(self, key: str, layer: str, kind: str, **values):
        self.layer = layer
        self.kind = kind
        super().__init__(key, layer=layer, kind=kind, **values)


class UnsupportedLayerError(InputError):
    """The walk has no rule for an operation. `layer` and `kind` name it."""

    def __init__(self, key: str, layer: str, kind: str, **values):
        self.layer = layer
        self.kind = kind
        super().__init__(key, layer=layer, kind=kind, **values)


@dataclass(frozen=True)
class LayerSettings:
    """The numbers that a layer was built with; None where it has no such setting. Pairs are (height, width).

    Attributes:
        kernel_size: window of a convolution or pooling; None for adaptive pooling.
        stride: step of the window.
        padding: zeros on each side.
        dilation: distance between the taps of the window.
        ceil_mode: whether pooling rounds its output size up.
        groups: groups of channels that a convolution keeps apart.
        in_channels: channels in, of a convolution or batch normalisation.
        out_channels: channels out.
        in_features: inputs of a linear layer.
        out_features: outputs of a linear layer.
        bias: whether there is a bias (of batch normalisation: whether there are scale and shift).
        output_size: size that adaptive pooling is to give.
        pad: `pad` of F.pad as given: (left, right, top, bottom, front, back).
        inplace: whether an activation overwrites its input.
    """

    kernel_size: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int] | None = None
    dilation: tuple[int, int] | None = None
    ceil_mode: bool = False
    groups: int | None = None
    in_channels: int | None = None
    out_channels: int | None = None
    in_features: int | None = None
    out_features: int | None = None
    bias: bool | None = None
    output_size: tuple[int, int] | None = None
    pad: tuple[int, ...] | None = None
    inplace: bool = False


@dataclass(frozen=True)
class Layer:
    """One operation of a network. Shapes are of one image, without the batch dimension.

    Attributes:
        name: path of the module, for example "layer1.0.conv1"; for a function called in a `forward`, the path of
            the module that calls it and the function's name, for example "layer1.0.add".
        kind: class of the module or name of the function, for example "Conv2d" or "add".
        input_shapes: shape of every input.
        output_shape: (C, H, W), or (features,) after flattening.
        num_params: parameters that belong to it; 0 at a second use of the same ones.
        mult_adds: multiply-adds for one image, see `trace`.
        receptive_field: what one unit of its output can see of the image.
        settings: the numbers it was built with.
        inputs: index in `Trace.layers` of the layers it reads from; -1 is the image.
        field_note: key of a sentence that says why its field is global or has no single size and jump, or None.
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
    """

    layers: tuple[Layer, ...]
    input_shape: Shape

    @property
    def output_shape(self) -> Shape:
        """Shape of the last layer's output."""
        return self.layers[-1].output_shape

    @property
    def num_params(self) -> int:
        """Sum over the layers: every parameter that the forward pass uses, once."""
        return sum(layer.num_params for layer in self.layers)

    @property
    def mult_adds(self) -> int:
        """Sum over the layers, for one image."""
        return sum(layer.mult_adds for layer in self.layers)


def trace(model: nn.Module, input_shape: Sequence[int]) -> Trace:
    """Walk a network once, without arithmetic; the network is left exactly as found.

    Multiply-adds follow torchinfo, for one image: a convolution does its parameters' worth of work (bias included)
    at every output position; any other layer does its parameters' worth once; a layer without parameters counts
    as none. Dropout and batch normalisation count as they are in evaluation: every unit on its own.

    Args:
        model: any network whose `forward` torch.fx can record: no branching on the values of tensors.
        input_shape: (C, H, W) of an image, or (N, C, H, W); N makes no difference.

    Raises:
        InputError: input_shape is not three or four whole numbers of at least 1.
        ShapeError: a layer cannot take the shape that reaches it; the sentence has the layer and the arithmetic.
        UnsupportedLayerError: there is no rule for an operation, or its receptive field has no single size.

    >>> from explorer.models.lenet import LeNet5
    >>> record = trace(LeNet5(), (1, 28, 28))
    >>> record.num_params, record.mult_adds, record.layers[3].output_shape, record.layers[3].receptive_field.size
    (61706, 423038, (16, 10, 10), (14, 14))
    """
    return record(model).trace(input_shape)


@dataclass(frozen=True)
class Step:
    """One recorded operation.

    Attributes:
        node: torch.fx's record of it; its `args` name the operations whose results it takes.
        name: as `Layer.name`.
        kind: as `Layer.kind`.
        module: the module that it calls, or None.
    """

    node: fx.Node
    name: str
    kind: str
    module: nn.Module | None = None


class Recording:
    """The operations of one network, recorded once: `trace` follows an input of any size through them.

    The recording reads the network's settings and the sizes of its parameters when it walks, and keeps the network
    alive. It may be used by several threads at once.

    Attributes:
        model: the network.
        steps: its operations, in the order of the computation.
    """

    def __init__(self, model: nn.Module):
        self.model = model
        # One module around the network, so that a single layer can be walked as well, and further arguments of a
        # forward keep their defaults. Every path then begins with "0".
        self._root = nn.Sequential(model)
        self._names: set[str] = set()
        self.steps = tuple(self._step(node) for node in _record(model, self._root).nodes)

    def trace(self, input_shape: Sequence[int], last_layer: str | None = None) -> Trace:
        """As the function `trace`, with the same errors; ends behind `last_layer` where one is named."""
        return _Walk(self, _check_input_shape(input_shape)).run(last_layer)

    def _step(self, node: fx.Node) -> Step:
        if node.op == "call_module":
            module = self._root.get_submodule(str(node.target))
            return Step(node, self._path(str(node.target)), type(module).__name__, module)
        if node.op in ("call_function", "call_method"):
            return Step(node, self._function_name(node), _function_kind(node))
        return Step(node, self._path(str(node.target)), node.op)

    def _function_name(self, node: fx.Node) -> str:
        """Path of the module whose forward calls the function, and the function's name; counted when repeated."""
        if _asks_for_shape(node):
            return _function_kind(node)
        stack = list(node.meta["nn_module_stack"].values())
        path = stack[-1][0].removeprefix("0").removeprefix(".")
        name = base = f"{path}.{_function_kind(node)}" if path else _function_kind(node)
        repeat = 1
        while name in self._names:
            name = f"{base}_{repeat}"
            repeat += 1
        self._names.add(name)
        return name

    def _path(self, target: str) -> str:
        """Path of a module inside the network; the network itself goes by its class."""
        return target.removeprefix("0").removeprefix(".") or type(self.model).__name__


def record(model: nn.Module) -> Recording:
    """Record a network's operations, to be traced at one input size after another; the network is left as found.

    Raises:
        UnsupportedLayerError: torch.fx cannot record its forward.
    """
    return Recording(model)


def trace_shapes(model: nn.Module, input_shape: Sequence[int]) -> list[tuple[str, str, Shape]]:
    """The tutorial's layer-by-layer list (section 6): name, kind and output shape of every layer, without N.

    Raises:
        ValueError: as `trace` does.

    >>> from explorer.models.lenet import LeNet5
    >>> trace_shapes(LeNet5(), (1, 28, 28))[:3]
    [('features.0', 'Conv2d', (6, 28, 28)), ('features.1', 'ReLU', (6, 28, 28)), ('features.2', 'MaxPool2d', (6, 14, 14))]
    """  # noqa: E501
    return [(layer.name, layer.kind, layer.output_shape) for layer in trace(model, input_shape).layers]


@lru_cache(maxsize=256)
def trace_catalogue(name: str, input_shape: Shape, **changes) -> Trace:
    """Trace a network of the catalogue at any input; remembered, since a catalogue's architecture never changes.

    Args:
        name: a key of MODELS.
        input_shape: (C, H, W); the network is built for C channels.
        **changes: keyword arguments of its constructor, for example `small_input=False`.

    Raises:
        ValueError: as `create_model` and `trace` do.
    """
    input_shape = _check_input_shape(input_shape)
    return record_catalogue(name, input_shape[0], **changes).trace(input_shape)


@lru_cache(maxsize=64)
def record_catalogue(name: str, channels: int = 1, **changes) -> Recording:
    """The recording of a network of the catalogue, built without numbers for images of so many channels.

    Raises:
        ValueError: as `create_model` does.
    """
    with torch.device("meta"):
        model = create_model(name, **_channel_setting(name, channels), **changes)
    return record(model)


def _channel_setting(name: str, channels: int) -> dict:
    """The keyword that builds this network for so many channels; its height and width stay as they are."""
    if name not in MODELS:
        return {}
    entry = MODELS[name]
    if "input_shape" in inspect.signature(entry.build).parameters:
        return {"input_shape": (channels, *entry.input_shape[1:])}
    return {"in_channels": channels}


def _check_input_shape(input_shape: Sequence[int]) -> Shape:
    """(C, H, W) as ints, from (C, H, W) or (N, C, H, W)."""
    shape = tuple(input_shape)
    whole = all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in shape)
    if len(shape) not in (3, 4) or not whole:
        raise InputError("trace.input_shape", shape=shape)
    return shape[-3:]


# fx replaces nn.Module.__call__ for the whole process while it records, so two recordings must not overlap.
_RECORDING = threading.Lock()


class _Recorder(fx.Tracer):
    """Records a network's operations and leaves every other thread, and every hook, alone."""

    def __init__(self):
        super().__init__()
        self._thread = threading.get_ident()

    def call_module(self, m, forward, args, kwargs):
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, m.forward, args, kwargs)

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def _record(model: nn.Module, root: nn.Module) -> fx.Graph:
    try:
        with _RECORDING:
            return _Recorder().trace(root)
    except Exception as error:
        raise UnsupportedLayerError(
            "trace.not_recordable", layer=type(model).__name__, kind=type(error).__name__, reason=_first_line(error)
        ) from error


@dataclass(frozen=True)
class _Signal:
    """What flows along an edge of the graph: a shape, its field, where it came from, and the map that it was."""

    shape: Shape
    field: Field
    source: int
    grid: Shape


@dataclass(frozen=True)
class _Output:
    """What a rule finds: the shape that comes out, its field, and the layer's settings."""

    shape: Shape
    field: Field
    settings: LayerSettings = LayerSettings()


@dataclass(frozen=True)
class _Call:
    """One operation with its inputs: what a rule sees."""

    name: str
    kind: str
    signals: tuple[_Signal, ...]
    args: tuple
    kwargs: Mapping
    module: nn.Module | None = None

    @property
    def first(self) -> _Signal:
        return self.signals[0]

    def misfit(self, key: str, **values) -> ShapeError:
        return ShapeError(f"trace.{key}", self.name, self.kind, **values)

    def unsupported(self, key: str = "unsupported", **values) -> UnsupportedLayerError:
        return UnsupportedLayerError(f"trace.{key}", self.name, self.kind, **values)

    def argument(self, position: int, name: str, default=None):
        """Argument of a function by position (the tensor is 0) or name."""
        return self.args[position] if len(self.args) > position else self.kwargs.get(name, default)


# A rule checks that a call's inputs fit, and says what comes out.
_Rule = Callable[[_Call], _Output]


class _Walk:
    """Follows shapes through the recorded operations of one network."""

    def __init__(self, recording: Recording, input_shape: Shape):
        self.recording = recording
        self.input_shape = input_shape
        self.layers: list[Layer] = []
        self.counted: set[int] = set()

    def run(self, last_layer: str | None = None) -> Trace:
        values: dict[fx.Node, object] = {}
        for step in self.recording.steps:
            args, kwargs = fx.node.map_arg((step.node.args, step.node.kwargs), values.__getitem__)
            if step.node.op == "output":
                self._check_output(args[0])
            else:
                values[step.node] = self._step(step, tuple(args), dict(kwargs))
            if last_layer is not None and self.layers and self.layers[-1].name == last_layer:
                break
        return Trace(tuple(self.layers), self.input_shape)

    def _step(self, step: Step, args: tuple, kwargs: dict):
        node = step.node
        if node.op == "placeholder":
            return _Signal(self.input_shape, Field.of_image(*self.input_shape[1:]), -1, self.input_shape)
        signals = tuple(_signals(args)) + tuple(_signals(tuple(kwargs.values())))
        if node.op == "get_attr":
            raise UnsupportedLayerError("trace.unsupported", step.name, "parameter")
        call = _Call(step.name, step.kind, signals, args, kwargs, step.module)
        if node.op == "call_module":
            return self._layer(call, _MODULE_RULES.get(type(step.module)))
        if not signals:
            return node.target(*args, **kwargs)
        if _asks_for_shape(node):
            return _answer_shape(node, args)
        rules = _METHOD_RULES if node.op == "call_method" else _FUNCTION_RULES
        return self._layer(call, rules.get(node.target))

    def _layer(self, call: _Call, rule: _Rule | None) -> _Signal:
        if rule is None:
            raise call.unsupported()
        try:
            output = rule(call)
        except ShapeError as error:
            error.layers = tuple(self.layers)
            error.input_shapes = tuple(signal.shape for signal in call.signals)
            error.inputs = tuple(signal.source for signal in call.signals)
            raise
        except IrregularGridError as error:
            raise call.unsupported(error.key, **error.values) from error
        self._record_layer(call, output)
        grid = output.shape if len(output.shape) == 3 else call.first.grid
        return _Signal(output.shape, output.field, len(self.layers) - 1, grid)

    def _record_layer(self, call: _Call, output: _Output) -> None:
        parameters = [] if call.module is None else list(call.module.parameters(recurse=False))
        fresh = [parameter for parameter in parameters if id(parameter) not in self.counted]
        self.counted.update(map(id, parameters))
        positions = prod(output.shape[1:]) if isinstance(call.module, nn.Conv2d) else 1
        self.layers.append(
            Layer(
                name=call.name,
                kind=call.kind,
                input_shapes=tuple(signal.shape for signal in call.signals),
                output_shape=output.shape,
                num_params=sum(parameter.numel() for parameter in fresh),
                mult_adds=sum(parameter.numel() for parameter in parameters) * positions,
                receptive_field=output.field.describe(),
                settings=output.settings,
                inputs=tuple(signal.source for signal in call.signals),
                field_note=_field_note(call, output.field),
            )
        )

    def _check_output(self, output) -> None:
        if not isinstance(output, _Signal) or not self.layers:
            raise UnsupportedLayerError("trace.several_outputs", type(self.recording.model).__name__, "output")


def _field_note(call: _Call, field: Field) -> str | None:
    """Why the field has no single size and jump."""
    described = field.describe()
    if described.is_global:
        return "trace.note_linear" if call.kind == "Linear" else "trace.note_global_pool"
    return f"trace.note_{described.note}" if described.note else None


def _signals(value):
    """Every signal in an argument, lists and tuples included."""
    if isinstance(value, _Signal):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _signals(item)


def _asks_for_shape(node: fx.Node) -> bool:
    """Whether an operation asks for a shape rather than computing a feature map."""
    if node.op == "call_method":
        return node.target in ("size", "dim")
    return node.target is getattr and node.args[1] in ("shape", "ndim")


def _answer_shape(node: fx.Node, args: tuple):
    size = torch.Size((1, *args[0].shape))
    if node.target == "dim" or (node.target is getattr and args[1] == "ndim"):
        return len(size)
    return size[args[1]] if node.target == "size" and len(args) > 1 else size


def _function_kind(node: fx.Node) -> str:
    name = str(node.target) if node.op == "call_method" else getattr(node.target, "__name__", str(node.target))
    return {"iadd": "add", "imul": "mul"}.get(name, name)


def _by(sizes: Sequence[int]) -> str:
    return " × ".join(map(str, sizes))


def _product(sizes: Sequence[int]) -> str:
    """`576 = 16 × 6 × 6`, or just the number when there is one factor."""
    return str(prod(sizes)) if len(sizes) < 2 else f"{prod(sizes)} = {_by(sizes)}"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


def _pair(value) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _need_map(call: _Call) -> Shape:
    shape = call.first.shape
    if len(shape) != 3:
        raise call.misfit("needs_map", shape=_by(shape))
    return shape


def _slide(call: _Call, settings: LayerSettings, channels: int) -> _Output:
    """A window that slides over height and width: convolution and pooling."""
    _, *sizes = _need_map(call)
    window = list(zip(sizes, settings.kernel_size, settings.stride, settings.padding, settings.dilation))
    outputs = [_window_outputs(*axis, settings.ceil_mode) for axis in window]
    if min(outputs) < 1:
        spans = [dilation * (kernel - 1) + 1 for _, kernel, _, _, dilation in window]
        room = [size + 2 * padding for size, _, _, padding, _ in window]
        sums = " × ".join(f"({size} + 2·{padding})" for size, _, _, padding, _ in window)
        padded = f"{_by(room)} = {sums}" if any(settings.padding) else _by(room)
        raise call.misfit("kernel_too_large", kernel=_by(spans), padded=padded)
    before = call.first.field
    axes = [
        axis.slide(kernel, stride, padding, dilation, count)
        for axis, (_, kernel, stride, padding, dilation), count in zip((before.height, before.width), window, outputs)
    ]
    return _Output((channels, *outputs), Field(*axes, before.note), settings)


def _window_outputs(size: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """Positions of a window; with `ceil_mode` one that hangs over counts, if it begins on the input or before it."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def _conv_rule(call: _Call) -> _Output:
    conv = call.module
    channels = _need_map(call)[0]
    if channels != conv.in_channels:
        raise call.misfit("channels", expected=conv.in_channels, got=channels)
    if conv.padding_mode != "zeros":
        raise call.unsupported("unsupported_setting", setting=f"padding_mode={conv.padding_mode!r}")
    settings = LayerSettings(
        kernel_size=conv.kernel_size,
        stride=conv.stride,
        padding=_conv_padding(call),
        dilation=conv.dilation,
        groups=conv.groups,
        in_channels=conv.in_channels,
        out_channels=conv.out_channels,
        bias=conv.bias is not None,
    )
    return _slide(call, settings, conv.out_channels)


def _conv_padding(call: _Call) -> tuple[int, int]:
    conv = call.module
    if conv.padding == "valid":
        return (0, 0)
    if conv.padding != "same":
        return _pair(conv.padding)
    totals = [dilation * (kernel - 1) for kernel, dilation in zip(conv.kernel_size, conv.dilation)]
    if any(total % 2 for total in totals):
        raise call.unsupported("unsupported_setting", setting="padding='same' with an even kernel")
    return totals[0] // 2, totals[1] // 2


def _pool_rule(call: _Call, **arguments) -> _Output:
    """Pooling by a module's attributes or a function's arguments."""
    options = arguments or vars(call.module)
    if options.get("return_indices"):
        raise call.unsupported("unsupported_setting", setting="return_indices=True")
    kernel_size = _pair(options["kernel_size"])
    stride = options.get("stride")
    settings = LayerSettings(
        kernel_size=kernel_size,
        stride=kernel_size if stride in (None, []) else _pair(stride),
        padding=_pair(options.get("padding", 0)),
        dilation=_pair(options.get("dilation", 1)),
        ceil_mode=bool(options.get("ceil_mode", False)),
    )
    for kernel, padding, dilation in zip(kernel_size, settings.padding, settings.dilation):
        if padding > (dilation * (kernel - 1) + 1) // 2:
            raise call.misfit("pool_padding", padding=padding, kernel=_by(kernel_size))
    return _slide(call, settings, call.first.shape[0])


def _adaptive_rule(call: _Call, output_size=None) -> _Output:
    channels, height, width = _need_map(call)
    asked = _pair_or_none(call.module.output_size if call.module is not None else output_size)
    target = (height if asked[0] is None else asked[0], width if asked[1] is None else asked[1])
    before = call.first.field
    adapted = Field(before.height.adapt(height, target[0]), before.width.adapt(width, target[1]), before.note)
    if any(axis.jump is None and not axis.is_global for axis in (adapted.height, adapted.width)):
        adapted = replace(adapted, note=UNEVEN)
    return _Output((channels, *target), adapted, LayerSettings(output_size=target))


def _pair_or_none(value) -> tuple[int | None, int | None]:
    return (value, value) if value is None or isinstance(value, int) else tuple(value)


def _linear_rule(call: _Call) -> _Output:
    linear, shape = call.module, call.first.shape
    if len(shape) != 1:
        raise call.misfit("needs_vector", shape=_by(shape))
    if shape[0] != linear.in_features:
        grid = call.first.grid
        got = _product(grid) if prod(grid) == shape[0] else str(shape[0])
        raise call.misfit("features", expected=linear.in_features, got=got)
    settings = LayerSettings(
        in_features=linear.in_features, out_features=linear.out_features, bias=linear.bias is not None
    )
    return _Output((linear.out_features,), call.first.field.join(), settings)


def _batch_norm_rule(call: _Call) -> _Output:
    norm, shape = call.module, call.first.shape
    if isinstance(norm, nn.BatchNorm2d):
        _need_map(call)
    elif len(shape) != 1:
        raise call.misfit("needs_vector", shape=_by(shape))
    if shape[0] != norm.num_features:
        raise call.misfit("channels", expected=norm.num_features, got=shape[0])
    settings = LayerSettings(in_channels=shape[0], out_channels=shape[0], bias=norm.affine)
    return _Output(shape, call.first.field, settings)


def _pointwise_rule(call: _Call) -> _Output:
    inplace = bool(getattr(call.module, "inplace", False) or call.kwargs.get("inplace", False))
    return _Output(call.first.shape, call.first.field, LayerSettings(inplace=inplace))


def _softmax_rule(call: _Call) -> _Output:
    if call.module.dim != 1:
        raise call.unsupported("unsupported_setting", setting=f"dim={call.module.dim}")
    return _pointwise_rule(call)


def _flatten_rule(call: _Call) -> _Output:
    if call.module is not None:
        first, last = call.module.start_dim, call.module.end_dim
    else:
        first, last = call.argument(1, "start_dim", 0), call.argument(2, "end_dim", -1)
    if first != 1 or last not in (-1, len(call.first.shape)):
        raise call.unsupported("unsupported_setting", setting=f"start_dim={first}, end_dim={last}")
    return _Output((prod(call.first.shape),), call.first.field.flatten())


def _view_rule(call: _Call) -> _Output:
    """A new shape of the same numbers: supported where it flattens, or changes nothing."""
    sizes = call.args[1:] or (call.kwargs.get("shape") or call.kwargs["size"],)
    sizes = tuple(sizes[0]) if isinstance(sizes[0], (list, tuple)) else tuple(sizes)
    before = (1, *call.first.shape)
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or prod(before) % known or (-1 not in sizes and known != prod(before)):
        raise call.misfit("view", input=_product(call.first.shape), output=_by(sizes))
    after = tuple(prod(before) // known if size == -1 else size for size in sizes)
    if after == before:
        return _Output(call.first.shape, call.first.field)
    if len(after) != 2:
        raise call.unsupported("unsupported_setting", setting=f"shape={after}")
    if after[0] != 1:
        raise call.misfit("batch_lost", input=_product(call.first.shape), output=_by(after))
    return _Output(after[1:], call.first.field.flatten())


def _sum_rule(call: _Call) -> _Output:
    """Sum, difference or product of branches; a number beside a branch changes no field."""
    shapes = [signal.shape for signal in call.signals]
    fits = all(len({size for size in sizes if size != 1}) <= 1 for sizes in zip(*shapes))
    if len(set(map(len, shapes))) != 1 or not fits:
        raise call.misfit("branches", shapes=", ".join(map(_by, shapes)))
    return _Output(tuple(map(max, *shapes)) if len(shapes) > 1 else shapes[0], _union(call))


def _cat_rule(call: _Call) -> _Output:
    dim = call.argument(1, "dim", 0)
    shapes = [signal.shape for signal in call.signals]
    if dim not in (1, -len(shapes[0])):
        raise call.unsupported("unsupported_setting", setting=f"dim={dim}")
    if len({shape[1:] for shape in shapes}) != 1:
        raise call.misfit("branches", shapes=", ".join(map(_by, shapes)))
    return _Output((sum(shape[0] for shape in shapes), *shapes[0][1:]), _union(call))


def _union(call: _Call) -> Field:
    union = call.first.field
    for signal in call.signals[1:]:
        union = union.unite(signal.field)
    return union


def _mean_rule(call: _Call) -> _Output:
    channels, *_ = _need_map(call)
    dims = call.argument(1, "dim", ())
    if not isinstance(dims, (list, tuple)) or {dim % 4 for dim in dims} != {2, 3}:
        raise call.unsupported("unsupported_setting", setting=f"dim={dims}")
    shape = (channels, 1, 1) if call.argument(2, "keepdim", False) else (channels,)
    return _Output(shape, call.first.field.join(), LayerSettings(output_size=(1, 1)))


def _pad_rule(call: _Call) -> _Output:
    channels, height, width = _need_map(call)
    pad = tuple(call.argument(1, "pad"))
    mode = call.argument(2, "mode", "constant")
    if mode != "constant" or any(pad[6:]):
        raise call.unsupported("unsupported_setting", setting=f"pad={pad}, mode={mode!r}")
    left, right, top, bottom, front, back = (*pad, 0, 0, 0, 0, 0, 0)[:6]
    shape = (channels + front + back, height + top + bottom, width + left + right)
    if min(shape) < 1:
        raise call.unsupported("unsupported_setting", setting=f"pad={pad}")
    before = call.first.field
    shifted = Field(before.height.shift(top), before.width.shift(left), before.note)
    return _Output(shape, shifted, LayerSettings(pad=pad))


def _pool_function_rule(*names: str) -> _Rule:
    """The rule of a pooling function, from the names of its arguments after the input."""

    def rule(call: _Call) -> _Output:
        return _pool_rule(call, **dict(zip(names, call.args[1:])), **call.kwargs)

    return rule


def _adaptive_function_rule(call: _Call) -> _Output:
    return _adaptive_rule(call, call.argument(1, "output_size"))


POINTWISE_MODULES = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
    nn.Tanh, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.LogSigmoid,
    nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.Identity, nn.LocalResponseNorm,
)  # fmt: skip

POINTWISE_FUNCTIONS = (
    F.relu, torch.relu, F.relu6, F.gelu, F.silu, F.leaky_relu, F.elu, F.dropout, F.dropout2d, torch.sigmoid, torch.tanh,
    F.hardswish, "relu", "relu_", "sigmoid", "tanh", "contiguous",
)  # fmt: skip

_MODULE_RULES: Mapping[type[nn.Module], _Rule] = {
    nn.Conv2d: _conv_rule,
    nn.MaxPool2d: _pool_rule,
    nn.AvgPool2d: _pool_rule,
    nn.AdaptiveAvgPool2d: _adaptive_rule,
    nn.AdaptiveMaxPool2d: _adaptive_rule,
    nn.BatchNorm2d: _batch_norm_rule,
    nn.BatchNorm1d: _batch_norm_rule,
    nn.Flatten: _flatten_rule,
    nn.Linear: _linear_rule,
    nn.Softmax: _softmax_rule,
    nn.LogSoftmax: _softmax_rule,
    **dict.fromkeys(POINTWISE_MODULES, _pointwise_rule),
}

_MAX_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")

_FUNCTION_RULES: Mapping[Callable, _Rule] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add), _sum_rule),
    **dict.fromkeys((operator.sub, operator.isub, torch.sub), _sum_rule),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul), _sum_rule),
    torch.cat: _cat_rule,
    torch.concat: _cat_rule,
    torch.flatten: _flatten_rule,
    torch.reshape: _view_rule,
    torch.mean: _mean_rule,
    F.pad: _pad_rule,
    F.max_pool2d: _pool_function_rule(*_MAX_POOL_ARGUMENTS),
    torch.max_pool2d: _pool_function_rule(*_MAX_POOL_ARGUMENTS),
    F.avg_pool2d: _pool_function_rule(*_AVG_POOL_ARGUMENTS),
    F.adaptive_avg_pool2d: _adaptive_function_rule,
    F.adaptive_max_pool2d: _adaptive_function_rule,
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if callable(name)), _pointwise_rule),
}

_METHOD_RULES: Mapping[str, _Rule] = {
    "flatten": _flatten_rule,
    "view": _view_rule,
    "reshape": _view_rule,
    "mean": _mean_rule,
    **dict.fromkeys(("add", "add_", "sub", "sub_", "mul", "mul_"), _sum_rule),
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if isinstance(name, str)), _pointwise_rule),
}
