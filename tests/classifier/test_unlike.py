"""Pictures unlike the data set: distances by another formula, the stored ones measured again, and who is told of it."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from torch import nn

from explorer.classifier.api import classify
from explorer.classifier.figures import choose_sentence
from explorer.classifier.inside_tab import on_unlike
from explorer.classifier.keyed_files import list_keyed, write_keyed
from explorer.classifier.measure_features import NUM_STRANGE, choose_references, compute_features
from explorer.classifier.outcome import classify_picture
from explorer.classifier.prediction import compute_answer, compute_probabilities, record_features
from explorer.classifier.references import find_nearest, load_references, to_directions
from explorer.classifier.session import Choices, read_question
from explorer.classifier.strange_pictures import CLOTHES, STRANGE, make_pictures
from explorer.classifier.unlike import FILE, PASSING, TEST, VALIDATION, judge_picture, load_distances
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models import checkpoints
from explorer.models.checkpoints import available_models, load_trained
from explorer.text import LANGUAGES, text_in
from tests.classifier.conftest import CHOICES

SAMPLE = load_sample()


def angle_distances(references: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(M, N): twice the sine of half the angle, which is the distance of two directions."""
    lengths = np.linalg.norm(references, axis=1)[None, :] * np.linalg.norm(vectors, axis=1)[:, None]
    return 2 * np.sin(np.arccos(np.clip(vectors @ references.T / lengths, -1, 1)) / 2)


def test_the_nearest_directions_are_those_of_the_smallest_angles():
    generator = np.random.default_rng(3)
    references, vectors = generator.normal(size=(30, 5)), generator.normal(size=(7, 5)) * 100
    expected = angle_distances(references, vectors)
    distances, places = find_nearest(*(to_directions(torch.from_numpy(each)) for each in (references, vectors)), 4)
    assert np.array_equal(places.numpy(), expected.argsort(1)[:, :4])
    assert np.allclose(distances.numpy(), np.sort(expected, 1)[:, :4], atol=1e-5)
    assert float(find_nearest(torch.eye(2), torch.zeros(1, 2))[0]) == pytest.approx(2**0.5)  # no direction at all


@pytest.mark.parametrize("name", ["softmax", "lenet5"])
def test_what_is_stored_is_measured_again(name, test_images):
    """From images of the data set, with the layers called one by one."""
    model, stored, known = load_trained(name), load_distances(name), load_references(name)
    numbers = list(range(5, 10_000, 997))
    pictures = {
        TEST: test_images[numbers].float() / 255,
        **{kind: make_pictures(kind, 12, test_images[:12].float() / 255)[7:] for kind in STRANGE},
    }
    images, labels = choose_references()
    assert torch.equal(known.images, images) and torch.equal(known.labels.long(), labels)

    def see(pixels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            inside = normalise(pixels)[:, None]
            return inside.flatten(1) if name == "softmax" else model.classifier[:-1](model.features(inside))

    for kind, pixels in pictures.items():
        kept = numbers if kind == TEST else slice(7, 12)
        in_pixels = angle_distances(*(normalise(each).flatten(1).double().numpy() for each in (images, pixels)))
        in_features = angle_distances(*(see(each).double().numpy() for each in (images, pixels)))
        assert np.allclose(stored.pixels[kind][kept], in_pixels.min(1), atol=2e-3), kind
        assert np.allclose(stored.features[kind][kept], in_features.min(1), atol=3e-3), kind


def test_every_network_was_measured_on_every_kind():
    for name in available_models():
        found = load_distances(name)
        sizes = {VALIDATION: 6_000, TEST: 10_000, **dict.fromkeys([*STRANGE, *CLOTHES], NUM_STRANGE)}
        for distances in (found.pixels, found.features):
            assert {kind: len(each) for kind, each in distances.items()} == sizes
        assert judge_picture(name, SAMPLE.images[0] / 255, see_last(name, SAMPLE.images[:1])[0]) is not None


def see_last(name: str, images: torch.Tensor) -> torch.Tensor:
    return compute_features(load_trained(name), images)


@pytest.mark.parametrize("name", ["softmax", "lenet5"])
def test_the_limit_lets_its_share_of_the_validation_images_pass(name):
    found = load_distances(name)
    parts = [
        (each[VALIDATION] / each[VALIDATION].std(), each[TEST] / each[VALIDATION].std())
        for each in (found.pixels, found.features)
    ]
    validation, test = (sum(each) for each in zip(*parts, strict=True))
    limit = validation.sort().values[round(PASSING * len(validation)) - 1]
    assert found.threshold == pytest.approx(float(limit), rel=1e-3)
    likeness = judge_picture(name, SAMPLE.images[7] / 255, see_last(name, SAMPLE.images[7:8])[0])
    assert likeness.false_alarms == pytest.approx(float((test > found.threshold).float().mean()))
    assert likeness.score == pytest.approx(float(test[SAMPLE.indices[7]]), abs=0.05)
    assert likeness.is_unlike == (likeness.score > likeness.threshold)


def test_other_weights_have_no_limit(tmp_path, monkeypatch):
    features = see_last("lenet5", SAMPLE.images[:1])[0]
    assert judge_picture("brought/lenet5", SAMPLE.images[0] / 255, features) is None
    results = (checkpoints.CHECKPOINTS / "results.json").read_bytes()
    monkeypatch.setattr(checkpoints, "CHECKPOINTS", tmp_path)
    (tmp_path / "results.json").write_bytes(results)
    assert judge_picture("lenet5", SAMPLE.images[0] / 255, features) is None  # no file
    write_keyed(FILE, {"one": torch.ones(1)}, {"lenet5": ["other"], "mlp": []})
    assert list_keyed(FILE, ("lenet5", "mlp", "nothing")) == ()
    (tmp_path / FILE).write_bytes(b"damaged")
    assert load_distances("lenet5") is None
    with pytest.raises(InputError, match="Nothing was measured"):
        on_unlike(language="en", model="lenet5", sample=0, **CHOICES)


def test_features_are_what_the_last_layer_gets_and_leave_nothing_behind():
    model, image = load_trained("resnet20"), normalise(SAMPLE.images[3])[None, None]
    probabilities, features = compute_answer(model, image)
    assert torch.equal(probabilities, compute_probabilities(model, image))
    with torch.no_grad():
        assert torch.allclose(torch.softmax(model.classifier(features[None]).double(), 1)[0], probabilities, atol=1e-6)
    with pytest.raises(RuntimeError, match="stop"), record_features(model):
        raise RuntimeError("stop")
    assert not any(module._forward_pre_hooks for module in model.modules())
    with pytest.raises(ValueError, match="must have a linear layer, Conv2d has none"):
        compute_answer(nn.Conv2d(1, 1, 1), image)


@pytest.mark.parametrize("kind", [*STRANGE, *CLOTHES])
def test_pictures_are_drawn_again_alike(kind):
    clothes = SAMPLE.images.float() / 255
    first, more = make_pictures(kind, 3, clothes), make_pictures(kind, 5, clothes)
    assert torch.equal(first, more[:3]) and first.shape == (3, 28, 28)
    assert first.min() >= 0 and first.max() <= 1 and len({each.numpy().tobytes() for each in more}) > 3
    if kind == "shuffled":
        assert torch.equal(first.flatten(1).sort(1).values, clothes[:3].flatten(1).sort(1).values)
    if kind == "upside_down":
        assert np.array_equal(first.numpy(), clothes[:3].numpy()[:, ::-1])
    with pytest.raises(ValueError, match="kind must be one of"):
        make_pictures(f"{kind}s", 1, clothes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reader_is_warned_of_what_is_above_the_limit_alone(language):
    warning = text_in(language)("garments.unlike", model="LeNet-5", share="|").split("|")[0]
    warned = []
    for sample in range(0, 200, 8):
        outcome = classify_picture(read_question(Choices(model="lenet5", sample=sample, method="gradient")))
        told = warning in choose_sentence(outcome, text_in(language))
        assert told == (outcome.likeness.score > outcome.likeness.threshold)
        assert classify(sample=sample)["unlike"]["is_unlike"] == told
        warned.append(told)
    assert sum(warned) < 8
    stripes = (make_pictures("stripes", 1, SAMPLE.images.float())[0] * 255).round().tolist()
    assert classify(image=stripes)["unlike"]["is_unlike"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_shows_what_was_measured(language):
    shown = on_unlike(language=language, model="lenet5", sample=0, **CHOICES)
    found = load_distances("lenet5")
    shares = [float((found.scores_of(kind) > found.threshold).double().mean()) for kind in (*STRANGE, *CLOTHES)]
    captions = [each["caption"] for each in shown["kinds"]["maps"]]
    told = [float(re.search(r"\d+", caption)[0]) for caption in captions]
    assert told == pytest.approx([100 * share for share in shares], abs=1)  # 99.6 % are "> 99 %"
    words = shown["intro"] + shown["look_for"] + shown["examples"]
    assert f"{found.threshold:.1f}" in words and "{" not in words
