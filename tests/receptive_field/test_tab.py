"""The tab's handlers, called as functions; what the page does with them is tested in tests/browser."""

from __future__ import annotations

import json

import pytest

from explorer.errors import InputError
from explorer.receptive_field.tab import (
    LENET_LAYERS,
    STACK,
    TABLE,
    build_tab,
    on_compare,
    on_edit,
    on_network,
    on_point,
    on_receptive_field,
    receptive_field,
)

LAYERS = [dict(layer) for layer in LENET_LAYERS]


class Click:
    """What Gradio hands over when the canvas is clicked."""

    def __init__(self, **data):
        self._data = data


def show(model="lenet5", compared=(), layer=3, sample=0, pixel=None, layers=None, language="en"):
    return on_receptive_field(model, list(compared), layer, sample, pixel, layers, language=language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentence_has_the_numbers_of_the_chosen_layer(language):
    sentence, *_ = show(layer=3, language=language)
    assert "features.3" in sentence and "4 ×" in sentence and "= 8" in sentence and "14 × 14" in sentence


def test_a_field_wider_than_the_image_is_not_said_to_see_all_where_no_unit_does():
    # 29 pixels around 12 or 16: pixel 27 or pixels 0 and 1 stay outside.
    assert "no unit" in show("resnet18", layer=10)[0]
    assert "in the middle" in show("resnet18", layer=11)[0]


def test_the_chart_has_the_sizes_and_the_image_line():
    _, chart, _, _ = show(compared=[STACK, "resnet18"])
    lines = {trace.name: list(trace.y) for trace in chart.data if trace.mode == "lines"}
    assert lines["LeNet-5"] == [1, 5, 6, 14, 16, 28]
    assert lines["ResNet-18"][-2:] == [109, 109]
    assert lines["3×3 layers, stride 1"][:4] == [1, 3, 5, 7]
    assert chart.layout.shapes[0].y0 == 28
    assert "Layer" in chart.layout.xaxis.title.text and "pixels" in chart.layout.yaxis.title.text


def test_the_box_follows_the_layer_and_the_clicked_pixel():
    boxes = [show(layer=layer)[2]["maps"][0]["boxes"][0][:4] for layer in range(6)]
    assert [box[2] - box[0] for box in boxes] == [1, 5, 6, 14, 16, 28]
    *_, payload, _, pixel = on_point(Click(map=0, row=0, column=27), "lenet5", [], 1, 0, None, language="en")
    assert pixel == [0, 27]
    assert payload["maps"][0]["boxes"][0][:4] == [0, 25, 3, 28]
    assert "64%" in payload["maps"][0]["caption"]


def test_the_table_marks_the_chosen_layer():
    table = show(layer=4)[3]
    selected = table.split("<tr class=selected>")[1].split("</tr>")[0]
    assert "features.5" in selected and "16 × 16" in selected and "5.5" in selected
    assert table.count("<tr class=selected>") == 1


def test_a_new_network_bounds_the_slider():
    *_, slider, _ = on_network("resnet18", [], 3, 0, None, None, language="en")
    assert slider["maximum"] == 18 and slider["value"] == 3
    *_, slider, _ = on_network("lenet5", [], 18, 0, None, None, language="en")
    assert slider["maximum"] == slider["value"] == 5


def test_an_edited_table_becomes_the_network():
    layers = [*LAYERS, {"type": "conv", "kernel": "3", "stride": "1", "padding": "1", "dilation": "2"}]
    sentence, chart, *_, slider, editor, model = on_edit([], 5, 0, None, layers, language="en")
    assert model == TABLE and slider["maximum"] == 5 and editor["open"]
    assert "32 × 32" in sentence
    assert list(chart.data[0].y) == [1, 5, 6, 14, 16, 32]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "vgg"},
        {"model": None},
        {"model": ["lenet5"]},
        {"layer": None},
        {"layer": float("nan")},
        {"layer": 2.5},
        {"layer": -1},
        {"layer": "x"},
        {"sample": 200},
        {"sample": None},
        {"compared": ["vgg"]},
        {"compared": ["resnet18"] * 4},
        {"model": TABLE, "layers": None},
        {"model": TABLE, "layers": [{"type": "conv", "kernel": "abc"}]},
    ],
)
def test_what_cannot_be_shown_is_refused_in_both_languages(changes):
    with pytest.raises(InputError) as caught:
        show(**changes)
    english, chinese = (caught.value.sentence(language) for language in ("en", "zh"))
    assert english != chinese and "。" in chinese


@pytest.mark.parametrize("pixel", [{}, {"row": -1, "column": 3}, {"row": "x", "column": 3}, {"row": 28, "column": 0}])
def test_a_click_beside_the_image_is_refused(pixel):
    with pytest.raises(InputError):
        on_point(Click(**pixel), "lenet5", [], 1, 0, None, language="en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_comparisons_say_their_numbers(language):
    sentence, payload, table = on_compare("kernels", 64, language=language)
    assert "73,728" in sentence and "102,400" in sentence and "28%" in sentence
    assert [each["rows"] for each in payload["maps"]] == [5, 5, 7, 7]
    assert "27 × 64² = 110,592" in table
    sentence, payload, _ = on_compare("dilation", 1, language=language)
    assert "29%" in sentence and "100%" in sentence
    assert [each["rows"] for each in payload["maps"]] == [7, 13, 17]
    assert "15" in on_compare("stride", 1, language=language)[0]
    for bad in (("nonsense", 1), (None, 1), ("kernels", 0), ("kernels", "many"), ("kernels", None)):
        with pytest.raises(InputError):
            on_compare(*bad, language=language)


def test_the_public_function():
    answer = receptive_field("resnet18")
    assert json.loads(json.dumps(answer)) == answer
    assert answer["as_wide_as_image_from"] == "layer3.0.conv1"
    assert [layer["size"] for layer in receptive_field(layers=LAYERS)["layers"]] == [1, 5, 6, 14, 16]
    assert receptive_field(layers=LAYERS)["as_wide_as_image_from"] is None
    assert receptive_field("resnet18", input_size=224)["layers"][-2]["size"] == 109
    assert receptive_field(language="zh")["sentence"] != receptive_field()["sentence"]


@pytest.mark.parametrize(
    "bad",
    [
        {"model": "vgg"},
        {"model": ["lenet5"]},
        {"layers": []},
        {"input_size": 0},
        {"input_size": [28]},
        {"language": "fr"},
        {"model": "lenet5", "input_size": 30},
    ],
)
def test_the_public_function_refuses_nonsense(bad):
    with pytest.raises(InputError):
        receptive_field(**bad)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tab_builds(language):
    import gradio as gr

    with gr.Blocks() as demo:
        wing = build_tab(language)
    assert wing.name == "receptive_field"
    assert not any(target[1] == "load" for function in demo.fns.values() for target in function.targets)
