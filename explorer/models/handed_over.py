"""A network that somebody hands over in Python, as he has it, weights included: a copy of it stands beside the catalogue.

Nothing of it comes from a page: who hands it over runs this program himself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from explorer.errors import InputError, first_line
from explorer.models.networks import HANDED_OVER, Network, enter_network, leave_network
from explorer.models.real_run import copy_with_numbers
from explorer.models.trace import Recording, record

MAX_SIDE = 1024  # pixels of the images; what the tabs can show
MAX_CHANNELS = 16


@dataclass(frozen=True, eq=False)
class HandedOver(Network):
    """A copy of somebody's network.

    Attributes:
        module: the copy, on the processor, in evaluation mode.
        recording: of the copy, compared with its own forward at its own size.
    """

    module: nn.Module = field(repr=False)
    recording: Recording = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def source(self) -> str:
        return HANDED_OVER

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        return self.recording

    @property
    def has_weights(self) -> bool:
        return not any(tensor.is_meta for tensor in (*self.module.parameters(), *self.module.buffers()))

    @contextmanager
    def borrow(self) -> Iterator[nn.Module]:
        with self._lock:
            try:
                yield copy_with_numbers(self.module)  # its forward may write down what it likes
            except InputError:
                raise
            except Exception as error:  # whatever its own code raises when it runs
                raise InputError("models.not_run", model=self.title, reason=first_line(error)) from error

    @property
    def can_draw(self) -> bool:
        return self.has_weights and all(map(_can_draw, self.module.modules()))

    def draw(self) -> nn.Module:
        drawn = copy_with_numbers(self.module)
        for each in drawn.modules():
            reset = _find_reset(each)
            if reset is not None:
                reset()
        return drawn


def _can_draw(module: nn.Module) -> bool:
    """Whether the weights of this very module can be drawn; those that a hook or a parametrisation computes cannot."""
    if next(module.parameters(recurse=False), None) is None:
        return not is_parametrized(module)
    return _find_reset(module) is not None and not module._forward_pre_hooks


def _find_reset(module: nn.Module):
    """What draws the weights of this very module again: PyTorch's layers have it under one of these names."""
    found = (getattr(module, name, None) for name in ("reset_parameters", "_reset_parameters"))
    return next((each for each in found if callable(each)), None)


def hand_over(model: nn.Module, input_shape: Sequence[int], title: str | None = None) -> HandedOver:
    """Put a copy of a network beside those of the catalogue, as it is now.

    Args:
        model: any network that takes one image; it is left as found. Weights on another device are copied to the processor.
        input_shape: (C, H, W) of the images that it is made for, H = W; or (N, C, H, W).
        title: what a reader calls it; None takes the name of its class.

    Raises:
        InputError: it is not a network, it cannot be looked into, the shape cannot be used, or the network cannot take it.
    """
    if not isinstance(model, nn.Module):
        raise InputError("models.no_module", kind=type(model).__name__)
    channels, side = _check_shape(input_shape)
    module = copy_with_numbers(model).eval()
    recording = record(module, (channels, side, side))
    recording.trace((channels, side, side))  # refuses what cannot be traced
    title = title or type(model).__name__
    return enter_network(HandedOver("", title, channels, side, False, False, module, recording))


def take_back(network: HandedOver) -> None:
    """Forget a network; what shows it yet finds no network of that name."""
    leave_network(network)


def _check_shape(input_shape: Sequence[int]) -> tuple[int, int]:
    """Channels and side."""
    sizes = tuple(input_shape) if isinstance(input_shape, (tuple, list)) else ()
    whole = all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in sizes)
    if len(sizes) not in (3, 4) or not whole:
        raise InputError("models.input_shape", shape=str(input_shape))
    channels, height, width = sizes[-3:]
    if height != width:
        raise InputError("models.not_square", height=height, width=width)
    if height > MAX_SIDE or channels > MAX_CHANNELS:
        raise InputError("models.too_large", side=height, most=MAX_SIDE, channels=channels, most_channels=MAX_CHANNELS)
    return channels, height
