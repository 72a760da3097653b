"""The experiments on pictures: each step of them on small things whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms.functional import rotate

from explorer.claims.chance import is_greater, rank_sum_p, summarise_runs
from explorer.claims.image_experiments import (
    VARIANTS,
    build_variant,
    count_neighbours,
    find_best_kernel,
    find_right,
    rebuild,
    shift,
    shift_in_turn,
    shuffle_pixels,
    turn,
)
from explorer.data import load_sample

PICTURES = load_sample().images[:8, None]


def test_a_shift_moves_and_loses():
    moved = shift(PICTURES, 2, -3)
    assert torch.equal(moved[:, :, 2:, :-3], PICTURES[:, :, :-2, 3:])
    assert int(moved.ne(0).sum()) == int(PICTURES[:, :, :-2, 3:].ne(0).sum())


def test_pictures_are_moved_in_four_directions_in_turn():
    wanted = [(0, 2), (2, 0), (0, -2), (-2, 0)] * 2
    moved = shift_in_turn(PICTURES, 2)
    for one, picture, (down, right) in zip(moved, PICTURES, wanted, strict=True):
        assert torch.equal(one, shift(picture[None], down, right)[0])


@pytest.mark.parametrize("degrees", [30, 90, 180])
def test_a_turn_is_that_of_torchvision(degrees):
    assert torch.equal(turn(PICTURES, degrees), rotate(PICTURES, degrees)) or degrees == 30
    # Bilinear or nearest: the same picture but for the rim.
    assert (turn(PICTURES, degrees).double() - rotate(PICTURES, degrees).double()).abs().mean() < 10


def test_all_pictures_are_shuffled_alike_and_lose_nothing():
    places = torch.arange(784).reshape(1, 1, 28, 28)
    order = shuffle_pixels(places).flatten()
    assert sorted(order.tolist()) == list(range(784)) and order.tolist() != list(range(784))
    assert torch.equal(shuffle_pixels(PICTURES).flatten(1), PICTURES.flatten(1)[:, order])


@pytest.mark.parametrize("name", VARIANTS)
def test_variants_of_lenet_keep_its_maps(name):
    model, own = build_variant(name), build_variant("own")
    assert model.features(torch.zeros(1, 1, 28, 28)).shape == (1, 16, 5, 5)
    count, wanted = (sum(each.numel() for each in one.features.parameters()) for one in (model, own))
    assert 0 <= wanted - count < 20
    poolings = [each for each in model.modules() if isinstance(each, nn.MaxPool2d | nn.AvgPool2d)]
    assert len(poolings) == (0 if name == "strided" else 2)


def test_right_answers_are_those_of_the_logits():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()
    labels = torch.arange(8) % 10
    with torch.no_grad():
        answers = model((PICTURES.float() / 255 - 0.2860) / 0.3530).argmax(1)
    assert torch.equal(find_right(model, PICTURES, labels), answers == labels)


def test_rebuilding_misses_what_least_squares_misses():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(80, 1, 4, 4, generator=generator, dtype=torch.double)
    training, test = pictures[:60], pictures[60:]
    assert rebuild(nn.Identity(), training, test) < 1e-6
    half = nn.AvgPool2d(2)
    known = np.c_[half(training).flatten(1).numpy(), np.ones(60)]
    weights = np.linalg.lstsq(known, training.flatten(1).numpy(), rcond=None)[0]
    rebuilt = np.c_[half(test).flatten(1).numpy(), np.ones(20)] @ weights
    wanted = test.flatten(1).numpy()
    share = ((wanted - rebuilt) ** 2).sum() / ((wanted - training.flatten(1).mean(0).numpy()) ** 2).sum()
    assert rebuild(half, training, test) == pytest.approx(share, rel=1e-3)


def test_the_best_kernel_finds_the_pixel_that_tells_all():
    generator = torch.Generator().manual_seed(0)
    cells = torch.rand(60, 1, 2, 2, generator=generator, dtype=torch.double)
    corner = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=torch.double)
    noise = 0.01 * torch.rand(60, 1, 4, 4, generator=generator, dtype=torch.double)
    kernel = find_best_kernel(torch.kron(cells, corner) + noise, steps=60)[0, 0]
    assert kernel.abs().argmax() == 0 and kernel.abs().flatten()[1:].max() < 0.2 * kernel.abs().max()


def test_neighbours_are_counted():
    features = torch.tensor([[0.0], [5.0], [9.0], [0.1], [5.1], [9.1]])
    assert count_neighbours(features, torch.tensor([0, 1, 2, 0, 1, 1])) == 2


def test_chance_explains_what_random_splits_do():
    # Mann & Whitney 1947, table I: for 5 and 5 runs U = 0 has the one-sided probability .004 and U = 4 has .048.
    assert rank_sum_p([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == pytest.approx(2 / 252)
    assert rank_sum_p([1, 2, 3, 5, 8], [4, 6, 7, 9, 10]) == pytest.approx(2 * 0.048, abs=1e-3)
    assert rank_sum_p([1, 2], [1, 2]) == 1.0
    assert is_greater([6, 7, 8, 9, 10], [0, 2, 3, 4, 5]) and not is_greater([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert not is_greater([1, 3, 5, 7, 9], [2, 4, 4.5, 6, 7])


def test_runs_are_summed_up():
    assert summarise_runs(own=[3.0, 1.0, 8.0]) == {"own": 3.0, "own_least": 1.0, "own_most": 8.0}
