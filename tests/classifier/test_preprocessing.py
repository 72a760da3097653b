"""From any picture to 28 x 28: each step on pictures whose answer is plain to see."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.classifier.preprocessing import (
    fit_to_square,
    is_darker_than_border,
    prepare_picture,
    prepare_sample,
    trim_background,
)
from explorer.data import load_sample
from explorer.errors import InputError


def square_on(background, ink, size=100, top=20, height=40, left=10, width=20):
    picture = np.full((size, size), background, dtype=np.uint8)
    picture[top : top + height, left : left + width] = ink
    return picture


def step(prepared, name):
    return {step.name: step.values for step in prepared.steps}[name]


def test_dark_ink_on_white_is_inverted_trimmed_and_centred():
    prepared = prepare_picture(square_on(255, 0))
    names = [step.name for step in prepared.steps]
    assert names == ["grey", "inverted", "levels", "cropped", "resized", "normalised"]
    assert prepared.inverted and step(prepared, "cropped").shape == (40, 20)
    resized = step(prepared, "resized")
    expected = torch.zeros(28, 28)
    expected[:, 7:21] = 1  # 40 x 20 becomes 28 x 14, in the middle
    assert torch.equal(resized, expected)
    assert prepared.image.shape == (1, 1, 28, 28)
    assert torch.allclose(prepared.image[0, 0], (expected - 0.2860) / 0.3530)


def test_light_on_dark_gives_the_same_without_inversion():
    light, dark = prepare_picture(square_on(255, 0)), prepare_picture(square_on(0, 255))
    assert not dark.inverted and torch.equal(light.image, dark.image)


def test_inversion_can_be_overruled():
    forced, left = prepare_picture(square_on(0, 255), "yes"), prepare_picture(square_on(255, 0), "no")
    assert forced.inverted and not left.inverted
    for wrong in (forced, left):  # what the network sees then: a dark piece on a light ground, nothing trimmed
        assert step(wrong, "cropped").shape == (100, 100)
        assert step(wrong, "resized")[0, 0] == 1 and step(wrong, "resized")[10, 5] == 0
    with pytest.raises(InputError):
        prepare_picture(square_on(0, 255), "perhaps")


def test_grey_background_becomes_black_and_contrast_full():
    levels = step(prepare_picture(square_on(90, 140)), "levels")
    assert set(levels.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("inversion", ["auto", "yes", "no"])
def test_a_blank_picture_is_refused(value, inversion):
    with pytest.raises(InputError) as caught:
        prepare_picture(np.full((50, 60), value, dtype=np.uint8), inversion)
    assert caught.value.key == "classifier.blank"


@pytest.mark.parametrize(("wall", "ink"), [(255, 0), (0, 255), (150, 240), (180, 240), (110, 20), (200, 60)])
def test_what_is_darker_than_the_border_is_inverted_however_light_that_is(wall, ink):
    picture = square_on(wall, ink, top=5, height=90, left=5, width=90)
    assert is_darker_than_border(torch.tensor(picture) / 255) == (ink < wall)
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    prepared = prepare_picture((picture + noise).clip(0, 255).astype(np.uint8))
    assert prepared.inverted == (ink < wall)
    shown = step(prepared, "resized")
    assert all(90 <= side <= 92 for side in step(prepared, "cropped").shape) and shown[4:24, 4:24].mean() > 0.8


def test_the_data_set_is_taken_for_what_it_is_and_its_negative_too():
    for image in load_sample().images:
        assert not prepare_picture(image.numpy()).inverted and prepare_picture(255 - image.numpy()).inverted


def test_samples_are_only_normalised():
    sample = load_sample()
    prepared = prepare_sample(sample.images[7])
    assert [step.name for step in prepared.steps] == ["resized", "normalised"]
    expected = (sample.images[7].numpy() / 255 - 0.2860) / 0.3530
    assert np.allclose(prepared.image[0, 0].numpy(), expected, atol=1e-6)


def test_a_sample_taken_for_an_upload_stays_nearly_the_same():
    """The steps are those by which the set was made, so that they change its images little."""
    sample = load_sample()
    differences = [
        float((step(prepare_picture(image.numpy()), "resized") - image / 255).abs().mean()) for image in sample.images
    ]
    assert np.median(differences) < 0.01, "of the range 0..1"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90), st.integers(1, 90))
def test_any_size_fits_with_its_aspect_kept(height, width):
    fitted = fit_to_square(torch.ones(height, width))
    assert fitted.shape == (28, 28) and float(fitted.max()) == pytest.approx(1, abs=1e-5)
    rows, columns = int((fitted.sum(1) > 0).sum()), int((fitted.sum(0) > 0).sum())
    assert max(rows, columns) == 28
    assert rows == max(1, round(height * 28 / max(height, width)))
    assert columns == max(1, round(width * 28 / max(height, width)))


def test_shrinking_averages_areas():
    stripes = torch.tensor([[0.0, 1.0] * 28] * 56)
    assert torch.allclose(fit_to_square(stripes), torch.full((28, 28), 0.5))


def test_trimming_keeps_all_content():
    picture = torch.zeros(9, 9)
    picture[2, 3] = picture[6, 7] = 1
    assert trim_background(picture).shape == (5, 5)


def test_specks_of_noise_are_not_content():
    picture = torch.zeros(400, 400)
    picture[100:300, 150:250] = 1
    picture[5, 7] = picture[390, 395] = 0.9
    assert trim_background(picture).shape == (200, 100)
    alone = torch.zeros(400, 400)
    alone[5, 7] = 1
    assert trim_background(alone).shape == (1, 1)


def test_the_thinnest_pictures_work():
    for shape in ((1, 40), (40, 1), (2, 2), (3, 500)):
        picture = np.zeros(shape, dtype=np.uint8)
        picture.flat[-1] = 255
        assert prepare_picture(picture).image.isfinite().all()
