"""Reads what `print(model)` shows: modules, one a line, those inside others indented.

A printout lists modules in the order in which `__init__` names them. It says nothing of `forward`. An nn.Sequential all the
way down is therefore known exactly; of anything else the layers are read one after another, as they are printed, and a note
says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from torch import nn

from explorer.errors import InputError
from explorer.shapes.layers import LayerList, LayerSpec, LineError, Note, brief, check_name, gather_settings, make_layer

MAX_MODULES = 1000
MAX_DEPTH = 12  # blocks inside blocks

_HEAD = re.compile(r"^\s*(?:\((?P<name>[^()\s]+)\): )?(?:(?P<count>\d+) x )?(?P<kind>[A-Za-z_]\w*)\((?P<rest>.*)$")
_RANGE = re.compile(r"(\d+)-(\d+)")
_CUT = re.compile(r"^\s*(?:\.{2,}|…|\[\.{3}\]|\([\w.-]*(?:\):?)?)\s*$")
_ASKED = re.compile(r"^\s*(?:print\s*\(\s*[\w.()]*\s*\)|[\w.]+|[\w.]+\.(?:eval|train|cpu|cuda)\(\))\s*;?\s*$")
_WRAPPERS = ("DataParallel", "DistributedDataParallel", "OptimizedModule", "FullyShardedDataParallel")
_LISTS = ("Sequential", "ModuleList", "ModuleDict")
_MAPS = ("Conv2d", "ConvTranspose2d", "BatchNorm2d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d")
_WORDS = (
    "same",
    "valid",
    "zeros",
    "reflect",
    "replicate",
    "circular",
    "nearest",
    "bilinear",
    "bicubic",
    "none",
    "tanh",
)
# What is printed of a layer beside its settings.
_NOT_SETTINGS = {"UpsamplingNearest2d": ("mode",), "UpsamplingBilinear2d": ("mode",)}


@dataclass
class _Printed:
    """A module of the printout: its arguments, or the modules inside it."""

    name: str
    kind: str
    line: int
    words: str = ""
    count: int = 1
    is_block: bool = False
    children: list[_Printed] = field(default_factory=list)


def read_printout(text: str) -> LayerList:
    """Read what `print(model)` shows.

    Args:
        text: as from `pasted_text.clean`.

    Returns:
        The layers, with their names; the notes say where it is not certain that the network is this.

    Raises:
        InputError: it is cut off, or a line is not a module.
        LineError: (an InputError) a layer is not known, or its settings cannot be used.
    """
    top = _unwrap(_read_lines(text))
    is_exact = all(each.kind == "Sequential" for each in _find_blocks(top))
    reader = _Reader(is_exact)
    layers = reader.read_block(top, 1)
    if not reader.count:
        raise InputError("shapes.list_empty")
    notes: list[Note] = []
    if not is_exact:
        notes.append(("shapes.list_note_printout", {}))
    if reader.has_flattened:
        notes.append(("shapes.list_note_flattened", {"layer": reader.has_flattened}))
    if reader.has_averages:  # it is not printed whether their size is rounded up
        notes.append(("shapes.list_note_averages", {}))
    return LayerList(layers.layers, layers.names, tuple(notes))


# ---- lines ------------------------------------------------------------------------------------------------------


def _read_lines(text: str) -> _Printed:
    """The module that holds all the others; where several stand side by side, a block around them."""
    around = _Printed("", "", 1, is_block=True)
    stack = [around]
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip() or (stack == [around] and not around.children and _ASKED.match(content)):
            continue
        if _CUT.match(content):
            raise InputError("shapes.list_cut_off", line=line)
        if content.strip() in (")", "),"):
            if len(stack) == 1:
                raise InputError("shapes.list_no_module", line=line, part=brief(content.strip()))
            stack.pop()
            continue
        module, is_open = _read_head(content, line)
        stack[-1].children.append(module)
        if is_open:
            stack.append(module)
            if len(stack) > MAX_DEPTH + 2:
                raise InputError("shapes.list_nested", line=line, maximum=MAX_DEPTH)
    if len(stack) > 1:
        raise InputError("shapes.list_cut_off", line=text.count("\n") + 1)
    is_one = len(around.children) == 1 and around.children[0].is_block
    return around.children[0] if is_one else around


def _read_head(content: str, line: int) -> tuple[_Printed, bool]:
    """A module, and whether the lines after it are inside."""
    found = _HEAD.match(content)
    if found is None:
        raise InputError("shapes.list_no_module", line=line, part=brief(content.strip()))
    rest = found["rest"].strip().removesuffix(",")
    module = _Printed(found["name"] or "", found["kind"], line, count=int((found["count"] or "1")[:6]))
    if rest.endswith(")") and rest.count("(") < rest.count(")"):
        module.words = rest[:-1]
        return module, False
    if rest.count("(") > rest.count(")"):
        raise InputError("shapes.list_cut_off", line=line)
    if rest.count("(") < rest.count(")"):
        raise InputError("shapes.list_no_module", line=line, part=brief(content.strip()))
    module.is_block, module.words = True, rest
    return module, True


def _unwrap(top: _Printed) -> _Printed:
    """The network without what only spreads it over devices or compiles it."""
    while top.kind in _WRAPPERS and len(top.children) == 1:
        top = top.children[0]
    return top


def _find_blocks(top: _Printed) -> Iterator[_Printed]:
    if top.is_block:
        yield top
    for each in top.children:
        yield from _find_blocks(each)


# ---- modules ----------------------------------------------------------------------------------------------------


class _Reader:
    """Turns printed modules into layers, in the order in which they are printed.

    Attributes:
        count: layers so far.
        has_averages: whether one of them is an AvgPool2d.
        has_flattened: the layer before which a flattening was put; "" for none.
    """

    def __init__(self, is_exact: bool):
        self.count = 0
        self.has_averages = False
        self.has_flattened = ""
        self._blocks = 0
        self._is_exact = is_exact
        self._is_map = False
        self._pooled = ""  # the layer that left one place of the map

    def read_block(self, block: _Printed, depth: int, path: str = "") -> LayerList:
        if depth > MAX_DEPTH:
            raise InputError("shapes.list_nested", line=block.line, maximum=MAX_DEPTH)
        self._blocks += 1
        if self._blocks > MAX_MODULES:
            raise InputError("shapes.list_too_many", count=self._blocks, maximum=MAX_MODULES)
        _check_block(block)
        named: list[tuple[str, LayerSpec | LayerList]] = []
        for module in block.children:
            for name in _read_names(module, len(named)):
                where = f"{path}.{name}" if path else name
                if module.kind in _LISTS and not module.is_block and not module.words:
                    continue  # `Sequential()`: nothing is inside
                if module.is_block:
                    inner = self.read_block(module, depth + 1, where)
                    if inner.layers:
                        named.append((name, inner))
                    continue
                named += self._read_layer(module, name, where)
        names = [name for name, _ in named]
        if len(set(names)) < len(names):
            raise InputError(
                "shapes.list_twice", layer=block.kind or "Sequential", setting=brief(max(names, key=names.count))
            )
        numbered = names == [str(number) for number in range(len(names))]
        return LayerList(tuple(layer for _, layer in named), () if numbered else tuple(names))

    def _read_layer(self, module: _Printed, name: str, path: str) -> list[tuple[str, LayerSpec]]:
        self.count += 1
        if self.count > MAX_MODULES:
            raise InputError("shapes.list_too_many", count=self.count, maximum=MAX_MODULES)
        try:
            spec = _read_spec(module)
        except LineError:
            raise
        except InputError as error:
            raise LineError(module.line, error) from error
        self.has_averages |= spec.kind == "AvgPool2d"
        found = [(name, spec)]
        if not self._is_exact:
            self._check_order(spec, path, module.line)
            if spec.kind == "Linear" and self._is_map:
                found.insert(0, (f"flatten_before_{name}", make_layer("Flatten")))
                self.has_flattened = path
        if spec.kind in ("Linear", "Flatten"):
            self._is_map = False
        elif spec.kind in _MAPS:
            self._is_map = True
        return found

    def _check_order(self, spec: LayerSpec, path: str, line: int) -> None:
        """Behind a pooling to one place no window has anything to slide over: it stands aside, as in squeeze-and-excitation."""
        if self._pooled and spec.kind in _MAPS and spec.get("kernel_size") not in (None, 1):
            raise LineError(line, InputError("shapes.list_printed_order", layer=path, other=self._pooled))
        if spec.kind in ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d") and spec.get("output_size") == 1:
            self._pooled = path


def _check_block(block: _Printed) -> None:
    """A block of torch.nn has a forward of its own, in which its parts are not run one after another."""
    is_known = block.kind in _LISTS or not hasattr(nn, block.kind or " ")
    if not is_known:
        raise LineError(block.line, InputError("shapes.list_own_forward", layer=block.kind))


def _read_names(module: _Printed, place: int) -> list[str]:
    """The name of a module, or those of several alike: `(2-4): 3 x Block(`."""
    try:
        if module.count == 1:
            return [check_name(module.name or str(place))]
        found = _RANGE.fullmatch(module.name)
        if found is None or int(found[2][:6]) - int(found[1][:6]) != module.count - 1 or module.count > MAX_MODULES:
            raise InputError("shapes.list_name", name_given=brief(module.name))
        first = int(found[1][:6])
        return [str(number) for number in range(first, first + module.count)]
    except InputError as error:
        raise LineError(module.line, error) from error


def _read_spec(module: _Printed) -> LayerSpec:
    if module.kind in ("StochasticDepth", "DropPath"):  # in evaluation they hand on what they get
        return make_layer("Identity")
    try:
        call = ast.parse(f"f({module.words})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("shapes.list_value", layer=module.kind, value=brief(module.words)) from None
    dropped = _NOT_SETTINGS.get(module.kind, ())
    if not isinstance(call, ast.Call) or any(each.arg is None for each in call.keywords):
        raise InputError("shapes.list_value", layer=module.kind, value=brief(module.words))
    given = [_read_value(each, module) for each in call.args]
    named = [(each.arg, _read_value(each.value, module)) for each in call.keywords if each.arg not in dropped]
    return make_layer(module.kind, **gather_settings(module.kind, given, named))


def _read_value(node: ast.expr, module: _Printed):
    """A number, a tuple of numbers, True, False, None or one of the words that PyTorch prints without quotes."""
    if isinstance(node, ast.Name) and node.id in _WORDS:
        return node.id
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        value = ...
    plain = (bool, int, float, str, type(None))
    if isinstance(value, plain) or (isinstance(value, tuple) and all(type(each) in plain for each in value)):
        return value
    words = ast.get_source_segment(f"f({module.words})", node) or module.words
    raise InputError("shapes.list_value", layer=module.kind, value=brief(words))
