"""Images side by side in one row: the convolution must not notice. PyTorch's own convolution is the reference."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn

from explorer.models.catalogue import create_model
from explorer.training import packing
from explorer.training.packing import can_pack, pack_row, packed_small_maps, unpack_row


@pytest.fixture
def any_channels(monkeypatch):
    monkeypatch.setattr(packing, "MIN_CHANNELS", 1)


@pytest.fixture
def rows(monkeypatch):
    """Sizes of the batches that were packed."""
    seen = []
    whole = packing.pack_row
    monkeypatch.setattr(packing, "pack_row", lambda images, period: seen.append(images.shape) or whole(images, period))
    return seen


def outputs_and_gradients(model: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    images = images.clone().requires_grad_()
    outputs = model(images)
    weighted = (outputs * torch.linspace(-1, 1, outputs.numel(), dtype=outputs.dtype).view_as(outputs)).sum()
    return [outputs.detach(), *torch.autograd.grad(weighted, [images, *model.parameters()])]


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 3)])
def test_packed_convolutions_give_the_same_outputs_and_gradients(stride, dilation, any_channels, rows):
    tried = 0
    torch.manual_seed(0)
    for kernel, padding, width, count in product((1, 2, 3, 5), (0, 1, 2), (1, 4, 7, 8), (1, 5)):
        if dilation * (kernel - 1) + 1 > width + 2 * padding:
            continue
        convolution = nn.Conv2d(2, 4, kernel, stride, padding, dilation, groups=2).double()
        images = torch.randn(count, 2, 9, width, dtype=torch.float64)
        wanted = outputs_and_gradients(convolution, images)
        with packed_small_maps(convolution):
            found = outputs_and_gradients(convolution, images)
        for one, other in zip(found, wanted, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)
        tried += 1
    assert tried >= 40 and tried / 3 < len(rows) <= tried


def test_a_whole_network_is_the_same_and_left_as_it_was(rows):
    torch.manual_seed(0)
    model = create_model("resnet18").double().eval().to(memory_format=torch.channels_last)
    images = torch.randn(2, 1, 28, 28, dtype=torch.float64)
    wanted = outputs_and_gradients(model, images)
    with packed_small_maps(model):
        found = outputs_and_gradients(model, images)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)
    # Layer 3 and layer 4, four convolutions and a shortcut each: their outputs are 7 and 4 wide.
    assert [shape[-1] for shape in rows] == [14, 7, 14, 7, 7, 7, 4, 7, 4, 4]
    assert all(not module._forward_pre_hooks and not module._forward_hooks for module in model.modules())


def test_hooks_go_also_when_something_fails(any_channels):
    convolution = nn.Conv2d(1, 1, 3, padding=1)
    with pytest.raises(RuntimeError), packed_small_maps(convolution):
        convolution(torch.zeros(1, 2, 4, 4))
    assert not convolution._forward_pre_hooks and not convolution._forward_hooks


def test_disabled_changes_nothing(any_channels, rows):
    convolution = nn.Conv2d(1, 1, 3, padding=1)
    with packed_small_maps(convolution, enabled=False):
        convolution(torch.zeros(2, 1, 4, 4))
    assert rows == []


def test_a_wide_map_or_a_single_image_is_left_alone(any_channels, rows):
    convolution = nn.Conv2d(1, 1, 3, padding=1)
    with packed_small_maps(convolution):
        assert convolution(torch.zeros(2, 1, 9, 9)).shape == (2, 1, 9, 9)
        assert convolution(torch.zeros(1, 4, 4)).shape == (1, 4, 4)
    assert rows == []


@pytest.mark.parametrize(
    ("module", "packs"),
    [
        (nn.Conv2d(128, 128, 3, padding=1), True),
        (nn.Conv2d(128, 256, 1, stride=2), True),
        (nn.Conv2d(64, 128, 3, padding=1), False),  # too thin to pay
        (nn.Conv2d(128, 128, 3), False),  # the last image would lack outputs
        (nn.Conv2d(128, 128, 3, padding="same"), False),
        (nn.Conv2d(128, 128, 3, padding=1, padding_mode="reflect"), False),
        (nn.ConvTranspose2d(128, 128, 3, padding=1), False),
    ],
)
def test_what_can_be_packed(module, packs):
    assert can_pack(module) == packs


def test_a_row_holds_every_image_with_zeros_after_it():
    images = torch.arange(1.0, 13).view(2, 1, 2, 3)
    row = pack_row(images, 5)
    assert row.tolist() == [[[[1, 2, 3, 0, 0, 7, 8, 9, 0, 0], [4, 5, 6, 0, 0, 10, 11, 12, 0, 0]]]]
    assert torch.equal(unpack_row(row, 2, 3, 5), images)
