"""Random changes to images, each against a loop over images and pixels."""

from __future__ import annotations

import pytest
import torch

from explorer.training.augmentation import (
    augment,
    augment_with_targets,
    crop_images,
    draw_rectangles,
    erase_images,
    flip_images,
    mark_rectangles,
    mix_images,
)
from explorer.training.recipe import Recipe


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return torch.randint(0, 256, (10, 1, 28, 28), dtype=torch.uint8, generator=seeded())


def test_flip_against_a_loop(images):
    flipped = torch.tensor([True, False] * 5)
    out = flip_images(images, flipped)
    for number in range(10):
        for column in range(28):
            source = 27 - column if number % 2 == 0 else column
            assert torch.equal(out[number, 0, :, column], images[number, 0, :, source])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("padding", [1, 2, 4])
def test_crop_against_a_loop(channels, padding):
    generator = torch.Generator().manual_seed(padding)
    images = torch.randint(1, 256, (6, channels, 7, 5), dtype=torch.uint8, generator=generator)
    tops, lefts = torch.randint(0, 2 * padding + 1, (2, 6), generator=generator)
    out = crop_images(images, tops, lefts, padding)
    for n in range(6):
        for row in range(7):
            for column in range(5):
                y, x = row + int(tops[n]) - padding, column + int(lefts[n]) - padding
                inside = 0 <= y < 7 and 0 <= x < 5
                expected = images[n, :, y, x] if inside else torch.zeros(channels, dtype=torch.uint8)
                assert torch.equal(out[n, :, row, column], expected)


def test_augmentation_reaches_every_offset_and_both_sides():
    image = torch.zeros(1, 1, 9, 9, dtype=torch.uint8)
    image[0, 0, 4, 4], image[0, 0, 4, 5] = 1, 2  # a dot, and another that tells left from right
    recipe = Recipe(epochs=1, flip=True, crop_padding=2)
    out = augment(image.expand(2000, -1, -1, -1), recipe, torch.Generator().manual_seed(0))
    dots = {tuple(place) for place in (out[:, 0] == 1).nonzero()[:, 1:].tolist()}
    assert dots == {(row, column) for row in range(2, 7) for column in range(2, 7)}
    mirrored = (out[:, 0, :, :-1] == 2) & (out[:, 0, :, 1:] == 1)
    assert mirrored.any((1, 2)).float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_no_augmentation_unless_asked(images):
    assert torch.equal(augment(images, Recipe(epochs=1), torch.Generator()), images)


def test_marked_rectangles_against_a_loop():
    rectangles = torch.tensor([[0, 0, 0, 0], [1, 4, 2, 3], [0, 5, 0, 7]])
    marks = mark_rectangles(rectangles, 5, 7)
    for n, (top, bottom, left, right) in enumerate(rectangles.tolist()):
        for row in range(5):
            for column in range(7):
                assert marks[n, 0, row, column] == (top <= row < bottom and left <= column < right)


def test_rectangles_have_the_area_asked_for_lie_in_the_image_and_reach_every_corner():
    areas = torch.full((4000,), 0.25)
    rectangles = draw_rectangles(areas, torch.ones(4000), 28, seeded())
    top, bottom, left, right = rectangles.T
    assert ((bottom - top) == 14).all() and ((right - left) == 14).all()
    assert set(top.tolist()) == set(left.tolist()) == set(range(15))
    flat = draw_rectangles(torch.tensor([0.5]), torch.tensor([0.01]), 28, seeded())[0]
    assert flat[2] == 0 and flat[3] == 28 and flat[1] - flat[0] == 2  # cut to the image


def test_erasing_paints_one_grey_rectangle_in_as_many_images_as_asked():
    images = torch.full((3000, 1, 28, 28), 255, dtype=torch.uint8)
    out = erase_images(images, 0.5, seeded())
    erased = out == 73
    assert ((out == 255) | erased).all()
    chosen = erased.any((1, 2, 3))
    assert chosen.float().mean().item() == pytest.approx(0.5, abs=0.03)
    areas = erased[chosen].sum((1, 2, 3)).float() / 784
    assert areas.min() > 0.01 and areas.max() < 0.45 and areas.mean().item() == pytest.approx(0.21, abs=0.02)
    for image in erased[chosen][:50, 0]:
        rows, columns = image.any(1), image.any(0)
        assert torch.equal(image, rows[:, None] & columns[None, :])  # a full rectangle


def test_a_grey_pixel_is_nothing_to_the_network():
    from explorer.data import normalise

    assert abs(normalise(torch.tensor([73], dtype=torch.uint8)).item()) < 0.002


@pytest.mark.parametrize("seed", range(5))
def test_mixing_gives_as_much_of_the_label_as_of_the_picture(seed):
    images = torch.arange(8, dtype=torch.uint8)[:, None, None, None].expand(8, 1, 28, 28)
    targets = torch.eye(8)
    mixed, labels = mix_images(images, targets, seeded(seed))
    for n in range(8):
        for value in range(8):
            share = (mixed[n] == value).sum().item() / 784
            assert labels[n, value].item() == pytest.approx(share, abs=1e-6)
    assert torch.equal(images[:, 0, 0, 0], torch.arange(8, dtype=torch.uint8))  # the originals are untouched


def test_mixing_happens_as_often_as_asked(images):
    labels = torch.arange(10)
    recipe = Recipe(epochs=1, cutmix=0.3)
    mixed = [augment_with_targets(images, labels, recipe, seeded(n))[1].ndim == 2 for n in range(400)]
    assert sum(mixed) / 400 == pytest.approx(0.3, abs=0.07)
    same, untouched = augment_with_targets(images, labels, Recipe(epochs=1), seeded())
    assert untouched is labels and torch.equal(same, images)
