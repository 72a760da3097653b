"""The films of two trainings: each moment answers the test images as it is recorded."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save

from explorer.data import DatasetError, load_sample, load_split, normalise
from explorer.models.answers import load_answers
from explorer.models.checkpoints import CHECKPOINTS, MAX_FILE_BYTES
from explorer.models.film import FIRST_LAYER, LAST_MAP, NAMES, _load, list_films, load_film, load_moment, path_of
from explorer.models.gradient_mass import mean_gradient_mass

EVERY = 100  # test images


@pytest.fixture(scope="module")
def test_images():
    try:
        images, labels = load_split("test")
    except DatasetError as error:
        pytest.skip(f"no Fashion-MNIST here: {error}")
    assert torch.equal(load_answers().labels.long(), labels)
    return normalise(images.float() / 255), labels


def test_both_films_are_here_and_small():
    assert list_films() == NAMES
    sizes = [path_of(name).stat().st_size for name in NAMES]
    assert max(sizes) < MAX_FILE_BYTES and sum(sizes) < 12 * 2**20


@pytest.mark.parametrize("name", NAMES)
def test_each_moment_answers_as_it_is_recorded(name, test_images):
    film, (images, _) = load_film(name), test_images
    assert film.steps[0] == 0 and list(film.steps) == sorted(set(film.steps)) and film.answers.shape[1] == len(images)
    for place, step in enumerate(film.steps):
        with torch.inference_mode():
            answers = load_moment(name, step)(images[::EVERY]).argmax(1)
        assert torch.equal(answers, film.answers[place, ::EVERY].long()), step


def test_the_last_moment_of_lenet5_answers_every_image_as_it_is_recorded(test_images):
    film, (images, labels) = load_film("lenet5"), test_images
    with torch.inference_mode():
        logits = torch.cat([load_moment("lenet5", film.steps[-1])(part) for part in images.split(500)])
    assert torch.equal(logits.argmax(1), film.answers[-1].long())
    assert float(F.cross_entropy(logits, labels)) == pytest.approx(film.losses[-1], abs=1e-5)


def test_a_field_is_measured_anew():
    name, film = "lenet5", load_film("lenet5")
    images = normalise(load_sample().images.float() / 255)[:, None]
    mass = mean_gradient_mass(load_moment(name, film.steps[-2]), images, *LAST_MAP[name])
    assert torch.allclose(mass.float(), film.fields[-2], atol=1e-5) and float(mass.sum()) == pytest.approx(1)
    assert FIRST_LAYER.keys() == LAST_MAP.keys()


def test_a_film_that_is_missing_or_damaged_counts_as_none(tmp_path):
    assert load_film("lenet5", tmp_path) is None
    content = path_of("lenet5").read_bytes()
    path_of("lenet5", tmp_path).write_bytes(content[: len(content) // 2])
    (tmp_path / "other").mkdir()
    path_of("lenet5", tmp_path / "other").write_bytes(content[: len(content) // 2])
    assert load_film("lenet5", tmp_path / "other") is None
    path_of("lenet5", tmp_path / "other").write_bytes(save({"answers": torch.zeros(3)}, {"film": "[" * 100_000}))
    assert _load.__wrapped__("lenet5", tmp_path / "other") is None
    with pytest.raises(ValueError, match="no weights of lenet5 after step 3"):
        load_moment("lenet5", 3, CHECKPOINTS)
