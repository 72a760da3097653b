"""Rules for the same numbers in another order, and for a part of them: views, permutations, slices, padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from explorer.models.calls import (
    PLACES,
    Call,
    Dimension,
    Output,
    bound_rule,
    by,
    count_places,
    leave_shape,
    need_map,
    product,
)
from explorer.models.records import LayerSettings, Shape


def flatten_rule(call: Call) -> Output:
    """Several neighbouring dimensions become one: (C, H, W) -> (C H W), say."""
    if call.module is not None:
        flatten = call.built_as(nn.Flatten)
        first, last = flatten.start_dim, flatten.end_dim
    else:
        first, last = call.argument(1, "start_dim", 0), call.argument(2, "end_dim", -1)
    begin, end = call.position(first), call.position(last)
    if begin == 0 and end == len(call.first.shape):
        raise call.unsupported("batch_dropped", setting=f"start_dim={first}")
    if begin == 0 or end < begin:
        raise call.unsupported("unsupported_setting", setting=f"start_dim={first}, end_dim={last}")
    shape = call.first.shape
    return _fold(call, (*shape[: begin - 1], prod(shape[begin - 1 : end]), *shape[end:]))


def view_rule(call: Call) -> Output:
    """A new shape of the same numbers."""
    sizes = call.rest(1, "shape" if "shape" in call.kwargs else "size")
    before = (1, *call.first.shape)
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known == 0 or prod(before) % known or (-1 not in sizes and known != prod(before)):
        raise call.misfit("view", input=product(call.first.shape), output=by(sizes))
    after = tuple(prod(before) // known if size == -1 else size for size in sizes)
    if after[0] != 1:
        raise call.misfit("batch_lost", input=product(call.first.shape), output=by(after))
    return _fold(call, after[1:])


def unflatten_rule(call: Call) -> Output:
    """One dimension becomes several."""
    module = None if call.module is None else call.block
    place = call.place(call.argument(1, "dim") if module is None else module.dim)
    sizes = tuple(call.argument(2, "sizes") if module is None else module.unflattened_size)
    shape = call.first.shape
    known = prod(size for size in sizes if size != -1)
    sizes = tuple(shape[place] // known if size == -1 else size for size in sizes)
    if prod(sizes) != shape[place]:
        raise call.misfit("view", input=str(shape[place]), output=by(sizes))
    return _fold(call, (*shape[:place], *sizes, *shape[place + 1 :]))


def _fold(call: Call, shape: Shape) -> Output:
    """The same numbers in the same order, in another shape."""
    if shape == call.first.shape:
        return leave_shape(call)
    dimensions = _split_factors(call, shape)
    field = call.first.field
    kept = {what for dimension in dimensions for what, _ in dimension}
    # An axis of one unit has no places to tell apart: it is dropped, and what is left sees all that it saw.
    for what, name in (("h", "height"), ("w", "width")):
        if what not in kept and "x" not in kept and not getattr(field, name).is_global:
            field = replace(field, **{name: getattr(field, name).join(1)}, reason="trace.note_single_unit")
    if field.is_global:
        return Output(shape, field, dimensions=dimensions)
    in_order = all(len(dimension) == 1 for dimension in dimensions if count_places((dimension,)))
    return Output(shape, replace(field, is_flat="x" in kept or not in_order), dimensions=dimensions)


def _split_factors(call: Call, shape: Shape) -> tuple[Dimension, ...]:
    """The factors of the old dimensions, dealt out to the new ones."""
    factors = [factor for dimension in call.first.dimensions for factor in dimension if factor[1] > 1][::-1]
    dimensions = []
    for size in shape:
        dimension, left = [], size
        while left > 1:
            what, have = factors.pop()
            take = have if left % have == 0 else left
            if have % take:
                raise call.unsupported("unsupported_setting", setting=f"shape={(1, *shape)}")
            if take < have:
                if what in PLACES and not call.first.field.is_global:
                    raise call.unsupported("unsupported_setting", setting=f"shape={(1, *shape)}")
                factors.append((what, have // take))
            dimension.append((what, take))
            left //= take
        dimensions.append(tuple(dimension) or (("c", 1),))
    return tuple(dimensions)


def _reorder(call: Call, order: Sequence[int]) -> Output:
    first = call.first
    shape = tuple(first.shape[place] for place in order)
    return Output(shape, first.field, dimensions=tuple(first.dimensions[place] for place in order))


def permute_rule(call: Call) -> Output:
    """The dimensions in another order; the batch stays first."""
    order = call.rest(1, "dims")
    positions = [call.position(dim) for dim in order]
    if sorted(positions) != list(range(len(call.first.shape) + 1)):
        raise call.misfit("no_dimension", dim=str(order), shape=by(call.first.shape))
    if positions[0]:
        raise call.unsupported("unsupported_setting", setting=f"dims={order}")
    return _reorder(call, [position - 1 for position in positions[1:]])


def transpose_rule(call: Call) -> Output:
    """Two dimensions change places."""
    first = call.place(call.args[1] if len(call.args) > 1 else call.kwargs.get("dim0", call.kwargs.get("axis0")))
    second = call.place(call.args[2] if len(call.args) > 2 else call.kwargs.get("dim1", call.kwargs.get("axis1")))
    order = list(range(len(call.first.shape)))
    order[first], order[second] = second, first
    return _reorder(call, order)


def squeeze_rule(call: Call) -> Output:
    """A dimension of size 1 is left out."""
    dim = call.argument(1, "dim")
    if dim is None:
        raise call.unsupported("unsupported_setting", setting="dim=None")
    place, shape = call.place(dim), call.first.shape
    return _fold(call, shape if shape[place] != 1 else (*shape[:place], *shape[place + 1 :]))


def unsqueeze_rule(call: Call) -> Output:
    """A dimension of size 1 is put in."""
    dim, shape = call.argument(1, "dim"), call.first.shape
    place = call.position(dim, more=1) - 1
    if place < 0:
        raise call.unsupported("unsupported_setting", setting=f"dim={dim}")
    dimensions = call.first.dimensions
    dimensions = (*dimensions[:place], (("c", 1),), *dimensions[place:])
    return Output((*shape[:place], 1, *shape[place:]), call.first.field, dimensions=dimensions)


def expand_rule(call: Call) -> Output:
    """Dimensions of size 1 repeated; where none is, all stays."""
    sizes = call.rest(1, "size")
    before = (1, *call.first.shape)
    if len(sizes) != len(before) or any(new not in (-1, old) for new, old in zip(sizes, before)):
        raise call.unsupported("unsupported_setting", setting=f"size={tuple(sizes)}")
    return leave_shape(call)


def stack_rule(call: Call) -> Output:
    """Tensors of one shape side by side along a new dimension."""
    tensors, shape = call.argument(0, "tensors"), call.first.shape
    place = call.position(call.argument(1, "dim", 0), more=1) - 1
    if place < 0 or len(tensors) != len(call.signals):
        raise call.unsupported()
    if {signal.dimensions for signal in call.signals} != {call.first.dimensions}:
        raise call.unsupported()
    field = call.first.field.mix([signal.field for signal in call.signals[1:]], "trace.note_global_branch")
    dimensions = call.first.dimensions
    dimensions = (*dimensions[:place], (("c", len(tensors)),), *dimensions[place:])
    return Output((*shape[:place], len(tensors), *shape[place:]), field, dimensions=dimensions)


# A part of the numbers


def chunk_rule(call: Call) -> Output:
    """So many parts of the same size along one dimension; the last one may be smaller."""
    place = call.place(call.argument(2, "dim", 0))
    chunks, size = call.argument(1, "chunks"), call.first.shape[call.place(call.argument(2, "dim", 0))]
    return _split(call, place, -(-size // chunks))


def unbind_rule(call: Call) -> Output:
    """The parts of size 1 along one dimension, which is left out."""
    place = call.place(call.argument(1, "dim", 0))
    parts = []
    for index in range(call.first.shape[place]):
        part = _take(call, {place: (index, 1, 1)})
        taken = replace(call.first, shape=part.shape, field=part.field, dimensions=part.count_dimensions())
        parts.append(_fold(replace(call, signals=(taken,)), (*part.shape[:place], *part.shape[place + 1 :])))
    return replace(parts[0], parts=tuple(parts))


def split_rule(call: Call) -> Output:
    """Parts of one size, or of these sizes, along one dimension."""
    place = call.place(call.argument(2, "dim", 0))
    size = call.argument(1, "split_size_or_sections" if "split_size_or_sections" in call.kwargs else "split_size")
    return _split(call, place, size)


def _split(call: Call, place: int, sizes: int | Sequence[int]) -> Output:
    total = call.first.shape[place]
    if isinstance(sizes, int):
        sizes = [min(sizes, total - begin) for begin in range(0, total, sizes)]
    if sum(sizes) != total:
        raise call.misfit("view", input=str(total), output=" + ".join(map(str, sizes)))
    begins = np.cumsum([0, *sizes]).tolist()
    parts = tuple(_take(call, {place: (begin, 1, size)}) for begin, size in zip(begins, sizes))
    return replace(parts[0], parts=parts)


def _take(call: Call, taken: Mapping[int, tuple[int, int, int]]) -> Output:
    """Start, step and number along some dimensions."""
    shape, dimensions, field = list(call.first.shape), list(call.first.dimensions), call.first.field
    for place, (start, step, count) in taken.items():
        if (start, step, count) == (0, 1, shape[place]):
            continue
        (what, _), *more = dimensions[place]
        if more and count_places(dimensions[place : place + 1]) and not field.is_global:
            raise call.unsupported("unsupported_setting", setting=f"{start}:{start + step * count}:{step}")
        shape[place] = count
        inner = prod(size for _, size in more)
        if what == "c" and (inner == 1 or step != 1 or start % inner or count % inner):
            field = field.part()  # after a shuffle, a whole row of the inner factor has channels of every branch
        if not more and what in "hw":
            name = {"h": "height", "w": "width"}[what]
            field = replace(field, **{name: getattr(field, name).take(start, step, count)})
        dimensions[place] = (("c" if more else what, count),)
    return Output(tuple(shape), field, dimensions=tuple(dimensions))


def getitem_rule(call: Call) -> Output:
    """Indices and slices of every dimension but the batch."""
    index = call.args[1] if isinstance(call.args[1], tuple) else (call.args[1],)
    rank = len(call.first.shape) + 1
    if any(not isinstance(item, (int, slice, type(Ellipsis))) for item in index) or len(index) > rank + 1:
        raise call.unsupported("unsupported_setting", setting=f"[{', '.join(map(str, index))}]"[:80])
    if Ellipsis in index:
        at = index.index(Ellipsis)
        index = (*index[:at], *[slice(None)] * (rank - len(index) + 1), *index[at + 1 :])
    if isinstance(index[0], int):
        raise call.unsupported("batch_dropped", setting=f"[{index[0]}, …]")
    if not isinstance(index[0], slice) or index[0] != slice(None):
        raise call.unsupported("unsupported_setting", setting=f"[{index[0]}, …]")
    taken, dropped = {}, []
    for place, item in enumerate(index[1:]):
        size = call.first.shape[place]
        if isinstance(item, int):
            if not -size <= item < size:
                raise call.misfit("no_dimension", dim=item, shape=by(call.first.shape))
            taken[place] = (item % size, 1, 1)
            dropped.append(place)
        else:
            start, stop, step = item.indices(size)
            taken[place] = (start, step, len(range(start, stop, step)))
    part = _take(call, taken)
    shape = tuple(size for place, size in enumerate(part.shape) if place not in dropped)
    taken_from = replace(call.first, shape=part.shape, field=part.field, dimensions=part.count_dimensions())
    whole = replace(call, signals=(taken_from,))
    return _fold(whole, shape)


def pad_rule(call: Call) -> Output:
    """F.pad with a constant, where negative numbers cut off; or with what lies at the border of a map."""
    pad, mode = tuple(call.argument(1, "pad")), call.argument(2, "mode", "constant")
    shape = call.first.shape
    if mode in ("reflect", "replicate", "circular") and len(pad) == 4:
        channels, height, width = need_map(call)
        axes = {}
        for name, size, margins in (("height", height, pad[2:]), ("width", width, pad[:2])):
            reads = F.pad(torch.eye(size)[None], margins, mode)[0].T.numpy() > 0  # PyTorch says who is repeated
            axes[name] = (
                getattr(call.first.field, name) if not any(margins) else getattr(call.first.field, name).pick(reads)
            )
        padded = (channels, axes["height"].count, axes["width"].count)
        return Output(padded, replace(call.first.field, **axes), LayerSettings(pad=pad))
    rank = len(shape)
    if mode != "constant" or any(pad[2 * rank :]):
        raise call.unsupported("unsupported_setting", setting=f"pad={pad}, mode={mode!r}")
    field, dimensions, sizes = call.first.field, list(call.first.dimensions), list(shape)
    for number in range(min(rank, len(pad) // 2)):
        before, after = pad[2 * number : 2 * number + 2]
        place = rank - 1 - number
        sizes[place] += before + after
        if sizes[place] < 1:
            raise call.unsupported("unsupported_setting", setting=f"pad={pad}")
        (what, _), *more = dimensions[place]
        if more or what == "x":
            raise call.unsupported("unsupported_setting", setting=f"pad={pad}")
        if what in "hw":
            name = {"h": "height", "w": "width"}[what]
            field = replace(field, **{name: getattr(field, name).pad(before, after)})
        dimensions[place] = ((what, sizes[place]),)
    return Output(tuple(sizes), field, LayerSettings(pad=pad), tuple(dimensions))


# What only moves numbers about. bound_rule stands in for those of them that cannot follow a call.
ALL = (
    flatten_rule, view_rule, unflatten_rule, permute_rule, transpose_rule, squeeze_rule, unsqueeze_rule, chunk_rule,
    unbind_rule, split_rule, getitem_rule, pad_rule, bound_rule, expand_rule, stack_rule,
)  # fmt: skip
