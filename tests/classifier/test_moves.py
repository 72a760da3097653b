"""What is done to a picture, against scipy-free references: torchvision, rolled arrays, autograd by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torchvision.transforms.v2.functional as TF
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.transforms import InterpolationMode

from explorer.classifier.moves import Moves, attack_picture, move_picture, shift_picture
from explorer.data import MEAN, STD, load_sample

CLOTHES = load_sample().images[::20].float() / 255


def test_nothing_is_changed_by_default():
    assert torch.equal(move_picture(CLOTHES, Moves()), CLOTHES)


@given(right=st.integers(-27, 27), down=st.integers(-27, 27))
@settings(max_examples=30, deadline=None)
def test_a_move_is_that_of_rolled_rows(right, down):
    expected = torch.zeros_like(CLOTHES)
    for row in range(28):
        for column in range(28):
            if 0 <= row - down < 28 and 0 <= column - right < 28:
                expected[:, row, column] = CLOTHES[:, row - down, column - right]
    assert torch.equal(shift_picture(CLOTHES, right, down), expected)


@given(degrees=st.floats(-180, 180), scale=st.floats(0.5, 1.5), right=st.integers(-10, 10), down=st.integers(-10, 10))
@settings(max_examples=40, deadline=None)
def test_turned_scaled_and_moved_as_torchvision_does(degrees, scale, right, down):
    moved = move_picture(CLOTHES, Moves(scale=scale, degrees=degrees, right=right, down=down))
    expected = TF.affine(
        CLOTHES,
        angle=degrees,
        translate=[right, down],
        scale=scale,
        shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    if scale == 1 and abs(degrees) < 1e-3:
        return
    assert torch.allclose(moved, expected, atol=2e-4)


@pytest.mark.parametrize(("degrees", "turns"), [(90, -1), (180, 2), (-90, 1)])
def test_a_quarter_turn_moves_pixels_as_they_are(degrees, turns):
    assert torch.allclose(move_picture(CLOTHES, Moves(degrees=degrees)), CLOTHES.rot90(turns, (1, 2)), atol=1e-4)


@pytest.mark.parametrize("deviation", [0.5, 1.0, 2.5])
def test_a_blur_is_torchvisions_inside(deviation):
    reach = int(-(-3 * deviation // 1))
    blurred = move_picture(CLOTHES, Moves(blur=deviation))
    padded = torch.nn.functional.pad(CLOTHES, (reach,) * 4)
    expected = TF.gaussian_blur(padded[:, None], [2 * reach + 1] * 2, [deviation] * 2)[:, 0, reach:-reach, reach:-reach]
    assert torch.allclose(blurred, expected, atol=1e-5)


def test_darkness_noise_and_covers():
    assert torch.allclose(move_picture(CLOTHES, Moves(darken=0.25)), 0.75 * CLOTHES)
    weak, strong = (move_picture(CLOTHES, Moves(noise=each)) for each in (0.1, 0.2))
    inside = (strong > 0) & (strong < 1) & (weak > 0) & (weak < 1)
    assert torch.allclose((strong - CLOTHES)[inside], 2 * (weak - CLOTHES)[inside], atol=1e-5)
    assert 0.09 < (weak - CLOTHES)[inside].std() / 0.6 < 0.2  # cut at black, half of it is lost
    covered = move_picture(CLOTHES + 1, replace(Moves(), covered=frozenset({(0, 3), (27, 27)})))
    assert covered[:, 0, 3].eq(0).all() and covered[:, 27, 27].eq(0).all() and covered.eq(0).sum() == 2 * len(CLOTHES)
    assert (CLOTHES + 1).min() == 1, "the picture itself stays"


def test_the_attack_of_a_linear_network_is_its_closed_form():
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).double().eval()
    pixels, label = CLOTHES[:1].double() * 0.5 + 0.2, 3
    logits = model(((pixels - MEAN) / STD)[:, None])
    weight = model[1].weight.detach()
    # d loss / d x = W^T (p - onehot) / STD
    error = torch.softmax(logits.detach(), 1)[0] - torch.eye(10, dtype=torch.float64)[label]
    expected = (pixels + 0.1 * (error @ weight).view(1, 28, 28).sign()).clamp(0, 1)
    attacked = attack_picture(model, pixels, label, 0.1)
    assert torch.allclose(attacked, expected)
    assert all(each.grad is None for each in model.parameters())
    assert attack_picture(model, pixels, label, 0.0) is pixels
