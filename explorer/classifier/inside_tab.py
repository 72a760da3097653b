"""Below the classifier: is the picture a piece of clothing, which pictures are similar, and what does each channel look for."""

from __future__ import annotations

from functools import lru_cache

import gradio as gr
import torch

from explorer.checks import check_choice, check_whole
from explorer.classifier.channels import LAYERS, Channels, list_measured, load_channels
from explorer.classifier.feature_map import load_map
from explorer.classifier.inside_figures import (
    describe_channel,
    describe_similar,
    describe_unlike,
    draw_feature_map,
    draw_kinds,
    draw_patches,
    draw_shares,
    draw_similar,
    say_examples,
    say_intro,
    say_map,
    say_similar,
)
from explorer.classifier.outcome import check_model, find_answer, find_likeness
from explorer.classifier.references import find_nearest, load_references, to_directions
from explorer.classifier.sections import open_section
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.classifier.unlike import load_distances
from explorer.errors import InputError
from explorer.models.answers import load_answers
from explorer.models.checkpoints import load_results
from explorer.models.networks import find_network
from explorer.page.canvas import build_canvas
from explorer.page.events import Components, wire
from explorer.page.layout import build_look_for, build_slider
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in

NUM_SIMILAR = 8


def build_inside(controls: Components, language: str) -> None:
    """The three sections, closed at first; nothing of them is computed before somebody opens them.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    picture = {name: controls[name] for name in OF_PICTURE}
    _build_unlike(picture, language)
    _build_similar(picture, language)
    _build_channels(language)


# ---- no piece of clothing ---------------------------------------------------------------------------------------


def on_unlike(*, language: str, model, **picture) -> dict:
    """How far the picture is from the training images, and how often the page warns at pictures of each kind."""
    text, name = text_in(language), check_model(model)
    distances, references = load_distances(name), load_references(name)
    if distances is None or references is None:
        raise InputError("garments.unlike_not_measured")
    taken, answers = read_picture(Choices(model=name, **picture)), load_answers()
    likeness = None if taken is None else find_likeness(name, taken)
    known = answers if answers is not None and name in answers.of_records(load_results()) else None
    return {
        "intro": say_intro(distances, len(references.labels), text),
        "look_for": describe_unlike(name, likeness, distances, known, text),
        "kinds": draw_kinds(distances, text),
        "examples": say_examples(distances, text),
    }


def _build_unlike(picture: Components, language: str) -> None:
    text = text_in(language)
    with open_section("unlike", text("garments.unlike_title")) as asked:
        intro = gr.Markdown()
        look_for = build_look_for("")
        examples = gr.Markdown()
        kinds = build_canvas(None)
    outputs = {"look_for": look_for, "intro": intro, "kinds": kinds, "examples": examples}
    wire([asked.input], on_unlike, picture, outputs, language, queue=True)


# ---- similar pictures -------------------------------------------------------------------------------------------


def on_similar(*, language: str, model, **picture) -> dict:
    """The training images whose features are nearest to those of the picture, and its place among test images."""
    text, choices, name = text_in(language), Choices(model=model, **picture), check_model(model)
    references, found = load_references(name), load_map(name)
    if references is None or found is None:
        raise InputError("garments.similar_not_measured")
    taken = read_picture(choices)
    if taken is None:
        return {"look_for": text(f"classifier.no_picture_{choices.source}")}
    probabilities, features = find_answer(name, taken)
    distances, places = (
        each[0] for each in find_nearest(references.features, to_directions(features[None]), NUM_SIMILAR)
    )
    return {
        "look_for": describe_similar(name, int(probabilities.argmax()), references, places, text),
        "similar": draw_similar(taken.prepared.pixels, references, distances, places, text),
        "about": say_map(found, text),
        "map": gr.update(value=draw_feature_map(found, found.place(features[None])[0], text), visible=True),
    }


def _build_similar(picture: Components, language: str) -> None:
    text = text_in(language)
    with open_section("similar", text("garments.similar_title")) as asked:
        gr.Markdown(say_similar(text))
        look_for = build_look_for("")
        similar = build_canvas(None)
        gr.Markdown(f"**{text('garments.similar_map')}**")
        about = gr.Markdown()
        chart = gr.Plot(visible=False, **PLOT_SETTINGS)
    outputs = {"look_for": look_for, "similar": similar, "about": about, "map": chart}
    wire([asked.input], on_similar, picture, outputs, language, queue=True)


# ---- channels ---------------------------------------------------------------------------------------------------


def on_channels(model: str, layer: str, channel: int, *, language: str) -> dict:
    """The patches that excite a channel most; a layer that the network does not have gives way to its first."""
    text, name = text_in(language), check_choice("terms.model", model, list_measured())
    layers = LAYERS[name]
    every = [each for layers_of in LAYERS.values() for each in layers_of]
    layer = (
        layer
        if layer in layers
        else layers[0]
        if layer in every
        else check_choice("garments.channels_layer", layer, layers)
    )
    channels, labels = _find_channels(name, layer), _load_labels()
    last = len(channels.values) - 1
    channel = min(check_whole("garments.channels_channel", channel, 0, _MOST), last)
    return {
        "look_for": describe_channel(channels, labels, layer, channel, name, text),
        "patches": draw_patches(channels, labels, layer, channel, name, text),
        "shares": draw_shares(channels, channel, text),
        "layer": gr.update(choices=list(layers), value=layer),
        "channel": gr.update(maximum=last, value=channel),
    }


_MOST = 1023  # channels of a layer


@lru_cache(maxsize=8)
def _find_channels(name: str, layer: str) -> Channels:
    return load_channels(name, layer)


@lru_cache(maxsize=1)
def _load_labels() -> torch.Tensor:
    return load_answers().labels


def _build_channels(language: str) -> None:
    """Nothing where nothing is stored of the weights that are here."""
    text, names = text_in(language), list_measured()
    if not names or load_answers() is None:
        return
    choices = [(text.title(find_network(name).title), name) for name in names]
    with gr.Accordion(text("garments.channels_title"), open=False) as section:
        gr.Markdown(_say_channels(text))
        with gr.Row():
            model = gr.Dropdown(choices, value=names[0], label=text("terms.model"), min_width=160)
            layers = LAYERS[names[0]]
            layer = gr.Dropdown(list(layers), value=layers[-1], label=text("garments.channels_layer"), min_width=160)
            channel = build_slider(0, 15, 0, text("garments.channels_channel"))
        look_for = build_look_for("")
        with gr.Row(elem_classes="classifier-result"):
            with gr.Column(scale=1, min_width=320):
                patches = build_canvas(None)
            with gr.Column(scale=0, min_width=280, elem_classes="classifier-bars"):
                shares = gr.HTML(apply_default_css=False)
    inputs = {"model": model, "layer": layer, "channel": channel}
    outputs = {"look_for": look_for, "patches": patches, "shares": shares, "layer": layer, "channel": channel}
    triggers = [section.expand, model.input, layer.input, channel.input]
    wire(triggers, on_channels, inputs, outputs, language, queue=True)


def _say_channels(text: Text) -> str:
    return text("garments.channels_intro", images=f"{len(_load_labels()):,}")
