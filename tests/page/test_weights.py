"""A reader's own weights in the tabs: what is offered, what is said, who holds them."""

from __future__ import annotations

import gc

import pytest
import torch
from safetensors.torch import save_file, save_model

from explorer.classifier.api import classify
from explorer.classifier.outcome import check_model
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.models.checkpoints import load_trained
from explorer.models.networks import find_network
from explorer.page.handing import MOST_KEPT
from explorer.page.weights import count_right, take_weights
from explorer.receptive_field.api import receptive_field
from explorer.receptive_field.sentences import name_network
from explorer.shapes.api import trace_shapes
from explorer.text import LANGUAGES, text_in
from explorer.uploads import NOT_HERE

CHOICES = [("LeNet-5", "lenet5"), ("AlexNet-Small", "alexnet_small")]


@pytest.fixture
def path(tmp_path):
    save_model(load_trained("lenet5"), tmp_path / "mine.safetensors")
    return str(tmp_path / "mine.safetensors")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_becomes_the_chosen_network_and_is_measured_on_the_samples(path, language):
    given = take_weights(path, "lenet5", (), CHOICES, text_in(language))
    (network,) = given["kept"]
    assert given["model"]["value"] == network.name
    assert given["model"]["choices"] == [("LeNet-5 · mine", network.name), *CHOICES]
    with torch.no_grad():
        answers = load_trained("lenet5")(normalise(load_sample().images)[:, None]).argmax(dim=1)
    right = int((answers == load_sample().labels).sum())
    assert count_right(network) == (right, 200) and right > 150
    assert f"{right}" in given["opened"] and "61,706" in given["opened"]


def test_a_visitor_keeps_the_newest_and_the_oldest_goes(path):
    kept, names = (), []
    for _ in range(MOST_KEPT + 1):
        kept = take_weights(path, "lenet5", kept, CHOICES, text_in("en"))["kept"]
        names.append(kept[-1].name)
    gc.collect()
    with pytest.raises(InputError):
        find_network(names[0])
    assert [find_network(name).name for name in names[1:]] == [each.name for each in kept]


def test_no_file_changes_nothing_and_a_file_that_is_gone_is_told():
    assert take_weights(None, "lenet5", (), CHOICES, text_in("en")) == {}
    with pytest.raises(InputError, match="Choose it again"):
        take_weights(NOT_HERE, "lenet5", (), CHOICES, text_in("en"))


def test_only_networks_of_the_catalogue_and_brought_ones_classify(path):
    (network,) = take_weights(path, "lenet5", (), CHOICES, text_in("en"))["kept"]
    assert check_model(network.name) == network.name
    with pytest.raises(InputError):
        check_model("torchvision/resnet18")


def test_weights_whose_answers_are_no_numbers_are_told(tmp_path):
    state = {key: tensor.contiguous() for key, tensor in load_trained("resnet20").state_dict().items()}
    state = {key: each * 1e30 if each.is_floating_point() else each for key, each in state.items()}
    save_file(state, tmp_path / "w.safetensors")
    with pytest.raises(InputError, match="not a number"):
        take_weights(str(tmp_path / "w.safetensors"), "resnet20", (), CHOICES, text_in("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tab_knows_what_a_brought_network_is_called(path, language):
    (network,) = take_weights(path, "lenet5", (), CHOICES, text_in(language))["kept"]
    assert name_network(network.name, text_in(language)) == "LeNet-5 · mine"


def test_programs_may_use_it_by_its_name_and_nothing_lists_it(path):
    """Its name is a secret: who has it holds it, or was given it by who does."""
    (network,) = take_weights(path, "lenet5", (), CHOICES, text_in("en"))["kept"]
    assert classify(model=network.name, sample=3)["model"] == network.name
    assert trace_shapes(network.name)["num_params"] == 61_706
    assert receptive_field(network.name, pixel=[3, 3])["layers"]
    for call in (lambda name: classify(model=name, sample=3), trace_shapes, receptive_field):
        with pytest.raises(InputError) as refused:
            call("unknown")
        assert "brought" not in str(refused.value)
        with pytest.raises(InputError, match="no longer here"):
            call("brought/guessed")
