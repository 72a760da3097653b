"""Figures of the classifier tab on paper: numbers of bars, cells and lines against the API, the records and PyTorch."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from explorer.classifier.attribution import METHODS
from explorer.classifier.examination import examine
from explorer.classifier.outcome import compare_methods, forget_outcomes
from explorer.classifier.prints import gather_prints
from explorer.classifier.session import Choices, read_question
from explorer.classifier.trial_tab import OF_PICTURE, on_trial
from explorer.classifier.trust import CONTROLS
from explorer.data import load_sample
from explorer.errors import InputError
from explorer.models.checkpoints import load_results, load_trained
from explorer.prints.paper import render
from explorer.text import LANGUAGES, text_in

CHOICES = Choices(sample=3)
TRIAL = {"scale": 100, "blur": 0, "darken": 0, "noise": 0, "attack": 0}


def gather(choices: Choices = CHOICES, language: str = "en", **others):
    return gather_prints(language=language, **asdict(choices), **others)


def find(prints, name: str):
    return next(each for each in prints if each.name == name)


def draw(sheet) -> Figure:
    figure = Figure(figsize=sheet.size, layout="constrained")
    sheet.draw(figure)
    return figure


def read(sheet) -> list[list[str]]:
    return [*csv.reader(io.StringIO(render(sheet, "csv", "en").decode("utf-8-sig")))]


def test_the_bars_are_the_probabilities_that_pytorch_gives():
    sample = load_sample()
    with torch.no_grad():
        image = (sample.images[3].float() / 255 - 0.2860) / 0.3530
        expected = load_trained("lenet5")(image[None, None]).double().softmax(1)[0]
    sheet = find(gather(), "probabilities")
    (axes,) = draw(sheet).get_axes()
    assert [bar.get_width() / 100 for bar in axes.patches] == pytest.approx(expected.tolist(), abs=1e-5)
    assert [float(row[1]) for row in read(sheet)[1:]] == pytest.approx(expected.tolist(), abs=1e-5)
    truth = int(sample.labels[3])
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [label == truth for label in range(10)]


def test_preparation_and_map_are_drawn_with_their_own_numbers():
    question, prints = read_question(CHOICES), gather()
    steps = [
        np.asarray(axes.images[0].get_array()) for axes in draw(find(prints, "preparation")).get_axes() if axes.images
    ]
    assert np.allclose(steps[0], load_sample().images[3].numpy() / 255)
    axes = [each for each in draw(find(prints, "map")).get_axes() if each.images]
    maps, _ = compare_methods(question)
    assert np.allclose(axes[2].images[0].get_array(), maps[question.method].values.numpy())


def test_all_methods_and_the_trial_are_there_once_they_were_asked_for():
    forget_outcomes()
    examine.cache_clear()
    question = read_question(CHOICES)
    assert not {"methods", "trial", "randomised", "ladder"} & {each.name for each in gather()}
    maps, _ = compare_methods(question)
    found = examine(question, "black")
    prints = gather()
    axes = [each for each in draw(find(prints, "methods")).get_axes() if each.get_title()]
    assert len(axes) == 1 + len(METHODS) + len(CONTROLS)
    for place, (name, attribution) in zip(axes[1:], maps.items()):
        if attribution is not None:
            assert np.allclose(place.images[0].get_array(), attribution.values.numpy()), name
    left, right = draw(find(prints, "trial")).get_axes()
    for place, kind in ((left, "deletion"), (right, "insertion")):
        drawn = [line.get_ydata().tolist() for line in place.get_lines()]
        assert drawn == [(100 * getattr(each, kind)).tolist() for each in found.curves.values()]
        assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in place.get_lines()}) == len(drawn)
    other = {each.name for each in gather(replace(CHOICES, sample=4))}
    assert not {"methods", "trial"} & other
    assert "trial" not in {each.name for each in gather(trust_baseline="mean")}


def test_the_ladder_is_that_of_the_trial_on_the_page():
    picture = {name: value for name, value in asdict(CHOICES).items() if name in OF_PICTURE}
    kept = on_trial(language="en", moves={"right": 2, "down": 0, "degrees": 0}, **TRIAL, **picture)["kept"]
    sheet = find(gather(trial=kept), "ladder")
    image = torch.zeros(28, 28)
    image[:, 2:] = load_sample().images[3].float()[:, :-2] / 255
    with torch.no_grad():
        after = load_trained("mlp")(((image - 0.2860) / 0.3530)[None, None]).double().softmax(1)[0].tolist()
    rows = [row for row in read(sheet) if row[0] == "MLP"]
    assert [float(row[3]) for row in rows] == pytest.approx(after, abs=1e-5)
    bars = [bar.get_width() / 100 for bar in draw(sheet).get_axes()[1].patches]
    assert any(abs(max(after) - width) < 1e-5 for width in bars)
    assert "ladder" not in {each.name for each in gather(replace(CHOICES, sample=4), trial=kept)}
    assert "ladder" not in {each.name for each in gather(trial=("x", "forged"))}


def test_results_are_those_of_the_chosen_network():
    record, prints = load_results()["resnet20"], gather(results_model="resnet20")
    sheet = find(prints, "confusion")
    (axes,) = draw(sheet).get_axes()
    assert sorted(int(each.get_text()) for each in axes.texts if each.get_text()) == sorted(
        count for row in record["confusion"] for count in row
    )
    assert [[int(cell) for cell in row[1:]] for row in read(sheet)[1:]] == record["confusion"]
    left, right = draw(find(prints, "curve")).get_axes()
    drawn = [line.get_ydata().tolist() for line in left.get_lines()]
    for key in ("train_accuracy", "validation_accuracy"):
        assert any(
            np.allclose(each, [100 * epoch[key] for epoch in record["curve"]]) for each in drawn if len(each) > 2
        )
    rates = [epoch["learning_rate"] for epoch in record["curve"]]
    assert right.get_lines()[0].get_ydata().tolist() == pytest.approx(rates)


def test_the_reliability_diagram_adds_up_to_the_recorded_error():
    record, sheet = load_results()["resnet20"], find(gather(results_model="resnet20"), "reliability")
    rows = [list(map(float, row)) for row in read(sheet)[1:]]
    plain = [row for row in rows if row[0] == 1]
    assert sum(abs(row[3] - row[2]) for row in plain) / 10_000 == pytest.approx(
        record["calibration"]["ece_before"], abs=1e-3
    )
    (axes,) = draw(sheet).get_axes()
    (before,) = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert before.get_ydata().tolist() == pytest.approx([100 * right / count for _, count, right, _ in plain if count])


def test_without_a_picture_the_results_are_there_and_what_is_forged_is_refused():
    names = {each.name for each in gather(replace(CHOICES, source="upload"))}
    assert {"confusion", "curve", "models"} <= names and not names & {"map", "probabilities"}
    for forged in ({"results_model": "resnet99"}, {"trust_baseline": "red"}):
        with pytest.raises(InputError):
            gather(**forged)
    with pytest.raises(InputError):
        gather(replace(CHOICES, model="resnet99"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stay_words(language):
    text = text_in(language)
    written = render(find(gather(language=language), "probabilities"), "svg", language).decode()
    assert f">{text('terms.class_9')}</text>" in written and f">{text('prints.probability_axis')}</text>" in written
