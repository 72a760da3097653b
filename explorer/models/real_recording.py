"""The recording of one real forward at one size: a network's own code runs on tensors that have a shape and no numbers.

PyTorch's kernels for such tensors load its compiler (seconds, and 120 MB). So what is common is worked out here: values
that change by themselves keep their shape, and windows run on PyTorch's own kernels for the processor, with an empty batch.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from explorer.models import attention_rules, joining_rules, window_rules
from explorer.models.calls import Weight, broadcast_shapes, find_all
from explorer.models.fields import MAX_UNITS
from explorer.models.operations import Named, find_operation, name_kind
from explorer.models.real_run import RealRun, copy_structure, find_dtype, find_place
from explorer.models.records import Shape, UnsupportedLayerError


@dataclass(eq=False)
class CallNode:
    """One call of a forward that ran, in the form of torch.fx's nodes.

    Attributes:
        op, target, args, kwargs: as torch.fx has them.
        meta: "shapes" of its tensors, the batch counted; "place", file and line; "weight" of a parameter or constant;
            "is_checked", whether PyTorch itself said that the call fits; "is_part", of one of several results.
    """

    op: str
    target: Any
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


def record_forward(model: nn.Module, input_shape: Shape) -> list[CallNode]:
    """Run a network's forward once, at one size, and write down what it does; the network is left as found.

    Raises:
        UnsupportedLayerError: a module cannot be looked into, or a tensor is not seen to come from anywhere.
        Exception: whatever the forward raises.
    """
    return _Recorder().record(model, input_shape)


class _Recorder(RealRun):
    def __init__(self) -> None:
        super().__init__()
        self.graph: list[CallNode] = []
        self.nodes: dict[int, CallNode] = {}
        self.weights: dict[int, Weight] = {}
        self.written: dict[int, CallNode] = {}  # weights that stand in the graph already
        self.overwritten: set[int] = set()
        self.own: set[int] = set()  # parameters that the network lists
        # Results by the place where they lie, and weights: it also keeps every tensor, and so its id, alive.
        self.shared: dict[int, list[torch.Tensor]] = {}
        self.kept: list[torch.Tensor] = []

    def record(self, model: nn.Module, input_shape: Shape) -> list[CallNode]:
        self.own = set(map(id, model.parameters()))
        copied = copy_structure(model, self._convert)
        image = torch.empty((1, *input_shape), dtype=find_dtype(model), device="meta")
        self._follow(image, self._add("placeholder", "image"))
        output = self.run(copied, image)
        self._add("output", "output", (fx.node.map_aggregate(_plain(output), self._put_node),))
        return self.graph

    def _add(self, op: str, target: Any, args: tuple = (), kwargs: dict | None = None) -> CallNode:
        node = CallNode(op, target, args, kwargs or {})
        self.graph.append(node)
        return node

    def _convert(self, tensor: torch.Tensor) -> torch.Tensor:
        converted = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
        parameters = (tensor,) if id(tensor) in self.own else ()
        self.kept.append(converted)
        self.weights[id(converted)] = Weight(converted, parameters)  # type: ignore[arg-type]
        return converted

    def compute(self, target: Named, call: Callable, args: tuple, kwargs: dict) -> Any:
        return work_out_shape(target, call, args, kwargs)

    def handle(self, target: Named, call: Callable, args: tuple, kwargs: dict, path: str | None, module) -> Any:
        tensors = find_all((args, kwargs), torch.Tensor)
        if target in _READ_VALUES and any(each.device.type == "meta" for each in tensors):
            raise UnsupportedLayerError("trace.reads_values", self.where, name_kind(target)).put_place(find_place())
        if target in FORGET and id(args[0]) in self.nodes:
            self._overwrite(args[0], None)
            return args[0]
        if target in READ_SHAPES or not any(id(each) in self.nodes for each in tensors):
            tensors = [each for each in tensors if id(each) not in self.nodes]
            tensors += [] if module is None else module.parameters()
            result = work_out_shape(target, call, args, kwargs)
            self._note_weights(tensors, find_written(target, args, kwargs))
            return self._note_weights(tensors, result)
        if module is None:
            result = work_out_shape(target, call, args, kwargs)
        else:
            result = _run_module(module, call, args, kwargs)
        _refuse_huge(target, result, path or self.where)
        written = find_written(target, args, kwargs)
        if written is None and not find_all(result, torch.Tensor):
            return result  # a size, a type
        node = self._write(target, args, {name: each for name, each in kwargs.items() if name != "out"}, path)
        if not all(each.numel() for each in find_all(result, torch.Tensor)):
            node.meta["is_checked"] = False  # where nothing is left, kernels refuse what they let pass on meta tensors
        if written is not None:
            node.meta["shapes"] = [tuple(written.shape)]
            self._overwrite(written, node)
            return result
        return self._follow_results(result, tensors, node)

    def _write(self, target: Named, args: tuple, kwargs: dict, path: str | None) -> CallNode:
        args, kwargs = fx.node.map_aggregate((_plain(args), _plain(kwargs)), self._put_node)
        if path is not None:
            node = self._add("call_module", f"0.{path}" if path else "0", args, kwargs)
        else:
            kind = "call_method" if isinstance(target, str) else "call_function"
            node = self._add(kind, target, args, kwargs)
        node.meta["nn_module_stack"] = {"": (f"0.{self.stack[-1]}", None)}
        node.meta["place"] = find_place()
        node.meta["is_checked"] = _is_checked(target) if path is None else _is_run(target)
        return node

    def _put_node(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        if id(value) in self.overwritten:
            raise UnsupportedLayerError("trace.overwritten", self.where, "Tensor").put_place(find_place())
        if id(value) in self.nodes:
            return self.nodes[id(value)]
        if id(value) not in self.written:
            node = self._add("get_attr", "weight")
            node.meta["weight"] = self._find_weight(value)
            self.written[id(value)] = node
        return self.written[id(value)]

    def _find_weight(self, tensor: torch.Tensor) -> Weight:
        if id(tensor) not in self.weights:
            is_new = isinstance(tensor, nn.Parameter)  # of a module that the forward builds
            if tensor.device.type == "meta" and not is_new:  # it may come from the image, on a way that was not seen
                raise UnsupportedLayerError("trace.not_followed", self.where, "Tensor").put_place(find_place())
            self.kept.append(tensor)
            self.weights[id(tensor)] = Weight(torch.empty(tensor.shape, dtype=tensor.dtype, device="meta"))
        return self.weights[id(tensor)]

    def _note_weights(self, tensors: list[torch.Tensor], result: Any) -> Any:
        """What comes from parameters and numbers alone."""
        weights = [self._find_weight(each) for each in tensors]
        parameters = tuple(dict.fromkeys(each for weight in weights for each in weight.parameters))
        for each in find_all(result, torch.Tensor):
            if id(each) not in self.weights or parameters:
                self.kept.append(each)
                self.weights[id(each)] = Weight(each, parameters)
        return result

    def _follow_results(self, result: Any, tensors: list[torch.Tensor], node: CallNode) -> Any:
        given = {id(each) for each in tensors}

        def follow(each, node):
            if not isinstance(each, torch.Tensor):
                return each
            if id(each) in given:  # the same tensor goes on, and what read it before goes on reading what came before
                each = each.view(each.shape)
            return self._follow(each, node)

        if isinstance(result, torch.Tensor):
            node.meta["shapes"] = [tuple(result.shape)]
            return follow(result, node)
        if not isinstance(result, (tuple, list)):
            raise UnsupportedLayerError("trace.unsupported", self.where, name_kind(node.target)).put_place(
                node.meta["place"]
            )
        node.meta["shapes"] = [tuple(each.shape) if isinstance(each, torch.Tensor) else None for each in result]
        parts = [
            follow(each, self._add_part(node, place)) if isinstance(each, torch.Tensor) else each
            for place, each in enumerate(result)
        ]
        if hasattr(result, "_fields"):
            return type(result)(*parts)
        is_named = type(result).__module__ == "torch.return_types"
        return type(result)(parts) if type(result) in (tuple, list) or is_named else parts

    def _add_part(self, node: CallNode, place: int) -> CallNode:
        part = self._add("call_function", operator.getitem, (node, place))
        part.meta.update(nn_module_stack=node.meta["nn_module_stack"], is_part=True)
        return part

    def _follow(self, tensor: torch.Tensor, node: CallNode) -> torch.Tensor:
        self._keep(tensor)
        self.nodes[id(tensor)] = node
        return tensor

    def _keep(self, tensor: torch.Tensor) -> None:
        self.shared.setdefault(tensor.untyped_storage()._cdata, []).append(tensor)

    def _overwrite(self, tensor: torch.Tensor, node: CallNode | None) -> None:
        """From now on this tensor is the result, and so are its views; parts of it can no longer be told.

        Args:
            tensor: what is written into.
            node: what it is now; None for numbers that come from nowhere.
        """
        place = tensor.untyped_storage()._cdata
        others = [*self.shared.get(place, ()), tensor]
        if id(tensor) in self.weights:
            others += [each for each in self.kept if each.untyped_storage()._cdata == place]
        for other in others:
            is_same = other.shape == tensor.shape and other.stride() == tensor.stride()
            is_same = is_same and other.storage_offset() == tensor.storage_offset()
            if other is not tensor and not is_same:
                self.overwritten.add(id(other))
                continue
            self.overwritten.discard(id(other))
            self.weights.pop(id(other), None)
            self.nodes.pop(id(other), None)
            if node is None:
                self.weights[id(other)] = Weight(other)
            else:
                self.nodes[id(other)] = node


def _plain(value: Any) -> Any:
    """Dicts and tuples of classes of their own as plain ones, which a graph can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(map(_plain, value)) if type(value) in (tuple, list) else tuple(map(_plain, value))
    return value


def find_written(target: Named, args: tuple, kwargs: dict) -> torch.Tensor | None:
    """The tensor that a call changes by more than each value alone; None where there is none."""
    if kwargs.get("out") is not None:
        return kwargs["out"]
    if target is operator.setitem or target in (operator.iadd, operator.isub, operator.imul, operator.itruediv):
        return args[0]
    operation = find_operation(target)
    is_in_place = isinstance(target, str) and target.endswith(("_", "=")) and not target.endswith("__")
    return (
        args[0] if is_in_place and (operation is None or operation.rule is not joining_rules.pointwise_rule) else None
    )


# The same numbers in another type, or the tensor itself where it is of that type.
MAY_CONVERT: tuple[Named, ...] = (
    "to", "cpu", "cuda", "type_as", "float", "half", "double", "bfloat16", "bool", "long", "int", "type",
)  # fmt: skip
# What a forward decides by, or takes out of PyTorch: there are no numbers here.
_READ_VALUES: frozenset[Named] = frozenset((
    "item", "tolist", "__bool__", "__float__", "__int__", "__index__", "__complex__", "__contains__", "numpy", "__array__",
    "equal", torch.equal, "allclose", torch.allclose, "is_nonzero", torch.is_nonzero, "nonzero", torch.nonzero, "unique",
    torch.unique,
))  # fmt: skip
FORGET: frozenset[Named] = frozenset(("fill_", "zero_", "uniform_", "normal_"))  # they overwrite everything
# New tensors as large as another one, without its values.
READ_SHAPES: tuple[Named, ...] = (
    "new_zeros", "new_ones", "new_full", "new_empty", "new_tensor", torch.zeros_like, torch.ones_like, torch.empty_like,
    torch.full_like, torch.rand_like, torch.randn_like,
)  # fmt: skip


# Shapes without PyTorch's compiler

_KEEP_SHAPE = (
    joining_rules.pointwise_rule, joining_rules.batch_norm_rule, joining_rules.softmax_rule,
    joining_rules.layer_norm_rule, joining_rules.layer_norm_function_rule, joining_rules.place_norm_rule,
    joining_rules.channel_norm_rule, joining_rules.prelu_rule, joining_rules.local_response_rule,
    attention_rules.window_attention_rule, attention_rules.partition_attention_rule,
)  # fmt: skip
_RESIZE = (window_rules.upsample_rule, window_rules.transposed_rule)
_RUN_AS_THEY_ARE = ("contiguous", "detach", "data")
# In evaluation the output is the same tensor as the input, so writing into one of them writes into the other.
_TRAINED_ONLY = frozenset(("Dropout", "Dropout2d", "AlphaDropout", "StochasticDepth"))


def _run_module(module: nn.Module, call: Callable, args: tuple, kwargs: dict) -> Any:
    operation = find_operation(type(module))
    if isinstance(module, nn.Identity):
        return call(*args, **kwargs)
    if operation is not None and operation.rule in _KEEP_SHAPE:
        return args[0] if gives_its_input(module, call, args, kwargs) else args[0].new_empty(args[0].shape)
    if operation is not None and operation.rule is attention_rules.attention_rule:
        return args[0].new_empty(args[0].shape), None
    return call(*args, **kwargs)


def _is_run(kind: Named) -> bool:
    """Whether `_run_module` lets PyTorch itself run a class of modules, so that it says whether the input fits."""
    operation = find_operation(kind)
    return operation is None or operation.rule not in (*_KEEP_SHAPE, attention_rules.attention_rule)


def _refuse_huge(target: Named, result: Any, where: str) -> None:
    """A map of too many units cannot be followed; and the time that PyTorch needs for its shape grows with its sides."""
    operation = find_operation(target)
    if operation is None or operation.rule not in _RESIZE or not isinstance(result, torch.Tensor):
        return
    side = max(result.shape[2:], default=0)
    if side > MAX_UNITS:
        values = {"side": side, "maximum": MAX_UNITS}
        raise UnsupportedLayerError("trace.map_too_large", where, name_kind(target), **values).put_place(find_place())


def work_out_shape(target: Named, call: Callable, args: tuple, kwargs: dict) -> Any:
    """What a function gives, without numbers."""
    kernel = _find_kernel(target)
    if kernel is not _allocate and not any(each.is_meta for each in find_all((args, kwargs), torch.Tensor)):
        return call(*args, **kwargs)  # positions, say, which are numbers
    if kernel is None:
        return _call_without_numbers(call, args, kwargs)
    try:
        result = kernel(call, args, kwargs)
    except (ArithmeticError, LookupError, TypeError, RuntimeError, ValueError):
        if kernel in _OWN_WORDS:
            raise  # these are PyTorch's own words
        result = NotImplemented  # PyTorch says what is wrong
    return _call_without_numbers(call, args, kwargs) if result is NotImplemented else result


def _call_without_numbers(call: Callable, args: tuple, kwargs: dict) -> Any:
    """PyTorch's own answer; beside a tensor without numbers those that have some lose them where they must."""
    try:
        return call(*args, **kwargs)
    except RuntimeError:
        places = {each.device.type for each in find_all((args, kwargs), torch.Tensor)}
        if places != {"meta", "cpu"}:
            raise
        args, kwargs = fx.node.map_aggregate((args, kwargs), _drop_numbers)
        return call(*args, **kwargs)


def _drop_numbers(value: Any) -> Any:
    return value.to("meta") if isinstance(value, torch.Tensor) and value.dim() else value


def _is_checked(target: Named) -> bool:
    """Whether PyTorch itself said that a call fits."""
    return _find_kernel(target) in (None, *_OWN_WORDS)


def _find_kernel(target: Named) -> Callable | None:
    if target in _KERNELS:
        return _KERNELS[target]
    operation = find_operation(target)
    if operation is None or target in _RUN_AS_THEY_ARE:
        return None
    if operation.rule in _KEEP_SHAPE:
        return _keep_shape
    return _broadcast if operation.rule is joining_rules.sum_rule else None


def _keep_shape(call, args, kwargs):
    first = args[0] if args else kwargs["input"]
    return first if gives_its_input(None, call, args, kwargs) else first.new_empty(first.shape)


def gives_its_input(module: nn.Module | None, call: Callable, args: tuple, kwargs: dict) -> bool:
    """Whether a call that changes each value by itself returns the same tensor that went in."""
    if module is not None:
        is_off = not module.training and name_kind(type(module)) in _TRAINED_ONLY
        return is_off or isinstance(module, nn.Identity) or getattr(module, "inplace", False)
    name = getattr(call, "__name__", "")
    if name.endswith("_"):
        return not name.endswith("__")
    names = _list_arguments(call)
    given = {**dict(zip(names, args)), **kwargs}
    is_off = "dropout" in name and not given.get("training", given.get("train", True))
    return bool(given.get("inplace")) or is_off or (name == "stochastic_depth" and not given.get("training", True))


@lru_cache(maxsize=256)
def _list_arguments(call: Callable) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(call).parameters)
    except (TypeError, ValueError):  # written in C
        return ()


def _change_type(call, args, kwargs):
    """`to`, `cpu`, `half` and the like: a tensor that has no numbers stays where it is."""
    first = args[0]
    found = [each.dtype if isinstance(each, torch.Tensor) else each for each in (*args[1:], *kwargs.values())]
    kind = next((each for each in found if isinstance(each, torch.dtype)), _TYPES.get(call.__name__, first.dtype))
    if first.device.type != "meta" or (isinstance(found[0] if found else None, str) and call.__name__ == "type"):
        return NotImplemented
    return first if kind == first.dtype and not kwargs.get("copy") else first.new_empty(first.shape, dtype=kind)


_TYPES = {
    "float": torch.float32, "half": torch.float16, "double": torch.float64, "bfloat16": torch.bfloat16, "bool": torch.bool, "long": torch.int64,
    "int": torch.int32,
}  # fmt: skip


def _allocate(call, args, kwargs):
    """Zeros, ones, random numbers: no numbers are needed."""
    device = kwargs.get("device")
    if "out" in kwargs or (device is not None and torch.device(device).type != "cpu"):
        return NotImplemented
    return call(*args, **{name: each for name, each in kwargs.items() if name != "generator"} | {"device": "meta"})


def _broadcast(call, args, kwargs):
    tensors = find_all((args, kwargs), torch.Tensor)
    shape = broadcast_shapes(*(each.shape for each in tensors))
    kind = next((each.dtype for each in tensors if each.dtype.is_floating_point), None)
    if kind is None or len({each.device for each in tensors if each.dim()}) != 1:
        return NotImplemented
    name = getattr(call, "__name__", "")
    is_in_place = name in ("__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__")
    if (is_in_place or (name.endswith("_") and not name.endswith("__"))) and args[0].shape == shape:
        return args[0]
    return torch.empty(shape, dtype=kind, device=tensors[0].device)


def _with_empty_batch(call, args, kwargs):
    """PyTorch's own kernel for the processor: an empty batch has shapes, and nothing to compute."""
    first = find_all((args, kwargs), torch.Tensor)[0]
    if first.device.type != "meta" or first.dim() < 3 or (first.dim() == 3 and "2d" in call.__name__):
        return NotImplemented  # without a batch: its first dimension counts channels

    def swap(value):
        if value is first:
            return torch.empty((0, *value.shape[1:]))
        return torch.zeros(()).expand(value.shape) if isinstance(value, torch.Tensor) else value

    if call is F.interpolate:
        return _resize(first, args, kwargs)
    result = call(*(swap(each) for each in args), **{name: swap(each) for name, each in kwargs.items()})
    if isinstance(result, torch.Tensor):
        return first.new_empty((first.shape[0], *result.shape[1:]))
    return tuple(first.new_empty((first.shape[0], *each.shape[1:])) for each in result)


def _resize(image, args, kwargs):
    """Whatever lies between the units, the size is that of the nearest, which PyTorch finds with an empty batch."""
    given = {**window_rules.read_resize(None, args[1:], kwargs)}
    if image.dim() != 4 or given["mode"] not in ("nearest", "nearest-exact", "bilinear", "bicubic"):
        return NotImplemented
    if given["mode"] in ("bilinear", "bicubic"):
        given = {name: each for name, each in given.items() if name not in ("align_corners", "antialias")}
    result = F.interpolate(torch.empty((0, *image.shape[1:])), **{**given, "mode": "nearest"})
    return image.new_empty((image.shape[0], *result.shape[1:]))


def _reduce(call, args, kwargs):
    dims = kwargs.get("dim", args[1] if len(args) > 1 else None)
    dims = dims if isinstance(dims, (list, tuple)) else (dims,)
    first = args[0] if args else kwargs["input"]
    if not all(isinstance(dim, int) for dim in dims):
        return NotImplemented
    places = {dim % first.dim() for dim in dims}
    keep = kwargs.get("keepdim", args[2] if len(args) > 2 else False)
    shape = [1 if place in places else size for place, size in enumerate(first.shape) if keep or place not in places]
    return first.new_empty(shape)


def _cat(call, args, kwargs):
    tensors = args[0] if args else kwargs["tensors"]
    dim = kwargs.get("dim", args[1] if len(args) > 1 else 0) % tensors[0].dim()
    shapes = [tuple(each.shape) for each in tensors]
    if len({shape[:dim] + shape[dim + 1 :] for shape in shapes}) != 1:
        return NotImplemented
    total = sum(shape[dim] for shape in shapes)
    return tensors[0].new_empty((*shapes[0][:dim], total, *shapes[0][dim + 1 :]))


def _linear(call, args, kwargs):
    image, weight = args[0], args[1] if len(args) > 1 else kwargs["weight"]
    if image.shape[-1] != weight.shape[1]:
        return NotImplemented
    return image.new_empty((*image.shape[:-1], weight.shape[0]))


def _matmul(call, args, kwargs):
    one, other = args[:2]
    if min(one.dim(), other.dim()) < 2 or one.shape[-1] != other.shape[-2]:
        return NotImplemented
    batch = broadcast_shapes(one.shape[:-2], other.shape[:-2])
    return one.new_empty((*batch, one.shape[-2], other.shape[-1]))


def _attend(call, args, kwargs):
    query, _, value = args[:3]
    return query.new_empty((*query.shape[:-1], value.shape[-1]))


def _name_arguments(names: str) -> Callable:
    """The arguments of a function by their names."""
    order = names.split()
    return lambda args, kwargs: {**dict(zip(order, args)), **kwargs}


_of_convolution = _name_arguments("input weight bias stride padding dilation groups")
_of_transposed = _name_arguments("input weight bias stride padding output_padding groups dilation")


def _slide(call, args, kwargs):
    """The same window over one channel: its sizes are those of all."""
    is_transposed = "transpose" in call.__name__
    given = (_of_transposed if is_transposed else _of_convolution)(args, kwargs)
    image, weight, groups = given.pop("input"), given.pop("weight"), given.pop("groups", 1)
    given.pop("bias", None)
    if image.device.type != "meta" or image.dim() != weight.dim():
        return NotImplemented
    expected = weight.shape[0] if is_transposed else weight.shape[1] * groups
    if image.shape[1] != expected:
        raise RuntimeError(f"expected {expected} channels, got {image.shape[1]}")
    out_channels = weight.shape[1] * groups if is_transposed else weight.shape[0]
    result = call(torch.empty((0, 1, *image.shape[2:])), torch.empty((1, 1, *weight.shape[2:])), None, **given)
    return image.new_empty((image.shape[0], out_channels, *result.shape[2:]))


_OWN_WORDS = (_with_empty_batch, _slide)
_KERNELS: dict[Named, Callable] = {
    **dict.fromkeys((torch.conv1d, torch.conv2d, torch.conv3d), _slide),
    **dict.fromkeys((torch.conv_transpose1d, torch.conv_transpose2d, torch.conv_transpose3d), _slide),
    **dict.fromkeys((F.max_pool2d, torch.max_pool2d, F.avg_pool2d, F.avg_pool1d, F.max_pool1d), _with_empty_batch),
    **dict.fromkeys((F.adaptive_avg_pool2d, F.adaptive_max_pool2d, F.interpolate, F.pixel_shuffle), _with_empty_batch),
    **dict.fromkeys((torch.mean, torch.sum, torch.amax, "mean", "sum", "amax"), _reduce),
    **dict.fromkeys((torch.cat, torch.concat), _cat),
    **dict.fromkeys((F.batch_norm, F.group_norm, F.instance_norm, F.normalize), _keep_shape),
    **dict.fromkeys((torch.matmul, operator.matmul, "matmul", torch.bmm, "bmm"), _matmul),
    **dict.fromkeys(MAY_CONVERT, _change_type),
    **dict.fromkeys((torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn), _allocate),
    F.linear: _linear,
    F.scaled_dot_product_attention: _attend,
}  # fmt: skip
