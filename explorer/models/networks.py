"""Every network that can be looked at, by one name, whatever it comes from.

A model of the catalogue has its name there, a classifier of torchvision the prefix "torchvision/", one that somebody
handed over in Python (handed_over.py) the prefix "mine/", and a reader's own weights (brought.py) the prefix "brought/".
"""

from __future__ import annotations

import inspect
import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from torch import nn

from explorer.errors import InputError
from explorer.locks import fork_safe_locks
from explorer.models.catalogue import MODELS, ModelEntry, create_model
from explorer.models.checkpoints import checkpoint_problem, load_trained, model_lock
from explorer.models.torchvision_models import (
    TORCHVISION_CLASSIFIERS,
    TorchvisionEntry,
    draw_torchvision,
    record_torchvision,
)
from explorer.models.trace import Recording, record_catalogue

TORCHVISION = "torchvision/"
STEMS = ("small", "large")
# Where a network comes from.
CATALOGUE, LIBRARY, HANDED_OVER, BROUGHT = "catalogue", "library", "handed_over", "brought"
_MINE = "mine/"
_FORMER_PREFIX = "torchvision:"  # links that were copied before there was one name


@dataclass(frozen=True)
class Network(ABC):
    """One network.

    Attributes:
        name: by which links, the API and the page know it.
        title: what a reader calls it, in English; `Text.title` writes it in another language.
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
    def source(self) -> str:
        """CATALOGUE, LIBRARY, HANDED_OVER or BROUGHT."""

    @property
    def is_ours(self) -> bool:
        """Whether it is a model of the catalogue."""
        return self.source == CATALOGUE

    @property
    def short_name(self) -> str:
        """Its name without the prefix that says where it comes from, as files are named."""
        return self.name.rpartition("/")[2]

    @property
    def has_weights(self) -> bool:
        """Whether there are weights of it that are worth a look; of the catalogue, whether they are here and unaltered."""
        return False

    @property
    def can_draw(self) -> bool:
        """Whether `draw` can give it fresh weights."""
        return True

    def borrow(self) -> AbstractContextManager[nn.Module]:
        """The network with its weights, in eval mode and shared: it is nobody else's while the context lasts.

        Raises:
            ValueError: there are no weights of it, or (a CheckpointError) they are damaged.
        """
        raise ValueError(f"there are no weights of {self.name}")

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
        """The network with fresh weights of its layers' initialisation, on the processor, in eval mode."""


@dataclass(frozen=True)
class CatalogueNetwork(Network):
    """A model of the catalogue."""

    @property
    def source(self) -> str:
        return CATALOGUE

    @property
    def has_weights(self) -> bool:
        return checkpoint_problem(self.name) is None

    @contextmanager
    def borrow(self) -> Iterator[nn.Module]:
        with model_lock(self.name):
            yield load_trained(self.name)

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        changes = {"small_input": False} if stem == "large" and self.has_stems else {}
        return record_catalogue(self.name, self.channels if channels is None else channels, **changes)

    def draw(self) -> nn.Module:
        return create_model(self.name).eval()


@dataclass(frozen=True)
class TorchvisionNetwork(Network):
    """A classifier of torchvision; it takes colour images only."""

    @property
    def source(self) -> str:
        return LIBRARY

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        return record_torchvision(self.short_name)

    def draw(self) -> nn.Module:
        return draw_torchvision(self.short_name)


def _from_catalogue(entry: ModelEntry) -> Network:
    stems = "small_input" in inspect.signature(entry.build).parameters
    channels, _, side = entry.input_shape
    return CatalogueNetwork(entry.name, entry.title, channels, side, entry.fixed_size, stems)


def _from_torchvision(entry: TorchvisionEntry) -> Network:
    channels, _, side = entry.input_shape
    title = f"torchvision {entry.title}"
    return TorchvisionNetwork(f"{TORCHVISION}{entry.name}", title, channels, side, entry.fixed_size, has_stems=False)


_ALL = (*map(_from_catalogue, MODELS.values()), *map(_from_torchvision, TORCHVISION_CLASSIFIERS.values()))
_ENTERED: dict[str, Network] = {network.name: network for network in _ALL}
NETWORKS: Mapping[str, Network] = MappingProxyType(_ENTERED)
# Those that readers brought: whoever does not know the name does not find them, and nothing here keeps them.
_HELD: WeakValueDictionary[str, Network] = WeakValueDictionary()
_LOCKS = fork_safe_locks(["entering"])
_USED: set[str] = set()  # names: another network never gets one, for what was computed of the first may be remembered
_Entered = TypeVar("_Entered", bound=Network)


def enter_network(network: _Entered) -> _Entered:
    """Enter a network that was handed over under a name of its own, made of its title, and return it with that name."""
    words = re.sub(r"[^A-Za-z0-9_.-]+", "-", network.title).strip("-.") or "network"
    with _LOCKS["entering"]:
        names = (f"{_MINE}{words}{f'-{number}' if number > 1 else ''}" for number in itertools.count(1))
        entered = replace(network, name=next(name for name in names if name not in _USED))
        _USED.add(entered.name)
        _ENTERED[entered.name] = entered
    return entered


def hold_network(network: _Entered) -> _Entered:
    """Let `find_network` find a network by its name, and nobody else, for as long as somebody holds it."""
    _HELD[network.name] = network
    return network


def leave_network(network: Network) -> None:
    """Forget a network that was handed over.

    Raises:
        ValueError: it was not handed over.
    """
    if network.source != HANDED_OVER:
        raise ValueError(f"{network.name} was not handed over")
    with _LOCKS["entering"]:
        _ENTERED.pop(network.name, None)


def present_name(name: Any) -> Any:
    """The name that a network has now, of one that it has or had; anything else as it is.

    >>> present_name("torchvision:resnet50")
    'torchvision/resnet50'
    """
    if isinstance(name, str) and name.startswith(_FORMER_PREFIX):
        return TORCHVISION + name.removeprefix(_FORMER_PREFIX)
    return name


def is_brought(name: Any) -> bool:
    """Whether this is the name of a network of one reader alone, present or forgotten."""
    return isinstance(name, str) and name.startswith(f"{BROUGHT}/")


def find_network(name: Any) -> Network:
    """The network of that name, present or former.

    Raises:
        InputError: there is none.
    """
    name = present_name(name)
    found = (NETWORKS.get(name) or _HELD.get(name)) if isinstance(name, str) else None
    if found is None and isinstance(name, str) and name.startswith((f"{BROUGHT}/", _MINE)):
        raise InputError("models.forgotten")
    if found is None:
        raise InputError("errors.not_a_choice", name="terms.model", value=name, choices=list(MODELS))
    return found
