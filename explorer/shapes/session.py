"""What came from the page, turned into a network that an image walks through, and what the reader did to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from explorer.checks import check_choice, check_keys, check_whole
from explorer.data import fit_samples, load_sample
from explorer.errors import InputError, shorten
from explorer.models.checkpoints import CheckpointError, available_models
from explorer.models.networks import BROUGHT, HANDED_OVER, STEMS, find_network
from explorer.models.real_run import find_dtype
from explorer.models.trace import Trace
from explorer.shapes.activations import Features, measure_features
from explorer.shapes.edit import (
    LONGEST_NAME,
    MAX_EDITS,
    MOST_EDITS,
    OWN,
    Edit,
    Network,
    Walk,
    open_network,
    read_edits,
    read_setting,
    undo_last,
)
from explorer.shapes.maths import Stage, gather_stages

MAX_SIZE = 1024
MOST_ACTIONS = 200  # of which the page has no answer yet; earlier ones go
MOST_INDEX = 2**31 - 1  # of what is counted: the page could not send larger numbers back
LONGEST_SIGNATURE = 64  # characters: a SHA-256
IMAGE_SIZE = 28  # of the images that the trained networks know
# What a reader can do beside the controls, and what tells of it beside its number.
ACTION_KEYS = {
    "choose": ("layer",),
    "unit": ("map", "row", "column"),
    "edit": ("layer", "setting", "value"),
    "undo": (),
    "mend": (),
    "reset": (),
}


@dataclass(frozen=True)
class Setup:
    """The network and the image as they are chosen; checked.

    Attributes:
        model: a key of NETWORKS, or OWN.
        size: side of the image in pixels.
        channels: of the image.
        stem: one of STEMS.
        own: the reader's list of layers, for OWN; else "".
    """

    model: str
    size: int
    channels: int
    stem: str
    own: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the image."""
        return self.channels, self.size, self.size

    @property
    def has_stems(self) -> bool:
        """Whether the network can be had with another stem."""
        return self.model != OWN and find_network(self.model).has_stems

    def open(self) -> Network:
        """The network.

        Raises:
            InputError: the list of layers cannot be read.
        """
        return open_network(self.model, self.channels, self.stem, self.own)

    def walk(self, edits: Sequence[Edit] = ()) -> Walk:
        """How far the image gets through the network with these changes.

        Raises:
            InputError: the list of layers cannot be read, or a change cannot be made.
        """
        return self.open().walk(self.shape, edits)

    def why_no_maps(self, edited: bool) -> str | None:
        """The key of the reason why there are no feature maps of trained weights; None where there are."""
        if self.model == OWN or edited:
            return "no_maps_own" if self.model == OWN else "no_maps_edited"
        network = find_network(self.model)
        if network.source in (HANDED_OVER, BROUGHT):
            fits = "no_maps_input" if self.channels != network.channels else None
            return fits if network.has_weights else "no_maps_untrained"
        if self.model not in _trained():
            return "no_maps_untrained"
        trained_stem = self.stem == "small" or not self.has_stems
        fits = self.size == IMAGE_SIZE and self.channels == 1 and trained_stem
        return None if fits else "no_maps_input"


@dataclass(frozen=True)
class Found:
    """A network with the reader's changes, and how far the image gets. The first two determine the others.

    Attributes:
        setup: the network and the image.
        edits: the changes.
        walk: every layer.
        stages: the layers gathered into stages.
    """

    setup: Setup
    edits: tuple[Edit, ...]
    walk: Walk = field(repr=False)
    stages: Sequence[Stage] = field(repr=False)


@dataclass(frozen=True)
class State:
    """What the reader did beside the controls; it travels with the page.

    Attributes:
        layer: name of the chosen layer; "" for none.
        edits: the changes so far.
        map: number of the chosen feature map.
        unit: row and column of the chosen unit; None for the middle.
        fitted: whether size and channels were set for a network of torchvision, not by the reader.
        heard: number of the reader's last action that is in it.
        network: signature of the network that it belongs to; "" for any.
    """

    layer: str = ""
    edits: tuple[Edit, ...] = ()
    map: int = 0
    unit: tuple[int, int] | None = None
    fitted: bool = False
    heard: int = 0
    network: str = ""

    def pack(self) -> dict:
        """As it travels."""
        edits = [[edit.layer, edit.setting, edit.value, edit.follows] for edit in self.edits]
        return {
            "layer": self.layer, "edits": edits, "map": self.map, "unit": self.unit, "fitted": self.fitted,
            "heard": self.heard, "network": self.network,
        }  # fmt: skip


def read_state(value) -> State:
    """The state as the page sends it back.

    Raises:
        InputError: it is not a state.
    """
    if not value:
        return State()
    if not isinstance(value, dict):
        raise InputError("shapes.edit_damaged")
    check_keys(value, tuple(State.__dataclass_fields__))
    unit, heard = value.get("unit"), value.get("heard") or 0
    if not _is_number(heard):
        raise InputError("shapes.edit_damaged")
    return State(
        shorten(value.get("layer") or "", LONGEST_NAME),
        read_edits(value.get("edits") or []),
        check_whole("shapes.map_number", value.get("map") or 0, 0, MOST_INDEX),
        None if unit is None else _check_unit(unit),
        value.get("fitted") is True,
        heard,
        shorten(value.get("network") or "", LONGEST_SIGNATURE),
    )


def _check_unit(unit) -> tuple[int, int]:
    if not isinstance(unit, (list, tuple)) or len(unit) != 2:
        raise InputError("shapes.edit_damaged")
    return tuple(check_whole("shapes.unit", each, 0, MOST_INDEX) for each in unit)


def read_network(model, own) -> tuple[str, str]:
    """The name of the network and, if it is the reader's own, its list of layers; otherwise "".

    Raises:
        InputError: there is no network of that name, or no list.
    """
    if model != OWN:
        return find_network(model).name, ""
    if not isinstance(own, str):
        raise InputError("shapes.list_empty")
    return OWN, own


def sign_network(network: tuple[str, str]) -> str:
    """The same for the same network alone."""
    return hashlib.sha256(repr(network).encode("utf-8", "backslashreplace")).hexdigest()


def read_setup(network: tuple[str, str], size, channels, stem) -> Setup:
    """The network, as `read_network` gives it, and the image.

    Raises:
        InputError: something of it is out of bounds.
    """
    model, own = network
    side, stem = check_whole("shapes.side", size, 1, MAX_SIZE), check_choice("shapes.stem", stem, STEMS)
    return Setup(model, side, check_whole("shapes.channels", channels, 1, 16), stem, own)


def find(setup: Setup, edits: tuple[Edit, ...]) -> Found:
    """Let the image walk through the network with these changes.

    Raises:
        InputError: as `Setup.walk` does.
    """
    walk = setup.walk(edits)
    return Found(setup, edits, walk, gather_stages(walk.trace))


@lru_cache(maxsize=1)
def _trained() -> tuple[str, ...]:
    """Networks whose weights are here and complete. Checked only once, because it reads every file."""
    return tuple(available_models())


def find_features(name: str, found: Trace, sample: int, layer: str) -> Features | None:
    """What a layer of a network with weights makes of a sample, at the size and with the channels of the trace.

    Raises:
        InputError: its weights cannot be used any more.
    """
    network, (channels, side, _) = find_network(name), found.input_shape
    image = fit_samples(load_sample().images[sample : sample + 1], channels, side)
    try:
        with network.borrow() as model:
            return measure_features(model, found, image.to(find_dtype(model, image.dtype)), layer)
    except CheckpointError as error:
        raise InputError("shapes.no_weights", model=network.title) from error


# ---- what the reader did ----------------------------------------------------------------------------------------


def read_or_reset(state, actions: list[dict]) -> State:
    """The state as the page sends it back; whatever it is, it can be reset."""
    if isinstance(state, dict) and any(action.get("action") == "reset" for action in actions):
        state = {name: state.get(name) for name in ("layer", "heard", "network")}
    return read_state(state)


def act_all(actions: list[dict], state: State, view: str, setup: Setup) -> tuple[State, str, InputError | None]:
    """The state and the view after these actions, and why the last one could not be done, if it could not."""
    problem = None
    for action in actions:
        problem = None
        try:
            state, view = _act(action, state, view, setup)
        except InputError as error:
            problem = error
        state = replace(state, heard=action["number"])
    return state, view, problem


def read_actions(actions) -> list[dict]:
    """What the reader did, in order, as `act` of values.js sends it."""
    actions = actions or []
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise InputError("shapes.edit_damaged")
    if not all(_is_number(action.get("number")) for action in actions):
        raise InputError("shapes.edit_damaged")
    for action in actions:
        kind = check_choice("shapes.action", action.get("action"), tuple(ACTION_KEYS))
        check_keys(action, ("action", "number", *ACTION_KEYS[kind]))
    return actions[-MOST_ACTIONS:]


def _is_number(value) -> bool:
    """Whether it can be the number of an action."""
    return type(value) is int and 0 <= value <= MOST_INDEX


def _act(action: dict, state: State, view: str, setup: Setup) -> tuple[State, str]:
    """The state and the view after one action; the maps of a chosen layer are shown where there are any."""
    kind = action.get("action")
    if kind == "choose":
        state = replace(state, layer=shorten(action.get("layer") or "", LONGEST_NAME), map=0, unit=None)
        return state, "layer" if not state.edits and setup.why_no_maps(edited=False) is None else view
    if kind == "unit":
        number = check_whole("shapes.map_number", action.get("map"), 0, MOST_INDEX)
        return replace(state, map=number, unit=_check_unit((action.get("row"), action.get("column")))), view
    edits = _change(action, state.edits, setup.open(), setup.shape)
    return replace(state, edits=edits), "flow" if view == "layer" else view


def _change(action: dict, edits: tuple[Edit, ...], network: Network, shape) -> tuple[Edit, ...]:
    """The changes after one more action. A new change of the same setting replaces the last one, as when someone types."""
    kind = action.get("action")
    if kind == "reset":
        return ()
    if kind == "undo":
        return undo_last(edits)
    if kind == "mend":
        return network.mend(shape, edits)
    layer, setting = shorten(action.get("layer"), LONGEST_NAME), shorten(action.get("setting"), 40)
    edit = Edit(layer, setting, read_setting(action.get("value")))
    if edits and (edits[-1].layer, edits[-1].setting) == (edit.layer, edit.setting):
        edits = edits[:-1]
    if sum(not each.follows for each in edits) >= MAX_EDITS or len(edits) >= MOST_EDITS:
        raise InputError("shapes.edit_too_many", maximum=MAX_EDITS)
    return (*edits, edit)
