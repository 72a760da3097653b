"""Changes to a network's layers, how far an image then gets, and what would fit where it stops.

Networks stand on the meta device: they have shapes and no numbers, so a change costs no memory, whatever its size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from explorer.caches import remember
from explorer.errors import InputError, shorten
from explorer.models.networks import find_network
from explorer.models.operations import PASTINGS
from explorer.models.trace import Recording, Shape, ShapeError, Trace, record
from explorer.shapes.layer_list import (
    LayerList,
    LayerSpec,
    build_layer,
    build_network,
    describe_module,
    make_layer,
    parse_layer_list,
    write_layer,
)

OWN = "own"  # in place of a name: the reader's own list of layers
MAX_EDITS = 60
MAX_MENDS = 60
MOST_EDITS = 4 * MAX_EDITS  # with those that only follow from others
LONGEST_NAME = 200  # characters of a layer's name
MAX_VALUES = 1_000_000_000  # numbers in one layer's output


@dataclass(frozen=True)
class Edit:
    """One change: `setting` of the layer of that name becomes `value`, a whole number, a pair or a word.

    Attributes:
        follows: whether it was made so that the layer fits what comes before, not by the reader.
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
        mended: the same layer with the inputs that it gets; None where no such number would help.
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
        trace: every layer, or those before the one that breaks.
        broken: that layer; None where all fit.
        specs: settings by the layer's name, of every layer whose settings are known.
        chain: the network as one list of layers; None where it has branches or layers that cannot be written.
    """

    trace: Trace
    broken: Broken | None
    specs: Mapping[str, LayerSpec]
    chain: LayerList | None


class Network:
    """A recorded network, walked with or without changes; it is never changed itself.

    Args:
        recording: its operations.
    """

    def __init__(self, recording: Recording):
        self._recording = recording
        modules = {step.name: step.module for step in recording.steps if step.module is not None}
        described = {name: describe_module(module) for name, module in modules.items()}
        self._specs = {name: spec for name, spec in described.items() if spec is not None}

    def walk(self, input_shape: Shape, edits: Sequence[Edit] = ()) -> Walk:
        """Follow an image through the network, with these layers in the places of theirs.

        Args:
            input_shape: (C, H, W) of the image.
            edits: changes, of which later ones overrule earlier ones.

        Raises:
            InputError: a change cannot be made, or the network has a layer that the walk has no rule for.
        """
        changed = _change_specs(self._specs, edits)
        specs = {**self._specs, **changed}
        recording = self._recording
        if changed:
            recording = recording.replace({name: build_layer(spec) for name, spec in changed.items()})
        broken = None
        try:
            found = recording.trace(input_shape)
        except ShapeError as error:
            found = Trace(error.layers, tuple(input_shape))
            broken = _describe_break(specs, error)
        _check_sizes(found)
        return Walk(found, broken, specs, None if broken else _describe_chain(found, specs))

    def mend(self, input_shape: Shape, edits: Sequence[Edit]) -> tuple[Edit, ...]:
        """The changes and, after them, those that give each layer that breaks the inputs that it gets.

        Stops where all fit, or where other numbers do not help: at branches of different shapes, say.

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


def open_network(name: str, channels: int = 1, stem: str = "small", text: str = "") -> Network:
    """A network, built for so many channels where it can be, or the reader's own list of layers.

    Args:
        name: a key of `networks.NETWORKS`, or OWN.
        channels: channels of the image; torchvision's networks and a list of layers have their own.
        stem: "small" for a 3x3 first convolution, "large" for 7x7 with pooling, where there is a choice.
        text: the list of layers, for OWN.

    Raises:
        InputError: there is no such network, or the text is no list of layers.
    """
    if name == OWN:
        if not isinstance(text, str):
            raise InputError("shapes.list_empty")
        return _open_own(text)
    return _open_known(find_network(name).name, channels, stem)


@remember(megabytes=16)
def _open_own(text: str) -> Network:
    return Network(record(build_network(parse_layer_list(text))))


@remember(megabytes=64)
def _open_known(name: str, channels: int, stem: str) -> Network:
    return Network(find_network(name).record(channels, stem))


# ---- changes ----------------------------------------------------------------------------------------------------


def read_setting(words) -> int | tuple[int, int] | str:
    """What someone typed into a field: a whole number, a pair such as "3, 5" or "3x5", or a word such as "same".

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
    """Without the last change, or without all that were made at once so that the rest fits."""
    kept = len(edits)
    while kept and edits[kept - 1].follows:
        kept -= 1
    return tuple(edits[: kept if kept < len(edits) else max(0, kept - 1)])


def read_edits(value) -> tuple[Edit, ...]:
    """Changes as the page sends them: a list of [layer, setting, value, follows].

    Raises:
        InputError: it is no such list, or too long.
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
    """The layers that change, with all that changes in them."""
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
    """The layer with the number of inputs that it gets."""
    if spec is None or error.key not in ("trace.channels", "trace.features"):
        return None
    # Channels stand first in a map; a matrix acts on the last dimension.
    got = error.input_shapes[0][-1 if error.key == "trace.features" else 0]
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
    """The network as a list of layers, if each reads what the one before it gives."""
    if any(layer.inputs != (index - 1,) for index, layer in enumerate(found.layers)):
        return None
    flatten = make_layer("Flatten")
    chain = [flatten if layer.kind == "flatten" else specs.get(layer.name) for layer in found.layers]
    return None if not chain or None in chain else LayerList(tuple(chain))


# ---- what would fit ---------------------------------------------------------------------------------------------


def suggest_fit(broken: Broken) -> tuple[str, dict]:
    """What would fit where an image gets stuck: a sentence's key and its values; ("", {}) where nothing is known."""
    key, spec = broken.error.key.removeprefix("trace."), broken.spec
    if key == "features" and broken.mended is not None:
        before = broken.error.layers[-1] if broken.error.layers else None
        values = {"code": write_layer(broken.mended), "kind": broken.kind}
        shape = before.input_shape if before is not None else ()
        if len(shape) == 3 and prod(shape) == broken.input_shapes[0][0]:
            channels, height, width = shape
            return "shapes.fit_after_map", {**values, "side": f"{height}×{width}", "channels": channels}
        return "shapes.fit_code", {"code": values["code"]}
    if key == "channels" and broken.mended is not None:
        return "shapes.fit_code", {"code": write_layer(broken.mended)}
    if key == "kernel_too_large" and spec is not None:
        return _suggest_kernel(spec, broken.input_shapes[0])
    if key == "pool_padding" and spec is not None:
        return "shapes.fit_padding", {"most": min(_axis(spec, "kernel_size", 0), _axis(spec, "kernel_size", 1)) // 2}
    if key == "needs_vector" and spec is not None:
        return _suggest_flatten(spec, broken.input_shapes[0])
    if key in ("branches", "needs_map"):
        return f"shapes.fit_{key}", {}
    return "", {}


def _suggest_flatten(spec: LayerSpec, shape: Shape) -> tuple[str, dict]:
    """What a layer for a flat list needs where it gets a map."""
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
    """The largest kernel that its padded input has room for; of a pooling it must be twice its padding at least."""
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
    """Settings of a layer that can be changed, with their values as they are typed."""
    return [(name, write_setting(spec.get(name))) for name in PASTINGS[spec.kind].editable]


def write_setting(value) -> str:
    """A setting as someone would type it: "3", "3×5", "same"."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
