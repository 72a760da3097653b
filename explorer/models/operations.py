"""Every operation that is known here, one record each: all that the house knows about it stands in its record.

The tracer asks for the rule, the footprint for the replay, Shapes for the colour and for what can be pasted and
changed, the receptive-field tab for the rows. Whatever has no record is refused by name.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from explorer.models import attention_rules, joining_rules, order_rules, pasting, replays, window_rules
from explorer.models.calls import Rule, bound_rule
from explorer.models.pasting import ANY_INPUT, NOT_EDITABLE, NOT_PASTED, Pasting, Setting
from explorer.models.replays import Replay

Named = type[nn.Module] | Callable | str  # a class, a function or the name of a method


@dataclass(frozen=True)
class Operation:
    """What the house knows about an operation, or about several that are alike in all of this. Nothing has a default.

    Attributes:
        calls: the classes, functions and names of methods that it goes by in PyTorch; torchvision's own by their
            full name, so that torchvision need not be loaded to know them.
        rule: what it makes of shapes and fields, of settings and multiply-adds.
        replay: how the footprint repeats it, see replays.py.
        role: its colour by meaning, a key of `explorer.page.style.ROLES`; "other" for one without a colour of its own.
        is_row: whether the receptive-field tab has a row for it: a window that widens a square field.
        pasting: how it stands in a list that a reader pastes, or NOT_PASTED.
    """

    calls: tuple[Named, ...]
    rule: Rule
    replay: Callable | Replay
    role: str
    is_row: bool
    pasting: Pasting | None


def _pointwise(role: str, *calls: Named, pasting: Pasting | None) -> Operation:
    """What changes each value by itself."""
    return Operation(calls, joining_rules.pointwise_rule, replays.leave_alone, role, is_row=False, pasting=pasting)


def _in_code(*calls: Named, rule: Rule, replay: Callable | Replay, role: str) -> Operation:
    """What is not a window, and stands in the code of networks only: it is not pasted."""
    return Operation(calls, rule, replay, role, is_row=False, pasting=NOT_PASTED)


def _in_order(rule: Rule, *calls: Named) -> Operation:
    """What moves numbers about, without a colour, in the code of networks only."""
    return _in_code(*calls, rule=rule, replay=Replay.AS_IT_IS, role="other")


_CHANNELS = pasting.whole_number(1, pasting.MAX_CHANNELS)
_FEATURES = pasting.whole_number(1, pasting.MAX_FEATURES)
_AXIS = pasting.whole_number(-4, 4)
_WINDOW = pasting.number_or_pair(1, pasting.MAX_WINDOW)
_MARGIN = pasting.number_or_pair(0, pasting.MAX_WINDOW)
_MARGIN_OR_WORD = pasting.number_or_pair(0, pasting.MAX_WINDOW, "same", "valid")
_FACTOR = pasting.real_number(-100, 100)
_SHARE = pasting.real_number(0, 1)
_POOL = (
    Setting("kernel_size", _WINDOW),
    Setting("stride", pasting.or_none(_WINDOW), None),
    Setting("padding", _MARGIN, 0),
)
_GELU_FORM = pasting.one_of("none", "tanh")
_BORDER = Setting(
    "padding_mode", pasting.one_of("zeros", "reflect", "replicate", "circular"), "zeros", only_by_name=True
)
_SIZE = Setting("size", pasting.or_none(_WINDOW), None)
_SCALE = Setting("scale_factor", pasting.or_none(pasting.real_or_pair(0.01, 64)), None)
_BIAS = Setting("bias", pasting.flag, True)
_INPLACE = Setting("inplace", pasting.flag, False)
_WINDOW_EDITS = ("kernel_size", "stride", "padding")

# In the order in which a reader is told what can be pasted.
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        (nn.Conv2d,), rule=window_rules.conv_rule, replay=replays.convolve,
        role="conv", is_row=True,
        pasting=Pasting(
            (
                Setting("in_channels", _CHANNELS), Setting("out_channels", _CHANNELS), Setting("kernel_size", _WINDOW),
                Setting("stride", _WINDOW, 1), Setting("padding", _MARGIN_OR_WORD, 0), Setting("dilation", _WINDOW, 1),
                Setting("groups", _CHANNELS, 1), _BIAS, _BORDER,
            ),
            editable=(*_WINDOW_EDITS, "out_channels", "in_channels", "dilation", "groups"),
            made_for="in_channels",
        ),
    ),
    Operation(
        (nn.MaxPool2d,), rule=window_rules.pool_rule, replay=replays.pool_maxima,
        role="pool", is_row=True,
        pasting=Pasting(
            (*_POOL, Setting("dilation", _WINDOW, 1), Setting("ceil_mode", pasting.flag, False, only_by_name=True)),
            editable=_WINDOW_EDITS, made_for=ANY_INPUT,
        ),
    ),
    Operation(
        (nn.AvgPool2d,), rule=window_rules.pool_rule, replay=replays.pool_averages,
        role="pool", is_row=True,
        pasting=Pasting(
            (*_POOL, Setting("ceil_mode", pasting.flag, False), Setting("count_include_pad", pasting.flag, True)),
            editable=_WINDOW_EDITS, made_for=ANY_INPUT,
        ),
    ),
    Operation(
        (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d), rule=window_rules.adaptive_rule, replay=replays.pool_adaptively,
        role="pool", is_row=False,
        pasting=Pasting((Setting("output_size", _WINDOW),), editable=("output_size",), made_for=ANY_INPUT),
    ),
    Operation(
        (nn.BatchNorm2d, nn.BatchNorm1d), rule=joining_rules.batch_norm_rule, replay=replays.normalise_batch,
        role="norm", is_row=False,
        pasting=Pasting(
            (
                Setting("num_features", _CHANNELS),
                Setting("eps", _SHARE, 1e-5),
                Setting("momentum", pasting.or_none(_SHARE), 0.1),
                Setting("affine", pasting.flag, True),
                Setting("track_running_stats", pasting.flag, True),
            ),
            editable=("num_features",), made_for="num_features",
        ),
    ),
    Operation(
        (nn.Flatten, torch.flatten, "flatten"), rule=order_rules.flatten_rule, replay=Replay.AS_IT_IS,
        role="other", is_row=False,
        pasting=Pasting((Setting("start_dim", _AXIS, 1), Setting("end_dim", _AXIS, -1)), NOT_EDITABLE, ANY_INPUT),
    ),
    Operation(
        (nn.Linear,), rule=joining_rules.linear_rule, replay=replays.join_features,
        role="linear", is_row=False,
        pasting=Pasting(
            (Setting("in_features", _FEATURES), Setting("out_features", _FEATURES), _BIAS),
            editable=("out_features", "in_features"), made_for="in_features",
        ),
    ),
    _pointwise("other", nn.Dropout, nn.Dropout2d, nn.AlphaDropout, F.dropout, F.dropout2d,
               pasting=Pasting((Setting("p", _SHARE, 0.5), _INPLACE), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.ReLU, nn.ReLU6, F.relu, F.relu_, torch.relu, "relu", "relu_", F.relu6,
               pasting=Pasting((_INPLACE,), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.LeakyReLU, F.leaky_relu,
               pasting=Pasting((Setting("negative_slope", _FACTOR, 0.01), _INPLACE), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.ELU, nn.CELU, F.elu,
               pasting=Pasting((Setting("alpha", _FACTOR, 1.0), _INPLACE), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.GELU, F.gelu,
               pasting=Pasting((Setting("approximate", _GELU_FORM, "none"),), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.SiLU, nn.Hardswish, nn.SELU, nn.Mish, nn.Hardsigmoid, F.silu, F.hardswish,
               pasting=Pasting((_INPLACE,), NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.Sigmoid, nn.Tanh, nn.Softsign, nn.LogSigmoid, F.sigmoid, torch.sigmoid, "sigmoid",
               "sigmoid_", F.tanh, torch.tanh, "tanh", pasting=Pasting((), NOT_EDITABLE, ANY_INPUT)),
    Operation(
        (nn.PReLU,), rule=joining_rules.prelu_rule, replay=replays.leave_alone, role="activation", is_row=False,
        pasting=Pasting((Setting("num_parameters", _CHANNELS, 1),), NOT_EDITABLE, ANY_INPUT),
    ),
    _pointwise("activation", nn.Hardtanh,
               pasting=Pasting((Setting("min_val", _FACTOR, -1.0), Setting("max_val", _FACTOR, 1.0), _INPLACE),
                               NOT_EDITABLE, ANY_INPUT)),
    _pointwise("activation", nn.Softplus,
               pasting=Pasting((Setting("beta", _FACTOR, 1.0), Setting("threshold", _FACTOR, 20.0)),
                               NOT_EDITABLE, ANY_INPUT)),
    Operation(
        (nn.Softmax, nn.LogSoftmax), rule=joining_rules.softmax_rule, replay=replays.mix_softmax,
        role="other", is_row=False,
        pasting=Pasting((Setting("dim", _AXIS),), NOT_EDITABLE, ANY_INPUT),
    ),
    _pointwise("other", nn.Identity, pasting=Pasting((), NOT_EDITABLE, ANY_INPUT)),

    Operation(
        (nn.ConvTranspose2d,), rule=window_rules.transposed_rule, replay=replays.convolve,
        role="conv", is_row=False,
        pasting=Pasting(
            (
                Setting("in_channels", _CHANNELS), Setting("out_channels", _CHANNELS), Setting("kernel_size", _WINDOW),
                Setting("stride", _WINDOW, 1), Setting("padding", _MARGIN, 0), Setting("output_padding", _MARGIN, 0),
                Setting("groups", _CHANNELS, 1), _BIAS, Setting("dilation", _WINDOW, 1),
                Setting("padding_mode", pasting.one_of("zeros"), "zeros", only_by_name=True),
            ),
            editable=(*_WINDOW_EDITS, "out_channels", "in_channels", "dilation", "groups"),
            made_for="in_channels",
        ),
    ),
    Operation(
        (nn.Upsample,), rule=window_rules.upsample_rule, replay=replays.upsample, role="other", is_row=False,
        pasting=Pasting(
            (
                _SIZE, _SCALE,
                Setting("mode", pasting.one_of("nearest", "nearest-exact", "bilinear", "bicubic"), "nearest"),
                Setting("align_corners", pasting.or_none(pasting.flag), None),
                Setting("recompute_scale_factor", pasting.or_none(pasting.flag), None),
            ),
            NOT_EDITABLE, ANY_INPUT,
        ),
    ),
    Operation(
        (nn.UpsamplingNearest2d, nn.UpsamplingBilinear2d), rule=window_rules.upsample_rule, replay=replays.upsample,
        role="other", is_row=False, pasting=Pasting((_SIZE, _SCALE), NOT_EDITABLE, ANY_INPUT),
    ),
    Operation(
        (nn.GroupNorm,), rule=joining_rules.place_norm_rule, replay=replays.mix_all, role="norm", is_row=False,
        pasting=Pasting(
            (
                Setting("num_groups", _CHANNELS), Setting("num_channels", _CHANNELS), Setting("eps", _SHARE, 1e-5),
                Setting("affine", pasting.flag, True),
            ),
            editable=("num_channels", "num_groups"), made_for="num_channels",
        ),
    ),
    Operation(
        (nn.InstanceNorm2d,), rule=joining_rules.place_norm_rule, replay=replays.mix_places, role="norm", is_row=False,
        pasting=Pasting(
            (
                Setting("num_features", _CHANNELS), Setting("eps", _SHARE, 1e-5),
                Setting("momentum", pasting.or_none(_SHARE), 0.1), Setting("affine", pasting.flag, False),
                Setting("track_running_stats", pasting.flag, False),
            ),
            editable=("num_features",), made_for="num_features",
        ),
    ),
    Operation(
        (nn.LayerNorm,), rule=joining_rules.layer_norm_rule, replay=replays.mix_layer, role="norm", is_row=False,
        pasting=Pasting(
            (
                Setting("normalized_shape", pasting.sizes(4, pasting.MAX_FEATURES)), Setting("eps", _SHARE, 1e-5),
                Setting("elementwise_affine", pasting.flag, True), _BIAS,
            ),
            NOT_EDITABLE, ANY_INPUT,
        ),
    ),
    Operation(
        (nn.LocalResponseNorm,), rule=joining_rules.local_response_rule, replay=replays.leave_alone, role="norm",
        is_row=False,
        pasting=Pasting(
            (
                Setting("size", _CHANNELS), Setting("alpha", _FACTOR, 1e-4), Setting("beta", _FACTOR, 0.75),
                Setting("k", _FACTOR, 1.0),
            ),
            NOT_EDITABLE, ANY_INPUT,
        ),
    ),
    Operation(
        (nn.Unflatten,), rule=order_rules.unflatten_rule, replay=Replay.AS_IT_IS, role="other", is_row=False,
        pasting=Pasting((Setting("dim", _AXIS), Setting("unflattened_size", pasting.sizes(4, pasting.MAX_FEATURES))),
                        NOT_EDITABLE, ANY_INPUT),
    ),

    _pointwise("activation", F.selu, F.mish, F.hardtanh, F.hardsigmoid, F.softplus, pasting=NOT_PASTED),
    _pointwise("other", operator.neg, "neg", "clamp", "contiguous", "clone", "float", "detach", "data",
               "torchvision.ops.stochastic_depth.StochasticDepth",
               "torchvision.ops.stochastic_depth.stochastic_depth", pasting=NOT_PASTED),

    Operation((F.conv2d,), window_rules.conv_function_rule, replays.convolve_with, "conv",
              is_row=True, pasting=NOT_PASTED),
    Operation((F.max_pool2d, torch.max_pool2d), window_rules.max_pool_function_rule, replays.average_each_window,
              "pool", is_row=True, pasting=NOT_PASTED),
    Operation((F.avg_pool2d,), window_rules.avg_pool_function_rule, replays.by_channel(F.avg_pool2d), "pool",
              is_row=True, pasting=NOT_PASTED),
    Operation((F.adaptive_avg_pool2d, F.adaptive_max_pool2d), window_rules.adaptive_function_rule,
              replays.by_channel(F.adaptive_avg_pool2d), "pool", is_row=False, pasting=NOT_PASTED),
    Operation((F.interpolate,), window_rules.upsample_rule, replays.resize, "other",
              is_row=False, pasting=NOT_PASTED),

    _in_code(F.linear, rule=joining_rules.linear_function_rule, replay=replays.join_features_with, role="linear"),
    _in_code(F.layer_norm, F.rms_norm, rule=joining_rules.layer_norm_function_rule, replay=replays.mix_last, role="norm"),
    _in_code("torchvision.models.convnext.LayerNorm2d", rule=joining_rules.channel_norm_rule,
             replay=replays.leave_alone, role="norm"),
    _in_code(F.softmax, torch.softmax, F.log_softmax, "softmax", rule=joining_rules.softmax_rule,
             replay=replays.mix_along, role="other"),
    _in_code(torch.mean, torch.sum, torch.amax, "mean", "sum", "amax", rule=joining_rules.reduce_rule,
             replay=replays.average, role="pool"),
    _in_code(operator.add, operator.iadd, torch.add, "add", "add_",
             operator.sub, operator.isub, torch.sub, "sub", "sub_",
             operator.mul, operator.imul, torch.mul, "mul", "mul_", operator.truediv, torch.div, "div", "div_",
             torch.maximum, torch.minimum, rule=joining_rules.sum_rule, replay=replays.add, role="add"),
    _in_code(torch.cat, torch.concat, rule=joining_rules.cat_rule, replay=Replay.JOINED, role="add"),

    _in_code(nn.MultiheadAttention, rule=attention_rules.attention_rule, replay=replays.attend, role="other"),
    _in_code("torchvision.models.swin_transformer.ShiftedWindowAttention",
             "torchvision.models.swin_transformer.ShiftedWindowAttentionV2",
             rule=attention_rules.window_attention_rule, replay=Replay.NOT_REPLAYED, role="other"),
    _in_code("torchvision.models.maxvit.PartitionAttentionLayer",
             rule=attention_rules.partition_attention_rule, replay=Replay.NOT_REPLAYED, role="other"),
    _in_code("torchvision.models.swin_transformer._patch_merging_pad",
             rule=attention_rules.patch_merging_rule, replay=replays.merge_patches, role="other"),

    _in_code(torch.chunk, "chunk", rule=order_rules.chunk_rule, replay=Replay.AS_PARTS, role="other"),
    _in_code(torch.split, "split", rule=order_rules.split_rule, replay=Replay.AS_PARTS, role="other"),
    _in_code(operator.getitem, rule=order_rules.getitem_rule, replay=Replay.AS_PARTS, role="other"),
    _in_code(F.pad, rule=order_rules.pad_rule, replay=replays.pad_with_zeros, role="other"),
    _in_code("view", rule=order_rules.view_rule, replay=replays.fold, role="other"),
    _in_order(order_rules.view_rule, torch.reshape, "reshape"),
    _in_order(order_rules.permute_rule, torch.permute, "permute"),
    _in_order(order_rules.transpose_rule, torch.transpose, torch.swapaxes, "transpose", "swapaxes"),
    _in_order(order_rules.squeeze_rule, torch.squeeze, "squeeze"),
    _in_order(order_rules.unsqueeze_rule, torch.unsqueeze, "unsqueeze"),
    _in_order(order_rules.unflatten_rule, "unflatten"),
    _in_order(order_rules.expand_rule, "expand"),
    _in_code(torch.stack, rule=order_rules.stack_rule, replay=Replay.NOT_REPLAYED, role="add"),

    _in_code(F.batch_norm, rule=joining_rules.batch_norm_function_rule, replay=replays.normalise_batch_with, role="norm"),
    _in_code(F.group_norm, F.instance_norm, rule=joining_rules.group_norm_function_rule, replay=replays.mix_all_of,
             role="norm"),
    _in_code(F.normalize, rule=joining_rules.normalise_rule, replay=Replay.NOT_REPLAYED, role="norm"),
    _in_code(operator.pow, torch.pow, "pow", "pow_", "masked_fill", "masked_fill_", torch.masked_fill, torch.where,
             torch.exp, "exp", torch.log, "log", torch.sqrt, "sqrt", torch.rsqrt, "rsqrt", torch.abs, "abs", "sign",
             torch.square, "square", "reciprocal", torch.sin, "sin", torch.cos, "cos", "clamp_", torch.clamp, "clip", "to",
             "type", "type_as", "half", "double", "bfloat16", "cuda", "cpu", "erf", torch.erf, "neg_", "requires_grad_",
             F.logsigmoid, F.celu, F.softsign, F.tanhshrink, F.threshold, F.alpha_dropout, F.dropout1d, F.dropout3d,
             torch.dropout, torch.nan_to_num, operator.floordiv, "__floordiv__", operator.mod,
             "remainder", "floor", torch.floor, "ceil", torch.ceil, "round", torch.round, "trunc", "isnan", torch.isnan, operator.eq,
             operator.ne, "__eq__", "__ne__", "bool", "long", "int", "logical_not", operator.gt, operator.lt,
             operator.ge, operator.le, "gt", "lt", "ge", "le", "eq", "ne",
             rule=joining_rules.pointwise_with_rule, replay=replays.add_all, role="other"),
    _in_code("amin", "var", "std", "norm", torch.amin, torch.var, torch.std, torch.norm, "logsumexp", torch.logsumexp,
             rule=joining_rules.reduce_rule, replay=Replay.NOT_REPLAYED, role="pool"),
    _in_code(operator.matmul, torch.matmul, "matmul", torch.bmm, "bmm", rule=joining_rules.product_rule,
             replay=Replay.NOT_REPLAYED, role="linear"),
    _in_code(nn.Conv1d, torch.conv1d, nn.Conv3d, torch.conv3d, rule=joining_rules.other_convolution_rule,
             replay=Replay.NOT_REPLAYED, role="conv"),
    _in_code(torch.lstm, torch.gru, torch.rnn_tanh, torch.rnn_relu, rule=joining_rules.recurrent_rule,
             replay=Replay.NOT_REPLAYED, role="linear"),
    _in_code(torch.einsum, rule=joining_rules.einsum_rule, replay=Replay.NOT_REPLAYED, role="linear"),
    _in_code(F.scaled_dot_product_attention, rule=joining_rules.dot_product_attention_rule, replay=Replay.NOT_REPLAYED,
             role="other"),
    # Followed as an upper bound: every unit sees all that was seen, or less.
    _in_code("unbind", torch.unbind, rule=order_rules.unbind_rule, replay=Replay.AS_PARTS, role="other"),
    _in_code(torch.roll, "roll", torch.flip, "flip", "repeat", "tile", torch.tile,
             "repeat_interleave", torch.repeat_interleave, "movedim", torch.movedim, "T", "mT", "H", "t", torch.t, "unfold",
             F.unfold, F.fold, torch.gather, "gather", "index_select", torch.index_select, "max", torch.max, "min",
             torch.min, "argmax", torch.argmax, "topk", torch.topk, "sort", torch.sort, "cumsum", torch.cumsum,
             F.pixel_shuffle, F.pixel_unshuffle, F.channel_shuffle, F.glu, F.grid_sample, "expand_as", "swapdims",
             "narrow", torch.narrow, "select", torch.select, "as_strided", "diagonal", torch.diagonal, "scatter",
             "reshape_as", "view_as", "split_with_sizes", torch.split_with_sizes, "tensor_split", torch.tensor_split,
             "hsplit", "take_along_dim", torch.take_along_dim, operator.setitem, "copy_", torch.rot90, "triu", "tril",
             torch.channel_shuffle, torch.pixel_shuffle, torch.pixel_unshuffle, torch.adaptive_avg_pool1d,
             F.adaptive_avg_pool1d, F.avg_pool1d, F.max_pool1d, F.lp_pool2d, torch.addcmul, "addcmul", F.gumbel_softmax,
             F.one_hot, "ravel", torch.ravel,
             rule=bound_rule, replay=Replay.NOT_REPLAYED, role="other"),
)  # fmt: skip

_BY_CALL: Mapping[Named, Operation] = {call: operation for operation in OPERATIONS for call in operation.calls}
# Functions of torchvision that are followed whole: (module, name). What else has a full name is a class.
WRAPPED: tuple[tuple[str, str], ...] = tuple(
    (module, name)
    for module, _, name in (call.rpartition(".") for call in _BY_CALL if isinstance(call, str) and "." in call)
    if not name[0].isupper()
)
# What has several names in Python goes by one.
_KINDS = {
    "iadd": "add", "imul": "mul", "isub": "sub", "truediv": "div", "itruediv": "div", "swapaxes": "transpose", "relu_": "relu",
    "_patch_merging_pad": "patch_merging",
}  # fmt: skip


def find_operation(call: Named) -> Operation | None:
    """The record of a class of modules, a function or the name of a method; None where there is none.

    >>> find_operation(nn.Conv2d).role
    'conv'
    """
    found = _BY_CALL.get(call)
    if found is None:
        found = _BY_CALL.get(f"{getattr(call, '__module__', '')}.{getattr(call, '__qualname__', '')}")
    return found


def name_kind(call: Named) -> str:
    """What `Layer.kind` says of a class of modules, a function or the name of a method.

    >>> name_kind(operator.iadd)
    'add'
    """
    name = call.rpartition(".")[2] if isinstance(call, str) else getattr(call, "__name__", str(call))
    return _KINDS.get(name, name)


# By what `Layer.kind` says.
BY_KIND: Mapping[str, Operation] = {name_kind(call): operation for call, operation in _BY_CALL.items()}
PASTINGS: Mapping[str, Pasting] = {
    call.__name__: operation.pasting
    for call, operation in _BY_CALL.items()
    if isinstance(call, type) and operation.pasting is not NOT_PASTED
}
