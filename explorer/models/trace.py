"""One walk over any network: the shape, parameters, multiply-adds and receptive field of every layer.

`record` records a network's operations with torch.fx, once; `Recording.trace` follows a shape through them by rule,
one rule a kind of operation (operations.py), at one input size after another. Nothing is computed, the network is neither
run nor changed, and one that was built on the meta device, without numbers, will do. (PyTorch's own meta kernels give
the same shapes, at 1.5 s and 120 MB for the first batch normalisation: they load its compiler.)
"""

from __future__ import annotations

import copy
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn.parameter import is_lazy

from explorer.caches import remember
from explorer.errors import InputError, first_line
from explorer.locks import fork_safe_locks
from explorer.models import attention_rules, joining_rules, order_rules, window_rules
from explorer.models.calls import Call, Output, Signal, Weight, bound_rule, by, find_all, make_map
from explorer.models.catalogue import MODELS, create_model
from explorer.models.fields import MAX_UNITS, Field, MapTooLargeError
from explorer.models.operations import Operation, find_operation, name_kind
from explorer.models.real_recording import CallNode, record_forward, work_out_shape
from explorer.models.real_run import copy_structure, find_raised, keep_random_state, lock_wrapped
from explorer.models.records import Layer, LayerSettings, Shape, ShapeError, Trace, UnsupportedLayerError

__all__ = [
    "Layer",
    "LayerSettings",
    "Recording",
    "Shape",
    "ShapeError",
    "Step",
    "Trace",
    "UnsupportedLayerError",
    "record",
    "record_catalogue",
    "trace",
    "trace_catalogue",
    "trace_shapes",
]


def trace(model: nn.Module, input_shape: Sequence[int]) -> Trace:
    """Walk a network once, without arithmetic; the network is left exactly as found.

    Multiply-adds follow torchinfo, for one image: a convolution does its parameters' worth of work (bias included)
    at every output position; any other layer does its parameters' worth once; a layer without parameters counts
    as none. Unlike torchinfo, a fully connected layer counts once for every position that it is applied to (tokens,
    pixels of a channels-last map), a transposed convolution's weights count at every input position, and attention's
    two matrix products count. Dropout and batch normalisation count as they are in evaluation: every unit on its own.

    Hooks belong to the network: they run once, without numbers, and what they change in an output counts; but they run in
    a copy of the network and of all that they hold, so that what they write down is thrown away with it (a file or a
    global variable is no part of the copy: what a hook writes there stays).

    Args:
        model: any network whose `forward` does not branch on the values of tensors. It is followed as in a plain call
            `model(image)`: on the processor, with gradients on, in the mode that its modules are in.
        input_shape: (C, H, W) of an image, or (N, C, H, W); N makes no difference.

    Raises:
        InputError: input_shape is not three or four whole numbers of at least 1.
        ShapeError: a layer cannot take the shape that reaches it; the sentence has the layer and the arithmetic.
        UnsupportedLayerError: there is no rule for an operation.

    >>> from explorer.models.lenet import LeNet5
    >>> record = trace(LeNet5(), (1, 28, 28))
    >>> record.num_params, record.mult_adds, record.layers[3].output_shape, record.layers[3].receptive_field.size
    (61706, 423038, (16, 10, 10), (14, 14))
    """
    return record(model, input_shape).trace(input_shape)


def record(model: nn.Module, input_shape: Sequence[int] | None = None) -> Recording:
    """Record a network's operations, to be traced at one input size after another; the network is left as found.

    Args:
        model: any network.
        input_shape: (C, H, W) of an image at which the recording is compared with the network's own forward; without
            it, that is done at the first that is traced.

    Raises:
        UnsupportedLayerError: a module cannot be looked into; with `input_shape` also as `trace` does.
        ShapeError: with `input_shape`, as `trace` does.
    """
    return Recording(model, input_shape)


def trace_shapes(model: nn.Module, input_shape: Sequence[int]) -> list[tuple[str, str, Shape]]:
    """The tutorial's layer-by-layer list (section 6): name, kind and output shape of every layer, without N.

    Raises:
        ValueError: as `trace` does.

    >>> from explorer.models.lenet import LeNet5
    >>> trace_shapes(LeNet5(), (1, 28, 28))[:3]
    [('features.0', 'Conv2d', (6, 28, 28)), ('features.1', 'ReLU', (6, 28, 28)), ('features.2', 'MaxPool2d', (6, 14, 14))]
    """
    return [(layer.name, layer.kind, layer.output_shape) for layer in trace(model, input_shape).layers]


@remember(megabytes=32)
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


@remember(megabytes=64)
def record_catalogue(name: str, channels: int = 1, **changes) -> Recording:
    """The recording of a network of the catalogue, built without numbers for images of so many channels.

    Raises:
        ValueError: as `create_model` does.
        InputError: it takes images of other channels only.
        UnsupportedLayerError: its constructor looks at numbers, or its forward cannot be recorded.
    """
    setting = _channel_setting(name, channels) if name in MODELS else {}
    try:
        with torch.device("meta"):
            model = create_model(name, **setting, **changes)
    except (RuntimeError, NotImplementedError) as error:  # it looks at numbers while it is built
        raise _refuse("not_buildable", name, error) from error
    return record(model)


def _channel_setting(name: str, channels: int) -> dict:
    """The keyword that builds this network for so many channels; its height and width stay as they are.

    Raises:
        InputError: it is built for images of other channels, and has no such keyword.
    """
    entry = MODELS[name]
    keywords = inspect.signature(entry.build).parameters
    if "input_shape" in keywords:
        return {"input_shape": (channels, *entry.input_shape[1:])}
    if "in_channels" in keywords or any(each.kind is each.VAR_KEYWORD for each in keywords.values()):
        return {"in_channels": channels}
    if channels != entry.input_shape[0]:
        raise InputError("trace.only_channels", title=entry.title, wanted=entry.input_shape[0], channels=channels)
    return {}


def _check_input_shape(input_shape: Sequence[int]) -> Shape:
    """(C, H, W) as ints, from (C, H, W) or (N, C, H, W)."""
    shape = tuple(input_shape)
    whole = all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in shape)
    if len(shape) not in (3, 4) or not whole:
        raise InputError("trace.input_shape", shape=shape)
    return shape[-3:]


# fx replaces nn.Module.__call__ for the whole process while it records, so two recordings must not overlap.
_LOCKS = fork_safe_locks(["recording"])


class _StandIn(fx.Proxy):
    """What torch.fx passes through a forward; it notes whether the forward asks whether it is a tensor or a number."""

    tracer: _Recorder

    @property  # type: ignore[misc]  # isinstance() reads it
    def __class__(self):
        name = sys._getframe(1).f_globals.get("__name__", "")
        if not name.startswith("torch."):
            self.tracer.was_typed = True
        return _StandIn


class _Recorder(fx.Tracer):
    """Records a network's operations and leaves every other thread, and every hook, alone.

    Attributes:
        was_asked: whether the forward asked for a value that a stand-in does not have. It fails then, unless it catches that.
        was_typed: whether it asked for a type. At another size it may go another way, which a stand-in would not go.
    """

    def __init__(self):
        super().__init__()
        self.was_asked = self.was_typed = False
        self._thread = threading.get_ident()

    def proxy(self, node):
        return _StandIn(node, self)

    def to_bool(self, obj):
        self.was_asked = True
        return super().to_bool(obj)

    def iter(self, obj):
        self.was_asked = True
        return super().iter(obj)

    def is_leaf_module(self, m, module_qualified_name):
        return find_operation(type(m)) is not None or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m, forward, args, kwargs):
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, m.forward, args, kwargs)

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


def _record(root: nn.Module) -> tuple[list[fx.Node], dict[str, Weight], bool]:
    """torch.fx's nodes, the tensors that they read by name, and whether each size must be compared by itself.

    What the forward writes down stays in a copy.
    """
    weights: dict[int, Weight] = {}
    own = set(map(id, root.parameters()))

    def convert(tensor: torch.Tensor) -> torch.Tensor:
        converted = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
        if isinstance(tensor, nn.Parameter):  # only of these does torch.fx note that they are read
            converted = nn.Parameter(converted, requires_grad=False)
        parameters = (tensor,) if id(tensor) in own else ()
        weights[id(converted)] = Weight(converted, parameters)  # type: ignore[arg-type]
        return converted

    # type(...) cannot be noticed when it runs, so we look for its name.
    asks = any("type" in _names_in(kind.forward) for kind in {type(module) for module in root.modules()})
    copied = copy_structure(root, convert)
    recorder = _Recorder()
    with _LOCKS["recording"], lock_wrapped(), keep_random_state(), torch.enable_grad():
        nodes = list(recorder.trace(copied).nodes)
    if recorder.was_asked:
        raise fx.proxy.TraceError("values are asked for")
    found: dict[str, Weight] = {}
    for name in {str(node.target) for node in nodes if node.op == "get_attr"}:
        path, _, last = name.rpartition(".")
        tensor = getattr(copied.get_submodule(path), last)
        found[name] = weights.get(id(tensor)) or Weight(torch.empty(tensor.shape, dtype=tensor.dtype, device="meta"))
    return nodes, found, asks or recorder.was_typed


def _names_in(function: Callable) -> tuple[str, ...]:
    return getattr(getattr(function, "__code__", None), "co_names", ())


def _refuse(key: str, layer: str, error: Exception) -> UnsupportedLayerError:
    return UnsupportedLayerError(f"trace.{key}", layer=layer, kind=type(error).__name__, reason=first_line(error))


Node = Any  # fx.Node or CallNode, which has the same parts


@dataclass(frozen=True)
class Step:
    """One recorded operation.

    Attributes:
        node: torch.fx's record of it; its `args` name the operations whose results it takes.
        name: as `Layer.name`.
        kind: as `Layer.kind`.
        module: the module that it calls, or None.
        operation: its record; None where there is none or none is needed.
        asks_for_shape: whether it asks for a shape rather than computing a feature map.
        weight: the parameter or buffer that it reads, or None.
        num_params: numbers in the parameters of its module.
        shapes: of the tensors that it gave when the network ran, the batch counted; None where that was not recorded.
        place: file and line of the forward, or None.
    """

    node: Node
    name: str
    kind: str
    module: nn.Module | None = None
    operation: Operation | None = None
    asks_for_shape: bool = False
    weight: Weight | None = None
    parameters: tuple[nn.Parameter, ...] = ()
    num_params: int = 0
    shapes: tuple[Shape | None, ...] | None = None
    place: str | None = None


def _put_module(step: Step, module: nn.Module) -> Step:
    parameters = tuple(module.parameters())
    num_params = sum(parameter.numel() for parameter in parameters)
    return replace(step, module=module, parameters=parameters, num_params=num_params)


class Recording:
    """The operations of one network, recorded once: `trace` follows an input of any size through them.

    torch.fx's recording is compared once with the network's own forward, at the first size that is asked for (at every
    size where the forward asks for the type of what it is given): every operation, in order, with its shape and what it reads. Where it differs, or where torch.fx can record nothing, the
    forward itself is recorded, again for each size. The recording reads the network's settings when it walks, and keeps the
    network alive. It may be used by several threads at once.

    Attributes:
        model: the network.
        steps: its operations, in the order of the computation; empty where they are known for single sizes only and
            none has been asked for.
        replaced: modules that stand in the places of the network's own, see `replace`.
        fixed_shape: (C, H, W) of the only image for which `steps` hold; None where they hold for any.
    """

    def __init__(self, model: nn.Module, input_shape: Sequence[int] | None = None):
        self.model = model
        # One module around the network, so that a single layer can be walked as well, and further arguments of a
        # forward keep their defaults. Every path then begins with "0".
        self._root = nn.Sequential(model)
        self._modules = dict(self._root.named_modules())
        self.fixed_shape: Shape | None = None
        self.steps: tuple[Step, ...] = ()
        self.replaced: Mapping[str, nn.Module] = {}
        self._standing = _Standing()
        self._sizes: dict[Shape, Recording] = {}
        self._weights: Mapping[str, Weight] = {}
        self._compare_each_size = False
        self._failure: Exception | None = None
        self._first: Trace | None = None  # what the comparison found, for the caller that asked for it
        try:
            nodes, self._weights, self._compare_each_size = _record(self._root)
            self.steps = self._take_steps(nodes)
        except Exception as error:
            self._failure = error
        if input_shape is not None:
            self.at(_check_input_shape(input_shape))
        elif any(_is_closed(module) for module in self._modules.values()):
            record_forward(model, (1, 1, 1))  # says by name why it cannot be looked into

    def trace(self, input_shape: Sequence[int], last_layer: str | None = None) -> Trace:
        """As the function `trace`, with the same errors; ends behind `last_layer` where one is named."""
        shape = _check_input_shape(input_shape)
        recording = self.at(shape, last_layer)
        first, self._first = self._first, None
        if first is not None and first.input_shape == shape and last_layer is None:
            return first
        return recording._walk(shape, last_layer)

    def at(self, input_shape: Shape, last_layer: str | None = None) -> Recording:
        """The recording that holds for images of this shape: this one, or one for this size alone.

        Where a layer behind `last_layer` cannot take the image, this one is not yet compared.

        Raises:
            ShapeError, UnsupportedLayerError: as `trace` does.
        """
        standing = self._standing
        if standing.is_confirmed or input_shape in standing.sizes or self.fixed_shape == input_shape:
            return self
        if self.replaced:  # the network itself was compared before, or cannot take this image
            if self.fixed_shape is not None:
                raise InputError("trace.fixed_shape", layer=type(self.model).__name__)
            return self
        if input_shape not in self._sizes:
            found = self._find(input_shape, last_layer)
            while len(self._sizes) >= _MOST_SIZES:
                self._sizes.pop(next(iter(self._sizes)), None)
            if found is self:
                return self
            self._sizes[input_shape] = found
            if self.fixed_shape is None:
                self.steps, self.fixed_shape = found.steps, input_shape
        return self._sizes[input_shape]

    def _find(self, shape: Shape, last_layer: str | None) -> Recording:
        recorded, problem = None, None
        if self._failure is None and self.fixed_shape is None:
            try:
                recorded = self._walk(shape)
            except (ShapeError, UnsupportedLayerError) as error:
                problem = error
        try:
            nodes = record_forward(self.model, shape)
        except UnsupportedLayerError:
            raise
        except Exception as error:
            if problem is not None:
                if isinstance(problem, UnsupportedLayerError):
                    problem.put_place(find_raised(error))
                if last_layer is not None and isinstance(problem, ShapeError):
                    return self
                raise problem from error
            if isinstance(error, AssertionError):
                shown = " × ".join(map(str, shape))
                raise ShapeError("refused_by_network", type(self.model).__name__, "assert", shape=shown) from error
            raise _refuse(
                "not_recordable" if recorded is None else "not_run", type(self.model).__name__, error
            ) from error
        real = copy.copy(self)
        real.steps, real.fixed_shape = self._take_steps(nodes), shape
        if recorded is not None and _tell(recorded) == _tell_real(real.steps):
            self._standing.is_confirmed, self._first = not self._compare_each_size, recorded
            self._standing.sizes.add(shape)
            return self
        self._standing.sizes.clear()
        return real

    def _walk(self, shape: Shape, last_layer: str | None = None) -> Trace:
        return _Walk(self, shape).run(last_layer)

    def replace(self, modules: Mapping[str, nn.Module]) -> Recording:
        """The same operations with other modules under these names; this recording does not change.

        Args:
            modules: path of a module of the network -> a module of the same class.

        Raises:
            InputError: when it is traced, if the recording holds for one size only.
        """
        other = copy.copy(self)
        other.replaced = {**self.replaced, **modules}
        other.steps = tuple(
            _put_module(step, modules[step.name]) if step.module is not None and step.name in modules else step
            for step in self.steps
        )
        return other

    def count_unused(self, counted: set[int]) -> dict[str, int]:
        """Numbers in the parameters that are not among those counted, by the outermost module of which none is."""
        own = {id(each) for path in self.replaced for each in self._modules[f"0.{path}" if path else "0"].parameters()}
        unused: dict[str, int] = {}
        if all(id(each) in counted or id(each) in own for each in self.model.parameters()):
            return unused
        used_paths = {
            path[: place + 1]
            for path in (
                tuple(name.split("."))
                for name, each in self.model.named_parameters(remove_duplicate=False)
                if id(each) in counted or id(each) in own
            )
            for place in range(len(path))
        }
        for name, each in self.model.named_parameters():
            if id(each) not in counted and id(each) not in own:
                path = tuple(name.split("."))
                length = next((n for n in range(1, len(path)) if path[:n] not in used_paths), len(path))
                where = ".".join(path[:length])
                unused[where] = unused.get(where, 0) + each.numel()
        return unused

    def _take_steps(self, nodes: Iterable[Node]) -> tuple[Step, ...]:
        names: set[str] = set()
        return tuple(self._step(node, names) for node in nodes)

    def _step(self, node: Node, names: set[str]) -> Step:
        shapes, place = node.meta.get("shapes"), node.meta.get("place")
        step = self._plain_step(node, names)
        return step if shapes is None else replace(step, shapes=tuple(shapes), place=place)

    def _plain_step(self, node: Node, names: set[str]) -> Step:
        if node.op == "call_module":
            return self._module_step(node)
        if node.op == "get_attr":
            weight = node.meta.get("weight") or self._weights[str(node.target)]
            return Step(node, self._path(str(node.target)), node.op, weight=weight)
        if node.op not in ("call_function", "call_method"):
            return Step(node, self._path(str(node.target)), node.op)
        kind = name_kind(node.target)
        if _asks_for_shape(node):
            return Step(node, kind, kind, asks_for_shape=True)
        return Step(node, self._function_name(node, kind, names), kind, operation=find_operation(node.target))

    def _module_step(self, node: Node) -> Step:
        # Parallel paths may name the same module twice; `named_modules` lists it once.
        module = self._modules.get(str(node.target)) or self._root.get_submodule(str(node.target))
        parameters = tuple(module.parameters())
        num_params = sum(parameter.numel() for parameter in parameters)
        name, kind, operation = self._path(str(node.target)), name_kind(type(module)), find_operation(type(module))
        return Step(node, name, kind, module, operation, parameters=parameters, num_params=num_params)

    def _function_name(self, node: Node, kind: str, names: set[str]) -> str:
        """Path of the module whose forward calls the function, and the function's name; counted when repeated."""
        stack = list(node.meta["nn_module_stack"].values())
        path = stack[-1][0].removeprefix("0").removeprefix(".")
        name = base = f"{path}.{kind}" if path else kind
        repeat = 1
        while name in names:
            name = f"{base}_{repeat}"
            repeat += 1
        names.add(name)
        return name

    def _path(self, target: str) -> str:
        """Path of a module inside the network; for the network itself, the name of its class."""
        return target.removeprefix("0").removeprefix(".") or type(self.model).__name__


class _Standing:
    """Whether a recording was compared with the real forward; shared by those that replace modules of it.

    Attributes:
        is_confirmed: whether it holds for every size.
        sizes: for which it does.
    """

    def __init__(self) -> None:
        self.is_confirmed = False
        self.sizes: set[Shape] = set()


_MOST_SIZES = 4  # of recordings that hold for one size


def _of_one(shape: Shape | None) -> Shape:
    """The shape of one image, from a shape with the batch."""
    return () if not shape else shape[1:] if shape[0] == 1 else shape


def _is_closed(module: nn.Module) -> bool:
    """Whether a module cannot be looked into."""
    return isinstance(module, torch.jit.ScriptModule) or any(
        each is not None and is_lazy(each) for each in module._parameters.values()
    )


def _tell(found: Trace) -> tuple[list[tuple], list[Shape], int]:
    """What torch.fx's recording and the real forward must agree on: every operation, with what it reads and gives."""
    layers = [(layer.kind.rstrip("_"), layer.inputs, layer.output_shape) for layer in found.layers]
    return layers, [shape for _, shape in found.outputs], found.num_params


def _tell_real(steps: Sequence[Step]) -> tuple[list[tuple], list[Shape], int]:
    """The same of the real forward, from what PyTorch gave."""
    places: dict[Node, int] = {}
    shapes: dict[Node, Shape] = {}
    layers: list[tuple] = []
    outputs: list[Shape] = []
    used: dict[int, int] = {}
    for step in steps:
        node = step.node
        if node.op == "placeholder":
            places[node] = -1
            continue
        if node.op == "get_attr":
            continue
        reads = [each for each in find_all((node.args, node.kwargs), CallNode) if each.op != "get_attr"]
        if node.op == "output":
            given = find_all((node.args, node.kwargs), CallNode)
            outputs = [
                _of_one(tuple(each.meta["weight"].tensor.shape)) if each.op == "get_attr" else shapes.get(each, ())
                for each in given
            ]
            break
        if node.meta.get("is_part"):
            places[node] = places[node.args[0]]
            shapes[node] = _of_one(node.args[0].meta["shapes"][node.args[1]])
            continue
        places[node] = len(layers)
        shapes[node] = _of_one((step.shapes or ())[0])
        layers.append((step.kind.rstrip("_"), tuple(places[each] for each in reads), shapes[node]))
        weights = [
            each.meta["weight"] for each in find_all((node.args, node.kwargs), CallNode) if each.op == "get_attr"
        ]
        used.update((id(each), each.numel()) for weight in weights for each in weight.parameters)
        used.update((id(each), each.numel()) for each in step.parameters)
    return layers, outputs, sum(used.values())


def _asks_for_shape(node: Node) -> bool:
    if node.op == "call_method":
        return node.target in ("size", "dim", "numel")
    return node.target is getattr and node.args[1] in ("shape", "ndim", "device", "dtype")


class _Unknown:
    """A result that is not followed, such as the weights that attention returns with its output."""


_UNKNOWN = _Unknown()
_FOLLOWED = (Signal, Weight, _Unknown)


class _Walk:
    """Follows shapes through the recorded operations of one network."""

    def __init__(self, recording: Recording, input_shape: Shape):
        self.recording = recording
        self.input_shape = input_shape
        self.layers: list[Layer] = []
        self.counted: set[int] = set()
        self.outputs: tuple[tuple[str, Shape], ...] = ()

    def run(self, last_layer: str | None = None) -> Trace:
        values: dict[Node, object] = {}
        for step in self.recording.steps:
            args = _look_up(step.node.args, values)
            if step.node.op == "output":
                self._check_output(args[0])
                break
            try:
                values[step.node] = self._step(step, args, _look_up(step.node.kwargs, values))
            except ShapeError as error:
                if step.node.meta.get("is_checked"):  # the network takes it: it is the rule that cannot follow
                    raise UnsupportedLayerError("trace.unsupported", step.name, step.kind).put_place(
                        step.place
                    ) from error
                error.layers = tuple(self.layers)
                raise
            except UnsupportedLayerError as error:
                error.put_place(step.place)
                raise
            except (ArithmeticError, AttributeError, LookupError, TypeError, RuntimeError, ValueError) as error:
                if isinstance(error, InputError):
                    raise
                # A shape or an argument that nobody foresaw: a list of tokens where a rule counts on a map, say.
                refusal = UnsupportedLayerError("trace.unsupported", step.name, step.kind)
                raise refusal.put_place(step.place) from error
            if last_layer is not None and self.layers and self.layers[-1].name == last_layer:
                break
        unused = self.recording.count_unused(self.counted) if self.outputs else {}
        return Trace(tuple(self.layers), self.input_shape, unused, self.outputs)

    def _step(self, step: Step, args: tuple, kwargs: dict):
        node = step.node
        if node.op == "placeholder":
            field = Field.of_image(*self.input_shape[1:])
            return Signal(self.input_shape, field, -1, self.input_shape, make_map(self.input_shape))
        if step.weight is not None:
            return step.weight
        if step.module is not None and len(args) == 1 and not kwargs and type(args[0]) is Signal:
            return self._layer(Call(step.name, step.kind, args, args, kwargs, step.module, real=step.shapes), step)
        found = find_all((args, kwargs), _FOLLOWED)
        signals = tuple(value for value in found if type(value) is Signal)
        weights = tuple(value for value in found if type(value) is Weight)
        if len(signals) + len(weights) < len(found):
            raise UnsupportedLayerError("trace.unsupported", step.name, step.kind)
        if not signals:
            return self._compute(step, args, kwargs, weights)
        if step.asks_for_shape:
            return _answer_shape(node, args)
        if node.op == "call_function" and step.kind == "getitem" and isinstance(args[0], (tuple, list)):
            return self._choose(step, *args)
        return self._layer(Call(step.name, step.kind, signals, args, kwargs, step.module, weights, step.shapes), step)

    def _layer(self, call: Call, step: Step):
        if step.operation is None:
            raise call.unsupported()
        try:
            if step.module is not None and step.operation.rule not in _READ_ARGUMENTS and _has_settings(call):
                raise call.unsupported("unsupported_setting", setting="further arguments")
            output = _follow(step.operation, call)
        except ShapeError as error:
            error.input_shapes = tuple(signal.shape for signal in call.signals)
            error.inputs = tuple(signal.source for signal in call.signals)
            raise
        except MapTooLargeError as error:
            raise call.unsupported("map_too_large", side=str(error), maximum=MAX_UNITS) from None
        self._record_layer(call, step, output)
        if output.parts is None:
            return self._signal(call, output)
        return tuple(None if part is None else self._signal(call, part) for part in output.parts)

    def _signal(self, call: Call, output: Output) -> Signal:
        grid = output.shape if len(output.shape) == 3 else call.first.grid
        batch = call.first.batch if output.batch is None else output.batch
        return Signal(output.shape, output.field, len(self.layers) - 1, grid, output.count_dimensions(), batch)

    def _record_layer(self, call: Call, step: Step, output: Output) -> None:
        self.layers.append(
            Layer(
                name=call.name,
                kind=call.kind,
                input_shapes=tuple(_show_shape(signal.shape, signal.batch) for signal in call.signals),
                output_shape=_show_shape(output.shape, call.first.batch if output.batch is None else output.batch),
                num_params=self._count_fresh(call, step),
                mult_adds=step.num_params if output.mult_adds is None else output.mult_adds * call.first.batch,
                receptive_field=output.field.describe(),
                settings=output.settings,
                inputs=tuple(signal.source for signal in call.signals),
                field_note=output.field.note_key,
                map_axes=_find_map_axes(output),
            )
        )

    def _count_fresh(self, call: Call, step: Step) -> int:
        """Numbers in the parameters that no layer before has used."""
        parameters = step.parameters
        if not parameters and not call.weights:
            return 0
        for weight in call.weights:
            parameters = (*parameters, *weight.parameters)
        fresh = [parameter for parameter in dict.fromkeys(parameters) if id(parameter) not in self.counted]
        self.counted.update(map(id, fresh))
        return sum(parameter.numel() for parameter in fresh)

    def _compute(self, step: Step, args: tuple, kwargs: dict, weights: tuple[Weight, ...]):
        """What needs no image: numbers, and weights that a forward reshapes before it uses them."""
        plain_args, plain_kwargs = fx.node.map_aggregate((args, kwargs), _tensor_of)
        target = step.node.target
        if step.node.op == "call_module":
            raise UnsupportedLayerError("trace.unsupported", step.name, step.kind)
        try:
            if isinstance(target, str):
                result = getattr(plain_args[0], target)(*plain_args[1:], **plain_kwargs)
            else:
                result = work_out_shape(target, target, plain_args, plain_kwargs)
        except AssertionError as error:
            raise ShapeError(
                "refused_by_network", type(self.recording.model).__name__, step.kind, shape=self._shape_text()
            ) from error
        if not isinstance(result, torch.Tensor):
            return result
        return Weight(result, tuple(parameter for weight in weights for parameter in weight.parameters))

    def _choose(self, step: Step, choices: tuple, index):
        """One of several results."""
        if isinstance(index, slice):
            return choices[index]
        if not isinstance(index, int):
            raise UnsupportedLayerError("trace.unsupported", step.name, step.kind)
        return _UNKNOWN if choices[index] is None else choices[index]

    def _shape_text(self) -> str:
        return " × ".join(map(str, self.input_shape))

    def _check_output(self, output) -> None:
        self.outputs = tuple(_find_outputs(output))
        if not find_all(output, Signal) or not self.layers:
            raise UnsupportedLayerError("trace.several_outputs", type(self.recording.model).__name__, "output")


def _find_outputs(output, place: str = "") -> Iterator[tuple[str, Shape]]:
    """Every tensor that a forward returns, with its place in the tuples, lists and dicts around it."""
    if isinstance(output, Signal):
        yield place, _show_shape(output.shape, output.batch)
    elif isinstance(output, Weight):
        yield place, _of_one(tuple(output.tensor.shape))
    elif isinstance(output, (list, tuple, dict)):
        for name, item in output.items() if isinstance(output, dict) else enumerate(output):
            yield from _find_outputs(item, f"{place}.{name}" if place else str(name))


def _show_shape(shape: Shape, batch: int) -> Shape:
    """The shape of one image; where a part of the image became the batch, with that dimension."""
    return shape if batch == 1 else (batch, *shape)


_COUNT_THE_BATCH = (joining_rules.sum_rule, joining_rules.cat_rule, joining_rules.reduce_rule, *order_rules.ALL)


def _follow(operation: Operation, call: Call) -> Output:
    """What the rule gives. If it cannot follow an operation that only moves or joins numbers: the shape that PyTorch gave."""
    may_be_bound = call.real is not None and operation.rule in _COUNT_THE_BATCH
    if may_be_bound and any(signal.batch != 1 for signal in call.signals):
        return bound_rule(call)
    try:
        output = operation.rule(call)
    except InputError as error:
        if may_be_bound and error.key != "trace.batch_dropped":
            return bound_rule(call)
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, RuntimeError, ValueError):
        if may_be_bound:
            return bound_rule(call)
        raise
    if call.real is None:
        return output
    parts = (output,) if output.parts is None else output.parts
    for part, real in zip(parts, call.real):
        if part is None or real is None:
            continue
        batch = call.first.batch if part.batch is None else part.batch
        if (batch, *part.shape) != real:
            if may_be_bound:
                return bound_rule(call)
            raise call.unsupported("differs", real=by(real), traced=by((batch, *part.shape)))
    return output


def _look_up(argument, values: dict):
    """The argument with the results of the operations that it names."""
    if isinstance(argument, (fx.Node, CallNode)):
        return values[argument]
    if isinstance(argument, tuple):
        return tuple([_look_up(item, values) for item in argument])
    if isinstance(argument, list):
        return [_look_up(item, values) for item in argument]
    if isinstance(argument, dict):
        return argument and {key: _look_up(item, values) for key, item in argument.items()}
    if isinstance(argument, slice):
        return slice(*(_look_up(item, values) for item in (argument.start, argument.stop, argument.step)))
    return argument


_READ_ARGUMENTS = (attention_rules.attention_rule, window_rules.transposed_rule)


def _has_settings(call: Call) -> bool:
    """Whether a module is called with more than tensors."""
    return any(
        not isinstance(each, (Signal, Weight)) and each is not None for each in (*call.args, *call.kwargs.values())
    )


def _tensor_of(value):
    return value.tensor if isinstance(value, Weight) else value


def _answer_shape(node: Node, args: tuple):
    size = torch.Size((1, *args[0].shape))
    if node.target == "dim" or (node.target is getattr and args[1] == "ndim"):
        return len(size)
    if node.target == "numel":
        return size.numel()
    if node.target is getattr and args[1] != "shape":
        return {"device": torch.device("meta"), "dtype": torch.float32}[args[1]]
    return size[args[1]] if node.target == "size" and len(args) > 1 else size


def _find_map_axes(output: Output) -> tuple[int, int] | None:
    if output.dimensions is None:
        return (1, 2) if len(output.shape) == 3 else None
    places = [dimension[0][0] if len(dimension) == 1 else "" for dimension in output.dimensions]
    return (places.index("h"), places.index("w")) if "h" in places and "w" in places else None
