"""The shapes tab: choose a network and an input, read its layers, change them, look inside."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import gradio as gr

from explorer.checks import check_choice, check_keys, check_whole
from explorer.data import load_sample, normalise
from explorer.errors import InputError, shorten
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import CheckpointError, available_models, load_trained, model_lock
from explorer.models.networks import NETWORKS, STEMS, TORCHVISION, find_network
from explorer.models.networks import Network as KnownNetwork
from explorer.models.trace import Layer, Trace, trace_catalogue
from explorer.page.canvas import build_canvas
from explorer.page.events import PRIVATE, draw_look_for, draw_problem, wire
from explorer.page.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_setter,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.page.samples import build_sample_picker, check_sample
from explorer.page.scripts import mount
from explorer.shapes.activations import Features, find_field, find_middle, measure_features
from explorer.shapes.edit import (
    LONGEST_NAME,
    MAX_EDITS,
    MOST_EDITS,
    OWN,
    Broken,
    Edit,
    Network,
    Walk,
    open_network,
    read_edits,
    read_setting,
    suggest_fit,
    undo_last,
)
from explorer.shapes.figures import STYLED, draw_flow, draw_table, draw_totals
from explorer.shapes.graph import gather_graph
from explorer.shapes.layer_list import write_network
from explorer.shapes.maths import Stage, bin_widths, gather_stages, spans_image
from explorer.shapes.panels import (
    draw_code,
    draw_editor,
    draw_feature_maps,
    draw_field_map,
    draw_graph,
    draw_kernels,
    draw_layer_words,
)
from explorer.text import Text, join_sentences, text_in

DEFAULT = ("lenet5", 28, 1, "small")
DEFAULT_SAMPLE = 120
MAX_SIZE = 1024
MOST_ACTIONS = 200  # of which the page has no answer yet; earlier ones go
MOST_INDEX = 2**31 - 1  # of what is counted: greater numbers could not all be sent back to the page
LONGEST_SIGNATURE = 64  # characters: a SHA-256
IMAGE_SIZE = 28  # of the images that the trained networks know
VIEWS = ("flow", "graph", "layer")
# What a reader can do beside the controls, and what tells of it beside its number.
ACTION_KEYS = {
    "choose": ("layer",),
    "unit": ("map", "row", "column"),
    "edit": ("layer", "setting", "value"),
    "undo": (),
    "mend": (),
    "reset": (),
}
NUM_PICTURES = 14  # what on_shapes returns
OWN_LIST = """nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1),
    nn.BatchNorm2d(8),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(8, 16, 3, stride=2),
    nn.ReLU(),
    nn.Flatten(),
    nn.Linear(16 * 6 * 6, 10),
)"""


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
        drawn: signature of the network, the image and the changes that the page shows.
    """

    layer: str = ""
    edits: tuple[Edit, ...] = ()
    map: int = 0
    unit: tuple[int, int] | None = None
    fitted: bool = False
    heard: int = 0
    network: str = ""
    drawn: str = ""

    def pack(self) -> dict:
        """As it travels."""
        edits = [[edit.layer, edit.setting, edit.value, edit.follows] for edit in self.edits]
        return {
            "layer": self.layer, "edits": edits, "map": self.map, "unit": self.unit, "fitted": self.fitted,
            "heard": self.heard, "network": self.network, "drawn": self.drawn,
        }  # fmt: skip


def read_state(value) -> State:
    """The state as the page sends it back.

    Raises:
        InputError: it is no state.
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
        shorten(value.get("drawn") or "", LONGEST_SIGNATURE),
    )


def _check_unit(unit) -> tuple[int, int]:
    if not isinstance(unit, (list, tuple)) or len(unit) != 2:
        raise InputError("shapes.edit_damaged")
    return tuple(check_whole("shapes.unit", each, 0, MOST_INDEX) for each in unit)


# ---- what the page calls ----------------------------------------------------------------------------------------


def on_shapes(
    model,
    size,
    channels,
    stem,
    own=OWN_LIST,
    state=None,
    sample=DEFAULT_SAMPLE,
    view="flow",
    *,
    language: str,
    same_network: bool = False,
) -> list:
    """Everything for what is set: the sentence, the pictures, the totals, the table, and what the editor shows.

    Of the same network, slabs, totals, table and code stay as they are: drawn anew, they would lose the keyboard's
    place.
    """
    text, state = text_in(language), read_state(state)
    check_choice("shapes.view", view, VIEWS)
    network = _open(model, channels, stem, own)
    walk = network.walk(_check_shape(size, channels), state.edits)
    stages, broken = gather_stages(walk.trace), walk.broken
    problem = _describe_problem(broken, text) if broken else ""
    sentence = _describe(network, walk, stages, state, model, text)
    flow = totals = table = code = gr.skip()
    if not same_network:
        is_plain = not state.edits and model in MODELS
        claim = _judge_claim(model, walk.trace, channels, stem, text) if is_plain and not broken else ""
        flow = draw_flow(walk.trace, stages, text, broken)
        totals = draw_totals(walk.trace, claim, f"{model.removeprefix(TORCHVISION)}-{size}x{size}.csv", text, broken)
        table = draw_table(walk.trace, stages, text, broken, {edit.layer for edit in state.edits}, problem)
        code = draw_code(write_network(walk.chain) if walk.chain else None, broken is not None, text)
    inside = [gr.skip()] * 5
    if view == "layer":
        inside = _draw_layer(walk, state, _Setting(model, size, channels, stem), sample, text)
    return [
        gr.update(value=draw_problem(problem, stale=False)) if broken else sentence,
        flow,
        totals,
        table,
        gr.update(visible=_has_stems(model)),
        gr.update(visible=model == OWN),
        {**draw_editor(walk, state.layer, state.edits, view, text), "heard": state.heard},
        draw_graph(gather_graph(walk), f"{model} {stem} {_sign(own)}", text) if view == "graph" else gr.skip(),
        *inside,
        code,
    ]


def on_setup(model, size, channels, stem, own, state, sample, view, actions, *, language: str) -> list:
    """As on_shapes, and what else is new: the state, and after another network its image, after an action its view.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.

    Args:
        actions: all that the reader did of which no answer has told yet: chose a layer, changed one, or clicked a place
            on a feature map. One that cannot be done is told of if it is the last.
    """
    actions = _read_actions(actions)
    before = _read_or_reset(state, actions)
    actions = [action for action in actions if action["number"] > before.heard]
    network = _sign_network(model, own)
    if before.network not in ("", network):
        return _start(before, network, [model, size, channels, stem, own], sample, view, actions, language)
    setting = _Setting(model, size, channels, stem)
    after, seen, problem = _act_all(actions, replace(before, network=network), view, setting, own)
    moved = gr.skip() if seen == view else seen
    if problem is not None:
        told = gr.update(value=draw_problem(problem.sentence(language)))
        return [told, *[gr.skip()] * (NUM_PICTURES - 1), after.pack(), gr.skip(), gr.skip(), moved]
    drawn = _sign(network, size, channels, stem, after.edits)
    is_same = drawn == before.drawn
    after = replace(after, drawn=drawn)
    inputs = [model, size, channels, stem, own, after.pack(), sample, seen]
    return [*on_shapes(*inputs, language=language, same_network=is_same), after.pack(), gr.skip(), gr.skip(), moved]


def on_open(model, size, channels, stem, own, state, sample, view, actions, *, language: str) -> list:
    """As on_setup for a link, whose network comes with the image that the link names."""
    return on_setup(model, size, channels, stem, own, None, sample, view, [], language=language)


def _sign_network(model, own) -> str:
    """The signature of a network, for which the list counts where it is the reader's own."""
    return _sign(model, own if model == OWN else "")


def _sign(*parts) -> str:
    """The same for the same parts alone."""
    try:
        written = repr(parts)
    except (RecursionError, ValueError):  # lists in lists, thousands deep: refused where they are read
        written = ""
    return hashlib.sha256(written.encode()).hexdigest()


def _start(before: State, network: str, inputs: list, sample, view, actions: list[dict], language: str) -> list:
    """Another network: what was chosen and changed in the last one goes, and the image fits it.

    So do actions of which no answer has told yet: they were made on what is shown of the last one.
    """
    model, size, channels, stem, own = inputs
    known = _find_known(model)
    fits = known is not None and not known.is_ours
    if fits:
        size, channels = known.input_size, known.channels
    elif before.fitted:
        size, channels = DEFAULT[1:3]
    heard = max([before.heard, *(action["number"] for action in actions)])
    drawn = _sign(network, size, channels, stem, ())
    fresh = State(fitted=fits, heard=heard, network=network, drawn=drawn).pack()
    try:
        pictures = on_shapes(model, size, channels, stem, own, fresh, sample, view, language=language)
    except InputError as error:
        if model != OWN:
            raise
        return [*_show_list(error.sentence(language)), *[gr.skip()] * 4]
    fitted = [new if new != old else gr.skip() for new, old in zip((size, channels), inputs[1:3])]
    return [*pictures, fresh, *fitted, gr.skip()]


def _show_list(problem: str) -> list:
    """What is wrong with the reader's list, and the field in which it can be put right; the rest stays."""
    stem, own = gr.update(visible=False), gr.update(visible=True)
    return [gr.update(value=draw_problem(problem)), *[gr.skip()] * 3, stem, own, *[gr.skip()] * (NUM_PICTURES - 6)]


def _read_or_reset(state, actions: list[dict]) -> State:
    """The state as the page sends it back; whatever it is, it can be reset."""
    if isinstance(state, dict) and any(action.get("action") == "reset" for action in actions):
        state = {name: state.get(name) for name in ("layer", "heard", "network")}
    return read_state(state)


def _act_all(
    actions: list[dict], state: State, view: str, setting: _Setting, own: str
) -> tuple[State, str, InputError | None]:
    """The state and the view after these actions, and why the last one could not be done, if it could not."""
    problem = None
    for action in actions:
        problem = None
        try:
            state, view = _act(action, state, view, setting, own)
        except InputError as error:
            problem = error
        state = replace(state, heard=action["number"])
    return state, view, problem


def _read_actions(actions) -> list[dict]:
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


def _act(action: dict, state: State, view: str, setting: _Setting, own: str) -> tuple[State, str]:
    """The state and the view after one action; the maps of a chosen layer are shown where there are any."""
    kind = action.get("action")
    if kind == "choose":
        state = replace(state, layer=shorten(action.get("layer") or "", LONGEST_NAME), map=0, unit=None)
        return state, "layer" if not state.edits and _why_no_maps(setting, False) is None else view
    if kind == "unit":
        number = check_whole("shapes.map_number", action.get("map"), 0, MOST_INDEX)
        return replace(state, map=number, unit=_check_unit((action.get("row"), action.get("column")))), view
    network = _open(setting.model, setting.channels, setting.stem, own)
    edits = _change(action, state.edits, network, _check_shape(setting.size, setting.channels))
    return replace(state, edits=edits), "flow" if view == "layer" else view


def _change(action: dict, edits: tuple[Edit, ...], network: Network, shape) -> tuple[Edit, ...]:
    """The changes after one more action. A change of what was changed last takes its place, as when someone types."""
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


def trace_shapes(
    model: str = "lenet5",
    height: int = 28,
    width: int = 28,
    channels: int = 1,
    stem: str = "small",
    language: str = "en",
) -> dict:
    """Walk a network layer by layer without running it.

    Args:
        model: a network of the catalogue, such as "lenet5", "alexnet_small" or "resnet18", or one of torchvision's
            classifiers, such as "torchvision/resnet50".
        height: height of the image in pixels, 1 to 1024.
        width: width of the image in pixels, 1 to 1024.
        channels: channels of the image, 1 to 16.
        stem: "small" for a 3x3 first convolution, "large" for 7x7 with pooling (ResNet-18 to ResNet-152 alone).
        language: language of error messages, "en" or "zh".

    Returns:
        {"layers": [{"name", "kind", "input_shape", "output_shape", "num_params", "mult_adds", "activation_bytes",
        "receptive_field", "spans_image"}, ...], "num_params", "mult_adds"}; shapes are of one image,
        the receptive field is the box of what a unit sees, multiply-adds are as torchinfo counts them, bytes those of
        the output in float32.
    """
    trace = _trace(model, height, width, channels, stem)
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "input_shape": list(layer.input_shape),
            "output_shape": list(layer.output_shape),
            "num_params": layer.num_params,
            "mult_adds": layer.mult_adds,
            "activation_bytes": layer.activation_bytes,
            "receptive_field": list(layer.receptive_field.size),
            "spans_image": spans_image(layer, trace),
        }
        for layer in trace.layers
    ]
    return {"layers": layers, "num_params": trace.num_params, "mult_adds": trace.mult_adds}


@dataclass(frozen=True)
class _Setting:
    """The network and the image as they are chosen."""

    model: str
    size: int
    channels: int
    stem: str


def _check_shape(size, channels) -> tuple[int, int, int]:
    side = check_whole("shapes.side", size, 1, MAX_SIZE)
    return check_whole("shapes.channels", channels, 1, 16), side, side


def _open(model, channels, stem, own) -> Network:
    _find_known(model)
    check_choice("shapes.stem", stem, STEMS)
    return open_network(model, check_whole("shapes.channels", channels, 1, 16), stem, own)


def _find_known(model) -> KnownNetwork | None:
    """The network of that name; None for the reader's own list.

    Raises:
        InputError: there is no network of that name.
    """
    return None if model == OWN else find_network(model)


def _has_stems(model) -> bool:
    known = _find_known(model)
    return known is not None and known.has_stems


def _trace(model, height, width, channels, stem) -> Trace:
    network = find_network(model)
    check_choice("shapes.stem", stem, STEMS)
    shape = (
        check_whole("shapes.channels", channels, 1, 16),
        check_whole("terms.height", height, 1, MAX_SIZE),
        check_whole("terms.width", width, 1, MAX_SIZE),
    )
    return network.record(shape[0], stem).trace(shape)


# ---- one layer --------------------------------------------------------------------------------------------------


def _draw_layer(walk: Walk, state: State, setting: _Setting, sample, text: Text) -> list:
    """The image with the field of one unit, the maps, the kernels, and the lines above them."""
    layer = next((each for each in walk.trace.layers if each.name == state.layer), None)
    if layer is None:
        return [None, None, None, f'<p class="maps-line">{text("shapes.choose_row")}</p>', ""]
    index = check_sample(sample)
    unit = find_middle(layer) if state.unit is None else tuple(map(min, state.unit, _last_unit(layer)))
    picture = load_sample().images[index] / 255
    side = walk.trace.input_shape[1]
    field = draw_field_map(picture, side, layer, find_field(layer, unit), text)
    reason = _why_no_maps(setting, bool(state.edits))
    features = None if reason else _features_of(setting.model, walk.trace, index, layer.name)
    reason = text(f"shapes.{reason or 'no_maps_inside'}", size=IMAGE_SIZE) if features is None else ""
    chosen = min(state.map, layer.output_shape[0] - 1)
    maps = draw_feature_maps(layer, features, chosen, unit, text) if features is not None else None
    kernels = draw_kernels(features.kernels, chosen, text) if features is not None else None
    return [field, maps, kernels, *draw_layer_words(layer, features, chosen, reason, text)]


def _last_unit(layer: Layer) -> tuple[int, int]:
    return tuple(layer.output_shape[axis] - 1 for axis in layer.map_axes) if layer.map_axes else (0, 0)


def _why_no_maps(setting: _Setting, edited: bool) -> str | None:
    """The key of the reason why there are no feature maps of trained weights; None where there are."""
    if setting.model == OWN or edited:
        return "no_maps_own" if setting.model == OWN else "no_maps_edited"
    if setting.model not in _trained():
        return "no_maps_untrained"
    trained_stem = setting.stem == "small" or not _has_stems(setting.model)
    fits = setting.size == IMAGE_SIZE and setting.channels == 1 and trained_stem
    return None if fits else "no_maps_input"


@lru_cache(maxsize=1)
def _trained() -> tuple[str, ...]:
    """Networks whose weights are here and whole. Checked once: it reads every file."""
    return tuple(available_models())


def _features_of(name: str, found: Trace, sample: int, layer: str) -> Features | None:
    try:
        model = load_trained(name)
    except CheckpointError as error:
        raise InputError("shapes.no_weights", model=MODELS[name].title) from error
    with model_lock(name):
        return measure_features(model, found, normalise(load_sample().images[sample : sample + 1])[:, None], layer)


# ---- sentences --------------------------------------------------------------------------------------------------


def _describe_problem(broken: Broken, text: Text) -> str:
    """Where the image gets stuck, and what would fit."""
    key, values = suggest_fit(broken)
    hint = text(key, **values) if key else ""
    return join_sentences([broken.error.sentence(text.language), hint], text)


def _describe(network: Network, walk: Walk, stages: Sequence[Stage], state: State, model: str, text: Text) -> str:
    if walk.broken or not walk.trace.layers:
        return ""
    if not state.edits:
        return _look_for(walk.trace, stages, model in MODELS, text)
    before = network.walk(walk.trace.input_shape)
    if before.broken:
        return text("shapes.look_mended")
    pairs = ((before.trace.num_params, walk.trace.num_params), (before.trace.mult_adds, walk.trace.mult_adds))
    (params, new_params), (work, new_work) = (tuple(f"{number:,}" for number in pair) for pair in pairs)
    return text("shapes.look_changed", params=params, new_params=new_params, work=work, new_work=new_work)


def _look_for(trace: Trace, stages: Sequence[Stage], is_known: bool, text: Text) -> str:
    """Where the parameters and the work are, and, of a network of the catalogue, what else it shows."""
    if trace.num_params == 0:
        return text("shapes.look_no_params")
    heavy = max(stages, key=lambda stage: stage.num_params)
    busy = max(stages, key=lambda stage: stage.mult_adds)
    if is_known and heavy.num_params == trace.num_params:
        shares = text("shapes.look_one", name=heavy.name, total=f"{trace.num_params:,}", classes=trace.output_shape[0])
    else:
        shares = text(
            "shapes.look_same" if heavy is busy else "shapes.look_shares",
            heavy=heavy.name,
            heavy_share=f"{heavy.num_params / trace.num_params:.0%}",
            busy=busy.name,
            busy_share=f"{busy.mult_adds / trace.mult_adds:.0%}",
        )
    return join_sentences([shares, _lesson(trace, stages, text)], text) if is_known else shares


def _lesson(trace: Trace, stages: Sequence[Stage], text: Text) -> str:
    blocks = [stage for stage in stages if stage.is_blocks]
    if blocks:
        side = min(blocks[-1].output_shape[1:])
        return text("shapes.look_tiny", size=side) if side <= 2 else text("shapes.look_blocks")
    if len(trace.layers[0].output_shape) == 1:
        return text("shapes.look_vector")
    for layer in trace.layers:
        if layer.receptive_field.note == "uneven":
            size, bins = layer.input_shape[1], layer.output_shape[1]
            widths = list(bin_widths(size, bins))
            return text("shapes.look_uneven", name=layer.name, bins=bins, size=size, widths=widths)
    joining = next(layer for layer in trace.layers if layer.settings.in_features is not None)
    flatten = next(layer for layer in trace.layers if len(layer.output_shape) == 1)
    product = "×".join(map(str, flatten.input_shape))
    key = "look_even" if any(layer.settings.output_size for layer in trace.layers) else "look_flatten"
    return text(f"shapes.{key}", name=joining.name, features=joining.settings.in_features, product=product)


def _judge_claim(model: str, trace: Trace, channels: int, stem: str, text: Text) -> str:
    """What is to be said of the parameter count that the tutorial states; "" where it states none."""
    entry = MODELS[model]
    if entry.claimed_params is None or (stem == "large" and _has_stems(model)):
        return ""
    claimed, true = f"{entry.claimed_params:,}", f"{trace_catalogue(model, entry.input_shape).num_params:,}"
    if entry.claimed_params == trace.num_params:
        return text("shapes.claim_right" if channels == 1 else "shapes.claim_now_right", claimed=claimed)
    if channels != 1 and claimed == true:
        return text("shapes.claim_other", claimed=claimed)
    if entry.claimed_params == trace_catalogue(model, (3, *entry.input_shape[1:])).num_params:
        return text("shapes.claim_three", claimed=claimed, true=true)
    return text("shapes.claim_wrong", claimed=claimed, true=true)


# ---- the tab ----------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """Lay out the tab and wire it.

    Args:
        language: language of the page.

    Returns:
        What the roof needs of it.
    """
    text = text_in(language)
    first = on_shapes(*DEFAULT, language=language)
    with gr.Row(elem_classes="view-bar"):
        build_intro("shapes", language)
        view = _build_switch(text)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = _build_controls(text)
            editor = _build_script_box("layer-editor", first[6], "shapes/editor.js")
            totals = gr.HTML(first[2], elem_classes=STYLED, js_on_load=None)
        with picture_column():
            look_for = build_look_for(first[0])
            pictures, sample = _build_views(first, text)
            table = _build_rows(first[3])
            with gr.Accordion(text("shapes.code"), open=False):
                code = gr.HTML(first[-1], elem_classes=STYLED, js_on_load=mount("shapes/code.js"))
    build_explanation("shapes", language)
    model, size, channels, stem, own = controls.values()
    network = _sign_network(DEFAULT[0], OWN_LIST)
    state = State(network=network, drawn=_sign(network, *DEFAULT[1:], ()))
    state = gr.HTML(state.pack(), html_template="", visible="hidden")
    actions = build_setter("shapes.actions", [])  # what was done on the pictures of which no answer has told yet
    flow, graph, field, maps, kernels, maps_words, kernels_words = pictures
    inputs = [*controls.values(), state, sample, view, actions]
    inside = [field, maps, kernels, maps_words, kernels_words]
    outputs = [
        look_for, flow, totals, table, stem, own, editor, graph, *inside, code, state, size, channels, view
    ]  # fmt: skip
    # The first network of torchvision takes seconds: the library is imported then.
    reading = json.dumps(draw_look_for(html.escape(text("shapes.reading")), stale=True))
    words = f"model?.startsWith({json.dumps(TORCHVISION)}) ? {reading} : undefined"
    waits = f"(model) => cnnExplorer.onNewChoice('shapes.model', model, {words})"
    model.input(None, [model], [look_for], js=waits, **PRIVATE)
    triggers = [*(each.input for each in controls.values()), sample.input, view.input, actions.input]
    wire(triggers, on_setup, inputs, outputs, language, queue=True)
    view.input(None, [view], None, js="(view) => cnnExplorer.showView(view)", **PRIVATE)
    links = {"model": model, "size": size, "channels": channels, "stem": stem, "view": view}
    return Wing("shapes", links, on_open, inputs, outputs)


def _build_controls(text: Text) -> dict[str, gr.components.Component]:
    titles = [(each.title, each.name) for each in NETWORKS.values() if each.is_ours]
    stems = [(text(f"shapes.stem_{stem}"), stem) for stem in STEMS]
    titles.append((text("shapes.own"), OWN))
    others = [
        (text("shapes.torchvision", title=each.title.removeprefix("torchvision ")), each.name)
        for each in NETWORKS.values()
        if not each.is_ours
    ]
    model = gr.Dropdown([*titles, *others], value=DEFAULT[0], label=text("terms.model"))
    own = _build_script_box(
        "layer-list", OWN_LIST, "shapes/list.js", label=text("shapes.own_label"), visible=False,
    )  # fmt: skip
    size = build_slider(1, MAX_SIZE, DEFAULT[1], text("shapes.size"), elem_id="shapes-size")
    channels = gr.Radio([1, 3], value=DEFAULT[2], label=text("shapes.channels"))
    stem = gr.Radio(stems, value=DEFAULT[3], label=text("shapes.stem"), visible=False)
    return {"model": model, "size": size, "channels": channels, "stem": stem, "own": own}


def _build_switch(text: Text) -> gr.Radio:
    """Which of the three pictures is shown, and the buttons that save it."""
    views = [(text(f"shapes.view_{view}"), view) for view in VIEWS]
    view = gr.Radio(views, value=VIEWS[0], show_label=False, container=False, elem_classes="view-switch")
    save = mount("shapes/download.js")
    gr.HTML(_draw_save_buttons(text), elem_classes=["view-save", STYLED], js_on_load=save)
    return view


def _build_views(first: list, text: Text) -> tuple[list[gr.components.Component], gr.HTML]:
    """The three pictures, of which the page shows one, and the choice of an image beside the last."""
    with gr.Column(elem_classes="shapes-views"):
        with gr.Column(elem_classes="view-flow"):
            flow = _build_rows(first[1])
        with gr.Column(elem_classes="view-graph"):
            graph = gr.HTML(
                None,
                html_template='<div class="network-graph"></div>',
                elem_classes="shapes-graph",
                js_on_load=mount("shapes/graph.js"),
                apply_default_css=False,
            )
            gr.HTML(f'<p class="maps-line muted">{html.escape(text("shapes.graph_hint"))}</p>', elem_classes=STYLED)
        with gr.Column(elem_classes="view-layer"):
            with gr.Row(elem_classes="layer-maps"):
                with gr.Column(scale=3, min_width=290):
                    sample = build_sample_picker(text.language, DEFAULT_SAMPLE)
                    field = build_canvas(None)
                with gr.Column(scale=5, min_width=320):
                    maps_words = gr.HTML("", elem_classes=STYLED)
                    maps = build_canvas(None, wing="shapes")
                with gr.Column(scale=2, min_width=150):
                    kernels_words = gr.HTML("", elem_classes=STYLED)
                    kernels = build_canvas(None)
    return [flow, graph, field, maps, kernels, maps_words, kernels_words], sample


def _draw_save_buttons(text: Text) -> str:
    buttons = ""
    for kind in ("png", "svg"):
        title = html.escape(text("shapes.save", kind=kind.upper()))
        about = f'type="button" class="text-button" data-save="{kind}" title="{title}"'
        buttons += f"<button {about}>{kind.upper()}</button>"
    return f'<span class="save">{html.escape(text("shapes.save_as"))} {buttons}</span>'


def _build_rows(value: str) -> gr.HTML:
    """HTML whose layers can be clicked."""
    return gr.HTML(value, elem_classes=STYLED, js_on_load=mount("shapes/rows.js"))


def _build_script_box(css_class: str, value, script: str, label: str = "", **settings) -> gr.HTML:
    """An element that a script fills from its value."""
    return gr.HTML(
        value,
        html_template=f'<div class="{css_class}" data-label="{html.escape(label)}"></div>',
        elem_classes=STYLED,
        js_on_load=mount(script),
        apply_default_css=False,
        **settings,
    )
