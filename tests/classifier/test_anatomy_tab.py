"""One number taken apart, as the page asks for it and shows it."""

from __future__ import annotations

import json
import re

import gradio as gr
import pytest
import torch

from explorer.classifier import anatomy_tab, equivariance_tab, inside
from explorer.classifier.anatomy import Unit, take_apart
from explorer.classifier.anatomy_figures import MOST_TERMS, draw_place, draw_window, write_number
from explorer.classifier.anatomy_tab import on_layer, on_place, on_view
from explorer.classifier.inside import View, find_outputs, read_view
from explorer.classifier.session import Choices, find_sample
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.errors import InputError
from explorer.models.checkpoints import load_trained
from explorer.models.layer_outputs import IMAGE
from explorer.text import LANGUAGES, text_in

PICTURE = {name: getattr(Choices(), name) for name in OF_PICTURE}
SAMPLE = find_sample(Choices().sample)
VALUE = re.compile(r'class="value">([^<]+)<')


def ask(*trail: list[int], model: str = "lenet5", **further) -> dict:
    return on_view({"model": model, "trail": [*trail], **further}, language="en", **{**PICTURE, "model": model})


def numbers_in(terms: str) -> list[float]:
    return [float(value.replace("−", "-")) for value in VALUE.findall(terms)]


def test_it_begins_with_the_score_of_the_predicted_class():
    with torch.no_grad():
        logits = load_trained("lenet5")(SAMPLE.prepared.image)[0]
    shown = on_view(None, language="en", **PICTURE)
    assert write_number(float(logits.max())) in shown["look_for"]
    share = float(torch.softmax(logits.double(), 0).max())
    assert ("> 99.9" if share > 0.9995 else f"{100 * share:.1f}") in shown["look_for"]
    assert shown["channel"]["value"] == int(logits.argmax()) and shown["layer"]["value"] == 11
    assert [index for _, index in shown["layer"]["choices"]] == [*range(11, IMAGE - 1, -1)]
    other = on_view({"model": "mlp", "trail": [[3, 0, 0, 0]]}, language="en", **PICTURE)  # of another network
    assert other["look_for"] == shown["look_for"]


@pytest.mark.parametrize("unit", [[11, 3, 0, 0], [7, 5, 0, 0], [4, 9, 2, 3], [2, 1, 6, 7], [0, 2, 14, 14]])
def test_the_bars_add_up_to_the_number(unit):
    outputs, model = find_outputs("lenet5", SAMPLE), load_trained("lenet5")
    found = take_apart(outputs, model, Unit(*unit))
    shown = numbers_in(ask(unit)["terms"])
    assert sum(shown) == pytest.approx(found.value, abs=2e-3 * found.scale)  # each has four digits
    below = [term for term in found.terms if term.unit is not None]
    assert len(shown) == min(len(below), MOST_TERMS) + (len(below) > MOST_TERMS) + len(found.terms) - len(below)


def test_a_way_is_followed_and_leads_back():
    first = ask([11, 6, 0, 0])
    follow = json.loads(re.findall(r'data-follow="([^"]+)"', first["terms"])[0])
    second = ask([11, 6, 0, 0], follow)
    assert second["layer"]["value"] == follow[0] and second["channel"]["value"] == follow[1]
    assert 'data-back="0"' in second["terms"] and "choices" not in second["layer"]
    down = ask([11, 6, 0, 0], down=True)
    assert down["layer"]["value"] == IMAGE
    row, column = down["row"]["value"], down["column"]["value"]
    pixel = float(SAMPLE.prepared.pixels[row, column])
    assert str(round(255 * pixel)) in down["look_for"] and not VALUE.findall(down["terms"])


def test_the_maps_lead_where_they_are_clicked():
    outputs, model = find_outputs("lenet5", SAMPLE), load_trained("lenet5")
    view = View((Unit(11, 6), Unit(3, 4, 5, 6)))
    text = text_in("en")
    place = draw_place(outputs, view, "lenet5", text)
    assert place["go"] == {"model": "lenet5", "trail": (Unit(11, 6),), "corner": [3, 4, 0, 0], "fold": 0}
    assert place["maps"][0]["boxes"][0][:4] == [5, 6, 6, 7]
    flat = draw_place(outputs, View((Unit(7, 25),)), "lenet5", text)
    fold, (top, left, *_) = flat["go"]["fold"], flat["maps"][0]["boxes"][0]
    assert top * fold + left == 25 and flat["maps"][0]["rows"] * fold == 120
    found = take_apart(outputs, model, view.unit)
    window = draw_window(outputs, found, view, "lenet5", text)
    layer, channel, top, left = window["go"]["corner"]
    assert (layer, top, left) == (2, 5, 6) and channel == found.terms[0].unit.channel and window["go"]["picks"]
    picked = draw_window(outputs, found, View(view.trail, Unit(2, 0, 7, 8)), "lenet5", text)
    assert picked["go"]["corner"] == [2, 0, 5, 6] and picked["maps"][0]["boxes"][0][:4] == [2, 2, 3, 3]


def test_a_layer_opens_at_its_largest_number():
    outputs = find_outputs("lenet5", SAMPLE)
    shown = on_layer(3, language="en", **PICTURE)
    place = tuple(shown[name]["value"] for name in ("channel", "row", "column"))
    assert float(outputs.of(3)[place]) == float(outputs.of(3).max())
    typed = on_place(3, 4, 5, 6, language="en", **PICTURE)
    assert write_number(float(outputs.of(3)[4, 5, 6])) in typed["look_for"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "bad",
    [
        {"trail": [[99, 0, 0, 0]]}, {"trail": [[0, 6, 0, 0]]}, {"trail": [[0, 0, 0]]}, {"trail": [["0", 0, 0, 0]]},
        {"trail": [[True, 0, 0, 0]]}, {"trail": "up"}, {"trail": [[11, 0, 0, 0]] * 999}, {"trail": [7]},
        {"trail": [[11, 0, 0, 0]], "picked": [9]}, {"trail": [[11, 0, 0, 0]], "picked": [5, -1, 0, 0]},
    ],
)  # fmt: skip
def test_a_way_that_leads_nowhere_is_refused_in_words(bad, language):
    with pytest.raises(InputError) as refused:
        on_view({"model": "lenet5", **bad}, language=language, **PICTURE)
    assert refused.value.sentence(language)


@pytest.mark.parametrize("typed", [(99, 0, 0, 0), (0, 6, 0, 0), (0, 0, 28, 0), (0, 0, 0, None), (0.5, 0, 0, 0)])
def test_a_place_that_is_not_there_is_refused_in_words(typed):
    with pytest.raises(InputError):
        on_place(*typed, language="en", **PICTURE)


def test_a_pick_that_is_not_below_is_not_shown():
    outputs = find_outputs("lenet5", SAMPLE)
    view = read_view({"model": "lenet5", "trail": [[3, 4, 5, 6]], "picked": [2, 0, 0, 0]}, "lenet5", outputs)
    found = take_apart(outputs, load_trained("lenet5"), view.unit)
    window = draw_window(outputs, found, view, "lenet5", text_in("en"))
    assert window["go"]["corner"][1] == found.terms[0].unit.channel


def test_nothing_is_computed_before_somebody_asks(monkeypatch):
    for module in (anatomy_tab, equivariance_tab):
        monkeypatch.setattr(module, "borrow_model" if module is anatomy_tab else "find_shifted", pytest.fail)
    monkeypatch.setattr(inside, "run_layers", pytest.fail)
    with gr.Blocks():
        controls = {name: gr.Textbox() for name in OF_PICTURE}
        anatomy_tab.build_anatomy(controls, "en")
        equivariance_tab.build_equivariance(controls, "en")


def test_without_a_picture_it_asks_for_one():
    shown = on_view(None, language="en", **{**PICTURE, "source": "drawing"})
    assert list(shown) == ["look_for"] and "stale" in shown["look_for"]["value"]
