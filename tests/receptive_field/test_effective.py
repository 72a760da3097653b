"""The effective field against closed forms, and that the network is left as found."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
import torch
from torch import nn

from explorer.data import fit_images, load_sample
from explorer.errors import InputError
from explorer.models.networks import find_network
from explorer.receptive_field.effective import (
    SHARES,
    choose_images,
    compute_side,
    copy_with_weights,
    draw_random_network,
    measure_gradient_mass,
    measure_in_parts,
    prepare_images,
)


def box_stack(depth: int, kernel_size: int) -> nn.Sequential:
    layers = [nn.Conv2d(1, 1, kernel_size, bias=False) for _ in range(depth)]
    for layer in layers:
        nn.init.ones_(layer.weight)
    return nn.Sequential(*layers)


def test_a_stack_of_2x2_boxes_gives_the_binomial_distribution():
    depth = 6
    mass = measure_gradient_mass(box_stack(depth, 2), torch.rand(1, 1, depth + 1, depth + 1), "5", (0, 0))[0]
    binomial = np.array([comb(depth, tap) for tap in range(depth + 1)], dtype=float)
    np.testing.assert_allclose(mass, np.outer(binomial, binomial))


def test_a_stack_of_3x3_boxes_gives_the_box_convolved_with_itself():
    counts = np.ones(1)
    for _ in range(4):
        counts = np.convolve(counts, np.ones(3))
    mass = measure_gradient_mass(box_stack(4, 3), torch.rand(2, 1, 9, 9), "3", (0, 0))
    np.testing.assert_allclose(mass, np.broadcast_to(np.outer(counts, counts), (2, 9, 9)))


def test_one_convolution_gives_the_magnitude_of_its_weights():
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 3, 3, padding=1)
    mass = measure_gradient_mass(nn.Sequential(conv), torch.rand(1, 2, 7, 7), "0", (2, 4))[0]
    wanted = torch.zeros(7, 7, dtype=torch.float64)
    # The unit is the sum over the three channels out; both channels of the image are added.
    wanted[1:4, 3:6] = conv.weight.detach().sum(0).abs().sum(0).double()
    torch.testing.assert_close(mass, wanted)


def test_a_relu_lets_through_only_what_is_on():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), box_stack(1, 3)[0])
    nn.init.ones_(network[0].weight)
    image = torch.tensor([[1.0, -1, 1], [-1, 1, -1], [1, -1, 1]])[None, None]
    mass = measure_gradient_mass(network, image, "2", (0, 0))[0]
    np.testing.assert_array_equal(mass, (image[0, 0] > 0).double())


def test_sides_of_known_masses():
    uniform = np.full((9, 9), 1 / 81)
    assert [compute_side(uniform, (4, 4), share) for share in (1 / 81, 0.1, 9 / 81, 0.5, 0.99, 1)] == [1, 3, 3, 7, 9, 9]
    corner = np.zeros((8, 8))
    corner[0, 7] = 1
    assert compute_side(corner, (3.5, 3.5), 0.2) == 8
    assert compute_side(corner, (0, 7), 0.99) == 1
    even = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    assert compute_side(even, (1.5, 1.5), 36 / 64) == 2
    assert compute_side(even, (1.5, 1.5), 37 / 64) == 4


def test_sides_of_a_deep_box_stack_grow_like_the_root_of_depth():
    # Luo et al. 2016: the standard deviation of the n-fold box is sqrt(2 n / 3); 4 times the depth doubles it.
    sides = []
    for depth in (8, 32):
        size = 2 * depth + 1
        (field,) = measure_in_parts(
            lambda _, depth=depth: box_stack(depth, 3),
            torch.rand(1, 1, size, size),
            str(depth - 1),
            (0, 0),
            (depth, depth),
            1,
        )
        assert field.mass.sum() == pytest.approx(1)
        sides.append(field.sides[2])
    assert 1.8 <= sides[1] / sides[0] <= 2.2
    assert sides[1] < 0.5 * 65


def test_parts_add_up_to_the_whole_and_silent_images_do_not_count():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Conv2d(1, 2, 3))
    nn.init.ones_(network[0].weight)
    images = torch.rand(7, 1, 5, 5) + 0.1
    images[3] = -1
    arguments = (lambda _: network, images, "2", (1, 1), (2.0, 2.0))
    parts = list(measure_in_parts(*arguments, 2))
    (whole,) = measure_in_parts(*arguments, 7)
    assert [part.num_images + part.num_silent for part in parts] == [2, 4, 6, 7]
    assert (parts[-1].num_images, parts[-1].num_silent) == (whole.num_images, whole.num_silent) == (6, 1)
    np.testing.assert_allclose(parts[-1].mass, whole.mass)
    assert parts[-1].sides == whole.sides == tuple(sorted(whole.sides)) and len(whole.sides) == len(SHARES)


@pytest.mark.parametrize("unit", [(0, 0), (9, 0)])
def test_the_network_is_left_as_found(unit):
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3)).train()
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    images = torch.rand(3, 1, 8, 8)
    kept = images.clone()
    if unit == (0, 0):
        measure_gradient_mass(network, images, "3", unit)
    else:
        with pytest.raises(InputError):
            measure_gradient_mass(network, images, "3", unit)
    assert [module.training for module in network.modules()] == modes
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(images, kept) and images.grad is None and not images.requires_grad


def test_random_networks_leave_the_generator_alone_and_repeat():
    state = torch.random.get_rng_state()
    first, again, other = (draw_random_network("lenet5", seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    weights = [next(network.parameters()) for network in (first, again, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def test_the_trained_lenet_keeps_within_its_theoretical_field():
    assert find_network("lenet5").has_weights and not find_network("torchvision/resnet18").has_weights
    images = prepare_images(load_sample().images[::40], "lenet5", 28)
    trained = copy_with_weights("lenet5")
    *_, field = measure_in_parts(lambda _: trained, images, "features.3", (5, 5), (14.5, 14.5), 5)
    assert field.mass[8:22, 8:22].sum() == pytest.approx(1)
    assert 1 <= field.sides[0] <= field.sides[1] <= field.sides[2] <= field.sides[3] <= 14


def test_images_at_another_size():
    images = torch.rand(2, 28, 28)
    assert torch.equal(fit_images(images, 56)[:, ::2, ::2], images)
    torch.testing.assert_close(fit_images(images, 14).mean(), images.mean(), atol=0.02, rtol=0)
    assert prepare_images(load_sample().images[:2], "torchvision/resnet18", 64).shape == (2, 3, 64, 64)
    assert choose_images(4, 200) == [0, 50, 100, 150]
    for bad in (0, 201, None, 2.5):
        with pytest.raises(InputError):
            choose_images(bad, 200)
