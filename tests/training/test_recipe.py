"""The learning-rate schedule and the list of recipes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from explorer.models.catalogue import MODELS
from explorer.training.recipe import _RECIPES, TUTORIAL, Recipe, recipe_for, warm_restart


def test_every_model_has_a_recipe():
    differ = _RECIPES.keys() ^ MODELS.keys()
    assert not differ, f"{differ}: _RECIPES in explorer/training/recipe.py, _ENTRIES in explorer/models/catalogue.py"
    assert all(recipe_for(name).epochs >= 1 for name in MODELS)
    with pytest.raises(ValueError, match="got 'vgg'"):
        recipe_for("vgg")
    with pytest.raises(ValueError, match="recipe must be one of best, medium, short, tutorial, got 'fast'"):
        recipe_for("mlp", "fast")


def test_networks_that_are_compared_share_a_recipe():
    assert len({recipe_for(name) for name in ("plain20", "resnet20", "plain56", "resnet56")}) == 1
    assert {recipe_for(name, "tutorial") for name in MODELS} == {TUTORIAL}


def test_the_short_recipe_shortens_what_is_long_and_nothing_else():
    shortened = {name for name in MODELS if recipe_for(name, "short") != recipe_for(name)}
    assert {"resnet18", "plain34", "resnet50"} <= shortened
    assert not shortened & {"softmax", "mlp", "lenet5", "alexnet_small", "resnet20", "plain56"}
    for name in shortened:
        best, short = recipe_for(name), recipe_for(name, "short")
        assert short.epochs == 7 and not (short.erase or short.cutmix or short.average)
        assert replace(short, epochs=60, erase=0.5, cutmix=0.5, average=0.999) == best


def test_the_medium_recipe_lies_between_the_other_two():
    for name in MODELS:
        best, medium, short = (recipe_for(name, recipe) for recipe in ("best", "medium", "short"))
        if short == best:
            assert medium == best
            continue
        assert short.epochs < medium.epochs < best.epochs
        assert medium.erase == best.erase > 0 and not (medium.cutmix or medium.average)
        assert replace(medium, epochs=best.epochs, cutmix=best.cutmix, average=best.average) == best


def test_a_warm_restart_changes_the_learning_rate_alone():
    recipe = recipe_for("resnet18", "short")
    again = warm_restart(recipe)
    assert (again.peak_lr, again.warmup) == (0.06, 0.1)
    assert replace(again, peak_lr=recipe.peak_lr, warmup=recipe.warmup) == recipe


def test_the_tutorials_schedule_is_torchs():
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50, eta_min=1e-4)
    for epoch in range(50):
        for step in (0, 7, 421):
            rate = TUTORIAL.learning_rate(422 * epoch + step, 422 * 50)
            assert rate == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


def test_networks_on_flat_pixels_see_no_augmentation():
    for name in ("softmax", "mlp"):
        assert not recipe_for(name).flip and not recipe_for(name).crop_padding


def test_one_cycle_rises_to_its_peak_and_falls_to_nothing():
    recipe = Recipe(epochs=1, peak_lr=0.3, warmup=0.25)
    rates = [recipe.learning_rate(step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.3 / 25) and rates[24] == rates[25] == max(rates) == 0.3
    assert rates[:25] == sorted(rates[:25]) and rates[25:] == sorted(rates[25:], reverse=True)
    assert rates[25 + 37] == pytest.approx(0.15 * (1 + math.cos(math.pi * 37 / 75)))
    assert 0 < rates[-1] < 0.001


def test_without_warmup_it_is_the_cosine_of_torch():
    import torch

    recipe = Recipe(epochs=1, peak_lr=0.1, warmup=0.0)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
    for step in range(20):
        assert recipe.learning_rate(step, 20) == pytest.approx(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("step", [-1, 10])
def test_steps_outside_the_run_are_refused(step):
    with pytest.raises(ValueError, match=f"0..9, got {step}"):
        Recipe(epochs=1).learning_rate(step, 10)


@pytest.mark.parametrize("total", [1, 2, 3])
def test_shortest_runs_have_finite_rates(total):
    assert all(0 < Recipe(epochs=1).learning_rate(step, total) <= 0.1 for step in range(total))
