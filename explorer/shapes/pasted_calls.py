"""Interprets the calls of a pasted class: layers, functions of PyTorch, methods, and a few of Python's own. See interpreter.py."""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from typing import Any

import torch
from torch import fx, nn

from explorer.errors import InputError
from explorer.shapes.known_calls import FACTORIES, FUNCTIONS, MATHS, SPLITS
from explorer.shapes.layers import MAX_PARAMS, LineError, brief_code, build_layer, gather_settings, make_layer
from explorer.shapes.pasted_expressions import CONTAINERS, Expressions
from explorer.shapes.pasted_values import (
    LARGEST_ARGUMENT,
    MAX_ITEMS,
    MAX_SIDE,
    MOST_PARTS,
    SHAPES,
    TENSORS,
    Known,
    Method,
    PastedModule,
    Super,
    UserClass,
    UserFunction,
    ValueMethod,
    measure_chain,
    refuse,
)


class Calls(Expressions):
    """Carries out calls."""

    def _call_function(
        self, function: ast.FunctionDef, args: tuple, kwargs: dict, node: ast.AST, owner: str | None = None
    ) -> Any:
        raise NotImplementedError  # of the text: see interpreter.py

    def _call_method(self, method: Method, args: tuple, kwargs: dict, node: ast.AST) -> Any:
        raise NotImplementedError  # of the text: see interpreter.py

    def _make_module(self, name: str, args: tuple, kwargs: dict, node: ast.AST) -> nn.Module:
        raise NotImplementedError  # of a class of the text: see interpreter.py

    def _make_base(self, module: PastedModule, owner: str, args: tuple, kwargs: dict, node: ast.AST) -> None:
        raise NotImplementedError  # what super().__init__() does: see interpreter.py

    def _add_module(self, module: nn.Module, name: str, child: nn.Module, node: ast.AST) -> None:
        raise NotImplementedError  # see interpreter.py

    def _set_attribute(self, module: Any, name: str, value: Any, node: ast.AST) -> None:
        raise NotImplementedError  # see interpreter.py

    def _check_name(self, name: Any, node: ast.AST) -> str:
        raise NotImplementedError  # see interpreter.py

    def _evaluate_Call(self, node: ast.Call, scope: dict) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and "super" not in scope:
            return self._make_super(node, scope)
        called = self.evaluate(node.func, scope)
        args: list = []
        for each in node.args:
            if isinstance(each, ast.Starred):
                args += self._items(self.evaluate(each.value, scope), each)
            else:
                args.append(self.evaluate(each, scope))
        kwargs = {each.arg: self.evaluate(each.value, scope) for each in node.keywords if each.arg is not None}
        if len(self._limit_items(args, node)) + len(kwargs) < len(node.keywords):
            raise refuse(node, "list_not_known", part=brief_code(node))
        try:
            return self._call(called, tuple(args), kwargs, node)
        except LineError:
            raise
        except InputError as error:
            raise LineError(node.lineno, error) from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, RuntimeError, ValueError) as error:
            if not self.is_building:
                raise  # PyTorch's own words of what a layer cannot take
            raise refuse(node, "list_not_known", part=brief_code(node)) from error

    def _make_super(self, node: ast.Call, scope: dict) -> Super:
        module, owner = scope.get("self"), scope.get("__class__")
        if not isinstance(module, PastedModule) or owner is None or len(node.args) not in (0, 2) or node.keywords:
            raise refuse(node, "list_not_known", part=brief_code(node))
        return Super(module, owner)

    def _call(self, called: Any, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if isinstance(called, Known):
            return self._call_known(called.name, args, kwargs, node)
        if isinstance(called, nn.Module):
            return self._call_module(called, args, kwargs, node)
        if isinstance(called, UserClass):
            return self._make_module(called.name, args, kwargs, node)
        if isinstance(called, UserFunction):
            return self._call_function(self.program.functions[called.name], args, kwargs, node)
        if isinstance(called, Method):
            return self._call_method(called, args, kwargs, node)
        if isinstance(called, ValueMethod):
            return self._call_value_method(called, args, kwargs, node)
        raise refuse(node, "list_call_unknown", part=brief_code(node.func))

    def _call_module(self, module: nn.Module, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if self.is_building:
            raise refuse(node, "list_call_in_init", part=brief_code(node))
        if isinstance(module, (nn.ModuleList, nn.ModuleDict)):
            raise refuse(node, "list_call_list", part=brief_code(node.func))
        self._count_tensor_call(node)
        args = tuple(self._check_argument(each, node) for each in args)
        size = module.size if isinstance(module, nn.Upsample) else None
        self._check_side(args, size, measure_chain(module, {}).scale, node)
        return module(*args, **{name: self._check_argument(each, node) for name, each in kwargs.items()})

    def _call_known(self, name: str, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        kind = name.removeprefix("torch.nn.")
        if name.startswith("builtins."):
            return self._call_builtin(name.removeprefix("builtins."), args, kwargs, node)
        if name in MATHS and not kwargs and all(isinstance(each, (int, float)) for each in args):
            try:
                return MATHS[name](*args)
            except (ArithmeticError, ValueError, TypeError):
                raise refuse(node, "list_calculation", part=brief_code(node)) from None
        if name in FUNCTIONS:
            return self._call_tensor_function(name, FUNCTIONS[name], args, kwargs, node)
        if name in FACTORIES and self.is_building:
            return self._make_tensor(FACTORIES[name], args, kwargs, node)
        if name == "collections.OrderedDict":
            return self._make_ordered(args, kwargs, node)
        if name == "torch.nn.Parameter" and self.is_building:
            if len(args) != 1 or not isinstance(args[0], torch.Tensor):
                raise refuse(node, "list_not_known", part=brief_code(node))
            return nn.Parameter(args[0])
        if name in ("torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"):
            return self._make_container(kind, args, kwargs, node)
        if name.startswith("torch.nn.") and kind[:1].isupper() and "." not in kind:
            return self._make_layer(kind, args, kwargs, node)
        raise refuse(node, "list_call_unknown", part=brief_code(node.func))

    def _make_layer(self, kind: str, args: tuple, kwargs: dict, node: ast.Call) -> nn.Module:
        settings = gather_settings(
            kind, [as_setting(each) for each in args], [(n, as_setting(v)) for n, v in kwargs.items()]
        )
        layer = make_layer(kind, **settings)
        if not self.is_building:
            raise refuse(node, "list_layer_in_forward", layer=kind)
        self._count_module(node)
        return build_layer(layer)

    def _make_container(self, kind: str, args: tuple, kwargs: dict, node: ast.Call) -> nn.Module:
        if not self.is_building:
            raise refuse(node, "list_layer_in_forward", layer=kind)
        if kwargs or (kind != "Sequential" and len(args) > 1):
            raise refuse(node, "list_not_known", part=brief_code(node))
        self._count_module(node)
        modules = args if kind == "Sequential" else args[0] if args else ()
        if not isinstance(modules, (list, tuple, dict, *CONTAINERS)):
            raise refuse(node, "list_only_layers", part=brief_code(node))
        container = (
            nn.ModuleDict() if kind == "ModuleDict" else nn.ModuleList() if kind == "ModuleList" else nn.Sequential()
        )
        for name, module in self._name_modules(modules, node):
            self._add_module(container, name, module, node)
        return container

    def _name_modules(self, modules: Any, node: ast.AST) -> list[tuple[str, nn.Module]]:
        """The modules of a container with their names."""
        if len(modules) == 1 and isinstance(modules, tuple) and isinstance(modules[0], dict):
            modules = modules[0]
        values = list(modules.values()) if isinstance(modules, dict) else self._items(modules, node)
        names = list(modules) if isinstance(modules, dict) else [str(number) for number in range(len(values))]
        if not all(isinstance(each, nn.Module) for each in values):
            raise refuse(node, "list_only_layers", part=brief_code(node))
        return list(zip(names, values))

    def _make_ordered(self, args: tuple, kwargs: dict, node: ast.AST) -> dict:
        if kwargs or len(args) > 1:
            raise refuse(node, "list_pairs_here", part=brief_code(node))
        if args and isinstance(args[0], dict):
            return dict(args[0])
        pairs = self._items(args[0], node) if args else []
        if not all(isinstance(each, (tuple, list)) and len(each) == 2 and isinstance(each[0], str) for each in pairs):
            raise refuse(node, "list_pairs_here", part=brief_code(node))
        return dict(OrderedDict(pairs))

    def _make_tensor(self, make: Callable, args: tuple, kwargs: dict, node: ast.AST) -> torch.Tensor:
        sizes = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        whole = all(type(each) is int and 0 < each <= LARGEST_ARGUMENT for each in sizes)
        if not whole or kwargs or len(sizes) > 5 or prod(sizes) > MAX_PARAMS:
            raise refuse(node, "list_not_known", part=brief_code(node))
        return make(*sizes)

    def _call_tensor_function(self, name: str, function: Callable, args: tuple, kwargs: dict, node: ast.AST) -> Any:
        if self.is_building:
            raise refuse(node, "list_call_in_init", part=brief_code(node))
        self._count_tensor_call(node)
        self._check_parts(name, args[1:], kwargs, node)
        args = tuple(self._check_argument(each, node) for each in args)
        if name == "torch.nn.functional.interpolate":
            size, scale = (*args[1:3], None, None)[:2]
            self._check_side(args, kwargs.get("size", size), kwargs.get("scale_factor", scale), node)
        return function(*args, **{key: self._check_argument(each, node) for key, each in kwargs.items()})

    def _check_side(self, args: tuple, size: Any, scale: Any, node: ast.AST) -> None:
        sides = size if isinstance(size, (list, tuple)) else (size,)
        scales = scale if isinstance(scale, (list, tuple)) else (scale,)
        most = max((each for each in sides if isinstance(each, (int, float))), default=0)
        factor = max((each for each in scales if isinstance(each, (int, float))), default=0)
        before = max(args[0].shape) if args and isinstance(args[0], torch.Tensor) else 1
        if max(most, factor * before) > MAX_SIDE:
            raise refuse(node, "list_large_number", maximum=f"{MAX_SIDE:,}")

    def _check_parts(self, name: str, args: tuple, kwargs: dict, node: ast.AST) -> None:
        """A tensor is split only into as many parts as are written."""
        first = (
            args[0]
            if args
            else next((kwargs[key] for key in ("split_size_or_sections", "chunks") if key in kwargs), None)
        )
        if name in SPLITS and not isinstance(first, (list, tuple)):
            raise refuse(node, "list_split", part=brief_code(node))
        if name.endswith("chunk") and not (type(first) is int and 0 < first <= MOST_PARTS):
            raise refuse(node, "list_split", part=brief_code(node))

    def _call_value_method(self, method: ValueMethod, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        value, name = method.value, method.name
        if isinstance(value, Super):
            if self.is_building:
                self._make_base(value.module, value.owner, args, kwargs, node)
            return None
        if isinstance(value, TENSORS):
            if self.is_building:
                raise refuse(node, "list_call_in_init", part=brief_code(node))
            self._count_tensor_call(node)
            self._check_parts(name, args, kwargs, node)
            args = tuple(self._check_argument(each, node) for each in args)
            return getattr(value, name)(
                *args, **{key: self._check_argument(each, node) for key, each in kwargs.items()}
            )
        if kwargs:
            raise refuse(node, "list_not_known", part=brief_code(node))
        if isinstance(value, list):
            return self._call_list(value, name, args, node)
        if isinstance(value, (dict, nn.ModuleDict)):
            return self._call_dict(value, name, args, node)
        if isinstance(value, SHAPES):
            return value.numel()
        return self._call_container(value, name, args, node)

    def _call_list(self, values: list, name: str, args: tuple, node: ast.AST) -> None:
        if name == "append" and len(args) == 1:
            values.append(args[0])
        elif name == "extend" and len(args) == 1:
            values.extend(self._items(args[0], node))
        elif name == "insert" and len(args) == 2 and type(args[0]) is int:
            values.insert(*args)
        else:
            raise refuse(node, "list_not_known", part=brief_code(node))
        self._limit_items(values, node)

    def _call_dict(self, values: Any, name: str, args: tuple, node: ast.AST) -> Any:
        if name == "get" and len(args) in (1, 2) and isinstance(args[0], (str, int)):
            return values[args[0]] if args[0] in values else args[1] if len(args) == 2 else None
        if args or name == "get":
            raise refuse(node, "list_not_known", part=brief_code(node))
        keys, held = list(values.keys()), list(values.values())
        return keys if name == "keys" else held if name == "values" else list(zip(keys, held))

    def _call_container(self, module: nn.Module, name: str, args: tuple, node: ast.AST) -> Any:
        """Methods of modules: `add_module`, `append`, `children`."""
        if name == "children" and not args:
            return list(module.children())
        if not self.is_building:
            raise refuse(node, "list_set_in_forward", part=brief_code(node))
        if name in ("add_module", "register_module") and len(args) == 2 and isinstance(args[1], nn.Module):
            self._add_module(module, self._check_name(args[0], node), args[1], node)
            return None
        if name == "register_parameter" and len(args) == 2 and isinstance(args[1], nn.Parameter):
            self._set_attribute(module, self._check_name(args[0], node), args[1], node)
            return None
        if name in ("append", "extend") and len(args) == 1:
            added = [args[0]] if name == "append" else self._items(args[0], node)
            for each in added:
                if not isinstance(each, nn.Module):
                    raise refuse(node, "list_only_layers", part=brief_code(node))
                self._add_module(module, str(len(module._modules)), each, node)
            return None
        raise refuse(node, "list_not_known", part=brief_code(node))

    def _call_builtin(self, name: str, args: tuple, kwargs: dict, node: ast.Call) -> Any:
        if any(isinstance(each, fx.Proxy) for each in args):
            raise fx.proxy.TraceError("a number depends on a shape")  # it is known when tensors flow
        call = getattr(self, f"_builtin_{name}", None)
        if call is None or (kwargs and name != "enumerate"):
            raise refuse(node, "list_call_unknown", part=brief_code(node.func))
        try:
            return call(node, *args, **kwargs)
        except (TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, InputError):
                raise
            raise refuse(node, "list_not_known", part=brief_code(node)) from None

    def _builtin_range(self, node: ast.AST, *numbers: int) -> list[int]:
        values = range(*numbers)
        if len(values) > MAX_ITEMS:
            raise refuse(node, "list_too_many_items", maximum=MAX_ITEMS)
        return list(values)

    def _builtin_len(self, node: ast.AST, value: Any) -> int:
        return len(value) if isinstance(value, (dict, nn.ModuleDict)) else len(self._items(value, node))

    def _builtin_int(self, node: ast.AST, value: float) -> int:
        return int(self._check_number(value))

    def _builtin_float(self, node: ast.AST, value: float) -> float:
        return float(self._check_number(value))

    def _builtin_bool(self, node: ast.AST, value: Any) -> bool:
        return self._is_true(value, node)

    def _builtin_abs(self, node: ast.AST, value: float) -> float:
        return abs(self._check_number(value))

    def _builtin_round(self, node: ast.AST, value: float) -> int:
        return round(self._check_number(value))

    def _builtin_max(self, node: ast.AST, *values: Any) -> float:
        return max(self._check_number(each) for each in (self._items(values[0], node) if len(values) == 1 else values))

    def _builtin_min(self, node: ast.AST, *values: Any) -> float:
        return min(self._check_number(each) for each in (self._items(values[0], node) if len(values) == 1 else values))

    def _builtin_sum(self, node: ast.AST, values: Any, start: Any = 0) -> Any:
        total = start
        for each in self._items(values, node):
            total = self._calculate(ast.Add, total, each, node)
        return total

    def _builtin_enumerate(self, node: ast.AST, values: Any, start: int = 0) -> list:
        return list(enumerate(self._items(values, node), self._check_number(start)))

    def _builtin_zip(self, node: ast.AST, *values: Any) -> list:
        return list(zip(*(self._items(each, node) for each in values)))

    def _builtin_reversed(self, node: ast.AST, values: Any) -> list:
        return self._items(values, node)[::-1]

    def _builtin_list(self, node: ast.AST, values: Any = ()) -> list:
        return list(self._items(values, node))

    def _builtin_tuple(self, node: ast.AST, values: Any = ()) -> tuple:
        return tuple(self._items(values, node))

    def _builtin_isinstance(self, node: ast.AST, value: Any, kind: Any) -> bool:
        known = {"builtins.int": int, "builtins.float": float, "builtins.list": list, "builtins.tuple": tuple,
                 "builtins.bool": bool, "torch.Tensor": torch.Tensor}  # fmt: skip
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not all(isinstance(each, Known) and each.name in known for each in kinds):
            raise ValueError
        return isinstance(value, tuple(known[each.name] for each in kinds))


def as_setting(value: Any) -> Any:
    """A setting of a layer, which is given tuples, not lists."""
    return tuple(value) if isinstance(value, list) else value
