"""The receptive-field tab: layout and wiring."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial, wraps
from typing import Any

import gradio as gr

from explorer.checks import check_whole
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.networks import CATALOGUE, LIBRARY, NETWORKS, Network
from explorer.page.bridges import build_bridge
from explorer.page.canvas import build_canvas
from explorer.page.drawings import SHOWN, Drawing, build_shown, make_all
from explorer.page.events import PRIVATE, Components, draw_look_for, draw_problem, set_by_page, then_wire, wire
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
from explorer.page.samples import build_sample_picker
from explorer.page.scripts import mount
from explorer.page.style import PLOT_SETTINGS
from explorer.page.weights import build_weights, wire_weights
from explorer.prints.keeping import build_keeping
from explorer.receptive_field.design import judge_design
from explorer.receptive_field.effective_tab import build_effective
from explorer.receptive_field.figures import (
    Growth,
    draw_backdrop,
    draw_badge,
    draw_depth_table,
    draw_design,
    draw_field,
    draw_growth,
    draw_layer_table,
    draw_network_table,
    draw_reach,
    draw_reach_badge,
    draw_reach_table,
    draw_stack_table,
    draw_stacks,
    name_layer,
)
from explorer.receptive_field.maths import (
    COLUMN_LIMITS,
    COLUMN_TERMS,
    COMPARISONS,
    LAYER_TYPES,
    CellError,
    compare_stacks,
    compute_mean_brightness,
    find_first_as_wide,
    find_last_local,
    find_problems,
)
from explorer.receptive_field.networks import MAX_IMAGE_SIZE, UnitCheck, find_depth_sizes, trace_model
from explorer.receptive_field.prints import gather_prints
from explorer.receptive_field.reach import Changes, find_changes, find_first_spread, find_reach
from explorer.receptive_field.sentences import (
    describe_depths,
    describe_design,
    describe_layer,
    describe_spread,
    describe_stacks,
    fill_article,
    name_network,
    tell_story,
)
from explorer.receptive_field.session import (
    BACK,
    DEEPEST,
    DIRECTIONS,
    FORWARD,
    IMAGE_SIZE,
    LENET_LAYERS,
    MOST_COMPARED,
    SHOWN_SIDE,
    STACK,
    STACKS,
    TABLE,
    Compared,
    Scene,
    Spot,
    View,
    check_field,
    check_pixel,
    check_size,
    encode_picture,
    find_chain,
    find_compared,
    find_own_size,
    find_scene,
    find_spot,
    fit_size,
    make_layers,
    open_view,
    read_compared,
    read_image,
    read_layers,
    read_model,
    read_place,
    sign,
    trace_compared,
)
from explorer.text import Text, text_in
from explorer.uploads import build_upload

LEAST_IMAGE_SIZE = 8
MOST_REQUESTS = 2**53  # of a page, which counts them
# What is shown with one question only, see style.css. Gradio's own `visible="hidden"` is lost in a tab that opens later.
ONLY = {BACK: "only-back", FORWARD: "only-forward"}
CHOICE = "receptive_field.model"  # by which the page knows the choice of a network
NEW_LAYER = {"type": "conv", "kernel": "3", "stride": "1", "padding": "1", "dilation": "1"}  # of an empty table
PICTURE = "receptive_field.picture"  # by which it knows the reader's own picture


# ---- what the page calls ------------------------------------------------------------------------------------------


def on_view(last, row=None, column=None, *, language: str, **values) -> dict:
    """Everything that the page shows for the current settings.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.
    What a choice brings along, such as the size of another network, the page has set by then.

    Args:
        last: number of the last layer that the slider knows of; another one is told.
        row, column: of the pixel that stands in the page, None where none does; another one is told.
        language: of the page.
        **values: those of a View.
    """
    view, text = View(**values), text_in(language)
    try:
        scene, compared = find_scene(view), find_compared(view)
    except InputError:
        if view.model == TABLE and (problems := find_problems(view.layers, check_size(view.size))):
            return _mark_problems(problems, language)
        raise
    changes = {"marks": []} if view.model == TABLE else {}
    spot = scene.spot
    source = spot.chain.source
    deepest, number = source + len(spot.rows) - 1, source + spot.number
    # A layer that stays is not sent back: the slider may have been moved on meanwhile.
    moved = {} if view.direction == FORWARD or source == view.seen_in else {"value": source}
    if deepest != last:
        changes |= {"seen_in": gr.update(maximum=max(deepest - 1, 1), **moved)}
        moved = {} if number == view.layer else {"value": number}
        changes |= {"layer": gr.update(maximum=max(deepest, 1), **moved), "last": deepest}
    elif moved:
        changes |= {"seen_in": gr.update(**moved)}
    story = find_story(view.direction, spot, compared)
    if view.direction == FORWARD:
        if (row, column) != spot.pixel_inside:
            changes |= dict(zip(("row", "column"), spot.pixel_inside))
        drawn = draw_forward(scene, text)
        sentence = describe_spread(spot, find_reach(spot.chain, spot.pixel_inside), text)
    else:
        drawn = draw_pictures(scene, compared, text)
        sentence = describe_layer(spot, text)
    return {"look_for": tell_story(story, spot, text) if story else sentence, **drawn, **changes}


def _mark_problems(problems: Sequence[CellError], language: str) -> dict:
    """The first in the line above, and each at its cell."""
    marks = [{"row": each.row, "column": each.column, "sentence": each.remark(language)} for each in problems]
    return {"look_for": gr.update(value=draw_problem(problems[0].sentence(language))), "marks": marks}


def on_open(last, row=None, column=None, *, first_size: int = IMAGE_SIZE, language: str, **values) -> dict:
    """The same for what a link asked for, with the size and the last layer; the check, which follows other events, is made at once.

    A link names no size where it is that with which the page opens, `first_size`: then a network comes at its own.
    """
    model, size = values["model"], values["size"]
    size = find_own_size(model) if size == first_size else fit_size(model, size)
    values |= {"size": size}
    answer = {**on_view(None, row, column, language=language, **values), **on_check(language=language, **values)}
    for picture in answer.keys() & {"field", "reach"}:
        answer[picture]["isCheck"] = False
    opened = {"editor": gr.update(open=model == TABLE), "seen_in_box": gr.update(open=bool(values["seen_in"]))}
    return {**answer, **opened, "size": size}


def on_upload(path, number, *, language: str) -> dict:
    """The reader brought a picture, which on_view draws then, or the page tells why not. The sentence stays.

    Args:
        path: of the file; None where it has been taken away meanwhile.
        number: of the request, by which the page knows whether something else was set since.
        language: of the page.
    """
    number = number if type(number) is int and 0 <= number < MOST_REQUESTS else None  # else no page's
    try:
        return {"brought": {"number": number, "picture": path and encode_picture(path)}}
    except InputError as error:
        return {"brought": {"number": number, "problem": error.sentence(language)}}


def on_check(*, language: str, **values) -> dict:
    """Let autograd find the field that is shown: the pixels that reach the unit, and whether they are the computed ones.

    On the way forward, let the network itself say what changes with the pixel.
    """
    try:
        view, text = View(**values), text_in(language)
        scene = find_scene(view)
        if view.direction == FORWARD:
            return {"reach": {**draw_changes(scene, text), "isCheck": True}}
        check = check_field(scene.spot)
        scene = replace(scene, spot=replace(scene.spot, field=check.field))
        payload = draw_scene(scene, text, check)
    except InputError:  # on_view has already shown the problem; other settings may have been shown since then
        return {}
    # If something else is shown when this arrives, field.js ignores it.
    return {"field": {**payload, "isCheck": True}}


def on_compare(comparison, channels, *, language: str) -> dict:
    """Stacks of layers side by side: what they see and what they cost."""
    text = text_in(language)
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    stacks = compare_stacks(comparison, channels)
    return {
        "look_for": describe_stacks(comparison, stacks, text),
        "stacks": draw_stacks(stacks, text),
        "costs": draw_stack_table(stacks, channels, text),
    }


# ---- stories ------------------------------------------------------------------------------------------------------

STORIES: dict[str, dict[str, Any]] = {
    "kernels": {
        "model": TABLE,
        "layers": make_layers(("conv", 3, 1, 1, 1), ("conv", 3, 1, 1, 1)),
        "compared": ["stack5x5"],
    },
    "resnet50": {"model": "resnet50", "compared": ["resnet34", "resnet18"]},
    "whole": {"model": "resnet18", "compared": [STACK]},
    "gridding": {
        "model": TABLE,
        "layers": make_layers(*(("conv", 3, 1, 2, 2) for _ in range(3))),
        "compared": [STACK],
    },
    "hybrid": {
        "model": TABLE,
        "layers": make_layers(*(("conv", 3, 1, rate, rate) for rate in (1, 2, 5))),
        "compared": [STACK],
    },
}
STORY_LAYERS = {"whole": find_first_as_wide}


@cache
def open_story(story: str) -> tuple[Spot, Compared]:
    """What a story shows: its network at its layer, beside others."""
    view = View(size=IMAGE_SIZE, **STORIES[story])
    rows = find_chain(view).rows
    view = replace(view, layer=rows.index(STORY_LAYERS.get(story, find_last_local)(rows)))
    return find_spot(view), find_compared(view)


def find_story(direction: str, spot: Spot, compared: Compared) -> str | None:
    """The story about a unit and what it is compared with, or None. All stories go from units back to pixels."""

    def parts_of(spot: Spot, compared: Compared) -> tuple:
        return spot.chain, spot.number, spot.place, compared

    shown = parts_of(spot, compared)
    told = STORIES if direction == BACK else ()
    return next((story for story in told if parts_of(*open_story(story)) == shown), None)


# ---- what they show -----------------------------------------------------------------------------------------------


def draw_pictures(scene: Scene, compared: Compared, text: Text) -> dict:
    """All pictures of a scene, by name."""
    spot = scene.spot
    chain = spot.chain.outer or spot.chain

    def draw_chart():
        names = () if spot.chain.outer else compared.names  # which are measured in pixels
        others = ((name, trace_compared(name, compared.table, spot)) for name in names)
        main, *others = (
            Growth(name, name_network(name, text), rows) for name, rows in ((spot.model, spot.rows), *others)
        )
        return draw_growth(main, spot.number, others, text, spot.chain.source)

    return {
        "chart": Drawing((spot.chain, spot.number, compared), draw_chart),
        "backdrop": Drawing(scene.ground, partial(draw_ground, scene)),
        "design": Drawing(chain, lambda: draw_design(describe_design(judge_design(chain), chain.size, text), text)),
        "field": draw_scene(scene, text),
        "table": Drawing(
            (spot.chain, spot.number, spot.place),
            partial(draw_layer_table, spot.rows, spot.number, spot.pixel, text, spot.chain.source),
        ),
    }


def draw_scene(scene: Scene, text: Text, check: UnitCheck | None = None) -> dict:
    """The field on the image beside the layer's map, and below it what autograd said of it, or that it is asked."""
    spot = scene.spot
    field = draw_field(scene.ground_key, spot.rows[0], spot.row, spot.unit, spot.field, text)
    field["ground"] = find_ground(spot)
    if spot.row.map_shape != (1, 1) and all(
        side.all() for side in spot.reach
    ):  # an even grey, which would look like a fault
        field["mapCaption"] = text("receptive_field.map_even")
    return {**field, "badge": draw_badge(check, spot.rows[0], spot.row, text), "key": scene.key}


def find_ground(spot: Spot) -> dict:
    """Where what a field is drawn on lies in the image: centre of its first unit, distance of the units, side of the image."""
    outer = spot.chain.outer
    if outer is None:
        return {"start": [0, 0], "jump": [1, 1], "size": spot.size}
    sides = outer.rows[spot.chain.source].sides
    return {"start": [side.start for side in sides], "jump": [side.jump for side in sides], "size": outer.size}


def draw_forward(scene: Scene, text: Text, changes: Changes | None = None, problem: str = "") -> dict:
    """Which units the pixel of a scene reaches, which of them changed (if known), and the image on which it is drawn."""
    spot = scene.spot
    reach = find_reach(spot.chain, spot.pixel_inside)
    key = sign((scene.ground, spot.pixel_inside, FORWARD))
    drawn = draw_reach(key, scene.ground_key, spot.rows, spot.number, spot.pixel_inside, reach, changes, text)
    since = find_first_spread(reach)
    named = None if since is None else name_layer(spot.rows[since], text)
    network = name_network(spot.model, text)
    drawn |= {
        "network": spot.model,
        "badge": draw_reach_badge(network, reach, changes, spot.number, named, text, problem),
        "table": draw_reach_table(spot.rows, spot.number, reach, changes, text),
    }
    return {"backdrop": Drawing(scene.ground, partial(draw_ground, scene)), "reach": drawn}


def draw_changes(scene: Scene, text: Text) -> dict:
    """The same with what changed, or with the reason why that is not known."""
    try:
        changes, problem = find_changes(scene), ""
    except InputError as error:
        changes, problem = None, text("receptive_field.not_changed", reason=error.sentence(text.language))
    return draw_forward(scene, text, changes, problem)["reach"]


def draw_ground(scene: Scene) -> dict:
    """The image and the layer's map, which stay where another unit is chosen."""
    chain = scene.spot.chain
    if chain.outer is None:
        image, shown = (read_image(scene.image, size) for size in (chain.size, min(chain.size, SHOWN_SIDE)))
    else:  # the map of the layer in which it is seen: each unit with what it sees of the image
        pixels = read_image(scene.image, chain.outer.size)
        image = shown = compute_mean_brightness(pixels, *chain.outer.find_reach(chain.source))
    return draw_backdrop(scene.ground_key, shown, compute_mean_brightness(image, *scene.spot.reach))


# ---- layout -------------------------------------------------------------------------------------------------------


def build_tab(language: str, mine: Sequence[Network] = ()) -> Wing:
    """Lay out the tab in one language and wire it.

    Args:
        language: language of the page.
        mine: networks that were handed over, which stand first; the page opens with the first of them.
    """
    text, opened = text_in(language), open_view(mine)
    with gr.Row(elem_classes="view-bar"):
        build_intro("receptive_field", language)
        direction = build_direction(text)
    own, scene = text(f"receptive_field.network_{TABLE}"), find_scene(opened)
    drawings, spot = draw_pictures(scene, find_compared(opened), text), scene.spot
    first = {"look_for": describe_layer(spot, text), **make_all(drawings)}
    first["field"]["badge"] = draw_badge(check_field(spot), spot.rows[0], spot.row, text)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = {"direction": direction, **build_controls(opened, mine, text)}
            with gr.Accordion(own, open=False) as controls["editor"]:
                controls["layers"] = build_layer_table(text)
            with gr.Accordion(text("receptive_field.own_picture"), open=False):
                controls["upload"] = build_upload(
                    text("receptive_field.own_picture"), placeholder=text("images.drop_here"), show_label=False,
                    height=150, elem_id="receptive-field-upload",
                )  # fmt: skip
            weights = build_weights(text, "receptive_field-weights")
        with picture_column():
            with gr.Row(elem_classes="stories"):
                buttons = {story: gr.Button(text(f"receptive_field.story_{story}"), size="sm", min_width=120)
                           for story in STORIES}  # fmt: skip
            pictures = {"look_for": build_look_for(first["look_for"])}
            with gr.Row(elem_classes=ONLY[BACK]):
                with gr.Column(scale=4, min_width=320):
                    pictures["chart"] = gr.Plot(first["chart"], **PLOT_SETTINGS, elem_id="receptive-field-chart")
                with gr.Column(scale=5, min_width=320):
                    pictures["field"] = build_field(first["field"])
                    pictures["backdrop"] = build_bridge("receptive_field/backdrop.js", first["backdrop"])
            with gr.Column(elem_classes=ONLY[FORWARD]):
                pictures["reach"] = build_reach()
    with gr.Column(elem_classes=ONLY[BACK]):
        pictures["design"] = gr.HTML(
            first["design"],
            elem_id="receptive-field-design",
            elem_classes="receptive_field-design",
            apply_default_css=False,
        )
        pictures["table"] = gr.HTML(first["table"], elem_id="receptive-field-table", apply_default_css=False)
    controls["place"] = build_setter("receptive_field.place")
    controls["picture"] = build_setter(PICTURE)
    # Takes the picture that on_upload has read, or its refusal, unless something else was set since.
    controls["brought"] = build_bridge("receptive_field/brought.js", picture=PICTURE)
    controls["last"] = gr.HTML(len(spot.rows) - 1, html_template="", visible="hidden")
    # Shows at each cell of the table what is wrong with it.
    columns = ["type", *COLUMN_LIMITS]
    controls["marks"] = build_bridge("receptive_field/layer_marks.js", table="#receptive-field-layers", columns=columns)
    build_bridge("receptive_field/growth.js", chart="#receptive-field-chart", stacks=[*STACKS])
    shown = build_shown(drawings)
    view = {name: controls[name] for name in View.__dataclass_fields__}
    inputs = {"last": controls["last"], **view, "row": controls["row"], "column": controls["column"], SHOWN: shown}
    changed = ("layer", "last", "marks", "row", "column", "seen_in")
    outputs = {**pictures, **{name: controls[name] for name in changed}, SHOWN: shown}
    triggers = [
        *wire_choices(controls, buttons),
        *wire_direction(controls),
        *wire_chart(controls, pictures["look_for"], text),
        shown.input,
    ]
    drawn = wire(triggers, on_view, inputs, outputs, language)
    wire_check(drawn, view, pictures, language)
    wire_upload(controls, pictures["look_for"], language)
    build_heading(text("receptive_field.effective"))
    effective = build_effective(opened, view, text)
    build_comparisons(text, language)
    build_facts(text)
    keeps = build_keeping("receptive_field", gather_prints, {**view, "effective": effective}, language)
    build_explanation("receptive_field", language, **fill_article(text))
    linked = ("model", "size", "layer", "place", "sample", "compared", "layers", "direction", "seen_in")
    links = {name: controls[name] for name in linked}
    parsers = {
        "model": read_model, "layer": read_layer, "seen_in": read_layer, "place": read_place, "compared": read_compared, "layers": read_layers
    }  # fmt: skip
    filled = {**outputs, **{name: controls[name] for name in ("size", "editor", "seen_in_box")}}
    handler = wraps(on_open)(partial(on_open, first_size=opened.size))
    brought = wire_weights(weights, controls["model"], pictures["look_for"], language)
    then_wire(brought, handler, inputs, filled, language, queue=True)
    return Wing("receptive_field", links, handler, inputs, filled, parsers, keeps=keeps)


def read_layer(words: str) -> dict | None:
    """The number of a layer as a link writes it, or None where it is none.

    How deep its network is, is found out when it is drawn: until then the slider goes as far as it is asked to.
    """
    try:
        number = check_whole("terms.layer", words, 0, DEEPEST)
    except InputError:
        return None
    return gr.update(value=number, maximum=max(number, 1))


def build_controls(opened: View, mine: Sequence[Network], text: Text) -> dict[str, gr.components.Component]:
    """The controls that are always in sight."""
    last = len(trace_model(opened.model, opened.size)) - 1
    ours, others = (
        [(text.title(each.title), each.name) for each in NETWORKS.values() if each.source == source]
        for source in (CATALOGUE, LIBRARY)
    )
    ours = [*((each.title, each.name) for each in mine), *ours]
    own, *stacks = ((text(f"receptive_field.network_{name}"), name) for name in (TABLE, *STACKS))
    return {
        "model": gr.Dropdown(
            [*ours, own, *others], value=opened.model, label=text("terms.model"), elem_id="receptive-field-model"
        ),
        "layer": build_slider(
            0, max(last, 1), opened.layer, text("receptive_field.layer_number"),
            elem_id="receptive-field-layer",
        ),
        "size": build_slider(
            LEAST_IMAGE_SIZE, MAX_IMAGE_SIZE, opened.size, text("receptive_field.image_size"),
            elem_id="receptive-field-size",
        ),
        **build_pixel(opened, text),
        "sample": build_sample_picker(text.language, opened.sample, elem_id="receptive-field-sample"),
        **build_compared(opened, last, [*stacks, own, *ours, *others], text),
    }  # fmt: skip


def build_compared(
    opened: View, last: int, choices: Sequence[tuple[str, str]], text: Text
) -> dict[str, gr.blocks.Block]:
    """The lines in the chart that are compared with the network, whose last layer has this number."""
    with gr.Column(elem_classes=ONLY[BACK]):
        compared = gr.Dropdown(
            choices, value=[*opened.compared], multiselect=True, max_choices=MOST_COMPARED,
            label=text("receptive_field.compared"), elem_id="receptive-field-compared",
        )  # fmt: skip
        with gr.Accordion(text("receptive_field.seen_in_title"), open=False) as box_of_layer:
            seen_in = build_slider(
                0, max(last - 1, 1), 0, text("receptive_field.seen_in"), elem_id="receptive-field-seen-in"
            )
    return {"compared": compared, "seen_in_box": box_of_layer, "seen_in": seen_in}


def build_pixel(opened: View, text: Text) -> dict[str, gr.blocks.Block]:
    """Row and column of the pixel from which the reader asks forward."""
    with gr.Row(elem_classes=ONLY[FORWARD]):
        row, column = (
            gr.Number(
                check_pixel(find_spot(opened))[axis], label=text(f"receptive_field.pixel_{name}"), minimum=0, step=1,
                min_width=100, elem_id=f"receptive-field-{name}",
            )
            for axis, name in enumerate(("row", "column"))
        )  # fmt: skip
    return {"row": row, "column": column}


def build_direction(text: Text) -> gr.Radio:
    """The switch between the two questions, beside the introduction: on a phone the controls lie below the pictures."""
    return gr.Radio(
        [(text(f"receptive_field.direction_{name}"), name) for name in DIRECTIONS], value=BACK, container=False,
        label=text("receptive_field.direction"), show_label=False, elem_id="receptive-field-direction",
        elem_classes="view-switch",
    )  # fmt: skip


def wire_direction(controls: dict[str, gr.blocks.Block]) -> list:
    """Let the page itself set the pixel that a question begins with, or that is typed; return the events."""
    direction, place, row, column = (controls[name] for name in ("direction", "place", "row", "column"))
    direction.input(None, [direction, place], [place], js="cnnExplorer.turnRound", **PRIVATE)
    for number in (row, column):
        number.input(None, [row, column, controls["size"]], [place], js="cnnExplorer.placeOf", **PRIVATE)
    return [each.input for each in (direction, row, column)]


def wire_choices(controls: dict[str, gr.blocks.Block], buttons: dict[str, gr.Button]) -> list:
    """Let the page itself set what follows from a choice, and return all events after which to draw."""
    sizes = json.dumps({name: find_own_size(name) for name in (*NETWORKS, TABLE)})
    editor = f"model === {json.dumps(TABLE)} ? {json.dumps(gr.update(open=True))} : {json.dumps(gr.skip())}"
    own = f"(model) => [cnnExplorer.onNewChoice('{CHOICE}', model, {sizes}[model] ?? {IMAGE_SIZE}), {editor}]"
    model = controls["model"]
    model.input(None, [model], [controls["size"], controls["editor"]], js=own, **PRIVATE)
    controls["layers"].input(None, None, [model], js=set_by_page([TABLE], CHOICE), **PRIVATE)
    # The upload is not an output of a handler that may skip it: to skip is to update, and that would build another upload
    # in its place, see `build_upload`.
    own_picture = [controls["picture"], controls["upload"]]
    # A picture that the server is still reading has no place any more either.
    forget = f"cnnExplorer.nextRequest({json.dumps(PICTURE)})"
    controls["sample"].input(None, None, own_picture, js=f"() => {{ {forget}; return [null, null]; }}", **PRIVATE)
    controls["upload"].clear(None, None, [controls["picture"]], js=f"() => {{ {forget}; return null; }}", **PRIVATE)
    for story, button in buttons.items():
        values = set_story(story)
        setting = set_by_page(values.values(), CHOICE)
        button.click(None, None, [controls[name] for name in values], js=setting, **PRIVATE)
    changed = ("model", "size", "layer", "sample", "compared", "layers", "place", "picture", "seen_in")
    buttons_of = (button.click for button in buttons.values())
    return [*(controls[name].input for name in changed), controls["upload"].clear, *buttons_of]


def set_story(story: str) -> dict[str, Any]:
    """The values of the controls with which a story begins."""
    spot, compared = open_story(story)
    last = len(spot.rows) - 1
    values = {
        "model": spot.model, "size": spot.size, "place": None, "direction": BACK, "seen_in": 0,
        "compared": list(compared.names),
        "layer": gr.update(maximum=last, value=spot.number), "last": last,
    }  # fmt: skip
    if spot.model == TABLE:
        values |= {"layers": STORIES[story]["layers"], "editor": gr.update(open=True), "marks": []}
    return values


def wire_chart(controls: dict[str, gr.blocks.Block], look_for: gr.HTML, text: Text) -> list:
    """Let a click on the chart choose the layer and its network, and return the event after which to draw."""
    fixed = json.dumps({name: network.input_size for name, network in NETWORKS.items() if network.fixed_size})
    chosen, stack = build_setter("receptive_field.chosen"), build_setter("receptive_field.stack")
    moved = [controls[name] for name in ("model", "size", "layer", "last", "compared")]
    forward = f"(chosen, model, size, compared) => cnnExplorer.bringForward(chosen, model, size, compared, {fixed})"
    chosen.input(
        None, [chosen, *(controls[name] for name in ("model", "size", "compared"))], moved, js=forward, **PRIVATE
    )
    line = json.dumps(draw_look_for(html.escape(text("receptive_field.look_stack"))))
    stack.input(None, None, [look_for], js=f"() => {line}", **PRIVATE)
    return [chosen.input]


def wire_check(drawn: gr.events.Dependency, view: Components, pictures: Components, language: str) -> None:
    """After each change of the field let autograd look at it."""
    shown = {name: pictures[name] for name in ("look_for", "field", "reach")}
    # Checks run one after the other and none is skipped, so the check of the last settings comes last.
    turns = {"trigger_mode": "multiple", "concurrency_id": "check", "concurrency_limit": 1}
    then_wire(drawn, on_check, view, shown, language, **turns)


def wire_upload(controls: Components, look_for: gr.HTML, language: str) -> None:
    """Let the server read a picture that the reader brings."""
    upload, brought = controls["upload"], controls["brought"]
    ask = f"(upload) => [upload, cnnExplorer.nextRequest({json.dumps(PICTURE)})]"
    outputs = {"look_for": look_for, "brought": brought}
    wire([upload.upload], on_upload, {"path": upload, "number": brought}, outputs, language, js=ask)


def build_reach() -> gr.HTML:
    """A pixel of the image beside the layer that it reaches, and a small map of every layer; drawn when it is asked for."""
    words = "".join(f'<div class="reach-{part}"></div>' for part in ("legend", "badge"))
    strip = '<div class="reach-strip" role="group"></div>'
    large = f'<div class="reach maps" role="group"><div class="reach-words">{words}</div></div>'
    return gr.HTML(
        None,
        html_template=f'{strip}{large}<div class="reach-table"></div>',
        js_on_load=mount("receptive_field/reach.js"),
        elem_id="receptive-field-reach",
        elem_classes=["canvas", "receptive_field-reach"],
        apply_default_css=False,
    )


def build_field(payload: dict) -> gr.HTML:
    """The field on the image beside the layer's map, where a click chooses a unit, and what autograd said of it."""
    return gr.HTML(
        payload,
        html_template='<div class="field maps"></div><div class="field-badge-place"></div>',
        js_on_load=mount("receptive_field/field.js"),
        elem_id="receptive-field-canvas",
        elem_classes=["canvas", "receptive_field-field"],
        apply_default_css=False,
    )


def build_layer_table(text: Text) -> gr.HTML:
    """The editable table: its value is a list of rows of text, checked when it is used."""
    words = {column: text(term) for column, term in COLUMN_TERMS.items()}
    words |= {f"{column}Short": text(f"receptive_field.short_{column}") for column in COLUMN_TERMS}
    words |= {word: text(f"receptive_field.{word}") for word in ("row", "remove", "add")}
    words |= {kind: text(f"receptive_field.kind_{kind}") for kind in LAYER_TYPES}
    table = {"columns": list(COLUMN_LIMITS), "types": LAYER_TYPES, "first": NEW_LAYER}
    data = html.escape(json.dumps(words | table, ensure_ascii=False))
    return gr.HTML(
        [dict(layer) for layer in LENET_LAYERS],
        html_template=f'<div class="layer-table" data-words="{data}"></div>',
        js_on_load=mount("receptive_field/layer_table.js"),
        elem_id="receptive-field-layers",
        elem_classes="receptive_field-layer_table",
        apply_default_css=False,
    )


def build_heading(title: str) -> None:
    """Heading of a part below the main picture."""
    gr.HTML(f"<h2>{html.escape(title)}</h2>", elem_classes="part-heading")


def build_comparisons(text: Text, language: str) -> None:
    """Small kernels against large ones, dilation, stride."""
    first_name, first_channels = next(iter(COMPARISONS)), 64
    first = on_compare(first_name, first_channels, language=language)
    build_heading(text("receptive_field.comparisons"))
    with gr.Row(elem_classes="stage"):
        with controls_column():
            comparison = gr.Radio(
                [(text(f"receptive_field.comparison_{name}"), name) for name in COMPARISONS],
                value=first_name, label=text("receptive_field.comparison"),
                elem_id="receptive-field-comparison",
            )  # fmt: skip
            channels = build_slider(1, 512, first_channels, text("receptive_field.channels"))
        with picture_column():
            look_for = build_look_for(first["look_for"])
            stacks = build_canvas(first["stacks"], "receptive-field-stacks")
            costs = gr.HTML(first["costs"], apply_default_css=False)
    inputs = {"comparison": comparison, "channels": channels}
    outputs = {"look_for": look_for, "stacks": stacks, "costs": costs}
    wire([comparison.input, channels.input], on_compare, inputs, outputs, language)


def build_facts(text: Text) -> None:
    """Facts about the networks of the catalogue, and their growth next to the tutorial's sketch; computed once at the start."""
    networks = [
        (text.title(MODELS[name].title), trace_model(name)) for name, entry in MODELS.items() if entry.is_compared
    ]
    build_heading(text("receptive_field.facts"))
    with gr.Row(elem_classes="stage"):
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_networks"))
            gr.HTML(draw_network_table(networks, text), apply_default_css=False)
        with gr.Column(min_width=320):
            depths = find_depth_sizes()
            gr.Markdown(describe_depths(depths, text))
            gr.HTML(draw_depth_table(depths, text), apply_default_css=False)
