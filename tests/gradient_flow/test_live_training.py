"""Training while a reader watches: its numbers against PyTorch's own loop, and what it must leave alone."""

from __future__ import annotations

import io
import math
import threading
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load, load_file

from explorer.data import MEAN, STD, load_split
from explorer.errors import InputError
from explorer.gradient_flow import live_training
from explorer.gradient_flow.live_figures import _smooth
from explorer.gradient_flow.live_training import (
    CHECK_EVERY,
    NETWORKS,
    Settings,
    Training,
    train_in_parts,
    write_weights,
)
from explorer.models.lenet import LeNet5
from explorer.models.variants import ACTIVATIONS, INITIALISATIONS, NORMALISATIONS, build_variant
from explorer.patience import NobodyWaitsError, asking
from explorer.training.packed_sample import load_training_sample
from explorer.training.splits import Split

THIN = Settings("pair", 8, learning_rate=0.1, initialisation="he", normalisation="batch", epochs=1)


@pytest.fixture(scope="module")
def few() -> tuple[Split, Split]:
    """150 images to learn from, three steps an epoch, and 100 to validate on."""
    sample = load_training_sample()
    chosen = torch.arange(0, 5000, 33)[:150]
    return (
        Split(sample.training.images[chosen], sample.training.labels[chosen]),
        Split(sample.validation.images[::10], sample.validation.labels[::10]),
    )


def finish(settings: Settings, few: tuple[Split, Split]) -> Training:
    training = Training(settings, *few)
    while not training.is_done:
        training.advance()
    return training


def weights_of(training: Training) -> list[torch.Tensor]:
    return [tensor for model in training.export().values() for tensor in model.state_dict().values()]


def test_it_trains_as_a_loop_with_pytorchs_own_optimizer_does(few):
    """Weights, losses, gradient norms and accuracies of two epochs, from images that this test takes itself."""
    settings = Settings(epochs=2, learning_rate=0.05, momentum=0.8, seed=3)
    training = Training(settings, *few)
    model = LeNet5()
    model.load_state_dict(next(iter(training.export().values())).state_dict())
    optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.8)
    losses = []
    for epoch in range(2):
        generator = torch.Generator().manual_seed(live_training.derive_seed(3, "order", epoch))
        for chosen in torch.randperm(150, generator=generator).split(50):
            images = (few[0].images[chosen].float() / 255 - MEAN) / STD
            loss = F.cross_entropy(model(images), few[0].labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            norms = [p.grad.norm().item() for p in model.parameters() if p.ndim > 1]
            optimizer.step()
            losses.append(loss.item())
            training.advance()
    [curves] = training.progress().curves
    assert curves.losses == pytest.approx(losses, rel=1e-5)
    assert curves.checks[-1].gradient_norms == pytest.approx(norms, rel=1e-3)
    [(_, trained)] = training.export().items()
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(trained.state_dict()[name], tensor, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "settings", [Settings(epochs=2, dropout=0.5, augmentation="all"), THIN], ids=["lenet5", "pair"]
)
def test_one_seed_gives_the_same_numbers_whatever_others_draw_and_whenever_it_pauses(few, settings):
    first = finish(settings, few)
    torch.manual_seed(99)
    again = Training(settings, *few)
    while not again.is_done:
        parts = train_in_parts(again)
        next(parts)  # before any step
        torch.rand(3)
        again.advance()  # a page that pauses after each step
        assert not parts.close()
    assert [each.losses for each in again.progress().curves] == [each.losses for each in first.progress().curves]
    assert all(map(torch.equal, weights_of(again), weights_of(first)))
    other = finish(replace(settings, seed=1), few)
    assert other.progress().curves[0].losses != first.progress().curves[0].losses


def test_nothing_global_is_changed(few):
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    with torch.no_grad():
        finish(Settings(epochs=1, dropout=0.5, augmentation="all"), few)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_what_it_says_at_the_end_is_what_the_saved_weights_are_worth(few, tmp_path):
    training = finish(replace(THIN, epochs=2), few)
    for curves, (variant, model) in zip(training.progress().curves, training.export().items()):
        path = tmp_path / "weights.safetensors"
        path.write_bytes(write_weights(variant, model))
        loaded = build_variant(variant).to_empty(device="cpu")
        loaded.load_state_dict(load_file(path), strict=True)
        loaded.eval()
        with torch.no_grad():
            logits = loaded((few[1].images.float() / 255 - MEAN) / STD)
        assert curves.checks[-1].step == training.num_steps == 6
        assert curves.checks[-1].validation_accuracy == float((logits.argmax(1) == few[1].labels).double().mean())


def test_plain_and_residual_start_from_the_same_numbers(few):
    plain, residual = Training(THIN, *few).export().values()
    assert plain.state_dict().keys() == residual.state_dict().keys()
    assert all(map(torch.equal, plain.state_dict().values(), residual.state_dict().values()))


def test_checks_come_at_fixed_steps_and_say_what_happened_since(few, monkeypatch):
    monkeypatch.setattr(live_training, "CHECK_EVERY", 2)
    [curves] = finish(Settings(epochs=1), few).progress().curves
    assert [each.step for each in curves.checks] == [0, 2, 3]
    assert curves.checks[0].training_accuracy is None and curves.checks[0].gradient_norms == ()
    assert len(curves.checks[-1].gradient_norms) == len(curves.layers) == 5
    assert curves.filters.shape == (6, 5, 5) and CHECK_EVERY == 25


def test_a_network_that_diverges_ends_and_the_other_one_goes_on(few):
    bare = replace(THIN, depth=20, normalisation="none", epochs=12)
    training = Training(bare, *few)
    while not training.progress().curves[1].has_diverged:
        training.advance()
    weights = weights_of(training)[-1]
    training.advance()
    plain, residual = training.progress().curves
    assert not plain.has_diverged and len(plain.losses) == len(residual.losses) + 1 == training.step
    assert not math.isfinite(residual.losses[-1]) and torch.equal(weights_of(training)[-1], weights)
    alone = finish(replace(bare, network="residual"), few).progress()
    assert alone.is_done and alone.curves[0].has_diverged and alone.step == len(residual.losses) < alone.num_steps


def test_the_images_that_are_shown_are_those_of_the_batch(few):
    training = Training(Settings(), *few)
    training.advance()
    seen = training.progress().seen
    generator = torch.Generator().manual_seed(live_training.derive_seed(0, "order", 0))
    chosen = torch.randperm(150, generator=generator)[:8]
    torch.testing.assert_close(seen, few[0].images[chosen, 0].float() / 255, atol=1e-5, rtol=0)
    changed = Training(Settings(augmentation="all"), *few)
    changed.advance()
    assert not torch.allclose(changed.progress().seen, seen)


def test_a_turn_that_is_over_pauses_the_run(few, monkeypatch):
    monkeypatch.setattr(live_training, "TURN", 0.0)
    monkeypatch.setattr(live_training, "PART", 0.0)
    training = Training(replace(THIN, epochs=2), *few)
    *_, last = train_in_parts(training)
    assert last.is_paused and not last.is_done and 0 < last.step < 6
    monkeypatch.setattr(live_training, "TURN", 120.0)
    *_, last = train_in_parts(training)
    assert last.is_done and not last.is_paused


def test_it_ends_when_nobody_waits_and_when_it_is_stopped(few):
    training, here = Training(Settings(epochs=12), *few), threading.Event()
    here.set()
    with asking(here.is_set):
        parts = train_in_parts(training)
        next(parts)
        here.clear()
        with pytest.raises(NobodyWaitsError):
            next(parts)
    assert training.step == 0
    assert [each.step for each in train_in_parts(training, lambda: True)] == [0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_combination_takes_a_step(few, network, normalisation, activation):
    settings = Settings(network, normalisation=normalisation, activation=activation, dropout=0.2)
    training = Training(settings, *few)
    before = weights_of(training)
    training.advance()
    assert all(len(each.losses) == 1 for each in training.progress().curves)
    assert not all(map(torch.equal, before, weights_of(training)))


@pytest.mark.parametrize(
    ("name", "value"),
    [("network", "vgg"), ("depth", 9), ("depth", None), ("learning_rate", -1), ("learning_rate", float("nan")),
     ("learning_rate", "fast"), ("momentum", 1), ("initialisation", "zeros"), ("activation", ["relu"]),
     ("normalisation", ""), ("augmentation", "cutmix"), ("dropout", 1), ("epochs", 0), ("epochs", 2.5), ("seed", -1)],
)  # fmt: skip
def test_bad_settings_are_refused_in_words(name, value):
    with pytest.raises(InputError) as caught:
        Settings(**{name: value})
    assert len(caught.value.sentence("en")) > 10 and len(caught.value.sentence("zh")) > 5


# ---- the packed images and the networks --------------------------------------------------------------------------


def test_the_packed_images_are_training_images_of_the_data_set():
    sample = load_training_sample()
    images, labels = load_split("train")
    packed = torch.cat([sample.training.images, sample.validation.images])
    assert torch.equal(packed, images[sample.indices])
    assert torch.equal(torch.cat([sample.training.labels, sample.validation.labels]), labels[sample.indices].long())
    assert sample.training.labels.bincount().tolist() == [500] * 10 and len(sample.indices.unique()) == 6000
    assert sample.validation.labels.bincount().tolist() == [100] * 10


def test_the_default_network_starts_as_pytorch_would_draw_it():
    [model] = Training(Settings(seed=7)).export().values()
    torch.manual_seed(live_training.derive_seed(7, "weights", 0))
    expected = LeNet5()
    for name, tensor in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], tensor)


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_first_weights_have_the_deviation_of_their_initialisation(few, initialisation):
    [model] = Training(Settings(initialisation=initialisation), *few).export().values()
    weight, bias = model.classifier[1].weight, model.classifier[1].bias
    deviation = {
        "default": (3 * 400) ** -0.5,
        "he": (2 / 400) ** 0.5,
        "xavier": (2 / 520) ** 0.5,
        "orthogonal": 400**-0.5,
    }
    assert float(weight.detach().std()) == pytest.approx(deviation[initialisation], rel=0.03)
    assert bool(bias.any()) == (initialisation == "default")


def test_files_of_weights_are_read_by_safetensors(few):
    [(variant, model)] = Training(Settings(), *few).export().items()
    content = io.BytesIO(write_weights(variant, model)).getvalue()
    assert load(content).keys() == LeNet5().state_dict().keys()


def test_a_loss_is_smoothed_by_its_window_alone():
    losses = (1.0, 1e30, *[2.0] * 60)
    assert _smooth(losses)[-1] == 2.0 and _smooth(losses)[0] == 1.0


def test_weights_that_are_not_finite_end_a_training():
    training = Training(Settings(epochs=1))
    training.progress()
    with torch.no_grad():
        next(iter(training._learners[0].model.parameters())).view(-1)[0] = math.inf
    training._learners[0].check(1, *training._validation)
    assert training._learners[0].has_diverged
    assert Training(Settings(epochs=1))._validation[0] is training._validation[0]
