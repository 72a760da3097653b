"""Below the classifier: a reader takes one number of the network apart and follows its parts down to the pixels."""

from __future__ import annotations

import gradio as gr

from explorer.checks import check_whole
from explorer.classifier.anatomy import Unit, check_unit, find_largest, take_apart
from explorer.classifier.anatomy_figures import (
    bounds,
    describe_anatomy,
    draw_place,
    draw_terms,
    draw_window,
    list_layers,
)
from explorer.classifier.inside import View, find_outputs, read_view
from explorer.classifier.outcome import Picture, borrow_model, check_model
from explorer.classifier.sections import open_section
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.models.layer_outputs import IMAGE, LayerOutputs
from explorer.page.canvas import build_canvas
from explorer.page.events import Components, draw_look_for, wire
from explorer.page.layout import build_look_for
from explorer.page.scripts import mount
from explorer.text import Text, text_in

PLACE = ("channel", "row", "column")


def on_view(view: object, *, language: str, **picture) -> dict:
    """The number that was clicked or followed; of another network, the largest score."""
    model, taken, outputs = _look_into(picture)
    text = text_in(language)
    if outputs is None or taken is None:
        return _ask_for_picture(picture, text)
    read = read_view(view, model, outputs)
    changes = _show(model, outputs, read, text)
    if len(read.trail) == 1:  # perhaps another network: its layers
        changes["layer"] = gr.update(choices=list_layers(outputs, text), value=read.unit.layer)
    return changes


def on_layer(layer: object, *, language: str, **picture) -> dict:
    """The largest number of a layer that was chosen."""
    model, taken, outputs = _look_into(picture)
    text = text_in(language)
    if outputs is None or taken is None:
        return _ask_for_picture(picture, text)
    index = check_whole("terms.layer", layer, IMAGE, len(outputs.layers) - 1)
    return _show(model, outputs, View((find_largest(outputs, index),)), text)


def on_place(layer: object, channel: object, row: object, column: object, *, language: str, **picture) -> dict:
    """The number at a place that was typed."""
    model, taken, outputs = _look_into(picture)
    text = text_in(language)
    if outputs is None or taken is None:
        return _ask_for_picture(picture, text)
    index = check_whole("terms.layer", layer, IMAGE, len(outputs.layers) - 1)
    most = bounds(outputs, Unit(index, 0))
    typed = (channel, row, column)
    place = [check_whole(f"inside.{name}", value, 0, end) for name, value, end in zip(PLACE, typed, most, strict=True)]
    return _show(model, outputs, View((check_unit(outputs, Unit(index, *place)),)), text)


def _look_into(picture: dict) -> tuple[str, Picture | None, LayerOutputs | None]:
    """The network, the picture at hand and what the one computes of the other; None as long as there is no picture."""
    model, taken = check_model(picture["model"]), read_picture(Choices(**picture))
    return model, taken, None if taken is None else find_outputs(model, taken)


def _ask_for_picture(picture: dict, text: Text) -> dict:
    words = text(f"classifier.no_picture_{picture['source']}")
    return {"look_for": gr.update(value=draw_look_for(words, stale=True))}


def _show(model: str, outputs: LayerOutputs, view: View, text: Text) -> dict:
    with borrow_model(model) as network:
        found = take_apart(outputs, network, view.unit)
    window = draw_window(outputs, found, view, model, text)
    most = bounds(outputs, view.unit)
    places = {
        name: gr.update(value=value, maximum=end) for name, value, end in zip(PLACE, view.unit[1:], most, strict=True)
    }
    return {
        "look_for": describe_anatomy(outputs, found, text),
        "layer": gr.update(value=view.unit.layer),
        **places,
        "map": draw_place(outputs, view, model, text),
        "terms": draw_terms(outputs, found, view, model, text),
        "window": gr.update(value=window, visible=window is not None),
    }


def build_anatomy(controls: Components, language: str) -> None:
    """The section, closed at first: nothing of it is computed until somebody opens it.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    text = text_in(language)
    with open_section("anatomy", text("inside.anatomy")) as view:
        gr.Markdown(text("inside.anatomy_intro"))
        with gr.Row():
            layer = gr.Dropdown([], label=text("terms.layer"), scale=3, min_width=220)
            places = {
                name: gr.Number(None, label=text(f"inside.{name}"), precision=0, minimum=0, min_width=90)
                for name in PLACE
            }
        look_for = build_look_for(text("inside.anatomy_look"))
        with gr.Row():
            with gr.Column(scale=2, min_width=300):
                place = build_canvas(None, taker="takeNumber")
                window = build_canvas(None, taker="takeNumber", visible=False)
            with gr.Column(scale=3, min_width=320):
                terms = gr.HTML(
                    "", js_on_load=mount("classifier/anatomy.js"), apply_default_css=False,
                    elem_classes="classifier-anatomy",
                )  # fmt: skip
    picture = {name: controls[name] for name in OF_PICTURE}
    outputs = {"look_for": look_for, "layer": layer, **places, "map": place, "terms": terms, "window": window}
    wire([view.input], on_view, {**picture, "view": view}, outputs, language, queue=True)
    wire([layer.input], on_layer, {**picture, "layer": layer}, outputs, language, queue=True)
    typed = {**picture, "layer": layer, **places}
    wire([each.input for each in places.values()], on_place, typed, outputs, language, queue=True)
