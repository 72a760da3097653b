"""Sentences of the section on pooling and shifts, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Pooling and shifts: what moves along, what stays",
    "intro": "Move the picture above by a few pixels. If a result moves along by the same distance, the operation is *equivariant*; if it stays the same, the operation is *invariant*. Neither is all or nothing: the table says how far each of them holds.",
    "about": "**Moves along** compares the result of the moved picture with the moved result, apart from the rows and columns into which black has come. It is only given where the shift is a whole number of cells of the result. **Stays** compares the result of the moved picture with the result of the picture, cell by cell. The mean change is a share of the range of all values in the two maps (for the global average: in the picture); the correlation is Pearson's. The convolutions use the kernel above, without padding.",
    "down": "Shift down",
    "right": "Shift to the right",
    "size": "Window and stride",
    "pictures": "The picture, and the picture moved",
    "before": "Results of the picture",
    "after": "Results of the moved picture",
    "picture": "Picture",
    "moved": "Moved",
    "max": "Max pooling",
    "average": "Average pooling",
    "conv": "Convolution",
    "strided": "Convolution with stride",
    "global": "Global average",
    "percent": "{share}%",
    "look_none": "Nothing is moved: everything is equal.",
    "look_conv": "The convolution moves along: {equal} of its cells are equal after the shift. {stays} of them stay as they were.",
    "look_max": "After max pooling {equal} of the cells stay exactly as they were; the mean change is {change} of the range, after average pooling {average}.",
    "look_broken": "With a stride of {size}, the results move along as a whole only where the shift is a multiple of it.",
    "operation": "Operation",
    "equal": "equal",
    "change": "mean change",
    "correlation": "correlation",
    "along": "Moves along: {what}",
    "stays": "Stays: {what}",
}
