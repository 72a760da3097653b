"""Residual networks and their plain twins (He et al. 2015, "Deep residual learning for image recognition").

Two families. `ResNet` is the one of section 4.1, four stages with 1x1 projection shortcuts; `CifarResNet` is
the one of section 4.2, three thin stages of depth 6n + 2 with parameter-free shortcuts. `residual=False` gives
the plain twin of either: the same convolutions in the same order, without the shortcuts.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn


def conv3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size at stride 1; batch normalisation follows, so no bias."""
    return nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)


def conv1x1(in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution without bias."""
    return nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)


class ChannelPadShortcut(nn.Module):
    """Option A of He et al. 2015, section 3.3: subsample in space, pad new channels with zeros. No parameters.

    Shape:
        (N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int):
        super().__init__()
        before = (out_channels - in_channels) // 2
        self.channel_padding = (before, out_channels - in_channels - before)
        self.subsample = nn.MaxPool2d(kernel_size=1, stride=stride)

    def forward(self, feature_map: torch.Tensor) -> torch.Tensor:
        return F.pad(self.subsample(feature_map), (0, 0, 0, 0, *self.channel_padding))


def _projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The shortcut of option B: identity where the shapes agree, else a 1x1 convolution with normalisation."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return nn.Sequential(conv1x1(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels))


def _channel_pad(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    """The shortcut of option A: identity where the shapes agree, else subsampling with zero channels."""
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return ChannelPadShortcut(in_channels, out_channels, stride)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: ReLU(F(x) + shortcut(x)).

    Args:
        in_planes: channels in.
        planes: channels out (expansion is 1).
        stride: stride of the first convolution and of the shortcut.
        residual: False leaves the shortcut out (the plain twin).
        shortcut: builds the shortcut from (in_channels, out_channels, stride).
    """

    expansion = 1

    def __init__(self, in_planes: int, planes: int, stride: int = 1, residual: bool = True, shortcut=_projection):
        super().__init__()
        self.residual = residual
        self.conv1 = conv3x3(in_planes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = shortcut(in_planes, planes, stride) if residual else None
        self.relu2 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return self.relu2(out)


class BottleneckBlock(nn.Module):
    """1x1, 3x3 and 1x1 convolutions and a shortcut; the stride stands on the 3x3, as in torchvision.

    Args:
        in_planes: channels in.
        planes: channels of the 3x3 convolution; four times as many come out (expansion is 4).
        stride: stride of the 3x3 convolution and of the shortcut.
        residual: False leaves the shortcut out (the plain twin).
        shortcut: builds the shortcut from (in_channels, out_channels, stride).
    """

    expansion = 4

    def __init__(self, in_planes: int, planes: int, stride: int = 1, residual: bool = True, shortcut=_projection):
        super().__init__()
        self.residual = residual
        self.conv1 = conv1x1(in_planes, planes)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu1 = nn.ReLU()
        self.conv2 = conv3x3(planes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.relu2 = nn.ReLU()
        self.conv3 = conv1x1(planes, planes * self.expansion)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.shortcut = shortcut(in_planes, planes * self.expansion, stride) if residual else None
        self.relu3 = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return self.relu3(out)


class ResNet(nn.Module):
    """A residual network of four stages (He et al. 2015, table 1).

    Args:
        block: BasicBlock or BottleneckBlock.
        num_blocks: blocks of each stage, for example [2, 2, 2, 2] for ResNet-18.
        num_classes: number of logits.
        small_input: True for a 3x3 stem without pooling (28 or 32 px), False for 7x7 with pooling (224 px).
        in_channels: channels of the image.
        residual: False builds the plain twin: the same main-path convolutions without shortcuts.
        width: channels of the first stage; each later stage has twice as many.

    Shape:
        (N, in_channels, H, W) -> (N, num_classes).
    """

    def __init__(
        self,
        block: type[BasicBlock | BottleneckBlock],
        num_blocks: Sequence[int],
        num_classes: int = 10,
        small_input: bool = True,
        in_channels: int = 1,
        residual: bool = True,
        width: int = 64,
    ):
        super().__init__()
        self.stem = _small_stem(in_channels, width) if small_input else _large_stem(in_channels, width)
        planes = [width, 2 * width, 4 * width, 8 * width]
        inputs = [width, *(p * block.expansion for p in planes)]
        self.layer1 = _stage(block, inputs[0], planes[0], num_blocks[0], 1, residual)
        self.layer2 = _stage(block, inputs[1], planes[1], num_blocks[1], 2, residual)
        self.layer3 = _stage(block, inputs[2], planes[2], num_blocks[2], 2, residual)
        self.layer4 = _stage(block, inputs[3], planes[3], num_blocks[3], 2, residual)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Linear(inputs[4], num_classes)
        initialise_he(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.stem(images)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = torch.flatten(self.avgpool(x), 1)
        return self.classifier(x)


class CifarResNet(nn.Module):
    """The thin residual network of depth 6n + 2 for small images (He et al. 2015, section 4.2).

    Three stages of n basic blocks with 16, 32 and 64 channels. Its shortcuts have no parameters, so that it
    and its plain twin have exactly the same weights.

    Args:
        depth: 6n + 2 with n >= 1: 20, 32, 44, 56, 110, ...
        num_classes: number of logits.
        in_channels: channels of the image.
        residual: False builds the plain twin.
        width: channels of the first stage; each later stage has twice as many.
        stem_stride: stride of the first convolution; 2 leaves a quarter of the work.

    Raises:
        ValueError: depth is not of the form 6n + 2.

    Shape:
        (N, in_channels, H, W) -> (N, num_classes).
    """

    def __init__(
        self,
        depth: int,
        num_classes: int = 10,
        in_channels: int = 1,
        residual: bool = True,
        width: int = 16,
        stem_stride: int = 1,
    ):
        super().__init__()
        if depth < 8 or (depth - 2) % 6:
            raise ValueError(f"depth must be 6n + 2 with n >= 1 (8, 14, 20, ...), got {depth}")
        num_blocks = (depth - 2) // 6
        self.stem = _small_stem(in_channels, width, stem_stride)
        self.layer1 = _stage(BasicBlock, width, width, num_blocks, 1, residual, _channel_pad)
        self.layer2 = _stage(BasicBlock, width, 2 * width, num_blocks, 2, residual, _channel_pad)
        self.layer3 = _stage(BasicBlock, 2 * width, 4 * width, num_blocks, 2, residual, _channel_pad)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Linear(4 * width, num_classes)
        initialise_he(self)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.stem(images)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = torch.flatten(self.avgpool(x), 1)
        return self.classifier(x)


def initialise_he(model: nn.Module) -> None:
    """He initialisation in place (He et al. 2015, "Delving deep into rectifiers"): normal, fan-out, for ReLU."""
    if next(model.parameters()).is_meta:  # shapes without numbers; PyTorch would load its compiler to draw none
        return
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
            nn.init.zeros_(module.bias)


def _small_stem(in_channels: int, width: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(conv3x3(in_channels, width, stride), nn.BatchNorm2d(width), nn.ReLU())


def _large_stem(in_channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
    )


def _stage(block, in_planes, planes, num_blocks, stride, residual, shortcut=_projection) -> nn.Sequential:
    """num_blocks blocks; only the first changes size and channels."""
    blocks = [block(in_planes, planes, stride, residual, shortcut)]
    for _ in range(num_blocks - 1):
        blocks.append(block(planes * block.expansion, planes, 1, residual, shortcut))
    return nn.Sequential(*blocks)


def ResNet18(num_classes: int = 10, small_input: bool = True, **changes) -> ResNet:
    """ResNet-18; `changes` are further arguments of ResNet."""
    return ResNet(BasicBlock, [2, 2, 2, 2], num_classes, small_input, **changes)


def ResNet34(num_classes: int = 10, small_input: bool = True, **changes) -> ResNet:
    """ResNet-34; `changes` are further arguments of ResNet."""
    return ResNet(BasicBlock, [3, 4, 6, 3], num_classes, small_input, **changes)


def ResNet50(num_classes: int = 10, small_input: bool = True, **changes) -> ResNet:
    """ResNet-50; `changes` are further arguments of ResNet."""
    return ResNet(BottleneckBlock, [3, 4, 6, 3], num_classes, small_input, **changes)


def ResNet101(num_classes: int = 10, small_input: bool = True, **changes) -> ResNet:
    """ResNet-101; `changes` are further arguments of ResNet."""
    return ResNet(BottleneckBlock, [3, 4, 23, 3], num_classes, small_input, **changes)


def ResNet152(num_classes: int = 10, small_input: bool = True, **changes) -> ResNet:
    """ResNet-152; `changes` are further arguments of ResNet."""
    return ResNet(BottleneckBlock, [3, 8, 36, 3], num_classes, small_input, **changes)
