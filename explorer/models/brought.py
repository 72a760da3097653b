"""Networks of one reader: weights that he brings as a safetensors file, or that he trained here, for whoever holds them alone.

Nothing but `open_weights` and `hold_trained` gives such a network out, and its name cannot be guessed. It is forgotten when nobody holds it
any more: a visitor's session holds his.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn

from explorer.errors import LONGEST_VALUE, InputError, shorten
from explorer.models.catalogue import MODELS, create_model
from explorer.models.networks import BROUGHT, Network, hold_network
from explorer.models.trace import Recording, record, record_catalogue
from explorer.models.variants import SIDE, Variant, build_variant, draw_weights, load_variant, read_variant

LONGEST_NAME = 32  # characters of a file's name that a reader sees
MOST_TENSORS = 2000
# What training libraries put before the names of all tensors.
_PREFIXES = ("module.", "_orig_mod.", "model.")


class _OfReader(Network):
    """What has weights that a reader brought: it lends its one module to one at a time."""

    module: nn.Module
    _lock: threading.Lock

    @property
    def source(self) -> str:
        return BROUGHT

    @property
    def has_weights(self) -> bool:
        return True

    @contextmanager
    def borrow(self) -> Iterator[nn.Module]:
        with self._lock:
            yield self.module


@dataclass(frozen=True, eq=False)
class Brought(_OfReader):
    """A network of the catalogue with a reader's weights.

    Attributes:
        architecture: its key in MODELS.
        module: the network, on the processor, in evaluation mode.
    """

    architecture: str
    module: nn.Module = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        return record_catalogue(self.architecture, self.channels if channels is None else channels)

    def draw(self) -> nn.Module:
        return create_model(self.architecture).eval()


@dataclass(frozen=True, eq=False)
class Trained(_OfReader):
    """A small network that a reader trained in this app.

    Attributes:
        variant: which it is.
        module: the network, on the processor, in evaluation mode.
    """

    variant: Variant
    module: nn.Module = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, channels: int | None = None, stem: str = "small") -> Recording:
        if channels not in (None, self.channels):
            raise InputError("trace.only_channels", title=self.title, wanted=self.channels, channels=channels)
        return _record_variant(self.variant)

    def draw(self) -> nn.Module:
        seed = int(torch.randint(2**31, (1,)))  # from the global generator, as the layers of other networks draw
        generator = torch.Generator().manual_seed(seed)
        return draw_weights(build_variant(self.variant), "default", generator).eval()


@lru_cache(maxsize=64)
def _record_variant(variant: Variant) -> Recording:
    return record(build_variant(variant).eval(), (1, SIDE, SIDE))


def hold_trained(variant: Variant, module: nn.Module, about: str) -> Trained:
    """A network that a reader trained; it can be found by its name for as long as somebody holds it.

    Args:
        variant: which it is.
        module: in evaluation mode; nobody else changes it any more.
        about: what stands behind its title, such as the name of its file.
    """
    title = f"{variant.title} · {about}"
    return hold_network(Trained(_secret_name(), title, 1, SIDE, variant.kind == "lenet5", False, variant, module))


def _secret_name() -> str:
    return f"{BROUGHT}/{secrets.token_urlsafe(24)}"


def open_weights(path: str | Path, likely: str | None = None) -> Brought | Trained:
    """The network whose weights a file holds.

    Args:
        path: of a safetensors file. Its tensors say which network it is.
        likely: key of the network that it is most likely of: ResNet-20 and Plain-20 have tensors of the same names and
            shapes.

    Returns:
        The network, which can be found by its name for as long as somebody holds it.

    Raises:
        InputError: it cannot be read, is no safetensors file, holds numbers that are not finite or are no fractions, or fits no network.
    """
    path = Path(path)
    tensors = _read(path)
    variant = read_variant(_read_metadata(path))
    if variant is not None and (trained := _open_trained(variant, tensors, path)) is not None:
        return trained
    fitting = [name for name in MODELS if _fits(name, tensors)]
    if not fitting:
        raise _explain_misfit(path, tensors, likely)
    name = likely if likely in fitting else fitting[0]
    module = _build(name, tensors, path)
    entry = MODELS[name]
    channels, _, side = entry.input_shape
    title = f"{entry.title} · {_name(path)}"
    return hold_network(Brought(_secret_name(), title, channels, side, entry.fixed_size, False, name, module))


def _read_metadata(path: Path) -> dict:
    """The words in the header of a safetensors file that `_read` could read."""
    content = path.read_bytes()
    metadata = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")]).get("__metadata__")
    return metadata if isinstance(metadata, dict) else {}


def _open_trained(variant: Variant, tensors: Mapping[str, torch.Tensor], path: Path) -> Trained | None:
    """The network that was trained here and saved; None where the tensors are not its own."""
    wanted = build_variant(variant).state_dict()
    if {key: each.shape for key, each in wanted.items()} != {key: each.shape for key, each in tensors.items()}:
        return None
    weights = {key: _convert(key, tensors[key], wanted[key].dtype, path) for key in wanted}
    return hold_trained(variant, load_variant(variant, weights), _name(path))


def _name(path: Path) -> str:
    """The file's name as a page shows it: of plain letters, not too long."""
    kept = "".join(each for each in path.name.removesuffix(".safetensors") if each.isalnum() or each in " ._-()")
    return shorten(kept, LONGEST_NAME)


def _show(key: str) -> str:
    """A tensor's name as a page shows it: nothing in it that is not seen, or turns the words around it."""
    return shorten("".join(each if each.isprintable() else "�" for each in key[: 2 * LONGEST_VALUE]))


def _read(path: Path) -> dict[str, torch.Tensor]:
    try:
        tensors = load(path.read_bytes())
    except OSError as error:
        raise InputError("models.file_gone") from error
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise InputError("models.no_safetensors", file=_name(path)) from error
    if not tensors or len(tensors) > MOST_TENSORS:
        raise InputError("models.no_tensors", file=_name(path), count=len(tensors), most=MOST_TENSORS)
    for prefix in _PREFIXES:
        if all(key.startswith(prefix) for key in tensors):
            tensors = {key.removeprefix(prefix): tensor for key, tensor in tensors.items()}
    return tensors


@cache
def _find_shapes(name: str) -> Mapping[str, torch.Size]:
    """The shapes of a network's tensors."""
    with torch.device("meta"):
        return {key: tensor.shape for key, tensor in create_model(name).state_dict().items()}


def _fits(name: str, tensors: Mapping[str, torch.Tensor]) -> bool:
    return _find_shapes(name) == {key: tensor.shape for key, tensor in tensors.items()}


def _explain_misfit(path: Path, tensors: Mapping[str, torch.Tensor], likely: str | None) -> InputError:
    """What is wrong with it, seen from the network that has most of its tensors, or of their names, or the likely one."""
    found = {key: tensor.shape for key, tensor in tensors.items()}
    same = {name: len(_find_shapes(name).items() & found.items()) for name in MODELS}
    shared = {name: len(_find_shapes(name).keys() & tensors.keys()) for name in MODELS}
    nearest = max(MODELS, key=lambda name: (same[name], shared[name], name == likely))
    wanted, about = _find_shapes(nearest), {"file": _name(path), "model": MODELS[nearest].title}
    if not shared[nearest]:
        return InputError("models.no_such_network", file=_name(path), tensor=_show(next(iter(tensors))))
    for key in wanted:
        if key not in tensors:
            return InputError("models.tensor_missing", tensor=key, **about)
        if wanted[key] != tensors[key].shape:
            shapes = {"wanted": _write(wanted[key]), "found": _write(tensors[key].shape)}
            return InputError("models.tensor_shape", tensor=key, **shapes, **about)
    extra = next(key for key in tensors if key not in wanted)
    return InputError("models.tensor_extra", tensor=_show(extra), **about)


def _write(shape: torch.Size) -> str:
    return " × ".join(map(str, shape)) or "1"


def _build(name: str, tensors: Mapping[str, torch.Tensor], path: Path) -> nn.Module:
    with torch.device("meta"):
        model = create_model(name)
    wanted = model.state_dict()
    model.load_state_dict({key: _convert(key, tensors[key], wanted[key].dtype, path) for key in wanted}, assign=True)
    return model.requires_grad_(True).eval()


def _convert(key: str, tensor: torch.Tensor, kind: torch.dtype, path: Path) -> torch.Tensor:
    """The numbers as the network holds them; whole ones are taken for whole ones alone, which count batches."""
    if tensor.is_complex() or (kind.is_floating_point and not tensor.is_floating_point()):
        raise InputError("models.tensor_kind", file=_name(path), tensor=_show(key), kind=str(tensor.dtype)[6:])
    if not bool(torch.isfinite(tensor.to(torch.float32)).all()):  # also those that are too large for it
        raise InputError("models.not_finite", file=_name(path), tensor=_show(key))
    if key.endswith("running_var") and bool(
        (tensor < 0).any()
    ):  # of some channels: others may hide them in the answers
        raise InputError("models.negative_variance", file=_name(path), tensor=_show(key))
    return tensor.to(kind).clone()
