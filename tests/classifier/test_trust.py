"""Maps on trial: curves in closed form, random weights in a copy, ranks by hand."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explorer.classifier import examination
from explorer.classifier.attribution import METHODS, compute_attribution
from explorer.classifier.examination import MAP, examine
from explorer.classifier.scores import BASELINES, Settings, make_baseline
from explorer.classifier.session import Choices, read_question
from explorer.classifier.trust import (
    CONTROLS,
    area_under,
    choose_counts,
    compute_controls,
    compute_curve,
    correlate_on_clothes,
    list_weighted_layers,
    randomise_from_top,
    rank_correlation,
)
from explorer.classifier.trust_figures import describe_examination, draw_curves, draw_own_areas
from explorer.classifier.trust_tab import on_examine
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import MODELS
from explorer.models.checkpoints import load_trained
from explorer.text import LANGUAGES, text_in

PICTURE = load_sample().images[40].float() / 255
IMAGE, MEAN_GREY = normalise(PICTURE)[None, None], torch.zeros(1, 1, 28, 28)
BLACK = normalise(torch.zeros(1, 1, 28, 28))


@pytest.mark.parametrize("kind", ["deletion", "insertion"])
def test_the_curve_of_softmax_regression_has_its_closed_form(kind):
    model, target = load_trained("softmax"), 2
    values = compute_attribution(model, IMAGE, target, "input_x_gradient").values
    curve = compute_curve(model, IMAGE, MEAN_GREY, target, values, kind, logits=True)
    (linear,) = [module for module in model.modules() if isinstance(module, nn.Linear)]
    products = (linear.weight[target] * IMAGE.flatten()).double().sort(descending=True).values
    bias = float(linear.bias[target].detach())
    counts = torch.linspace(0, 784, len(curve)).round().long()
    taken = torch.cat([torch.zeros(1), products.cumsum(0)])[counts]
    expected = bias + (products.sum() - taken if kind == "deletion" else taken)
    assert torch.allclose(curve, expected.detach(), atol=1e-4)


def test_the_curve_of_two_classes_follows_the_difference_of_their_logits():
    """Of softmax regression it is a straight sum again; and the share of two probabilities is its sigmoid."""
    model = load_trained("softmax")
    values = compute_attribution(model, IMAGE, 4, "input_x_gradient", against=6).values
    curve, share = (
        compute_curve(model, IMAGE, MEAN_GREY, 4, values, "deletion", logits=logits, against=6)
        for logits in (True, False)
    )
    (linear,) = [module for module in model.modules() if isinstance(module, nn.Linear)]
    products = ((linear.weight[4] - linear.weight[6]) * IMAGE.flatten()).double().sort(descending=True).values
    taken = torch.cat([torch.zeros(1), products.cumsum(0)])[torch.linspace(0, 784, len(curve)).round().long()]
    expected = (linear.bias[4] - linear.bias[6]).detach() + products.sum() - taken
    assert torch.allclose(curve, expected.detach(), atol=1e-4)
    with torch.no_grad():
        probabilities = torch.softmax(model(IMAGE)[0].double(), 0)
    assert float(share[0]) == pytest.approx(float(probabilities[4] / (probabilities[4] + probabilities[6])), abs=1e-6)
    assert torch.allclose(share, 1 / (1 + torch.exp(-expected.detach())), atol=1e-4)


def test_the_ends_of_a_curve_are_the_two_pictures():
    model = load_trained("lenet5")
    with torch.no_grad():
        full, empty = (torch.softmax(model(each).double(), 1)[0, 3] for each in (IMAGE, BLACK))
    deletion, insertion = (compute_curve(model, IMAGE, BLACK, 3, PICTURE, kind) for kind in ("deletion", "insertion"))
    assert torch.allclose(deletion[[0, -1]], torch.stack([full, empty]), atol=1e-6)
    assert torch.allclose(insertion[[0, -1]], torch.stack([empty, full]), atol=1e-6)
    backwards = compute_curve(model, IMAGE, BLACK, 3, -PICTURE.flip(0, 1), "insertion")
    assert len(backwards) == 29


def test_pixels_go_one_after_the_other():
    class Count(nn.Module):
        def forward(self, images):
            return torch.stack([images.flatten(1).sum(1), images[:, 0, 0, 1]], 1)

    model = Count()
    model.register_parameter("none", nn.Parameter(torch.zeros(1)))
    image, values = torch.ones(1, 1, 2, 2), torch.tensor([[0.1, 0.9], [0.5, 0.5]])
    curve = compute_curve(model, image, torch.zeros_like(image), 0, values, "deletion", steps=4, logits=True)
    assert curve.tolist() == [4, 3, 2, 1, 0]
    assert compute_curve(model, image, 0 * image, 1, values, "deletion", 4, True).tolist() == [1, 0, 0, 0, 0]


def test_the_controls_are_orders_that_a_hand_would_make():
    rows, columns = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    distance = (rows - 13.5) ** 2 + (columns - 13.5) ** 2
    assert torch.equal(CONTROLS["brightest"](PICTURE, 0), PICTURE)
    assert rank_correlation(CONTROLS["centred"](PICTURE, 0), -distance.float()) == pytest.approx(1, abs=1e-3)
    step = torch.zeros(28, 28)
    step[:, 14:] = 1
    edges = CONTROLS["edges"](step, 0)
    assert edges[:, 13:15].eq(4).all() and edges.sum() == 4 * 2 * 28
    model = load_trained("softmax")
    assert list(compute_controls(model, IMAGE, BLACK, 2, PICTURE)) == list(CONTROLS)
    assert not torch.equal(CONTROLS["random"](PICTURE, 0), CONTROLS["random"](PICTURE, 1))


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_ranks_are_those_of_a_plain_count(values, random):
    others = values.copy()
    random.shuffle(others)

    def ranks(each):
        return torch.tensor([sum(a < b for a in each) + (sum(a == b for a in each) + 1) / 2 for b in each]).double()

    pair = torch.stack([ranks(values), ranks(others)])
    expected = 0.0 if len(set(values)) == 1 else float(torch.corrcoef(pair)[0, 1])
    found = rank_correlation(torch.tensor(values), torch.tensor(others))
    assert found == pytest.approx(expected, abs=1e-9)


def test_black_pixels_do_not_count_on_the_clothes():
    first, second = torch.zeros(28, 28), torch.zeros(28, 28)
    first[PICTURE > 0.05] = torch.rand(int((PICTURE > 0.05).sum()), generator=torch.Generator().manual_seed(1))
    second[PICTURE > 0.05] = torch.rand(int((PICTURE > 0.05).sum()), generator=torch.Generator().manual_seed(2))
    assert abs(correlate_on_clothes(first, second, PICTURE)) < 0.2 < rank_correlation(first, second)
    assert correlate_on_clothes(first, first, torch.zeros(28, 28)) == 0


@pytest.mark.parametrize("name", ["softmax", "lenet5", "alexnet_small", "resnet20"])
def test_random_weights_are_put_into_a_copy_from_the_top(name):
    model = load_trained(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    layers = list_weighted_layers(model)
    assert len(layers) == sum(isinstance(each, nn.Conv2d | nn.Linear) for each in model.modules())
    state = torch.get_rng_state()
    for count in choose_counts(len(layers)):
        random = randomise_from_top(model, count)
        changed = {
            layer for layer in layers if not torch.equal(random.get_submodule(layer).weight, before[f"{layer}.weight"])
        }
        assert changed == set(layers[len(layers) - count :])
        assert not random.training
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    fresh = MODELS[name].build()
    assert random.state_dict().keys() == fresh.state_dict().keys()


def test_the_steps_of_randomisation():
    for layers in range(1, 60):
        counts = choose_counts(layers)
        assert counts[0] == 0 and counts[1] == 1 and counts[-1] == layers and len(counts) <= max(8, 2)
        assert counts == sorted(set(counts))


def test_a_map_on_trial():
    question = read_question(Choices(model="lenet5", method="gradient"))
    found = examine(question)
    model = load_trained("lenet5")
    values = compute_attribution(model, found.outcome.prepared.image, found.outcome.target, "gradient").values
    assert torch.allclose(found.outcome.attribution.values, values)
    assert list(found.curves) == [MAP, *CONTROLS]
    assert found.areas("deletion")[MAP] == pytest.approx(area_under(found.curves[MAP].deletion))
    first, *others = found.randomised
    assert first.count == 0 and first.correlation == pytest.approx(1) and torch.equal(first.values, values)
    assert [each.count for each in others] == [1, 2, 3, 4, 5] and others[0].first == list_weighted_layers(model)[-1]
    random = randomise_from_top(model, 5)
    again = compute_attribution(random, found.outcome.prepared.image, found.outcome.target, "gradient").values
    assert torch.allclose(others[-1].values, again) and abs(others[-1].correlation) < 0.5


@pytest.mark.parametrize("baseline", BASELINES)
def test_pixels_become_what_a_reader_chose(baseline):
    question, text = read_question(Choices(model="lenet5", method="gradient")), text_in("en")
    found = examine(question, baseline)
    image = found.outcome.prepared.image
    with torch.no_grad():
        score = torch.softmax(load_trained("lenet5")(make_baseline(image, Settings(baseline=baseline))).double(), 1)
    for curves in found.curves.values():
        assert float(curves.deletion[-1]) == pytest.approx(float(score[0, found.outcome.target]), abs=1e-6)
        assert float(curves.insertion[0]) == pytest.approx(float(score[0, found.outcome.target]), abs=1e-6)
    assert found.randomised is examine(question).randomised  # they are the same for all
    table = draw_own_areas(found, text)
    shown = [float(each) for each in re.findall(r'<td class="number">([^<]*)</td>', table)[::2]]
    assert shown == sorted(shown) and len(shown) == 1 + len(CONTROLS)
    assert text(f"classifier.baseline_{baseline}") in table
    _, changes = on_examine(language="en", **vars(Choices(model="lenet5", method="gradient")), trust_baseline=baseline)[
        "late"
    ]
    assert changes["trust_areas"]["value"] == table
    with pytest.raises(InputError):
        examine(question, "nothing")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_difference_on_trial_says_what_its_curves_follow(language):
    found, text = (
        examine(read_question(Choices(model="softmax", method="gradient", target=4, against=6))),
        text_in(language),
    )
    names = {"target": text("terms.class_4"), "against": text("terms.class_6")}
    assert text("methods.trust_difference", **names) in describe_examination(found, text)
    figure = draw_curves(found, "deletion", text)
    assert figure.layout.yaxis.title.text == text("methods.axis_share", target=names["target"])
    weight = load_trained("softmax").classifier.weight.detach()
    assert torch.allclose(found.randomised[0].values, (weight[4] - weight[6]).view(28, 28), atol=1e-5)
    random = randomise_from_top(load_trained("softmax"), 1).classifier.weight.detach()
    assert torch.allclose(found.randomised[1].values, (random[4] - random[6]).view(28, 28), atol=1e-5)
    with torch.no_grad():
        share = torch.sigmoid(load_trained("softmax")(found.outcome.prepared.image)[0, [4, 6]].diff().neg().double())
    assert float(found.curves["random"].deletion[0]) == pytest.approx(float(share), abs=1e-6)


def test_what_has_no_map_is_not_tried():
    assert examine(read_question(Choices(model="mlp", method="gradcam"))) is None


def test_every_method_of_the_list_can_be_tried(monkeypatch):
    monkeypatch.setattr(examination, "compute_controls", lambda *_, **__: {})
    monkeypatch.setattr(examination, "choose_counts", lambda count: [0, count])
    for method in METHODS:
        assert examine(read_question(Choices(model="lenet5", method=method))) is not None
