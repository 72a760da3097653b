"""What can be wrong with a network or its input, in English."""

from __future__ import annotations

SENTENCES = {
    "input_shape": "The input must be (channels, height, width), whole numbers of at least 1, got {shape}.",
    "channels": "{layer} ({kind}) expects {expected} channels, but gets {got}.",
    "features": "{layer} ({kind}) expects {expected} inputs, but gets {got}.",
    "kernel_too_large": (
        "{layer} ({kind}): the kernel spans {kernel}, which is larger than its padded input of {padded}."
    ),
    "needs_map": "{layer} ({kind}) needs a feature map (channels, height, width), but gets a shape of {shape}.",
    "needs_vector": (
        "{layer} ({kind}) needs a flat list of features, but gets a feature map of {shape}. Flatten it first."
    ),
    "branches": "{layer} ({kind}) cannot join branches of different shapes: {shapes}.",
    "batch_lost": "{layer} ({kind}) spreads one image of {input} numbers over a shape of {output}.",
    "view": "{layer} ({kind}): {input} numbers cannot take the shape {output}.",
    "pool_padding": "{layer} ({kind}): padding {padding} is more than half of the window of {kernel}.",
    "unsupported": "There is no rule for {layer} ({kind}), so its shape and receptive field are not known.",
    "unsupported_setting": "There is no rule for {layer} ({kind}) with {setting}.",
    "jumps_differ": (
        "{layer} ({kind}) joins branches whose units lie {first} and {second} pixels apart: its receptive field has "
        "no single size."
    ),
    "off_grid": (
        "{layer} ({kind}) slides over units that lie on no regular grid (after uneven adaptive pooling or flattening): "
        "its receptive field has no single size."
    ),
    "several_outputs": "{layer} ({kind}) gives something else than one tensor; that cannot be traced.",
    "not_recordable": "The forward of {layer} cannot be recorded ({kind}): {reason}",
}
