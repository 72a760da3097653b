"""Below the classifier: the picture is shifted, and a reader sees in which layers the maps move along."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import gradio as gr

from explorer.checks import check_choice, check_whole
from explorer.classifier.anatomy_figures import name_layer
from explorer.classifier.equivariance_figures import (
    describe_shift,
    draw_channel,
    draw_layers,
    find_strongest_channel,
    list_map_layers,
)
from explorer.classifier.inside import Shifted, find_shifted
from explorer.classifier.outcome import check_model
from explorer.classifier.sections import open_section
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.errors import InputError
from explorer.page.canvas import build_canvas
from explorer.page.events import Components, draw_look_for, wire
from explorer.page.layout import build_look_for, build_slider
from explorer.page.style import PLOT_SETTINGS
from explorer.text import Text, text_in

DIRECTIONS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"right": (0, 1), "left": (0, -1), "down": (1, 0), "up": (-1, 0)}
)
MOST_PIXELS = 8


def on_shift(*, language: str, direction, pixels, layer, channel, **picture) -> dict:
    """The picture shifted, every layer compared, and the maps of one channel.

    Args:
        language: of the page.
        direction: one of DIRECTIONS.
        pixels: 1 to MOST_PIXELS.
        layer: "MODEL INDEX"; of another network, and at first, one is chosen.
        channel: of the layer; None for the one with the largest numbers.
        **picture: of OF_PICTURE.
    """
    text, model, taken = text_in(language), check_model(picture["model"]), read_picture(Choices(**picture))
    if taken is None:
        words = text(f"classifier.no_picture_{picture['source']}")
        return {"look_for": gr.update(value=draw_look_for(words, stale=True))}
    sign = DIRECTIONS[check_choice("inside.direction", direction, tuple(DIRECTIONS))]
    count = check_whole("inside.pixels", pixels, 1, MOST_PIXELS)
    shifted = find_shifted(model, taken, (sign[0] * count, sign[1] * count))
    layers = list_map_layers(shifted.before)
    if not layers:
        raise InputError("inside.shift_no_maps")
    index = _read_layer(layer, model, layers)
    changes = {}
    if index is None:
        index, channel = _choose_layer(shifted, layers), None
        changes["layer"] = gr.update(choices=_list_choices(shifted, model, layers, text), value=f"{model} {index}")
    if channel is None:
        channel = find_strongest_channel(shifted.before, index)
        changes["channel"] = channel
    channel = check_whole("inside.channel", channel, 0, len(shifted.before.of(index)) - 1)
    return {
        **changes,
        "look_for": describe_shift(shifted, index, text),
        "maps": gr.update(value=draw_channel(shifted, index, channel, text), visible=True),
        "chart": gr.update(value=draw_layers(shifted, text), visible=True),
    }


def on_other_layer(*, language: str, channel, **values) -> dict:
    """As `on_shift`, with the channel of the layer that has the largest numbers."""
    del channel  # of another layer
    return on_shift(language=language, channel=None, **values)


def _read_layer(layer: object, model: str, layers: list[int]) -> int | None:
    """The index of a layer of this network, None for one of another network or none."""
    name, _, index = layer.rpartition(" ") if isinstance(layer, str) else ("", "", "")
    return int(index) if name == model and index.isdecimal() and int(index) in layers else None


def _choose_layer(shifted: Shifted, layers: list[int]) -> int:
    """The first whose maps cannot move along, else the first of all."""
    return next((index for index in layers if not shifted.layers[index].is_whole), layers[0])


def _list_choices(shifted: Shifted, model: str, layers: list[int], text: Text) -> list[tuple[str, str]]:
    return [(name_layer(shifted.before, index, text), f"{model} {index}") for index in layers]


def build_equivariance(controls: Components, language: str) -> None:
    """The section, closed at first: nothing of it is computed until somebody opens it.

    Args:
        controls: of the classifier, by the names of Choices.
        language: of the page.
    """
    text = text_in(language)
    with open_section("equivariance", text("inside.equivariance")) as opened:
        gr.Markdown(text("inside.equivariance_intro"))
        with gr.Row():
            names = [(text(f"inside.direction_{name}"), name) for name in DIRECTIONS]
            direction = gr.Radio(names, value="right", label=text("inside.direction"), scale=3, min_width=340)
            pixels = build_slider(1, MOST_PIXELS, 1, text("inside.pixels"), scale=2, min_width=180)
            layer = gr.Dropdown([], label=text("terms.layer"), scale=3, min_width=220)
            channel = gr.Number(None, label=text("inside.channel"), precision=0, minimum=0, min_width=90)
        look_for = build_look_for(text("inside.equivariance_look"))
        maps = build_canvas(None, visible=False)
        chart = gr.Plot(visible=False, **PLOT_SETTINGS)
    picture = {name: controls[name] for name in OF_PICTURE}
    inputs = {**picture, "direction": direction, "pixels": pixels, "layer": layer, "channel": channel}
    outputs = {"look_for": look_for, "layer": layer, "channel": channel, "maps": maps, "chart": chart}
    triggers = [each.input for each in (opened, direction, pixels, channel)]
    wire(triggers, on_shift, inputs, outputs, language, queue=True)
    wire([layer.input], on_other_layer, inputs, outputs, language, queue=True)
