"""Below the convolution: several channels in, several filters, and what the kinds of layers cost. The page computes (channels.js)."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import gradio as gr
import torch

from explorer.checks import check_choice, check_whole
from explorer.convolution.layer_input import LAYERS, MOST_FILTERS, take_layer
from explorer.convolution.maths import count_linear_params
from explorer.convolution.sections import build_board, name_all
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.page.events import wire
from explorer.page.samples import NUM_CLASSES, PER_CLASS
from explorer.text import text_in

_NAMES = """
    input input_rgb garment kind kind_full kind_pointwise kind_depthwise row_inputs row_slices row_products row_results row_choose look
    look_unbiased look_pointwise look_depthwise first some channel slice map picture choose sum more
"""
_COSTS = """
    channels filters kernel side groups layer_full layer_grouped layer_depthwise layer_separable layer_pointwise layer_linear
    not_divisible head_layer head_weights head_biases head_parameters head_mult_adds head_share
"""


def on_layer(asked: object, *, language: str) -> dict:
    """The maps that a layer gets, and its filters, for the page to compute with."""
    if not isinstance(asked, Mapping):
        raise InputError("channels.not_asked")
    name = check_choice("terms.model", asked.get("layer"), tuple(LAYERS))
    garment = check_whole("terms.sample", asked.get("garment"), 0, NUM_CLASSES - 1)
    layer = take_layer(name, garment * PER_CLASS)
    weights = layer.weights[:MOST_FILTERS]
    payload = {
        "layer": name, "garment": garment, "shape": list(layer.maps.shape), "maps": _encode(layer.maps),
        "size": list(weights.shape), "weights": _encode(weights), "bias": _encode(layer.bias[:MOST_FILTERS]),
        "stride": layer.stride, "padding": layer.padding,
        "whole": {"filters": len(layer.weights), "biases": len(layer.bias) if layer.has_bias else 0},
    }  # fmt: skip
    return {"layer": payload, "look_for": gr.update(value="")}


def _encode(values: torch.Tensor) -> str:
    """Base64 of float32, little endian."""
    return base64.b64encode(values.float().contiguous().numpy().astype("<f4").tobytes()).decode("ascii")


def build_channels(language: str) -> None:
    """The section, closed at first."""
    text = text_in(language)
    with gr.Accordion(text("channels.title"), open=False):
        gr.Markdown(text("channels.intro"))
        board = build_board(
            "convolution/channels_view.js",
            "stack",
            text,
            name_all("channels", _NAMES),
            layers={
                name: text("channels.input_network", model=MODELS[name].title, layer=LAYERS[name]) for name in LAYERS
            },
            classes=[text(f"terms.class_{label}") for label in range(NUM_CLASSES)],
            colours=[text(f"channels.{name}") for name in ("red", "green", "blue")],
        )
        look_for = gr.HTML("", elem_classes="look-for-line")
        gr.Markdown(f"### {text('channels.costs')}")
        build_board(
            "convolution/channels_view.js", "stack", text, name_all("channels", _COSTS), marks='data-costs="yes"'
        )
        gr.Markdown(text("channels.about", shapes=text("shapes.tab"), **_count_linear()))
    wire([board.input], on_layer, {"asked": board}, {"layer": board, "look_for": look_for}, language, queue=True)


def _count_linear() -> dict[str, str]:
    """Weights of fully connected layers behind pictures of two sizes, and between maps."""
    small, large = 28 * 28, 224 * 224 * 3
    return {
        "small": f"{count_linear_params(small, 512).weights:,}",
        "large": f"{count_linear_params(large, 512).weights:,}",
        "side": "28",
        "large_side": "224",
        "features": "512",
    }
