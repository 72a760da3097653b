"""Writes a network as PyTorch code that can be run: one nn.Sequential where it is a chain, else a class with its forward.

The class is written from the recording of the network, so it has what an image meets, and the changes of the reader. Names
are those of the network, with _ for the dots. It needs PyTorch alone.
"""

from __future__ import annotations

import builtins
import keyword
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from explorer.errors import InputError
from explorer.models.trace import Recording, Step
from explorer.shapes.layers import describe_module, write_layer

_INFIX: Mapping[Callable, str] = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.floordiv: "//",
    operator.mod: "%", operator.matmul: "@", operator.pow: "**", operator.gt: ">", operator.lt: "<", operator.ge: ">=",
    operator.le: "<=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
_IN_PLACE: Mapping[Callable, str] = {
    operator.iadd: "add_", operator.isub: "sub_", operator.imul: "mul_", operator.itruediv: "div_",
}  # fmt: skip
_HANDED_ON = (  # what changes nothing in evaluation, by its full name
    "torchvision.ops.stochastic_depth.StochasticDepth",
    "torchvision.ops.stochastic_depth.stochastic_depth",
)
_DROPOUTS = (F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout)
_CHECKS = (torch._assert,)
_VARIABLES = ("x", "y", "z")
_LAYER_NORM_2D = '''class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels of each position."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
'''


def write_class(recording: Recording) -> str:
    """Write a network as a class.

    Args:
        recording: of the network, for the size at which it is to be written.

    Returns:
        Imports, and a class with `__init__` and `forward`. In evaluation it computes what the network computes, with the
        same parameters, except for those that no image meets.

    Raises:
        InputError: a part of it cannot be written; the sentence names it.
    """
    return _Writer(recording).write()


def name_attribute(path: str) -> str:
    """The attribute for a module of this path.

    >>> name_attribute("layer1.0.conv1")
    'layer1_0_conv1'
    """
    name = "".join(each if each.isascii() and each.isalnum() else "_" for each in path)
    if not name or name[0].isdigit():
        name = f"layer_{name}"
    return f"{name}_" if keyword.iskeyword(name) or hasattr(_EMPTY, name) else name


_EMPTY = nn.Module()


class _Writer:
    def __init__(self, recording: Recording):
        self._recording = recording
        self._steps = _drop_unread(recording.steps)
        self._attributes: dict[str, str] = {}  # path -> attribute
        self._made: list[str] = []  # lines of __init__
        self._done: list[str] = []  # lines of forward
        self._classes: list[str] = []
        self._variables: dict[Any, str] = {}  # node -> the variable that holds it
        self._last_use = _find_last_uses(self._steps)

    def write(self) -> str:
        for index, step in enumerate(self._steps):
            self._write_step(step, index)
        about = ""
        if self._recording.fixed_shape is not None:
            size = " x ".join(map(str, self._recording.fixed_shape))
            about = f'    """For one image of {size} at a time: the forward depends on its size."""\n\n'
        made = "".join(f"        {line}\n" for line in self._made)
        done = "".join(f"        {line}\n" for line in self._done)
        body = (
            f"class {self._name_class()}(nn.Module):\n{about}    def __init__(self):\n        super().__init__()\n"
            f"{made}\n    def forward(self, x):\n{done}"
        )
        imports = [
            "import torch" if "torch." in made + done else "",
            "import torch.nn.functional as F" if "F." in done else "",
            "from torch import nn",
        ]
        return "\n\n\n".join(("\n".join(filter(None, imports)), *(each.rstrip() for each in self._classes), body))

    def _name_class(self) -> str:
        name = type(self._recording.model).__name__
        return name if name.isidentifier() and not hasattr(nn, name) and name not in _taken_names() else "Network"

    # ---- steps ----

    def _write_step(self, step: Step, index: int) -> None:
        node = step.node
        if node.op == "placeholder":
            self._variables[node] = "x"
        elif node.op == "output":
            self._done.append(f"return {self._write_value(node.args[0], step)}")
        elif node.op == "get_attr":
            self._variables[node] = f"self.{self._make_weight(step)}"
        elif self._is_handed_on(step):
            self._variables[node] = self._variables[node.args[0]]
            self._last_use[node.args[0]] = max(self._last_use[node.args[0]], self._last_use.get(node, index))
        else:
            code = self._write_call(step)
            name = self._choose_variable(node, index)
            self._done.append(code if name is None else f"{name} = {code}")

    def _is_handed_on(self, step: Step) -> bool:
        called = type(step.module) if step.module is not None else step.node.target
        return f"{getattr(called, '__module__', '')}.{getattr(called, '__qualname__', '')}" in _HANDED_ON

    def _choose_variable(self, node: Any, index: int) -> str | None:
        """A name that nothing else needs any more; None for a result that nothing reads."""
        if node not in self._last_use:
            return None
        held = {name for other, name in self._variables.items() if self._last_use.get(other, -1) > index}
        name = next(each for each in _count_variables() if each not in held)
        self._variables[node] = name
        return name

    def _write_call(self, step: Step) -> str:
        node, target = step.node, step.node.target
        if node.op == "call_module":
            return f"self.{self._make_module(step)}({self._write_arguments(node.args, node.kwargs, step)})"
        if node.op == "call_method":
            first, *rest = node.args
            return f"{self._write_value(first, step)}.{target}({self._write_arguments(rest, node.kwargs, step)})"
        if target in _INFIX and not node.kwargs:
            left, right = (self._write_value(each, step) for each in node.args)
            return f"{left} {_INFIX[target]} {right}"
        if target in _IN_PLACE:
            left, right = (self._write_value(each, step) for each in node.args)
            return f"{left}.{_IN_PLACE[target]}({right})"
        if target is operator.neg:
            return f"-{self._write_value(node.args[0], step)}"
        if target is getattr:
            return f"{self._write_value(node.args[0], step)}.{node.args[1]}"
        if target is operator.getitem:
            return f"{self._write_value(node.args[0], step)}[{self._write_index(node.args[1], step)}]"
        kwargs = dict(node.kwargs)
        written = {"training": "self.training"} if target in _DROPOUTS and kwargs.get("training") is False else {}
        return f"{self._name_function(step)}({self._write_arguments(node.args, kwargs, step, written)})"

    def _name_function(self, step: Step) -> str:
        name = _FUNCTIONS.get(step.node.target) if callable(step.node.target) else None
        if name is None:
            raise self._refuse(step)
        return name

    def _refuse(self, step: Step) -> InputError:
        return InputError("shapes.no_code_part", layer=step.name, kind=step.kind)

    # ---- modules and weights ----

    def _make_module(self, step: Step) -> str:
        if step.name in self._attributes:
            return self._attributes[step.name]
        name = self._add_attribute(step.name)
        self._made.append(f"self.{name} = {self._write_module(step)}")
        return name

    def _add_attribute(self, path: str) -> str:
        base = name = name_attribute(path)
        number = 2
        while name in self._attributes.values():
            name, number = f"{base}_{number}", number + 1
        self._attributes[path] = name
        return name

    def _write_module(self, step: Step) -> str:
        module = step.module
        spec = describe_module(module) if module is not None else None
        if spec is not None:
            return write_layer(spec)
        if type(module) is nn.MultiheadAttention:
            return self._write_attention(module, step)
        if isinstance(module, nn.LayerNorm) and type(module).__name__ == "LayerNorm2d":
            if _LAYER_NORM_2D not in self._classes:
                self._classes.append(_LAYER_NORM_2D)
            return f"LayerNorm2d({tuple(module.normalized_shape)}, eps={module.eps})"
        raise self._refuse(step)

    def _write_attention(self, module: nn.MultiheadAttention, step: Step) -> str:
        if not module._qkv_same_embed_dim or module.bias_k is not None or module.add_zero_attn:
            raise self._refuse(step)
        words = [f"{module.embed_dim}, {module.num_heads}"]
        words += [f"dropout={module.dropout}"] if module.dropout else []
        words += ["bias=False"] if module.in_proj_bias is None else []
        words += ["batch_first=True"] if module.batch_first else []
        return f"nn.MultiheadAttention({', '.join(words)})"

    def _make_weight(self, step: Step) -> str:
        """A parameter that a forward uses by itself. What is not a parameter has numbers that cannot be written."""
        if step.name in self._attributes:
            return self._attributes[step.name]
        weight = step.weight
        is_whole = (
            weight is not None and len(weight.parameters) == 1 and weight.parameters[0].shape == weight.tensor.shape
        )
        if self._recording.fixed_shape is not None:  # it cannot be told from what was computed of it
            raise InputError("shapes.no_code_weight")
        if not is_whole:
            raise self._refuse(step)
        name = self._add_attribute(step.name)
        self._made.append(f"self.{name} = nn.Parameter(torch.zeros{tuple(weight.tensor.shape)})")
        return name

    # ---- arguments ----

    def _write_arguments(
        self, args: Sequence, kwargs: Mapping, step: Step, written: Mapping[str, str] | None = None
    ) -> str:
        words = [self._write_value(each, step) for each in args]
        words += [
            f"{name}={(written or {}).get(name) or self._write_value(each, step)}" for name, each in kwargs.items()
        ]
        return ", ".join(words)

    def _write_value(self, value: Any, step: Step) -> str:
        if value in self._variables if _is_node(value) else False:
            return self._variables[value]
        if isinstance(value, (bool, int, float, str, type(None))):
            return "float('inf')" if value == float("inf") else repr(value)
        if isinstance(value, slice):
            return (
                f"slice({', '.join(self._write_value(each, step) for each in (value.start, value.stop, value.step))})"
            )
        if isinstance(value, (tuple, list)):
            inner = ", ".join(self._write_value(each, step) for each in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{key!r}: {self._write_value(each, step)}' for key, each in value.items())}}}"
        if isinstance(value, torch.dtype):
            return str(value)
        raise self._refuse(step)

    def _write_index(self, value: Any, step: Step) -> str:
        """What stands in square brackets."""
        if isinstance(value, tuple):
            return ", ".join(self._write_index(each, step) for each in value) + ("," if len(value) == 1 else "")
        if value is ...:
            return "..."
        if isinstance(value, slice):
            start, stop, step_size = (
                "" if each is None else self._write_value(each, step) for each in (value.start, value.stop, value.step)
            )
            return f"{start}:{stop}" + (f":{step_size}" if step_size else "")
        return self._write_value(value, step)


def _taken_names() -> tuple[str, ...]:
    return ("F", "nn", "torch", "LayerNorm2d", *dir(builtins))


def _count_variables() -> Iterator[str]:
    yield from _VARIABLES
    number = 1
    while True:
        yield f"x{number}"
        number += 1


def _is_node(value: Any) -> bool:
    return isinstance(value, fx.Node) or type(value).__name__ == "CallNode"


def _find_nodes(value: Any) -> Iterator[Any]:
    """Every node inside arguments."""
    if _is_node(value):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _find_nodes(each)
    elif isinstance(value, dict):
        yield from _find_nodes(list(value.values()))
    elif isinstance(value, slice):
        yield from _find_nodes([value.start, value.stop, value.step])


def _reads(step: Step) -> Iterator[Any]:
    yield from _find_nodes(step.node.args)
    yield from _find_nodes(dict(step.node.kwargs))


def _drop_unread(steps: Sequence[Step]) -> list[Step]:
    """The steps without those whose result nothing reads, such as the comparison in an assertion."""
    kept: list[Step] = []
    needed: set = set()
    for step in reversed(steps):
        node = step.node
        changes = isinstance(node.target, str) and node.op == "call_method" and node.target.endswith("_")
        needs = node.op in ("placeholder", "output") or node in needed or changes or node.target in _IN_PLACE
        if needs and node.target not in _CHECKS:
            kept.append(step)
            needed.update(_reads(step))
    return kept[::-1]


def _find_last_uses(steps: Sequence[Step]) -> dict[Any, int]:
    return {node: index for index, step in enumerate(steps) for node in _reads(step)}


_FUNCTIONS: dict[Callable, str] = {}
for _prefix, _module in (("F", F), ("torch", torch)):
    for _name, _function in vars(_module).items():
        if callable(_function) and not _name.startswith("_") and not isinstance(_function, type):
            _FUNCTIONS.setdefault(_function, f"{_prefix}.{_name}")
