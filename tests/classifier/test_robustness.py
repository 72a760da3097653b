"""Accuracy on changed test images: what is stored, measured anew, and the changes against plain loops."""

from __future__ import annotations

import pytest
import torch

from explorer.classifier.robustness import (
    AMOUNTS,
    NUM_IMAGES,
    Robustness,
    change_images,
    count_correct,
    load_robustness,
    load_test_images,
)
from explorer.data import DatasetError, load_sample
from explorer.models.answers import load_answers
from explorer.models.checkpoints import available_models, load_trained

CLOTHES = load_sample().images[::5].float() / 255


def test_every_trained_network_was_measured_in_every_way():
    measured = load_robustness()
    assert set(measured.correct) == set(available_models())
    for row in measured.correct.values():
        assert {kind: len(each) for kind, each in row.items()} == {kind: len(each) for kind, each in AMOUNTS.items()}


def test_unchanged_images_are_named_as_the_stored_answers_say():
    answers, measured = load_answers(), load_robustness()
    for name, row in measured.correct.items():
        right = int((answers.predicted[name] == answers.labels)[:NUM_IMAGES].sum())
        unchanged = {row[kind][AMOUNTS[kind].index(100 if kind == "scale" else 0)] for kind in AMOUNTS}
        assert all(abs(each - right) <= 1 for each in unchanged), name  # one may lie on a border that rounding decides


@pytest.mark.parametrize("kind", AMOUNTS)
def test_what_is_stored_is_measured_again(kind):
    try:
        pixels, labels = load_test_images()
    except DatasetError:
        pytest.skip("no data set on this machine")
    measured = load_robustness()
    for name in ("softmax", "lenet5"):
        amount = AMOUNTS[kind][-1]
        found = count_correct(load_trained(name), change_images(pixels, kind, amount), labels)
        assert abs(found - measured.correct[name][kind][-1]) <= 3, (name, "processors round in different ways")


def test_shifts_go_to_all_four_sides():
    shifted = change_images(CLOTHES, "shift", 3)
    padded = torch.nn.functional.pad(CLOTHES, (3, 3, 3, 3))
    sides = {(0, 3), (6, 3), (3, 0), (3, 6)}
    found = [
        {(top, left) for top, left in sides if torch.equal(image, whole[top : top + 28, left : left + 28])}
        for image, whole in zip(shifted, padded, strict=True)
    ]
    assert all(found) and set().union(*found) == sides
    assert torch.equal(change_images(CLOTHES, "shift", 3), shifted), "the same seed draws the same"


def test_a_covered_square_is_a_square():
    covered = change_images(CLOTHES + 1, "cover", 8).eq(0)
    assert covered.sum((1, 2)).eq(64).all()
    assert covered.any(2).sum(1).eq(8).all() and covered.any(1).sum(1).eq(8).all()


def test_rotations_go_both_ways():
    turned = change_images(CLOTHES, "rotation", 90)
    ways = [
        {turns for turns in (-1, 1) if torch.allclose(image, picture.rot90(turns), atol=1e-4)}
        for image, picture in zip(turned, CLOTHES, strict=True)
    ]
    assert all(ways) and set().union(*ways) == {-1, 1}


def test_an_unknown_change_is_refused():
    with pytest.raises(ValueError, match="kind must be one of shift"):
        change_images(CLOTHES, "melt", 1)


def test_between_two_amounts_lies_the_line():
    rows = {kind: [1000] * len(amounts) for kind, amounts in AMOUNTS.items()}
    measured = Robustness(2000, {"mlp": {**rows, "rotation": [1800, 1200, 600, *[0] * 6]}})
    assert measured.accuracy_at("mlp", "rotation", 0) == 0.9
    assert measured.accuracy_at("mlp", "rotation", 5) == pytest.approx(0.8)
    assert measured.accuracy_at("mlp", "rotation", 30) == 0.3
    assert measured.accuracy_at("mlp", "rotation", 500) == 0
