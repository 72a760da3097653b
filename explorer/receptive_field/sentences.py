"""What the receptive-field tab says: of a layer, of a story, of a comparison."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from explorer.models.checkpoints import CheckpointError, load_results
from explorer.models.networks import find_network
from explorer.models.reach import Reach
from explorer.receptive_field.design import Design
from explorer.receptive_field.effective import SHARES
from explorer.receptive_field.figures import name_layer, name_stack
from explorer.receptive_field.maths import (
    CLAIMED_AT_LEAST,
    CLAIMED_DEPTHS,
    FieldBox,
    LayerRow,
    find_first_as_wide,
    find_last_local,
    find_unit,
    how_much_is_joined,
    summarise_stack,
)
from explorer.receptive_field.networks import PHOTO_SIZE, find_bounds, trace_model
from explorer.receptive_field.session import IMAGE_SIZE, STACKS, TABLE, Spot
from explorer.text import Text, join_sentences


def name_network(name: str, text: Text) -> str:
    """What the reader calls it: one that can be chosen, a file that a visitor brought, a stack or the reader's own layers."""
    is_built_in = name in (TABLE, *STACKS)
    return text(f"receptive_field.network_{name}") if is_built_in else text.title(find_network(name).title)


def describe_layer(spot: Spot, text: Text) -> str:
    """What to look for: by how much this layer widens the field, and what its unit sees."""
    row, number, size = spot.row, spot.number, spot.size
    name = f"<b>{html.escape(name_layer(row, text))}</b>"
    if spot.chain.outer is not None:
        return _describe_within(spot, name, text)
    if number == 0:
        return text("receptive_field.look_input")
    joined = how_much_is_joined(row, size)
    if joined:
        return text(f"receptive_field.look_{joined}", name=name, size=row.size, image=size)
    before = spot.rows[number - 1]
    added = row.size - before.size
    if row.sizes[0] != row.sizes[1] or before.sizes[0] != before.sizes[1]:
        grown = text(
            "receptive_field.look_oblong",
            name=name, height=row.sizes[0], width=row.sizes[1],
            before_height=before.sizes[0], before_width=before.sizes[1],
        )  # fmt: skip
    elif row.note:
        grown = text("receptive_field.look_uneven", name=name, size=row.size, jump=f"{row.jump:.3g}")
    else:
        grown = text(
            "receptive_field.look_grown" if added else "receptive_field.look_same",
            name=name, added=added, reach=added // before.jump, jump=before.jump, size=row.size, image=size,
        )  # fmt: skip
    if spot.field.is_empty:
        return grown + text("receptive_field.look_empty")
    if min(row.sizes) >= size and not _has_holes(spot.field):
        middle = spot.chain.find_field(number, find_unit(row, ((size - 1) / 2,) * 2))
        sees_all = middle.clipped == (0, 0, size, size) and not _has_holes(middle)
        return grown + text(f"receptive_field.look_{'whole' if sees_all else 'wide'}", image=size)
    return grown + _describe_losses(spot.field, text)


def _describe_within(spot: Spot, name: str, text: Text) -> str:
    """The same of a unit that is seen in an earlier layer."""
    row, source = spot.row, html.escape(spot.rows[0].name)
    joined = how_much_is_joined(row, spot.size)
    if joined:
        return text(f"receptive_field.look_within_{joined}", name=name, source=source, size=row.size)
    height, width = row.sizes
    return text(
        "receptive_field.look_within_wide" if max(row.sizes) > spot.size else "receptive_field.look_within",
        name=name, source=source, height=height, width=width, jump=f"{row.jump:.3g}", side=spot.size,
    )  # fmt: skip


def _has_holes(field: FieldBox) -> bool:
    return field.holes_share > 0.005


def _describe_losses(field: FieldBox, text: Text) -> str:
    """What of the box lies in the padding, and what in holes."""
    words = ""
    if field.padding_share:
        words += text("receptive_field.look_padding", share=f"{field.padding_share:.0%}")
    if _has_holes(field):
        words += text("receptive_field.look_holes", share=f"{field.holes_share:.0%}")
    return words


def describe_spread(spot: Spot, reach: Sequence[Reach], text: Text) -> str:
    """What to look for on the way forward: which units of the chosen layer the pixel reaches."""
    row, column = spot.pixel_inside
    mask = reach[spot.number].mask
    bounds = find_bounds(mask)
    said = {
        "row": row, "column": column, "name": f"<b>{html.escape(name_layer(spot.row, text))}</b>",
        "count": f"{int(mask.sum()):,}", "total": f"{mask.size:,}",
    }  # fmt: skip
    if spot.number == 0:
        return text("receptive_field.look_pixel", **said)
    if bounds is None:
        return text("receptive_field.look_reach_none", **said)
    if spot.row.kind == "global":
        return text("receptive_field.look_reach_one", **said)
    if mask.all():
        return text("receptive_field.look_reach_all", **said)
    top, left, bottom, right = bounds
    return text("receptive_field.look_reach", height=bottom - top, width=right - left, **said)


def describe_design(design: Design, size: int, text: Text) -> list[str]:
    """What the fields say of a network: from where on it sees everything, how far, how much of it is padding, at which sizes.

    Args:
        design: what was read from them.
        size: side of the image in pixels.
        text: sentences in the page's language.
    """
    whole, last, said = design.whole_from, design.last, []
    if whole is None:
        said.append(text("receptive_field.design_nowhere"))
    else:
        key = "joint" if whole.kind == "global" else "whole"
        said.append(text(f"receptive_field.design_{key}", name=name_layer(whole, text)))
    if last.kind != "input":
        height, width = last.sizes
        said.append(
            text(
                "receptive_field.design_middle",
                name=name_layer(last, text), height=height, width=width, size=size, share=f"{design.seen_share:.0%}",
            )
        )  # fmt: skip
    if design.wide:
        said.append(
            text(
                "receptive_field.design_wide",
                count=len(design.wide), first=name_layer(design.wide[0], text), name=name_layer(design.wide[-1], text),
                share=f"{design.padding_share:.0%}",
            )
        )  # fmt: skip
    if design.smallest_size is not None:
        key = "fixed" if design.is_fixed else "smallest"
        said.append(text(f"receptive_field.design_{key}", size=design.smallest_size))
    return said


def tell_story(story: str, spot: Spot, text: Text) -> str:
    """The sentence of a story, with numbers computed now."""
    rows, field = spot.rows, spot.field
    said: dict[str, Any] = {"size": find_last_local(rows).size}
    if story == "kernels":
        small, large = (summarise_stack([{"kernel": kernel}] * depth, 64) for kernel, depth in ((3, 2), (5, 1)))
        said |= {
            "first": name_stack(small), "second": name_stack(large),
            "small": small.weights_per_pair, "large": large.weights_per_pair,
            "saved": f"{1 - small.num_params / large.num_params:.0%}",
            "relus": small.num_nonlinearities, "large_relus": large.num_nonlinearities,
        }  # fmt: skip
    elif story == "resnet50":
        other = trace_model("resnet34", IMAGE_SIZE)
        said |= {"other": find_last_local(other).size}
        said |= {"kernels": _count_wide(rows), "other_kernels": _count_wide(other)}
    elif story == "whole":
        wide = find_first_as_wide(rows)
        number = rows.index(wide)
        said |= {
            "name": html.escape(wide.name),
            "number": number,
            "image": IMAGE_SIZE,
            "wide": wide.size,
            "before": rows[number - 1].size,
        }
    else:
        said |= {"pixels": int(field.mask.sum()), "share": f"{1 - field.holes_share:.0%}"}
        summary = summarise_stack(
            [{"kernel": each["kernel"], "dilation": each["dilation"]} for each in spot.chain.layers]
        )
        said |= {"weights": summary.weights_per_pair, "stack": name_stack(summary)}
    return text(f"receptive_field.tell_{story}", **said)


def _count_wide(rows: Sequence[LayerRow]) -> int:
    """How many layers widen the field."""
    return sum(sum(row.sizes) > sum(before.sizes) for before, row in pairwise(rows) if row.kind == "conv")


def describe_depths(depths: Mapping[str, Sequence[int | None]], text: Text) -> str:
    """How the tutorial's sketch of growth stands to networks, and after how many convolutions they see more or less.

    Args:
        depths: key of a network's title -> its sizes, as `find_depth_sizes` gives them.
        text: sentences in the page's language.
    """
    said = [text("receptive_field.facts_depth", size=PHOTO_SIZE)]
    for key, sizes in depths.items():
        seen = {depth: size for depth, size in zip(CLAIMED_DEPTHS, sizes, strict=True) if size is not None}
        more = [depth for depth, size in seen.items() if depth < CLAIMED_AT_LEAST and size > CLAIMED_DEPTHS[depth]]
        less = [depth for depth, size in seen.items() if size < CLAIMED_DEPTHS[depth]]
        network = text(f"receptive_field.head_{key}")
        for words, found in (("more", more), ("less", less)):
            if found:
                said.append(text(f"receptive_field.facts_depth_{words}", network=network, depths=found))
    return join_sentences(said, text)


def fill_article(text: Text) -> dict[str, object]:
    """What the placeholders of the explanation and of the questions stand for."""
    lenet = trace_model("lenet5")
    two, five, three, seven = (summarise_stack([{"kernel": side}] * n) for side, n in ((3, 2), (5, 1), (3, 3), (7, 1)))
    blocks = {row.name.rpartition(".")[0] for row in trace_model("resnet34") if row.name.startswith("layer")}
    return {
        "lenet_fields": tuple(row.size for row in lenet),
        "lenet_jump": f"{lenet[2].jump:g}",
        "lenet_right": _say_accuracy("lenet5", text),
        "side": IMAGE_SIZE,
        "shares": [f"{share:.0%}" for share in SHARES],
        "saved_two": f"{1 - two.num_params / five.num_params:.0%}",
        "saved_three": f"{1 - three.num_params / seven.num_params:.0%}",
        "blocks": len(blocks),
    }


def _say_accuracy(name: str, text: Text) -> str:
    """How good a network is; "" where it was not trained."""
    try:
        record = load_results().get(name)
    except CheckpointError:
        record = None
    return text("receptive_field.lenet_right", accuracy=f"{record['test_accuracy']:.1%}") if record else ""


def describe_stacks(comparison: str, stacks: Sequence, text: Text) -> str:
    """What to look for in a comparison, with its numbers."""
    first, second = stacks[0], stacks[1]
    return text(
        f"receptive_field.look_{comparison}",
        first=name_stack(first), second=name_stack(second), third=name_stack(stacks[2]),
        first_size=first.size, second_size=second.size, third_size=stacks[2].size,
        first_params=f"{first.num_params:,}", second_params=f"{second.num_params:,}",
        saved=f"{1 - first.num_params / second.num_params:.0%}",
        second_share=f"{second.seen_share:.0%}", third_share=f"{stacks[2].seen_share:.0%}",
        first_jump=first.jump, third_jump=stacks[2].jump,
    )  # fmt: skip
