"""Sentences of the section on four ways to compute a convolution, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "Four ways, one answer: loop, matrix product, F.conv2d, Fourier transform",
    "intro": "A convolution can be computed as one matrix product: each window becomes a column of a matrix, and the kernel becomes a row. Point "
    "at a column, or tap it, to see its window.",
    "about": "The chart was measured on random numbers with {processor}, one thread, PyTorch {torch}, stride 1, no padding. The Fourier transform "
    "hardly cares how large the kernel is; all other ways need more time for each number of it. Its multiply-adds are an estimate from its "
    "usual count of operations. The matrix product reads each pixel as often as windows overlap, which costs memory.",
    "measure": "Compute the picture above in all four ways",
    "not_yet": "The button lets the server compute the picture and the kernel above in all four ways and measures them.",
    "look": "All four agree: greatest difference from a result in double precision {difference}. The fastest here and now: {fastest}.",
    "picture": "Input",
    "row": "The kernel as a row",
    "matrix": "The windows as columns",
    "result": "Row times matrix: the result",
    "hint": "the arrow keys choose a column",
    "shape": "Rows of the matrix: {cells}, one for each number of the kernel. Columns: {places}, one for each window.",
    "part": "Only the {shown} in the middle are drawn.",
    "loop": "Loop in Python",
    "unfold": "Matrix product",
    "conv2d": "F.conv2d",
    "fft": "Fourier transform",
    "head_way": "Way",
    "head_time": "Time",
    "head_difference": "Greatest difference",
    "head_mult_adds": "Multiply-adds",
    "axis_kernel": "Side of the kernel",
    "axis_time": "Time, ms",
    "line": "{way}, {side} px",
}
