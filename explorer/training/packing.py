"""Small feature maps side by side: how a processor with AMX gets enough columns to fill its tiles.

A tile of AMX takes sixteen neighbouring outputs of a row at once. If a map is four or seven wide, most of each tile
stays empty. If all images of the batch stand in one wide row, with zeros between them, the tiles are full. The results
are the same; only the gradient of the kernel is summed over the batch in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

TILE_ROWS = 16  # outputs in one tile (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, AMX)
MIN_CHANNELS = 128  # with fewer channels, moving the images takes more time than full tiles save


@contextmanager
def packed_small_maps(model: nn.Module, enabled: bool = True) -> Iterator[None]:
    """Inside this context, the convolutions of a network see the small feature maps of a batch side by side.

    This is faster if the network computes in bfloat16 on a processor with AMX and its maps are in `channels_last`;
    on other machines it gives the same results more slowly.

    Args:
        model: network; it gets hooks, which are removed at the end.
        enabled: False changes nothing.
    """
    convolutions = [module for module in model.modules() if can_pack(module)] if enabled else []
    handles = [handle for convolution in convolutions for handle in _attach(convolution)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def can_pack(module: nn.Module) -> bool:
    """Whether a module is a convolution of many channels that can work on a row of images.

    Its padding must be zeros, given as numbers, and large enough that no outputs are missing at the end of the row.

    Args:
        module: any module.
    """
    return (
        isinstance(module, nn.Conv2d)
        and min(module.in_channels, module.out_channels) >= MIN_CHANNELS
        and module.padding_mode == "zeros"
        and not isinstance(module.padding, str)
        and 2 * module.padding[1] + module.stride[1] >= _reach(module)
    )


def _attach(convolution: nn.Conv2d) -> list:
    """Hooks that pack what goes into a convolution and unpack what comes out."""
    packed = []  # number of images and width of their outputs, while a packed call is under way

    def pack(convolution: nn.Conv2d, inputs: tuple[torch.Tensor]) -> torch.Tensor | None:
        images = inputs[0]
        width = _output_width(convolution, images.shape[-1])
        if images.ndim != 4 or not 0 < 2 * width <= TILE_ROWS:
            return None
        packed.append((len(images), width))
        return pack_row(images, convolution.stride[1] * _output_period(convolution, images.shape[-1]))

    def unpack(convolution: nn.Conv2d, inputs: tuple[torch.Tensor], row: torch.Tensor) -> torch.Tensor | None:
        if not packed:
            return None
        count, width = packed.pop()
        return unpack_row(row, count, width, inputs[0].shape[-1] // count // convolution.stride[1])

    return [convolution.register_forward_pre_hook(pack), convolution.register_forward_hook(unpack)]


def _reach(convolution: nn.Conv2d) -> int:
    """Columns from the first to the last one that an output reads."""
    return convolution.dilation[1] * (convolution.kernel_size[1] - 1) + 1


def _output_width(convolution: nn.Conv2d, width: int) -> int:
    return (width + 2 * convolution.padding[1] - _reach(convolution)) // convolution.stride[1] + 1


def _output_period(convolution: nn.Conv2d, width: int) -> int:
    """Number of outputs from one image to the next: enough for an image with its padding, and for all its outputs."""
    strides = -(-(width + convolution.padding[1]) // convolution.stride[1])
    return max(strides, _output_width(convolution, width))


def pack_row(images: torch.Tensor, period: int) -> torch.Tensor:
    """Put all images of a batch into one wide image, with columns of zeros after each.

    Args:
        images: (N, C, H, W).
        period: columns from one image to the next, at least W.

    Returns:
        (1, C, H, N * period).
    """
    count, channels, height, width = images.shape
    rows = F.pad(images.permute(2, 0, 3, 1), (0, 0, 0, period - width))
    return rows.reshape(1, height, count * period, channels).permute(0, 3, 1, 2)


def unpack_row(row: torch.Tensor, count: int, width: int, period: int) -> torch.Tensor:
    """Take the images out of a row. Each image is in the first columns of its period.

    Args:
        row: (1, C, H, W) with W at least count * period.
        count: number of images.
        width: columns of each image, at most `period`.
        period: columns from one image to the next.

    Returns:
        (count, C, H, width), in `channels_last`.
    """
    columns = row.permute(0, 2, 3, 1)[0, :, : count * period]
    images = columns.reshape(len(columns), count, period, -1)[:, :, :width]
    return images.permute(1, 3, 0, 2).contiguous(memory_format=torch.channels_last)
