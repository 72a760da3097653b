"""Attribution against gradients by hand, closed forms, and hooks written out; and the network is left as found."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from captum.attr import GuidedBackprop, InputXGradient, IntegratedGradients, LayerGradCam, Occlusion, Saliency
from torch import nn

from explorer.classifier.attribution import (
    ENOUGH_STEPS,
    METHODS,
    NoConvolutionError,
    NoMapError,
    Settings,
    compute_attribution,
    gradcam_layers,
    make_baseline,
    refine_attribution,
)
from explorer.classifier.scores import left_as_found
from explorer.classifier.shapley import CELL
from explorer.data import MEAN, STD, load_sample, normalise
from explorer.errors import InputError
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_trained
from explorer.patience import NobodyWaitsError, asking

SIDE = 8
# Which have no such closed form; the newer ones in test_methods.py.
TESTED_BELOW = {"gradcam", "occlusion", "gradcam_plus_plus", "layercam", "guided_gradcam", "gradient_shap"}


@pytest.fixture(autouse=True)
def _seeded():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        yield


@pytest.fixture
def image():
    return torch.randn(1, 1, SIDE, SIDE)


@pytest.fixture
def linear():
    """Logits = W x + b on the flattened pixels: every method has a closed form."""
    return nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 4)).eval()


def weight_of(linear, target):
    return linear[1].weight.detach()[target].view(SIDE, SIDE)


def close(values, expected, tolerance=1e-5):
    return torch.allclose(values, expected, atol=tolerance, rtol=1e-4)


def test_linear_network_in_closed_form(linear, image):
    weight = weight_of(linear, 2)
    black = (0 - MEAN) / STD
    closed_forms = {
        "gradient": weight,
        "smoothgrad": weight,  # the gradient is the same everywhere
        "guided_backprop": weight,  # there is no ReLU to guide
        "input_x_gradient": weight * image[0, 0],
        "integrated_gradients": weight * (image[0, 0] - black),
        "deeplift": weight * (image[0, 0] - black),
        "lrp": weight * image[0, 0],
        "kernel_shap": average_in_squares(weight * (image[0, 0] - black)),
    }
    missing = METHODS.keys() - closed_forms.keys() - TESTED_BELOW
    assert not missing, f"tests/classifier/test_attribution.py compares {missing} with nothing"
    for method, expected in closed_forms.items():
        attribution = compute_attribution(linear, image, 2, method)
        assert close(attribution.values, expected), method
        assert attribution.score == pytest.approx(linear(image)[0, 2].item(), abs=1e-5)


def average_in_squares(values):
    """The mean of each square of a grid, which ends at the edge: the regions of KernelSHAP."""
    means = torch.empty_like(values)
    for top in range(0, SIDE, CELL):
        for left in range(0, SIDE, CELL):
            square = (slice(top, top + CELL), slice(left, left + CELL))
            means[square] = values[square].mean()
    return means


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 1), (3, 2), (5, 3)])
def test_occlusion_of_a_linear_network(linear, image, window, stride):
    """Each pixel gets the mean, over the windows that cover it, of what covering that window costs."""
    black = (0 - MEAN) / STD
    part = weight_of(linear, 1) * (image[0, 0] - black)
    cost, covered = torch.zeros(SIDE, SIDE), torch.zeros(SIDE, SIDE)
    steps = -(-(SIDE - window) // stride) + 1
    starts = [k * stride for k in range(steps)]  # the last window may reach over the edge
    for top in starts:
        for left in starts:
            square = (slice(top, top + window), slice(left, left + window))
            cost[square] += part[square].sum()
            covered[square] += 1
    found = compute_attribution(linear, image, 1, "occlusion", window=window, stride=stride)
    assert close(found.values, cost / covered, 1e-4)


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred", "noise"])
def test_integrated_gradients_are_complete(baseline):
    model = create_model("lenet5").eval()
    image = torch.randn(1, 1, 28, 28)
    found = compute_attribution(model, image, 3, "integrated_gradients", baseline=baseline, steps=300)
    start = make_baseline(image, Settings(baseline=baseline))
    with torch.no_grad():
        difference = float(model(image)[0, 3] - model(start)[0, 3])
    assert float(found.values.sum()) == pytest.approx(difference, abs=0.01 * abs(difference) + 1e-3)
    assert found.completeness_gap == pytest.approx(float(found.values.sum()) - difference, abs=1e-4)


def sigmoid_on_the_way(steepness):
    """One sigmoid on the way from black to white, at 0.37 of it: the steeper, the fewer points see it."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(1, 1), nn.Sigmoid(), nn.Linear(1, 1)).eval()
    black, white = (0 - MEAN) / STD, (1 - MEAN) / STD
    slope = steepness / (white - black)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), (slope, -slope * (black + 0.37 * (white - black)), 1, 0)):
            parameter.fill_(value)
    return model, torch.full((1, 1, 1, 1), white)


@pytest.mark.parametrize(("steepness", "most"), [(1, 9), (300, 80), (5000, 120)])
def test_integrated_gradients_add_points_where_the_score_leaps(steepness, most):
    """Twice as many points at equal distances miss the steepest leap."""
    model, image = sigmoid_on_the_way(steepness)
    found = compute_attribution(model, image, 0, "integrated_gradients")
    gap = float(found.values.sum()) - (found.score - found.baseline_score)
    assert abs(gap) <= 0.05 * abs(found.score - found.baseline_score) and found.is_complete
    assert found.steps <= most


def test_integrated_gradients_say_so_where_even_the_most_points_are_too_few():
    class Saw(nn.Module):
        """Rises and falls a thousand times on the way: a few points see hardly any of it."""

        def __init__(self):
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return torch.sin(3000 * x.flatten(1)) + 0.3 * x.flatten(1)

    white = torch.full((1, 1, 1, 1), (1 - MEAN) / STD)
    found = compute_attribution(Saw().eval(), white, 0, "integrated_gradients")
    assert found.steps == ENOUGH_STEPS and found.is_complete is False


@pytest.mark.parametrize("name", ["lenet5", "plain20", "resnet20"])
def test_integrated_gradients_against_captum_with_many_more_points(name):
    model, image = create_model(name).eval(), torch.rand(1, 1, 28, 28) / STD
    found = compute_attribution(model, image, 3, "integrated_gradients", steps=100)
    black = torch.full_like(image, (0 - MEAN) / STD)
    expected = IntegratedGradients(model).attribute(
        image, black, target=3, n_steps=400, method="riemann_middle", internal_batch_size=50
    )
    assert np.corrcoef(found.values.flatten(), expected.detach().flatten())[0, 1] > 0.999
    assert found.steps >= 100


def test_no_gradient_on_the_way_is_computed_twice():
    """Each pass is at points of its own, and there are as many points as are told."""

    class Listens(Square):
        def forward(self, x):
            seen.extend(x.detach().flatten().tolist())
            return torch.tanh(40 * x.flatten(1))

    seen: list[float] = []
    found = compute_attribution(Listens().eval(), torch.full((1, 1, 1, 1), 1.0), 0, "integrated_gradients")
    assert found.steps == len(seen) == len(set(seen)) > 9
    assert found.is_complete


@pytest.mark.parametrize("method", ["integrated_gradients", "smoothgrad", "occlusion", "kernel_shap", "gradient_shap"])
def test_a_slow_method_gives_rough_maps_first(method):
    model, image = create_model("lenet5").eval(), torch.rand(1, 1, 28, 28) / STD
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # fresh weights are so small that the network is nearly linear
    *rough, final = refine_attribution(model, image, 3, method, samples=40, in_parts=True)
    assert rough and final.is_final and not any(each.is_final for each in rough)
    assert close(final.values, compute_attribution(model, image, 3, method, samples=40).values)
    assert np.corrcoef(rough[0].values.flatten(), final.values.flatten())[0, 1] > 0.5
    assert all(bool(each.values.isfinite().all()) for each in rough)


def test_a_square_that_changes_nothing_is_not_asked_about():
    """White on black: only squares that touch it change the picture, and each changed picture is asked about once."""

    class Counts(Square):
        def forward(self, x):
            asked.extend(x.detach().flatten(1).tolist())
            return super().forward(x)

    asked: list[list[float]] = []
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, 10:14, 10:14] = 1
    image, black = normalise(image), float(normalise(torch.zeros(1)))
    found = compute_attribution(Counts().eval(), image, 0, "occlusion")
    changed = {
        (image[0, 0] * (mask := cover(top, left)) + black * (1 - mask)).numpy().tobytes()
        for top in range(0, 26, 2)
        for left in range(0, 26, 2)
    }
    others = {image.numpy().tobytes(), torch.full_like(image, black).numpy().tobytes()}
    assert len(asked) == len(changed | others)
    expected = Occlusion(Square()).attribute(
        image, sliding_window_shapes=(1, 5, 5), strides=(1, 2, 2), baselines=black, target=0
    )
    assert close(found.values, expected[0, 0])


@pytest.mark.parametrize("name", ["lenet5", "resnet20"])
def test_what_captum_has_as_well_is_captums(name):
    model, image = load_trained(name), load_image(137)
    for window, stride in ((5, 2), (6, 5), (14, 2)):
        expected = Occlusion(model).attribute(
            image, sliding_window_shapes=(1, window, window), strides=(1, stride, stride),
            baselines=normalise(torch.zeros_like(image)), target=6, perturbations_per_eval=32,
        )  # fmt: skip
        found = compute_attribution(model, image, 6, "occlusion", window=window, stride=stride)
        assert torch.allclose(found.values, expected[0, 0].float(), atol=1e-4), (window, stride)
    peers = {
        "gradient": Saliency(model),
        "input_x_gradient": InputXGradient(model),
        "guided_backprop": GuidedBackprop(model),
    }
    for method, peer in peers.items():
        signed = {"abs": False} if method == "gradient" else {}
        with left_as_found(model):
            expected = peer.attribute(image.clone().requires_grad_(True), target=6, **signed)
        found = compute_attribution(model, image, 6, method).values
        assert torch.allclose(found, expected[0, 0].detach(), atol=1e-5), method


def load_image(index):
    return normalise(load_sample().images[index].float() / 255)[None, None]


def cover(top, left):
    mask = torch.ones(28, 28)
    mask[top : top + 5, left : left + 5] = 0
    return mask


@pytest.mark.parametrize(
    "method",
    ["gradient", "input_x_gradient", "gradcam", "gradcam_plus_plus", "layercam", "guided_backprop", "deeplift", "lrp"],
)
def test_a_method_of_one_pass_runs_the_network_once(method):
    model, runs = create_model("lenet5").eval(), []
    model.register_forward_hook(lambda _module, inputs, _output: runs.append(len(inputs[0])))
    image = torch.randn(1, 1, 28, 28)
    found = compute_attribution(model, image, 3, method)
    assert runs == [2 if method == "deeplift" else 1]  # DeepLift asks about picture and baseline at once
    with torch.no_grad():
        assert found.score == pytest.approx(float(model(image)[0, 3]), abs=1e-5)


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred", "noise"])
@pytest.mark.parametrize("name", ["lenet5", "alexnet_small", "plain20", "resnet20"])
def test_deeplift_is_complete(name, baseline):
    """Shrikumar et al. 2017, equation 1; with a pooling right behind a ReLU captum alone misses it (its issue 1104)."""
    model, image = create_model(name).eval(), torch.randn(1, 1, 28, 28)
    found = compute_attribution(model, image, 3, "deeplift", baseline=baseline)
    with torch.no_grad():
        difference = float(model(image)[0, 3] - model(make_baseline(image, Settings(baseline=baseline)))[0, 3])
    assert float(found.values.sum()) == pytest.approx(difference, rel=1e-3, abs=1e-4)


def test_a_score_that_stays_is_not_called_a_miss():
    """Black on black: both sums are 0 except for rounding, which is not a share of anything."""
    model = create_model("lenet5").eval()
    black = torch.full((1, 1, 28, 28), (0 - MEAN) / STD)
    found = compute_attribution(model, black + 1e-4, 3, "integrated_gradients")
    assert found.is_complete and found.steps == Settings().steps


def test_deeplift_by_hand():
    """The rescale rule: the slope of a ReLU is what its output gains over what its input gains."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    image, black = torch.randn(1, 1, 3, 3), torch.full((1, 1, 3, 3), (0 - MEAN) / STD)
    at, start = model[1](image.flatten(1))[0], model[1](black.flatten(1))[0]
    slope = (at.relu() - start.relu()) / (at - start)
    expected = ((model[3].weight[1] * slope) @ model[1].weight).view(3, 3) * (image - black)[0, 0]
    assert close(compute_attribution(model, image, 1, "deeplift").values, expected.detach())


class Square(nn.Module):
    """f(x) = sum x^2"""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return (x**2).sum(dim=(1, 2, 3)).unsqueeze(1)


def test_smoothgrad_of_a_square():
    """The gradient is 2 x: the noise remains, with its standard deviation over the root of the number of copies."""
    image = torch.rand(1, 1, 20, 20)
    settings = {"samples": 120, "noise": 0.2}
    found = compute_attribution(Square().eval(), image, 0, "smoothgrad", **settings)
    left = found.values - 2 * image[0, 0]
    expected = 2 * 0.2 * float(image.max() - image.min()) / 120**0.5
    assert float(left.std()) == pytest.approx(expected, rel=0.2)  # by 400 pixels: known to 4 %
    assert abs(float(left.mean())) < 4 * expected / 20
    again = compute_attribution(Square().eval(), image, 0, "smoothgrad", **settings)
    other = compute_attribution(Square().eval(), image, 0, "smoothgrad", seed=1, **settings)
    assert torch.equal(found.values, again.values) and not torch.equal(found.values, other.values)


def test_integrated_gradients_of_a_square_by_hand():
    """The path integral of 2 b + 2 t (x - b) times (x - b) is x^2 - b^2."""
    image, black = torch.randn(1, 1, 3, 3), (0 - MEAN) / STD
    found = compute_attribution(Square().eval(), image, 0, "integrated_gradients", steps=20)
    assert close(found.values, image[0, 0] ** 2 - black**2, 1e-4)


@pytest.mark.parametrize("layer", ["features.1", "features.4"])
def test_gradcam_against_hooks_written_out(layer):
    model, image = create_model("lenet5").eval(), torch.randn(1, 1, 28, 28)
    kept = {}
    module = model.get_submodule(layer)

    def keep(_module, _inputs, output):
        output.retain_grad()
        kept["maps"] = output

    handle = module.register_forward_hook(keep)
    model(image)[0, 5].backward()
    handle.remove()
    model.zero_grad(set_to_none=True)
    weights = kept["maps"].grad.mean(dim=(2, 3), keepdim=True)  # Selvaraju et al. 2017, equation 1
    cam = F.relu((weights * kept["maps"]).sum(dim=1, keepdim=True))  # equation 2
    expected = F.interpolate(cam, (28, 28), mode="bilinear", align_corners=False)[0, 0].detach()
    found = compute_attribution(model, image, 5, "gradcam", layer=layer)
    assert close(found.values, expected) and found.has_evidence == bool(expected.max() > 0)
    assert found.layer == layer and found.layer_size == tuple(cam.shape[2:])


@pytest.mark.parametrize(("layer", "start", "jump", "count"), [("features.1", 0, 1, 28), ("features.4", 4.5, 2, 10)])
def test_gradcam_stands_where_its_units_look(layer, start, jump, count):
    """Linear between the middles of the units; beyond the outermost the map stays as it is there."""
    model, image = create_model("lenet5").eval(), torch.randn(1, 1, 28, 28)
    found = compute_attribution(model, image, 5, "gradcam", layer=layer, grid=((start, jump), (start, jump))).values
    cam = LayerGradCam(model, model.get_submodule(layer)).attribute(image, target=5, relu_attributions=True)
    cam, units = cam[0, 0].detach().numpy(), start + jump * np.arange(count)
    rows = np.stack([np.interp(np.arange(28), units, column) for column in cam.T], axis=1)
    expected = np.stack([np.interp(np.arange(28), units, row) for row in rows])
    assert close(found, torch.from_numpy(expected).float())


@pytest.mark.parametrize("method", [name for name, each in METHODS.items() if each.uses_baseline])
def test_rounding_is_not_stretched_into_a_map(method):
    """A picture that is its own baseline: what is left of the difference is rounding."""
    torch.manual_seed(0)
    model, flat = create_model("lenet5").eval(), torch.full((1, 1, 28, 28), 0.7)
    found = compute_attribution(model, flat, 3, method, baseline="blurred")
    assert found.score == pytest.approx(found.baseline_score, abs=1e-5) and not found.has_evidence
    assert compute_attribution(model, flat, 3, method).has_evidence


def test_gradcam_without_positive_evidence():
    """A positive layer that speaks only against the class: all is cut off, and it says so."""
    model = nn.Sequential()
    model.features = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU())
    model.classifier = nn.Sequential(nn.Flatten(), nn.Linear(2 * SIDE * SIDE, 2))
    with torch.no_grad():
        model.classifier[1].weight.fill_(-1.0)
    found = compute_attribution(model.eval(), torch.rand(1, 1, SIDE, SIDE), 0, "gradcam")
    assert not found.has_evidence and float(found.values.abs().max()) == 0


def test_guided_backprop_by_hand():
    """One hidden ReLU layer: only paths with a positive activation and a positive gradient pass."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    image = torch.randn(1, 1, 3, 3)
    hidden = model[1](image.flatten(1))[0]
    passed = model[3].weight[1].clamp(min=0) * (hidden > 0)
    expected = (passed @ model[1].weight).view(3, 3).detach()
    assert close(compute_attribution(model, image, 1, "guided_backprop").values, expected)


def test_layers_for_gradcam_follow_the_stages():
    assert list(gradcam_layers(create_model("lenet5"))) == ["features.1", "features.4"]
    assert list(gradcam_layers(create_model("resnet20"))) == ["stem.2", "layer1", "layer2", "layer3"]
    assert gradcam_layers(create_model("mlp")) == {}


def test_networks_without_convolution_have_no_gradcam():
    with pytest.raises(NoConvolutionError) as caught:
        compute_attribution(create_model("softmax").eval(), torch.zeros(1, 1, 28, 28), 0, "gradcam")
    assert caught.value.key == "methods.no_convolution"
    assert copy.deepcopy(caught.value).sentence("zh") == caught.value.sentence("zh")  # as from a process of its own


def state_of(model):
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return [
        (module.training, sorted(vars(module)), [dict(getattr(module, hook)) for hook in hooks])
        for module in model.modules()
    ] + [(p.requires_grad, None if p.grad is None else p.grad.clone()) for p in model.parameters()]


@pytest.mark.parametrize("name", ["lenet5", "alexnet_small", "resnet20"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_leaves_the_network_as_found(name, method):
    model, image = create_model(name).eval(), torch.randn(1, 1, 28, 28)
    next(model.parameters()).requires_grad_(False)
    before, pixels, seed = state_of(model), image.clone(), torch.random.get_rng_state()
    found = compute_attribution(model, image, 4, method, steps=4, samples=2, window=14, stride=14)
    assert found.values.shape == (28, 28) and bool(found.values.isfinite().all())
    assert not found.values.requires_grad
    assert state_of(model) == before
    assert torch.equal(image, pixels) and not image.requires_grad and image.grad is None
    assert torch.equal(seed, torch.random.get_rng_state())


class Breaks(nn.Identity):
    """Fails in one of its forward passes, when hooks are set."""

    def __init__(self, fails_in: int, error: type[BaseException]):
        super().__init__()
        self.left, self.error = fails_in, error

    def forward(self, x):
        self.left -= 1
        if not self.left:
            raise self.error("broken on purpose")
        return x


@pytest.mark.parametrize("error", [RuntimeError, NobodyWaitsError])
@pytest.mark.parametrize("method", METHODS)
def test_hooks_are_gone_after_an_exception(method, error):
    """Also where the reader has left, in the first pass and, of a slow method, in a later one."""
    for fails_in in (1, 2, 3) if METHODS[method].is_slow and method != "deeplift" else (1,):
        model = nn.Sequential()
        model.features = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU())
        model.classifier = nn.Sequential(nn.Flatten(), Breaks(fails_in, error), nn.Linear(2 * SIDE * SIDE, 2))
        before = state_of(model.eval())
        with pytest.raises(error, match="broken on purpose"):
            compute_attribution(
                model, torch.randn(1, 1, SIDE, SIDE), 0, method, steps=100, samples=100, window=2, stride=1
            )
        assert model.classifier[1].left == 0
        assert state_of(model) == before


def test_between_two_maps_the_network_is_as_found():
    model, image = create_model("plain20").eval(), torch.randn(1, 1, 28, 28)
    before = state_of(model)
    for method in METHODS:
        maps = refine_attribution(model, image, 4, method, in_parts=True)
        next(maps)
        assert state_of(model) == before and torch.is_grad_enabled(), method
        maps.close()
        assert state_of(model) == before, method


def test_it_is_asked_before_each_pass_whether_to_go_on():
    model, image = create_model("lenet5").eval(), torch.randn(1, 1, 28, 28)
    for method in METHODS:
        with pytest.raises(NobodyWaitsError), asking(lambda: False):
            compute_attribution(model, image, 4, method)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_numbers_that_overflow_give_no_map(method):
    """The picture itself has a score; what is a little brighter or darker has none."""
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU()), nn.Flatten(), nn.Linear(2 * SIDE * SIDE, 3)
    ).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1e36)
    with pytest.raises(NoMapError) as caught:
        compute_attribution(model, torch.ones(1, 1, SIDE, SIDE), 1, method)
    assert caught.value.key == "methods.not_finite"


def test_train_mode_and_nonsense_are_refused(linear, image):
    with pytest.raises(ValueError, match="eval mode"):
        compute_attribution(linear.train(), image, 0, "gradient")
    linear.eval()
    for settings in ({"target": 4}, {"target": -1}, {"target": None}, {"method": "magic"}, {"target": 1.5}):
        with pytest.raises(InputError):
            compute_attribution(linear, image, **{"target": 0, "method": "gradient", **settings})
    for settings in ({"baseline": "white"}, {"steps": 0}, {"steps": float("nan")}):
        with pytest.raises(InputError):
            compute_attribution(linear, image, 0, "integrated_gradients", **settings)
    for settings in ({"window": 0}, {"window": SIDE + 1}, {"stride": 0}):
        with pytest.raises(InputError):
            compute_attribution(linear, image, 0, "occlusion", **settings)


def test_baselines_in_normalised_units():
    image = torch.rand(1, 1, 28, 28)
    assert make_baseline(image, Settings("black")).unique().item() == pytest.approx(-0.2860 / 0.3530)
    assert float(make_baseline(image, Settings("mean")).abs().max()) == 0
    flat = torch.full((1, 1, 28, 28), 0.7)
    assert torch.allclose(make_baseline(flat, Settings("blurred")), flat)
    assert make_baseline(image, Settings("blurred")).std() < 0.3 * image.std()
    noise = make_baseline(image, Settings("noise")) * 0.3530 + 0.2860
    assert noise.min() >= -1e-6 and noise.max() <= 1 + 1e-6 and 0.25 < noise.std() < 0.33
