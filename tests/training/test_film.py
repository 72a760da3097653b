"""Filming a training: which moments are kept, and that an interrupted one goes on as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from explorer.models.film import load_film, load_moment
from explorer.training import film
from explorer.training.recipe import recipe_for
from explorer.training.run import Run
from explorer.training.splits import Images, Split

RECIPE = replace(recipe_for("lenet5"), epochs=2, batch_size=16, average=0.0)


class KilledError(Exception):
    """The program ends here."""


@pytest.fixture
def images() -> Images:
    generator = torch.Generator().manual_seed(5)

    def draw(count: int) -> Split:
        pixels = torch.randint(256, (count, 1, 28, 28), generator=generator, dtype=torch.uint8)
        return Split(pixels, torch.randint(10, (count,), generator=generator))

    return Images(draw(80), draw(16), draw(20))


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(film, "RUNS", tmp_path / "runs")


def test_the_moments():
    assert film.choose_steps(RECIPE, 5) == (0, 5, 10, 30, 100)
    assert film.choose_steps(replace(RECIPE, epochs=12), 422)[-3:] == (5 * 422, 8 * 422, 12 * 422)
    best = film.choose_recipe("lenet5", torch.device("cpu"))
    assert best == replace(recipe_for("lenet5"), average=0.0)


def test_an_interrupted_film_goes_on_and_is_the_same(images, tmp_path, monkeypatch):
    monkeypatch.setattr(film, "STEPS", (0, 3))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    film.make_film("lenet5", RECIPE, images, whole)
    monkeypatch.setattr(film, "RUNS", tmp_path / "others")
    look_at, seen = film._Recorder.look_at, []

    def die(self, run: Run) -> None:
        look_at(self, run)
        seen.append(run.step)
        if run.step == 7:
            raise KilledError

    monkeypatch.setattr(film._Recorder, "look_at", die)
    with pytest.raises(KilledError):
        film.make_film("lenet5", RECIPE, images, cut)
    monkeypatch.setattr(film._Recorder, "look_at", look_at)
    film.make_film("lenet5", RECIPE, images, cut)
    one, other = load_film("lenet5", whole), load_film("lenet5", cut)
    assert one.steps == other.steps == (0, 3, 5, 10) and one.epochs == (0, 0.6, 1, 2)
    assert (
        torch.equal(one.answers, other.answers) and one.losses == other.losses and torch.equal(one.fields, other.fields)
    )
    first, last = (load_moment("lenet5", step, whole).features[0].weight for step in (0, 10))
    assert not torch.equal(first, last)
    assert torch.equal(last, load_moment("lenet5", 10, cut).features[0].weight)
