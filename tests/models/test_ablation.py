"""Blocks taken out of networks."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from explorer.models.ablation import list_removable_blocks, without_blocks
from explorer.models.catalogue import create_model
from explorer.models.checkpoints import load_trained
from explorer.models.resnet import CifarResNet


@pytest.mark.parametrize(
    ("name", "count", "changing"),
    [("resnet20", 7, ["layer2.0", "layer3.0"]), ("plain20", 7, ["layer2.0", "layer3.0"]),
     ("resnet56", 25, ["layer2.0", "layer3.0"]), ("resnet18", 5, ["layer2.0", "layer3.0", "layer4.0"]),
     ("resnet50", 12, ["layer1.0", "layer2.0", "layer3.0", "layer4.0"]), ("lenet5", 0, [])],
)  # fmt: skip
def test_the_blocks_that_keep_the_shape_can_go(name, count, changing):
    model = create_model(name)
    found = list_removable_blocks(model)
    blocks = [f"layer{stage}.{index}" for stage in range(1, 5) for index in range(20)]
    there = [path for path in blocks if path in dict(model.named_modules())]
    assert len(found) == count and found == [path for path in there if path not in changing]
    assert all(not module._forward_hooks for module in model.modules())


def test_blocks_of_a_network_that_is_not_ours():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.same = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 4))
            self.called_twice = nn.Sequential(nn.Linear(4, 4))
            self.outer = nn.Sequential(nn.Sequential(nn.Linear(4, 4)), nn.ReLU())

        def forward(self, x):
            return self.outer(self.called_twice(self.called_twice(self.same(x.flatten(1)))))

    assert list_removable_blocks(Twice(), (1, 2, 2)) == ["same", "outer.0"]


@pytest.mark.parametrize("name", ["resnet20", "plain20"])
def test_a_network_without_blocks_is_one_that_was_built_without_them(name):
    """The reference: a shallower network with the weights of the blocks that stay."""
    trained = copy.deepcopy(load_trained(name)).double()
    gone = ["layer1.1", "layer2.2", "layer3.1"]  # one of the three of each stage
    rebuilt = CifarResNet(14, residual=name == "resnet20").eval().double()
    kept = {}
    for key, value in trained.state_dict().items():
        stage, number, *rest = key.split(".")
        if not stage.startswith("layer"):
            kept[key] = value
        elif f"{stage}.{number}" not in gone:
            earlier = sum(f"{stage}.{index}" in gone for index in range(int(number)))
            kept[".".join([stage, str(int(number) - earlier), *rest])] = value
    rebuilt.load_state_dict(kept)
    images = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad(), without_blocks(trained, gone) as cut:
        answers = cut(images)
        assert torch.allclose(answers, rebuilt(images), rtol=1e-9, atol=1e-12)
    with torch.no_grad():
        assert not torch.allclose(answers, trained(images), rtol=0.1)


def test_the_network_is_afterwards_as_it_was():
    model = create_model("resnet20").eval()
    before = dict(model.named_modules())
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(KeyError), without_blocks(model, ["layer1.0", "layer3.2"]) as cut:
        assert cut is model and isinstance(model.layer1[0], nn.Identity) and not model.layer1[0].training
        raise KeyError
    after = dict(model.named_modules())
    assert after.keys() == before.keys() and all(after[path] is before[path] for path in before)
    assert [name for name, _ in model.layer1.named_children()] == ["0", "1", "2"]
    assert all(torch.equal(value, weights[key]) for key, value in model.state_dict().items())
    with without_blocks(model, []) as cut:
        assert cut is model


@pytest.mark.parametrize(
    "paths", [["layer1.3"], ["layer9.0"], [""], ["layer1.0", "layer1.0.conv1"], ["layer1.0.relu7"]]
)
def test_a_wrong_path_is_refused_and_nothing_is_changed(paths):
    model = create_model("resnet20")
    before = list(model.modules())
    with pytest.raises(ValueError), without_blocks(model, paths):
        pass
    assert all(one is other for one, other in zip(model.modules(), before, strict=True))
