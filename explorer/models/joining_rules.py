"""Rules for layers that join channels or places, for branches that meet, and for what changes values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np
from torch import nn

from explorer.models.calls import (
    PLACES,
    Call,
    Dimension,
    Output,
    Signal,
    Weight,
    bound_rule,
    broadcast_shapes,
    by,
    count_places,
    join_places,
    leave_shape,
    make_features,
    need_map,
    product,
)
from explorer.models.fields import Axis, Field
from explorer.models.records import LayerSettings, Shape


def linear_rule(call: Call) -> Output:
    """A fully connected layer: (..., in_features) -> (..., out_features)."""
    linear = call.built_as(nn.Linear)
    return _join_features(call, linear.in_features, linear.out_features, linear.bias)


def linear_function_rule(call: Call) -> Output:
    """F.linear with a weight that is a parameter: (..., in_features) -> (..., out_features)."""
    weight = call.argument(1, "weight")
    if not isinstance(weight, Weight):
        raise call.unsupported("unsupported_setting", setting="weight")
    out_features, in_features = weight.tensor.shape
    return _join_features(call, in_features, out_features, call.argument(2, "bias"))


def _join_features(call: Call, in_features: int, out_features: int, bias) -> Output:
    """A matrix over the last dimension, the same at every position of the others."""
    shape, dimensions = call.first.shape, call.first.dimensions
    if shape[-1] != in_features:
        if len(shape) == 3:
            raise call.misfit("needs_vector", shape=by(shape))
        grid = call.first.grid
        got = product(grid) if len(shape) == 1 and prod(grid) == shape[0] else str(shape[-1])
        raise call.misfit("features", expected=in_features, got=got)
    settings = LayerSettings(in_features=in_features, out_features=out_features, bias=bias is not None)
    field = call.first.field if len(shape) > 1 else call.first.field.join("trace.note_linear")
    field = join_places(field, dimensions[-1:], "trace.note_linear").blend()
    mult_adds = prod(shape[:-1]) * out_features * (in_features + (bias is not None))
    return Output((*shape[:-1], out_features), field, settings, (*dimensions[:-1], (("c", out_features),)), mult_adds)


def batch_norm_rule(call: Call) -> Output:
    """Batch normalisation (Ioffe and Szegedy 2015) as it is in evaluation; the shape stays."""
    norm, shape = call.built_as(nn.BatchNorm1d, nn.BatchNorm2d), call.first.shape
    if isinstance(norm, nn.BatchNorm2d):
        if len(shape) != 3:
            raise call.misfit("needs_map", shape=by(shape))
    elif len(shape) > 2:
        raise call.misfit("needs_vector", shape=by(shape))
    if norm.affine or norm.running_mean is not None:  # otherwise PyTorch takes any number of them
        _need_channels(call, norm.num_features)
    settings = LayerSettings(in_channels=shape[0], out_channels=shape[0], bias=norm.affine)
    if norm.running_mean is not None:
        return leave_shape(call, settings)
    # Without running statistics each channel is normalised over its places, as in training.
    return _normalise(call, call.first.dimensions[1:], settings)


def _normalise(
    call: Call,
    dimensions: Sequence[Dimension],
    settings: LayerSettings = LayerSettings(),
    reason: str = "trace.note_normalisation",
) -> Output:
    """Values divided by what all of them along some dimensions give together."""
    field = join_places(call.first.field, dimensions, reason)
    return replace(leave_shape(call, settings), field=field)


def _need_channels(call: Call, expected: int) -> None:
    if call.first.shape[0] != expected:
        raise call.misfit("channels", expected=expected, got=call.first.shape[0])


def _need_groups(call: Call, groups: int) -> None:
    if call.first.shape[0] % groups:
        raise call.misfit("groups", groups=groups, got=call.first.shape[0])


def _need_places(call: Call) -> None:
    """One number alone has no deviation."""
    if prod(call.first.shape[1:]) == 1:
        raise call.misfit("one_place", shape=by(call.first.shape))


def need_weights(call: Call, *wanted: int) -> None:
    """Weight and bias of a function must have the shape that it multiplies or adds."""
    for weight in call.weights:
        if tuple(weight.tensor.shape) != wanted:
            raise call.misfit("weight_shape", wanted=by(wanted), got=by(tuple(weight.tensor.shape)))


def prelu_rule(call: Call) -> Output:
    """PReLU (He et al. 2015, section 2.1): one slope for all channels, or one for each."""
    slopes = call.built_as(nn.PReLU).num_parameters
    if slopes != 1:
        _need_channels(call, slopes)
    return leave_shape(call)


def local_response_rule(call: Call) -> Output:
    """Local response normalisation (Krizhevsky et al. 2012, section 3.3): over neighbouring channels of each position."""
    if len(call.first.shape) < 2:
        raise call.misfit("needs_map", shape=by(call.first.shape))
    return leave_shape(call)


def channel_norm_rule(call: Call) -> Output:
    """torchvision's LayerNorm2d: over the channels of each position."""
    channels = need_map(call)[0]
    _need_channels(call, prod(call.built_as(nn.LayerNorm).normalized_shape))
    return leave_shape(call, LayerSettings(in_channels=channels, out_channels=channels, bias=True))


def place_norm_rule(call: Call) -> Output:
    """Group and instance normalisation: mean and deviation over all positions."""
    norm, channels = call.block, call.first.shape[0]
    if norm.affine or getattr(norm, "track_running_stats", False):  # otherwise PyTorch takes any number of them
        _need_channels(call, norm.num_channels if isinstance(norm, nn.GroupNorm) else norm.num_features)
    if getattr(norm, "track_running_stats", False):
        return leave_shape(call)
    if isinstance(norm, nn.GroupNorm):
        _need_groups(call, norm.num_groups)
    else:
        _need_places(call)
    return _normalise(call, call.first.dimensions, LayerSettings(in_channels=channels, out_channels=channels))


def layer_norm_rule(call: Call, normalized_shape: Sequence[int] | None = None) -> Output:
    """Layer normalisation (Ba, Kiros and Hinton 2016) over the last dimensions; the shape stays."""
    expected = tuple(call.built_as(nn.LayerNorm).normalized_shape if normalized_shape is None else normalized_shape)
    rank = len(expected)
    if rank > len(call.first.shape) and expected[0] == 1:  # over the batch as well
        raise call.unsupported("unsupported_setting", setting=f"normalized_shape={list(expected)}")
    if call.first.shape[-rank:] != expected:
        raise call.misfit("normalized_shape", expected=by(expected), got=by(call.first.shape))
    return _normalise(call, call.first.dimensions[-rank:])


def layer_norm_function_rule(call: Call) -> Output:
    """F.layer_norm: as `layer_norm_rule`, with `normalized_shape` as an argument."""
    normalized_shape = call.argument(1, "normalized_shape")
    need_weights(call, *normalized_shape)
    return layer_norm_rule(call, normalized_shape)


def softmax_rule(call: Call) -> Output:
    """Softmax and its logarithm over one dimension; the shape stays."""
    dim = call.argument(1, "dim") if call.module is None else call.block.dim
    place = call.place(1 if dim is None else dim)
    return _normalise(call, call.first.dimensions[place : place + 1], reason="trace.note_softmax")


PLAIN, _INPLACE = LayerSettings(), LayerSettings(inplace=True)


def pointwise_rule(call: Call) -> Output:
    """What changes each value by itself: shape and field stay."""
    if len(call.signals) > 1:  # a limit of clamp, say, that was computed as well
        raise call.unsupported()
    inplace = getattr(call.module, "inplace", False) or call.kwargs.get("inplace", False)
    return leave_shape(call, _INPLACE if inplace else PLAIN)


def reduce_rule(call: Call) -> Output:
    """Mean, sum or maximum over some dimensions."""
    dims = call.argument(1, "dim")
    if dims is None or isinstance(dims, bool):
        raise call.unsupported("unsupported_setting", setting="dim=None")
    places = sorted({call.place(dim) for dim in (dims if isinstance(dims, (list, tuple)) else (dims,))})
    shape, dimensions = call.first.shape, call.first.dimensions
    field = join_places(call.first.field, [dimensions[place] for place in places], "trace.note_global_pool")
    singles = {what for place in places for what, _ in dimensions[place]}
    for what, name in (("h", "height"), ("w", "width")):
        if what in singles:
            field = replace(field, **{name: getattr(field, name).join(1)})
    if field.is_global and field.reason is None:
        field = replace(field, reason="trace.note_global_pool")
    settings = LayerSettings(output_size=(1, 1)) if len(shape) == 3 and places == [1, 2] else PLAIN
    if call.argument(2, "keepdim", False):
        kept = tuple(1 if place in places else size for place, size in enumerate(shape))
        dimensions = tuple(
            ((dimension[0][0] if len(dimension) == 1 else "c", 1),) if place in places else dimension
            for place, dimension in enumerate(dimensions)
        )
        return Output(kept, field, settings, dimensions)
    left = [place for place in range(len(shape)) if place not in places]
    return Output(tuple(shape[place] for place in left), field, settings, tuple(dimensions[place] for place in left))


def sum_rule(call: Call) -> Output:
    """Sum, difference or product of branches; a number or a weight beside a branch changes no field."""
    if not call.weights and len({signal.dimensions for signal in call.signals}) == 1:
        return Output(call.first.shape, _unite(call), dimensions=call.first.dimensions)
    shapes = [(1, *signal.shape) for signal in call.signals]
    weights = [tuple(weight.tensor.shape) for weight in call.weights]
    try:
        if len(set(map(len, shapes))) != 1 or any(len(weight) > len(shapes[0]) for weight in weights):
            raise RuntimeError
        batch, *shape = broadcast_shapes(*shapes, *weights)
    except RuntimeError:
        shapes = [signal.shape for signal in call.signals] + weights
        raise call.misfit("branches", shapes=list(map(by, shapes))) from None
    if batch != 1:
        raise call.misfit("branches", shapes=list(map(by, [signal.shape for signal in call.signals] + weights)))
    dimensions = tuple(_meet_dimensions(call, place, size) for place, size in enumerate(shape))
    return Output(tuple(shape), _unite(call), dimensions=dimensions)


def _unite(call: Call) -> Field:
    field, reason = call.first.field, _meeting_reason(call)
    for signal in call.signals[1:]:
        field = field.unite(signal.field, reason)
    if field.is_global and reason == "trace.note_squeeze_excitation":
        field = replace(field, reason=reason)
    return field


def _meet_dimensions(call: Call, place: int, size: int) -> Dimension:
    """What a dimension of the result counts: places, where any branch has them."""
    found = [signal.dimensions[place] for signal in call.signals if signal.shape[place] == size]
    placed = [dimension for dimension in found if any(what in PLACES for what, _ in dimension)]
    if len({tuple(what for what, _ in dimension) for dimension in placed}) > 1 and not call.first.field.is_global:
        raise call.unsupported("not_rows_and_columns")
    return (placed or found or [(("c", size),)])[0]


def _meeting_reason(call: Call) -> str:
    if call.kind == "mul" and any(signal.shape[1:] == (1, 1) for signal in call.signals):
        return "trace.note_squeeze_excitation"
    return "trace.note_global_branch"


def _stack_places(call: Call, place: int, tensors: Sequence, shape: Shape) -> Output:
    """Rows below rows, or columns beside columns: each keeps the field that it has.

    Across, all must see alike: rows and columns are followed apart, so that a row cannot know whose columns it has.
    """
    kinds = {tuple(what for what, _ in signal.dimensions[place]) for signal in call.signals}
    fields = [signal.field for signal in call.signals]
    if len(tensors) != len(call.signals) or kinds not in ({("h",)}, {("w",)}) or any(field.is_flat for field in fields):
        raise call.unsupported()
    ((what,),) = kinds
    name, other = ("height", "width") if what == "h" else ("width", "height")
    across, *others = (getattr(field, other) for field in fields)
    if any(not np.array_equal(across.spans, each.spans) for each in others):
        raise call.unsupported()
    axes = {name: Axis.stack([getattr(field, name) for field in fields]), other: across}
    is_global = all(axis.is_global for axis in axes.values())
    dimensions = list(call.first.dimensions)
    dimensions[place] = ((what, shape[place]),)
    field = Field(**axes, reason="trace.note_global_branch" if is_global else None)
    field = replace(
        field, is_bound=any(each.is_bound for each in fields), is_mixed=any(each.is_mixed for each in fields)
    )
    return Output(shape, field, dimensions=tuple(dimensions))


def cat_rule(call: Call) -> Output:
    """Concatenation: sizes add up along one dimension, and must be the same along the others."""
    tensors = call.argument(0, "tensors")
    place = call.place(call.argument(1, "dim", 0))
    sizes = [tensor.shape if isinstance(tensor, Signal) else tuple(tensor.tensor.shape[1:]) for tensor in tensors]
    if len({shape[:place] + shape[place + 1 :] for shape in sizes}) != 1 or len(set(map(len, sizes))) != 1:
        raise call.misfit("branches", shapes=list(map(by, sizes)))
    shape = (*sizes[0][:place], sum(size[place] for size in sizes), *sizes[0][place + 1 :])
    dimensions = list(call.first.dimensions)
    counted = count_places(signal.dimensions[place] for signal in call.signals)
    is_side = [what for what, _ in dimensions[place]] in (["h"], ["w"])
    if counted & {"h", "w"} and (is_side or len(call.signals) > 1):
        return _stack_places(call, place, tensors, shape)
    field = call.first.field.mix([signal.field for signal in call.signals[1:]], "trace.note_global_branch")
    dimensions[place] = (("x" if counted else "c", shape[place]),)
    if counted & {"h", "w"} and not field.is_global:
        field = field.flatten()
    return Output(shape, field, dimensions=tuple(dimensions))


def batch_norm_function_rule(call: Call) -> Output:
    """F.batch_norm as it is in evaluation, with running statistics: a factor and a shift for each channel."""
    mean = call.argument(1, "running_mean")
    work = sum(parameter.numel() for weight in call.weights for parameter in weight.parameters)
    if isinstance(mean, Weight):
        _need_channels(call, mean.tensor.shape[0])
        need_weights(call, call.first.shape[0])
        return replace(leave_shape(call), mult_adds=work)
    return replace(_normalise(call, call.first.dimensions[1:]), mult_adds=work)


def group_norm_function_rule(call: Call) -> Output:
    """F.group_norm and F.instance_norm: mean and deviation over all positions."""
    need_weights(call, call.first.shape[0])
    if call.kind == "group_norm":
        _need_groups(call, call.argument(1, "num_groups"))
    elif call.argument(5, "use_input_stats", True):
        _need_places(call)
    else:
        return leave_shape(call)
    work = sum(parameter.numel() for weight in call.weights for parameter in weight.parameters)
    return replace(_normalise(call, call.first.dimensions), mult_adds=work)


def normalise_rule(call: Call) -> Output:
    """F.normalize: divided by the length along one dimension."""
    place = call.place(call.argument(2, "dim", 1))
    return _normalise(call, call.first.dimensions[place : place + 1])


def pointwise_with_rule(call: Call) -> Output:
    """What changes each value by itself, by numbers or weights beside it."""
    if len(call.signals) > 1:
        return sum_rule(call)
    if call.weights:
        return sum_rule(call)
    return leave_shape(call)


def product_rule(call: Call) -> Output:
    """A product of matrices: every number out is a sum over the last dimension of the first."""
    one, other = (call.args[place] if len(call.args) > place else None for place in (0, 1))
    if one is None or other is None or min(len(_shape_with_batch(each)) for each in (one, other)) < 2:
        raise call.unsupported()
    if any(isinstance(each, Signal) and len(each.dimensions) < 2 for each in (one, other)):
        return bound_rule(call)  # rows became a part of the batch
    *batch, height, width = _shape_with_batch(one)
    *batch_other, inner, columns = _shape_with_batch(other)
    if width != inner:
        raise call.misfit("features", expected=inner, got=width)
    shape = (*broadcast_shapes(batch, batch_other), height, columns)
    output = _meet_in_product(call, one, other, shape)
    return _put_work(call, output, prod(shape) * width)


def _meet_in_product(call: Call, one, other, shape: Shape) -> Output:
    """What is summed over is joined; rows keep the places of the first, columns those of the second."""
    if isinstance(one, Signal) and isinstance(other, Signal):
        rows, summed, columns = one.dimensions[-2], (one.dimensions[-1], other.dimensions[-2]), other.dimensions[-1]
        field = one.field.unite(other.field, "trace.note_attention")
        joined = count_places((*summed, rows, columns))
        whole = {"h", "w"} <= joined or "x" in joined
        if shape[0] == 1 and one.batch == other.batch == 1 and len(shape) > 2 and (whole or field.is_global):
            # Every number of one side meets every number of the other, or is summed up: all places come together.
            is_exact = "x" in count_places(summed) or {"h", "w"} <= count_places(summed) or field.is_global
            joint = field.join("trace.note_attention")
            joint = joint if is_exact or joint.is_bound else replace(joint, is_bound=True)
            return Output(shape[1:], joint, dimensions=make_features(shape[1:]))
    elif isinstance(one, Signal) and one.batch == shape[0] == 1 and len(shape) == len(one.shape) + 1:
        field = join_places(one.field, one.dimensions[-1:], "trace.note_linear")
        return Output(shape[1:], field, dimensions=(*one.dimensions[:-1], (("c", shape[-1]),)))
    return bound_rule(call)


def other_convolution_rule(call: Call) -> Output:
    """Convolutions over one or three dimensions: every weight works at every output, and places are not told apart."""
    output = bound_rule(call)
    if call.module is not None:
        parameters = [each.numel() for each in call.module.parameters()]
    else:
        parameters = [weight.tensor.numel() for weight in call.weights]
    places = prod(output.shape[1:])
    return replace(output, mult_adds=sum(parameters) * places)


def recurrent_rule(call: Call) -> Output:
    """A recurrent layer: every weight works at every step, and a step sees the steps before it."""
    output = bound_rule(call)
    steps = prod(call.first.shape[:-1]) * call.first.batch
    work = sum(each.numel() for weight in call.weights for each in weight.parameters)
    return _put_work(call, output, work * steps)


def einsum_rule(call: Call) -> Output:
    """Einstein's sum of two tensors: one product for every value of all its letters."""
    equation, *given = call.args
    operands = list(given[0]) if given and isinstance(given[0], (list, tuple)) else given
    letters = equation.replace(" ", "").partition("->")[0].split(",")
    if "." in equation or len(letters) != len(operands) or len(operands) > 2:
        raise call.unsupported("unsupported_setting", setting=equation)
    sizes = {
        each: size for word, operand in zip(letters, operands) for each, size in zip(word, _shape_with_batch(operand))
    }
    return _put_work(call, bound_rule(call), prod(sizes.values()))


def dot_product_attention_rule(call: Call) -> Output:
    """F.scaled_dot_product_attention (Vaswani et al. 2017, equation 1): two products of matrices."""
    signals = (*call.args, *call.kwargs.values())[:3]
    query, key, value = (_shape_with_batch(each) for each in signals)
    work = prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    tokens = [each.dimensions[-2] if isinstance(each, Signal) else () for each in signals]
    field = call.first.field
    for signal in call.signals[1:]:
        field = field.unite(signal.field, "trace.note_attention")
    joined = count_places(tokens[1:])
    is_whole = len(call.signals) == 3 and all(signal.batch == 1 for signal in call.signals)
    if is_whole and ("x" in joined or {"h", "w"} <= joined or field.is_global):
        shape = (*query[1:-1], value[-1])
        is_masked = call.argument(3, "attn_mask") is not None and not field.is_global
        joint = field.join("trace.note_attention")
        joint = replace(joint, is_bound=joint.is_bound or is_masked)
        return _put_work(call, Output(shape, joint, dimensions=make_features(shape)), work)
    return _put_work(call, bound_rule(call), work)


def _put_work(call: Call, output: Output, work: int) -> Output:
    return replace(output, mult_adds=work // call.first.batch)


def _shape_with_batch(operand) -> Shape:
    return (operand.batch, *operand.shape) if isinstance(operand, Signal) else tuple(operand.tensor.shape)
