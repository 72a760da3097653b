"""Root mean square and largest singular value of convolutional stacks against the whole Jacobian of PyTorch's own modules."""

from __future__ import annotations

import pytest
import torch

from explorer.errors import InputError
from explorer.gradient_flow import conv_jacobians, maths
from explorer.gradient_flow.conv_jacobians import measure_conv_jacobians
from explorer.gradient_flow.maths import Settings, draw_networks
from tests.gradient_flow.test_maths import module_stack


@pytest.fixture
def small_maps(monkeypatch):
    """Maps so small that the whole Jacobian can be written down, and many directions."""
    monkeypatch.setattr(maths, "MAP_SIZE", 4)
    monkeypatch.setattr(maths, "BATCH_SIZE", 3)
    monkeypatch.setattr(conv_jacobians, "PROBES", 600)
    monkeypatch.setattr(conv_jacobians, "BLOCK_PROBES", 600)
    measure_conv_jacobians.cache_clear()
    yield
    measure_conv_jacobians.cache_clear()


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("block", ["conv", "conv_bn", "conv_ln"])
def test_root_mean_square_and_largest_are_those_of_the_whole_jacobian(block, residual, small_maps):
    settings = Settings(depth=3, width=2, block=block, seeds=1, activation="tanh", initialisation="he")
    measured, networks = measure_conv_jacobians(settings), draw_networks(settings, range(1))
    found = measured.residual if residual else measured.plain
    stack, x = module_stack(settings, networks, 0, residual), networks.inputs[0].double()

    def values_of(module, given: torch.Tensor) -> torch.Tensor:
        jacobian = torch.autograd.functional.jacobian(module, given.detach())
        return torch.linalg.svdvals(jacobian.reshape(x.numel(), -1))

    for index, module in enumerate(stack):
        alone, through = values_of(module, stack[:index](x)), values_of(stack[: index + 1], x)
        assert float(found.blocks[index]) == pytest.approx(float(alone.square().mean().sqrt()), rel=0.03)
        assert float(found.stacks[index]) == pytest.approx(float(through.square().mean().sqrt()), rel=0.06)
        if index + 1 in settings.depths:
            largest = found.blocks_largest[settings.depths.index(index + 1)]
            assert float(largest) == pytest.approx(float(alone[0]), rel=0.01)
    assert found.stacks_largest == pytest.approx(float(through[0]), rel=0.01)


@pytest.mark.parametrize("zero_last", [False, True])
@pytest.mark.parametrize("preactivation", [False, True])
@pytest.mark.parametrize("block", ["conv", "conv_bn", "conv_ln"])
def test_each_block_is_linearised_as_pytorch_does(block, preactivation, zero_last):
    settings = Settings(3, 2, block, "he", "tanh", seeds=1, preactivation=preactivation, zero_last=zero_last)
    both = maths.put_side_by_side(settings, draw_networks(settings, range(1)), torch.float64)
    x, generator = both.inputs, torch.Generator().manual_seed(1)
    for weights in both.weights:
        block_of = conv_jacobians._Block(settings, weights, both.has_shortcut, x)
        direction = torch.randn(x.shape, generator=generator, dtype=torch.float64)

        def run(given: torch.Tensor, weights=weights) -> torch.Tensor:
            return maths.run_block(settings, weights, None, given, both.has_shortcut)

        output, expected = torch.autograd.functional.jvp(run, x, direction)
        torch.testing.assert_close(block_of.forward(direction), expected)
        _, back = torch.autograd.functional.vjp(run, x, direction)
        torch.testing.assert_close(block_of.backward(direction), back)
        x = output.detach()


@pytest.mark.parametrize("preactivation", [False, True])
def test_branches_that_start_at_zero_leave_the_identity(preactivation):
    settings = Settings(4, 2, "conv_bn", "he", "identity", seeds=1, preactivation=preactivation, zero_last=True)
    measured = measure_conv_jacobians(settings)
    ones = torch.ones(4, dtype=torch.float64)
    for values in (measured.residual.blocks, measured.residual.stacks, measured.residual.blocks_largest):
        torch.testing.assert_close(values, ones[: len(values)])
    assert measured.residual.stacks_largest == pytest.approx(1)
    assert measured.plain.stacks_largest == 0 and (measured.plain.stacks == 0).all()


def test_a_network_that_would_take_too_long_is_refused():
    with pytest.raises(InputError) as caught:
        measure_conv_jacobians(Settings(depth=50, width=17, block="conv", seeds=1))
    assert caught.value.key == "gradient_flow.jacobian_large" and caught.value.sentence("zh")
