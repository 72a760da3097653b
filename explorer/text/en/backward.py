"""Sentences of the backward pass of a convolution, in English."""

from __future__ import annotations

SENTENCES = {
    "title": "The backward pass is a convolution too",
    "intro": "A network learns from gradients: how much the loss changes with each number of the kernel and with each pixel. They are "
    "computed here for the picture and the kernel above. Point at a pixel or at a number of the kernel, or tap it, to see which products "
    "make its gradient.",
    "about": r"""
With the loss $L$ and $G = \partial L / \partial Y$, the gradient of the result, each product of the forward pass hands $G$ back to both of its
factors:

$$\frac{\partial L}{\partial K[u, v]} = \sum_{i, j} G[i, j] \; X[\,i s + u d,\; j s + v d\,]
\qquad \frac{\partial L}{\partial X[a, b]} = \sum_{i s + u d = a,\; j s + v d = b} G[i, j] \; K[u, v]$$

The first sum is a convolution of the input with $G$. The second is a convolution of $G$ with the kernel turned by half a turn, after a
frame of zeros has been put around $G$. A stride of the forward pass becomes holes in $G$, and the dilation becomes the stride with which $G$
moves over the input. For the same reason a *transposed convolution* is the gradient of a convolution.
""",
    "code": "The loop: conv2d_backward_manual",
    "loss": "Loss",
    "loss_cell": "One cell of the result",
    "loss_sum": "The sum of the result",
    "loss_distance": "Distance to the means of the windows",
    "look_cell": "The loss is the cell in row {row}, column {column} (counted from zero): {loss}. Only its window has a gradient, and that is the kernel itself.",
    "look_choose": "Click on another cell of the result.",
    "look_sum": "The loss is the sum of all cells ({cells}): {loss}. Each cell has the gradient 1, so the gradient of a pixel is the sum of all "
    "numbers of the kernel that it ever meets.",
    "look_distance": "The loss is the mean squared distance to what a kernel of equal numbers would make: {loss}. Where the two results are equal, "
    "the gradient is 0.",
    "things": "Input, result and kernel",
    "gradients": "Gradients of the input, of the result and of the kernel",
    "also": "The same gradients once more, as convolutions",
    "as_input": "Gradient of the result, with holes for the stride and a frame of zeros, convolved with the flipped kernel:",
    "as_kernel": "Input, convolved with the gradient of the result:",
    "same": "Greatest difference between the two ways to the kernel's gradient: {difference}.",
    "check": "Compare with the loop in Python and with autograd",
    "unchecked": "The numbers above come from the page itself. The button asks the server for a second and a third opinion.",
    "checked": "Greatest difference from autograd: {manual} for the loop in Python, {page} for the page. The largest gradient is {largest}.",
    "hint": "Point at a number of the kernel or at a pixel, or tap it; the arrow keys work too.",
    "more": "… {count} more",
    "of_weight": "Gradient of the kernel's number ({row}, {column}), gradients of the result times pixels:",
    "of_pixel": "Gradient of the pixel ({row}, {column}), gradients of the result times numbers of the kernel:",
    "of_place": "Gradient of the place ({row}, {column}) of the padded input, gradients of the result times numbers of the kernel:",
    "choose": "click or press Enter to choose a cell",
    "map_input": "Input X",
    "map_output": "Result Y",
    "map_kernel": "Kernel K",
    "grad_input": "Gradient of X",
    "grad_padded": "Gradient of the padded X",
    "grad_output": "Gradient of Y",
    "grad_kernel": "Gradient of K",
    "framed": "Gradient of Y, framed",
    "flipped": "Flipped kernel",
    "window": "Gradient of Y as kernel",
    "not_sent": "The page sent something that is not a picture, a kernel and their gradients. Load the page again.",
}
