"""The one list of networks: a name for each, whatever it comes from."""

from __future__ import annotations

import pytest

from explorer.errors import InputError
from explorer.models.catalogue import MODELS, create_model
from explorer.models.networks import NETWORKS, find_network, present_name
from explorer.models.torchvision_models import TORCHVISION_CLASSIFIERS
from explorer.models.trace import trace


def test_every_network_is_there_once():
    ours = [each.name for each in NETWORKS.values() if each.is_ours]
    others = [each.name.removeprefix("torchvision/") for each in NETWORKS.values() if not each.is_ours]
    assert ours == list(MODELS) and others == list(TORCHVISION_CLASSIFIERS)
    assert len({each.title for each in NETWORKS.values()}) == len(NETWORKS)
    assert all(name == each.name for name, each in NETWORKS.items())


@pytest.mark.parametrize(
    ("former", "present"), [("torchvision:vgg16", "torchvision/vgg16"), ("resnet18", "resnet18"), (5, 5)]
)
def test_names_of_old_links_are_known(former, present):
    assert present_name(former) == present
    if isinstance(former, str):
        assert find_network(former) is find_network(present)


@pytest.mark.parametrize("name", ["", "vgg16", "torchvision/", "torchvision:nothing", None, 5, [], {}, ["resnet18"]])
def test_an_unknown_name_is_told(name):
    with pytest.raises(InputError, match="Model must be one of"):
        find_network(name)


@pytest.mark.parametrize("name", [name for name, each in NETWORKS.items() if each.is_ours])
def test_stems_are_those_that_can_be_built(name):
    """The large one halves the image twice more."""
    network = NETWORKS[name]
    if network.has_stems:
        small, large = (network.record(stem=stem).trace((1, 64, 64)) for stem in ("small", "large"))
        assert large.num_params != small.num_params
        assert max(layer.receptive_field.jump[0] for layer in large.layers if layer.receptive_field.jump) == 32
    else:
        with pytest.raises(TypeError):
            create_model(name, small_input=False)


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "torchvision/squeezenet1_1", "torchvision/googlenet"])
def test_what_is_recorded_is_what_is_drawn(name):
    network = NETWORKS[name]
    shape = (network.channels, network.input_size, network.input_size)
    drawn = network.draw()
    assert not any(module.training for module in drawn.modules())
    assert network.record().trace(shape).num_params_total == sum(each.numel() for each in drawn.parameters())
    assert network.record().trace(shape).output_shape == trace(drawn, shape).output_shape
