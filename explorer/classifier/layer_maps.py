"""All maps of all layers at once, small, for the picture at hand: a picture for each layer, which layer_maps.js spreads out."""

from __future__ import annotations

import base64
import html
import io
import json
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from PIL import Image

from explorer.classifier.anatomy import as_maps, only_hands_on
from explorer.classifier.anatomy_figures import choose_width, fold_up, name_layer
from explorer.models.layer_outputs import LayerOutputs
from explorer.models.networks import find_network
from explorer.page.style import DIVERGING
from explorer.text import Text, join_sentences

MOST_NUMBERS = 2_000_000  # that are sent to the page: of a larger network each layer shows its first maps
LEVELS = 31  # colours of a map, of which the middle one is 0; the next code stands for what is no number
_NO_NUMBER = (150, 150, 150)


def list_shown(outputs: LayerOutputs) -> list[int]:
    """The layers that are shown: those that have maps or a list of numbers, and change numbers."""
    return [
        index
        for index, values in enumerate(outputs.values)
        if values.ndim in (1, 3) and not only_hands_on(outputs, index)
    ]


def choose_most(outputs: LayerOutputs, layers: Sequence[int], most: int = MOST_NUMBERS) -> int:
    """How many maps of a layer are shown at most, a power of 2, so that all layers together have few enough numbers."""
    sizes = [as_maps(outputs.of(index)).shape for index in layers if outputs.of(index).ndim == 3]
    count = 1 << (max((channels for channels, _, _ in sizes), default=1) - 1).bit_length()
    while count > 1 and sum(min(channels, count) * rows * columns for channels, rows, columns in sizes) > most:
        count //= 2
    return count


def describe_layers(model: str, outputs: LayerOutputs, text: Text) -> str:
    """How many layers and maps there are, and what a click does."""
    layers = list_shown(outputs)
    most = choose_most(outputs, layers)
    counts = [len(outputs.of(index)) for index in layers if outputs.of(index).ndim == 3]
    said = [text("inside.layers_look", model=find_network(model).title, layers=len(layers), maps=f"{sum(counts):,}")]
    if any(count > most for count in counts):
        said.append(text("inside.layers_most", most=most))
    return join_sentences([*said, text("inside.layers_click")], text)


def draw_layers(model: str, outputs: LayerOutputs, text: Text) -> str:
    """A heading and a canvas for each layer, from the picture to the scores, as HTML."""
    layers = list_shown(outputs)
    most = choose_most(outputs, layers)
    rows = "".join(_draw_layer(outputs, index, most, text) for index in layers)
    words = html.escape(text("inside.term_channel", channel="{channel}"))
    return f'<div class="layers" data-model="{html.escape(model)}" data-channel="{words}">{rows}</div>'


def _draw_layer(outputs: LayerOutputs, index: int, most: int, text: Text) -> str:
    values, is_flat = outputs.of(index), outputs.of(index).ndim == 1
    maps = fold_up(values, choose_width(len(values)))[None] if is_flat else values[:most]
    across = math.ceil(math.sqrt(len(maps)))
    about = {
        "layer": index,
        "count": len(maps),
        "rows": maps.shape[1],
        "columns": maps.shape[2],
        "across": across,
        "isFlat": is_flat,
    }
    name, size = name_layer(outputs, index, text), " × ".join(f"{side:,}" for side in values.shape)
    label = text("inside.layers_label", layer=name, size=size)
    return (
        f'<h4>{html.escape(name)} <span class="size">{size}</span></h4>'
        f'<canvas tabindex="0" role="application" aria-label="{html.escape(label)}" '
        f'data-maps="{html.escape(json.dumps(about))}" data-picture="{_encode(maps, across)}"></canvas>'
    )


def _encode(maps: torch.Tensor, across: int) -> str:
    """Maps (C, H, W) side by side, so many in a row, as a data address; all on one scale, which is white at 0."""
    codes = encode_levels(maps)
    channels, rows, columns = codes.shape
    down = math.ceil(channels / across)
    grid = np.full((down * across, rows, columns), LEVELS // 2, dtype=np.uint8)
    grid[:channels] = codes
    joined = grid.reshape(down, across, rows, columns).swapaxes(1, 2).reshape(down * rows, across * columns)
    image, buffer = Image.fromarray(joined, mode="P"), io.BytesIO()
    image.putpalette(_find_palette())
    image.save(buffer, format="PNG", compress_level=6)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def encode_levels(maps: torch.Tensor) -> np.ndarray:
    """Codes 0 to LEVELS - 1 for values from -limit to limit, their greatest magnitude; LEVELS for what is no number."""
    values = maps.double().numpy()
    is_number = np.isfinite(values)
    limit = float(np.abs(values[is_number]).max(initial=0)) or 1.0
    half = LEVELS // 2
    codes = np.rint(np.where(is_number, values, 0) / limit * half) + half
    return np.where(is_number, codes, LEVELS).astype(np.uint8)


@lru_cache(maxsize=1)
def _find_palette() -> list[int]:
    """Red, green and blue of each code."""
    places = np.linspace(0, 1, LEVELS)
    stops = [stop for stop, _ in DIVERGING]
    colours = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for _, colour in DIVERGING])
    shades = np.stack([np.interp(places, stops, colours[:, channel]) for channel in range(3)], 1)
    return [*np.rint(shades).astype(int).flatten().tolist(), *_NO_NUMBER]
