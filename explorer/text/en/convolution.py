"""Sentences of the convolution wing, in English."""

from __future__ import annotations

SENTENCES = {
    "tab": "Convolution",
    "intro": "A small matrix slides over a picture. At each place it multiplies the pixels below by its numbers and adds them up.",
    # ---- controls
    "source": "Picture",
    "source_tutorial": "6 × 6",
    "source_sample": "Clothes",
    "source_upload": "File",
    "source_drawing": "Draw",
    "scaled": "The picture is scaled to at most {side} pixels per side, because the loop in Python is slow.",
    "clear": "Clear",
    "kernel_horizontal": "Horizontal edge",
    "kernel_vertical": "Vertical edge",
    "kernel_sobel_x": "Sobel x",
    "kernel_sobel_y": "Sobel y",
    "kernel_scharr": "Scharr x",
    "kernel_laplacian": "Laplacian",
    "kernel_sharpen": "Sharpen",
    "kernel_box": "Box blur",
    "kernel_gaussian": "Gaussian blur (σ = 1)",
    "kernel_emboss": "Emboss",
    "kernel_identity": "Identity",
    "kernel_random": "Random (seed 0)",
    "kernel_own": "Your own numbers",
    "learned": "Learned by {model}",
    "flip": "Flip kernel",
    "more": "More settings",
    "mode": "What the padding holds",
    "mode_zeros": "Zeros",
    "mode_reflect": "Mirrored",
    "mode_replicate": "Border again",
    "mode_circular": "Other end",
    "transposed": "Transposed convolution of the result",
    "same_size": "Same size",
    "valid_size": "No padding",
    "of_before": "With what is set above, nothing can be computed at the moment. This section follows as soon as it can.",
    "no_same": "With a stride above 1 the result cannot be as large as the picture.",
    "side_down": "down",
    "side_across": "right",
    "side_right": "right",
    "side_top": "top",
    "side_bottom": "bottom",
    "side_left": "left",
    "rows": "Rows of the kernel",
    "columns": "Columns of the kernel",
    "cell": "Row {row}, column {column}",
    "pool_size": "Window of the pooling",
    "side": "Side of the picture (px)",
    # ---- the picture
    "label": "Input, kernel, products of one window and result",
    "map_input": "Input",
    "map_kernel": "Kernel",
    "map_products": "Products",
    "map_result": "Result",
    "map_share": "{weight} × input",
    "map_back": "Transposed convolution",
    "sum": "sum: {sum}",
    "dropped": "Hatched ({count} in all): pixels that no window reaches, because another step would lead past the end.",
    "back_line": "The transposed convolution is the gradient of a convolution: each number of the result goes back to the pixels of its "
    "window, times the kernel, and what meets there is added up. The size is {height} × {width} again, but the picture does not come back.",
    "player": "One window at a time",
    "play": "Play",
    "pause": "Pause",
    "step_back": "One window back",
    "step_on": "One window on",
    "time": "Which window, in reading order",
    "place": "Window {number} of {count}",
    "speed": "Speed",
    "per_second": "{count} per second",
    "take": "PyTorch code of what is on screen",
    "copy_code": "Copy the code",
    "copied_code": "Copied",
    "take_folder": "run this in the folder of CNN Explorer",
    "take_flipped": "turned by 180 degrees",
    "map_max": "Max pooling",
    "map_average": "Average pooling",
    "map_global": "Global average",
    "size": "{height} × {width}",
    "size_padded": "{height} × {width}, padding {padding}",
    "window_keys": "Result: the arrow keys move the window, the space bar plays",
    "weight_keys": "Kernel: the arrow keys go from weight to weight",
    "window_hint": "Point at a cell of the result, or tap it, to see its window",
    "window_more": "… {count} more",
    "same": "This page, the loop in Python and F.conv2d agree: greatest difference 0.",
    "different": "Greatest difference between this page, the loop in Python and F.conv2d: {difference}, the rounding of float32.",
    "apart": "This page differs from the loop in Python and F.conv2d by up to {difference}: this browser does not give the exact pixels of "
    "the picture.",
    "times": "F.conv2d needed {torch}, the loop {manual}: {factor} times as long.",
    # ---- what to look for
    "look_zero_sum": "The numbers of this kernel add up to 0, so uniform areas give 0 ({zeros} of {cells} cells). "
    "Only a change of brightness gives other values; the strongest is {strongest}.",
    "look_point": "Point at a cell, or tap it, to see its window.",
    "look_average": "The numbers add up to 1 and none is negative, so the brightness stays the same and details blur. "
    "The values go from {low} to {high}.",
    "look_copy": "One number is 1 and the others are 0, so each cell of the result is a copy of the pixel under that 1. "
    "The values go from {low} to {high}.",
    "look_sum": "Orange: the window matches the kernel. Blue: it matches the negative of the kernel. The values go "
    "from {low} to {high}. A uniform area of brightness 1 gives {sum}, the sum of the kernel.",
    "look_sum_grey": "No number of the kernel is negative, so the result is a picture again. The values go from {low} to {high}. "
    "A uniform area of brightness 1 gives {sum}, the sum of the kernel.",
    "look_constant": "Every cell is {value}: this kernel finds no difference between the windows of this picture.",
    "look_padding": "The padding is a frame of zeros, and zero is black. {border} of {cells} windows include a part of it, "
    "so edges can appear where the picture has none.",
    "look_padding_reflect": "The padding mirrors the pixels at the border. {border} of {cells} windows include a part of it; there is no black "
    "frame, so no edge appears that the picture does not have.",
    "look_padding_replicate": "The padding repeats the pixels of the border. {border} of {cells} windows include a part of it; there is no black "
    "frame, so no edge appears that the picture does not have.",
    "look_padding_circular": "The padding comes from the other end of the picture. {border} of {cells} windows include a part of it: an edge "
    "appears where the two ends do not fit together.",
    "look_stride_apart": "The window moves {down} px down and {across} px to the right at a time, so the result has {height} × {width} cells "
    "instead of {full}.",
    "look_stride": "With stride {stride} the window moves {stride} pixels at a time, so the result has {height} × {width} cells "
    "instead of {full}.",
    "look_dilation": "With dilation {dilation} the {kernel} kernel spans {reach} pixels with the same {count} "
    "numbers. It skips the pixels between them.",
    "look_flip_same": "The kernel was flipped, and nothing changed: after a turn of 180 degrees it gives the same result here.",
    "look_flip_sign": "The kernel was flipped, and every value changed its sign: after a turn of 180 degrees this kernel is its own "
    "negative. This is convolution in the strict sense.",
    "look_flip_differs": "The kernel was flipped: this is convolution in the strict sense. It differs from what libraries compute by up to "
    "{difference}.",
    "look_pooling": "If the picture moves one pixel to the right, {unchanged} of {windows} maxima stay exactly the same. "
    "Windows that are black before and after are not counted.",
    "look_pooling_blank": "Every window is black, so a shift changes nothing ({unchanged} of {windows} maxima).",
    "look_pooling_overall": "In all sample pictures together, {unchanged} of the maxima stay exactly the same, and {close} change by at "
    "most {tolerance} of the range from black to white. In these windows the mean change is {max} of that range for a maximum, "
    "{average} for an average and {pixels} for a pixel.",
    "look_pooling_average": "So average pooling changes less than max pooling here.",
    "look_pooling_max": "So max pooling changes less than average pooling here.",
    "look_parameters": "For a picture of {side} × {side} the fully connected layer needs {factor} times as many "
    "parameters to give a result of the same size.",
    # ---- sections
    "pooling": "Pooling the same picture",
    "parameters": "Parameters, compared with a fully connected layer",
    "code": "The loop: conv2d_manual",
    "head_layer": "Layer",
    "head_arithmetic": "Calculation",
    "head_weights": "Weights",
    "head_biases": "Biases",
    "head_total": "Total",
    "row_conv": "Convolution, {in_channels} → {out_channels} channels",
    "row_linear": "Fully connected, {in_features} → {out_features}",
    # ---- what cannot be done
    "window_too_large": "A pooling window of {size} × {size} is larger than the picture of {height} × {width}.",
    "grad_output": "gradient of the output",
    "grad_shape": "The gradient of the output must have the shape of the output, {height} × {width}, got {rows} × {columns}.",
    "does_not_fit": "The kernel does not fit: with {kernel_size} numbers per side and dilation {dilation} it spans "
    "{reach} pixels, but the padded image has only {padded} ({size} + 2 x {padding}).",
    "does_not_fit_apart": "The kernel does not fit: with {kernel_size} numbers per side and dilation {dilation} it spans "
    "{reach} pixels, but the padded image has only {padded} ({size} + {padding} + {after}).",
    "padding_reflect": "Mirrored padding can add at most {most} pixels to a side of {size}, got {padding}.",
    "padding_circular": "Circular padding can add at most {most} pixels to a side of {size}, got {padding}.",
    "sides_count": "{name} must be one number or {count} numbers, got {got}.",
    "sides_row": "What is set for single sides must be rows such as '{example}', got '{value}'.",
    "not_a_map": "{name} must have two dimensions, height and width, got the shape {shape}.",
    "not_rows": "{name} must be a list of rows, and each row must be a list of numbers.",
    "matrix_size": "{name} must have 1 to {max_size} rows and 1 to {max_size} columns, got {rows} x {columns}.",
    "ragged": "{name}: all rows must have the same length; row 1 has {first} numbers, row {row} has {width}.",
    "cell_empty": "{name}: the cell in row {row}, column {column} is empty. Put a number there, for example 0.",
    "cell_not_a_number": "{name}: row {row}, column {column} must be a number, got '{value}'.",
    "cell_too_large": "{name}: row {row}, column {column} must be a number from -{limit} to {limit}, got {value}.",
    "no_drawing": "There is no drawing yet: draw something on the black square.",
    "no_weights": "The trained weights of {model} are not here, so its filters cannot be shown. "
    "Choose another kernel, or train the network with train_all.py --publish.",
    # ---- the article
    "explanation": r"""
**One window, one number.** Put the kernel $K$ on the picture $X$, multiply each number of the kernel by
the pixel below it, and add the products. That sum is one number of the result $Y$. Then move on by $s$ pixels
(the *stride*) and do it again:

$$Y[i, j] = \sum_{u=0}^{k_H - 1} \sum_{v=0}^{k_W - 1} K[u, v] \; X[\,i s + u d,\; j s + v d\,]$$

The *dilation* $d$ leaves gaps between the pixels that the kernel touches. The *padding* $p$ puts a frame of zeros
around $X$ first.

**Why is the answer −3 in the first picture?** The window of a middle row has bright pixels above and dark ones below.
The kernel has −1 above and +1 below: $3 \cdot (-1) \cdot 1 + 3 \cdot 0 + 3 \cdot 1 \cdot 0 = -3$. From dark to
bright it would be $+3$: the sign shows the direction in which the brightness changes.

**How large is the result?** Along each side, with a kernel of size $k$:

$$H_{out} = \left\lfloor \frac{H_{in} + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1$$

A kernel that spans $d(k-1)+1$ pixels fits $H_{in} + 2p - d(k-1)$ times at stride 1. A larger stride keeps
every $s$-th of these places. With odd $k$, stride 1 and $p = d(k-1)/2$ the size stays the same.

**Cross-correlation or convolution?** In the strict sense, a convolution turns the kernel by 180 degrees before it slides:

$$(K * X)[i, j] = \sum_{u, v} K[u, v] \; X[\,i - u,\; j - v\,]$$

Deep-learning libraries do not turn the kernel: they compute cross-correlation. For a network this makes no difference. It
learns the numbers of the kernel, and with a turn it would learn the same numbers in turned order. Tick *Flip kernel* to see
what changes: nothing for a symmetric kernel, the sign for an edge kernel.

**Locality and sharing.** Neighbouring pixels belong together, so a window of a few pixels is a good place to look for
an edge. An edge looks the same everywhere, so the same few numbers can be used for the whole picture. That is why the number
of parameters depends only on the kernel and the channels:

$$C_{out} \cdot C_{in} \cdot k_H \cdot k_W + C_{out}$$

A fully connected layer from $C_{in} \times H \times W$ to $C_{out} \times H \times W$ numbers has $C_{in} H W \cdot
C_{out} H W$ weights and $C_{out} H W$ biases. For {in_channels} → {out_channels} channels on {side} × {side}
pixels, a convolution with a {kernel} × {kernel} kernel has {conv} parameters. The fully connected layer has {weights} weights and
{biases} biases, {linear} in total.

**Pooling** has nothing to learn. It replaces each window by its largest number or by its mean:

$$\max_{0 \le u, v < k} X[\,ik + u,\; jk + v\,] \qquad \frac{1}{k^2} \sum_{u, v} X[\,ik + u,\; jk + v\,]$$

*Global average pooling* takes the mean of a whole map. This gives one number per channel, however large the picture is.
Max pooling is often said to ignore a shift by one pixel. It does so only where the maximum stays in its window.
The line above the pooled pictures says how often this happens, how many maxima change a little, and how much an average changes.

**Filters that networks learned.** Choose *Learned by …* to see the first layer of a network that was trained on
clothes. In the network the pixels are normalised first (minus the mean, divided by the standard deviation), and a bias or
batch normalisation follows. The pattern that a filter looks for is the same.
""",
    "questions": r"""### What is the difference between a convolution and a fully connected layer?
A fully connected layer connects every output with every input. It does not know which pixels are neighbours: if the pixels of
all pictures are shuffled in the same way, it learns just as well. A convolution makes three assumptions about pictures.
*Locality*: an output sees only a small window. *Sharing*: the same kernel is used at every place, so the number of
parameters does not depend on the size of the picture. *Equivariance*: if the picture moves by one pixel, the result moves
by one pixel too (at stride 1, away from the border). A convolution is a special case of a fully connected layer: most
weights are zero, and the others are shared. It cannot do more, but it needs less data to find what is useful.

### Does a convolution make a network ignore where things are?
No. A convolution is *equivariant*: when the picture moves, its result moves with it. *Invariance* means that the answer is
the same wherever the thing is. It comes later and only in part: from pooling, and at the end from the mean over the whole map.
The numbers above the pooled pictures show it: most maxima change when the picture moves by a single pixel, but many
of them change only a little. The mean of a window changes less than its maximum.

### Max pooling or a convolution with stride 2?
Both halve height and width. Max pooling has no parameters and keeps the largest value of each window. A
convolution with stride 2 learns what to keep, but needs more parameters and multiplications. ResNet uses both
for large pictures: at the start a 7 × 7 convolution with stride 2 and a max pooling, after that convolutions with stride 2.

### Why do deep-learning libraries not flip the kernel?
Because the numbers are learned. With a flip, the network would only store each kernel the other way round. The flip
matters when a kernel comes from somewhere else: a textbook's kernel for true convolution must be flipped by hand.
Otherwise edges change their sign and directions are reversed.
""",
}
