"""Batches, and one training pass against torch's own training."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from explorer.training.loop import (
    EvaluationBatches,
    GeneralisedCrossEntropy,
    Totals,
    TrainingBatches,
    TrainingDiverged,
    derive_seed,
    run_epoch,
    training_loss,
)
from explorer.training.recipe import Recipe


@pytest.fixture
def images():
    return torch.randint(0, 256, (10, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


LABELS = torch.arange(10)


def test_an_epoch_holds_every_image_once_in_another_order_each_time(images):
    recipe = Recipe(epochs=2, batch_size=4)
    epochs = [list(TrainingBatches(images, LABELS, recipe, 1, epoch)) for epoch in (0, 1)]
    orders = [torch.cat([labels for _, labels in batches]).tolist() for batches in epochs]
    assert [len(labels) for _, labels in epochs[0]] == [4, 4, 2]
    assert len(TrainingBatches(images, LABELS, recipe, 1, 0)) == 3
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10)) and orders[0] != orders[1]
    batch, labels = epochs[0][0]
    expected = (images[labels].double() / 255 - 0.2860) / 0.3530
    torch.testing.assert_close(batch.double(), expected, atol=1e-6, rtol=0)


def test_batches_do_not_depend_on_where_an_epoch_starts_nor_on_the_global_random_state(images):
    recipe = Recipe(epochs=1, batch_size=4, flip=True, crop_padding=2)
    whole = list(TrainingBatches(images, LABELS, recipe, 7, 3))
    before = torch.random.get_rng_state()
    rest = list(TrainingBatches(images, LABELS, recipe, 7, 3, first_batch=1))
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(a, b) for old, new in zip(whole[1:], rest) for a, b in zip(old, new))
    assert len(rest) == 2


def test_soft_targets_train_and_count_against_their_largest_part(images):
    """A batch of probabilities gives cross_entropy's own loss for them."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    pixels = (images.float() / 255 - 0.2860) / 0.3530
    targets = 0.7 * nn.functional.one_hot(LABELS, 10) + 0.3 * nn.functional.one_hot(LABELS.flip(0), 10)
    loss, accuracy = run_epoch(model, [(pixels, targets)], nn.CrossEntropyLoss())
    logits = model(pixels).detach()
    assert loss == pytest.approx(-(targets * logits.log_softmax(1)).sum(1).mean().item(), rel=1e-5)
    assert accuracy == (logits.argmax(1) == LABELS).sum().item() / 10


def test_validation_can_be_augmented_and_is_the_same_for_the_same_seed(images):
    recipe = Recipe(epochs=1, flip=True, crop_padding=4)
    plain, first, again, other = (
        torch.cat([batch for batch, _ in EvaluationBatches(images, LABELS, recipe, augmented_by=seed)])
        for seed in (None, 5, 5, 6)
    )
    assert torch.equal(first, again) and not torch.equal(first, other) and not torch.equal(first, plain)


def test_seeds_differ_by_run_purpose_and_step():
    seeds = {derive_seed(s, p, i) for s in range(5) for p in ("order", "augmentation") for i in range(50)}
    assert len(seeds) == 500 and all(0 <= seed < 2**63 for seed in seeds)


def test_training_pass_against_torch(images):
    """The same two steps written out with torch alone."""
    torch_model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    model = copy.deepcopy(torch_model)
    batches = list(EvaluationBatches(images, LABELS, Recipe(epochs=1), batch_size=5))
    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer, torch_optimizer = (torch.optim.SGD(m.parameters(), lr=0.05, momentum=0.9) for m in (model, torch_model))
    loss, accuracy = run_epoch(model, batches, criterion, optimizer, clip_norm=1.0)
    losses, correct = [], 0
    for pixels, labels in batches:
        logits = torch_model(pixels)
        torch_optimizer.zero_grad()
        torch_loss = criterion(logits, labels)
        torch_loss.backward()
        nn.utils.clip_grad_norm_(torch_model.parameters(), 1.0)
        torch_optimizer.step()
        losses.append(torch_loss.item())
        correct += (logits.argmax(1) == labels).sum().item()
    assert loss == pytest.approx(sum(losses) / 2) and accuracy == correct / 10
    assert torch.equal(model[1].weight, torch_model[1].weight)


def _logits(spread: float) -> torch.Tensor:
    return spread * torch.randn(10, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("q", [0.1, 0.4, 1.0])
def test_generalised_cross_entropy_against_its_formula(q):
    """Written out, and with the gradient that Zhang & Sabuncu 2018 derive: that of the cross-entropy, times p ** q."""
    logits = _logits(2.0).requires_grad_()
    probabilities = logits.softmax(1)[torch.arange(10), LABELS]
    loss = GeneralisedCrossEntropy(q)(logits, LABELS)
    torch.testing.assert_close(loss, ((1 - probabilities**q) / q).mean())
    (gradient,) = torch.autograd.grad(loss, logits)
    softmax = logits.detach().softmax(1)
    expected = probabilities.detach()[:, None] ** q * (softmax - nn.functional.one_hot(LABELS, 10)) / 10
    torch.testing.assert_close(gradient, expected)


def test_generalised_cross_entropy_tends_to_the_cross_entropy_and_ends_at_the_absolute_error():
    logits = _logits(5.0)
    near = GeneralisedCrossEntropy(1e-9)(logits, LABELS)
    torch.testing.assert_close(near, nn.functional.cross_entropy(logits, LABELS), rtol=1e-7, atol=0)
    one_hot = nn.functional.one_hot(LABELS, 10).double()
    absolute = (logits.softmax(1) - one_hot).abs().sum(1).mean()
    torch.testing.assert_close(2 * GeneralisedCrossEntropy(1.0)(logits, LABELS), absolute)


def test_generalised_cross_entropy_of_soft_targets_is_the_mixture_of_both_losses():
    logits, criterion = _logits(2.0), GeneralisedCrossEntropy(0.4)
    targets = 0.7 * nn.functional.one_hot(LABELS, 10) + 0.3 * nn.functional.one_hot(LABELS.flip(0), 10)
    mixture = 0.7 * criterion(logits, LABELS) + 0.3 * criterion(logits, LABELS.flip(0))
    torch.testing.assert_close(criterion(logits, targets), mixture)


def test_a_recipe_trains_with_the_loss_that_it_names():
    logits = _logits(2.0)
    plain, smooth, robust = (
        training_loss(Recipe(epochs=1, **choice))(logits, LABELS)
        for choice in ({}, {"label_smoothing": 0.1}, {"gce_q": 0.4})
    )
    assert plain == nn.functional.cross_entropy(logits, LABELS)
    assert smooth == nn.functional.cross_entropy(logits, LABELS, label_smoothing=0.1)
    assert robust == GeneralisedCrossEntropy(0.4)(logits, LABELS)
    with pytest.raises(ValueError, match="at most 1, got 1.5"):
        training_loss(Recipe(epochs=1, gce_q=1.5))
    with pytest.raises(ValueError, match="belongs to the cross-entropy"):
        Recipe(epochs=1, gce_q=0.4, label_smoothing=0.1)


@pytest.mark.parametrize("training", [True, False])
def test_evaluation_changes_nothing_and_the_mode_is_put_back(images, training):
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(2 * 26 * 26, 10))
    model.train(training)
    before = copy.deepcopy(model.state_dict())
    loss, accuracy = run_epoch(model, EvaluationBatches(images, LABELS, Recipe(epochs=1)), nn.CrossEntropyLoss())
    assert model.training == training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(before[key], tensor) for key, tensor in model.state_dict().items())
    model.eval()
    logits = model((images.float() / 255 - 0.2860) / 0.3530)
    assert loss == pytest.approx(nn.functional.cross_entropy(logits, LABELS).item(), rel=1e-5)
    assert accuracy == (logits.argmax(1) == LABELS).sum().item() / 10


def test_a_loss_that_is_not_finite_stops_before_it_harms_the_weights(images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model[1].weight.clone()
    batches = [(torch.full((2, 1, 28, 28), float("nan")), torch.tensor([0, 1]))]
    with pytest.raises(TrainingDiverged, match="nan"):
        run_epoch(model, batches, nn.CrossEntropyLoss(), optimizer)
    assert torch.equal(model[1].weight, before)


def test_running_totals_go_on(images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    batches = list(EvaluationBatches(images, LABELS, Recipe(epochs=1), batch_size=5))
    whole = run_epoch(model, batches, nn.CrossEntropyLoss())
    totals = Totals()
    run_epoch(model, batches[:1], nn.CrossEntropyLoss(), totals=totals)
    assert run_epoch(model, batches[1:], nn.CrossEntropyLoss(), totals=totals) == whole
    assert totals.count == 10
