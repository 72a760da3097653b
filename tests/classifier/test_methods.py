"""The newer methods against formulas written out, exact Shapley values and captum; and the difference of two classes."""

from __future__ import annotations

import copy
import itertools
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from captum.attr import LRP, GuidedGradCam
from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule
from torch import nn

from explorer.classifier import relevance
from explorer.classifier.attribution import METHODS, NoMapError, Settings, compute_attribution, make_baseline
from explorer.classifier.faithfulness import (
    COPIES,
    RADIUS,
    SIDE,
    SQUARES,
    draw_squares,
    examine_faithfulness,
    measure_infidelity,
)
from explorer.classifier.relevance import GAMMA, check_rules
from explorer.classifier.session import Choices, read_question
from explorer.classifier.shapley import CELL, draw_coalitions, draw_starts, find_regions
from explorer.classifier.trust_tab import on_measure
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import MODELS, create_model
from explorer.models.checkpoints import load_trained
from explorer.text import LANGUAGES, text_in

PICTURE = load_sample().images[138].float() / 255
IMAGE = normalise(PICTURE)[None, None]


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        yield


def values_of(model, target, method, image=IMAGE, **settings):
    return compute_attribution(model, image, target, method, **settings).values


# ---- class activation maps ---------------------------------------------------------------------------------------


def look_at(model, layer, target, image=IMAGE):
    """A layer's maps and the gradient of a class's logit there, each (C, H, W)."""
    names = [name for name, _ in model.features.named_children()]
    cut = names.index(layer.split(".")[1]) + 1
    maps = model.features[:cut](image).detach().requires_grad_(True)
    score = model.classifier(model.features[cut:](maps))[0, target]
    return maps[0].detach(), torch.autograd.grad(score, maps)[0][0]


def enlarge(cam):
    return F.interpolate(cam[None, None], (28, 28), mode="bilinear", align_corners=False)[0, 0]


@pytest.mark.parametrize("layer", ["features.1", "features.4"])
def test_gradcam_plus_plus_place_by_place(layer):
    """Chattopadhay et al. 2018, equations 5 and 19, with loops over maps and places."""
    model = load_trained("lenet5")
    maps, gradients = look_at(model, layer, 6)
    cam = torch.zeros(maps.shape[1:])
    for each, gradient in zip(maps, gradients):
        total, weight = float(each.sum()), 0.0
        for slope in gradient.flatten().tolist():
            below = 2 * slope**2 + total * slope**3
            weight += slope**2 / below * max(slope, 0.0) if below else 0.0
        cam += weight * each
    expected = enlarge(cam.clamp(min=0))
    assert torch.allclose(values_of(model, 6, "gradcam_plus_plus", layer=layer), expected, rtol=1e-3, atol=1e-4)
    assert expected.max() > 0.1


@pytest.mark.parametrize("layer", ["features.1", "features.4"])
def test_layercam_place_by_place(layer):
    """Jiang et al. 2021, equations 4 to 6."""
    model = load_trained("lenet5")
    maps, gradients = look_at(model, layer, 6)
    channels, rows, columns = maps.shape
    cam = torch.zeros(rows, columns)
    for row, column in itertools.product(range(rows), range(columns)):
        places = ((float(gradients[k, row, column]), float(maps[k, row, column])) for k in range(channels))
        cam[row, column] = max(0.0, sum(max(0.0, gradient) * value for gradient, value in places))
    assert torch.allclose(values_of(model, 6, "layercam", layer=layer), enlarge(cam), rtol=1e-4, atol=1e-5)
    assert cam.max() > 0.1


def test_guided_gradcam_is_captums():
    model = load_trained("lenet5")
    shared = copy.deepcopy(model)
    theirs = GuidedGradCam(shared, shared.features[4])
    expected = theirs.attribute(IMAGE.clone().requires_grad_(True), 3, interpolate_mode="bilinear")[0, 0].detach()
    found = values_of(model, 3, "guided_gradcam", layer="features.4")
    assert (
        torch.allclose(found, expected, rtol=1e-4, atol=1e-6 * float(expected.abs().max())) and expected.abs().max() > 0
    )


# ---- layer-wise relevance propagation ----------------------------------------------------------------------------


def test_relevance_is_captums_where_captum_has_rules():
    """Captum needs a rule for the flattening, and leaves the bias as it is where ours stresses it: there is none here."""
    model = copy.deepcopy(load_trained("lenet5"))
    with torch.no_grad():
        model.features[3].bias.zero_()
    theirs = copy.deepcopy(model)
    theirs.features[3].rule, theirs.classifier[0].rule = GammaRule(GAMMA), EpsilonRule()
    expected = LRP(theirs).attribute(IMAGE, 6)[0, 0].detach()
    found = values_of(model, 6, "lrp")
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4) and expected.abs().max() > 0.1


@pytest.mark.parametrize("name", ["mlp", "alexnet_small", "resnet18", "resnet20"])
def test_without_biases_relevance_is_conserved(name):
    model = copy.deepcopy(load_trained(name))
    with torch.no_grad():
        for module in model.modules():
            for bias in (getattr(module, "bias", None), getattr(module, "running_mean", None)):
                if bias is not None:
                    bias.zero_()
        score = float(model(IMAGE)[0, 6])
    found = compute_attribution(model, IMAGE, 6, "lrp")
    assert found.score == pytest.approx(score, rel=1e-4, abs=1e-4)
    assert float(found.values.sum()) == pytest.approx(score, rel=2e-3, abs=1e-3)


def matrix_of(layers, shape):
    """Weights and biases of a linear piece of a network as a matrix and a vector, by what it makes of each unit."""
    size = math.prod(shape)
    with torch.no_grad():
        bias = layers(torch.zeros(1, *shape)).flatten()
        return layers(torch.eye(size).view(size, *shape)).flatten(1).T - bias[:, None], bias


def pass_relevance(values, relevance, weight, bias, gamma):
    """Montavon et al. 2019, equation (10.3) with the bias as one more input; unit by unit."""
    found, left = torch.zeros(len(values)), 0.0
    for unit, share in enumerate(relevance):
        sign = 1 if float(weight[unit] @ values + bias[unit]) > 0 else -1
        parts = (weight[unit] + gamma * sign * (sign * weight[unit]).clamp(min=0)) * values
        part_of_bias = bias[unit] + gamma * sign * (sign * bias[unit]).clamp(min=0)
        whole = parts.sum() + part_of_bias
        if whole != 0:
            found += parts / whole * share
            left += float(part_of_bias / whole * share)
    return found, left


def test_relevance_unit_by_unit_with_batch_norm_and_biases():
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(),
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3),
    )  # fmt: skip
    with torch.no_grad():
        for norm in (model[1], model[4]):
            for numbers in (norm.running_mean, norm.running_var, norm.weight, norm.bias):
                numbers.copy_(torch.rand(len(numbers)) + 0.1)
    image = torch.randn(1, 1, 6, 6)
    model.eval()
    with torch.no_grad():
        first, second = model[:3](image), model[:6](image)
        score = model(image)[0, 1]
    one, last = torch.zeros(3), matrix_of(model[7:], (64,))
    one[1] = score
    relevance, left = pass_relevance(second.flatten(), one, *last, 0)
    relevance, more = pass_relevance(first.flatten(), relevance, *matrix_of(model[3:5], (3, 6, 6)), GAMMA)
    expected, most = pass_relevance(image.flatten(), relevance, *matrix_of(model[:2], (1, 6, 6)), 0)
    found = values_of(model, 1, "lrp", image)
    assert torch.allclose(found, expected.view(6, 6), rtol=1e-3, atol=1e-4)
    assert float(found.sum()) + left + more + most == pytest.approx(float(score), abs=1e-3)


@pytest.mark.parametrize(
    ("layers", "kind"),
    [([nn.Conv2d(1, 2, 3), nn.Sigmoid()], "Sigmoid"), ([nn.BatchNorm2d(1)], "BatchNorm2d"),
     ([nn.Conv2d(1, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)], "BatchNorm2d")],
)  # fmt: skip
def test_a_layer_without_a_rule_is_refused_by_name(layers, kind):
    model = nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(2))
    model(torch.zeros(1, 1, 6, 6))
    with pytest.raises(NoMapError, match=kind) as refused:
        compute_attribution(model.eval(), torch.rand(1, 1, 6, 6), 0, "lrp")
    assert kind in copy.deepcopy(refused.value).sentence("zh")
    assert not any(module._forward_hooks for module in model.modules())


def test_a_convolution_whose_normalisation_does_not_come_is_refused(monkeypatch):
    class Skips(nn.Sequential):
        def forward(self, images):
            return self[3](self[0](images).flatten(1))

    monkeypatch.setattr(relevance, "_OURS", __name__)
    model = Skips(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(32, 2)).eval()
    with pytest.raises(NoMapError, match="BatchNorm2d"):
        compute_attribution(model, torch.rand(1, 1, 6, 6), 0, "lrp")


@pytest.mark.parametrize("name", MODELS)
def test_every_network_of_the_catalogue_has_rules(name):
    with torch.device("meta"):
        check_rules(create_model(name))


# ---- Shapley values ----------------------------------------------------------------------------------------------


class Bends(nn.Module):
    """A small network that is far from linear."""

    def __init__(self, side):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(side**2, 12), nn.Tanh(), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 2)
        )
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.mul_(3)

    def forward(self, images):
        return self.layers(images)


def exact_shapley(model, image, baseline, regions, target):
    """Lundberg & Lee 2017, equation 4, over all sets."""
    count = int(regions.max()) + 1
    sets = list(itertools.product([False, True], repeat=count))
    shown = torch.tensor([[*each, False] for each in sets])[:, regions][:, None]
    with torch.no_grad():
        scores = dict(zip(sets, model(torch.where(shown, image, baseline))[:, target].tolist()))
    found = []
    for region in range(count):
        value = 0.0
        for each in (each for each in sets if not each[region]):
            size, larger = sum(each), tuple(member or place == region for place, member in enumerate(each))
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            value += weight * (scores[larger] - scores[each])
        found.append(value)
    return torch.tensor(found)


@pytest.mark.parametrize(("coalitions", "error"), [(4096, 1e-4), (128, 0.25)])
def test_kernel_shap_against_all_orders(coalitions, error):
    """With all sets it is exact; with a quarter of them a small error of the largest value is left, and none of the sum."""
    model, image = Bends(3 * CELL).eval(), torch.randn(1, 1, 3 * CELL, 3 * CELL)
    baseline = make_baseline(image, Settings())
    regions = find_regions(image, baseline)
    expected = exact_shapley(model, image, baseline, regions, 1)
    found = compute_attribution(model, image, 1, "kernel_shap", coalitions=coalitions)
    sums = torch.zeros(9).index_add_(0, regions.flatten(), found.values.flatten())
    assert found.regions == 9 and found.samples == min(2**9 - 2, coalitions)
    assert (sums - expected).abs().max() <= error * expected.abs().max()
    with torch.no_grad():
        rise = float((model(image) - model(baseline))[0, 1])
    assert float(found.values.sum()) == pytest.approx(rise, abs=1e-4)
    again = values_of(model, 1, "kernel_shap", image, coalitions=coalitions)
    assert torch.equal(found.values, again)


def test_regions_are_squares_without_what_is_the_baseline():
    black = normalise(torch.zeros(1, 1, 28, 28))
    regions = find_regions(IMAGE, black)
    assert torch.equal(regions >= 0, PICTURE > 0)
    for region in range(int(regions.max()) + 1):
        rows, columns = (regions == region).nonzero().T
        assert len({(int(row) // CELL, int(column) // CELL) for row, column in zip(rows, columns)}) == 1
    assert int(find_regions(black, black).max()) == -1
    one = black.clone()
    one[0, 0, 5, 5] = 1
    found = compute_attribution(load_trained("lenet5"), one, 2, "kernel_shap")
    assert found.regions == 1 and found.values[5, 5] == pytest.approx(found.score_rise, abs=1e-5)
    assert int((found.values != 0).sum()) == 1


@pytest.mark.parametrize("count", [2, 3, 7, 8, 30, 49])
def test_sets_of_regions_weigh_what_the_theorem_says(count):
    """Lundberg & Lee 2017, theorem 2: all sets of a size weigh (n - 1) / (s (n - s)) together."""
    members, weights, certain = draw_coalitions(count, 256, 0)
    sizes = members.sum(1)
    assert sizes.min() > 0 and sizes.max() < count and len(members) <= 256
    for size in (1, count - 1):
        assert float(weights[sizes == size].sum()) == pytest.approx((count - 1) / (size * (count - size)))
    whole = sum((count - 1) / (size * (count - size)) for size in range(1, count))
    assert float(weights.sum()) == pytest.approx(whole)
    assert certain == (len(members) if count <= 8 else 2 * count)


@pytest.mark.parametrize("pairs", [64, 200])
def test_gradient_shap_of_a_linear_network(pairs):
    """The weight times how much the picture exceeds the mean of those it is compared with: at any points of the ways."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 3)).eval()
    weight = model[1].weight[2].detach().view(28, 28)
    starts, places = draw_starts(IMAGE, pairs, 0)
    found = compute_attribution(model, IMAGE, 2, "gradient_shap", pairs=pairs)
    assert torch.allclose(found.values, weight * (IMAGE - starts.mean(0))[0, 0], atol=1e-4)
    assert float(found.values.sum()) == pytest.approx(found.score_rise, abs=1e-3)
    assert len(starts.unique(dim=0)) == pairs and sorted((places.flatten() * pairs).int().tolist()) == [*range(pairs)]
    if pairs == 200:
        everything = normalise(load_sample().images.float() / 255).mean(0)
        assert torch.allclose(found.values, weight * (IMAGE[0, 0] - everything), atol=1e-4)


def test_gradient_shap_of_squares():
    """Of the sum of squares the exact values are the square less the mean square of the others; the lot leaves an error."""

    class Square(nn.Module):
        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return (x**2).sum(dim=(1, 2, 3)).unsqueeze(1)

    found = compute_attribution(Square().eval(), IMAGE, 0, "gradient_shap", pairs=200)
    everything = normalise(load_sample().images.float() / 255)
    expected = IMAGE[0, 0] ** 2 - (everything**2).mean(0)
    assert torch.corrcoef(torch.stack([found.values.flatten(), expected.flatten()]))[0, 1] > 0.99
    assert found.baseline_score == pytest.approx(float((everything**2).sum(dim=(1, 2)).mean()), rel=1e-4)
    other = values_of(Square().eval(), 0, "gradient_shap", pairs=200, seed=1)
    assert not torch.equal(found.values, other)


# ---- the difference of two classes -------------------------------------------------------------------------------

LINEAR = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients",
    "smoothgrad",
    "gradient_shap",
    "kernel_shap",
    "lrp",
    "occlusion",
)


@pytest.mark.parametrize(("name", "method"), [("resnet20", "lrp"), *(("lenet5", method) for method in LINEAR)])
def test_the_map_of_a_difference_is_the_difference_of_the_maps(name, method):
    model = load_trained(name)
    settings = {"steps": 200} if method == "integrated_gradients" else {}  # the same points for all three
    found = compute_attribution(model, IMAGE, 4, method, against=6, **settings)
    first, second = (compute_attribution(model, IMAGE, each, method, **settings) for each in (4, 6))
    expected = first.values - second.values
    assert torch.allclose(found.values, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()) + 1e-5)
    assert found.score == pytest.approx(first.score - second.score, abs=1e-4)
    assert (found.target, found.against, first.against) == (4, 6, None)


@pytest.mark.parametrize("method", sorted(METHODS.keys() - set(LINEAR)))
def test_a_difference_is_what_a_network_with_that_one_logit_says(method):
    """For methods that are not linear: the last layer gives the difference as its only logit."""
    model = load_trained("lenet5")
    alone = copy.deepcopy(model)
    last = alone.classifier[-1]
    with torch.no_grad():
        alone.classifier[-1] = nn.Linear(last.in_features, 1).eval()
        alone.classifier[-1].weight.copy_(last.weight[4] - last.weight[6])
        alone.classifier[-1].bias.copy_(last.bias[4] - last.bias[6])
    expected = values_of(alone, 0, method)
    found = values_of(model, 4, method, against=6)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


@pytest.mark.parametrize("against", [10, -1, 1.5, "boot"])
def test_a_class_that_there_is_not_is_refused(against):
    with pytest.raises(InputError):
        compute_attribution(create_model("softmax").eval(), IMAGE, 3, "gradient", against=against)


def test_a_class_has_no_difference_from_itself():
    with pytest.raises(NoMapError) as refused:
        compute_attribution(create_model("softmax").eval(), IMAGE, 3, "gradient", against=3)
    assert copy.deepcopy(refused.value).sentence("zh") == refused.value.sentence("zh")


# ---- infidelity and sensitivity ----------------------------------------------------------------------------------


def explain_linearly(weight, values):
    """Infidelity of a map of input x gradient for a linear network with this weight."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 1)).eval()
    with torch.no_grad():
        model[1].weight.copy_(weight.flatten()[None])
    attribution = compute_attribution(model, IMAGE, 0, "occlusion")
    return measure_infidelity(model, IMAGE, replace(attribution, values=values))


def test_infidelity_is_nothing_for_a_map_that_foretells_the_score():
    """Of a linear network the contribution of each pixel foretells all; a factor of the whole map does not count."""
    black = normalise(torch.zeros(1))
    weight = torch.randn(28, 28)
    parts = weight * (IMAGE[0, 0] - black)
    assert explain_linearly(weight, 3 * parts) == pytest.approx(0, abs=1e-4)
    assert explain_linearly(weight, torch.zeros(28, 28)) == 1
    assert explain_linearly(torch.zeros(28, 28), parts) is None
    values = torch.randn(28, 28)
    squares = draw_squares(IMAGE, normalise(torch.zeros(1, 1, 28, 28)))[:, 0]
    told, falls = ((squares * each).sum(dim=(1, 2)) for each in (values, parts))
    factor = (told * falls).sum() / (told**2).sum()
    expected = float(((factor * told - falls) ** 2).sum() / (falls**2).sum())
    assert 0.3 < expected < 1 and explain_linearly(weight, values) == pytest.approx(expected, abs=1e-3)
    assert squares.sum(dim=(1, 2)).max() == SIDE**2 and len(squares) == SQUARES


def test_the_gradient_of_a_linear_network_foretells_all_and_stays():
    found = examine_faithfulness(read_question(Choices(model="softmax", method="gradient")))
    assert found.infidelity == pytest.approx(0, abs=1e-4) and found.sensitivity == pytest.approx(0, abs=1e-5)
    deep = read_question(Choices(model="lenet5", method="gradient", against=2))
    assert examine_faithfulness(deep).infidelity > 0.1 and examine_faithfulness(deep).sensitivity > 0.01
    assert examine_faithfulness(read_question(Choices(model="mlp", method="layercam"))) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_tells_both_numbers_and_how_they_came_about(language):
    values = vars(Choices(model="lenet5", method="input_x_gradient"))
    asked, changes = on_measure(language=language, **values)["late"]
    found = examine_faithfulness(read_question(Choices(**values)))
    said = changes["trust_numbers"]["value"]
    assert asked == values and changes["trust_numbers"]["visible"] and "{" not in said
    for number in (
        f"{found.infidelity:.2f}",
        f"{found.sensitivity:.2f}",
        str(SQUARES),
        str(COPIES),
        f"{100 * RADIUS:g}",
    ):
        assert number in said
    none = on_measure(language=language, **vars(Choices(model="mlp", method="lrp", source="upload")))["late"][1]
    assert none == {"trust_look": text_in(language)("classifier.no_picture_upload")}
    no_map = on_measure(language=language, **vars(Choices(model="mlp", method="gradcam")))["late"][1]
    assert 'role="alert"' in no_map["trust_look"]["value"]
