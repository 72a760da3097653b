"""The rule of every operation: a table of modules, one of functions and one of methods."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import nn

from explorer.models.attention_rules import (
    attention_rule,
    partition_attention_rule,
    patch_merging_rule,
    window_attention_rule,
)
from explorer.models.calls import Rule
from explorer.models.joining_rules import (
    batch_norm_rule,
    cat_rule,
    channel_norm_rule,
    layer_norm_function_rule,
    layer_norm_rule,
    linear_function_rule,
    linear_rule,
    place_norm_rule,
    pointwise_rule,
    reduce_rule,
    softmax_rule,
    sum_rule,
)
from explorer.models.order_rules import (
    chunk_rule,
    flatten_rule,
    getitem_rule,
    pad_rule,
    permute_rule,
    split_rule,
    squeeze_rule,
    transpose_rule,
    unflatten_rule,
    unsqueeze_rule,
    view_rule,
)
from explorer.models.window_rules import (
    adaptive_function_rule,
    adaptive_rule,
    conv_function_rule,
    conv_rule,
    pool_function_rule,
    pool_rule,
    transposed_rule,
    upsample_rule,
)

POINTWISE_MODULES = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
    nn.Tanh, nn.Hardtanh, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.LogSigmoid,
    nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.Identity, nn.LocalResponseNorm,
)  # fmt: skip

POINTWISE_FUNCTIONS = (
    F.relu, F.relu_, torch.relu, F.relu6, F.gelu, F.silu, F.leaky_relu, F.elu, F.selu, F.mish, F.softplus, F.dropout,
    F.dropout2d, F.sigmoid, F.tanh, F.hardswish, F.hardsigmoid, F.hardtanh, torch.sigmoid, torch.tanh, operator.neg,
    "relu", "relu_", "sigmoid", "sigmoid_", "tanh", "contiguous", "clone", "float", "detach", "neg", "clamp",
)  # fmt: skip

# torchvision's own blocks, by name, so that torchvision need not be loaded to know them.
LEAF_RULES: Mapping[str, Rule] = {
    "torchvision.ops.stochastic_depth.StochasticDepth": pointwise_rule,
    "torchvision.models.convnext.LayerNorm2d": channel_norm_rule,
    "torchvision.models.swin_transformer.ShiftedWindowAttention": window_attention_rule,
    "torchvision.models.swin_transformer.ShiftedWindowAttentionV2": window_attention_rule,
    "torchvision.models.maxvit.PartitionAttentionLayer": partition_attention_rule,
}
NAMED_FUNCTION_RULES: Mapping[str, Rule] = {
    "torchvision.models.swin_transformer._patch_merging_pad": patch_merging_rule,
    "torchvision.ops.stochastic_depth.stochastic_depth": pointwise_rule,
}

MODULE_RULES: Mapping[type[nn.Module], Rule] = {
    nn.Conv2d: conv_rule,
    nn.ConvTranspose2d: transposed_rule,
    nn.MaxPool2d: pool_rule,
    nn.AvgPool2d: pool_rule,
    nn.AdaptiveAvgPool2d: adaptive_rule,
    nn.AdaptiveMaxPool2d: adaptive_rule,
    nn.Upsample: upsample_rule,
    nn.BatchNorm2d: batch_norm_rule,
    nn.BatchNorm1d: batch_norm_rule,
    nn.LayerNorm: layer_norm_rule,
    nn.GroupNorm: place_norm_rule,
    nn.InstanceNorm2d: place_norm_rule,
    nn.Flatten: flatten_rule,
    nn.Unflatten: unflatten_rule,
    nn.Linear: linear_rule,
    nn.MultiheadAttention: attention_rule,
    nn.Softmax: softmax_rule,
    nn.LogSoftmax: softmax_rule,
    **dict.fromkeys(POINTWISE_MODULES, pointwise_rule),
}

_MAX_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")
_AVG_POOL_ARGUMENTS = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")

FUNCTION_RULES: Mapping[Callable, Rule] = {
    **dict.fromkeys((operator.add, operator.iadd, torch.add), sum_rule),
    **dict.fromkeys((operator.sub, operator.isub, torch.sub), sum_rule),
    **dict.fromkeys((operator.mul, operator.imul, torch.mul, operator.truediv, torch.div), sum_rule),
    **dict.fromkeys((torch.maximum, torch.minimum), sum_rule),
    torch.cat: cat_rule,
    torch.concat: cat_rule,
    torch.flatten: flatten_rule,
    torch.reshape: view_rule,
    torch.permute: permute_rule,
    **dict.fromkeys((torch.transpose, torch.swapaxes), transpose_rule),
    torch.squeeze: squeeze_rule,
    torch.unsqueeze: unsqueeze_rule,
    torch.chunk: chunk_rule,
    torch.split: split_rule,
    operator.getitem: getitem_rule,
    **dict.fromkeys((torch.mean, torch.sum, torch.amax), reduce_rule),
    F.pad: pad_rule,
    F.conv2d: conv_function_rule,
    F.linear: linear_function_rule,
    F.layer_norm: layer_norm_function_rule,
    **dict.fromkeys((F.softmax, torch.softmax, F.log_softmax), softmax_rule),
    F.max_pool2d: pool_function_rule(*_MAX_POOL_ARGUMENTS),
    torch.max_pool2d: pool_function_rule(*_MAX_POOL_ARGUMENTS),
    F.avg_pool2d: pool_function_rule(*_AVG_POOL_ARGUMENTS),
    F.adaptive_avg_pool2d: adaptive_function_rule,
    F.adaptive_max_pool2d: adaptive_function_rule,
    F.interpolate: upsample_rule,
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if callable(name)), pointwise_rule),
}

METHOD_RULES: Mapping[str, Rule] = {
    "flatten": flatten_rule,
    "view": view_rule,
    "reshape": view_rule,
    "permute": permute_rule,
    **dict.fromkeys(("transpose", "swapaxes"), transpose_rule),
    "squeeze": squeeze_rule,
    "unsqueeze": unsqueeze_rule,
    "unflatten": unflatten_rule,
    "chunk": chunk_rule,
    "split": split_rule,
    **dict.fromkeys(("mean", "sum", "amax"), reduce_rule),
    "softmax": softmax_rule,
    **dict.fromkeys(("add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_"), sum_rule),
    **dict.fromkeys((name for name in POINTWISE_FUNCTIONS if isinstance(name, str)), pointwise_rule),
}
