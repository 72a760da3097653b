"""The networks against hand formulas and torchvision's, and the habits that attribution relies on."""

from __future__ import annotations

import pytest
import torch
import torch.fx
from torch import nn

from explorer.models.catalogue import MODELS, create_model
from explorer.models.resnet import BasicBlock, BottleneckBlock, CifarResNet, ResNet


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(name: str, **changes) -> nn.Module:
    with torch.device("meta"):
        return create_model(name, **changes)


def linear(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def conv(inputs: int, outputs: int, size: int) -> int:
    return inputs * outputs * size**2 + outputs


def thin_resnet(depth: int) -> int:
    """He et al. 2015, section 4.2: 3x3 convolutions without bias, each with 2 numbers a channel of normalisation."""
    n = (depth - 2) // 6
    total = 9 * 1 * 16 + 2 * 16
    for inputs, outputs in ((16, 16), (16, 32), (32, 64)):
        total += 9 * inputs * outputs + 2 * outputs
        total += (2 * n - 1) * (9 * outputs * outputs + 2 * outputs)
    return total + linear(64, 10)


HAND_COUNTS = {
    "softmax": linear(784, 10),
    "mlp": linear(784, 512) + linear(512, 256) + linear(256, 10),
    "lenet5": conv(1, 6, 5) + conv(6, 16, 5) + linear(400, 120) + linear(120, 84) + linear(84, 10),
    "alexnet_small": conv(1, 32, 5) + conv(32, 64, 3) + conv(64, 128, 3) + conv(128, 64, 3)
    + linear(1024, 256) + linear(256, 10),
    "resnet20": thin_resnet(20),
    "plain20": thin_resnet(20),
    "resnet56": thin_resnet(56),
    "plain56": thin_resnet(56),
}  # fmt: skip


@pytest.mark.parametrize("name", HAND_COUNTS)
def test_parameters_by_hand(name):
    assert count(on_meta(name)) == HAND_COUNTS[name]


def torchvision_twin(name: str) -> nn.Module:
    """torchvision's network with the small stem, one input channel and ten classes."""
    import torchvision.models

    model = getattr(torchvision.models, name)(num_classes=10, weights=None)
    model.conv1 = nn.Conv2d(1, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", 11_172_810),
        ("resnet34", 21_280_970),
        ("resnet50", 23_519_690),
        ("resnet101", 42_511_818),
        ("resnet152", 58_155_466),
    ],
)
def test_resnets_have_torchvisions_parameters(name, expected):
    with torch.device("meta"):
        assert count(on_meta(name)) == count(torchvision_twin(name)) == expected


def test_the_tutorials_resnet18_count_is_that_of_three_channels():
    assert count(on_meta("resnet18", in_channels=3)) == 11_173_962
    assert count(on_meta("resnet34", in_channels=3)) == 21_282_122


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_resnets_compute_what_torchvisions_do(name):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torchvision_twin(name).double().eval()
        ours = create_model(name).double().eval()
        images = torch.randn(2, 1, 16, 16, dtype=torch.float64)
        for module in theirs.modules():  # statistics that matter
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.1)
                module.running_var.uniform_(0.5, 1.5)
    our_keys, their_state = list(ours.state_dict()), theirs.state_dict()
    assert [t.shape for t in ours.state_dict().values()] == [t.shape for t in their_state.values()]
    ours.load_state_dict(dict(zip(our_keys, their_state.values())))
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images))


def test_large_stem_is_torchvisions_resnet18_for_imagenet():
    import torchvision.models

    with torch.device("meta"):
        theirs = torchvision.models.resnet18(weights=None)
    ours = on_meta("resnet18", small_input=False, in_channels=3, num_classes=1000)
    assert [t.shape for t in ours.state_dict().values()] == [t.shape for t in theirs.state_dict().values()]


def main_path_convolutions(model: nn.Module) -> list[tuple]:
    return [
        (name, m.in_channels, m.out_channels, m.kernel_size, m.stride, m.padding)
        for name, m in model.named_modules()
        if isinstance(m, nn.Conv2d) and "shortcut" not in name
    ]


@pytest.mark.parametrize("name", [name for name in MODELS if name.startswith("resnet")])
def test_plain_twin_has_the_same_convolutions_and_no_shortcut(name):
    residual, plain = on_meta(name), on_meta(name, residual=False)
    assert main_path_convolutions(residual) == main_path_convolutions(plain)
    assert not any("shortcut" in key for key in plain.state_dict())
    if name in ("resnet20", "resnet56"):
        assert count(plain) == count(residual)
    if name.replace("resnet", "plain") in MODELS:
        assert list(on_meta(name.replace("resnet", "plain")).state_dict()) == list(plain.state_dict())


@pytest.mark.parametrize("name", MODELS)
def test_shapes_and_one_relu_module_per_use(name):
    model = on_meta(name)
    entry = MODELS[name]
    assert model(torch.empty(2, *entry.input_shape, device="meta")).shape == (2, 10)
    graph = torch.fx.symbolic_trace(model).graph
    functions = {str(node.target) for node in graph.nodes if node.op in ("call_function", "call_method")}
    assert not any("relu" in function.lower() for function in functions)
    called = [node.target for node in graph.nodes if node.op == "call_module"]
    used = [target for target in called if isinstance(model.get_submodule(target), nn.ReLU)]
    held = [name for name, module in model.named_modules() if isinstance(module, nn.ReLU)]
    assert sorted(used) == sorted(held), f"the module of {name} in explorer/models needs an nn.ReLU() for each use"
    assert not any(getattr(module, "inplace", False) for module in model.modules())


@pytest.mark.parametrize("name", [name for name, entry in MODELS.items() if not entry.fixed_size])
def test_other_sizes_and_channels(name):
    model = on_meta(name, in_channels=3)
    try:
        scores = model(torch.empty(1, 3, 37, 33, device="meta"))
    except RuntimeError as error:
        pytest.fail(
            f"{name} takes one size alone: fixed_size=True in explorer/models/catalogue.py is missing ({error})"
        )
    assert scores.shape == (1, 10)


@pytest.mark.parametrize("build", [lambda: create_model("resnet18"), lambda: CifarResNet(20)])
def test_he_initialisation(build):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = build()
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.weight.numel() > 2000:
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.1)
            assert module.weight.mean().abs().item() < 0.1 * (2 / fan_out) ** 0.5
        elif isinstance(module, nn.BatchNorm2d):
            assert module.weight.eq(1).all() and module.bias.eq(0).all()


def test_identity_block_passes_its_input_through():
    block = BasicBlock(4, 4).eval()
    nn.init.zeros_(block.bn2.weight)
    images = torch.rand(1, 4, 5, 5)  # not negative, so the last ReLU changes nothing
    assert torch.equal(block(images), images)


def test_parameter_free_shortcut_pads_channels_evenly():
    block = BasicBlock(2, 4, stride=2, shortcut=CifarResNet(20).layer2[0].shortcut.__class__).eval()
    nn.init.zeros_(block.bn2.weight)
    images = torch.rand(1, 2, 6, 6)
    out = block(images)
    assert torch.equal(out[:, 1:3], images[:, :, ::2, ::2])
    assert out[:, [0, 3]].eq(0).all()


def test_bottleneck_strides_on_its_3x3_convolution():
    block = BottleneckBlock(8, 4, stride=2)
    assert [block.conv1.stride, block.conv2.stride, block.conv3.stride] == [(1, 1), (2, 2), (1, 1)]


@pytest.mark.parametrize("depth", [2, 7, 18, 21])
def test_impossible_depth_is_refused(depth):
    with pytest.raises(ValueError, match=f"6n \\+ 2.*got {depth}"):
        CifarResNet(depth)


def test_catalogue_is_ordered_by_section_and_refuses_unknown_names():
    sections = [MODELS[name].section for name in ("softmax", "mlp", "lenet5", "alexnet_small", "resnet18")]
    assert sections == sorted(sections)
    assert all(name == entry.name for name, entry in MODELS.items())
    with pytest.raises(ValueError, match="must be one of softmax, .*got 'vgg'"):
        create_model("vgg")
    assert isinstance(create_model("resnet18", width=8), ResNet)
