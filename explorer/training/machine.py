"""The machine that trains: what it is called, and what its processor or graphics card can do."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from explorer.models.seeds import Machine
from explorer.training.packing import packed_small_maps
from explorer.training.recipe import Recipe


def identify_machine(device: torch.device, compiled: bool = False) -> Machine:
    """Describe the processor or graphics card, for the record of a network.

    Args:
        device: on which the network is trained.
        compiled: whether the network is compiled first.
    """
    if device.type == "cuda":
        return Machine(torch.cuda.get_device_name(device), None, compiled)
    return Machine(_cpu_name(), torch.get_num_threads(), compiled)


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration, IndexError):
        return platform.processor() or platform.machine()


def adapt_to_device(recipe: Recipe, device: torch.device) -> Recipe:
    """Adapt a recipe to this machine: it computes in bfloat16 only if the device has instructions for that.

    Elsewhere bfloat16 is emulated: a step of ResNet-18 was then 15 times slower than in float32.

    Args:
        recipe: how to train.
        device: on which the network is trained.

    Returns:
        The same recipe, where necessary without `autocast`.
    """
    return replace(recipe, autocast=recipe.autocast and has_bfloat16(device))


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device has instructions for bfloat16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def full_tiles(model: nn.Module, autocast: bool) -> AbstractContextManager[None]:
    """Inside this context, small feature maps fill the tiles of AMX, if the processor has such tiles.

    Args:
        model: the network, on the device where it is trained.
        autocast: whether it computes in bfloat16, as the tiles do.
    """
    is_on_cpu = next(model.parameters()).device.type == "cpu"
    has_tiles = is_on_cpu and bool(torch.cpu.get_capabilities().get("amx_bf16"))
    return packed_small_maps(model, autocast and has_tiles)


def compile_network(model: nn.Module) -> None:
    """Compile a network in place; on a GPU its kernels are launched together, as CUDA graphs."""
    torch.compiler.reset()  # otherwise the graphs of the last network would count towards the limit of this one
    mode = "reduce-overhead" if next(model.parameters()).is_cuda else None
    model.compile(dynamic=False, mode=mode)  # there are few sizes of batches; each is compiled for itself
