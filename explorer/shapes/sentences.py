"""What the shapes tab says of a network: where it breaks, what to look for, and whether the tutorial counts right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape

import torch

from explorer.models.catalogue import MODELS, ModelEntry, create_model
from explorer.models.trace import Trace, trace_catalogue
from explorer.shapes.edit import suggest_fit
from explorer.shapes.maths import Stage, bin_widths
from explorer.shapes.session import Found
from explorer.text import Text, join_sentences


def describe_problem(found: Found, text: Text) -> str:
    """Where the image gets stuck, and what would fit; of a network that was read from a printout, why it may; "" nowhere."""
    broken = found.walk.broken
    if broken is None:
        return ""
    if any(key == "shapes.list_note_printout" for key, _ in found.setup.open().notes):
        hint = text("shapes.list_printout_broken")
    else:
        key, values = suggest_fit(broken)
        hint = text(key, **values) if key else ""
    return join_sentences([broken.error.sentence(text.language), hint], text)


def say_notes(found: Found, text: Text) -> str:
    """How a reader's own text was read, where that is not certain, as HTML."""
    return join_sentences((escape(text(key, **values)) for key, values in found.setup.open().notes), text)


def describe(found: Found, text: Text) -> str:
    """What to look for in a network: where its parameters and its work are, or what the changes did to them."""
    walk = found.walk
    if walk.broken or not walk.trace.layers:
        return ""
    if not found.edits:
        return _look_for(walk.trace, found.stages, found.setup.model in MODELS, text)
    before = found.setup.walk()
    if before.broken:
        return text("shapes.look_mended")
    pairs = ((before.trace.num_params, walk.trace.num_params), (before.trace.mult_adds, walk.trace.mult_adds))
    (params, new_params), (work, new_work) = (tuple(f"{number:,}" for number in pair) for pair in pairs)
    return text("shapes.look_changed", params=params, new_params=new_params, work=work, new_work=new_work)


def _look_for(trace: Trace, stages: Sequence[Stage], is_known: bool, text: Text) -> str:
    """Where the parameters and the work are, and, of a network of the catalogue, what else it shows."""
    if trace.num_params == 0:
        return text("shapes.look_no_params")
    heavy = max(stages, key=lambda stage: stage.num_params)
    busy = max(stages, key=lambda stage: stage.mult_adds)
    if is_known and heavy.num_params == trace.num_params:
        shares = text("shapes.look_one", name=heavy.name, total=f"{trace.num_params:,}", classes=trace.output_shape[0])
    else:
        shares = text(
            "shapes.look_same" if heavy is busy else "shapes.look_shares",
            heavy=heavy.name,
            heavy_share=f"{heavy.num_params / trace.num_params:.0%}",
            busy=busy.name,
            busy_share=f"{busy.mult_adds / trace.mult_adds:.0%}",
        )
    return join_sentences([shares, _lesson(trace, stages, text)], text) if is_known else shares


def _lesson(trace: Trace, stages: Sequence[Stage], text: Text) -> str:
    blocks = [stage for stage in stages if stage.is_blocks]
    if blocks:
        side = min(blocks[-1].output_shape[1:])
        return text("shapes.look_tiny", size=side) if side <= 2 else text("shapes.look_blocks")
    if len(trace.layers[0].output_shape) == 1:
        return text("shapes.look_vector")
    for layer in trace.layers:
        if layer.receptive_field.note == "uneven":
            size, bins = layer.input_shape[1], layer.output_shape[1]
            widths = list(bin_widths(size, bins))
            return text("shapes.look_uneven", name=layer.name, bins=bins, size=size, widths=widths)
    joining = next(layer for layer in trace.layers if layer.settings.in_features is not None)
    flatten = next(layer for layer in trace.layers if len(layer.output_shape) == 1)
    product = "×".join(map(str, flatten.input_shape))
    key = "look_even" if any(layer.settings.output_size for layer in trace.layers) else "look_flatten"
    return text(
        f"shapes.{key}",
        name=joining.name,
        features=joining.settings.in_features,
        product=product,
        side=flatten.input_shape[-1],
    )


_NORMALISED = "resnet18"  # whose convolutions are all followed by batch normalisation and have no bias


def fill_article(text: Text) -> dict[str, str]:
    """What the placeholders of the explanation and of the questions stand for: counts that the tutorial states, and biases."""
    said = [
        text(f"shapes.count_{_compare_count(entry)}", network=entry.title, claimed=f"{entry.claimed_params:,}")
        for entry in MODELS.values()
        if entry.claimed_params is not None
    ]
    trace = trace_catalogue(_NORMALISED, MODELS[_NORMALISED].input_shape)
    biases = sum(layer.output_shape[0] for layer in trace.layers if layer.kind == "Conv2d" and not layer.settings.bias)
    return {
        "counts": join_sentences(said, text),
        "network": MODELS[_NORMALISED].title,
        "biases": f"{biases:,}",
        "share": f"{biases / trace.num_params:.2%}",
    }


def _compare_count(entry: ModelEntry) -> str:
    """Whether the tutorial's count is "right", that for "three" input channels, or "wrong"."""
    if entry.claimed_params == _count_params(entry.name):
        return "right"
    is_three = not entry.fixed_size and entry.claimed_params == _count_params(entry.name, in_channels=3)
    return "three" if is_three else "wrong"


@cache
def _count_params(name: str, **changes: int) -> int:
    """Parameters of a network of the catalogue, which is built without numbers."""
    with torch.device("meta"):
        return sum(each.numel() for each in create_model(name, **changes).parameters())


def judge_claim(found: Found, text: Text) -> str:
    """What is to be said of the parameter count that the tutorial states; "" where it states none."""
    setup = found.setup
    if found.edits or found.walk.broken or setup.model not in MODELS:
        return ""
    entry, channels = MODELS[setup.model], setup.channels
    if entry.claimed_params is None or (setup.stem == "large" and setup.has_stems):
        return ""
    claimed, true = f"{entry.claimed_params:,}", f"{trace_catalogue(setup.model, entry.input_shape).num_params:,}"
    if entry.claimed_params == found.walk.trace.num_params:
        return text("shapes.claim_right" if channels == 1 else "shapes.claim_now_right", claimed=claimed)
    if channels != 1 and claimed == true:
        return text("shapes.claim_other", claimed=claimed)
    if entry.claimed_params == trace_catalogue(setup.model, (3, *entry.input_shape[1:])).num_params:
        return text("shapes.claim_three", claimed=claimed, true=true)
    return text("shapes.claim_wrong", claimed=claimed, true=true)


def say_unused(trace: Trace, text: Text) -> str:
    """Which parameters the network has beside those that an image meets; "" where it has no others."""
    if not trace.unused:
        return ""
    more = sum(trace.unused.values())
    return text("shapes.unused", used=f"{trace.num_params:,}", more=f"{more:,}", where=list(trace.unused))
