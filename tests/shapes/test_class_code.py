"""The code to take away: it is run here, gets the weights of the network, and must compute what the network computes."""

from __future__ import annotations

import re
import warnings

import pytest
import torch
import torchvision
from torch import nn

from explorer.errors import InputError
from explorer.models.catalogue import MODELS, create_model
from explorer.models.trace import record
from explorer.shapes.class_code import name_attribute, write_class
from explorer.shapes.edit import OWN, Edit, open_network
from explorer.shapes.layer_list import build_network, parse_layer_list
from explorer.text import LANGUAGES
from tests.shapes.pasted_classes import CLASSES

TORCHVISION = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3",
    "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50",
    "resnext50_32x4d", "shufflenet_v2_x0_5", "squeezenet1_1", "vgg11_bn", "vit_b_32", "wide_resnet50_2",
]  # fmt: skip


def run_code(code: str) -> nn.Module:
    """The network that the code builds, in evaluation."""
    names: dict = {"__name__": "taken_away"}
    exec(code, names)
    if "model" in names:
        return names["model"].eval()
    *_, network = [each for each in names.values() if isinstance(each, type) and each.__module__ == "taken_away"]
    return network().eval()


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """By name: the code calls layer1.0.conv1 layer1_0_conv1."""
    renamed = {}
    for path, module in source.named_modules():
        for name, value in [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]:
            renamed[f"{path}.{name}".lstrip(".")] = value
            renamed.setdefault(f"{name_attribute(path)}.{name}", value)
            renamed.setdefault(name_attribute(f"{path}.{name}"), value)
            head, _, tail = path.rpartition(".")  # a module inside one that is written whole, as in attention
            renamed.setdefault(f"{name_attribute(head)}.{tail}.{name}", value)
    target.load_state_dict({name: renamed[name] for name in target.state_dict()})


def check(model: nn.Module, code: str, shape: tuple[int, ...], num_params: int, batch: int = 2) -> None:
    model.eval()
    built = run_code(code)
    assert sum(each.numel() for each in built.parameters()) == num_params
    copy_weights(model, built)
    images = torch.randn(batch, *shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        given, expected = built(images), model(images)
    assert given.abs().sum() > 0
    torch.testing.assert_close(given, expected, rtol=1e-5, atol=1e-5)


def shake(model: nn.Module) -> nn.Module:
    """Weights of which none is as it was made: a layer that is left out, or taken twice, shows."""
    torch.manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            each.add_(0.002 * torch.randn(each.shape))
        for name, each in model.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                each.add_(0.1 * torch.rand(each.shape))
    return model


@pytest.mark.parametrize("name", MODELS)
def test_the_code_of_every_network_here_computes_what_the_network_computes(name):
    shape = MODELS[name].input_shape
    model = shake(create_model(name))
    recording = record(model.eval(), shape)
    check(model, write_class(recording.at(shape)), shape, recording.trace(shape).num_params)


@pytest.mark.parametrize("name", TORCHVISION)
def test_the_code_of_torchvisions_networks_computes_what_they_compute(name):
    side = 75 if name == "inception_v3" else 64
    shape = (3, 224, 224) if name.startswith("vit") else (3, side, side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = shake(getattr(torchvision.models, name)(weights=None))
    recording = record(model.eval(), shape)
    code = write_class(recording.at(shape))
    assert "torchvision" not in code
    check(model, code, shape, recording.trace(shape).num_params)


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "branches"])
def test_a_pasted_class_is_written_as_code_that_computes_the_same(name):
    text, shape = CLASSES[name]
    walk = open_network(OWN, text=text).walk(shape)
    pasted = build_network(parse_layer_list(text)).to_empty(device="cpu")
    for module in pasted.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    code = walk.write_code()
    check(shake(pasted), code, shape, walk.trace.num_params, batch=1 if "For one image" in code else 2)


@pytest.mark.parametrize("name", ["lenet", "skip", "cifar_resnet", "unet", "dense"])
def test_the_code_of_a_pasted_class_can_be_pasted_again(name):
    text, shape = CLASSES[name]
    walk = open_network(OWN, text=text).walk(shape)
    again = open_network(OWN, text=walk.write_code()).walk(shape)
    assert [(each.kind, each.output_shape) for each in again.trace.layers] == [
        (each.kind, each.output_shape) for each in walk.trace.layers
    ]
    assert again.write_code() == walk.write_code()


def test_changes_of_the_reader_stand_in_the_code():
    network = open_network("resnet18")
    edits = network.mend((1, 28, 28), [Edit("layer1.0.conv1", "out_channels", 24)])
    walk = network.walk((1, 28, 28), edits)
    code = walk.write_code()
    assert "self.layer1_0_conv1 = nn.Conv2d(64, 24, kernel_size=3, padding=1, bias=False)" in code
    assert "self.layer1_0_conv2 = nn.Conv2d(24, 64, kernel_size=3, padding=1, bias=False)" in code
    built = run_code(code)
    assert sum(each.numel() for each in built.parameters()) == walk.trace.num_params
    assert built(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_the_code_of_a_chain_is_a_list_of_layers_and_of_branches_a_class():
    assert "nn.Sequential(" in open_network("lenet5").walk((1, 28, 28)).write_code()
    code = open_network("resnet18").walk((1, 28, 28)).write_code()
    assert "class ResNet(nn.Module):" in code and "nn.Sequential" not in code
    assert len(re.findall(r"= \w+ \+ \w+$", code, re.MULTILINE)) == 8  # one sum a block


def test_what_depends_on_the_size_is_written_for_that_size_and_says_so():
    text, shape = CLASSES["shuffle"]
    code = open_network(OWN, text=text).walk(shape).write_code()
    assert "For one image of 3 x 12 x 12 at a time" in code


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("torchvision/swin_t", (3, 224, 224), "ShiftedWindowAttention"),
        ("torchvision/maxvit_t", (3, 224, 224), "Attention"),
    ],
)
def test_where_no_code_can_be_written_the_part_is_named(name, shape, words):
    with pytest.raises(InputError) as caught:
        open_network(name).walk(shape).write_code()
    assert all(words in caught.value.sentence(language) for language in LANGUAGES)


def test_where_a_layer_breaks_there_is_no_code():
    with pytest.raises(InputError, match="when every layer fits"):
        open_network("resnet18").walk((3, 28, 28)).write_code()


class Awkward(nn.Module):
    """Names that Python or PyTorch keeps for itself, results that are read late, and assertions."""

    def __init__(self):
        super().__init__()
        self.add_module("class", nn.Conv2d(1, 4, 3, padding=1))
        self.add_module("0", nn.ReLU())
        self.a_b = nn.Conv2d(4, 4, 1)
        self.a = nn.Sequential()
        self.a.add_module("b", nn.Conv2d(4, 4, 1))
        self.type_ = nn.Identity()

    def forward(self, x):
        first = x
        y = getattr(self, "class")(x)
        z = self.a_b(self._modules["0"](y))
        late = self.a.b(z) - 2 * y
        torch._assert(x.shape[1] == 1, "grey")
        parts = torch.chunk(late, 2, dim=1)
        joined = torch.cat([parts[1], -parts[0], first, z[:, 1:3] ** 2], 1)
        return self.type_(joined.mean((2, 3), keepdim=True).flatten(1)) / 3


def test_names_and_results_that_are_read_late_keep_apart():
    model = Awkward()
    recording = record(model.eval(), (1, 6, 6))
    code = write_class(recording)
    assert "_assert" not in code
    assert sum(each.numel() for each in run_code(code).parameters()) == sum(each.numel() for each in model.parameters())
    images = torch.randn(2, 1, 6, 6)
    built = run_code(code)
    for one, other in zip(built.parameters(), model.parameters()):
        one.data.copy_(other.data)
    torch.testing.assert_close(built(images), model(images))
