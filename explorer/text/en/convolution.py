"""Sentences of the convolution wing, in English."""

from __future__ import annotations

SENTENCES = {
    "does_not_fit": "The kernel does not fit: with {kernel_size} numbers a side and dilation {dilation} it reaches over "
    "{reach} pixels, and the padded image has only {padded} ({size} + 2 x {padding}).",
    "not_a_map": "{name} must have two dimensions, height and width, got the shape {shape}.",
    "not_rows": "{name} must be a list of rows, each a list of numbers.",
    "matrix_size": "{name} must have 1 to {max_size} rows and 1 to {max_size} columns, got {rows} x {columns}.",
    "ragged": "{name}: all rows must be equally long; row 1 has {first} numbers, row {row} has {width}.",
    "cell_empty": "{name}: the cell in row {row}, column {column} is empty. Put a number there, for example 0.",
    "cell_not_a_number": "{name}: row {row}, column {column} must be a number, got {value!r}.",
    "cell_too_large": "{name}: row {row}, column {column} must be a number from -{limit} to {limit}, got {value}.",
}
