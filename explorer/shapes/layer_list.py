"""Networks that a reader pastes: whatever the text is, it is read, and nothing of it is ever run.

There are three forms (`pasted_text.find_form`): layers one after another, which are read here; a class with `__init__` and
`forward` (class_texts.py); and what `print(model)` shows (printouts.py). Names are looked up in our own lists only, and
every number has a limit.
"""

from __future__ import annotations

import ast
import operator
import re
import textwrap

from torch import nn

from explorer.errors import InputError
from explorer.models.pasting import MAX_FEATURES, REQUIRED
from explorer.shapes.class_texts import ClassText, read_class_text
from explorer.shapes.layers import (
    LAYERS,
    MAX_PARAMS,
    LayerList,
    LayerSpec,
    LineError,
    brief,
    brief_code,
    brief_line,
    build_layer,
    build_list,
    check_name,
    describe_module,
    gather_settings,
    iterate_layers,
    make_layer,
    write_layer,
    write_layer_list,
    write_network,
)
from explorer.shapes.pasted_text import MAX_TEXT, Form, check_characters, clean, find_form
from explorer.shapes.printouts import read_printout

__all__ = [
    "LAYERS", "MAX_DEPTH", "MAX_LAYERS", "MAX_PARAMS", "MAX_TEXT", "REQUIRED", "ClassText", "LayerList", "LayerSpec",
    "LineError", "build_layer", "build_network", "describe_module", "iterate_layers", "make_layer", "parse_layer_list",
    "write_layer", "write_layer_list", "write_network",
]  # fmt: skip

MAX_LAYERS = 200
MAX_DEPTH = 4  # nn.Sequential inside nn.Sequential
MAX_BRACKETS = 12
MAX_OPERATIONS = 8  # operations inside each other in one number; 16 * 5 * 5 has two

_ALLOWED = re.compile(r"[A-Za-z0-9_.,()\[\]=\"'+\-*/ \t\n]")
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}
_LARGEST = 10**12  # limit of numbers, also within a calculation


def parse_layer_list(text: str) -> LayerList | ClassText:
    """Read a network that is written as in PyTorch code, or as PyTorch prints it.

    It may be a whole `nn.Sequential(...)`, with a name and imports before it or without, or only its layers, separated
    by commas or line breaks; or what `print(model)` shows; or a class with `__init__` and `forward`. Comments are
    skipped, and so are prompts and fences around the text.

    Args:
        text: at most MAX_TEXT characters; it is not executed.

    Returns:
        The layers, one after another; for a class, what was read of it. `build_network` takes both.

    Raises:
        InputError: the text is empty, too long, or has too many layers; or something in it is not a layer, and then it
            says what.
        LineError: (an InputError) a layer cannot be made; it says in which line and why.

    >>> parse_layer_list("nn.Flatten(), nn.Linear(28 * 28, 10)").layers[1].settings
    (('in_features', 784), ('out_features', 10), ('bias', True))
    """
    text = clean(text)
    form = find_form(text)
    if form is Form.CLASS:
        return read_class_text(text)
    return read_printout(text) if form is Form.PRINTOUT else _read_layers(text)


def build_network(network: LayerList | ClassText) -> nn.Module:
    """Build a network on the meta device, in eval mode.

    Args:
        network: as from `parse_layer_list`.

    Raises:
        InputError: it would have more than MAX_PARAMS parameters, or its class cannot be read.
    """
    return network.build() if isinstance(network, ClassText) else build_list(network)


# ---- layers one after another -----------------------------------------------------------------------------------


def _read_layers(text: str) -> LayerList:
    text = _check_text(text)
    items = [(None, item) for statement in _parse(text).body for item in _items_of(statement, text)]
    while len(items) == 1 and (inner := _inner_list(items[0][1], text)) is not None:
        items = inner
    if not items:
        raise InputError("shapes.list_empty")
    layers = _read_items(items, text, 1)
    if layers.count() > MAX_LAYERS:
        raise InputError("shapes.list_too_many", count=layers.count(), maximum=MAX_LAYERS)
    return layers


def _check_text(text: str) -> str:
    """The text without comments. It may have only those characters that a list of layers needs.

    Raises:
        InputError: it has other characters, or too many brackets within brackets.
    """
    text = "\n".join(line.partition("#")[0].rstrip() for line in text.split("\n"))
    check_characters(
        text, _ALLOWED, MAX_BRACKETS, lambda line: InputError("shapes.list_nested", line=line, maximum=MAX_DEPTH)
    )
    return textwrap.dedent(text).rstrip("\n")  # empty lines at the top stay, so that line numbers are right


def _parse(text: str) -> ast.Module:
    """The syntax tree of a text, which may be statements, or layers on indented lines.

    Raises:
        InputError: it is neither.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as first:
        try:
            return ast.parse(f"({text}\n)")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            line = getattr(first, "lineno", None) or 1
            raise InputError("shapes.list_syntax", line=line, part=brief_line(text, line)) from None


def _names_one_thing(statement: ast.stmt) -> bool:
    """`NAME = …`"""
    return (
        isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
    )


def _items_of(statement: ast.stmt, text: str) -> list[ast.expr]:
    if _is_import(statement):
        return []
    if not isinstance(statement, ast.Expr) and not _names_one_thing(statement):
        raise _no_layer(statement, text)
    value = statement.value
    return list(value.elts) if isinstance(value, (ast.Tuple, ast.List)) else [value]


_IMPORTED = ("torch", "collections")


def _is_import(statement: ast.stmt) -> bool:
    """Whether this is a line such as `import torch.nn as nn`; it is skipped, nothing is imported."""
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] in _IMPORTED
    return isinstance(statement, ast.Import) and all(alias.name.split(".")[0] in _IMPORTED for alias in statement.names)


def _layer_name(node: ast.expr) -> str | None:
    """ "Conv2d" of a call of `Conv2d`, `nn.Conv2d` or `torch.nn.Conv2d`; None for anything else."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute) and _is_torch_nn(node.func.value):
        return node.func.attr
    return None


def _is_torch_nn(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id == "nn"
    is_nn = isinstance(node, ast.Attribute) and node.attr == "nn"
    return is_nn and isinstance(node.value, ast.Name) and node.value.id == "torch"


Item = tuple[str | None, ast.expr]  # the name of a layer, if it has one, and the layer


def _inner_list(node: ast.expr, text: str) -> list[Item] | None:
    """The items of an nn.Sequential(...), an OrderedDict, a list or a tuple; None for anything else."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return [(None, each) for each in node.elts]
    if _layer_name(node) == "OrderedDict":
        return _pairs_of(node, text)
    if _layer_name(node) != "Sequential" or node.keywords:
        return None
    if len(node.args) == 1 and _layer_name(node.args[0]) == "OrderedDict":
        return _pairs_of(node.args[0], text)
    return [(None, each) for each in node.args]


def _is_pair(node: ast.expr) -> bool:
    """`("conv1", nn.Conv2d(...))`"""
    return isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant)


def _pairs_of(call: ast.Call, text: str) -> list[Item]:
    """The names and layers of an OrderedDict.

    Raises:
        InputError: it is not written as a list of pairs.
        LineError: a name cannot be that of a layer, or stands there twice.
    """
    pairs = call.args[0] if len(call.args) == 1 and not call.keywords else None
    if not isinstance(pairs, (ast.List, ast.Tuple)) or not pairs.elts or not all(map(_is_pair, pairs.elts)):
        raise InputError("shapes.list_pairs", line=call.lineno, part=brief_line(text, call.lineno))
    items: list[Item] = []
    for pair in pairs.elts:
        try:
            name = check_name(pair.elts[0].value)
            if name in (other for other, _ in items):
                raise InputError("shapes.list_twice", layer="OrderedDict", setting=brief(name))
        except InputError as error:
            raise LineError(pair.lineno, error) from error
        items.append((name, pair.elts[1]))
    return items


def _read_items(items: list[Item], text: str, depth: int) -> LayerList:
    layers = tuple(_read_item(item, text, depth) for _, item in items)
    names = tuple(name for name, _ in items if name is not None)
    return LayerList(layers, names)


def _read_item(node: ast.expr, text: str, depth: int) -> LayerSpec | LayerList:
    name = _layer_name(node)
    if name == "Sequential":
        if depth >= MAX_DEPTH:
            raise InputError("shapes.list_nested", line=node.lineno, maximum=MAX_DEPTH)
        inner = _inner_list(node, text)
        if not inner:
            raise _no_layer(node, text)
        return _read_items(inner, text, depth + 1)
    if name is None:
        raise _no_layer(node, text)
    try:
        return make_layer(name, **_read_settings(node, name))
    except InputError as error:
        raise LineError(node.lineno, error) from error


def _read_settings(call: ast.Call, kind: str) -> dict:
    if any(keyword.arg is None for keyword in call.keywords):
        raise InputError("shapes.list_value", layer=kind, value="**")
    given = [_read_value(value, kind) for value in call.args]
    return gather_settings(kind, given, [(each.arg, _read_value(each.value, kind)) for each in call.keywords])


def _read_value(node: ast.expr, kind: str):
    """A number, a pair, True, False, None or a short text."""
    if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) <= 4:
        return tuple(_read_number(each, kind) for each in node.elts)
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, str, type(None))):
        return node.value
    return _read_number(node, kind)


def _read_number(node: ast.expr, kind: str, depth: int = 0):
    if depth <= MAX_OPERATIONS:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
            return _limit(node.value, kind)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -_read_number(node.operand, kind, depth + 1)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = (_read_number(each, kind, depth + 1) for each in (node.left, node.right))
            if isinstance(node.op, ast.FloorDiv) and right == 0:
                raise InputError("shapes.list_value", layer=kind, value="// 0")
            return _limit(_OPERATORS[type(node.op)](left, right), kind)
    raise InputError("shapes.list_value", layer=kind, value=brief_code(node))


def _limit(number, kind: str):
    if abs(number) > _LARGEST:
        raise InputError("shapes.list_huge", layer=kind, maximum=f"{MAX_FEATURES:,}")
    return number


def _no_layer(node: ast.AST, text: str) -> InputError:
    line = getattr(node, "lineno", 1)
    return InputError("shapes.list_no_layer", line=line, part=brief_line(text, line))
