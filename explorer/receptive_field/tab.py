"""The receptive-field tab: layout and wiring."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from explorer.canvas import build_canvas
from explorer.checks import check_choice, check_whole
from explorer.errors import InputError
from explorer.events import draw_problem, then_wire, wire
from explorer.images import build_upload
from explorer.layout import (
    Wing,
    build_explanation,
    build_intro,
    build_look_for,
    build_slider,
    controls_column,
    picture_column,
)
from explorer.models.catalogue import MODELS
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
from explorer.receptive_field.networks import MAX_IMAGE_SIZE, NETWORKS, UnitCheck, find_network, trace_model
from explorer.receptive_field.scene import (
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
    read_pair,
    trace_compared,
    trace_rows,
)
from explorer.samples import build_sample_picker
from explorer.style import PLOT_SETTINGS
from explorer.text import LANGUAGES, Text, text_in

FOLDER = Path(__file__).parent
LEAST_IMAGE_SIZE = 8


# Section 4.2 of the tutorial: number of 3x3 layers and the side that it says they see.
CLAIMED_DEPTHS = ((1, "3"), (3, "7"), (5, "15"), (10, "32"), (20, "100+"))
LISTED_MODELS = ("lenet5", "alexnet_small", "resnet18", "resnet34", "resnet50", "plain18")


# What a handler gives: the look-for line first, then the pictures, then what it changes of the controls.
PICTURES = ("chart", "field", "table")
CONTROLS = ("model", "size", "layer", "picture", "place", "compared", "layers", "editor", "marks")


# ---- what the page calls ------------------------------------------------------------------------------------------


def on_receptive_field(*values, language: str) -> list:
    """Chart, image and table for what is set."""
    return show(View(*values), text_in(language))


def on_network(*values, language: str) -> list:
    """The same for a new network, at the size that it is made for; opens the table if it is chosen."""
    view = View(*values)
    size = find_own_size(view.model)
    return show_network(replace(view, size=size), text_in(language), size=size)


def find_own_size(model: Any) -> int:
    """The size of image with which a network comes."""
    return IMAGE_SIZE if model == TABLE else min(find_network(model).input_size, MAX_IMAGE_SIZE)


def on_open(*values, language: str) -> list:
    """The same for what a link asked for; the check, which follows other events, is made at once.

    A link names no size where it is that with which the page opens: then a network comes at its own.
    """
    view = View(*values)
    own = find_own_size(view.model)
    view = replace(view, size=own if view.size == IMAGE_SIZE else fit_size(view.model, view.size))
    answer = show_network(view, text_in(language), size=view.size)
    checked = on_check(*(getattr(view, name) for name in View.__dataclass_fields__), language=language)
    field = (*PICTURES, *CONTROLS).index("field") + 1
    answer[field] = {**checked[field], "isCheck": False}
    return answer


def on_size(*values, language: str) -> list:
    """The same at another size of the image."""
    return show_network(View(*values), text_in(language))


def on_sample(*values, language: str) -> list:
    """Another sample, in the place of the reader's own picture; at last the upload is emptied."""
    return [*show(replace(View(*values), picture=None), text_in(language), picture=None), None]


def on_upload(path, *values, language: str) -> list:
    """The reader brought a picture, or took it away."""
    picture = None if path is None else encode_picture(path)
    return show(replace(View(*values), picture=picture), text_in(language), picture=picture)


def on_edit(*values, language: str) -> list:
    """The reader edited the table of layers: it becomes the network that is shown, or its broken cells are marked."""
    view = replace(View(*values), model=TABLE)
    problems = find_problems(view.layers, check_size(view.size))
    if problems:
        marks = [{"row": each.row, "column": each.column, "sentence": each.remark(language)} for each in problems]
        return [gr.update(value=draw_problem(problems[0].sentence(language))), *_skip_all(marks=marks)]
    return show_network(view, text_in(language), model=TABLE, marks=[])


def on_point(event: gr.EventData, *values, language: str) -> list:
    """The reader clicked a pixel or a unit: from now on that unit is shown, and with other layers its place."""
    view = View(*values)
    size = check_size(view.size)
    row = find_scene(view).row
    if event._data.get("unit") is not None:
        unit = [check_whole("receptive_field.unit", each, 0, row.num_units - 1) for each in read_pair(event._data["unit"])]
        pixel = [row.start + row.jump * each for each in unit]
    else:
        pixel = [check_whole("receptive_field.pixel", each, 0, size - 1) for each in read_pair(event._data.get("pixel"))]
    place = [(each + 0.5) / size for each in pixel]
    return show(replace(view, place=place), text_in(language), place=place)


def on_chart(event: gr.EventData, *values, language: str) -> list:
    """The reader clicked a layer in the chart; one of another network brings that network to the front."""
    view = View(*values)
    name, layer = event._data.get("network"), event._data.get("layer")
    if name == view.model:
        return show(replace(view, layer=layer), text_in(language), layer=check_whole("terms.layer", layer, 0))
    if name not in NETWORKS and name != TABLE:
        return [text_in(language)("receptive_field.look_stack"), *_skip_all()]
    compared = [view.model if each == name else each for each in check_compared(view.compared)]
    view = replace(view, layer=layer)
    changed = {"model": name, "compared": compared, "size": fit_size(name, view.size)}
    return show_network(replace(view, **changed), text_in(language), **changed)


def on_check(*values, language: str) -> list:
    """Let autograd find the field that is shown: pixels that reach the unit, and whether they are those told."""
    scene, text = find_scene(View(*values)), text_in(language)
    check = check_scene(scene)
    # Something else may be shown by the time that this arrives: then field.js lets it pass.
    field = {**draw_scene(replace(scene, field=check.field), text, check), "isCheck": True}
    return [gr.skip(), *_skip_all(field=field)]


def on_story(*values, story: str, language: str) -> list:
    """Set everything to a story and tell it."""
    text, view = text_in(language), View(*values)
    view = replace(view, size=IMAGE_SIZE, place=None, **STORIES[story])
    rows = trace_rows(view, IMAGE_SIZE)
    view = replace(view, layer=STORY_LAYERS.get(story, find_last_local)(rows))
    view = replace(view, layer=rows.index(view.layer))
    changed = {name: getattr(view, name) for name in ("model", "size", "place", "compared", "layers")}
    changed["layers"] = [dict(layer) for layer in view.layers] if view.model == TABLE else gr.skip()
    answer = show_network(view, text, marks=[], **changed)
    return [tell_story(story, view, rows, text), *answer[1:]]


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
    return sum(row.size > before.size for before, row in zip(rows, rows[1:]) if row.kind == "conv")


# ---- what they show -----------------------------------------------------------------------------------------------


def show(view: View, text: Text, **controls) -> list:
    """The sentence and all pictures of a view, then a value for each control that is named."""
    scene = find_scene(view)
    compared = check_compared(view.compared)
    others = [Growth(name, name_network(name, text), trace_compared(name, scene)) for name in compared]
    main = Growth(view.model, name_network(view.model, text), scene.rows)
    pictures = {
        "chart": draw_growth(main, scene.number, others, text),
        "field": draw_scene(scene, text),
        "table": draw_layer_table(scene.rows, scene.number, scene.pixel, text),
    }
    return [describe_layer(scene, text), *_skip_all(**pictures, **controls)]


def show_network(view: View, text: Text, **controls) -> list:
    """The same where the number of layers, which bounds the slider, may have changed."""
    last = len(trace_rows(view, check_size(view.size))) - 1
    number = min(check_whole("terms.layer", view.layer, 0), last)
    controls["layer"] = gr.update(maximum=last, value=number)
    if view.model == TABLE:
        controls["editor"] = gr.update(open=True)
    return show(replace(view, layer=number), text, **controls)


def _skip_all(**values) -> list:
    """A value for each picture and control: those given, and no change of all others."""
    return [values.get(name, gr.skip()) for name in (*PICTURES, *CONTROLS)]


def draw_scene(scene: Scene, text: Text, check: UnitCheck | None = None) -> dict:
    """The field on the image beside the layer's map, and below it what autograd said of it, or that it is asked."""
    shown = read_image(scene.view, min(scene.size, SHOWN_SIDE))
    image = read_image(scene.view, scene.size)
    means = compute_mean_brightness(image, find_reach(scene))
    field = draw_field(shown, scene.size, scene.row, scene.unit, scene.field, means, text)
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
        model: name of a model of the catalogue, or "torchvision:" and the name of one of torchvision's classifiers; not
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
    view = View(model=model, size=input_size) if layers is None else View(TABLE, input_size, layers=layers)
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
    own, first = text(f"receptive_field.network_{TABLE}"), dict(zip(("look_for", *PICTURES), show(View(), text)))
    first["field"]["badge"] = draw_badge(check_scene(find_scene(View())), find_scene(View()).row, text)
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
    controls["place"] = gr.HTML(None, html_template="", visible="hidden")  # (row, column), shares of the image's sides
    controls["picture"] = gr.HTML(None, html_template="", visible="hidden")
    controls["marks"] = build_marks()
    clicks = build_chart_clicks()
    inputs = [controls[name] for name in View.__dataclass_fields__]
    outputs = [pictures["look_for"], *(pictures[name] for name in PICTURES), *(controls[name] for name in CONTROLS)]
    wire_stage(controls, pictures, clicks, buttons, inputs, outputs, language)
    build_heading(text("receptive_field.effective"))
    build_effective(inputs, text, language)
    build_comparisons(text, language)
    build_facts(text)
    build_explanation("receptive_field", language)
    links = {name: controls[name] for name in ("model", "size", "sample", "compared", "layers")}
    parsers = {"compared": read_compared, "layers": read_layers}
    return Wing("receptive_field", links, on_open, inputs, outputs, parsers)


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
    networks = [(network.title, name) for name, network in NETWORKS.items()]
    own, *stacks = ((text(f"receptive_field.network_{name}"), name) for name in (TABLE, *STACKS))
    catalogue, others = networks[: len(MODELS)], networks[len(MODELS) :]
    return {
        "model": gr.Dropdown(
            [*catalogue, own, *others], value=FIRST_MODEL, label=text("terms.model"), elem_id="receptive-field-model"
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
            [*stacks, own, *networks], value=[STACK], multiselect=True, max_choices=MOST_COMPARED,
            label=text("receptive_field.compared"), elem_id="receptive-field-compared",
        ),
    }  # fmt: skip


def wire_stage(controls, pictures, clicks, buttons, inputs, outputs, language: str) -> None:
    """Tie the handlers to the controls; after each change of the field autograd looks at it.

    The upload is no output of a handler that may skip it: to skip is to update, and that would build another upload
    in its place, see `build_upload`.
    """
    # The handlers check what they get. Gradio's own checks would answer in English, and a slider whose maximum has
    # changed has them again.
    settings = {"language": language, "preprocess": False}
    upload = controls["upload"]
    events = [
        wire([controls["model"].input], on_network, inputs, outputs, **settings),
        wire([controls["size"].input], on_size, inputs, outputs, **settings),
        wire([controls["compared"].input, controls["layer"].input], on_receptive_field, inputs, outputs, **settings),
        wire([controls["sample"].input], on_sample, inputs, [*outputs, upload], **settings),
        wire([upload.upload, upload.clear], on_upload, [upload, *inputs], outputs, language),
        wire([controls["layers"].input], on_edit, inputs, outputs, **settings),
        wire([pictures["field"].click], on_point, inputs, outputs, **settings),
        wire([clicks.click], on_chart, inputs, outputs, **settings),
        *(
            wire([button.click], partial(on_story, story=story), inputs, outputs, **settings)
            for story, button in buttons.items()
        ),
    ]
    for event in events:
        # One after the other, none left out: the check of what was set last comes last.
        then_wire(event, on_check, inputs, outputs, language,
                  trigger_mode="multiple", concurrency_id="check", concurrency_limit=1)  # fmt: skip


def build_field(payload: dict) -> gr.HTML:
    """The field on the image beside the layer's map, where a click chooses a unit, and what autograd said of it."""
    return gr.HTML(
        payload,
        html_template='<div class="field maps"></div><div class="field-badge-place"></div>',
        css_template=(FOLDER / "field.css").read_text(encoding="utf-8"),
        js_on_load=(FOLDER / "field.js").read_text(encoding="utf-8"),
        elem_id="receptive-field-canvas",
        elem_classes="canvas",
        apply_default_css=False,
    )


def build_chart_clicks() -> gr.HTML:
    """What hands a click on a layer in the chart to the server."""
    return gr.HTML(
        None,
        html_template='<span hidden data-chart="#receptive-field-chart"></span>',
        js_on_load=(FOLDER / "growth.js").read_text(encoding="utf-8"),
        elem_classes="bridge",
        apply_default_css=False,
    )


def build_marks() -> gr.HTML:
    """What says at the cells of the table what is wrong with them."""
    columns = html.escape(json.dumps(["type", *COLUMN_LIMITS]))
    return gr.HTML(
        None,
        html_template=f'<span hidden data-table="#receptive-field-layers" data-columns="{columns}"></span>',
        js_on_load=(FOLDER / "layer_marks.js").read_text(encoding="utf-8"),
        elem_classes="bridge",
        apply_default_css=False,
    )


def build_layer_table(text: Text) -> gr.HTML:
    """The editable table: its value is a list of rows of text, checked when it is used."""
    words = {column: text(term) for column, term in COLUMN_TERMS.items()}
    words |= {f"{column}Short": text(f"receptive_field.short_{column}") for column in COLUMN_TERMS}
    words |= {word: text(f"receptive_field.{word}") for word in ("row", "remove", "add")}
    words |= {kind: text(f"receptive_field.kind_{kind}") for kind in LAYER_TYPES}
    data = html.escape(json.dumps(words, ensure_ascii=False))
    return gr.HTML(
        [dict(layer) for layer in LENET_LAYERS],
        html_template=f'<div class="layer-table" data-words="{data}"></div>',
        css_template=Path(__file__).with_name("layer_table.css").read_text(encoding="utf-8"),
        js_on_load=Path(__file__).with_name("layer_table.js").read_text(encoding="utf-8"),
        elem_id="receptive-field-layers",
        apply_default_css=False,
    )


def build_heading(title: str) -> None:
    """Heading of a part below the main picture."""
    gr.HTML(f"<h2>{html.escape(title)}</h2>", css_template="h2 { margin: 36px 0 4px; font-size: 22px; }")


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
    networks = [(MODELS[name].title, trace_model(name)) for name in LISTED_MODELS]
    build_heading(text("receptive_field.facts"))
    with gr.Row(elem_classes="stage"):
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_networks"))
            gr.HTML(draw_network_table(networks, text), apply_default_css=False)
        with gr.Column(min_width=320):
            gr.Markdown(text("receptive_field.facts_depth"))
            gr.HTML(draw_depth_table(lines, [*heads, MODELS["resnet34"].title]), apply_default_css=False)
