"""Gradient norms against plain loops of modules as the tutorial writes them, closed forms and the measured table."""

from __future__ import annotations

import math
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from explorer.errors import InputError
from explorer.gradient_flow import maths
from explorer.gradient_flow.maths import Settings, compute_spread, measure_gradient_norm, measure_gradient_norms


def tutorial_norms(residual: bool, depth: int, seed: int, dtype: torch.dtype = torch.float32) -> list[float]:
    """Norm for every block's first weight, by modules one after another: the tutorial's section 8.2."""
    torch.manual_seed(seed)
    blocks = [nn.Sequential(nn.Linear(10, 10), nn.ReLU(), nn.Linear(10, 10), nn.ReLU()) for _ in range(depth)]
    x = torch.randn(1, 10).to(dtype)
    for block in blocks:
        branch = block.to(dtype)(x)
        x = branch + x if residual else branch
    x.sum().backward()
    return [block[0].weight.grad.norm().item() for block in blocks]


@pytest.fixture(autouse=True)
def _same_generator_afterwards():
    with torch.random.fork_rng():
        yield


@pytest.mark.parametrize("residual", [False, True])
def test_every_block_agrees_with_the_tutorials_modules(residual):
    norms = measure_gradient_norms(Settings(depth=12, seeds=5, first_seed=3))
    single, double = (norms.residual, norms.residual_double) if residual else (norms.plain, norms.plain_double)
    for index in range(5):
        expected = torch.tensor(tutorial_norms(residual, 12, 3 + index), dtype=torch.float64)
        torch.testing.assert_close(single.blocks[index], expected, rtol=1e-3, atol=0)
        expected = torch.tensor(tutorial_norms(residual, 12, 3 + index, torch.float64), dtype=torch.float64)
        torch.testing.assert_close(double.blocks[index], expected, rtol=1e-9, atol=0)


def test_the_tutorials_function_gives_the_tutorials_number():
    for model_class, residual in ((maths.WithResidual, True), (maths.WithoutResidual, False)):
        torch.manual_seed(7)
        assert measure_gradient_norm(model_class, num_blocks=10) == pytest.approx(tutorial_norms(residual, 10, 7)[0])
    torch.manual_seed(0)
    assert measure_gradient_norm(maths.WithoutResidual) == 0.0
    with pytest.raises(ValueError):
        measure_gradient_norm(maths.WithResidual, num_blocks=0)


# Medians that another program measured over 100 other draws; the tolerance is a factor.
TABLE = [
    ("default", 1, 2.95, 2.95, 1.25),
    ("default", 2, 0.33, 2.9, 1.5),
    ("default", 5, 8e-4, 3.1, 1.8),
    ("default", 20, 4e-17, 10, 3),
    ("default", 50, 0, 170, 1.6),
    ("he", 1, 6.9, 6.9, 1.3),
    ("he", 10, 1.0, 664, 2.5),
    ("he", 50, 1e-6, 7e10, 8),
]


@pytest.mark.parametrize(("initialisation", "depth", "plain", "residual", "factor"), TABLE)
def test_the_measured_table_is_reproduced(initialisation, depth, plain, residual, factor):
    norms = measure_gradient_norms(Settings(depth=depth, initialisation=initialisation, seeds=100))
    for flow, expected in ((norms.plain, plain), (norms.residual, residual)):
        median = compute_spread(flow.first_block).median[-1].item()
        assert median == pytest.approx(expected, abs=0) or 1 / factor < median / expected < factor


def test_underflow_and_dead_layers_are_told_apart():
    norms = measure_gradient_norms(Settings(depth=50, seeds=100))
    assert (norms.plain.first_block[:, -1] == 0).sum() == 100
    dead = (norms.plain_double.first_block[:, -1] == 0).sum().item()
    # A layer of ten units is dead with probability about 2^-10, and there are 100 layers: about 10 seeds of 100.
    assert 2 <= dead <= 22
    assert 1e-46 < compute_spread(norms.plain_double.first_block).median[-1] < 1e-41


def test_float64_norms_do_not_underflow_when_entries_are_squared():
    """A chain of one unit a layer: its gradient is a product, here summed in logarithms."""
    settings = Settings(depth=200, width=1, activation="identity", seeds=20)
    networks = maths.draw_networks(settings, range(20))
    flow = measure_gradient_norms(settings).plain_double
    logs = networks.weights.double().abs().log10()[..., 0, 0]  # (depth, 2, S)
    outputs = networks.inputs[:, 0, 0].double().abs().log10()
    expected = logs.sum((0, 1)) - logs[0, 0] + outputs
    assert expected.min() < -165, "else the test proves nothing"
    torch.testing.assert_close(flow.first_block[:, -1].log10(), expected, rtol=1e-9, atol=1e-9)


def test_float64_norms_keep_what_is_not_finite():
    gradients = torch.tensor([[3.0, 4.0], [0.0, 0.0], [math.inf, 1.0], [math.nan, 1.0]]).double()
    assert maths._norm(gradients[:2]).tolist() == [5.0, 0.0] and maths._norm(gradients[2:3]).item() == math.inf
    assert maths._norm(gradients[3:4]).isnan().all()
    large = torch.tensor([[3e200, 4e200]], dtype=torch.float64)
    assert maths._norm(large).item() == pytest.approx(5e200)


def test_overflow_is_counted():
    norms = measure_gradient_norms(Settings(depth=100, initialisation="he", seeds=50))
    spread = compute_spread(norms.residual.first_block)
    assert spread.num_not_finite[-1] >= 40
    assert spread.median[-1] == math.inf
    assert compute_spread(norms.residual_double.first_block).num_not_finite[-1] == 0


def test_a_chain_of_width_one_has_the_product_of_its_factors():
    settings = Settings(depth=6, width=1, activation="identity", initialisation="he", seeds=3)
    networks = maths.draw_networks(settings, range(3))
    norms = measure_gradient_norms(settings)
    first, second = networks.weights.double().flatten(3).squeeze(-1).unbind(1)  # (depth, S), no biases
    x = networks.inputs.double().flatten()
    for flow, shortcut in ((norms.plain_double, 0.0), (norms.residual_double, 1.0)):
        factors = first * second + shortcut
        for block in range(6):
            # d(last)/d(first weight of this block) = what enters x second weight x factors of the later blocks
            expected = x * factors[:block].prod(0) * second[block] * factors[block + 1 :].prod(0)
            torch.testing.assert_close(flow.blocks[:, block], expected.abs(), rtol=1e-9, atol=0)


class ConvBlock(nn.Module):
    """Figure 2 of He et al. 2015 with and without normalisation, from given weights."""

    def __init__(self, first, second, normalise, residual):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(len(first), len(first), 3, padding=1, bias=False) for _ in range(2))
        for conv, weight in zip(self.convs, (first, second), strict=True):
            conv.weight.data = weight.clone()
        self.norms = nn.ModuleList(nn.BatchNorm2d(len(first)) if normalise else nn.Identity() for _ in range(2))
        self.residual = residual

    def forward(self, x):
        branch = self.norms[1](self.convs[1](torch.relu(self.norms[0](self.convs[0](x)))))
        return torch.relu(branch + x if self.residual else branch)


@pytest.mark.parametrize("block", ["conv", "conv_bn"])
@pytest.mark.parametrize("residual", [False, True])
def test_convolutions_agree_with_modules(block, residual):
    settings = Settings(depth=3, width=4, block=block, initialisation="he", seeds=2)
    norms = measure_gradient_norms(settings)
    networks = maths.draw_networks(settings, range(2))
    for seed in range(2):
        stack = nn.Sequential(
            *(ConvBlock(first[seed], second[seed], block == "conv_bn", residual) for first, second in networks.weights)
        ).double()
        (stack(networks.inputs[seed].double()) * networks.readout[seed]).sum().backward()
        expected = torch.stack([layer.convs[0].weight.grad.norm() for layer in stack])
        flow = norms.residual_double if residual else norms.plain_double
        torch.testing.assert_close(flow.blocks[seed], expected, rtol=1e-9, atol=0)


def module_block(settings: Settings, weights, biases, residual: bool) -> nn.Module:
    """A block of PyTorch's own modules with given weights: (w, w) and (w,), or (w, w, 3, 3)."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            width = settings.width
            layers = [nn.Linear(width, width) if biases is not None else nn.Conv2d(width, width, 3, padding=1, bias=False)
                      for _ in range(2)]  # fmt: skip
            self.layers = nn.ModuleList(layers)
            kinds = {"linear": nn.Identity, "conv": nn.Identity, "linear_ln": lambda: nn.LayerNorm(width),
                     "conv_bn": lambda: nn.BatchNorm2d(width), "conv_ln": lambda: nn.GroupNorm(1, width)}  # fmt: skip
            self.norms = nn.ModuleList(kinds[settings.block]() for _ in range(2))
            for index, layer in enumerate(self.layers):
                layer.weight.data = weights[index].clone()
                if biases is not None:
                    layer.bias.data = biases[index].clone()
            last = self.norms[1] if settings.normalisation and not settings.preactivation else self.layers[1]
            if settings.zero_last:
                for parameter in last.parameters():
                    nn.init.zeros_(parameter)

        def forward(self, x):
            (first, second), (norm, next_norm) = self.layers, self.norms
            f = maths.ACTIVATIONS[settings.activation]
            shortcut = x if residual else 0
            if settings.preactivation:
                return second(f(next_norm(first(f(norm(x)))))) + shortcut
            branch = next_norm(second(f(norm(first(x)))))
            return f(branch) + shortcut if biases is not None else f(branch + shortcut)

    return Block()


def module_stack(settings: Settings, networks: maths.Networks, seed: int, residual: bool) -> nn.Sequential:
    biases = networks.biases if networks.biases is not None else [None] * settings.depth
    return nn.Sequential(
        *(module_block(settings, weights[:, seed], None if bias is None else bias[:, seed], residual)
          for weights, bias in zip(networks.weights, biases, strict=True))
    ).double()  # fmt: skip


@pytest.mark.parametrize("zero_last", [False, True])
@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("block", maths.BLOCKS)
def test_every_kind_of_block_is_that_of_modules(block, preactivation, zero_last):
    """Every norm, of plain and residual networks, beside a loop over PyTorch's own modules."""
    settings = Settings(3, 4, block, "xavier", "gelu", 2, preactivation=preactivation, zero_last=zero_last)
    norms, networks = measure_gradient_norms(settings), maths.draw_networks(settings, range(2))
    for seed, residual in ((0, False), (1, True)):
        flow = norms.residual_double if residual else norms.plain_double
        stack, x, outputs = module_stack(settings, networks, seed, residual), networks.inputs[seed].double(), []
        for each in stack:
            x = each(x)
            outputs.append(x.requires_grad_())
        score = (x * networks.readout[seed]).sum()
        first = [each.layers[0].weight for each in stack]
        gradients = torch.autograd.grad(score, [*first, *outputs], allow_unused=True)
        lengths = [0.0 if each is None else float(each.detach().norm()) for each in (*gradients, *outputs)]
        for found, expected in zip(
            (flow.blocks, flow.backward, flow.activations), torch.tensor(lengths).chunk(3), strict=True
        ):
            torch.testing.assert_close(found[seed], expected.double(), rtol=1e-5, atol=1e-12)
        is_silent = zero_last and (flow.blocks == 0).all()
        assert is_silent == zero_last


def test_batched_seeds_are_those_of_a_loop():
    """To 1e-5, as float32 can: each seed by itself, by the same modules."""
    settings = Settings(depth=10, seeds=4, block="linear_ln", activation="tanh")
    norms, networks = measure_gradient_norms(settings), maths.draw_networks(settings, range(4))
    for seed in range(4):
        for residual, flow in ((False, norms.plain), (True, norms.residual)):
            stack = module_stack(settings, networks, seed, residual).float()
            stack(networks.inputs[seed]).sum().backward()
            expected = torch.stack([each.layers[0].weight.grad.norm() for each in stack]).double()
            torch.testing.assert_close(flow.blocks[seed], expected, rtol=1e-5, atol=1e-5 * expected.max().item())


def test_plain_nets_with_batch_normalisation_explode():
    norms = measure_gradient_norms(Settings(depth=28, width=8, block="conv_bn", seeds=2))
    plain, residual = (flow.first_block.median(0).values for flow in (norms.plain, norms.residual))
    assert plain[-1] > 1000 * plain[0]
    assert residual[-1] < 100 * residual[0]


def test_first_block_against_depth_matches_separate_stacks():
    settings = Settings(depth=10, seeds=2)
    norms = measure_gradient_norms(settings)
    assert settings.depths == (1, 2, 5, 10)
    networks = maths.draw_networks(settings, range(2))
    for column, depth in enumerate(settings.depths):
        weights = networks.weights[:depth, :, 0].double()
        first = weights[0, 0].clone().requires_grad_()
        x = networks.inputs[0].double()
        for index in range(depth):
            hidden = torch.relu(x @ (first if index == 0 else weights[index, 0]).T + networks.biases[index, 0, 0])
            x = x + torch.relu(hidden @ weights[index, 1].T + networks.biases[index, 1, 0])
        (gradient,) = torch.autograd.grad(x.sum(), first)
        assert norms.residual_double.first_block[0, column].item() == pytest.approx(gradient.norm().item())


@pytest.mark.parametrize("initialisation", maths.INITIALISATIONS)
def test_initialisations_have_their_deviation(initialisation):
    weights = maths.draw_networks(Settings(50, 20, "linear", initialisation, seeds=2), range(2)).weights
    deviation = {"default": 1 / math.sqrt(3 * 20), "he": math.sqrt(2 / 20), "xavier": math.sqrt(1 / 20)}
    assert weights.std().item() == pytest.approx(deviation.get(initialisation, math.sqrt(1 / 20)), rel=0.03)
    if initialisation == "orthogonal":
        identity = torch.eye(20).expand(weights.shape)
        torch.testing.assert_close(weights @ weights.mT, identity, rtol=0, atol=1e-5)


@pytest.mark.parametrize("block", ["linear", "conv_bn"])
def test_same_seed_same_numbers_and_nothing_left_behind(block):
    settings = Settings(depth=4, width=3, block=block, seeds=3)
    state, dtype = torch.random.get_rng_state(), torch.get_default_dtype()
    with torch.inference_mode():
        *_, first = maths.measure_in_parts(settings)
    torch.set_default_dtype(torch.float64)
    try:
        *_, second = maths.measure_in_parts(settings)
        *_, later = maths.measure_in_parts(Settings(depth=4, width=3, block=block, seeds=1, first_seed=2))
    finally:
        torch.set_default_dtype(dtype)
    assert torch.equal(first.plain.blocks, second.plain.blocks)
    torch.testing.assert_close(later.residual.blocks[0], first.residual.blocks[2])
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.is_grad_enabled()


def test_a_measurement_in_parts_is_the_same_and_grows():
    settings = Settings(depth=6, width=4, block="conv", seeds=40)
    assert not settings.is_light
    parts = list(maths.measure_in_parts(settings))
    assert [part.seeds_done for part in parts] == sorted({part.seeds_done for part in parts})
    assert len(parts) > 1
    assert parts[-1].seeds_done == 40


def test_spread_keeps_what_is_not_finite():
    norms = torch.tensor([[0.0, math.nan], [1.0, 2.0], [3.0, math.inf], [0.0, 5.0]], dtype=torch.float64)
    spread = compute_spread(norms)
    assert spread.num_zero.tolist() == [2, 0]
    assert spread.num_not_finite.tolist() == [0, 2]
    assert spread.median.tolist() == [0.0, 5.0]
    assert spread.high.tolist() == [3.0, math.inf]


@pytest.mark.parametrize("value", [0, -1, 1e9, 2.5, "abc", None, math.nan, True, maths.MAX_DEPTH + 1])
@pytest.mark.parametrize("name", ["depth", "seeds", "width"])
def test_impossible_settings_are_named_in_both_languages(name, value):
    if name == "seeds" and value == maths.MAX_DEPTH + 1:
        value = maths.MAX_SEEDS + 1
    with pytest.raises(InputError) as caught:
        Settings(**{name: value})
    assert caught.value.values["name"] == f"gradient_flow.{name}"
    assert caught.value.sentence("en") != caught.value.sentence("zh")


@pytest.mark.parametrize(
    "settings",
    [
        {"block": "lstm"},
        {"activation": None},
        {"initialisation": "zeros"},
    ],
)
def test_unknown_choices_are_refused(settings):
    with pytest.raises(InputError) as caught:
        Settings(**settings)
    assert caught.value.sentence("zh")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"depth": 200, "width": 64, "seeds": 500}, "too_much_work"),
        ({"depth": 20, "width": 8, "block": "conv", "seeds": 500}, "too_much_work"),
        ({"depth": 50, "width": 24, "block": "conv", "seeds": 1}, "too_large_network"),
        ({"depth": 200, "width": 64, "block": "conv", "seeds": 500}, "too_large_network"),
    ],
)
def test_too_much_work_is_refused_with_what_would_help(settings, key):
    """Fewer seeds help where the work is too much, and never where one network is too large."""
    with pytest.raises(InputError) as caught:
        Settings(**settings)
    assert caught.value.key == f"gradient_flow.{key}"
    with nullcontext() if key == "too_much_work" else pytest.raises(InputError):
        Settings(**{**settings, "seeds": 1})


def test_inplace_relu_fails_only_where_its_input_is_still_needed():
    outcomes = {case.name: case.outcome for case in maths.measure_inplace_relu()}
    assert outcomes == {
        "before_addition": "same",
        "after_addition": "same",
        "after_batch_norm": "same",
        "on_block_input": "different",
        "on_saved_input": "error",
        "on_saved_output": "error",
    }
