"""Below the classifier: all maps of all layers at once; a click on one of them opens "One number" there."""

from __future__ import annotations

import gradio as gr

from explorer.classifier.inside import find_outputs
from explorer.classifier.layer_maps import describe_layers, draw_layers
from explorer.classifier.outcome import check_model
from explorer.classifier.sections import open_section
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.page.events import Components, draw_look_for, wire
from explorer.page.layout import build_look_for
from explorer.page.scripts import mount
from explorer.text import text_in


def on_layers(*, language: str, **picture) -> dict:
    """All maps of all layers for the picture at hand."""
    text, model, taken = text_in(language), check_model(picture["model"]), read_picture(Choices(**picture))
    if taken is None:
        words = text(f"classifier.no_picture_{picture['source']}")
        return {"look_for": gr.update(value=draw_look_for(words, stale=True))}
    outputs = find_outputs(model, taken)
    return {"look_for": describe_layers(model, outputs, text), "layers": draw_layers(model, outputs, text)}


def build_layer_maps(controls: Components, language: str) -> None:
    """The section, closed at first: nothing of it is computed until somebody opens it.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    text = text_in(language)
    with open_section("layers", text("inside.layers")) as asked:
        look_for = build_look_for(text("inside.layers_first"))
        layers = gr.HTML(
            "",
            js_on_load=mount("classifier/layer_maps.js"),
            apply_default_css=False,
            elem_classes="classifier-layer_maps",
        )
    picture = {name: controls[name] for name in OF_PICTURE}
    wire([asked.input], on_layers, picture, {"look_for": look_for, "layers": layers}, language, queue=True)
