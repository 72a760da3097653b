"""What channels look for, similar pictures, the map of features, and the images of a cell of the confusion matrix."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch

from explorer.classifier.cell_tab import MOST_SHOWN, on_cell, on_click
from explorer.classifier.channels import LAYERS, NUM_PATCHES, compute_shares, load_channels
from explorer.classifier.feature_map import NUM_IMAGES, compute_map, load_map
from explorer.classifier.inside_tab import NUM_SIMILAR, on_channels, on_similar
from explorer.classifier.measure_features import compute_features
from explorer.classifier.mistakes import PER_CELL, choose_mistakes, load_packed_images
from explorer.classifier.references import load_references
from explorer.classifier.session import Choices, find_test_image, read_link, read_picture
from explorer.data import load_sample, load_split, normalise
from explorer.errors import InputError
from explorer.models.answers import load_answers
from explorer.models.checkpoints import available_models, load_results, load_trained
from explorer.text import LANGUAGES, text_in
from tests.classifier.conftest import CHOICES
from tests.classifier.test_tab import decode

EVERY_LAYER = [(name, layer) for name, layers in LAYERS.items() for layer in layers]


def see(model: torch.nn.Module, layer: str, pixels: torch.Tensor) -> torch.Tensor:
    """The maps (N, C, H, W) of a layer, from the modules up to it, called one by one."""
    found = normalise(pixels)[:, None]
    for name, module in model.named_children():
        if name == layer:
            return module(found)
        for inner, each in module.named_children():
            if layer.startswith(f"{name}."):
                found = each(found)
                if layer == f"{name}.{inner}":
                    return found
        if not layer.startswith(f"{name}."):
            found = module(found)
    raise AssertionError(layer)


# ---- channels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "layer"), EVERY_LAYER)
def test_stored_patches_are_what_the_units_see(name, layer, test_images):
    """Value, place and patch again from the data set; by autograd, the unit depends on nothing else."""
    model, stored = load_trained(name), load_channels(name, layer)
    random = np.random.default_rng(4)
    for channel in random.choice(len(stored.values), 2, replace=False):
        number = int(random.integers(NUM_PATCHES))
        index, (row, column) = int(stored.indices[channel, number]), stored.places[channel, number].tolist()
        pixels = (test_images[index].float() / 255).requires_grad_()
        value = see(model, layer, pixels[None])[0, channel, row, column]
        assert value.item() == pytest.approx(float(stored.values[channel, number]), rel=1e-3, abs=1e-4)
        if value.item() == 0:
            continue
        (gradient,) = torch.autograd.grad(value, pixels)
        rows, columns = gradient.nonzero().unbind(1)
        patch = stored.patches[channel, number]
        if stored.sees_all:
            assert torch.equal(patch, test_images[index])
            continue
        padded = np.pad(test_images[index].numpy(), len(patch))
        windows = np.lib.stride_tricks.sliding_window_view(padded, patch.shape)
        corners = np.argwhere((windows == patch.numpy()).all((2, 3))) - len(patch)
        assert any(
            top <= rows.min()
            and rows.max() < top + len(patch)
            and left <= columns.min()
            and columns.max() < left + len(patch)
            for top, left in corners.tolist()
        )


@pytest.mark.parametrize(
    ("name", "layer"), [("lenet5", "features.4"), ("alexnet_small", "features.7"), ("resnet20", "stem")]
)
def test_no_other_image_excites_a_channel_more(name, layer, test_images):
    model, stored = load_trained(name), load_channels(name, layer)
    others = torch.arange(3, 10_000, 41)
    with torch.no_grad():
        greatest = see(model, layer, test_images[others].float() / 255).amax((2, 3))
    for channel, values in enumerate(greatest.T):
        more = set(others[values > stored.values[channel, -1] + 1e-4].tolist())
        assert more <= set(stored.indices[channel].tolist())
    assert torch.equal(stored.values, stored.values.sort(1, descending=True).values)
    assert all(len(set(each)) == NUM_PATCHES for each in stored.indices.tolist())


def test_shares_of_a_channel():
    labels = torch.arange(10).repeat(2)
    means = torch.zeros(20, 3)
    means[[3, 13], 0] = torch.tensor([1.0, 2.0])  # only class 3
    means[:, 1] = (labels == 5).float() * 3 + (labels == 6).float()
    expected = torch.zeros(3, 10)
    expected[0, 3], expected[1, 5], expected[1, 6] = 1, 0.75, 0.25
    assert torch.allclose(compute_shares(means, labels), expected)


def test_stored_shares_are_those_of_all_images(test_images):
    stored, (_, labels) = load_channels("lenet5", "features.1"), load_split("test")
    with torch.no_grad():
        means = torch.cat(
            [
                see(load_trained("lenet5"), "features.1", each / 255).mean((2, 3))
                for each in test_images.float().split(500)
            ]
        )
    by_class = np.stack([means.numpy()[labels.numpy() == label].mean(0) for label in range(10)], 1)
    assert np.allclose(stored.shares, by_class / by_class.sum(1, keepdims=True), atol=1e-4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_channel_is_shown_with_the_classes_of_its_images(language):
    text, stored, labels = text_in(language), load_channels("lenet5", "features.1"), load_answers().labels
    shown = on_channels("lenet5", "features.1", 2, language=language)
    titles = [text(f"terms.class_{int(labels[int(index)])}") for index in stored.indices[2]]
    assert [each["title"] for each in shown["patches"]["maps"]] == titles
    most = max(titles, key=titles.count)
    assert most in shown["look_for"] and str(titles.count(most)) in shown["look_for"]
    assert shown["shares"].count("track") == 10
    kept = on_channels("alexnet_small", "features.4", 9999 % 1024, language=language)
    assert kept["channel"]["value"] == kept["channel"]["maximum"] == 63
    assert on_channels("resnet20", "features.4", 0, language=language)["layer"]["value"] == "stem"
    for wrong in (("mlp", "features.1", 0), ("lenet5", "layer9", 0), ("lenet5", "features.1", -1), ("lenet5", [], 0)):
        with pytest.raises(InputError):
            on_channels(*wrong, language=language)


# ---- similar pictures and the map of features --------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["softmax", "lenet5"])
def test_similar_pictures_are_the_nearest_ones(name, language):
    shown = on_similar(language=language, model=name, sample=61, **CHOICES)
    known, text = load_references(name), text_in(language)
    own = compute_features(load_trained(name), load_sample().images[[61]]).double().numpy()[0]
    cosines = known.features.double().numpy() @ own / np.linalg.norm(own)
    nearest = cosines.argsort()[::-1][:NUM_SIMILAR].copy()
    first, *others = shown["similar"]["maps"]
    assert np.allclose(decode(first), load_sample().images[61] / 255, atol=1e-4)
    assert [each["title"] for each in others] == [text(f"terms.class_{int(known.labels[each])}") for each in nearest]
    assert all(
        np.allclose(decode(each), known.images[place] / 255, atol=1e-4)
        for each, place in zip(others, nearest, strict=True)
    )
    assert f"{np.sqrt(2 - 2 * cosines[nearest[0]]):.2f}" in others[0]["caption"]
    *classes, star = shown["map"]["value"].data
    assert sum(len(each.x) for each in classes) == NUM_IMAGES and len(star.x) == 1


def test_components_are_eigenvectors_of_the_covariance():
    generator = np.random.default_rng(1)
    features = generator.normal(size=(200, 6)) * [1, 5, 2, 3, 1, 1] + 4
    found = compute_map(torch.from_numpy(features).float(), torch.zeros(200))
    values, vectors = np.linalg.eigh(np.cov(features.T))
    assert np.allclose(found.shares, values[[-1, -2]] / values.sum(), atol=1e-4)
    assert np.allclose(np.abs(np.diag(found.components.numpy() @ vectors[:, [-1, -2]])), 1, atol=1e-4)


@pytest.mark.parametrize("name", ["softmax", "lenet5"])
def test_the_stored_map_is_that_of_the_test_images(name, test_images):
    stored = load_map(name)
    features = compute_features(load_trained(name), test_images[:NUM_IMAGES])
    values = np.linalg.eigvalsh(np.cov(features.double().numpy().T))
    assert np.allclose(stored.shares, values[[-1, -2]] / values.sum(), atol=1e-3)
    assert torch.allclose(stored.place(features[:50]), stored.places[:50], atol=0.05)
    assert torch.equal(stored.labels.long(), load_answers().labels[:NUM_IMAGES].long())


# ---- the cells of the confusion matrix ---------------------------------------------------------------------------


def test_few_images_serve_every_mistake():
    labels = torch.tensor([0, 0, 0, 1, 1, 0])
    answers = {"a": torch.tensor([0, 1, 1, 1, 0, 1]), "b": torch.tensor([0, 0, 1, 1, 0, 1])}
    assert choose_mistakes(answers, labels, [4]) == [1, 2, 5]
    assert choose_mistakes({}, labels, []) == []


def test_every_mistake_has_images(test_images):
    packed, answers = load_packed_images(), load_answers()
    assert torch.equal(packed.images, test_images[packed.indices])
    assert torch.equal(packed.labels, answers.labels[packed.indices].long()) and len(
        set(packed.indices.tolist())
    ) == len(packed.labels)
    for name in available_models():
        shown = load_results()[name]["confusion"]
        for truth in range(10):
            for predicted in range(10):
                if truth != predicted:
                    there = (packed.labels == truth) & (answers.predicted[name][packed.indices] == predicted)
                    assert int(there.sum()) >= min(PER_CELL, shown[truth][predicted])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_shows_its_images_as_links(language):
    confusion, packed = load_results()["lenet5"]["confusion"], load_packed_images()
    shown = on_cell("lenet5", 6, 0, language=language)
    links = [parse_qs(html.unescape(each)) for each in re.findall(r'href="\?([^"]*)"', shown["images"])]
    numbers = [int(each["sample"][0]) for each in links]
    assert PER_CELL <= len(numbers) <= MOST_SHOWN and all(
        each["model"] == ["lenet5"] and each["tab"] == ["classifier"] for each in links
    )
    assert all(int(packed.labels[each]) == 6 for each in numbers)
    with torch.no_grad():
        said = load_trained("lenet5")(normalise(packed.images[numbers])[:, None]).argmax(1)
    assert set(said.tolist()) == {0}
    assert f"{confusion[6][0]}" in shown["look_for"]
    clicked = on_click([6, 0], "lenet5", language=language)
    assert clicked["images"] == shown["images"] and (clicked["truth"], clicked["predicted"]) == (6, 0)
    empty = next((t, p) for t in range(10) for p in range(10) if confusion[t][p] == 0)
    assert on_cell("lenet5", *empty, language=language)["images"] == ""


def test_what_is_no_cell():
    assert (
        on_cell("lenet5", None, 3, language="en")
        == on_click(None, "lenet5", language="en")
        == on_click([1], "lenet5", language="en")
        == {}
    )
    for wrong in (("lenet5", 10, 0), ("lenet5", 0, "x"), ("nothing", 0, 0), ("lenet5", 0.5, 0)):
        with pytest.raises(InputError):
            on_cell(*wrong, language="en")


def test_a_link_opens_a_packed_mistake():
    last = len(load_packed_images().labels) - 1
    assert read_link(str(last)) == last > 200
    assert [read_link(each) for each in (str(last + 1), "-1", "x", "", "1.5")] == [None] * 5
    picture = read_picture(Choices(sample=last))
    assert picture.truth == int(load_packed_images().labels[last])
    assert np.allclose(picture.prepared.pixels, load_packed_images().images[last] / 255)
    with pytest.raises(InputError):
        find_test_image(last + 1)
