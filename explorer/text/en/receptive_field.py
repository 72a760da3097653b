"""Sentences of the receptive-field wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Receptive field",
    "intro": "How much of the image does one unit of a layer see, and how does that grow with depth?",
    "type": "Type",
    "unit": "Unit",
    "channels": "Channels",
    "no_layers": "The table needs at least one layer.",
    "too_many_layers": "The table may have at most {maximum} layers, got {number}.",
    "bad_row": "Row {row} is not a layer.",
    "bad_type": "Row {row}, Type: must be conv or pool, got {value!r}.",
    "empty_cell": "Row {row}, {name}: the cell is empty. Enter a whole number from {minimum} to {maximum}.",
    "bad_cell": "Row {row}, {name}: must be a whole number from {minimum} to {maximum}, got {value!r}.",
    "pool_padding": "Row {row}: the padding of a pooling may be at most half its kernel, got {padding} for {kernel}.",
    "kernel_too_large": "Row {row}: the kernel spans {span} pixels, but its map with padding has only {padded}.",
    "field_too_large": "Row {row}: the field grows beyond {maximum} pixels. Choose smaller kernels or strides.",
    "fixed_size": "{model} takes images of {size} pixels only, got {value}.",
}
