"""Rules for attention: over all tokens, inside windows, and in blocks and grids."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
from torch import nn

from explorer.models.calls import Call, Output, Signal, by, forget_places, need_map
from explorer.models.records import LayerSettings, Shape


def attention_rule(call: Call) -> Output:
    """Multi-head attention over a list of tokens (Vaswani et al. 2017, section 3.2.2)."""
    attention = call.built_as(nn.MultiheadAttention)
    signals = call.signals
    masks = [
        call.argument(place, name) for place, name in ((3, "key_padding_mask"), (5, "attn_mask"), (7, "is_causal"))
    ]
    is_masked = any(mask is not None and mask is not False for mask in masks)
    if not attention.batch_first or not attention._qkv_same_embed_dim or len(signals) != 3 or is_masked:
        raise call.unsupported("unsupported_setting", setting="batch_first=False, kdim, vdim or masks")
    (queries, width), (keys, _), (values, _) = (_need_tokens(call, signal) for signal in signals)
    for signal in signals:
        if signal.shape[-1] != attention.embed_dim:
            raise call.misfit("features", expected=attention.embed_dim, got=signal.shape[-1])
    if keys != values:
        raise call.misfit("keys_and_values", keys=keys, values=values)
    field = call.first.field
    for signal in signals:
        field = field.unite(signal.field, "trace.note_attention")
    bias = attention.in_proj_bias is not None
    projections = (2 * queries + 2 * keys) * width * (width + bias)
    output = Output(
        call.first.shape,
        field.join("trace.note_attention"),
        LayerSettings(in_features=width, out_features=width, bias=bias),
        forget_places(call.first.dimensions),
        mult_adds=projections + 2 * queries * keys * width,
    )
    return replace(output, parts=(output, None))


def _need_tokens(call: Call, signal: Signal) -> Shape:
    if len(signal.shape) != 2:
        raise call.misfit("needs_tokens", shape=by(signal.shape))
    return signal.shape


def window_attention_rule(call: Call) -> Output:
    """Swin's attention inside windows, shifted in every second block (Liu et al. 2021, section 3.2)."""
    attention = call.block
    height, width, channels = call.first.shape
    heads, windows = attention.num_heads, attention.window_size
    _need_rows_and_columns(call)
    sizes = [
        _swin_axis(size, window, shift) for size, window, shift in zip((height, width), windows, attention.shift_size)
    ]
    field = call.first.field.regroup(*(groups for _, groups in sizes))
    padded = prod(size for size, _ in sizes)
    products = 2 * padded * prod(windows) * channels
    linear = padded * sum(_linear_work(layer) for layer in (attention.qkv, attention.proj))
    table = 0
    if hasattr(attention, "cpb_mlp"):  # version 2 computes the biases of its positions
        entries = prod(2 * window - 1 for window in windows)
        table = entries * sum(_linear_work(layer) for layer in attention.cpb_mlp if isinstance(layer, nn.Linear))
    settings = LayerSettings(in_channels=channels, out_channels=channels, groups=heads, kernel_size=None)
    return Output(call.first.shape, field, settings, call.first.dimensions, mult_adds=products + linear + table)


def _linear_work(linear: nn.Linear) -> int:
    return linear.out_features * (linear.in_features + (linear.bias is not None))


def _need_rows_and_columns(call: Call) -> None:
    """For channels-last maps (H, W, C)."""
    dimensions = call.first.dimensions
    in_order = len(dimensions) == 3 and dimensions[0][0][0] == "h" and dimensions[1][0][0] == "w"
    if not in_order and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")


def _swin_axis(size: int, window: int, shift: int) -> tuple[int, np.ndarray]:
    """Padded size of an axis, and the number of the window of each unit; masked units of a window count apart."""
    padded = -(-size // window) * window
    shift = 0 if window >= padded else shift
    rolled = (np.arange(size) - shift) % padded
    region = np.where(rolled < padded - window, 0, np.where(rolled < padded - shift, 1, 2)) if shift else 0 * rolled
    return padded, 3 * (rolled // window) + region


def patch_merging_rule(call: Call) -> Output:
    """Swin's patch merging: four neighbours become channels of one (section 3.1)."""
    _need_rows_and_columns(call)
    height, width, channels = call.first.shape
    sizes = (-(-height // 2), -(-width // 2))
    field = call.first.field.map("slide", [(2, 2, 0, 1, size) for size in sizes])
    dimensions = ((("h", sizes[0]),), (("w", sizes[1]),), (("c", 4 * channels),))
    return Output((*sizes, 4 * channels), field, dimensions=dimensions)


def partition_attention_rule(call: Call) -> Output:
    """MaxViT's attention in blocks and on a grid, with its feed-forward part (Tu et al. 2022, section 3.2)."""
    layer = call.block
    _, height, width = need_map(call)
    if (height, width) != tuple(layer.grid_size):
        raise call.misfit("fixed_map", expected=by(layer.grid_size), got=by((height, width)))
    groups = [
        np.arange(size) // layer.p if layer.partition_type == "window" else np.arange(size) % (size // layer.g)
        for size in (height, width)
    ]
    field = call.first.field.regroup(*groups)
    attention = layer.attn_layer[1]
    linear = [module for module in layer.modules() if isinstance(module, nn.Linear)]
    products = 2 * attention.max_seq_len * attention.n_heads * attention.head_dim
    norms = [module for module in layer.modules() if isinstance(module, nn.LayerNorm)]
    once = sum(parameter.numel() for norm in norms for parameter in norm.parameters())
    work = height * width * (sum(map(_linear_work, linear)) + products) + once
    return Output(call.first.shape, field, dimensions=call.first.dimensions, mult_adds=work)
