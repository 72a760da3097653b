"""What a reader trained in one tab is opened in others, and again from its file."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save

from explorer.classifier.outcome import Question, classify_picture
from explorer.classifier.session import Choices, read_picture
from explorer.convolution.session import choose_kernel
from explorer.data import load_sample, normalise
from explorer.errors import InputError
from explorer.gradient_flow.live_tab import Job, give_networks
from explorer.gradient_flow.live_training import Settings, Training, write_weights
from explorer.interface import build_app
from explorer.models.brought import Brought, Trained, hold_trained, open_weights
from explorer.models.networks import find_network
from explorer.models.variants import Variant, build_variant, draw_weights
from explorer.page.handing import MOST_KEPT, keep_networks
from explorer.page.streaming import Run
from explorer.text import text_in

VARIANTS = [
    Variant(),
    Variant(activation="sigmoid", dropout=0.5),
    Variant(normalisation="batch"),
    Variant("residual", 14, normalisation="batch", dropout=0.5),
    Variant("residual", activation="gelu", normalisation="layer"),
    Variant("plain", activation="tanh"),
]


def draw(variant: Variant) -> torch.nn.Module:
    return draw_weights(build_variant(variant), "default", torch.Generator().manual_seed(0)).eval()


@pytest.fixture(params=VARIANTS, ids=str)
def network(request) -> Trained:
    return hold_trained(request.param, draw(request.param), "test")


def answers(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(normalise(load_sample().images[:5])[:, None])


def test_a_file_that_was_saved_opens_as_the_network_that_it_is_of(network, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(write_weights(network.variant, network.module))
    opened = open_weights(path)
    assert isinstance(opened, Trained) and opened.variant == network.variant and "mine" in opened.title
    assert torch.equal(answers(opened.module), answers(network.module))


def test_without_its_metadata_lenet5_is_that_of_the_catalogue(tmp_path):
    path, model = tmp_path / "plain.safetensors", draw(Variant())
    path.write_bytes(save(dict(model.state_dict())))
    opened = open_weights(path)
    assert isinstance(opened, Brought) and opened.architecture == "lenet5"
    assert torch.equal(answers(opened.module), answers(model))


@pytest.mark.parametrize("metadata", [{"cnn_explorer_variant": "[]"}, {"cnn_explorer_variant": '{"kind": "vgg"}'},
                                      {"cnn_explorer_variant": '{"kind": "plain"}'}, {"other": "words"}])  # fmt: skip
def test_metadata_that_does_not_fit_is_not_believed(metadata, tmp_path):
    path = tmp_path / "forged.safetensors"
    path.write_bytes(save(dict(draw(Variant()).state_dict()), metadata))
    assert isinstance(open_weights(path), Brought)


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    path, model = tmp_path / "forged.safetensors", draw(VARIANTS[1])
    torch.nn.init.constant_(model.features[0].bias, torch.nan)
    path.write_bytes(write_weights(VARIANTS[1], model))
    with pytest.raises(InputError, match="not finite"):
        open_weights(path)


@pytest.mark.parametrize("method", ["gradient", "gradcam"])
def test_the_classifier_shows_it(network, method):
    picture = read_picture(Choices(model=network.name, sample=3))
    outcome = classify_picture(Question(network.name, picture, method))
    with torch.no_grad():
        expected = network.module(normalise(load_sample().images[3:4])[:, None]).softmax(1)[0]
    torch.testing.assert_close(outcome.probabilities, expected, check_dtype=False)
    assert outcome.attribution is not None and outcome.problem is None


def test_its_layers_are_recorded_and_it_can_be_drawn_anew(network):
    trace = network.record().trace((1, 28, 28))
    assert trace.layers[-1].output_shape == (10,)
    assert not torch.equal(answers(network.draw()), answers(network.module))
    with pytest.raises(InputError):
        network.record(channels=3)


def test_the_convolution_tab_offers_its_first_filters(network):
    cells, filters, index = choose_kernel(network.name, [["1"]])
    first = next(each for each in network.module.modules() if isinstance(each, torch.nn.Conv2d)).weight
    assert torch.equal(filters, first.detach()[:, 0]) and index == 0
    typed = torch.tensor([[float(each) for each in row] for row in cells])
    torch.testing.assert_close(typed, first[0, 0].detach(), rtol=1e-3, atol=0)
    assert choose_kernel(network.name, cells)[0] == cells


def test_a_network_that_nobody_holds_is_forgotten():
    name = hold_trained(Variant(), draw(Variant()), "test").name
    with pytest.raises(InputError, match="no longer here"):
        find_network(name)
    with pytest.raises(InputError, match="no longer here"):
        choose_kernel(name, [["1"]])


def test_a_run_gives_copies_that_it_does_not_change_any_more():
    training = Training(Settings("pair", epochs=1))
    plain, residual = give_networks(Run(Job(training, None)), language="zh")
    before = answers(residual.module)
    training.advance()
    assert torch.equal(answers(residual.module), before)
    assert (plain.title, residual.title) == ("Plain-8 · 在这里训练", "ResNet-8 · 在这里训练")
    for nothing in (None, "forged"):
        with pytest.raises(InputError, match="no trained weights"):
            give_networks(nothing, language="en")


def test_the_newest_stands_first_and_the_oldest_goes():
    kept = ()
    for number in range(MOST_KEPT + 1):
        held = hold_trained(Variant(), draw(Variant()), str(number))
        changed = keep_networks(kept, [held], [("LeNet-5", "lenet5")], text_in("en"))
        kept = changed["kept"]
    assert changed["model"]["value"] == held.name and len(kept) == MOST_KEPT
    titles = [title for title, _ in changed["model"]["choices"]]
    assert titles == [*(f"LeNet-5 · {number}" for number in range(MOST_KEPT, 0, -1)), "LeNet-5"]


def test_tabs_are_connected_where_both_are_there():
    def count(*wings: str) -> int:
        return sum(each.name == "on_give" for each in build_app(wings=wings).fns.values())

    assert count("convolution", "gradient_flow") == 2  # once in each language
    assert count("gradient_flow") == 0
