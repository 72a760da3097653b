"""Every network that can be looked at, by one name, whatever it comes from: the catalogue or torchvision.

A model of the catalogue has its name there, a classifier of torchvision the prefix "torchvision/".
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from torch import nn

from explorer.errors import InputError
from explorer.models.catalogue import MODELS, ModelEntry, create_model
from explorer.models.torchvision_models import (
    TORCHVISION_CLASSIFIERS,
    TorchvisionEntry,
    draw_torchvision,
    record_torchvision,
)
from explorer.models.trace import Recording, record_catalogue

TORCHVISION = "torchvision/"
STEMS = ("small", "large")
_FORMER_PREFIX = "torchvision:"  # links that were copied before there was one name


@dataclass(frozen=True)
class Network(ABC):
    """One network.

    Attributes:
        name: by which links, the API and the page know it.
        title: what a reader calls it; the same in every language.
        channels: of the images that it is made for.
        input_size: side in pixels of the images that it is made for.
        fixed_size: whether it takes images of that size only.
        has_stems: whether its first layers can be small, one 3x3 convolution, or large, 7x7 with pooling.
    """

    name: str
    title: str
    channels: int
    input_size: int
    fixed_size: bool
    has_stems: bool

    @property
    @abstractmethod
    def is_ours(self) -> bool:
        """Whether it is a model of the catalogue, for which there may be trained weights."""

    @abstractmethod
    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        """Its recording, remembered: the same network at another size costs no second one.

        Args:
            channels: of the images; None takes its own. Not every network can be built for others.
            stem: one of STEMS, where it has both.

        Raises:
            InputError: it cannot be built for so many channels.
        """

    @abstractmethod
    def draw(self) -> nn.Module:
        """The network with fresh weights of its own initialisation, on the processor, in eval mode."""


@dataclass(frozen=True)
class CatalogueNetwork(Network):
    """A model of the catalogue."""

    @property
    def is_ours(self) -> bool:
        return True

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        changes = {"small_input": False} if stem == "large" and self.has_stems else {}
        return record_catalogue(self.name, self.channels if channels is None else channels, **changes)

    def draw(self) -> nn.Module:
        return create_model(self.name).eval()


@dataclass(frozen=True)
class TorchvisionNetwork(Network):
    """A classifier of torchvision; it takes colour images only."""

    @property
    def _own_name(self) -> str:
        return self.name.removeprefix(TORCHVISION)

    @property
    def is_ours(self) -> bool:
        return False

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        return record_torchvision(self._own_name)

    def draw(self) -> nn.Module:
        return draw_torchvision(self._own_name)


def _from_catalogue(entry: ModelEntry) -> Network:
    stems = "small_input" in inspect.signature(entry.build).parameters
    channels, _, side = entry.input_shape
    return CatalogueNetwork(entry.name, entry.title, channels, side, entry.fixed_size, stems)


def _from_torchvision(entry: TorchvisionEntry) -> Network:
    channels, _, side = entry.input_shape
    title = f"torchvision {entry.title}"
    return TorchvisionNetwork(f"{TORCHVISION}{entry.name}", title, channels, side, entry.fixed_size, has_stems=False)


_ALL = (*map(_from_catalogue, MODELS.values()), *map(_from_torchvision, TORCHVISION_CLASSIFIERS.values()))
NETWORKS: Mapping[str, Network] = MappingProxyType({network.name: network for network in _ALL})


def present_name(name: Any) -> Any:
    """The name that a network has now, of one that it has or had; anything else as it is.

    >>> present_name("torchvision:resnet50")
    'torchvision/resnet50'
    """
    if isinstance(name, str) and name.startswith(_FORMER_PREFIX):
        return TORCHVISION + name.removeprefix(_FORMER_PREFIX)
    return name


def find_network(name: Any) -> Network:
    """The network of that name, present or former.

    Raises:
        InputError: there is none.
    """
    name = present_name(name)
    if not isinstance(name, str) or name not in NETWORKS:
        raise InputError("errors.not_a_choice", name="terms.model", value=name, choices=list(MODELS))
    return NETWORKS[name]
