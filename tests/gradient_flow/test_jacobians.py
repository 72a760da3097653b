"""Singular values against those of `torch.func.jacrev` on PyTorch's own modules, and theory against what is measured."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch

from explorer.gradient_flow.jacobians import count_seeds, measure_jacobians
from explorer.gradient_flow.maths import ACTIVATIONS, INITIALISATIONS, Settings, draw_networks, measure_gradient_norms
from explorer.gradient_flow.theory import compute_expected, compute_moments
from tests.gradient_flow.test_maths import module_stack


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("changes", [{}, {"preactivation": True}, {"block": "linear_ln"}, {"zero_last": True}], ids=str)
def test_singular_values_are_those_of_autograds_jacobian(changes, residual):
    settings = Settings(depth=4, width=5, seeds=3, activation="tanh", initialisation="he", **changes)
    measured, networks = measure_jacobians(settings), draw_networks(settings, range(3))
    found = measured.residual if residual else measured.plain
    for seed in range(3):
        stack, x = module_stack(settings, networks, seed, residual), networks.inputs[seed, 0].double()
        for index, block in enumerate(stack):
            for module, given, part, squares in (
                (block, stack[:index](x), found.blocks, found.blocks_mean_square),
                (stack[: index + 1], x, found.stacks, found.stacks_mean_square),
            ):
                values = torch.linalg.svdvals(torch.func.jacrev(module)(given.detach())).detach()
                expected = torch.stack([values.min(), values.median(), values.max()])
                torch.testing.assert_close(part[seed, index], expected, rtol=1e-6, atol=1e-9)
                assert float(squares[seed, index]) == pytest.approx(float(values.square().mean()), rel=1e-6)


def test_an_orthogonal_linear_stack_keeps_every_length():
    measured = measure_jacobians(
        Settings(depth=30, width=8, initialisation="orthogonal", activation="identity", seeds=3)
    )
    torch.testing.assert_close(measured.plain.stacks, torch.ones(3, 30, 3).double(), rtol=0, atol=1e-4)


def test_a_residual_stack_whose_branches_start_at_zero_is_the_identity_and_a_plain_one_is_nothing():
    for block, preactivation in product(("linear", "linear_ln"), (False, True)):
        settings = Settings(depth=20, width=6, block=block, preactivation=preactivation, zero_last=True, seeds=2)
        measured, norms = measure_jacobians(settings), measure_gradient_norms(settings)
        assert (measured.residual.stacks == 1).all() and (measured.plain.stacks == 0).all()
        assert torch.equal(norms.residual.activations[:, :1].expand(-1, 20), norms.residual.activations)


def test_what_rounding_made_is_nothing():
    """Half of the units of a ReLU layer are off: a plain stack has directions in which nothing passes."""
    stacks = measure_jacobians(Settings(depth=30, seeds=20)).plain.stacks
    assert (stacks[:, -1, 0] == 0).all() and (stacks[:, -1, 2] > 0).any()


def test_the_seeds_are_as_many_as_are_quick():
    assert count_seeds(Settings(seeds=5)) == 5
    assert 1 <= count_seeds(Settings(depth=200, width=64, seeds=10)) < 10


@pytest.mark.parametrize("variance", [0.3, 1.0, 4.0])
def test_moments_have_their_closed_forms(variance):
    """ReLU: half of the variance, and the mean of half a normal curve; none: the variance. tanh is odd."""
    relu, none, tanh = (compute_moments(name, variance) for name in ("relu", "identity", "tanh"))
    assert relu.square == pytest.approx(variance / 2, rel=1e-5) and relu.slope_square == pytest.approx(0.5)
    assert relu.mean == pytest.approx(math.sqrt(variance / (2 * math.pi)), rel=1e-5)
    assert (none.square, none.slope_square) == pytest.approx((variance, 1), rel=1e-5)
    assert tanh.mean == pytest.approx(0, abs=1e-12)
    sigmoid = compute_moments("sigmoid", variance)
    draws = torch.randn(400_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * math.sqrt(variance)
    assert sigmoid.mean == pytest.approx(0.5)
    assert sigmoid.square == pytest.approx(float(torch.sigmoid(draws).square().mean()), rel=0.01)


def test_theory_has_its_closed_forms():
    """He and ReLU keep the mean square (He et al. 2015); the default divides it by 6 in each layer of a plain stack."""
    he = compute_expected(Settings(depth=7, initialisation="he"), has_shortcut=False)
    assert he.activations == pytest.approx([math.sqrt(10)] * 7) and he.stacks == pytest.approx([1] * 7)
    default = compute_expected(Settings(depth=3), has_shortcut=False)
    assert default.blocks == pytest.approx([1 / 6] * 3) and default.stacks[-1] == pytest.approx(1 / 6**3)
    expected = 1.0
    for _ in range(6):
        expected = (expected + 1 / 10) / 6  # weights of variance 1 / 30, a bias of the same, and half of it passes
    assert default.activations[-1] == pytest.approx(math.sqrt(10 * expected))
    residual = compute_expected(Settings(depth=5, activation="identity", initialisation="xavier"), has_shortcut=True)
    assert residual.activations == pytest.approx([math.sqrt(10 * 2**block) for block in range(1, 6)])
    assert residual.stacks == pytest.approx([math.sqrt(2**block) for block in range(1, 6)])
    assert compute_expected(Settings(depth=5), has_shortcut=True).stacks is None  # branches that only add
    assert compute_expected(Settings(depth=2, width=4, block="conv", seeds=1), has_shortcut=True) is None


KINDS_OF_BLOCK = list(product(("linear", "linear_ln"), (False, True)))


@pytest.mark.parametrize("number", range(len(KINDS_OF_BLOCK)))
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_theory_is_what_wide_networks_do(activation, number):
    """Mean squares over networks of width 64, for each activation and each kind of block; initialisations take turns."""
    (block, preactivation), turn = KINDS_OF_BLOCK[number], number + list(ACTIVATIONS).index(activation)
    initialisation = INITIALISATIONS[turn % len(INITIALISATIONS)]
    settings = Settings(2, 64, block, initialisation, activation, 40, preactivation=preactivation)
    norms, jacobians = measure_gradient_norms(settings), measure_jacobians(settings)
    for kind, has_shortcut in (("plain", False), ("residual", True)):
        expected, values = compute_expected(settings, has_shortcut), getattr(jacobians, kind)
        measured = getattr(norms, f"{kind}_double").activations.square().mean(0).sqrt()
        assert measured.tolist() == pytest.approx(expected.activations, rel=0.12)
        assert values.blocks_mean_square.mean(0).sqrt().tolist() == pytest.approx(expected.blocks, rel=0.12)
        if expected.stacks is not None:
            assert values.stacks_mean_square.mean(0).sqrt().tolist() == pytest.approx(expected.stacks, rel=0.12)


def test_the_forward_signal_of_the_tutorials_residual_stack_grows_as_theory_says():
    """Fifty blocks, whose branches end in a ReLU: about a hundred times."""
    norms = measure_gradient_norms(Settings(depth=50, width=64, seeds=20))
    measured = norms.residual_double.activations.square().mean(0).sqrt().tolist()
    expected = compute_expected(norms.settings, has_shortcut=True).activations
    assert measured == pytest.approx(expected, rel=0.05) and expected[-1] > 50 * math.sqrt(64)
