"""The receptive-field tab: layout and wiring."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from explorer.canvas import build_canvas
from explorer.checks import check_choice, check_whole
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.events import wire
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
from explorer.receptive_field.figures import (
    draw_depth_table,
    draw_field,
    draw_growth,
    draw_layer_table,
    draw_network_table,
    draw_stack_table,
    draw_stacks,
    name_layer,
    name_stack,
)
from explorer.receptive_field.maths import (
    COLUMN_TERMS,
    COMPARISONS,
    MAX_INPUT_SIZE,
    LayerRow,
    calculate_receptive_field,
    compare_stacks,
    compute_field_box,
    find_first_as_wide,
    find_unit,
    trace_layer_table,
    trace_model,
    trace_uniform_stack,
)
from explorer.samples import build_sample_picker, check_sample
from explorer.style import PLOT_SETTINGS
from explorer.text import LANGUAGES, Text, text_in

IMAGE_SIZE = 28
TABLE = "table"  # the reader's own layers, in the place of a model's name
STACK = "stack3x3"  # 3x3 convolutions at stride 1, to compare with
MOST_COMPARED = 3
FIRST_MODEL, FIRST_LAYER, FIRST_SAMPLE = "lenet5", 3, 120
CENTRE = ((IMAGE_SIZE - 1) / 2, (IMAGE_SIZE - 1) / 2)
LENET_LAYERS = tuple(
    {"type": kind, "kernel": kernel, "stride": stride, "padding": padding, "dilation": "1"}
    for kind, kernel, stride, padding in (
        ("conv", "5", "1", "2"),
        ("pool", "2", "2", "0"),
        ("conv", "5", "1", "0"),
        ("pool", "2", "2", "0"),
    )
)
# Section 4.2 of the tutorial: number of 3x3 layers and the side that it says they see.
CLAIMED_DEPTHS = ((1, "3"), (3, "7"), (5, "15"), (10, "32"), (20, "100+"))
LISTED_MODELS = ("lenet5", "alexnet_small", "resnet18", "resnet34", "resnet50", "plain18")


def on_receptive_field(model, compared, layer, sample, pixel, layers, *, language: str) -> tuple:
    """Chart, image and table for the chosen network, layer, sample and pixel."""
    text = text_in(language)
    rows = trace_rows(model, layers)
    number = min(check_whole("terms.layer", layer, 0), len(rows) - 1)
    pixel = CENTRE if pixel is None else pixel
    unit = find_unit(rows[number], pixel)
    image = load_sample().images[check_sample(sample)] / 255
    others = [(name_network(name, text), trace_compared(name, rows)) for name in check_compared(compared)]
    return (
        describe_layer(rows, number, pixel, text),
        draw_growth(name_network(model, text), rows, number, others, text),
        draw_field(image, rows[number], unit, text),
        draw_layer_table(rows, number, pixel, text),
    )


def on_network(model, compared, layer, sample, pixel, layers, *, language: str) -> tuple:
    """The same for a new network, whose number of layers bounds the slider; opens the table if it is chosen."""
    pictures = on_receptive_field(model, compared, layer, sample, pixel, layers, language=language)
    last = len(trace_rows(model, layers)) - 1
    slider = gr.update(maximum=last, value=min(int(layer), last))
    return (*pictures, slider, gr.update(open=True) if model == TABLE else gr.skip())


def on_edit(compared, layer, sample, pixel, layers, *, language: str) -> tuple:
    """The reader edited the table of layers: it becomes the network that is shown."""
    return (*on_network(TABLE, compared, layer, sample, pixel, layers, language=language), TABLE)


def on_point(event: gr.EventData, model, compared, layer, sample, layers, *, language: str) -> tuple:
    """The reader clicked a pixel: from now on the unit whose centre is nearest to it is shown."""
    position = (event._data.get("row"), event._data.get("column"))
    pixel = [check_whole("receptive_field.unit", each, 0, IMAGE_SIZE - 1) for each in position]
    return (*on_receptive_field(model, compared, layer, sample, pixel, layers, language=language), pixel)


def on_compare(comparison, channels, *, language: str) -> tuple:
    """Stacks of layers side by side: what they see and what they cost."""
    text = text_in(language)
    channels = check_whole("receptive_field.channels", channels, 1, 4096)
    stacks = compare_stacks(comparison, channels)
    sentence = describe_stacks(comparison, stacks, text)
    return sentence, draw_stacks(stacks, text), draw_stack_table(stacks, channels, text)


def receptive_field(
    model: str = "lenet5", layers: list | None = None, input_size: int = IMAGE_SIZE, language: str = "en"
) -> dict:
    """Receptive field of every layer of a network, or of a list of layers.

    Args:
        model: name of a model of the catalogue; not used when layers are given.
        layers: list of {"type": "conv" or "pool", "kernel", "stride", "padding", "dilation"} instead of a model.
        input_size: side of the image in pixels.
        language: "en" or "zh", for names and sentences.

    Returns:
        "input_size"; "layers", each with name, kind, size, jump, start (centre of the first unit, in pixels),
        num_units and reach; "as_wide_as_image_from", the name of the first layer whose field is, or null;
        "sentence", which says in words what the last layer sees.
    """
    check_choice("terms.language", language, tuple(LANGUAGES))
    text = text_in(language)
    input_size = check_whole("terms.input_size", input_size, 1, MAX_INPUT_SIZE)
    if layers is None:
        rows = trace_model(check_choice("terms.model", model, tuple(MODELS)), input_size)
    else:
        rows = trace_layer_table(layers, input_size)
    wide = find_first_as_wide(rows)
    return {
        "input_size": rows[0].num_units,
        "layers": [asdict(row) for row in rows],
        "as_wide_as_image_from": wide and wide.name,
        "sentence": describe_layer(rows, len(rows) - 1, ((rows[0].num_units - 1) / 2,) * 2, text),
    }


def trace_rows(model: Any, layers: Any) -> tuple[LayerRow, ...]:
    """The rows of a model of the catalogue or of the reader's table."""
    model = check_choice("terms.model", model, (*MODELS, TABLE))
    return trace_layer_table(layers, IMAGE_SIZE) if model == TABLE else trace_model(model, IMAGE_SIZE)


def trace_compared(name: str, rows: Sequence[LayerRow]) -> tuple[LayerRow, ...]:
    """The rows of a network to compare with; the 3x3 stack is as deep as it takes to see as much as these rows."""
    if name == STACK:
        return trace_uniform_stack(3, min(max(row.size for row in rows), 2 * IMAGE_SIZE), IMAGE_SIZE)
    return trace_model(name, IMAGE_SIZE)


def check_compared(names: Any) -> list[str]:
    """The names of the networks to compare with, as the browser sent them."""
    names = names or []
    if not isinstance(names, list) or len(names) > MOST_COMPARED:
        raise InputError("receptive_field.too_many_compared", maximum=MOST_COMPARED)
    return [check_choice("receptive_field.compared", name, (STACK, *MODELS)) for name in names]


def name_network(name: str, text: Text) -> str:
    """What the reader calls it."""
    return MODELS[name].title if name in MODELS else text(f"receptive_field.network_{name}")


def describe_layer(rows: Sequence[LayerRow], number: int, pixel: tuple[float, float], text: Text) -> str:
    """What to look for: by how much this layer widens the field, and what its unit sees."""
    row, image_size = rows[number], rows[0].num_units
    name = f"<b>{html.escape(name_layer(row, text))}</b>"
    if number == 0:
        return text("receptive_field.look_input")
    if row.kind == "global":
        return text("receptive_field.look_global", name=name)
    before = rows[number - 1]
    added = row.size - before.size
    grown = text(
        "receptive_field.look_grown" if added else "receptive_field.look_same",
        name=name, added=added, reach=added // before.jump, jump=before.jump, size=row.size, image=image_size,
    )  # fmt: skip
    if row.size >= image_size:
        middle = compute_field_box(row, find_unit(row, ((image_size - 1) / 2,) * 2))
        sees_all = middle.clipped == (0, 0, image_size, image_size)
        return grown + text(f"receptive_field.look_{'whole' if sees_all else 'wide'}", image=image_size)
    share = compute_field_box(row, find_unit(row, pixel)).padding_share
    return grown + (text("receptive_field.look_padding", share=f"{share:.0%}") if share else "")


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


def build_tab(language: str) -> Wing:
    """Lay out the tab in one language and wire it."""
    text = text_in(language)
    build_intro("receptive_field", language)
    catalogue = [(entry.title, name) for name, entry in MODELS.items()]
    own, stack = ((text(f"receptive_field.network_{name}"), name) for name in (TABLE, STACK))
    first = on_receptive_field(FIRST_MODEL, [STACK], FIRST_LAYER, FIRST_SAMPLE, None, None, language=language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            model = gr.Dropdown(
                [*catalogue, own], value=FIRST_MODEL, label=text("terms.model"),
                elem_id="receptive-field-model",
            )  # fmt: skip
            layer = build_slider(
                0, len(trace_model(FIRST_MODEL)) - 1, FIRST_LAYER, text("receptive_field.layer_number"),
                elem_id="receptive-field-layer",
            )  # fmt: skip
            sample = build_sample_picker(language, FIRST_SAMPLE, elem_id="receptive-field-sample")
            compared = gr.Dropdown(
                [stack, *catalogue], value=[STACK], multiselect=True, max_choices=MOST_COMPARED,
                label=text("receptive_field.compared"), elem_id="receptive-field-compared",
            )  # fmt: skip
            with gr.Accordion(own[0], open=False) as editor:
                layers = build_layer_table(text)
        with picture_column():
            look_for = build_look_for(first[0])
            with gr.Row():
                with gr.Column(scale=5, min_width=320):
                    chart = gr.Plot(first[1], **PLOT_SETTINGS, elem_id="receptive-field-chart")
                with gr.Column(scale=4, min_width=300):
                    field = build_canvas(first[2], "receptive-field-canvas", clickable=True)
    pixel = gr.HTML(None, html_template="", visible="hidden")  # [row, column] that was clicked, None at first
    table = gr.HTML(first[3], elem_id="receptive-field-table", apply_default_css=False)
    pictures = [look_for, chart, field, table]
    inputs = [model, compared, layer, sample, pixel, layers]
    network_outputs = [*pictures, layer, editor]
    # The handlers check what they get. Gradio's own checks would answer in English, and a slider whose maximum has
    # changed has them again.
    settings = {"language": language, "preprocess": False}
    wire([model.input], on_network, inputs, network_outputs, **settings)
    wire([compared.input, layer.input, sample.input], on_receptive_field, inputs, pictures, **settings)
    wire([layers.input], on_edit, inputs[1:], [*network_outputs, model], **settings)
    wire([field.click], on_point, [model, compared, layer, sample, layers], [*pictures, pixel], **settings)
    build_comparisons(text, language)
    build_facts(text)
    build_explanation("receptive_field", language)
    return Wing("receptive_field", {"model": model}, on_network, inputs, network_outputs)


def build_layer_table(text: Text) -> gr.HTML:
    """The editable table: its value is a list of rows of text, checked when it is used."""
    words = {column: text(term) for column, term in COLUMN_TERMS.items()}
    words |= {f"{column}Short": text(f"receptive_field.short_{column}") for column in COLUMN_TERMS}
    words |= {word: text(f"receptive_field.{word}") for word in ("row", "remove", "add")}
    words |= {kind: text(f"receptive_field.kind_{kind}") for kind in ("conv", "pool")}
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
