"""Layers and networks made of them one after another: checked, built without numbers, and written as PyTorch code."""

from __future__ import annotations

import ast
import difflib
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn

from explorer.errors import InputError
from explorer.models.operations import PASTINGS
from explorer.models.pasting import REQUIRED, Setting, WrongValueError
from explorer.text import translate

MAX_PARAMS = 1_000_000_000
MAX_SCALE = 64  # of all layers together that enlarge a map
MAX_NAME = 60  # characters of the name of a layer or a setting
_MAX_LEVELS = 64  # of a part of a text within each other, to be written again


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


Note = tuple[str, Mapping[str, object]]  # the key of a sentence, and the values of its placeholders


@dataclass(frozen=True)
class LayerList:
    """An nn.Sequential: layers, and lists of layers.

    Attributes:
        layers: in the order in which they are run.
        names: what each is called, as in an OrderedDict; () where they are numbered.
        notes: what a reader must be told about how the text was read.
    """

    layers: tuple[LayerSpec | LayerList, ...]
    names: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=(), compare=False)

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
        raise _unknown_layer(kind)
    names = [setting.name for setting in LAYERS[kind]]
    for name in settings:
        if name not in names:
            raise InputError("shapes.list_setting_unknown", layer=kind, setting=brief(name), known=names or "–")
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
        raise InputError(key, layer=kind, setting=setting.name, value=brief(str(value)), **error.values) from None


def _unknown_layer(kind: str) -> InputError:
    small = {name.lower(): name for name in LAYERS}
    near = difflib.get_close_matches(kind[:MAX_NAME].lower(), small, n=3, cutoff=0.7)
    known = [small[name] for name in near] or list(LAYERS)
    return InputError("shapes.list_unknown_near" if near else "shapes.list_unknown", layer=brief(kind), known=known)


def _check_together(kind: str, values: dict) -> None:
    if kind in ("Conv2d", "ConvTranspose2d"):
        for name in ("in_channels", "out_channels"):
            if values[name] % values["groups"]:
                raise InputError(
                    "shapes.list_groups", layer=kind, setting=name, value=values[name], groups=values["groups"]
                )
    if values.get("padding") == "same" and values["stride"] != 1:
        raise InputError("shapes.list_same", stride=values["stride"])
    if kind == "GroupNorm" and values["num_channels"] % values["num_groups"]:
        channels, groups = values["num_channels"], values["num_groups"]
        raise InputError("shapes.list_groups", layer=kind, setting="num_channels", value=channels, groups=groups)
    if kind == "ConvTranspose2d":
        _check_output_padding(values)
    if "scale_factor" in values and (values["size"] is None) == (values["scale_factor"] is None):
        raise InputError("shapes.list_size_or_scale", layer=kind)
    if values.get("align_corners") is not None and values["mode"] not in ("bilinear", "bicubic"):
        raise InputError("shapes.list_align_corners", layer=kind, mode=values["mode"])


def _check_output_padding(values: dict) -> None:
    """PyTorch: smaller than the stride or the dilation, on each side."""
    added, strides, gaps = (_both(values[name]) for name in ("output_padding", "stride", "dilation"))
    if any(more >= max(stride, gap) for more, stride, gap in zip(added, strides, gaps)):
        raise InputError("shapes.list_output_padding", value=values["output_padding"])


def _both(value) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def gather_settings(kind: str, given: Sequence, named: Sequence[tuple[str, object]]) -> dict[str, object]:
    """The settings of a call by their names.

    Args:
        kind: name of the layer's class.
        given: values without a name, in PyTorch's order.
        named: (name, value) of the others.

    Raises:
        InputError: there are too many values without a name, or a setting is given twice.
    """
    names = [setting.name for setting in LAYERS.get(kind, ()) if not setting.only_by_name]
    if kind in LAYERS and len(given) > len(names):
        raise InputError("shapes.list_too_many_settings", layer=kind, count=len(given), maximum=len(names))
    settings = dict(zip(names, given))
    for name, value in named:
        if name in settings:
            raise InputError("shapes.list_twice", layer=brief(kind), setting=brief(name))
        settings[name] = value
    return settings


def brief(words: str) -> str:
    """A part of a text, as a sentence tells it."""
    return words if len(words) <= 40 else f"{words[:39]}…"


def brief_line(text: str, line: int) -> str:
    """A line of a text, 1 for the first; the last one if there are fewer."""
    lines = text.split("\n")
    return brief(lines[min(line, len(lines)) - 1].strip())


def brief_code(node: ast.AST) -> str:
    """The part of a text that a node stands for, as Python would write it; "…" if it is a long way down."""
    level: list[ast.AST] = [node]
    for _ in range(_MAX_LEVELS):
        level = [child for each in level for child in ast.iter_child_nodes(each)]
        if not level:
            return brief(ast.unparse(node).split("\n")[0])
    return "…"  # Python takes seconds to write thousands of levels, or gives up


_EMPTY = nn.Sequential()


def check_name(name: object) -> str:
    """The name of a layer in its network, as PyTorch takes one.

    Raises:
        InputError: it is not a name, or one that modules of PyTorch use for something else.
    """
    good = isinstance(name, str) and len(name) <= MAX_NAME and re.fullmatch(r"_?[A-Za-z0-9][A-Za-z0-9_-]*", name)
    if not good or hasattr(_EMPTY, name):
        raise InputError("shapes.list_name", name_given=brief(str(name)))
    return name


# ---- building and writing ---------------------------------------------------------------------------------------


def build_layer(spec: LayerSpec) -> nn.Module:
    """Build a layer on the meta device: it has shapes and no numbers.

    Args:
        spec: as from `make_layer`.

    Raises:
        InputError: it would have more than MAX_PARAMS parameters.
    """
    with torch.device("meta"):
        return check_params(getattr(nn, spec.kind)(**dict(spec.settings)))


def check_params(module: nn.Module) -> nn.Module:
    """The module itself.

    Raises:
        InputError: it has more than MAX_PARAMS parameters.
    """
    num_params = sum(parameter.numel() for parameter in module.parameters())
    if num_params > MAX_PARAMS:
        raise InputError("shapes.list_too_large", count=f"{num_params:,}", maximum=f"{MAX_PARAMS:,}")
    return module


def build_list(layers: LayerList) -> nn.Sequential:
    """Build a list of layers on the meta device, in eval mode.

    Args:
        layers: the network.

    Raises:
        InputError: it would have more than MAX_PARAMS parameters, or enlarge an image more than MAX_SCALE times.
    """
    scale = 1.0
    for each in iterate_layers(layers):
        scale *= max(_both(each.get("scale_factor") or 1))
    if scale > MAX_SCALE:
        raise InputError("shapes.list_scales", count=f"{scale:,.0f}", maximum=MAX_SCALE)
    return check_params(_build(layers)).eval()


def _build(layers: LayerList) -> nn.Sequential:
    inner = [_build(each) if isinstance(each, LayerList) else build_layer(each) for each in layers.layers]
    return nn.Sequential(OrderedDict(zip(layers.names, inner))) if layers.names else nn.Sequential(*inner)


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


_NAMED = ("kernel_size", "output_size", "dim")  # written with their names, though PyTorch does not ask for it


def write_layer(spec: LayerSpec) -> str:
    """Write a layer as PyTorch code. Channels and features have no names in it; settings with defaults are left out.

    >>> write_layer(make_layer("Conv2d", in_channels=1, out_channels=6, kernel_size=5, padding=2))
    'nn.Conv2d(1, 6, kernel_size=5, padding=2)'
    """
    words = []
    for setting in LAYERS[spec.kind]:
        value = spec.get(setting.name)
        if setting.default is REQUIRED and setting.name not in _NAMED:
            words.append(repr(value))
        elif value != _usual(spec, setting):
            words.append(f"{setting.name}={value!r}")
    return f"nn.{spec.kind}({', '.join(words)})"


def _usual(spec: LayerSpec, setting: Setting):
    """The value that a setting has when it is not written."""
    is_window = spec.kind in ("MaxPool2d", "AvgPool2d")  # their step is the window's size unless another is written
    return spec.get("kernel_size") if setting.name == "stride" and is_window else setting.default


def write_network(layers: LayerList) -> str:
    """Write a network as PyTorch code that can be run and pasted.

    Args:
        layers: the network.

    Returns:
        The import, then `model = nn.Sequential(...)` with each layer on its own line.
    """
    imports = "from collections import OrderedDict\n\n" if _has_names(layers) else ""
    return f"{imports}from torch import nn\n\nmodel = {write_layer_list(layers)}\n"


def _has_names(layers: LayerList) -> bool:
    return bool(layers.names) or any(isinstance(each, LayerList) and _has_names(each) for each in layers.layers)


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
    if not layers.names:
        return "nn.Sequential(\n" + "".join(f"{inner}{line},\n" for line in lines) + f"{indent})"
    pairs = "".join(f'{inner}("{name}", {line}),\n' for name, line in zip(layers.names, lines))
    return f"nn.Sequential(OrderedDict([\n{pairs}{indent}]))"


def iterate_layers(layers: LayerList) -> Iterator[LayerSpec]:
    """Every layer in order, together with those of inner lists."""
    for each in layers.layers:
        if isinstance(each, LayerList):
            yield from iterate_layers(each)
        else:
            yield each
