"""The one list of networks. Everything that names, builds, trains or draws a model reads it from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import partial
from types import MappingProxyType
from typing import TypedDict

from torch import nn

from explorer.models.alexnet import AlexNetSmall
from explorer.models.lenet import LeNet5
from explorer.models.linear import MLP, SoftmaxRegression
from explorer.models.resnet import CifarResNet, ResNet18, ResNet34, ResNet50, ResNet101, ResNet152

TUTORIAL_PART = 4  # of its series


@dataclass(frozen=True)
class ModelEntry:
    """One network of the catalogue.

    Attributes:
        name: key of the catalogue, also used in file names, links and the API.
        title: what a reader sees, in English; one of words (no name) stands in `text/LANGUAGE/terms.py` as well.
        build: builds the network with fresh weights; keyword arguments change it.
        section: section of the tutorial that introduces it (1 to 10).
        lends_filters: whether the convolution tab offers its trained first filters as kernels.
        is_compared: whether its receptive field stands in the table that compares networks.
        input_shape: (C, H, W) of the images it is made for.
        fixed_size: whether a linear layer ties it to exactly that height and width.
        claimed_accuracy: test accuracy that the tutorial states, as a fraction, or None.
        claimed_part: part of the tutorial's series of which that accuracy is; only for this one, the fourth, is a
            training recipe stated.
        claimed_params: parameter count that the tutorial states, or None.
    """

    name: str
    title: str
    build: Callable[..., nn.Module]
    section: int
    _: KW_ONLY
    lends_filters: bool
    is_compared: bool
    input_shape: tuple[int, int, int] = (1, 28, 28)
    fixed_size: bool = False
    claimed_accuracy: float | None = None
    claimed_part: int = TUTORIAL_PART
    claimed_params: int | None = None


class _Lists(TypedDict):
    lends_filters: bool
    is_compared: bool


# In which lists a network stands beside those of all networks; each says so.
_SHOWN: _Lists = {"lends_filters": True, "is_compared": True}
_COMPARED: _Lists = {"lends_filters": False, "is_compared": True}
_LISTED: _Lists = {"lends_filters": False, "is_compared": False}
_ENTRIES = (
    ModelEntry(
        "softmax",
        "Softmax regression",
        SoftmaxRegression,
        1,
        **_LISTED,
        fixed_size=True,
        claimed_accuracy=0.840,
        claimed_part=2,
    ),
    ModelEntry("mlp", "MLP", MLP, 1, **_LISTED, fixed_size=True, claimed_accuracy=0.921, claimed_part=3),
    ModelEntry(
        "lenet5", "LeNet-5", LeNet5, 6, **_SHOWN, fixed_size=True, claimed_accuracy=0.910, claimed_params=61_706
    ),
    ModelEntry("alexnet_small", "AlexNet-Small", AlexNetSmall, 7, **_SHOWN, claimed_accuracy=0.930),
    ModelEntry("resnet18", "ResNet-18", ResNet18, 9, **_SHOWN, claimed_accuracy=0.953, claimed_params=11_173_962),
    ModelEntry("resnet34", "ResNet-34", ResNet34, 9, **_COMPARED, claimed_params=21_282_122),
    ModelEntry("resnet50", "ResNet-50", ResNet50, 9, **_COMPARED, claimed_params=23_508_234),
    ModelEntry("resnet101", "ResNet-101", ResNet101, 9, **_LISTED),
    ModelEntry("resnet152", "ResNet-152", ResNet152, 9, **_LISTED),
    ModelEntry("plain18", "Plain-18", partial(ResNet18, residual=False), 8, **_COMPARED),
    ModelEntry("plain34", "Plain-34", partial(ResNet34, residual=False), 8, **_LISTED),
    ModelEntry("resnet20", "ResNet-20 (CIFAR)", partial(CifarResNet, 20), 8, **_LISTED),
    ModelEntry("plain20", "Plain-20 (CIFAR)", partial(CifarResNet, 20, residual=False), 8, **_LISTED),
    ModelEntry("resnet56", "ResNet-56 (CIFAR)", partial(CifarResNet, 56), 8, **_LISTED),
    ModelEntry("plain56", "Plain-56 (CIFAR)", partial(CifarResNet, 56, residual=False), 8, **_LISTED),
)

MODELS: Mapping[str, ModelEntry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})

# The nets whose depths are compared (He et al. 2015, section 4.2): kind -> layers with weights -> name.
DEGRADATION: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {"plain": {20: "plain20", 56: "plain56"}, "residual": {20: "resnet20", 56: "resnet56"}}
)
DEGRADATION_NAMES = tuple(name for nets in DEGRADATION.values() for name in nets.values())


def create_model(name: str, **changes) -> nn.Module:
    """Build a network of the catalogue with fresh weights, in train mode.

    Args:
        name: a key of MODELS.
        **changes: keyword arguments of its constructor, for example `in_channels=3` or `residual=False`.

    Raises:
        ValueError: no model has that name.

    >>> sum(parameter.numel() for parameter in create_model("lenet5").parameters())
    61706
    """
    if name not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    return MODELS[name].build(**changes)
