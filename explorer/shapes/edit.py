"""Changes to a network's layers, how far an image then gets, and what would fit where it stops.

Networks are on the meta device: they have shapes and no numbers. So even a large layer costs no memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from torch import nn

from explorer.caches import remember
from explorer.errors import InputError, shorten
from explorer.models.networks import find_network
from explorer.models.operations import PASTINGS
from explorer.models.real_run import copy_structure
from explorer.models.trace import Recording, Shape, ShapeError, Trace, UnsupportedLayerError, record
from explorer.shapes.class_code import write_class
from explorer.shapes.layer_list import (
    LayerList,
    LayerSpec,
    LineError,
    build_layer,
    build_network,
    describe_module,
    make_layer,
    parse_layer_list,
    write_layer,
    write_network,
)
from explorer.shapes.layers import Note
from explorer.shapes.pasted_values import PastedModule

OWN = "own"  # instead of a name: the reader's own list of layers
MAX_EDITS = 60
MAX_MENDS = 60
MOST_EDITS = 4 * MAX_EDITS  # together with changes that only follow from others
LONGEST_NAME = 200  # characters of a layer's name
MAX_VALUES = 1_000_000_000  # numbers in one layer's output


@dataclass(frozen=True)
class Edit:
    """One change: `setting` of the layer of that name becomes `value`, a whole number, a pair or a word.

    Attributes:
        follows: True if the reader did not make it: it was made so that the layer fits the layers before it.
    """

    layer: str
    setting: str
    value: object
    follows: bool = False


@dataclass(frozen=True)
class Broken:
    """The layer at which an image gets stuck.

    Attributes:
        name: path of the layer.
        kind: its class or function.
        error: what it cannot take, as a sentence.
        input_shapes: the shapes that reach it.
        spec: its settings; None for a function.
        mended: the same layer, made for the number of inputs that it gets; None where no such number would help.
    """

    name: str
    kind: str
    error: ShapeError
    input_shapes: tuple[Shape, ...]
    spec: LayerSpec | None
    mended: LayerSpec | None


@dataclass(frozen=True)
class Walk:
    """How far an image gets through a network.

    Attributes:
        trace: every layer, or the layers before the one that breaks.
        broken: the layer that breaks; None where all fit.
        specs: name of a layer -> its settings, for every layer whose settings are known.
        chain: the network as one list of layers; None where one breaks, or where it has branches or layers that cannot
            be written so.
        recording: the operations that were walked.
    """

    trace: Trace
    broken: Broken | None
    specs: Mapping[str, LayerSpec]
    chain: LayerList | None
    recording: Recording = field(repr=False, compare=False)

    def write_code(self) -> str:
        """The network as PyTorch code: one nn.Sequential, or a class.

        Raises:
            InputError: a layer breaks, or a part of the network cannot be written; the sentence says which.
        """
        if self.broken is not None:
            raise InputError("shapes.no_code_broken")
        if self.chain is not None:
            return write_network(self.chain)
        return write_class(self.recording.at(self.trace.input_shape))


class Network:
    """A recorded network that can be walked with and without changes. It is never changed itself.

    Args:
        recording: its operations.
        notes: what a reader must be told about how it was read.
    """

    def __init__(self, recording: Recording, notes: Sequence[Note] = ()):
        self._recording = recording
        self.notes = tuple(notes)
        self._specs = _describe_steps(recording)

    def walk(self, input_shape: Shape, edits: Sequence[Edit] = ()) -> Walk:
        """Follow an image through the network, with some changes to its layers.

        Args:
            input_shape: (C, H, W) of the image.
            edits: the changes; later ones overrule earlier ones.

        Returns:
            How far the image gets. A layer that cannot take what it gets is not an error; it is `broken`.

        Raises:
            InputError: a change cannot be made, the shape is not three or four whole numbers of at least 1, there is no
                rule for a layer, or an output would have more than MAX_VALUES numbers.
        """
        known = self._specs or self._find_specs(input_shape)
        changed = _change_specs(known, edits)
        specs = {**known, **changed}
        recording = self._recording
        if changed:
            recording = self._replace({name: build_layer(spec) for name, spec in changed.items()})
        broken = None
        try:
            found = recording.trace(input_shape)
        except ShapeError as error:
            found = Trace(error.layers, tuple(input_shape))
            broken = _describe_break(specs, error)
        except UnsupportedLayerError as error:
            if isinstance(error.__cause__, LineError):  # what is wrong in a line of a pasted class
                raise error.__cause__ from error
            if isinstance(recording.model, PastedModule):
                error.place = None  # a place in our own code
                error.args = (error.sentence("en"),)
            raise
        _check_sizes(found)
        return Walk(found, broken, specs, None if broken else _describe_chain(found, specs), recording)

    def _find_specs(self, input_shape: Shape) -> dict[str, LayerSpec]:
        """The settings of the layers of a network whose operations are known for one size at a time."""
        try:
            return _describe_steps(self._recording.at(tuple(input_shape)))
        except InputError:  # told when it is walked
            return {}

    def _replace(self, modules: Mapping[str, nn.Module]) -> Recording:
        """The recording with other modules; where it holds for one size only, that of a network with these modules."""
        if self._specs:
            return self._recording.replace(modules)
        model = copy_structure(self._recording.model, lambda tensor: tensor)
        for name, module in modules.items():
            parent, _, child = name.rpartition(".")
            model.get_submodule(parent)._modules[child] = module
        return record(model)

    def mend(self, input_shape: Shape, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """Add changes until all layers fit: each layer that breaks is made for the inputs that it gets.

        It stops where all layers fit, or where another number does not help: for example at branches of different
        shapes.

        Args:
            input_shape: (C, H, W) of the image.
            edits: changes of the reader.

        Returns:
            The changes of the reader, then the added ones, which have `follows`.

        Raises:
            InputError: as `walk` does.
        """
        edits = list(edits)
        for _ in range(MAX_MENDS):
            broken = self.walk(input_shape, edits).broken
            if broken is None or broken.mended is None:
                break
            settings = dict(broken.spec.settings)
            changes = [(name, value) for name, value in broken.mended.settings if settings[name] != value]
            if not changes or len(edits) + len(changes) > MOST_EDITS:
                break
            edits += [Edit(broken.name, name, value, True) for name, value in changes]
        return tuple(edits)


def _describe_steps(recording: Recording) -> dict[str, LayerSpec]:
    """Name of a layer -> its settings, for every layer whose settings are known."""
    modules = {step.name: step.module for step in recording.steps if step.module is not None}
    described = {name: describe_module(module) for name, module in modules.items()}
    return {name: spec for name, spec in described.items() if spec is not None}


def open_network(name: str, channels: int = 1, stem: str = "small", text: str = "") -> Network:
    """Open a network, or the reader's own list of layers. The latest ones are remembered.

    Args:
        name: a key of `networks.NETWORKS`, a former name, or OWN.
        channels: channels of the image; torchvision's networks and a list of layers have their own.
        stem: "small" for a 3x3 first convolution, "large" for 7x7 with pooling, where there is a choice.
        text: the list of layers, for OWN.

    Raises:
        InputError: there is no such network, it cannot be built for so many channels, or the text is not a list of layers.
    """
    if name == OWN:
        if not isinstance(text, str):
            raise InputError("shapes.list_empty")
        return _open_own(text)
    return _open_known(find_network(name).name, channels, stem)


@remember(megabytes=16)
def _open_own(text: str) -> Network:
    pasted = parse_layer_list(text)
    return Network(record(build_network(pasted)), pasted.notes)


@remember(megabytes=64)
def _open_known(name: str, channels: int, stem: str) -> Network:
    return Network(find_network(name).record(channels, stem))


# ---- changes ----------------------------------------------------------------------------------------------------


def read_setting(words) -> int | tuple[int, int] | str:
    """Read what someone typed into a field: a whole number, a pair such as "3, 5" or "3x5", "same" or "valid".

    Args:
        words: what was typed; numbers have at most nine digits.

    Returns:
        The number, the pair or the word.

    Raises:
        InputError: it is none of these.

    >>> read_setting("3×5")
    (3, 5)
    """
    words = shorten(words, 40).strip()
    if re.fullmatch(r"[0-9]{1,9}", words):
        return int(words)
    pair = re.fullmatch(r"\(?\s*([0-9]{1,9})\s*[,x×*]\s*([0-9]{1,9})\s*\)?", words)
    if pair:
        return int(pair[1]), int(pair[2])
    if words in ("same", "valid"):
        return words
    raise InputError("shapes.edit_value", value=shorten(words, 20))


def undo_last(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Undo the last change of the reader, together with the changes that followed from it.

    Args:
        edits: all changes, in order.

    Returns:
        The changes that stay.
    """
    kept = len(edits)
    while kept and edits[kept - 1].follows:
        kept -= 1
    return tuple(edits[: kept if kept < len(edits) else max(0, kept - 1)])


def read_edits(value) -> tuple[Edit, ...]:
    """Read changes as the page sends them.

    Args:
        value: a list of [layer, setting, value, follows], at most MOST_EDITS of them.

    Raises:
        InputError: it is no such list, it is too long, or `read_setting` cannot read one of the values.
    """
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, (list, tuple)) for each in value):
        raise InputError("shapes.edit_damaged")
    if not all(len(each) == 4 for each in value):
        raise InputError("shapes.edit_damaged")
    if len(value) > MOST_EDITS:
        raise InputError("shapes.edit_too_many", maximum=MAX_EDITS)
    return tuple(
        Edit(shorten(layer, LONGEST_NAME), shorten(setting, 40), _as_setting(words), follows is True)
        for layer, setting, words, follows in value
    )


def _as_setting(value):
    if isinstance(value, (list, tuple)) and len(value) == 2 and all(type(each) is int for each in value):
        return read_setting(f"{shorten(value[0], 20)}, {shorten(value[1], 20)}")
    return read_setting(value)


def _change_specs(specs: Mapping[str, LayerSpec], edits: Sequence[Edit]) -> dict[str, LayerSpec]:
    """The layers that change, each with all its changes.

    Raises:
        InputError: there is no such layer, it has no such setting, or the new value cannot be used.
    """
    settings: dict[str, dict] = {}
    for edit in edits:
        spec = specs.get(edit.layer)
        if spec is None:
            raise InputError("shapes.edit_no_layer", layer=shorten(edit.layer))
        if edit.setting not in PASTINGS[spec.kind].editable:
            raise InputError(
                "shapes.edit_no_setting", layer=edit.layer, kind=spec.kind, setting=shorten(edit.setting, 40)
            )
        settings.setdefault(edit.layer, dict(spec.settings))[edit.setting] = edit.value
    return {name: make_layer(specs[name].kind, **values) for name, values in settings.items()}


# ---- the walk ---------------------------------------------------------------------------------------------------


def _check_sizes(found: Trace) -> None:
    for layer in found.layers:
        count = prod(layer.output_shape)
        if count > MAX_VALUES:
            raise InputError("shapes.list_large_map", layer=layer.name, count=f"{count:,}", maximum=f"{MAX_VALUES:,}")


def _describe_break(specs: Mapping[str, LayerSpec], error: ShapeError) -> Broken:
    spec = specs.get(error.layer)
    return Broken(error.layer, error.kind, error, error.input_shapes, spec, _mend_layer(spec, error))


def _mend_layer(spec: LayerSpec | None, error: ShapeError) -> LayerSpec | None:
    """The layer, made for the number of inputs that it gets; None if that does not help."""
    if spec is None or error.problem not in ("channels", "features"):
        return None
    # The channels are the first dimension of a map; a linear layer acts on the last dimension.
    got = error.input_shapes[0][-1 if error.problem == "features" else 0]
    changes = {PASTINGS[spec.kind].made_for: got}
    if spec.get("groups") not in (None, 1):  # depthwise: as many groups as channels
        if not spec.get("groups") == spec.get("in_channels") == spec.get("out_channels"):
            return None
        changes |= {"groups": got, "out_channels": got}
    try:
        return make_layer(spec.kind, **{**dict(spec.settings), **changes})
    except InputError:
        return None


def _describe_chain(found: Trace, specs: Mapping[str, LayerSpec]) -> LayerList | None:
    """The network as a list of layers; None if a layer does not read from the one before it, or cannot be written."""
    if any(layer.inputs != (index - 1,) for index, layer in enumerate(found.layers)):
        return None
    flatten = make_layer("Flatten")
    chain = [flatten if layer.kind == "flatten" else specs.get(layer.name) for layer in found.layers]
    return None if not chain or None in chain else LayerList(tuple(chain))


# ---- what would fit ---------------------------------------------------------------------------------------------


def suggest_fit(broken: Broken) -> tuple[str, dict]:
    """Suggest what would fit where an image gets stuck.

    Args:
        broken: the layer at which it gets stuck.

    Returns:
        The key of a sentence and the values for its placeholders; ("", {}) where there is nothing to suggest.
    """
    problem, spec = broken.error.problem, broken.spec
    if problem == "features" and broken.mended is not None:
        before = broken.error.layers[-1] if broken.error.layers else None
        values = {"code": write_layer(broken.mended), "kind": broken.kind}
        shape = before.input_shape if before is not None else ()
        if len(shape) == 3 and prod(shape) == broken.input_shapes[0][0]:
            channels, height, width = shape
            return "shapes.fit_after_map", {**values, "side": f"{height}×{width}", "channels": channels}
        return "shapes.fit_code", {"code": values["code"]}
    if problem == "channels" and broken.mended is not None:
        return "shapes.fit_code", {"code": write_layer(broken.mended)}
    if problem == "kernel_too_large" and spec is not None:
        return _suggest_kernel(spec, broken.input_shapes[0])
    if problem == "pool_padding" and spec is not None:
        return "shapes.fit_padding", {"most": min(_axis(spec, "kernel_size", 0), _axis(spec, "kernel_size", 1)) // 2}
    if problem == "needs_vector" and spec is not None:
        return _suggest_flatten(spec, broken.input_shapes[0])
    if problem in ("branches", "needs_map"):
        return f"shapes.fit_{problem}", {}
    return "", {}


def _suggest_flatten(spec: LayerSpec, shape: Shape) -> tuple[str, dict]:
    """Suggest what a layer needs that takes a flat list but gets a map."""
    setting = PASTINGS[spec.kind].made_for
    if spec.get(setting) == prod(shape):
        return "shapes.fit_needs_vector", {}
    if spec.kind == "BatchNorm1d" and spec.get(setting) == shape[0]:
        return "shapes.fit_code", {"code": write_layer(make_layer("BatchNorm2d", **dict(spec.settings)))}
    try:
        mended = make_layer(spec.kind, **{**dict(spec.settings), setting: prod(shape)})
    except InputError:  # more weights than are allowed here
        return "", {}
    return "shapes.fit_flattened", {"code": write_layer(mended)}


def _suggest_kernel(spec: LayerSpec, shape: Shape) -> tuple[str, dict]:
    """Suggest the largest kernel for which the padded input has room. A pooling needs one of twice its padding."""
    most = min(
        (size + 2 * _axis(spec, "padding", axis) - 1) // _axis(spec, "dilation", axis, 1) + 1
        for axis, size in enumerate(shape[1:])
    )
    padding = max(_axis(spec, "padding", axis) for axis in (0, 1)) if "Pool" in spec.kind else 0
    return ("shapes.fit_kernel", {"most": most}) if most >= max(1, 2 * padding) else ("", {})


def _axis(spec: LayerSpec, setting: str, axis: int, default: int = 0) -> int:
    value = spec.get(setting)
    if isinstance(value, tuple):
        return value[axis]
    return value if isinstance(value, int) else default


def list_fields(spec: LayerSpec) -> list[tuple[str, str]]:
    """The settings of a layer that can be changed: (name, value as someone would type it)."""
    return [(name, write_setting(spec.get(name))) for name in PASTINGS[spec.kind].editable]


def write_setting(value) -> str:
    """A setting as someone would type it: "3", "3×5", "same"."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
