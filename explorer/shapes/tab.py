"""The shapes tab: choose a network and an input, read its layers."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from explorer.checks import check_choice, check_whole
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
from explorer.models.trace import Trace, trace_catalogue
from explorer.shapes.figures import CSS, draw_flow, draw_table, draw_totals
from explorer.shapes.maths import Stage, bin_widths, gather_stages
from explorer.text import Text, text_in

DEFAULT = ("lenet5", 28, 1, "small")
MAX_SIZE = 512
STEMS = ("small", "large")


def build_tab(language: str) -> Wing:
    """Lay out the tab and wire it.

    Args:
        language: language of the page.

    Returns:
        What the roof needs of it.
    """
    text = text_in(language)
    sentence, flow, totals, table, _ = on_shapes(*DEFAULT, language=language)
    build_intro("shapes", language)
    with gr.Row(elem_classes="stage"):
        with controls_column():
            titles = [(entry.title, entry.name) for entry in MODELS.values()]
            model = gr.Dropdown(titles, value=DEFAULT[0], label=text("terms.model"), filterable=False)
            size = build_slider(1, 224, DEFAULT[1], text("shapes.size"))
            channels = gr.Radio([1, 3], value=DEFAULT[2], label=text("shapes.channels"))
            stems = [(text(f"shapes.stem_{stem}"), stem) for stem in STEMS]
            stem = gr.Radio(stems, value=DEFAULT[3], label=text("shapes.stem"), visible=False)
            totals_box = gr.HTML(totals, css_template=CSS, js_on_load=None)
        with picture_column():
            look_for = build_look_for(sentence)
            flow_box = gr.HTML(flow, css_template=CSS, js_on_load=None)
            table_box = gr.HTML(table, css_template=CSS, js_on_load=None)
    build_explanation("shapes", language)
    inputs = [model, size, channels, stem]
    outputs = [look_for, flow_box, totals_box, table_box, stem]
    wire([control.input for control in inputs], on_shapes, inputs, outputs, language, queue=True)
    links = {"model": model, "size": size, "channels": channels, "stem": stem}
    return Wing("shapes", links, on_shapes, inputs, outputs)


def on_shapes(model: str, size: int, channels: int, stem: str, *, language: str):
    """Trace a network and draw it: the look-for line, the flow, the totals, the table, the choice of stem."""
    trace = _trace(model, size, size, channels, stem)
    stages, text = gather_stages(trace), text_in(language)
    totals = draw_totals(trace, _judge_claim(model, trace, channels, stem, text), f"{model}-{size}x{size}.csv", text)
    return (
        _look_for(trace, stages, text),
        draw_flow(trace, stages, text),
        totals,
        draw_table(trace, stages, text),
        gr.update(visible=_has_stems(model)),
    )


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
        model: a network of the catalogue, such as "lenet5", "alexnet_small" or "resnet18".
        height: height of the image in pixels, 1 to 512.
        width: width of the image in pixels, 1 to 512.
        channels: channels of the image, 1 to 16.
        stem: "small" for a 3x3 first convolution, "large" for 7x7 with pooling (ResNet-18 to ResNet-152 alone).
        language: language of error messages, "en" or "zh".

    Returns:
        {"layers": [{"name", "kind", "input_shape", "output_shape", "num_params", "mult_adds", "receptive_field",
        "sees_everything"}, ...], "num_params", "mult_adds"}; shapes are of one image, multiply-adds as torchinfo
        counts them.
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
            "receptive_field": list(layer.receptive_field.size),
            "sees_everything": layer.receptive_field.is_global,
        }
        for layer in trace.layers
    ]
    return {"layers": layers, "num_params": trace.num_params, "mult_adds": trace.mult_adds}


def _has_stems(model: str) -> bool:
    """Whether the network can be built with either stem: the ResNets of four stages and their twins."""
    return model in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "plain18", "plain34")


def _trace(model, height, width, channels, stem) -> Trace:
    check_choice("terms.model", model, tuple(MODELS))
    check_choice("shapes.stem", stem, STEMS)
    shape = (
        check_whole("shapes.channels", channels, 1, 16),
        check_whole("terms.height", height, 1, MAX_SIZE),
        check_whole("terms.width", width, 1, MAX_SIZE),
    )
    changes = {"small_input": False} if stem == "large" and _has_stems(model) else {}
    return trace_catalogue(model, shape, **changes)


def _look_for(trace: Trace, stages: Sequence[Stage], text: Text) -> str:
    """Where the parameters and the work are, and what else this network shows."""
    heavy = max(stages, key=lambda stage: stage.num_params)
    busy = max(stages, key=lambda stage: stage.mult_adds)
    if heavy.num_params == trace.num_params:
        shares = text("shapes.look_one", name=heavy.name, total=f"{trace.num_params:,}", classes=trace.output_shape[0])
    else:
        shares = text(
            "shapes.look_same" if heavy is busy else "shapes.look_shares",
            heavy=heavy.name,
            heavy_share=f"{heavy.num_params / trace.num_params:.0%}",
            busy=busy.name,
            busy_share=f"{busy.mult_adds / trace.mult_adds:.0%}",
        )
    return f"{shares}{text('shapes.between')}{_lesson(trace, stages, text)}"


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
            widths = ", ".join(map(str, bin_widths(size, bins)))
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
