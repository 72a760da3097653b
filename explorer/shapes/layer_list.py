"""Networks as lists of layers: they are read from a text, built without numbers, and written as PyTorch code.

The text is never executed. It is parsed into Python's syntax tree, and read from there: calls of the layers in
`LAYERS`, with plain numbers, pairs, True, False and short strings. No name in it is looked up, and every number has a
limit.
"""

from __future__ import annotations

import ast
import operator
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from explorer.errors import InputError
from explorer.models.operations import PASTINGS
from explorer.models.pasting import MAX_FEATURES, REQUIRED, Setting, WrongValueError
from explorer.text import translate

MAX_TEXT = 6000  # characters
MAX_LAYERS = 200
MAX_DEPTH = 4  # nn.Sequential inside nn.Sequential
MAX_BRACKETS = 12
MAX_OPERATIONS = 8  # operations inside each other in one number; 16 * 5 * 5 has two
MAX_PARAMS = 1_000_000_000


class LineError(InputError):
    """What is wrong with a layer, and in which line of the text.

    Args:
        line: number of the line, 1 for the first.
        problem: what is wrong, without the line.
    """

    def __init__(self, line: int, problem: InputError):
        self.problem = problem
        super().__init__("shapes.list_line", line=line, problem=problem)

    def sentence(self, language: str) -> str:
        """The sentence in that language, with the line."""
        return translate(language, self.key, line=self.values["line"], problem=self.problem.sentence(language))


# Settings in the order in which PyTorch takes them if their names are not written.
LAYERS = {kind: pasting.settings for kind, pasting in PASTINGS.items()}


@dataclass(frozen=True)
class LayerSpec:
    """One layer: its class in torch.nn and every setting, in the order of LAYERS."""

    kind: str
    settings: tuple[tuple[str, object], ...] = ()

    def get(self, name: str):
        """Value of a setting; None if there is no such setting."""
        return dict(self.settings).get(name)


@dataclass(frozen=True)
class LayerList:
    """An nn.Sequential: layers, and lists of layers."""

    layers: tuple[LayerSpec | LayerList, ...]

    def count(self) -> int:
        """Number of layers, together with those of inner lists."""
        return sum(each.count() if isinstance(each, LayerList) else 1 for each in self.layers)


def make_layer(kind: str, /, **settings) -> LayerSpec:
    """Make a layer from checked settings.

    Args:
        kind: name of its class in torch.nn, a key of LAYERS.
        **settings: its settings; the others have PyTorch's defaults.

    Returns:
        The layer with all its settings. A pair of equal numbers is written as one number.

    Raises:
        InputError: there is no such layer or setting, a setting without default is missing, a value is out of its
            limits, or values do not go together.

    >>> make_layer("MaxPool2d", kernel_size=(2, 2)).settings[:2]
    (('kernel_size', 2), ('stride', 2))
    """
    if kind not in LAYERS:
        raise InputError("shapes.list_unknown", layer=_shorten(kind), known=list(LAYERS))
    names = [setting.name for setting in LAYERS[kind]]
    for name in settings:
        if name not in names:
            raise InputError("shapes.list_setting_unknown", layer=kind, setting=_shorten(name), known=names or "–")
    values = {setting.name: _check_setting(kind, setting, settings) for setting in LAYERS[kind]}
    if "stride" in values and values["stride"] is None:
        values["stride"] = values["kernel_size"]
    _check_together(kind, values)
    return LayerSpec(kind, tuple(values.items()))


def _check_setting(kind: str, setting: Setting, given: dict):
    value = given.get(setting.name, setting.default)
    if value is REQUIRED:
        raise InputError("shapes.list_missing", layer=kind, setting=setting.name)
    try:
        return setting.check(value)
    except WrongValueError as error:
        key = f"shapes.list_{error.wanted}"
        raise InputError(key, layer=kind, setting=setting.name, value=_shorten(str(value)), **error.values) from None


def _check_together(kind: str, values: dict) -> None:
    if kind != "Conv2d":
        return
    for name in ("in_channels", "out_channels"):
        if values[name] % values["groups"]:
            raise InputError("shapes.list_groups", setting=name, value=values[name], groups=values["groups"])
    if values["padding"] == "same" and values["stride"] != 1:
        raise InputError("shapes.list_same", stride=values["stride"])


# ---- reading a text ---------------------------------------------------------------------------------------------

_ALLOWED = re.compile(r"[A-Za-z0-9_.,()\[\]=\"'+\-*/ \t\n]")
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}
_LARGEST = 10**12  # limit of numbers, also within a calculation


def parse_layer_list(text: str) -> LayerList:
    """Read a list of layers that is written as in PyTorch code.

    It may be a whole `nn.Sequential(...)`, with a name and imports before it or without, or only its layers, separated
    by commas or line breaks. Comments are skipped.

    Args:
        text: at most MAX_TEXT characters; it is not executed.

    Raises:
        InputError: the text is empty, too long, or has too many layers; or something in it is no layer, and then it
            says what.
        LineError: (an InputError) a layer cannot be made; it says in which line and why.

    >>> parse_layer_list("nn.Flatten(), nn.Linear(28 * 28, 10)").layers[1].settings
    (('in_features', 784), ('out_features', 10), ('bias', True))
    """
    text = _check_text(text)
    items = [item for statement in _parse(text).body for item in _items_of(statement, text)]
    while len(items) == 1 and (inner := _inner_list(items[0])) is not None:
        items = inner
    if not items:
        raise InputError("shapes.list_empty")
    layers = LayerList(tuple(_read_item(item, text, 1) for item in items))
    if layers.count() > MAX_LAYERS:
        raise InputError("shapes.list_too_many", count=layers.count(), maximum=MAX_LAYERS)
    return layers


def _check_text(text) -> str:
    """The text without comments. It may have only those characters that a list of layers needs.

    Raises:
        InputError: it is empty or too long, or has other characters or too many brackets within brackets.
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("shapes.list_empty")
    if len(text) > MAX_TEXT:
        raise InputError("shapes.list_too_long", length=f"{len(text):,}", maximum=f"{MAX_TEXT:,}")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join(line.partition("#")[0].rstrip() for line in lines)
    depth = 0
    for line, content in enumerate(text.split("\n"), start=1):
        for character in content:
            if not _ALLOWED.match(character):
                shown = character if character.isprintable() else f"U+{ord(character):04X}"
                raise InputError("shapes.list_character", character=shown, line=line)
            depth += (character in "([") - (character in ")]")
            if depth > MAX_BRACKETS:
                raise InputError("shapes.list_nested", line=line, maximum=MAX_DEPTH)
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
            raise InputError("shapes.list_syntax", line=line, part=_line_of(text, line)) from None


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


def _is_import(statement: ast.stmt) -> bool:
    """Whether this is a line such as `import torch.nn as nn`; it is skipped, nothing is imported."""
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] == "torch"
    return isinstance(statement, ast.Import) and all(alias.name.split(".")[0] == "torch" for alias in statement.names)


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


def _inner_list(node: ast.expr) -> list[ast.expr] | None:
    """The items of an nn.Sequential(...), a list or a tuple; None for anything else."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return node.elts
    return node.args if _layer_name(node) == "Sequential" and not node.keywords else None


def _read_item(node: ast.expr, text: str, depth: int) -> LayerSpec | LayerList:
    name = _layer_name(node)
    if name == "Sequential":
        if depth >= MAX_DEPTH:
            raise InputError("shapes.list_nested", line=node.lineno, maximum=MAX_DEPTH)
        if node.keywords or not node.args:
            raise _no_layer(node, text)
        return LayerList(tuple(_read_item(inner, text, depth + 1) for inner in node.args))
    if name is None:
        raise _no_layer(node, text)
    try:
        return make_layer(name, **_read_settings(node, name))
    except InputError as error:
        raise LineError(node.lineno, error) from error


def _read_settings(call: ast.Call, kind: str) -> dict:
    settings: dict[str, object] = {}
    names = [setting.name for setting in LAYERS.get(kind, ()) if not setting.only_by_name]
    if kind in LAYERS and len(call.args) > len(names):
        raise InputError("shapes.list_too_many_settings", layer=kind, count=len(call.args), maximum=len(names))
    for name, value in zip(names, call.args):
        settings[name] = _read_value(value, kind)
    for keyword in call.keywords:
        if keyword.arg is None:
            raise InputError("shapes.list_value", layer=kind, value="**")
        if keyword.arg in settings:
            raise InputError("shapes.list_twice", layer=_shorten(kind), setting=_shorten(keyword.arg))
        settings[keyword.arg] = _read_value(keyword.value, kind)
    return settings


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
    raise InputError("shapes.list_value", layer=kind, value=_shorten(_written(node)))


def _limit(number, kind: str):
    if abs(number) > _LARGEST:
        raise InputError("shapes.list_huge", layer=kind, maximum=f"{MAX_FEATURES:,}")
    return number


def _written(node: ast.AST) -> str:
    """The part of the text that a node stands for, as Python would write it; "…" if it cannot be written."""
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return "…"


def _no_layer(node: ast.AST, text: str) -> InputError:
    line = getattr(node, "lineno", 1)
    return InputError("shapes.list_no_layer", line=line, part=_line_of(text, line))


def _line_of(text: str, line: int) -> str:
    lines = text.split("\n")
    return _shorten(lines[min(line, len(lines)) - 1].strip())


def _shorten(words: str) -> str:
    return words if len(words) <= 40 else f"{words[:39]}…"


# ---- building and writing ---------------------------------------------------------------------------------------


def build_layer(spec: LayerSpec) -> nn.Module:
    """Build a layer on the meta device: it has shapes and no numbers.

    Args:
        spec: as from `make_layer`.

    Raises:
        InputError: it would have more than MAX_PARAMS parameters.
    """
    with torch.device("meta"):
        return _check_params(getattr(nn, spec.kind)(**dict(spec.settings)))


def _check_params(module: nn.Module) -> nn.Module:
    num_params = sum(parameter.numel() for parameter in module.parameters())
    if num_params > MAX_PARAMS:
        raise InputError("shapes.list_too_large", count=f"{num_params:,}", maximum=f"{MAX_PARAMS:,}")
    return module


def build_network(layers: LayerList) -> nn.Sequential:
    """Build a network on the meta device, in eval mode.

    Args:
        layers: as from `parse_layer_list`.

    Raises:
        InputError: it would have more than MAX_PARAMS parameters.
    """
    return _check_params(_build(layers)).eval()


def _build(layers: LayerList) -> nn.Sequential:
    inner = (_build(each) if isinstance(each, LayerList) else build_layer(each) for each in layers.layers)
    return nn.Sequential(*inner)


def describe_module(module: nn.Module) -> LayerSpec | None:
    """Describe a module of torch.nn as a layer.

    Args:
        module: any module.

    Returns:
        The layer; None if LAYERS has no such layer, or if it cannot have such settings.

    >>> describe_module(nn.Conv2d(1, 6, 5, bias=False)).get("bias")
    False
    """
    kind = type(module).__name__
    if kind not in LAYERS or type(module) is not getattr(nn, kind):
        return None
    settings = {name: _attribute(module, name) for name in (setting.name for setting in LAYERS[kind])}
    if getattr(module, "padding_mode", "zeros") != "zeros" or getattr(module, "return_indices", False):
        return None
    try:
        return make_layer(kind, **settings)
    except InputError:
        return None


def _attribute(module: nn.Module, name: str):
    value = getattr(module, name)
    return (value is not None) if name == "bias" else value


def write_layer(spec: LayerSpec) -> str:
    """Write a layer as PyTorch code. Channels and features have no names in it; settings with defaults are left out.

    >>> write_layer(make_layer("Conv2d", in_channels=1, out_channels=6, kernel_size=5, padding=2))
    'nn.Conv2d(1, 6, kernel_size=5, padding=2)'
    """
    words = []
    for setting in LAYERS[spec.kind]:
        value = spec.get(setting.name)
        if setting.default is REQUIRED and setting.name not in ("kernel_size", "output_size", "dim"):
            words.append(repr(value))
        elif value != _usual(spec, setting):
            words.append(f"{setting.name}={value!r}")
    return f"nn.{spec.kind}({', '.join(words)})"


def _usual(spec: LayerSpec, setting: Setting):
    """The value that a setting has when it is not written."""
    is_window = spec.kind in ("MaxPool2d", "AvgPool2d")
    return spec.get("kernel_size") if setting.name == "stride" and is_window else setting.default


def write_network(layers: LayerList) -> str:
    """Write a network as PyTorch code that can be run and pasted.

    Args:
        layers: the network.

    Returns:
        The import, then `model = nn.Sequential(...)` with each layer on its own line.
    """
    return f"from torch import nn\n\nmodel = {write_layer_list(layers)}\n"


def write_layer_list(layers: LayerList, indent: str = "") -> str:
    """Write `nn.Sequential(...)` with each layer on its own line.

    Args:
        layers: the network.
        indent: spaces before the last line; the layers have four more.
    """
    inner = indent + "    "
    lines = [
        write_layer_list(each, inner) if isinstance(each, LayerList) else write_layer(each) for each in layers.layers
    ]
    return "nn.Sequential(\n" + "".join(f"{inner}{line},\n" for line in lines) + f"{indent})"


def iterate_layers(layers: LayerList) -> Iterator[LayerSpec]:
    """Every layer in order, together with those of inner lists."""
    for each in layers.layers:
        if isinstance(each, LayerList):
            yield from iterate_layers(each)
        else:
            yield each
