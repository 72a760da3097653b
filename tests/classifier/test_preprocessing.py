"""From any picture to 28 x 28: each step on pictures whose answer is plain to see."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.classifier.preprocessing import (
    Preparation,
    Remark,
    cut_edges,
    find_background,
    fit_to_square,
    is_darker_than_border,
    keep_pieces,
    prepare_picture,
    prepare_sample,
    remove_background,
    trim_background,
    turn_picture,
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
    forced, left = (
        prepare_picture(square, Preparation(inversion=way))
        for square, way in ((square_on(0, 255), "yes"), (square_on(255, 0), "no"))
    )
    assert forced.inverted and not left.inverted
    for wrong in (forced, left):  # what the network sees then: a dark piece on a light ground, nothing trimmed
        assert step(wrong, "cropped").shape == (100, 100)
        assert step(wrong, "resized")[0, 0] == 1 and step(wrong, "resized")[10, 5] == 0
    with pytest.raises(InputError):
        prepare_picture(square_on(0, 255), Preparation(inversion="perhaps"))


def test_grey_background_becomes_black_and_contrast_full():
    levels = step(prepare_picture(square_on(90, 140)), "levels")
    assert set(levels.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("inversion", ["auto", "yes", "no"])
def test_a_blank_picture_is_refused(value, inversion):
    with pytest.raises(InputError) as caught:
        prepare_picture(np.full((50, 60), value, dtype=np.uint8), Preparation(inversion=inversion))
    assert caught.value.key == "classifier.blank"


@pytest.mark.parametrize("difference", [1, 6, 7])
def test_a_picture_of_very_low_contrast_is_not_called_empty(difference):
    with pytest.raises(InputError) as caught:
        prepare_picture(square_on(100, 100 + difference))
    assert caught.value.key == "classifier.too_faint" and f"only {difference} of" in caught.value.sentence("en")
    prepare_picture(square_on(100, 108))


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


@pytest.mark.parametrize("ground", ["auto", "slope"])
def test_a_sloping_background_becomes_black_though_a_sleeve_reaches_the_border(ground):
    down, right = torch.meshgrid(torch.linspace(0, 1, 120), torch.linspace(0, 1, 90), indexing="ij")
    plane = 0.1 + 0.3 * down + 0.2 * right
    picture = plane.clone()
    picture[30:80, 40:] += 0.4  # the border is clothes on a part of one side
    assert torch.allclose(find_background(picture, ground), plane, atol=0.01)
    cleared, remarks = remove_background(picture, ground)
    assert torch.equal(cleared > 0.5, picture - plane > 0.2) and float(cleared[picture == plane].max()) == 0
    assert [each.name for each in remarks] == ["cut_off"]
    assert find_background(picture, "flat").ndim == 0


def test_a_plain_background_stays_plain():
    noise = torch.randn(60, 60, generator=torch.Generator().manual_seed(1))
    assert find_background(0.3 + 0.005 * noise).ndim == 0  # too little to look for a slope
    assert find_background(0.3 + 0.05 * noise).ndim == 0  # no plane explains it


def test_noise_of_the_background_is_black_and_a_pattern_is_told():
    noise = torch.randn(100, 100, generator=torch.Generator().manual_seed(1))
    picture = 0.2 + 0.01 * noise
    picture[40:60, 40:60] = 0.9
    cleared, remarks = remove_background(picture)
    assert float((cleared[:30] > 0).float().mean()) < 0.01 and remarks == []
    tiles = 0.2 + 0.3 * ((torch.arange(100)[:, None] // 10 + torch.arange(100) // 10) % 2)
    tiles[40:60, 40:60] = 0.9
    assert [each.name for each in remove_background(tiles)[1]][:1] == ["patterned"]


def test_what_cannot_be_mended_is_said_with_its_number():
    weak = prepare_picture(square_on(100, 130))
    assert weak.remarks == (Remark("weak", 12),)  # 30 of 255
    small = prepare_picture(square_on(255, 0, height=12, width=5))
    assert small.remarks == (Remark("small", 12),)
    assert prepare_picture(square_on(255, 0)).remarks == ()


def test_a_picture_can_be_turned_cut_and_left_untrimmed():
    grey = square_on(0, 255)
    turned = prepare_picture(grey, Preparation(turned=90))
    expected = np.rot90(step(prepare_picture(grey), "cropped").numpy(), -1)  # numpy turns the other way
    assert np.array_equal(step(turned, "cropped").numpy(), expected)
    cut = prepare_picture(grey, Preparation(cut=(40, 0, 0, 80 / 2)))
    assert step(cut, "cropped").shape == (20, 20) and float(step(cut, "turned")[:40].max()) == 0
    whole = prepare_picture(grey, Preparation(crop="none", ground="none", inversion="no"))
    assert [each.name for each in whole.steps] == ["grey", "resized", "normalised"]
    assert step(whole, "resized").shape == (28, 28)


@pytest.mark.parametrize(("degrees", "height", "width"), [(0, 5, 9), (180, 5, 9), (-90, 9, 5), (90, 9, 5)])
def test_quarter_turns_change_no_value(degrees, height, width):
    picture = torch.rand(5, 9, generator=torch.Generator().manual_seed(0))
    turned = turn_picture(picture, degrees)
    assert turned.shape == (height, width)
    assert torch.equal(turned.flatten().sort().values, picture.flatten().sort().values)
    assert torch.equal(turn_picture(turned, -degrees), picture)


def test_other_turns_keep_the_middle_and_all_of_the_picture():
    picture = torch.zeros(41, 41)
    picture[20, 20:36] = 1  # from the middle to the right
    turned = turn_picture(picture, 45)
    middle = (turned.shape[0] - 1) / 2
    rows, columns = (turned > 0.3).nonzero().unbind(1)
    assert (rows >= middle - 1).all() and (columns >= middle - 1).all()  # clockwise: to the right and down
    assert abs(float((rows - columns).float().mean())) < 1


def test_only_the_largest_piece_stays():
    picture = torch.zeros(60, 60)
    picture[10:40, 10:40] = 1
    picture[50:53, 50:55] = 0.8  # a speck far away
    picture[12:30, 45:58] = 0.6  # a second piece, 26 % of the first
    largest = keep_pieces(picture, 0.1)
    assert torch.equal(largest > 0, torch.nn.functional.pad(torch.ones(30, 30) > 0, (10, 20, 10, 20)))
    without_speck = keep_pieces(picture, 0.1, 0.05)
    assert torch.equal(without_speck[:45], picture[:45]) and float(without_speck[45:].max()) == 0
    assert keep_pieces(picture, 0.1, 0.01) is picture


def test_the_centre_of_mass_can_be_in_the_middle():
    picture = torch.zeros(56, 28)
    picture[:, :8] = 1
    picture[0, 27] = picture[55, 27] = 1
    box, mass = fit_to_square(picture), fit_to_square(picture, "mass")
    columns = torch.arange(28)
    centre = [float((each.sum(0) * columns).sum() / each.sum()) for each in (box, mass)]
    assert abs(centre[1] - 13.5) < 0.6 < abs(centre[0] - 13.5)
    assert torch.allclose(box.sum(), mass.sum())


@pytest.mark.parametrize(
    "wrong",
    [{"ground": "sky"}, {"crop": 3}, {"centre": None}, {"turned": 181}, {"turned": "x"}, {"faint": 0}, {"faint": float("nan")},
     {"cut": (46, 0, 0, 0)}, {"cut": (0, 0, -1, 0)}, {"cut": (0, None, 0, 0)}],
)  # fmt: skip
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(InputError):
        prepare_picture(square_on(0, 255), Preparation(**wrong))


def test_a_picture_of_which_nothing_is_left_is_refused():
    with pytest.raises(InputError) as caught:
        prepare_picture(square_on(0, 255), Preparation(cut=(0, 45, 40, 0)))
    assert caught.value.key == "classifier.nothing_left"


def test_each_edge_is_cut_by_its_own_share():
    kept = cut_edges(torch.ones(10, 10), (10, 20, 30, 40)).nonzero()
    assert kept.amin(0).tolist() == [1, 3] and kept.amax(0).tolist() == [7, 5]
