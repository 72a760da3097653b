"""The film of a training with the picture at hand: against forward passes, captum and counts of one's own."""

from __future__ import annotations

import pytest
import torch
from captum.attr import Saliency

from explorer.classifier.film import count_confusion, count_right, find_film, find_shots, take_shot
from explorer.classifier.film_figures import draw_film, draw_progress, name_moment
from explorer.classifier.film_tab import on_film
from explorer.classifier.session import Choices, read_picture
from explorer.classifier.trial_tab import OF_PICTURE
from explorer.errors import InputError
from explorer.models.film import NAMES, load_moment
from explorer.models.networks import find_network
from explorer.text import LANGUAGES, text_in

PICTURE_AT_HAND = {name: getattr(Choices(), name) for name in OF_PICTURE if name != "model"}


def test_a_shot_is_what_the_network_of_that_moment_computes():
    picture = read_picture(Choices(**PICTURE_AT_HAND))
    film, shots = find_film("lenet5"), find_shots("lenet5", picture)
    assert len(shots) == len(film.steps)
    for place in (0, -1):
        model = load_moment("lenet5", film.steps[place])
        probabilities = model(picture.prepared.image)[0].softmax(0)
        assert torch.allclose(shots[place].probabilities, probabilities, atol=1e-6)
        target = int(probabilities.argmax())
        gradient = Saliency(model).attribute(picture.prepared.image.clone().requires_grad_(), target=target, abs=False)
        assert torch.allclose(shots[place].gradient, gradient[0, 0], atol=1e-6)
        assert torch.equal(shots[place].kernels, model.features[0].weight[:, 0])


def test_counts_agree_with_each_other():
    for name in NAMES:
        film = find_film(name)
        right, confusions = count_right(film), count_confusion(film)
        assert right == [sum(matrix[label][label] for label in range(10)) for matrix in confusions]
        assert all(sum(map(sum, matrix)) == 10_000 and sum(matrix[3]) == 1000 for matrix in confusions)
        assert right[-1] > right[4] > right[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_moment_is_in_the_page(name, language):
    text, film = text_in(language), find_film(name)
    shown = on_film(name, language=language, **PICTURE_AT_HAND)
    moments = shown["film"]["moments"]
    assert [moment["name"] for moment in moments] == [
        name_moment(film, place, text) for place in range(len(film.steps))
    ]
    assert len({moment["line"] for moment in moments}) == len(moments)
    assert all(len(moment["pictures"]["maps"]) == 4 and moment["bars"].count("track") == 10 for moment in moments)
    right = count_right(film)
    assert (
        f"{right[-1] / 100:.1f}" in moments[-1]["line"].replace("\u2009", "")
        and f"{right[-1] / 100:.1f}" in shown["look_for"]
    )
    assert moments[-1]["pictures"]["maps"][0]["caption"].endswith("1.00")
    chart = draw_progress(film, right, text)
    assert list(chart.data[0].y) == [count / 100 for count in right]


def test_a_picture_without_a_known_class_has_no_mark():
    picture, film = read_picture(Choices(**PICTURE_AT_HAND)), find_film("lenet5")
    shots, text = find_shots("lenet5", picture), text_in("en")
    own = draw_film(film, shots, count_right(film), count_confusion(film), None, text)
    known = draw_film(film, shots, count_right(film), count_confusion(film), picture.truth, text)
    assert "truth" not in own["moments"][-1]["bars"] and "truth" in known["moments"][-1]["bars"]


def test_what_is_no_film_is_refused():
    with pytest.raises(InputError):
        on_film("resnet18", language="en", **PICTURE_AT_HAND)
    with pytest.raises(InputError):
        find_film("mlp")


def test_the_shared_networks_have_no_gradients_afterwards():
    model = load_moment("lenet5", 0).requires_grad_(False)
    take_shot(model, "lenet5", torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed(1)))
    assert all(each.grad is None for each in model.parameters()) and find_network("lenet5").title == "LeNet-5"
