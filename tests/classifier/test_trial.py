"""The trial: all networks on a changed picture, what the page sends, and what is told of it."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
import torch

from explorer.classifier.ladder import list_networks, try_picture
from explorer.classifier.moves import Moves, move_picture
from explorer.classifier.outcome import available
from explorer.classifier.robustness import AMOUNTS, load_robustness
from explorer.classifier.session import Choices, find_sample, read_changes, read_question
from explorer.classifier.trial_figures import describe_trial, draw_ladder
from explorer.classifier.trial_tab import OF_PICTURE, mark_picture, on_kind, on_trial
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_trained
from explorer.text import LANGUAGES, text_in

UNCHANGED = {"moves": None, "scale": 100, "blur": 0, "darken": 0, "noise": 0, "attack": 0}
PICTURE = {name: getattr(Choices(), name) for name in OF_PICTURE}


def ask(model: str, pixels: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return torch.softmax(load_trained(model)(normalise(pixels)[None, None]).double(), 1)[0]


def test_every_network_answers_as_it_does_alone():
    picture, moves = find_sample(40), Moves(right=3, degrees=20.0)
    trial = try_picture(picture, moves, 0.0, "lenet5")
    assert [each.model for each in trial.answers] == [name for name in MODELS if name in available()]
    original = load_sample().images[40].float() / 255
    moved = move_picture(original[None], moves)[0]
    assert torch.equal(trial.pixels, moved)
    for answer in trial.answers:
        assert torch.allclose(answer.before, ask(answer.model, original), atol=1e-5)
        assert torch.allclose(answer.after, ask(answer.model, moved), atol=1e-5)
        assert answer.is_same == (int(answer.before.argmax()) == int(answer.after.argmax()))


def test_an_attack_makes_the_attacked_network_less_sure_and_leaves_it_as_it_was():
    model = load_trained("lenet5")
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    trial = try_picture(find_sample(40), Moves(), 0.05, "lenet5")
    (attacked,) = [each for each in trial.answers if each.model == "lenet5"]
    assert attacked.after[trial.truth] < attacked.before[trial.truth] - 0.01
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())
    assert not model.training and all(each.grad is None for each in model.parameters())
    original = load_sample().images[40].float() / 255
    assert 0 < (trial.pixels - original).abs().max() <= 0.05 + 1e-6


def test_what_the_page_sends_is_read():
    bits = np.zeros((28, 28), dtype=np.uint8)
    bits[2, 5] = bits[27, 27] = 1
    place = {"right": -3, "down": 4, "degrees": 15, "covered": base64.b64encode(np.packbits(bits).tobytes()).decode()}
    moves, attack = read_changes(place, 80, 1.5, 20, 10, 5)
    covered = frozenset({(2, 5), (27, 27)})
    assert moves == Moves(scale=0.8, degrees=15, right=-3, down=4, blur=1.5, darken=0.2, noise=0.1, covered=covered)
    assert attack == 0.05
    assert read_changes(None, 100, 0, 0, 0, 0) == (Moves(), 0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "bad",
    [
        {"moves": {"right": 28}}, {"moves": {"down": "up"}}, {"moves": {"degrees": 1e9}}, {"moves": {"covered": "AAAA"}},
        {"moves": {"covered": 7}}, {"moves": {"right": 1.5}}, {"scale": 0}, {"blur": float("nan")}, {"noise": "much"},
        {"darken": 100}, {"attack": None}, {"model": "nothing"}, {"sample": 999},
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_words(bad, language):
    with pytest.raises(InputError) as refused:
        on_trial(language=language, **{**PICTURE, **UNCHANGED, **bad})
    assert refused.value.sentence(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentence_counts_the_networks_and_names_what_was_measured(language):
    picture, measured, text = find_sample(40), load_robustness(), text_in(language)
    trial = try_picture(picture, Moves(right=4), 0.0, "lenet5")
    same = sum(each.is_same for each in trial.answers)
    sentence = describe_trial(trial, measured, text)
    assert str(same) in sentence and str(len(trial.answers)) in sentence
    n = measured.num_images
    costs = [100 * (row["shift"][0] / n - row["shift"][4] / n) for row in measured.correct.values()]
    assert f"{max(costs):.1f}" in sentence and f"{min(costs):.1f}".replace("-", "−") in sentence
    two = describe_trial(try_picture(picture, Moves(right=4, blur=1.0), 0.0, "lenet5"), measured, text)
    assert f"{measured.num_images:,}" not in two, "the two together were not measured"
    rows = draw_ladder(trial, text)
    assert len(re.findall('class="network"', rows)) == len(trial.answers) == len(list_networks("lenet5"))


@pytest.mark.parametrize("kind", AMOUNTS)
def test_the_curves_are_what_was_counted(kind):
    measured, drawn = load_robustness(), on_kind(kind, language="en")
    for line, (name, correct) in zip(drawn["curves"].data, measured.correct.items(), strict=True):
        assert line.name == MODELS[name].title
        assert list(line.x) == list(AMOUNTS[kind])
        assert list(line.y) == pytest.approx([100 * each / measured.num_images for each in correct[kind]])


def test_a_mark_changes_with_the_picture_and_the_network_alone():
    questions = [
        read_question(Choices(**change)) for change in ({}, {"sample": 3}, {"model": "mlp"}, {"method": "gradient"})
    ]
    first, other_picture, other_network, other_method = map(mark_picture, questions)
    assert len({first, other_picture, other_network}) == 3 and other_method == first


def test_without_a_picture_it_asks_for_one():
    shown = on_trial(language="en", **{**PICTURE, **UNCHANGED, "source": "drawing"})
    assert list(shown) == ["look_for"] and "stale" in shown["look_for"]["value"]
