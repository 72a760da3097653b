"""The shapes tab: choose a network and an input, read its layers, change them, look inside."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial, wraps

import gradio as gr

from explorer.checks import check_choice
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.models.networks import HANDED_OVER, LIBRARY, NETWORKS, STEMS, TORCHVISION, Network, find_network
from explorer.models.trace import Layer
from explorer.page.canvas import build_canvas
from explorer.page.drawings import SHOWN, Drawing, build_shown, make_all
from explorer.page.events import PRIVATE, draw_look_for, draw_problem, then_wire, wire
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
from explorer.page.weights import build_weights, wire_weights
from explorer.prints.keeping import build_keeping
from explorer.shapes.activations import find_field, find_middle
from explorer.shapes.edit import OWN
from explorer.shapes.figures import STYLED, draw_beside, draw_flow, draw_table, draw_totals
from explorer.shapes.graph import gather_graph
from explorer.shapes.maths import order_axes
from explorer.shapes.panels import (
    draw_code,
    draw_editor,
    draw_feature_maps,
    draw_field_map,
    draw_graph,
    draw_kernels,
    draw_layer_words,
)
from explorer.shapes.prints import gather_prints
from explorer.shapes.sentences import (
    describe,
    describe_problem,
    fill_article,
    judge_claim,
    say_notes,
    say_unused,
)
from explorer.shapes.session import (
    IMAGE_SIZE,
    MAX_SIZE,
    Found,
    Setup,
    State,
    act_all,
    find,
    find_features,
    read_actions,
    read_network,
    read_or_reset,
    read_setup,
    sign_network,
)
from explorer.text import Text, join_sentences, text_in

DEFAULT = Setup("lenet5", 28, 1, "small", "")
COUNTS = (1, 3)  # channels of an image in grey and in colour
DEFAULT_SAMPLE = 120
VIEWS = ("flow", "graph", "layer")
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


# ---- what the page calls ----------------------------------------------------------------------------------------


def on_setup(*, state, actions, model, own, size, channels, stem, sample, view, language: str) -> dict:
    """Everything for the current settings, and what else is new: after another network its image, after an action its view.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.

    Args:
        state: what the reader did before, as the page sends it back.
        actions: all that the reader did of which no answer has told yet: chose a layer, changed one, or clicked a place
            on a feature map. One that cannot be done is told of if it is the last.
        model, own, size, channels, stem: the network and the image, as `Setup` has them.
        sample: number of the image whose feature maps are shown.
        view: one of VIEWS.
        language: of the page.
    """
    actions = read_actions(actions)
    before = read_or_reset(state, actions)
    actions = [action for action in actions if action["number"] > before.heard]
    network = read_network(model, own)
    signature = sign_network(network)
    if before.network not in ("", signature):
        # Actions without an answer were made on the pictures of the last network.
        heard = max([before.heard, *(action["number"] for action in actions)])
        fresh = State(fitted=before.fitted, heard=heard, network=signature)
        return _start(fresh, network, {"size": size, "channels": channels}, stem, sample, view, language)
    setup = read_setup(network, size, channels, stem)
    after, seen, problem = act_all(actions, replace(before, network=signature), view, setup)
    moved = {"state": after.pack()} if seen == view else {"state": after.pack(), "view": seen}
    if problem is not None:
        return {"look_for": gr.update(value=draw_problem(problem.sentence(language))), **moved}
    return {**draw_all(setup, after, sample, seen, text_in(language)), **moved}


def on_open(*, state, actions, size, channels, first: Setup = DEFAULT, language: str, **values) -> dict:
    """As on_setup for a link, whose network comes with the image that the link names.

    A link names no image where it is that with which the page opens, `first`: then the network comes with its own, as if
    it had been chosen after another one.
    """
    is_named = (size, channels) != (first.size, first.channels)
    before = None if is_named else State(network="another").pack()
    return on_setup(state=before, actions=[], size=size, channels=channels, language=language, **values)


def _start(fresh: State, network: tuple[str, str], image: dict, stem, sample, view, language: str) -> dict:
    """Another network: choices and changes of the last one are removed, and the image is set to fit it."""
    model, _ = network
    fits = model != OWN and not find_network(model).is_ours
    fitted = {}
    if fits:
        chosen = find_network(model)
        fitted = {"size": chosen.input_size, "channels": chosen.channels}
    elif fresh.fitted:
        fitted = {"size": DEFAULT.size, "channels": DEFAULT.channels}
    fresh = replace(fresh, fitted=fits)
    try:
        setup = read_setup(network, stem=stem, **{**image, **fitted})
        if model == OWN:
            setup = _fit_channels(setup)
        shown = {"size": setup.size, "channels": setup.channels}
        changed = {name: value for name, value in shown.items() if value != image[name]}
        return {**draw_all(setup, fresh, sample, view, text_in(language)), "state": fresh.pack(), **changed}
    except InputError as error:
        if model != OWN:
            raise
        # The field in which the list can be corrected is shown next to the problem.
        problem = gr.update(value=draw_problem(error.sentence(language)))
        return {"look_for": problem, "stem": gr.update(visible=False), "own": gr.update(visible=True)}


def _fit_channels(setup: Setup) -> Setup:
    """The image of a network that was just pasted: in grey or in colour, whichever its first layer takes."""
    if find(setup, ()).walk.broken is None:
        return setup
    grey, colour = (replace(setup, channels=count) for count in COUNTS)
    grey_gets, colour_gets = (len(find(each, ()).walk.trace.layers) for each in (grey, colour))
    if grey_gets == colour_gets:
        return setup
    return grey if grey_gets > colour_gets else colour


# ---- what it shows ----------------------------------------------------------------------------------------------


def draw_all(setup: Setup, state: State, sample, view, text: Text) -> dict:
    """The sentence, the pictures, the totals, the table, and what the editor shows.

    Raises:
        InputError: the network cannot be read or changed like that, or the sample or the view is out of bounds.
    """
    check_choice("shapes.view", view, VIEWS)
    found = find(setup, state.edits)
    walk, broken = found.walk, found.walk.broken
    problem = describe_problem(found, text)
    graph_name = f"{setup.model} {setup.stem} {sign_network((setup.model, setup.own))}"
    shown = {
        "flow": partial(draw_flow, walk.trace, found.stages, text, broken),
        "totals": partial(_draw_totals, found, text),
        "table": partial(
            draw_table, walk.trace, found.stages, text, broken, {edit.layer for edit in state.edits}, problem
        ),
        "code": partial(draw_code, walk, text),
        **({"graph": lambda: draw_graph(gather_graph(walk), graph_name, text)} if view == "graph" else {}),
    }
    return {
        "look_for": gr.update(value=draw_problem(problem, stale=False))
        if broken
        else join_sentences([say_notes(found, text), describe(found, text)], text),
        # Drawn again, they would lose the keyboard's place.
        **{name: Drawing(found, make) for name, make in shown.items()},
        "stem": gr.update(visible=setup.has_stems),
        "own": gr.update(visible=setup.model == OWN),
        "editor": {**draw_editor(walk, state.layer, state.edits, view, text), "heard": state.heard},
        **(_draw_layer(found, state, check_sample(sample), text) if view == "layer" else {}),
    }


def _draw_totals(found: Found, text: Text) -> str:
    setup, walk = found.setup, found.walk
    name = f"{setup.model.rpartition('/')[2]}-{setup.size}x{setup.size}.csv"
    about = judge_claim(found, text) or say_unused(walk.trace, text)
    return draw_totals(walk.trace, about, name, text, walk.broken)


def _draw_layer(found: Found, state: State, sample: int, text: Text) -> dict:
    """The image with the field of one unit, the maps, the kernels, and the lines above them."""
    trace, setup = found.walk.trace, found.setup
    layer = next((each for each in trace.layers if each.name == state.layer), None)
    if layer is None:
        words = f'<p class="maps-line">{text("shapes.choose_row")}</p>'
        return {"field": None, "maps": None, "kernels": None, "maps_words": words, "kernels_words": ""}
    unit = find_middle(layer) if state.unit is None else tuple(map(min, state.unit, _last_unit(layer)))
    chosen = min(state.map, order_axes(layer)[0] - 1)
    why = setup.why_no_maps(bool(state.edits))

    @cache
    def features():
        return None if why else find_features(setup.model, trace, sample, layer.name)

    @cache
    def words() -> tuple[str, str]:
        why_none = why or ("no_maps_inside" if len(order_axes(layer)) in (1, 3) else "no_maps_shape")
        is_exact = not layer.receptive_field.is_upper_bound
        said = [text(f"shapes.{why_none}", size=IMAGE_SIZE), text("shapes.box_exact") if is_exact else ""]
        reason = join_sentences(said, text) if features() is None else ""
        return draw_layer_words(layer, features(), chosen, reason or _say_image(setup, text), text)

    def draw_field() -> dict:
        picture = load_sample().images[sample] / 255
        return draw_field_map(picture, trace.input_shape[1], layer, find_field(layer, unit), text)

    one_map, one_unit = (found, layer.name, sample, chosen), (found, layer.name, sample, unit)
    return {
        "field": Drawing(one_unit, draw_field),
        "maps": Drawing(
            (*one_unit, chosen), lambda: features() and draw_feature_maps(layer, features(), chosen, unit, text)
        ),
        "kernels": Drawing(one_map, lambda: features() and draw_kernels(features().kernels, chosen, text)),
        "maps_words": Drawing(one_map, lambda: words()[0]),
        "kernels_words": Drawing(one_map, lambda: words()[1]),
    }


def _say_image(setup: Setup, text: Text) -> str:
    """How a sample was made to fit a network that is made for other images; "" for those that are made for samples."""
    if setup.model == OWN or find_network(setup.model).source != HANDED_OVER:
        return ""
    return text("shapes.image_prepared", size=setup.size, channels=setup.channels)


def _last_unit(layer: Layer) -> tuple[int, int]:
    return tuple(layer.output_shape[axis] - 1 for axis in layer.map_axes) if layer.map_axes else (0, 0)


# ---- the tab ----------------------------------------------------------------------------------------------------


def build_tab(language: str, mine: Sequence[Network] = ()) -> Wing:
    """Lay out the tab and wire it.

    Args:
        language: language of the page.
        mine: networks that were handed over, which stand first; the page opens with the first of them.

    Returns:
        What the roof needs of it.
    """
    text, opened = text_in(language), _open_first(mine)
    fresh = State(network=sign_network((opened.model, opened.own)), fitted=bool(mine))
    drawings = draw_all(opened, fresh, DEFAULT_SAMPLE, VIEWS[0], text)
    first = make_all(drawings)
    with gr.Row(elem_classes="view-bar"):
        build_intro("shapes", language)
        view = _build_switch(text)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = _build_controls(opened, mine, text)
            editor = _build_script_box("layer-editor", first["editor"], "shapes/editor.js")
            totals = gr.HTML(first["totals"], elem_classes=STYLED, js_on_load=None)
            weights = build_weights(text, "shapes-weights")
        with picture_column():
            look_for = build_look_for(first["look_for"])
            pictures, sample = _build_views(first, text)
            table = _build_rows(first["table"])
            if len(mine) > 1:
                gr.HTML(_draw_beside(mine, text), elem_classes=STYLED, js_on_load=None)
            with gr.Accordion(text("shapes.code"), open=False):
                code = gr.HTML(first["code"], elem_classes=STYLED, js_on_load=mount("shapes/code.js"))
    state = gr.HTML(fresh.pack(), html_template="", visible="hidden")
    drawn = {**controls, "sample": sample, "state": state}
    keeps = build_keeping("shapes", gather_prints, drawn, language, more=partial(_build_save_buttons, text))
    build_explanation("shapes", language, **fill_article(text))
    shown = build_shown(drawings)
    actions = build_setter("shapes.actions", [])  # what was done on the pictures of which no answer has told yet
    looked = {"sample": sample, "view": view}
    inputs = {**controls, **looked, "state": state, "actions": actions, SHOWN: shown}
    changed = {name: controls[name] for name in ("own", "size", "channels", "stem")}
    outputs = {
        "look_for": look_for, "totals": totals, "table": table, "editor": editor, "code": code, **pictures,
        "state": state, **changed, "view": view, SHOWN: shown,
    }  # fmt: skip
    model = controls["model"]
    # The first network of torchvision takes seconds: the library is imported then.
    reading = json.dumps(draw_look_for(html.escape(text("shapes.reading")), stale=True))
    words = f"model?.startsWith({json.dumps(TORCHVISION)}) ? {reading} : undefined"
    waits = f"(model) => cnnExplorer.onNewChoice('shapes.model', model, {words})"
    model.input(None, [model], [look_for], js=waits, **PRIVATE)
    triggers = [each.input for each in (*controls.values(), sample, view, actions, shown)]
    wire(triggers, on_setup, inputs, outputs, language, queue=True)
    brought = wire_weights(weights, model, look_for, language)
    then_wire(brought, on_setup, inputs, outputs, language, queue=True)
    view.input(None, [view], None, js="(view) => cnnExplorer.showView(view)", **PRIVATE)
    links = {name: inputs[name] for name in ("model", "size", "channels", "stem", "view")}
    return Wing("shapes", links, wraps(on_open)(partial(on_open, first=opened)), inputs, outputs, keeps=keeps)


def _open_first(mine: Sequence[Network]) -> Setup:
    """What the page shows first."""
    return Setup(mine[0].name, mine[0].input_size, mine[0].channels, STEMS[0], "") if mine else DEFAULT


def _draw_beside(mine: Sequence[Network], text: Text) -> str:
    shapes = [(each.channels, each.input_size, each.input_size) for each in mine]
    return draw_beside(
        [(text.title(each.title), each.record().trace(shape)) for each, shape in zip(mine, shapes)], text
    )


def _build_controls(opened: Setup, mine: Sequence[Network], text: Text) -> dict[str, gr.components.Component]:
    titles = [
        (text.title(each.title), each.name) for each in (*mine, *(each for each in NETWORKS.values() if each.is_ours))
    ]
    stems = [(text(f"shapes.stem_{stem}"), stem) for stem in STEMS]
    titles.append((text("shapes.own"), OWN))
    others = [
        (text("shapes.torchvision", title=each.title.removeprefix("torchvision ")), each.name)
        for each in NETWORKS.values()
        if each.source == LIBRARY
    ]
    model = gr.Dropdown([*titles, *others], value=opened.model, label=text("terms.model"))
    own = _build_script_box(
        "layer-list", OWN_LIST, "shapes/list.js", label=text("shapes.own_label"), visible=False,
    )  # fmt: skip
    size = build_slider(1, MAX_SIZE, opened.size, text("shapes.size"), elem_id="shapes-size")
    counts = sorted({*COUNTS, *(each.channels for each in mine)})
    channels = gr.Radio(counts, value=opened.channels, label=text("shapes.channels"))
    stem = gr.Radio(stems, value=opened.stem, label=text("shapes.stem"), visible=False)
    return {"model": model, "size": size, "channels": channels, "stem": stem, "own": own}


def _build_switch(text: Text) -> gr.Radio:
    """Which of the three pictures is shown."""
    views = [(text(f"shapes.view_{view}"), view) for view in VIEWS]
    return gr.Radio(views, value=VIEWS[0], show_label=False, container=False, elem_classes="view-switch")


def _build_save_buttons(text: Text) -> None:
    """The buttons that save the picture as the page shows it, with its folds and its colours."""
    save = mount("shapes/download.js")
    gr.HTML(_draw_save_buttons(text), elem_classes=["view-save", STYLED], js_on_load=save)


def _build_views(first: dict, text: Text) -> tuple[dict[str, gr.components.Component], gr.HTML]:
    """The three pictures, of which the page shows one, and the choice of an image beside the last."""
    with gr.Column(elem_classes="shapes-views"):
        with gr.Column(elem_classes="view-flow"):
            flow = _build_rows(first["flow"])
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
    pictures = {
        "flow": flow, "graph": graph, "field": field, "maps": maps, "kernels": kernels,
        "maps_words": maps_words, "kernels_words": kernels_words,
    }  # fmt: skip
    return pictures, sample


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
