"""The receptive-field tab: layout and wiring."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from itertools import pairwise
from typing import Any

import gradio as gr

from explorer.checks import check_choice, check_number, check_whole
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.networks import NETWORKS, find_network, present_name
from explorer.page.canvas import build_canvas
from explorer.page.events import PRIVATE, draw_look_for, draw_problem, set_by_page, then_wire, wire
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
from explorer.receptive_field.effective_tab import build_effective
from explorer.receptive_field.figures import (
    Growth,
    draw_badge,
    draw_depth_table,
    draw_field,
    draw_growth,
    draw_layer_table,
    draw_network_table,
    draw_stack_table,
    draw_stacks,
    name_stack,
)
from explorer.receptive_field.maths import (
    COLUMN_LIMITS,
    COLUMN_TERMS,
    COMPARISONS,
    LAYER_TYPES,
    MAX_LAYERS,
    LayerRow,
    calculate_receptive_field,
    compare_stacks,
    compute_mean_brightness,
    find_first_as_wide,
    find_last_local,
    find_problems,
    summarise_stack,
)
from explorer.receptive_field.networks import MAX_IMAGE_SIZE, UnitCheck, trace_model
from explorer.receptive_field.scene import (
    FARTHEST,
    FIRST_LAYER,
    FIRST_MODEL,
    FIRST_SAMPLE,
    IMAGE_SIZE,
    LENET_LAYERS,
    MOST_COMPARED,
    SHOWN_SIDE,
    STACK,
    STACKS,
    TABLE,
    Scene,
    View,
    check_compared,
    check_scene,
    check_size,
    describe_layer,
    encode_picture,
    find_key,
    find_reach,
    find_scene,
    fit_size,
    make_layers,
    name_network,
    read_image,
    trace_compared,
    trace_rows,
)
from explorer.text import LANGUAGES, Text, text_in
from explorer.uploads import build_upload

LEAST_IMAGE_SIZE = 8
MOST_REQUESTS = 2**53  # of a page, which counts them
DEEPEST_LINK = 9999  # layers; no network has as many
CHOICE = "receptive_field.model"  # by which the page knows the choice of a network
NEW_LAYER = {"type": "conv", "kernel": "3", "stride": "1", "padding": "1", "dilation": "1"}  # of an empty table
PICTURE = "receptive_field.picture"  # by which it knows the reader's own picture


# Section 4.2 of the tutorial: number of 3x3 layers and the side that it says they see.
CLAIMED_DEPTHS = ((1, "3"), (3, "7"), (5, "15"), (10, "32"), (20, "100+"))


PICTURES = ("chart", "field", "table")
# What the handler gives: the look-for line first, then the pictures, then what it changes of the controls.
ANSWER = (*PICTURES, "layer", "last", "marks")


# ---- what the page calls ------------------------------------------------------------------------------------------


def on_view(last, *values, language: str) -> list:
    """Everything for what is set.

    It is called after any change, so that it alone decides what is shown: of two handlers the earlier could answer later.
    What a choice brings along, such as the size of another network, the page has set by then.

    Args:
        last: number of the last layer that the slider knows of; another one is told.
        *values: those of a View.
    """
    view, text = View(*values), text_in(language)
    size = check_size(view.size)
    problems = find_problems(view.layers, size) if view.model == TABLE else ()
    if problems:
        marks = [{"row": each.row, "column": each.column, "sentence": each.remark(language)} for each in problems]
        return [gr.update(value=draw_problem(problems[0].sentence(language))), *_in_order(marks=marks)]
    changes = {"marks": []} if view.model == TABLE else {}
    deepest = len(trace_rows(view, size)) - 1
    if deepest != last:
        number = min(check_whole("terms.layer", view.layer, 0), deepest)
        # A layer that stays is not sent back: the slider may have been moved on meanwhile.
        moved = {} if number == view.layer else {"value": number}
        view = replace(view, layer=number)
        changes |= {"layer": gr.update(maximum=deepest, **moved), "last": deepest}
    scene = find_scene(view)
    pictures = draw_pictures(scene, text)
    story = find_story(view)
    sentence = tell_story(story, view, scene.rows, text) if story else describe_layer(scene, text)
    return [sentence, *_in_order(**pictures, **changes)]


def on_open(last, *values, language: str) -> list:
    """The same for what a link asked for, and the size; the check, which follows other events, is made at once.

    A link names no size where it is that with which the page opens: then a network comes at its own.
    """
    view = View(*values)
    size = find_own_size(view.model) if view.size == IMAGE_SIZE else fit_size(view.model, view.size)
    view = replace(view, size=size)
    values = [getattr(view, name) for name in View.__dataclass_fields__]
    answer = on_view(last, *values, language=language)
    answer[1 + ANSWER.index("field")] = {**on_check(*values, language=language)[1], "isCheck": False}
    return [*answer, size, gr.update(open=view.model == TABLE)]


def on_upload(path, number, *, language: str) -> list:
    """The reader brought a picture, which on_view draws then, or the page tells why not. The sentence stays.

    Args:
        path: of the file; None where it has been taken away meanwhile.
        number: of the request, by which the page knows whether something else was set since.
    """
    number = number if type(number) is int and 0 <= number < MOST_REQUESTS else None  # else no page's
    try:
        return [gr.skip(), {"number": number, "picture": path and encode_picture(path)}]
    except InputError as error:
        return [gr.skip(), {"number": number, "problem": error.sentence(language)}]


def on_check(*values, language: str) -> list:
    """Let autograd find the field that is shown: pixels that reach the unit, and whether they are those told."""
    try:
        scene = find_scene(View(*values))
        check = check_scene(scene)
        payload = draw_scene(replace(scene, field=check.field), text_in(language), check)
    except InputError:  # on_view has told it; something else may have been set and told since
        return [gr.skip(), gr.skip()]
    # Something else may be shown by the time that this arrives: then field.js lets it pass.
    return [gr.skip(), {**payload, "isCheck": True}]


def on_compare(comparison, channels, *, language: str) -> tuple:
    """Stacks of layers side by side: what they see and what they cost."""
    text = text_in(language)
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    stacks = compare_stacks(comparison, channels)
    sentence = describe_stacks(comparison, stacks, text)
    return sentence, draw_stacks(stacks, text), draw_stack_table(stacks, channels, text)


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
def open_story(story: str) -> View:
    """What a story shows: its network at its layer."""
    view = View(size=IMAGE_SIZE, **STORIES[story])
    rows = trace_rows(view, IMAGE_SIZE)
    return replace(view, layer=rows.index(STORY_LAYERS.get(story, find_last_local)(rows)))


def find_story(view: View) -> str | None:
    """The story that is told of a view that has been drawn, on whichever image, or None."""

    def parts_of(each: View) -> tuple:
        layers = [dict(row) for row in each.layers] if each.model == TABLE else None
        return each.model, each.size, each.layer, each.place or None, list(each.compared or ()), layers

    shown = parts_of(view)
    return next((story for story in STORIES if parts_of(open_story(story)) == shown), None)


def tell_story(story: str, view: View, rows: Sequence[LayerRow], text: Text) -> str:
    """The sentence of a story, with numbers computed now."""
    said: dict[str, Any] = {"size": find_last_local(rows).size}
    if story == "kernels":
        small, large = (summarise_stack([{"kernel": kernel}] * depth, 64) for kernel, depth in ((3, 2), (5, 1)))
        said |= {
            "small": small.weights_per_pair, "large": large.weights_per_pair,
            "saved": f"{1 - small.num_params / large.num_params:.0%}",
            "relus": small.num_nonlinearities, "large_relus": large.num_nonlinearities,
        }  # fmt: skip
    elif story == "resnet50":
        other = trace_model("resnet34", IMAGE_SIZE)
        said |= {"other": find_last_local(other).size}
        said |= {"kernels": _count_wide(rows), "other_kernels": _count_wide(other)}
    elif story == "whole":
        wide = find_first_as_wide(rows)
        number = rows.index(wide)
        said |= {"name": html.escape(wide.name), "number": number, "wide": wide.size, "before": rows[number - 1].size}
    else:
        field = find_scene(view).field
        said |= {"pixels": int(field.mask.sum()), "share": f"{1 - field.holes_share:.0%}"}
        said |= {"weights": sum(int(layer["kernel"]) ** 2 for layer in view.layers)}
    return text(f"receptive_field.tell_{story}", **said)


def _count_wide(rows: Sequence[LayerRow]) -> int:
    """How many layers widen the field."""
    return sum(row.size > before.size for before, row in pairwise(rows) if row.kind == "conv")


# ---- what they show -----------------------------------------------------------------------------------------------


def find_own_size(model: Any) -> int:
    """The size of image with which a network comes."""
    return IMAGE_SIZE if model == TABLE else min(find_network(model).input_size, MAX_IMAGE_SIZE)


def draw_pictures(scene: Scene, text: Text) -> dict:
    """All pictures of a scene, by name."""
    view = scene.view
    compared = check_compared(view.compared)
    others = [Growth(name, name_network(name, text), trace_compared(name, scene)) for name in compared]
    main = Growth(view.model, name_network(view.model, text), scene.rows)
    return {
        "chart": draw_growth(main, scene.number, others, text),
        "field": draw_scene(scene, text),
        "table": draw_layer_table(scene.rows, scene.number, scene.pixel, text),
    }


def _in_order(**values) -> list:
    """A value for each part of the answer: those given, and no change of all others."""
    return [values.get(name, gr.skip()) for name in ANSWER]


def draw_scene(scene: Scene, text: Text, check: UnitCheck | None = None) -> dict:
    """The field on the image beside the layer's map, and below it what autograd said of it, or that it is asked."""
    shown = read_image(scene.view, min(scene.size, SHOWN_SIDE))
    image = read_image(scene.view, scene.size)
    reach = find_reach(scene)
    field = draw_field(
        shown, scene.size, scene.row, scene.unit, scene.field, compute_mean_brightness(image, reach), text
    )
    if len(reach) > 1 and reach.all():  # an even grey, which would look like a fault
        field["mapCaption"] = text("receptive_field.map_even")
    return {**field, "badge": draw_badge(check, scene.row, text), "key": find_key(scene)}


# ---- comparisons --------------------------------------------------------------------------------------------------


def describe_stacks(comparison: str, stacks: Sequence, text: Text) -> str:
    """What to look for in a comparison, with its numbers."""
    first, second = stacks[0], stacks[1]
    return text(
        f"receptive_field.look_{comparison}",
        first=name_stack(first), second=name_stack(second), third=name_stack(stacks[2]),
        first_size=first.size, second_size=second.size, third_size=stacks[2].size,
        first_params=f"{first.num_params:,}", second_params=f"{second.num_params:,}",
        saved=f"{1 - first.num_params / second.num_params:.0%}",
        second_share=f"{second.seen_share:.0%}", third_share=f"{stacks[2].seen_share:.0%}",
        first_jump=first.jump, third_jump=stacks[2].jump,
    )  # fmt: skip


# ---- the public function ------------------------------------------------------------------------------------------


def receptive_field(
    model: str = "lenet5", layers: list | None = None, input_size: int = IMAGE_SIZE, language: str = "en"
) -> dict:
    """Receptive field of every layer of a network, or of a list of layers.

    Args:
        model: name of a model of the catalogue, or "torchvision/" and the name of one of torchvision's classifiers; not
            used when layers are given.
        layers: list of {"type": "conv", "pool" or "transposed", "kernel", "stride", "padding", "dilation"} instead of a
            model.
        input_size: side of the image in pixels, 1 to 512.
        language: "en" or "zh", for names and sentences.

    Returns:
        "input_size"; "layers", each with name, kind, size, jump, start (centre of the first unit, in pixels),
        num_units, reach and note (key of why it is global or uneven, or null); "as_wide_as_image_from", the name
        of the first layer whose field is, or null; "sentence", which says in words what the last layer sees.
    """
    check_choice("terms.language", language, tuple(LANGUAGES))
    text = text_in(language)
    input_size = check_size(input_size)
    view = (
        View(model=present_name(model), size=input_size) if layers is None else View(TABLE, input_size, layers=layers)
    )
    rows = trace_rows(view, input_size)
    scene = find_scene(replace(view, layer=len(rows) - 1))
    wide = find_first_as_wide(rows)
    return {
        "input_size": input_size,
        "layers": [asdict(row) for row in rows],
        "as_wide_as_image_from": wide and wide.name,
        "sentence": describe_layer(scene, text),
    }


# ---- layout -------------------------------------------------------------------------------------------------------


def build_tab(language: str) -> Wing:
    """Lay out the tab in one language and wire it."""
    text = text_in(language)
    build_intro("receptive_field", language)
    own, scene = text(f"receptive_field.network_{TABLE}"), find_scene(View())
    first = {"look_for": describe_layer(scene, text), **draw_pictures(scene, text)}
    first["field"]["badge"] = draw_badge(check_scene(scene), scene.row, text)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            controls = build_controls(text, language)
            with gr.Accordion(own, open=False) as controls["editor"]:
                controls["layers"] = build_layer_table(text)
            with gr.Accordion(text("receptive_field.own_picture"), open=False):
                controls["upload"] = build_upload(
                    text("receptive_field.own_picture"), placeholder=text("images.drop_here"), show_label=False,
                    height=150, elem_id="receptive-field-upload",
                )  # fmt: skip
        with picture_column():
            with gr.Row(elem_classes="stories"):
                buttons = {story: gr.Button(text(f"receptive_field.story_{story}"), size="sm", min_width=120)
                           for story in STORIES}  # fmt: skip
            pictures = {"look_for": build_look_for(first["look_for"])}
            with gr.Row():
                with gr.Column(scale=4, min_width=320):
                    pictures["chart"] = gr.Plot(first["chart"], **PLOT_SETTINGS, elem_id="receptive-field-chart")
                with gr.Column(scale=5, min_width=320):
                    pictures["field"] = build_field(first["field"])
    pictures["table"] = gr.HTML(first["table"], elem_id="receptive-field-table", apply_default_css=False)
    controls["place"] = build_setter("receptive_field.place")
    controls["picture"] = build_setter(PICTURE)
    controls["brought"] = build_brought()
    controls["last"] = gr.HTML(len(scene.rows) - 1, html_template="", visible="hidden")
    controls["marks"] = build_marks()
    build_chart_clicks()
    shown = {**controls, **pictures}
    inputs = [controls[name] for name in View.__dataclass_fields__]
    outputs = [shown[name] for name in ("look_for", *ANSWER)]
    triggers = [*wire_choices(controls, buttons), *wire_chart(controls, pictures["look_for"], text)]
    wire_stage(triggers, shown, inputs, outputs, language)
    build_heading(text("receptive_field.effective"))
    build_effective(inputs, text, language)
    build_comparisons(text, language)
    build_facts(text)
    build_explanation("receptive_field", language)
    links = {name: controls[name] for name in ("model", "size", "layer", "place", "sample", "compared", "layers")}
    parsers = {
        "model": read_model, "layer": read_layer, "place": read_place, "compared": read_compared, "layers": read_layers
    }  # fmt: skip
    opened = [*outputs, controls["size"], controls["editor"]]
    return Wing("receptive_field", links, on_open, [controls["last"], *inputs], opened, parsers)


def read_model(words: str) -> str | None:
    """The network that a link names, also by a name that it had once, or None where there is none."""
    name = present_name(words)
    return name if name == TABLE or name in NETWORKS else None


def read_layer(words: str) -> dict | None:
    """The number of a layer as a link writes it, or None where it is none.

    How deep its network is, is found out when it is drawn: until then the slider goes as far as it is asked to.
    """
    try:
        number = check_whole("terms.layer", words, 0, DEEPEST_LINK)
    except InputError:
        return None
    return gr.update(value=number, maximum=max(number, 1))


def read_place(words: str) -> list[float] | None:
    """What a unit looks at as a link writes it, "0.25;0.5" (shares of the image's sides), or None where it is no place."""
    try:
        place = [check_number("receptive_field.pixel", share, -FARTHEST, FARTHEST) for share in words.split(";")]
    except InputError:
        return None
    return place if len(place) == 2 else None


def read_compared(words: str) -> list[str] | None:
    """The networks to compare with as a link writes them, "resnet34;resnet18", or None where one is not known."""
    try:
        return check_compared(words.split(";") if words else [])
    except InputError:
        return None


def read_layers(words: str) -> list[dict[str, str]] | None:
    """The rows of the table as a link writes them, "conv,3,1,1,1;pool,2,2,0,1", or None where that is no table.

    What stands in a cell is not looked at here: a wrong one is said where all wrong cells are said.
    """
    rows = [row.split(",") for row in words.split(";")]
    fits = len(rows) <= MAX_LAYERS and all(len(row) == 1 + len(COLUMN_LIMITS) for row in rows)
    return list(make_layers(*rows)) if fits else None


def build_controls(text: Text, language: str) -> dict[str, gr.components.Component]:
    """The controls that are always in sight."""
    ours, others = (
        [(each.title, each.name) for each in NETWORKS.values() if each.is_ours is ours] for ours in (True, False)
    )
    own, *stacks = ((text(f"receptive_field.network_{name}"), name) for name in (TABLE, *STACKS))
    return {
        "model": gr.Dropdown(
            [*ours, own, *others], value=FIRST_MODEL, label=text("terms.model"), elem_id="receptive-field-model"
        ),
        "layer": build_slider(
            0, len(trace_model(FIRST_MODEL)) - 1, FIRST_LAYER, text("receptive_field.layer_number"),
            elem_id="receptive-field-layer",
        ),
        "size": build_slider(
            LEAST_IMAGE_SIZE, MAX_IMAGE_SIZE, IMAGE_SIZE, text("receptive_field.image_size"),
            elem_id="receptive-field-size",
        ),
        "sample": build_sample_picker(language, FIRST_SAMPLE, elem_id="receptive-field-sample"),
        "compared": gr.Dropdown(
            [*stacks, own, *ours, *others], value=[STACK], multiselect=True, max_choices=MOST_COMPARED,
            label=text("receptive_field.compared"), elem_id="receptive-field-compared",
        ),
    }  # fmt: skip


def wire_choices(controls: dict[str, gr.blocks.Block], buttons: dict[str, gr.Button]) -> list:
    """Let the page itself set what follows from a choice, and return all events after which to draw."""
    sizes = json.dumps({name: find_own_size(name) for name in (*NETWORKS, TABLE)})
    editor = f"model === {json.dumps(TABLE)} ? {json.dumps(gr.update(open=True))} : {json.dumps(gr.skip())}"
    own = f"(model) => [cnnExplorer.onNewChoice('{CHOICE}', model, {sizes}[model]), {editor}]"
    model = controls["model"]
    model.input(None, [model], [controls["size"], controls["editor"]], js=own, **PRIVATE)
    controls["layers"].input(None, None, [model], js=set_by_page([TABLE], CHOICE), **PRIVATE)
    # The upload is no output of a handler that may skip it: to skip is to update, and that would build another upload
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
    changed = ("model", "size", "layer", "sample", "compared", "layers", "place", "picture")
    buttons_of = (button.click for button in buttons.values())
    return [*(controls[name].input for name in changed), controls["upload"].clear, *buttons_of]


def set_story(story: str) -> dict[str, Any]:
    """The values of the controls with which a story begins."""
    view = open_story(story)
    last = len(trace_rows(view, view.size)) - 1
    values = {
        "model": view.model, "size": view.size, "place": None, "compared": view.compared,
        "layer": gr.update(maximum=last, value=view.layer), "last": last,
    }  # fmt: skip
    if view.model == TABLE:
        values |= {"layers": view.layers, "editor": gr.update(open=True), "marks": []}
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


def wire_stage(triggers: list, shown: dict[str, gr.blocks.Block], inputs, outputs, language: str) -> None:
    """Draw after each of these events; after each change of the field autograd looks at it."""
    look_for, upload = shown["look_for"], shown["upload"]
    drawn = wire(triggers, on_view, [shown["last"], *inputs], outputs, language)
    # One after the other, none left out: the check of what was set last comes last.
    then_wire(drawn, on_check, inputs, [look_for, shown["field"]], language,
              trigger_mode="multiple", concurrency_id="check", concurrency_limit=1)  # fmt: skip
    ask = f"(upload) => [upload, cnnExplorer.nextRequest({json.dumps(PICTURE)})]"
    wire([upload.upload], on_upload, [upload, shown["brought"]], [look_for, shown["brought"]], language, js=ask)


def build_brought() -> gr.HTML:
    """What takes the picture that on_upload has read, or its refusal, unless something else was set since."""
    return gr.HTML(
        None,
        html_template=f'<span hidden data-picture="{PICTURE}"></span>',
        js_on_load=mount("receptive_field/brought.js"),
        elem_classes="bridge",
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


def build_chart_clicks() -> None:
    """What hands on a click on a layer in the chart."""
    stacks = html.escape(json.dumps([*STACKS]))
    gr.HTML(
        None,
        html_template=f'<span hidden data-chart="#receptive-field-chart" data-stacks="{stacks}"></span>',
        js_on_load=mount("receptive_field/growth.js"),
        elem_classes="bridge",
        apply_default_css=False,
    )


def build_marks() -> gr.HTML:
    """What says at the cells of the table what is wrong with them."""
    columns = html.escape(json.dumps(["type", *COLUMN_LIMITS]))
    return gr.HTML(
        None,
        html_template=f'<span hidden data-table="#receptive-field-layers" data-columns="{columns}"></span>',
        js_on_load=mount("receptive_field/layer_marks.js"),
        elem_classes="bridge",
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
            look_for = build_look_for(first[0])
            stacks = build_canvas(first[1], "receptive-field-stacks")
            costs = gr.HTML(first[2], apply_default_css=False)
    wire([comparison.input, channels.input], on_compare, [comparison, channels], [look_for, stacks, costs], language)


def build_facts(text: Text) -> None:
    """What is so for the networks of the catalogue and for stacks of 3x3 layers, measured once at start."""
    sizes = [calculate_receptive_field([{"kernel": 3}] * depth)[-1] for depth, _ in CLAIMED_DEPTHS]
    resnet = trace_model("resnet34")
    lines = [(*claim, size, resnet[claim[0]].size) for claim, size in zip(CLAIMED_DEPTHS, sizes)]
    heads = [text(f"receptive_field.head_{head}") for head in ("depth", "claim", "stride_1")]
    networks = [(MODELS[name].title, trace_model(name)) for name, entry in MODELS.items() if entry.is_compared]
    build_heading(text("receptive_field.facts"))
    with gr.Row(elem_classes="stage"):
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_networks"))
            gr.HTML(draw_network_table(networks, text), apply_default_css=False)
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_depth"))
            gr.HTML(draw_depth_table(lines, [*heads, MODELS["resnet34"].title]), apply_default_css=False)
