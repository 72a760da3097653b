"""All maps of all layers at once: the pictures hold what the network computed, and few enough of it."""

from __future__ import annotations

import base64
import html
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from explorer.classifier.inside import find_outputs
from explorer.classifier.layer_maps import LEVELS, choose_most, encode_levels, list_shown
from explorer.classifier.layer_maps_tab import on_layers
from explorer.classifier.session import Choices, find_sample
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.models.checkpoints import available_models, load_trained
from explorer.text import LANGUAGES, text_in

PICTURE = {name: getattr(Choices(), name) for name in OF_PICTURE}
SAMPLE = find_sample(Choices().sample)


def read_canvases(shown: str) -> list[tuple[dict, np.ndarray]]:
    """What is said of each layer, and the codes of its maps (C, H, W)."""
    found = []
    for about, picture in re.findall(r'data-maps="([^"]*)" data-picture="data:image/png;base64,([^"]*)"', shown):
        told = json.loads(html.unescape(about))
        codes = np.array(Image.open(io.BytesIO(base64.b64decode(picture))))
        rows, columns, across = told["rows"], told["columns"], told["across"]
        maps = [codes[rows * (i // across) :, columns * (i % across) :][:rows, :columns] for i in range(told["count"])]
        found.append((told, np.stack(maps)))
    return found


def test_the_pictures_hold_what_the_layers_gave():
    """Against forward hooks: orange where a value is above 0, blue where it is below, the strongest where it is greatest."""
    model, given = load_trained("lenet5"), {}
    for name, module in model.named_modules():
        if not any(module.children()):
            module.register_forward_hook(lambda _module, _inputs, output, name=name: given.update({name: output[0]}))
    with torch.no_grad():
        model(SAMPLE.prepared.image)
    outputs = find_outputs("lenet5", SAMPLE)
    canvases = read_canvases(on_layers(language="en", **PICTURE)["layers"])
    named = [outputs.layers[told["layer"]].name for told, _ in canvases]
    changing = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.ReLU | nn.Linear | nn.MaxPool2d | nn.AvgPool2d)
    ]
    assert named == changing
    for name, (told, codes) in zip(named, canvases, strict=True):
        values = given[name].detach().numpy()
        assert told["isFlat"] == (values.ndim == 1)
        values, limit = values.reshape(codes.shape), np.abs(values).max()
        assert np.allclose(codes / (LEVELS // 2) - 1.0, values / limit, atol=0.5 / (LEVELS // 2) + 1e-6)


def test_what_is_no_number_has_a_code_of_its_own():
    codes = encode_levels(torch.tensor([[[0.0, 2.0], [-2.0, float("nan")], [float("inf"), 1.0]]]))
    half = LEVELS // 2
    assert codes.tolist() == [[[half, LEVELS - 1], [0, LEVELS], [LEVELS, half + round(half / 2)]]]
    assert (encode_levels(torch.zeros(1, 2, 2)) == half).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_network_shows_its_layers(language):
    text = text_in(language)
    for name in available_models():
        shown = on_layers(language=language, **{**PICTURE, "model": name})
        outputs = find_outputs(name, SAMPLE)
        assert len(read_canvases(shown["layers"])) == len(list_shown(outputs)) > 0
        assert text("inside.layers_click") in shown["look_for"]
        assert len(shown["layers"]) < 2_000_000  # of characters that are sent


def test_a_large_network_shows_the_first_maps_of_each_layer():
    outputs = find_outputs("resnet20", SAMPLE)
    layers = list_shown(outputs)
    sizes = [outputs.of(index).shape for index in layers if outputs.of(index).ndim == 3]
    assert choose_most(outputs, layers) >= max(shape[0] for shape in sizes)
    for most in (100_000, 30_000):
        count = choose_most(outputs, layers, most)
        numbers = [sum(min(shape[0], each) * shape[1] * shape[2] for shape in sizes) for each in (count, 2 * count)]
        assert numbers[0] <= most < numbers[1]


def test_without_a_picture_it_is_asked_for():
    shown = on_layers(language="en", **{**PICTURE, "source": "drawing"})
    assert "layers" not in shown and text_in("en")("classifier.no_picture_drawing") in shown["look_for"]["value"]
